"""Saving a part of something that two people may be writing at once: whoever comes second sees what the first one did."""

from collections.abc import Callable

from sqlalchemy import select

from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.factories.forms import SectionForm
from eventapp.factories.models import Factory


class ChangedMeanwhile(Exception):
    """Somebody else saved this part after the page was opened; nothing was written."""


def save(
    form: SectionForm,
    *,
    lock: Callable[[], None],
    saved: Callable[[], SectionForm],
    write: Callable[[], object],
) -> None:
    """Write in one transaction, unless the part is no longer what the editor saw. Raises ChangedMeanwhile."""
    with transaction():
        lock()
        if form.is_behind(saved()):
            raise ChangedMeanwhile
        write()


def find_last_change(factory: Factory) -> Line | None:
    """Who changed something of the factory last, and when."""
    lines = select(Line).where(
        Line.festival_id == factory.festival_id, Line.subject == f"factory:{factory.code}"
    )
    return db.session.scalar(lines.order_by(Line.id.desc()).limit(1))
