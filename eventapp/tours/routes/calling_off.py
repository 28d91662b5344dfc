"""Calling off a whole day, at the committee's desk: what it means, the order to do it, how far it is, whom to call."""

from datetime import date

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import jobs
from eventapp.db import NotThere, db, transaction
from eventapp.i18n import LANGUAGES, RuleError, Translated, _, use_language
from eventapp.jobs import Job, JobState
from eventapp.tours import calling_off
from eventapp.tours.desk_forms import CallOffDayForm
from eventapp.tours.routes.desk import Desk, committee_desk
from eventapp.tours.routes.desk import organizer as bp
from eventapp.web.templating import show_date


@bp.route("/call-off", methods=["GET", "POST"])
def call_off_all(festival: str, edition: str) -> ResponseReturnValue:
    """Choose the day, say why, and call everything off."""
    desk = committee_desk(festival, edition)
    form = CallOffDayForm()
    days = calling_off.count_standing(desk.edition)
    form.day.choices = [(one.day.isoformat(), show_date(one.day)) for one in days]
    if form.is_submitted() and form.validate():
        try:
            with transaction():
                job = _start(desk, form)
                code = job.code
            return redirect(desk.url("calling_off_job", job=code), 303)
        except RuleError as error:
            form.refuse(error)
    before = _earlier(desk)
    return render_template(
        "tours/organizer/call_off.html", desk=desk, form=form, days=days, earlier=before
    ), 422 if form.errors else 200


def _start(desk: Desk, form: CallOffDayForm) -> Job:
    day = date.fromisoformat(form.day.data)
    job = calling_off.start(desk.edition, day, message=form.message.data, by=desk.person,
                            heading=_heading(day) if form.notice.data else None)  # fmt: skip
    db.session.flush()  # for its code
    return job


def _heading(day: date) -> Translated:
    """The notice's heading, in both languages whatever the writer reads."""
    words = {}
    for code in LANGUAGES:
        with use_language(code):
            words[code] = str(_("Everything on %(day)s is called off", day=show_date(day)))
    return Translated(words)


def _earlier(desk: Desk) -> list[Job]:
    """Days of this edition that were called off before, the latest first."""
    rows = db.session.scalars(
        select(Job)
        .where(Job.kind == calling_off.KIND, Job.festival_id == desk.edition.festival_id)
        .order_by(Job.id.desc())
        .limit(50)
    )
    return [one for one in rows if one.values["edition"] == desk.edition.id]


@bp.get("/call-off/<job>")
def calling_off_job(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """How far it is; afterwards who must be called, because they left no address."""
    desk = committee_desk(festival, edition)
    found = _get_job(desk, job)
    busy = found.state in (JobState.WAITING, JobState.RUNNING)
    return render_template("tours/organizer/calling_off.html", desk=desk, job=found, busy=busy, day=date.fromisoformat(found.values["day"]),
                           to_call=[] if busy else calling_off.find_to_call(found))  # fmt: skip


def _get_job(desk: Desk, code: str) -> Job:
    for one in _earlier(desk):
        if one.code == code:
            return one
    raise NotThere(code)


@bp.post("/call-off/<job>/go-on")
def go_on_calling_off(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """Take up again what stopped halfway."""
    desk = committee_desk(festival, edition)
    found = _get_job(desk, job)
    with transaction():
        jobs.go_on(found)
    return redirect(desk.url("calling_off_job", job=job), 303)
