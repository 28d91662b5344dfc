"""Reading a GTFS or GTFS-JP feed: what runs near the festival on its days.

Fares and shapes are not read. Refusals are sentences for the organizer.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from eventapp.i18n import Translated, lazy
from eventapp.walks.earth import Box, CoordinateError, Point, checked_point
from eventapp.walks.feed_archive import Archive, FeedRefused
from eventapp.walks.transit import BusStop, Call, Network, Trip

MOST_TRIPS = 5_000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS_PER_HOUR = 600


@dataclass(slots=True)
class FeedRead:
    """What a feed says: its agency, the days it covers, the network near the festival, festival days without a trip."""

    agency: Translated
    first_day: date
    last_day: date
    network: Network
    silent: list[date] = field(default_factory=list)


def read_feed(stream: BinaryIO, *, area: Box, days: Sequence[date], zone: ZoneInfo) -> FeedRead:
    """The feed, cut down to stops inside `area` and to the festival's days. Raises FeedRefused."""
    archive = Archive(stream)
    archive.check_complete()
    agency, own_zone = read_agency(archive)
    services = Services(archive)
    first, last = services.span()
    if not any(first <= day <= last for day in days):
        raise FeedRefused(
            lazy(
                "This feed is for %(first)s to %(last)s, and the festival is on %(days)s. Ask the operator for the feed of those days.",
                first=first.isoformat(),
                last=last.isoformat(),
                days=", ".join(day.isoformat() for day in days),
            )
        )
    wanted = sorted({each for day in days for each in (day - timedelta(days=1), day)})
    running = {day: services.on(day) for day in wanted}
    network = read_network(archive, area, running, shift_between(own_zone, zone, days[0]))
    silent = [day for day in days if not network.days.get(day.isoformat())]
    if not network.trips:
        raise FeedRefused(lazy("Nothing in this feed runs near the festival on its days."))
    return FeedRead(agency, first, last, network, silent)


def read_agency(archive: Archive) -> tuple[Translated, ZoneInfo]:
    """The operator's name and the zone of all times."""
    for row in archive.rows("agency.txt"):
        try:
            zone = ZoneInfo(row.get("agency_timezone", ""))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise FeedRefused(
                lazy(
                    "The feed's time zone is not known: %(zone)s.",
                    zone=row.get("agency_timezone", "")[:40] or "-",
                )
            ) from error
        return Translated({"ja": row.get("agency_name", "")[:200]}), zone
    raise FeedRefused(lazy("%(name)s in the feed is damaged. Download the feed again.", name="agency.txt"))


def shift_between(own: ZoneInfo, other: ZoneInfo, day: date) -> int:
    """What has to be added to times of one zone to be read in the other, in tenths of a minute."""
    noon = datetime.combine(day, time(12))
    here = noon.replace(tzinfo=other).utcoffset() or timedelta()
    there = noon.replace(tzinfo=own).utcoffset() or timedelta()
    return round((here - there).total_seconds() / 6)


class Services:
    """Which services run on which days."""

    def __init__(self, archive: Archive) -> None:
        self.weekly: dict[str, tuple[date, date, list[bool]]] = {}
        self.added: dict[date, set[str]] = defaultdict(set)
        self.dropped: dict[date, set[str]] = defaultdict(set)
        for row in archive.rows("calendar.txt"):
            first, last = parse_day(row.get("start_date", "")), parse_day(row.get("end_date", ""))
            if first and last:
                self.weekly[row.get("service_id", "")] = (
                    first,
                    last,
                    [row.get(name) == "1" for name in WEEKDAYS],
                )
        for row in archive.rows("calendar_dates.txt"):
            day = parse_day(row.get("date", ""))
            if day:
                (self.added if row.get("exception_type") == "1" else self.dropped)[day].add(
                    row.get("service_id", "")
                )

    def span(self) -> tuple[date, date]:
        """The first and the last day of service. Raises FeedRefused where there is none."""
        edges = [day for first, last, _ in self.weekly.values() for day in (first, last)] + list(self.added)
        if not edges:
            raise FeedRefused(
                lazy("The feed names no day on which anything runs. Ask the operator for a complete one.")
            )
        return min(edges), max(edges)

    def on(self, day: date) -> set[str]:
        """The services of a day."""
        regular = {
            name
            for name, (first, last, week) in self.weekly.items()
            if first <= day <= last and week[day.weekday()]
        }
        return (regular | self.added.get(day, set())) - self.dropped.get(day, set())


def parse_day(text: str) -> date | None:
    """20261128."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{8}", text) else None
    except ValueError:
        return None


def parse_time(text: str) -> int | None:
    """Hours may pass 24; in tenths of a minute. None where no time is given."""
    match = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9]):([0-5][0-9])", text)
    if match is None:
        return None
    hours, minutes, seconds = (int(part) for part in match.groups())
    return hours * UNITS_PER_HOUR + minutes * 10 + math.ceil(seconds / 6)


def read_network(archive: Archive, area: Box, running: dict[date, set[str]], shift: int) -> Network:
    """Stops inside the area, and the trips of the wanted days that call at two of them or more."""
    english = read_translations(archive)
    network = Network(days={day.isoformat(): [] for day in running})
    numbers = read_stops(archive, area, english, network)
    lines = read_lines(archive, english)
    services = set().union(*running.values()) if running else set()
    trips = {
        row.get("trip_id", ""): (row.get("service_id", ""), lines.get(row.get("route_id", ""), {}))
        for row in archive.rows("trips.txt")
        if row.get("service_id", "") in services
    }
    repeats = read_frequencies(archive, trips.keys())
    calls, begins = read_calls(archive, trips.keys(), numbers, shift)
    known: dict[str, int] = {}
    for trip_id, found in calls.items():
        service, names = trips[trip_id]
        number = known.setdefault(repr(sorted(names.items())), len(network.lines))
        if number == len(network.lines):
            network.lines.append(names)
        for each in repeated(found, repeats.get(trip_id), shift, begins.get(trip_id)):
            for day, on in running.items():
                if service in on:
                    network.days[day.isoformat()].append(len(network.trips))
            network.trips.append(Trip(number, each))
            if len(network.trips) > MOST_TRIPS:
                raise FeedRefused(
                    lazy(
                        "More than %(most)s trips run near the festival in this feed. Use the feed of one operator.",
                        most=MOST_TRIPS,
                    )
                )
    return network


def read_translations(archive: Archive) -> dict[str, str]:
    """English names by Japanese name, in the feed's present or former form."""
    found: dict[str, str] = {}
    for row in archive.rows("translations.txt"):
        language = (row.get("language") or row.get("lang") or "").lower()
        original = row.get("field_value") or row.get("trans_id") or row.get("record_id") or ""
        if language.split("-")[0] == "en" and original and row.get("translation"):
            found.setdefault(original, row["translation"][:200])
    return found


def read_stops(archive: Archive, area: Box, english: dict[str, str], network: Network) -> dict[str, int]:
    """The numbers of the stops inside the area; stations and entrances are no stops."""
    numbers: dict[str, int] = {}
    for row in archive.rows("stops.txt"):
        try:
            point = checked_point(float(row.get("stop_lat", "")), float(row.get("stop_lon", "")))
        except (CoordinateError, ValueError):
            continue
        if row.get("location_type", "") in {"", "0"} and area.holds(*point):
            name = row.get("stop_name", "")[:200]
            other = english.get(name) or english.get(row.get("stop_id", ""))
            numbers[row.get("stop_id", "")] = len(network.stops)
            network.stops.append(BusStop({"ja": name, **({"en": other} if other else {})}, Point(*point)))
    return numbers


def read_lines(archive: Archive, english: dict[str, str]) -> dict[str, dict[str, str]]:
    """The names of the lines by route."""
    lines: dict[str, dict[str, str]] = {}
    for row in archive.rows("routes.txt"):
        words = [row.get("route_short_name", ""), row.get("route_long_name", "")]
        name = " ".join(dict.fromkeys(word for word in words if word))[:200]
        other = next((english[word] for word in words if word in english), "")
        lines[row.get("route_id", "")] = {"ja": name, **({"en": other} if other else {})}
    return lines


def read_calls(
    archive: Archive, trips: Any, numbers: dict[str, int], shift: int
) -> tuple[dict[str, tuple[Call, ...]], dict[str, int]]:
    """The calls of every wanted trip in their order, trips with fewer than two left out; and when each trip begins,
    which may be at a stop far away.
    """
    found: dict[str, list[tuple[int, Call]]] = defaultdict(list)
    begins: dict[str, int] = {}
    for row in archive.rows("stop_times.txt"):
        trip, stop = row.get("trip_id", ""), numbers.get(row.get("stop_id", ""))
        arrives, departs = parse_time(row.get("arrival_time", "")), parse_time(row.get("departure_time", ""))
        arrives, departs = departs if arrives is None else arrives, arrives if departs is None else departs
        if trip not in trips or arrives is None or departs is None:
            continue
        begins[trip] = min(departs + shift, begins.get(trip, departs + shift))
        place = whole_number(row.get("stop_sequence", ""))
        if stop is None or place is None:
            continue
        board, alight = row.get("pickup_type", "") != "1", row.get("drop_off_type", "") != "1"
        found[trip].append((place, Call(stop, arrives + shift, max(arrives, departs) + shift, board, alight)))
    ordered = {
        trip: tuple(call for _, call in sorted(calls, key=lambda one: one[0]))
        for trip, calls in found.items()
    }
    return {trip: calls for trip, calls in ordered.items() if len(calls) > 1 and is_forward(calls)}, begins


def whole_number(text: str) -> int | None:
    """Of ASCII digits only."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def is_forward(calls: Sequence[Call]) -> bool:
    """Whether the trip never arrives before it left."""
    return all(a.departs <= b.arrives for a, b in pairwise(calls))


def read_frequencies(archive: Archive, trips: Any) -> dict[str, list[tuple[int, int, int]]]:
    """Trips that repeat: from, to, every so often."""
    found: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in archive.rows("frequencies.txt"):
        first, last = parse_time(row.get("start_time", "")), parse_time(row.get("end_time", ""))
        seconds = row.get("headway_secs", "")
        if row.get("trip_id", "") in trips and first is not None and last is not None and seconds.isdecimal():
            found[row["trip_id"]].append((first, last, max(10, int(seconds) // 6)))
    return found


def repeated(
    calls: tuple[Call, ...], times: list[tuple[int, int, int]] | None, shift: int, base: int | None
) -> Iterator[tuple[Call, ...]]:
    """The trip itself, or its repetitions, moved to each of their beginnings; `base` is when the trip itself begins."""
    if not times:
        yield calls
        return
    base = calls[0].departs if base is None else base
    for first, last, every in times:
        for begin in range(first, last, every):
            move = begin + shift - base
            yield tuple(
                Call(one.stop, one.arrives + move, one.departs + move, one.board, one.alight) for one in calls
            )
