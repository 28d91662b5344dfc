"""What stands on the map: factories, venues and places as GeoJSON, and the legend of their crafts."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

SHAPES = 24  # pins differ by colour and outline: eight of each, in three pairings (static/css/map.css)
PLACES_AFTER_POINT = 6  # of pins; a tenth of a metre
MOST_SIGNS = 4  # in a pin
MARGIN = 0.004  # degrees around a single pin

Bounds = tuple[tuple[float, float], tuple[float, float]]  # south-west, north-east; latitude first
GeoJson = dict[str, Any]


@dataclass(frozen=True)
class Pin:
    """One thing on the map. Pins at the same point are drawn as one that lists them all."""

    code: str
    lat: float
    lon: float
    name: str
    url: str = ""
    craft: str = ""  # what colour and outline follow
    craft_name: str = ""  # for the legend, in the reader's language
    number: str = ""  # as in the list beside the map; goes before the icon
    icon: str = ""  # a symbol of static/img/icons.svg
    lines: tuple[str, ...] = ()  # short facts under the name
    approximate: bool = False  # only the town is known: drawn as "about here"
    kind: Literal["factory", "venue", "place"] = "factory"
    lang: str = ""  # of the name, where it is not the page's
    marks: tuple[Literal["open", "places"], ...] = ()  # open now; places left


@dataclass(frozen=True)
class LegendEntry:
    """One craft on the map: `shape` is the number in the class `pin-shape-<shape>`."""

    craft: str
    name: str
    shape: int
    icon: str
    count: int


def grouped(pins: Sequence[Pin]) -> list[list[Pin]]:
    """Pins by the point they stand on, in the order they were given."""
    groups: dict[tuple[float, float, bool], list[Pin]] = {}
    for pin in pins:
        if not (
            math.isfinite(pin.lat) and math.isfinite(pin.lon) and abs(pin.lat) <= 85 and abs(pin.lon) <= 180
        ):
            raise ValueError(f"not a point on the map: {pin.lat}, {pin.lon}")
        groups.setdefault((round(pin.lat, 5), round(pin.lon, 5), pin.approximate), []).append(pin)
    return list(groups.values())


def feature(group: Sequence[Pin], shapes: Mapping[str, int]) -> GeoJson:
    first = group[0]
    point = [round(first.lon, PLACES_AFTER_POINT), round(first.lat, PLACES_AFTER_POINT)]
    single = len(group) == 1
    properties = {
        "shape": shapes.get(first.craft, 0) if len({pin.craft for pin in group}) == 1 else 0,
        "text": first.number if single else numbers_of(group),
        "icon": _symbol(first.icon) if single and not first.number else "",
        "kind": first.kind,
        "about": first.approximate,
        "marks": sorted({mark for pin in group for mark in pin.marks}),
        "items": [_item(pin) for pin in group],
    }
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": point}, "properties": properties}


def numbers_of(group: Sequence[Pin]) -> str:
    """What stands in a pin for several at one point: their numbers where there is room for them, else how many they are."""
    numbers = "·".join(pin.number for pin in group)
    return numbers if all(pin.number for pin in group) and len(numbers) <= MOST_SIGNS else f"×{len(group)}"


def _item(pin: Pin) -> dict[str, object]:
    return {
        "code": pin.code,
        "name": pin.name,
        "url": web_link(pin.url),
        "craft": pin.craft_name,
        "lines": list(pin.lines),
        "lang": pin.lang,
    }


def _symbol(icon: str) -> str:
    return icon if re.fullmatch(r"[a-z0-9-]{1,40}", icon) else ""


def web_link(url: str) -> str:
    """The address if following it stays on the web; `javascript:` and the like become nothing."""
    return (
        url if re.match(r"(?:https?://|/(?![/\\]))", url) and not re.search(r"[\x00-\x20\x7f]", url) else ""
    )


def legend_of(pins: Sequence[Pin]) -> list[LegendEntry]:
    """The crafts in the order of their code, so that a craft keeps its colour when the language changes."""
    crafts: dict[str, list[Pin]] = {}
    for pin in pins:
        if pin.craft:
            crafts.setdefault(pin.craft, []).append(pin)
    return [
        LegendEntry(
            craft, found[0].craft_name or craft, index % SHAPES + 1, _symbol(found[0].icon), len(found)
        )
        for index, (craft, found) in enumerate(sorted(crafts.items()))
    ]


def bounds_of(pins: Sequence[Pin]) -> Bounds | None:
    if not pins:
        return None
    south, north = min(pin.lat for pin in pins), max(pin.lat for pin in pins)
    west, east = min(pin.lon for pin in pins), max(pin.lon for pin in pins)
    pad = MARGIN if north - south < MARGIN and east - west < MARGIN else 0.0
    return (
        (round(south - pad, PLACES_AFTER_POINT), round(west - pad, PLACES_AFTER_POINT)),
        (round(north + pad, PLACES_AFTER_POINT), round(east + pad, PLACES_AFTER_POINT)),
    )
