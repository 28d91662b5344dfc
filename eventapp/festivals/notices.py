"""News on the home page: urgent ones first, gone by themselves at their time. Urgent ones are named where people look and book, too."""

from typing import Any

from sqlalchemy import Select, or_, select

from eventapp import audit, clock
from eventapp.db import NotThere, db
from eventapp.festivals.editions import touch
from eventapp.festivals.models import Edition, EditionState, Notice
from eventapp.statements import as_text


def get_notice(edition: Edition, code: str) -> Notice:
    """A notice of this edition, or NotThere."""
    found = db.session.scalar(select(Notice).where(Notice.edition_id == edition.id, Notice.code == code))
    if found is None:
        raise NotThere(code)
    return found


def find_notices(edition: Edition) -> list[Notice]:
    """Every notice of an edition, the newest first."""
    rows = db.session.scalars(
        select(Notice)
        .where(Notice.edition_id == edition.id)
        .order_by(Notice.published_at.desc(), Notice.id.desc())
    )
    return list(rows)


def find_current(edition: Edition) -> list[Notice]:
    """What visitors read now: urgent before the rest, each the newest first; without those whose time is over."""
    now = clock.now()
    rows = db.session.scalars(
        select(Notice)
        .where(
            Notice.edition_id == edition.id,
            Notice.published_at <= now,
            or_(Notice.until.is_(None), Notice.until > now),
        )
        .order_by(Notice.is_urgent.desc(), Notice.published_at.desc(), Notice.id.desc())
    )
    return list(rows)


def find_urgent(edition: Edition) -> list[Notice]:
    """What must not be missed, whichever page somebody has come in by. In an archive nothing is urgent any more."""
    if edition.state is EditionState.CLOSED:
        return []
    return [one for one in find_current(edition) if one.is_urgent]


def select_urgent() -> Select[str, int, str]:
    """What tells the urgent notices of an edition from others, inside a statement that reads Edition."""
    return select(Notice.code, Notice.version, as_text(Notice.until)).where(
        Notice.edition_id == Edition.id, Notice.is_urgent
    )


def save(notice: Notice | None, edition: Edition, values: dict[str, Any], *, by: audit.Actor | str) -> Notice:
    """Publish a notice, or change one; its date stays that of the first time."""
    is_new = notice is None
    if notice is None:
        notice = Notice(edition_id=edition.id, published_at=clock.now(), **values)
        db.session.add(notice)
        db.session.flush()  # for its code
    else:
        for field, value in values.items():
            setattr(notice, field, value)
        notice.version += 1
    touch(edition)
    audit.record("notice.published" if is_new else "notice.changed", f"notice:{notice.code}", festival_id=edition.festival_id, by=by,
                 details={"title": dict(notice.title), "urgent": notice.is_urgent})  # fmt: skip
    return notice


def delete(notice: Notice, edition: Edition, *, by: audit.Actor | str) -> None:
    """Take a notice off the page."""
    audit.record(
        "notice.deleted",
        f"notice:{notice.code}",
        festival_id=edition.festival_id,
        by=by,
        details={"title": dict(notice.title)},
    )
    db.session.delete(notice)
    touch(edition)
