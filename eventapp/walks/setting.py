"""From an edition and a request to the solver's problem: what may be visited, the ways and buses between, the days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from eventapp import clock
from eventapp.festivals.models import Edition
from eventapp.i18n import lazy
from eventapp.walks import extracts, matrices, riding
from eventapp.walks.asking import PlanRequest
from eventapp.walks.candidates import Choice, choose, lunches
from eventapp.walks.earth import Point, checked_point
from eventapp.walks.extracts import Streets
from eventapp.walks.ground import Ground, is_near, read_ground
from eventapp.walks.matrices import Ways
from eventapp.walks.options import DAY, NOTHING_HELD, Calendar, Hold, Option
from eventapp.walks.problem import UNREACHABLE, Day, Problem, Rides, Weights
from eventapp.walks.profiles import PROFILES
from eventapp.walks.proposal import Kind
from eventapp.walks.questions import PlanningError, nothing_left
from eventapp.walks.riding import Running
from eventapp.walks.transit import rides_from, rides_to

SAFETY, SAFETY_UNITS = 11, 10  # a tenth more and a minute on the way to a tour that does not wait
LITTLE = Weights(score=24, walk=3, wait=1, change=10)
"""Walking little: a further factory is worth some eight minutes on foot, one with a heart three times as much."""


Ends = tuple[Point | None, Point | None, Point | None]
"""Where the first day begins, where the others begin, where all end; None is anywhere."""


@dataclass(slots=True)
class Setting:
    """All that a plan is made in: the edition's ground, the ways, what may be visited, and the solver's problem."""

    edition: Edition
    request: PlanRequest
    ground: Ground
    calendar: Calendar
    streets: Streets
    runs: Running
    ways: Ways
    choice: Choice
    problem: Problem
    points: list[Point | None]
    options: dict[str, Option]
    folder: Path
    profile: str
    rides: Mapping[tuple[int, int], Rides] = field(default_factory=dict)

    def with_weights(self, weights: Weights) -> "Setting":
        """The same, with other things mattering."""
        return replace(self, problem=replace(self.problem, weights=weights))


@dataclass(frozen=True, slots=True)
class Base:
    """What all proposals of a request stand on, read once."""

    ground: Ground
    streets: Streets
    runs: Running


def read_base(edition: Edition, ground: Ground | None = None) -> Base:
    """Hours, slots and places (if not read already), streets, buses."""
    return Base(ground or read_ground(edition), extracts.streets_of(edition.id), riding.running(edition))


def set_up(
    edition: Edition,
    request: PlanRequest,
    folder: Path,
    kind: Kind = Kind.MOST,
    *,
    hold: Hold = NOTHING_HELD,
    base: Base | None = None,
) -> Setting:
    """Everything for one run of the solver. Raises PlanningError where there is nothing to choose from."""
    base = base or read_base(edition)
    ground, streets, runs = base.ground, base.streets, base.runs
    calendar = Calendar(request, edition.zone)
    choice = choose(ground, request, calendar, edition.max_party_size, hold)
    if not choice.options:
        raise nothing_left(ground, request, choice)
    ends = ends_of(request, ground)
    ways = matrices.among(streets, request.profile, ground.sites(), folder)
    ways = matrices.with_points(ways, [end for end in ends if end], streets, request.profile, folder)
    starts = {day.date: begin_of(day.date, calendar, request) for day in request.days}
    meals = (option for option in lunches(request, calendar, starts) if option.key not in hold.done)
    options = [*choice.options, *meals]
    places = Places(ways, options, ends)
    days = [
        Day(
            starts[day.date],
            max(starts[day.date], calendar.units(day.date, day.end)),
            places.start if number else places.here,
            places.end,
        )
        for number, day in enumerate(request.days)
    ]
    rides = {} if runs.is_nothing else rides_for(edition, runs, places, ways, request, folder)
    problem = Problem(
        travel=places.travel,
        visits=tuple(option.visit(places.of(option)) for option in options),
        days=tuple(days),
        rides=rides,
        weights=LITTLE if kind is Kind.LITTLE else Weights(),
        kept=tuple(key for key in hold.kept if any(option.key == key for option in options)),
    )
    known = {option.key: option for option in options}
    return Setting(edition, request, ground, calendar, streets, runs, ways, choice, problem, places.points, known, folder,
                   request.profile, rides)  # fmt: skip


def begin_of(day: date, calendar: Calendar, request: PlanRequest) -> int:
    """When the day begins: as wished, but not in the past."""
    wish = next(one for one in request.days if one.date == day)
    begin = calendar.units(day, wish.start)
    now = calendar.units_of(clock.now())
    return min(max(begin, now), calendar.units(day, wish.end))


def ends_of(request: PlanRequest, ground: Ground) -> Ends:
    """Where the first day begins, the others begin, and all end; what lies in another part of the country is refused."""
    found = []
    for spot, name in (
        (request.here or request.start, "start"),
        (request.start, "start"),
        (request.end, "end"),
    ):
        point = checked_point(spot.lat, spot.lon) if spot else None
        if point and not is_near(point, ground.middle):
            raise PlanningError(
                lazy("This point is too far from the festival. Choose a start and an end in its town."), name
            )
        found.append(point)
    return found[0], found[1], found[2]


class Places:
    """The places of a problem: one per point, one more per point where tours begin, start and end, and nowhere.

    On the way to a tour a tenth more and a minute are kept in hand: it leaves without you. Nowhere is where a day begins
    that has no start: all ways to and from it take no time.
    """

    def __init__(self, ways: Ways, options: Sequence[Option], ends: Ends) -> None:
        number = {site: at for at, site in enumerate(ways.sites)}
        points = list(dict.fromkeys(option.point for option in options if option.point and not option.start))
        gates = list(dict.fromkeys(option.point for option in options if option.point and option.start))
        outer = [point for point in dict.fromkeys(ends) if point]
        self.points: list[Point | None] = [*points, *gates, *outer, None]
        self.sites = [-1 if point is None else number[point] for point in self.points]
        self.is_gate = [len(points) <= at < len(points) + len(gates) for at in range(len(self.points))]
        self._plain = {point: at for at, point in enumerate(points)}
        self._gates = {point: at + len(points) for at, point in enumerate(gates)}
        first = len(points) + len(gates)
        self._outer = {point: at + first for at, point in enumerate(outer)}
        nowhere = len(self.points) - 1
        self.here, self.start, self.end = (self._outer[end] if end else nowhere for end in ends)
        rows = {site: self._row(ways, site) for site in set(self.sites)}
        self.travel = [rows[site] for site in self.sites]

    def of(self, option: Option) -> int | None:
        """The place of an option; lunch has none."""
        if option.point is None:
            return None
        return (self._gates if option.start else self._plain)[option.point]

    def _row(self, ways: Ways, site: int) -> list[int]:
        if site < 0:
            return [0] * len(self.sites)
        row = ways.units[site]
        return [
            0 if other < 0 else with_safety(row[other]) if gate else row[other]
            for other, gate in zip(self.sites, self.is_gate, strict=True)
        ]


def with_safety(units: int) -> int:
    """A tenth and a minute more; being there already stays being there."""
    return units if units >= UNREACHABLE or units == 0 else -(-units * SAFETY // 10) + SAFETY_UNITS


def rides_for(
    edition: Edition, runs: Running, places: Places, ways: Ways, request: PlanRequest, folder: Path
) -> dict[tuple[int, int], Rides]:
    """The buses between the problem's places on its days, one after the other."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for day in request.days:
        shift = (day.date - request.days[0].date).days * DAY
        known = day_rides(edition, runs, places, ways, request, day.date, folder)
        for a, origin in enumerate(places.sites):
            for b, target in enumerate(places.sites):
                ride = known.get((origin, target))
                if ride and origin >= 0 and target >= 0:
                    more = shift + (SAFETY_UNITS if places.is_gate[b] else 0)
                    pairs = zip(ride.departures, ride.arrivals, strict=True)
                    found.setdefault((a, b), []).extend((away + shift, there + more) for away, there in pairs)
    return {pair: Rides(tuple(a for a, _ in each), tuple(b for _, b in each)) for pair, each in found.items()}


def day_rides(
    edition: Edition, runs: Running, places: Places, ways: Ways, request: PlanRequest, day: date, folder: Path
) -> dict[tuple[int, int], Rides]:
    """By numbers of sites: those among the edition's sites are kept, the visitor's own points are worked out now."""
    count = len(ways.sites) - ways.added
    own = [site for site in places.sites if site >= count]
    among = replace(ways, sites=ways.sites[:count], units=[row[:count] for row in ways.units[:count]])
    known = dict(riding.rides_on(edition, runs, day, among, request.profile, folder))
    service, profile = riding.service_on(edition, runs, day), PROFILES[request.profile]
    for site in dict.fromkeys(own):
        point = ways.sites[site]
        since = min(
            (wish.start.hour * 600 + wish.start.minute * 10 for wish in request.days if wish.date == day),
            default=0,
        )
        onward = rides_from(service, point, ways.sites, ways.units[site], profile, since)
        near = [service.near(each, profile) for each in ways.sites]
        back = rides_to(service, near, service.near(point, profile), [row[site] for row in ways.units])
        known.update({(site, other): ride for other, ride in enumerate(onward) if ride and other != site})
        known.update({(other, site): ride for other, ride in enumerate(back) if ride and other != site})
    return known
