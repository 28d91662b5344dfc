"""From an order of nodes to times: earliest and latest starts, waiting moved to where it is useful, the finished plan."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from eventapp.walks.problem import Plan, Stop
from eventapp.walks.tables import NEVER, Tables


def order_of(tables: Tables, plan: Plan) -> list[int]:
    """A plan as an order of nodes; visits that this problem does not have are left out."""
    numbers = {visit.key: number for number, visit in enumerate(tables.problem.visits, start=1)}
    nodes = [0]
    for day, night in zip(plan.days, tables.skeleton[1:], strict=True):
        nodes += [numbers[stop.key] for stop in day if stop.key in numbers]
        nodes.append(night)
    return nodes


def earliest(tables: Tables, nodes: Sequence[int]) -> tuple[list[int], list[int]] | None:
    """The earliest start of every node, and for each the node whose place one is at (a floating visit has none).

    Returns None when the order cannot be kept: some window is over before one arrives.
    """
    starts, spots = [tables.opens[0][0]], [0]
    return (starts, spots) if follow(tables, nodes, starts, spots, 1) else None


def follow(tables: Tables, nodes: Sequence[int], starts: list[int], spots: list[int], place: int) -> bool:
    """Write the earliest starts from `place` on, until they are what is written there already.

    Returns False when the order cannot be kept. This is what a search does most, so nothing is called that need not be.
    """
    duration, opens, closes, floating = tables.duration, tables.opens, tables.closes, tables.floating
    travel, riding, known = tables.travel, tables.rides, len(starts)
    time, at = starts[place - 1] + duration[nodes[place - 1]], spots[place - 1]
    for number in range(place, len(nodes)):
        node = nodes[number]
        if not floating[node]:
            time = tables.arrival(at, node, time) if riding else time + travel[at][node]
            at = node
        last = closes[node]
        window = 0 if time <= last[0] else bisect_left(last, time)
        if window == len(last):
            return False
        if time < (first := opens[node][window]):
            time = first
        if number >= known:
            starts.append(time)
            spots.append(at)
        elif starts[number] == time and spots[number] == at:
            return True
        else:
            starts[number], spots[number] = time, at
        time += duration[node]
    return True


def latest(tables: Tables, nodes: Sequence[int], spots: Sequence[int]) -> list[int]:
    """The latest start of every node that leaves all later ones possible. The order must be a possible one."""
    times = [NEVER] * len(nodes)
    times[-1] = tables.closes[nodes[-1]][-1]
    trace(tables, nodes, spots, times, len(nodes) - 2, 0)
    return times


def trace(
    tables: Tables, nodes: Sequence[int], spots: Sequence[int], times: list[int], place: int, least: int
) -> None:
    """Write the latest starts from `place` back to the beginning; before `least` only until they are there already."""
    duration, opens, closes, floating = tables.duration, tables.opens, tables.closes, tables.floating
    travel, riding = tables.travel, tables.rides
    time, after = times[place + 1], nodes[place + 1]
    for number in range(place, -1, -1):
        node = nodes[number]
        if not floating[after]:
            spot = spots[number]
            time = tables.departure(spot, after, time) if riding else time - travel[spot][after]
        time -= duration[node]
        if time < opens[node][-1]:
            time = tables.last_start(node, time)
        elif time > (last := closes[node][-1]):
            time = last
        if number < least and times[number] == time:
            return
        times[number] = time
        after = node


def put_in(
    tables: Tables,
    nodes: list[int],
    starts: list[int],
    spots: list[int],
    latests: list[int],
    place: int,
    node: int,
) -> bool:
    """Put a node in at `place` and bring all four lists up to date: only what it moves is worked out again.

    Returns False when the order cannot be kept any more.
    """
    nodes.insert(place, node)
    starts.insert(place, -NEVER)
    spots.insert(place, -1)
    latests.insert(place, NEVER)
    if not follow(tables, nodes, starts, spots, place):
        return False
    last = place
    while tables.floating[nodes[last + 1]]:  # these are now left from another place
        last += 1
    trace(tables, nodes, spots, latests, last, place)
    return True


@dataclass(frozen=True, slots=True)
class Timing:
    """When a chosen order happens: for every node when one arrives, starts and leaves; and for each leg's begin."""

    nodes: list[int]
    arrivals: list[int]
    starts: list[int]
    walking: int
    waiting: int


def settle(tables: Tables, nodes: list[int]) -> Timing:
    """Fix the times of a possible order.

    Visits begin as early as they can, except that idle time in front of a closed gate is moved forward, by doing
    earlier visits later, until it lies before lunch or before the day's begin: there it is of use.
    """
    found = earliest(tables, nodes)
    if found is None:
        raise ValueError("the order cannot be kept")
    starts, spots = found
    for place in range(len(nodes) - 1, 1, -1):
        before = nodes[place - 1]
        if not tables.floating[before] and before <= tables.count:
            starts[place - 1] = delayed(tables, nodes, starts, spots, place)
    return timing(tables, nodes, starts, spots)


def delayed(tables: Tables, nodes: list[int], starts: list[int], spots: list[int], place: int) -> int:
    """The latest start of the visit before `place` that does not move the one at `place`."""
    node, before = nodes[place], nodes[place - 1]
    if node > tables.count:
        return starts[place - 1]
    leave = (
        starts[place] if tables.floating[node] else tables.departure(spots[place - 1], node, starts[place])
    )
    if tables.floating[node]:
        return starts[place - 1]
    return max(starts[place - 1], tables.last_start(before, leave - tables.duration[before]))


def timing(tables: Tables, nodes: list[int], starts: list[int], spots: list[int]) -> Timing:
    """Arrivals, and the sums of travel and of waiting; waiting before a day's first stop is spent at home."""
    arrivals, walking, waiting = [starts[0]], 0, 0
    for place in range(1, len(nodes)):
        node, before = nodes[place], nodes[place - 1]
        leave = starts[place - 1] + tables.duration[before]
        there = leave if tables.floating[node] else tables.arrival(spots[place - 1], node, leave)
        fresh = before == 0 or before > tables.count
        if fresh and node <= tables.count and not tables.floating[node]:
            away = tables.departure(spots[place - 1], node, starts[place])
            there, leave = tables.arrival(spots[place - 1], node, away), away
        elif fresh and node <= tables.count:
            there = leave = starts[place]
        walking += there - leave
        waiting += starts[place] - there if node <= tables.count else 0
        arrivals.append(there)
    return Timing(nodes, arrivals, starts, walking, waiting)


def penalty(tables: Tables, nodes: list[int]) -> int:
    """What the order costs beyond its score: walking, waiting, and changes of the visitor's own plan."""
    weights, times = tables.problem.weights, settle(tables, nodes)
    changes = 0
    if tables.problem.kept:
        chosen = {tables.problem.visits[node - 1].key for node in nodes if 0 < node <= tables.count}
        changes = len(chosen.symmetric_difference(tables.problem.kept))
    return weights.walk * times.walking + weights.wait * times.waiting + weights.change * changes


def finish(tables: Tables, nodes: list[int], proven: bool = False) -> Plan:
    """The plan of an order of nodes."""
    times = settle(tables, nodes)
    days: list[list[Stop]] = [[]]
    begins, ends = [], []
    leave_home = None
    for place, node in enumerate(nodes[1:], start=1):
        if leave_home is None:
            leave_home = begin(tables, times, place)
        if node <= tables.count:
            start = times.starts[place]
            key = tables.problem.visits[node - 1].key
            days[-1].append(Stop(key, times.arrivals[place], start, start + tables.duration[node]))
            continue
        begins.append(leave_home)
        ends.append(times.arrivals[place])
        days.append([])
        leave_home = None
    score = sum(tables.score[node] for node in nodes)
    stops = tuple(tuple(day) for day in days[:-1])
    return Plan(
        stops, tuple(begins), tuple(ends), score, times.walking, times.waiting, missing(tables, nodes), proven
    )


def begin(tables: Tables, times: Timing, place: int) -> int:
    """When to leave the day's first place for the node at `place`."""
    node, before = times.nodes[place], times.nodes[place - 1]
    if node > tables.count:
        return times.starts[place - 1] + tables.duration[before]
    if tables.floating[node]:
        return times.starts[place]
    return tables.departure(before, node, times.starts[place])


def missing(tables: Tables, nodes: Sequence[int]) -> tuple[str, ...]:
    """The must-sees that are not in the order: the name of the group, else the key."""
    visited = {tables.group[node] for node in nodes}
    names: dict[str, None] = {}
    for node, visit in enumerate(tables.problem.visits, start=1):
        if visit.must and tables.group[node] not in visited:
            names[visit.group if visit.group is not None else visit.key] = None
    return tuple(names)
