"""What happened and how it goes: mail outbox, history, health."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import db, transaction
from eventapp.festivals import history as records
from eventapp.festivals import outgoing
from eventapp.festivals.history_words import AREAS
from eventapp.festivals.models import Role
from eventapp.festivals.routes.organizer import bp
from eventapp.festivals.routes.paging import find_page, typed_words
from eventapp.i18n import _, ngettext
from eventapp.outbox import MailState
from eventapp.web import frames
from eventapp.years import health as checks
from eventapp.years.names import names_of


@bp.get("/manage/<festival>/mails")
def mails(festival: str) -> ResponseReturnValue:
    """The outbox, by state and address. Readers do not see visitors' addresses."""
    organizer = frames.committee(festival, role=Role.STAFF)
    asked = request.args.get("state", "")
    state = MailState(asked) if asked in set(MailState) else None
    words = typed_words()
    page = find_page(outgoing.select_mails(organizer.festival_id, state=state, words=words))
    kept: dict[str, Any] = {"state": state.value if state else None, "q": words or None}
    return render_template(
        "festivals/organizer/mails.html", found=page, state=state, words=words, kinds=outgoing.KINDS,
        counts=outgoing.count_by_state(organizer.festival_id), states=list(MailState),
        page_url=lambda number: url_for("festivals_organizer.mails", festival=festival, page=number, **kept),
    )  # fmt: skip


@bp.post("/manage/<festival>/mails/<message_id>/again")
def mail_again(festival: str, message_id: str) -> ResponseReturnValue:
    """Send one mail at the worker's next turn."""
    organizer = frames.committee(festival, role=Role.STAFF)
    mail = outgoing.get_mail(organizer.festival_id, message_id)
    with transaction():
        count = outgoing.try_again(organizer.festival_id, [mail], by=organizer.person)
    _say_how_many(count)
    return redirect(url_for("festivals_organizer.mails", festival=festival), 303)


@bp.post("/manage/<festival>/mails/again")
def mails_again(festival: str) -> ResponseReturnValue:
    """Send everything that was given up."""
    organizer = frames.committee(festival, role=Role.STAFF)
    with transaction():
        failed = list(
            db.session.scalars(outgoing.select_mails(organizer.festival_id, state=MailState.FAILED))
        )
        count = outgoing.try_again(organizer.festival_id, failed, by=organizer.person)
    _say_how_many(count)
    return redirect(url_for("festivals_organizer.mails", festival=festival), 303)


def _say_how_many(count: int) -> None:
    if count:
        flash(ngettext("%(num)d mail is tried again.", "%(num)d mails are tried again.", count), "success")
    else:
        flash(_("There is nothing to send again."), "info")


@bp.get("/manage/<festival>/history")
def history(festival: str) -> ResponseReturnValue:
    """Who did what, the newest first; without visitors' reservations for readers."""
    organizer = frames.committee(festival)
    area, words = request.args.get("area", ""), typed_words()
    area = area if area in AREAS else ""
    page = find_page(records.select_lines(organizer.festival_id, organizer.role, area=area, words=words))
    zone = g.edition.zone if g.edition else ZoneInfo(current_app.config["DEFAULT_ZONE"])
    kept: dict[str, Any] = {"area": area or None, "q": words or None}
    names = names_of(page.rows, zone)
    return render_template(
        "festivals/organizer/history.html", found=page, rows=[records.show(line, zone, names) for line in page.rows], area=area, words=words,
        areas=AREAS, page_url=lambda number: url_for("festivals_organizer.history", festival=festival, page=number, **kept),
    )  # fmt: skip


@bp.get("/manage/<festival>/health")
def health(festival: str) -> ResponseReturnValue:
    """Database, backups, mail, disk."""
    organizer = frames.committee(festival)
    found = checks.checks(
        Path(current_app.config["INSTANCE"]),
        Path(current_app.root_path) / "migrations",
        organizer.festival_id,
        mail_leaves=current_app.config["MAIL"] != "folder" or current_app.config["DEMO"],
    )
    return render_template("festivals/organizer/health.html", checks=found)
