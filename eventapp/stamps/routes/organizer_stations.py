"""The committee's stations: what each asks for, its hours and its picture; its posters and displays; courses."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from eventapp.db import NotThere, db
from eventapp.festivals import points
from eventapp.festivals.forms import differences
from eventapp.i18n import RuleError, _
from eventapp.stamps import arranging, by_hand, posters, queries, stations
from eventapp.stamps.arranging import ArrangeError
from eventapp.stamps.models import Policy, Poster, Rally, RallyCourse, Station
from eventapp.stamps.routes import showing, uploading
from eventapp.stamps.routes.organizer import act, bp, enter, me, place
from eventapp.stamps.routes.organizer_board import svg
from eventapp.stamps.routes.organizer_forms import POLICIES, CourseForm, LabelForm, StationForm
from eventapp.web import frames
from eventapp.web.saving import last_line, met_conflict, save

FIELDS = ("name", "hint", "policy", "no_camera", "is_active")


@bp.get("/manage/<festival>/<edition>/rally/stations", endpoint="stations")
def stations_page(festival: str, edition: str) -> ResponseReturnValue:
    """Every station with what it asks for, switchable at once."""
    rally = enter(festival, edition)
    found = queries.list_stations(rally)
    return render_template("stamps/organizer/stations.html", rally=rally, stations=found, policies=POLICIES, posters=_posters_by_station(rally),
                           courses=rally.courses, show_numbers=lambda codes: arranging.show_numbers(codes, found))  # fmt: skip


def _posters_by_station(rally: Rally) -> dict[int, int]:
    counts: dict[int, int] = {}
    for one in stations.live_posters(rally):
        counts[one.station_id] = counts.get(one.station_id, 0) + 1
    return counts


@bp.post("/manage/<festival>/<edition>/rally/stations")
def add_stations(festival: str, edition: str) -> ResponseReturnValue:
    """A station for every factory and venue that has none yet."""
    rally = enter(festival, edition)
    return act(
        lambda: arranging.add_everything(rally, by=me()),
        "stations",
        _("Every factory that takes part and every venue has a station now."),
    )


@bp.route("/manage/<festival>/<edition>/rally/stations/new", methods=["GET", "POST"])
def new_station(festival: str, edition: str) -> ResponseReturnValue:
    """A point of its own: the committee's desk, the railway station."""
    return _edit(enter(festival, edition), None)


@bp.route("/manage/<festival>/<edition>/rally/stations/<code>", methods=["GET", "POST"])
def station(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One station, to be changed."""
    rally = enter(festival, edition)
    return _edit(rally, queries.get_station(rally, code))


def _edit(rally: Rally, found: Station | None) -> ResponseReturnValue:
    form = StationForm(data=_as_typed(found))
    if request.method == "POST" and form.validate() and _check_name(form, found):
        art = uploading.stored(form.art)
        if not form.errors and save(form, found, lambda: _save(rally, found, form, art)):
            flash(_("Saved."), "success")
            return redirect(url_for("stamps_organizer.stations", **place()), 303)
    conflict = found is not None and met_conflict(form)
    page = render_template(
        "stamps/organizer/station.html", rally=rally, station=found, form=form, map=frames.ground(), posters=_posters(found), name=posters.poster_name,
        label=LabelForm(formdata=None), differences=differences(form, StationForm(None, data=_as_typed(found))) if conflict else [],
        saved_by=last_line(g.festival.id, f"rally:{g.edition.slug}") if conflict else None,
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _check_name(form: StationForm, found: Station | None) -> bool:
    """A point of its own has nobody whose name it could bear."""
    has_host = found is not None and (found.entry_id is not None or found.venue_id is not None)
    if not has_host and not form.name.data:
        form.name.form["ja"].errors = [_("Please write the Japanese text.")]
    return not form.errors


def _as_typed(found: Station | None) -> dict[str, Any]:
    if found is None:
        return {"policy": Policy.STATIC, "is_active": True}
    return {**{name: getattr(found, name) for name in (*FIELDS, "version")}, "point": points.show(found.lat, found.lon),
            "hours": arranging.show_hours(found.hours)}  # fmt: skip


def _save(rally: Rally, found: Station | None, form: StationForm, art: str | None) -> None:
    point = form.point.parsed
    values = {name: form[name].data for name in FIELDS if name != "policy"}
    values |= {
        "hours": _hours(form),
        "lat": point.lat if point else None,
        "lon": point.lon if point else None,
    }
    if art or form.drop_art.data:
        values["art"] = art
    if found is None:
        stations.add_station(rally, by=me(), policy=form.policy.data, **values)
        return
    stations.change_station(found, values, by=me())
    stations.set_policy(found, form.policy.data, by=me())


def _hours(form: StationForm) -> list[list[str]]:
    try:
        return arranging.parse_hours(form.hours.data or "", g.edition.dates)
    except RuleError as error:
        raise ArrangeError(error.message, "hours") from error


def _posters(found: Station | None) -> list[Poster]:
    if found is None:
        return []
    asked = (
        select(Poster)
        .where(Poster.station_id == found.id)
        .options(selectinload(Poster.key))
        .order_by(Poster.pid.desc())
    )
    return list(db.session.scalars(asked))


@bp.post("/manage/<festival>/<edition>/rally/stations/<code>/policy")
def set_policy(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Ask for more, or for less, from this moment on."""
    found = queries.get_station(enter(festival, edition), code)
    wanted = request.form.get("policy", "")
    if wanted not in set(Policy):
        raise NotThere(wanted)
    return act(lambda: stations.set_policy(found, Policy(wanted), by=me()), "stations",
               _("%(name)s: %(policy)s.", name=found.title, policy=POLICIES[Policy(wanted)]))  # fmt: skip


@bp.post("/manage/<festival>/<edition>/rally/stations/<code>/accept")
def accept_station(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Everything that is held at this station counts."""
    found = queries.get_station(enter(festival, edition), code)
    return act(
        lambda: by_hand.accept_all_held(found, by=me()), "board", _("What was waiting there counts now.")
    )


@bp.get("/manage/<festival>/<edition>/rally/stations/<code>/stamp.svg")
def art(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """The stamp of a station, also while visitors do not see the rally yet."""
    response = svg(showing.art_svg(queries.get_station(enter(festival, edition), code)))
    response.headers["Content-Security-Policy"] = "default-src 'none'; img-src data:; frame-ancestors 'none'"
    return response


# --- posters of a station ------------------------------------------------------------------------------------------


@bp.post("/manage/<festival>/<edition>/rally/stations/<code>/posters")
def issue_poster(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Another poster, or a display, with a code of its own."""
    found, form = queries.get_station(enter(festival, edition), code), LabelForm()
    label, is_display = (form.label.data or "")[:60], bool(form.is_display.data)
    return act(
        lambda: stations.issue_poster(found, by=me(), label=label, is_display=is_display),
        "station",
        _("Issued."),
        code=code,
    )


@bp.post("/manage/<festival>/<edition>/rally/posters/<int:pid>/<step>")
def change_poster(festival: str, edition: str, pid: int, step: str) -> ResponseReturnValue:
    """Revoke a poster, or revoke it and issue another in its place."""
    found = queries.get_poster(enter(festival, edition), pid)
    steps = {"revoke": (stations.revoke_poster, _("It gives no stamps any more. Those that it gave stay.")),
             "replace": (stations.replace_poster, _("The old one gives no stamps any more. Print the new one and hang it up."))}  # fmt: skip
    if step not in steps:
        raise NotThere(step)
    work, said = steps[step]
    return act(lambda: work(found, by=me()), "station", said, code=found.station.code)


# --- courses -------------------------------------------------------------------------------------------------------


@bp.route("/manage/<festival>/<edition>/rally/courses/new", methods=["GET", "POST"])
def new_course(festival: str, edition: str) -> ResponseReturnValue:
    """Stations that belong together."""
    return _edit_course(enter(festival, edition), None)


@bp.route("/manage/<festival>/<edition>/rally/courses/<code>", methods=["GET", "POST"])
def course(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One course, to be changed."""
    rally = enter(festival, edition)
    return _edit_course(rally, arranging.get_course(rally, code))


def _edit_course(rally: Rally, found: RallyCourse | None) -> ResponseReturnValue:
    all_stations = queries.list_stations(rally)
    form = CourseForm(data=_course_as_typed(found, all_stations))
    if (
        request.method == "POST"
        and form.validate()
        and save(form, found, lambda: _save_course(rally, found, form))
    ):
        flash(_("Saved."), "success")
        return redirect(url_for("stamps_organizer.stations", _anchor="courses", **place()), 303)
    conflict = found is not None and met_conflict(form)
    page = render_template(
        "stamps/organizer/course.html", rally=rally, course=found, form=form, stations=all_stations,
        differences=differences(form, CourseForm(None, data=_course_as_typed(found, all_stations))) if conflict else [],
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _course_as_typed(found: RallyCourse | None, all_stations: list[Station]) -> dict[str, Any]:
    if found is None:
        return {}
    return {"name": found.name, "is_ordered": found.is_ordered, "version": found.version,
            "stations": arranging.show_numbers(found.stations, all_stations)}  # fmt: skip


def _save_course(rally: Rally, found: RallyCourse | None, form: CourseForm) -> None:
    codes = arranging.parse_numbers(form.stations.data or "", queries.list_stations(rally))
    arranging.save_course(
        found, rally, {"name": form.name.data, "is_ordered": form.is_ordered.data, "stations": codes}, by=me()
    )


@bp.post("/manage/<festival>/<edition>/rally/courses/<code>/delete")
def delete_course(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Take a course away."""
    found = arranging.get_course(enter(festival, edition), code)
    return act(lambda: arranging.delete_course(found, by=me()), "stations", _("Deleted."))
