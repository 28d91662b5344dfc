"""The two pieces of long work of an import, done by the worker: looking at the sheet, and carrying it out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eventapp import jobs, sheets
from eventapp.db import db, retrying, transaction
from eventapp.factories import cells, columns, uploaded
from eventapp.festivals.models import Edition
from eventapp.i18n import RuleError, use_language
from eventapp.jobs import Job
from eventapp.people.models import Person
from eventapp.tours import import_report, importing, sheet_rows

PREVIEW, IMPORT = "factories.import.preview", "factories.import"
TOP_ROWS = 12  # shown for choosing the row with the names
SAMPLES = 3


def preview(folder: Path, job: Job) -> dict[str, Any]:
    """Read the sheet and tell what would happen. Nothing is written but the progress.

    `job.values`: file, filename, edition_id, language; by the reader's choice sheet, header and columns.
    """
    with use_language(job.values["language"]):
        try:
            return _preview(folder, job)
        except RuleError as error:
            raise importing.SheetRefused(str(error)) from error  # in the language of who waits for it


def _preview(folder: Path, job: Job) -> dict[str, Any]:
    wanted = job.values
    jobs.progress(job, 0, 3)
    table = uploaded.read(folder, wanted["file"], wanted["filename"], sheet=wanted.get("sheet", ""))
    jobs.progress(job, 1, 3)
    edition = db.session.get_one(Edition, wanted["edition_id"])
    header = find_header(table, wanted.get("header"))
    names = table.rows[header]
    keys, is_known = match(names, edition, wanted.get("columns"))
    told: dict[str, Any] = {"lines": [], "sums": {}}
    if columns.NAME in keys or "id" in keys:
        rows = sheet_rows.read(table, header, keys, edition)
        jobs.progress(job, 2, 3)
        told = import_report.tell(importing.plan(rows, db.session.get_one(Edition, wanted["edition_id"])))
    jobs.progress(job, 3, 3)
    return {**told, **_describe(table, header, names), "columns": keys, "is_known": is_known}


def find_header(table: sheets.Table, wanted: int | None) -> int:
    """The index of the row with the names: the chosen one if the sheet has it, else the likeliest."""
    if wanted is not None and 0 <= wanted < len(table.rows) and table.rows[wanted]:
        return wanted
    return sheets.guess_header_row(table.rows, columns.known_names())


def match(
    names: Sequence[str], edition: Edition, chosen: Sequence[str] | None = None
) -> tuple[list[str], bool]:
    """Which column each header cell is, and whether somebody said so: now, an earlier time, or by using our own names."""
    if chosen is not None and len(chosen) == len(names):
        return [key if key in columns.BY_KEY else "" for key in chosen], True
    if (before := columns.recall(edition.festival.import_columns, names)) is not None:
        return before, True
    return columns.guess(names), columns.is_certain(names)


def _describe(table: sheets.Table, header: int, names: Sequence[str]) -> dict[str, Any]:
    """What the page for matching shows of the sheet itself."""
    below = [row for row in table.rows[header + 1 :] if row]
    samples = [
        [cells.shorten(row[place], 40) for row in below if place < len(row) and row[place]][:SAMPLES]
        for place in range(len(names))
    ]
    top = [
        [index, ", ".join(cells.shorten(cell, 16) for cell in row if cell)[:120]]
        for index, row in enumerate(table.rows[: sheets.HEADER_WITHIN])
        if row
    ]
    return {"header": header, "names": [name[: columns.LONGEST_NAME] for name in names], "samples": samples, "top": top[:TOP_ROWS],
            "sheet": table.sheet, "sheets": table.sheets}  # fmt: skip


def carry_out(folder: Path, job: Job) -> dict[str, Any]:
    """Write everything, or nothing, and forget the file. The result is written with it, so a second time does nothing."""
    with use_language(job.values["language"]):
        try:
            return job.result or retrying(lambda: _carry_out(folder, job.id, dict(job.values)))
        except RuleError as error:
            raise importing.SheetRefused(str(error)) from error


def _carry_out(folder: Path, job_id: int, wanted: dict[str, Any]) -> dict[str, Any]:
    jobs.progress(db.session.get_one(Job, job_id), 0, 2)
    table = uploaded.read(folder, wanted["file"], wanted["filename"], sheet=wanted.get("sheet", ""))
    header = find_header(table, wanted.get("header"))
    rows = sheet_rows.read(
        table, header, wanted["columns"], db.session.get_one(Edition, wanted["edition_id"])
    )
    importing.prepare(rows)
    jobs.progress(db.session.get_one(Job, job_id), 1, 2)
    with transaction():
        job = db.session.get_one(Job, job_id)
        by = db.session.get_one(Person, job.person_id)
        todo = importing.plan(rows, db.session.get_one(Edition, wanted["edition_id"]), lock=True)
        told = {"sums": import_report.tell(todo)["sums"]}
        importing.write(todo, by=by)
        job.result, job.done = told, 2
    uploaded.discard(folder, wanted["file"])
    return told
