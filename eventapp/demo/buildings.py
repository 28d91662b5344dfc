"""Puts the factories, the hall and their neighbours beside the streets of the made-up town."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from eventapp.demo.ground import HEIGHT, KEEP_FREE, RAILWAY, RIVER, WIDTH, Land
from eventapp.demo.network import Network, Way
from eventapp.demo.plane import XY, along, apart, distance, inside, rectangle, segments, to_line, to_segment

_Item = TypeVar("_Item")
_FRONTAGE = {
    "primary",
    "secondary",
    "tertiary",
    "residential",
    "unclassified",
    "living_street",
    "track",
    "service",
}
_MOST_NEIGHBOURS = 430
_NEIGHBOURHOOD = 230.0  # metres around a factory in which its neighbours are drawn


@dataclass(frozen=True)
class Site:
    """A building with its ring, its door and the point where its address leads."""

    ring: tuple[XY, ...]
    entrance: XY
    entrance_node: int
    address_point: XY


@dataclass
class Builder:
    """Knows what is taken: streets and buildings by cells of sixty metres."""

    land: Land
    rings: list[list[XY]] = field(default_factory=list)
    _edges: dict[tuple[int, int], list[tuple[XY, XY]]] = field(default_factory=lambda: defaultdict(list))
    _built: dict[tuple[int, int], list[list[XY]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for way in self.land.network.streets():
            for a, b in _pieces(self.land.network, way):
                for k in range(int(distance(a, b) // 30) + 2):
                    p = along(a, b, min(1.0, k * 30 / max(distance(a, b), 1.0)))
                    if (a, b) not in self._edges[_cell(p)]:
                        self._edges[_cell(p)].append((a, b))

    def fits(self, ring: Sequence[XY]) -> bool:
        """Whether a footprint keeps off streets, water, rails, green and other buildings."""
        middle = _middle(ring)
        samples = [along(a, b, t) for a, b in segments(ring) for t in (0.0, 0.5)]
        if not all(3 < x < WIDTH - 3 and 3 < y < HEIGHT - 3 for x, y in samples):
            return False
        if to_line(middle, RIVER) < 62 or to_line(middle, RAILWAY) < 24:
            return False
        if any(inside(p, area) for area in KEEP_FREE for p in [*samples, middle]):
            return False
        if any(
            to_segment(p, a, b) < 3.4 for a, b in _around(self._edges, middle) for p in [*samples, middle]
        ):
            return False
        return all(apart(ring, other, 1.0) for other in _around(self._built, middle))

    def build(self, ring: list[XY]) -> None:
        """Take the ground for good."""
        self.rings.append(ring)
        self._built[_cell(_middle(ring))].append(ring)

    def find_site(self, near: XY, width: float, depth: float, behind: bool) -> Site:
        """Place a building near a point on the nearest street where it fits, smaller if need be.

        With `behind`, its address leads to another street than its door, as it often is in old towns.
        """
        network = self.land.network
        ways = [way for way in network.streets() if _faces_street(way)]
        for shrink in (1.0, 0.8, 0.65, 0.5, 0.4):
            for slide in (0.0, 14.0, -14.0, 28.0, -28.0, 45.0, -45.0, 70.0, -70.0):
                for across in (0.0, 25.0, -25.0, 60.0, -60.0):
                    target = near[0] + slide, near[1] + across
                    found = self._try(network, ways, target, width * shrink, depth * shrink)
                    if found:
                        return self._settle(network, ways, *found, behind)
        raise ValueError(f"No room for a building near {near}")

    def _try(
        self, network: Network, ways: list[Way], target: XY, width: float, depth: float
    ) -> tuple[list[XY], XY] | None:
        metres, way, piece, q = network.nearest(target, ways)
        if metres > 90:
            return None
        a, b = network.points[way.nodes[piece]], network.points[way.nodes[piece + 1]]
        ring, front = facing(a, b, q, target, width, depth, setback=_setback(way))
        return (ring, front) if self.fits(ring) else None

    def _settle(self, network: Network, ways: list[Way], ring: list[XY], front: XY, behind: bool) -> Site:
        self.build(ring)
        _, way, piece, q = network.nearest(front, ways)
        node = network.join(front, way, piece, q, {"highway": "footway", "footway": "access_aisle"})
        network.tags[node] = {"entrance": "main"}
        others = [w for w in ways if w.tags.get("name") and w.tags.get("name") != way.tags.get("name")]
        metres, _, _, other = network.nearest(_middle(ring), others)
        address_point = other if behind and metres < 130 else _middle(ring)
        return Site(tuple(ring), front, node, address_point)

    def add_neighbours(self, rng: Random, centres: Sequence[XY]) -> None:
        """Line the streets around the factories with ordinary houses, up to a limit."""
        network = self.land.network
        pieces = [
            (way, a, b) for way in network.streets() if _faces_street(way) for a, b in _pieces(network, way)
        ]
        rng.shuffle(pieces)
        for way, a, b in pieces:
            middle = along(a, b, 0.5)
            if min(distance(middle, centre) for centre in centres) < _NEIGHBOURHOOD:
                self._line_with_houses(rng, way, a, b)
            if len(self.rings) > _MOST_NEIGHBOURS:
                return

    def _line_with_houses(self, rng: Random, way: Way, a: XY, b: XY) -> None:
        length = distance(a, b)
        for side in (1, -1):
            at = rng.uniform(7, 14)
            while at < length - 6:
                width, depth = rng.uniform(9, 17), rng.uniform(8, 15)
                q = along(a, b, (at + width / 2) / length)
                start, end = (a, b) if side > 0 else (b, a)
                beside = q[0] - (end[1] - start[1]) / length, q[1] + (end[0] - start[0]) / length
                ring, _ = facing(a, b, q, beside, width, depth, _setback(way) + rng.uniform(-1, 2))
                if rng.random() < 0.62 and self.fits(ring):
                    self.build(ring)
                at += width + rng.uniform(2, 9)


def facing(
    a: XY, b: XY, q: XY, beside: XY, width: float, depth: float, setback: float
) -> tuple[list[XY], XY]:
    """A footprint along the street a-b at q, on the side where `beside` lies: ring and middle of its front."""
    size = distance(a, b)
    dx, dy = (b[0] - a[0]) / size, (b[1] - a[1]) / size
    if (beside[0] - q[0]) * -dy + (beside[1] - q[1]) * dx < 0:
        dx, dy = -dx, -dy
    front = q[0] - dy * setback, q[1] + dx * setback
    return rectangle(front, (dx, dy), width, depth), front


def snap_to_street(network: Network, p: XY) -> tuple[int, XY]:
    """A node on the street nearest to p, and where it is."""
    _, way, piece, q = network.nearest(p, [way for way in network.streets() if _faces_street(way)])
    return network.join(q, way, piece, q, {}), q


def _setback(way: Way) -> float:
    return {"primary": 10.0, "secondary": 9.0, "tertiary": 8.0}.get(way.tags["highway"], 5.0)


def _faces_street(way: Way) -> bool:
    return way.tags["highway"] in _FRONTAGE and "bridge" not in way.tags


def _pieces(network: Network, way: Way) -> list[tuple[XY, XY]]:
    points = [network.points[node] for node in way.nodes]
    return [(a, b) for a, b in segments(points) if distance(a, b) > 0.5]


def _middle(ring: Sequence[XY]) -> XY:
    corners = ring[:-1]
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def _cell(p: XY) -> tuple[int, int]:
    return int(p[0] // 60), int(p[1] // 60)


def _around(cells: dict[tuple[int, int], list[_Item]], p: XY) -> list[_Item]:
    cx, cy = _cell(p)
    return [item for dx in (-1, 0, 1) for dy in (-1, 0, 1) for item in cells.get((cx + dx, cy + dy), ())]
