"""From a place to the nearest way: to the point on the line, not to the next junction."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from eventapp.walks.earth import Point
from eventapp.walks.graph import Graph

CELL_METRES = 50.0
FARTHEST_METRES = 150.0


@dataclass(frozen=True, slots=True)
class Snap:
    """Where a place meets the streets.

    `point` lies on edge `edge`, `along` metres from its tail; `offset_m` is how far `origin` is from there: the last
    metres, drawn dashed. Without a street near, `edge` is None and `point` is the place itself.
    """

    origin: Point
    point: Point
    edge: int | None
    along: float = 0.0
    offset_m: float = 0.0

    @property
    def is_far(self) -> bool:
        """Worth a word to the organizer: the entrance is probably wrong, or a way is missing on the map."""
        return self.edge is None or self.offset_m > 100


class EdgeIndex:
    """All lines of a graph in square cells, to find those near a place."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.cells: dict[tuple[int, int], list[int]] = {}
        plane = graph.plane
        places = [plane.place(*pair) for pair in zip(graph.point_lats, graph.point_lons, strict=True)]
        self.xs, self.ys = [x for x, _ in places], [y for _, y in places]
        for edge in range(graph.edge_count):
            for at in range(graph.point_first[edge], graph.point_first[edge + 1] - 1):
                self._enter(edge, at)

    def _enter(self, edge: int, at: int) -> None:
        """Every cell of the piece's surroundings knows it; long pieces are entered generously."""
        xs, ys = self.xs, self.ys
        left, right = sorted((xs[at], xs[at + 1]))
        low, high = sorted((ys[at], ys[at + 1]))
        for column in range(math.floor(left / CELL_METRES), math.floor(right / CELL_METRES) + 1):
            for row in range(math.floor(low / CELL_METRES), math.floor(high / CELL_METRES) + 1):
                cell = self.cells.setdefault((column, row), [])
                cell += (edge, at)

    def near(
        self, origin: Point, is_wanted: Callable[[int], bool], reach: float = FARTHEST_METRES
    ) -> list[Snap]:
        """The nearest point on every wanted edge within `reach` metres, nearest edge first."""
        x, y = self.graph.plane.place(*origin)
        best: dict[int, tuple[float, int, float]] = {}
        for edge, at in self._pieces_around(x, y, reach):
            if is_wanted(edge):
                part, apart = self._foot(at, x, y)
                if apart <= reach and (edge not in best or apart < best[edge][0]):
                    best[edge] = (apart, at, part)
        ranked = sorted((apart, edge, at, part) for edge, (apart, at, part) in best.items())
        return [self._snap(origin, apart, edge, at, part) for apart, edge, at, part in ranked]

    def _pieces_around(self, x: float, y: float, reach: float) -> Iterator[tuple[int, int]]:
        cells = math.ceil(reach / CELL_METRES)
        column, row = math.floor(x / CELL_METRES), math.floor(y / CELL_METRES)
        for across in range(column - cells, column + cells + 1):
            for up in range(row - cells, row + cells + 1):
                cell = self.cells.get((across, up), ())
                yield from zip(cell[::2], cell[1::2], strict=True)

    def _foot(self, at: int, x: float, y: float) -> tuple[float, float]:
        """How far along the piece (0 to 1) its nearest point is, and how far away."""
        ax, ay = self.xs[at], self.ys[at]
        dx, dy = self.xs[at + 1] - ax, self.ys[at + 1] - ay
        square = dx * dx + dy * dy
        part = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / square)) if square else 0.0
        return part, math.hypot(ax + part * dx - x, ay + part * dy - y)

    def _snap(self, origin: Point, apart: float, edge: int, at: int, part: float) -> Snap:
        graph, xs, ys = self.graph, self.xs, self.ys
        first, last = graph.point_first[edge], graph.point_first[edge + 1]
        lengths = [math.hypot(xs[n + 1] - xs[n], ys[n + 1] - ys[n]) for n in range(first, last - 1)]
        share = (sum(lengths[: at - first]) + part * lengths[at - first]) / (sum(lengths) or 1.0)
        x, y = xs[at] + part * (xs[at + 1] - xs[at]), ys[at] + part * (ys[at + 1] - ys[at])
        return Snap(origin, graph.plane.point(x, y), edge, share * graph.metres[edge], apart)
