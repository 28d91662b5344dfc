"""A plan: to look at with the link alone, to change with the key in this browser's cookie."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from eventapp import clock, links
from eventapp.db import NotThere, transaction
from eventapp.festivals.models import Edition
from eventapp.i18n import RuleError, _
from eventapp.tours import booking as booking_rules
from eventapp.tours import mails
from eventapp.tours.booking import AlreadyBooked, BookingError, Overlaps
from eventapp.tours.forms import BookingForm
from eventapp.tours.models import Slot
from eventapp.walks import plans, reordering, replanning, sentences
from eventapp.walks.forms import StopForm, as_args
from eventapp.walks.ground import read_ground
from eventapp.walks.models import Plan
from eventapp.walks.plans import Draft
from eventapp.walks.routes import device, parts
from eventapp.walks.routes.visitor import bp
from eventapp.web import frames, headers
from eventapp.web.limits import limiter

MOST_TOLD = 12
TOLD = "changes"  # in the session: what planning again changed, until it was told


# --- looking ---------------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/day/<code>")
def plan(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """The list first, then the timeline and the map. Whoever has the link may read; buttons need the key."""
    found = get_plan(festival, edition, code)
    return headers.private(make_response(page_of(found)))


def get_plan(festival: str, edition: str, code: str) -> Plan:
    """A plan of this edition in the visitor's frame, or NotThere."""
    found = plans.get(parts.check_code(code))
    if (found.edition.festival.slug, found.edition.slug) != (festival, edition):
        raise NotThere(code)
    frames.visitor(found.edition)
    return found


def holds_key(found: Plan) -> bool:
    """Whether this browser holds the key."""
    return plans.may_change(found, device.plan_key(found.code))


def page_of(
    found: Plan,
    *,
    form: BookingForm | None = None,
    error: BookingError | None = None,
    changes: Any = (),
    is_around: bool = False,
) -> str:
    """The page of a day, with a booking form that was sent and has to be mended, or what planning around it changed."""
    of, asked, proposal = found.edition, plans.request_of(found), plans.proposal_of(found)
    days, standing = parts.show_days(of, proposal), plans.state_of(found)
    is_mine = holds_key(found)
    _mark(found, days, standing)
    slots = plans.slots_to_book(found) if is_mine else []
    values = parts.map_values(
        of,
        days,
        asked,
        url_for("walks.plan_map", code=found.code, v=found.version, **parts.place_of(of)),
        url_for("walks.plan_drawing", code=found.code, v=found.version, **parts.place_of(of)),
    )
    return render_template(
        "walks/plan.html", plan=found, asked=asked, proposal=proposal, days=days, standing=standing, is_mine=is_mine, slots=slots,
        error=error, changes=changes, is_around=is_around, told=session.pop(TOLD) if TOLD in session else [], form=_booking_form(of, slots, asked.party, form, error), overlaps=isinstance(error, Overlaps),
        already=isinstance(error, AlreadyBooked), place=parts.place_of(of), now=clock.now(), removed=_removed(found),
        again_url=url_for("walks.day", **parts.place_of(of)) + "?" + urlencode(as_args(asked)), here=links.absolute("walks.plan", code=found.code, **parts.place_of(of)),
        spots=parts.start_choices(read_ground(of)) if is_mine else [], offline=parts.files_offline(values), place_name=mails.place_of, **values,
    )  # fmt: skip


def _mark(found: Plan, days: list[parts.ShownDay], standing: Any) -> None:
    """Which stops stay, are booked, are behind us, or no longer hold."""
    faults = {fault.key: fault for fault in standing.faults}
    for day in days:
        for line in day.lines:
            key = line.stop.key
            line.is_locked, line.is_booked, line.is_visited = (
                key in found.locked,
                key in found.booked,
                key in found.visited,
            )
            line.fault = sentences.of_fault(faults[key].as_json()) if key in faults else ""


def _removed(found: Plan) -> list[Any]:
    """What was taken out by "not this one", to be put back."""
    return (
        parts.show_wishes(read_ground(found.edition), found.edition, dict.fromkeys(found.removed, "no"))
        if found.removed
        else []
    )


def _booking_form(
    of: Edition, slots: list[Slot], party: int, form: BookingForm | None, error: BookingError | None
) -> BookingForm | None:
    if not slots and form is None:
        return None
    form = form or BookingForm(formdata=None, party_size=party)
    form.fit(of, booking_rules.questions(slots))
    if error is not None:
        form.say(error)
    return form


@bp.get("/<festival>/<edition>/day/<code>/map.json")
def plan_map(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Stops and the way between them, for the map."""
    found = get_plan(festival, edition, code)
    proposal = plans.proposal_of(found)
    return parts.map_data(
        found.edition, parts.show_days(found.edition, proposal), proposal, plans.request_of(found)
    )


@bp.get("/<festival>/<edition>/day/<code>.ics")
def plan_calendar(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One entry per stop; importing again moves what has moved."""
    found = get_plan(festival, edition, code)
    return _download(
        plans.calendar_file(
            found, links.absolute("walks.plan", code=code, festival=festival, edition=edition)
        ),
        "text/calendar; charset=utf-8",
        "my-day.ics",
    )


@bp.get("/<festival>/<edition>/day/<code>.gpx")
def plan_gpx(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """The way as a track, for whoever walks with another app."""
    found = get_plan(festival, edition, code)
    return _download(plans.gpx(found), "application/gpx+xml; charset=utf-8", "my-day.gpx")


def _download(content: bytes | str, kind: str, name: str) -> Response:
    response = headers.private(make_response(content))
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- changing --------------------------------------------------------------------------------------------------------

Work = Callable[[Plan, StopForm], Draft | None]


def _change(festival: str, edition: str, code: str, work: Work, said: str = "") -> ResponseReturnValue:
    """One change by whoever has the key. What planning again changed is told on the next page.

    Planning takes its time outside any transaction; what it found is then kept in one of its own.
    """
    found, form = get_plan(festival, edition, code), StopForm()
    if not holds_key(found):
        raise NotThere(code)
    if not form.validate():
        flash(_("This page was open for a long time. Nothing is lost: please send it again."), "warning")
        return to_day(found)
    try:
        draft = work(found, form)
        if draft is not None:
            with transaction():
                plans.adopt(plans.get(code), draft)
    except RuleError as error:
        flash(str(error), "warning")
        return to_day(found, form.stop.data or "")
    by_hand = form.step.data in {"up", "down", "out"}  # then it is plain that times move along
    changes = draft.changes if draft else ()
    _tell([change for change in changes if not by_hand or change["what"] == "new"], said)
    return to_day(found, form.stop.data or "")


def _tell(changes: Sequence[Mapping[str, Any]], said: str) -> None:
    if changes:
        session[TOLD] = [sentences.of_change(change) for change in changes[:MOST_TOLD]]
    elif said:
        flash(said, "success")


def to_day(found: Plan, stop: str = "") -> ResponseReturnValue:
    """Back to the day, at a stop."""
    anchor = f"stop-{stop}" if stop else None
    return redirect(
        url_for("walks.plan", code=found.code, _anchor=anchor, **parts.place_of(found.edition)), 303
    )


@bp.post("/<festival>/<edition>/day/<code>/stop")
@limiter.limit("120 per minute")
def change_stop(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One stop: up, down, keep it, let it go, there already, not this one."""
    return _change(festival, edition, code, _step)


def _step(found: Plan, form: StopForm) -> Draft | None:
    key, step = form.stop.data or "", form.step.data or ""
    plans.get_stop(found, key)
    if step in {"up", "down"}:
        return reordering.move(
            found, key, _place_in_day(found, key) + (1 if step == "down" else -1), parts.folder()
        )
    if step == "not":
        if key.startswith("lunch:"):
            return reordering.remove(found, key, parts.folder())
        return replanning.not_this_one(found, key, parts.folder())
    if step == "out":
        return reordering.remove(found, key, parts.folder())
    marks = {
        "lock": plans.lock,
        "unlock": plans.unlock,
        "visited": plans.mark_visited,
        "unvisited": _not_visited,
    }
    if step in marks:
        with transaction():
            marks[step](plans.get(found.code), key)
    return None


def _not_visited(found: Plan, key: str) -> None:
    plans.mark_visited(found, key, is_visited=False)


def _place_in_day(found: Plan, key: str) -> int:
    for day in plans.proposal_of(found).days:
        keys = [stop.key for stop in day.stops]
        if key in keys:
            return keys.index(key)
    raise NotThere(key)


@bp.post("/<festival>/<edition>/day/<code>/again")
@limiter.limit("30 per minute")
def plan_again(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Plan the rest again: from a place, some minutes late. What is booked, locked and behind us stays."""
    return _change(festival, edition, code, _again, _("Your day stays as it is: it still works."))


def _again(found: Plan, form: StopForm) -> Draft:
    if form.been.data:
        known = {stop.key for stop in plans.proposal_of(found).stops}
        with transaction():
            for key in known.intersection(form.been.data):
                plans.mark_visited(plans.get(found.code), key)
    spots = parts.spots_of(read_ground(found.edition))
    return replanning.replan(
        found, parts.folder(), at=spots.get(form.at.data or ""), late=form.minutes.data or 0
    )


@bp.post("/<festival>/<edition>/day/<code>/around")
@limiter.limit("30 per minute")
def plan_around(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Plan around what no longer holds: closed, full, called off."""
    return _change(festival, edition, code, _around, _("Nothing had to be changed."))


def _around(found: Plan, form: StopForm) -> Draft:
    faults = plans.state_of(found, parts.folder()).faults
    return replanning.replan(
        found, parts.folder(), without=[fault.key for fault in faults if fault.key.startswith("slot:")]
    )


@bp.post("/<festival>/<edition>/day/<code>/add")
@limiter.limit("60 per minute")
def add_stop(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Put something in: lunch, something that was left out, something taken out before."""
    return _change(
        festival,
        edition,
        code,
        lambda found, form: replanning.add(found, (form.stop.data or "")[:60], parts.folder()),
    )


@bp.post("/<festival>/<edition>/day/<code>/forget")
@limiter.limit("60 per minute")
def forget_plan(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Throw the plan away. What was booked stays booked."""
    found = get_plan(festival, edition, code)
    if not holds_key(found):
        raise NotThere(code)
    if not StopForm().validate():
        return to_day(found)
    with transaction():
        plans.forget(plans.get(code))
    device.forget_plan(code)
    flash(_("Your day is deleted. What you have booked stays booked."), "success")
    return redirect(url_for("walks.day", festival=festival, edition=edition), 303)
