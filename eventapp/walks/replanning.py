"""Planning a stored day again: from here, running late, around what is gone, with something put in or taken out for good.

Everything here takes its time and therefore happens outside a transaction; it gives a `Draft` for `plans.adopt`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from eventapp import clock
from eventapp.festivals.models import Edition
from eventapp.i18n import lazy
from eventapp.walks import planning
from eventapp.walks.asking import PlanRequest, Spot
from eventapp.walks.models import Plan
from eventapp.walks.options import Hold
from eventapp.walks.plans import Draft, get_stop, proposal_of, request_of
from eventapp.walks.proposal import DayPlan, Proposal, Stop, StopKind
from eventapp.walks.questions import PlanningError


def replan(
    plan: Plan,
    folder: Path,
    *,
    at: Spot | None = None,
    late: int = 0,
    without: Sequence[str] = (),
    seconds: float = planning.QUICK,
    rounds: int | None = None,
) -> Draft:
    """Plan the rest again: from here (`at`), some minutes late, or around slots that are gone (`without`: stop keys).

    What was visited stays as it was; what is booked or locked stays. Raises PlanningError.
    """
    request, old = request_of(plan), proposal_of(plan)
    moment = clock.now() + timedelta(minutes=late)
    past, rest = split(plan, old, request, moment, at)
    keep = tuple(
        key for key in [*plan.booked, *plan.locked] if key not in plan.visited and key not in without
    )
    keep = tuple(key for key in keep if any(stop.key == key for stop in old.stops))
    hold = Hold(
        keep=keep,
        booked=tuple(plan.booked),
        kept=tuple(stop.key for stop in old.stops if stop.key not in plan.visited),
        done=wishes_done(plan, old),
        without=tuple(without),
    )
    fresh = planning.one(plan.edition, rest, folder, kind=old.kind, seconds=seconds, rounds=rounds, hold=hold)
    return make_draft(plan, request, joined(past, fresh), old, folder)


def wishes_done(plan: Plan, old: Proposal) -> tuple[str, ...]:
    """The wishes of what was visited: nobody is sent to the same factory twice."""
    done = [stop for stop in old.stops if stop.key in plan.visited and stop.kind is not StopKind.LUNCH]
    names = [
        wish for stop in done for wish in (stop.wish, f"factory:{stop.entry}" if stop.entry else stop.wish)
    ]
    return tuple(dict.fromkeys(names))


def split(
    plan: Plan, old: Proposal, request: PlanRequest, moment: datetime, at: Spot | None
) -> tuple[list[DayPlan], PlanRequest]:
    """The days behind us with what was visited today, and the request for what is left."""
    local = clock.local(moment, plan.edition.zone)
    today = local.date()
    past = [day for day in old.days if day.date < today]
    days = [day for day in request.days if day.date >= today]
    if not days:
        raise PlanningError(lazy("This day is over already. Choose another day."), "days")
    current = next((day for day in old.days if day.date == today), None)
    if current is None:
        return past, request.but(days=tuple(days), start=at or request.start)
    visited = [stop for stop in current.stops if stop.key in plan.visited]
    begin = max(
        [clock.local(stop.leave, plan.edition.zone) for stop in visited if stop.leave > moment] + [local]
    )
    first = replace(days[0], start=max(days[0].start, begin.time().replace(second=0, microsecond=0)))
    spot = at or (spot_of(visited) if visited else request.start)
    count = len(visited)
    done = replace(current, stops=tuple(visited), legs=current.legs[:count])
    had_lunch = any(stop.kind is StopKind.LUNCH for stop in visited)
    rest = request.but(
        days=(first, *days[1:]), start=spot, lunch=request.lunch and not (had_lunch and len(days) == 1)
    )
    return [*past, *([done] if visited else [])], rest


def spot_of(visited: Sequence[Stop]) -> Spot | None:
    """Where one was last."""
    for stop in reversed(visited):
        if stop.lat is not None and stop.lon is not None:
            return Spot(stop.lat, stop.lon, dict(stop.name))
    return None


def joined(past: Sequence[DayPlan], fresh: Proposal) -> Proposal:
    """The day begun and its rest as one; days before in front."""
    if not past:
        return fresh
    first, days = fresh.days[0], list(past)
    if days[-1].date == first.date:
        begun = days.pop()
        first = replace(
            first, begins=begun.begins, stops=begun.stops + first.stops, legs=begun.legs + first.legs
        )
    whole = replace(fresh, days=(*days, first, *fresh.days[1:]))
    legs = [leg for day in whole.days for leg in day.legs if leg]
    return replace(
        whole, walking=sum(leg.minutes for leg in legs), metres=round(sum(leg.metres for leg in legs))
    )


def make_draft(
    plan: Plan,
    request: PlanRequest,
    proposal: Proposal,
    old: Proposal,
    folder: Path,
    removed: Sequence[str] = (),
) -> Draft:
    """The draft with its ways drawn and what it changes."""
    drawn = planning.with_lines(plan.edition, request, proposal, folder)
    return Draft(request, drawn, tuple(find_changes(old, drawn, plan.edition)), plan.version, tuple(removed))


def find_changes(old: Proposal, new: Proposal, edition: Edition) -> list[dict[str, Any]]:
    """What is gone, what is new, what moved by a minute or more; lunch is told of only where it is gone or new."""
    before, after = ({stop.key: stop for stop in one.stops} for one in (old, new))

    def shown(stop: Stop) -> str:
        return f"{clock.local(stop.start, edition.zone):%H:%M}"

    gone = [{"what": "gone", "key": key, "name": dict(stop.name), "before": shown(stop), "after": ""}
            for key, stop in before.items() if key not in after]  # fmt: skip
    rest = [
        {
            "what": "moved" if key in before else "new",
            "key": key,
            "name": dict(stop.name),
            "before": shown(before[key]) if key in before else "",
            "after": shown(stop),
        }
        for key, stop in after.items()
        if key not in before or (stop.kind is not StopKind.LUNCH and before[key].start != stop.start)
    ]
    return gone + rest


def not_this_one(
    plan: Plan, key: str, folder: Path, *, seconds: float = planning.QUICK, rounds: int | None = None
) -> Draft:
    """Take a stop out for good and fill its time with something else."""
    stop, request, old = get_stop(plan, key), request_of(plan), proposal_of(plan)
    wish = f"factory:{stop.entry}" if stop.entry else stop.wish
    gone = {stop.wish, wish, stop.key}
    changed = request.but(
        must=tuple(each for each in request.must if each not in gone),
        want=tuple(each for each in request.want if each not in gone),
        avoid=tuple(dict.fromkeys([*request.avoid, wish])),
    )
    kept = tuple(each for each in [*plan.locked, *plan.booked] if each != key)
    hold = Hold(keep=kept, booked=tuple(plan.booked), kept=tuple(one.key for one in old.stops))
    fresh = planning.one(
        plan.edition, changed, folder, kind=old.kind, seconds=seconds, rounds=rounds, hold=hold
    )
    return make_draft(plan, changed, fresh, old, folder, [wish])


def add(
    plan: Plan, wish: str, folder: Path, *, seconds: float = planning.QUICK, rounds: int | None = None
) -> Draft:
    """Put something in that must be seen, or lunch ("lunch"); the rest makes room. `unmet` tells where it cannot."""
    request, old = request_of(plan), proposal_of(plan)
    if wish == "lunch":
        changed = request.but(lunch=True)
    else:
        others = tuple(each for each in request.avoid if each != wish)
        changed = request.but(must=tuple(dict.fromkeys([*request.must, wish])), avoid=others)
    hold = Hold(
        keep=tuple(dict.fromkeys([*plan.locked, *plan.booked])),
        booked=tuple(plan.booked),
        kept=tuple(stop.key for stop in old.stops),
    )
    fresh = planning.one(
        plan.edition, changed, folder, kind=old.kind, seconds=seconds, rounds=rounds, hold=hold
    )
    return make_draft(plan, changed, fresh, old, folder)
