"""What is on: the one read behind list, timetable, map and home page.

Columns instead of objects, two statements whatever the number of rows; times and hours come packed as one text per
programme and per entry. What visitors may not see (entries that were not accepted, programmes that are not published)
is left out here, in the statements, and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import JSON, ColumnElement, Select, String, bindparam, func, select, type_coerce

from eventapp import clock, text
from eventapp.db import db
from eventapp.factories.models import Craft, Entry, EntryState, Factory, Opening, Photo, PointKind
from eventapp.factories.words import CRAFTS
from eventapp.festivals.models import BOOKABLE, Booth, Edition, EditionState, Place, PlaceKind, Venue
from eventapp.i18n import _, language, ngettext
from eventapp.tours.models import EntryMode, Programme, ProgrammeState, Slot, SlotState
from eventapp.tours.words import KINDS

FEW = 5  # a fifth of the places left counts as few
CLOCK = "%Y-%m-%d %H:%M"

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


@dataclass(slots=True)
class Offer:
    """A programme, as lists show it."""

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
    times: list[Time]


@dataclass(slots=True)
class Host:
    """Who offers it: a factory, a venue, a stage, or the committee. `slug` is "" for all but factories."""

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
    hours: list[Hours] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    @property
    def at(self) -> str:
        """`35.56123,139.71234` for the browser's own reckoning; nothing where the entrance is not known."""
        return "" if self.lat is None or self.lon is None else f"{self.lat:.5f},{self.lon:.5f}"

    @property
    def hours_text(self) -> str:
        """The opening hours of the days shown: `10:00–12:00, 13:00–16:00`; every stretch once."""
        return _hours_text(tuple(self.hours))


@lru_cache(maxsize=2000)
def _hours_text(hours: tuple[Hours, ...]) -> str:
    stretches = sorted({(opens, closes) for _day, opens, closes, _place in hours})
    return ", ".join(f"{opens.removeprefix('0')}–{closes.removeprefix('0')}" for opens, closes in stretches)


@lru_cache(maxsize=8000)
def sorting_key(name: str) -> str:
    """By what names are sorted: kana folded, so that ガ stands beside が."""
    return text.search_key(name)


# Reading


def read_hosts(edition: Edition, day: date | None) -> list[Host]:
    """Every host with all it offers (on that day): the committee's own first, then factories in the order of their kana."""
    code = language()
    values: dict[str, Any] = {"edition": edition.id} | ({"day": day} if day is not None else {})
    connection, of_one_day = db.session.connection(), day is not None
    entries = connection.execute(_select_entries(code, of_one_day, edition.state is EditionState.CLOSED), values)
    factories = {row[0]: _factory(row, code) for row in entries}
    others: dict[tuple[str, int], Host] = {}
    reader = OfferReader(edition)
    for row in connection.execute(_select_programmes(code, of_one_day), values):
        host = factories.get(row.entry_id) or _other_host(others, row, edition)
        host.offers.append(reader.offer(row))
    first = sorted(others.values(), key=lambda host: host.name)
    return first + sorted(factories.values(), key=lambda host: (sorting_key(host.kana or host.name), host.name))


def is_on(host: Host, day: date | None) -> bool:
    """Whether anything happens there on the day. Offers at fixed times that have none then are taken away."""
    if day is not None:
        is_open = bool(host.hours) or not host.slug
        host.offers = [offer for offer in host.offers if offer.times or (offer.mode == EntryMode.OPEN and is_open)]
    return bool(host.offers or host.hours)


def _other_host(others: dict[tuple[str, int], Host], row: Any, edition: Edition) -> Host:
    """The stage, venue or committee behind a programme that no factory offers."""
    if row.place_id is not None:
        key, code, name, lat, lon = ("place", row.place_id), row.place_code, row.place_name, row.place_lat, row.place_lon
    elif row.venue_id is not None:
        key, code, name, lat, lon = ("venue", row.venue_id), row.venue_code, row.venue_name, row.venue_lat, row.venue_lon
    else:
        key, code, name, lat, lon = ("edition", 0), "", edition.festival.name.text(), None, None
    if key not in others:
        others[key] = Host("", code, name, lat=lat, lon=lon, key=sorting_key(name))
    return others[key]


def _factory(row: Any, code: str) -> Host:
    (_id, slug, entry_code, name, name_lang, other, kana, craft, area, area_name, products, photo, booth, venue, lat, lon, point,
     min_age, speaks, step_free, stroller, roof, key, hours, frozen) = row  # fmt: skip
    host = Host(
        slug, entry_code, name, "" if name_lang == code else name_lang, "" if other == name else other, "en" if code == "ja" else "ja",
        kana, craft, words(code).crafts[craft], area, area_name, products, photo or "", f"{venue} {booth}" if booth else "", lat, lon,
        point != PointKind.EXACT, min_age, speaks, step_free or "", stroller or "", bool(roof), key,
        [cast(Hours, tuple(part.split("|"))) for part in sorted(hours.split(","))] if hours else [],
    )  # fmt: skip
    return _as_it_was(host, frozen, code) if frozen else host


def _as_it_was(host: Host, frozen: Mapping[str, Any], code: str) -> Host:
    """A factory of an edition that is over, under the name and craft it then had."""
    names = {key: name for key, name in (frozen.get("name") or {}).items() if name}
    if names:
        shown = code if code in names else next(iter(names))
        host.name, host.lang = names[shown], "" if shown == code else shown
        host.other = names.get(host.other_lang, "") if shown == code else ""
    host.kana = frozen.get("kana") or host.kana
    if (craft := frozen.get("craft")) in set(Craft):
        host.craft, host.craft_name = craft, words(code).crafts[craft]
    return host


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

    def offer(self, row: Any) -> Offer:
        """The offer of a row of `select_programmes`, its times in order."""
        return Offer(
            row.code, row.kind, self.words.kinds[row.kind], row.title, "" if row.title_lang == self.code else row.title_lang,
            row.entry_mode, _facts(self.code, row.duration_minutes, row.price_yen, row.min_age), row.min_age, row.languages, row.place_name or row.venue_name or "",
            row.place_code if row.place_kind == PlaceKind.STAGE else "", row.search_key,
            [self.time(part) for part in sorted(row.times.split(","))] if row.times else [],
        )  # fmt: skip

    def time(self, packed: str) -> Time:
        """One time out of its packed text: what to say about it now."""
        start, end, code, capacity, taken, state, closes = packed.split("|")
        day, starts = _there(start, self.zone)
        shown, said, left = self._standing(start, capacity, taken, state, closes)
        return Time(start, code, starts, said, shown, left, end, _there(end, self.zone)[1], day)

    def _standing(self, start: str, capacity: str, taken: str, state: str, closes: str) -> tuple[str, str, int]:
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
    facts = [_("%(minutes)d min", minutes=minutes)]
    if price:
        facts.append(f"{price:,}円" if code == "ja" else f"¥{price:,}")
    if min_age:
        facts.append(ngettext("from %(num)d year", "from %(num)d years", min_age))
    return " · ".join(facts)


# The statements


def text_in(column: Any, code: str) -> ColumnElement[str]:
    """The text in a language, with the fallback of `Translated.text`."""
    texts = type_coerce(column, JSON)
    first, second = ("ja", "en") if code == "ja" else (code, "ja")
    return cast(ColumnElement[str], func.coalesce(texts[first].as_string(), texts[second].as_string(), ""))


def _own_text(column: Any, code: str) -> ColumnElement[str]:
    return cast(ColumnElement[str], func.coalesce(type_coerce(column, JSON)[code].as_string(), ""))


def _shown_language(column: Any, code: str) -> ColumnElement[str]:
    return sa.case((type_coerce(column, JSON)[code].as_string().is_not(None), code), else_="en" if code == "ja" else "ja")


def _raw(column: Any) -> ColumnElement[Any]:
    """The column as the database has it, without making an enum of every row."""
    return type_coerce(column, String)


def _packed(*parts: Any) -> ColumnElement[str]:
    """Values of one row as a text, all rows as one text."""
    row = parts[0]
    for part in parts[1:]:
        row = row.concat("|").concat(part)
    return cast(ColumnElement[str], func.aggregate_strings(row, ","))


def _minute(column: Any) -> ColumnElement[str]:
    return cast(ColumnElement[str], func.substr(sa.cast(column, String), 1, 16))


def _wall(column: Any) -> ColumnElement[str]:
    return cast(ColumnElement[str], func.substr(sa.cast(column, String), 1, 5))


@lru_cache(maxsize=32)
def _select_entries(code: str, of_one_day: bool, is_over: bool) -> Select[Any]:
    hours = select(
        _packed(sa.cast(Opening.date, String), _wall(Opening.opens), _wall(Opening.closes), _raw(Opening.place))
    ).where(Opening.entry_id == Entry.id)  # fmt: skip
    if of_one_day:
        hours = hours.where(Opening.date == bindparam("day"))
    photo = select(Photo.name).where(Photo.factory_id == Factory.id).order_by(Photo.position, Photo.id).limit(1)
    return (
        select(
            Entry.id, Factory.slug, Entry.code, text_in(Factory.name, code), _shown_language(Factory.name, code),
            _own_text(Factory.name, "en" if code == "ja" else "ja"), Factory.kana, _raw(Factory.craft), text_in(Factory.area, "ja"),
            text_in(Factory.area, code), text_in(Factory.products, code), photo.scalar_subquery(), Booth.number,
            text_in(Venue.name, code), func.coalesce(Factory.lat, Venue.lat), func.coalesce(Factory.lon, Venue.lon),
            sa.case((Factory.lat.is_(None), PointKind.EXACT.value), else_=_raw(Factory.point)),
            Factory.min_age, sa.cast(Factory.languages, String), _raw(Factory.step_free), _raw(Factory.stroller), Factory.under_roof,
            Factory.search_key, hours.scalar_subquery(), Entry.frozen if is_over else sa.literal(None),
        )
        .select_from(Entry).join(Factory, Factory.id == Entry.factory_id)
        .outerjoin(Booth, Booth.id == Entry.booth_id).outerjoin(Venue, Venue.id == Booth.venue_id)
        .where(Entry.edition_id == bindparam("edition"), Entry.state == EntryState.ACCEPTED)
    )  # fmt: skip


def times_of_programmes(*conditions: Any, with_called_off: bool = False) -> Any:
    """A derived table: programme and its times as one text."""
    if not with_called_off:
        conditions = (*conditions, Slot.state != SlotState.CANCELLED)
    return (
        select(
            Slot.programme_id,
            _packed(
                _minute(Slot.starts_at), _minute(Slot.ends_at), Slot.code, func.coalesce(sa.cast(Slot.capacity, String), ""),
                sa.cast(Slot.seats_taken, String), _raw(Slot.state), _minute(Slot.closes_at),
            ).label("times"),
        )
        .where(*conditions)
        .group_by(Slot.programme_id)
        .subquery("packed_times")
    )  # fmt: skip


def select_programmes(code: str, times: Any, *more: Any) -> Select[Any]:
    """Columns of published programmes whose entry, if they have one, was accepted."""
    return (
        select(
            Programme.entry_id, Programme.code, _raw(Programme.kind).label("kind"), text_in(Programme.title, code).label("title"),
            _shown_language(Programme.title, code).label("title_lang"), _raw(Programme.entry_mode).label("entry_mode"),
            Programme.duration_minutes, Programme.price_yen, Programme.min_age, sa.cast(Programme.languages, String).label("languages"),
            Programme.search_key, Programme.place_id, Place.code.label("place_code"), _raw(Place.kind).label("place_kind"),
            text_in(Place.name, code).label("place_name"), Place.lat.label("place_lat"), Place.lon.label("place_lon"),
            Programme.venue_id, Venue.code.label("venue_code"), text_in(Venue.name, code).label("venue_name"),
            Venue.lat.label("venue_lat"), Venue.lon.label("venue_lon"), times.c.times, *more,
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


@lru_cache(maxsize=32)
def _select_programmes(code: str, of_one_day: bool) -> Select[Any]:
    conditions = [Slot.edition_id == bindparam("edition")]
    if of_one_day:
        conditions.append(Slot.day == bindparam("day"))
    return select_programmes(code, times_of_programmes(*conditions)).where(Programme.edition_id == bindparam("edition"))
