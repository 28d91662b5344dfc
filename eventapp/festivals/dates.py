"""Days as a committee types them: `11/28-29`, `2026年11月28日(土)・29日(日)`, one a line or all in a row."""

import re
import unicodedata
from datetime import date, timedelta

from eventapp.i18n import RuleError, lazy

LONGEST = 500
HALF_A_YEAR = 183
MOST_DAYS = 60  # of one edition; a range typed wrong should not make a thousand


class DateError(RuleError):
    """No days can be read from what was typed."""


_DAY = re.compile(r"(?:(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*)?(\d{1,2})(?!\d)\s*日?")
_WEEKDAY = re.compile(
    r"[(（](?:[月火水木金土日]|祝|・|mon|tue|wed|thu|fri|sat|sun)+[)）]|\b(?:mon|tue|wed|thu|fri|sat|sun)\w*\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:~|〜|–|—|から|to|-|\.\.+)\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,、・;&]*")


def parse_dates(text: str, *, today: date) -> list[date]:
    """The days in a text, in order, each once. A day without a year is the next such day from `today` on.

    A month or year that is left out is that of the day before it: `11/28, 29`. Raises DateError.
    """
    plain = _WEEKDAY.sub(" ", unicodedata.normalize("NFKC", text[:LONGEST])).strip()
    plain = plain.replace("まで", " ")
    found: list[date] = []
    last: date | None = None
    at, in_range = 0, False
    while at < len(plain):
        match = _DAY.match(plain, at)
        if match is None:
            raise DateError(_unreadable())
        day = _day(match, last, today, in_range=in_range)
        found += _span(last, day) if in_range and last is not None else [day]
        if len(found) > MOST_DAYS:
            raise DateError(lazy("An edition has at most %(most)s days.", most=MOST_DAYS))
        last, at = day, match.end()
        range_sign = _RANGE.match(plain, at)
        in_range = range_sign is not None
        at = range_sign.end() if range_sign is not None else _between(plain, at)
    if in_range:
        raise DateError(_unreadable())
    return sorted(set(found))


def _between(plain: str, at: int) -> int:
    match = _BETWEEN.match(plain, at)
    return match.end() if match is not None else at


def _day(match: re.Match[str], last: date | None, today: date, *, in_range: bool) -> date:
    year, month, day = match.groups()
    try:
        if year:
            return date(int(year), int(month), int(day))
        if month is None:
            if last is None:
                raise DateError(_unreadable())
            return last.replace(day=int(day))
        if last is None or in_range:
            return _after(last or today, int(month), int(day))
        return _near(last, int(month), int(day))
    except (ValueError, OverflowError) as error:
        raise DateError(_unreadable()) from error


def _after(start: date, month: int, day: int) -> date:
    """The first such day that is not before `start`."""
    this_year = date(start.year, month, day)
    return this_year if this_year >= start else date(start.year + 1, month, day)


def _near(last: date, month: int, day: int) -> date:
    """Such a day of the year before it in the list; one from its spring after a winter's day is next year's."""
    same_year = date(last.year, month, day)
    return same_year.replace(year=last.year + 1) if (last - same_year).days > HALF_A_YEAR else same_year


def _span(first: date, last: date) -> list[date]:
    """The days after `first` up to `last`; `first` itself was taken before."""
    if last < first:
        raise DateError(lazy("The last day is before the first."))
    if (last - first).days > MOST_DAYS:
        raise DateError(lazy("An edition has at most %(most)s days.", most=MOST_DAYS))
    return [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]


def _unreadable() -> object:
    return lazy("These days cannot be read. Type them like 2026-11-28, 2026-11-29 or 11/28-29.")
