"""Cards and what is on them. Scans are an append-only log; a stamp is what they come to for one card at one station."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Model
from eventapp.stamps.models.rally import Rally, Station


class CardKind(enum.StrEnum):
    PHONE = "phone"
    PAPER = "paper"


_MERGED = text("merged_into_id IS NOT NULL")


class Card(Model):
    """A visitor's stamp card: no name, no address. A merged card is an alias of the one it went into."""

    __table_args__ = (
        UniqueConstraint("rally_id", "serial"),  # also by which the cards of a rally are found
        Index("ix_card_merged_into", "merged_into_id", sqlite_where=_MERGED, postgresql_where=_MERGED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # 80 bits made on the device, Crockford's base 32
    handle: Mapped[str] = mapped_column(unique=True)  # 50 bits made here, in the code shown at the desk
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"))
    kind: Mapped[CardKind] = mapped_column(default=CardKind.PHONE)
    secret_hash: Mapped[str] = mapped_column(default="")  # of the device's secret; empty for paper
    serial: Mapped[int | None]  # of a paper card
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="SET NULL"))
    merges: Mapped[int] = mapped_column(default=0)  # cards with stamps that came in
    merge_looked_odd: Mapped[bool] = mapped_column(
        default=False
    )  # nobody can have been at both places: shown to the desk
    made_at: Mapped[datetime]  # when it was first heard of
    seen_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]  # by its visitor: no phone brings anything of it back

    rally: Mapped[Rally] = relationship()


class Method(enum.StrEnum):
    CAMERA = "camera"  # the scanner in the page
    DEEPLINK = "deeplink"  # the phone's own camera opened the address
    PHOTO = "photo"
    SHORT = "short"  # the code was typed
    NFC = "nfc"
    ROTATING = "rotating"
    STAFF = "staff"  # somebody of the station stamped it
    PAPER = "paper"  # staff stamped a paper card
    RECEIPT = "receipt"  # given back by the phone after a restore


class Geo(enum.StrEnum):
    """How far away the phone thought it was; computed there, coordinates are never sent."""

    NEAR = "near"
    MID = "mid"
    FAR = "far"
    NONE = "none"


class Verdict(enum.StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    HELD = "held"
    REJECTED = "rejected"


# Every index is a page more to be written with each scan, so those that few rows need hold only these.
_WITH_OFFSET, _WITH_STEP = text("offset_s IS NOT NULL"), text("step IS NOT NULL")


class Scan(Model):
    """One line of the log: what a device sent and what was said to it. Never changed; forgotten after 90 days."""

    __table_args__ = (
        Index("ix_scan_device_seq", "device", "seq"),
        Index(
            "ix_scan_poster_step", "poster_id", "step", sqlite_where=_WITH_STEP, postgresql_where=_WITH_STEP
        ),
        Index("ix_scan_station_at", "station_id", "t_est"),
        Index("ix_scan_rally_received", "rally_id", "received_at"),
        Index(
            "ix_scan_rally_offset", "rally_id", "id", sqlite_where=_WITH_OFFSET, postgresql_where=_WITH_OFFSET
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[str] = mapped_column(unique=True)  # 128 bits made on the device
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"))
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    station_id: Mapped[int | None] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    poster_id: Mapped[int | None] = mapped_column(ForeignKey("poster.id", ondelete="SET NULL"))
    device: Mapped[str] = mapped_column(default="")  # whose sequence numbers these are
    seq: Mapped[int] = mapped_column(default=0)
    method: Mapped[Method]
    geo: Mapped[Geo] = mapped_column(default=Geo.NONE)
    in_app: Mapped[bool] = mapped_column(default=False)  # opened inside another application's browser
    step: Mapped[int | None]  # of a rotating code
    offset_s: Mapped[float | None]  # display minus us, in seconds, where it was scanned with a signal
    t_client: Mapped[datetime | None]  # what the phone's clock said
    t_est: Mapped[datetime]
    t_lo: Mapped[datetime]
    t_hi: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[Verdict]
    reason: Mapped[str] = mapped_column(default="")
    by: Mapped[str] = mapped_column(default="")  # the staff device that stamped


class Status(enum.StrEnum):
    OK = "ok"
    HELD = "held"  # in the collection, not yet for prizes above the first
    VOID = "void"  # taken back by an organizer, with a reason


class Stamp(Model):
    """A card's stamp of a station. Changed by ledger.py and merging.py alone."""

    __table_args__ = (
        UniqueConstraint("card_id", "station_id"),
        Index("ix_stamp_station_status", "station_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    first_scan: Mapped[str]  # scan_id of the earliest, by (t_est, scan_id)
    status: Mapped[Status]
    reason: Mapped[str] = mapped_column(default="")  # why it is held or void
    t_est: Mapped[datetime]  # of the first scan
    t_lo: Mapped[datetime]
    t_hi: Mapped[datetime]
    t_last: Mapped[datetime]  # of the latest scan there; for ordered courses

    station: Mapped[Station] = relationship()


class RecoveryCode(Model):
    """ "Open my card elsewhere": a selector to find it by and the hash of its secret. The spoken form works once."""

    id: Mapped[int] = mapped_column(primary_key=True)
    selector: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[str]
    is_spoken: Mapped[bool] = mapped_column(default=False)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    failures: Mapped[int] = mapped_column(default=0)  # within `counted_since` and an hour
    counted_since: Mapped[datetime | None]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class HourCount(Model):
    """What is left of old scans: how many stamps a station gave in an hour. Published from five upwards."""

    __table_args__ = (UniqueConstraint("station_id", "hour"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    hour: Mapped[datetime]
    stamps: Mapped[int]
