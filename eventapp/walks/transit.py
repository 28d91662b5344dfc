"""Buses and trains: from trips to the best ride between two places at any time of a day.

Times are tenths of a minute after midnight of the day. A ride includes the walks to and from the stops. Typed shuttle
lines and feeds come in the same form (`Network`), so the planner does not know which is which.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from typing import Any, NamedTuple

from eventapp.walks.earth import Point, distance
from eventapp.walks.problem import Rides
from eventapp.walks.profiles import Profile
from eventapp.walks.streets import DETOUR

WALK_TO_STOP = 600.0
CHANGE_WITHIN = 250.0
CHANGE_UNITS = 20
"""Two minutes are kept for every change, and before boarding a change after a walk one more."""
DAY_UNITS = 14_400
MOST_STARTS = 80
NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Call:
    """A trip at a stop; whether one may get on and off there."""

    stop: int
    arrives: int
    departs: int
    board: bool = True
    alight: bool = True


@dataclass(frozen=True, slots=True)
class Trip:
    """One run of a line through its stops."""

    line: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class BusStop:
    """Where one gets on and off."""

    name: Mapping[str, str]
    point: Point


@dataclass(slots=True)
class Network:
    """Stops, lines by name, trips, and which trips run on which day (ISO date)."""

    stops: list[BusStop] = field(default_factory=list)
    lines: list[Mapping[str, str]] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    days: dict[str, list[int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As plain data, calls flattened: it may be large."""
        return {
            "stops": [[dict(one.name), one.point.lat, one.point.lon] for one in self.stops],
            "lines": [dict(name) for name in self.lines],
            "trips": [
                [trip.line, [[c.stop, c.arrives, c.departs, int(c.board), int(c.alight)] for c in trip.calls]]
                for trip in self.trips
            ],
            "days": self.days,
        }


def network_from_json(data: Mapping[str, Any]) -> Network:
    """The network of `Network.as_json`."""
    return Network(
        [BusStop(name, Point(lat, lon)) for name, lat, lon in data["stops"]],
        list(data["lines"]),
        [
            Trip(line, tuple(Call(s, a, d, bool(on), bool(off)) for s, a, d, on, off in calls))
            for line, calls in data["trips"]
        ],
        {day: list(trips) for day, trips in data["days"].items()},
    )


class Connection(NamedTuple):
    """A vehicle from one stop to its next."""

    departs: int
    arrives: int
    origin: int
    target: int
    trip: int
    board: bool
    alight: bool


class DayService:
    """What runs on one day in all networks together, last night's late trips included."""

    def __init__(self, networks: Iterable[Network], day: date) -> None:
        self.stops: list[BusStop] = []
        self.line_of: list[Mapping[str, str]] = []
        found: list[Connection] = []
        for network in networks:
            first = len(self.stops)
            self.stops += network.stops
            for which, shift in ((day, 0), (day - timedelta(days=1), -DAY_UNITS)):
                for number in network.days.get(which.isoformat(), ()):
                    trip = network.trips[number]
                    found += self._connections(trip, first, shift)
                    self.line_of.append(network.lines[trip.line])
        self.connections = sorted(found)
        self.changes = self._find_changes()

    def _connections(self, trip: Trip, first: int, shift: int) -> list[Connection]:
        number, calls = len(self.line_of), trip.calls
        return [
            Connection(
                a.departs + shift,
                b.arrives + shift,
                a.stop + first,
                b.stop + first,
                number,
                a.board,
                b.alight,
            )
            for a, b in pairwise(calls)
            if a.departs + shift >= 0
        ]

    def _find_changes(self) -> list[list[tuple[int, int]]]:
        """For every used stop the others within a short walk, and how long that takes, the change included."""
        used = sorted({stop for each in self.connections for stop in (each.origin, each.target)})
        changes: list[list[tuple[int, int]]] = [[] for _ in self.stops]
        for a in used:
            for b in used:
                metres = distance(self.stops[a].point, self.stops[b].point)
                if a != b and metres <= CHANGE_WITHIN:
                    changes[a].append((b, ceil(metres * DETOUR / 8) + CHANGE_UNITS))
        return changes

    def near(self, point: Point, profile: Profile) -> dict[int, int]:
        """The stops within 600 m and the walking time to them."""
        found = {}
        for number, stop in enumerate(self.stops):
            if abs(stop.point.lat - point.lat) < 0.006:
                metres = distance(stop.point, point)
                if metres <= WALK_TO_STOP:
                    found[number] = ceil(metres * DETOUR / profile.metres_per_second / 6)
        return found


class Choices:
    """Pairs (leave, arrive) of which none is beaten: leaving later never means arriving earlier."""

    __slots__ = ("arrivals", "negatives")

    def __init__(self) -> None:
        self.negatives: list[int] = []  # of the departures, so that they rise
        self.arrivals: list[int] = []

    def add(self, departs: int, arrives: int) -> bool:
        """Take a pair in, unless one that leaves no earlier arrives no later."""
        at = bisect_left(self.negatives, -departs)
        same = at < len(self.negatives) and self.negatives[at] == -departs
        before = at if same else at - 1
        if before >= 0 and self.arrivals[before] <= arrives:
            return False
        end = at
        while end < len(self.arrivals) and self.arrivals[end] >= arrives:
            end += 1
        self.negatives[at:end] = [-departs]
        self.arrivals[at:end] = [arrives]
        return True

    def arrival(self, time: int) -> int:
        """The earliest arrival for whoever is there at `time`."""
        at = bisect_right(self.negatives, -time) - 1
        return self.arrivals[at] if at >= 0 else NEVER

    def rides(self, walk: int) -> Rides | None:
        """As the solver wants them, without those that are no quicker than walking."""
        pairs = [
            (-negative, arrives)
            for negative, arrives in zip(reversed(self.negatives), reversed(self.arrivals), strict=True)
            if arrives < -negative + walk
        ]
        return Rides(tuple(a for a, _ in pairs), tuple(b for _, b in pairs)) if pairs else None


def scan_to(service: DayService, target: Mapping[int, int]) -> list[Choices]:
    """For every stop the choices to the target, whose near stops and walks are given: one pass from the last trip."""
    at_stop = [Choices() for _ in service.stops]
    on_trip = [NEVER] * len(service.line_of)
    for link in reversed(service.connections):
        best = on_trip[link.trip]
        if link.alight:
            if link.target in target:
                best = min(best, link.arrives + target[link.target])
            best = min(best, at_stop[link.target].arrival(link.arrives + CHANGE_UNITS))
        if best >= NEVER:
            continue
        on_trip[link.trip] = best
        if link.board and at_stop[link.origin].add(link.departs, best):
            for other, walk in service.changes[link.origin]:
                at_stop[other].add(link.departs - walk, best)
    return at_stop


def rides_to(
    service: DayService,
    origins: Sequence[Mapping[int, int]],
    target: Mapping[int, int],
    walks: Sequence[int],
) -> list[Rides | None]:
    """The rides from every origin (its near stops and walks) to the target; `walks` is the time on foot instead."""
    at_stop = scan_to(service, target) if target else []
    found: list[Rides | None] = []
    for near, walk in zip(origins, walks, strict=True):
        best = Choices()
        for stop, access in near.items() if target else ():
            for negative, arrives in zip(at_stop[stop].negatives, at_stop[stop].arrivals, strict=True):
                if -negative >= access:
                    best.add(-negative - access, arrives)
        found.append(best.rides(walk))
    return found


def rides_among(
    service: DayService, sites: Sequence[Point], walks: Sequence[Sequence[int]], profile: Profile
) -> dict[tuple[int, int], Rides]:
    """The rides between all sites; `walks` is the table of times on foot."""
    near = [service.near(site, profile) for site in sites]
    found: dict[tuple[int, int], Rides] = {}
    for target, stops in enumerate(near):
        if stops:
            column = [row[target] for row in walks]
            for origin, rides in enumerate(rides_to(service, near, stops, column)):
                if rides and origin != target:
                    found[origin, target] = rides
    return found


def rides_from(
    service: DayService,
    origin: Point,
    targets: Sequence[Point],
    walks: Sequence[int],
    profile: Profile,
    since: int,
) -> list[Rides | None]:
    """The rides from one point to every target: one pass through the day for each bus that leaves nearby."""
    access = service.near(origin, profile)
    leaves = sorted(
        {
            link.departs - access[link.origin]
            for link in service.connections
            if link.board and link.origin in access
        }
    )
    leaves = [time for time in leaves if time >= since][:MOST_STARTS]
    near = [service.near(target, profile) for target in targets]
    best = [Choices() for _ in targets]
    for time in reversed(leaves):
        reached = scan_from(service, access, time).arrivals
        for number, stops in enumerate(near):
            there = min((reached[stop] + walk for stop, walk in stops.items()), default=NEVER)
            if there < NEVER:
                best[number].add(time, there)
    return [choices.rides(walk) for choices, walk in zip(best, walks, strict=True)]


@dataclass(slots=True)
class Reached:
    """The earliest arrival by vehicle at every stop, and by which connection, boarded where."""

    arrivals: list[int]
    came_by: dict[int, tuple[Connection, Connection]]  # stop -> (boarded, alighted)


def scan_from(service: DayService, access: Mapping[int, int], time: int) -> Reached:
    """From a place left at `time`: one pass from the first trip."""
    ready = [NEVER] * len(service.stops)
    for stop, walk in access.items():
        ready[stop] = time + walk
    arrivals = [NEVER] * len(service.stops)
    boarded: dict[int, Connection] = {}
    came_by: dict[int, tuple[Connection, Connection]] = {}
    for link in service.connections[bisect_left(service.connections, (time,)) :]:
        if link.trip not in boarded:
            if not link.board or ready[link.origin] > link.departs:
                continue
            boarded[link.trip] = link
        if link.alight and link.arrives < arrivals[link.target]:
            arrivals[link.target] = link.arrives
            came_by[link.target] = (boarded[link.trip], link)
            ready[link.target] = min(ready[link.target], link.arrives + CHANGE_UNITS)
            for other, walk in service.changes[link.target]:
                ready[other] = min(ready[other], link.arrives + walk)
    return Reached(arrivals, came_by)


@dataclass(frozen=True, slots=True)
class Hop:
    """One vehicle of a journey."""

    line: Mapping[str, str]
    board: BusStop
    alight: BusStop
    departs: int
    arrives: int


@dataclass(frozen=True, slots=True)
class Journey:
    """From door to door: the vehicles in order, and when one is there. `metres` are walked at both ends."""

    hops: tuple[Hop, ...]
    arrives: int
    metres: float


def find_journey(
    service: DayService, origin: Point, target: Point, leave: int, profile: Profile
) -> Journey | None:
    """The journey that arrives earliest when one leaves at `leave`; None where nothing runs."""
    access, egress = service.near(origin, profile), service.near(target, profile)
    reached = scan_from(service, access, leave)
    last = min(egress, key=lambda stop: reached.arrivals[stop] + egress[stop], default=None)
    if last is None or reached.arrivals[last] >= NEVER:
        return None
    hops: list[Hop] = []
    stop, limit = last, NEVER
    while len(hops) < 8:
        boarded, alighted = reached.came_by[stop]
        if boarded.departs >= limit:
            return None  # a cycle of equal times; nobody rides like that
        limit = boarded.departs
        hops.append(
            Hop(
                service.line_of[boarded.trip],
                service.stops[boarded.origin],
                service.stops[alighted.target],
                boarded.departs,
                alighted.arrives,
            )
        )
        if access.get(boarded.origin, NEVER) + leave <= boarded.departs:
            break
        before = came_from(service, reached, boarded)
        if before is None:
            return None
        stop = before
    hops.reverse()
    metres = DETOUR * (distance(origin, hops[0].board.point) + distance(hops[-1].alight.point, target))
    return Journey(tuple(hops), reached.arrivals[last] + egress[last], round(metres))


def came_from(service: DayService, reached: Reached, boarded: Connection) -> int | None:
    """At which stop one got off before boarding this."""
    options = [(boarded.origin, CHANGE_UNITS), *service.changes[boarded.origin]]
    for stop, change in options:
        if stop in reached.came_by and reached.arrivals[stop] + change <= boarded.departs:
            return stop
    return None
