"""What the codes in the history are called: a factory's name, a programme's title, a booking's number, a slot's time."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from sqlalchemy import select

from eventapp import clock
from eventapp.audit import Line
from eventapp.db import db
from eventapp.factories.models import Entry, Factory
from eventapp.i18n import lazy
from eventapp.tours.models import Booking, Programme, Slot


def names_of(lines: Iterable[Line], zone: ZoneInfo) -> dict[str, str]:
    """The name for every code that these lines are about or mention, as far as the thing still exists; four statements."""
    codes: dict[str, set[str]] = {"factory": set(), "programme": set(), "booking": set(), "slot": set()}
    for line in lines:
        kind, _colon, code = line.subject.partition(":")
        codes.get(kind, set()).add(code)
        codes["slot"].update((*_mentioned(line.details.get("slot")), *_mentioned(line.details.get("slots"))))
    return {
        **_factories(codes["factory"]),
        **_programmes(codes["programme"]),
        **_bookings(codes["booking"]),
        **_slots(codes["slot"], zone),
    }


def _mentioned(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield one


def _factories(codes: set[str]) -> dict[str, str]:
    rows = db.session.execute(select(Factory.code, Factory.name).where(Factory.code.in_(codes)))
    return {code: str(name) for code, name in rows}


def _programmes(codes: set[str]) -> dict[str, str]:
    rows = db.session.execute(
        select(Programme.code, Programme.title, Factory.name)
        .outerjoin(Entry, Entry.id == Programme.entry_id).outerjoin(Factory, Factory.id == Entry.factory_id)
        .where(Programme.code.in_(codes))
    )  # fmt: skip
    return {code: f"{title} ({factory})" if factory else str(title) for code, title, factory in rows}


def _bookings(codes: set[str]) -> dict[str, str]:
    """The number that is said at the gate, and no visitor's name: the history outlives it."""
    rows = db.session.execute(select(Booking.code, Booking.gate_number).where(Booking.code.in_(codes)))
    return {code: str(lazy("No. %(number)s", number=number)) for code, number in rows}


def _slots(codes: set[str], zone: ZoneInfo) -> dict[str, str]:
    rows = db.session.execute(
        select(Slot.code, Slot.starts_at, Programme.title)
        .join(Programme, Programme.id == Slot.programme_id)
        .where(Slot.code.in_(codes))
    )
    return {code: f"{clock.local(start, zone):%Y-%m-%d %H:%M} {title}" for code, start, title in rows}
