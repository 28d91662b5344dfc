"""What the made-up town is made of: plain frozen values, with no web and no database behind them.

Days are 0 (Saturday) and 1 (Sunday) of the edition. Times are wall times of the town. Places are
WGS84 degrees. A `Text` whose English is empty is missing on purpose: the demo shows what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Literal, NamedTuple

Craft = Literal[
    "cutting", "press", "casting", "forging", "plating", "welding", "wood", "textile", "dyeing", "ceramics",
    "glass", "leather", "paper", "printing", "food", "plastics", "electronics", "blades", "other",
]  # fmt: skip
Cluster = Literal["nakamachi", "kawahigashi", "ekiminami", "kamasaka", "apart"]
ProgrammeKind = Literal["tour", "workshop", "talk", "sale", "exhibition", "food", "online", "bus", "walk"]
EntryMode = Literal["open", "timed", "booking"]
ProgrammeHost = Literal["factory", "venue", "committee"]
ProgrammePlace = Literal["entrance", "booth", "stage", "meeting", "online"]
Companion = Literal["none", "guardian", "guardian_under_10", "guardian_under_13", "guardian_under_16"]
Shoes = Literal["any", "closed", "slippers", "provided"]
Clothes = Literal["any", "may_get_dirty", "long_sleeves", "no_loose"]
Photography = Literal["yes", "areas", "no"]
StepFree = Literal["yes", "partly", "no"]
PlaceKind = Literal["information", "prizes", "toilet", "parking", "lunch", "bus_stop", "station"]


class Text(NamedTuple):
    """One text in the two languages of the festival."""

    ja: str
    en: str


class Point(NamedTuple):
    """A WGS84 position in degrees."""

    lat: float
    lon: float


@dataclass(frozen=True)
class Window:
    """A stretch of one day during which a door is open; nobody is let in after `last_entry`."""

    opens: time
    closes: time
    last_entry: time


@dataclass(frozen=True)
class OpeningHours:
    """The open windows of one day: two of them when the place closes for lunch."""

    day: int
    windows: tuple[Window, ...]


@dataclass(frozen=True)
class SlotPattern:
    """The start times of a programme on one day."""

    day: int
    starts: tuple[time, ...]


@dataclass(frozen=True)
class Visit:
    """A factory that a bus tour or a guided walk calls at: minutes after the start, and minutes there."""

    factory: str
    after_minutes: int
    stay_minutes: int


@dataclass(frozen=True)
class VisitRules:
    """What a visitor has to know before coming. `noise` runs from 0 (quiet) to 3 (ear plugs)."""

    min_age: int
    companion: Companion
    infants_take_place: bool
    shoes: Shoes
    clothes: Clothes
    photography: Photography
    languages: tuple[str, ...]
    step_free: StepFree
    stroller: bool
    under_roof: bool
    toilet: bool
    nappy_change: bool
    noise: int
    insurance_list: bool
    no_same_trade: bool
    asks_company: bool
    note: Text


@dataclass(frozen=True)
class TownProgramme:
    """One offering.

    `capacity` is set only where `entry` is "booking"; an "open" programme has no slots and follows the
    hours of its host. `walk_in_places` are kept at the door beside the capacity. `demand` tells how sought
    after it is (1.0: every place of it finds somebody; above: there is a waiting list), for whoever fills
    the demo with bookings. `meeting_place` is the key of a `TownPlace`.
    """

    key: str
    kind: ProgrammeKind
    host: ProgrammeHost
    place: ProgrammePlace
    entry: EntryMode
    title: Text
    description: Text
    minutes: int
    capacity: int | None
    walk_in_places: int
    price_yen: int
    languages: tuple[str, ...]
    min_age: int
    companion: Companion
    insurance_list: bool
    bring: Text
    slots: tuple[SlotPattern, ...]
    visits: tuple[Visit, ...]
    meeting_place: str | None
    demand: float


@dataclass(frozen=True)
class TownFactory:
    """A factory with everything it says about itself.

    `address_point` is where the address leads, `entrance` where one goes in. Where
    `entrance_approximate` is true, only the town is known and both points lie near its middle.
    """

    key: str
    number: int
    name: Text
    kana: str
    craft: Craft
    cluster: Cluster
    founded: int
    people: int
    products: Text
    story: Text
    address: Text
    address_point: Point
    entrance: Point
    entrance_approximate: bool
    access: Text
    parking: Text
    parking_cars: int
    website: str
    email: str
    rules: VisitRules
    hours: tuple[OpeningHours, ...]
    programmes: tuple[TownProgramme, ...]
    booth: int | None
    photos: int


@dataclass(frozen=True)
class TownBooth:
    """A numbered booth in the hall, of a factory or of a guest (`factory` is None)."""

    number: int
    factory: str | None
    name: Text
    description: Text


@dataclass(frozen=True)
class TownVenue:
    """The hall where the festival gathers. The timetable of its stage is the slots of `programmes`."""

    key: str
    name: Text
    kana: str
    address: Text
    address_point: Point
    entrance: Point
    access: Text
    description: Text
    stage: Text
    hours: tuple[OpeningHours, ...]
    booths: tuple[TownBooth, ...]
    programmes: tuple[TownProgramme, ...]


@dataclass(frozen=True)
class TownPlace:
    """A place that is no factory: information, toilet, car park, lunch, bus stop, station."""

    key: str
    kind: PlaceKind
    name: Text
    description: Text
    point: Point


@dataclass(frozen=True)
class GroundNode:
    """A point of the street network with its OpenStreetMap tags (signals, kerbs, crossings)."""

    id: int
    point: Point
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class GroundWay:
    """A line or area by its node ids, with OpenStreetMap tags. An area ends where it began."""

    id: int
    nodes: tuple[int, ...]
    tags: tuple[tuple[str, str], ...]

    def tag(self, key: str) -> str | None:
        """The value of one tag, or None."""
        return dict(self.tags).get(key)


@dataclass(frozen=True)
class Ground:
    """The land: streets, railway, river, hill, parks and buildings, as OpenStreetMap has them."""

    south_west: Point
    north_east: Point
    nodes: tuple[GroundNode, ...]
    ways: tuple[GroundWay, ...]


@dataclass(frozen=True)
class TownFestival:
    """The names and public texts of the festival."""

    name: Text
    kana: str
    tagline: Text
    about: Text
    invented: Text


@dataclass(frozen=True)
class Town:
    """The whole town: the same every time it is made with the same seed."""

    seed: int
    name: Text
    kana: str
    factory_word: Text
    factory_word_kana: str
    festival: TownFestival
    contact: str
    website: str
    ground: Ground
    station_entrances: tuple[Point, ...]
    factories: tuple[TownFactory, ...]
    venue: TownVenue
    committee_programmes: tuple[TownProgramme, ...]
    places: tuple[TownPlace, ...]
