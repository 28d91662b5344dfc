"""The festival map: folium's parts for our own page.

folium writes the script that sets up Leaflet, its layers and its tiles; names, addresses and everything else
people typed travel as GeoJSON data, and `static/js/map.js` puts them on the page as text. So the script is
the same for every visitor, holds nothing anybody typed, and is served as a file of its own under a strict
content policy.
"""

import hashlib
import html
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from markupsafe import Markup

BASE_LAYERS = ("water", "green", "buildings", "roads", "main_roads", "railway")  # from the bottom up
ABOUT_METRES = 250  # radius of "about here" where only the town is known
SHAPES = 8  # pins differ by colour and outline; after the eighth craft they begin again
PLACES_AFTER_POINT = 6  # of pins; a tenth of a metre
BASE_PLACES = 5  # of the drawing; a metre
MOST_ZOOM = 19
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
class TileSource:
    """A public tile server, which then learns every visitor's address: the operator's own choice."""

    url: str  # with {z}, {x} and {y}
    attribution: str
    max_zoom: int = 18
    attribution_url: str = ""

    def __post_init__(self) -> None:
        if not re.match(r"https?://[\w.{}:-]+/|/(?!/)", self.url) or {"{z}", "{x}", "{y}"} - set(
            _FIELD.findall(self.url)
        ):
            raise ValueError("a tile address needs http(s) and {z}, {x}, {y}")
        if not self.attribution:
            raise ValueError("a tile source needs its attribution")

    @property
    def origin(self) -> str:
        """What `img-src` of the content policy has to allow; empty for our own host."""
        parts = urlsplit(self.url.replace("{s}.", "*."))
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


_FIELD = re.compile(r"\{\w+\}")


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


@dataclass(frozen=True)
class LegendEntry:
    """One craft on the map: `shape` is the number in the class `pin-shape-<shape>`."""

    craft: str
    name: str
    shape: int
    icon: str
    count: int


@dataclass(frozen=True)
class MapParts:
    """What a page needs: the element, the script (a file of its own), and the data (JSON at an address of its
    own).
    """

    div: Markup
    script: str
    bounds: Bounds | None  # None: nothing to show yet
    data: GeoJson
    base: dict[str, GeoJson] = field(default_factory=dict)
    legend: list[LegendEntry] = field(default_factory=list)

    @property
    def version(self) -> str:
        """Changes with the script; for its address."""
        return hashlib.sha256(self.script.encode()).hexdigest()[:12]


def build_map(
    pins: Iterable[Pin],
    *,
    base: Mapping[str, GeoJson] | None = None,
    credit: str = "",
    name: str = "festival",
    tiles: TileSource | None = None,
    colours: MapColours = MapColours(),
    cache: Path | None = None,
) -> MapParts:
    """The map of these pins over the drawn base layers, or over tiles where a source is set.

    `credit` names where the base layers come from. With `cache`, a folder, the script is written there once
    and read afterwards, which spares a web process from loading folium.
    """
    shown = list(pins)
    legend = _legend(shown)
    shapes = {entry.craft: entry.shape for entry in legend}
    bounds = _bounds(shown)
    features = [_feature(group, shapes) for group in _grouped(shown)]
    data = {
        "type": "FeatureCollection",
        "features": features,
        "bounds": bounds,
        "credit": "" if tiles else credit,
    }
    element, script = _cached_script(name, tiles, colours, cache)
    drawn = {} if tiles else base_data(base or {})
    return MapParts(element, script, bounds, data, drawn, legend)


def map_script(
    *,
    name: str = "festival",
    tiles: TileSource | None = None,
    colours: MapColours = MapColours(),
    cache: Path | None = None,
) -> str:
    """The script alone, for the address it is served at: the same as in `build_map` with the same settings."""
    return _cached_script(name, tiles, colours, cache)[1]


def base_data(layers: Mapping[str, GeoJson]) -> dict[str, GeoJson]:
    """The drawn base layers as one feature each, without any property: small, quick to draw, and nobody's
    text.
    """
    if unknown := set(layers) - set(BASE_LAYERS):
        raise ValueError(f"unknown base layers: {sorted(unknown)}")
    return {layer: _merged(layers[layer]) for layer in BASE_LAYERS if layer in layers}


def as_json(data: object) -> str:
    """JSON that may also stand inside a page's `<script type="application/json">`."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPED)


_ESCAPED = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&'\u2028\u2029"})


# Pins


def _grouped(pins: Sequence[Pin]) -> list[list[Pin]]:
    """Pins by the point they stand on, in the order they were given."""
    groups: dict[tuple[float, float, bool], list[Pin]] = {}
    for pin in pins:
        if not (
            math.isfinite(pin.lat) and math.isfinite(pin.lon) and abs(pin.lat) <= 85 and abs(pin.lon) <= 180
        ):
            raise ValueError(f"not a point on the map: {pin.lat}, {pin.lon}")
        groups.setdefault((round(pin.lat, 5), round(pin.lon, 5), pin.approximate), []).append(pin)
    return list(groups.values())


def _feature(group: Sequence[Pin], shapes: Mapping[str, int]) -> GeoJson:
    first = group[0]
    point = [round(first.lon, PLACES_AFTER_POINT), round(first.lat, PLACES_AFTER_POINT)]
    single = len(group) == 1
    properties = {
        "shape": shapes.get(first.craft, 0) if len({pin.craft for pin in group}) == 1 else 0,
        "text": first.number if single else f"×{len(group)}",
        "icon": _symbol(first.icon) if single and not first.number else "",
        "kind": first.kind,
        "about": first.approximate,
        "marks": sorted({mark for pin in group for mark in pin.marks}),
        "items": [_item(pin) for pin in group],
    }
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": point}, "properties": properties}


def _item(pin: Pin) -> dict[str, object]:
    return {
        "code": pin.code,
        "name": pin.name,
        "url": _link(pin.url),
        "craft": pin.craft_name,
        "lines": list(pin.lines),
        "lang": pin.lang,
    }


def _symbol(icon: str) -> str:
    return icon if re.fullmatch(r"[a-z0-9-]{1,40}", icon) else ""


def _link(url: str) -> str:
    """The address if following it stays on the web; `javascript:` and the like become nothing."""
    return (
        url if re.match(r"(?:https?://|/(?![/\\]))", url) and not re.search(r"[\x00-\x20\x7f]", url) else ""
    )


def _legend(pins: Sequence[Pin]) -> list[LegendEntry]:
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


def _bounds(pins: Sequence[Pin]) -> Bounds | None:
    if not pins:
        return None
    south, north = min(pin.lat for pin in pins), max(pin.lat for pin in pins)
    west, east = min(pin.lon for pin in pins), max(pin.lon for pin in pins)
    pad = MARGIN if north - south < MARGIN and east - west < MARGIN else 0.0
    return (
        (round(south - pad, PLACES_AFTER_POINT), round(west - pad, PLACES_AFTER_POINT)),
        (round(north + pad, PLACES_AFTER_POINT), round(east + pad, PLACES_AFTER_POINT)),
    )


# The drawn base map


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


# folium


def _cached_script(
    name: str, tiles: TileSource | None, colours: MapColours, cache: Path | None
) -> tuple[Markup, str]:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name):
        raise ValueError(f"not a name for a map: {name!r}")
    element = Markup('<div class="folium-map" id="{}"></div>').format(f"map_{name}")
    if cache is None:
        return element, _script(name, tiles, colours)
    settings = repr((SCRIPT_EDITION, name, tiles, colours))
    path = cache / f"map-{hashlib.sha256(settings.encode()).hexdigest()[:20]}.js"
    try:
        return element, path.read_text("utf-8")
    except FileNotFoundError:
        script = _script(name, tiles, colours)
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{id(script):x}")
        unfinished.write_text(script, "utf-8")
        unfinished.replace(path)
        return element, script


SCRIPT_EDITION = 1  # rises with every change below, so that no old script is read from a cache


def _script(name: str, tiles: TileSource | None, colours: MapColours) -> str:
    """Leaflet's calls as folium writes them, then one call that hands the layers to map.js."""
    import folium

    page = folium.Map(
        location=(0, 0), zoom_start=2, tiles=None, prefer_canvas=True, zoom_control="bottomright"
    )
    # folium's own lists belong to the class and point to four foreign hosts: new ones, on this map alone.
    page.default_js, page.default_css = [], []
    page._id = name
    page.options |= {"max_zoom": MOST_ZOOM, "zoom_snap": 1 if tiles else 0.25}
    ground = {
        layer: [_add(page, _drawing(style), f"{layer}_{index}") for index, style in enumerate(styles)]
        for layer, styles in ({} if tiles else _styles(colours)).items()
    }
    tile_layer = _add(page, _tile_layer(tiles), "source") if tiles else "null"
    about = _add(page, _data_layer(marker=_about_circle(colours)), "about")
    own = {
        "point_to_layer": folium.JsCode("koubaMap.pin"),
        "on_each_feature": folium.JsCode("koubaMap.describe"),
    }
    pins = _add(page, _data_layer(**own), "pins")
    figure: Any = page.get_root()
    figure.render()
    base = ",".join(f'"{layer}":[{",".join(names)}]' for layer, names in ground.items())
    handover = (
        f"koubaMap.start({page.get_name()},{{base:{{{base}}},tiles:{tile_layer},about:{about},pins:{pins}}});"
    )
    return _wrapped(page.get_name(), f"{figure.script.render()}\n{handover}")


def _wrapped(element: str, script: str) -> str:
    """The script with its names to itself, and silent on a page without the map."""
    plain = "\n".join(line.strip() for line in script.splitlines() if line.strip())
    return f'(function () {{\n"use strict";\nif (!document.getElementById("{element}")) return;\n{plain}\n}})();\n'


def _add(page: Any, layer: Any, name: str) -> str:
    """Add the layer under a name that is the same in every rendering; answers how the script calls it."""
    layer._id = name
    layer.add_to(page)
    return str(layer.get_name())


def _tile_layer(tiles: TileSource) -> Any:
    import folium

    credit = html.escape(tiles.attribution)
    if tiles.attribution_url and _link(tiles.attribution_url):
        credit = f'<a href="{html.escape(tiles.attribution_url)}" rel="noopener">{credit}</a>'
    # Not shown before map.js knows where to look: else the first tiles would be of another place.
    return folium.TileLayer(
        tiles=tiles.url, attr=credit, max_zoom=MOST_ZOOM, max_native_zoom=tiles.max_zoom, show=False
    )


def _about_circle(colours: MapColours) -> Any:
    import folium

    circle = folium.Circle(
        radius=ABOUT_METRES, color=colours.about, weight=2, dash_array="6 6", fill=True, fill_opacity=0.08
    )
    circle.options["interactive"] = False
    return circle


def _drawing(style: Mapping[str, object]) -> Any:
    return _data_layer(interactive=False, **style)


def _data_layer(**options: Any) -> Any:
    """A GeoJSON layer without data: map.js fetches and adds it."""
    import folium

    return folium.GeoJson({"type": "FeatureCollection", "features": []}, **options)


def _styles(colours: MapColours) -> dict[str, list[dict[str, object]]]:
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
