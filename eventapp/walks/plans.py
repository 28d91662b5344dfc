"""A visitor's stored day: kept, changed, planned again, booked in one step, shared.

Planning takes time and therefore happens outside a transaction: whatever changes the day gives a `Draft`, and
`adopt(plan, draft)` inside the route's transaction makes it the plan. A draft of a plan that was changed meanwhile is
refused, so that two open tabs never undo each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.festivals.models import Edition
from eventapp.i18n import RuleError, lazy
from eventapp.tours import booking as booking_rules
from eventapp.tours import queries
from eventapp.tours.booking import Contact
from eventapp.tours.models import Booking, Slot
from eventapp.walks import exporting, planning
from eventapp.walks.candidates import Hold
from eventapp.walks.checker import check
from eventapp.walks.keys import is_key, key_hash, new_key
from eventapp.walks.models import Plan
from eventapp.walks.planning import PlanningError, Setting
from eventapp.walks.problem import Plan as Solution
from eventapp.walks.proposal import (
    DayPlan,
    Kind,
    PlanRequest,
    Proposal,
    Spot,
    Stop,
    StopKind,
    proposal_from_json,
    request_from_json,
)
from eventapp.walks.schedule import earliest, finish
from eventapp.walks.shaping import shape
from eventapp.walks.standing import Standing, standing_of
from eventapp.walks.tables import Tables


class PlanRefused(RuleError):
    """The day cannot be changed like that."""


class SavedPlan(NamedTuple):
    """A new plan and the key with which it is changed; the key is nowhere stored."""

    plan: Plan
    key: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A changed day before it is kept. `changes` are plain data for `sentences.of_change`."""

    request: PlanRequest
    proposal: Proposal
    changes: tuple[dict[str, Any], ...]
    version: int
    removed: tuple[str, ...] = ()


# --- kept and found -------------------------------------------------------------------------------------------------


def save(edition: Edition, request: PlanRequest, proposal: Proposal) -> SavedPlan:
    """Keep a proposal as somebody's plan."""
    key, now = new_key(), clock.now()
    plan = Plan(
        edition_id=edition.id,
        edition=edition,
        key_hash=key_hash(key),
        request=request.as_json(),
        result=proposal.as_json(),
        locked=[],
        removed=[],
        visited=[],
        booked=[],
        content_version=proposal.content_version,
        created_at=now,
        changed_at=now,
    )
    db.session.add(plan)
    db.session.flush()  # the link needs its code
    return SavedPlan(plan, key)


def get(code: str) -> Plan:
    """A plan by the code in its link, for everybody who has the link; or NotThere. The route compares its edition."""
    plan = db.session.scalar(select(Plan).where(Plan.code == code))
    if plan is None:
        raise NotThere(code)
    return plan


def may_change(plan: Plan, key: str | None) -> bool:
    """Whether this device made the plan."""
    return is_key(key, plan.key_hash)


def request_of(plan: Plan) -> PlanRequest:
    """What was asked for."""
    return request_from_json(plan.request)


def proposal_of(plan: Plan) -> Proposal:
    """The day itself."""
    return proposal_from_json(plan.result)


def state_of(plan: Plan, folder: Path | None = None) -> Standing:
    """What became of it since."""
    request = request_of(plan)
    return standing_of(
        plan.edition, proposal_of(plan), party=request.party, booked=plan.booked, folder=folder
    )


# --- marks ----------------------------------------------------------------------------------------------------------


def lock(plan: Plan, key: str) -> None:
    """This stop stays, whatever is planned again."""
    get_stop(plan, key)
    plan.locked = [*dict.fromkeys([*plan.locked, key])]
    _touch(plan)


def unlock(plan: Plan, key: str) -> None:
    """This stop may go again."""
    plan.locked = [each for each in plan.locked if each != key]
    _touch(plan)


def mark_visited(plan: Plan, key: str, *, is_visited: bool = True) -> None:
    """One has been there."""
    get_stop(plan, key)
    others = [each for each in plan.visited if each != key]
    plan.visited = [*others, key] if is_visited else others
    _touch(plan)


def get_stop(plan: Plan, key: str) -> Stop:
    """A stop of the plan, or NotThere."""
    for stop in proposal_of(plan).stops:
        if stop.key == key:
            return stop
    raise NotThere(key)


def _touch(plan: Plan) -> None:
    plan.version += 1
    plan.changed_at = clock.now()


def adopt(plan: Plan, draft: Draft) -> None:
    """Make the draft the plan. Raises PlanRefused where the plan was changed since the draft was made."""
    if plan.version != draft.version:
        raise PlanRefused(lazy("Your day was changed in another window meanwhile. Please look at it again."))
    plan.request, plan.result = draft.request.as_json(), draft.proposal.as_json()
    plan.content_version = draft.proposal.content_version
    plan.removed = [*dict.fromkeys([*plan.removed, *draft.removed])]
    keys = {stop.key for stop in draft.proposal.stops}
    plan.locked = [key for key in plan.locked if key in keys]
    _touch(plan)


def forget(plan: Plan) -> None:
    """The visitor throws the plan away."""
    db.session.delete(plan)


# --- planned again --------------------------------------------------------------------------------------------------


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


# --- changed by hand ------------------------------------------------------------------------------------------------


def move(plan: Plan, key: str, to: int, folder: Path, *, day: int | None = None) -> Draft:
    """Put a stop at another place in its day, or into another day; times follow. `to` counts from 0.

    Raises PlanRefused, naming the stop that would then be closed, and NotThere.
    """
    order = [[stop.key for stop in one.stops] for one in proposal_of(plan).days]
    home = next((number for number, keys in enumerate(order) if key in keys), None)
    if home is None:
        raise NotThere(key)
    target = home if day is None else day
    if not 0 <= target < len(order):
        raise NotThere(key)
    order[home].remove(key)
    order[target].insert(max(0, min(to, len(order[target]))), key)
    return in_order(plan, order, folder)


def remove(plan: Plan, key: str, folder: Path) -> Draft:
    """Take a stop out and leave the rest as it is."""
    get_stop(plan, key)
    order = [[stop.key for stop in one.stops if stop.key != key] for one in proposal_of(plan).days]
    request = request_of(plan)
    request = request.but(lunch=False) if key.startswith("lunch:") else request
    return in_order(plan, order, folder, request=request)


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


def in_order(
    plan: Plan, order: list[list[str]], folder: Path, *, request: PlanRequest | None = None
) -> Draft:
    """The stops in exactly this order, as early as they can be."""
    asked, old = request or request_of(plan), proposal_of(plan)
    keys = tuple(key for day in order for key in day if not key.startswith("lunch:"))
    if not keys:
        raise PlanRefused(lazy("This is the last stop of your day. Add another one first."))
    needed = asked.but(lunch=any(key.startswith("lunch:") for day in order for key in day))
    hold = Hold(keep=keys, booked=tuple(plan.booked))
    setting = planning.set_up(plan.edition, planning.variant(needed, old.kind), folder, old.kind, hold=hold)
    solution = solution_in_order(setting, order)
    return make_draft(plan, asked, shape(setting, solution, old.kind, explained=0), old, folder)


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


# --- booked in one step ---------------------------------------------------------------------------------------------


def slots_to_book(plan: Plan) -> list[Slot]:
    """The slots of the day that need a booking and have none from here yet, in order of time."""
    wanted = [
        stop.slot
        for stop in proposal_of(plan).stops
        if stop.slot and stop.needs_booking and stop.key not in plan.booked and stop.key not in plan.visited
    ]
    edition = plan.edition
    return queries.get_whole_slots(edition.festival.slug, edition.slug, wanted) if wanted else []


def book_day(plan: Plan, *, contact: Contact, request_key: str, overlaps_accepted: bool = False) -> Booking:
    """Book every slot of the day for the party, or none, in the caller's transaction.

    Raises tours.booking.SlotFull (`.code` is the slot's): then `replan(plan, folder, without=[f"slot:{code}"])` plans
    around it. Raises BookingError for everything else that is in the way.
    """
    slots = slots_to_book(plan)
    booking = booking_rules.book(
        slots,
        contact=contact,
        party_size=request_of(plan).party,
        request_key=request_key,
        overlaps_accepted=overlaps_accepted,
    )
    plan.booked = [*dict.fromkeys([*plan.booked, *(f"slot:{slot.code}" for slot in slots)])]
    _touch(plan)
    return booking


def as_kind(name: str) -> Kind:
    """The kind of a proposal by its name in a form; MOST for anything else."""
    return Kind(name) if name in set(Kind) else Kind.MOST


# --- taken along ----------------------------------------------------------------------------------------------------


def calendar_file(plan: Plan, url: str = "") -> bytes:
    """The day as a calendar file; `url` is the page of the plan."""
    return exporting.calendar_file(plan.edition, plan.code, proposal_of(plan), plan.changed_at, url)


def gpx(plan: Plan) -> str:
    """The day as GPX."""
    return exporting.gpx(str(plan.edition.name), proposal_of(plan), plan.changed_at)
