"""The drawn base map out of an extract: roads, railway, water, green and buildings as GeoJSON, small enough for a phone.

Colours are the page's business; the layers carry geometry only. What is too much is left out in a fixed order: small
buildings first, then all of them, then lanes and paths, so that streets and rivers are always there.
"""

import gzip
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import osmium
from osmium.filter import KeyFilter

from eventapp.walks.earth import Box, Plane
from eventapp.walks.reading import ExtractError, open_extract

KEYS = ("highway", "railway", "waterway", "natural", "building", "landuse", "leisure")
MAIN_ROADS = frozenset({"motorway", "trunk", "primary", "secondary", "tertiary"})
SMALL_WAYS = frozenset({"service", "footway", "path", "steps", "track", "cycleway", "corridor"})
RAILWAYS = frozenset({"rail", "light_rail", "subway", "tram", "monorail", "narrow_gauge"})
GREEN = {
    "natural": frozenset({"wood", "scrub", "grassland"}),
    "landuse": frozenset({"forest", "grass", "meadow", "cemetery"}),
    "leisure": frozenset({"park", "garden", "pitch"}),
}
MOST_BYTES = 90_000
"""Packed: the map page has 150 kB for the drawing and Leaflet together."""
TOLERANCE = 1.5
SMALLEST_BUILDINGS = (0.0, 60.0, 150.0, 400.0, 1000.0, math.inf)
SMALLEST_GREEN = 300.0
Line = list[tuple[float, float]]
Layers = dict[str, dict[str, Any]]


@dataclass(slots=True)
class Drawing:
    """Lines and areas in degrees, longitude first, by layer; `broken` counts points of streets that are missing."""

    main_roads: list[Line] = field(default_factory=list)
    roads: list[Line] = field(default_factory=list)
    small: list[Line] = field(default_factory=list)
    railway: list[Line] = field(default_factory=list)
    rivers: list[Line] = field(default_factory=list)
    water: list[list[Line]] = field(default_factory=list)
    green: list[list[Line]] = field(default_factory=list)
    buildings: list[tuple[float, list[Line]]] = field(default_factory=list)
    broken: int = 0


def draw(path: Path, area: Box) -> tuple[Layers, int]:
    """The layers of the area, and how many points of its streets the file does not have. Raises ExtractError."""
    plane = Plane((area.south + area.north) / 2, (area.west + area.east) / 2)
    file, keys = open_extract(path), KeyFilter(*KEYS)
    try:
        drawing = collect(
            osmium.FileProcessor(file).with_locations().with_areas(keys).with_filter(keys), area, plane
        )
    except RuntimeError as error:
        if "out of order" not in str(error):
            raise ExtractError("broken", str(error)) from error
        # Files from an editor are not sorted: areas are then taken from closed ways alone.
        drawing = collect(
            osmium.FileProcessor(file).with_locations().with_filter(keys), area, plane, closed_ways=True
        )
    except osmium.InvalidLocationError as error:
        raise ExtractError("broken", str(error)) from error
    return small_enough(drawing), drawing.broken


def collect(objects: Iterable[Any], area: Box, plane: Plane, *, closed_ways: bool = False) -> Drawing:
    """Lines and areas of everything that is drawn."""
    drawing = Drawing()
    for item in objects:
        if isinstance(item, osmium.osm.Way):
            read_line(item, drawing, area, plane)
            if closed_ways and item.is_closed():
                ring = [(node.lon, node.lat) for node in item.nodes if node.location.valid()]
                add_shape(dict(item.tags), [ring], drawing, area, plane)
        elif isinstance(item, osmium.osm.Area):
            for outer in item.outer_rings():
                holes = ([(node.lon, node.lat) for node in hole] for hole in item.inner_rings(outer))
                add_shape(
                    dict(item.tags), [[(node.lon, node.lat) for node in outer], *holes], drawing, area, plane
                )
    return drawing


def read_line(way: osmium.osm.Way, drawing: Drawing, area: Box, plane: Plane) -> None:
    """Streets, rails and rivers."""
    layer = layer_of_line(dict(way.tags))
    if layer is None:
        return
    valid = [node.location for node in way.nodes if node.location.valid()]
    if layer in ("main_roads", "roads", "small"):
        drawing.broken += len(way.nodes) - len(valid)
    for part in inside(valid, area):
        getattr(drawing, layer).append(rounded(simplified(part, plane)))


def layer_of_line(tags: dict[str, str]) -> str | None:
    """The layer a line belongs to; None for what is not drawn as a line."""
    highway = tags.get("highway", "")
    if tags.get("tunnel") in {"yes", "building_passage"} and highway == "":
        return None
    if highway and tags.get("area") != "yes" and highway not in {"construction", "proposed", "raceway"}:
        kind = highway.removesuffix("_link")
        return "main_roads" if kind in MAIN_ROADS else "small" if kind in SMALL_WAYS else "roads"
    if tags.get("railway") in RAILWAYS:
        return "railway"
    return "rivers" if tags.get("waterway") in {"river", "canal", "stream"} else None


def inside(nodes: Sequence[Any], area: Box) -> Iterator[Line]:
    """The stretches that touch the area, with one point beyond on each side."""
    holds = [area.holds(one.lat, one.lon) for one in nodes]
    piece: Line = []
    for at, location in enumerate(nodes):
        near = holds[at] or (at and holds[at - 1]) or (at + 1 < len(nodes) and holds[at + 1])
        if near:
            piece.append((location.lon, location.lat))
            continue
        if len(piece) > 1:
            yield piece
        piece = []
    if len(piece) > 1:
        yield piece


def add_shape(tags: dict[str, str], rings: list[Line], drawing: Drawing, area: Box, plane: Plane) -> None:
    """Water, green and buildings, each as outer ring and holes."""
    is_water = tags.get("natural") == "water" or tags.get("waterway") == "riverbank"
    is_green = any(tags.get(key) in kinds for key, kinds in GREEN.items())
    if not (is_water or is_green or "building" in tags):
        return
    if not any(area.holds(lat, lon) for lon, lat in rings[0]):
        return
    shape = [
        simple for ring in rings if len(ring) > 3 and len(simple := rounded(simplified(ring, plane))) > 3
    ]
    if not shape:
        return
    size = square_metres(rings[0], plane)
    if is_water:
        drawing.water.append(shape)
    elif is_green and size >= SMALLEST_GREEN:
        drawing.green.append(shape)
    elif "building" in tags:
        drawing.buildings.append((size, shape))


def small_enough(drawing: Drawing) -> Layers:
    """The richest drawing that a phone gets quickly."""
    layers: Layers = {}
    for smallest, with_small in [*((one, True) for one in SMALLEST_BUILDINGS), (math.inf, False)]:
        layers = layers_of(drawing, smallest, with_small)
        if packed_size(layers) <= MOST_BYTES:
            break
    return layers


def packed_size(layers: Layers) -> int:
    """Bytes as they travel."""
    return len(gzip.compress(json.dumps(layers, separators=(",", ":")).encode(), 6))


def layers_of(drawing: Drawing, smallest_building: float, with_small: bool) -> Layers:
    """GeoJSON by the names of maps.BASE_LAYERS, empty layers left out."""
    shapes: dict[str, list[dict[str, Any]]] = {
        "water": areas(drawing.water) + lines(drawing.rivers),
        "green": areas(drawing.green),
        "buildings": areas([shape for size, shape in drawing.buildings if size >= smallest_building]),
        "roads": lines(drawing.roads + (drawing.small if with_small else [])),
        "main_roads": lines(drawing.main_roads),
        "railway": lines(drawing.railway),
    }
    return {
        name: {"type": "FeatureCollection", "features": features}
        for name, features in shapes.items()
        if features
    }


def lines(parts: list[Line]) -> list[dict[str, Any]]:
    """All lines as one feature."""
    return [feature("MultiLineString", parts)] if parts else []


def areas(parts: list[list[Line]]) -> list[dict[str, Any]]:
    """All areas as one feature."""
    return [feature("MultiPolygon", parts)] if parts else []


def feature(kind: str, coordinates: Any) -> dict[str, Any]:
    """A feature without properties."""
    return {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": coordinates}}


def rounded(line: Line) -> Line:
    """To about a metre."""
    return [(round(lon, 5), round(lat, 5)) for lon, lat in line]


def square_metres(ring: Line, plane: Plane) -> float:
    """The area inside a ring."""
    places = [plane.place(lat, lon) for lon, lat in ring]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(places, places[1:] + places[:1], strict=True))
    return abs(twice) / 2


def simplified(line: Line, plane: Plane) -> Line:
    """The line without points that lie within 1.5 m of it (Douglas and Peucker), its ends kept."""
    places = [plane.place(lat, lon) for lon, lat in line]
    keep, spans = {0, len(line) - 1}, [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        farthest, at = 0.0, 0
        for middle in range(first + 1, last):
            apart = off_line(places[middle], places[first], places[last])
            if apart > farthest:
                farthest, at = apart, middle
        if farthest > TOLERANCE:
            keep.add(at)
            spans += [(first, at), (at, last)]
    return [line[at] for at in sorted(keep)]


def off_line(point: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres from a straight piece."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    if not square:
        return math.hypot(point[0] - a[0], point[1] - a[1])
    part = max(0.0, min(1.0, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / square))
    return math.hypot(a[0] + part * dx - point[0], a[1] + part * dy - point[1])
