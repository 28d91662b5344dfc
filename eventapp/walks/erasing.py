"""Forgetting: plans and hearts go with the visitors' names, when the edition's time of keeping is over."""

from sqlalchemy import delete, select

from eventapp import clock
from eventapp.db import db
from eventapp.festivals.models import Edition
from eventapp.walks.models import HeartList, Plan


def forget_due() -> int:
    """Delete what visitors made for editions that are long over; returns how many editions were swept."""
    now, swept = clock.now(), 0
    for edition in db.session.scalars(select(Edition).where(Edition.last_day.is_not(None))):
        due = edition.forget_visitors_at()
        if due is None or due > now:
            continue
        gone = [
            db.session.execute(delete(kind).where(kind.edition_id == edition.id))
            for kind in (Plan, HeartList)
        ]
        swept += any(getattr(result, "rowcount", 0) for result in gone)
    return swept
