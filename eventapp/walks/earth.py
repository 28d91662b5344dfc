"""Plain geometry on a small piece of the earth: metres, bearings, boxes, coordinates as people type them."""

import itertools
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

METRES_PER_DEGREE = 111_195.0
EARTH_RADIUS = 6_371_008.8


class CoordinateError(ValueError):
    """What was given is no place on earth; the message says what is wrong."""


class Point(NamedTuple):
    """A place in degrees, latitude first."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Box:
    """An area between two latitudes and two longitudes."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether the place lies inside, edges included."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east

    def widened(self, metres: float) -> "Box":
        """The box with a margin on all sides."""
        up = metres / METRES_PER_DEGREE
        across = up / max(0.01, math.cos(math.radians((self.south + self.north) / 2)))
        return Box(self.south - up, self.west - across, self.north + up, self.east + across)


def box_around(points: Iterable[tuple[float, float]], margin: float = 0.0) -> Box | None:
    """The smallest box with all points, widened by `margin` metres; None without points."""
    places = list(points)
    if not places:
        return None
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    return Box(min(lats), min(lons), max(lats), max(lons)).widened(margin)


def parse_point(text: str) -> Point:
    """Read "LAT,LON", full-width digits and commas included.

    Raises CoordinateError for anything else, for NaN, and for latitude and longitude in the wrong order where that
    can be seen.
    """
    words = unicodedata.normalize("NFKC", text).replace("、", ",").replace("\u2212", "-").split(",")
    try:
        lat, lon = (float(word) for word in words)
    except ValueError as error:
        raise CoordinateError(f"{text!r} is not LAT,LON") from error
    return checked_point(lat, lon)


def checked_point(lat: float, lon: float) -> Point:
    """The place, or CoordinateError for one that is not on earth."""
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise CoordinateError(f"{lat},{lon} is not a place")
    if abs(lat) > 90 and abs(lon) <= 90 and abs(lat) <= 180:
        raise CoordinateError(f"{lat},{lon}: latitude and longitude are swapped")
    if abs(lat) > 90 or abs(lon) > 180:
        raise CoordinateError(f"{lat},{lon} is not on earth")
    return Point(lat, lon)


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two places, as the crow flies."""
    up, across = math.radians(b[0] - a[0]) / 2, math.radians(b[1] - a[1]) / 2
    square = math.sin(up) ** 2
    square += math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(across) ** 2
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(square)))


def bearing(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The direction from a to b in degrees, 0 is north, clockwise."""
    east = (b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return math.degrees(math.atan2(east, b[0] - a[0])) % 360


def turn(before: float, after: float) -> float:
    """How far one turns between two bearings: -180 to 180, negative is to the left."""
    return (after - before + 180) % 360 - 180


def length(line: Sequence[tuple[float, float]]) -> float:
    """Metres along a line."""
    return sum(distance(a, b) for a, b in itertools.pairwise(line))


class Plane:
    """Places in metres on a flat map around one latitude; good for some tens of kilometres."""

    def __init__(self, lat: float, lon: float) -> None:
        self.lat, self.lon = lat, lon
        self.down = math.radians(1) * EARTH_RADIUS
        self.across = self.down * math.cos(math.radians(lat))

    def place(self, lat: float, lon: float) -> tuple[float, float]:
        """Metres east and north of the origin."""
        return (lon - self.lon) * self.across, (lat - self.lat) * self.down

    def point(self, x: float, y: float) -> Point:
        """Back to degrees."""
        return Point(self.lat + y / self.down, self.lon + x / self.across)
