"""From what an edition offers and what a visitor wants to the visits that the planner may choose from.

Whatever of the visitor's wishes cannot be had at all gets its reason from refusals.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from eventapp.factories.models import OpeningPlace
from eventapp.i18n import Translated
from eventapp.tours.models import EntryMode
from eventapp.walks.asking import Pace, PlanRequest
from eventapp.walks.ground import Ground, Host, Offering, Start
from eventapp.walks.options import DAY, MINUTE, NOTHING_HELD, Calendar, Hold, Option, fulfils
from eventapp.walks.proposal import StopKind, Unmet
from eventapp.walks.refusals import Refusals, Refused

EARLY = 5 * MINUTE  # one is at a tour this long before it begins
STAY = {Pace.EASY: 40, Pace.NORMAL: 30, Pace.BUSY: 20}
BOOTH_STAY = 15
SCORE, LIKED, WANTED, DEMANDED, GUIDED, OTHER_LANGUAGE, ONLY_BOOTH = 10, 8, 20, 30, 3, -4, -7


@dataclass(slots=True)
class Choice:
    """The options, and the wishes that cannot be had."""

    options: list[Option] = field(default_factory=list)
    refused: list[Unmet] = field(default_factory=list)


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
            choice.refused.append(maker.refusals.refusal(wish))
    return choice


class Maker:
    """Makes options of hosts and programmes; what may not be had is left out."""

    def __init__(
        self, ground: Ground, request: PlanRequest, calendar: Calendar, most: int, hold: Hold
    ) -> None:
        self.ground, self.request, self.calendar, self.hold = ground, request, calendar, hold
        self.refusals = Refusals(ground, request, calendar, most, hold)
        self.now = self.refusals.now
        self.starts, self.programmes = self.refusals.starts, self.refusals.programmes
        self.stay = STAY[request.pace]
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
        why, wish = self.refusals.why_not_host(host), f"factory:{host.code}"
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
            minutes = min(self.stay, BOOTH_STAY if place is OpeningPlace.BOOTH else DAY)
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
        slots = [one for one in self.starts.get(offering.code, []) if not self.refusals.why_not_start(one)]
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

    def wishes_met_by(self, options: list[Option]) -> set[str]:
        """Wishes that some option fulfils though it goes by another name: see `fulfils`."""
        return {wish for wish in self.wishes if any(fulfils(option, wish, self.ground) for option in options)}


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
    """A break for every day that is long enough around noon, begun between two times; `starts` is when each day begins."""
    if not request.lunch:
        return
    for day in request.days:
        opens = max(calendar.units(day.date, request.lunch_from), starts[day.date])
        end = calendar.units(day.date, day.end)
        last = min(calendar.units(day.date, request.lunch_to), end - request.lunch_minutes * MINUTE)
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
