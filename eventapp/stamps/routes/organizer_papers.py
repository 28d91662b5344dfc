"""Posters and paper cards, drawn by the worker; the keys that sign them."""

from pathlib import Path
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp.db import NotThere, db, transaction
from eventapp.i18n import RuleError, _
from eventapp.jobs import Job, JobState
from eventapp.stamps import keys, posters, queries
from eventapp.stamps.models import KeyGeneration, KeyState, Rally
from eventapp.stamps.routes.organizer import act, bp, enter, me, place
from eventapp.stamps.routes.organizer_forms import PaperCardForm, PosterForm, choices

MOST_JOBS = 12


@bp.get("/manage/<festival>/<edition>/rally/papers")
def papers(festival: str, edition: str) -> ResponseReturnValue:
    """What can be printed, and what was drawn lately."""
    rally = enter(festival, edition)
    return _page(rally, _poster_form(rally, formdata=None), PaperCardForm(formdata=None))


def _poster_form(rally: Rally, **kwargs: Any) -> PosterForm:
    form = PosterForm(data={"station": request.args.get("station", "")}, **kwargs)
    each = [(one.code, f"{one.number} {one.title}") for one in queries.list_stations(rally, active_only=True)]
    form.station.choices = choices([("", _("All stations")), *each])
    return form


def _page(rally: Rally, form: PosterForm, cards: PaperCardForm) -> str:
    generations = db.session.scalars(
        select(KeyGeneration).where(KeyGeneration.rally_id == rally.id).order_by(KeyGeneration.generation)
    ).all()
    return render_template(
        "stamps/organizer/papers.html", rally=rally, form=form, cards=cards, jobs=_jobs(rally), generations=generations,
        waiting=len(posters.find_live(rally.id)), is_there=_is_there, KIND=posters.KIND, printed=rally.next_serial - 1,
    )  # fmt: skip


def _jobs(rally: Rally) -> list[Job]:
    asked = select(Job).where(
        Job.festival_id == g.festival.id, Job.kind.in_((posters.KIND, posters.CARDS_KIND))
    )
    found = db.session.scalars(asked.order_by(Job.id.desc()).limit(MOST_JOBS * 4))
    return [job for job in found if job.values.get("rally_id") == rally.id][:MOST_JOBS]


def _instance() -> Path:
    return Path(current_app.config["INSTANCE"])


def _is_there(job: Job) -> bool:
    return job.state == JobState.DONE and posters.sheet_path(_instance(), job) is not None


@bp.post("/manage/<festival>/<edition>/rally/papers")
def draw_posters(festival: str, edition: str) -> ResponseReturnValue:
    """Let the worker draw posters: of all stations, of one, or a single one."""
    rally = enter(festival, edition)
    form = _poster_form(rally)
    if not form.validate():
        return _page(rally, form, PaperCardForm(formdata=None)), 422
    pid = request.form.get("pid", "")
    one = [form.station.data] if form.station.data else None

    def work() -> Job:
        posters.issue_missing(rally, by=me())
        return posters.request(rally, size=form.size.data, kind=form.kind.data, first=form.first.data, stations=one,
                               pids=[int(pid)] if pid.isdecimal() and len(pid) < 6 else None, person_id=me().id)  # fmt: skip

    return _start(rally, work, form, PaperCardForm(formdata=None), form)


@bp.post("/manage/<festival>/<edition>/rally/papers/cards")
def draw_cards(festival: str, edition: str) -> ResponseReturnValue:
    """Let the worker draw paper cards; their numbers are taken now."""
    rally, form = enter(festival, edition), PaperCardForm()
    if not form.validate():
        return _page(rally, _poster_form(rally, formdata=None), form), 422
    work = lambda: posters.request_cards(rally, form.count.data or 0, person_id=me().id)  # noqa: E731
    return _start(rally, work, _poster_form(rally, formdata=None), form, form)


def _start(
    rally: Rally, work: Any, form: PosterForm, cards: PaperCardForm, asked: Any
) -> ResponseReturnValue:
    try:
        with transaction():
            job = work()
            db.session.flush()
            code = job.code
    except RuleError as error:
        asked.refuse(str(error))
        return _page(rally, form, cards), 422
    return redirect(url_for("stamps_organizer.paper_job", job=code, **place()), 303)


def _get_job(rally: Rally, code: str) -> Job:
    job = db.session.scalar(select(Job).where(Job.code == code, Job.festival_id == g.festival.id))
    if (
        job is None
        or job.kind not in (posters.KIND, posters.CARDS_KIND)
        or job.values.get("rally_id") != rally.id
    ):
        raise NotThere(code)
    return job


@bp.get("/manage/<festival>/<edition>/rally/papers/<job>")
def paper_job(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """How far it is; the file, once every code on it has been read back."""
    rally = enter(festival, edition)
    known = _get_job(rally, job)
    return render_template("stamps/organizer/paper_job.html", rally=rally, job=known, is_there=_is_there(known),
                           is_cards=known.kind == posters.CARDS_KIND)  # fmt: skip


@bp.get("/manage/<festival>/<edition>/rally/papers/<job>/file")
def paper_file(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """The finished file."""
    known = _get_job(enter(festival, edition), job)
    path = posters.sheet_path(_instance(), known) if known.state == JobState.DONE else None
    if path is None:
        raise NotThere(job)
    name = f"{festival}-{edition}-{known.result.get('filename', path.name)}"
    return send_file(path, as_attachment=True, download_name=name, max_age=0)


@bp.post("/manage/<festival>/<edition>/rally/keys/rotate")
def rotate_keys(festival: str, edition: str) -> ResponseReturnValue:
    """Sign what is issued from now on with a new key; what hangs stays good."""
    rally = enter(festival, edition)
    return act(
        lambda: keys.rotate(rally, by=me()),
        "papers",
        _("New posters are signed with a new key. Those that hang still count."),
    )


@bp.post("/manage/<festival>/<edition>/rally/keys/<int:generation>/retire")
def retire_key(festival: str, edition: str, generation: int) -> ResponseReturnValue:
    """Give a key up: nothing that it signed counts any more."""
    rally = enter(festival, edition)
    found = db.session.scalar(
        select(KeyGeneration).where(
            KeyGeneration.rally_id == rally.id, KeyGeneration.generation == generation
        )
    )
    if found is None or found.state == KeyState.RETIRED:
        raise NotThere(generation)

    def work() -> None:
        keys.retire(found, by=me())
        made = posters.issue_missing(rally, by=me())
        flash(
            _(
                "The key is given up. %(count)s stations have a new poster: print them and hang them up.",
                count=len(made),
            ),
            "warning",
        )

    return act(work, "papers")
