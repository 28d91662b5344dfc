"""A committee's sheet goes in: factories with their part in an edition, programmes and slots, all or nothing.

Comparing its rows with what is there writes nothing: it gives a `Plan`, which knows for every row what will happen and what is
wrong. `write` carries a plan out. The database is asked a fixed number of times for any number of rows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import lazyload, selectinload

from eventapp import audit, clock
from eventapp.db import db
from eventapp.factories import cells, importing, joining
from eventapp.factories.joining import Joining, Joinings, Known
from eventapp.factories.sheet_parts import Remark
from eventapp.festivals.models import Edition, EditionState
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.tours import seats
from eventapp.tours.models import EntryMode, HeldAt, Kind, Programme, ProgrammeState, Slot, SlotState
from eventapp.tours.programmes import search_key_of
from eventapp.tours.sheet_rows import Offering, Row, kind_inside

MOST_SLOTS = 300  # of one row


class SheetRefused(RuleError):
    """The sheet cannot go in like this."""


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


# Comparing


def plan(rows: list[Row], edition: Edition, *, lock: bool = False) -> Plan:
    """What the rows would change in this edition. Raises RuleError where the edition is over."""
    if edition.state == EditionState.CLOSED:
        raise SheetRefused(lazy("This edition is over. What was said then stays as it was."))
    known = joining.load_known(edition, lock=lock)
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
    kind = kind_inside(title.get("ja") or title.get("en", "")) or Kind.TOUR
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
        if not joining.is_same(before, after):
            row.values[name] = after
            row.changes += joining.told(names.get(name, name), before, after)


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
