"""What a visitor asks for: filters in an address, which combine, and what of everything on is what was meant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from eventapp import clock, text
from eventapp.factories.models import Craft
from eventapp.factories.words import LANGUAGES
from eventapp.festivals.models import Edition
from eventapp.tours.models import EntryMode, Kind
from eventapp.tours.offer_rows import Rows
from eventapp.tours.offers import CLOCK, Host, Offer, Time, is_on, read_hosts, sorting_key

PARTS = {"morning": ("00:00", "12:00"), "afternoon": ("12:00", "17:00"), "evening": ("17:00", "24:00")}
OLDEST_CHILD = 17
EVERY_DAY = "all"
SOON = timedelta(minutes=60)  # what starts within it belongs to "now"
TICKS = ("now", "free", "roof", "stroller", "step_free")
WELCOME = frozenset({"yes", "partly"})


@dataclass(frozen=True)
class Wish:
    """The filters of one visit; they combine."""

    day: date | None = None  # None: every day
    part: str = ""
    now: bool = False
    area: str = ""
    craft: str = ""
    kind: str = ""
    speaks: str = ""
    age: int | None = None  # of a child
    roof: bool = False
    stroller: bool = False
    step_free: bool = False
    free: bool = False  # has places left, or needs no booking
    words: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether anything beside the day is asked for."""
        return replace(self, day=None) != Wish()

    @property
    def details(self) -> int:
        """How many of the filters in the folded part of the form are set."""
        return sum(map(bool, (self.part, self.area, self.craft, self.kind, self.speaks, self.age is not None, self.roof,
                              self.stroller, self.step_free)))  # fmt: skip

    def query(self, **changes: Any) -> dict[str, Any]:
        """The parameters of an address for this wish with changes; nothing that says nothing."""
        wish = replace(self, **changes)
        values = {
            "day": wish.day.isoformat() if wish.day else EVERY_DAY, "q": wish.words, "time": wish.part, "area": wish.area,
            "craft": wish.craft, "kind": wish.kind, "speaks": wish.speaks, "age": "" if wish.age is None else str(wish.age),
        }  # fmt: skip
        values |= {name: "1" for name in TICKS if getattr(wish, name)}
        return {name: value for name, value in values.items() if value}


def read_wish(values: Mapping[str, str], edition: Edition) -> Wish:
    """The wish in an address. What makes no sense is left out instead of refused; without a day, the one that matters now."""
    return Wish(
        day=_read_day(values.get("day", ""), edition),
        part=_one_of(values.get("time", ""), PARTS),
        area=_read_words(values.get("area", "")),
        craft=_one_of(values.get("craft", ""), Craft),
        kind=_one_of(values.get("kind", ""), Kind),
        speaks=_one_of(values.get("speaks", ""), LANGUAGES),
        age=_read_age(values.get("age", "")),
        words=_read_words(values.get("q", "")),
        **{name: values.get(name) == "1" for name in TICKS},
    )


def _one_of(value: str, known: Iterable[str]) -> str:
    return value if value in set(known) else ""


def _read_age(typed: str) -> int | None:
    try:
        return text.parse_int(typed, 0, OLDEST_CHILD) if typed else None
    except ValueError:
        return None


def _read_words(typed: str) -> str:
    try:
        return text.clean_line(typed[: text.LONGEST_QUERY])
    except text.TextRefused:
        return ""


def _read_day(wanted: str, edition: Edition) -> date | None:
    """The day named, else today, else the next one; every day where that is asked for or all is over."""
    days = {day.isoformat(): day for day in edition.dates}
    if wanted in days:
        return days[wanted]
    today = edition.today()
    return None if wanted == EVERY_DAY else next((day for day in days.values() if day >= today), None)


# What fits


Counted = tuple[tuple[str, str, int], ...]  # value, name, how many


class Choices(NamedTuple):
    """What one may wish for in an edition."""

    areas: Counted
    crafts: Counted
    kinds: Counted
    languages: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Found:
    """What fits a wish."""

    wish: Wish
    hosts: list[Host]
    total: int  # hosts without filters
    choices: Choices
    is_off: bool = False  # the day was called off as a whole, and nothing of it is shown

    @property
    def factories(self) -> int:
        """How many of the hosts are factories."""
        return sum(1 for host in self.hosts if host.slug)

    @property
    def seats_left(self) -> int:
        """Places that can still be booked."""
        return sum(time.left for host in self.hosts for offer in host.offers for time in offer.times)


def find(edition: Edition, wish: Wish, rows: Rows | None = None) -> Found:
    """Everything on that fits, by who offers it; two statements, or none where the rows have been read."""
    hosts = read_hosts(edition, wish.day, rows)
    choices = Choices(_areas(hosts), _crafts(hosts), _kinds(hosts), _languages(hosts))
    offered = [host for host in hosts if is_on(host, wish.day)]
    judge = _Judge(wish, edition)
    kept = [host for host in offered if judge.takes(host)] if wish.is_narrow else offered
    return Found(wish, kept, len(offered), choices)


class _Judge:
    """Whether a host, an offer, a time is what was asked for."""

    def __init__(self, wish: Wish, edition: Edition) -> None:
        self.wish = wish
        self.terms = text.search_terms(wish.words)
        self.from_to = PARTS.get(wish.part)
        moment = clock.now()
        self.now = moment.strftime(CLOCK)
        self.soon = (moment + SOON).strftime(CLOCK)
        self.today, self.wall = clock.local(moment, edition.zone).strftime(CLOCK).split()

    def takes(self, host: Host) -> bool:
        """The host fits; its offers that do not are taken away. One without offers fits if it is simply open then."""
        if not self._place_fits(host):
            return False
        if not host.offers:
            return (
                not self.wish.kind and self._may_come(host, host.min_age, "", "") and self._is_open_then(host)
            )
        host.offers = [kept for offer in host.offers if (kept := self._fitting(host, offer)) is not None]
        return bool(host.offers)

    def _place_fits(self, host: Host) -> bool:
        wish = self.wish
        return not (
            (wish.area and host.area != wish.area)
            or (wish.craft and host.craft != wish.craft)
            or (wish.roof and not host.roof)
            or (wish.stroller and host.stroller not in WELCOME)
            or (wish.step_free and host.step_free not in WELCOME)
        )

    def _fitting(self, host: Host, offer: Offer) -> Offer | None:
        """The offer with those of its times that fit, or None."""
        youngest = host.min_age if offer.min_age is None else offer.min_age
        if (self.wish.kind and offer.kind != self.wish.kind) or not self._may_come(
            host, youngest, offer.speaks, offer.key, offer.title
        ):
            return None
        if offer.mode == EntryMode.OPEN:
            return offer if self._is_open_then(host) else None
        if not offer.times:
            return None if self.wish.part or self.wish.now or self.wish.free else offer
        times = tuple(time for time in offer.times if self._suits(time))
        return offer if times == offer.times else replace(offer, times=times) if times else None

    def _may_come(self, host: Host, min_age: int | None, languages: str, *keys: str) -> bool:
        spoken = languages if languages not in {"", "[]"} else host.speaks
        if (self.wish.speaks and f'"{self.wish.speaks}"' not in spoken) or (
            self.wish.age is not None and (min_age or 0) > self.wish.age
        ):
            return False
        if not self.terms:
            return True
        whole = " ".join(
            [host.key, sorting_key(host.name), host.kana, host.craft_name, *map(sorting_key, keys)]
        )
        return all(term in whole for term in self.terms)

    def _suits(self, time: Time) -> bool:
        if self.from_to and not self.from_to[0] <= time.clock.rjust(5, "0") < self.from_to[1]:
            return False
        if self.wish.now and not (self.now < time.end and time.start <= self.soon):
            return False
        return not self.wish.free or time.left > 0 or time.state == "drop"

    def _is_open_then(self, host: Host) -> bool:
        hours = host.hours
        if self.from_to:
            hours = tuple(one for one in hours if one[1] < self.from_to[1] and one[2] > self.from_to[0])
        if self.wish.now:
            hours = tuple(one for one in hours if one[0] == self.today and one[1] <= self.wall < one[2])
        return bool(hours) or not (self.wish.now or (self.from_to and host.slug))


# What one may ask for


def _counted(pairs: Iterable[tuple[str, str]]) -> Counted:
    counts: dict[tuple[str, str], int] = {}
    for pair in pairs:
        counts[pair] = counts.get(pair, 0) + 1
    return tuple(
        sorted(
            ((value, name, count) for (value, name), count in counts.items()),
            key=lambda one: (-one[2], one[1]),
        )
    )


def _areas(hosts: list[Host]) -> Counted:
    return _counted((host.area, host.area_name) for host in hosts if host.area)


def _crafts(hosts: list[Host]) -> Counted:
    found = _counted((host.craft, host.craft_name) for host in hosts if host.craft)
    return tuple(sorted(found, key=lambda one: one[0] == Craft.OTHER))


def _kinds(hosts: list[Host]) -> Counted:
    return _counted((offer.kind, offer.kind_name) for host in hosts for offer in host.offers)


def _languages(hosts: list[Host]) -> tuple[tuple[str, str], ...]:
    spoken = {host.speaks for host in hosts} | {offer.speaks for host in hosts for offer in host.offers}
    return tuple(
        (code, str(name)) for code, name in LANGUAGES.items() if any(f'"{code}"' in one for one in spoken)
    )
