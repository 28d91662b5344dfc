"""The life of an edition: its state, its days, its version for caches."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import case, select, update

from eventapp import audit, clock
from eventapp.db import db
from eventapp.festivals.models import NEXT, PUBLIC, Edition, EditionDay, EditionState, Festival
from eventapp.i18n import RuleError, lazy


class EditionError(RuleError):
    """The edition cannot do that now."""


def move(edition: Edition, to: EditionState, *, by: audit.Actor | str) -> None:
    """Bring the edition into another state, if that step is allowed."""
    if to not in NEXT[edition.state]:
        raise EditionError(lazy("The edition cannot make this step from its present state."))
    if to in PUBLIC and not edition.days:
        raise EditionError(lazy("Enter the days of the edition first."))
    before, edition.state = edition.state, to
    touch(edition)
    audit.record("edition.moved", f"edition:{edition.slug}", festival_id=edition.festival_id, by=by,
                 details={"state": [before.value, to.value]})  # fmt: skip


def set_days(edition: Edition, dates: Iterable[date]) -> None:
    """Give the edition its days: a set, not a range. Days that stay keep their rows."""
    wanted = sorted(set(dates))
    kept = {day.date: day for day in edition.days}
    edition.days[:] = [kept.get(one) or EditionDay(date=one) for one in wanted]
    edition.first_day = wanted[0] if wanted else None
    edition.last_day = wanted[-1] if wanted else None


def touch(edition: Edition) -> None:
    """Content has changed: cached pages of this edition are made anew. Bookings never call this."""
    db.session.execute(
        update(Edition).where(Edition.id == edition.id).values(content_version=Edition.content_version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def find_current(festival: Festival) -> Edition | None:
    """The edition that the festival's one address leads to: running, else the next one, else the last one."""
    today = clock.now().date()
    first = case((Edition.state == EditionState.RUNNING, 0), (Edition.last_day >= today, 1), else_=2)
    distance = case((Edition.last_day >= today, Edition.first_day), else_=None)
    return db.session.scalar(
        select(Edition)
        .where(Edition.festival_id == festival.id, Edition.state.in_(PUBLIC))
        .order_by(first, distance, Edition.first_day.desc())
        .limit(1)
    )


def start_due() -> int:
    """A published edition runs from its first day on; returns how many began."""
    published = db.session.scalars(select(Edition).where(Edition.state == EditionState.PUBLISHED, Edition.first_day.is_not(None)))
    due = [edition for edition in published if edition.first_day is not None and edition.first_day <= edition.today()
           and edition.last_day is not None and edition.today() <= edition.last_day]  # fmt: skip
    for edition in due:
        move(edition, EditionState.RUNNING, by="clock")
    return len(due)
