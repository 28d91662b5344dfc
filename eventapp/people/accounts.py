"""Signed-in browsers of organizers and factory staff."""

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select

from eventapp import clock
from eventapp.db import db
from eventapp.people.models import Person, SignIn

LONGEST = timedelta(days=14)
IDLE = timedelta(days=3)


def hashed(key: str) -> str:
    """What the table keeps of a random key."""
    return sha256(key.encode()).hexdigest()


def start_sign_in(person: Person, browser: str = "") -> str:
    """Remember a signed-in browser; returns the key for its cookie."""
    key = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.add(
        SignIn(key_hash=hashed(key), person_id=person.id, created_at=now, seen_at=now, expires_at=now + LONGEST, browser=browser)
    )
    return key


def find_sign_in(key: str) -> SignIn | None:
    """The living sign-in of a cookie's key; ended, idle and expired ones count for nothing."""
    found = db.session.scalar(select(SignIn).where(SignIn.key_hash == hashed(key)))
    now = clock.now()
    if found is None or found.ended_at or found.expires_at <= now or found.seen_at + IDLE <= now:
        return None
    return found
