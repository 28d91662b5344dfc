"""The small map on which a point is set: its ground, and where it begins. The text field beside it is what counts."""

from typing import NamedTuple

from flask import Response, current_app

from eventapp import maps
from eventapp.festivals.models import Edition


class PointMap(NamedTuple):
    """What the macro `point_map` draws from. Without a public tile source the streets we drew ourselves are the ground."""

    base_url: str
    middle: tuple[float, float] | None
    tiles: str
    credit: str


def point_map(edition: Edition | None, base_url: str) -> PointMap:
    """The map for setting a point in this edition's town; `base_url` answers with `drawn_ground`."""
    middle = (
        (edition.lat, edition.lon)
        if edition is not None and edition.lat is not None and edition.lon is not None
        else None
    )
    tiles, layers = current_app.config["TILES_URL"], edition.base_map if edition is not None else {}
    credit = current_app.config["TILES_ATTRIBUTION"] if tiles else str(layers.get("credit", ""))
    return PointMap(base_url, middle, tiles, credit)


def drawn_ground(edition: Edition | None) -> Response:
    """The drawn base map of an edition, for whoever may set points in it."""
    layers = edition.base_map if edition is not None else {}
    drawn = maps.base_data({name: layer for name, layer in layers.items() if name in maps.BASE_LAYERS})
    return Response(maps.as_json(drawn), mimetype="application/json")
