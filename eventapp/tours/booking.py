"""Booking: a party takes seats of one slot or of several, all of them or none. `changing.py` tells how it changes its mind.

Every rule works inside the caller's transaction(). Seats change only through `seats`, slots in the order of their ids, so
that nobody waits for each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, union_all
from sqlalchemy.orm.attributes import set_committed_value

from eventapp import audit, clock, codes, text
from eventapp.db import db
from eventapp.factories.models import EntryState
from eventapp.festivals.models import BOOKABLE, Edition, EditionState
from eventapp.i18n import RuleError, lazy
from eventapp.statements import add_now
from eventapp.tours import mails, reservations, seats
from eventapp.tours.models import (
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


def check_not_archived(edition: Edition) -> None:
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


def check_party(edition: Edition, party_size: int, by_staff: bool) -> None:
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
    rows = look_around(edition, contact.email_key, request_key, numbers)
    if known := next((row.id for row in rows if row.request_key == request_key), None):
        return db.session.get_one(Booking, known)
    check_party(edition, party_size, staff is not None)
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


def look_around(edition: Edition, email_key: str, request_key: str, numbers: list[str]) -> Sequence[Any]:
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
    return late and reservations.expire_due(row.slot_id) > 0


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
        if not take(slot, party_size):
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
    made = []
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
        made.append(reservation)
    set_committed_value(booking, "reservations", made)
    set_committed_value(booking, "edition", edition)
    return booking


def take(slot: Slot, party_size: int) -> bool:
    """Take the seats; if there are none, first let go of what was held too long."""
    return seats.take(slot.id, party_size) or (
        reservations.expire_due(slot.id) > 0 and seats.take(slot.id, party_size)
    )
