"""What of signing in is forgotten by itself: used and expired links, browsers that were signed out long ago."""

from datetime import timedelta

from sqlalchemy import delete, or_

from eventapp import clock
from eventapp.db import db
from eventapp.people.models import OneTimeLink, SignIn

KEPT_FOR = timedelta(days=30)  # after their end, so that "who signed in when" can still be answered


def sweep() -> int:
    """Delete what ended longer ago than that; returns how many rows."""
    before = clock.now() - KEPT_FOR
    ended = [
        delete(OneTimeLink).where(or_(OneTimeLink.expires_at < before, OneTimeLink.used_at < before)),
        delete(SignIn).where(or_(SignIn.expires_at < before, SignIn.ended_at < before)),
    ]
    return sum(len(db.session.scalars(one.returning(one.table.c.id)).all()) for one in ended)
