"""The day planner's front door: give it a problem and some time, get the best plan found.

Up to twelve candidates are solved exactly (see exact.py); more by iterated local search (see search.py), which has an
answer at once and makes it better for as long as it may. Every wall-clock answer depends on the machine: whoever shares
a plan stores the plan, not the request.
"""

import time
from collections.abc import Callable, Sequence

from eventapp.walks.exact import EXACT_CANDIDATES, solve_exactly
from eventapp.walks.polish import polished
from eventapp.walks.problem import Plan, Problem
from eventapp.walks.schedule import finish, order_of
from eventapp.walks.search import Search
from eventapp.walks.tables import Tables

PHASES = 6
SHORTEST_PHASE = 0.2
PHASE_ROUNDS = 400
CHECK_EVERY = 2
POLISH_SHARE = 0.03
ROUNDS_BEFORE_PROOF = 100
"""A good plan first makes the proof many times quicker."""


def solve(
    problem: Problem,
    *,
    seconds: float = 1.0,
    rounds: int | None = None,
    seed: int = 0,
    exact: bool = True,
    hints: Sequence[Plan] = (),
    on_better: Callable[[Plan], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Plan:
    """The best plan found within `seconds`, or after `rounds` rounds where given (then the same on every machine).

    `hints` are plans of problems like this one, made of visits with the same keys: as far as one is possible here, nothing
    worse is answered. `on_better` is told of every better plan on the way, the first within milliseconds. With `exact`, small problems are
    solved to the proof instead. Raises DayImpossible where a day's last place cannot be reached in time, ValueError for
    a problem without days.
    """
    begun = clock()
    if not problem.days:
        raise ValueError("a plan needs at least one day")
    tables = Tables(problem)
    search = Search(tables, seed)
    for hint in hints:
        search.offer(order_of(tables, hint))
    if on_better:
        on_better(finish(tables, search.best))
    if exact and len(tables.candidates) <= EXACT_CANDIDATES and not tables.price:
        _search_rounds(search, ROUNDS_BEFORE_PROOF, on_better)
        return finish(tables, polished(tables, solve_exactly(tables, search.best)), proven=True)
    if rounds is not None:
        _search_rounds(search, rounds, on_better)
        return finish(tables, polished(tables, search.best))
    _search_for(search, seconds * (1 - POLISH_SHARE), begun, clock, on_better)
    return finish(tables, polished(tables, search.best, lambda: clock() - begun >= seconds))


def _search_for(
    search: Search,
    seconds: float,
    begun: float,
    clock: Callable[[], float],
    on_better: Callable[[Plan], None] | None,
) -> None:
    """Rounds until the time is over, in phases that cool down."""
    length = max(seconds / PHASES, min(SHORTEST_PHASE, seconds))
    phase_begun = begun
    while (now := clock()) - begun < seconds:
        if now - phase_begun >= length:
            phase_begun = now
            search.begin_phase()
        length = min(length, max(begun + seconds - phase_begun, 0.001))
        warmth = 1 - (now - phase_begun) / length
        for _ in range(CHECK_EVERY):
            if search.improve(warmth) and on_better:
                on_better(finish(search.tables, search.best))


def _search_rounds(search: Search, rounds: int, on_better: Callable[[Plan], None] | None) -> None:
    """A fixed number of rounds, in phases that cool down."""
    length = max(rounds // PHASES, min(PHASE_ROUNDS, rounds), 1)
    for number in range(rounds):
        within = number % length
        if number and not within:
            search.begin_phase()
        if search.improve(1 - within / length) and on_better:
            on_better(finish(search.tables, search.best))
