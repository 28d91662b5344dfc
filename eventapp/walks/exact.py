"""The proof for small problems: dynamic programming over sets of visits.

For every set of visits and last place only the earliest time counts, because whoever is somewhere earlier can always
wait. That holds with several windows, with buses and with lunch, so the best set found is the best there is.
"""

from collections.abc import Iterator, Sequence

from eventapp.walks.tables import NEVER, Tables

EXACT_CANDIDATES = 12
State = tuple[int, int, int]
"""Days finished, set of visits as bits, the node whose place one is at."""


class Proof:
    """Looks for an order worth more than the known one; finding none proves the known one.

    A set of visits is given up as soon as even all visits that are still possible after it would not beat the best.
    """

    def __init__(self, tables: Tables, known: Sequence[int]) -> None:
        self.tables = tables
        self.order = list(known)
        self.best = sum(tables.priority[node] for node in known)
        self.bits = [
            (node, 1 << number, self._closed_by(node)) for number, node in enumerate(tables.candidates)
        ]
        self.came: dict[State, tuple[State, int]] = {}

    def run(self) -> list[int]:
        """The order with the most must-sees and then the highest score."""
        tables, layer = self.tables, {(0, 0, 0): self.tables.opens[0][0]}
        if self._most(0, 0, -NEVER) <= self.best:
            return self.order
        for number, night in enumerate(tables.skeleton[1:]):
            evening = self._close_day(self._fill_day(layer, night), number + 1, night)
            layer = {state: time + tables.duration[night] for state, time in evening.items()}
        for state in layer:
            if (worth := self._worth(state[1])) > self.best:
                self.best, self.order = worth, self._trace(state)
        return self.order

    def _closed_by(self, node: int) -> int:
        """The bits of all visits that this one excludes."""
        mates = self.tables.mates[node]
        return sum(1 << number for number, other in enumerate(self.tables.candidates) if other in mates)

    def _worth(self, visited: int) -> int:
        return sum(self.tables.priority[node] for node, bit, _ in self.bits if visited & bit)

    def _most(self, visited: int, worth: int, time: int) -> int:
        """More than this cannot be reached from `visited` at `time`: of each group the best that is not yet over."""
        tables, seen = self.tables, visited
        for node, bit, closed in sorted(self.bits, key=lambda each: -tables.priority[each[0]]):
            if not seen & closed and time <= tables.closes[node][-1]:
                worth += tables.priority[node]
                seen |= bit
        return worth

    def _fill_day(self, begin: dict[State, int], night: int) -> dict[State, int]:
        """Every set and place reachable within the day, with the earliest time of leaving.

        The same set can come about in several waves, with other parts of it seen on the days before.
        """
        everything, wave = dict(begin), begin
        while wave:
            following: dict[State, int] = {}
            for state, leave in wave.items():
                if self._most(state[1], self._worth(state[1]), leave) <= self.best:
                    continue
                for after, time, node in self._steps(state, leave, night):
                    if time < min(following.get(after, NEVER), everything.get(after, NEVER)):
                        following[after] = time
                        self.came[after] = (state, node)
            everything.update(following)
            wave = following
        return everything

    def _steps(self, state: State, leave: int, night: int) -> Iterator[tuple[State, int, int]]:
        """The visits that can follow, each with the time of leaving it, if the day's end can still be reached."""
        tables = self.tables
        day, visited, at = state
        for node, bit, closed in self.bits:
            if visited & closed:
                continue
            floats = tables.floating[node]
            there = leave if floats else tables.arrival(at, node, leave)
            if there > tables.closes[node][-1]:
                continue
            spot, time = at if floats else node, tables.first_start(node, there) + tables.duration[node]
            if tables.arrival(spot, night, time) <= tables.closes[night][-1]:
                yield (day, visited | bit, spot), time, node

    def _close_day(self, layer: dict[State, int], days: int, night: int) -> dict[State, int]:
        """Everyone goes to the day's last place; for every set of visits the earliest counts."""
        evening: dict[State, int] = {}
        for state, time in layer.items():
            end = self.tables.first_start(night, self.tables.arrival(state[2], night, time))
            after = (days, state[1], night)
            if end < evening.get(after, NEVER):
                evening[after] = end
                self.came[after] = (state, night)
        return evening

    def _trace(self, state: State) -> list[int]:
        """The order that led to the state."""
        nodes = []
        while state in self.came:
            state, node = self.came[state]
            nodes.append(node)
        return [0, *reversed(nodes)]


def solve_exactly(tables: Tables, known: Sequence[int] | None = None) -> list[int]:
    """An order with the most must-sees and then the highest score: `known` itself where nothing beats it.

    The work doubles with every candidate: meant for up to EXACT_CANDIDATES.
    """
    return Proof(tables, tables.skeleton if known is None else known).run()
