"""What a rally stores. Scans are an append-only log; a stamp is what they come to for one card at one station.

A card is a set that only grows, so repeats, any order, and the merging of two cards are all harmless.
"""

import enum
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import codes
from eventapp.db import Model
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition, Place, Venue
from eventapp.i18n import Translated


class RallyState(enum.StrEnum):
    DRAFT = "draft"
    RUNNING = "running"  # scans count between opening and closing time
    CLOSED = "closed"


class Rally(Model):
    """The stamp rally of an edition. `rules_version` rises whenever stations, posters, keys or prizes change."""

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), unique=True)
    name: Mapped[Translated]
    introduction: Mapped[Translated]  # Markdown
    state: Mapped[RallyState] = mapped_column(default=RallyState.DRAFT)
    opens_at: Mapped[datetime | None]  # None: the first moment of the edition's first day
    closes_at: Mapped[datetime | None]  # None: the last moment of its last day
    claims_until: Mapped[datetime | None]  # prizes are handed over until then; None: until closing
    most_per_step: Mapped[int] = mapped_column(
        default=30
    )  # cards on one picture of a rotating display before it is held
    overlay: Mapped[str | None]  # a stored picture that grows with each stamp
    next_serial: Mapped[int] = mapped_column(default=1)  # of paper cards
    # Begins anywhere: rules kept by a process are never taken for those of a database made anew.
    rules_version: Mapped[int] = mapped_column(default=lambda: secrets.randbelow(10**9))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)
    stations: Mapped[list["Station"]] = relationship(
        back_populates="rally", order_by="Station.number", cascade="all, delete-orphan"
    )
    prizes: Mapped[list["Prize"]] = relationship(
        back_populates="rally", order_by="Prize.position, Prize.id", cascade="all, delete-orphan"
    )
    desks: Mapped[list["Desk"]] = relationship(
        back_populates="rally", order_by="Desk.id", cascade="all, delete-orphan"
    )
    courses: Mapped[list["RallyCourse"]] = relationship(
        back_populates="rally", order_by="RallyCourse.id", cascade="all, delete-orphan"
    )


class Policy(enum.StrEnum):
    """What a station asks for. It may be switched while the rally runs; nothing is printed anew."""

    STATIC = "static"  # the poster is enough
    ROTATING = "rotating"  # a display whose code changes every 15 seconds
    STAFF = "staff"  # somebody of the station scans the visitor's card


class Station(Model):
    """A place where there is a stamp: at a factory's entry, at a venue, or a point of its own (the committee's desk)."""

    __table_args__ = (
        UniqueConstraint("rally_id", "number"),
        CheckConstraint("entry_id IS NULL OR venue_id IS NULL", name="one_host"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"))
    number: Mapped[int]  # as printed on the poster
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id", ondelete="CASCADE"), index=True)
    name: Mapped[Translated]  # empty: the name of its factory or venue; see `title`
    hint: Mapped[Translated]  # where the poster is: "at the reception on the second floor"
    policy: Mapped[Policy] = mapped_column(default=Policy.STATIC)
    no_camera: Mapped[bool] = mapped_column(default=False)  # no photographs there: staff stamp, or NFC
    hours: Mapped[list[Any]] = mapped_column(
        default=list
    )  # [["2026-11-28", "10:00", "16:00"]]; empty: the entry's openings
    lat: Mapped[float | None]  # None: of the factory's entrance or of the venue
    lon: Mapped[float | None]
    art: Mapped[str | None]  # an uploaded picture's name; None: drawn from name and craft
    is_active: Mapped[bool] = mapped_column(
        default=True
    )  # False: shown nowhere, held if scanned; stamps stay
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    rally: Mapped[Rally] = relationship(back_populates="stations")
    entry: Mapped[Entry | None] = relationship(lazy="joined")
    venue: Mapped[Venue | None] = relationship(lazy="joined")
    posters: Mapped[list["Poster"]] = relationship(
        back_populates="station", order_by="Poster.id", cascade="all, delete-orphan"
    )

    @property
    def title(self) -> Translated:
        """Its own name, else that of its factory or venue."""
        if self.name:
            return self.name
        if self.entry is not None:
            return self.entry.factory.name
        return self.venue.name if self.venue is not None else self.name

    @property
    def point(self) -> tuple[float, float] | None:
        """(lat, lon), its own or its host's."""
        host = self.entry.factory if self.entry is not None else self.venue
        lat, lon = (
            (self.lat, self.lon)
            if self.lat is not None
            else (getattr(host, "lat", None), getattr(host, "lon", None))
        )
        return (lat, lon) if lat is not None and lon is not None else None


class RallyCourse(Model):
    """Stations that belong together. In an ordered course they are visited one after the other."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"), index=True)
    name: Mapped[Translated]
    is_ordered: Mapped[bool] = mapped_column(default=False)
    stations: Mapped[list[str]] = mapped_column(default=list)  # codes of stations, in order
    version: Mapped[int] = mapped_column(default=1)

    rally: Mapped[Rally] = relationship(back_populates="courses")


class KeyState(enum.StrEnum):
    ACTIVE = "active"  # signs and verifies
    VERIFY_ONLY = "verify_only"  # its posters still count, new ones are signed by the next generation
    RETIRED = "retired"  # leaked: nothing it signed counts any more


class KeyGeneration(Model):
    """A generation of signing keys. The key itself is nowhere: it is derived from the installation's secret (keys.py)."""

    __table_args__ = (
        CheckConstraint("kid BETWEEN 0 AND 1023", name="kid"),
        UniqueConstraint("rally_id", "generation"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[int] = mapped_column(
        unique=True
    )  # in the token; one per installation, so /s/<token> finds its rally
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"))
    generation: Mapped[int]
    salt: Mapped[str] = mapped_column(
        default=lambda: codes.random_code(16)
    )  # no secret: two installations never share a key
    state: Mapped[KeyState] = mapped_column(default=KeyState.ACTIVE)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    rally: Mapped[Rally] = relationship(lazy="joined", innerjoin=True)


class Poster(Model):
    """One printed code (or one display) of a station. Revoking it leaves every stamp it gave."""

    __table_args__ = (
        UniqueConstraint("rally_id", "pid"),
        UniqueConstraint("rally_id", "short_code"),
        CheckConstraint("pid BETWEEN 0 AND 32767", name="pid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"))
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"), index=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("key_generation.id"), index=True)
    pid: Mapped[int]
    short_code: Mapped[str]  # to type where no camera works
    label: Mapped[str] = mapped_column(default="")  # "reception A4"
    is_display: Mapped[bool] = mapped_column(default=False)  # a phone or tablet that shows rotating codes
    valid_from: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("poster.id", ondelete="SET NULL"))

    station: Mapped[Station] = relationship(back_populates="posters")
    key: Mapped[KeyGeneration] = relationship(lazy="joined", innerjoin=True)


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


class PrizeKind(enum.StrEnum):
    COUNT = "count"  # so many stamps
    SET = "set"  # so many out of a set of stations
    COURSE = "course"  # a whole course, in its order where it has one
    AREA = "area"  # so many in one part of town
    CRAFT = "craft"  # so many of one craft
    AREAS = "areas"  # in so many parts of town
    CRAFTS = "crafts"  # of so many crafts


class Prize(Model):
    """A tier: what is given for what. `left` is the common store; desks and escrows hold their own part."""

    __table_args__ = (
        CheckConstraint("needed >= 1", name="needed"),
        CheckConstraint("stock_left >= 0", name="stock"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)  # the lowest is the first tier: held stamps count for it
    kind: Mapped[PrizeKind] = mapped_column(default=PrizeKind.COUNT)
    needed: Mapped[int] = mapped_column(default=1)
    stations: Mapped[list[str]] = mapped_column(default=list)  # SET: codes of stations
    course_id: Mapped[int | None] = mapped_column(ForeignKey("rally_course.id", ondelete="SET NULL"))
    area: Mapped[str] = mapped_column(default="")  # AREA: the factory's part of town, in Japanese
    craft: Mapped[str] = mapped_column(default="")  # CRAFT: a value of factories.Craft
    name: Mapped[Translated]
    description: Mapped[Translated]
    picture: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(
        default=True
    )  # False: nobody earns it any more; what was earned stays
    stock_initial: Mapped[int] = mapped_column(default=0)  # everything that was ever brought in
    stock_left: Mapped[int] = mapped_column(default=0)  # in the common store
    version: Mapped[int] = mapped_column(default=1)

    rally: Mapped[Rally] = relationship(back_populates="prizes")
    course: Mapped[RallyCourse | None] = relationship()


class Desk(Model):
    """Where prizes are handed over."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    rally_id: Mapped[int] = mapped_column(ForeignKey("rally.id", ondelete="CASCADE"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id", ondelete="SET NULL"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id", ondelete="SET NULL"))
    name: Mapped[Translated]
    pin_hash: Mapped[str] = mapped_column(default="")  # the PIN of the day, for a desk without a device
    pin_day: Mapped[str] = mapped_column(default="")  # "2026-11-28"
    pin_failures: Mapped[int] = mapped_column(default=0)
    pin_locked_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    rally: Mapped[Rally] = relationship(back_populates="desks")
    place: Mapped[Place | None] = relationship()
    venue: Mapped[Venue | None] = relationship()
    stock: Mapped[list["DeskStock"]] = relationship(back_populates="desk", cascade="all, delete-orphan")


class DeskStock(Model):
    """What a desk has of a prize on its own table."""

    __table_args__ = (
        UniqueConstraint("desk_id", "prize_id"),
        CheckConstraint("stock_left >= 0", name="stock"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="CASCADE"))
    prize_id: Mapped[int] = mapped_column(ForeignKey("prize.id", ondelete="CASCADE"), index=True)
    stock_left: Mapped[int] = mapped_column(default=0)

    desk: Mapped[Desk] = relationship(back_populates="stock")
    prize: Mapped[Prize] = relationship()


class Escrow(Model):
    """Prizes that one device may hand over without a signal. Disjoint from every other stock."""

    __table_args__ = (CheckConstraint("stock_left >= 0", name="stock"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desk.id", ondelete="CASCADE"), index=True)
    prize_id: Mapped[int] = mapped_column(ForeignKey("prize.id", ondelete="CASCADE"), index=True)
    device_code: Mapped[str]
    taken: Mapped[int]
    stock_left: Mapped[int]
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    desk: Mapped[Desk] = relationship()
    prize: Mapped[Prize] = relationship()


class Award(Model):
    """A prize is earned: written once, and never taken back by a correction. Its certificate is made from this row."""

    __table_args__ = (UniqueConstraint("card_id", "prize_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # 80 bits, Crockford's base 32; in the certificate
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"))
    prize_id: Mapped[int] = mapped_column(ForeignKey("prize.id", ondelete="CASCADE"), index=True)
    stamps: Mapped[int]  # how many counted at that moment
    earned_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]  # explicit fraud alone, with a reason in the history

    prize: Mapped[Prize] = relationship(lazy="joined", innerjoin=True)
    claims: Mapped[list["Claim"]] = relationship(
        back_populates="award", order_by="Claim.id", cascade="all, delete-orphan"
    )

    @property
    def live_claim(self) -> "Claim | None":
        return next((claim for claim in self.claims if claim.state == ClaimState.LIVE), None)


class ClaimState(enum.StrEnum):
    LIVE = "live"
    UNDONE = "undone"  # within ten minutes, with a reason
    DOUBLE = "double"  # handed over offline although it had been elsewhere: counted, listed, not hidden


_LIVE_CLAIM = text("state = 'live'")


class Claim(Model):
    """A prize was handed over. At most one live claim for an award."""

    __table_args__ = (
        Index(
            "uq_claim_live_award",
            "award_id",
            unique=True,
            sqlite_where=_LIVE_CLAIM,
            postgresql_where=_LIVE_CLAIM,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    award_id: Mapped[int] = mapped_column(ForeignKey("award.id", ondelete="CASCADE"), index=True)
    prize_id: Mapped[int] = mapped_column(ForeignKey("prize.id", ondelete="CASCADE"), index=True)
    desk_id: Mapped[int | None] = mapped_column(ForeignKey("desk.id", ondelete="SET NULL"), index=True)
    escrow_id: Mapped[int | None] = mapped_column(ForeignKey("escrow.id", ondelete="SET NULL"))
    source: Mapped[str]  # which stock it came from: "desk", "store", "escrow"; "over" where none had any left
    request_key: Mapped[str] = mapped_column(unique=True)  # made on the staff device: twice sent counts once
    state: Mapped[ClaimState] = mapped_column(default=ClaimState.LIVE)
    by: Mapped[str]  # the device's or organizer's name
    handed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str] = mapped_column(default="")

    award: Mapped[Award] = relationship(back_populates="claims")
    prize: Mapped[Prize] = relationship()
    desk: Mapped[Desk | None] = relationship()


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
