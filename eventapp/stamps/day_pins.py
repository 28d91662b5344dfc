"""The PIN of the day: a desk whose staff have no enrolled phone hands over on the visitor's own phone.

Staff type six digits there, with a signal. The PIN holds for one desk and one day. Only a card with a prize that is due may try, every
try is counted before it is looked at, and a PIN that was guessed at too often is worth nothing until the committee makes another.
"""

import hmac
from datetime import date, timedelta
from hashlib import sha256

from sqlalchemy import or_, update

from eventapp import audit, clock, codes, config
from eventapp.db import db
from eventapp.stamps.models import Desk, Rally

DIGITS = 6
AT_ONCE, MOST, PAUSE = 5, 30, timedelta(minutes=5)  # wrong PINs in a row, in all, and the wait between


def make(desk: Desk, day: date, *, by: audit.Actor | str) -> str:
    """A new PIN for this desk and day; the one before ends. It is shown once: only its keyed hash is kept."""
    pin = f"{codes.randomness.randrange(10**DIGITS):0{DIGITS}}"
    desk.pin_day = day.isoformat()
    desk.pin_hash = _hash(desk, pin)
    desk.pin_failures, desk.pin_locked_until = 0, None
    audit.record(
        "desk.pin_made",
        f"desk:{desk.code}",
        festival_id=desk.rally.edition.festival_id,
        by=by,
        details={"day": desk.pin_day},
    )
    return pin


def desks_today(rally: Rally) -> list[Desk]:
    """The desks at which a PIN may be typed today."""
    today = rally.edition.today().isoformat()
    return [one for one in rally.desks if one.pin_hash and one.pin_day == today]


def check(desk: Desk, pin: str) -> bool:
    """Count a try, then look. The caller's transaction must commit where it was wrong, or the try is not counted."""
    now = clock.now()
    mine = (
        update(Desk).where(Desk.id == desk.id, Desk.pin_hash != "", Desk.pin_day == desk.rally.edition.today().isoformat(),
                           Desk.pin_failures < MOST, or_(Desk.pin_locked_until.is_(None), Desk.pin_locked_until <= now))
        .values(pin_failures=Desk.pin_failures + 1).returning(Desk.pin_failures)
    )  # fmt: skip
    tries = db.session.scalar(mine.execution_options(synchronize_session=False))
    db.session.refresh(desk)
    if tries is None:
        return False
    if hmac.compare_digest(desk.pin_hash, _hash(desk, pin)):
        desk.pin_failures, desk.pin_locked_until = 0, None
        return True
    if tries % AT_ONCE == 0:
        desk.pin_locked_until = now + PAUSE
    return False


def is_locked(desk: Desk) -> bool:
    """Whether no PIN is looked at now."""
    waits = desk.pin_locked_until is not None and clock.now() < desk.pin_locked_until
    return waits or desk.pin_failures >= MOST


def _hash(desk: Desk, pin: str) -> str:
    return hmac.new(
        config.key_for("stamps/desk pin"), f"{desk.code}/{desk.pin_day}/{pin}".encode(), sha256
    ).hexdigest()
