"""Shortest ways in the walking graph for one profile: by scipy where it is installed, else by a heap of our own."""

import heapq
import importlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from eventapp.walks.graph import Graph, Way
from eventapp.walks.profiles import Profile

Arc = tuple[int, float, float, float, int]
"""From a node: to which node, effort, seconds, metres, edge."""
Cost = tuple[float, float, float]
"""Effort (what is minimized), seconds, metres."""
NOWHERE: Cost = (math.inf, math.inf, math.inf)
NO_ARC: Arc = (-1, 0.0, 0.0, 0.0, -1)
HAIR = 1e-6
"""Metres that are nothing but rounding: whoever begins at a crossing does not wait for its signals."""
LEAST_EFFORT = 1e-9
"""scipy takes an effort of 0 for no arc at all."""


class Scipy:
    """The two parts of scipy that we use, loaded where ways are reckoned: a server that has them always would carry 40 MB."""

    @cached_property
    def sparse(self) -> Any:
        return importlib.import_module("scipy.sparse")

    @cached_property
    def csgraph(self) -> Any:
        return importlib.import_module("scipy.sparse.csgraph")


def find_scipy() -> Scipy | None:
    """scipy, or None where it is not installed: everything works without, only slower."""
    return Scipy() if find_spec("scipy") is not None else None


SCIPY = find_scipy()


@dataclass(frozen=True, slots=True)
class Reached:
    """What one run found: the cost of every wanted node that was reached, and the node and arc before each node."""

    costs: dict[int, Cost]
    before: dict[int, tuple[int, Arc]]


class Network:
    """The graph as one profile sees it: arcs with efforts, and the parts that hang together."""

    def __init__(self, graph: Graph, profile: Profile) -> None:
        self.graph, self.profile = graph, profile
        self.passable = [profile.may_pass(spot) for spot in graph.spots]
        self.usable = [profile.may_use(way) for way in graph.ways]
        self.arcs: list[list[Arc]] = [[] for _ in range(graph.node_count)]
        for edge in range(graph.edge_count):
            if self.usable[edge]:
                self._add_arcs(edge)

    def _add_arcs(self, edge: int) -> None:
        """Both directions, where they are allowed; from a blocked node nothing leads on."""
        graph = self.graph
        tail, head = graph.tails[edge], graph.heads[edge]
        for origin, target, forward in ((tail, head, True), (head, tail, False)):
            if self.passable[origin] and self.allows(edge, forward):
                effort, seconds, metres = self.part(edge, graph.metres[edge], target)
                self.arcs[origin].append((target, effort, seconds, metres, edge))

    def allows(self, edge: int, forward: bool) -> bool:
        """Whether the edge may be walked in this direction."""
        return self.usable[edge] and not self.graph.ways[edge] & (
            Way.BACKWARD_ONLY if forward else Way.FORWARD_ONLY
        )

    def part(self, edge: int, metres: float, into: int | None = None) -> Cost:
        """The cost of `metres` of an edge, with the delay of the node it leads into."""
        profile, way = self.profile, self.graph.ways[edge]
        seconds = profile.seconds(metres, way)
        effort = profile.effort(seconds, way)
        if into is not None and metres > HAIR:
            spot = self.graph.spots[into]
            delay = profile.delay(spot)
            seconds, effort = seconds + delay, effort + delay + profile.hesitation(spot)
        return effort, seconds, metres

    def run(self, starts: Iterable[tuple[int, Cost]], targets: set[int], limit: float = math.inf) -> Reached:
        """Dijkstra's algorithm from several nodes at once, until all targets or the effort `limit` are reached."""
        first: dict[int, Cost] = {}
        for node, cost in starts:
            first[node] = min(cost, first.get(node, NOWHERE))
        before = self._search({node: cost[0] for node, cost in first.items()}, targets, limit)
        known = {node: cost for node, cost in first.items() if before[node][0] < 0}
        return Reached({node: add_arcs(known, before, node) for node in targets if node in before}, before)

    def _search(self, first: dict[int, float], targets: set[int], limit: float) -> dict[int, tuple[int, Arc]]:
        """For every node reached the one before it; -1 before a start."""
        arcs, nearest = self.arcs, [math.inf] * self.graph.node_count
        before = dict.fromkeys(first, (-1, NO_ARC))
        for node, effort in first.items():
            nearest[node] = effort
        heap = [(effort, node) for node, effort in first.items()]
        heapq.heapify(heap)
        pop, push, wanted = heapq.heappop, heapq.heappush, set(targets)
        while heap:
            effort, node = pop(heap)
            if effort > nearest[node]:
                continue
            wanted.discard(node)
            if not wanted or effort > limit:
                break
            for arc in arcs[node]:
                total = effort + arc[1]
                target = arc[0]
                if total < nearest[target]:
                    nearest[target] = total
                    before[target] = (node, arc)
                    push(heap, (total, target))
        return before

    @cached_property
    def parts(self) -> list[int]:
        """For every edge the part of the town it belongs to: between all edges of a part there is a way, both there
        and back. An edge that may not be used has -1, a one-way edge between two parts -2.
        """
        clumps = strong_parts([[arc[0] for arc in arcs] for arcs in self.arcs])
        return [self._part_of_edge(edge, clumps) if usable else -1 for edge, usable in enumerate(self.usable)]

    def _part_of_edge(self, edge: int, clumps: list[int]) -> int:
        tail, head = self.graph.tails[edge], self.graph.heads[edge]
        if not self.passable[head]:
            return clumps[tail]
        if not self.passable[tail] or clumps[tail] == clumps[head]:
            return clumps[head]
        return -2

    @cached_property
    def mainlands(self) -> list[int]:
        """For every edge the number of all that hangs together with it, one-way or not; -1 where not to be used."""
        parents = list(range(self.graph.node_count))
        tails, heads = self.graph.tails, self.graph.heads
        for edge, usable in enumerate(self.usable):
            if usable and self.passable[tails[edge]] and self.passable[heads[edge]]:
                parents[find_root(parents, tails[edge])] = find_root(parents, heads[edge])
        ends = [tail if self.passable[tail] else head for tail, head in zip(tails, heads, strict=True)]
        return [
            find_root(parents, end) if usable else -1 for end, usable in zip(ends, self.usable, strict=True)
        ]

    @cached_property
    def largest_part(self) -> int:
        """The part with most metres of way."""
        sums: dict[int, float] = {}
        for edge, part in enumerate(self.parts):
            if part >= 0:
                sums[part] = sums.get(part, 0.0) + self.graph.metres[edge]
        return max(sums, key=lambda part: sums[part], default=-1)

    @cached_property
    def quickest(self) -> dict[tuple[int, int], Arc]:
        """Of the arcs between two nodes the one with least effort."""
        best: dict[tuple[int, int], Arc] = {}
        for node, arcs in enumerate(self.arcs):
            for arc in arcs:
                pair = (node, arc[0])
                if node != arc[0] and (pair not in best or arc[1] < best[pair][1]):
                    best[pair] = arc
        return best

    @cached_property
    def matrix(self) -> Any:
        """The efforts as a sparse matrix for scipy."""
        if SCIPY is None:
            raise RuntimeError("scipy is not installed")
        efforts = [max(arc[1], LEAST_EFFORT) for arc in self.quickest.values()]
        rows, columns = [pair[0] for pair in self.quickest], [pair[1] for pair in self.quickest]
        size = self.graph.node_count
        return SCIPY.sparse.csr_matrix((efforts, (rows, columns)), shape=(size, size))

    def costs_between(
        self, origins: Sequence[int], targets: set[int], limit: float
    ) -> dict[int, dict[int, Cost]]:
        """From each origin the costs of all targets that can be reached, by scipy's quicker Dijkstra."""
        order = sorted(set(origins))
        if SCIPY is None or not order:
            return {}
        _, before = SCIPY.csgraph.dijkstra(self.matrix, indices=order, return_predecessors=True, limit=limit)
        return {
            origin: self._trace(origin, row.tolist(), targets)
            for origin, row in zip(order, before, strict=True)
        }

    def _trace(self, origin: int, before: list[int], targets: set[int]) -> dict[int, Cost]:
        """Effort, seconds and metres along the ways that scipy found; what it did not reach has a negative before."""
        known: dict[int, Cost] = {origin: (0.0, 0.0, 0.0)}
        quickest = self.quickest
        for target in targets:
            chain, node = [], target
            while node not in known and node >= 0:
                chain.append(node)
                node = before[node]
            if node < 0:
                continue
            effort, seconds, metres = known[node]
            for after in reversed(chain):
                _, more, time, way, _ = quickest[node, after]
                effort, seconds, metres = effort + more, seconds + time, metres + way
                known[after], node = (effort, seconds, metres), after
        return {target: known[target] for target in targets if target in known}


def add_arcs(known: dict[int, Cost], before: Mapping[int, tuple[int, Arc]], target: int) -> Cost:
    """The cost of a node, summed along the arcs that lead to it; what was summed before is in `known`."""
    chain: list[tuple[int, Arc]] = []
    node = target
    while node not in known:
        origin, arc = before[node]
        chain.append((node, arc))
        node = origin
    effort, seconds, metres = known[node]
    for after, (_, more, time, way, _) in reversed(chain):
        effort, seconds, metres = effort + more, seconds + time, metres + way
        known[after] = (effort, seconds, metres)
    return known[target]


def find_root(parents: list[int], node: int) -> int:
    """The node that stands for all that hangs together; shortens the chains on the way."""
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


def strong_parts(targets: Sequence[Sequence[int]]) -> list[int]:
    """Numbers of the parts of a directed graph within which every node leads to every other (Tarjan, without recursion)."""
    order: list[int] = [-1] * len(targets)
    low, part = [0] * len(targets), [-1] * len(targets)
    stack: list[int] = []
    count = 0
    for root in range(len(targets)):
        if order[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, at = work.pop()
            if at == 0:
                order[node] = low[node] = count
                count += 1
                stack.append(node)
            else:
                low[node] = min(low[node], low[targets[node][at - 1]])
            at = skip_known(targets[node], at, node, order, low, part)
            if at < len(targets[node]):
                work += [(node, at + 1), (targets[node][at], 0)]
            elif low[node] == order[node]:
                close_part(stack, node, part)
    return part


def skip_known(
    targets: Sequence[int], at: int, node: int, order: list[int], low: list[int], part: list[int]
) -> int:
    """Go past targets that were seen before; those still open pull the node's low number down."""
    while at < len(targets) and order[targets[at]] >= 0:
        if part[targets[at]] < 0:
            low[node] = min(low[node], order[targets[at]])
        at += 1
    return at


def close_part(stack: list[int], node: int, part: list[int]) -> None:
    """Everything on the stack down to the node is one part."""
    while True:
        member = stack.pop()
        part[member] = node
        if member == node:
            return
