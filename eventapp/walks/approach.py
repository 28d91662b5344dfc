"""How places on the middle of an edge hang on the graph: the first and last metres of a walk, and the walk between."""

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from eventapp.walks.directions import Stretch
from eventapp.walks.earth import Point, distance, length
from eventapp.walks.graph import Graph, Spot
from eventapp.walks.paths import NOWHERE, Cost, Network, Reached
from eventapp.walks.snapping import Snap

AT_THE_END = 0.1
"""Metres within which a place on an edge is at the edge's end."""


class End(NamedTuple):
    """An end of a snapped place's edge: its node, the cost between place and node, metres along the edge (0 or all)."""

    node: int
    cost: Cost
    along: float


def ways_out(network: Network, snap: Snap) -> list[End]:
    """From the place to both ends of its edge, as far as one may walk there; at an end one is there already."""
    if snap.edge is None or not network.usable[snap.edge]:
        return []
    edge, graph = snap.edge, network.graph
    tail, head, whole = graph.tails[edge], graph.heads[edge], graph.metres[edge]
    ends = []
    if network.allows(edge, forward=False) or snap.along <= AT_THE_END:
        ends.append(End(tail, network.part(edge, snap.along, tail), 0.0))
    if network.allows(edge, forward=True) or whole - snap.along <= AT_THE_END:
        ends.append(End(head, network.part(edge, whole - snap.along, head), whole))
    return ends


def ways_in(network: Network, snap: Snap) -> list[End]:
    """From both ends of its edge to the place; an end one cannot pass leads nowhere but to itself."""
    if snap.edge is None or not network.usable[snap.edge]:
        return []
    edge, graph = snap.edge, network.graph
    tail, head, whole = graph.tails[edge], graph.heads[edge], graph.metres[edge]
    ends = []
    if snap.along <= AT_THE_END or (network.allows(edge, forward=True) and network.passable[tail]):
        ends.append(End(tail, network.part(edge, snap.along), 0.0))
    if whole - snap.along <= AT_THE_END or (network.allows(edge, forward=False) and network.passable[head]):
        ends.append(End(head, network.part(edge, whole - snap.along), whole))
    return ends


def along_edge(network: Network, a: Snap, b: Snap) -> Cost:
    """Straight along the one edge that both places lie on."""
    if a.edge is None or a.edge != b.edge or not network.usable[a.edge]:
        return NOWHERE
    if a.along != b.along and not network.allows(a.edge, forward=a.along < b.along):
        return NOWHERE
    return network.part(a.edge, abs(b.along - a.along))


def best_way(
    network: Network, a: Snap, b: Snap, ends: Iterable[End], costs: Mapping[int, Cost]
) -> tuple[Cost, End | None]:
    """The least cost from a to b, with b's `ways_in` and the costs of their nodes from a; and by which end one comes.

    The end is None where one never leaves the edge. The cost is infinite where there is no way.
    """
    best, last = NOWHERE, None
    if a.edge == b.edge:
        best = along_edge(network, a, b)
    for end in ends:
        cost = costs.get(end.node)
        if cost is not None and cost[0] + end.cost[0] < best[0]:
            best, last = sum_of(cost, end.cost), end
    return best, last


def sum_of(a: Cost, b: Cost) -> Cost:
    """Two costs, one after the other."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def trace(network: Network, a: Snap, b: Snap, found: Reached, last: End | None) -> tuple[list[Stretch], int]:
    """The walk edge by edge, and how many signals are passed on it."""
    graph = network.graph
    if a.edge is None or b.edge is None:
        raise ValueError("there is no street at one end")
    if last is None:
        return [Stretch(a.edge, cut_line(graph, a.edge, a.along, b.along), choice=False)], 0
    middle: list[Stretch] = []
    node, passed = last.node, [last.node]
    while (step := found.before[node])[0] >= 0:
        origin, (_, _, _, _, edge) = step
        middle.append(Stretch(edge, directed_line(graph, edge, origin), is_choice(network, origin)))
        node = origin
        passed.append(node)
    out = min((end for end in ways_out(network, a) if end.node == node), key=lambda end: end.cost)
    first = Stretch(a.edge, cut_line(graph, a.edge, a.along, out.along), choice=False)
    final = Stretch(b.edge, cut_line(graph, b.edge, last.along, b.along), is_choice(network, last.node))
    signals = sum(1 for each in passed if graph.spots[each] & Spot.SIGNALS)
    middle.reverse()
    outer = [[each] if is_long(each) else [] for each in (first, final)]
    return [*outer[0], *middle, *outer[1]] or [first], signals


def is_long(stretch: Stretch) -> bool:
    """Whether the stretch is more than a hair: places often lie right at a junction."""
    return length(stretch.line) > 0.05


def is_choice(network: Network, node: int) -> bool:
    """Whether one could go elsewhere here: at least three ways meet."""
    return len(network.arcs[node]) > 2


def directed_line(graph: Graph, edge: int, origin: int) -> list[Point]:
    """The line of an edge as walked from `origin`."""
    line = graph.line(edge)
    return line if graph.tails[edge] == origin else line[::-1]


def cut_line(graph: Graph, edge: int, begin: float, end: float) -> list[Point]:
    """The part of an edge's line between two distances from its tail, in the order begin to end."""
    if begin > end:
        return cut_line(graph, edge, end, begin)[::-1]
    line, whole = graph.line(edge), graph.metres[edge]
    lengths = [distance(a, b) for a, b in itertools.pairwise(line)]
    scale = (sum(lengths) or 1.0) / (whole or 1.0)
    begin, end = begin * scale, end * scale
    part, gone = [point_at(line, lengths, begin)], 0.0
    for point, metres in zip(line[1:], lengths, strict=True):
        gone += metres
        if begin < gone < end:
            part.append(point)
    return [*part, point_at(line, lengths, end)]


def point_at(line: list[Point], lengths: list[float], metres: float) -> Point:
    """The point of a line that many metres from its begin."""
    for at, each in enumerate(lengths):
        if metres <= each and each:
            share = max(0.0, metres / each)
            a, b = line[at], line[at + 1]
            return Point(a.lat + share * (b.lat - a.lat), a.lon + share * (b.lon - a.lon))
        metres -= each
    return line[-1]


def is_somewhere(cost: Cost) -> bool:
    """Whether there is a way at all."""
    return cost[0] < math.inf
