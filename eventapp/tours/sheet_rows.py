"""The rows of a committee's sheet: what each says of a factory (`factories/sheet_parts.py`) and of a programme with its times."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from eventapp import sheets
from eventapp.factories import cells, columns, sheet_parts
from eventapp.factories.cells import CellError
from eventapp.factories.hours import HoursError, parse_time
from eventapp.factories.joining import Change, Joining
from eventapp.factories.sheet_parts import Part, Reader, Remark
from eventapp.festivals.models import Edition
from eventapp.i18n import lazy
from eventapp.tours.models import EntryMode, Kind, Programme, ProgrammeState, Slot

PROBLEMS: dict[str, object] = {
    **sheet_parts.PROBLEMS,
    "to_the_right": lazy(
        "Something stands to the right of the last column name. Is a comma or a quotation mark out of place?"
    ),
    "no_title": lazy("The programme has no name."),
    "outside": lazy("This time is not within a day of the festival: %(value)s."),
    "over": lazy("This time is already over: %(value)s."),
    "mode": lazy("The way to take part cannot change while there are slots."),
    "too_small": lazy("At %(time)s %(taken)s places are taken, so there cannot be fewer."),
    "too_many_slots": lazy("These are more than %(most)s slots."),
}
HINTS: dict[str, object] = {
    **sheet_parts.HINTS,
    "short_row": lazy("The row ends before the last column; what is missing counts as blank."),
    "no_capacity": lazy("Without a capacity no slots are made; the programme stays a draft."),
    "no_times": lazy("Without start times the programme stays a draft."),
    "not_japanese": lazy("Without a Japanese name the programme stays a draft."),
}
KINDS: dict[Kind, tuple[str, ...]] = {  # the Japanese and the English word, then what else people write
    Kind.TOUR: ("見学", "Factory tour", "工場見学", "見学会", "ツアー", "tour", "オープンファクトリー"),
    Kind.WORKSHOP: ("ワークショップ", "Workshop", "体験", "実演・体験", "ものづくり体験"),
    Kind.TALK: ("トーク", "Talk", "トークイベント", "講演", "講演会", "セミナー", "座談会"),
    Kind.SALE: ("物販・直売", "Sale", "物販", "直売", "販売", "即売"),
    Kind.EXHIBITION: ("展示", "Exhibition", "展示会", "実演"),
    Kind.FOOD: ("飲食", "Food", "カフェ", "試食", "試飲"),
    Kind.ONLINE: ("オンライン", "Online visit", "オンライン見学", "配信"),
}
MODES: dict[EntryMode, tuple[str, ...]] = {
    EntryMode.OPEN: ("予約不要(随時)", "No booking, any time", "随時", "walk-in", "自由", "自由見学", "open"),
    EntryMode.TIMED: ("予約不要(時間制)", "No booking, at fixed times", "時間制", "当日受付", "先着", "timed"),
    EntryMode.BOOKING: ("要予約", "Booking required", "予約", "予約制", "事前予約", "事前申込", "事前申込制", "booking", "reservation",
                        "advance application", "application", "抽選", "○"),
}  # fmt: skip
_KINDS = {cells.plain(word): kind for kind, words in KINDS.items() for word in (kind.value, *words)}
# The kind that the words of a title mean: 体験 before 実演, because people come to do something themselves.
_INSIDE = [
    (kind, [cells.plain(word) for word in (kind.value, *KINDS[kind])])
    for kind in (Kind.WORKSHOP, Kind.TALK, Kind.SALE, Kind.ONLINE, Kind.FOOD, Kind.TOUR, Kind.EXHIBITION)
]
_MODES = {cells.plain(word): mode for mode, words in MODES.items() for word in (mode.value, *words)}
TEXTS: dict[str, tuple[str, str, Reader]] = {  # column of the sheet: (column of Programme, language, reader)
    f"{name}{ending}": (name, code, (cells.block if name == "description" else cells.line)(most))
    for name, most in (("title", 200), ("description", 6000), ("price_note", 200), ("bring", 300))
    for ending, code in (("", "ja"), ("_en", "en"))
}
PLAIN: dict[str, tuple[str, Reader]] = {
    "duration": ("duration_minutes", cells.read_minutes),
    "programme_languages": ("languages", cells.read_languages),
    "programme_min_age": ("min_age", cells.number(0, 99)),
    "programme_guardian_below": ("guardian_below", cells.number(0, 99)),
}


@dataclass(frozen=True)
class Start:
    """A start time as a row says it: on one day, or on every day the factory is open (day None)."""

    day: date | None
    wall: time
    capacity: int | None = None


@dataclass
class Offering:
    """What one row says of a programme."""

    key: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    mode: EntryMode | None = None
    starts: list[Start] = field(default_factory=list)
    capacity: int | None = None


@dataclass
class Row:
    """One row of the sheet: its cells, what they say, what will happen."""

    number: int
    part: Part
    offering: Offering | None
    joining: Joining | None = None
    programme: Programme | None = None
    state: ProgrammeState | None = None  # the one the programme will be in, where it changes
    is_first: bool = False
    changes: list[Change] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)  # of Programme, whole
    new_slots: list[tuple[datetime, int | None]] = field(default_factory=list)
    capacities: list[tuple[Slot, int]] = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        return any(remark.blocks for remark in self.part.remarks)


def read(table: sheets.Table, header: int, keys: Sequence[str], edition: Edition) -> list[Row]:
    """The rows under the header, blank ones left out. Asks no database beyond the edition's own days."""
    names, held_on, today = table.rows[header], edition.dates, edition.today()
    rows = []
    for number, row in enumerate(table.rows[header + 1 :], header + 2):
        given = give_names(row, names, keys)
        if not any(row):
            continue
        part = sheet_parts.read_part(number, given, held_on, today)
        if any(row[len(names) :]):
            part.remarks.append(Remark("", "to_the_right"))
        elif table.delimiter and len(row) < len(names):
            part.remarks.append(Remark("", "short_row", blocks=False))
        rows.append(Row(number, part, read_offering(part, given, held_on, today)))
    return rows


def give_names(row: Sequence[str], names: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    """The filled cells of a row by column. Several columns may be notes; the second and later ones tell their name."""
    given: dict[str, str] = {}
    for name, key, cell in zip(names, keys, row, strict=False):
        if not key or cells.is_blank(cell):
            continue
        if key == columns.NOTES and key in given:
            given[key] += f"\n{name}: {cell}"
        elif key not in given:
            given[key] = cell
    return given


def read_offering(
    part: Part, given: Mapping[str, str], held_on: Sequence[date], today: date
) -> Offering | None:
    """The programme of a row; None where the row names none."""
    if not any(column in given for column in (*TEXTS, "kind", "start_times", "programme_id")):
        return None
    offering = Offering(key=given.get("programme_id", "")[: sheet_parts.LONGEST_ID])
    for column, (name, code, reader) in TEXTS.items():
        if column in given and (value := part.read(column, given[column], reader)):
            offering.values.setdefault(name, {})[code] = value
    for column, (name, reader) in PLAIN.items():
        if column in given and (value := part.read(column, given[column], reader)) is not None:
            offering.values[name] = value
    _read_price(part, offering, given)
    _read_kind(part, offering, given)
    _read_times(part, offering, given, held_on, today)
    return offering


def _read_price(part: Part, offering: Offering, given: Mapping[str, str]) -> None:
    read = part.read("price", given["price"], cells.read_price) if "price" in given else None
    if read is not None:
        offering.values["price_yen"], words = read
        if words and "price_note" not in offering.values:
            offering.values["price_note"] = {"ja" if cells.is_japanese(words) else "en": words[:200]}


def _read_kind(part: Part, offering: Offering, given: Mapping[str, str]) -> None:
    if "kind" not in given:
        return
    kind = _KINDS.get(cells.plain(given["kind"])) or kind_inside(given["kind"])
    if kind is None:
        known = ", ".join(words[0] for words in KINDS.values())
        part.remarks.append(Remark("kind", "choice", {"value": cells.shorten(given["kind"]), "known": known}))
    else:
        offering.values["kind"] = kind


def kind_inside(words: str) -> Kind | None:
    folded = cells.plain(words)
    return next((kind for kind, known in _INSIDE if any(word in folded for word in known)), None)


def _read_times(
    part: Part, offering: Offering, given: Mapping[str, str], held_on: Sequence[date], today: date
) -> None:
    """Start times, places, and how one takes part: said in words, or else clear from the other two."""
    if "capacity" in given:
        offering.capacity = part.read("capacity", given["capacity"], cells.number(0, 1000))
    if "start_times" in given:
        offering.starts = (
            part.read("start_times", given["start_times"], lambda cell: read_starts(cell, held_on, today))
            or []
        )
    if "reservation" in given:
        offering.mode = part.read("reservation", given["reservation"], _read_mode)
    elif offering.starts:
        has_places = offering.capacity is not None or any(
            start.capacity is not None for start in offering.starts
        )
        offering.mode = EntryMode.BOOKING if has_places else EntryMode.TIMED
    if offering.mode == EntryMode.OPEN and offering.starts:
        offering.mode = EntryMode.TIMED  # "no booking" with start times


def _read_mode(cell: str) -> EntryMode:
    words = cells.plain(cell)
    if words in _MODES:
        return _MODES[words]
    if re.search(r"不要|なし|無し|自由|walk|no booking|not (?:needed|required)|×", words):
        return EntryMode.OPEN
    if re.search(r"予約|申込|申し込み|抽選|book|reserv|appl|sign.?up", words):
        return EntryMode.BOOKING
    raise CellError("choice", value=cell, known=", ".join(names[0] for names in MODES.values()))


_TIME = r"\d{1,2}(?:\s*[:.時]\s*(?:\d{2}|半)?\s*分?|\d\d)(?!\d)"
_START = re.compile(
    rf"(?:第?\d{{1,2}}回目?\s*:?\s*)?({_TIME})\s*(?:(?:[-~〜–—]|から)\s*(?:{_TIME})?(?:まで)?)?\s*(?:開始|スタート|の部)?"
    r"\s*(?:\((\d{1,4})\s*(?:名|人|people|places)?\))?[\s,、/・|]*"
)
_CIRCLED = re.compile("[\u2460-\u2473\u2776-\u277f\u24f5-\u24fe]")


def read_starts(cell: str, held_on: Sequence[date], today: date) -> list[Start]:
    """`10:00, 11:00(8)`, `①10:00〜 ②13:00〜`, `2026-11-28 10:00; 2026-11-29 13:00`. The number is the capacity."""
    found: list[Start] = []
    for on, words in cells.split_by_day(_CIRCLED.sub("、", cell), held_on, today):
        days: Sequence[date | None] = [None] if on is None else on
        found += [
            Start(day, wall, capacity) for wall, capacity in _starts_of_day(words, cell) for day in days
        ]
    if not found:
        raise CellError("times", value=cell)
    return found


def _starts_of_day(words: str, cell: str) -> list[tuple[time, int | None]]:
    rest, found = unicodedata.normalize("NFKC", words).strip(" ,、/・"), []
    while rest:
        match = _START.match(rest)
        if match is None:
            raise CellError("times", value=cell)
        try:
            found.append((parse_time(match[1]), int(match[2]) if match[2] else None))
        except HoursError as error:
            raise CellError("times", value=cell) from error
        rest = rest[match.end() :]
    return found
