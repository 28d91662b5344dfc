"""Everything of an edition as a sheet that can go in again, a template for it, and the list of slots for reading."""

from collections import defaultdict

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from eventapp import clock
from eventapp.db import db
from eventapp.factories import cells, columns, exporting
from eventapp.factories.models import Entry, EntryState, Factory
from eventapp.festivals.models import Booth, Edition
from eventapp.i18n import _
from eventapp.sheets import Cell
from eventapp.tours import sheet_rows
from eventapp.tours.models import Programme, ProgrammeState, Slot, SlotState
from eventapp.tours.words import ENTRY_MODES, KINDS

Sheet = tuple[list[str], list[list[Cell]]]  # the header and the rows


def template(code: str) -> Sheet:
    """An empty sheet with the names of the columns in a language."""
    return columns.header([column for column in columns.ALL if column.in_template], code), []


def factory_sheet(edition: Edition, code: str) -> Sheet:
    """Factories that take part, one row for each of their programmes, those without one in a single row.

    What is withdrawn is left out. Five statements, whatever the number of rows.
    """
    shown = [column for column in columns.ALL if column.in_template or column.group == columns.Group.TOLD]
    programmes = _programmes(edition)
    rows: list[list[Cell]] = []
    for entry in db.session.scalars(_entries(edition)):
        factory = exporting.describe(entry.factory, entry, code)
        for one in programmes.get(entry.id, [None]):
            given = {**factory, **(describe(one, code) if one is not None else {})}
            rows.append([given.get(column.key) for column in shown])
    return columns.header(shown, code), rows


def describe(programme: Programme, code: str) -> dict[str, Cell]:
    """The cells of one programme by column."""
    place = 0 if code == "ja" else 1
    given: dict[str, Cell] = {
        column: getattr(programme, name).get(language)
        for column, (name, language, _reader) in sheet_rows.TEXTS.items()
    }
    return {
        **given, "programme_id": programme.import_key or programme.code, "kind": sheet_rows.KINDS[programme.kind][place],
        "reservation": sheet_rows.MODES[programme.entry_mode][place], "duration": programme.duration_minutes,
        "price": programme.price_yen, "programme_min_age": programme.min_age, "programme_guardian_below": programme.guardian_below,
        "programme_languages": ", ".join(cells.LANGUAGES[one][place] for one in programme.languages if one in cells.LANGUAGES),
        **_times(programme),
    }  # fmt: skip


def _times(programme: Programme) -> dict[str, Cell]:
    """Start times day by day; a capacity beside each where they differ."""
    standing = [slot for slot in programme.slots if slot.state != SlotState.CANCELLED]
    capacities = {slot.capacity for slot in standing}
    same = capacities.pop() if len(capacities) == 1 else None
    days: dict[str, list[str]] = defaultdict(list)
    for slot in standing:
        start = clock.local(slot.starts_at, programme.edition.zone)
        places = f"({slot.capacity})" if same is None and slot.capacity is not None else ""
        days[start.date().isoformat()].append(f"{start:%H:%M}{places}")
    return {
        "start_times": "; ".join(f"{day} {', '.join(times)}" for day, times in days.items()),
        "capacity": same,
    }


def _entries(edition: Edition) -> Select[Entry]:
    return (
        select(Entry).join(Entry.factory)
        .where(Entry.edition_id == edition.id, Entry.state != EntryState.WITHDRAWN)
        .options(lazyload(Entry.edition), joinedload(Entry.factory, innerjoin=True).lazyload(Factory.festival),
                 joinedload(Entry.booth).joinedload(Booth.venue), selectinload(Entry.openings))
        .order_by(Factory.kana, Factory.id)
    )  # fmt: skip


def _programmes(edition: Edition) -> dict[int, list[Programme]]:
    found: dict[int, list[Programme]] = defaultdict(list)
    query = (
        select(Programme)
        .where(Programme.edition_id == edition.id, Programme.entry_id.is_not(None), Programme.state != ProgrammeState.WITHDRAWN)
        .options(lazyload(Programme.edition), lazyload(Programme.entry), lazyload(Programme.venue), lazyload(Programme.place),
                 selectinload(Programme.slots).lazyload(Slot.programme))
        .order_by(Programme.id)
    )  # fmt: skip
    for one in db.session.scalars(query):
        if one.entry_id is not None and one.kind in sheet_rows.KINDS:
            found[one.entry_id].append(one)
    return found


def slot_sheet(edition: Edition) -> Sheet:
    """Every slot with its seats, the committee's own tours too, in the reader's language: for reading, not for going in."""
    header = [
        _("Day"),
        _("Start"),
        _("End"),
        _("Programme"),
        _("Host"),
        _("Kind"),
        _("How to take part"),
        _("Places"),
        _("Taken"),
        _("State"),
    ]
    return header, [_slot_row(slot, edition) for slot in db.session.scalars(_slots(edition))]


def _slots(edition: Edition) -> Select[Slot]:
    programme = joinedload(Slot.programme, innerjoin=True)
    return (
        select(Slot).join(Slot.programme).where(Slot.edition_id == edition.id).order_by(Slot.starts_at, Slot.id)
        .options(programme.lazyload(Programme.edition), programme.joinedload(Programme.venue),
                 programme.joinedload(Programme.entry).options(lazyload(Entry.edition), joinedload(Entry.factory).lazyload(Factory.festival)))
    )  # fmt: skip


def _slot_row(slot: Slot, edition: Edition) -> list[Cell]:
    programme, start, end = (
        slot.programme,
        clock.local(slot.starts_at, edition.zone),
        clock.local(slot.ends_at, edition.zone),
    )
    host = (
        programme.entry.factory.name
        if programme.entry is not None
        else programme.venue.name
        if programme.venue is not None
        else _("Committee")
    )
    return [slot.day.isoformat(), f"{start:%H:%M}", f"{end:%H:%M}", str(programme.title), str(host), str(KINDS[programme.kind]),
            str(ENTRY_MODES[programme.entry_mode]), slot.capacity, slot.seats_taken if slot.capacity is not None else None,
            _state(slot)]  # fmt: skip


def _state(slot: Slot) -> str:
    words = {
        SlotState.OPEN: "",
        SlotState.CLOSED: _("No longer taking reservations"),
        SlotState.CANCELLED: _("Called off"),
    }
    return str(words[slot.state])
