"""The proof for small problems: dynamic programming over sets of visits.

For every set of visits and last place only the earliest time counts, because whoever is somewhere earlier can always
wait. That holds with several windows, with buses and with lunch, so the best set found is the best there is.
"""

from collections.abc import Iterator

from eventapp.walks.tables import NEVER, Tables

EXACT_CANDIDATES = 12
State = tuple[int, int, int]
"""Days finished, set of visits as bits, the node whose place one is at."""


def solve_exactly(tables: Tables) -> list[int]:
    """An order with the most must-sees and then the highest score, of those the one that ends first.

    The work doubles with every candidate: meant for up to EXACT_CANDIDATES.
    """
    day_ends = tables.skeleton[1:]
    layer: dict[State, int] = {(0, 0, 0): tables.opens[0][0]}
    came: dict[State, tuple[State, int]] = {}
    finals: dict[State, int] = {}
    for number, night in enumerate(day_ends):
        layer = _fill_day(tables, layer, night, came)
        arrived: dict[State, int] = {}
        for state, time in layer.items():
            end = tables.first_start(night, tables.arrival(state[2], night, time))
            after = (number + 1, state[1], night)
            if end < NEVER and end < arrived.get(after, NEVER):
                arrived[after] = end
                came[after] = (state, night)
        finals = arrived
        layer = {state: time + tables.duration[night] for state, time in arrived.items()}
    best = max(finals, key=lambda state: (_worth(tables, state[1]), -finals[state]))
    return _trace(came, best)


def _fill_day(
    tables: Tables, begin: dict[State, int], night: int, came: dict[State, tuple[State, int]]
) -> dict[State, int]:
    """Every set and place reachable within the day, with the earliest time of leaving."""
    everything, wave = dict(begin), begin
    while wave:
        following: dict[State, int] = {}
        for state, leave in wave.items():
            for after, time, node in _steps(tables, state, leave, night):
                if time < following.get(after, NEVER) and time < everything.get(after, NEVER):
                    following[after] = time
                    came[after] = (state, node)
        everything.update(following)
        wave = following
    return everything


def _steps(tables: Tables, state: State, leave: int, night: int) -> Iterator[tuple[State, int, int]]:
    """The visits that can follow, each with the time of leaving it, if the day's end can still be reached."""
    day, visited, at = state
    for number, node in enumerate(tables.candidates):
        if visited & _closed_by(tables, node):
            continue
        floats = tables.floating[node]
        start = tables.first_start(node, leave if floats else tables.arrival(at, node, leave))
        spot, time = at if floats else node, start + tables.duration[node]
        if tables.arrival(spot, night, time) <= tables.closes[night][-1]:
            yield (day, visited | 1 << number, spot), time, node


def _closed_by(tables: Tables, node: int) -> int:
    """The bits of all visits that exclude this one."""
    mates = tables.mates[node]
    return sum(1 << number for number, other in enumerate(tables.candidates) if other in mates)


def _worth(tables: Tables, visited: int) -> int:
    return sum(
        tables.priority[node] for number, node in enumerate(tables.candidates) if visited >> number & 1
    )


def _trace(came: dict[State, tuple[State, int]], state: State) -> list[int]:
    """The order that led to the state."""
    nodes = []
    while state in came:
        state, node = came[state]
        nodes.append(node)
    return [0, *reversed(nodes)]
