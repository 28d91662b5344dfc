"""How far the edition is: factories by state, seats by day, reservations of today, mail."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db
from eventapp.factories.models import Entry, EntryState
from eventapp.festivals.models import Edition
from eventapp.outbox import Mail, MailState
from eventapp.tours.models import (
    HOLDS_SEATS,
    Booking,
    Programme,
    ProgrammeState,
    Reservation,
    Slot,
    SlotState,
)


@dataclass(frozen=True)
class Day:
    """Slots and seats of one day; `free_slots` need no booking."""

    day: date
    slots: int
    free_slots: int
    capacity: int
    taken: int


@dataclass(frozen=True)
class Figures:
    """What the overview shows."""

    entries: dict[EntryState, int]
    days: list[Day]
    bookings_today: int
    people_today: int  # in the reservations made today
    people: int  # who hold seats in all
    expected: int  # who hold seats in slots still to come
    mail: dict[MailState, int]

    @property
    def slots(self) -> int:
        return sum(day.slots for day in self.days)

    @property
    def capacity(self) -> int:
        return sum(day.capacity for day in self.days)

    @property
    def taken(self) -> int:
        return sum(day.taken for day in self.days)


def figures(edition: Edition) -> Figures:
    """Count an edition, in five statements."""
    bookings, people_today, people, expected = _reservations(edition)
    entries = select(Entry.state, func.count()).where(Entry.edition_id == edition.id).group_by(Entry.state)
    mail = (
        select(Mail.state, func.count()).where(Mail.festival_id == edition.festival_id).group_by(Mail.state)
    )
    return Figures(
        entries=dict(db.session.execute(entries).all()),
        days=_days(edition),
        bookings_today=bookings,
        people_today=people_today,
        people=people,
        expected=expected,
        mail=dict(db.session.execute(mail).all()),
    )


def _days(edition: Edition) -> list[Day]:
    rows = db.session.execute(
        select(
            Slot.day,
            func.count(Slot.id),
            func.count(Slot.id).filter(Slot.capacity.is_(None)),
            func.coalesce(func.sum(Slot.capacity), 0),
            func.coalesce(func.sum(Slot.seats_taken).filter(Slot.capacity.is_not(None)), 0),
        )
        .join(Programme, Programme.id == Slot.programme_id)
        .where(
            Slot.edition_id == edition.id, Slot.state != SlotState.CANCELLED, Programme.state == ProgrammeState.PUBLISHED
        )
        .group_by(Slot.day)
        .order_by(Slot.day)
    )  # fmt: skip
    return [
        Day(day, slots, free, int(capacity or 0), int(taken or 0))
        for day, slots, free, capacity, taken in rows
    ]


def _reservations(edition: Edition) -> tuple[int, int, int, int]:
    """Bookings made today there, the people in them, the people of all days, and those still to come."""
    start, end = clock.day_bounds(edition.today(), edition.zone)
    today = Booking.created_at.between(start, end)
    row = db.session.execute(
        select(
            func.count(Booking.id.distinct()).filter(today),
            func.coalesce(func.sum(Reservation.party_size).filter(today), 0),
            func.coalesce(func.sum(Reservation.party_size), 0),
            func.coalesce(func.sum(Reservation.party_size).filter(Slot.ends_at > clock.now()), 0),
        )
        .join(Reservation, Reservation.booking_id == Booking.id)
        .join(Slot, Slot.id == Reservation.slot_id)
        .where(Booking.edition_id == edition.id, Reservation.status.in_(HOLDS_SEATS))
    ).one()
    bookings, people_today, people, expected = (int(one or 0) for one in row)
    return bookings, people_today, people, expected
