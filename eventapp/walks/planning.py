"""The festival's planner: an edition and a visitor's wishes go in, checked proposals come out.

    quick(edition, request, folder)     three proposals in a quarter of a second
    better(edition, request, folder)    the same in a second
    one(edition, request, folder)       a single one, also when planning again around what is booked

Every plan passes the independent checker before anyone sees it; one that does not is an error of ours and is not shown.
"""

import logging
import time as timing
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from eventapp.festivals.models import Edition
from eventapp.walks import extracts
from eventapp.walks.asking import Pace, PlanRequest
from eventapp.walks.checker import check
from eventapp.walks.earth import Point
from eventapp.walks.ground import Ground, read_ground
from eventapp.walks.options import NOTHING_HELD, Hold
from eventapp.walks.problem import DayImpossible, Plan
from eventapp.walks.proposal import Kind, Proposal
from eventapp.walks.questions import PlanningError, check_request, too_short
from eventapp.walks.setting import LITTLE, Base, Setting, ends_of, read_base, set_up
from eventapp.walks.shaping import draw_legs, shape
from eventapp.walks.solver import solve

log = logging.getLogger("kouba.walks")
QUICK, BETTER = 0.25, 1.0  # seconds for all three
SHORTEST = 0.02
SHARES = {Kind.MOST: 0.5, Kind.EASY: 0.25, Kind.LITTLE: 0.25}
EXPLAINED = 8


def quick(
    edition: Edition, request: PlanRequest, folder: Path, ground: Ground | None = None
) -> list[Proposal]:
    """Three proposals in a quarter of a second: see most, take it easy, walk little. Equal ones are left out."""
    return propose(edition, request, folder, QUICK, ground=ground)


def better(
    edition: Edition, request: PlanRequest, folder: Path, ground: Ground | None = None
) -> list[Proposal]:
    """The same with a second's thought."""
    return propose(edition, request, folder, BETTER, ground=ground)


def propose(
    edition: Edition,
    request: PlanRequest,
    folder: Path,
    seconds: float,
    *,
    rounds: int | None = None,
    ground: Ground | None = None,
) -> list[Proposal]:
    """The three proposals, each with its share of the time; `rounds` instead of seconds is the same everywhere.

    What the calm days found is a hint for the full one, so that it is never the poorer. Raises PlanningError.
    """
    check_request(edition, request)
    base = read_base(edition, ground)
    full, calm = set_up(edition, request, folder, base=base), calm_setting(edition, request, folder, base)
    plans: dict[Kind, tuple[Setting, Plan]] = {}
    if calm and (plan := calm_plan(calm, seconds * SHARES[Kind.EASY], rounds)):
        plans[Kind.EASY] = calm, plan
    easy = [plan for _setting, plan in plans.values()]
    short = full.with_weights(LITTLE)
    plans[Kind.LITTLE] = short, short_walk(short, easy, seconds * SHARES[Kind.LITTLE], rounds)
    hints = [plan for _setting, plan in plans.values()]
    plans[Kind.MOST] = full, solve_checked(full, seconds * SHARES[Kind.MOST], rounds, hints)
    explained = explained_in(seconds)
    return different([shape(*plans[kind], kind, explained) for kind in SHARES if kind in plans])


def calm_setting(edition: Edition, request: PlanRequest, folder: Path, base: "Base") -> Setting | None:
    """What the easy day is made in; it may be impossible where the full one is not, and the full one says why."""
    try:
        return set_up(edition, variant(request, Kind.EASY), folder, Kind.EASY, base=base)
    except PlanningError:
        return None


def calm_plan(setting: Setting, seconds: float, rounds: int | None) -> Plan | None:
    """The easy day, unless it is too short for slow walkers."""
    try:
        return solve_checked(setting, seconds, rounds)
    except PlanningError:
        return None


def short_walk(setting: Setting, others: Sequence[Plan], seconds: float, rounds: int | None) -> Plan:
    """The day with little walking: no more of it than in the others, else walking is made dearer."""
    least = min((other.walking for other in others), default=None)
    for dearer in (1, 3):
        weights = replace(LITTLE, walk=dearer * LITTLE.walk)
        plan = solve_checked(setting.with_weights(weights), seconds / dearer, rounds, others)
        if least is None or plan.walking <= least:
            break
    return plan


def explained_in(seconds: float) -> int:
    """For how many wishes reasons are worked out in this time."""
    return EXPLAINED if seconds > QUICK else EXPLAINED // 2


def different(found: Sequence[Proposal]) -> list[Proposal]:
    """The proposals without those that are the same day again, or are not what they are called beside the others."""
    first, kept = found[0], [found[0]]
    for proposal in found[1:]:
        keys = {stop.key for stop in proposal.stops}
        is_same = any(keys == {stop.key for stop in other.stops} for other in kept)
        is_fuller = proposal.visits > first.visits
        is_longer = proposal.kind is Kind.LITTLE and (
            proposal.walking >= first.walking or any(proposal.walking > other.walking for other in kept)
        )
        if not (is_same or is_fuller or is_longer):
            kept.append(proposal)
    return kept


def one(
    edition: Edition,
    request: PlanRequest,
    folder: Path,
    *,
    kind: Kind = Kind.MOST,
    seconds: float = QUICK,
    rounds: int | None = None,
    hold: Hold = NOTHING_HELD,
) -> Proposal:
    """A single proposal; `hold` says what has to stay. Raises PlanningError."""
    check_request(edition, request)
    setting = set_up(edition, variant(request, kind), folder, kind, hold=hold)
    return answer(setting, kind, seconds, rounds)


def variant(request: PlanRequest, kind: Kind) -> PlanRequest:
    """The request as this kind of proposal reads it."""
    if kind is not Kind.EASY:
        return request
    profile = "relaxed" if request.profile == "normal" else request.profile
    return request.but(pace=Pace.EASY, profile=profile)


def answer(setting: Setting, kind: Kind, seconds: float, rounds: int | None) -> Proposal:
    """Solve, check, shape."""
    begun = timing.perf_counter()
    plan = solve_checked(setting, seconds, rounds)
    proposal = shape(setting, plan, kind, explained_in(seconds))
    log.debug("planned in %.3f s", timing.perf_counter() - begun)
    return proposal


def solve_checked(setting: Setting, seconds: float, rounds: int | None, hints: Sequence[Plan] = ()) -> Plan:
    """The solver's best, after the checker let it pass. Raises PlanningError where a day is too short for anything."""
    try:
        plan = solve(
            setting.problem,
            seconds=max(SHORTEST, seconds),
            rounds=rounds,
            seed=setting.request.seed,
            hints=hints,
        )
    except DayImpossible as error:
        raise too_short(setting.problem, error.day) from error
    if faults := check(setting.problem, plan):
        log.error("the planner made a wrong plan: %s", "; ".join(faults))
        raise RuntimeError("a plan did not pass the checker")
    return plan


def with_lines(edition: Edition, request: PlanRequest, proposal: Proposal, folder: Path) -> Proposal:
    """The proposal with its legs' lines on the streets, instructions, and how much of them nothing is known of.

    Done for the one that is shown or kept: each leg is a walk of its own through the streets.
    """
    ground = read_ground(edition)
    router = extracts.router_for(extracts.streets_of(edition.id), proposal.profile, folder, ground.sites())
    here, start, end = ends_of(request, ground)
    days = []
    for number, day in enumerate(proposal.days):
        inner = [
            Point(stop.lat, stop.lon) if stop.lat is not None and stop.lon is not None else None
            for stop in day.stops
        ]
        days.append(draw_legs(day, [start if number else here, *inner, end], router))
    metres = round(sum(leg.metres for day in days for leg in day.legs if leg))
    return replace(proposal, days=tuple(days), metres=metres)
