"""Writes the made-up town as an OpenStreetMap XML extract, for whatever reads streets."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from eventapp.demo.kinds import Town


def write_osm(town: Town, path: Path | str) -> None:
    """Write bounds, nodes and ways (OSM XML 0.6, UTF-8) to `path`; the same bytes for the same town."""
    ground = town.ground
    root = ElementTree.Element("osm", version="0.6", generator="kouba demo town")
    low, high = ground.south_west, ground.north_east
    ElementTree.SubElement(
        root, "bounds", minlat=f"{low.lat}", minlon=f"{low.lon}", maxlat=f"{high.lat}", maxlon=f"{high.lon}"
    )
    for node in ground.nodes:
        attributes = {
            "id": str(node.id),
            "version": "1",
            "lat": f"{node.point.lat:.7f}",
            "lon": f"{node.point.lon:.7f}",
        }
        _tags(ElementTree.SubElement(root, "node", attributes), node.tags)
    for way in ground.ways:
        element = ElementTree.SubElement(root, "way", id=str(way.id), version="1")
        for ref in way.nodes:
            ElementTree.SubElement(element, "nd", ref=str(ref))
        _tags(element, way.tags)
    ElementTree.indent(root, " ")
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _tags(element: ElementTree.Element, tags: tuple[tuple[str, str], ...]) -> None:
    for key, value in tags:
        ElementTree.SubElement(element, "tag", k=key, v=value)
