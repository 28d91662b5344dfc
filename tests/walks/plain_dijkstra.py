"""A walking map of the tests' own: every node of the file is a vertex, nothing is compressed, snapped or cached.

It reads the XML with the standard library and knows the rules of walking from their description, not from the
product's code; only what it finds has to be the same.
"""

import heapq
import itertools
import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SPEEDS = {"normal": 4.8, "relaxed": 3.6, "stroller": 3.6, "wheelchair": 3.0}
STRAINS = {"normal": 1.0, "relaxed": 1.0, "stroller": 1.3, "wheelchair": 1.6}
BAD_GROUND = "unpaved gravel pebblestone cobblestone unhewn_cobblestone dirt earth ground mud sand grass grass_paver rock stone"
Arc = tuple[str, float, float, float]


class PlainMap:
    """All that can be walked in an .osm file, for one profile."""

    def __init__(self, path: Path, profile: str) -> None:
        self.profile = profile
        self.spots: dict[str, tuple[float, float]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.arcs: dict[str, list[Arc]] = {}
        root = ElementTree.parse(path).getroot()
        for node in root.iter("node"):
            self.spots[node.attrib["id"]] = (float(node.attrib["lat"]), float(node.attrib["lon"]))
            self.tags[node.attrib["id"]] = tags_of(node)
        self.ways = {
            way.attrib["id"]: ([nd.attrib["ref"] for nd in way.iter("nd")], tags_of(way))
            for way in root.iter("way")
        }
        for nodes, tags in self.ways.values():
            if self.walks(tags) and self.rolls(tags):
                self.enter([node for node in nodes if node in self.spots], tags)

    def walks(self, tags: dict[str, str]) -> bool:
        """Whether feet may use the way at all."""
        kind, foot = tags.get("highway", ""), tags.get("foot", "")
        if not kind and tags.get("railway") != "platform":
            return False
        if foot in ("no", "private", "use_sidepath"):
            return False
        welcome = foot in ("yes", "designated", "permissive")
        if kind in ("construction", "proposed", "planned", "no"):
            return False
        if kind in ("motorway", "motorway_link", "raceway", "busway") or tags.get("motorroad") == "yes":
            return welcome
        return welcome or tags.get("access") not in ("no", "private")

    def rolls(self, tags: dict[str, str]) -> bool:
        """Whether wheels may use the way, where there are wheels."""
        if self.profile in ("normal", "relaxed"):
            return True
        ramps = ["ramp:wheelchair"] + ["ramp:stroller"] * (self.profile == "stroller")
        if tags.get("highway") == "steps":
            return "conveying" not in tags and any(tags.get(ramp) == "yes" for ramp in ramps)
        if self.profile == "wheelchair" and tags.get("wheelchair") == "no":
            return False
        slope = tags.get("incline", "").strip("-+ %")
        return not (slope.replace(".", "", 1).isdigit() and float(slope) > 8)

    def enter(self, nodes: list[str], tags: dict[str, str]) -> None:
        """The way's pieces, and the straight lines across a square."""
        pairs = list(itertools.pairwise(nodes))
        if tags.get("area") == "yes" and tags.get("highway") in (
            "pedestrian",
            "footway",
            "corridor",
            "platform",
        ):
            pairs += self.lines_across(nodes)
        for a, b in pairs:
            if tags.get("conveying") != "backward":
                self.arc(a, b, tags)
            if tags.get("conveying") != "forward":
                self.arc(b, a, tags)

    def arc(self, a: str, b: str, tags: dict[str, str]) -> None:
        """One direction, unless a shut gate stands at its begin."""
        gate, there = self.tags[a], self.tags[b]
        shut = gate.get("access") in ("no", "private") and gate.get("foot") not in (
            "yes",
            "designated",
            "permissive",
        )
        if "barrier" in gate and (shut or gate.get("foot") in ("no", "private")):
            return
        metres = apart(self.spots[a], self.spots[b])
        seconds = metres / (SPEEDS[self.profile] / 3.6) * (2 if tags.get("highway") == "steps" else 1)
        rough = tags.get("surface", "?") in BAD_GROUND.split() or tags.get("smoothness") in (
            "bad",
            "very_bad",
            "horrible",
        )
        effort = seconds * (STRAINS[self.profile] if rough else 1)
        wait = 15 if "traffic_signals" in (there.get("highway"), there.get("crossing")) else 0
        unsure = self.profile == "wheelchair" and there.get("highway") == "crossing" and "kerb" not in there
        self.arcs.setdefault(a, []).append((b, effort + wait + 10 * unsure, seconds + wait, metres))

    def lines_across(self, nodes: list[str]) -> list[tuple[str, str]]:
        """Corners that see each other: sixty points between them all lie on the square."""
        corners = nodes[:-1]
        if not 4 <= len(corners) <= 40 or nodes[0] != nodes[-1]:
            return []
        ring = [self.spots[node] for node in corners]
        return [
            (corners[a], corners[b])
            for a in range(len(corners))
            for b in range(a + 2, len(corners))
            if (a, b) != (0, len(corners) - 1)
            and all(is_on(ring, between(ring[a], ring[b], n / 61)) for n in range(1, 61))
        ]

    def leg(self, a: str, b: str) -> tuple[float, float, float] | None:
        """Effort, seconds and metres from node to node; None where no way leads there."""
        heap, done = [(0.0, a, 0.0, 0.0)], set()
        while heap:
            effort, node, seconds, metres = heapq.heappop(heap)
            if node == b:
                return effort, seconds, metres
            if node in done:
                continue
            done.add(node)
            for after, more, time, way in self.arcs.get(node, ()):
                heapq.heappush(heap, (effort + more, after, seconds + time, metres + way))
        return None


def tags_of(element: ElementTree.Element) -> dict[str, str]:
    return {tag.attrib["k"]: tag.attrib["v"] for tag in element.iter("tag")}


def apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres on the globe, by the law of cosines for the angle between two vectors."""
    vectors = [
        (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
        for lat, lon in ((math.radians(a[0]), math.radians(a[1])), (math.radians(b[0]), math.radians(b[1])))
    ]
    return 6_371_008.8 * 2 * math.asin(math.dist(*vectors) / 2)


def between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def is_on(ring: list[tuple[float, float]], spot: tuple[float, float]) -> bool:
    """Whether the outline winds around the spot."""
    winding = 0
    for (ay, ax), (by, bx) in zip(ring, ring[1:] + ring[:1], strict=True):
        left = (bx - ax) * (spot[0] - ay) - (spot[1] - ax) * (by - ay)
        winding += (ay <= spot[0] < by and left > 0) - (by <= spot[0] < ay and left < 0)
    return winding != 0
