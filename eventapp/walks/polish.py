"""The last touch: the same visits in an order with less walking and waiting."""

from collections.abc import Callable, Iterator

from eventapp.walks.schedule import earliest, penalty
from eventapp.walks.tables import Tables

LONGEST = 60
"""Longer orders (many days) are left as they are: trying all moves would take longer than the search."""


def never() -> bool:
    """Nothing is over: there is no hurry."""
    return False


def polished(tables: Tables, nodes: list[int], is_over: Callable[[], bool] = never) -> list[int]:
    """Move and turn stretches of the order as long as that saves walking, waiting or changes, until `is_over`."""
    best, cost = nodes, penalty(tables, nodes)
    better = len(nodes) <= LONGEST
    while better:
        better = False
        for order in neighbours(tables, best):
            if is_over():
                return best
            if earliest(tables, order) and (new := penalty(tables, order)) < cost:
                best, cost, better = order, new, True
                break
    return best


def neighbours(tables: Tables, nodes: list[int]) -> Iterator[list[int]]:
    """Orders that differ by one turned stretch, or by one stretch of up to three stops moved elsewhere."""
    places = [place for place, node in enumerate(nodes) if 0 < node <= tables.count]
    for first in places:
        for length in (1, 2, 3):
            stretch, rest = nodes[first : first + length], nodes[:first] + nodes[first + length :]
            if len(stretch) < length or stretch[-1] > tables.count:
                break
            for place in range(1, len(rest)):
                if place != first:
                    yield rest[:place] + stretch + rest[place:]
        for last in range(first + 1, len(nodes)):
            if nodes[last] > tables.count:
                break
            yield nodes[:first] + nodes[first : last + 1][::-1] + nodes[last + 1 :]
