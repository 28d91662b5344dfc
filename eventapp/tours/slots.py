"""Slots: made from days and times, changed in bulk, moved, closed, called off; those booked are told at once.

Seats are never taken away from anybody: a capacity does not go under what is taken, a moved slot takes its
reservations along, a slot that is called off gives every seat back and tells why. All rules work inside the caller's
transaction() and touch slots in the order of their ids, before reservations.
"""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import joinedload, selectinload

from eventapp import audit, clock
from eventapp.db import db
from eventapp.festivals import editions
from eventapp.festivals.models import Edition, PlaceKind
from eventapp.i18n import RuleError, lazy, ngettext
from eventapp.tours import changing, mails, seats
from eventapp.tours.models import (
    HOLDS_SEATS,
    Booking,
    EntryMode,
    Programme,
    Reservation,
    Slot,
    SlotState,
)
from eventapp.tours.programmes import EXPECTED, check_not_over, smallest_stop

MOST_AT_ONCE = 300
MOST_PLACES = 1000
MOST_NAMES = 12  # in one error message


class SlotError(RuleError):
    """The slot cannot be like this."""


class CapacityTooSmall(SlotError):
    """More people are in than there would be places. `parties` says who: (name, people)."""

    def __init__(self, slot: Slot, parties: list[tuple[str, int]]) -> None:
        self.parties = parties
        super().__init__(
            ngettext("At %(time)s %(num)d place is taken, so there cannot be fewer. Booked: %(who)s.",
                     "At %(time)s %(num)d places are taken, so there cannot be fewer. Booked: %(who)s.",
                     sum(size for _name, size in parties), time=_wall(slot), who=_listed(parties))
        )  # fmt: skip


def _wall(slot: Slot) -> str:
    start = clock.local(slot.starts_at, slot.programme.edition.zone)
    return f"{start.hour}:{start.minute:02}"


def _listed(parties: list[tuple[str, int]]) -> str:
    names = [f"{name} ({size})" for name, size in parties[:MOST_NAMES]]
    return ", ".join([*names, "…"] if len(parties) > MOST_NAMES else names)


class Closes(enum.StrEnum):
    """When bookings for a slot end."""

    START = "start"
    HALF_HOUR = "30"
    HOUR = "60"
    THREE_HOURS = "180"
    DAY = "1440"
    EVE = "eve"  # 17:00 of the day before

    def at(self, starts_at: datetime, zone: ZoneInfo) -> datetime:
        """The last moment to book a slot that starts then."""
        if self == Closes.EVE:
            return clock.at(clock.local(starts_at, zone).date() - timedelta(days=1), time(17), zone)
        return starts_at - timedelta(minutes=0 if self == Closes.START else int(self.value))


@dataclass(frozen=True)
class Offer:
    """What a new slot offers. `capacity` None: no booking is needed."""

    capacity: int | None
    walk_in_places: int = 0
    closes: Closes = Closes.START


@dataclass(frozen=True)
class Change:
    """What changes in slots that stand; None leaves it as it is."""

    capacity: int | None = None
    walk_in_places: int | None = None
    closes: Closes | None = None


@dataclass(frozen=True)
class Told:
    """Who hears of a change: so many by mail, and so many who left no address and must be called."""

    mailed: int = 0
    to_call: int = 0


# --- making them ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pattern:
    """ "Every 60 minutes 10:00-16:00, not 12:00-13:00, Saturday and Sunday", in local time."""

    days: tuple[date, ...]
    first: time
    until: time  # the last slot is over by then
    every: int  # minutes from start to start
    pauses: tuple[tuple[time, time], ...] = ()


@dataclass(frozen=True)
class Planned:
    """A slot that a pattern would make."""

    day: date
    starts_at: datetime
    ends_at: datetime
    is_there: bool = False  # a slot already starts then; it stays as it is
    is_over: bool = False


def plan(programme: Programme, pattern: Pattern) -> list[Planned]:
    """What the pattern would make; nothing is written. Start times that exist are shown as kept."""
    edition = programme.edition
    if pattern.every < 5:
        raise SlotError(lazy("Please leave at least five minutes from one start to the next."))
    if not pattern.days or not set(pattern.days) <= set(edition.dates):
        raise SlotError(lazy("Please choose days on which the festival is held."))
    starts = _starts(pattern, programme.duration_minutes)
    if not starts:
        raise SlotError(lazy("No slot fits in between these times."))
    if len(starts) * len(pattern.days) > MOST_AT_ONCE:
        raise SlotError(
            lazy(
                "These would be more than %(number)s slots. Please take fewer days or longer gaps.",
                number=MOST_AT_ONCE,
            )
        )
    there, now, length = _start_times(programme), clock.now(), timedelta(minutes=programme.duration_minutes)
    moments = [(day, clock.at(day, start, edition.zone)) for day in sorted(pattern.days) for start in starts]
    return [Planned(day, at, at + length, at in there, at <= now) for day, at in moments]


def _starts(pattern: Pattern, duration: int) -> list[time]:
    """Start times of one day. What would run into a pause starts when the pause is over."""
    pauses = sorted((_minutes(start), _minutes(end)) for start, end in pattern.pauses if start < end)
    start, last, found = _minutes(pattern.first), _minutes(pattern.until) - duration, []
    while start <= last:
        hit = next((end for begin, end in pauses if start < end and begin < start + duration), None)
        if hit is not None:
            start = hit
        else:
            found.append(time(start // 60, start % 60))
            start += pattern.every
    return found


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _start_times(programme: Programme) -> set[datetime]:
    standing = select(Slot.starts_at).where(
        Slot.programme_id == programme.id, Slot.state != SlotState.CANCELLED
    )
    return set(db.session.scalars(standing))


def generate(
    programme: Programme, starts: Iterable[datetime], offer: Offer, *, by: audit.Actor | str
) -> list[Slot]:
    """Make a slot for each start time that is not there yet; those that are stay as they are."""
    edition = programme.edition
    check_not_over(edition)
    _check_offer(programme, offer)
    _lock(programme)
    there, length = _start_times(programme), timedelta(minutes=programme.duration_minutes)
    made = []
    for starts_at in sorted(set(starts) - there):
        day = _check_time(edition, starts_at, starts_at + length)
        _check_stage(programme, starts_at, starts_at + length)
        made.append(
            Slot(programme_id=programme.id, edition_id=edition.id, day=day, starts_at=starts_at, ends_at=starts_at + length,
                 closes_at=offer.closes.at(starts_at, edition.zone), capacity=offer.capacity, walk_in_places=offer.walk_in_places)
        )  # fmt: skip
    if len(made) > MOST_AT_ONCE:
        raise SlotError(
            lazy(
                "These would be more than %(number)s slots. Please take fewer days or longer gaps.",
                number=MOST_AT_ONCE,
            )
        )
    db.session.add_all(made)
    db.session.flush()
    if made:
        _record(
            "slot.added",
            programme,
            by,
            {"starts": [slot.starts_at.isoformat() for slot in made], "capacity": offer.capacity},
        )
    return made


def add(programme: Programme, starts_at: datetime, offer: Offer, *, by: audit.Actor | str) -> Slot:
    """Make one slot."""
    made = generate(programme, [starts_at], offer, by=by)
    if not made:
        raise SlotError(lazy("There is already a slot at this time."))
    return made[0]


def remove(slots: Sequence[Slot], *, by: audit.Actor | str) -> None:
    """Delete slots that nobody ever booked. Others are called off instead, so that their history stays."""
    for slot in _in_order(slots):
        check_not_over(slot.programme.edition)
        unused = ~exists().where(Reservation.slot_id == Slot.id)
        gone = db.session.scalar(
            delete(Slot).where(Slot.id == slot.id, Slot.seats_taken == 0, unused).returning(Slot.id)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if gone is None:
            raise SlotError(
                lazy(
                    "Somebody has booked the slot at %(time)s. Please call it off instead.", time=_wall(slot)
                )
            )
        _record("slot.removed", slot.programme, by, {"start": slot.starts_at.isoformat()})


# --- changing them -------------------------------------------------------------------------------------------------


def change(slots: Sequence[Slot], wish: Change, *, by: audit.Actor | str) -> None:
    """Change places and closing times, of all or of none. Raises CapacityTooSmall where more people are in."""
    for slot in _in_order(slots):
        check_not_over(slot.programme.edition)
        _check_standing(slot)
        offer = Offer(
            wish.capacity if wish.capacity is not None and slot.capacity is not None else slot.capacity,
            slot.walk_in_places if wish.walk_in_places is None else wish.walk_in_places,
        )
        _check_offer(slot.programme, offer)
        before = _plain(slot)
        if offer.capacity != slot.capacity and offer.capacity is not None:
            _set_capacity(slot, offer.capacity)
        slot.walk_in_places = offer.walk_in_places
        if wish.closes is not None:
            slot.closes_at = wish.closes.at(slot.starts_at, slot.programme.edition.zone)
        slot.version += 1
        _record("slot.changed", slot.programme, by, {"slot": slot.code, **audit.change(before, _plain(slot))})
    db.session.flush()


def _set_capacity(slot: Slot, capacity: int) -> None:
    if not seats.set_capacity(slot.id, capacity):
        raise CapacityTooSmall(slot, who_is_in(slot))
    db.session.refresh(slot, ["capacity", "seats_taken", "version"])


def who_is_in(slot: Slot) -> list[tuple[str, int]]:
    """The parties that hold seats: (name, people), in the order in which they booked."""
    rows = db.session.execute(
        select(Booking.name, Reservation.party_size)
        .join(Reservation, Reservation.booking_id == Booking.id)
        .where(Reservation.slot_id == slot.id, Reservation.status.in_(HOLDS_SEATS))
        .order_by(Reservation.id)
    )
    return [(name, size) for name, size in rows]


def _plain(slot: Slot) -> dict[str, object]:
    return {
        "capacity": slot.capacity,
        "walk_in_places": slot.walk_in_places,
        "closes_at": slot.closes_at.isoformat(),
    }


def close(slots: Sequence[Slot], *, by: audit.Actor | str) -> None:
    """Take no more bookings; those booked come."""
    _set_state(slots, SlotState.OPEN, SlotState.CLOSED, "slot.closed", by)


def reopen(slots: Sequence[Slot], *, by: audit.Actor | str) -> None:
    """Take bookings again."""
    _set_state(slots, SlotState.CLOSED, SlotState.OPEN, "slot.reopened", by)


def _set_state(
    slots: Sequence[Slot], known: SlotState, to: SlotState, action: str, by: audit.Actor | str
) -> None:
    for slot in _in_order(slots):
        check_not_over(slot.programme.edition)
        if _change_state(slot, [known], to):
            _record(action, slot.programme, by, {"slot": slot.code})


def _change_state(slot: Slot, known: list[SlotState], to: SlotState) -> bool:
    changed = (
        update(Slot).where(Slot.id == slot.id, Slot.state.in_(known)).values(state=to, version=Slot.version + 1)
        .returning(Slot.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    if db.session.scalar(changed) is None:
        return False
    db.session.refresh(slot, ["state", "version", "seats_taken", "capacity"])
    return True


def move(slot: Slot, to: datetime, *, message: str = "", by: audit.Actor | str) -> Told:
    """Hold the slot at another time, with all its reservations, and tell everyone booked."""
    programme, before = slot.programme, slot.starts_at
    check_not_over(programme.edition)
    if to == before:
        return Told()
    _check_standing(slot)
    _lock(programme)
    ends_at, closes_before = to + (slot.ends_at - before), before - slot.closes_at
    day = _check_time(programme.edition, to, ends_at)
    if to in _start_times(programme):
        raise SlotError(lazy("There is already a slot at this time."))
    _check_stage(programme, to, ends_at, but=slot)
    slot.day, slot.starts_at, slot.ends_at, slot.closes_at = day, to, ends_at, to - closes_before
    slot.version += 1
    db.session.flush()
    _record("slot.moved", programme, by, {"slot": slot.code, "start": [before.isoformat(), to.isoformat()]})
    bookings = _bookings_of([slot])
    for one in bookings:
        one.calendar_sequence += 1
    return tell(bookings, message, cancelled=False)


# --- calling off ---------------------------------------------------------------------------------------------------


def cancel(slots: Sequence[Slot], *, message: str = "", by: audit.Actor | str) -> Told:
    """Call slots off: every seat goes back, and everyone booked is told in one mail. Again changes nothing."""
    return tell(take_off(slots, message=message, by=by), message, cancelled=True)


def take_off(slots: Sequence[Slot], *, message: str = "", by: audit.Actor | str) -> list[Booking]:
    """Call slots off and give every seat back; returns the bookings whose people the caller must tell."""
    called_off = []
    for slot in _in_order(slots):  # all slots first: from here on nobody gets in
        check_not_over(slot.programme.edition)
        if slot.ends_at <= clock.now():
            raise SlotError(lazy("The slot at %(time)s is already over.", time=_wall(slot)))
        if _change_state(slot, [SlotState.OPEN, SlotState.CLOSED], SlotState.CANCELLED):
            called_off.append(slot)
    bookings = _bookings_of(called_off)
    ids = {slot.id for slot in called_off}
    for booking in bookings:
        for reservation in booking.reservations:
            if reservation.slot_id in ids and reservation.status in EXPECTED:
                changing.cancel(reservation, staff=_actor(by), tell=False)
    for slot in called_off:
        _record("slot.cancelled", slot.programme, by, {"slot": slot.code, "message": message})
        db.session.refresh(slot, ["seats_taken"])
    return bookings


def find_standing(programme: Programme, day: date | None = None) -> list[Slot]:
    """Slots of a programme that are neither called off nor over, of one day or of all."""
    query = select(Slot).where(
        Slot.programme_id == programme.id, Slot.state != SlotState.CANCELLED, Slot.ends_at > clock.now()
    )
    if day is not None:
        query = query.where(Slot.day == day)
    return list(db.session.scalars(query.order_by(Slot.id)))


def _bookings_of(slots: Sequence[Slot]) -> list[Booking]:
    """Everyone who still waits for one of these slots, in the order in which they booked."""
    waiting = select(Reservation.booking_id).where(
        Reservation.slot_id.in_([slot.id for slot in slots]), Reservation.status.in_(EXPECTED)
    )
    return list(
        db.session.scalars(
            select(Booking).where(Booking.id.in_(waiting)).order_by(Booking.id)
            .options(joinedload(Booking.edition, innerjoin=True), selectinload(Booking.reservations))
            .execution_options(populate_existing=True)
        )
    )  # fmt: skip


def tell(bookings: Sequence[Booking], message: str, *, cancelled: bool) -> Told:
    """Mail each booking once what has become of it; those without an address are counted, to be called."""
    for booking in bookings:
        mails.post_slot_changed(booking, message, cancelled=cancelled)
    mailed = sum(1 for booking in bookings if booking.email)
    return Told(mailed, len(bookings) - mailed)


@dataclass(frozen=True)
class _Named:
    actor_name: str
    person_id: int | None = None


def _actor(by: audit.Actor | str) -> audit.Actor:
    return _Named(by) if isinstance(by, str) else by


# --- what every slot keeps to --------------------------------------------------------------------------------------


def _in_order(slots: Iterable[Slot]) -> list[Slot]:
    return sorted(slots, key=lambda slot: slot.id)


def _lock(programme: Programme) -> None:
    """Let one writer at a time give this programme new start times (PostgreSQL; SQLite has one writer anyway)."""
    db.session.execute(
        select(Programme.id).where(Programme.id == programme.id).with_for_update(key_share=True, of=Programme)
    )


def _check_standing(slot: Slot) -> None:
    if slot.state == SlotState.CANCELLED:
        raise SlotError(lazy("The slot at %(time)s has been called off.", time=_wall(slot)))


def _check_time(edition: Edition, starts_at: datetime, ends_at: datetime) -> date:
    """The local day of a slot, which must be a day of the edition, from start to end, and not over."""
    day = clock.local(starts_at, edition.zone).date()
    if day not in edition.dates:
        raise SlotError(lazy("The festival is not held on %(day)s.", day=day.isoformat()))
    if ends_at > clock.day_bounds(day, edition.zone)[1]:
        raise SlotError(lazy("A slot must end on the day on which it starts."))
    if ends_at <= clock.now():
        raise SlotError(lazy("This time is already over."))
    return day


def _check_offer(programme: Programme, offer: Offer) -> None:
    if programme.entry_mode == EntryMode.OPEN:
        raise SlotError(lazy("One can come at any time, so there are no slots."))
    if programme.entry_mode == EntryMode.TIMED and offer.capacity is not None:
        raise SlotError(lazy("No booking is needed here, so a slot has no number of places to book."))
    if programme.entry_mode == EntryMode.BOOKING and offer.capacity is None:
        raise SlotError(lazy("Please say how many places can be booked."))
    if not 0 <= (offer.capacity or 0) <= MOST_PLACES or not 0 <= offer.walk_in_places <= MOST_PLACES:
        raise SlotError(lazy("Places must be between 0 and %(number)s.", number=MOST_PLACES))
    stop = smallest_stop(programme)
    if (
        stop is not None
        and stop.places is not None
        and (offer.capacity or 0) + offer.walk_in_places > stop.places
    ):
        raise SlotError(
            lazy("%(factory)s can receive %(places)s people, so no slot of this tour can offer more.",
                 factory=str(stop.entry.factory.name), places=stop.places)
        )  # fmt: skip


def _check_stage(
    programme: Programme, starts_at: datetime, ends_at: datetime, *, but: Slot | None = None
) -> None:
    """A stage holds one thing at a time."""
    if programme.place is None or programme.place.kind != PlaceKind.STAGE:
        return
    clash = db.session.scalar(
        select(Slot).join(Slot.programme)
        .where(Programme.place_id == programme.place_id, Slot.state != SlotState.CANCELLED, Slot.starts_at < ends_at,
               Slot.ends_at > starts_at, Slot.id != (but.id if but else 0))
        .limit(1)
    )  # fmt: skip
    if clash is not None:
        raise SlotError(
            lazy(
                "On this stage there is “%(title)s” at %(time)s.",
                title=str(clash.programme.title),
                time=_wall(clash),
            )
        )


def _record(action: str, programme: Programme, by: audit.Actor | str, details: dict[str, object]) -> None:
    editions.touch(programme.edition)
    audit.record(
        action,
        f"programme:{programme.code}",
        festival_id=programme.edition.festival_id,
        by=by,
        details=details,
    )
