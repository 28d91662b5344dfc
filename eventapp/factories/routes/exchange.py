"""The committee's own sheets in and out: /manage/<festival>/<edition>/exchange...

The worker reads and writes; these pages start its work, show how far it is, and ask what only a person knows.
"""

from pathlib import Path
from typing import Any

from flask import Response, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]

from eventapp import clock, jobs, sheets
from eventapp.db import NotThere, db, transaction
from eventapp.factories import columns, uploaded
from eventapp.factories.exchange_forms import ColumnsForm, HeaderForm, UploadForm
from eventapp.factories.routes.organizer import bp
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.models import EditionState, Role
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import LANGUAGES, RuleError, _, language
from eventapp.jobs import Job, JobState
from eventapp.tours import exporting, import_report
from eventapp.tours.import_jobs import IMPORT, PREVIEW
from eventapp.web import frames
from eventapp.web.signin import require_person

ROWS_OF_A_PAGE = 100
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@bp.get("/manage/<festival>/<edition>/exchange")
def exchange(festival: str, edition: str) -> ResponseReturnValue:
    """Where a list goes in, and where everything comes out again."""
    frames.committee(festival, edition)
    return _start_page(UploadForm(formdata=None))


@bp.post("/manage/<festival>/<edition>/exchange")
def upload_sheet(festival: str, edition: str) -> ResponseReturnValue:
    """Keep the file and let the worker look at it."""
    frames.committee(festival, edition, role=Role.STAFF)
    form = UploadForm()
    if not form.validate():
        return _start_page(form), 422
    uploaded.sweep(_folder(), clock.now())
    try:
        name = uploaded.keep(form.sheet.data.stream, _folder())
    except RuleError as error:
        form.sheet.errors = [str(error)]
        return _start_page(form), 422
    return _to(_start(PREVIEW, {"file": name, "filename": (form.sheet.data.filename or "")[-120:]}))


@bp.get("/manage/<festival>/<edition>/exchange/<job>")
def exchange_job(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """Where an import stands: being read, columns to match, the preview, being written, done, failed."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _job_page(_get_job(job))


@bp.post("/manage/<festival>/<edition>/exchange/<job>/header")
def choose_header(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """Another sheet of the workbook, or another row with the names: the sheet is looked at again."""
    frames.committee(festival, edition, role=Role.STAFF)
    known = _get_job(job, PREVIEW, JobState.DONE)
    form = _header_form(known)
    if not form.validate():
        return _columns_page(known, header=form), 422
    is_other_page = bool(form.page.data) and form.page.data != known.result["sheet"]
    header = None if is_other_page else form.header.data
    return _to(_start(PREVIEW, {**_kept(known), "sheet": form.page.data or "", "header": header}))


@bp.post("/manage/<festival>/<edition>/exchange/<job>/columns")
def match_columns(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """What the columns mean, said by hand once and remembered for the next sheet with the same header."""
    frames.committee(festival, edition, role=Role.STAFF)
    known, form = _get_job(job, PREVIEW, JobState.DONE), ColumnsForm()
    names = known.result["names"]
    good = form.validate()
    keys = form.read(request.form.getlist("column"), len(names))
    if not good or keys is None:
        return _columns_page(known, form=form, keys=request.form.getlist("column")), 422
    values = {
        **_kept(known),
        "sheet": known.result["sheet"],
        "header": known.result["header"],
        "columns": keys,
    }
    with transaction():
        g.festival.import_columns = columns.remember(g.festival.import_columns, names, keys)
        code = _start_in(PREVIEW, values)
    return _to(code)


@bp.post("/manage/<festival>/<edition>/exchange/<job>/apply")
def apply_import(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """Let the worker write what the preview showed, all of it or nothing."""
    frames.committee(festival, edition, role=Role.STAFF)
    known, form = _get_job(job, PREVIEW, JobState.DONE), ActionForm()
    if form.validate() and known.result["sums"].get("problems"):
        form.refuse(_("Some rows have problems. Mend them in your sheet and upload it again."))
    if form.errors:
        return _preview_page(known, refused=form), 422
    result = known.result
    return _to(
        _start(
            IMPORT,
            {
                **_kept(known),
                "sheet": result["sheet"],
                "header": result["header"],
                "columns": result["columns"],
            },
        )
    )


@bp.post("/manage/<festival>/<edition>/exchange/<job>/drop")
def drop_import(festival: str, edition: str, job: str) -> ResponseReturnValue:
    """Forget an uploaded file; nothing of it was written."""
    frames.committee(festival, edition, role=Role.STAFF)
    known, form = _get_job(job, PREVIEW), ActionForm()
    if not form.validate():
        return _job_page(known, refused=form), 422
    uploaded.discard(_folder(), known.values["file"])
    flash(_("The file was deleted. Nothing was imported."), "success")
    return redirect(url_for("factories_organizer.exchange", festival=festival, edition=edition), 303)


@bp.get("/manage/<festival>/<edition>/exchange/files/<name>.<kind>")
def exchange_file(festival: str, edition: str, name: str, kind: str) -> ResponseReturnValue:
    """A file to download: factories and programmes, slots, or an empty template in one of the languages."""
    frames.committee(festival, edition)
    if kind not in TYPES:
        raise NotThere(kind)
    if name == "factories":
        header, rows = exporting.factory_sheet(g.edition, language())
    elif name == "slots":
        header, rows = exporting.slot_sheet(g.edition)
    elif name in {f"template-{code}" for code in LANGUAGES}:
        header, rows = exporting.template(name[-2:])
    else:
        raise NotThere(name)
    content = sheets.write_csv(header, rows) if kind == "csv" else sheets.write_xlsx(header, rows)
    filename = f"{festival}-{edition}-{name}.{kind}"
    return Response(
        content,
        content_type=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


# Work


def _folder() -> Path:
    return Path(current_app.config["INSTANCE"]) / uploaded.FOLDER


def _kept(job: Job) -> dict[str, Any]:
    return {"file": job.values["file"], "filename": job.values["filename"]}


def _start(kind: str, values: dict[str, Any]) -> str:
    with transaction():
        return _start_in(kind, values)


def _start_in(kind: str, values: dict[str, Any]) -> str:
    values = {**values, "edition_id": g.edition.id, "language": language()}
    job = jobs.start(kind, values, festival_id=g.festival.id, person_id=require_person().id)
    db.session.flush()  # its code stands in the address
    return job.code


def _to(code: str) -> ResponseReturnValue:
    return redirect(
        url_for(
            "factories_organizer.exchange_job", festival=g.festival.slug, edition=g.edition.slug, job=code
        ),
        303,
    )


def _get_job(code: str, kind: str = "", state: JobState | None = None) -> Job:
    """An import of this person in this edition; nobody else's, and in the state the address is about."""
    found = db.session.scalar(
        select(Job).where(
            Job.code == code, Job.festival_id == g.festival.id, Job.person_id == require_person().id
        )
    )
    if found is None or found.kind not in {PREVIEW, IMPORT} or found.values.get("edition_id") != g.edition.id:
        raise NotThere(code)
    if (kind and found.kind != kind) or (state is not None and found.state != state):
        raise NotThere(code)
    return found


# Pages


def _start_page(form: UploadForm) -> str:
    groups = {
        group: [one for one in columns.ALL if one.group == group and one.in_template]
        for group in columns.Group
    }
    return render_template(
        "factories/organizer/exchange.html", form=form, groups=groups, group_names=columns.GROUPS,
        may_import=g.organizer.role in MAY_RUN and g.edition.state != EditionState.CLOSED,
    )  # fmt: skip


def _job_page(job: Job, *, refused: BaseForm | None = None) -> str:
    if job.state in (JobState.WAITING, JobState.RUNNING):
        return render_template(
            "factories/organizer/exchange_progress.html", job=job, is_import=job.kind == IMPORT
        )
    if job.state == JobState.FAILED:
        return render_template("factories/organizer/exchange_failed.html", job=job, error=_shown_error(job))
    if job.kind == IMPORT:
        return render_template("factories/organizer/exchange_done.html", job=job, sums=job.result["sums"])
    if not job.result["is_known"] or "columns" in request.args:
        return _columns_page(job)
    return _preview_page(job, refused=refused)


def _shown_error(job: Job) -> str:
    """The worker's sentence; of what it did not expect it knows only a technical name, which helps nobody."""
    words = job.error or ""
    return (
        words
        if words and not (words.isascii() and words.isidentifier())
        else _("Something went wrong on our side. Please try again.")
    )


def _header_form(job: Job) -> HeaderForm:
    form = HeaderForm()
    form.header.choices = [
        SelectChoice(index, _("Row %(row)s: %(cells)s", row=index + 1, cells=words))
        for index, words in job.result["top"]
    ]
    known = {index for index, _words in job.result["top"]}
    if job.result["header"] not in known:
        form.header.choices.append(
            SelectChoice(
                job.result["header"], _("Row %(row)s: %(cells)s", row=job.result["header"] + 1, cells="")
            )
        )
    return form


def _columns_page(
    job: Job,
    *,
    form: ColumnsForm | None = None,
    header: HeaderForm | None = None,
    keys: list[str] | None = None,
) -> str:
    if header is None:
        header = _header_form(job)
        header.header.data, header.page.data = job.result["header"], job.result["sheet"]
    known = [one for one in columns.ALL if one.group != columns.Group.TOLD]
    return render_template(
        "factories/organizer/exchange_columns.html", job=job, result=job.result, form=form or ColumnsForm(formdata=None), header=header,
        keys=keys if keys and len(keys) == len(job.result["names"]) else job.result["columns"], group_names=columns.GROUPS,
        groups={group: [one for one in known if one.group == group] for group in columns.Group if group != columns.Group.TOLD},
    )  # fmt: skip


class _Lines:
    """One page of the preview's rows."""

    def __init__(self, lines: list[dict[str, Any]], wanted: str) -> None:
        self.pages = max(1, -(-len(lines) // ROWS_OF_A_PAGE))
        self.page = (
            min(int(wanted), self.pages)
            if wanted.isascii() and wanted.isdigit() and 0 < len(wanted) < 6 and int(wanted)
            else 1
        )
        self.items = lines[(self.page - 1) * ROWS_OF_A_PAGE : self.page * ROWS_OF_A_PAGE]
        self.has_prev, self.prev_num = self.page > 1, self.page - 1
        self.has_next, self.next_num = self.page < self.pages, self.page + 1


def _preview_page(job: Job, *, refused: BaseForm | None = None) -> str:
    here = {"festival": g.festival.slug, "edition": g.edition.slug, "job": job.code}
    return render_template(
        "factories/organizer/exchange_preview.html", job=job, sums=job.result["sums"], refused=refused,
        lines=_Lines(job.result["lines"], request.args.get("page", "")), column_name=_column_name, sentence=import_report.sentence,
        deed=import_report.deed, page_url=lambda page: url_for("factories_organizer.exchange_job", page=page, **here),
        headers=dict(zip(job.result["columns"], job.result["names"], strict=True)),
    )  # fmt: skip


def _column_name(key: str) -> str:
    return str(columns.BY_KEY[key].name) if key in columns.BY_KEY else ""
