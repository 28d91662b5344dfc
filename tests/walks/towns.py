"""Small towns drawn by hand, in metres, and written as OpenStreetMap files."""

import math
from pathlib import Path
from xml.sax.saxutils import quoteattr

from eventapp.walks.graph import Graph
from eventapp.walks.profiles import NORMAL, Profile
from eventapp.walks.reading import read_extract
from eventapp.walks.streets import Leg, OwnGraph

LAT, LON = 35.6, 139.7
DOWN = 111_195.08
ACROSS = DOWN * math.cos(math.radians(LAT))


def at(x: float, y: float) -> tuple[float, float]:
    """Latitude and longitude of a place x metres east and y metres north of the town's corner."""
    return LAT + y / DOWN, LON + x / ACROSS


class Town:
    """Nodes at places in metres, ways through them by name."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "town.osm"
        self.nodes: dict[str, tuple[float, float]] = {}
        self.node_tags: dict[str, dict[str, str]] = {}
        self.ways: list[tuple[list[str], dict[str, str]]] = []
        self.relations: list[tuple[list[tuple[int, str]], dict[str, str]]] = []
        self.number: dict[str, int] = {}

    def node(self, name: str, x: float, y: float, /, **tags: str) -> None:
        """A node; two underscores in a tag's name stand for a colon."""
        self.nodes[name] = (x, y)
        self.node_tags[name] = {key.replace("__", ":"): value for key, value in tags.items()}
        self.number.setdefault(name, len(self.number) + 1)

    def way(self, names: str, /, **tags: str) -> int:
        """A way through nodes named by single letters or, with spaces between, by words. Returns its id."""
        chain = names.split() if " " in names else list(names)
        self.ways.append((chain, {key.replace("__", ":"): value for key, value in tags.items()}))
        return 1000 + len(self.ways)

    def relation(self, members: list[tuple[int, str]], **tags: str) -> None:
        """A relation of ways with roles."""
        self.relations.append((members, tags))

    def text(self) -> str:
        """The town as OSM XML."""
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
        for name, (x, y) in self.nodes.items():
            lat, lon = at(x, y)
            lines.append(f'<node id="{self.number[name]}" lat="{lat:.8f}" lon="{lon:.8f}">')
            lines += [tag(*pair) for pair in self.node_tags[name].items()] + ["</node>"]
        for number, (chain, tags) in enumerate(self.ways, start=1001):
            lines.append(f'<way id="{number}">')
            lines += [f'<nd ref="{self.number.setdefault(name, len(self.number) + 1)}"/>' for name in chain]
            lines += [tag(*pair) for pair in tags.items()] + ["</way>"]
        for number, (members, tags) in enumerate(self.relations, start=5001):
            lines.append(f'<relation id="{number}">')
            lines += [f'<member type="way" ref="{way}" role="{role}"/>' for way, role in members]
            lines += [tag(*pair) for pair in tags.items()] + ["</relation>"]
        return "\n".join([*lines, "</osm>"])

    def graph(self, **options: object) -> Graph:
        """Write the file and read it as the product does."""
        self.path.write_text(self.text(), encoding="utf-8")
        return read_extract(self.path, **options)  # type: ignore[arg-type]

    def router(self, profile: Profile = NORMAL, *, use_scipy: bool = False) -> OwnGraph:
        """A router on the town."""
        return OwnGraph(self.graph(), profile, use_scipy=use_scipy)

    def leg(self, a: tuple[float, float], b: tuple[float, float], profile: Profile = NORMAL) -> Leg:
        """The walk between two places in metres."""
        router = self.router(profile)
        return router.leg(router.snap(*at(*a)), router.snap(*at(*b)))


def tag(key: str, value: str) -> str:
    return f"<tag k={quoteattr(key)} v={quoteattr(value)}/>"
