"""Spreadsheets in and out: CSV as UTF-8 or CP932, and XLSX.

Whatever comes in is a table of texts with a cap on its bytes, rows, columns and cells; refusals are sentences
for the reader. Whatever goes out is safe to open: no text becomes a formula, and our own import takes the
guard off.
"""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from eventapp.i18n import RuleError, lazy
from eventapp.text import TextRefused, clean, search_key

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

CHILD = Path(__file__).with_name("xlsx_child.py")
MOST_BYTES = 8 * 1024 * 1024
MOST_ROWS = 5_000
MOST_COLUMNS = 300
LONGEST_CELL = 32_767  # characters, Excel's own limit
MOST_ENTRIES = 200
MOST_UNPACKED = 50 * 1024 * 1024
HIGHEST_RATIO = 100
CHILD_SECONDS = 30
HEADER_WITHIN = 30  # rows
CHUNK = 64 * 1024


class SheetError(RuleError):
    """The file cannot be read as a table; the message tells what to change."""


@dataclass(frozen=True)
class Table:
    """The rows of one sheet as people count them: `rows[0]` is row 1, blank ones in between are `[]`."""

    rows: list[list[str]]
    encoding: str = ""  # "utf-8", "cp932", "utf-16"; empty for XLSX
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many columns the widest row has."""
        return max((len(row) for row in self.rows), default=0)

    def ragged(self, header: int = 0) -> list[int]:
        """The numbers (from 1) of rows below the header whose cells do not stand under its names.

        A row is ragged when something stands to the right of the header's last cell, and in CSV also when
        cells are missing at its end; a workbook leaves out blank cells, so there a short row is whole.
        """
        width = len(self.rows[header]) if header < len(self.rows) else 0
        below = list(enumerate(self.rows, 1))[header + 1 :]
        too_short = [number for number, row in below if row and len(row) < width and self.delimiter]
        too_long = [number for number, row in below if any(row[width:])]
        return sorted(too_short + too_long)


def read_table(stream: BinaryIO, filename: str, *, limit: int = MOST_ROWS, sheet: str = "") -> Table:
    """The table in an uploaded file, told by its content rather than its name. Raises SheetError.

    `limit` counts the rows under the first one. `sheet` picks a sheet of a workbook, else the first with
    content.
    """
    content = _read_capped(stream)
    if content.startswith(b"PK\x03\x04"):
        return _with_rows(_read_xlsx(content, limit, sheet))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError(_REFUSALS["password"])
    if filename.lower().endswith((".xlsx", ".xlsm")):
        raise SheetError(_DAMAGED)
    return _with_rows(_read_csv(content, limit))


def _with_rows(table: Table) -> Table:
    if not table.rows:
        raise SheetError(lazy("The file is empty."))
    return table


def _read_capped(stream: BinaryIO) -> bytes:
    kept = bytearray()
    while chunk := stream.read(CHUNK):
        kept += chunk
        if len(kept) > MOST_BYTES:
            raise SheetError(
                lazy("The file is larger than %(size)s MB. Split it into smaller files.", size=8)
            )
    return bytes(kept)


# CSV


def _read_csv(content: bytes, limit: int) -> Table:
    text, encoding = _decode(content)
    if "\x00" in text:
        raise SheetError(lazy("This is not a CSV file: it contains binary data. Save it as CSV or .xlsx."))
    delimiter = _guess_delimiter(text)
    return Table(list(_limited(_parse(text, delimiter), limit)), encoding, delimiter)


def _decode(content: bytes) -> tuple[str, str]:
    """UTF-8 first, because CP932 reads almost anything; then what Excel in Japan writes."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = [("utf-16", "utf-16")]
    else:
        candidates = [("utf-8-sig", "utf-8"), ("cp932", "cp932")]
    for codec, name in candidates:
        try:
            return content.decode(codec), name
        except UnicodeDecodeError as error:
            place = error.start
    raise SheetError(
        lazy(
            "Line %(line)s holds characters that are neither UTF-8 nor Shift_JIS. Save it as CSV UTF-8.",
            line=content.count(b"\n", 0, place) + 1,
        )
    )


def _guess_delimiter(text: str) -> str:
    """The one of comma, semicolon and tab that stands most often outside quotes in the first lines."""
    start = re.sub(r'"[^"]*"', "", text[: 4 * CHUNK])
    lines = [line for line in start.splitlines() if line.strip()][:HEADER_WITHIN]
    counts = Counter({delimiter: sum(line.count(delimiter) for line in lines) for delimiter in ",;\t"})
    return counts.most_common(1)[0][0]


def _parse(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise SheetError(
            lazy(
                "Line %(line)s cannot be read: a quotation mark is out of place, or a cell is too long.",
                line=reader.line_num,
            )
        ) from error


def _limited(rows: Iterable[list[str]], limit: int) -> Iterator[list[str]]:
    """The rows cleaned; blank rows count only when a filled one follows."""
    blank = number = 0
    for row in rows:
        number += 1
        if not any(cell.strip() for cell in row):
            blank += 1
            continue
        if number > limit + 1:
            raise _too_many(limit)
        yield from ([] for _ in range(blank))
        blank = 0
        yield _clean_row(row, number)


def _clean_row(row: list[str], number: int) -> list[str]:
    if len(row) > MOST_COLUMNS:
        raise SheetError(lazy("Row %(row)s has more than %(most)s columns.", row=number, most=MOST_COLUMNS))
    return [_clean_cell(cell, number, column) for column, cell in enumerate(row, 1)]


def _clean_cell(cell: str, row: int, column: int) -> str:
    if len(cell) > LONGEST_CELL:
        raise SheetError(
            lazy("The text in row %(row)s, column %(column)s is too long.", row=row, column=column)
        )
    try:
        return unguard(clean(cell).strip()).strip()
    except TextRefused as error:
        raise SheetError(
            lazy(
                "Row %(row)s, column %(column)s holds characters that cannot be stored.",
                row=row,
                column=column,
            )
        ) from error


def _too_many(limit: int) -> SheetError:
    return SheetError(
        lazy("The file has more than %(limit)s rows. Split it into smaller files.", limit=limit)
    )


# XLSX


def _read_xlsx(content: bytes, limit: int, sheet: str) -> Table:
    _check_zip(content)
    answer = _ask_child(content, limit, sheet)
    if refused := answer.get("refused"):
        raise _too_many(limit) if refused == "rows" else SheetError(_REFUSALS[refused])
    rows = list(_limited(answer["rows"], limit))
    return Table(rows, sheet=answer["sheet"], sheets=answer["sheets"])


_DAMAGED = lazy("This file is not a readable Excel file. Save it again as .xlsx or as CSV.")
_TOO_LARGE = lazy("This Excel file unpacks to more than we read. Save only the sheet with the table as CSV.")
_REFUSALS = {
    "damaged": _DAMAGED,
    "large": _TOO_LARGE,
    "password": lazy("This is an old or password-protected Excel file. Save it as .xlsx without a password."),
}


def _check_zip(content: bytes) -> None:
    """Refuse what unpacks to far more than it weighs, from the directory alone."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SheetError(_DAMAGED) from error
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or unpacked > HIGHEST_RATIO * len(content):
        raise SheetError(_TOO_LARGE)
    if any(entry.flag_bits & 1 for entry in entries):
        raise SheetError(_REFUSALS["password"])
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise SheetError(_DAMAGED)


def _ask_child(content: bytes, limit: int, sheet: str) -> dict[str, Any]:
    """Have the workbook read by a process with little memory and time, and without our environment."""
    command = [sys.executable, "-I", str(CHILD), str(limit + 1), sheet]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=CHILD_SECONDS, env={}, cwd="/"
        )
    except subprocess.TimeoutExpired as error:
        raise SheetError(_TOO_LARGE) from error
    if done.returncode != 0:  # out of memory or processor time
        raise SheetError(_TOO_LARGE)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


# What a table says


def guess_header_row(rows: Sequence[Sequence[str]], known_names: Iterable[str]) -> int:
    """The index of the row with the column names, past titles and notes above it.

    That is the row with the most known names; where none is known, the first that is filled at least half as
    wide as the widest row.
    """
    known = {search_key(name) for name in known_names}
    top = rows[:HEADER_WITHIN]
    hits = [len({search_key(cell) for cell in row if cell} & known) for row in top]
    if max(hits, default=0):
        return hits.index(max(hits))
    filled = [sum(1 for cell in row if cell) for row in top]
    return next((index for index, count in enumerate(filled) if count and 2 * count >= max(filled)), 0)


# Out

_FORMULA = re.compile(r"'*(?:[\t\r\n]|[\s\u200b-\u200d\u2060\ufeff]*[=+\-@＝＋－＠])")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Cell = object  # str, int, float, Decimal, bool, date, time or None; everything else through str()


def guard(text: str) -> str:
    """The text with a leading apostrophe if a spreadsheet would take it for a formula."""
    return "'" + text if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Exactly what `guard` was given: an apostrophe goes only where `guard` would have put it."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def write_csv(header: Sequence[str], rows: Iterable[Iterable[Cell]]) -> bytes:
    """RFC 4180 with a byte order mark, so that Excel in Japan reads it as UTF-8; every text is guarded and
    quoted.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([guard(_plain(name)) for name in header])
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> str | int | float | Decimal:
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return guard(_as_text(cell))
    return cell


def write_xlsx(header: Sequence[str], rows: Iterable[Iterable[Cell]], sheet: str = "Kouba") -> bytes:
    """A workbook of one sheet whose texts are texts, never formulas or links; the header stays in sight."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(_sheet_name(sheet))
        bold = book.add_format({"bold": True, "bottom": 1})
        for column, name in enumerate(header):
            page.write_string(0, column, _plain(name), bold)
            page.set_column(column, column, min(40, max(10, 2 * len(name))))
        page.freeze_panes(1, 0)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                _write_cell(page, number, column, cell)
    return out.getvalue()


def _write_cell(page: "Worksheet", row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        page.write_number(row, column, cell)
    elif text := _as_text(cell)[:LONGEST_CELL]:
        page.write_string(row, column, text)


def _as_text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return "" if cell is None else _plain(str(cell))


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _sheet_name(name: str) -> str:
    """Excel refuses some characters, apostrophes at the ends and more than 31 characters."""
    return re.sub(r"[\[\]:*?/\\]", " ", _plain(name))[:31].strip("' ") or "Sheet"
