"""Saving what two people may edit at once: nothing that was typed is lost, and nobody overwrites unknowingly."""

from collections.abc import Callable
from typing import Any

from flask import flash
from sqlalchemy import select

from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.forms import BaseForm, VersionedForm
from eventapp.i18n import RuleError


class _Stale(Exception):
    """Somebody else saved first."""


def save(form: VersionedForm, thing: Any, work: Callable[[], object]) -> bool:
    """Do `work` in a transaction. False: a rule said no (it stands in the form), or `thing` was saved by somebody else
    since the form was opened; then the form has the new version, so that saving again is a choice.
    """
    try:
        with transaction():
            if thing is not None and form.is_stale(thing.version):
                raise _Stale
            work()
    except _Stale:
        form.version.data = str(thing.version)
        form.conflict = True
        return False
    except RuleError as error:
        refuse(form, error)
        return False
    return True


def press(work: Callable[[], object], said: str = "") -> bool:
    """What a bare button does: `work` in a transaction, then a word about what came of it. False: a rule said no."""
    try:
        with transaction():
            work()
    except RuleError as error:
        flash(str(error), "error")
        return False
    if said:
        flash(said, "success")
    return True


def met_conflict(form: VersionedForm) -> bool:
    """Whether the last `save` found that somebody else had saved."""
    return bool(getattr(form, "conflict", False))


def refuse(form: BaseForm, error: RuleError) -> None:
    """Put a rule's no next to the field it is about, else on top of the form."""
    name = getattr(error, "field", "")
    if name and name in form:
        form[name].errors = [*form[name].errors, str(error)]
    else:
        form.refuse(str(error))


def last_line(festival_id: int, subject: str) -> Line | None:
    """The newest line of history about a thing: who saved it, and when."""
    return db.session.scalar(
        select(Line)
        .where(Line.festival_id == festival_id, Line.subject == subject)
        .order_by(Line.id.desc())
        .limit(1)
    )
