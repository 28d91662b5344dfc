"""Walking ways in towns drawn by hand: every rule of the walking graph has its smallest case."""

import math

import pytest

from eventapp.walks.earth import CoordinateError, Point, distance, length
from eventapp.walks.profiles import NORMAL, RELAXED, STROLLER, WHEELCHAIR
from eventapp.walks.streets import DETOUR, Leg, OwnGraph, Status, Straight, load_router
from tests.walks.towns import Town, at


def metres(leg: Leg) -> float:
    assert leg.status is Status.STREET
    assert length(leg.line) == pytest.approx(leg.metres, abs=0.05)
    return round(leg.metres)


def test_leg_goes_round_the_block(block):
    leg = block.leg((50, 2), (100, 100))

    assert metres(leg) == 150
    assert leg.seconds == pytest.approx(150 / 80 * 60, abs=0.1)


def test_speed_follows_the_profile(block):
    for profile, kmh in ((NORMAL, 4.8), (RELAXED, 3.6), (STROLLER, 3.6), (WHEELCHAIR, 3.0)):
        leg = block.leg((0, 0), (100, 0), profile)
        assert leg.seconds == pytest.approx(100 / (kmh / 3.6), abs=0.1)


def test_both_ends_on_one_edge_use_the_piece_between_them(block):
    assert metres(block.leg((20, 3), (70, -3))) == 50
    assert metres(block.leg((70, -3), (20, 3))) == 50


def test_same_place_is_no_walk(block):
    leg = block.leg((20, 0), (20, 0))

    assert (leg.metres, leg.seconds, leg.status) == (0, 0, Status.STREET)


def test_bridge_that_crosses_without_a_junction_is_not_joined(block):
    block.node("w", -50, 50)
    block.node("e", 150, 50)
    block.node("s", 150, 0)
    block.way("w e", highway="footway", bridge="yes", layer="1")
    block.way("e s", highway="footway")
    block.way("s b", highway="footway")

    assert metres(block.leg((100, 30), (120, 50))) == 30 + 50 + 50 + 30


def test_steps_take_double_time_and_are_no_way_for_wheels(hill):
    hill.way("ab", highway="steps")

    walker, wheels = hill.leg((0, 0), (100, 0)), hill.leg((0, 0), (100, 0), WHEELCHAIR)

    assert metres(walker) == 100
    assert walker.flags == ("steps",)
    assert walker.seconds == pytest.approx(150, abs=0.1)
    assert metres(wheels) == 300
    assert "steps" not in wheels.flags


def test_steps_with_a_ramp_carry_wheels(town):
    town.node("a", 0, 0)
    town.node("b", 100, 0)
    town.way("ab", highway="steps", ramp__wheelchair="yes")

    assert metres(town.leg((0, 0), (100, 0), WHEELCHAIR)) == 100
    assert metres(town.leg((0, 0), (100, 0), STROLLER)) == 100


def test_stroller_ramp_does_not_carry_a_wheelchair(hill):
    hill.way("ab", highway="steps", ramp__stroller="yes")

    assert metres(hill.leg((0, 0), (100, 0), STROLLER)) == 100
    assert metres(hill.leg((0, 0), (100, 0), WHEELCHAIR)) == 300


def test_place_that_only_steps_lead_to_is_unreachable_for_wheels(block):
    block.node("t", 100, 300)
    block.node("u", 180, 300)
    block.way("c t", highway="steps")
    block.way("t u", highway="footway")

    leg = block.leg((0, 0), (180, 300), WHEELCHAIR)
    router = block.router(WHEELCHAIR)

    assert leg.status is Status.UNREACHABLE
    assert leg.metres == math.inf
    assert not router.is_reachable(router.snap(*at(180, 300)))
    assert metres(block.leg((0, 0), (180, 300))) == 200 + 200 + 80


def test_escalator_goes_one_way_and_carries_no_wheels(hill):
    hill.way("ab", highway="steps", conveying="forward")

    assert metres(hill.leg((0, 0), (100, 0))) == 100
    assert hill.leg((0, 0), (100, 0)).makeup.escalator == pytest.approx(100, abs=0.1)
    assert metres(hill.leg((100, 0), (0, 0))) == 300
    assert metres(hill.leg((0, 0), (100, 0), STROLLER)) == 300


def test_backward_escalator_goes_the_other_way(hill):
    hill.way("ab", highway="steps", conveying="backward")

    assert metres(hill.leg((0, 0), (100, 0))) == 300
    assert metres(hill.leg((100, 0), (0, 0))) == 100


def test_escalator_of_changing_direction_is_open_both_ways(hill):
    hill.way("ab", highway="steps", conveying="reversible")

    assert metres(hill.leg((0, 0), (100, 0))) == metres(hill.leg((100, 0), (0, 0))) == 100


def test_escalator_cannot_be_walked_down_even_between_two_points_on_it(town):
    town.node("a", 0, 0)
    town.node("b", 100, 0)
    town.node("m", 0, 40)
    town.node("n", 100, 40)
    town.way("ab", highway="steps", conveying="forward")
    town.way("a m n b", highway="footway")

    assert metres(town.leg((30, -1), (60, -1))) == 30
    assert metres(town.leg((60, -1), (30, -1))) == 40 + 40 + 100 + 40 + 30


def test_one_way_streets_bind_cars_only(town):
    town.node("a", 0, 0)
    town.node("b", 100, 0)
    town.way("ab", highway="residential", oneway="yes")

    assert metres(town.leg((100, 0), (0, 0))) == 100


def test_oneway_for_feet_binds_feet(block):
    block.way("ac", highway="footway", oneway__foot="yes")

    assert metres(block.leg((0, 0), (100, 100))) == 141
    assert metres(block.leg((100, 100), (0, 0))) == 200


def test_gate_that_is_shut_blocks_the_way(block):
    block.node("g", 50, 50, barrier="gate", access="private")
    block.way("agc", highway="footway")

    assert metres(block.leg((0, 0), (100, 100))) == 200


def test_gate_open_for_feet_does_not(block):
    block.node("g", 50, 50, barrier="gate", access="private", foot="yes")
    block.way("agc", highway="footway")

    assert metres(block.leg((0, 0), (100, 100))) == 141


def test_bollard_blocks_nobody(block):
    block.node("g", 50, 50, barrier="bollard")
    block.way("agc", highway="footway")

    assert metres(block.leg((0, 0), (100, 100), WHEELCHAIR)) == 141


def test_one_may_walk_up_to_a_shut_gate_on_both_sides(block):
    block.node("g", 50, 50, barrier="gate", access="no")
    block.way("agc", highway="footway")

    near, beyond = block.leg((0, 0), (45, 45)), block.leg((0, 0), (60, 60))

    assert metres(near) == 64
    assert metres(beyond) == 200 + 57


def test_raised_kerb_stops_a_wheelchair_only(block):
    block.node("k", 50, 50, kerb="raised", highway="crossing")
    block.way("akc", highway="footway")

    assert metres(block.leg((0, 0), (100, 100), WHEELCHAIR)) == 200
    assert metres(block.leg((0, 0), (100, 100), STROLLER)) == 141


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway", "foot": "no"},
        {"highway": "path", "foot": "private"},
        {"highway": "residential", "foot": "use_sidepath"},
        {"highway": "service", "access": "private"},
        {"highway": "motorway"},
        {"highway": "trunk", "motorroad": "yes"},
        {"highway": "construction"},
        {"waterway": "river"},
    ],
)
def test_way_not_for_walkers_is_left_out(block, tags):
    block.way("ac", **tags)

    assert metres(block.leg((0, 0), (100, 100))) == 200


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "service", "access": "private", "foot": "yes"},
        {"highway": "trunk"},
        {"highway": "motorway_link", "foot": "designated"},
        {"highway": "corridor"},
        {"highway": "elevator"},
        {"railway": "platform"},
        {"highway": "cycleway"},
    ],
)
def test_way_open_to_walkers_is_used(block, tags):
    block.way("ac", **tags)

    assert metres(block.leg((0, 0), (100, 100))) == 141


@pytest.mark.parametrize(
    "tags", [{"incline": "8.1%"}, {"incline": "-12 %"}, {"width": "0.8"}, {"wheelchair": "no"}]
)
def test_way_too_steep_or_narrow_is_no_way_for_a_wheelchair(block, tags):
    block.way("ac", highway="footway", **tags)

    assert metres(block.leg((0, 0), (100, 100), WHEELCHAIR)) == 200
    assert metres(block.leg((0, 0), (100, 100))) == 141
    assert metres(block.leg((50, 48), (100, 100))) in (72, 73)
    halfway = block.leg((50, 48), (100, 100), WHEELCHAIR)  # hard ground would be used from here: see below
    assert halfway.status is Status.UNREACHABLE or metres(halfway) > 90


@pytest.mark.parametrize("tags", [{"surface": "gravel"}, {"incline": "8%"}, {"smoothness": "bad"}])
def test_hard_ground_is_avoided_by_wheels_but_not_forbidden(block, tags):
    block.way("ac", highway="footway", **tags)

    assert metres(block.leg((0, 0), (100, 100), WHEELCHAIR)) == 200
    assert metres(block.leg((50, 48), (100, 100), WHEELCHAIR)) in (72, 73)


def test_square_is_crossed_straight(town):
    for name, x, y in (("a", 0, 0), ("b", 100, 0), ("c", 100, 100), ("d", 0, 100)):
        town.node(name, x, y)
    town.way("abcda", highway="pedestrian", area="yes")

    assert metres(town.leg((0, 0), (100, 100))) == 141


def test_square_is_not_crossed_where_it_bends_in(town):
    for name, x, y in (
        ("a", 0, 0),
        ("b", 100, 0),
        ("c", 100, 100),
        ("d", 80, 100),
        ("e", 80, 20),
        ("f", 0, 20),
    ):
        town.node(name, x, y)
    town.way("abcdefa", highway="pedestrian", area="yes")

    assert metres(town.leg((0, 20), (80, 100))) == 160
    assert metres(town.leg((0, 0), (100, 100))) == round(math.hypot(80, 20) + math.hypot(20, 80))


def test_ring_that_is_no_area_is_walked_round(town):
    for name, x, y in (("a", 0, 0), ("b", 100, 0), ("c", 100, 100), ("d", 0, 100)):
        town.node(name, x, y)
    town.way("abcda", highway="pedestrian")

    assert metres(town.leg((0, 0), (100, 100))) == 200


def test_square_mapped_as_a_relation_is_walked_along_its_edge(block):
    for name, x, y in (("p", 200, 0), ("q", 200, 100)):
        block.node(name, x, y)
    ring = block.way("b p q c b")
    block.relation([(ring, "outer")], type="multipolygon", highway="pedestrian")

    assert metres(block.leg((100, 0), (200, 50))) == 150


def test_island_is_left_out_when_the_town_is_near(block):
    block.node("x", 40, 20)
    block.node("y", 60, 20)
    block.way("xy", highway="footway")

    assert metres(block.leg((50, 19), (100, 0))) == 50


def test_island_far_from_the_town_is_unreachable(block):
    block.node("x", 600, 0)
    block.node("y", 700, 0)
    block.way("xy", highway="footway")

    assert block.leg((0, 0), (650, 0)).status is Status.UNREACHABLE


def test_town_is_where_the_factories_are(block):
    for name, x in (("x", 1000), ("y", 1100)):
        block.node(name, x, 0)
    block.way("x y", highway="footway")
    graph = block.graph()

    with_places = OwnGraph(graph, NORMAL, [at(1050, 0)])

    assert with_places.is_reachable(with_places.snap(*at(1020, 0)))
    assert not with_places.is_reachable(with_places.snap(*at(0, 0)))


def test_place_far_from_all_streets_is_estimated(block):
    leg = block.leg((0, 0), (0, 1000))

    assert leg.status is Status.ESTIMATED
    assert leg.metres == pytest.approx(DETOUR * 1000, abs=1)


def test_last_metres_are_told_and_not_counted(block):
    leg = block.leg((50, -40), (100, 0))

    assert metres(leg) == 50
    assert leg.gaps == (pytest.approx(40, abs=0.1), pytest.approx(0, abs=0.1))
    assert not block.router().snap(*at(50, -40)).is_far
    assert block.router().snap(*at(50, -120)).is_far


def test_wheels_do_not_jump_from_the_stairs_to_a_street_behind_the_wall(town):
    for name, x, y in (("a", 0, 0), ("b", 0, 60), ("c", 100, 0), ("d", 100, 100), ("e", 200, 0)):
        town.node(name, x, y)
    town.way("ab", highway="steps")
    town.way("ac", highway="residential")
    town.way("c e", highway="residential")
    town.way("cd", highway="residential")
    router = town.router(WHEELCHAIR)

    assert router.leg(router.snap(*at(0, 60)), router.snap(*at(200, 0))).status is Status.UNREACHABLE


def test_signals_cost_fifteen_seconds(town):
    town.node("a", 0, 0)
    town.node("s", 50, 0, highway="traffic_signals")
    town.node("t", 80, 0, highway="crossing", crossing="traffic_signals")
    town.node("b", 100, 0)
    town.way("astb", highway="residential")

    leg = town.leg((0, 0), (100, 0))

    assert leg.seconds == pytest.approx(75 + 30, abs=0.1)
    assert leg.makeup.signals == 2


def test_gaps_in_the_data_are_told(town):
    for name, x in (("a", 0), ("b", 70), ("c", 100)):
        town.node(name, x, 0)
    town.way("ab", highway="footway", surface="asphalt")
    town.way("bc", highway="footway")

    assert town.leg((0, 0), (100, 0)).unknown_share == pytest.approx(0.3, abs=0.01)


def test_instructions_tell_turns_stairs_and_landmarks(town):
    for name, x, y in (
        ("a", 0, 0),
        ("b", 100, 0),
        ("c", 200, 0),
        ("d", 100, 100),
        ("e", 100, 140),
        ("f", 160, 140),
    ):
        town.node(name, x, y)
    town.node("k", 110, 5, shop="bakery", name="パン工房")
    town.way("abc", highway="residential", name="本町通り", name__en="Honmachi Street")
    town.way("bd", highway="footway")
    town.way("de", highway="steps")
    town.way("ef", highway="footway")

    steps = town.leg((0, 0), (160, 140)).steps

    assert [step.kind for step in steps] == ["depart", "left", "steps", "arrive"]
    assert [round(step.metres) for step in steps] == [0, 100, 100, 100]
    assert steps[0].street == {"ja": "本町通り", "en": "Honmachi Street"}
    assert steps[1].landmark == {"ja": "パン工房"}


def test_crossing_a_road_is_no_turn(town):
    for name, x, y in (
        ("a", 0, 0),
        ("b", 100, 0),
        ("c", 100, 8),
        ("d", 200, 8),
        ("e", 100, -90),
        ("f", 100, 90),
    ):
        town.node(name, x, y)
    town.way("ab", highway="footway")
    town.way("e b c f", highway="residential")
    town.way("cd", highway="footway")

    assert [step.kind for step in town.leg((0, 0), (200, 8)).steps] == ["depart", "arrive"]


def test_matrix_equals_the_legs(block):
    block.way("ac", highway="steps", conveying="forward")
    router = block.router()
    snaps = [router.snap(*at(*place)) for place in ((0, 0), (50, -5), (70, 4), (100, 60), (60, 60), (0, 900))]

    matrix = router.matrix(snaps)

    for row, a in enumerate(snaps):
        for column, b in enumerate(snaps):
            leg = router.leg(a, b)
            assert matrix.status[row][column] is leg.status
            assert matrix.metres[row][column] == pytest.approx(leg.metres)
            assert matrix.seconds[row][column] == pytest.approx(leg.seconds)


def test_visitors_own_row_is_asked_alone(block):
    router = block.router()
    home, mill = router.snap(*at(0, 50)), router.snap(*at(100, 50))

    row = router.matrix([home], [mill, home])

    assert [round(metres) for metres in row.metres[0]] == [200, 0]


def test_straight_lines_are_marked_as_estimated():
    router = load_router(None, RELAXED)
    a, b = router.snap(*at(0, 0)), router.snap(*at(0, 100))

    leg, matrix = router.leg(a, b), router.matrix([a, b])

    assert isinstance(router, Straight)
    assert (leg.status, matrix.status[0][1]) == (Status.ESTIMATED, Status.ESTIMATED)
    assert leg.metres == pytest.approx(130, abs=0.1) == matrix.metres[0][1]
    assert leg.seconds == pytest.approx(130, abs=0.1)
    assert leg.line == (a.origin, b.origin)


@pytest.mark.parametrize("place", [(math.nan, 139.7), (139.7, 35.6), (0, 200), (math.inf, 0)])
def test_place_that_is_none_is_refused(block, place):
    with pytest.raises(CoordinateError):
        block.router().snap(*place)


def test_distance_is_in_metres():
    assert distance(Point(*at(0, 0)), Point(*at(300, 400))) == pytest.approx(500, abs=0.1)


def test_empty_sheet_has_no_town(town: Town):
    town.node("a", 0, 0)
    town.node("b", 10, 0)
    town.way("ab", highway="steps")

    assert town.leg((0, 0), (10, 0), WHEELCHAIR).status is Status.UNREACHABLE
