"""What is on and who comes: programmes, their slots, bookings and reservations."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import codes
from eventapp.db import Model
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition, Place, Venue
from eventapp.i18n import Translated


class Kind(enum.StrEnum):
    TOUR = "tour"
    WORKSHOP = "workshop"
    TALK = "talk"
    SALE = "sale"
    EXHIBITION = "exhibition"
    FOOD = "food"
    ONLINE = "online"
    BUS_TOUR = "bus_tour"
    GUIDED_WALK = "guided_walk"


class EntryMode(enum.StrEnum):
    """How one takes part (docs/decisions/0003-programmes-and-slots.md)."""

    OPEN = "open"  # no booking, any time while open: no slots
    TIMED = "timed"  # no booking, at fixed times: slots without capacity
    BOOKING = "booking"  # slots with capacity, first come


class HeldAt(enum.StrEnum):
    ENTRANCE = "entrance"
    BOOTH = "booth"
    PLACE = "place"  # a stage or a meeting point
    VENUE = "venue"
    ONLINE = "online"


class ProgrammeState(enum.StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Programme(Model):
    """One offering of an edition. Its host is an entry (a factory), a venue, or, with neither, the committee."""

    __table_args__ = (
        CheckConstraint("entry_id IS NULL OR venue_id IS NULL", name="one_host"),
        CheckConstraint("min_age BETWEEN 0 AND 99", name="min_age"),
        CheckConstraint("duration_minutes BETWEEN 1 AND 1440", name="duration"),
        Index("ix_programme_edition_state", "edition_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id", ondelete="CASCADE"))
    kind: Mapped[Kind]
    entry_mode: Mapped[EntryMode]
    state: Mapped[ProgrammeState] = mapped_column(default=ProgrammeState.DRAFT)
    title: Mapped[Translated]
    description: Mapped[Translated]  # Markdown
    held_at: Mapped[HeldAt] = mapped_column(default=HeldAt.ENTRANCE)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id", ondelete="SET NULL"))
    online_url: Mapped[str | None]  # mailed to those booked, never on a page
    duration_minutes: Mapped[int] = mapped_column(default=60)
    languages: Mapped[list[str]] = mapped_column(default=list)
    price_yen: Mapped[int] = mapped_column(default=0)  # for one person, paid on site
    price_note: Mapped[Translated]
    min_age: Mapped[int | None]  # None: as the factory's own rule says
    guardian_below: Mapped[int | None]
    bring: Mapped[Translated]
    confirm_address: Mapped[bool] = mapped_column(
        default=False
    )  # scarce: the address is confirmed within 30 minutes
    import_key: Mapped[str | None]
    search_key: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)
    entry: Mapped[Entry | None] = relationship(lazy="joined")
    venue: Mapped[Venue | None] = relationship(lazy="joined")
    place: Mapped[Place | None] = relationship(lazy="joined")
    stops: Mapped[list["ProgrammeStop"]] = relationship(
        back_populates="programme", order_by="ProgrammeStop.minutes_after", cascade="all, delete-orphan"
    )
    slots: Mapped[list["Slot"]] = relationship(
        back_populates="programme", order_by="Slot.starts_at", cascade="all, delete-orphan"
    )


class ProgrammeStop(Model):
    """A factory that a bus tour or a guided walk visits, so many minutes after the start; one booking covers all."""

    __tablename__ = "programme_stop"
    __table_args__ = (UniqueConstraint("programme_id", "entry_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    minutes_after: Mapped[int]
    stay_minutes: Mapped[int] = mapped_column(default=30)
    places: Mapped[int | None]  # what this factory can receive; no slot of the tour may offer more

    programme: Mapped[Programme] = relationship(back_populates="stops")
    entry: Mapped[Entry] = relationship(lazy="joined", innerjoin=True)


class SlotState(enum.StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # no more bookings; those booked come
    CANCELLED = "cancelled"


class Slot(Model):
    """One start time of a programme. `capacity` counts bookable places; None means no booking is needed."""

    __table_args__ = (
        CheckConstraint("seats_taken >= 0 AND (capacity IS NULL OR seats_taken <= capacity)", name="seats"),
        CheckConstraint("capacity IS NULL OR capacity >= 0", name="capacity"),
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_slot_edition_day", "edition_id", "day"),
        Index(
            "uq_slot_programme_start",
            "programme_id",
            "starts_at",
            unique=True,
            sqlite_where=text("state <> 'cancelled'"),
            postgresql_where=text("state <> 'cancelled'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    day: Mapped[date]  # the local day it is on
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    closes_at: Mapped[datetime]  # the last moment to book
    capacity: Mapped[int | None]
    seats_taken: Mapped[int] = mapped_column(default=0)  # = sum of parties over HOLDS_SEATS, audited
    walk_in_places: Mapped[int] = mapped_column(default=0)  # kept for people who just come
    state: Mapped[SlotState] = mapped_column(default=SlotState.OPEN)
    version: Mapped[int] = mapped_column(default=1)

    programme: Mapped[Programme] = relationship(back_populates="slots", lazy="joined", innerjoin=True)

    @property
    def seats_left(self) -> int | None:
        """Bookable places left; None where no booking is needed."""
        return None if self.capacity is None else self.capacity - self.seats_taken


class Status(enum.StrEnum):
    REQUESTED = "requested"  # 承認待ち
    WAITING = "waiting"  # キャンセル待ち
    OFFERED = "offered"  # held until `expires_at`: an address to confirm, a place that came free
    CONFIRMED = "confirmed"  # 予約確定
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


HOLDS_SEATS = frozenset({Status.OFFERED, Status.CONFIRMED, Status.ATTENDED, Status.NO_SHOW})
LIVE = frozenset({Status.REQUESTED, Status.WAITING, *HOLDS_SEATS})
STATUS_NEXT: dict[Status, set[Status]] = {
    Status.REQUESTED: {Status.CONFIRMED, Status.DECLINED, Status.CANCELLED},
    Status.WAITING: {Status.OFFERED, Status.CONFIRMED, Status.CANCELLED},
    Status.OFFERED: {Status.CONFIRMED, Status.EXPIRED, Status.CANCELLED},
    Status.CONFIRMED: {Status.CANCELLED, Status.ATTENDED, Status.NO_SHOW},
    Status.ATTENDED: {Status.CONFIRMED, Status.NO_SHOW},
    Status.NO_SHOW: {Status.CONFIRMED, Status.ATTENDED},
    Status.DECLINED: set(),
    Status.CANCELLED: set(),
    Status.EXPIRED: set(),
}


class Purpose(enum.StrEnum):
    """Why somebody comes, where the factory asks."""

    VISIT = "visit"
    BUYING = "buying"
    PRESS = "press"
    JOB = "job"


class Booking(Model):
    """One submit: contact, language, consent, private link; with a reservation per slot."""

    __table_args__ = (
        UniqueConstraint("edition_id", "gate_number"),
        Index("ix_booking_edition_email", "edition_id", "email_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"))
    gate_number: Mapped[str]  # short, to say at the gate
    name: Mapped[str]
    kana: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]  # visitors have no account; staff may book with a telephone alone
    email_key: Mapped[str] = mapped_column(default="")
    phone: Mapped[str | None]
    phone_key: Mapped[str] = mapped_column(default="", index=True)
    language: Mapped[str]
    consent_version: Mapped[int]
    company: Mapped[str | None]
    purpose: Mapped[Purpose | None]
    not_same_trade: Mapped[bool | None]
    note: Mapped[str | None]  # by staff
    request_key: Mapped[str] = mapped_column(unique=True)  # drawn with the form: a double click books once
    link_version: Mapped[int] = mapped_column(
        default=1
    )  # link = HMAC(key, code, version): nothing secret is stored
    address_confirmed_at: Mapped[datetime | None]
    booked_by_id: Mapped[int | None]  # a person of staff, for a caller
    search_key: Mapped[str] = mapped_column(default="")
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)
    reservations: Mapped[list["Reservation"]] = relationship(
        back_populates="booking", order_by="Reservation.id", cascade="all, delete-orphan"
    )


_LIVE_WITH_ADDRESS = text(
    "email_key <> '' AND status IN ('requested', 'waiting', 'offered', 'confirmed', 'attended', 'no_show')"
)


class Reservation(Model):
    """One party on one slot."""

    __table_args__ = (
        CheckConstraint("party_size >= 1", name="party"),
        Index(
            "uq_reservation_slot_email", "slot_id", "email_key", unique=True,
            sqlite_where=_LIVE_WITH_ADDRESS, postgresql_where=_LIVE_WITH_ADDRESS,
        ),
        Index("ix_reservation_email", "email_key"),
        Index("ix_reservation_expiry", "status", "expires_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"), index=True)
    email_key: Mapped[str] = mapped_column(default="")  # the booking's, for the unique index
    party_size: Mapped[int]
    guests: Mapped[str | None]  # names of the party, where an insurance list is needed
    status: Mapped[Status]
    expires_at: Mapped[datetime | None]  # while OFFERED
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    booking: Mapped[Booking] = relationship(back_populates="reservations")
    slot: Mapped[Slot] = relationship(lazy="joined", innerjoin=True)

    @property
    def holds_seats(self) -> bool:
        return self.status in HOLDS_SEATS
