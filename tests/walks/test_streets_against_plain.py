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

# Each was looked up on the map's own data: which ways and junctions the walk takes, and what they are tagged with. 80 m a
# minute on foot, 50 in a wheelchair, 60 with a stroller, half of it on stairs, 15 s for each junction with signals.
# profile, from node, to node, metres, seconds (None: no way), what it is and why that is right
CASES = [
    ("normal", "12538553245", "7092249189", 20.5, 31,
     "one flight of stairs inside the station, way 1354866790, levels 3 to 2: 20.5 m at 40 m a minute"),
    ("wheelchair", "12538553245", "7092249189", 484.8, 627,
     "the same without its stairs: along level 3, out through gate 7092233009 (which is no barrier to feet by its tags), by the pavements, "
     "over crossing 906194284 with three signals of 15 s, and back on the deck 854794950 of level 2"),
    ("normal", "12314075811", "1377643926", 15.7, 24, "stairs 123592011 from the street up to the pedestrian deck: 15.7 m at 40 m a minute"),
    ("wheelchair", "12314075811", "1377643926", 276.1, 346,
     "the same deck by the lift, node 5746130274 on levels -2, 0 and 1, on the other side of the junction: 276.1 m at 50 m a minute and one "
     "signal"),
    ("normal", "7972202025", "182423201", 35.7, 54, "stairs 17620008 from the footbridge at the west exit: 35.7 m at 40 m a minute"),
    ("wheelchair", "7972202025", "182423201", 308.9, 401,
     "the same footbridge by lift 12291256956 (wheelchair=yes), then along 神宮通り and down 間坂: 308.9 m and two signals"),
    ("normal", "1522927134", "3897774079", 13.6, 20, "stairs 386447769: 13.6 m at 40 m a minute"),
    ("wheelchair", "1522927134", "3897774079", 118.1, 142,
     "round them by footway 138913756, drive 41857263 and the paved way 386447771: 118.1 m at 50 m a minute, no signals"),
    ("normal", "2879100418", "1377643882", 12.9, 19, "stairs 284152573 between footway 664819017 and the deck: 12.9 m at 40 m a minute"),
    ("wheelchair", "2879100418", "1377643882", 122.9, 148, "the same by lift 5746130274: 122.9 m at 50 m a minute"),
    ("wheelchair", "4086024941", "4086024942", None, None, "stairs 406545573 without a ramp are the only way up to bridge 406545575: none for wheels"),
    ("wheelchair", "1709832760", "1709832762", None, None,
     "landing 1709832762 lies between stairs 158849640 and 158849642 and terrace 158849643, to which only stairs lead: none for wheels"),
    ("normal", "12498007944", "12498007942", 9.8, 15, "escalator 1350895895 in its direction (conveying=forward): 9.8 m at 40 m a minute"),
    ("normal", "12498007942", "12498007944", None, None, "nobody walks down it, and its foot is the end of the map there"),
    ("normal", "12498007945", "12498007943", 9.8, 15,
     "escalator 1350895894 beside it, drawn from the other end: conveying=backward runs against the drawing"),
    ("normal", "12498007943", "12498007945", None, None, "and not the other way"),
    ("normal", "5746110391", "5746110392", 25.4, 38, "escalators 605953641, up and down drawn as one (conveying=both)"),
    ("normal", "5746110392", "5746110391", 25.4, 38, "the same upwards"),
    ("stroller", "5746110391", "5746110392", 55.0, 55, "no stroller on an escalator: lift 5746130274 is beside it, 55.0 m at 60 m a minute"),
    ("normal", "8415255173", "5091218456", 44.3, 48,
     "bridge 906194249 runs 18 m beside and above junction 5091218456 of 神宮通り and has no node of it: one goes down, across the square, "
     "and waits at its signal: 44.3 m and 15 s"),
    ("normal", "6219702219", "6219477368", 233.9, 176,
     "passages 664498396 on level -2 and 664492786 on level -1 cross 16 m apart without a node: one walks to the step 664498386 and back"),
    ("normal", "11296210737", "9855738011", 38.8, 48,
     "the levels 3, 2 and 1 of a deck: stairs 1074513125 and 1074513127, 24.7 m of them at half speed, lead from the one down to the other"),
    ("normal", "732207912", "10605648333", 68.8, 85,
     "地下横断歩道 passes under 玉川通り 21 m from its junction: up 4.8 m of stairs, along the street, two signals. That the last 35 m are on the "
     "avenue itself is the rule that a trunk road may be walked along in Japan; organizers can leave such a road out"),
    ("normal", "6219636752", "10123264008", 214.6, 184,
     "level B3F lies 12 m beside and far below the street: along it, up the escalator 759282730, out of entrance 7092260266, and by the deck's stairs"),
    ("normal", "10808053798", "10808053801", 128.6, 96, "both ends on footway 1162137299: its own length, not round by a junction"),
    ("wheelchair", "1520828925", "1520828480", 592.5, 711, "both ends on the winding footway 138695673, 362 m apart: its whole length at 50 m a minute"),
    ("normal", "517546427", "517546518", 208.2, 156, "both ends on residential street 41857173"),
    ("normal", "517546518", "517546427", 208.2, 156, "against its oneway=yes, which is for cars"),
    ("wheelchair", "1499420202", "1400930255", 27.1, 32, "both ends on one short street, 126353654"),
    ("normal", "252675826", "1014529496", 263.5, 213,
     "文化村通り says foot=no, 214 m: its pavements 355248086 and 1151968434 are drawn beside it; one signal on the way"),
    ("normal", "252683801", "158030029", 302.2, 287,
     "明治通り says foot=no, 262 m: by the pavement 664873612 on its other side, with four signals"),
    ("normal", "3897774099", "6227218363", 60.7, 46, "straight across the square 665311959: as the crow flies, not along its rim"),
    ("wheelchair", "2744443872", "2744443877", 59.3, 71, "the same on the square 269150206, at 50 m a minute"),
    ("wheelchair", "6234692072", "9929149711", 18.5, 22,
     "two floors, 3 m apart on the map: passage 777304911 to lift 1681588685, which is the station's entrance too, and out by 1083468020"),
    ("normal", "701831710", "1562273620", 53.0, 55,
     "along 明治通り over one crossing with signals, 2393494308: 40 s and 15 s; the signal one stands at is not waited for"),
]  # fmt: skip


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
        for code, a, b, metres, seconds, why in CASES:
            found = own_leg(routers[code], plain, a, b)
            expected = metres and (pytest.approx(metres, abs=0.1), pytest.approx(seconds, abs=0.6))
            assert found == expected, why


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
