"""The committee's shuttle timetables, typed in, and feeds of bus and railway companies."""

from typing import Any, cast

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp.db import NotThere, db, transaction
from eventapp.festivals.models import Role
from eventapp.forms import ActionForm
from eventapp.i18n import RuleError, _, lazy
from eventapp.walks import feed_archive, lines
from eventapp.walks.forms import FeedForm, TimetableForm
from eventapp.walks.ground import read_ground
from eventapp.walks.lines import LineRefused
from eventapp.walks.models import Feed, Timetable
from eventapp.walks.routes import parts
from eventapp.walks.routes.organizer import MEGABYTE, back, bp, file_of, page_of
from eventapp.walks.routes.typed_stops import read_stops, show_stops
from eventapp.web import frames


@bp.route("/manage/<festival>/<edition>/walks/lines/new", methods=["GET", "POST"])
def new_timetable(festival: str, edition: str) -> ResponseReturnValue:
    """A shuttle line, typed in."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _edit_timetable(None)


@bp.route("/manage/<festival>/<edition>/walks/lines/<code>", methods=["GET", "POST"])
def timetable(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One line, to be changed."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _edit_timetable(_get_timetable(code))


def _get_timetable(code: str) -> Timetable:
    found = db.session.scalar(
        select(Timetable).where(
            Timetable.code == parts.check_code(code), Timetable.edition_id == g.edition.id
        )
    )
    if found is None:
        raise NotThere(code)
    return found


def _edit_timetable(line: Timetable | None) -> ResponseReturnValue:
    form = TimetableForm(data=_as_typed(line))
    form.fit(parts.day_choices(g.edition))
    if request.method == "POST" and form.validate() and _is_fresh(form, line) and _save_timetable(form, line):
        flash(_("Saved."), "success")
        return back("lines")
    spots = [name for _code, name in parts.start_choices(read_ground(g.edition))]
    status = 422 if request.method == "POST" else 200
    return render_template(
        "walks/organizer/timetable.html", form=form, line=line, spots=spots, place=parts.place_of(g.edition)
    ), status


def _as_typed(line: Timetable | None) -> dict[str, Any]:
    if line is None:
        return {}
    return {"name": line.name, "note": line.note, "day": line.dates, "stops": show_stops(line.stops), "trips": lines.show_trips(line.trips),
            "version": line.version}  # fmt: skip


def _is_fresh(form: TimetableForm, line: Timetable | None) -> bool:
    """Whether nobody saved this line after the page was opened; else it is told, and saving again wins."""
    if line is None or not form.is_stale(line.version):
        return True
    form.refuse(
        lazy(
            "Somebody else has saved this line meanwhile. What you typed is still here; saving again replaces theirs."
        )
    )
    form.version.data, form.version.raw_data = str(line.version), None
    return False


def _save_timetable(form: TimetableForm, line: Timetable | None) -> bool:
    try:
        stops = read_stops(form.stops.data or "", read_ground(g.edition))
        trips = lines.parse_trips(form.trips.data or "", len(stops))
        with transaction():
            lines.save_timetable(
                _get_timetable(line.code) if line else None, g.edition, name=form.name.data, note=form.note.data, stops=stops, trips=trips,
                dates=[day for day in g.edition.dates if day.isoformat() in (form.day.data or [])], by=g.organizer.person,
            )  # fmt: skip
    except LineRefused as error:
        name = {"dates": "day"}.get(error.field, error.field)
        if name in form and name != "name":
            form[name].errors = [str(error)]
        else:
            form.refuse(error)
        return False
    return True


@bp.post("/manage/<festival>/<edition>/walks/lines/<code>/delete")
def delete_timetable(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """The line does not run."""
    frames.committee(festival, edition, role=Role.STAFF)
    line = _get_timetable(code)
    if ActionForm().validate():
        with transaction():
            lines.remove_timetable(line, by=g.organizer.person)
        flash(_("Deleted."), "success")
    return back("lines")


@bp.post("/manage/<festival>/<edition>/walks/feeds")
def upload_feed(festival: str, edition: str) -> ResponseReturnValue:
    """A GTFS feed, read at once; one that does not cover the festival is refused with its dates."""
    frames.committee(festival, edition, role=Role.STAFF)
    request.max_content_length = (feed_archive.MOST_MEGABYTES + 2) * MEGABYTE
    form = FeedForm()
    good, sent = form.validate(), file_of(form.feed.data)
    if good and sent is None:
        form.feed.errors = [_("Choose a file.")]
    if not good or sent is None:
        return page_of(422, feed_form=form)
    try:
        found, sha256 = lines.read_upload(g.edition, cast(Any, sent.stream))
    except RuleError as error:
        form.feed.errors = [str(error)]
        return page_of(422, feed_form=form)
    with transaction():
        lines.save_feed(g.edition, found, sha256, sent.filename or "", by=g.organizer.person)
    flash(_("The feed is in use."), "success")
    return back("lines")


@bp.post("/manage/<festival>/<edition>/walks/feeds/<code>/delete")
def delete_feed(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Do not use this feed."""
    frames.committee(festival, edition, role=Role.STAFF)
    found = db.session.scalar(
        select(Feed).where(Feed.code == parts.check_code(code), Feed.edition_id == g.edition.id)
    )
    if found is None:
        raise NotThere(code)
    if ActionForm().validate():
        with transaction():
            lines.remove_feed(found, by=g.organizer.person)
        flash(_("Deleted."), "success")
    return back("lines")
