"""Who may see and change a booking: whoever holds its private link. Nothing secret is stored, a new version revokes.

Two links lead to a booking. The one in the mail also proves that its address is right. Where places are only held
until the address is confirmed, the browser that booked gets the other one: it sees, changes and cancels, but an
invented address cannot confirm itself.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from eventapp import links
from eventapp.db import NotThere
from eventapp.tours import queries
from eventapp.tours.models import Booking, Reservation, Status

TOKEN = re.compile(r"([0-9A-Z]{1,32})\.[0-9A-Z]{26}")


class NoSuchLink(NotThere):
    """The link is wrong, altered or revoked: the page says what to do, and not which of these it is."""


class Opened(NamedTuple):
    """A booking whose holder is here, and whether the link came from the mail."""

    booking: Booking
    token: str
    from_mail: bool


def mail_token(booking: Booking) -> str:
    """The token of the link that is mailed."""
    return links.private_token(booking.code, booking.link_version)


def browser_token(booking: Booking) -> str:
    """The token for the browser that has just booked, or corrected the address."""
    if any(one.status == Status.OFFERED for one in booking.reservations):
        return links.private_token(booking.code, -booking.link_version)
    return mail_token(booking)


def open_private(token: str) -> Opened:
    """The booking behind a private link, or NoSuchLink."""
    for opened in open_all([token]):
        return opened
    raise NoSuchLink


def open_all(tokens: Iterable[str]) -> list[Opened]:
    """The bookings behind several links, in one statement; those that are wrong or revoked are left out."""
    matches = [match for token in tokens if (match := TOKEN.fullmatch(token))]
    if not matches:
        return []
    bookings = {booking.code: booking for booking in queries.find_bookings([match[1] for match in matches])}
    found = [_open(match[0], bookings[match[1]]) for match in matches if match[1] in bookings]
    return [one for one in found if one is not None]


def _open(token: str, booking: Booking) -> Opened | None:
    from_mail = proves_address(token, booking.code, booking.link_version)
    return None if from_mail is None else Opened(booking, token, from_mail)


def proves_address(token: str, code: str, link_version: int) -> bool | None:
    """Whether a token of this booking came by mail; None for a token that is wrong or revoked."""
    if links.token_is_good(token, code, link_version):
        return True
    return False if links.token_is_good(token, code, -link_version) else None


def get_reservation(booking: Booking, code: str) -> Reservation:
    """One of the booking's own reservations."""
    for reservation in booking.reservations:
        if reservation.code == code:
            return reservation
    raise NotThere(code)
