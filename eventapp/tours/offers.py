"""What is on: the one read behind list, timetable, map and home page.

Columns instead of objects, two statements whatever the number of rows; times and hours come packed as one text per
programme and per entry. What visitors may not see (entries that were not accepted, programmes that are not published)
is left out here, in the statements, and nowhere else.

The database is asked every time. What is made of a row is remembered under the row itself, so that an unchanged row is
not taken apart again; a row that changed is another key, and nothing has to be told.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, String, bindparam, func, select, type_coerce

from eventapp import clock, text
from eventapp.db import db
from eventapp.factories.models import Entry, EntryState, Factory, Opening, Photo, PointKind
from eventapp.factories.words import CRAFTS
from eventapp.festivals.models import (
    BOOKABLE,
    Booth,
    Edition,
    EditionDay,
    EditionState,
    Festival,
    Place,
    PlaceKind,
    Venue,
)
from eventapp.i18n import Translated, _, language, ngettext
from eventapp.tours.models import EntryMode, Programme, ProgrammeState, Slot, SlotState
from eventapp.tours.words import KINDS

FEW = 5  # a fifth of the places left counts as few
CLOCK = "%Y-%m-%d %H:%M"
NEVER = "9999"

Hours = tuple[str, str, str, str]  # day, opens, closes ("10:00", local), entrance or booth


class Time(NamedTuple):
    """One start time. `start` and `end` are UTC as text, which sorts and compares as it stands."""

    start: str
    code: str
    clock: str  # "10:00" there
    words: str  # "3 left"
    state: str  # free, few, full, drop (no booking needed), shut (takes no more), over, off
    left: int
    end: str
    until: str
    day: str


@dataclass(slots=True, eq=False)
class Offer:
    """A programme, as lists show it. Shared between requests: never changed, `dataclasses.replace` makes another."""

    code: str
    kind: str
    kind_name: str
    title: str
    lang: str  # of the title where it is not the page's
    mode: str
    facts: str  # "60 min · ¥500 · from 7 years"
    min_age: int | None
    speaks: str
    where: str  # stage, meeting point or venue; "" at its host's
    stage: str  # code of the stage it is held on
    key: str
    times: tuple[Time, ...]
    since: str = ""  # what its times say holds from this minute
    before: str = ""  # until this one


class Origin:
    """The row a host was made of; the same object for the same row."""

    __slots__ = ("values",)

    def __init__(self, values: Any) -> None:
        self.values = values


@dataclass(slots=True, eq=False)
class Host:
    """Who offers it: a factory, a venue, a stage, or the committee. `slug` is "" for all but factories.

    Each request has its own hosts with its own list of offers.
    """

    slug: str
    code: str
    name: str
    lang: str = ""  # of the name where it is not the page's
    other: str = ""  # the name in the other language
    other_lang: str = ""
    kana: str = ""
    craft: str = ""
    craft_name: str = ""
    area: str = ""  # as filters name it, the same in every language
    area_name: str = ""
    products: str = ""
    photo: str = ""
    booth: str = ""
    lat: float | None = None
    lon: float | None = None
    about: bool = False  # only the part of town is known
    min_age: int | None = None
    speaks: str = ""
    step_free: str = ""
    stroller: str = ""
    roof: bool = False
    key: str = ""
    hours: tuple[Hours, ...] = ()
    offers: list[Offer] = field(default_factory=list)
    origin: Origin | None = None

    @property
    def at(self) -> str:
        """`35.56123,139.71234` for the browser's own reckoning; nothing where the entrance is not known."""
        return "" if self.lat is None or self.lon is None else f"{self.lat:.5f},{self.lon:.5f}"

    @property
    def hours_text(self) -> str:
        """The opening hours of the days shown: `10:00–12:00, 13:00–16:00`; every stretch once."""
        return _hours_text(self.hours)


@lru_cache(maxsize=2000)
def _hours_text(hours: tuple[Hours, ...]) -> str:
    stretches = sorted({(opens, closes) for _day, opens, closes, _place in hours})
    return ", ".join(f"{opens.removeprefix('0')}–{closes.removeprefix('0')}" for opens, closes in stretches)


@lru_cache(maxsize=8000)
def sorting_key(name: str) -> str:
    """By what names are sorted: kana folded, so that ガ stands beside が."""
    return text.search_key(name)


# Reading

MOST_REMEMBERED = 4000
_remembered: dict[Any, Any] = {}


def remember(key: Any, thing: Any) -> Any:
    """Keep something under the values it was made of. Nothing is ever out of date; when there is much, all is forgotten."""
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = thing
    return thing


def recall(key: Any) -> Any:
    """What `remember` was given, or None."""
    return _remembered.get(key)


class Rows(NamedTuple):
    """All that is on, as the database has it: what the edition, its days and its festival say, entries, programmes; each as
    one JSON text, which is compared at once with what was read before.
    """  # fmt: skip

    edition: str
    entries: str
    programmes: str


def read_rows(edition_id: int, *, is_over: bool, day: date | None) -> Rows:
    """All that is on (on that day) in one statement and one row.

    SQLite's driver lets go of the interpreter before every row and has to wait for it again: under load a hundred rows
    take a hundred turns.
    """
    values: dict[str, Any] = {"edition": edition_id} | ({"day": day} if day is not None else {})
    statement = _select_rows(day is not None, is_over, db.engine.dialect.name)
    return Rows._make(db.session.connection().execute(statement, values).one())


def read_hosts(edition: Edition, day: date | None, rows: Rows | None = None) -> list[Host]:
    """Every host with all it offers (on that day): the committee's own first, then factories in the order of their kana."""
    code = language()
    rows = rows or read_rows(edition.id, is_over=edition.state is EditionState.CLOSED, day=day)
    factories = {row[0]: _factory(tuple(row), code) for row in json.loads(rows.entries)}
    others: dict[tuple[str, int], Host] = {}
    reader = OfferReader(edition)
    for number_and_row in sorted(json.loads(rows.programmes)):
        row = tuple(number_and_row[1:])
        host = factories.get(row[0]) or _other_host(others, row, edition, code)
        host.offers.append(reader.offer(row))
    first = sorted(others.values(), key=lambda host: host.name)
    return first + sorted(factories.values(), key=_in_order)


def _in_order(host: Host) -> tuple[str, str]:
    return sorting_key(host.kana or host.name), host.name


def is_on(host: Host, day: date | None) -> bool:
    """Whether anything happens there on the day. Offers at fixed times that have none then are taken away."""
    if day is not None:
        is_open = bool(host.hours) or not host.slug
        host.offers = [
            offer for offer in host.offers if offer.times or (offer.mode == EntryMode.OPEN and is_open)
        ]
    return bool(host.offers or host.hours)


def _other_host(others: dict[tuple[str, int], Host], row: Any, edition: Edition, language_code: str) -> Host:
    """The stage, venue or committee behind a programme that no factory offers."""
    of = ProgrammeRow(*row[: len(ProgrammeRow._fields)])
    if of.place_id is not None:
        key, code, name, lat, lon = (
            ("place", of.place_id),
            of.place_code or "",
            _texts(of.place_name).text(language_code),
            of.place_lat,
            of.place_lon,
        )
    elif of.venue_id is not None:
        key, code, name, lat, lon = (
            ("venue", of.venue_id),
            of.venue_code or "",
            _texts(of.venue_name).text(language_code),
            of.venue_lat,
            of.venue_lon,
        )
    else:
        key, code, name, lat, lon = ("edition", 0), "", edition.festival.name.text(language_code), None, None
    if key not in others:
        others[key] = Host("", code, name, lat=lat, lon=lon, key=sorting_key(name))
    return others[key]


def _factory(row: tuple[Any, ...], code: str) -> Host:
    origin = recall((row, code)) or remember((row, code), Origin(_values_of_factory(row, code)))
    host = Host(*origin.values)
    host.offers, host.origin = [], origin
    return host


def _values_of_factory(row: tuple[Any, ...], code: str) -> tuple[Any, ...]:
    """The fields of a host but its offers, in their order."""
    (_id, slug, entry_code, names, kana, craft, areas, products, photo, booth, venue, lat, lon, point,
     min_age, speaks, step_free, stroller, roof, key, hours, frozen) = row  # fmt: skip
    was = json.loads(frozen) if frozen else {}
    name, area = Translated(was.get("name") or _texts(names)), Translated(was.get("area") or _texts(areas))
    craft, other = was.get("craft") or craft, "en" if code == "ja" else "ja"
    shown = name.shown_language(code)
    return (
        slug, entry_code, name.text(code), "" if shown == code else shown, name.get(other, "") if shown == code else "", other,
        was.get("kana") or kana, craft, words(code).crafts.get(craft, ""), area.text("ja"), area.text(code),
        Translated(was.get("products") or _texts(products)).text(code), photo or "",
        f"{_texts(venue).text(code)} {booth}" if booth else "", lat, lon, point != PointKind.EXACT, min_age, speaks or "",
        step_free or "", stroller or "", bool(roof), key,
        tuple(cast(Hours, tuple(part.split("|"))) for part in sorted(hours.split(","))) if hours else (),
    )  # fmt: skip


@lru_cache(maxsize=2000)
def _texts(stored: str | None) -> Translated:
    """A text of all languages, as the database stores it."""
    return Translated(json.loads(stored) if stored else {})


class OfferReader:
    """Turns rows of programmes into offers; what is the same for all of them is worked out once."""

    def __init__(self, edition: Edition) -> None:
        moment = clock.now()
        self.now = moment.strftime(CLOCK)
        self.zone = edition.zone_name
        self.code = language()
        self.words = words(self.code)
        closes = edition.booking_closes_at
        self.takes_bookings = edition.state in BOOKABLE and (closes is None or moment < closes)

    def offer(self, row: tuple[Any, ...]) -> Offer:
        """The offer of a row of `select_programmes`, its times in order."""
        key = (row, self.code, self.takes_bookings)
        known: Offer | None = recall(key)
        if known is not None and known.since <= self.now < known.before:
            return known
        made: Offer = remember(key, self._make(ProgrammeRow(*row[: len(ProgrammeRow._fields)])))
        return made

    def _make(self, row: "ProgrammeRow") -> Offer:
        title = _texts(row.title)
        shown = title.shown_language(self.code)
        packed = sorted(row.times.split(",")) if row.times else []
        return Offer(
            row.code, row.kind, self.words.kinds[row.kind], title.text(self.code), "" if shown == self.code else shown,
            row.entry_mode, _facts(self.code, 0 if row.entry_mode == EntryMode.OPEN else row.duration_minutes, row.price_yen, row.min_age), row.min_age, row.languages or "",
            (_texts(row.place_name) or _texts(row.venue_name)).text(self.code),
            row.place_code or "" if row.place_kind == PlaceKind.STAGE else "", row.search_key,
            tuple(self.time(part) for part in packed), self.now, self._next_change(packed),
        )  # fmt: skip

    def _next_change(self, packed: list[str]) -> str:
        """The minute in which a time begins or takes no more."""
        moments = [part.split("|") for part in packed]
        coming = [moment for parts in moments for moment in (parts[0], parts[-1]) if moment > self.now]
        return min(coming, default=NEVER)

    def time(self, packed: str) -> Time:
        """One time out of its packed text: what to say about it now."""
        start, end, code, capacity, taken, state, closes = packed.split("|")
        day, starts = _there(start, self.zone)
        shown, said, left = self._standing(start, capacity, taken, state, closes)
        return Time(start, code, starts, said, shown, left, end, _there(end, self.zone)[1], day)

    def _standing(
        self, start: str, capacity: str, taken: str, state: str, closes: str
    ) -> tuple[str, str, int]:
        if state == SlotState.CANCELLED:
            return "off", self.words.off, 0
        if start <= self.now:
            return "over", self.words.over, 0
        if not capacity:
            return ("drop", "", 0) if state == SlotState.OPEN else ("shut", self.words.shut, 0)
        left = int(capacity) - int(taken)
        if left <= 0:
            return "full", self.words.full, 0
        if state != SlotState.OPEN or closes <= self.now or not self.takes_bookings:
            return "shut", self.words.shut, 0
        return "few" if left * FEW <= int(capacity) else "free", _seats_left(self.code, left), left


def changes_at(offer: Offer) -> datetime | None:
    """The moment from which its times say something else, if nobody books or edits."""
    if offer.before in {"", NEVER}:
        return None
    return datetime.strptime(offer.before, CLOCK).replace(tzinfo=UTC)


@lru_cache(maxsize=20_000)
def _there(moment: str, zone: str) -> tuple[str, str]:
    """Day and wall clock of a zone: ("2026-11-28", "10:00")."""
    local = datetime.strptime(moment + "+0000", CLOCK + "%z").astimezone(ZoneInfo(zone))
    return local.date().isoformat(), f"{local.hour}:{local.minute:02}"


class Words(NamedTuple):
    """Words that stand on every row, in one language."""

    crafts: dict[str, str]
    kinds: dict[str, str]
    full: str
    over: str
    shut: str
    off: str


@lru_cache(maxsize=8)
def words(_language: str) -> Words:
    """The words of the reader's language, which is the argument, looked up once."""
    crafts = {craft.value: str(name) for craft, name in CRAFTS.items()}
    kinds = {kind.value: str(name) for kind, name in KINDS.items()}
    return Words(crafts, kinds, _("full"), _("over"), _("closed"), _("called off"))


@lru_cache(maxsize=2000)
def _seats_left(_language: str, left: int) -> str:
    return str(ngettext("%(num)d left", "%(num)d left", left))


@lru_cache(maxsize=4000)
def _facts(code: str, minutes: int, price: int, min_age: int | None) -> str:
    """How long, how much, from which age, as far as there is something to say."""
    facts = [_("%(minutes)d min", minutes=minutes)] if minutes else []
    if price:
        facts.append(f"{price:,}円" if code == "ja" else f"¥{price:,}")
    if min_age:
        facts.append(ngettext("from %(num)d year", "from %(num)d years", min_age))
    return " · ".join(facts)


# The statements


def as_text(column: Any) -> ColumnElement[str]:
    """A JSON column or a date as the text it is stored as."""
    return sa.cast(column, String)


def _raw(column: Any) -> ColumnElement[Any]:
    """The column as the database has it, without making an enum of every row."""
    return type_coerce(column, String)


def packed(*parts: Any) -> ColumnElement[str]:
    """Values of one row as a text, all rows as one text."""
    row = parts[0]
    for part in parts[1:]:
        row = row.concat("|").concat(part)
    return cast(ColumnElement[str], func.aggregate_strings(row, ","))


def _minute(column: Any) -> ColumnElement[str]:
    return cast(ColumnElement[str], func.substr(as_text(column), 1, 16))


def _wall(column: Any) -> ColumnElement[str]:
    return cast(ColumnElement[str], func.substr(as_text(column), 1, 5))


@lru_cache(maxsize=8)
def _select_entries(of_one_day: bool, is_over: bool) -> Select[Any]:
    hours = select(
        packed(as_text(Opening.date), _wall(Opening.opens), _wall(Opening.closes), _raw(Opening.place))
    ).where(Opening.entry_id == Entry.id)  # fmt: skip
    if of_one_day:
        hours = hours.where(Opening.date == bindparam("day"))
    photo = (
        select(Photo.name).where(Photo.factory_id == Factory.id).order_by(Photo.position, Photo.id).limit(1)
    )
    return (
        select(
            Entry.id, Factory.slug, Entry.code, as_text(Factory.name), Factory.kana, _raw(Factory.craft), as_text(Factory.area),
            as_text(Factory.products), photo.scalar_subquery(), Booth.number, as_text(Venue.name),
            func.coalesce(Factory.lat, Venue.lat), func.coalesce(Factory.lon, Venue.lon),
            sa.case((Factory.lat.is_(None), PointKind.EXACT.value), else_=_raw(Factory.point)),
            Factory.min_age, as_text(Factory.languages), _raw(Factory.step_free), _raw(Factory.stroller), Factory.under_roof,
            Factory.search_key, hours.scalar_subquery(), as_text(Entry.frozen) if is_over else sa.literal(""),
        )
        .select_from(Entry).join(Factory, Factory.id == Entry.factory_id)
        .outerjoin(Booth, Booth.id == Entry.booth_id).outerjoin(Venue, Venue.id == Booth.venue_id)
        .where(Entry.edition_id == bindparam("edition"), Entry.state == EntryState.ACCEPTED)
    )  # fmt: skip


NOT_SHOWN = frozenset({"base_map", "content_version", "import_columns"})


@lru_cache(maxsize=8)
def _select_rows(of_one_day: bool, is_over: bool, dialect: str) -> Select[Any]:
    """The columns of `Rows`."""
    array, group = (
        (func.json_array, func.json_group_array)
        if dialect == "sqlite"
        else (func.json_build_array, func.json_agg)
    )

    def as_json(rows: Select[Any], *before: Any) -> Any:
        columns = [*before, *rows.selected_columns]
        packed_rows = rows.order_by(None).with_only_columns(
            group(array(*columns)), maintain_column_froms=True
        )
        return func.coalesce(as_text(packed_rows.scalar_subquery()), "[]")

    days = (
        select(packed(as_text(EditionDay.date))).where(EditionDay.edition_id == Edition.id).scalar_subquery()
    )
    said = [as_text(getattr(model, column.key)) for model in (Edition, Festival)
            for column in model.__mapper__.column_attrs if column.key not in NOT_SHOWN]  # fmt: skip
    entries, programmes = _select_entries(of_one_day, is_over), _select_programmes(of_one_day)
    return (
        select(as_text(array(days, *said)), as_json(entries), as_json(programmes, Programme.id))
        .select_from(Edition)
        .join(Festival, Festival.id == Edition.festival_id)
        .where(Edition.id == bindparam("edition"))
    )


def times_of_programmes(*conditions: Any, with_called_off: bool = False) -> Any:
    """A derived table: programme and its times as one text."""
    if not with_called_off:
        conditions = (*conditions, Slot.state != SlotState.CANCELLED)
    return (
        select(
            Slot.programme_id,
            packed(
                _minute(Slot.starts_at), _minute(Slot.ends_at), Slot.code, func.coalesce(as_text(Slot.capacity), ""),
                as_text(Slot.seats_taken), _raw(Slot.state), _minute(Slot.closes_at),
            ).label("times"),
        )
        .where(*conditions)
        .group_by(Slot.programme_id)
        .subquery("packed_times")
    )  # fmt: skip


class ProgrammeRow(NamedTuple):
    """The columns of `select_programmes`; texts in several languages as they are stored."""

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
    times: str | None


def select_programmes(times: Any, *more: Any) -> Select[Any]:
    """Columns of published programmes whose entry, if they have one, was accepted: `ProgrammeRow`, then `more`."""
    return (
        select(
            Programme.entry_id, Programme.code, _raw(Programme.kind), as_text(Programme.title), _raw(Programme.entry_mode),
            Programme.duration_minutes, Programme.price_yen, Programme.min_age, as_text(Programme.languages), Programme.search_key,
            Programme.place_id, Place.code, _raw(Place.kind), as_text(Place.name), Place.lat, Place.lon,
            Programme.venue_id, Venue.code, as_text(Venue.name), Venue.lat, Venue.lon, times.c.times, *more,
        )
        .select_from(Programme)
        .outerjoin(Entry, Entry.id == Programme.entry_id)
        .outerjoin(Place, Place.id == Programme.place_id)
        .outerjoin(Venue, Venue.id == Programme.venue_id)
        .outerjoin(times, times.c.programme_id == Programme.id)
        .where(
            Programme.state == ProgrammeState.PUBLISHED,
            Programme.entry_id.is_(None) | sa.and_(Entry.state == EntryState.ACCEPTED, Entry.edition_id == Programme.edition_id),
        )
        .order_by(Programme.id)
    )  # fmt: skip


@lru_cache(maxsize=8)
def _select_programmes(of_one_day: bool) -> Select[Any]:
    conditions = [Slot.edition_id == bindparam("edition")]
    if of_one_day:
        conditions.append(Slot.day == bindparam("day"))
    return select_programmes(times_of_programmes(*conditions)).where(
        Programme.edition_id == bindparam("edition")
    )
