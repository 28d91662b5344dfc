"""Notices for the home page."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp import clock
from eventapp.db import transaction
from eventapp.festivals import notices as rules
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.forms import NoticeForm, differences, moment, wall
from eventapp.festivals.models import Notice, Role
from eventapp.festivals.routes.organizer import bp
from eventapp.i18n import _
from eventapp.web import frames
from eventapp.web.saving import last_line, met_conflict, save


@bp.get("/manage/<festival>/<edition>/notices")
def notices(festival: str, edition: str) -> ResponseReturnValue:
    """Every notice, the newest first, those that are over among them."""
    organizer = frames.committee(festival, edition)
    return render_template("festivals/organizer/notices.html", rows=rules.find_notices(g.edition), now=clock.now(),
                           may_change=organizer.role in MAY_RUN)  # fmt: skip


@bp.route("/manage/<festival>/<edition>/notices/new", methods=["GET", "POST"])
def new_notice(festival: str, edition: str) -> ResponseReturnValue:
    """Write a notice; it is on the home page as soon as it is saved."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _edit(None)


@bp.route("/manage/<festival>/<edition>/notices/<code>", methods=["GET", "POST"])
def notice(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One notice, to be changed."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _edit(rules.get_notice(g.edition, code))


def _edit(notice: Notice | None) -> ResponseReturnValue:
    form = NoticeForm(data=_as_typed(notice))
    if request.method == "POST" and form.validate() and save(form, notice, lambda: _save(form, notice)):
        flash(_("The notice is on the home page."), "success")
        return _back()
    conflict = notice is not None and met_conflict(form)
    page = render_template(
        "festivals/organizer/notice.html", form=form, notice=notice,
        differences=differences(form, NoticeForm(None, data=_as_typed(notice))) if conflict else [],
        saved_by=last_line(g.festival.id, f"notice:{notice.code}") if conflict and notice is not None else None,
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _as_typed(notice: Notice | None) -> dict[str, Any]:
    if notice is None:
        return {}
    fields = ("title", "body", "is_urgent", "version")
    return {
        **{field: getattr(notice, field) for field in fields},
        "until": wall(notice.until, g.edition.zone),
    }


def _save(form: NoticeForm, notice: Notice | None) -> None:
    values = {field: form[field].data for field in ("title", "body", "is_urgent")}
    rules.save(
        notice, g.edition, {**values, "until": moment(form.until.data, g.edition.zone)}, by=g.organizer.person
    )


@bp.post("/manage/<festival>/<edition>/notices/<code>/delete")
def delete_notice(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Take a notice off the home page for good."""
    frames.committee(festival, edition, role=Role.STAFF)
    found = rules.get_notice(g.edition, code)
    with transaction():
        rules.delete(found, g.edition, by=g.organizer.person)
    flash(_("Deleted."), "success")
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(
        url_for("festivals_organizer.notices", festival=g.festival.slug, edition=g.edition.slug), 303
    )
