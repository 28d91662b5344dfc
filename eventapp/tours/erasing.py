"""Forgetting visitors: when they ask, and when the edition's time of keeping is over. Counts stay, names go."""

import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, or_, select

from eventapp import audit, clock, text
from eventapp.db import db
from eventapp.festivals.models import Edition
from eventapp.outbox import Mail
from eventapp.tours.models import Booking

FORGOTTEN = ""


def find_bookings(contact: str) -> list[Booking]:
    """Every booking with this e-mail address or telephone number, of all editions."""
    key = text.email_key(contact) if "@" in contact else ""
    phone = text.phone_key(contact) if not key else ""
    if not key and not phone:
        return []
    mine = Booking.email_key == key if key else Booking.phone_key == phone
    return list(db.session.scalars(select(Booking).where(mine).order_by(Booking.id)))


def forget(bookings: Iterable[Booking], *, by: audit.Actor | str) -> int:
    """Take everything out of the bookings that tells who it was, mails included; returns how many."""
    count = 0
    for booking in bookings:
        if booking.erased_at is not None:
            continue
        if booking.email_key:
            db.session.execute(delete(Mail).where(Mail.to_key == booking.email_key))
        booking.name = booking.kana = booking.search_key = FORGOTTEN
        booking.email = booking.phone = booking.company = booking.note = booking.purpose = None
        booking.email_key = booking.phone_key = FORGOTTEN
        booking.link_version += 1
        booking.erased_at = clock.now()
        for reservation in booking.reservations:
            reservation.email_key, reservation.guests = FORGOTTEN, None
        audit.record(
            "booking.erased", f"booking:{booking.code}", festival_id=booking.edition.festival_id, by=by
        )
        count += 1
    return count


def forget_due() -> int:
    """Forget the visitors of editions that are over for longer than they promised to keep names."""
    now, count = clock.now(), 0
    for edition in db.session.scalars(select(Edition).where(Edition.last_day.is_not(None))):
        due = edition.forget_visitors_at()
        if due is not None and due <= now:
            left = (
                select(Booking)
                .where(Booking.edition_id == edition.id, Booking.erased_at.is_(None))
                .limit(500)
            )
            count += forget(db.session.scalars(left).all(), by="clock")
    return count


def ledger_line(contact_key: str, secret: bytes, at: datetime) -> str:
    """How an erasure is remembered outside the database, so that an old backup cannot bring the visitor back."""
    return f"{_digest(contact_key, secret)}@{at.isoformat()}"


def forget_again(lines: Iterable[str], secrets: Iterable[bytes]) -> int:
    """After a restore: forget whoever was forgotten since the backup was made, but for what they have booked afterwards."""
    until: dict[str, datetime] = {}
    for line in lines:
        digest, _at, moment = line.partition("@")
        at = datetime.fromisoformat(moment) if moment else clock.now()
        until[digest] = max(at, until.get(digest, at))
    keys = list(secrets)
    living = db.session.scalars(
        select(Booking).where(
            Booking.erased_at.is_(None), or_(Booking.email_key != "", Booking.phone_key != "")
        )
    )
    known = [one for one in living if any(one.created_at <= at for at in _erasures_of(one, until, keys))]
    return forget(known, by="restore")


def _erasures_of(booking: Booking, until: dict[str, datetime], secrets: list[bytes]) -> Iterator[datetime]:
    """When the contact of this booking asked to be forgotten."""
    for key in filter(None, (booking.email_key, booking.phone_key)):
        for secret in secrets:
            if (at := until.get(_digest(key, secret))) is not None:
                yield at


def _digest(contact_key: str, secret: bytes) -> str:
    return hmac.new(secret, contact_key.encode(), sha256).hexdigest()
