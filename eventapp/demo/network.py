"""Weaves drawn lines into a street network: junctions where lines of one level meet, none between levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from eventapp.demo.plane import XY, along, crossing, distance, project, segments

_MERGE = 1.2  # metres under which two points are the same node
_SNAP = 4.0  # metres under which the end of a line meets another line
_STUB = 58.0  # metres under which a dead end is drawing noise, not a street


@dataclass
class Line:
    """A drawn line. Lines meet only on the same `level` (1: bridge); `tags` are OpenStreetMap's."""

    points: list[XY]
    tags: dict[str, str]
    level: int = 0
    trim: bool = False


@dataclass
class Way:
    """Node ids in order, with tags."""

    nodes: list[int]
    tags: dict[str, str]
    trim: bool = False

    @property
    def street(self) -> bool:
        """Whether one can go along it."""
        return "highway" in self.tags


@dataclass
class Network:
    """Nodes and ways in plane metres, growing while the town is drawn."""

    points: list[XY] = field(default_factory=list)
    tags: dict[int, dict[str, str]] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    _cells: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def node(self, p: XY, merge: bool = True) -> int:
        """The node at p: one that is there already, or a new one."""
        cell = int(p[0] // 2), int(p[1] // 2)
        if merge:
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    for known in self._cells.get((cell[0] + dx, cell[1] + dy), ()):
                        if distance(self.points[known], p) < _MERGE:
                            return known
        self.points.append(p)
        self._cells[cell].append(len(self.points) - 1)
        return len(self.points) - 1

    def add(self, points: Iterable[XY], tags: dict[str, str], merge: bool = True, trim: bool = False) -> Way:
        """Add a way through the points."""
        ids: list[int] = []
        for p in points:
            node = self.node(p, merge)
            if not ids or ids[-1] != node:
                ids.append(node)
        way = Way(ids, tags, trim)
        self.ways.append(way)
        return way

    def streets(self) -> list[Way]:
        """The ways one can go along."""
        return [way for way in self.ways if way.street]

    def neighbours(self) -> dict[int, set[int]]:
        """Which nodes are one step apart along streets."""
        near: dict[int, set[int]] = defaultdict(set)
        for way in self.streets():
            for a, b in zip(way.nodes, way.nodes[1:], strict=False):
                near[a].add(b)
                near[b].add(a)
        return near

    def nearest(self, p: XY, ways: Iterable[Way]) -> tuple[float, Way, int, XY]:
        """The nearest place on the ways: metres, way, index of the piece, point."""
        best: tuple[float, Way, int, XY] | None = None
        for way in ways:
            for i, (a, b) in enumerate(zip(way.nodes, way.nodes[1:], strict=False)):
                _, q = project(p, self.points[a], self.points[b])
                d = distance(p, q)
                if best is None or d < best[0]:
                    best = d, way, i, q
        if best is None:
            raise ValueError("No way to be near to")
        return best

    def join(self, p: XY, way: Way, piece: int, q: XY, tags: dict[str, str]) -> int:
        """Link p to the point q on a piece of a way by a short way of its own; p becomes a node."""
        a, b = way.nodes[piece], way.nodes[piece + 1]
        node = self.node(q)
        for other in self.ways:
            for i in range(len(other.nodes) - 1):
                if node not in (a, b) and {other.nodes[i], other.nodes[i + 1]} == {a, b}:
                    other.nodes.insert(i + 1, node)
                    break
        if distance(p, q) < _MERGE:
            return node
        start = self.node(p, merge=False)
        self.ways.append(Way([start, node], tags))
        return start

    def trim_stubs(self) -> None:
        """Take away short dead ends where lines overshot each other, twice, for stubs on stubs."""
        for _ in range(2):
            near = self.neighbours()
            for way in self.ways:
                if way.trim:
                    self._trim_end(way, near)
                    way.nodes.reverse()
                    self._trim_end(way, near)
            self.ways = [way for way in self.ways if len(way.nodes) > 1]

    def _trim_end(self, way: Way, near: dict[int, set[int]]) -> None:
        length, i = 0.0, 0
        while i + 1 < len(way.nodes) and len(near[way.nodes[i]]) == (1 if i == 0 else 2):
            length += distance(self.points[way.nodes[i]], self.points[way.nodes[i + 1]])
            i += 1
        if 0 < length < _STUB:
            way.nodes = way.nodes[i:]

    def keep_connected(self, start: int) -> None:
        """Drop the streets that cannot be reached from a node."""
        near, seen, queue = self.neighbours(), {start}, [start]
        while queue:
            for node in near[queue.pop()] - seen:
                seen.add(node)
                queue.append(node)
        self.ways = [way for way in self.ways if not way.street or way.nodes[0] in seen]


def weave(lines: Sequence[Line]) -> Network:
    """Put a node wherever lines of one level cross or one ends at another."""
    cuts: list[dict[int, list[float]]] = [defaultdict(list) for _ in lines]
    boxes = [_box(line.points) for line in lines]
    for i, one in enumerate(lines):
        for j, other in enumerate(lines):
            if i != j and one.level == other.level and _overlap(boxes[i], boxes[j]):
                _snap_ends(one, other, cuts[j])
    for i, one in enumerate(lines):
        for j in range(i):
            if one.level == lines[j].level and _overlap(boxes[i], boxes[j]):
                _cut(one, lines[j], cuts[i], cuts[j])
    network = Network()
    for line, cut in zip(lines, cuts, strict=True):
        network.add(_with_cuts(line.points, cut), dict(line.tags), trim=line.trim)
    return network


def _box(points: Sequence[XY]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs) - _SNAP, min(ys) - _SNAP, max(xs) + _SNAP, max(ys) + _SNAP


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _snap_ends(one: Line, other: Line, cuts: dict[int, list[float]]) -> None:
    for end in (0, -1):
        for k, (a, b) in enumerate(segments(other.points)):
            t, q = project(one.points[end], a, b)
            if distance(one.points[end], q) < _SNAP:
                one.points[end] = q
                cuts[k].append(t)
                break


def _cut(one: Line, other: Line, mine: dict[int, list[float]], theirs: dict[int, list[float]]) -> None:
    for i, (a, b) in enumerate(segments(one.points)):
        for j, (c, d) in enumerate(segments(other.points)):
            if met := crossing(a, b, c, d):
                mine[i].append(met[0])
                theirs[j].append(met[1])


def _with_cuts(points: Sequence[XY], cuts: dict[int, list[float]]) -> list[XY]:
    woven: list[XY] = []
    for k, (a, b) in enumerate(segments(points)):
        woven += [a, *(along(a, b, t) for t in sorted(cuts.get(k, ())))]
    return [*woven, points[-1]]
