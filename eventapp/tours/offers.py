"""What is on: the one read behind list, timetable, map and home page.

The database gives each table as one JSON text (`offer_rows.py`); what belongs together is put together here, which is quicker
than letting it join and group.

The database is asked every time. What is made of a row is remembered under the row itself, so that an unchanged row is
not taken apart again; a row that changed is another key, and nothing has to be told.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from eventapp import clock, text
from eventapp.factories.models import OpeningPlace, PointKind
from eventapp.factories.words import CRAFTS
from eventapp.festivals.models import BOOKABLE, Edition, EditionState, PlaceKind
from eventapp.i18n import Translated, _, language, ngettext
from eventapp.tours.models import EntryMode, Kind, SlotState
from eventapp.tours.offer_rows import ProgrammeRow, Rows, TimeRow, read_rows
from eventapp.tours.words import kind_names

FEW = 5  # a fifth of the places left counts as few
CLOCK = "%Y-%m-%d %H:%M"
NEVER = "9999"
BOOTH = OpeningPlace.BOOTH.value
MINUTE = 16  # letters of a moment up to its minute

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
        """The opening hours of the days shown: `10:00–12:00, 13:00–16:00`; every stretch once, those at the booth said as such
        beside those at the factory.
        """
        return _hours_text(language(), self.hours)


@lru_cache(maxsize=2000)
def _hours_text(_language: str, hours: tuple[Hours, ...]) -> str:
    here, there = (
        sorted({(opens, closes) for _day, opens, closes, place in hours if (place == BOOTH) == is_booth})
        for is_booth in (False, True)
    )
    if not here or not there:
        return _stretches(here or there)
    return str(_("%(hours)s; booth %(there)s", hours=_stretches(here), there=_stretches(there)))


def _stretches(stretches: list[tuple[str, str]]) -> str:
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


def read_hosts(edition: Edition, day: date | None, rows: Rows | None = None) -> list[Host]:
    """Every host with all it offers (on that day): the committee's own first, then factories in the order of their kana."""
    code = language()
    rows = rows or read_rows(edition.id, is_over=edition.state is EditionState.CLOSED, day=day)
    hours, photos, times = _by_first(rows.hours), _by_first(rows.photos), _by_first(rows.times)
    factories = {
        number: _factory((*row, hours.get(number, ()), photos.get(factory, ())), code)
        for number, factory, *row in json.loads(rows.entries)
    }
    others: dict[tuple[str, int], Host] = {}
    reader = OfferReader(edition)
    for number, *columns in sorted(json.loads(rows.programmes)):
        row = (*columns, times.get(number, ()))
        host = factories.get(row[0]) or _other_host(others, row, edition, code)
        host.offers.append(reader.offer(row))
    first = sorted(others.values(), key=lambda host: host.name)
    return first + sorted(factories.values(), key=_in_order)


def _by_first(packed_rows: str) -> dict[int, tuple[Any, ...]]:
    """Rows by the number that stands first in each, in their own order."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for number, *row in json.loads(packed_rows):
        found.setdefault(number, []).append(tuple(row))
    return {number: tuple(sorted(rows)) for number, rows in found.items()}


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
    (slug, entry_code, names, kana, craft, areas, products, booth, venue, lat, lon, point,
     min_age, speaks, step_free, stroller, roof, key, frozen, hours, photos) = row  # fmt: skip
    was = json.loads(frozen) if frozen else {}
    name, area = Translated(was.get("name") or _texts(names)), Translated(was.get("area") or _texts(areas))
    craft, other = was.get("craft") or craft, "en" if code == "ja" else "ja"
    shown = name.shown_language(code)
    return (
        slug, entry_code, name.text(code), "" if shown == code else shown, name.get(other, "") if shown == code else "", other,
        was.get("kana") or kana, craft, words(code).crafts.get(craft, ""), area.text("ja"), area.text(code),
        Translated(was.get("products") or _texts(products)).text(code), photos[0][-1] if photos else "",
        f"{_texts(venue).text(code)} {booth}" if booth else "", lat, lon, point != PointKind.EXACT, min_age, speaks or "",
        step_free or "", stroller or "", bool(roof), key,
        tuple((day, opens[:5], closes[:5], place) for day, opens, closes, place in hours),
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
        self.kinds = kind_names(edition.festival.factory_word)
        closes = edition.booking_closes_at
        self.takes_bookings = edition.state in BOOKABLE and (closes is None or moment < closes)

    def offer(self, row: tuple[Any, ...]) -> Offer:
        """The offer of a row of `select_programmes`, its times in order."""
        key = (row, self.code, self.takes_bookings, self.kinds[Kind.TOUR])
        known: Offer | None = recall(key)
        if known is not None and known.since <= self.now < known.before:
            return known
        made: Offer = remember(key, self._make(ProgrammeRow(*row[: len(ProgrammeRow._fields)])))
        return made

    def _make(self, row: ProgrammeRow) -> Offer:
        title = _texts(row.title)
        shown = title.shown_language(self.code)
        times = [TimeRow(*time) for time in row.times]
        return Offer(
            row.code, row.kind, self.kinds[Kind(row.kind)], title.text(self.code), "" if shown == self.code else shown,
            row.entry_mode, _facts(self.code, 0 if row.entry_mode == EntryMode.OPEN else row.duration_minutes, row.price_yen, row.min_age), row.min_age, row.languages or "",
            (_texts(row.place_name) or _texts(row.venue_name)).text(self.code),
            row.place_code or "" if row.place_kind == PlaceKind.STAGE else "", row.search_key,
            tuple(self._time(time) for time in times), self.now, self._next_change(times),
        )  # fmt: skip

    def _next_change(self, times: list[TimeRow]) -> str:
        """The minute in which a time begins or takes no more."""
        moments = [moment[:MINUTE] for time in times for moment in (time.start, time.closes)]
        return min((moment for moment in moments if moment > self.now), default=NEVER)

    def _time(self, row: TimeRow) -> Time:
        """What to say about a time now."""
        start, end = row.start[:MINUTE], row.end[:MINUTE]
        day, starts = _there(start, self.zone)
        shown, said, left = self._standing(row)
        return Time(start, row.code, starts, said, shown, left, end, _there(end, self.zone)[1], day)

    def _standing(self, row: TimeRow) -> tuple[str, str, int]:
        if row.state == SlotState.CANCELLED:
            return "off", self.words.off, 0
        if row.start[:MINUTE] <= self.now:
            return "over", self.words.over, 0
        if row.capacity is None:
            return ("drop", "", 0) if row.state == SlotState.OPEN else ("shut", self.words.shut, 0)
        left = row.capacity - row.taken
        if left <= 0:
            return "full", self.words.full, 0
        if row.state != SlotState.OPEN or row.closes[:MINUTE] <= self.now or not self.takes_bookings:
            return "shut", self.words.shut, 0
        return "few" if left * FEW <= row.capacity else "free", _seats_left(self.code, left), left


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
    full: str
    over: str
    shut: str
    off: str


@lru_cache(maxsize=8)
def words(_language: str) -> Words:
    """The words of the reader's language, which is the argument, looked up once."""
    crafts = {craft.value: str(name) for craft, name in CRAFTS.items()}
    return Words(crafts, _("full"), _("over"), _("closed"), _("called off"))


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
