"""The committee's streets: extracts, roads to leave out, shuttle timetables, feeds, printed maps, QR codes for "near here"."""

from typing import Any, cast

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from eventapp import codes, links
from eventapp.db import NotThere, db, transaction
from eventapp.factories.models import Entry, Factory
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.models import Role
from eventapp.forms import ActionForm
from eventapp.i18n import LANGUAGES, RuleError, Translated, _, language, lazy, use_language
from eventapp.jobs import Job, JobState
from eventapp.walks import courses, extracts, gtfs, lines, print_jobs, printing, sheet
from eventapp.walks.extracts import ExtractRefused
from eventapp.walks.forms import ExtractForm, FeedForm, RoadForm, TimetableForm
from eventapp.walks.ground import read_ground
from eventapp.walks.lines import LineRefused
from eventapp.walks.models import Feed, StreetExtract, Timetable
from eventapp.walks.routes import parts
from eventapp.walks.routes.typed_stops import read_stops, show_stops
from eventapp.web import frames

bp = Blueprint("walks_organizer", __name__)
MEGABYTE = 1024 * 1024
MOST_DRAINED = (
    700 * MEGABYTE
)  # of an upload that is too large: read to its end, so that the browser hears why


@bp.get("/manage/<festival>/<edition>/walks")
def streets(festival: str, edition: str) -> ResponseReturnValue:
    """Streets, timetables, feeds, courses, printed maps: everything on one page."""
    frames.committee(festival, edition)
    return _page()


def _page(status: int = 200, **forms: Any) -> ResponseReturnValue:
    latest, current = extracts.find_latest(g.edition.id), extracts.find_current(g.edition.id)
    report = current.report if current else {}
    ground = read_ground(g.edition)
    shown = {
        "extract_form": ExtractForm(formdata=None),
        "road_form": RoadForm(formdata=None),
        "feed_form": FeedForm(formdata=None),
        **forms,
    }
    html = render_template(
        "walks/organizer/streets.html", latest=latest, current=current, job=_job_of(latest), report=report,
        factories=_names([*report.get("far", []), *report.get("without_point", []), *(one for some in report.get("unreachable", {}).values() for one in some)]),
        timetables=lines.timetables_of(g.edition.id), feeds=lines.feeds_of(g.edition.id), courses=courses.find_all(g.edition),
        may_change=g.organizer.role in MAY_RUN, papers=list(sheet.PAPERS), languages=LANGUAGES, place=parts.place_of(g.edition),
        near_places=[(code, str(Translated(dict(spot.name)))) for code, spot in parts.spots_of(ground).items()], is_over=g.edition.state.value == "closed", most_megabytes=extracts.MOST_MEGABYTES, **shown,
    )  # fmt: skip
    return html, status


def _job_of(extract: StreetExtract | None) -> Job | None:
    if extract is None or extract.job_code is None:
        return None
    return db.session.scalar(select(Job).where(Job.code == extract.job_code))


def _names(slugs: list[str]) -> dict[str, dict[str, Any]]:
    """Name and the code of its entry, for links to where its entrance is set."""
    rows = db.session.execute(
        select(Factory.slug, Factory.name, Entry.code)
        .join(Entry, Entry.factory_id == Factory.id)
        .where(Entry.edition_id == g.edition.id, Factory.slug.in_(slugs))
    )
    return {slug: {"name": name, "entry": code} for slug, name, code in rows}


def _back(anchor: str = "") -> ResponseReturnValue:
    return redirect(
        url_for("walks_organizer.streets", _anchor=anchor or None, **parts.place_of(g.edition)), 303
    )


# --- the extract -----------------------------------------------------------------------------------------------------


@bp.post("/manage/<festival>/<edition>/walks/extract")
def upload_extract(festival: str, edition: str) -> ResponseReturnValue:
    """Keep the file; the worker reads it. A file that is too large is read to its end only to be able to say so."""
    frames.committee(festival, edition, role=Role.STAFF)
    if (request.content_length or 0) > (extracts.MOST_MEGABYTES + 1) * MEGABYTE:
        _drain()
        form = ExtractForm(formdata=None)
        form.extract.errors = [str(extracts.why_not(b"", request.content_length or 0))]
        return _page(422, extract_form=form)
    request.max_content_length = (extracts.MOST_MEGABYTES + 2) * MEGABYTE
    form = ExtractForm()
    good, sent = form.validate(), _file(form.extract.data)
    if good and sent is None:
        form.extract.errors = [_("Choose a file.")]
    if not good or sent is None:
        return _page(422, extract_form=form)
    try:
        upload = extracts.keep_upload(cast(Any, sent.stream), parts.folder())
    except ExtractRefused as error:
        form.extract.errors = [str(error)]
        return _page(422, extract_form=form)
    with transaction():
        extracts.enter(g.edition, upload, sent.filename or "", by=g.organizer.person)
    flash(_("The file has arrived and is being read. You may leave this page."), "success")
    return _back("streets")


def _drain() -> None:
    """Take in what is still on its way and forget it."""
    request.max_content_length = MOST_DRAINED
    left = min(request.content_length or 0, MOST_DRAINED)
    while left > 0 and (chunk := request.stream.read(min(left, MEGABYTE))):
        left -= len(chunk)


def _file(sent: Any) -> FileStorage | None:
    return sent if isinstance(sent, FileStorage) and sent.filename else None


@bp.post("/manage/<festival>/<edition>/walks/extract/remove")
def remove_extract(festival: str, edition: str) -> ResponseReturnValue:
    """Walk without streets again, or on the extract before."""
    frames.committee(festival, edition, role=Role.STAFF)
    if ActionForm().validate():
        with transaction():
            latest = extracts.find_latest(g.edition.id)
            if latest is not None:
                extracts.remove(latest, parts.folder(), by=g.organizer.person)
        flash(_("Deleted."), "success")
    return _back("streets")


@bp.post("/manage/<festival>/<edition>/walks/roads")
def change_roads(festival: str, edition: str) -> ResponseReturnValue:
    """Leave a way of the map out, or (`back`) take it in again."""
    frames.committee(festival, edition, role=Role.STAFF)
    form = RoadForm()
    if not form.validate():
        return _page(422, road_form=form)
    try:
        with transaction():
            current = extracts.find_current(g.edition.id)
            if current is not None:
                change = extracts.include_road if "back" in request.form else extracts.exclude_road
                change(current, form.number, by=g.organizer.person)
    except ExtractRefused as error:
        form.way.errors = [str(error)]
        return _page(422, road_form=form)
    flash(_("Saved."), "success")
    return _back("roads")


# --- timetables ------------------------------------------------------------------------------------------------------


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
        return _back("lines")
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
    return _back("lines")


# --- feeds -----------------------------------------------------------------------------------------------------------


@bp.post("/manage/<festival>/<edition>/walks/feeds")
def upload_feed(festival: str, edition: str) -> ResponseReturnValue:
    """A GTFS feed, read at once; one that does not cover the festival is refused with its dates."""
    frames.committee(festival, edition, role=Role.STAFF)
    request.max_content_length = (gtfs.MOST_MEGABYTES + 2) * MEGABYTE
    form = FeedForm()
    good, sent = form.validate(), _file(form.feed.data)
    if good and sent is None:
        form.feed.errors = [_("Choose a file.")]
    if not good or sent is None:
        return _page(422, feed_form=form)
    try:
        found, sha256 = lines.read_upload(g.edition, cast(Any, sent.stream))
    except RuleError as error:
        form.feed.errors = [str(error)]
        return _page(422, feed_form=form)
    with transaction():
        lines.save_feed(g.edition, found, sha256, sent.filename or "", by=g.organizer.person)
    flash(_("The feed is in use."), "success")
    return _back("lines")


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
    return _back("lines")


# --- on paper --------------------------------------------------------------------------------------------------------


@bp.get("/manage/<festival>/<edition>/walks/map-<size>-<code>.svg")
def map_svg(festival: str, edition: str, size: str, code: str) -> ResponseReturnValue:
    """The printed map as a drawing: of everything, or of a course (its code; `all` for everything)."""
    frames.committee(festival, edition)
    words = request.args.get("in") or language()
    if size not in sheet.PAPERS or words not in LANGUAGES:
        raise NotThere(size)
    course = courses.get(g.edition, parts.check_code(code)) if code != "all" else None
    with use_language(words):
        drawing = printing.map_svg(
            g.edition, size=size, url=_map_url(code), title=str(course.title) if course else "",
            proposal=courses.proposal_of(course) if course else None,
        )  # fmt: skip
    response = Response(drawing, content_type="image/svg+xml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{festival}-{edition}-{size}.svg"'
    return response


def _map_url(code: str) -> str:
    """Where the QR code on the sheet leads."""
    if code == "all":
        return links.absolute("tours.map", **parts.place_of(g.edition))
    return links.absolute("walks.course", code=code, **parts.place_of(g.edition))


@bp.post("/manage/<festival>/<edition>/walks/print")
def start_print(festival: str, edition: str) -> ResponseReturnValue:
    """Let the worker make the PDF."""
    frames.committee(festival, edition, role=Role.STAFF)
    size, code, words = (request.form.get(name, "") for name in ("size", "course", "in"))
    if size not in sheet.PAPERS:
        raise NotThere(size)
    if code:
        courses.get(g.edition, parts.check_code(code))
    if not ActionForm().validate():
        return _back("paper")
    with transaction(), use_language(words or language()):
        job = print_jobs.start(
            g.edition, size=size, url=_map_url(code or "all"), person_id=g.organizer.person.id, course=code
        )
        db.session.flush()  # the page that waits needs its code
        number = job.code
    return redirect(url_for("walks_organizer.print_job", job=number, **parts.place_of(g.edition)), 303)


@bp.get("/manage/<festival>/<edition>/walks/print/<job>")
def print_job(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """How far the PDF is; then the link to it."""
    frames.committee(festival, edition, role=Role.STAFF)
    known = _get_print(job)
    return render_template(
        "walks/organizer/printing.html",
        job=known,
        is_done=known.state is JobState.DONE,
        place=parts.place_of(g.edition),
    )


@bp.get("/manage/<festival>/<edition>/walks/print/<job>.pdf")
def print_file(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """The PDF."""
    frames.committee(festival, edition, role=Role.STAFF)
    known = _get_print(job)
    path = parts.folder() / print_jobs.name_of(known)
    if known.state is not JobState.DONE or not path.is_file():
        raise NotThere(job)
    response = Response(path.read_bytes(), content_type="application/pdf")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{festival}-{edition}-{known.values["size"]}.pdf"'
    )
    return response


def _get_print(code: str) -> Job:
    found = db.session.scalar(
        select(Job).where(
            Job.code == parts.check_code(code), Job.kind == print_jobs.KIND, Job.festival_id == g.festival.id
        )
    )
    if found is None or found.values.get("edition") != g.edition.id:
        raise NotThere(code)
    return found


@bp.get("/manage/<festival>/<edition>/walks/near-<code>.svg")
def near_qr(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """The QR code that leads to "Now, near here" from a place or a factory."""
    frames.committee(festival, edition)
    if code not in parts.spots_of(read_ground(g.edition)):
        raise NotThere(code)
    url = links.absolute("walks.near", at=code, **parts.place_of(g.edition))
    response = Response(codes.qr_svg(url), content_type="image/svg+xml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="near-{code}.svg"'
    return response
