"""The committee's desk: /manage/<festival>/... Addresses are written in full in each route."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp import clock, links
from eventapp.db import transaction
from eventapp.factories import freezing
from eventapp.festivals import editions as rules
from eventapp.festivals import states
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.editions import EditionError
from eventapp.festivals.forms import MoveForm, NewEditionForm
from eventapp.festivals.models import Edition, EditionState, Organizer, Role
from eventapp.i18n import _
from eventapp.web import frames
from eventapp.web.saving import refuse
from eventapp.years import figures, first_steps, missing

bp = Blueprint("festivals_organizer", __name__)


@bp.get("/manage/<festival>/")
def home(festival: str) -> ResponseReturnValue:
    """The edition to work on, or the place where the first one is made."""
    frames.committee(festival)
    if g.edition is None:
        return redirect(url_for("festivals_organizer.editions", festival=festival), 303)
    return redirect(url_for("festivals_organizer.edition", festival=festival, edition=g.edition.slug), 303)


@bp.route("/manage/<festival>/editions", methods=["GET", "POST"])
def editions(festival: str) -> ResponseReturnValue:
    """All editions, and a form for the next one."""
    organizer = frames.committee(festival, role=Role.STAFF if request.method == "POST" else Role.READER)
    form = NewEditionForm()
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                made = _create(organizer, form)
            flash(_("The edition is made. Only the committee sees it so far."), "success")
            return redirect(url_for("festivals_organizer.edition", festival=festival, edition=made.slug), 303)
        except EditionError as error:
            refuse(form, error)
    way = first_steps.steps(organizer.festival, None) if not organizer.festival.editions else []
    page = render_template("festivals/organizer/editions.html", form=form, rows=organizer.festival.editions, way=way,
                           may_change=organizer.role in MAY_RUN, base_url=links.base_url())  # fmt: skip
    return page, 422 if form.errors else 200


def _create(organizer: Organizer, form: NewEditionForm) -> Edition:
    return rules.create(
        organizer.festival, slug=(form.slug.data or "").lower(), name=form.name.data, style=form.style.data, dates=form.days.parsed,
        zone_name=current_app.config["DEFAULT_ZONE"], by=organizer.person,
    )  # fmt: skip


@bp.get("/manage/<festival>/<edition>/")
def edition(festival: str, edition: str) -> ResponseReturnValue:
    """The overview: where the edition stands, what is missing, how full it is."""
    return _overview(frames.committee(festival, edition))


@bp.post("/manage/<festival>/<edition>/state")
def state(festival: str, edition: str) -> ResponseReturnValue:
    """Bring the edition into another state. Closing freezes what every factory says of itself."""
    organizer = frames.committee(festival, edition, role=Role.STAFF)
    form = MoveForm()
    if not form.validate() or form.to.data not in set(EditionState):
        return _overview(organizer, _("The edition cannot make this step from its present state.")), 422
    try:
        with transaction():
            _move(g.edition, EditionState(form.to.data), organizer)
    except EditionError as error:
        return _overview(organizer, str(error)), 422
    flash(str(states.MEANING[g.edition.state]), "success")
    return redirect(url_for("festivals_organizer.edition", festival=festival, edition=edition), 303)


def _move(edition: Edition, to: EditionState, organizer: Organizer) -> None:
    was = edition.state
    rules.move(edition, to, by=organizer.person)
    if to is EditionState.CLOSED:
        freezing.freeze_all(edition)
    elif was is EditionState.CLOSED:
        freezing.thaw_all(edition)


def _overview(organizer: Organizer, refused: str = "") -> str:
    edition: Edition = g.edition
    way = first_steps.steps(organizer.festival, edition) if not edition.is_public else []
    return render_template(
        "festivals/organizer/edition.html", refused=refused, may_change=organizer.role in MAY_RUN, way=way,
        next_step=first_steps.next_step(way), moves=states.allowed(edition), meaning=states.MEANING[edition.state],
        report=missing.Report() if edition.state is EditionState.CLOSED else missing.report(edition), figures=figures.figures(edition), today=edition.today(), now=clock.now(),
        public_url=f"{links.base_url()}/{organizer.festival.slug}/{edition.slug}/",
    )  # fmt: skip
