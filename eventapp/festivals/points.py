"""Points on the map as people give them: typed numbers, or a link pasted from any map. No network is asked."""

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from eventapp.i18n import RuleError, lazy

LONGEST = 2000  # characters; map links are long, a book is not a link
JAPAN_LAT, JAPAN_LON = (20.0, 46.5), (122.0, 154.5)
SHORT_HOSTS = ("maps.app.goo.gl", "goo.gl", "g.co", "maps.apple", "osm.org", "share.google")


class Point(NamedTuple):
    """Degrees, WGS 84, to five places: about a metre."""

    lat: float
    lon: float

    def __str__(self) -> str:
        return f"{self.lat:.5f}, {self.lon:.5f}"


class PointError(RuleError):
    """No point can be read from what was given; the message says what can."""


def parse(text: str) -> Point:
    """The point in `35.56, 139.71`, in degrees with minutes, or in a link of Google, Apple, OSM, GSI or Yahoo maps.

    Full-width digits count. Latitude and longitude in the wrong order are put right where only the other order
    lies in Japan. Raises PointError, also for numbers that are no place on earth.
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).strip().replace("\u2212", "-")
    if re.match(r"https?://|[\w.-]+\.[a-z]{2,}/", plain, re.IGNORECASE):
        found = _in_link(plain)
    else:
        found = _in_words(plain.removeprefix("geo:"))
    if found is None:
        raise PointError(
            lazy("No point was found in this. Type it like 35.56140, 139.71610 or paste a link from a map.")
        )
    return checked(*found)


def find(text: str | None) -> Point | None:
    """The point in a text, or None where nothing was typed. Raises PointError."""
    return parse(text) if text and text.strip() else None


def show(lat: float | None, lon: float | None) -> str:
    """A stored point as it is typed; empty for none."""
    return "" if lat is None or lon is None else str(Point(lat, lon))


def checked(lat: float, lon: float) -> Point:
    """A point on earth, rounded, with a swapped pair put right. Raises PointError (NaN is nowhere)."""
    if _inside(lon, JAPAN_LAT) and _inside(lat, JAPAN_LON):
        lat, lon = lon, lat
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise PointError(
            lazy("These numbers are no place on earth. Latitude comes first: 35.56140, 139.71610.")
        )
    if abs(lat) < 0.001 and abs(lon) < 0.001:
        raise PointError(lazy("This point lies in the sea. Please choose it again on the map."))
    return Point(round(lat, 5), round(lon, 5))


def _inside(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


# Links

_NUMBER = r"[-+]?\d{1,3}(?:\.\d{1,15})?"
_PAIR = re.compile(rf"(?<![\d.])({_NUMBER})\s*[,/ ]\s*\+?({_NUMBER})(?![\d.])")
_GOOGLE_PIN = re.compile(rf"!3d({_NUMBER})!4d({_NUMBER})")
_GOOGLE_MIDDLE = re.compile(rf"/@({_NUMBER}),({_NUMBER})")
_SLIPPY = re.compile(rf"(?:map=)?\d{{1,2}}(?:\.\d+)?/({_NUMBER})/({_NUMBER})")  # zoom/lat/lon
_SINGLE = (("mlat", "mlon"), ("lat", "lon"), ("lat", "lng"), ("latitude", "longitude"))
_PAIRED = ("ll", "coordinate", "q", "query", "destination", "daddr", "sll", "center", "cp")


def _in_link(link: str) -> tuple[float, float] | None:
    """A pin before the middle of the picture: what was meant before what was looked at."""
    try:
        parts = urlsplit(link if "//" in link else f"https://{link}")
        query = parse_qs(parts.query, max_num_fields=60)
    except ValueError:
        return None
    path, fragment = unquote(parts.path), unquote(parts.fragment)
    if (pin := _GOOGLE_PIN.search(path)) is not None:
        return _numbers(pin)
    if (named := _in_query(query)) is not None:
        return named
    typed = re.search(r"/(?:search|place|dir)/([^/@]+)", path)
    if typed is not None and (words := _in_words(typed.group(1).replace("+", " "))) is not None:
        return words
    for pattern, where in ((_GOOGLE_MIDDLE, path), (_SLIPPY, fragment), (_PAIR, fragment)):
        if (match := pattern.search(where)) is not None:
            return _numbers(match)
    if (parts.hostname or "").endswith(SHORT_HOSTS):
        raise PointError(
            lazy("This is a short link. Open it, and paste the long address that the browser then shows.")
        )
    return None


def _in_query(query: dict[str, list[str]]) -> tuple[float, float] | None:
    for first, second in _SINGLE:
        if first in query and second in query:
            return _in_words(f"{query[first][0]}, {query[second][0]}")
    for name in _PAIRED:
        if name in query and (found := _in_words(query[name][0])) is not None:
            return found
    return None


def _numbers(match: re.Match[str]) -> tuple[float, float]:
    return float(match.group(1)), float(match.group(2))


# Words

_ANGLE = r"(\d{1,3}(?:\.\d+)?)\s*(?:°|度|º)\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:['′’]|分)\s*)?(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|''|秒)\s*)?"
_ANGLES = re.compile(
    rf"(北緯|南緯|[NS])?\s*{_ANGLE}([NS])?[\s,、/]*(東経|西経|[EW])?\s*{_ANGLE}([EW])?", re.IGNORECASE
)


def _in_words(text: str) -> tuple[float, float] | None:
    plain = unicodedata.normalize("NFKC", text).replace("、", ",")
    if (angles := _ANGLES.search(plain)) is not None:
        before, *lat, after, east, lon_d, lon_m, lon_s, end = angles.groups()
        south = (before or after or "").upper() in {"S", "南緯"}
        west = (east or end or "").upper() in {"W", "西経"}
        return _degrees(*lat, negative=south), _degrees(lon_d, lon_m, lon_s, negative=west)
    if re.search(r"\d[a-z]+[-+]?\d", plain, re.IGNORECASE):  # 1e9 and the like
        return None
    plain = re.sub(r"[^\d.,+\-/\s]|(?<!\d)-(?!\d)", " ", plain)
    pair = _PAIR.search(plain)
    return None if pair is None else _numbers(pair)


def _degrees(degrees: str | None, minutes: str | None, seconds: str | None, *, negative: bool) -> float:
    value = float(degrees or 0) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return -value if negative else value
