"""The walking graph: junctions and the ways between them, in compact arrays that are quickly stored and loaded."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntFlag
from functools import cached_property
from math import floor

from eventapp.walks.earth import Box, Plane, Point, box_around

MAGIC = b"WALKGRAPH2\n"


class Way(IntFlag):
    """What is known of a way between two junctions."""

    STEPS = 1
    ESCALATOR = 2
    FORWARD_ONLY = 4
    BACKWARD_ONLY = 8
    ELEVATOR = 16
    ROUGH = 32
    NARROW = 64
    STEEP = 128
    TOO_STEEP = 256
    RAMP_WHEELCHAIR = 512
    RAMP_STROLLER = 1024
    KNOWN = 2048
    NO_WHEELCHAIR = 4096
    ACROSS_AREA = 8192


class Spot(IntFlag):
    """What is known of a junction."""

    SIGNALS = 1
    BARRIER = 2
    RAISED_KERB = 4
    UNKNOWN_KERB = 8


@dataclass(frozen=True, slots=True)
class Landmark:
    """Something with a name that helps to find the way: a named crossing, a station entrance, a shop."""

    lat: float
    lon: float
    kind: str
    names: dict[str, str]


class GraphError(ValueError):
    """The stored graph cannot be read; it has to be made anew from the extract."""


@dataclass
class Graph:
    """Nodes are junctions, ends and spots of note; an edge is the stretch of one way between two of them.

    The line of edge e is points[point_first[e] : point_first[e + 1]], both ends included.
    """

    lats: array[float] = field(default_factory=lambda: array("d"))
    lons: array[float] = field(default_factory=lambda: array("d"))
    spots: array[int] = field(default_factory=lambda: array("B"))
    tails: array[int] = field(default_factory=lambda: array("i"))
    heads: array[int] = field(default_factory=lambda: array("i"))
    metres: array[float] = field(default_factory=lambda: array("d"))
    ways: array[int] = field(default_factory=lambda: array("H"))
    way_ids: array[int] = field(default_factory=lambda: array("q"))
    name_of: array[int] = field(default_factory=lambda: array("i"))
    point_first: array[int] = field(default_factory=lambda: array("i", [0]))
    point_lats: array[float] = field(default_factory=lambda: array("d"))
    point_lons: array[float] = field(default_factory=lambda: array("d"))
    names: list[dict[str, str]] = field(default_factory=list)
    landmarks: list[Landmark] = field(default_factory=list)

    @property
    def node_count(self) -> int:
        """Junctions, ends and spots of note."""
        return len(self.lats)

    @property
    def edge_count(self) -> int:
        """Stretches between them."""
        return len(self.tails)

    def node(self, number: int) -> Point:
        """Where the node is."""
        return Point(self.lats[number], self.lons[number])

    def line(self, edge: int) -> list[Point]:
        """The line of an edge, from its tail to its head."""
        first, last = self.point_first[edge], self.point_first[edge + 1]
        return [
            Point(*pair)
            for pair in zip(self.point_lats[first:last], self.point_lons[first:last], strict=True)
        ]

    def name(self, edge: int) -> dict[str, str]:
        """The names of the street by language; empty for most."""
        number = self.name_of[edge]
        return self.names[number] if number >= 0 else {}

    @cached_property
    def box(self) -> Box | None:
        """The area with streets."""
        return box_around(zip(self.lats, self.lons, strict=True))

    @cached_property
    def plane(self) -> Plane:
        """A flat map around the middle of the area."""
        box = self.box
        return Plane((box.south + box.north) / 2, (box.west + box.east) / 2) if box else Plane(0, 0)

    @cached_property
    def landmark_cells(self) -> dict[tuple[int, int], list[Landmark]]:
        """The named landmarks by thousandths of a degree."""
        cells: dict[tuple[int, int], list[Landmark]] = {}
        for each in self.landmarks:
            if each.names:
                cells.setdefault((floor(each.lat * 1000), floor(each.lon * 1000)), []).append(each)
        return cells

    def landmarks_around(self, lat: float, lon: float) -> Iterator[Landmark]:
        """The landmarks within at least some 50 metres."""
        row, column = floor(lat * 1000), floor(lon * 1000)
        for up in (row - 1, row, row + 1):
            for across in (column - 1, column, column + 1):
                yield from self.landmark_cells.get((up, across), ())

    def entrances(self) -> Iterator[Landmark]:
        """Station entrances: where a walk to a station should end."""
        return (landmark for landmark in self.landmarks if landmark.kind == "entrance")

    def dump(self) -> bytes:
        """The graph as bytes, for a cache file."""
        parts = [getattr(self, name).tobytes() for name in ARRAYS]
        head = {
            "arrays": [len(part) for part in parts],
            "names": self.names,
            "landmarks": [[each.lat, each.lon, each.kind, each.names] for each in self.landmarks],
        }
        first = json.dumps(head, ensure_ascii=False).encode()
        return MAGIC + zlib.compress(len(first).to_bytes(8, "big") + first + b"".join(parts), 3)


ARRAYS = (
    "lats",
    "lons",
    "spots",
    "tails",
    "heads",
    "metres",
    "ways",
    "way_ids",
    "name_of",
    "point_first",
    "point_lats",
    "point_lons",
)


def parse_graph(data: bytes) -> Graph:
    """The graph of `Graph.dump`. Raises GraphError for anything else, and for an older form."""
    if not data.startswith(MAGIC):
        raise GraphError("this is no stored graph of this version")
    try:
        body = zlib.decompress(data[len(MAGIC) :])
        size = int.from_bytes(body[:8], "big")
        head = json.loads(body[8 : 8 + size])
        graph, at = Graph(), 8 + size
        graph.point_first.pop()
        for name, count in zip(ARRAYS, head["arrays"], strict=True):
            getattr(graph, name).frombytes(body[at : at + count])
            at += count
        graph.names = head["names"]
        graph.landmarks = [Landmark(*each) for each in head["landmarks"]]
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise GraphError("the stored graph is damaged") from error
    return graph
