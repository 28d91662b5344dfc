"""Iterated local search: take a good day apart, fill it up again, keep what is better.

One round either removes a stretch of the day, removes single stops, or forces a visit in that is not yet there at the
cost of as few others as possible; then the gaps are filled greedily with what gives most score for its time. Worse
days are accepted now and then, less and less, and after a while the search begins anew. Nothing but the random
numbers depends on the seed, so the same seed and number of rounds give the same plan.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import cast

from eventapp.walks.schedule import earliest, latest, penalty, put_in
from eventapp.walks.tables import NEVER, Entry, Tables

NOISES = 32
DAMPING = 0.15
STRETCH_SHARE = 0.3
SINGLES_SHARE = 0.25
BAN_SHARE = 0.5
STRETCH_PART = 3
SINGLES_PART = 4
FRESH_SHARE = 0.5
HEAT = 0.03
Times = tuple[list[int], list[int], list[int]]
Gap = tuple[int, int, int, float, int]
"""A gap as last looked at: when one leaves, when to be there, where one is, best worth found, its node."""


class Search:
    """One search on one problem. `best` is a possible order of nodes at any time, never worse than before."""

    def __init__(self, tables: Tables, seed: int) -> None:
        self.tables = tables
        self.random = Random(seed)
        self.worth_of = tables.priority
        self.noises = self._make_noises()
        self._timed: tuple[list[int], Times | None] = [], None
        self.current = self._refilled(list(tables.skeleton), self._keep_others_out())
        self.current = self._refilled(self.current, self._taken(self.current))
        self.worth = self._worth(self.current)
        self.best, self.best_worth = self.current, self.worth
        self.best_penalty = penalty(tables, self.best)

    def offer(self, nodes: list[int]) -> None:
        """Go on from this order, filled up, if it is possible here and worth more than what is known."""
        if len(self._once_each(nodes)) < len(nodes) or earliest(self.tables, nodes) is None:
            return
        nodes = self._refilled(nodes, self._taken(nodes))
        worth = self._worth(nodes)
        if worth >= self.best_worth and self._note_best(nodes, worth):
            self.current, self.worth = nodes, worth

    def _once_each(self, nodes: Sequence[int]) -> set[int]:
        """One node of every group in the order."""
        return {self.tables.mates[node][0] for node in nodes}

    def begin_phase(self) -> None:
        """Start again, from the best day or from an empty one."""
        self.noises = self._make_noises()
        if self.random.random() < FRESH_SHARE:
            nodes = list(self.tables.skeleton)
            self.current = self._refilled(nodes, self._taken(nodes))
        else:
            self.current = list(self.best)
        self.worth = self._worth(self.current)

    def improve(self, warmth: float) -> bool:
        """One round. `warmth` falls from 1 to 0 within a phase. Returns whether the best day became better."""
        nodes = self._disturbed()
        if nodes is None:
            return False
        if self.random.random() < BAN_SHARE:
            nodes = self._refilled(nodes, self._taken([*nodes, *self.current]))
        nodes = self._refilled(nodes, self._taken(nodes))
        worth = self._worth(nodes)
        if worth < self.worth and not self._accepts(worth, warmth):
            return False
        self.current, self.worth = nodes, worth
        return worth >= self.best_worth and self._note_best(nodes, worth)

    def _accepts(self, worth: float, warmth: float) -> bool:
        heat = HEAT * warmth * max(1.0, sum(map(self.tables.score.__getitem__, self.best)))
        return heat > 0 and self.random.random() < math.exp((worth - self.worth) / heat)

    def _note_best(self, nodes: list[int], worth: float) -> bool:
        """Keep it when it is worth more, or as much with less walking, waiting and changing."""
        if worth == self.best_worth and nodes == self.best:
            return False
        cost = penalty(self.tables, nodes)
        if worth == self.best_worth and cost >= self.best_penalty:
            return False
        self.best, self.best_worth, self.best_penalty = nodes, worth, cost
        return True

    def _worth(self, nodes: Sequence[int]) -> float:
        tables, worth = self.tables, sum(map(self.worth_of.__getitem__, nodes))
        if not tables.price:
            return worth
        spots = (node for node in nodes if not tables.floating[node])
        before, walking = next(spots), 0
        for node in spots:
            walking += tables.least[before][node]
            before = node
        return worth - tables.price * walking

    def _make_noises(self) -> list[list[float]]:
        """Several tables of squared scores, each randomly damped: looking up is quicker than drawing each time."""
        draw = self.random.random
        squares = [float(max(worth, 0.01)) ** 2 for worth in self.worth_of]
        return [[square * (1 - DAMPING * draw()) for square in squares] for _ in range(NOISES)]

    def _taken(self, nodes: Sequence[int]) -> bytearray:
        """Marks every node that may not be put in beside these: themselves and their groups."""
        taken, mates = bytearray(self.tables.size), self.tables.mates
        for node in nodes:
            for mate in mates[node]:
                taken[mate] = 1
        return taken

    def _keep_others_out(self) -> bytearray:
        """Marks everything except must-sees and the visitor's own stops: what has a place first."""
        tables, kept = self.tables, set(self.tables.problem.kept)
        taken = bytearray([1]) * tables.size
        for node, visit in enumerate(tables.problem.visits, start=1):
            if visit.key in kept or tables.priority[node] > tables.score[node]:
                taken[node] = 0
        return taken

    def _disturbed(self) -> list[int] | None:
        """The current day with something taken out or forced in; None when nothing of the kind is possible."""
        draw = self.random.random()
        if draw >= STRETCH_SHARE + SINGLES_SHARE:
            return self._with_forced()
        count = self.tables.count
        movable = [place for place, node in enumerate(self.current) if 0 < node <= count]
        if not movable:
            return None
        if draw < STRETCH_SHARE:
            length = 1 + self._below(min(len(movable), max(3, len(movable) // STRETCH_PART)))
            first = self._below(len(movable) - length + 1)
            gone = set(movable[first : first + length])
        else:
            number = 1 + self._below(max(2, len(movable) // SINGLES_PART))
            gone = {movable[self._below(len(movable))] for _ in range(number)}
        nodes = [node for place, node in enumerate(self.current) if place not in gone]
        return nodes if earliest(self.tables, nodes) else None

    def _below(self, number: int) -> int:
        return int(self.random.random() * number)

    def _refilled(self, nodes: list[int], taken: bytearray) -> list[int]:
        """Put in, one after the other, what gives most score for its time, as long as anything fits."""
        tables, nodes = self.tables, list(nodes)
        noise = self.noises[self._below(NOISES)]
        worths = [0.0 if gone else worth for gone, worth in zip(taken, noise, strict=True)]
        ceiling = max(worths)
        found = earliest(tables, nodes)
        if found is None:
            return nodes
        (starts, spots), gaps = found, cast(list[Gap | None], [None] * len(nodes))
        latests = latest(tables, nodes, spots)
        while True:
            place, node = self._best_place(nodes, starts, spots, latests, gaps, worths, ceiling)
            if not node or not put_in(tables, nodes, starts, spots, latests, place + 1, node):
                return nodes
            gaps.insert(place + 1, None)
            for mate in tables.mates[node]:
                worths[mate] = 0.0

    def _best_place(
        self,
        nodes: list[int],
        starts: list[int],
        spots: list[int],
        latests: list[int],
        gaps: list[Gap | None],
        worths: list[float],
        ceiling: float,
    ) -> tuple[int, int]:
        """The gap and the node of the best insertion; node 0 when nothing fits.

        `worths` is what each node would bring, 0 for those not to be put in, `ceiling` the most that any brings. `gaps`
        remembers what was found before: a gap whose ends have not moved is not looked at again.
        """
        tables = self.tables
        floating, duration = tables.floating, tables.duration
        best, place, pick = 0.0, 0, 0
        for number in range(len(nodes) - 1):
            leave, by = starts[number] + duration[nodes[number]], latests[number + 1]
            spot, known = spots[number], gaps[number]
            if known is None or known[:3] != (leave, by, spot) or not (known[4] == 0 or worths[known[4]]):
                if tables.rides or floating[nodes[number + 1]]:
                    worth, node = self._best_by_steps(nodes, number, leave, spot, latests, worths, ceiling)
                    by = by if tables.rides and not floating[nodes[number + 1]] else -NEVER
                elif by - leave < tables.shortest:
                    worth, node = 0.0, 0
                else:
                    worth, node = self._best_between(spot, nodes[number + 1], leave, by, worths, ceiling)
                gaps[number] = known = (leave, by, spot, worth, node)
            if known[3] > best:
                best, pick, place = known[3], known[4], number
        return place, pick

    def _best_between(
        self, a: int, b: int, leave: int, by: int, worths: list[float], ceiling: float
    ) -> tuple[float, int]:
        """The best node to visit between a and b, walking. This loop is where the time goes.

        The entries come in the order of the time they need, so it ends as soon as not even the most worth could make
        up for the time.
        """
        spare = by - leave
        entries = self.tables.between(a, b, spare)
        base = leave + self.tables.travel[a][b] - 1
        best, pick, most = 0.0, 0, spare
        for need, node, there, rest, opens, closes in entries:
            if need > most:
                break
            time = leave + there
            if time > closes or not worths[node]:
                continue
            if time < opens:
                time = opens
            time += rest
            if time > by:
                continue
            worth = worths[node] / (time - base) if time > base else worths[node]
            if worth > best:
                best, pick = worth, node
                most = min(spare, int(ceiling / worth) + base - leave + 1)
        return best, pick

    def _best_by_steps(
        self,
        nodes: list[int],
        number: int,
        leave: int,
        a: int,
        latests: list[int],
        worths: list[float],
        ceiling: float,
    ) -> tuple[float, int]:
        """The same where buses run or lunch follows: each candidate is followed step by step to the next place."""
        tables = self.tables
        after = number + 1
        while tables.floating[nodes[after]]:
            after += 1
        run, b, by = nodes[number + 1 : after], nodes[after], latests[after]
        base = self._arrive(run, b, a, leave) - 1
        best, pick = 0.0, 0
        pause = sum(map(tables.duration.__getitem__, run))
        spare = most = by - leave - pause
        for entry in tables.between(a, b, spare):
            need, node, there, _, opens, closes = entry
            if need > most:
                break
            if not worths[node] or (leave + there > closes and not tables.rides):
                continue
            if tables.rides or tables.floating[node]:
                time = self._after(entry, run, b, a, leave)
            else:
                time = self._arrive(run, b, node, max(opens, leave + there) + tables.duration[node])
            if time <= by:
                worth = worths[node] / max(1, time - base)
                if worth > best:
                    best, pick = worth, node
                    most = min(spare, int(ceiling / worth) + base - leave - pause + 1)
        return best, pick

    def _after(self, entry: Entry, run: list[int], b: int, a: int, leave: int) -> int:
        """When one is at b, having visited the entry's node in the entry's window and then the floating run."""
        tables, (_, node, _, _, opens, closes) = self.tables, entry
        floats = tables.floating[node]
        time = max(opens, leave if floats else tables.arrival(a, node, leave))
        if time > closes:
            return NEVER
        return self._arrive(run, b, a if floats else node, time + tables.duration[node])

    def _arrive(self, run: Sequence[int], b: int, a: int, leave: int) -> int:
        """When one is at b, leaving a, with the floating visits of `run` on the way."""
        tables = self.tables
        for node in run:
            leave = tables.first_start(node, leave) + tables.duration[node]
        return tables.arrival(a, b, leave) if tables.rides else leave + tables.travel[a][b]

    def _with_forced(self) -> list[int] | None:
        """The current day with a random new visit in place of the stretch whose loss is smallest (often of nothing)."""
        candidates, taken = self.tables.candidates, self._taken(self.current)
        for _ in range(20 if candidates else 0):
            node = candidates[self._below(len(candidates))]
            if not taken[node]:
                break
        else:
            return None
        cut = self._cheapest_cut(node)
        if cut is None:
            return None
        nodes = [*self.current[: cut[0] + 1], node, *self.current[cut[1] :]]
        return nodes if earliest(self.tables, nodes) else None

    def _cheapest_cut(self, node: int) -> tuple[int, int] | None:
        """Between which two stops the visit costs least, counting what lies between them as lost."""
        tables, nodes = self.tables, self.current
        if (times := self._times_of_current()) is None:
            return None
        starts, spots, latests = times
        best, cut = math.inf, None
        for number in range(len(nodes) - 1):
            leave, spot = starts[number] + tables.duration[nodes[number]], spots[number]
            if not tables.floating[node]:
                leave = (
                    tables.arrival(spot, node, leave) if tables.rides else leave + tables.travel[spot][node]
                )
                spot = node
            if leave > tables.closes[node][-1]:
                break
            time = tables.first_start(node, leave) + tables.duration[node]
            cost, after = self._loss_until_it_fits(number + 1, spot, time, latests, best)
            if after and cost < best:
                best, cut = cost, (number, after)
        return cut

    def _times_of_current(self) -> Times | None:
        """Earliest starts, places and latest starts of the current day; worked out once for each."""
        if self._timed[0] is not self.current:
            found = earliest(self.tables, self.current)
            times = (*found, latest(self.tables, self.current, found[1])) if found else None
            self._timed = self.current, times
        return self._timed[1]

    def _loss_until_it_fits(
        self, after: int, spot: int, time: int, latests: list[int], limit: float
    ) -> tuple[float, int]:
        """How much is lost, and which stop comes next, when one leaves `spot` at `time` and skips what is too early."""
        tables, nodes, draw = self.tables, self.current, self.random.random
        loss = 0
        while loss <= limit:
            end = after
            while tables.floating[nodes[end]]:
                end += 1
            there = self._arrive(nodes[after:end], nodes[end], spot, time)
            if there <= latests[end]:
                spread = loss * (1 + 0.3 * draw()) + 0.5 * draw() if loss else 0.0
                return spread + there * 1e-7, after
            if nodes[after] > tables.count:
                break
            loss += self.worth_of[nodes[after]]
            after += 1
        return math.inf, 0
