"""From an OpenStreetMap extract to the walking graph.

Ways are joined only where they share a node: lines that merely cross are bridges and tunnels. Extracts come as .osm.pbf
or as .osm (also packed with gzip or bzip2); which of them it is, is seen from the content, not from the name.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import osmium
from osmium.filter import IdFilter, KeyFilter

from eventapp.walks import tagging
from eventapp.walks.earth import Box, Point, length
from eventapp.walks.graph import Graph, Landmark, Way
from eventapp.walks.plazas import sight_lines

KEYS = ("highway", "railway", "barrier", "kerb", "crossing", *tagging.POI_KEYS)
REPORT_EVERY = 5000
Progress = Callable[[int], None]


class ExtractError(ValueError):
    """The extract cannot be used. `kind` is one of "empty", "not_osm", "broken" and "no_streets"."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


@dataclass(slots=True)
class RawWay:
    """A walkable way as the map has it."""

    number: int
    nodes: list[int]
    flags: int
    names: dict[str, str]
    plaza: bool = False


@dataclass(slots=True)
class Raw:
    """Everything of the extract that matters for walking."""

    points: dict[int, Point] = field(default_factory=dict)
    spots: dict[int, int] = field(default_factory=dict)
    ways: list[RawWay] = field(default_factory=list)
    landmarks: list[Landmark] = field(default_factory=list)
    missing_nodes: int = 0


def read_extract(
    path: Path,
    *,
    area: Box | None = None,
    without: Collection[int] = (),
    progress: Progress | None = None,
) -> Graph:
    """The walking graph of an extract, cut to `area` where given; `without` are way ids the organizer excludes.

    `progress` is told from time to time how many objects were read. Raises ExtractError for a file that is empty, cut
    off or no OpenStreetMap data, and when no street lies in the area.
    """
    file = open_extract(path)
    raw = Raw()
    try:
        rings = read_rings(file)
        read_objects(file, raw, area, frozenset(without), progress)
        read_ring_ways(file, raw, rings, area)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise ExtractError("broken", str(error)) from error
    if not raw.ways:
        raise ExtractError("no_streets")
    return build_graph(raw)


def open_extract(path: Path) -> osmium.io.File:
    """The file with its format as seen from its first bytes. Raises ExtractError for what cannot be OSM data."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise ExtractError("broken", str(error)) from error
    if not head.strip():
        raise ExtractError("empty")
    for kind, fits in (
        ("pbf", b"OSMHeader" in head[:32]),
        ("osm", head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<osm"))),
        ("osm.gz", head.startswith(b"\x1f\x8b")),
        ("osm.bz2", head.startswith(b"BZh")),
    ):
        if fits:
            return osmium.io.File(str(path), kind)
    raise ExtractError("not_osm")


def read_rings(file: osmium.io.File) -> dict[int, int]:
    """The outer ways of walkable areas that are mapped as relations, with what is known of the area."""
    rings: dict[int, int] = {}
    for relation in osmium.FileProcessor(file, osmium.osm.RELATION).with_filter(KeyFilter("highway")):
        tags = dict(relation.tags)
        if (
            isinstance(relation, osmium.osm.Relation)
            and tags.get("type") == "multipolygon"
            and tagging.is_walkable(tags)
        ):
            outer = (
                member.ref for member in relation.members if member.type == "w" and member.role != "inner"
            )
            rings.update(dict.fromkeys(outer, int(tagging.way_flags(tags))))
    return rings


def read_objects(
    file: osmium.io.File, raw: Raw, area: Box | None, without: frozenset[int], progress: Progress | None
) -> None:
    """Ways and nodes of note, in one go through the file."""
    objects = osmium.FileProcessor(file).with_locations().with_filter(KeyFilter(*KEYS))
    for count, item in enumerate(objects):
        if progress and count % REPORT_EVERY == 0:
            progress(count)
        if isinstance(item, osmium.osm.Node):
            read_node(item, raw, area)
        elif isinstance(item, osmium.osm.Way) and item.id not in without:
            tags = dict(item.tags)
            if tagging.is_walkable(tags):
                add_way(raw, item, tags, area)


def read_node(node: osmium.osm.Node, raw: Raw, area: Box | None) -> None:
    """Signals, barriers, kerbs; names that help to find the way."""
    tags = dict(node.tags)
    flags = tagging.spot_flags(tags)
    if flags:
        raw.spots[node.id] = int(flags)
    kind = tagging.landmark_kind(tags)
    if kind and (area is None or area.holds(node.lat, node.lon)):
        raw.landmarks.append(Landmark(node.lat, node.lon, kind, tagging.names_of(tags)))


def add_way(raw: Raw, way: osmium.osm.Way, tags: dict[str, str], area: Box | None) -> None:
    """Keep the parts of the way that are inside the area and whose nodes the extract has."""
    flags, names = int(tagging.way_flags(tags)), tagging.names_of(tags)
    whole = way.is_closed() and tagging.is_plaza(tags)
    total = len(way.nodes)
    for nodes in pieces(raw, way, area):
        raw.ways.append(RawWay(way.id, nodes, flags, names, plaza=whole and len(nodes) == total))


def pieces(raw: Raw, way: osmium.osm.Way, area: Box | None) -> Iterator[list[int]]:
    """The stretches of the way that are there: it is cut where a node is missing or outside the area."""
    piece: list[int] = []
    for node in way.nodes:
        location = node.location
        inside = location.valid()
        raw.missing_nodes += not inside
        if inside and (area is None or area.holds(location.lat, location.lon)):
            raw.points[node.ref] = Point(location.lat, location.lon)
            if not piece or piece[-1] != node.ref:
                piece.append(node.ref)
            continue
        if len(piece) > 1:
            yield piece
        piece = []
    if len(piece) > 1:
        yield piece


def read_ring_ways(file: osmium.io.File, raw: Raw, rings: dict[int, int], area: Box | None) -> None:
    """The outlines of areas mapped as relations, as far as they are not ways to walk themselves."""
    known = {way.number for way in raw.ways}
    wanted = [number for number in rings if number not in known]
    if not wanted:
        return
    for way in osmium.FileProcessor(file).with_locations().with_filter(IdFilter(wanted)):
        if isinstance(way, osmium.osm.Way):
            raw.ways += [RawWay(way.id, nodes, rings[way.id], {}) for nodes in pieces(raw, way, area)]


def build_graph(raw: Raw) -> Graph:
    """Cut the ways at every node that they share, at their ends and at spots of note."""
    graph, numbers = Graph(landmarks=raw.landmarks), {}
    uses = Counter(node for way in raw.ways for node in way.nodes)
    cuts = {node for node, count in uses.items() if count > 1} | raw.spots.keys()
    cuts |= {node for way in raw.ways for node in (way.nodes[0], way.nodes[-1])}
    lines = {id(way): sight_lines([raw.points[node] for node in way.nodes]) for way in raw.ways if way.plaza}
    cuts |= {way.nodes[at] for way in raw.ways if way.plaza for line in lines[id(way)] for at in line}
    for node in sorted(cuts):
        if node in uses:
            numbers[node] = graph.node_count
            graph.lats.append(raw.points[node].lat)
            graph.lons.append(raw.points[node].lon)
            graph.spots.append(raw.spots.get(node, 0))
    names: dict[tuple[tuple[str, str], ...], int] = {}
    for way in raw.ways:
        name = name_number(graph, names, way.names)
        for stretch in stretches(way.nodes, cuts):
            add_edge(graph, raw, numbers, way, stretch, name)
        for a, b in lines.get(id(way), ()):
            add_edge(graph, raw, numbers, way, [way.nodes[a], way.nodes[b]], name, Way.ACROSS_AREA)
    return graph


def name_number(graph: Graph, known: dict[tuple[tuple[str, str], ...], int], names: dict[str, str]) -> int:
    """The number of the street's name in the graph; -1 for none."""
    if not names:
        return -1
    key = tuple(sorted(names.items()))
    if key not in known:
        known[key] = len(graph.names)
        graph.names.append(names)
    return known[key]


def stretches(nodes: list[int], cuts: Collection[int]) -> Iterator[list[int]]:
    """The way's nodes, cut at junctions; both ends belong to a stretch."""
    begin = 0
    for at in range(1, len(nodes)):
        if nodes[at] in cuts:
            yield nodes[begin : at + 1]
            begin = at


def add_edge(
    graph: Graph,
    raw: Raw,
    numbers: dict[int, int],
    way: RawWay,
    nodes: list[int],
    name: int,
    more: int = 0,
) -> None:
    """One stretch between two nodes of the graph."""
    line = [raw.points[node] for node in nodes]
    graph.tails.append(numbers[nodes[0]])
    graph.heads.append(numbers[nodes[-1]])
    graph.metres.append(length(line))
    graph.ways.append(way.flags | more)
    graph.way_ids.append(way.number)
    graph.name_of.append(name)
    graph.point_lats.extend(array("d", (point.lat for point in line)))
    graph.point_lons.extend(array("d", (point.lon for point in line)))
    graph.point_first.append(len(graph.point_lats))
