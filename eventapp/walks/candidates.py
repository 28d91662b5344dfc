"""From what an edition offers and what a visitor wants to the visits that the planner may choose from.

Whatever of the visitor's wishes cannot be had at all gets its reason here: closed on these days, full, too young.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from eventapp import clock
from eventapp.factories.models import Degree, OpeningPlace
from eventapp.i18n import Translated
from eventapp.tours.models import EntryMode, SlotState
from eventapp.walks.asking import Pace, PlanRequest
from eventapp.walks.earth import Point
from eventapp.walks.ground import Ground, Host, Offering, Start
from eventapp.walks.problem import Visit
from eventapp.walks.proposal import StopKind, Unmet

MINUTE = 10  # the planner counts tenths of a minute
DAY = 24 * 60 * MINUTE
EARLY = 5 * MINUTE  # one is at a tour this long before it begins
STAY = {Pace.EASY: 40, Pace.NORMAL: 30, Pace.BUSY: 20}
BOOTH_STAY = 15
SCORE, LIKED, WANTED, DEMANDED, GUIDED, OTHER_LANGUAGE, ONLY_BOOTH = 10, 8, 20, 30, 3, -4, -7


class Refused(StrEnum):
    """Why a wish cannot be had at all; explain.Why has the reasons of those that only do not fit."""

    GONE = "gone"
    NO_POINT = "no_point"
    CLOSED = "closed"
    OVER = "over"
    FULL = "full"
    PARTY = "party"
    BOOKING_CLOSED = "booking_closed"
    NO_SLOT = "no_slot"
    TOO_YOUNG = "too_young"
    STEPS = "steps"
    ONLINE = "online"
    AVOIDED = "avoided"
    NO_ROOM = "no_room"


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


@dataclass(slots=True)
class Choice:
    """The options, and the wishes that cannot be had."""

    options: list[Option] = field(default_factory=list)
    refused: list[Unmet] = field(default_factory=list)


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


def choose(
    ground: Ground, request: PlanRequest, calendar: Calendar, most: int, hold: Hold = NOTHING_HELD
) -> Choice:
    """Everything that may be visited; `most` is the largest party that can be booked."""
    maker = Maker(ground, request, calendar, most, hold)
    choice = Choice()
    for host in ground.hosts.values():
        choice.options += maker.of_host(host)
    for offering in ground.offerings.values():
        if offering.host is None:
            choice.options += maker.of_offering(offering, None)
    choice.options = kept_together(choice.options, request, hold)
    names = {option.wish for option in choice.options} | maker.wishes_met_by(choice.options)
    for wish in dict.fromkeys([*request.must, *request.want]):
        if wish not in names and wish not in hold.done:
            choice.refused.append(maker.refusal(wish))
    return choice


class Maker:
    """Makes options of hosts and programmes, and remembers why there are none."""

    def __init__(
        self, ground: Ground, request: PlanRequest, calendar: Calendar, most: int, hold: Hold
    ) -> None:
        self.ground, self.request, self.calendar, self.most, self.hold = ground, request, calendar, most, hold
        self.now = calendar.units_of(clock.now())
        self.starts: dict[str, list[Start]] = {}
        for start in ground.starts:
            if start.day in calendar.dates:
                self.starts.setdefault(start.offering.code, []).append(start)
        self.programmes: dict[str, list[Offering]] = {}
        for offering in ground.offerings.values():
            if offering.host:
                self.programmes.setdefault(offering.host, []).append(offering)
        self.wishes = {*request.must, *request.want}
        self.slots_wanted = {wish for wish in request.must if wish.startswith("slot:")}

    def of_host(self, host: Host) -> list[Option]:
        """A factory in its open hours, and its programmes."""
        if f"factory:{host.code}" in {*self.request.avoid, *self.hold.done}:
            return []
        mine = self.programmes.get(host.code, [])
        found = [option for offering in mine for option in self.of_offering(offering, host)]
        found += self.open_hours(host)
        return found if self.is_wished(host, mine) or not self.request.only_wishes else []

    def is_wished(self, host: Host, mine: list[Offering]) -> bool:
        """Whether the visitor named the factory or anything it offers."""
        names = {f"factory:{host.code}", *(f"programme:{one.code}" for one in mine)}
        slots = {f"slot:{start.code}" for one in mine for start in self.starts.get(one.code, [])}
        return bool(self.wishes & (names | slots)) or any(key in slots for key in self.hold.keep)

    def open_hours(self, host: Host) -> Iterator[Option]:
        """The factory and its booth as places one may just walk into.

        A factory that opens its own doors is seen there, not at its booth, unless it was asked for or has steps: else
        the best day would be spent in the hall.
        """
        why, wish = self.why_not_host(host), f"factory:{host.code}"
        if why is Refused.TOO_YOUNG:
            return
        has_doors = (
            why is None and host.at_factory and any(one.place is OpeningPlace.ENTRANCE for one in host.hours)
        )
        for place in OpeningPlace:
            is_second = place is OpeningPlace.BOOTH and has_doors
            if (place is OpeningPlace.ENTRANCE and why) or (is_second and wish not in self.wishes):
                continue
            point = host.point(place)
            minutes = min(STAY[self.request.pace], BOOTH_STAY if place is OpeningPlace.BOOTH else DAY)
            windows = self.windows(host, place, minutes)
            if point and windows:
                yield Option(
                    key=f"open:{host.code}:{place.value}",
                    kind=StopKind.OPEN,
                    wish=wish,
                    group=wish,
                    name=host.name,
                    title=Translated(),
                    point=point,
                    minutes=minutes,
                    windows=windows,
                    score=max(
                        1, self.score(wish, host.craft, host.languages) + (ONLY_BOOTH if is_second else 0)
                    ),
                    must=wish in self.request.must,
                    host=host,
                    approximate=host.approximate and point == host.entrance,
                )

    def windows(self, host: Host, place: OpeningPlace, minutes: int) -> tuple[tuple[int, int], ...]:
        """When a visit may begin: a lunch closure makes two windows of a day; what is over is over."""
        found = []
        for stretch in host.hours:
            if stretch.place != place or stretch.date not in self.calendar.dates:
                continue
            opens = max(self.calendar.units(stretch.date, stretch.opens), self.now)
            closes = self.calendar.units(stretch.date, stretch.closes)
            last = closes - MINUTE * max(minutes, host.last_entry_minutes)
            if opens <= last:
                found.append((opens, last))
        return tuple(found)

    def of_offering(self, offering: Offering, host: Host | None) -> list[Option]:
        """A programme's slots that are open and have room for the party."""
        wish = f"programme:{offering.code}"
        unwanted = {*self.request.avoid, *self.hold.done}
        if wish in unwanted or offering.mode is EntryMode.OPEN or offering.point is None:
            return []
        slots = [one for one in self.starts.get(offering.code, []) if not self.why_not_start(one)]
        if host is None and self.request.only_wishes and wish not in self.wishes:
            slots = [one for one in slots if f"slot:{one.code}" in {*self.slots_wanted, *self.hold.keep}]
        return [self.of_start(one, host, wish) for one in slots]

    def of_start(self, start: Start, host: Host | None, wish: str) -> Option:
        """One slot."""
        offering, key = start.offering, f"slot:{start.code}"
        begin = self.calendar.units_of(start.starts_at)
        wanted = wish in self.wishes
        group = (
            key if key in self.slots_wanted else wish if wanted or host is None else f"factory:{host.code}"
        )
        minutes = max(1, int((start.ends_at - start.starts_at).total_seconds() // 60))
        must = group in self.request.must
        score = self.score(group, host.craft if host else None, offering.languages) + GUIDED
        return Option(
            key=key,
            kind=StopKind.SLOT,
            wish=group,
            group=group,
            name=host.name if host else offering.title,
            title=offering.title,
            point=offering.point,
            minutes=minutes,
            windows=((begin, begin),),
            score=score,
            must=must,
            host=host,
            offering=offering,
            start=start,
            approximate=offering.approximate,
            early=self.early(start.day, begin),
        )

    def early(self, day: date, begin: int) -> int:
        """Five minutes; less for whoever says to be there from ten on, for a tour at ten."""
        wish = next((one for one in self.request.days if one.date == day), None)
        comes = self.calendar.units(day, wish.start) if wish and self.request.start is None else 0
        return begin - comes if comes <= begin < comes + EARLY else EARLY

    def score(self, wish: str, craft: str | None, languages: tuple[str, ...]) -> int:
        """What a visit is worth to this visitor."""
        points = SCORE
        points += DEMANDED if wish in self.request.must else WANTED if wish in self.request.want else 0
        points += LIKED if craft in self.request.crafts else 0
        spoken = self.request.languages
        return points + (OTHER_LANGUAGE if spoken and languages and not set(spoken) & set(languages) else 0)

    # --- why not ---------------------------------------------------------------------------------------------------

    def why_not_host(self, host: Host) -> Refused | None:
        """Why nobody of this party may walk in."""
        return Refused.TOO_YOUNG if self.is_too_young(host.min_age) else self.why_not_ways(host)

    def is_too_young(self, min_age: int | None) -> bool:
        """Whether the youngest of the party is."""
        return self.request.youngest is not None and bool(min_age) and self.request.youngest < (min_age or 0)

    def why_not_ways(self, host: Host) -> Refused | None:
        """What keeps wheels out."""
        if self.request.profile == "wheelchair" and host.step_free is Degree.NO:
            return Refused.STEPS
        return Refused.STEPS if self.request.profile == "stroller" and host.stroller is Degree.NO else None

    def why_not_start(self, start: Start) -> Refused | None:
        """Why this slot cannot be had; what is booked already always can."""
        if f"slot:{start.code}" in self.hold.booked:
            return None
        offering = start.offering
        host = self.ground.hosts.get(offering.host or "")
        if self.is_too_young(
            offering.min_age
        ):  # the programme's own age goes before the factory's general one
            return Refused.TOO_YOUNG
        if host and (why := self.why_not_ways(host)):
            return why
        if start.state is SlotState.CANCELLED:
            return Refused.GONE
        if self.calendar.units_of(start.starts_at) < self.now:
            return Refused.OVER
        if f"slot:{start.code}" in self.hold.without:
            return Refused.FULL
        return self.why_not_booked(start)

    def why_not_booked(self, start: Start) -> Refused | None:
        """Why it cannot be booked any more."""
        if start.left is None:
            return Refused.BOOKING_CLOSED if start.state is SlotState.CLOSED else None
        if self.request.party > self.most:
            return Refused.PARTY
        if start.state is SlotState.CLOSED or start.closes_at <= clock.now():
            return Refused.BOOKING_CLOSED
        return Refused.FULL if start.left < self.request.party else None

    def refusal(self, wish: str) -> Unmet:
        """The reason for a wish without any option."""
        kind, _, code = wish.partition(":")
        name, why = Translated(), Refused.GONE
        if kind == "factory" and (host := self.ground.hosts.get(code)):
            name, why = host.name, self.why_not_factory(host)
        elif kind == "programme" and (offering := self.ground.offerings.get(code)):
            name, why = offering.title, self.why_not_offering(offering)
        elif kind == "slot" and (
            start := next((one for one in self.ground.starts if one.code == code), None)
        ):
            name = start.offering.title
            why = (
                Refused.CLOSED
                if start.day not in self.calendar.dates
                else self.why_not_start(start) or Refused.NO_POINT
            )
        detail = str(self.most) if why is Refused.PARTY else ""
        return Unmet(wish, name, why.value, wish in self.request.must, detail=detail)

    def why_not_factory(self, host: Host) -> Refused:
        """Of several reasons the one that says most."""
        if f"factory:{host.code}" in self.request.avoid:
            return Refused.AVOIDED
        if why := self.why_not_host(host):
            return why
        if host.entrance is None and host.booth is None:
            return Refused.NO_POINT
        today = [one for one in host.hours if one.date in self.calendar.dates]
        if today:
            return Refused.OVER if self.now > 0 else Refused.CLOSED
        tours = [
            start for one in self.programmes.get(host.code, []) for start in self.starts.get(one.code, [])
        ]
        return next((why for start in tours if (why := self.why_not_start(start))), Refused.CLOSED)

    def why_not_offering(self, offering: Offering) -> Refused:
        """The reason that holds for most of its slots."""
        if f"programme:{offering.code}" in self.request.avoid:
            return Refused.AVOIDED
        if offering.point is None:
            host = self.ground.hosts.get(offering.host or "")
            return Refused.NO_POINT if host and host.entrance is None else Refused.ONLINE
        if offering.mode is EntryMode.OPEN and (host := self.ground.hosts.get(offering.host or "")):
            return self.why_not_factory(host)
        reasons = [why for one in self.starts.get(offering.code, []) if (why := self.why_not_start(one))]
        return max(set(reasons), key=reasons.count) if reasons else Refused.NO_SLOT

    def wishes_met_by(self, options: list[Option]) -> set[str]:
        """Wishes that some option fulfils though it goes by another name: see `fulfils`."""
        return {wish for wish in self.wishes if any(fulfils(option, wish, self.ground) for option in options)}


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


def kept_together(options: list[Option], request: PlanRequest, hold: Hold) -> list[Option]:
    """One visit per factory, unless several of its programmes were asked for; what is held is held alone.

    A wished programme goes before the factory's open doors: seeing the one is seeing the other.
    """
    held = {option.group for option in options if option.key in hold.keep}
    found = []
    for option in options:
        if option.key in hold.keep:
            found.append(
                replace(option, must=True, group=f"held:{option.key}", score=option.score + DEMANDED)
            )
        elif option.group not in held:
            found.append(option)
    special = {
        option.host.code for option in found if option.host and option.group != f"factory:{option.host.code}"
    }
    return [
        option
        for option in found
        if option.host is None
        or option.group != f"factory:{option.host.code}"
        or option.host.code not in special
    ]


def lunches(request: PlanRequest, calendar: Calendar, starts: dict[date, int]) -> Iterator[Option]:
    """A break for every day that is long enough around noon; `starts` is when each day really begins."""
    if not request.lunch:
        return
    for day in request.days:
        opens = max(calendar.units(day.date, request.lunch_from), starts[day.date])
        end = calendar.units(day.date, day.end)
        last = min(calendar.units(day.date, request.lunch_to), end) - request.lunch_minutes * MINUTE
        if opens <= last:
            key = f"lunch:{day.date.isoformat()}"
            yield Option(
                key=key,
                kind=StopKind.LUNCH,
                wish=key,
                group=key,
                name=Translated({"ja": "昼食", "en": "Lunch"}),
                title=Translated(),
                point=None,
                minutes=request.lunch_minutes,
                windows=((opens, last),),
                score=1,
                must=True,
            )
