"""What an edition offers to a walker, read in a handful of statements: doors and hours, slots with room, places.

Only columns are read, no objects: a plan is asked for while somebody waits, and 120 factories have 500 opening hours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from sqlalchemy import select

from eventapp.db import db
from eventapp.factories.models import (
    Craft,
    Degree,
    Entry,
    EntryState,
    Factory,
    Opening,
    OpeningPlace,
    PointKind,
)
from eventapp.festivals.models import Booth, Edition, Place, PlaceKind, Venue
from eventapp.i18n import Translated
from eventapp.tours.models import EntryMode, HeldAt, Kind, Programme, ProgrammeState, Slot, SlotState
from eventapp.walks.earth import CoordinateError, Point, checked_point

FARTHEST_KM = 60.0
"""What lies farther than this from the middle of the festival is a mistyped point, not a place to walk to."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of opening hours, in local wall time."""

    date: date
    place: OpeningPlace
    opens: time
    closes: time


@dataclass(slots=True)
class Host:
    """A factory that takes part: where its door and its booth are, when they are open, who may come."""

    code: str
    slug: str
    name: Translated
    kana: str
    craft: Craft
    entrance: Point | None
    approximate: bool
    booth: Point | None
    booth_number: str
    min_age: int | None
    step_free: Degree | None
    stroller: Degree | None
    languages: tuple[str, ...]
    last_entry_minutes: int
    at_factory: bool
    hours: list[Stretch] = field(default_factory=list)

    def point(self, place: OpeningPlace) -> Point | None:
        """Where one goes in."""
        return self.entrance if place == OpeningPlace.ENTRANCE else self.booth


@dataclass(frozen=True, slots=True)
class Offering:
    """A programme, with where it is held; `host` is the code of the factory's entry, None for the committee's own."""

    code: str
    title: Translated
    kind: Kind
    mode: EntryMode
    host: str | None
    held_at: HeldAt
    point: Point | None
    approximate: bool
    min_age: int | None
    languages: tuple[str, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Start:
    """One slot: when it begins and whether there is room. `left` None means that no booking is needed."""

    code: str
    offering: Offering
    day: date
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    left: int | None
    state: SlotState


@dataclass(frozen=True, slots=True)
class Landmark:
    """A place of the festival that is no factory: a station, a bus stop, information."""

    code: str
    kind: PlaceKind
    name: Translated
    point: Point


@dataclass(slots=True)
class Ground:
    """Everything of one edition that a plan can be made of."""

    hosts: dict[str, Host]
    offerings: dict[str, Offering]
    starts: list[Start]
    landmarks: list[Landmark]
    middle: Point | None

    def sites(self) -> list[Point]:
        """Every point one may walk to, each once, in a fixed order: what matrices are made for."""
        points = [point for host in self.hosts.values() for point in (host.entrance, host.booth) if point]
        points += [one.point for one in self.offerings.values() if one.point]
        points += [one.point for one in self.landmarks]
        return sorted(set(points))

    def open_hours(self) -> dict[date, tuple[time, time]]:
        """When, on each day, the first door opens and the last one closes."""
        found: dict[date, tuple[time, time]] = {}
        for one in (stretch for host in self.hosts.values() for stretch in host.hours):
            opens, closes = found.get(one.date, (one.opens, one.closes))
            found[one.date] = min(opens, one.opens), max(closes, one.closes)
        return found


def read_ground(edition: Edition) -> Ground:
    """The edition's hosts with hours, programmes, slots and places: six statements, whatever their number."""
    hosts = read_hosts(edition.id)
    places = read_places(edition.id)
    offerings = read_offerings(edition.id, hosts, places)
    landmarks = [one for one in places.values() if one.kind is not PlaceKind.STAGE]
    ground = Ground(
        hosts, offerings, read_starts(edition.id, offerings), landmarks, middle_of(edition, hosts)
    )
    return without_far_away(ground)


def read_hosts(edition_id: int) -> dict[str, Host]:
    """The accepted entries by code, with their hours."""
    rows = db.session.execute(
        select(
            Entry.id,
            Entry.code,
            Factory.slug,
            Factory.name,
            Factory.kana,
            Factory.craft,
            Factory.lat,
            Factory.lon,
            Factory.point,
            Venue.lat.label("venue_lat"),
            Venue.lon.label("venue_lon"),
            Booth.number,
            Factory.min_age,
            Factory.step_free,
            Factory.stroller,
            Factory.languages,
            Entry.last_entry_minutes,
            Entry.at_factory,
        )
        .join(Factory, Factory.id == Entry.factory_id)
        .outerjoin(Booth, Booth.id == Entry.booth_id)
        .outerjoin(Venue, Venue.id == Booth.venue_id)
        .where(Entry.edition_id == edition_id, Entry.state == EntryState.ACCEPTED)
        .order_by(Entry.id)
    ).all()
    hosts = {
        row.id: Host(
            code=row.code,
            slug=row.slug,
            name=row.name,
            kana=row.kana,
            craft=row.craft,
            entrance=point_of(row.lat, row.lon) if row.point is not PointKind.NONE else None,
            approximate=row.point is PointKind.TOWN,
            booth=point_of(row.venue_lat, row.venue_lon),
            booth_number=row.number or "",
            min_age=row.min_age,
            step_free=row.step_free,
            stroller=row.stroller,
            languages=tuple(row.languages or ()),
            last_entry_minutes=row.last_entry_minutes,
            at_factory=row.at_factory,
        )
        for row in rows
    }
    hours = db.session.execute(
        select(Opening.entry_id, Opening.date, Opening.place, Opening.opens, Opening.closes)
        .join(Entry, Entry.id == Opening.entry_id)
        .where(Entry.edition_id == edition_id, Entry.state == EntryState.ACCEPTED)
        .order_by(Opening.date, Opening.opens)
    )
    for entry_id, day, place, opens, closes in hours:
        hosts[entry_id].hours.append(Stretch(day, place, opens, closes))
    return {host.code: host for host in hosts.values()}


def read_places(edition_id: int) -> dict[int, Landmark]:
    """The edition's places with a point, by id."""
    rows = db.session.execute(
        select(Place.id, Place.code, Place.kind, Place.name, Place.lat, Place.lon, Venue.lat, Venue.lon)
        .outerjoin(Venue, Venue.id == Place.venue_id)
        .where(Place.edition_id == edition_id)
        .order_by(Place.id)
    )
    found = {}
    for number, code, kind, name, lat, lon, venue_lat, venue_lon in rows:
        point = point_of(lat, lon) or point_of(venue_lat, venue_lon)
        if point:
            found[number] = Landmark(code, kind, name, point)
    return found


def read_offerings(
    edition_id: int, hosts: dict[str, Host], places: dict[int, Landmark]
) -> dict[str, Offering]:
    """The published programmes of the committee and of accepted factories, by code."""
    rows = db.session.execute(
        select(
            Programme.code,
            Programme.title,
            Programme.kind,
            Programme.entry_mode,
            Programme.entry_id,
            Programme.held_at,
            Programme.place_id,
            Programme.min_age,
            Programme.languages,
            Programme.duration_minutes,
            Entry.code.label("host"),
            Venue.lat,
            Venue.lon,
        )
        .outerjoin(Entry, Entry.id == Programme.entry_id)
        .outerjoin(Venue, Venue.id == Programme.venue_id)
        .where(Programme.edition_id == edition_id, Programme.state == ProgrammeState.PUBLISHED)
        .order_by(Programme.id)
    )
    found = {}
    for row in rows:
        host = hosts.get(row.host) if row.host else None
        if row.entry_id is not None and host is None:
            continue  # of a factory that is not, or no longer, accepted
        place = places.get(row.place_id) if row.place_id else None
        point = held_at(row.held_at, host, place, point_of(row.lat, row.lon))
        found[row.code] = Offering(
            code=row.code,
            title=row.title,
            kind=row.kind,
            mode=row.entry_mode,
            host=row.host,
            held_at=row.held_at,
            point=point,
            approximate=bool(host and host.approximate and point == host.entrance),
            min_age=row.min_age if row.min_age is not None else (host.min_age if host else None),
            languages=tuple(row.languages or (host.languages if host else ())),
            minutes=row.duration_minutes,
        )
    return found


def held_at(kind: HeldAt, host: Host | None, place: Landmark | None, venue: Point | None) -> Point | None:
    """Where one has to go; None for what is online or somewhere unknown."""
    if kind is HeldAt.ONLINE:
        return None
    if kind is HeldAt.PLACE and place:
        return place.point
    if kind is HeldAt.BOOTH and host and host.booth:
        return host.booth
    if kind is HeldAt.VENUE and venue:
        return venue
    return host.entrance if host else (venue or (place.point if place else None))


def read_starts(edition_id: int, offerings: dict[str, Offering]) -> list[Start]:
    """The slots of these programmes, in order of time."""
    rows = db.session.execute(
        select(
            Slot.code,
            Programme.code,
            Slot.day,
            Slot.starts_at,
            Slot.ends_at,
            Slot.closes_at,
            Slot.capacity,
            Slot.seats_taken,
            Slot.state,
        )
        .join(Programme, Programme.id == Slot.programme_id)
        .where(Slot.edition_id == edition_id)
        .order_by(Slot.starts_at, Slot.id)
    )
    return [
        Start(
            code,
            offerings[programme],
            day,
            starts_at,
            ends_at,
            closes_at,
            None if capacity is None else capacity - taken,
            state,
        )
        for code, programme, day, starts_at, ends_at, closes_at, capacity, taken, state in rows
        if programme in offerings
    ]


def point_of(lat: float | None, lon: float | None) -> Point | None:
    """A stored point, if it is one."""
    if lat is None or lon is None:
        return None
    try:
        return checked_point(lat, lon)
    except CoordinateError:
        return None


def middle_of(edition: Edition, hosts: dict[str, Host]) -> Point | None:
    """The middle of the festival: what the committee said, else the median of the doors."""
    said = point_of(edition.lat, edition.lon)
    doors = [point for host in hosts.values() for point in (host.entrance, host.booth) if point]
    if said or not doors:
        return said
    return Point(median(lat for lat, _ in doors), median(lon for _, lon in doors))


def median(numbers: Iterable[float]) -> float:
    """The middle one."""
    ordered = sorted(numbers)
    return ordered[len(ordered) // 2]


def is_near(point: Point | None, middle: Point | None) -> bool:
    """Whether the point can belong to a festival around `middle`."""
    if point is None or middle is None:
        return False
    reach = FARTHEST_KM / 111.0
    return abs(point.lat - middle.lat) <= reach and abs(point.lon - middle.lon) <= reach * 1.5


def without_far_away(ground: Ground) -> Ground:
    """Points on the other side of the country are taken for what they are: missing."""
    for host in ground.hosts.values():
        host.entrance = host.entrance if is_near(host.entrance, ground.middle) else None
        host.booth = host.booth if is_near(host.booth, ground.middle) else None
    ground.landmarks = [one for one in ground.landmarks if is_near(one.point, ground.middle)]
    return ground
