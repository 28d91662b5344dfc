"""What a page needs of the map: the element, the address of its script, the data."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from eventapp.maps.drawn import USUAL, MapColours, base_data
from eventapp.maps.pins import Bounds, GeoJson, LegendEntry, Pin, bounds_of, feature, grouped, legend_of
from eventapp.maps.script import TileSource, cached_script


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
    colours: MapColours = USUAL,
    cache: Path | None = None,
) -> MapParts:
    """The map of these pins over the drawn base layers, or over tiles where a source is set.

    `credit` names where the base layers come from. With `cache`, a folder, the script is written there once
    and read afterwards, which spares a web process from loading folium.
    """
    shown = list(pins)
    legend = legend_of(shown)
    shapes = {entry.craft: entry.shape for entry in legend}
    bounds = bounds_of(shown)
    features = [feature(group, shapes) for group in grouped(shown)]
    data = {
        "type": "FeatureCollection",
        "features": features,
        "bounds": bounds,
        "credit": "" if tiles else credit,
    }
    element, script = cached_script(name, tiles, colours, cache)
    drawn = {} if tiles else base_data(base or {})
    return MapParts(element, script, bounds, data, drawn, legend)


def map_script(
    *,
    name: str = "festival",
    tiles: TileSource | None = None,
    colours: MapColours = USUAL,
    cache: Path | None = None,
) -> str:
    """The script alone, for the address it is served at: the same as in `build_map` with the same settings."""
    return cached_script(name, tiles, colours, cache)[1]


def as_json(data: object) -> str:
    """JSON that may also stand inside a page's `<script type="application/json">`."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPED)


_ESCAPED = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&'\u2028\u2029"})
