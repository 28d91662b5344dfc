"""The committee's printed maps, and QR codes for "near here"."""

from flask import Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import codes, links
from eventapp.db import NotThere, db, transaction
from eventapp.festivals.models import Role
from eventapp.forms import ActionForm
from eventapp.i18n import LANGUAGES, language, use_language
from eventapp.jobs import Job, JobState
from eventapp.walks import courses, print_jobs, printing, sheet
from eventapp.walks.ground import read_ground
from eventapp.walks.routes import parts
from eventapp.walks.routes.organizer import back, bp
from eventapp.web import frames


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
        return back("paper")
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
