"""The land of the made-up town, drawn by hand and by a seeded generator: streets, river, railway, hill.

The town lies between a hill in the north-west and a river in the east; the railway cuts it in two. Main
streets are drawn by hand; the residential lattice between them is warped, thinned and woven into one
network. `Land` holds plane metres; `town.py` turns it into WGS84.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from eventapp.demo.network import Line, Network, weave
from eventapp.demo.plane import XY, crosses, crossing, distance, inside, offset, segments, smooth, to_line

WIDTH, HEIGHT = 3000.0, 2500.0

RIVER = smooth(
    [
        (2090, 2500),
        (2030, 2180),
        (1920, 1800),
        (1955, 1400),
        (2050, 1020),
        (1965, 620),
        (1985, 260),
        (2070, 0),
    ]
)
BROOK = smooth([(180, 2500), (250, 2200), (160, 1700), (120, 1350), (60, 1000), (0, 900)])
RAILWAY = smooth([(0, 752), (500, 815), (1000, 858), (1400, 862), (2000, 845), (2500, 815), (3000, 800)], 120)
HILL: list[XY] = [*smooth([(110, 2500), (170, 2150), (250, 1850), (390, 1700), (520, 1740), (570, 1960), (690, 2090)]),
        *smooth([(700, 2110), (830, 2260), (860, 2500)]), (110, 2500)]  # fmt: skip
EAST_WOOD: list[XY] = [
    *smooth([(2880, 2500), (2850, 2330), (2900, 2120), (3000, 2020)]),
    (3000, 2500),
    (2880, 2500),
]
MINAMI_PARK: list[XY] = [(880, 320), (990, 330), (985, 420), (875, 410), (880, 320)]
RIVER_PARK: list[XY] = [(1860, 940), (1950, 930), (1905, 1120), (1835, 1125), (1860, 940)]
STATION_SQUARE: list[XY] = [(1130, 882), (1262, 886), (1260, 950), (1128, 946), (1130, 882)]
KEEP_FREE: list[list[XY]] = [HILL, EAST_WOOD, MINAMI_PARK, RIVER_PARK, STATION_SQUARE]
STATION_NORTH, STATION_SOUTH = (1188.0, 884.0), (1186.0, 836.0)


def _named(kind: str, ja: str, en: str, **more: str) -> dict[str, str]:
    tags = {"highway": kind, "name": ja, "name:ja": ja, "name:en": en}
    return {**tags, **{key.replace("__", ":"): value for key, value in more.items()}}


_MAIN: list[tuple[list[XY], dict[str, str]]] = [
    ([(0, 1188), (320, 1160), (640, 1120), (1190, 1108), (1620, 1122), (1850, 1150), (2080, 1196), (2500, 1204),
      (3000, 1158)], _named("primary", "本町通り", "Honmachi-dori", ref="72", lanes="2", sidewalk="both", lit="yes")),
    ([(1190, 950), (1194, 1110), (1184, 1330), (1180, 1555), (1130, 1850), (1090, 2150), (1060, 2500)],
     _named("secondary", "駅前通り", "Ekimae-dori", lanes="2", sidewalk="both", lit="yes")),
    ([(2500, 2500), (2470, 2150), (2440, 1880), (2470, 1580), (2500, 1204), (2480, 815), (2520, 430), (2540, 0)],
     _named("secondary", "団地大通り", "Danchi-odori", lanes="2", sidewalk="right")),
    ([(0, 470), (330, 500), (700, 515), (1300, 505), (1640, 490), (1930, 470), (2140, 450), (2520, 430), (3000, 395)],
     _named("secondary", "南大通り", "Minami-odori", lanes="2", sidewalk="both", lit="yes")),
    ([(570, 0), (585, 500), (608, 824), (640, 1120), (650, 1380), (660, 1605), (760, 1640), (1000, 1615),
      (1180, 1555), (1640, 1540), (1880, 1545), (2060, 1550), (2460, 1590), (3000, 1640)],
     _named("tertiary", "山手通り", "Yamate-dori", lanes="2", sidewalk="left")),
    ([(1620, 0), (1640, 490), (1650, 720), (1640, 860), (1620, 1122), (1640, 1540), (1560, 1880), (1420, 2080)], _named("tertiary", "織屋通り", "Oriya-dori", lanes="2")),
    ([(1110, 2110), (1420, 2080), (1820, 2140), (2060, 2190), (2470, 2150), (2760, 2230), (3000, 2300)],
     _named("tertiary", "北谷街道", "Kitadani-kaido", lanes="2")),
    ([(1940, 2500), (1900, 2140), (1830, 1840), (1840, 1550), (1850, 1150)],
     _named("unclassified", "堤通り", "Tsutsumi-dori")),
    ([(0, 1640), (210, 1620), (430, 1590), (660, 1605)], _named("unclassified", "西山道", "Nishiyama-michi")),
    ([(2800, 1180), (2870, 1130), (2900, 1040), (2880, 850), (2860, 620), (2530, 600)],
     _named("unclassified", "東環状", "Higashi Loop")),
    ([(230, 500), (240, 330), (330, 210), (575, 180)], _named("unclassified", "田尻道", "Tajiri-michi")),
    ([(2530, 330), (2680, 310), (2830, 350), (2860, 620)], _named("unclassified", "渡場道", "Wataba-michi")),
    ([(2470, 2150), (2620, 2110), (2740, 2150), (2760, 2230)], {"highway": "service", "surface": "asphalt"}),
    ([(1192, 1000), (1290, 1044), (1420, 1046), (1630, 1030)],
     _named("residential", "倉庫通り", "Soko-dori", sidewalk="both")),
    ([(1194, 950), (1210, 905), (1188, 884)], {"highway": "pedestrian", "lit": "yes", "surface": "paving_stones"}),
    ([(1186, 836), (1186, 790), (1190, 700), (1196, 505), (1200, 200)],
     _named("tertiary", "駅南通り", "Ekiminami-dori", lanes="2", sidewalk="both", lit="yes")),
]  # fmt: skip

_FOOT: list[tuple[list[XY], dict[str, str], int]] = [
    # The slope to the kilns: cobbled, steep, and the reason why step-free routes exist.
    ([(664, 1606), (656, 1700), (672, 1790), (696, 1862), (740, 1940), (840, 2040), (1000, 2090), (1110, 2112)],
     _named("living_street", "窯坂", "Kamasaka", surface="sett", incline="14%", wheelchair="no", width="1.8"), 0),
    ([(656, 1700), (590, 1760)], {"highway": "footway", "surface": "ground"}, 0),
    ([(590, 1760), (520, 1850), (470, 1930)], _named("steps", "鞴神社石段", "Fuigo Shrine steps", step_count="118",
                                                   incline="up", handrail="yes", wheelchair="no"), 0),
    ([(470, 1930), (420, 1990), (440, 2080), (540, 2160), (650, 2180), (780, 2080), (840, 2040)],
     {"highway": "path", "surface": "ground", "incline": "8%", "wheelchair": "no"}, 0),
    # Over the railway beside the station, and over the main street: no junction below.
    ([(1210, 905), (1244, 896)], {"highway": "footway"}, 0),
    ([(1244, 896), (1248, 880)], {"highway": "steps", "step_count": "34", "incline": "up", "handrail": "yes"}, 0),
    ([(1248, 880), (1246, 836)], _named("footway", "南北自由通路", "Station footbridge", bridge="yes", layer="1",
                                        covered="yes"), 1),
    ([(1246, 836), (1242, 818)], {"highway": "steps", "step_count": "34", "incline": "down", "handrail": "yes"}, 0),
    ([(1242, 818), (1186, 800)], {"highway": "footway"}, 0),
    ([(1436, 1062), (1438, 1096)], {"highway": "steps", "step_count": "28", "incline": "up"}, 0),
    ([(1438, 1096), (1440, 1136)], _named("footway", "本町歩道橋", "Honmachi footbridge", bridge="yes", layer="1"), 1),
    ([(1440, 1136), (1442, 1172)], {"highway": "steps", "step_count": "28", "incline": "down"}, 0),
    ([(1320, 1112), (1322, 1066), (1436, 1062)], {"highway": "footway", "surface": "asphalt"}, 0),
    ([(1442, 1172), (1520, 1170), (1524, 1118)], {"highway": "footway", "surface": "asphalt"}, 0),
    # Minami Park.
    ([(800, 210), (930, 372), (1090, 520)], {"highway": "footway", "surface": "fine_gravel"}, 0),
    ([(780, 450), (930, 372), (1110, 300)], {"highway": "footway", "surface": "fine_gravel"}, 0),
]  # fmt: skip

# corner, size of the patch, columns, rows, turn in degrees, share of edges left out, kind, street names
_PATCHES: list[tuple[XY, XY, int, int, float, float, str, Sequence[tuple[str, str]]]] = [
    ((648, 925), (1000, 640), 11, 8, 0.8, 0.13, "residential",
     [("鍛冶町小路", "Kajimachi-koji"), ("升屋小路", "Masuya-koji"), ("仲町一条", "Nakamachi 1-jo"),
      ("仲町二条", "Nakamachi 2-jo"), ("紺屋小路", "Konya-koji"), ("砥屋小路", "Toya-koji"),
      ("井戸端通り", "Idobata-dori"), ("紙屋小路", "Kamiya-koji")]),
    ((1660, 1180), (170, 340), 3, 5, -2.0, 0.08, "residential", [("藍窪小路", "Aikubo-koji")]),
    ((2120, 880), (760, 700), 6, 6, -1.5, 0.1, "unclassified",
     [("団地一号線", "Danchi Line 1"), ("団地二号線", "Danchi Line 2"), ("団地三号線", "Danchi Line 3")]),
    ((600, 110), (1030, 690), 11, 8, -1.0, 0.14, "residential",
     [("機屋小路", "Hataya-koji"), ("綿打通り", "Watauchi-dori"), ("南一条", "Minami 1-jo"),
      ("南二条", "Minami 2-jo"), ("箱屋小路", "Hakoya-koji"), ("糸巻通り", "Itomaki-dori")]),
    ((700, 1640), (440, 420), 6, 6, 11.0, 0.2, "residential", [("窯元小路", "Kamamoto-koji"), ("硝子坂", "Garasu-zaka")]),
    ((1220, 1590), (360, 430), 4, 5, 4.0, 0.16, "residential", [("桑畑通り", "Kuwabatake-dori")]),
    ((110, 880), (520, 700), 4, 5, -3.0, 0.2, "residential", [("西町通り", "Nishimachi-dori")]),
    ((2150, 120), (360, 650), 3, 5, 2.0, 0.2, "unclassified", [("渡し場道", "Watashiba-michi")]),
    ((2100, 1640), (340, 480), 3, 4, -4.0, 0.2, "residential", [("川北通り", "Kawakita-dori")]),
    ((90, 120), (470, 360), 3, 3, 3.0, 0.25, "track", []),
    ((1680, 100), (230, 360), 3, 4, 1.0, 0.15, "residential", [("川端通り", "Kawabata-dori")]),
]  # fmt: skip

DISTRICTS: list[tuple[str, str, XY]] = [
    ("鍛冶町", "Kajimachi", (800, 1400)),
    ("仲町", "Nakamachi", (1150, 1220)),
    ("本町", "Honmachi", (1450, 1200)),
    ("紺屋町", "Konyamachi", (1730, 1380)),
    ("川東", "Kawahigashi", (2450, 1250)),
    ("機屋町", "Hatayamachi", (880, 560)),
    ("駅南", "Ekiminami", (1300, 480)),
    ("窯坂", "Kamasaka", (800, 1860)),
    ("奥砥", "Okuto", (2760, 2180)),
    ("田尻", "Tajiri", (270, 330)),
    ("渡場", "Wataba", (2740, 340)),
    ("西町", "Nishimachi", (350, 1200)),
]


@dataclass
class Land:
    """The network and the outlines drawn with it, in plane metres."""

    network: Network
    river: list[XY]
    river_banks: list[XY]
    signals: list[XY]


def draw_land(rng: Random) -> Land:
    """Draw the streets, the same for the same random state."""
    mains = [Line(_clip(smooth(points)), tags) for points, tags in _MAIN]
    feet = [
        Line(_clip(smooth(p, 30)), tags, level, tags.get("surface") == "fine_gravel")
        for p, tags, level in _FOOT
    ]
    banks = [Line(_clip(offset(RIVER, side)), {"highway": "footway", "name": "鈴砥川遊歩道", "name:ja": "鈴砥川遊歩道",
                                        "name:en": "Suzuto River walk"}) for side in (36.0, -36.0)]  # fmt: skip
    patches = [line for patch in _PATCHES for line in _lattice(rng, patch, mains)]
    rail = Line(
        list(RAILWAY), {"railway": "rail", "name": "砥石線", "name:en": "Toishi Line", "gauge": "1067"}
    )
    lines = [*_with_bridges([*mains, rail]), *feet, *banks, *patches, *_sidewalks()]
    network = weave(lines)
    network.trim_stubs()
    network.keep_connected(network.node((1194.0, 1110.0)))
    signals = _signals(network)
    _mark_crossings(network)
    return Land(network, _clip(RIVER), _banks(rng), signals)


def district(p: XY) -> tuple[str, str, XY]:
    """The district a point lies in: the one whose middle is nearest."""
    return min(DISTRICTS, key=lambda one: distance(one[2], p))


def _clip(points: list[XY]) -> list[XY]:
    return [(min(max(x, 0.0), WIDTH), min(max(y, 0.0), HEIGHT)) for x, y in points]


def _banks(rng: Random) -> list[XY]:
    left = [(x + rng.uniform(-3, 3), y) for x, y in offset(RIVER, 22)]
    right = [(x + rng.uniform(-3, 3), y) for x, y in offset(RIVER, -22)]
    return _clip([*left, *reversed(right), left[0]])


def _with_bridges(lines: list[Line]) -> list[Line]:
    """Cut each line at the river's edges; the part over the water becomes a bridge."""
    names = iter([("槌見大橋", "Tsuchimi Bridge"), ("南大橋", "Minami Bridge"), ("新鈴橋", "Shinsuzu Bridge"),
                  ("北谷橋", "Kitadani Bridge"), ("砥石線鈴砥川橋梁", "Suzuto River rail bridge")])  # fmt: skip
    cut: list[Line] = []
    for line in lines:
        parts = _split(line.points, [offset(RIVER, 27), offset(RIVER, -27)])
        if len(parts) != 3:
            cut.append(line)
            continue
        ja, en = next(names)
        over = {**line.tags, "bridge": "yes", "layer": "1", "bridge:name": ja, "bridge:name:en": en}
        cut += [Line(parts[0], line.tags), Line(parts[1], over, 1), Line(parts[2], line.tags)]
    return cut


def _split(points: list[XY], cutters: list[list[XY]]) -> list[list[XY]]:
    parts: list[list[XY]] = [[points[0]]]
    for a, b in segments(points):
        met = [hit[0] for cutter in cutters for c, d in segments(cutter) if (hit := crossing(a, b, c, d))]
        for t in sorted(met):
            p = (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
            parts[-1].append(p)
            parts.append([p])
        parts[-1].append(b)
    return parts


def _lattice(
    rng: Random,
    patch: tuple[XY, XY, int, int, float, float, str, Sequence[tuple[str, str]]],
    mains: Sequence[Line],
) -> list[Line]:
    """A warped, turned, thinned grid of streets; edges that would run beside a main street are left out."""
    corner, size, columns, rows, turn, gaps, kind, names = patch
    place = _warp(rng, corner, size, columns, rows, math.radians(turn))
    keep = _edge_filter(rng, mains, gaps)
    left = list(names)
    lines = []
    for runs in (_rows(columns, rows), _columns(columns, rows)):
        for run in runs:
            name = left.pop(0) if left and rng.random() < 0.5 else None
            tags = _named(kind, *name) if name else {"highway": kind}
            lines += _chains([place(i, j) for i, j in run], tags, keep, rng)
    return lines


def _rows(columns: int, rows: int) -> list[list[tuple[int, int]]]:
    return [[(i, j) for i in range(columns)] for j in range(rows)]


def _columns(columns: int, rows: int) -> list[list[tuple[int, int]]]:
    return [[(i, j) for j in range(rows)] for i in range(columns)]


def _warp(
    rng: Random, corner: XY, size: XY, columns: int, rows: int, turn: float
) -> Callable[[int, int], XY]:
    phase, sway = rng.uniform(0, 6), rng.uniform(7, 13)
    sx, sy = size[0] / (columns - 1), size[1] / (rows - 1)
    shift = [rng.uniform(-0.2, 0.2) * sx for _ in range(columns)]
    lift = [rng.uniform(-0.2, 0.2) * sy for _ in range(rows)]
    jitter = {(i, j): (rng.uniform(-5, 5), rng.uniform(-5, 5)) for i in range(columns) for j in range(rows)}

    def place(i: int, j: int) -> XY:
        x = i * sx + shift[i] + sway * math.sin(j * sy / 170 + phase) + jitter[i, j][0]
        y = j * sy + lift[j] + sway * math.sin(i * sx / 210 + phase * 2) + jitter[i, j][1]
        c, s = math.cos(turn), math.sin(turn)
        return corner[0] + x * c - y * s, corner[1] + x * s + y * c

    return place


def _edge_filter(rng: Random, mains: Sequence[Line], gaps: float) -> Callable[[XY, XY], bool]:
    def keep(a: XY, b: XY) -> bool:
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        if rng.random() < gaps or not all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in (a, b)):
            return False
        if crosses(a, b, RIVER) or crosses(a, b, RAILWAY) or to_line(middle, RIVER) < 52:
            return False
        if min(to_line(a, RAILWAY), to_line(b, RAILWAY)) < 18 or crosses(a, b, BROOK):
            return False
        if any(inside(p, area) for area in KEEP_FREE for p in (a, middle, b)):
            return False
        return not any(_beside(a, b, middle, main.points) for main in mains)

    return keep


def _beside(a: XY, b: XY, middle: XY, main: Sequence[XY]) -> bool:
    if to_line(middle, main) > 30:
        return False
    c, d = min(
        segments(main), key=lambda s: distance(middle, ((s[0][0] + s[1][0]) / 2, (s[0][1] + s[1][1]) / 2))
    )
    dot = (b[0] - a[0]) * (d[0] - c[0]) + (b[1] - a[1]) * (d[1] - c[1])
    return abs(dot) / (distance(a, b) * distance(c, d)) > 0.75


def _chains(
    points: list[XY], tags: dict[str, str], keep: Callable[[XY, XY], bool], rng: Random
) -> list[Line]:
    chains: list[list[XY]] = []
    going = False
    for a, b in segments(points):
        if not keep(a, b):
            going = False
            continue
        if not going:
            chains.append([a])
        chains[-1].append(b)
        going = True
    return [Line(_reach(chain), _lane(tags, chain, rng), trim=True) for chain in chains]


def _reach(chain: list[XY]) -> list[XY]:
    """Draw both ends a little further, to meet the street there; what meets nothing is trimmed."""
    return [_further(chain[1], chain[0]), *chain, _further(chain[-2], chain[-1])]


def _further(a: XY, b: XY) -> XY:
    far = min(56.0, distance(a, b) * 0.6) / distance(a, b)
    p = (b[0] + (b[0] - a[0]) * far, b[1] + (b[1] - a[1]) * far)
    blocked = (
        crosses(b, p, RIVER) or crosses(b, p, RAILWAY) or to_line(p, RAILWAY) < 12 or to_line(p, RIVER) < 34
    )
    return b if blocked or any(inside(p, area) for area in KEEP_FREE) else _clip([p])[0]


def _lane(tags: dict[str, str], chain: list[XY], rng: Random) -> dict[str, str]:
    """Some short unnamed pieces are lanes that no car enters."""
    if tags["highway"] == "residential" and "name" not in tags and len(chain) < 4 and rng.random() < 0.45:
        return {"highway": "footway", "width": "2", "surface": rng.choice(["asphalt", "concrete", "gravel"])}
    return tags


def _sidewalks() -> list[Line]:
    """Both pavements of the street to the station, with crossings whose kerbs are marked."""
    walk = {"highway": "footway", "footway": "sidewalk", "surface": "paving_stones"}
    lines = [Line([(1192.0 + side, 962.0), (1193.5 + side, 1090.0)], dict(walk)) for side in (8.0, -8.0)]
    for y, name in ((962.0, "signals"), (1060.0, "zebra"), (1090.0, "zebra")):
        tags = {
            "highway": "footway",
            "footway": "crossing",
            "crossing": "traffic_signals" if name == "signals" else name,
        }
        lines.append(Line([(1184.0, y), (1187.5, y), (1196.5, y), (1201.5, y)], tags))
    return lines


def _signals(network: Network) -> list[XY]:
    """Put traffic signals where two main streets meet, not two within sixty metres."""
    found: list[XY] = []
    usage: dict[int, set[str]] = {}
    for way in network.streets():
        if way.tags["highway"] in {"primary", "secondary", "tertiary"} and "bridge" not in way.tags:
            for node in way.nodes:
                usage.setdefault(node, set()).add(way.tags["name"])
    for node, names in sorted(usage.items()):
        p = network.points[node]
        if len(names) > 1 and all(distance(p, q) > 60 for q in found):
            network.tags[node] = {"highway": "traffic_signals", "crossing": "traffic_signals"}
            found.append(p)
    return found


def _mark_crossings(network: Network) -> None:
    """Tag level crossings, zebra crossings and the kerbs on either side of them."""
    rail = {node for way in network.ways if "railway" in way.tags for node in way.nodes}
    road = {node for way in network.streets() if way.tags["highway"] != "footway" for node in way.nodes}
    for way in network.streets():
        for node in set(way.nodes) & rail:
            network.tags[node] = {"railway": "level_crossing"}
        if way.tags.get("footway") == "crossing":
            for node in way.nodes:
                on_road = node in road
                tags = {"highway": "crossing", "crossing": way.tags["crossing"]}
                network.tags.setdefault(
                    node, tags if on_road else {"barrier": "kerb", "kerb": _kerb(network, node)}
                )


def _kerb(network: Network, node: int) -> str:
    return "raised" if network.points[node][1] > 1080 else "lowered"
