"""Finding a booking for somebody at the telephone or at the gate: by kana, name, telephone, number or address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, lazyload

from eventapp import text
from eventapp.db import db
from eventapp.paging import PER_PAGE, Cut, Page
from eventapp.tours.desk_access import Reach
from eventapp.tours.models import LIVE, Booking, Programme, Reservation, Slot, Status
from eventapp.tours.queries import select_slots

FEWEST_DIGITS = 4  # of a telephone number; fewer would find everybody


@dataclass(frozen=True)
class Wish:
    """What is looked for. Nothing at all finds everything."""

    words: str = ""
    day: date | None = None
    programme: str = ""  # its code
    status: Status | None = None


def find(reach: Reach, wish: Wish, *, page: int = 1, per_page: int = PER_PAGE) -> Page[Reservation]:
    """Reservations that this desk may look up, in order of time and reading. A page beyond the last is the last."""
    total = db.session.scalar(_narrowed(select(func.count(Reservation.id)), reach, wish)) or 0
    cut = Cut(total, page, per_page)
    rows = list(db.session.scalars(_listed(reach, wish).limit(per_page).offset(cut.offset)))
    _load_slots(rows)
    return cut.holds(rows)


def find_all(reach: Reach, wish: Wish, *, limit: int = 50_000) -> Sequence[Reservation]:
    """Every one of them, for a spreadsheet."""
    rows = db.session.scalars(_listed(reach, wish).limit(limit)).all()
    _load_slots(rows)
    return rows


def _listed(reach: Reach, wish: Wish) -> Select[Reservation]:
    loaded = joinedload(Reservation.booking, innerjoin=True).lazyload(Booking.edition)
    return (
        _narrowed(select(Reservation), reach, wish)
        .options(lazyload(Reservation.slot), loaded)
        .order_by(Slot.starts_at, Slot.id, Booking.kana == "", Booking.kana, Booking.name, Reservation.id)
    )


def _load_slots(rows: Sequence[Reservation]) -> None:
    """Their slots in one statement; each reservation finds its own in the session from then on."""
    wanted = {row.slot_id for row in rows}
    if wanted:
        _kept = db.session.scalars(select_slots().where(Slot.id.in_(wanted))).all()
        for row in rows:
            _ = row.slot


def _narrowed(query: Select, reach: Reach, wish: Wish) -> Select:  # type: ignore[type-arg]
    query = (
        query.join(Booking, Booking.id == Reservation.booking_id)
        .join(Slot, Slot.id == Reservation.slot_id)
        .join(Programme, Programme.id == Slot.programme_id)
        .where(reach.seen(), Slot.edition_id == reach.edition_id)
    )
    if wish.words.strip():
        query = query.where(_matches(wish.words))
    if wish.day is not None:
        query = query.where(Slot.day == wish.day)
    if wish.programme:
        query = query.where(Programme.code == wish.programme)
    return query.where(Reservation.status == wish.status) if wish.status is not None else query


def _matches(words: str) -> ColumnElement[bool]:
    """Every word stands in the name, kana, telephone or number; or the whole is a telephone, a number or an address."""
    words = words[: text.LONGEST_QUERY]
    terms = [Booking.search_key.contains(term, autoescape=True) for term in text.search_terms(words)]
    ways: list[ColumnElement[bool]] = [and_(*terms)] if terms else []
    digits = text.phone_key(words)
    if digits and not any(character.isalpha() for character in words):
        ways.append(Booking.gate_number == digits)
        if len(digits) >= FEWEST_DIGITS:
            ways.append(Booking.phone_key.contains(digits, autoescape=True))
    if "@" in words:
        ways.append(Booking.email_key.contains(words.strip().lower(), autoescape=True))
    return or_(*ways) if ways else Booking.id == 0


def find_by_phone(slot: Slot, phone: str) -> Reservation | None:
    """A living reservation for this slot under this telephone number, so that a caller is not booked twice."""
    key = text.phone_key(phone)
    if not key:
        return None
    return db.session.scalar(
        select(Reservation).join(Reservation.booking)
        .where(Reservation.slot_id == slot.id, Reservation.status.in_(LIVE), Booking.phone_key == key)
        .limit(1)
    )  # fmt: skip
