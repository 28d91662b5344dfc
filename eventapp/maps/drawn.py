"""The base map that we draw ourselves from the festival's streets: its layers, colours and line styles."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

BASE_LAYERS = ("water", "green", "buildings", "roads", "main_roads", "railway")  # from the bottom up
BASE_PLACES = 5  # of the drawing; a metre

GeoJson = dict[str, Any]


@dataclass(frozen=True)
class MapColours:
    """The drawn base map in the festival's colours, as #rrggbb."""

    water: str = "#b9d7e6"
    green: str = "#d5e3c4"
    buildings: str = "#e2dacb"
    railway: str = "#6b645a"
    roads: str = "#ffffff"
    main_roads: str = "#fdf3dc"
    about: str = "#b3361b"

    def __post_init__(self) -> None:
        for colour in vars(self).values():
            if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
                raise ValueError(f"not a colour: {colour!r}")


USUAL = MapColours()


def base_data(layers: Mapping[str, GeoJson]) -> dict[str, GeoJson]:
    """The drawn base layers as one feature each, without any property: small, quick to draw, and nobody's
    text.
    """
    if unknown := set(layers) - set(BASE_LAYERS):
        raise ValueError(f"unknown base layers: {sorted(unknown)}")
    return {layer: _merged(layers[layer]) for layer in BASE_LAYERS if layer in layers}


def _merged(layer: GeoJson) -> GeoJson:
    """All lines of a layer as one line, all areas as one area: Leaflet then draws two things instead of
    thousands.
    """
    lines: list[Any] = []
    areas: list[Any] = []
    for geometry in _geometries(layer):
        coordinates = geometry["coordinates"]
        match geometry["type"]:
            case "LineString":
                lines.append(coordinates)
            case "MultiLineString":
                lines += coordinates
            case "Polygon":
                areas.append(coordinates)
            case "MultiPolygon":
                areas += coordinates
    parts = [{"type": "MultiPolygon", "coordinates": areas}] if areas else []
    parts += [{"type": "MultiLineString", "coordinates": lines}] if lines else []
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {**part, "coordinates": _rounded(part["coordinates"])},
        }
        for part in parts
    ]
    return {"type": "FeatureCollection", "features": features}


def _geometries(layer: GeoJson) -> Iterable[GeoJson]:
    """Every geometry in a GeoJSON object of whatever form."""
    if layer.get("type") == "FeatureCollection":
        for feature in layer["features"]:
            yield from _geometries(feature)
    elif layer.get("type") == "Feature":
        yield from _geometries(layer["geometry"]) if layer["geometry"] else ()
    elif layer.get("type") == "GeometryCollection":
        for geometry in layer["geometries"]:
            yield from _geometries(geometry)
    else:
        yield layer


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, int | float):
        return round(float(coordinates), BASE_PLACES)
    if coordinates and isinstance(coordinates[0], int | float):
        return [_rounded(number) for number in coordinates[:2]]
    return [_rounded(part) for part in coordinates]


def styles_of(colours: MapColours) -> dict[str, list[dict[str, object]]]:
    """How the base layers are drawn; a railway twice, as the dark line with white ties of Japanese maps."""
    area: dict[str, object] = {"fill_opacity": 1, "stroke": False}
    line: dict[str, object] = {"fill": False, "opacity": 1}
    styles: dict[str, list[dict[str, object]]] = {
        "water": [{"color": colours.water, "weight": 3, "fill_color": colours.water, "fill_opacity": 1}],
        "green": [{**area, "fill_color": colours.green}],
        "buildings": [{**area, "fill_color": colours.buildings}],
        "roads": [{**line, "color": colours.roads, "weight": 3}],
        "main_roads": [{**line, "color": colours.main_roads, "weight": 6}],
        "railway": [
            {**line, "color": colours.railway, "weight": 4},
            {**line, "color": "#ffffff", "weight": 2, "dash_array": "8 8"},
        ],
    }
    return {layer: styles[layer] for layer in BASE_LAYERS}
