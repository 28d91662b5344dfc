"""A day put in order by hand: a stop moved or taken out, the rest as it was, as early as it can be.

As in replanning.py what comes out is a `Draft` for `plans.adopt`.
"""

from pathlib import Path

from eventapp import clock
from eventapp.db import NotThere
from eventapp.i18n import lazy
from eventapp.walks import planning
from eventapp.walks.ahead import Ahead, begun, joined, look_ahead
from eventapp.walks.asking import PlanRequest
from eventapp.walks.checker import check
from eventapp.walks.models import Plan
from eventapp.walks.options import Hold
from eventapp.walks.plans import Draft, PlanRefused, get_stop_ahead, proposal_of, request_of
from eventapp.walks.problem import Plan as Solution
from eventapp.walks.proposal import Kind, Proposal
from eventapp.walks.replanning import make_draft
from eventapp.walks.schedule import earliest, finish
from eventapp.walks.setting import Setting, set_up
from eventapp.walks.shaping import shape
from eventapp.walks.tables import Tables


def move(plan: Plan, key: str, to: int, folder: Path, *, day: int | None = None) -> Draft:
    """Put a stop at another place in its day, or into another day; times follow. `to` counts from 0.

    Raises PlanRefused, naming the stop that would then be closed, and NotThere.
    """
    get_stop_ahead(plan, key)
    order = [[stop.key for stop in one.stops] for one in proposal_of(plan).days]
    home = next((number for number, keys in enumerate(order) if key in keys), None)
    if home is None:
        raise NotThere(key)
    target = home if day is None else day
    if not 0 <= target < len(order):
        raise NotThere(key)
    order[home].remove(key)
    order[target].insert(max(0, min(to, len(order[target]))), key)
    return in_order(plan, order, folder, key)


def remove(plan: Plan, key: str, folder: Path) -> Draft:
    """Take a stop out and leave the rest as it is."""
    get_stop_ahead(plan, key)
    order = [[stop.key for stop in one.stops if stop.key != key] for one in proposal_of(plan).days]
    request = request_of(plan)
    request = request.but(lunch=False) if key.startswith("lunch:") else request
    return in_order(plan, order, folder, key, request=request)


def in_order(
    plan: Plan, order: list[list[str]], folder: Path, key: str, *, request: PlanRequest | None = None
) -> Draft:
    """The stops in exactly this order, as early as they can be; what has begun, except the stop `key`, stays as it was."""
    asked, old = request or request_of(plan), proposal_of(plan)
    ahead = look_ahead(plan, old, asked, begun(plan, old, but=key), moment=clock.now())
    dates = {day.date for day in ahead.request.days}
    rest = [
        [key for key in keys if key not in ahead.behind]
        for day, keys in zip(old.days, order, strict=True)
        if day.date in dates
    ]
    keys = tuple(key for day in rest for key in day if not key.startswith("lunch:"))
    if not keys and not any(day.stops for day in ahead.past):
        raise PlanRefused(lazy("This is the last stop of your day. Add another one first."))
    fresh = timed(plan, ahead, rest, keys, old.kind, folder) if keys else None
    return make_draft(plan, asked, joined(ahead, fresh, old), old)


def timed(
    plan: Plan, ahead: Ahead, order: list[list[str]], keys: tuple[str, ...], kind: Kind, folder: Path
) -> Proposal:
    """What is left, in this order, with its times and ways."""
    asked = ahead.request.but(lunch=any(key.startswith("lunch:") for day in order for key in day))
    hold = Hold(keep=keys, booked=tuple(plan.booked), done=ahead.done)
    setting = set_up(plan.edition, planning.variant(asked, kind), folder, kind, hold=hold)
    found = shape(setting, solution_in_order(setting, order), kind, explained=0)
    return planning.with_lines(plan.edition, ahead.request, found, folder)


def solution_in_order(setting: Setting, order: list[list[str]]) -> Solution:
    """The solver's form of a given order. Raises PlanRefused naming the first stop that cannot be made."""
    tables = Tables(setting.problem)
    numbers = {visit.key: number for number, visit in enumerate(setting.problem.visits, start=1)}
    nodes = [0]
    for day, night in zip(order, tables.skeleton[1:], strict=True):
        for key in day:
            if key not in numbers:
                raise PlanRefused(lazy("One of the stops can no longer be visited. Plan the day again."))
            nodes.append(numbers[key])
            if earliest(tables, nodes) is None:
                name = setting.options[key].name
                raise PlanRefused(lazy("In this order you would be too late for %(name)s.", name=name))
        nodes.append(night)
        if earliest(tables, nodes) is None:
            raise PlanRefused(lazy("In this order you would be too late at the end of the day."))
    solution = finish(tables, nodes)
    if faults := check(setting.problem, solution):
        raise RuntimeError("; ".join(faults))
    return solution
