"""The map's script as folium writes it: the same for every visitor, kept in a file once it was written."""

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from eventapp.maps.drawn import MapColours, styles_of
from eventapp.maps.pins import web_link

ABOUT_METRES = 250  # radius of "about here" where only the town is known
MOST_ZOOM = 19


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


def cached_script(
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
        for layer, styles in ({} if tiles else styles_of(colours)).items()
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
    if tiles.attribution_url and web_link(tiles.attribution_url):
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
