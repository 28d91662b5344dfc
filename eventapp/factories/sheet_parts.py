"""What one row of a committee's sheet says of a factory and its part in an edition, and what is wrong with its cells.

A blank cell says nothing. Everything a row says is read, and every problem told at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from eventapp.factories import cells
from eventapp.factories.cells import CellError
from eventapp.factories.hours import Day
from eventapp.factories.models import PointKind
from eventapp.festivals import points
from eventapp.i18n import lazy

PROBLEMS: dict[str, object] = {
    **cells.PROBLEMS,
    "other_name": lazy("Row %(row)s has the same ID under another name: %(name)s."),
    "id_moved": lazy("So far this ID belonged to %(name)s, which has another name and another address."),
    "ambiguous": lazy("Several factories are called like this. Give the ID or the address."),
}
HINTS: dict[str, object] = {
    "said_before": lazy("Row %(row)s says something else about the same factory; that row counts."),
    "unknown_craft": lazy("“%(value)s” is not a craft we know; the factory can choose one."),
    "to_note": lazy("“%(value)s” is kept in the note: read it and fill in the visit rules."),
    "no_hours": lazy("Days without hours are not stored."),
    "kept_point": lazy("The entrance is known already, so the rough point is left out."),
}


@dataclass(frozen=True)
class Remark:
    """Something to tell about one cell, or about the whole row where `column` is empty. Only a problem `blocks`."""

    column: str
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    blocks: bool = True


Reader = Callable[[str], Any]
TEXTS: dict[str, tuple[str, str, Reader]] = {  # column of the sheet: (column of Factory, language, reader)
    f"{name}{ending}": (name, code, (cells.block if name == "story" else cells.line)(most))
    for name, most in (("name", 120), ("products", 300), ("story", 6000), ("address", 200), ("area", 60), ("access", 600),
                       ("parking", 300), ("shoes", 200), ("clothes", 200), ("photography_note", 300))
    for ending, code in (("", "ja"), ("_en", "en"))
}  # fmt: skip
PLAIN: dict[str, Reader] = {
    "kana": cells.read_kana, "postal_code": cells.read_postal_code, "website": cells.read_website, "phone": cells.read_phone,
    "email": cells.read_email, "guardian_below": cells.number(0, 99), "infants_take_place": cells.read_yes_no,
    "languages": cells.read_languages, "step_free": cells.read_degree, "stroller": cells.read_degree,
    "under_roof": cells.read_yes_no, "toilet": cells.read_yes_no, "nappy_change": cells.read_yes_no,
    "noise": cells.number(0, 3), "insurance_list": cells.read_yes_no, "no_same_trade": cells.read_yes_no,
    "asks_company": cells.read_yes_no,
}  # fmt: skip
LONGEST_NOTE = 4000
LONGEST_ID = 100


@dataclass
class Part:
    """What one row says of a factory and its entry. Texts are pieces: {"ja": ...} alone leaves the English as it is."""

    row: int
    key: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    days: dict[date, Day] | None = None
    entry: dict[str, Any] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    search_key: str = ""

    @property
    def name(self) -> str:
        name = self.values.get("name", {})
        return name.get("ja") or name.get("en") or ""

    def read(self, column: str, cell: str, reader: Reader) -> Any:
        """The cell's value; a problem beside the row, and None, where nothing can be made of it."""
        try:
            return reader(cell)
        except CellError as error:
            self.remarks.append(Remark(column, error.code, error.values))
            return None

    def note(self, words: str) -> None:
        """Keep words that no column holds, for the committee."""
        self.values["import_note"] = "\n".join(filter(None, (self.values.get("import_note"), words)))[
            :LONGEST_NOTE
        ]


def read_part(row: int, given: Mapping[str, str], held_on: Sequence[date], today: date) -> Part:
    """One row's cells, blank ones left out, by column."""
    part = Part(row, key=given.get("id", "")[:LONGEST_ID])
    for column, (name, code, reader) in TEXTS.items():
        if column in given and (value := part.read(column, given[column], reader)):
            part.values.setdefault(name, {})[code] = value
    for column, reader in PLAIN.items():
        if column in given:
            _put(part, column, part.read(column, given[column], reader))
    if "notes" in given:
        part.note(given["notes"])
    _read_address(part, given)
    _read_point(part, given)
    _read_rules(part, given)
    _read_days(part, given, held_on, today)
    return part


def _put(part: Part, column: str, value: Any) -> None:
    if value is not None:
        part.values[column] = value


def _read_address(part: Part, given: Mapping[str, str]) -> None:
    """Prefecture and city in columns of their own come before an address that does not begin with them."""
    address = part.values.get("address", {}).get("ja", "")
    if not address:
        return
    for before in (given.get("city", ""), given.get("pref", "")):
        if before and before not in address:
            address = f"{before}{address}"
    part.values["address"] = {**part.values["address"], "ja": address[:200]}


def _read_point(part: Part, given: Mapping[str, str]) -> None:
    for lat, lon, kind in (("lat", "lon", PointKind.EXACT), ("town_lat", "town_lon", PointKind.TOWN)):
        if (lat in given) != (lon in given):
            part.remarks.append(Remark(lat if lon in given else lon, "half_a_point"))
        elif lat in given and "point" not in part.values:
            _put_point(part, part.read(lat, given[lat], partial(cells.read_point, lon=given[lon])), kind)
    if "point" in given and part.values.get("point") != PointKind.EXACT:
        _put_point(part, part.read("point", given["point"], cells.read_map_link), PointKind.EXACT)


def _put_point(part: Part, point: points.Point | None, kind: PointKind) -> None:
    if point is not None:
        part.values |= {"lat": point.lat, "lon": point.lon, "point": kind}


def _read_rules(part: Part, given: Mapping[str, str]) -> None:
    """What people write about age, photos and craft in their own words; more than we can store goes into notes."""
    if "min_age" in given:
        youngest, guardian, said_all = cells.read_ages(given["min_age"])
        _put(part, "min_age", youngest)
        if "guardian_below" not in given:
            _put(part, "guardian_below", guardian)
        if not said_all:
            part.note(given["min_age"])
            part.remarks.append(
                Remark("min_age", "to_note", {"value": cells.shorten(given["min_age"])}, blocks=False)
            )
    if "photography" in given:
        allowed, words = cells.read_photography(given["photography"])
        _put(part, "photography", allowed)
        if words and "photography_note" not in part.values:
            part.values["photography_note"] = {"ja" if cells.is_japanese(words) else "en": words[:300]}
    if "craft" in given:
        craft = cells.read_craft(given["craft"])
        _put(part, "craft", craft)
        if craft is None and cells.plain(given["craft"]) not in cells.SAYS_NOTHING:
            part.remarks.append(
                Remark("craft", "unknown_craft", {"value": cells.shorten(given["craft"])}, blocks=False)
            )


def _read_days(part: Part, given: Mapping[str, str], held_on: Sequence[date], today: date) -> None:
    days: Sequence[date] | None = held_on
    if "open_days" in given:
        days = part.read("open_days", given["open_days"], lambda cell: cells.read_days(cell, held_on, today))
    if (
        "open_hours" in given
    ):  # looked at even where the days cannot be read, so that every problem is told at once
        part.days = part.read(
            "open_hours",
            given["open_hours"],
            lambda cell: cells.read_hours(cell, days or held_on, held_on, today),
        )
    elif days is not None and "open_days" in given:
        part.remarks.append(Remark("open_days", "no_hours", blocks=False))
    for column, code in (("message", "ja"), ("message_en", "en")):
        if column in given and (value := part.read(column, given[column], cells.line(500))):
            part.entry.setdefault("message", {})[code] = value
    if "last_entry" in given:
        minutes = part.read("last_entry", given["last_entry"], cells.number(0, 240))
        if minutes is not None:
            part.entry["last_entry_minutes"] = minutes
