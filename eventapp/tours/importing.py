"""A committee's sheet goes in: factories with their part in an edition, programmes and slots, all or nothing.

Reading a table and comparing it with what is there writes nothing: it gives a `Plan`, which tells for every row what will
happen and what is wrong. `write` carries a plan out. The database is asked a fixed number of times for any number of rows.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import lazyload, selectinload

from eventapp import audit, clock, sheets
from eventapp.db import db
from eventapp.factories import cells, columns, importing
from eventapp.factories.cells import CellError
from eventapp.factories.hours import HoursError, parse_time
from eventapp.factories.importing import Change, Joining, Joinings, Known, Part, Reader, Remark
from eventapp.festivals.models import Edition, EditionState
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.tours import seats
from eventapp.tours.models import EntryMode, HeldAt, Kind, Programme, ProgrammeState, Slot, SlotState
from eventapp.tours.programmes import search_key_of

MOST_SLOTS = 300  # of one row


class SheetRefused(RuleError):
    """The sheet cannot go in like this."""


PROBLEMS: dict[str, object] = {
    **importing.PROBLEMS,
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
    **importing.HINTS,
    "short_row": lazy("The row ends before the last column; what is missing counts as blank."),
    "no_capacity": lazy("Without a capacity no slots are made; the programme stays a draft."),
    "no_times": lazy("Without start times the programme stays a draft."),
    "not_japanese": lazy("Without a Japanese name the programme stays a draft."),
}
DEEDS: dict[str, object] = {  # what happens with a row, in a few words
    "factory_new": lazy("new factory"),
    "entry_new": lazy("takes part in this edition"),
    "programme_new": lazy("new programme: %(title)s"),
    "programme_draft": lazy("new programme, as a draft: %(title)s"),
    "programme_ready": lazy("the programme is published: %(title)s"),
    "slots_new": lazy("new slots: %(number)s"),
    "slots_changed": lazy("slots with another capacity: %(number)s"),
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


@dataclass
class Plan:
    """Everything an import would do."""

    edition: Edition
    known: Known
    rows: list[Row]
    joinings: Joinings

    @property
    def is_wrong(self) -> bool:
        return any(row.is_wrong for row in self.rows)


# Reading


def read(table: sheets.Table, header: int, keys: Sequence[str], edition: Edition) -> list[Row]:
    """The rows under the header, blank ones left out. Asks no database beyond the edition's own days."""
    names, held_on, today = table.rows[header], edition.dates, edition.today()
    rows = []
    for number, row in enumerate(table.rows[header + 1 :], header + 2):
        given = give_names(row, names, keys)
        if not any(row):
            continue
        part = importing.read_part(number, given, held_on, today)
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
    offering = Offering(key=given.get("programme_id", "")[: importing.LONGEST_ID])
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
    kind = _KINDS.get(cells.plain(given["kind"])) or _kind_inside(given["kind"])
    if kind is None:
        known = ", ".join(words[0] for words in KINDS.values())
        part.remarks.append(Remark("kind", "choice", {"value": cells.shorten(given["kind"]), "known": known}))
    else:
        offering.values["kind"] = kind


def _kind_inside(words: str) -> Kind | None:
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


# Comparing


def plan(rows: list[Row], edition: Edition, *, lock: bool = False) -> Plan:
    """What the rows would change in this edition. Raises RuleError where the edition is over."""
    if edition.state == EditionState.CLOSED:
        raise SheetRefused(lazy("This edition is over. What was said then stays as it was."))
    known = importing.load_known(edition, lock=lock)
    joinings = Joinings(known, edition)
    programmes: dict[int | None, list[Programme]] = defaultdict(list)
    for one in _load_programmes(edition, lock=lock):
        programmes[one.entry_id].append(one)
    made: dict[tuple[int, str], Row] = {}
    seen: set[int] = set()
    for row in rows:
        row.joining = joinings.add(row.part, goes_on=row.offering is not None)
        if row.joining is None:
            continue
        row.is_first = id(row.joining) not in seen
        seen.add(id(row.joining))
        if row.offering is not None:
            _plan_programme(row, row.joining, row.offering, programmes, edition, made)
    return Plan(edition, known, rows, joinings)


def _load_programmes(edition: Edition, *, lock: bool) -> list[Programme]:
    """The factories' programmes of an edition with the slots that stand, two statements."""
    query = (
        select(Programme).where(Programme.edition_id == edition.id, Programme.entry_id.is_not(None)).order_by(Programme.id)
        .options(lazyload(Programme.edition), lazyload(Programme.entry), lazyload(Programme.venue), lazyload(Programme.place),
                 selectinload(Programme.slots).lazyload(Slot.programme))
    )  # fmt: skip
    return list(db.session.scalars(query.with_for_update(of=Programme) if lock else query))


def _plan_programme(row: Row, joining: Joining, offering: Offering, programmes: Mapping[int | None, list[Programme]], edition: Edition,
                    made: dict[tuple[int, str], Row]) -> None:  # fmt: skip
    title = offering.values.get("title", {})
    row.programme = _find_programme(joining, offering, programmes)
    if row.programme is None and not title:
        row.part.remarks.append(Remark("title", "no_title"))
        return
    mark = (id(joining), offering.key or cells.plain(next(iter(title.values()), "")))
    if (before := made.get(mark)) is not None:
        row.part.remarks.append(Remark("title", "said_before", {"row": before.number}, blocks=False))
        return
    made[mark] = row
    if row.programme is None:
        _plan_new(row, offering)
    else:
        _compare(row, row.programme, offering)
    _plan_slots(row, joining, offering, edition)
    _plan_state(row, offering)


def _find_programme(
    joining: Joining, offering: Offering, programmes: Mapping[int | None, list[Programme]]
) -> Programme | None:
    if joining.entry is None:
        return None
    own = programmes.get(joining.entry.id, [])
    if offering.key:
        return next((one for one in own if offering.key in {one.import_key, one.code}), None)
    titles = {cells.plain(words) for words in offering.values.get("title", {}).values()}
    return next((one for one in own if titles & {cells.plain(words) for words in one.title.values()}), None)


def _plan_new(row: Row, offering: Offering) -> None:
    title = offering.values["title"]
    kind = _kind_inside(title.get("ja") or title.get("en", "")) or Kind.TOUR
    texts = {
        name: Translated(offering.values.get(name, {}))
        for name in ("title", "description", "price_note", "bring")
    }
    row.values = {"kind": kind, "duration_minutes": 60, "price_yen": 0, "languages": [], **offering.values, **texts,
                  "entry_mode": offering.mode or EntryMode.OPEN}  # fmt: skip
    if offering.key:
        row.values["import_key"] = offering.key


def _compare(row: Row, programme: Programme, offering: Offering) -> None:
    wanted = dict(offering.values)
    if offering.mode is not None:
        wanted["entry_mode"] = offering.mode
    if (
        programme.slots
        and wanted.get("entry_mode", programme.entry_mode) != programme.entry_mode
        and _standing(programme)
    ):
        row.part.remarks.append(Remark("reservation", "mode"))
        return
    names = {"duration_minutes": "duration", "price_yen": "price", "entry_mode": "reservation", "languages": "programme_languages",
             "min_age": "programme_min_age", "guardian_below": "programme_guardian_below"}  # fmt: skip
    for name, value in wanted.items():
        before = getattr(programme, name)
        after = Translated({**before, **value}) if isinstance(before, Translated) else value
        if not importing.is_same(before, after):
            row.values[name] = after
            row.changes += importing.told(names.get(name, name), before, after)


def _standing(programme: Programme) -> list[Slot]:
    return [slot for slot in programme.slots if slot.state != SlotState.CANCELLED]


def _plan_slots(row: Row, joining: Joining, offering: Offering, edition: Edition) -> None:
    """Slots for start times that are not there yet; other capacities for those that are."""
    mode = row.values.get(
        "entry_mode", row.programme.entry_mode if row.programme is not None else EntryMode.OPEN
    )
    if mode == EntryMode.OPEN:
        return
    there = {slot.starts_at: slot for slot in _standing(row.programme)} if row.programme is not None else {}
    wanted = _wanted_starts(row, joining, offering, edition)
    if len(wanted) > MOST_SLOTS:
        row.part.remarks.append(Remark("start_times", "too_many_slots", {"most": MOST_SLOTS}))
        return
    for starts_at, capacity in wanted.items():
        capacity = capacity if mode == EntryMode.BOOKING else None
        if starts_at in there:
            _plan_capacity(row, there[starts_at], capacity, edition)
        elif mode == EntryMode.TIMED or capacity is not None:
            _plan_slot(row, starts_at, capacity, edition)
    if mode == EntryMode.BOOKING and wanted and None in wanted.values() and not there:
        row.part.remarks.append(Remark("capacity", "no_capacity", blocks=False))


def _wanted_starts(
    row: Row, joining: Joining, offering: Offering, edition: Edition
) -> dict[datetime, int | None]:
    days = joining.days(edition.dates)
    return {
        clock.at(day, start.wall, edition.zone): start.capacity if start.capacity is not None else offering.capacity
        for start in offering.starts for day in ([start.day] if start.day is not None else days)
    }  # fmt: skip


def _plan_slot(row: Row, starts_at: datetime, capacity: int | None, edition: Edition) -> None:
    minutes = row.values.get(
        "duration_minutes", row.programme.duration_minutes if row.programme is not None else 60
    )
    ends_at, day = starts_at + timedelta(minutes=minutes), clock.local(starts_at, edition.zone).date()
    shown = f"{clock.local(starts_at, edition.zone):%Y-%m-%d %H:%M}"
    if ends_at > clock.day_bounds(day, edition.zone)[1]:
        row.part.remarks.append(Remark("start_times", "outside", {"value": shown}))
    elif ends_at <= clock.now():
        row.part.remarks.append(Remark("start_times", "over", {"value": shown}))
    else:
        row.new_slots.append((starts_at, capacity))


def _plan_capacity(row: Row, slot: Slot, capacity: int | None, edition: Edition) -> None:
    if capacity is None or slot.capacity is None or capacity == slot.capacity:
        return
    if capacity < slot.seats_taken:
        shown = f"{clock.local(slot.starts_at, edition.zone):%m-%d %H:%M}"
        row.part.remarks.append(Remark("capacity", "too_small", {"time": shown, "taken": slot.seats_taken}))
    else:
        row.capacities.append((slot, capacity))


def _plan_state(row: Row, offering: Offering) -> None:
    """A new programme is published when nothing is missing; a draft that lacked only times is published with them."""
    title = row.values.get("title") or (row.programme.title if row.programme is not None else {})
    mode = row.values.get("entry_mode", row.programme.entry_mode if row.programme is not None else None)
    is_ready = bool(title.get("ja")) and (mode == EntryMode.OPEN or bool(row.new_slots))
    if row.programme is None:
        row.state = ProgrammeState.PUBLISHED if is_ready else ProgrammeState.DRAFT
        if not title.get("ja"):
            row.part.remarks.append(Remark("title", "not_japanese", blocks=False))
        elif mode != EntryMode.OPEN and not offering.starts:
            row.part.remarks.append(Remark("start_times", "no_times", blocks=False))
    elif (
        row.programme.state == ProgrammeState.DRAFT
        and row.new_slots
        and not _standing(row.programme)
        and is_ready
    ):
        row.state = ProgrammeState.PUBLISHED


def prepare(rows: Sequence[Row]) -> None:
    """Fold the words of the rows for searching, which takes a while, before the database is held for writing."""
    for row in rows:
        importing.prepare(row.part)


# Writing


def write(todo: Plan, *, by: audit.Actor | str) -> None:
    """Carry the plan out, in the caller's transaction. Raises RuleError, and writes nothing, where a row is wrong."""
    if todo.is_wrong:
        raise SheetRefused(
            lazy("Some rows have problems now. Nothing was imported. Please look at the preview again.")
        )
    importing.write(todo.joinings.all, todo.known, todo.edition, by=by)
    rows = [row for row in todo.rows if row.offering is not None and row.joining is not None]
    made = [row for row in rows if row.programme is None and row.state is not None]
    fresh = {id(row) for row in made}
    for row in made:
        row.programme = _new_programme(row, todo.edition)
        db.session.add(row.programme)
    for row in rows:
        if row.programme is not None and id(row) not in fresh:
            _change_programme(row, row.programme)
    db.session.flush()  # ids and codes of the new ones; the factory is read through the programme's own links
    for row in rows:
        if row.programme is not None and (row.values or row.state):
            row.programme.search_key = search_key_of(row.programme)
    _write_slots(rows, todo.edition)
    _record(rows, fresh, todo.edition, by)
    db.session.flush()


def _new_programme(row: Row, edition: Edition) -> Programme:
    entry = row.joining.entry if row.joining is not None else None
    if entry is None or row.state is None:
        raise ValueError("a programme of the sheet has a factory")
    held_at = HeldAt.BOOTH if not entry.at_factory and entry.booth_id is not None else HeldAt.ENTRANCE
    return Programme(edition_id=edition.id, entry_id=entry.id, created_at=clock.now(), state=row.state, held_at=held_at,
                     version=1, **row.values)  # fmt: skip


def _change_programme(row: Row, programme: Programme) -> None:
    for name, value in row.values.items():
        setattr(programme, name, value)
    if row.state is not None:
        programme.state = row.state
    if row.values or row.state is not None:
        programme.version += 1


def _write_slots(rows: Sequence[Row], edition: Edition) -> None:
    fresh: list[dict[str, Any]] = []
    for row in rows:
        if row.programme is None:
            continue
        for slot, capacity in row.capacities:
            if not seats.set_capacity(slot.id, capacity):
                raise SheetRefused(
                    lazy(
                        "Some rows have problems now. Nothing was imported. Please look at the preview again."
                    )
                )
        fresh += [_new_slot(row.programme, starts_at, places, edition) for starts_at, places in row.new_slots]
    if fresh:
        db.session.execute(insert(Slot), fresh)  # thousands in one statement


def _new_slot(
    programme: Programme, starts_at: datetime, capacity: int | None, edition: Edition
) -> dict[str, Any]:
    ends_at = starts_at + timedelta(minutes=programme.duration_minutes)
    return {"programme_id": programme.id, "edition_id": edition.id, "day": clock.local(starts_at, edition.zone).date(),
            "starts_at": starts_at, "ends_at": ends_at, "closes_at": starts_at, "capacity": capacity}  # fmt: skip


def _record(rows: Sequence[Row], made: set[int], edition: Edition, by: audit.Actor | str) -> None:
    for row in rows:
        if row.programme is None:
            continue
        subject = f"programme:{row.programme.code}"
        if id(row) in made:
            audit.record(
                "programme.created",
                subject,
                festival_id=edition.festival_id,
                by=by,
                details={"title": dict(row.programme.title)},
            )
        elif row.changes or row.capacities:
            details: dict[str, Any] = {change.column: [change.before, change.after] for change in row.changes}
            if row.capacities:
                details["capacity"] = [row.capacities[0][0].capacity, row.capacities[0][1]]
            audit.record("programme.edited", subject, festival_id=edition.festival_id, by=by, details=details)
        if row.new_slots:
            starts = [starts_at.isoformat() for starts_at, _capacity in row.new_slots]
            audit.record(
                "slot.added", subject, festival_id=edition.festival_id, by=by, details={"starts": starts}
            )


# Telling


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
