"""What an import would do, told row by row for a page or a terminal."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from eventapp.factories import cells
from eventapp.i18n import Translated, lazy
from eventapp.tours.importing import Plan
from eventapp.tours.models import ProgrammeState
from eventapp.tours.sheet_rows import HINTS, PROBLEMS, Row

DEEDS: dict[str, object] = {  # what happens with a row, in a few words
    "factory_new": lazy("new factory"),
    "entry_new": lazy("takes part in this edition"),
    "programme_new": lazy("new programme: %(title)s"),
    "programme_draft": lazy("new programme, as a draft: %(title)s"),
    "programme_ready": lazy("the programme is published: %(title)s"),
    "slots_new": lazy("new slots: %(number)s"),
    "slots_changed": lazy("slots with another capacity: %(number)s"),
}


def tell(todo: Plan) -> dict[str, Any]:
    """The plan as plain data for a page: every row, problems first, and the sums. Sentences are made by who shows it."""
    lines = [_line(row) for row in todo.rows]
    return {
        "lines": sorted(
            lines, key=lambda line: (line["action"] != "problem", not line["remarks"], line["row"])
        ),
        "sums": dict(Counter(line["action"] for line in lines)) | _sums(todo),
    }


def _sums(todo: Plan) -> dict[str, int]:
    return {
        "rows": len(todo.rows),
        "factories_new": sum(one.is_new for one in todo.joinings.all),
        "entries_new": sum(one.joins for one in todo.joinings.all),
        "factories_changed": sum(
            not one.is_new and bool(one.values or one.entry_changes) for one in todo.joinings.all
        ),
        "programmes_new": sum(row.programme is None and row.state is not None for row in todo.rows),
        "drafts": sum(row.programme is None and row.state == ProgrammeState.DRAFT for row in todo.rows),
        "slots_new": sum(len(row.new_slots) for row in todo.rows),
        "problems": sum(remark.blocks for row in todo.rows for remark in row.part.remarks),
    }


def _line(row: Row) -> dict[str, Any]:
    deeds, changes = _deeds(row), [asdict(change) for change in row.changes]
    if row.joining is not None and row.is_first:
        changes = [asdict(change) for change in (*row.joining.changes, *row.joining.entry_changes)] + changes
    is_new = row.joining is not None and row.is_first and row.joining.is_new
    action = "problem" if row.is_wrong else "new" if is_new else "changed" if deeds or changes else "same"
    name = row.part.name or (row.joining.part.name if row.joining is not None else "")
    if not name and row.joining is not None and row.joining.factory is not None:
        name = str(row.joining.factory.name)
    return {
        "row": row.number, "name": cells.shorten(name), "action": action, "deeds": deeds, "changes": changes,
        "remarks": [asdict(remark) for remark in row.part.remarks],
    }  # fmt: skip


def _deeds(row: Row) -> list[list[Any]]:
    deeds: list[list[Any]] = []
    if row.joining is not None and row.is_first:
        deeds += [["factory_new", {}]] if row.joining.is_new else []
        deeds += [["entry_new", {}]] if row.joining.joins else []
    if row.state is not None:
        title = row.values.get("title") or (
            row.programme.title if row.programme is not None else Translated()
        )
        code = (
            "programme_draft"
            if row.state == ProgrammeState.DRAFT
            else "programme_new"
            if row.programme is None
            else "programme_ready"
        )
        deeds.append([code, {"title": cells.shorten(title.text("ja"))}])
    for code, slots in (("slots_new", row.new_slots), ("slots_changed", row.capacities)):
        if slots:
            deeds.append([code, {"number": len(slots)}])
    return deeds


def sentence(remark: Mapping[str, Any]) -> str:
    """A remark of a told plan in the reader's language."""
    words = str((PROBLEMS if remark["blocks"] else HINTS)[remark["code"]])
    return words % dict(remark["values"])


def deed(code: str, values: Mapping[str, Any]) -> str:
    """What happens with a row, in the reader's language."""
    words = str(DEEDS[code])
    return words % values
