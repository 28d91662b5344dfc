"""Changing one's mind: confirming the address, coming with fewer or more, moving, leaving; and what the gate notes.

Every rule works inside the caller's transaction(). The guard of the row comes first, the seats after it, slots in the order
of their ids, so that nobody waits for each other.
"""

from datetime import timedelta

from sqlalchemy import select

from eventapp import audit, clock, text
from eventapp.db import db
from eventapp.i18n import lazy
from eventapp.tours import mails, seats
from eventapp.tours.booking import (
    AlreadyBooked,
    BookingError,
    Overlaps,
    SlotFull,
    check_bookable,
    check_not_archived,
    check_party,
    is_archived,
    look_around,
    overlap,
    take,
)
from eventapp.tours.models import HOLDS_SEATS, LIVE, Booking, Reservation, Slot, SlotState, Status
from eventapp.tours.reservations import change_row, change_values

MOST_ADDRESS_CORRECTIONS = 5


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
    check_not_archived(reservation.booking.edition)
    check_party(reservation.booking.edition, party_size, staff is not None)
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
    _or_stale(change_values(reservation, party_size=party_size))
    if more < 0:
        seats.give_back(reservation.slot_id, -more)
    elif not take(reservation.slot, more):
        raise SlotFull(reservation.slot)
    _changed(reservation, "booking.party_changed", {"party": [before, party_size]}, staff)


def move(
    reservation: Reservation, to: Slot, *, staff: audit.Actor | None = None, overlaps_accepted: bool = False
) -> None:
    """Move the party to another slot of the same edition: the new seats are taken and the old ones returned at once."""
    old = reservation.slot
    if to.id == old.id:
        return
    check_not_archived(reservation.booking.edition)
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
    _or_stale(change_values(reservation, slot_id=to.id))
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
    rows = look_around(
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
    if not take(slot, party_size):
        raise SlotFull(slot)


def cancel(reservation: Reservation, *, staff: audit.Actor | None = None, tell: bool = True) -> None:
    """Give the places back, at once. Cancelling what is already cancelled changes nothing."""
    if reservation.status not in {Status.CONFIRMED, Status.OFFERED, Status.REQUESTED, Status.WAITING}:
        if reservation.status in {Status.CANCELLED, Status.EXPIRED}:
            return
        raise BookingError(lazy("This reservation can no longer be cancelled."))
    check_not_archived(reservation.booking.edition)
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


# --- the address -----------------------------------------------------------------------------------------------------


def confirm_address(booking: Booking) -> None:
    """The visitor has shown that the address is right: what was held is booked."""
    for reservation in booking.reservations:
        if reservation.status == Status.OFFERED:
            _check_still_held(reservation)
            _change(reservation, {Status.OFFERED}, Status.CONFIRMED, expires_at=None)
    if booking.address_confirmed_at is None:
        booking.address_confirmed_at = clock.now()
        _tell_anew(booking, "booking.address_confirmed")


def _check_still_held(reservation: Reservation) -> None:
    """What was held too long is due to be given back, and may be so at any moment: it can only be cancelled."""
    held_until = reservation.expires_at if reservation.status == Status.OFFERED else None
    if held_until is not None and held_until <= clock.now():
        raise BookingError(
            lazy("The places were kept for 30 minutes and have been given back. Please book again.")
        )


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
    _tell_anew(booking, "booking.address_corrected")


def _tell_anew(booking: Booking, action: str) -> None:
    """Note what the visitor did with the address, and send the confirmation with its link there."""
    audit.record(action, f"booking:{booking.code}", festival_id=booking.edition.festival_id, by="visitor")
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


# --- helpers of all of them ------------------------------------------------------------------------------------------


def _change(reservation: Reservation, known: set[Status], to: Status, **values: object) -> None:
    changed = change_row(
        reservation.id, known, to, party_size=reservation.party_size, slot_id=reservation.slot_id, **values
    )
    _or_stale(changed)
    db.session.refresh(reservation, ["status", "expires_at", "changed_at"])


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
