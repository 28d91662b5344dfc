"""Squares and platforms: from which corner of the outline one sees which other."""

from collections.abc import Sequence

from eventapp.walks.earth import Plane, Point

MOST_CORNERS = 40
Spot = tuple[float, float]


def sight_lines(ring: Sequence[Point]) -> list[tuple[int, int]]:
    """Pairs of corners with nothing but the square between them; neighbours are left out, the outline joins them.

    `ring` is closed (first corner = last corner). Outlines of more than 40 corners give none: there one walks along
    the edge.
    """
    corners = len(ring) - 1
    if not 4 <= corners <= MOST_CORNERS:
        return []
    plane = Plane(*ring[0])
    spots = [plane.place(*point) for point in ring[:-1]]
    return [
        (a, b)
        for a in range(corners)
        for b in range(a + 2, corners)
        if b - a != corners - 1 and sees(spots, a, b)
    ]


def sees(spots: Sequence[Spot], a: int, b: int) -> bool:
    """Whether the straight line between two corners stays inside the outline."""
    begin, end = spots[a], spots[b]
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
    if not is_inside(spots, middle):
        return False
    before = spots[-1]
    for spot in spots:
        if cross_each_other(begin, end, before, spot):
            return False
        before = spot
    return True


def is_inside(spots: Sequence[Spot], place: Spot) -> bool:
    """Count how often a ray to the east meets the outline."""
    x, y = place
    inside, (px, py) = False, spots[-1]
    for cx, cy in spots:
        if (cy > y) != (py > y) and x < (px - cx) * (y - cy) / (py - cy) + cx:
            inside = not inside
        px, py = cx, cy
    return inside


def cross_each_other(a: Spot, b: Spot, c: Spot, d: Spot) -> bool:
    """Whether two lines cross truly; touching at an end does not count."""
    return side(a, b, c) * side(a, b, d) < -1e-9 and side(c, d, a) * side(c, d, b) < -1e-9


def side(a: Spot, b: Spot, c: Spot) -> float:
    """Positive when c lies left of the line from a to b."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
