"""Calendar files (RFC 5545) for an edition, a factory or one booking.

A subscribed calendar recognises an entry by its `uid`, which therefore stays the same for the whole life of a
slot or a booking; `sequence` rises with every change that a visitor must notice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Event

MAKER = "-//Kouba//Open factory festivals//EN"
ASK_AGAIN = timedelta(hours=1)  # for subscribers
STATUSES = frozenset({"CONFIRMED", "CANCELLED", "TENTATIVE"})
METHODS = frozenset({"PUBLISH", "REQUEST", "CANCEL"})


@dataclass(frozen=True)
class CalendarEvent:
    """One entry. Times are aware; coordinates are WGS 84 degrees, both or neither."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    updated_at: datetime
    description: str = ""
    location: str = ""
    lat: float | None = None
    lon: float | None = None
    url: str = ""
    sequence: int = 0
    status: str = "CONFIRMED"


def calendar(
    name: str, events: Iterable[CalendarEvent], *, zone: str = "Asia/Tokyo", method: str | None = None
) -> bytes:
    """The calendar file, the same bytes for the same events; times stand in `zone`, whose rules are part of
    it.

    `method` is for files in mail (REQUEST, CANCEL) and stays out of what is downloaded or subscribed to.
    """
    if method is not None and method not in METHODS:
        raise ValueError(f"not a method of a calendar: {method!r}")
    from icalendar import Calendar, vText  # few ask for a calendar: it is loaded for the first

    book = Calendar()
    book.add("prodid", MAKER)
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    if method:
        book.add("method", method)
    book.add("x-wr-calname", vText(_line(name)))
    book.add("x-wr-timezone", zone)
    book.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    for event in events:
        book.add_component(_entry(event, ZoneInfo(zone)))
    book.add_missing_timezones()
    return bytes(book.to_ical())


def _entry(event: CalendarEvent, zone: ZoneInfo) -> "Event":
    from icalendar import Event, vUri

    if event.starts_at.tzinfo is None or event.ends_at.tzinfo is None or event.updated_at.tzinfo is None:
        raise ValueError("a calendar entry needs aware times")
    if event.status not in STATUSES:
        raise ValueError(f"not a status of a calendar entry: {event.status!r}")
    entry = Event()
    entry.add("uid", _line(event.uid))
    entry.add("dtstamp", event.updated_at)
    entry.add("last-modified", event.updated_at)
    entry.add("dtstart", event.starts_at.astimezone(zone))
    entry.add("dtend", event.ends_at.astimezone(zone))
    entry.add("summary", _line(event.summary))
    entry.add("sequence", event.sequence)
    entry.add("status", event.status)
    if event.description:
        entry.add("description", _text(event.description))
    if event.location:
        entry.add("location", _line(event.location))
    if event.lat is not None and event.lon is not None:
        entry.add("geo", (round(event.lat, 6), round(event.lon, 6)))
    if url := _address(event.url):
        entry.add("url", vUri(url))
    return entry


_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNFIT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _text(text: str) -> str:
    """The text with line feeds as its only control characters: programs disagree on where other lines end."""
    return _UNFIT.sub("", _LINE_ENDS.sub("\n", text))


def _line(text: str) -> str:
    return " ".join(_text(text).split())


def _address(url: str) -> str:
    """A web address, or nothing: a calendar program opens what it is given."""
    plain = "".join(_text(url).split())
    return plain if urlsplit(plain).scheme in ("http", "https") else ""
