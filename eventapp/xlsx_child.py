"""Reads one XLSX workbook from standard input and writes its cells as JSON; run by `sheets` in a process of
its own.

The parser meets files that anybody may send. Here it has no more memory, processor time and rights than it
needs, and when it dies it takes nothing along. This file imports nothing of ours: it is started by its path.
"""

import json
import resource
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from io import BytesIO

MEMORY = 768 * 1024 * 1024  # bytes of address space
PROCESSOR_SECONDS = 20
MOST_COLUMNS = 300
MOST_CELLS = 1_500_000  # of the rectangle around everything filled, which the parser allocates
MOST_CHARACTERS = 16_000_000  # in all cells: one shared string can stand in a million of them


def main() -> int:
    limit, wanted = int(sys.argv[1]), sys.argv[2]
    with suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = read(sys.stdin.buffer.read(), wanted, limit)
    except MemoryError:
        answer = {"refused": "large"}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))
    return 0


def read(content: bytes, wanted: str, limit: int) -> dict[str, object]:
    """The wanted sheet, else the first one in which something stands."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        for name in [wanted] if wanted in book.sheet_names else book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.end is None:
                continue
            if sheet.end[1] >= MOST_COLUMNS or (sheet.end[0] + 1) * (sheet.end[1] + 1) > MOST_CELLS:
                return {"refused": "large"}
            rows = sheet.to_python(skip_empty_area=False)
            return {"sheets": book.sheet_names, "sheet": name, **filled(rows, limit)}
    except PasswordError:
        return {"refused": "password"}
    except (CalamineError, OSError, ValueError):
        return {"refused": "damaged"}
    return {"sheets": book.sheet_names, "sheet": "", "rows": []}


def filled(rows: Iterable[Iterable[object]], limit: int) -> dict[str, object]:
    """The rows up to the last filled one, each up to its last filled cell; refused above the limit."""
    kept: list[list[str]] = []
    blank = characters = 0
    for row in rows:
        cells = [as_text(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            blank += 1
            continue
        if len(kept) + blank >= limit:
            return {"refused": "rows"}
        characters += sum(map(len, cells))
        if characters > MOST_CHARACTERS:
            return {"refused": "large"}
        kept += [[] for _ in range(blank)] + [cells]
        blank = 0
    return {"rows": kept}


def as_text(cell: object) -> str:
    """Numbers as a person writes them, days and times as ISO 8601 without seconds that are zero."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else f"{cell.date()} {short(cell.time())}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return short(cell)
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return str(cell)


def short(moment: time) -> str:
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")


if __name__ == "__main__":
    sys.exit(main())
