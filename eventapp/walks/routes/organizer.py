"""The committee's streets: extracts, roads to leave out, shuttle timetables, feeds, printed maps, QR codes for "near here"."""

from typing import Any, cast

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from eventapp.db import db, transaction
from eventapp.factories.models import Entry, Factory
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.models import Role
from eventapp.forms import ActionForm
from eventapp.i18n import LANGUAGES, Translated, _
from eventapp.jobs import Job
from eventapp.walks import courses, extracts, lines, sheet
from eventapp.walks.extracts import ExtractRefused
from eventapp.walks.forms import ExtractForm, FeedForm, RoadForm
from eventapp.walks.ground import read_ground
from eventapp.walks.models import StreetExtract
from eventapp.walks.routes import parts
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
    return page_of()


def page_of(status: int = 200, **forms: Any) -> ResponseReturnValue:
    """The page of streets, with a form that was sent and has to be mended."""
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


def back(anchor: str = "") -> ResponseReturnValue:
    """To the page of streets, at one of its parts."""
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
        return page_of(422, extract_form=form)
    request.max_content_length = (extracts.MOST_MEGABYTES + 2) * MEGABYTE
    form = ExtractForm()
    good, sent = form.validate(), file_of(form.extract.data)
    if good and sent is None:
        form.extract.errors = [_("Choose a file.")]
    if not good or sent is None:
        return page_of(422, extract_form=form)
    try:
        upload = extracts.keep_upload(cast(Any, sent.stream), parts.folder())
    except ExtractRefused as error:
        form.extract.errors = [str(error)]
        return page_of(422, extract_form=form)
    with transaction():
        extracts.enter(g.edition, upload, sent.filename or "", by=g.organizer.person)
    flash(_("The file has arrived and is being read. You may leave this page."), "success")
    return back("streets")


def _drain() -> None:
    """Take in what is still on its way and forget it."""
    request.max_content_length = MOST_DRAINED
    left = min(request.content_length or 0, MOST_DRAINED)
    while left > 0 and (chunk := request.stream.read(min(left, MEGABYTE))):
        left -= len(chunk)


def file_of(sent: Any) -> FileStorage | None:
    """What was sent, if it is a file with a name."""
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
    return back("streets")


@bp.post("/manage/<festival>/<edition>/walks/roads")
def change_roads(festival: str, edition: str) -> ResponseReturnValue:
    """Leave a way of the map out, or (`back`) take it in again."""
    frames.committee(festival, edition, role=Role.STAFF)
    form = RoadForm()
    if not form.validate():
        return page_of(422, road_form=form)
    try:
        with transaction():
            current = extracts.find_current(g.edition.id)
            if current is not None:
                change = extracts.include_road if "back" in request.form else extracts.exclude_road
                change(current, form.number, by=g.organizer.person)
    except ExtractRefused as error:
        form.way.errors = [str(error)]
        return page_of(422, road_form=form)
    flash(_("Saved."), "success")
    return back("roads")
