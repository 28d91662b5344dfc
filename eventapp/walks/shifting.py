"""Moving a whole edition's walks in time, as the demo does when it goes from stage to stage: what was planned stays planned."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from sqlalchemy import select

from eventapp.db import db
from eventapp.festivals.models import Edition
from eventapp.walks.asking import DayWish, PlanRequest, request_from_json, show_time
from eventapp.walks.models import Course, Plan, Timetable
from eventapp.walks.proposal import DayPlan, Leg, Proposal, Ride, Stop, StopKind, proposal_from_json


@dataclass(frozen=True, slots=True)
class Shift:
    """By whole days and, within each day, by hours that do not cross midnight."""

    days: int
    hours: int

    @property
    def delta(self) -> timedelta:
        """For moments."""
        return timedelta(days=self.days, hours=self.hours)

    def later(self, wall: time) -> time:
        """A time of day moved."""
        return wall.replace(hour=(wall.hour + self.hours) % 24)


def move(edition: Edition, shift: Shift) -> None:
    """Move the edition's courses, plans and typed timetables, together with its slots and hours, inside the caller's transaction."""
    rows: list[Course | Plan] = [
        *db.session.scalars(select(Course).where(Course.edition_id == edition.id)),
        *db.session.scalars(select(Plan).where(Plan.edition_id == edition.id)),
    ]
    for line in db.session.scalars(select(Timetable).where(Timetable.edition_id == edition.id)):
        line.trips = [[moved_word(word, shift) for word in trip] for trip in line.trips]
        line.dates = [moved_date(day, shift) for day in line.dates]
        line.version += 1
    for row in rows:
        row.request = moved_request(request_from_json(row.request), shift).as_json()
        row.result = moved_proposal(proposal_from_json(row.result), shift).as_json()
        row.version += 1
        if isinstance(row, Plan):
            row.locked, row.visited, row.booked = (
                [moved_key(key, shift) for key in keys] for keys in (row.locked, row.visited, row.booked)
            )


def moved_word(word: str, shift: Shift) -> str:
    """A time of a timetable, empty where the bus does not stop."""
    return show_time(shift.later(time.fromisoformat(word))) if word else ""


def moved_date(day: str, shift: Shift) -> str:
    """An ISO date."""
    return (date.fromisoformat(day) + timedelta(days=shift.days)).isoformat()


def moved_request(request: PlanRequest, shift: Shift) -> PlanRequest:
    """The same wishes for the days moved."""
    return request.but(
        days=tuple(
            DayWish(day.date + timedelta(days=shift.days), shift.later(day.start), shift.later(day.end))
            for day in request.days
        ),
        lunch_from=shift.later(request.lunch_from),
        lunch_to=shift.later(request.lunch_to),
    )


def moved_proposal(proposal: Proposal, shift: Shift) -> Proposal:
    """The same plan at other times."""
    return replace(proposal, days=tuple(moved_day(day, shift) for day in proposal.days))


def moved_day(day: DayPlan, shift: Shift) -> DayPlan:
    """One day of it."""
    return replace(
        day,
        date=day.date + timedelta(days=shift.days),
        begins=day.begins + shift.delta,
        ends=day.ends + shift.delta,
        stops=tuple(moved_stop(stop, shift) for stop in day.stops),
        legs=tuple(moved_legs(day.legs, shift)),
    )


def moved_stop(stop: Stop, shift: Shift) -> Stop:
    """One stop; a lunch is named for its day."""
    return replace(
        stop,
        key=moved_key(stop.key, shift),
        wish=moved_key(stop.wish, shift) if stop.kind is StopKind.LUNCH else stop.wish,
        **{name: getattr(stop, name) + shift.delta for name in ("arrive", "start", "leave")},
    )


def moved_key(key: str, shift: Shift) -> str:
    """Only a lunch's key holds its day."""
    kind, _colon, day = key.partition(":")
    if kind != "lunch":
        return key
    return f"lunch:{moved_date(day, shift)}"


def moved_legs(legs: Iterable[Leg | None], shift: Shift) -> Iterable[Leg | None]:
    """The ways between; their streets stay."""
    for leg in legs:
        yield leg and replace(
            leg,
            leaves=leg.leaves + shift.delta,
            arrives=leg.arrives + shift.delta,
            rides=tuple(moved_ride(ride, shift) for ride in leg.rides),
        )


def moved_ride(ride: Ride, shift: Shift) -> Ride:
    """A bus then."""
    return replace(ride, departs=ride.departs + shift.delta, arrives=ride.arrives + shift.delta)
