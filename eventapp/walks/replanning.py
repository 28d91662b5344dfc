"""Planning a stored day again: from here, running late, around what is gone, with something put in or taken out for good.

Everything here takes its time and therefore happens outside a transaction; it gives a `Draft` for `plans.adopt`.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from eventapp import clock
from eventapp.festivals.models import Edition
from eventapp.walks import planning
from eventapp.walks.ahead import Ahead, begun, joined, look_ahead, seen
from eventapp.walks.asking import PlanRequest, Spot
from eventapp.walks.models import Plan
from eventapp.walks.options import Hold
from eventapp.walks.plans import Draft, get_stop_ahead, proposal_of, request_of
from eventapp.walks.proposal import Kind, Proposal, Stop, StopKind


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
    behind = seen(plan, old)
    ahead = look_ahead(plan, old, request, behind, moment=clock.now() + timedelta(minutes=late), at=at)
    hold = hold_for(plan, old, ahead, without=without)
    fresh = one_drawn(plan, old.kind, ahead.request, folder, seconds, rounds, hold)
    return make_draft(plan, request, joined(ahead, fresh, old), old)


def hold_for(plan: Plan, old: Proposal, ahead: Ahead, without: Sequence[str] = ()) -> Hold:
    """What has to stay of what lies ahead: booked and locked stops, except those `without` which it has to go."""
    left = [stop.key for stop in old.stops if stop.key not in ahead.behind]
    keep = dict.fromkeys([*plan.booked, *plan.locked])
    return Hold(
        keep=tuple(key for key in keep if key in left and key not in without),
        booked=tuple(plan.booked),
        kept=tuple(left),
        done=ahead.done,
        without=tuple(without),
    )


def one_drawn(
    plan: Plan, kind: Kind, rest: PlanRequest, folder: Path, seconds: float, rounds: int | None, hold: Hold
) -> Proposal:
    """What is left, planned anew, with its ways on the streets."""
    fresh = planning.one(plan.edition, rest, folder, kind=kind, seconds=seconds, rounds=rounds, hold=hold)
    return planning.with_lines(plan.edition, rest, fresh, folder)


def make_draft(
    plan: Plan, request: PlanRequest, proposal: Proposal, old: Proposal, removed: Sequence[str] = ()
) -> Draft:
    """The draft with what it changes."""
    changes = find_changes(old, proposal, plan.edition)
    return Draft(request, proposal, tuple(changes), plan.version, tuple(removed))


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
    stop, request, old = get_stop_ahead(plan, key), request_of(plan), proposal_of(plan)
    wish = f"factory:{stop.entry}" if stop.entry else stop.wish
    gone = {stop.wish, wish, stop.key}
    changed = request.but(
        must=tuple(each for each in request.must if each not in gone),
        want=tuple(each for each in request.want if each not in gone),
        avoid=tuple(dict.fromkeys([*request.avoid, wish])),
    )
    ahead = look_ahead(plan, old, changed, begun(plan, old, but=key), moment=clock.now())
    hold = hold_for(plan, old, ahead, without=[key])
    fresh = one_drawn(plan, old.kind, ahead.request, folder, seconds, rounds, hold)
    return make_draft(plan, changed, joined(ahead, fresh, old), old, [wish])


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
    ahead = look_ahead(plan, old, changed, begun(plan, old), moment=clock.now())
    fresh = one_drawn(plan, old.kind, ahead.request, folder, seconds, rounds, hold_for(plan, old, ahead))
    return make_draft(plan, changed, joined(ahead, fresh, old), old)
