"""Why a wish is not in the plan, and what would make it fit."""

from dataclasses import dataclass
from enum import StrEnum

from eventapp.walks.problem import UNREACHABLE, Plan, Problem
from eventapp.walks.schedule import earliest, latest, order_of
from eventapp.walks.tables import NEVER, Tables


class Why(StrEnum):
    """The kinds of reasons; the caller has the sentences."""

    VISITED = "visited"
    SAME_GROUP = "same_group"
    NEVER_OPEN = "never_open"
    UNREACHABLE = "unreachable"
    CLOSED_BEFORE_ARRIVAL = "closed_before_arrival"
    DAY_TOO_SHORT = "day_too_short"
    NEEDS_TIME = "needs_time"
    FITS = "fits"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a visit is not made; `short` is the time by which it fails; leaving out `instead_of` would make room."""

    why: Why
    short: int = 0
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """One tried place for the visit: how late, at its own gate or at the stop that follows."""

    short: int
    closed: bool


def explain(problem: Problem, plan: Plan, key: str) -> Reason:
    """Why the visit `key` is not in the plan. Raises KeyError for a key the problem does not know."""
    numbers = {visit.key: number for number, visit in enumerate(problem.visits, start=1)}
    node = numbers[key]
    if key in plan.keys:
        return Reason(Why.VISITED)
    tables = Tables(problem)
    if not tables.opens[node]:
        return Reason(Why.NEVER_OPEN)
    nodes = order_of(tables, plan)
    rival = next((other for other in nodes if other != node and other in tables.mates[node]), None)
    if rival is not None:
        return Reason(Why.SAME_GROUP, instead_of=(problem.visits[rival - 1].key,))
    if node not in tables.candidates:
        return explain_alone(tables, node)
    best = smallest_shortage(tables, nodes, node)
    if best.short <= 0:
        return Reason(Why.FITS)
    why = Why.CLOSED_BEFORE_ARRIVAL if best.closed else Why.NEEDS_TIME
    return Reason(why, best.short, cheapest_exchange(tables, nodes, node))


def explain_alone(tables: Tables, node: int) -> Reason:
    """Why a visit would not even fit into an empty day."""
    best = smallest_shortage(tables, tables.skeleton, node)
    if best.short >= UNREACHABLE // 2:
        return Reason(Why.UNREACHABLE)
    return Reason(Why.CLOSED_BEFORE_ARRIVAL if best.closed else Why.DAY_TOO_SHORT, best.short)


def smallest_shortage(tables: Tables, nodes: list[int], node: int) -> Trial:
    """The place in the order where the visit fails by least; a shortage of 0 means that it fits."""
    found = earliest(tables, nodes)
    if found is None:
        raise ValueError("the order cannot be kept")
    starts, spots = found
    latests = latest(tables, nodes, spots)
    trials = [trial(tables, nodes, starts, spots, latests, place, node) for place in range(len(nodes) - 1)]
    return min(trials, key=lambda each: each.short)


def trial(
    tables: Tables,
    nodes: list[int],
    starts: list[int],
    spots: list[int],
    latests: list[int],
    place: int,
    node: int,
) -> Trial:
    """What happens when the visit is put after `place`."""
    leave, spot = starts[place] + tables.duration[nodes[place]], spots[place]
    if not tables.floating[node]:
        leave, spot = tables.arrival(spot, node, leave), node
    start = tables.first_start(node, leave)
    if start >= NEVER:
        return Trial(leave - tables.closes[node][-1], closed=True)
    time, after = start + tables.duration[node], place + 1
    while tables.floating[nodes[after]]:
        begun = tables.first_start(nodes[after], time)
        if begun >= NEVER:
            return Trial(time - tables.closes[nodes[after]][-1], closed=False)
        time, after = begun + tables.duration[nodes[after]], after + 1
    return Trial(max(0, tables.arrival(spot, nodes[after], time) - latests[after]), closed=False)


def cheapest_exchange(tables: Tables, nodes: list[int], node: int) -> tuple[str, ...]:
    """The neighbouring stops, of least worth together, whose leaving out would make room; empty when none would."""
    best: tuple[int, tuple[int, ...]] | None = None
    for first in range(1, len(nodes) - 1):
        for last in range(first, len(nodes) - 1):
            stretch = nodes[first : last + 1]
            if stretch[-1] > tables.count:
                break
            loss = sum(tables.priority[each] for each in stretch)
            if (best is None or loss < best[0]) and has_room(tables, nodes[:first] + nodes[last + 1 :], node):
                best = (loss, tuple(stretch))
    visits = tables.problem.visits
    return tuple(visits[each - 1].key for each in best[1]) if best else ()


def has_room(tables: Tables, nodes: list[int], node: int) -> bool:
    """Whether the visit fits somewhere into the order."""
    return earliest(tables, nodes) is not None and smallest_shortage(tables, nodes, node).short <= 0
