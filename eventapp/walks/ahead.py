"""A day under way: what is behind stays as it was, and only what lies ahead is planned again, from where one is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from eventapp import clock
from eventapp.i18n import lazy
from eventapp.walks.asking import PlanRequest, Spot
from eventapp.walks.models import Plan
from eventapp.walks.proposal import DayPlan, Leg, Proposal, Stop, StopKind
from eventapp.walks.questions import PlanningError
from eventapp.walks.shaping import waited


@dataclass(frozen=True, slots=True)
class Ahead:
    """The days gone by with today's stops that are behind (`past`), and the request for the rest.

    `behind` are the keys of those stops, `done` the wishes that they fulfilled: nobody is sent to a factory, or to lunch,
    twice.
    """

    past: tuple[DayPlan, ...]
    request: PlanRequest
    behind: frozenset[str]
    done: tuple[str, ...]


def begun(plan: Plan, old: Proposal, *, but: str = "") -> frozenset[str]:
    """What is behind for whoever changes a single stop (`but`): all that was visited or has begun by now."""
    now = clock.now()
    return frozenset(
        stop.key for stop in old.stops if stop.key in plan.visited or (stop.start <= now and stop.key != but)
    )


def seen(plan: Plan, old: Proposal) -> frozenset[str]:
    """What is behind for whoever is late: what was visited, and booked tours that are over. The rest may still be had."""
    now = clock.now()
    return frozenset(
        stop.key
        for stop in old.stops
        if stop.key in plan.visited or (stop.key in plan.booked and stop.leave <= now)
    )


def look_ahead(
    plan: Plan,
    old: Proposal,
    request: PlanRequest,
    behind: frozenset[str],
    *,
    moment: datetime,
    at: Spot | None = None,
) -> Ahead:
    """What is left at `moment`, for somebody who is at `at`, else where the last stop behind was.

    Raises PlanningError when no day is left.
    """
    local = clock.local(moment, plan.edition.zone)
    today = local.date()
    past = [day for day in old.days if day.date < today]
    days = [day for day in request.days if day.date >= today]
    if not days:
        raise PlanningError(lazy("This day is over already. Choose another day."), "days")
    current = next((day for day in old.days if day.date == today), None)
    stops = [not_later(stop, moment) for stop in current.stops if stop.key in behind] if current else []
    stops.sort(key=lambda stop: stop.leave)
    if current and stops:
        legs = tuple(way_to(current, stop, behind) for stop in stops)
        past.append(replace(current, stops=tuple(stops), legs=legs))
    if current:
        free = max([local, *(clock.local(stop.leave, plan.edition.zone) for stop in stops)])
        days[0] = replace(days[0], start=max(days[0].start, free.time().replace(second=0, microsecond=0)))
    rest = request.but(days=tuple(days), here=at or spot_of(stops))
    return Ahead(tuple(past), rest, behind, wishes_of(stop for stop in old.stops if stop.key in behind))


def not_later(stop: Stop, moment: datetime) -> Stop:
    """Who was somewhere earlier than planned has been there by now."""
    if stop.start <= moment or stop.kind is StopKind.SLOT:
        return stop
    span = stop.leave - stop.start
    return replace(stop, arrive=moment - span, start=moment - span, leave=moment)


def way_to(day: DayPlan, stop: Stop, behind: Collection[str]) -> Leg | None:
    """The way to a stop behind, if one came the way that was planned."""
    at = next(number for number, one in enumerate(day.stops) if one.key == stop.key)
    before = next((one for one in reversed(day.stops[:at]) if one.lat is not None), None)
    return day.legs[at] if before is None or before.key in behind else None


def wishes_of(stops: Iterable[Stop]) -> tuple[str, ...]:
    """What these stops fulfilled: their own wish, and their factory's."""
    names = [
        wish for stop in stops for wish in (stop.wish, f"factory:{stop.entry}" if stop.entry else stop.wish)
    ]
    return tuple(dict.fromkeys(names))


def spot_of(stops: Sequence[Stop]) -> Spot | None:
    """Where one was last."""
    for stop in reversed(stops):
        if stop.lat is not None and stop.lon is not None:
            return Spot(stop.lat, stop.lon, dict(stop.name))
    return None


def joined(ahead: Ahead, fresh: Proposal | None, old: Proposal) -> Proposal:
    """The day begun and its rest as one; days before in front. Without a rest (`fresh` is None) the day ends where one is."""
    if fresh is None:
        last = ahead.past[-1]
        ended = replace(last, ends=last.stops[-1].leave, legs=(*last.legs, None))
        return added_up(replace(old, unmet=()), (*ahead.past[:-1], ended))
    first, past = fresh.days[0], list(ahead.past)
    if past and past[-1].date == first.date:
        begun_day = past.pop()
        first = replace(
            first,
            begins=begun_day.begins,
            stops=begun_day.stops + first.stops,
            legs=begun_day.legs + first.legs,
        )
    return added_up(fresh, (*past, first, *fresh.days[1:]))


def added_up(proposal: Proposal, days: tuple[DayPlan, ...]) -> Proposal:
    """The proposal with these days, and what they add up to."""
    legs = [leg for day in days for leg in day.legs if leg]
    return replace(
        proposal,
        days=days,
        walking=sum(leg.minutes for leg in legs),
        waiting=sum(waited(stop) for day in days for stop in day.stops),
        metres=round(sum(leg.metres for leg in legs)),
    )
