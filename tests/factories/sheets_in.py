"""A sheet typed as text goes in, as the command does it: for the tests of import and export."""

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from eventapp import sheets
from eventapp.db import db, transaction
from eventapp.festivals.models import Edition
from eventapp.tours import import_jobs, import_report, importing, sheet_rows
from tests.builders import make_edition

DATA = Path(__file__).parent.parent / "data"
OTA = DATA / "ota_open_factory_2025.csv"
OTA_DAY = date(2025, 10, 25)


def make_ota_edition(**values: Any) -> Edition:
    return make_edition(slug="2025", days=[OTA_DAY], **values)


def bring_in(
    edition: Edition, content: bytes | str, filename: str = "list.csv", *, keys: Sequence[str] | None = None
) -> dict[str, Any]:
    """Import the sheet unless a row is wrong; tells what happened."""
    content = content.encode() if isinstance(content, str) else content
    table = sheets.read_table(io.BytesIO(content), filename)
    header = import_jobs.find_header(table, None)
    edition = db.session.get_one(Edition, edition.id)
    matched, _known = import_jobs.match(table.rows[header], edition, keys)
    rows = sheet_rows.read(table, header, matched, edition)
    with transaction():
        plan = importing.plan(rows, db.session.get_one(Edition, edition.id), lock=True)
        told = import_report.tell(plan)
        if not plan.is_wrong:
            importing.write(plan, by="test")
    db.session.expire_all()
    return told


def problems(told: dict[str, Any]) -> list[tuple[int, str, str]]:
    """(row, column, code) of everything that stops an import."""
    return [
        (line["row"], one["column"], one["code"])
        for line in told["lines"]
        for one in line["remarks"]
        if one["blocks"]
    ]


def hints(told: dict[str, Any]) -> list[tuple[int, str, str]]:
    """(row, column, code) of everything that is only said."""
    return [
        (line["row"], one["column"], one["code"])
        for line in told["lines"]
        for one in line["remarks"]
        if not one["blocks"]
    ]
