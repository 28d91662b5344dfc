"""Seats and people in figures, without a name: what every organizer may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import lazyload

from eventapp import clock, text
from eventapp.db import db
from eventapp.factories.models import Entry, Factory
from eventapp.paging import PER_PAGE, Cut, Page
from eventapp.tours.models import (
    HOLDS_SEATS,
    Kind,
    Programme,
    ProgrammeState,
    Reservation,
    Slot,
    SlotState,
    Status,
)


@dataclass(frozen=True)
class Seats:
    """The slots of something, summed up. Slots that are called off do not count."""

    slots: int = 0
    capacity: int = 0
    taken: int = 0
    upcoming: int = 0  # slots that are not over yet


@dataclass(frozen=True)
class DaySeats(Seats):
    """The same for one day, with the people who came."""

    day: date = date.min
    came: int = 0
    no_show: int = 0


def list_programmes(
    condition: ColumnElement[bool], *, words: str = "", kind: Kind | None = None, state: ProgrammeState | None = None,
    page: int = 1, per_page: int = PER_PAGE,
) -> Page[tuple[Programme, Seats]]:  # fmt: skip
    """Programmes with their seats: the committee's own first, then by the reading of the factory's name."""
    narrowed = [
        condition,
        *(Programme.search_key.contains(term, autoescape=True) for term in text.search_terms(words)),
    ]
    if kind is not None:
        narrowed.append(Programme.kind == kind)
    if state is not None:
        narrowed.append(Programme.state == state)
    total = db.session.scalar(select(func.count(Programme.id)).where(*narrowed)) or 0
    cut = Cut(total, page, per_page)
    programmes = db.session.scalars(
        select(Programme).outerjoin(Entry, Entry.id == Programme.entry_id).outerjoin(Factory, Factory.id == Entry.factory_id)
        .options(lazyload(Programme.edition))
        .where(*narrowed)
        .order_by(Programme.entry_id.is_not(None), Factory.kana, Factory.id, Programme.id)
        .limit(per_page).offset(cut.offset)
    ).unique().all()  # fmt: skip
    seats = seats_of([programme.id for programme in programmes])
    return cut.holds([(one, seats.get(one.id, Seats())) for one in programmes])


def seats_of(programme_ids: Sequence[int]) -> dict[int, Seats]:
    """Seats by programme, in one statement."""
    upcoming = func.sum(case((Slot.ends_at > clock.now(), 1), else_=0))
    rows = db.session.execute(
        select(Slot.programme_id, func.count(Slot.id), _capacity(), _taken(), upcoming)
        .where(Slot.programme_id.in_(programme_ids), Slot.state != SlotState.CANCELLED)
        .group_by(Slot.programme_id)
    )
    return {
        key: Seats(slots, int(capacity), int(taken), int(left)) for key, slots, capacity, taken, left in rows
    }


def _capacity() -> ColumnElement[int]:
    return func.coalesce(func.sum(Slot.capacity), 0)


def _taken() -> ColumnElement[int]:
    return func.coalesce(func.sum(Slot.seats_taken), 0)


def seats_by_day(condition: ColumnElement[bool]) -> list[DaySeats]:
    """Seats and people day by day, of the programmes that fit."""
    published = condition & (Programme.state == ProgrammeState.PUBLISHED)
    people = db.session.execute(
        select(Slot.day, Reservation.status, func.sum(Reservation.party_size))
        .join(Slot, Slot.id == Reservation.slot_id).join(Programme, Programme.id == Slot.programme_id)
        .where(published, Reservation.status.in_(HOLDS_SEATS))
        .group_by(Slot.day, Reservation.status)
    )  # fmt: skip
    marked = {(day, status): int(number) for day, status, number in people}
    upcoming = func.sum(case((Slot.ends_at > clock.now(), 1), else_=0))
    rows = db.session.execute(
        select(Slot.day, func.count(Slot.id), _capacity(), _taken(), upcoming)
        .join(Programme, Programme.id == Slot.programme_id)
        .where(published, Slot.state != SlotState.CANCELLED, Slot.capacity.is_not(None))
        .group_by(Slot.day).order_by(Slot.day)
    )  # fmt: skip
    return [
        DaySeats(slots, int(capacity), int(taken), int(left), day, marked.get((day, Status.ATTENDED), 0),
                 marked.get((day, Status.NO_SHOW), 0))
        for day, slots, capacity, taken, left in rows
    ]  # fmt: skip
