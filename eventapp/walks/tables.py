"""What the planner's search looks up again and again, worked out once per problem.

Every visit becomes a small number ("node"). Node 0 is the start; after the visits come the nights between two days
and the end. A night is a node of its own with one possible start, the end of its day, and a duration up to the next
morning: so several days are one long route and the search need not know of days at all.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import itemgetter

from eventapp.walks.problem import UNREACHABLE, DayImpossible, Problem, Rides

NEVER = 10**9
Entry = tuple[int, int, int, int, int, int]
"""A visit that may fit between two neighbours: time needed, node, way there, duration and way on, window opens, window closes."""


class Tables:
    """Travel times between nodes, windows, groups, and for each pair of neighbours the visits that fit between them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        days, visits = problem.days, problem.visits
        self.count = len(visits)
        self.end = self.count + len(days)
        self.size = self.end + 1
        self.skeleton = [0, *range(self.count + 1, self.size)]
        self.duration = [0, *(visit.duration for visit in visits)]
        self.duration += [after.start - before.end for before, after in itertools.pairwise(days)] + [0]
        self.floating = [False, *(visit.place is None for visit in visits), *([False] * len(days))]
        self.score = [0, *(visit.score for visit in visits), *([0] * len(days))]
        self._read_windows()
        self._read_places()
        self._check_days()
        self.group = groups(problem)
        self.mates = mates(self.group, self.size)
        self.candidates = [node for node in range(1, self.count + 1) if self._is_possible(node)]
        self.shortest = min((self.duration[node] for node in self.candidates), default=NEVER)
        self.floats = [node for node in self.candidates if self.floating[node]]
        self.priority = self._find_priorities()
        self.price = self._find_price()
        self._visits = [
            (node, opens, closes)
            for node in self.candidates
            if not self.floating[node]
            for opens, closes in zip(self.opens[node], self.closes[node], strict=True)
        ]
        self._gaps: dict[int, tuple[int, list[Entry]]] = {}
        self._onwards: list[list[int] | None] = [None] * self.size
        self._afters: list[list[tuple[int, int, int, int, int]] | None] = [None] * self.size

    def _read_windows(self) -> None:
        days, visits = self.problem.days, self.problem.visits
        first, last = days[0].start, days[-1].end
        windows = [[(first, first)]]
        windows += [sorted_windows(visit.windows, first, last) for visit in visits]
        windows += [[(day.end, day.end)] for day in days[:-1]] + [[(first, last)]]
        self.opens = [[opens for opens, _ in each] for each in windows]
        self.closes = [[closes for _, closes in each] for each in windows]

    def _read_places(self) -> None:
        """One row of travel times per node, so that the search looks up node by node and never place by place."""
        days, visits = self.problem.days, self.problem.visits
        come = [
            days[0].start_place,
            *(visit.place or 0 for visit in visits),
            *(day.end_place for day in days),
        ]
        leave = [days[0].start_place, *(visit.place or 0 for visit in visits)]
        leave += [day.start_place for day in days[1:]] + [days[-1].end_place]
        pick = itemgetter(*come)  # two at least: start and end
        rows: dict[int, list[int]] = {place: list(pick(self.problem.travel[place])) for place in set(leave)}
        self.travel = [rows[place] for place in leave]
        self.come, self.leave = come, leave
        self.rides = bool(self.problem.rides)
        self.least = self._least_travel() if self.rides else self.travel

    def _check_days(self) -> None:
        """Raises DayImpossible for a day that would be too short even if nothing were visited."""
        for day, (a, b) in enumerate(itertools.pairwise(self.skeleton)):
            leave = self.opens[a][0] + self.duration[a] if self.opens[a] else NEVER
            if not self.closes[b] or self.arrival(a, b, leave) > self.closes[b][-1]:
                raise DayImpossible(day)

    def _least_travel(self) -> list[list[int]]:
        """A lower bound of every way, walking or riding, whenever one leaves."""
        least = [list(row) for row in self.travel]
        for a, row in enumerate(least):
            for b, walk in enumerate(row):
                if ride := self.find_ride(a, b):
                    pairs = zip(ride.departures, ride.arrivals, strict=True)
                    row[b] = min([walk, *(there - away for away, there in pairs)])
        return least

    def find_ride(self, a: int, b: int) -> Rides | None:
        """The buses from node a to node b, if there are any."""
        return self.problem.rides.get((self.leave[a], self.come[b]))

    def arrival(self, a: int, b: int, time: int) -> int:
        """When one is at b, having left a at `time`, by foot or by bus, whichever is there first."""
        there = time + self.travel[a][b]
        if ride := self.find_ride(a, b):
            number = bisect_left(ride.departures, time)
            if number < len(ride.departures):
                there = min(there, ride.arrivals[number])
        return there

    def departure(self, a: int, b: int, time: int) -> int:
        """When one has to leave a at the latest to be at b by `time`."""
        away = time - self.travel[a][b]
        if ride := self.find_ride(a, b):
            number = bisect_right(ride.arrivals, time)
            if number:
                away = max(away, ride.departures[number - 1])
        return away

    def first_start(self, node: int, time: int) -> int:
        """The first moment from `time` on at which the visit may start; NEVER when its last window is over."""
        closes = self.closes[node]
        number = bisect_left(closes, time)
        if number == len(closes):
            return NEVER
        return max(time, self.opens[node][number])

    def last_start(self, node: int, time: int) -> int:
        """The last moment up to `time` at which the visit may start; -NEVER when its first window is not yet open."""
        number = bisect_right(self.opens[node], time)
        if not number:
            return -NEVER
        return min(time, self.closes[node][number - 1])

    def _find_priorities(self) -> list[int]:
        """The score of every node, with more than all scores together on top where it or its group is a must."""
        bonus = 1 + sum(score for score in self.score if score > 0)
        musts = {self.group[node] for node, visit in enumerate(self.problem.visits, start=1) if visit.must}
        return [
            score + bonus * (self.group[node] in musts) if self.group[node] else score
            for node, score in enumerate(self.score)
        ]

    def _find_price(self) -> float:
        """Score points that one unit of walking costs; 0 where no walk can ever outweigh one point."""
        weights, days = self.problem.weights, self.problem.days
        longest = sum(day.end - day.start for day in days)
        return weights.walk / weights.score if weights.walk * longest > weights.score else 0.0

    def _is_possible(self, node: int) -> bool:
        """Whether the visit alone fits into one of the days."""
        return any(
            self._fits_into_day(node, a, b) for a, b in zip(self.skeleton, self.skeleton[1:], strict=False)
        )

    def _fits_into_day(self, node: int, a: int, b: int) -> bool:
        leave = self.opens[a][0] + self.duration[a]
        where = a if self.floating[node] else node
        start = self.first_start(node, leave if self.floating[node] else self.arrival(a, node, leave))
        return self.arrival(where, b, start + self.duration[node]) <= self.closes[b][-1]

    def between(self, a: int, b: int, spare: int) -> list[Entry]:
        """The (visit, window) pairs that may fit between neighbours a and b, those needing least time first.

        `spare` is the time between leaving a and the last start at b; pairs needing more may be left out. Most gaps
        of a good route have little to spare, so their lists are short and quickly made; a list is made again when
        the same pair turns up with more time.
        """
        number = a * self.size + b
        found = self._gaps.get(number)
        if found is None or found[0] < spare:
            limit = spare + spare // 4
            found = self._gaps[number] = (limit, self._find_between(a, b, limit))
        return found[1]

    def _find_between(self, a: int, b: int, limit: int) -> list[Entry]:
        onward, latest = self._onward(b), self.closes[b][-1]
        entries = [
            (there + rest, node, there, rest, opens, closes)
            for node, there, opens, closes, earliest in self._onsets(a)
            if there + (rest := onward[node]) <= limit and earliest + rest <= latest and node != b
        ]
        for node in self.floats:
            rest = self.duration[node] + self.least[a][b]
            for opens, closes in zip(self.opens[node], self.closes[node], strict=True):
                entries.append((rest, node, 0, rest, opens, closes))
        if self.price:
            entries = [entry for entry in entries if self._is_worth_walking(entry, a, b)]
        entries.sort()
        return entries

    def _is_worth_walking(self, entry: Entry, a: int, b: int) -> bool:
        _, node, there, rest, _, _ = entry
        extra = there + rest - self.duration[node] - self.least[a][b]
        return self.priority[node] > self.price * extra

    def _onward(self, b: int) -> list[int]:
        """For every node the time of its visit and the way on to b."""
        found = self._onwards[b]
        if found is None:
            found = [spent + row[b] for spent, row in zip(self.duration, self.least, strict=True)]
            self._onwards[b] = found
        return found

    def _onsets(self, a: int) -> list[tuple[int, int, int, int, int]]:
        """The visits and windows that can be reached after a: node, way there, window, earliest start."""
        found = self._afters[a]
        if found is None:
            row, leave = self.least[a], self.opens[a][0] + self.duration[a]
            found = self._afters[a] = [
                (node, there, opens, closes, opens if opens > leave + there else leave + there)
                for node, opens, closes in self._visits
                if leave + (there := row[node]) <= closes and there < UNREACHABLE and node != a
            ]
        return found


def sorted_windows(windows: Sequence[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """Windows in order, without those outside the days or empty, overlapping ones joined."""
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(windows):
        if closes < opens or closes < first or opens > last:
            continue
        if joined and opens <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined


def groups(problem: Problem) -> list[str]:
    """The group of every node; a visit without one is its own group."""
    named = [f"g:{visit.group}" if visit.group is not None else f"k:{visit.key}" for visit in problem.visits]
    return ["", *named, *([""] * len(problem.days))]


def mates(group: Sequence[str], size: int) -> list[tuple[int, ...]]:
    """For every node all nodes of its group, itself included."""
    members: dict[str, list[int]] = {}
    for node, name in enumerate(group):
        members.setdefault(name, []).append(node)
    return [tuple(members[group[node]]) if group[node] else (node,) for node in range(size)]
