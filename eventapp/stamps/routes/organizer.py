"""The committee's rally: setting it up, starting and closing it, its texts and times. /manage/<festival>/<edition>/rally"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from eventapp.db import NotThere, db
from eventapp.factories.devices import Device
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.forms import differences, moment, wall
from eventapp.festivals.models import Role
from eventapp.forms import ActionForm
from eventapp.i18n import _, lazy
from eventapp.jobs import Job
from eventapp.stamps import arranging, posters, queries, stations
from eventapp.stamps.models import Rally, RallyState, Station
from eventapp.stamps.routes import showing, uploading
from eventapp.stamps.routes.organizer_forms import OWN, QUILT, RallyForm
from eventapp.stamps.rules import get_rules
from eventapp.web import frames
from eventapp.web.forgery import StaleToken
from eventapp.web.saving import last_line, met_conflict, press, save

bp = Blueprint("stamps_organizer", __name__)


@bp.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"rally_tabs": _tabs}


TABS = (
    ("rally", lazy("Overview")),
    ("board", lazy("Live")),
    ("stations", lazy("Stations")),
    ("papers", lazy("Paper")),
    ("prizes", lazy("Prizes")),
    ("leaks", lazy("Leaks")),
    ("figures", lazy("Figures")),
    ("draws", lazy("Prize draws")),
    ("devices", lazy("Phones")),
)
BELOW = {"station": "stations", "new_station": "stations", "paper_job": "papers", "prize": "prizes", "new_prize": "prizes",
         "course": "prizes", "new_course": "prizes", "desk": "prizes", "new_desk": "prizes", "settings": "rally"}  # fmt: skip


def _tabs() -> list[dict[str, Any]]:
    """The rally's own menu; whoever may only read finds the figures alone."""
    if g.get("organizer") is None or g.organizer.role not in MAY_RUN:
        return []
    here = (request.endpoint or "").rpartition(".")[2]
    return [{"url": url_for(f"stamps_organizer.{name}", **place()), "label": words, "current": BELOW.get(here, here) == name}
            for name, words in TABS]  # fmt: skip


def place() -> dict[str, Any]:
    """The beginning of every address here."""
    return {"festival": g.festival.slug, "edition": g.edition.slug}


def enter(festival: str, edition: str, *, role: Role = Role.STAFF) -> Rally:
    """The rally for an organizer with this role. Raises NotThere."""
    frames.committee(festival, edition, role=role)
    rally = queries.find_rally(g.edition)
    if rally is None:
        raise NotThere(edition)
    return rally


def act(work: Callable[[], object], endpoint: str, said: str = "", **values: Any) -> ResponseReturnValue:
    """What a bare button does: checked, in one transaction; then back to a page, with what a rule says against it."""
    if not ActionForm().validate():
        raise StaleToken
    press(work, said)
    return redirect(url_for(f"stamps_organizer.{endpoint}", **place(), **values), 303)


def me() -> Any:
    """Who acts, for the history."""
    return g.organizer.person


# --- overview ------------------------------------------------------------------------------------------------------


@bp.get("/manage/<festival>/<edition>/rally")
def rally(festival: str, edition: str) -> ResponseReturnValue:
    """Where the rally stands and what is still to do; for readers the figures."""
    organizer = frames.committee(festival, edition)
    found = queries.find_rally(g.edition)
    if organizer.role not in MAY_RUN:
        if found is None:
            return render_template("stamps/organizer/none.html", may_run=False)
        return redirect(url_for("stamps_organizer.figures", **place()))
    if found is None:
        return render_template("stamps/organizer/none.html", may_run=True)
    rules, zone = get_rules(found.id), found.edition.zone
    times = {"opens": showing.since(rules.opens_at, zone), "closes": showing.until(rules.closes_at, zone),
             "claims_until": showing.until(found.claims_until or rules.closes_at, zone)}  # fmt: skip
    return render_template("stamps/organizer/rally.html", rally=found, phase=showing.phase(rules), steps=_steps(found),
                           held=queries.count_held(found), **times)  # fmt: skip


def _count(kind: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count(kind.id)).where(*where)) or 0


def _steps(found: Rally) -> list[dict[str, Any]]:
    """What a committee does, in order, and whether it is done."""
    kinds = (posters.KIND, posters.CARDS_KIND)
    drawn = _count(
        Job,
        Job.festival_id == g.festival.id,
        Job.kind.in_(kinds),
        Job.result.is_not(None),
        Job.ended_at.is_not(None),
    )
    return [
        {
            "label": _("Stations at factories and venues"),
            "endpoint": "stations",
            "number": _count(Station, Station.rally_id == found.id),
        },
        {"label": _("Prizes, with how many there are"), "endpoint": "prizes", "number": len(found.prizes)},
        {"label": _("A desk where they are handed over"), "endpoint": "prizes", "number": len(found.desks)},
        {"label": _("Posters printed"), "endpoint": "papers", "number": drawn},
        {
            "label": _("Phones of staff enrolled"),
            "endpoint": "devices",
            "number": _count(Device, Device.edition_id == g.edition.id),
        },
    ]


@bp.post("/manage/<festival>/<edition>/rally")
def create(festival: str, edition: str) -> ResponseReturnValue:
    """A rally with a station for every factory that takes part and for every venue, in one step."""
    frames.committee(festival, edition, role=Role.STAFF)

    def work() -> None:
        arranging.add_everything(stations.make_rally(g.edition, by=me()), by=me())

    return act(work, "rally", _("The rally is set up. Nobody sees it until you start it."))


@bp.post("/manage/<festival>/<edition>/rally/state")
def move(festival: str, edition: str) -> ResponseReturnValue:
    """Start, close, or take it back into preparation."""
    found = enter(festival, edition)
    wanted = request.form.get("state", "")
    if wanted not in set(RallyState):
        raise NotThere(wanted)
    return act(lambda: stations.set_state(found, RallyState(wanted), by=me()), "rally", _("Saved."))


@bp.route("/manage/<festival>/<edition>/rally/settings", methods=["GET", "POST"])
def settings(festival: str, edition: str) -> ResponseReturnValue:
    """Name, introduction, times."""
    found = enter(festival, edition)
    form = RallyForm(data=_as_typed(found))
    if request.method == "POST" and form.validate():
        picture = _overlay(found, form)
        if not form.errors and save(form, found, lambda: _save(found, form, picture)):
            flash(_("Saved."), "success")
            return redirect(url_for("stamps_organizer.rally", **place()), 303)
    conflict = met_conflict(form)
    page = render_template(
        "stamps/organizer/settings.html", rally=found, form=form, saved_by=last_line(g.festival.id, f"rally:{edition}") if conflict else None,
        differences=differences(form, RallyForm(None, data=_as_typed(found))) if conflict else [],
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _as_typed(found: Rally) -> dict[str, Any]:
    zone = g.edition.zone
    times = {name: wall(getattr(found, name), zone) for name in ("opens_at", "closes_at", "claims_until")}
    return {"name": found.name, "introduction": found.introduction, "overlay": (found.overlay or "") if found.overlay in {None, QUILT} else OWN,
            "most_per_step": found.most_per_step, "version": found.version, **times}  # fmt: skip


def _overlay(found: Rally, form: RallyForm) -> str | None:
    """What is to grow: the picture that was sent, the one that is there, the quilt, or nothing."""
    if sent := uploading.stored(form.picture):
        return sent
    if form.overlay.data != OWN or form.errors:
        return form.overlay.data or None
    if found.overlay in {None, QUILT}:
        form.picture.errors = [_("Choose the picture.")]
    return found.overlay


def _save(found: Rally, form: RallyForm, overlay: str | None) -> None:
    values = {name: form[name].data for name in ("name", "introduction", "most_per_step")}
    values |= {
        name: moment(form[name].data, g.edition.zone) for name in ("opens_at", "closes_at", "claims_until")
    }
    arranging.change_rally(found, values | {"overlay": overlay}, by=me())
