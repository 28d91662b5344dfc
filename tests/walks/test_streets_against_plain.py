"""The streets against a plain Dijkstra of the tests' own, and against cases checked by hand on a real town.

The numbers of the hand-checked cases are derived from OpenStreetMap data, © OpenStreetMap contributors (ODbL): nodes are
named by their ids in the extract of Shibuya that lies with the shared data.
"""

from pathlib import Path
from random import Random

import pytest

from eventapp.walks.paths import SCIPY
from eventapp.walks.profiles import PROFILES
from eventapp.walks.snapping import EdgeIndex
from eventapp.walks.streets import OwnGraph, load_graph
from tests.walks.plain_dijkstra import PlainMap
from tests.walks.shared_data import find_shared
from tests.walks.towns import Town

SHIBUYA = "osm/shibuya-station-2025.osm"
KINDS = (
    {"highway": "residential"},
    {"highway": "footway", "surface": "gravel"},
    {"highway": "steps"},
    {"highway": "steps", "conveying": "forward"},
    {"highway": "steps", "ramp__wheelchair": "yes"},
    {"highway": "path", "foot": "no"},
    {"highway": "footway", "incline": "9%"},
    {"highway": "tertiary", "oneway": "yes"},
)
SPOTS = (
    {},
    {},
    {},
    {"highway": "traffic_signals"},
    {"barrier": "gate", "access": "private"},
    {"highway": "crossing"},
)

# what it shows, profile, from node, to node, metres, seconds (None: no way)
CASES = [
    ("stairs are walked at half speed", "normal", "12538553245", "7092249189", 20.5, 31),
    (
        "the same stairs in a wheelchair: round the block",
        "wheelchair",
        "12538553245",
        "7092249189",
        484.8,
        627,
    ),
    ("stairs down to the river walk", "normal", "12314075811", "1377643926", 15.7, 24),
    ("the same in a wheelchair: by the ramp upstream", "wheelchair", "12314075811", "1377643926", 276.1, 346),
    ("long stairs", "normal", "7972202025", "182423201", 35.7, 54),
    ("the same without stairs", "wheelchair", "7972202025", "182423201", 308.9, 401),
    ("stairs with a way round", "normal", "1522927134", "3897774079", 13.6, 20),
    ("and the way round", "wheelchair", "1522927134", "3897774079", 118.1, 142),
    ("more stairs", "normal", "2879100418", "1377643882", 12.9, 19),
    ("more ways round", "wheelchair", "2879100418", "1377643882", 122.9, 148),
    ("stairs to a bridge that has only stairs", "wheelchair", "4086024941", "4086024942", None, None),
    ("stairs to a terrace that has only stairs", "wheelchair", "1709832760", "1709832762", None, None),
    ("escalator, forward", "normal", "12498007944", "12498007942", 9.8, 15),
    ("not against it", "normal", "12498007942", "12498007944", None, None),
    ("escalator mapped from top to bottom, going up", "normal", "12498007945", "12498007943", 9.8, 15),
    ("not against that either", "normal", "12498007943", "12498007945", None, None),
    ("a pair of escalators mapped as one", "normal", "5746110391", "5746110392", 25.4, 38),
    ("its other direction", "normal", "5746110392", "5746110391", 25.4, 38),
    ("and with a pushchair by the lift beside it", "stroller", "5746110391", "5746110392", 55.0, 55),
    ("footbridge over a street, 18 m apart, no junction", "normal", "8415255173", "5091218456", 44.3, 48),
    ("two passages below ground, 16 m apart, no junction", "normal", "6219702219", "6219477368", 233.9, 176),
    ("deck and deck, 25 m apart, no junction", "normal", "11296210737", "9855738011", 38.8, 48),
    ("subway under the avenue, 21 m apart, no junction", "normal", "732207912", "10605648333", 68.8, 85),
    ("station level and street, 12 m apart, no junction", "normal", "6219636752", "10123264008", 214.6, 184),
    ("both ends on one footway", "normal", "10808053798", "10808053801", 128.6, 96),
    ("both ends on one long footway, wheelchair", "wheelchair", "1520828925", "1520828480", 592.5, 711),
    ("both ends on one residential street", "normal", "517546427", "517546518", 208.2, 156),
    ("the same backwards", "normal", "517546518", "517546427", 208.2, 156),
    ("both ends on one short street", "wheelchair", "1499420202", "1400930255", 27.1, 32),
    ("street with foot=no, 214 m: by its pavements", "normal", "252675826", "1014529496", 263.5, 213),
    ("another with foot=no, 262 m", "normal", "252683801", "158030029", 302.2, 287),
    ("straight across a square", "normal", "3897774099", "6227218363", 60.7, 46),
    ("straight across a square, wheelchair", "wheelchair", "2744443872", "2744443877", 59.3, 71),
    ("lift", "wheelchair", "6234692072", "9929149711", 18.5, 22),
    ("one crossing with signals: 40 and 15 seconds", "normal", "701831710", "1562273620", 53.0, 55),
]


def own_leg(router: OwnGraph, plain: PlainMap, a: str, b: str) -> tuple[float, float] | None:
    leg = router.leg(router.snap(*plain.spots[a]), router.snap(*plain.spots[b]))
    return None if leg.status != "street" else (leg.metres, leg.seconds)


def compare(router: OwnGraph, plain: PlainMap, pairs: list[tuple[str, str]]) -> int:
    """How many pairs lie exactly on the graph; each of them must have the plain way's length and time."""
    compared = 0
    for a, b in pairs:
        snaps = router.snap(*plain.spots[a]), router.snap(*plain.spots[b])
        if max(snap.offset_m for snap in snaps) > 0.01:
            continue
        compared += 1
        expected, found = plain.leg(a, b), own_leg(router, plain, a, b)
        if expected is None:
            assert found is None, (a, b)
        else:
            assert found == (pytest.approx(expected[2], abs=0.5), pytest.approx(expected[1], abs=0.5)), (a, b)
    return compared


def plain_nodes(plain: PlainMap) -> list[str]:
    """Nodes where a walk may begin and end without anyone asking whether their own signal counts."""
    return sorted(
        node for node in plain.arcs if plain.tags[node].get("highway") not in ("traffic_signals", "crossing")
    )


def random_town(town: Town, seed: int) -> None:
    """A grid of six by six corners, a little crooked, with all kinds of ways and corners."""
    draw = Random(seed)
    for x in range(6):
        for y in range(6):
            town.node(
                f"{x}-{y}",
                80 * x + draw.uniform(-25, 25),
                80 * y + draw.uniform(-25, 25),
                **draw.choice(SPOTS),
            )
    for x in range(6):
        for y in range(6):
            for after in ((x + 1, y), (x, y + 1)):
                if max(after) < 6 and draw.random() < 0.85:
                    town.way(f"{x}-{y} {after[0]}-{after[1]}", **draw.choice(KINDS))


@pytest.mark.parametrize("profile", PROFILES)
def test_legs_in_random_towns_equal_the_plain_ones(tmp_path: Path, profile: str) -> None:
    compared = 0
    for seed in range(12):
        town = Town(tmp_path)
        random_town(town, seed)
        router = OwnGraph(town.graph(), PROFILES[profile], use_scipy=False)
        plain = PlainMap(town.path, profile)
        nodes, draw = plain_nodes(plain), Random(seed)
        compared += compare(router, plain, [(draw.choice(nodes), draw.choice(nodes)) for _ in range(25)])
    assert compared > 100


@pytest.mark.parametrize("profile", PROFILES)
def test_legs_in_a_real_town_equal_the_plain_ones(profile: str) -> None:
    for path in find_shared(SHIBUYA):
        router, plain = OwnGraph(load_graph(path), PROFILES[profile]), PlainMap(path, profile)
        nodes, draw = plain_nodes(plain), Random(5)
        assert compare(router, plain, [(draw.choice(nodes), draw.choice(nodes)) for _ in range(30)]) > 18


def test_legs_equal_what_was_checked_by_hand() -> None:
    for path in find_shared(SHIBUYA):
        graph = load_graph(path)
        index = EdgeIndex(graph)
        routers = {code: OwnGraph(graph, profile, index=index) for code, profile in PROFILES.items()}
        plain = PlainMap(path, "normal")
        for words, code, a, b, metres, seconds in CASES:
            found = own_leg(routers[code], plain, a, b)
            expected = metres and (pytest.approx(metres, abs=0.1), pytest.approx(seconds, abs=0.6))
            assert found == expected, words


def test_scipy_and_heap_give_the_same_matrix(tmp_path: Path) -> None:
    assert SCIPY is not None, "developers have scipy (requirements-dev.in); visitors' servers need not"
    for seed in range(6):
        town = Town(tmp_path)
        random_town(town, seed)
        graph, draw = town.graph(), Random(seed)
        for profile in PROFILES.values():
            quick, plain = (OwnGraph(graph, profile, use_scipy=choice) for choice in (True, False))
            places = [(35.6 + draw.uniform(0, 0.0036), 139.7 + draw.uniform(0, 0.0044)) for _ in range(12)]
            snaps = [quick.snap(*place) for place in places]
            one, other = quick.matrix(snaps), plain.matrix(snaps)
            assert one.status == other.status
            for row, same in zip(one.metres + one.seconds, other.metres + other.seconds, strict=True):
                assert row == pytest.approx(same)
