"""Walking between places: along streets where there is an extract, else as an honest estimate.

`load_router` gives either. Both answer the same three questions: where a place meets the streets (`snap`), how far all
places are from each other (`matrix`), and what one way looks like (`leg`).
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Protocol

from eventapp.walks.approach import End, best_way, is_somewhere, sum_of, trace, ways_in, ways_out
from eventapp.walks.directions import Makeup, Step, add_up, tell
from eventapp.walks.earth import Box, Point, checked_point, distance
from eventapp.walks.graph import MAGIC, Graph, parse_graph
from eventapp.walks.paths import NOWHERE, SCIPY, Cost, Network, Reached
from eventapp.walks.profiles import NORMAL, Profile
from eventapp.walks.snapping import CELL_METRES, FARTHEST_METRES, EdgeIndex, Snap

DETOUR = 1.3
"""Streets are about 1.3 times as long as the straight line, on all extracts we measured."""
CLOSER_BY = 20.0
"""A step-free way may be this much farther from the door than the nearest way of all."""
FARTHEST_WALK = 8000.0
RIGHT_ON_IT = 1.0


class Status(StrEnum):
    """How sure a leg is: along streets, estimated without them, or not possible for this profile."""

    STREET = "street"
    ESTIMATED = "estimated"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Metres, seconds and status from every origin to every target; infinite where unreachable."""

    metres: list[list[float]]
    seconds: list[list[float]]
    status: list[list[Status]]


@dataclass(frozen=True, slots=True)
class Leg:
    """One walk. `line` runs from street point to street point; the last metres to the doors are `gaps`, to be dashed.

    `unknown_share` is how much of it has no data on steps and surface: 0 to 1, and 1 for an estimate.
    """

    metres: float
    seconds: float
    status: Status
    line: tuple[Point, ...]
    steps: tuple[Step, ...] = ()
    makeup: Makeup = field(default_factory=Makeup)
    unknown_share: float = 1.0
    gaps: tuple[float, float] = (0.0, 0.0)

    @property
    def flags(self) -> tuple[str, ...]:
        """Words for what there is on the way: steps, escalator, rough, steep, unknown, elevators, signals."""
        return self.makeup.flags


class StreetRouter(Protocol):
    """What the planner and the pages ask of streets."""

    profile: Profile

    def snap(self, lat: float, lon: float) -> Snap:
        """Where the place meets the streets. Raises CoordinateError for what is no place."""

    def matrix(self, origins: Sequence[Snap], targets: Sequence[Snap] | None = None) -> Matrix:
        """All ways from origins to targets, or among the origins."""

    def leg(self, a: Snap, b: Snap) -> Leg:
        """One way, with its line and instructions."""


class Straight:
    """Without an extract: the straight line, 1.3 times as long, every leg marked as estimated."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def snap(self, lat: float, lon: float) -> Snap:
        """The place itself."""
        point = checked_point(lat, lon)
        return Snap(point, point, None)

    def estimate(self, a: Snap, b: Snap) -> tuple[float, float]:
        """Metres and seconds."""
        metres = DETOUR * distance(a.origin, b.origin)
        return metres, metres / self.profile.metres_per_second

    def matrix(self, origins: Sequence[Snap], targets: Sequence[Snap] | None = None) -> Matrix:
        """Estimates for all pairs."""
        ends = origins if targets is None else targets
        cells = [[self.estimate(a, b) for b in ends] for a in origins]
        return Matrix(
            [[metres for metres, _ in row] for row in cells],
            [[seconds for _, seconds in row] for row in cells],
            [[Status.ESTIMATED] * len(row) for row in cells],
        )

    def leg(self, a: Snap, b: Snap) -> Leg:
        """A straight line."""
        metres, seconds = self.estimate(a, b)
        return Leg(metres, seconds, Status.ESTIMATED, (a.origin, b.origin))


class OwnGraph:
    """Ways along the streets of an extract, for one profile.

    Of the parts of the town that do not hang together for this profile, the one with most of `places` is the town (the
    largest, where no places are given); in doubt a place belongs to it. Places elsewhere are unreachable, and said to be.
    """

    def __init__(
        self,
        graph: Graph,
        profile: Profile,
        places: Sequence[tuple[float, float]] = (),
        *,
        index: EdgeIndex | None = None,
        use_scipy: bool = SCIPY is not None,
    ) -> None:
        self.graph, self.profile, self.use_scipy = graph, profile, use_scipy
        self.network = Network(graph, profile)
        self.index = index or EdgeIndex(graph)
        self.straight = Straight(profile)
        self.town = self._find_town(places)

    @cached_property
    def _walkers(self) -> Network:
        """The graph as someone without wheels sees it."""
        return self.network if not self.profile.wheels else Network(self.graph, NORMAL)

    def _find_town(self, places: Sequence[tuple[float, float]]) -> int:
        """The part of the town with most places."""
        counts: dict[int, int] = {}
        for lat, lon in places:
            near = self.index.near(checked_point(lat, lon), self.network.usable.__getitem__)
            if near and near[0].edge is not None:
                part = self.network.parts[near[0].edge]
                counts[part] = counts.get(part, 0) + 1
        largest = self.network.largest_part
        return max(counts, key=lambda part: (counts[part], part == largest), default=largest)

    @cached_property
    def _mainland(self) -> int:
        """All that hangs together with the town for someone without wheels, escalators at its ends included."""
        town = next((edge for edge, part in enumerate(self.network.parts) if part == self.town), None)
        return -1 if town is None else self._walkers.mainlands[town]

    def snap(self, lat: float, lon: float) -> Snap:
        """The nearest way within 150 m that belongs to the town; islands, mostly mapping errors, are passed over.

        A place right on a way is taken at its word: on stairs there is no way for wheels, even where a street runs
        below. Else, with wheels, a way much farther from the door than the nearest one for walkers is not taken:
        between the two there are usually stairs or walls.
        """
        origin = checked_point(lat, lon)
        snap = self._snap_within(origin, CELL_METRES)
        if self._part(snap) == self.town and snap.offset_m + CLOSER_BY <= CELL_METRES:
            return snap
        return self._snap_within(origin, FARTHEST_METRES)

    def _snap_within(self, origin: Point, reach: float) -> Snap:
        near = self.index.near(origin, self._walkers.usable.__getitem__, reach)
        if not near:
            return Snap(origin, origin, None)
        if on_it := [each for each in near if each.offset_m <= RIGHT_ON_IT and self._is_on_mainland(each)]:
            return self._preferred(on_it)
        if self.profile.wheels:
            door = next((each for each in near if self._is_on_mainland(each)), near[0]).offset_m
            near = [each for each in near if each.offset_m <= door + CLOSER_BY]
        return self._preferred(near)

    def _preferred(self, snaps: list[Snap]) -> Snap:
        """The first in the town, else the first that may be used at all, else the first."""
        usable = [each for each in snaps if self._part(each) != -1]
        return next((each for each in usable if self._part(each) == self.town), (usable or snaps)[0])

    def _part(self, snap: Snap) -> int:
        return -1 if snap.edge is None else self.network.parts[snap.edge]

    def _is_on_mainland(self, snap: Snap) -> bool:
        return snap.edge is not None and self._walkers.mainlands[snap.edge] == self._mainland

    def is_reachable(self, snap: Snap) -> bool:
        """Whether the place hangs together with the town for this profile. (A place far from all streets does not.)"""
        return self._part(snap) == self.town

    def _limit(self) -> float:
        """The effort after which a run gives up: a long walk's, with steps and bad ground on top."""
        return 3 * FARTHEST_WALK / self.profile.metres_per_second

    def matrix(self, origins: Sequence[Snap], targets: Sequence[Snap] | None = None) -> Matrix:
        """All ways from origins to targets, or among the origins. One run of Dijkstra per origin."""
        ends = origins if targets is None else targets
        inward = [ways_in(self.network, snap) for snap in ends]
        wanted = {end.node for each in inward for end in each}
        rows = (self._rows_by_scipy if self.use_scipy else self._rows_by_heap)(origins, wanted)
        cells = [
            [self._cell(a, b, into, costs) for b, into in zip(ends, inward, strict=True)]
            for a, costs in zip(origins, rows, strict=True)
        ]
        return Matrix(
            [[cell[0] for cell in row] for row in cells],
            [[cell[1] for cell in row] for row in cells],
            [[cell[2] for cell in row] for row in cells],
        )

    def _rows_by_heap(self, origins: Sequence[Snap], wanted: set[int]) -> list[dict[int, Cost]]:
        """Costs of the wanted nodes from each origin."""
        return [self._run(snap, wanted).costs for snap in origins]

    def _run(self, snap: Snap, wanted: set[int]) -> Reached:
        starts = [(end.node, end.cost) for end in ways_out(self.network, snap)]
        return self.network.run(starts, wanted, self._limit())

    def _rows_by_scipy(self, origins: Sequence[Snap], wanted: set[int]) -> list[dict[int, Cost]]:
        """The same from both ends of each origin's edge, put together."""
        starts = [ways_out(self.network, snap) for snap in origins]
        nodes = [end.node for ends in starts for end in ends]
        table = self.network.costs_between(nodes, wanted, self._limit())
        rows = []
        for ends in starts:
            row: dict[int, Cost] = {}
            for end in ends:
                for target, cost in table[end.node].items():
                    if end.cost[0] + cost[0] < row.get(target, NOWHERE)[0]:
                        row[target] = sum_of(end.cost, cost)
            rows.append(row)
        return rows

    def _cell(self, a: Snap, b: Snap, into: list[End], costs: dict[int, Cost]) -> tuple[float, float, Status]:
        best, _ = best_way(self.network, a, b, into, costs)
        status = self._status(a, b, best)
        if status is Status.ESTIMATED:
            return *self.straight.estimate(a, b), status
        return best[2], best[1], status

    def _status(self, a: Snap, b: Snap, best: Cost) -> Status:
        """Far from all streets, and farther than anyone walks in a day, we estimate; otherwise no way is no way."""
        if a.edge is None or b.edge is None:
            return Status.ESTIMATED
        if is_somewhere(best):
            return Status.STREET
        far = self._part(a) == self._part(b) and distance(a.point, b.point) > FARTHEST_WALK / 2
        return Status.ESTIMATED if far else Status.UNREACHABLE

    def leg(self, a: Snap, b: Snap) -> Leg:
        """One way with its line and instructions; the estimate where there are no streets."""
        into = ways_in(self.network, b)
        found = self._run(a, {end.node for end in into})
        best, last = best_way(self.network, a, b, into, found.costs)
        status = self._status(a, b, best)
        if status is Status.ESTIMATED:
            return self.straight.leg(a, b)
        if status is Status.UNREACHABLE:
            return Leg(math.inf, math.inf, status, (a.origin, b.origin))
        stretches, signals = trace(self.network, a, b, found, last)
        makeup = add_up(self.graph, stretches, signals)
        line = [stretches[0].line[0], *(point for stretch in stretches for point in stretch.line[1:])]
        unknown = min(1.0, makeup.unknown / best[2]) if best[2] else 0.0
        gaps = (a.offset_m, b.offset_m)
        return Leg(best[2], best[1], status, tuple(line), tell(self.graph, stretches), makeup, unknown, gaps)


def load_graph(path: Path, area: Box | None = None, without: Collection[int] = ()) -> Graph:
    """The graph of an extract, or a stored one (then already cut to its area).

    Raises ExtractError and GraphError as `read_extract` and `parse_graph` do.
    """
    from eventapp.walks.reading import read_extract  # brings osmium, which only whoever reads extracts needs

    with path.open("rb") as file:
        stored = file.read(len(MAGIC)) == MAGIC
    return parse_graph(path.read_bytes()) if stored else read_extract(path, area=area, without=without)


def load_router(
    path: Path | None,
    profile: Profile = NORMAL,
    places: Sequence[tuple[float, float]] = (),
    area: Box | None = None,
) -> StreetRouter:
    """The router for an extract or a stored graph; without one, straight lines."""
    if path is None:
        return Straight(profile)
    return OwnGraph(load_graph(path, area), profile, places)
