"""One visit that could be made, the times of the chosen days in the planner's units, and what is held when planning again."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from eventapp import clock
from eventapp.i18n import Translated
from eventapp.tours.models import EntryMode
from eventapp.walks.asking import PlanRequest
from eventapp.walks.earth import Point
from eventapp.walks.ground import Ground, Host, Offering, Start
from eventapp.walks.problem import Visit
from eventapp.walks.proposal import StopKind

MINUTE = 10  # the planner counts tenths of a minute
DAY = 24 * 60 * MINUTE


class Calendar:
    """Local times of the chosen days as tenths of a minute after the first day's midnight, and back."""

    def __init__(self, request: PlanRequest, zone: ZoneInfo) -> None:
        self.zone, self.first = zone, min(day.date for day in request.days)
        self.dates = {day.date for day in request.days}

    def units(self, day: date, wall: time) -> int:
        """A wall time of a day."""
        return (day - self.first).days * DAY + (wall.hour * 60 + wall.minute) * MINUTE

    def units_of(self, moment: datetime) -> int:
        """A moment, rounded up."""
        local = clock.local(moment, self.zone)
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        return (local.date() - self.first).days * DAY - int(-seconds // 6)

    def moment(self, units: int) -> datetime:
        """Back to a moment, to the minute below."""
        days, rest = divmod(units, DAY)
        day = date.fromordinal(self.first.toordinal() + days)
        hours, minutes = divmod(rest // MINUTE, 60)
        return clock.at(day, time(hours, minutes), self.zone)


@dataclass(frozen=True, slots=True)
class Hold:
    """What must stay when planning again: stops to keep, those booked (seats are held already), groups that are done.

    `kept` are the keys of the visitor's present plan: changing less is better. `done` are wish keys already visited.
    """

    keep: tuple[str, ...] = ()
    booked: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


NOTHING_HELD = Hold()


@dataclass(frozen=True, slots=True)
class Option:
    """One visit that could be made, with what its stop will say."""

    key: str
    kind: StopKind
    wish: str
    group: str
    name: Translated
    title: Translated
    point: Point | None
    minutes: int
    windows: tuple[tuple[int, int], ...]
    score: int
    must: bool = False
    host: Host | None = None
    offering: Offering | None = None
    start: Start | None = None
    approximate: bool = False
    early: int = 0  # how long before the beginning one has to be there

    def visit(self, place: int | None) -> Visit:
        """For the solver: a tour at t is a visit that begins early enough and lasts so much longer."""
        windows = tuple((opens - self.early, closes - self.early) for opens, closes in self.windows)
        return Visit(
            self.key, place, self.minutes * MINUTE + self.early, windows, self.score, self.group, self.must
        )


def fulfils(option: Option, wish: str, ground: Ground) -> bool:
    """Whether making this visit grants the wish: any visit of a factory does, and an open programme while it is open."""
    if wish in (option.wish, option.key):
        return True
    kind, _, code = wish.partition(":")
    if kind == "factory":
        return option.host is not None and option.host.code == code
    offering = ground.offerings.get(code) if kind == "programme" else None
    if offering is None:
        return False
    if option.offering is not None:
        return option.offering.code == code
    return offering.mode is EntryMode.OPEN and option.host is not None and offering.host == option.host.code
