"""How a slot stands for visitors at a moment: what its page says, and whether it shows the form."""

import enum
from datetime import datetime

from eventapp.tours import booking
from eventapp.tours.models import Slot, SlotState


class Standing(enum.StrEnum):
    OPEN = "open"
    UPCOMING = "upcoming"  # the booking time of the edition has not begun
    FULL = "full"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    PAST = "past"
    FREE = "free"  # no booking is needed


def standing(slot: Slot, now: datetime) -> Standing:
    """The answer of `booking.check_bookable` and of the seats, as a word."""
    edition = slot.programme.edition
    if slot.state == SlotState.CANCELLED:
        return Standing.CANCELLED
    if slot.ends_at <= now:
        return Standing.PAST
    if slot.capacity is None:
        return Standing.FREE
    if slot.state == SlotState.CLOSED or slot.closes_at <= now:
        return Standing.CLOSED
    if edition.booking_opens_at is not None and now < edition.booking_opens_at:
        return Standing.UPCOMING
    if not booking.booking_window_is_open(edition, now):
        return Standing.CLOSED
    return Standing.OPEN if slot.seats_taken < slot.capacity else Standing.FULL
