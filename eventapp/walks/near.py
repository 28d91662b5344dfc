"""Now, near here: what is open, has room, and can be reached on foot in time, by when one could be inside."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from eventapp import clock
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated
from eventapp.walks import extracts, matrices
from eventapp.walks.asking import DayWish, PlanRequest, Spot
from eventapp.walks.candidates import Maker
from eventapp.walks.earth import checked_point
from eventapp.walks.ground import is_near, read_ground
from eventapp.walks.matrices import Ways
from eventapp.walks.options import MINUTE, NOTHING_HELD, Calendar, Option
from eventapp.walks.problem import UNREACHABLE
from eventapp.walks.setting import with_safety

SHORTEST_VISIT = 10  # minutes that make a visit worth the way
WITHIN = timedelta(hours=3)
FARTHEST_MINUTES = 60
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Nearby:
    """One thing to do now: when one could be inside, how far it is, and until when."""

    key: str
    wish: str
    name: Translated
    title: Translated
    inside_at: datetime
    until: datetime
    minutes: int
    metres: int
    is_estimated: bool
    left: int | None
    factory: str | None
    slot: str | None
    lat: float
    lon: float


def find_open(
    edition: Edition,
    spot: Spot,
    folder: Path,
    *,
    party: int = 1,
    profile: str = "normal",
    youngest: int | None = None,
) -> list[Nearby]:
    """What this party could do next, by when one could be inside; nothing on a day that is none of the edition's.

    Of one factory the earliest chance is named. Raises CoordinateError for what is no place.
    """
    point = checked_point(spot.lat, spot.lon)
    today = edition.today()
    ground = read_ground(edition)
    if today not in edition.dates or not is_near(point, ground.middle):
        return []
    request = PlanRequest(
        (DayWish(today),),
        start=spot,
        party=party,
        profile=profile,
        youngest=youngest,
        lunch=False,
    )
    calendar = Calendar(request, edition.zone)
    streets = extracts.streets_of(edition.id)
    ways = matrices.among(streets, profile, ground.sites(), folder)
    ways = matrices.with_points(ways, [point], streets, profile, folder)
    row = ways.sites.index(point)
    maker = Maker(ground, request, calendar, edition.max_party_size, NOTHING_HELD)
    maker.stay = SHORTEST_VISIT
    found = [one for option in options_of(maker) if (one := chance(option, calendar, ways, row))]
    found.sort(key=lambda one: (one.inside_at, one.minutes, one.key))
    first: dict[str, Nearby] = {}
    for one in found:
        first.setdefault(one.factory or one.wish, one)
    return list(first.values())[:MOST_ROWS]


def options_of(maker: Maker) -> Iterator[Option]:
    """Everything one may walk into or book."""
    for host in maker.ground.hosts.values():
        yield from maker.of_host(host)
    for offering in maker.ground.offerings.values():
        if offering.host is None:
            yield from maker.of_offering(offering, None)


def chance(option: Option, calendar: Calendar, ways: Ways, row: int) -> Nearby | None:
    """When one could be inside, if that is soon."""
    if option.point is None:
        return None
    column = ways.sites.index(option.point)
    units = ways.units[row][column]
    if units >= UNREACHABLE or units > FARTHEST_MINUTES * MINUTE:
        return None
    now = calendar.units_of(clock.now())
    there = now + (with_safety(units) if option.start else units)
    for opens, closes in option.windows:
        inside = max(opens, there)
        if there <= closes - option.early and inside <= now + WITHIN.total_seconds() / 6:
            return Nearby(
                key=option.key,
                wish=option.wish,
                name=option.name,
                title=option.title,
                inside_at=calendar.moment(-(-inside // MINUTE) * MINUTE),
                until=calendar.moment(end_of(option, calendar, inside)),
                minutes=-(-units // MINUTE),
                metres=max(0, ways.metres[row][column]),
                is_estimated=ways.estimated[row][column],
                left=option.start.left if option.start else None,
                factory=option.host.slug if option.host else None,
                slot=option.start.code if option.start else None,
                lat=option.point.lat,
                lon=option.point.lon,
            )
    return None


def end_of(option: Option, calendar: Calendar, inside: int) -> int:
    """When the doors close or the tour ends for whoever is inside then."""
    closing = [
        calendar.units(stretch.date, stretch.closes)
        for stretch in (option.host.hours if option.host and not option.start else ())
        if option.key.endswith(f":{stretch.place.value}") and stretch.date in calendar.dates
    ]
    return min((each for each in closing if each >= inside), default=inside + option.minutes * MINUTE)
