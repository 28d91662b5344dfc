"""Plane geometry for drawing the town: metres east (x) and north (y) of its south-west corner."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

XY = tuple[float, float]


def distance(a: XY, b: XY) -> float:
    """Metres between two points."""
    return math.hypot(a[0] - b[0], a[1] - b[1])


def along(a: XY, b: XY, t: float) -> XY:
    """The point at fraction `t` of the way from a to b."""
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def project(p: XY, a: XY, b: XY) -> tuple[float, XY]:
    """Where p falls on the segment a-b: the fraction along it and the point."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length2 = dx * dx + dy * dy
    t = 0.0 if length2 == 0 else max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2))
    return t, (a[0] + dx * t, a[1] + dy * t)


def to_segment(p: XY, a: XY, b: XY) -> float:
    """Metres from p to the segment a-b."""
    return distance(p, project(p, a, b)[1])


def to_line(p: XY, line: Sequence[XY]) -> float:
    """Metres from p to a polyline."""
    return min(to_segment(p, a, b) for a, b in segments(line))


def segments(line: Sequence[XY]) -> Iterator[tuple[XY, XY]]:
    """The straight pieces of a polyline."""
    return pairwise(line)


def crossing(a: XY, b: XY, c: XY, d: XY) -> tuple[float, float] | None:
    """Fractions along a-b and c-d where the two segments cross, or None."""
    rx, ry, sx, sy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    cross = rx * sy - ry * sx
    if abs(cross) < 1e-9:
        return None
    t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / cross
    u = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / cross
    return (t, u) if 0 <= t <= 1 and 0 <= u <= 1 else None


def crosses(a: XY, b: XY, line: Sequence[XY]) -> bool:
    """Whether the segment a-b crosses a polyline."""
    return any(crossing(a, b, c, d) is not None for c, d in segments(line))


def offset(line: Sequence[XY], metres: float) -> list[XY]:
    """The polyline moved sideways; positive is to the left of its direction."""
    moved = []
    for i, (x, y) in enumerate(line):
        before, after = line[max(0, i - 1)], line[min(len(line) - 1, i + 1)]
        size = distance(before, after)
        moved.append((x - (after[1] - before[1]) / size * metres, y + (after[0] - before[0]) / size * metres))
    return moved


def smooth(line: Sequence[XY], step: float = 45.0) -> list[XY]:
    """A Catmull-Rom curve through the points, with a point about every `step` metres."""
    curve: list[XY] = []
    for i in range(len(line) - 1):
        p0, p1, p2 = line[max(0, i - 1)], line[i], line[i + 1]
        p3 = line[min(len(line) - 1, i + 2)]
        pieces = max(1, round(distance(p1, p2) / step))
        curve += [_spline(p0, p1, p2, p3, k / pieces) for k in range(pieces)]
    return [*curve, line[-1]]


def _spline(p0: XY, p1: XY, p2: XY, p3: XY, t: float) -> XY:
    def one(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (
            2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        )

    return one(p0[0], p1[0], p2[0], p3[0]), one(p0[1], p1[1], p2[1], p3[1])


def inside(p: XY, ring: Sequence[XY]) -> bool:
    """Whether p lies inside a closed ring."""
    odd = False
    for a, b in segments(ring):
        if (a[1] > p[1]) != (b[1] > p[1]) and p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0]:
            odd = not odd
    return odd


def rectangle(front: XY, direction: XY, width: float, depth: float) -> list[XY]:
    """A closed rectangle: `front` is the middle of the side along `direction`; it extends to the left."""
    dx, dy = direction
    nx, ny = -dy, dx
    x, y = front
    half = width / 2
    corners = [
        (x - dx * half, y - dy * half),
        (x + dx * half, y + dy * half),
        (x + dx * half + nx * depth, y + dy * half + ny * depth),
        (x - dx * half + nx * depth, y - dy * half + ny * depth),
    ]
    return [*corners, corners[0]]


def apart(one: Sequence[XY], other: Sequence[XY], gap: float) -> bool:
    """Whether two closed convex rings keep at least `gap` metres along some side of one of them."""
    for ring in (one, other):
        for a, b in segments(ring):
            size = distance(a, b)
            nx, ny = (b[1] - a[1]) / size, (a[0] - b[0]) / size
            mine = [x * nx + y * ny for x, y in one]
            theirs = [x * nx + y * ny for x, y in other]
            if min(mine) - max(theirs) >= gap or min(theirs) - max(mine) >= gap:
                return True
    return False
