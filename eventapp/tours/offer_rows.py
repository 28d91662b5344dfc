"""What is on, as the database has it: columns instead of objects, each table as one JSON text, all in one statement.

What visitors may not see (entries that were not accepted, programmes that are not published) is left out here and nowhere else.
"""

import json
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, String, bindparam, func, select, type_coerce

from eventapp.factories.models import Entry, EntryState, Factory, Opening, Photo, PointKind
from eventapp.festivals import notices
from eventapp.festivals.models import Booth, Edition, EditionDay, Festival, Place, Venue
from eventapp.statements import Ready, as_text, pack, pack_rows
from eventapp.tours.models import Programme, ProgrammeState, ProgrammeStop, Slot, SlotState


class Rows(NamedTuple):
    """All that is on, as the database has it: what the edition, its days and its festival say; entries, their hours, their
    factories' photos; programmes and their times. Each is one JSON text, compared at once with what was read before.
    """  # fmt: skip

    edition: str
    entries: str
    hours: str
    photos: str
    programmes: str
    times: str


class TimeRow(NamedTuple):
    """A slot; its moments are UTC as the database writes them."""

    start: str
    end: str
    code: str
    capacity: int | None
    taken: int
    state: str
    closes: str


class ProgrammeRow(NamedTuple):
    """A published programme, texts in several languages as they are stored; and its times."""

    entry_id: int | None
    code: str
    kind: str
    title: str
    entry_mode: str
    duration_minutes: int
    price_yen: int
    min_age: int | None
    languages: str | None
    search_key: str
    place_id: int | None
    place_code: str | None
    place_kind: str | None
    place_name: str | None
    place_lat: float | None
    place_lon: float | None
    venue_id: int | None
    venue_code: str | None
    venue_name: str | None
    venue_lat: float | None
    venue_lon: float | None
    times: tuple[tuple[Any, ...], ...]  # of `TimeRow`


def read_rows(edition_id: int, *, is_over: bool, day: date | None) -> Rows:
    """All that is on (on that day) in one statement and one row."""
    values: dict[str, Any] = {"edition": edition_id} | ({"day": day} if day is not None else {})
    (row,) = _select_rows(day is not None, is_over).rows(**values)
    return Rows._make(row)


def _raw(column: Any) -> ColumnElement[Any]:
    """The column as the database has it, without making an enum of every row."""
    return type_coerce(column, String)


@lru_cache(maxsize=2)
def _select_entries(is_over: bool) -> Select[Any]:
    return _of_accepted_entries(
        Entry.id, Factory.id, Factory.slug, Entry.code, as_text(Factory.name), Factory.kana, _raw(Factory.craft),
        as_text(Factory.area), as_text(Factory.products), Booth.number, as_text(Venue.name),
        func.coalesce(Factory.lat, Venue.lat), func.coalesce(Factory.lon, Venue.lon),
        sa.case((Factory.lat.is_(None), PointKind.EXACT.value), else_=_raw(Factory.point)),
        Factory.min_age, as_text(Factory.languages), _raw(Factory.step_free), _raw(Factory.stroller), Factory.under_roof,
        Factory.search_key, as_text(Entry.frozen) if is_over else sa.literal(""),
    ).outerjoin(Booth, Booth.id == Entry.booth_id).outerjoin(Venue, Venue.id == Booth.venue_id)  # fmt: skip


def _of_accepted_entries(*columns: Any) -> Select[Any]:
    accepted = (Entry.edition_id == bindparam("edition")) & (Entry.state == EntryState.ACCEPTED)
    return select(*columns).select_from(Entry).join(Factory, Factory.id == Entry.factory_id).where(accepted)


NOT_SHOWN = frozenset({"base_map", "content_version", "import_columns"})


@lru_cache(maxsize=4)
def _select_rows(of_one_day: bool, is_over: bool) -> Ready:
    """The columns of `Rows`."""
    days = select(as_text(EditionDay.date)).where(EditionDay.edition_id == Edition.id)
    said = [as_text(getattr(model, column.key)) for model in (Edition, Festival)
            for column in model.__mapper__.column_attrs if column.key not in NOT_SHOWN]  # fmt: skip
    hours = _of_accepted_entries(
        Entry.id, as_text(Opening.date), as_text(Opening.opens), as_text(Opening.closes), _raw(Opening.place)
    ).join(Opening, Opening.entry_id == Entry.id)
    times = select(Slot.programme_id, *_columns_of_times()).where(
        Slot.edition_id == bindparam("edition"), Slot.state != SlotState.CANCELLED
    )
    if of_one_day:
        hours, times = (
            hours.where(Opening.date == bindparam("day")),
            times.where(Slot.day == bindparam("day")),
        )
    photos = _of_accepted_entries(Factory.id, Photo.position, Photo.id, Photo.name).join(
        Photo, Photo.factory_id == Factory.id
    )
    programmes = _select_programmes(Programme.id).where(Programme.edition_id == bindparam("edition"))
    rows = (_select_entries(is_over), hours, photos, programmes, times)
    return Ready(
        select(pack(pack_rows(days), pack_rows(notices.select_urgent()), *said), *map(pack_rows, rows))
        .select_from(Edition)
        .join(Festival, Festival.id == Edition.festival_id)
        .where(Edition.id == bindparam("edition"))
    )


def _columns_of_times() -> list[Any]:
    return [as_text(Slot.starts_at), as_text(Slot.ends_at), Slot.code, Slot.capacity, Slot.seats_taken, _raw(Slot.state),
            as_text(Slot.closes_at)]  # fmt: skip


def _select_programmes(*columns: Any) -> Select[Any]:
    """These columns and those of `ProgrammeRow` but its times; of published programmes whose entry, if any, was accepted."""
    return (
        select(
            *columns,
            Programme.entry_id, Programme.code, _raw(Programme.kind), as_text(Programme.title), _raw(Programme.entry_mode),
            Programme.duration_minutes, Programme.price_yen, Programme.min_age, as_text(Programme.languages), Programme.search_key,
            Programme.place_id, Place.code, _raw(Place.kind), as_text(Place.name), Place.lat, Place.lon,
            Programme.venue_id, Venue.code, as_text(Venue.name), Venue.lat, Venue.lon,
        )
        .select_from(Programme)
        .outerjoin(Entry, Entry.id == Programme.entry_id)
        .outerjoin(Place, Place.id == Programme.place_id)
        .outerjoin(Venue, Venue.id == Programme.venue_id)
        .where(
            Programme.state == ProgrammeState.PUBLISHED,
            Programme.entry_id.is_(None) | sa.and_(Entry.state == EntryState.ACCEPTED, Entry.edition_id == Programme.edition_id),
        )
        .order_by(Programme.id)
    )  # fmt: skip


def select_of_entry(*more: Any) -> Select[Any]:
    """What an accepted entry offers, and walks and bus tours that visit it: the columns of `ProgrammeRow`, the times as
    one text for `unpack_times`, called off ones too; then `more`.
    """  # fmt: skip
    stops = select(ProgrammeStop.programme_id).where(ProgrammeStop.entry_id == bindparam("entry"))
    times = select(*_columns_of_times()).where(Slot.programme_id == Programme.id)
    return (
        _select_programmes()
        .add_columns(pack_rows(times).label("times"), *more)
        .where(sa.or_(Programme.entry_id == bindparam("entry"), Programme.id.in_(stops)))
    )


@lru_cache(maxsize=2000)
def unpack_times(packed_times: str) -> tuple[tuple[Any, ...], ...]:
    """Rows of `TimeRow`, the earliest first."""
    return tuple(sorted(tuple(row) for row in json.loads(packed_times)))
