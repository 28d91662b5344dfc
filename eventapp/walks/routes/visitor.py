"""Planning a day: wishes in the address, three proposals, one of which becomes the visitor's own; and model courses."""

from urllib.parse import urlencode

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from eventapp.db import db, transaction
from eventapp.festivals.access import get_public_edition
from eventapp.festivals.models import Edition
from eventapp.forms import ActionForm
from eventapp.i18n import _
from eventapp.walks import courses, hearts, planning, plans
from eventapp.walks.asking import PlanRequest
from eventapp.walks.forms import ChoiceForm, DayForm, read_wishes
from eventapp.walks.ground import Ground, read_ground
from eventapp.walks.models import Plan
from eventapp.walks.proposal import Proposal
from eventapp.walks.questions import PlanningError
from eventapp.walks.routes import device, parts
from eventapp.walks.routes.parts import ChoiceGone
from eventapp.walks.thinking import TooManyPlans, thinking
from eventapp.web import frames, limits, reading
from eventapp.web.limits import limiter

bp = Blueprint("walks", __name__)
FIELDS = {"days": "day", "must": "only_wishes"}  # of the planner, where the form calls it otherwise


@bp.app_context_processor
def _words() -> dict[str, object]:
    return {"walks": parts.words()} if request.blueprint in {"walks", "walks_organizer"} else {}


# --- the planner -----------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/day/")
def day(festival: str, edition: str) -> ResponseReturnValue:
    """The form, and below it three proposals as soon as it was sent. Asking changes nothing."""
    of = frames.visitor(get_public_edition(festival, edition))
    form, ground = DayForm.sent(request.args), read_ground(of)
    wishes = _wishes(of, request.args)
    fit(form, of, ground)
    found = propose(of, form, ground, wishes) if form.is_asked else []
    page = render_template(
        "walks/day.html", form=form, found=found, wishes=parts.show_wishes(ground, of, wishes), is_asked=form.is_asked,
        mine=my_plans(of), courses=courses.find_published(of), better_url=_better_url(of), place=parts.place_of(of),
        has_streets=bool(found) and not any(proposal.has_estimates for proposal, _choice in found),
    )  # fmt: skip
    if "too_many_plans" in g:
        return page, 429, {"Retry-After": "60"}
    return page, 422 if form.errors else 200


def fit(form: DayForm, of: Edition, ground: Ground) -> None:
    """Offer what this edition has."""
    crafts = list(dict.fromkeys(str(host.craft.value) for host in ground.hosts.values()))
    form.fit(of, parts.day_choices(of), parts.start_choices(ground), crafts, ground.open_hours())


def _wishes(of: Edition, args: MultiDict[str, str]) -> dict[str, str]:
    """What the address says; on a first look the hearts of this device's list, or of a list that was shared."""
    found = read_wishes(args)
    if found or "begins" in args:
        return found
    kept = device.hearts(of)
    codes = [
        code
        for code in (args.get("hearts", ""), kept[0] if kept else "")
        if code.isascii() and code.isalnum()
    ]
    listed = next((known for code in codes if (known := hearts.find(of, code)) is not None), None)
    return dict.fromkeys(listed.keys, "want") if listed is not None else {}


def propose(of: Edition, form: DayForm, ground: Ground, wishes: dict[str, str]) -> list[tuple[Proposal, str]]:
    """The proposals, each signed so that it can be chosen as it is. What the planner says no to stands on the form."""
    if not form.validate():
        return []
    asked = form.to_request(of, parts.spots_of(ground), wishes)
    is_second = "better" in request.args
    seconds = planning.BETTER if is_second else planning.QUICK
    try:
        with thinking.about(seconds, asker()) as allowed:
            if is_second and allowed < seconds:
                return []  # the page has a good day already; a hasty one could only be worse
            found = planning.propose(of, asked, parts.folder(), allowed, ground=ground)
    except TooManyPlans as error:
        form.refuse(error)
        g.too_many_plans = True
        return []
    except PlanningError as error:
        name = FIELDS.get(error.field, error.field)
        if name and name in form and name not in {"only_wishes"}:
            form[name].errors = [*form[name].errors, str(error)]
        else:
            form.refuse(error)
        return []
    return [(proposal, parts.sign(of, asked, proposal)) for proposal in found]


def asker() -> str | None:
    """Whose thinking is counted: the address, as limits do; nobody's on this very machine."""
    return None if request.remote_addr in {"127.0.0.1", "::1", None} else limits.key()


def _better_url(of: Edition) -> str:
    """The same address with more time to think, for the script of the page."""
    pairs = [(name, value) for name, value in request.args.items(multi=True) if name != "better"]
    return f"{url_for('walks.day', **parts.place_of(of))}?{urlencode([*pairs, ('better', '1')])}"


def my_plans(of: Edition) -> list[tuple[Plan, Proposal]]:
    """The plans of this edition that were made on this device, the newest first."""
    keys = device.plan_keys()
    if not keys:
        return []
    found = db.session.scalars(
        select(Plan).where(Plan.edition_id == of.id, Plan.code.in_(list(keys))).order_by(Plan.id.desc())
    )
    return [(plan, plans.proposal_of(plan)) for plan in found if plans.may_change(plan, keys[plan.code])]


@bp.post("/<festival>/<edition>/day/choose")
@limiter.limit("60 per minute")
def choose(festival: str, edition: str) -> ResponseReturnValue:
    """Keep the proposal that was shown. From here on it has a link and, on this device, a key."""
    of, form = get_public_edition(festival, edition), ChoiceForm()
    if not form.validate():
        flash(_("This page was open for a long time. Nothing is lost: please send it again."), "warning")
        return redirect(url_for("walks.day", **parts.place_of(of)), 303)
    try:
        asked, proposal = parts.read_choice(of, form.choice.data)
    except ChoiceGone as error:
        flash(str(error), "warning")
        return redirect(url_for("walks.day", **parts.place_of(of)), 303)
    return keep(of, asked, planning.with_lines(of, asked, proposal, parts.folder()))


def keep(of: Edition, asked: PlanRequest, proposal: Proposal) -> ResponseReturnValue:
    """Save a day as this device's own and show it."""
    with transaction():
        saved = plans.save(get_public_edition(of.festival.slug, of.slug), asked, proposal)
        code, key = saved.plan.code, saved.key
    device.keep_plan(code, key)
    flash(_("This is your day. It is kept on this device, also without a signal."), "success")
    return redirect(url_for("walks.plan", code=code, festival=of.festival.slug, edition=of.slug), 303)


# --- model courses ---------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/courses/")
@reading.public_page
def course_list(festival: str, edition: str) -> ResponseReturnValue:
    """The committee's model courses."""
    of = frames.visitor(get_public_edition(festival, edition))
    found = [(course, courses.proposal_of(course)) for course in courses.find_published(of)]
    return render_template("walks/courses.html", courses=found, place=parts.place_of(of))


@bp.get("/<festival>/<edition>/courses/<code>")
def course(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One course: list, timeline, map; and "make it mine"."""
    of = frames.visitor(get_public_edition(festival, edition))
    shown = courses.get_published(of, parts.check_code(code))
    proposal, asked = courses.proposal_of(shown), courses.request_of(shown)
    days = parts.show_days(of, proposal)
    pins = url_for(
        "walks.course_map", code=code, v=f"{shown.version}.{of.content_version}", **parts.place_of(of)
    )
    drawing = url_for(
        "walks.course_drawing", code=code, v=f"{shown.version}.{of.content_version}", **parts.place_of(of)
    )
    return render_template("walks/course.html", course=shown, proposal=proposal, asked=asked, days=days, place=parts.place_of(of),
                           is_mine=False, **parts.map_values(of, days, asked, pins, drawing))  # fmt: skip


@bp.get("/<festival>/<edition>/courses/<code>/map.json")
def course_map(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """The course on the map."""
    of = frames.visitor(get_public_edition(festival, edition))
    shown = courses.get_published(of, parts.check_code(code))
    proposal, asked = courses.proposal_of(shown), courses.request_of(shown)
    return parts.map_data(of, parts.show_days(of, proposal), proposal, asked)


@bp.post("/<festival>/<edition>/courses/<code>/take")
@limiter.limit("60 per minute")
def take_course(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Make a course one's own day, to be changed at will."""
    of = get_public_edition(festival, edition)
    if not ActionForm().validate():
        return redirect(url_for("walks.course", code=code, **parts.place_of(of)), 303)
    shown = courses.get_published(of, parts.check_code(code))
    return keep(of, courses.request_of(shown), courses.proposal_of(shown))
