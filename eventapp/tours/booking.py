"""Booking: a party takes seats, changes its mind, gives them back.

Every rule works inside the caller's transaction(). Seats change only through `seats`; a reservation's state changes
only by a guarded UPDATE, so that two people pressing at once cannot give the same seats back twice. The guard comes
first, the seats after it, slots in the order of their ids, so that nobody waits for each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, union_all, update
from sqlalchemy.orm.attributes import set_committed_value

from eventapp import audit, clock, codes, text
from eventapp.db import db
from eventapp.factories.models import EntryState
from eventapp.festivals.models import BOOKABLE, Edition, EditionState
from eventapp.i18n import RuleError, lazy
from eventapp.statements import add_now
from eventapp.tours import mails, seats
from eventapp.tours.models import (
    HOLDS_SEATS,
    LIVE,
    Booking,
    ProgrammeState,
    Purpose,
    Reservation,
    Slot,
    SlotState,
    Status,
)

CONFIRM_WITHIN = timedelta(minutes=30)
MOST_ADDRESS_CORRECTIONS = 5


class BookingError(RuleError):
    """The booking cannot be made or changed like this. `field` names the form field it is about, if it is about one."""

    def __init__(self, message: object, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SlotFull(BookingError):
    """Not enough places are left."""

    def __init__(self, slot: Slot) -> None:
        super().__init__(lazy("There is not enough room left at this time. Nothing has been booked."))
        self.slot = slot
        self.code = slot.code  # the slot itself is read afresh once the transaction has been given up


class AlreadyBooked(BookingError):
    """This address already has a reservation for this slot."""

    def __init__(self, reservation_id: int) -> None:
        super().__init__(
            lazy("With this e-mail address there is already a reservation for this time. "
                 "You can change the number of people by the link in your mail.")
        )  # fmt: skip
        self.reservation_id = reservation_id


class Overlaps(BookingError):
    """The visitor has, or is about to book, something else at the same time; may be booked all the same."""

    def __init__(self) -> None:
        super().__init__(
            lazy(
                "This overlaps with something else you have booked. Tick the box if you want to book it all the same."
            )
        )


@dataclass(frozen=True)
class Contact:
    """Who books: three typed fields and what some factories ask besides. Staff may book with a telephone alone."""

    name: str
    email: str | None
    language: str
    consent_version: int = 0
    phone: str | None = None
    kana: str = ""
    company: str | None = None
    purpose: Purpose | None = None
    not_same_trade: bool | None = None
    guests: str | None = None
    note: str | None = None

    @property
    def email_key(self) -> str:
        return text.email_key(self.email) if self.email else ""


# --- may it be booked? ---------------------------------------------------------------------------------------------


def booking_window_is_open(edition: Edition, now: datetime) -> bool:
    """Between the edition's booking times; both are kept to the second."""
    if edition.state not in BOOKABLE:
        return False
    after = edition.booking_opens_at is None or edition.booking_opens_at <= now
    return after and (edition.booking_closes_at is None or now < edition.booking_closes_at)


def is_archived(edition: Edition) -> bool:
    """Whether the edition is closed: its reservations are read, and stay as they were for the figures and the report."""
    return edition.state == EditionState.CLOSED


def _check_not_archived(edition: Edition) -> None:
    if is_archived(edition):
        raise BookingError(lazy("This festival is over; its reservations stay as they were."))


def check_bookable(slot: Slot, *, by_staff: bool = False) -> None:
    """Say why this slot cannot be booked now, whatever its seats. Staff may book outside the booking times."""
    now, programme, edition = clock.now(), slot.programme, slot.programme.edition
    hidden = programme.entry is not None and programme.entry.state != EntryState.ACCEPTED
    if is_archived(edition):
        raise BookingError(lazy("Reservations for this festival are closed."))
    if slot.capacity is None:
        raise BookingError(lazy("No booking is needed here: just come."))
    if slot.state == SlotState.CANCELLED or programme.state != ProgrammeState.PUBLISHED or hidden:
        raise BookingError(lazy("This has been cancelled."))
    if slot.ends_at <= now or (not by_staff and slot.closes_at <= now):
        raise BookingError(lazy("Reservations for this time are closed."))
    if not by_staff and edition.booking_opens_at is not None and now < edition.booking_opens_at:
        raise BookingError(lazy("Reservations have not opened yet."))
    if not by_staff and not booking_window_is_open(edition, now):
        raise BookingError(lazy("Reservations for this festival are closed."))
    if slot.state == SlotState.CLOSED:
        raise BookingError(lazy("Reservations for this time are closed."))


def _check_party(edition: Edition, party_size: int, by_staff: bool) -> None:
    if party_size < 1:
        raise BookingError(lazy("At least one person must come."), "party_size")
    if not by_staff and party_size > edition.max_party_size:
        raise BookingError(
            lazy("At most %(number)s people can be booked together.", number=edition.max_party_size),
            "party_size",
        )


class Questions(NamedTuple):
    """What the factories of some slots ask of their visitors before they come."""

    same_trade: bool
    company: bool
    guests: bool


def questions(slots: Iterable[Slot]) -> Questions:
    """What is asked: by one of them is enough."""
    factories = [slot.programme.entry.factory for slot in slots if slot.programme.entry is not None]
    return Questions(
        same_trade=any(factory.no_same_trade for factory in factories),
        company=any(factory.asks_company for factory in factories),
        guests=any(factory.insurance_list for factory in factories),
    )


def _check_answers(slots: Iterable[Slot], contact: Contact) -> None:
    asked = questions(slots)
    if asked.same_trade and not contact.not_same_trade:
        raise BookingError(
            lazy("Please declare that nobody of your party works in the same trade."), "not_same_trade"
        )
    if asked.company and not (contact.company and contact.purpose):
        raise BookingError(
            lazy("This factory asks for your company (or “private”) and the purpose of your visit."),
            "purpose" if contact.company else "company",
        )
    if asked.guests and not contact.guests:
        raise BookingError(
            lazy("This factory needs the names of everybody for the visitors' insurance."), "guests"
        )


# --- booking -------------------------------------------------------------------------------------------------------


def book(
    slots: Sequence[Slot], *, contact: Contact, party_size: int, request_key: str, overlaps_accepted: bool = False,
    staff: audit.Actor | None = None,
) -> Booking:  # fmt: skip
    """Book every slot for the whole party, or none. The same request_key gets its first booking back."""
    if not slots:
        raise BookingError(lazy("Nothing has been chosen yet."))
    edition = slots[0].programme.edition
    if any(slot.edition_id != edition.id for slot in slots):
        raise ValueError("one booking is of one edition")
    numbers = [codes.short_number(5) for _attempt in range(4)]
    rows = _look_around(edition, contact.email_key, request_key, numbers)
    if known := next((row.id for row in rows if row.request_key == request_key), None):
        return db.session.get_one(Booking, known)
    _check_party(edition, party_size, staff is not None)
    for slot in slots:
        check_bookable(slot, by_staff=staff is not None)
    _check_answers(slots, contact)
    if contact.email_key:
        mine = [
            row
            for row in rows
            if row.email_key == contact.email_key and row.status in LIVE and not _let_go(row)
        ]
        _check_own(edition, slots, mine, accepted=overlaps_accepted, by_staff=staff is not None)
    taken_numbers = {row.gate_number for row in rows}
    number = next((one for one in numbers if one not in taken_numbers), None) or codes.short_number(8)
    booking = _add(edition, slots, contact, party_size, request_key, number, staff)
    audit.record("booking.created", f"booking:{booking.code}", festival_id=edition.festival_id, by=staff or "visitor",
                 details={"slots": [slot.code for slot in slots], "party": party_size})  # fmt: skip
    mails.post_booked(booking)
    return booking


def _look_around(edition: Edition, email_key: str, request_key: str, numbers: list[str]) -> Sequence[Any]:
    """One statement for what booking must know: a double click, numbers in use, this visitor's other reservations."""
    db.session.flush()  # another booking of this same transaction counts
    values = {"edition": edition.id, "email": email_key, "key": request_key, "numbers": numbers}
    return db.session.connection().execute(_around(bool(email_key)), values).all()


@cache
def _around(has_email: bool) -> Any:
    """Made once: putting it together costs more than asking it. Each of the ways has an index of its own; joined by OR,
    SQLite would go through every booking of the edition.
    """  # fmt: skip
    of_edition = select(Booking.id).where(Booking.edition_id == bindparam("edition"))
    ways = [
        select(Booking.id).where(Booking.request_key == bindparam("key")),
        of_edition.where(Booking.gate_number.in_(bindparam("numbers", expanding=True))),
    ]
    if has_email:
        ways.append(of_edition.where(Booking.email_key == bindparam("email")))
    return (
        select(Booking.id, Booking.request_key, Booking.gate_number, Booking.email_key, Reservation.id.label("reservation_id"),
               Reservation.slot_id, Reservation.status, Reservation.expires_at, Slot.starts_at, Slot.ends_at)
        .outerjoin(Reservation, Reservation.booking_id == Booking.id)
        .outerjoin(Slot, Slot.id == Reservation.slot_id)
        .where(Booking.id.in_(union_all(*ways)))
    )  # fmt: skip


def _let_go(row: Any) -> bool:
    """Whether this was held too long for an address to be confirmed; its places are then free at once."""
    late = row.status == Status.OFFERED and row.expires_at is not None and row.expires_at <= clock.now()
    return late and expire_due(row.slot_id) > 0


def _check_own(
    edition: Edition, slots: Sequence[Slot], mine: Sequence[Any], *, accepted: bool, by_staff: bool
) -> None:
    """The visitor's other reservations: none for the same slot, not too many, and a warning where times overlap."""
    wanted = {slot.id for slot in slots}
    if double := next((row for row in mine if row.slot_id in wanted), None):
        raise AlreadyBooked(double.reservation_id)
    now = clock.now()
    still_open = sum(1 for row in mine if row.ends_at > now)
    if not by_staff and still_open + len(slots) > edition.max_open_reservations:
        raise BookingError(
            lazy("One visitor can hold %(number)s reservations at a time. Please cancel one first.",
                 number=edition.max_open_reservations)
        )  # fmt: skip
    spans = [(slot.starts_at, slot.ends_at) for slot in slots]
    others = [(row.starts_at, row.ends_at) for row in mine]
    if not accepted and (
        overlap(spans, others) or any(overlap([one], spans[:place]) for place, one in enumerate(spans))
    ):
        raise Overlaps()


Span = tuple[datetime, datetime]


def overlap(some: Iterable[Span], others: Sequence[Span]) -> bool:
    """Whether any of these times touch any of those; one may begin where another ends."""
    return any(
        start < other_end and other_start < end for start, end in some for other_start, other_end in others
    )


def _add(
    edition: Edition, slots: Sequence[Slot], contact: Contact, party_size: int, request_key: str, number: str,
    staff: audit.Actor | None,
) -> Booking:  # fmt: skip
    now = clock.now()
    for slot in sorted(slots, key=lambda slot: slot.id):  # one order for everyone: no deadlock
        if not _take(slot, party_size):
            raise SlotFull(slot)
    key = contact.email_key
    booking = Booking(
        edition_id=edition.id, gate_number=number, name=contact.name, kana=contact.kana, email=contact.email,
        email_key=key, phone=contact.phone, phone_key=text.phone_key(contact.phone or ""), language=contact.language,
        consent_version=contact.consent_version, company=contact.company, purpose=contact.purpose,
        not_same_trade=contact.not_same_trade, note=contact.note, request_key=request_key, code=codes.random_code(),
        link_version=1, calendar_sequence=0,  # the mail tells them before the row is written
        booked_by_id=staff.person_id if staff else None, created_at=now,
        search_key=text.search_key(contact.name, contact.kana, contact.phone or "", number),
    )  # fmt: skip
    add_now(booking)
    reservations = []
    for slot in slots:
        held = slot.programme.confirm_address and staff is None and bool(key)
        reservation = Reservation(
            booking_id=booking.id, slot_id=slot.id, code=codes.random_code(), email_key=key, party_size=party_size,
            guests=contact.guests, created_at=now, changed_at=now, status=Status.OFFERED if held else Status.CONFIRMED,
            expires_at=now + CONFIRM_WITHIN if held else None,
        )  # fmt: skip
        add_now(reservation)
        set_committed_value(reservation, "slot", slot)
        set_committed_value(reservation, "booking", booking)
        reservations.append(reservation)
    set_committed_value(booking, "reservations", reservations)
    set_committed_value(booking, "edition", edition)
    return booking


def _take(slot: Slot, party_size: int) -> bool:
    """Take the seats; if there are none, first let go of what was held too long."""
    return seats.take(slot.id, party_size) or (expire_due(slot.id) > 0 and seats.take(slot.id, party_size))


# --- addresses to confirm ------------------------------------------------------------------------------------------


def confirm_address(booking: Booking) -> None:
    """The visitor has shown that the address is right: what was held is booked."""
    now = clock.now()
    for reservation in booking.reservations:
        if reservation.status == Status.OFFERED:
            _check_still_held(reservation)
            _change(reservation, {Status.OFFERED}, Status.CONFIRMED, expires_at=None)
    if booking.address_confirmed_at is None:
        booking.address_confirmed_at = now
        audit.record(
            "booking.address_confirmed",
            f"booking:{booking.code}",
            festival_id=booking.edition.festival_id,
            by="visitor",
        )
        mails.post_booked(booking)


def _check_still_held(reservation: Reservation) -> None:
    """What was held too long is due to be given back, and may be so at any moment: it can only be cancelled."""
    held_until = reservation.expires_at if reservation.status == Status.OFFERED else None
    if held_until is not None and held_until <= clock.now():
        raise BookingError(
            lazy("The places were kept for 30 minutes and have been given back. Please book again.")
        )


def expire_due(slot_id: int | None = None) -> int:
    """Give back what was held longer than promised; returns how many reservations that were."""
    due = select(Reservation.id, Reservation.slot_id, Reservation.party_size).where(
        Reservation.status == Status.OFFERED, Reservation.expires_at <= clock.now()
    )
    if slot_id is not None:
        due = due.where(Reservation.slot_id == slot_id)
    expired = 0
    for reservation_id, of_slot, party_size in db.session.execute(
        due.order_by(Reservation.slot_id, Reservation.id)
    ).all():
        if _change_row(reservation_id, {Status.OFFERED}, Status.EXPIRED, party_size=party_size):
            seats.give_back(of_slot, party_size)
            expired += 1
    return expired


# --- changing one's mind -------------------------------------------------------------------------------------------


def may_change(reservation: Reservation) -> bool:
    """Whether the visitor may still move it or bring more people: until the edition's deadline before the start."""
    if reservation.status not in {Status.CONFIRMED, Status.OFFERED} or is_archived(
        reservation.booking.edition
    ):
        return False
    deadline = reservation.slot.starts_at - timedelta(hours=reservation.booking.edition.change_hours)
    return clock.now() < deadline and reservation.slot.state != SlotState.CANCELLED


def may_leave(reservation: Reservation) -> bool:
    """Whether the visitor may cancel or come with fewer: always until the start, for a free place helps somebody."""
    if is_archived(reservation.booking.edition):
        return False
    return (
        reservation.status in {Status.CONFIRMED, Status.OFFERED} and clock.now() < reservation.slot.starts_at
    )


def change_party(reservation: Reservation, party_size: int, *, staff: audit.Actor | None = None) -> None:
    """Come with fewer, whose places are free at once, or with more, if there is room."""
    _check_not_archived(reservation.booking.edition)
    _check_party(reservation.booking.edition, party_size, staff is not None)
    before = reservation.party_size
    more = party_size - before
    if more == 0:
        return
    allowed = may_change(reservation) if more > 0 else may_leave(reservation)
    if staff is None and not allowed:
        raise BookingError(
            lazy("It is too late to change this reservation here. Please call the organizers.")
        )
    if reservation.status not in HOLDS_SEATS:
        raise BookingError(lazy("This reservation no longer exists."))
    if more > 0:
        _check_still_held(reservation)
        check_bookable(reservation.slot, by_staff=True)
    _guarded(reservation, party_size=party_size)
    if more < 0:
        seats.give_back(reservation.slot_id, -more)
    elif not _take(reservation.slot, more):
        raise SlotFull(reservation.slot)
    _changed(reservation, "booking.party_changed", {"party": [before, party_size]}, staff)


def move(
    reservation: Reservation, to: Slot, *, staff: audit.Actor | None = None, overlaps_accepted: bool = False
) -> None:
    """Move the party to another slot of the same edition: the new seats are taken and the old ones returned at once."""
    old = reservation.slot
    if to.id == old.id:
        return
    _check_not_archived(reservation.booking.edition)
    if to.edition_id != old.edition_id:
        raise ValueError("a reservation stays in its edition")
    if staff is None and not may_change(reservation):
        raise BookingError(
            lazy("It is too late to change this reservation here. Please call the organizers.")
        )
    if reservation.status not in {Status.CONFIRMED, Status.OFFERED}:
        raise BookingError(lazy("This reservation no longer exists."))
    _check_still_held(reservation)
    check_bookable(to, by_staff=staff is not None)
    if staff is None and to.programme.confirm_address and not _address_counts(reservation):
        raise BookingError(
            lazy("This time needs a confirmed e-mail address. Please make a new reservation for it.")
        )
    party_size = reservation.party_size
    if reservation.email_key:
        _check_move(reservation, to, accepted=overlaps_accepted or staff is not None)
    _guarded(reservation, slot_id=to.id)
    if to.id < old.id:
        _take_or_full(to, party_size)
        seats.give_back(old.id, party_size)
    else:
        seats.give_back(old.id, party_size)
        _take_or_full(to, party_size)
    _changed(reservation, "booking.moved", {"slot": [old.code, to.code]}, staff)


def _address_counts(reservation: Reservation) -> bool:
    """Whether a scarce slot may be had by moving there: an invented address must not get in by this door either."""
    return reservation.booking.address_confirmed_at is not None or reservation.slot.programme.confirm_address


def _check_move(reservation: Reservation, to: Slot, *, accepted: bool) -> None:
    rows = _look_around(
        reservation.booking.edition, reservation.email_key, reservation.booking.request_key, []
    )
    others = [row for row in rows if row.status in LIVE and row.reservation_id != reservation.id
              and row.email_key == reservation.email_key]  # fmt: skip
    if double := next((row for row in others if row.slot_id == to.id), None):
        raise AlreadyBooked(double.reservation_id)
    if not accepted and overlap(
        [(to.starts_at, to.ends_at)], [(row.starts_at, row.ends_at) for row in others]
    ):
        raise Overlaps()


def _take_or_full(slot: Slot, party_size: int) -> None:
    if not _take(slot, party_size):
        raise SlotFull(slot)


def cancel(reservation: Reservation, *, staff: audit.Actor | None = None, tell: bool = True) -> None:
    """Give the places back, at once. Cancelling what is already cancelled changes nothing."""
    if reservation.status not in {Status.CONFIRMED, Status.OFFERED, Status.REQUESTED, Status.WAITING}:
        if reservation.status in {Status.CANCELLED, Status.EXPIRED}:
            return
        raise BookingError(lazy("This reservation can no longer be cancelled."))
    _check_not_archived(reservation.booking.edition)
    if staff is None and not may_leave(reservation):
        raise BookingError(
            lazy("It is too late to change this reservation here. Please call the organizers.")
        )
    held = reservation.holds_seats
    _change(reservation, {reservation.status}, Status.CANCELLED, expires_at=None)
    if held:
        seats.give_back(reservation.slot_id, reservation.party_size)
    _changed(reservation, "booking.cancelled", {"slot": reservation.slot.code}, staff, tell=tell)


def mark(reservation: Reservation, status: Status, *, staff: audit.Actor) -> None:
    """At the gate: came, did not come, or back to booked. Seats stay as they are."""
    allowed = {Status.CONFIRMED, Status.ATTENDED, Status.NO_SHOW}
    if status not in allowed or reservation.status not in allowed:
        raise BookingError(lazy("This reservation cannot be marked like that."))
    _change(reservation, allowed, status)
    audit.record("booking.marked", f"booking:{reservation.booking.code}", festival_id=reservation.booking.edition.festival_id,
                 by=staff, details={"status": status.value})  # fmt: skip


def correct_address(booking: Booking, email: str) -> None:
    """Put a mistyped address right. The link that went to the wrong one stops working; a new one is mailed."""
    if booking.link_version > MOST_ADDRESS_CORRECTIONS:
        raise BookingError(
            lazy("The address has been changed several times already. Please call the organizers.")
        )
    key = text.email_key(email)
    if key != booking.email_key:
        _check_address_free(booking, key)
    booking.email, booking.email_key = email, key
    booking.link_version += 1
    booking.address_confirmed_at = None
    for reservation in booking.reservations:
        reservation.email_key = key
    audit.record(
        "booking.address_corrected",
        f"booking:{booking.code}",
        festival_id=booking.edition.festival_id,
        by="visitor",
    )
    mails.post_booked(booking)


def _check_address_free(booking: Booking, key: str) -> None:
    mine = [reservation.slot_id for reservation in booking.reservations if reservation.status in LIVE]
    taken = db.session.scalar(
        select(Reservation.id).where(
            Reservation.slot_id.in_(mine), Reservation.email_key == key, Reservation.status.in_(LIVE)
        )
    )
    if taken is not None:
        raise AlreadyBooked(taken)


# --- helpers of all of them ----------------------------------------------------------------------------------------


def _change(reservation: Reservation, known: set[Status], to: Status, **values: object) -> None:
    changed = _change_row(
        reservation.id, known, to, party_size=reservation.party_size, slot_id=reservation.slot_id, **values
    )
    _or_stale(changed)
    db.session.refresh(reservation, ["status", "expires_at", "changed_at"])


def _change_row(
    reservation_id: int, known: set[Status], to: Status, *, party_size: int, slot_id: int | None = None, **values: object
) -> bool:  # fmt: skip
    """The guard: nothing happens unless the row still is what its reader saw."""
    guard = [
        Reservation.id == reservation_id,
        Reservation.status.in_(known),
        Reservation.party_size == party_size,
    ]
    if slot_id is not None:
        guard.append(Reservation.slot_id == slot_id)
    changed = (
        update(Reservation).where(*guard).values(status=to, changed_at=clock.now(), **values).returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return db.session.scalar(changed) is not None


def _guarded(reservation: Reservation, **values: object) -> None:
    """Change the row if it still is what its reader saw; what the session knows of it is told by `_changed`."""
    changed = db.session.scalar(
        update(Reservation)
        .where(Reservation.id == reservation.id, Reservation.slot_id == reservation.slot_id,
               Reservation.party_size == reservation.party_size, Reservation.status == reservation.status)
        .values(**values, changed_at=clock.now())
        .returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    _or_stale(changed is not None)


def _or_stale(unchanged_since: bool) -> None:
    if not unchanged_since:
        raise BookingError(lazy("This reservation has just been changed elsewhere. Please look at it again."))


def _changed(
    reservation: Reservation, action: str, details: dict[str, object], staff: audit.Actor | None, *, tell: bool = True
) -> None:  # fmt: skip
    booking = reservation.booking
    booking.calendar_sequence += 1
    db.session.flush()  # the mail tells what is now true
    db.session.refresh(reservation)
    audit.record(
        action,
        f"booking:{booking.code}",
        festival_id=booking.edition.festival_id,
        by=staff or "visitor",
        details=details,
    )
    if tell:
        mails.post_changed(booking)
