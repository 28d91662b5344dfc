"""A small base map of the made-up town as GeoJSON, to be drawn under the pins without any foreign tile."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from eventapp.demo.kinds import GroundWay, Point, Town

ROAD_CLASS = {
    "primary": "main", "secondary": "main", "tertiary": "street", "residential": "lane", "unclassified": "lane",
    "living_street": "lane", "service": "lane", "track": "lane", "pedestrian": "path", "footway": "path",
    "path": "path", "steps": "steps",
}  # fmt: skip


def geojson_layers(town: Town) -> dict[str, dict[str, Any]]:
    """FeatureCollections by layer, in drawing order: green, water, buildings, roads, railway.

    Coordinates have five digits (about a metre). Lines of one class and name share a feature, and so do all
    plain buildings, which keeps the whole under 120 kB. Feature properties: class, and name / name_en where
    there is one.
    """
    points = {node.id: node.point for node in town.ground.nodes}
    layers: dict[str, dict[tuple[str, str, str], list[Any]]] = {
        name: defaultdict(list) for name in ("green", "water", "buildings", "roads", "railway")
    }
    for way in town.ground.ways:
        if found := _layer(way):
            layer, kind = found
            name = way.tag("name") or ""
            shape = [_rounded(points[node]) for node in way.nodes]
            layers[layer][kind, name, way.tag("name:en") or name].append(shape)
    return {name: _collection(groups, name in {"green", "buildings"}) for name, groups in layers.items()}


def _layer(way: GroundWay) -> tuple[str, str] | None:
    if way.tag("building"):
        return "buildings", "factory" if way.tag("man_made") else way.tag("building") or "yes"
    if highway := way.tag("highway"):
        aisle = way.tag("footway") in {"access_aisle", "sidewalk", "crossing"}
        return None if aisle else ("roads", ROAD_CLASS[highway])
    if way.tag("railway"):
        return "railway", "rail"
    if way.tag("natural") == "water":
        return "water", "area"
    if way.tag("waterway"):
        return "water", way.tag("waterway") or "stream"
    if way.tag("natural") or way.tag("leisure"):
        return "green", "wood" if way.tag("natural") else "park"
    return None


def _rounded(point: Point) -> list[float]:
    return [round(point.lon, 5), round(point.lat, 5)]


def _collection(groups: dict[tuple[str, str, str], list[Any]], areas: bool) -> dict[str, Any]:
    features = []
    for (kind, name, name_en), shapes in sorted(groups.items()):
        area = areas or kind == "area"
        geometry = (
            {"type": "MultiPolygon", "coordinates": [[shape] for shape in shapes]}
            if area
            else {"type": "MultiLineString", "coordinates": shapes}
        )
        properties = {"class": kind, **({"name": name, "name_en": name_en} if name else {})}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}
