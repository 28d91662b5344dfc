"""Opening hours as people type them: the usual hours of chosen days, a lunch break, a line for a day that differs.

Hours are local wall time of the edition's zone. Two stretches on a day make a lunch closure.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import NamedTuple

from eventapp.factories.models import Opening, OpeningPlace
from eventapp.i18n import RuleError, lazy

LONGEST = 200
MOST_STRETCHES = 6  # on one day


class HoursError(RuleError):
    """The hours cannot be read, or cannot be like that."""


class Stretch(NamedTuple):
    """From opening to closing."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{show_time(self.opens)}-{show_time(self.closes)}"


Day = tuple[Stretch, ...]  # the stretches of one day, in order


@dataclass(frozen=True)
class Usual:
    """The hours that hold on most days; without a break both of its times are None."""

    opens: time | None = None
    closes: time | None = None
    break_from: time | None = None
    break_to: time | None = None

    def stretches(self) -> Day:
        """One stretch, or two around the break. Raises HoursError where the times are not in order."""
        if self.opens is None or self.closes is None:
            raise HoursError(lazy("Enter when you open and when you close."))
        if (self.break_from is None) != (self.break_to is None):
            raise HoursError(lazy("Enter when the break begins and when it ends, or leave both empty."))
        if self.break_from is None or self.break_to is None:
            return checked([Stretch(self.opens, self.closes)])
        if not self.opens < self.break_from < self.break_to < self.closes:
            raise HoursError(lazy("The break must lie between opening and closing."))
        return checked([Stretch(self.opens, self.break_from), Stretch(self.break_to, self.closes)])


def parse_time(typed: str) -> time:
    """10, 10:00, 1000, 10時, 10時半, １０：００. Raises HoursError."""
    plain = unicodedata.normalize("NFKC", typed[:LONGEST]).strip().lower().removesuffix("〜").strip()
    match = _TIME.fullmatch(plain)
    if match is None:
        raise HoursError(lazy("Type a time like 10:00."))
    return _time(match)


def parse_day(typed: str) -> Day:
    """`10:00-12:00, 13:00-16:00`, with any dash and any separator. Raises HoursError."""
    plain = unicodedata.normalize("NFKC", typed[:LONGEST]).strip().lower()
    found, at = [], 0
    while at < len(plain):
        match = _STRETCH.match(plain, at)
        if match is None:
            raise HoursError(lazy("Type hours like 10:00-12:00, 13:00-16:00."))
        opens, closes = (parse_time(each) for each in match.group(1, 2))
        found.append(Stretch(opens, closes))
        at = match.end()
    return checked(found)


def checked(stretches: Iterable[Stretch]) -> Day:
    """The stretches in order. Raises HoursError where one ends before it begins or two overlap."""
    day = tuple(sorted(stretches))
    if len(day) > MOST_STRETCHES:
        raise HoursError(lazy("A day has at most %(most)s stretches of opening hours.", most=MOST_STRETCHES))
    if any(one.opens >= one.closes for one in day):
        raise HoursError(lazy("Closing must come after opening."))
    if any(first.closes > second.opens for first, second in pairwise(day)):
        raise HoursError(lazy("These hours overlap."))
    return day


def show_time(moment: time) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def show_day(day: Iterable[Stretch]) -> str:
    """As `parse_day` reads it."""
    return ", ".join(str(one) for one in day)


def days_of(openings: Iterable[Opening], place: OpeningPlace) -> dict[date, Day]:
    """The stored hours at one place, day by day."""
    days: dict[date, list[Stretch]] = {}
    for one in openings:
        if one.place == place:
            days.setdefault(one.date, []).append(Stretch(one.opens, one.closes))
    return {day: tuple(sorted(stretches)) for day, stretches in sorted(days.items())}


def find_usual(days: Mapping[date, Day]) -> Usual:
    """The hours that most of the days have and that a form with one break can say; the earliest where two are even."""
    counted = Counter(day for day in days.values() if 1 <= len(day) <= 2)
    if not counted:
        return Usual()
    day: Sequence[Stretch] = counted.most_common(1)[0][0]
    if len(day) == 1:
        return Usual(day[0].opens, day[0].closes)
    return Usual(day[0].opens, day[1].closes, day[0].closes, day[1].opens)


_CLOCK = r"(\d{1,2})(?:\s*[:.時]\s*(\d{2}|半)?\s*分?|(\d\d))?(?!\d)"
_TIME = re.compile(_CLOCK)
_ONE = r"\d{1,2}(?:\s*[:.時]\s*(?:\d{2}|半)?\s*分?|\d\d)?(?!\d)"
_STRETCH = re.compile(
    rf"[\s,、;・/]*({_ONE})\s*(?:[-~〜‐‑–—―−ー]|から|to)\s*({_ONE})\s*(?:まで)?[\s,、;・/]*"
)


def _time(match: re.Match[str]) -> time:
    hour, minutes, joined = match.groups()
    minute = "30" if minutes == "半" else minutes or joined or "0"
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise HoursError(lazy("Type a time like 10:00.")) from error
