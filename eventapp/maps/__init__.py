"""The festival map: folium's parts for our own page.

folium writes the script that sets up Leaflet, its layers and its tiles; names, addresses and everything else
people typed travel as GeoJSON data, and `static/js/map.js` puts them on the page as text. So the script is
the same for every visitor, holds nothing anybody typed, and is served as a file of its own under a strict
content policy.

    parts.py    what a page needs: element, script, data
    pins.py     factories, venues and places as GeoJSON, and the legend
    drawn.py    the base map that we draw ourselves
    script.py   folium
"""

from eventapp.maps.drawn import BASE_LAYERS, MapColours, base_data
from eventapp.maps.parts import MapParts, as_json, build_map, map_script
from eventapp.maps.pins import LegendEntry, Pin
from eventapp.maps.script import TileSource

__all__ = [
    "BASE_LAYERS",
    "LegendEntry",
    "MapColours",
    "MapParts",
    "Pin",
    "TileSource",
    "as_json",
    "base_data",
    "build_map",
    "map_script",
]
