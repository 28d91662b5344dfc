"""The festival's planner: an edition and a visitor's wishes go in, checked proposals come out.

    quick(edition, request, folder)     three proposals in a quarter of a second
    better(edition, request, folder)    the same in a second
    one(edition, request, folder)       a single one, also when planning again around what is booked

Every plan passes the independent checker before anyone sees it; one that does not is an error of ours and is not shown.
"""

import logging
import time as timing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from eventapp import clock
from eventapp.festivals.models import PUBLIC, Edition, EditionState
from eventapp.i18n import RuleError, lazy
from eventapp.walks import extracts, lines, matrices
from eventapp.walks.asking import MOST_PARTY, MOST_WISHES, Pace, PlanRequest, Spot
from eventapp.walks.candidates import DAY, NOTHING_HELD, Calendar, Choice, Hold, Option, choose, lunches
from eventapp.walks.checker import check
from eventapp.walks.earth import CoordinateError, Point, checked_point
from eventapp.walks.extracts import Streets
from eventapp.walks.ground import Ground, is_near, read_ground
from eventapp.walks.lines import Running
from eventapp.walks.matrices import Ways
from eventapp.walks.problem import UNREACHABLE, Day, DayImpossible, Plan, Problem, Rides, Weights
from eventapp.walks.profiles import PROFILES
from eventapp.walks.proposal import Kind, Proposal
from eventapp.walks.shaping import draw_legs, shape
from eventapp.walks.solver import solve
from eventapp.walks.transit import rides_from, rides_to

log = logging.getLogger("kouba.walks")
QUICK, BETTER = 0.25, 1.0  # seconds for all three
SHORTEST = 0.02
SHARES = {Kind.MOST: 0.5, Kind.EASY: 0.25, Kind.LITTLE: 0.25}
MOST_DAYS = 4
SAFETY, SAFETY_UNITS = 11, 10  # a tenth more and a minute on the way to a tour that does not wait
LITTLE = Weights(score=24, walk=3, wait=1, change=10)
"""Walking little: a further factory is worth some eight minutes on foot, one with a heart three times as much."""
EXPLAINED = 8


class PlanningError(RuleError):
    """No plan can be made of this; `field` names what of the request is at fault, if anything is."""

    def __init__(self, message: object, field: str = "") -> None:
        super().__init__(message)
        self.field = field


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
    return Base(ground or read_ground(edition), extracts.streets_of(edition.id), lines.running(edition))


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
        raise too_short(setting, error.day) from error
    if faults := check(setting.problem, plan):
        log.error("the planner made a wrong plan: %s", "; ".join(faults))
        raise RuntimeError("a plan did not pass the checker")
    return plan


def too_short(setting: Setting, number: int) -> PlanningError:
    """A day in which not even the way from start to end fits."""
    day = setting.problem.days[number]
    needed = setting.problem.travel[day.start_place][day.end_place]
    if needed >= UNREACHABLE:
        return PlanningError(
            lazy(
                "There is no way from your start to your end for this way of getting about. Choose another point or another way."
            ),
            "start",
        )
    return PlanningError(
        lazy(
            "Getting from your start to your end alone takes %(minutes)s minutes. Give yourself more time.",
            minutes=-(-needed // 10),
        ),
        "days",
    )


# --- is it a question at all? ---------------------------------------------------------------------------------------


def check_request(edition: Edition, request: PlanRequest) -> None:
    """Raises PlanningError for what no plan can be made of."""
    if edition.state is EditionState.CLOSED:
        raise PlanningError(
            lazy("This festival is over. Its pages can still be read, but no day can be planned.")
        )
    if (
        edition.state not in PUBLIC
        and edition.state is not EditionState.RECRUITING
        and edition.state is not EditionState.DRAFT
    ):
        raise PlanningError(lazy("This festival is not public yet."))
    check_days(edition, request)
    if not 1 <= request.party <= MOST_PARTY:
        raise PlanningError(lazy("Say how many people you are: 1 to %(most)s.", most=MOST_PARTY), "party")
    if request.profile not in PROFILES:
        raise PlanningError(lazy("Choose how you get about."), "profile")
    if len(request.must) + len(request.want) + len(request.avoid) > MOST_WISHES:
        raise PlanningError(
            lazy("These are more than %(most)s wishes. Please choose fewer.", most=MOST_WISHES), "must"
        )
    if request.lunch and not 5 <= request.lunch_minutes <= 180:
        raise PlanningError(lazy("A lunch break lasts 5 to 180 minutes."), "lunch_minutes")
    for spot, name in ((request.start, "start"), (request.end, "end")):
        if spot is not None:
            check_spot(spot, name)


def check_days(edition: Edition, request: PlanRequest) -> None:
    """Days of the edition, each with some time in it."""
    if not edition.dates:
        raise PlanningError(lazy("The days of this festival are not known yet."), "days")
    if not request.days:
        raise PlanningError(lazy("Choose a day."), "days")
    dates = [day.date for day in request.days]
    if set(dates) - set(edition.dates) or len(set(dates)) < len(dates) or len(dates) > MOST_DAYS:
        raise PlanningError(
            lazy("Choose days of the festival, each once, at most %(most)s.", most=MOST_DAYS), "days"
        )
    if dates != sorted(dates):
        raise PlanningError(
            lazy("Choose days of the festival, each once, at most %(most)s.", most=MOST_DAYS), "days"
        )
    for day in request.days:
        if day.start >= day.end:
            raise PlanningError(
                lazy("This leaves no time at all. The end of the day must come after its start."), "days"
            )
    last = request.days[-1]
    if clock.at(last.date, last.end, edition.zone) <= clock.now():
        raise PlanningError(lazy("This day is over already. Choose another day."), "days")


def check_spot(spot: Spot, name: str) -> None:
    """A place on earth."""
    try:
        checked_point(spot.lat, spot.lon)
    except CoordinateError as error:
        raise PlanningError(
            lazy("This is no place on the map. Choose your start and end again."), name
        ) from error


# --- from the edition to the problem --------------------------------------------------------------------------------


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
    options = [*choice.options, *lunches(request, calendar, starts)]
    places = Places(ways, options, ends)
    days = [
        Day(
            starts[day.date],
            max(starts[day.date], calendar.units(day.date, day.end)),
            places.start,
            places.end,
        )
        for day in request.days
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


def ends_of(request: PlanRequest, ground: Ground) -> tuple[Point | None, Point | None]:
    """Start and end as points; what lies in another part of the country is refused."""
    found = []
    for spot, name in ((request.start, "start"), (request.end, "end")):
        point = checked_point(spot.lat, spot.lon) if spot else None
        if point and not is_near(point, ground.middle):
            raise PlanningError(
                lazy("This point is too far from the festival. Choose a start and an end in its town."), name
            )
        found.append(point)
    return found[0], found[1]


def nothing_left(ground: Ground, request: PlanRequest, choice: Choice) -> PlanningError:
    """Why there is nothing to choose from."""
    if not ground.hosts and not ground.offerings:
        return PlanningError(lazy("Nobody takes part yet. Please come back later."))
    if request.only_wishes and not (request.must or request.want):
        return PlanningError(
            lazy(
                "You have not marked anything yet. Press ♡ where you would like to go, or let us choose among all."
            ),
            "must",
        )
    if choice.refused:
        return PlanningError(
            lazy(
                "Nothing of what you marked can be visited then. Choose another day, or let us choose among all."
            ),
            "must",
        )
    return PlanningError(
        lazy(
            "Nothing is open then that has room for you. Choose another day or other times, or come in a smaller group."
        ),
        "days",
    )


class Places:
    """The places of a problem: one per point, one more per point where tours begin, start and end, and nowhere.

    On the way to a tour a tenth more and a minute are kept in hand: it leaves without you. Nowhere is where a day begins
    that has no start: all ways to and from it take no time.
    """

    def __init__(
        self, ways: Ways, options: Sequence[Option], ends: tuple[Point | None, Point | None]
    ) -> None:
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
        self.start, self.end = (self._outer[end] if end else nowhere for end in ends)
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
    known = dict(lines.rides_on(edition, runs, day, among, request.profile, folder))
    service, profile = lines.service_on(edition, runs, day), PROFILES[request.profile]
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


# --- drawing what is shown ------------------------------------------------------------------------------------------


def with_lines(edition: Edition, request: PlanRequest, proposal: Proposal, folder: Path) -> Proposal:
    """The proposal with its legs' lines on the streets, instructions, and how much of them nothing is known of.

    Done for the one that is shown or kept: each leg is a walk of its own through the streets.
    """
    streets, sites = extracts.streets_of(edition.id), read_ground(edition).sites()
    router = extracts.router_for(streets, proposal.profile, folder, sites)
    start = checked_point(request.start.lat, request.start.lon) if request.start else None
    end = checked_point(request.end.lat, request.end.lon) if request.end else None
    days = []
    for day in proposal.days:
        inner = [
            Point(stop.lat, stop.lon) if stop.lat is not None and stop.lon is not None else None
            for stop in day.stops
        ]
        days.append(draw_legs(day, [start, *inner, end], router))
    metres = round(sum(leg.metres for day in days for leg in day.legs if leg))
    return replace(proposal, days=tuple(days), metres=metres)
