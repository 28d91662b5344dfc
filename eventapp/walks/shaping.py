"""From the solver's numbers to a day that people read: stops with moments, legs, reasons for what is missing."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from eventapp.i18n import Translated
from eventapp.walks import riding
from eventapp.walks.earth import Point
from eventapp.walks.explain import Reason, Why, explain
from eventapp.walks.extracts import router_for
from eventapp.walks.options import DAY, MINUTE, Option, fulfils
from eventapp.walks.problem import UNREACHABLE, Plan
from eventapp.walks.profiles import PROFILES
from eventapp.walks.proposal import DayPlan, Kind, Leg, Proposal, Ride, Stop, StopKind, Unmet, whole_minutes
from eventapp.walks.refusals import Refused
from eventapp.walks.streets import Leg as StreetLeg
from eventapp.walks.streets import Status, StreetRouter
from eventapp.walks.transit import find_journey

if TYPE_CHECKING:
    from eventapp.walks.setting import Setting

TRIED = 4  # visits of one wish for which a reason is looked for


def shape(setting: "Setting", plan: Plan, kind: Kind, explained: int) -> Proposal:
    """The proposal; reasons are worked out for at most `explained` wishes that do not fit, must-sees first."""
    days = tuple(shape_day(setting, plan, number) for number in range(len(plan.days)))
    legs = [leg for day in days for leg in day.legs if leg]
    stops = [stop for day in days for stop in day.stops]
    return Proposal(
        kind=kind,
        days=days,
        walking=sum(leg.minutes for leg in legs),
        waiting=sum(waited(stop) for stop in stops),
        metres=round(sum(leg.metres for leg in legs)),
        unmet=(*setting.choice.refused, *find_unmet(setting, plan, kind, explained)),
        content_version=setting.edition.content_version,
        profile=setting.profile,
        proven=plan.proven,
    )


def waited(stop: Stop) -> int:
    """Minutes between being there and the begin."""
    return max(0, whole_minutes(stop.start - stop.arrive))


def shape_day(setting: "Setting", plan: Plan, number: int) -> DayPlan:
    """One day's stops and the ways between them."""
    problem, moment = setting.problem, setting.calendar.moment
    day, place, leave = problem.days[number], problem.days[number].start_place, plan.begins[number]
    visits = {visit.key: visit for visit in problem.visits}
    stops: list[Stop] = []
    legs: list[Leg | None] = []
    for each in plan.days[number]:
        target = visits[each.key].place
        legs.append(None if target is None else make_leg(setting, place, target, leave, each.arrive))
        option = setting.options[each.key]
        stops.append(make_stop(setting, option, each.arrive, each.start + option.early, each.leave))
        place, leave = place if target is None else target, each.leave
    legs.append(make_leg(setting, place, day.end_place, leave, plan.ends[number]))
    date = setting.request.days[number].date
    return DayPlan(
        date,
        moment(plan.begins[number]),
        moment(-(-plan.ends[number] // MINUTE) * MINUTE),
        tuple(stops),
        tuple(legs),
    )


def make_stop(setting: "Setting", option: Option, arrive: int, start: int, leave: int) -> Stop:
    """A stop with its moments; arrivals are rounded up to the minute."""
    moment = setting.calendar.moment
    return Stop(
        key=option.key,
        kind=option.kind,
        wish=option.wish,
        name=option.name,
        title=option.title,
        arrive=moment(up(arrive)),
        start=moment(up(start)),
        leave=moment(up(leave)),
        lat=option.point.lat if option.point else None,
        lon=option.point.lon if option.point else None,
        entry=option.host.code if option.host else None,
        factory=option.host.slug if option.host else None,
        programme=option.offering.code if option.offering else None,
        slot=option.start.code if option.start else None,
        needs_booking=option.start is not None and option.start.left is not None,
        approximate=option.approximate,
    )


def up(units: int) -> int:
    """To the next whole minute."""
    return -(-units // MINUTE) * MINUTE


def make_leg(setting: "Setting", a: int, b: int, leave: int, arrive: int) -> Leg | None:
    """The way between two places of the problem; None where one of them is nowhere or both are the same."""
    origin, target = setting.points[a], setting.points[b]
    if origin is None or target is None or (origin == target and arrive == leave):
        return None
    moment = setting.calendar.moment
    numbers = {site: at for at, site in enumerate(setting.ways.sites)}
    row, column = numbers[origin], numbers[target]
    walk = setting.problem.travel[a][b]
    if arrive < leave + walk and (ridden := ride_leg(setting, origin, target, leave, arrive)):
        return ridden
    units = setting.ways.units[row][column]
    status = Status.ESTIMATED if setting.ways.estimated[row][column] else Status.STREET
    status = status if units < UNREACHABLE else Status.UNREACHABLE
    metres = max(0, setting.ways.metres[row][column])
    return Leg(moment(leave), moment(up(arrive)), metres, minutes_of(units), status.value)


def minutes_of(units: int) -> int:
    """Whole minutes, rounded up; 0 where there is no way."""
    return -(-units // MINUTE) if units < UNREACHABLE else 0


def ride_leg(setting: "Setting", origin: Point, target: Point, leave: int, arrive: int) -> Leg | None:
    """The way by bus, with what runs then."""
    number, within = divmod(leave, DAY)
    moment = setting.calendar.moment
    date = setting.calendar.first + timedelta(days=number)
    service = riding.service_on(setting.edition, setting.runs, date)
    journey = find_journey(service, origin, target, within, PROFILES[setting.profile])
    if journey is None or journey.arrives + number * DAY > arrive:
        return None
    rides = tuple(
        Ride(
            Translated(hop.line),
            Translated(hop.board.name),
            Translated(hop.alight.name),
            moment(hop.departs + number * DAY),
            moment(up(hop.arrives) + number * DAY),
        )
        for hop in journey.hops
    )
    line = (origin, *(point for hop in journey.hops for point in (hop.board.point, hop.alight.point)), target)
    minutes = minutes_of(arrive - leave)
    points = tuple((point.lat, point.lon) for point in line)
    return Leg(
        moment(leave),
        moment(up(arrive)),
        journey.metres,
        minutes,
        Status.ESTIMATED.value,
        points,
        rides=rides,
    )


# --- the ways as they are walked ------------------------------------------------------------------------------------


def draw_legs(day: DayPlan, points: list[Point | None], router: StreetRouter) -> DayPlan:
    """The day with every walked leg's line, instructions and gaps; `points` are start, stops and end (None: nowhere)."""
    return replace(day, legs=tuple(draw_leg(leg, points, at, router) for at, leg in enumerate(day.legs)))


def draw_leg(leg: Leg | None, points: list[Point | None], at: int, router: StreetRouter) -> Leg | None:
    """One leg; a lunch has no place, so one comes from wherever one was last."""
    target = points[at + 1]
    origin = next((point for point in reversed(points[: at + 1]) if point), None)
    if leg is None or leg.rides or origin is None or target is None:
        return leg
    found = router.leg(router.snap(*origin), router.snap(*target))
    return with_way(leg, found)


def with_way(leg: Leg, found: StreetLeg) -> Leg:
    """The leg with what the streets say."""
    if not math.isfinite(found.metres):
        return leg
    return replace(
        leg,
        metres=round(found.metres),
        minutes=max(1, -int(-found.seconds // 60)) if found.seconds > 0 else 0,
        status=found.status.value,
        line=tuple((round(point.lat, 6), round(point.lon, 6)) for point in found.line),
        flags=found.flags,
        unknown_share=round(found.unknown_share, 2),
        gaps=(round(found.gaps[0]), round(found.gaps[1])),
        steps=tuple(
            {**asdict(step), "point": [step.point.lat, step.point.lon], "metres": round(step.metres)}
            for step in found.steps
        ),
    )


def router_of(setting: "Setting") -> StreetRouter:
    """The router that the plan was made with."""
    return router_for(setting.streets, setting.profile, setting.folder, setting.ways.sites)


# --- what is missing, and why ---------------------------------------------------------------------------------------


def find_unmet(setting: "Setting", plan: Plan, kind: Kind, explained: int) -> Iterator[Unmet]:
    """The wishes that could be had and are not in the plan."""
    made = [setting.options[key] for key in plan.keys]
    wishes = dict.fromkeys([*setting.request.must, *setting.request.want])
    refused = {one.wish for one in setting.choice.refused}
    open_ones = [
        wish
        for wish in wishes
        if wish not in refused and not any(fulfils(option, wish, setting.ground) for option in made)
    ]
    open_ones += [key.removeprefix("held:") for key in plan.missing if key.startswith(("lunch:", "held:"))]
    for number, wish in enumerate(open_ones):
        options = [option for option in setting.options.values() if fulfils(option, wish, setting.ground)]
        if options:
            yield unmet(setting, plan, wish, options, is_explained=number < explained)


def unmet(setting: "Setting", plan: Plan, wish: str, options: list[Option], *, is_explained: bool) -> Unmet:
    """The reason that comes nearest to fitting, of a few of the wish's visits."""
    must, name = wish in setting.request.must or options[0].must, options[0].title or options[0].name
    if wish.startswith("factory:"):
        name = options[0].name
    if not is_explained:
        return Unmet(wish, name, Refused.NO_ROOM.value, must)
    step = max(1, len(options) // TRIED)
    reasons = [explain(setting.problem, plan, option.key) for option in options[::step][:TRIED]]
    best = min(reasons, key=rank)
    instead = tuple(names_of(setting, best.instead_of))
    return Unmet(wish, name, best.why.value, must, minutes_of(max(0, best.short)), instead)


def rank(reason: Reason) -> tuple[int, int]:
    """The most helpful reason first: what would fit, then by how little it fails."""
    order = [
        Why.FITS,
        Why.NEEDS_TIME,
        Why.CLOSED_BEFORE_ARRIVAL,
        Why.SAME_GROUP,
        Why.DAY_TOO_SHORT,
        Why.NEVER_OPEN,
    ]
    return order.index(reason.why) if reason.why in order else len(order), reason.short


def names_of(setting: "Setting", keys: Iterable[str]) -> Iterator[Translated]:
    """What the stops to leave out are called."""
    return (setting.options[key].name for key in keys if setting.options[key].kind is not StopKind.LUNCH)
