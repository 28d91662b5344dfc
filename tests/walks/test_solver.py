"""The planner: what it chooses, and that every plan keeps the rules."""

import csv
from itertools import permutations
from random import Random

import pytest

from eventapp.walks.checker import check
from eventapp.walks.instances import read_instance
from eventapp.walks.problem import UNREACHABLE, Day, DayImpossible, Plan, Problem, Rides, Visit, Weights
from eventapp.walks.schedule import earliest, latest, put_in
from eventapp.walks.solver import solve
from eventapp.walks.tables import Tables
from tests.walks.made_up import HOUR, NOON, make_lunch, make_problem, make_visit, random_problem
from tests.walks.shared_data import find_shared


def plan_for(problem: Problem, rounds: int = 150, **options: bool) -> Plan:
    plan = solve(problem, rounds=rounds, seed=1, **options)  # type: ignore[arg-type]
    assert check(problem, plan) == []
    return plan


def value(problem: Problem, plan: Plan) -> tuple[int, int]:
    return -len(plan.missing), plan.score


def test_solve_visits_everything_when_there_is_time():
    plan = plan_for(make_problem(make_visit("a", 1), make_visit("b", 2), make_visit("c", 3)))

    assert sorted(plan.keys) == ["a", "b", "c"]
    assert (plan.walking, plan.waiting, plan.missing, plan.proven) == (600, 0, (), True)


def test_solve_prefers_the_higher_score():
    day = Day(0, 600, 0, 0)

    plan = plan_for(make_problem(make_visit("near", 1), make_visit("dear", 2, score=9), day=day, minutes=5))

    assert plan.keys == ("dear",)


def test_solve_waits_for_a_tour_and_uses_the_second_window_after_lunch_closure():
    tour = make_visit("tour", 1, windows=((3 * HOUR, 3 * HOUR),))
    shop = make_visit("shop", 2, windows=((0, 500), (3 * HOUR + 100, 5 * HOUR)), duration=200)

    plan = plan_for(make_problem(tour, shop, day=Day(HOUR, 6 * HOUR, 0, 0)))

    assert plan.keys == ("tour", "shop")
    assert plan.days[0][0].start == 3 * HOUR
    assert plan.begins == (3 * HOUR - 100,)


def test_solve_makes_one_visit_of_a_group():
    open_hours = make_visit("hours", 1, group="forge", score=2)
    tour = make_visit("tour", 1, group="forge", score=5, windows=((NOON, NOON),))

    assert plan_for(make_problem(open_hours, tour)).keys == ("tour",)


def test_must_see_wins_over_any_score():
    day = Day(0, 700, 0, 0)
    dull, lovely = make_visit("dull", 1, score=0, must=True), make_visit("lovely", 3, score=1000, duration=50)

    plan = plan_for(make_problem(dull, lovely, day=day))

    assert plan.keys == ("dull",)
    assert plan.missing == ()


def test_must_sees_that_cannot_all_fit_are_named():
    first = make_visit("first", 1, must=True, windows=((NOON, NOON),))
    second = make_visit("second", 7, must=True, windows=((NOON, NOON),))

    assert len(plan_for(make_problem(first, second)).missing) == 1


def test_must_of_a_group_is_met_by_any_of_it():
    morning = make_visit("10:00", 1, group="forge", windows=((0, 0),), must=True)
    noon = make_visit("12:00", 1, group="forge", windows=((NOON, NOON),), must=True)

    plan = plan_for(make_problem(morning, noon))

    assert (plan.keys, plan.missing) == (("12:00",), ())


def test_lunch_is_taken_on_the_way_and_costs_no_walk():
    before = make_visit("before", 3, windows=((0, 900),))
    after = make_visit("after", 4, windows=((2000, 3000),))

    plan = plan_for(make_problem(before, make_lunch(), after))

    assert plan.keys == ("before", "lunch", "after")
    assert plan.walking == 800


def test_lunch_alone_is_a_day_too():
    assert plan_for(make_problem(make_lunch())).keys == ("lunch",)


def test_lunch_that_never_fits_is_missing():
    assert plan_for(make_problem(make_lunch(), day=Day(0, 600, 0, 0))).missing == ("lunch",)


def test_idle_time_goes_before_lunch_not_before_a_gate():
    late = make_visit("late", 2, windows=((3 * HOUR, 3 * HOUR),))
    early = make_visit("early", 1, windows=((0, 3 * HOUR),))

    plan = plan_for(make_problem(early, make_lunch(), late))
    waits = {stop.key: stop.start - stop.arrive for stop in plan.days[0]}

    assert waits["late"] == 0 or plan.keys.index("lunch") == plan.keys.index("late") - 1
    assert waits["early"] == 0


def test_bus_brings_a_far_factory_within_reach():
    far = make_visit("far", 1)
    problem = Problem([[0, 3000], [3000, 0]], (far,), (Day(0, 2000, 0, 0),))
    rides = {(0, 1): Rides((100, 700), (300, 900)), (1, 0): Rides((400, 1300), (600, 1500))}

    assert plan_for(problem).keys == ()
    by_bus = plan_for(Problem(problem.travel, problem.visits, problem.days, rides))

    assert by_bus.keys == ("far",)
    assert (by_bus.begins, by_bus.ends) == ((100,), (1500,))


def test_days_are_filled_one_after_the_other_from_their_own_places():
    days = (Day(0, 700, 0, 5), Day(14400, 15100, 5, 0))
    visits = [
        make_visit(str(place), place, windows=((0, 700), (14400, 15100)), duration=20)
        for place in range(1, 6)
    ]

    plan = plan_for(Problem(make_problem().travel, tuple(visits), days))

    assert len(plan.keys) == 5
    assert len(plan.days) == 2


def test_nothing_to_choose_and_no_time_give_an_empty_plan():
    assert plan_for(make_problem()).days == ((),)
    assert plan_for(make_problem(make_visit("a"), day=Day(0, 0, 0, 0))).keys == ()


def test_unreachable_place_is_left_out():
    travel = [[0, UNREACHABLE], [UNREACHABLE, 0]]

    assert plan_for(Problem(travel, (make_visit("island", 1),), (Day(0, 6 * HOUR, 0, 0),))).keys == ()


def test_problem_without_days_is_refused():
    with pytest.raises(ValueError, match="at least one day"):
        solve(Problem([], (), ()), rounds=1)


def test_day_too_short_for_its_own_way_is_named():
    days = (Day(0, 600, 0, 0), Day(14400, 14500, 0, 7))

    with pytest.raises(DayImpossible) as refusal:
        solve(Problem(make_problem().travel, (), days), rounds=1)

    assert refusal.value.day == 1


def test_same_seed_and_rounds_give_the_same_plan():
    problem = random_problem(7)

    assert solve(problem, rounds=60, seed=3, exact=False) == solve(problem, rounds=60, seed=3, exact=False)


def test_on_better_hears_of_ever_better_plans():
    heard: list[Plan] = []
    problem = random_problem(11)

    plan = solve(problem, rounds=100, seed=5, exact=False, on_better=heard.append)

    values = [value(problem, each) for each in heard]
    assert values == sorted(values)
    assert value(problem, plan) == values[-1]
    assert all(check(problem, each) == [] for each in heard)


def test_time_ends_the_search():
    ticks = iter(range(1000))

    plan = solve(random_problem(3), seconds=20, exact=False, clock=lambda: float(next(ticks)))

    assert check(random_problem(3), plan) == []


def test_plan_with_little_walking_leaves_out_what_is_far_for_its_score():
    near, far = make_visit("near", 1, score=3), make_visit("far", 7, score=3)
    problem = make_problem(near, far)
    lazy = Problem(problem.travel, problem.visits, problem.days, weights=Weights(score=300, walk=1))

    assert sorted(plan_for(problem).keys) == ["far", "near"]
    assert plan_for(lazy).keys == ("near",)


def test_visitors_own_stops_are_kept_between_equals():
    visits = tuple(make_visit(f"{number}", 1) for number in range(20))
    day = Day(0, 900, 0, 0)
    problem = Problem(make_problem().travel, visits, (day,), kept=("17", "4"))

    assert set(plan_for(problem).keys) == {"17", "4"}


def test_a_hint_is_a_lower_bound():
    for seed in range(40):
        problem = random_problem(seed, most_visits=40)
        hint = solve(problem, rounds=60, seed=1, exact=False)
        found = solve(problem, rounds=1, seed=2, exact=False, hints=(hint,))
        assert check(problem, found) == [], seed
        assert value(problem, found) >= value(problem, hint), seed


def test_a_hint_that_cannot_be_kept_is_passed_over():
    problem = make_problem(*(make_visit(f"{number}", 1 + number % 6) for number in range(14)))
    hint = plan_for(problem, exact=False)
    tight = Problem(problem.travel, problem.visits[2:], (Day(0, 200, 0, 0),))

    assert check(tight, solve(tight, rounds=1, exact=False, hints=(hint,))) == []


def test_times_after_an_insertion_are_those_of_the_whole_order():
    inserted = 0
    for seed in range(120):
        draw, tables = Random(seed), Tables(random_problem(seed))
        nodes = list(tables.skeleton)
        starts, spots = earliest(tables, nodes)
        latests = latest(tables, nodes, spots)
        for node in draw.sample(tables.candidates, len(tables.candidates)):
            place = draw.randrange(1, len(nodes))
            if earliest(tables, [*nodes[:place], node, *nodes[place:]]) is None:
                continue
            assert put_in(tables, nodes, starts, spots, latests, place, node)
            assert (starts, spots) == earliest(tables, nodes), seed
            assert latests == latest(tables, nodes, spots), seed
            inserted += 1
    assert inserted > 300


@pytest.mark.parametrize("part", range(10))
def test_random_plans_pass_the_checker(part):
    for seed in range(part * 50, part * 50 + 50):
        problem = random_problem(seed)
        assert check(problem, solve(problem, rounds=40, seed=seed, exact=False)) == [], seed


@pytest.mark.soak
@pytest.mark.parametrize("part", range(20))
def test_many_random_plans_pass_the_checker(part):
    for seed in range(1000 + part * 500, 1500 + part * 500):
        problem = random_problem(seed, most_visits=60)
        assert check(problem, solve(problem, rounds=60, seed=seed, exact=seed % 2 == 0)) == [], seed


@pytest.mark.parametrize("part", range(4))
def test_small_plans_equal_the_proof(part):
    for seed in range(part * 25, part * 25 + 25):
        problem = random_problem(seed, most_visits=9)
        proven = solve(problem, rounds=1, seed=seed)
        found = solve(problem, rounds=250, seed=seed, exact=False)
        assert check(problem, proven) == [], seed
        assert proven.proven
        assert value(problem, found) == value(problem, proven), seed


def test_proof_equals_trying_every_order():
    for seed in range(60):
        problem = random_problem(seed, most_visits=5)
        if len(problem.days) == 1 and len(problem.visits) <= 6:
            assert value(problem, solve(problem, rounds=1)) == best_of_all_orders(problem), seed


def best_of_all_orders(problem: Problem) -> tuple[int, int]:
    """The best must-sees and score over every order of every choice, tried one by one."""
    wanted = {visit.group or visit.key for visit in problem.visits if visit.must}
    best = (-len(wanted), 0)
    for number in range(1, len(problem.visits) + 1):
        for order in permutations(problem.visits, number):
            names = [visit.group or visit.key for visit in order]
            if len(set(names)) == len(names) and is_possible(problem, order):
                best = max(best, (-len(wanted - set(names)), sum(visit.score for visit in order)))
    return best


def is_possible(problem: Problem, order: tuple[Visit, ...]) -> bool:
    """Simulate the day, minute by minute as it were, starting every visit as early as it may."""
    day, place, time = problem.days[0], problem.days[0].start_place, problem.days[0].start
    for visit in order:
        if visit.place is not None:
            time, place = reach(problem, place, visit.place, time), visit.place
        starts = [max(time, opens) for opens, closes in visit.windows if max(time, opens) <= closes]
        if not starts:
            return False
        time = min(starts) + visit.duration
    return reach(problem, place, day.end_place, time) <= day.end


def reach(problem: Problem, a: int, b: int, time: int) -> int:
    rides = problem.rides.get((a, b), Rides((), ()))
    buses = [there for away, there in zip(rides.departures, rides.arrivals, strict=True) if away >= time]
    return min([time + problem.travel[a][b], *buses])


def test_benchmark_plans_pass_the_checker_and_come_near_the_optimum():
    """The published optima of the shared benchmark; a made-up day stands in where it is absent."""
    for table in find_shared("toptw/best_known.csv"):
        with table.open(encoding="utf-8") as lines:
            proven = {
                row["instance"]: int(row["best_known"]) for row in csv.DictReader(lines) if row["best_known"]
            }
        gaps = []
        for name, optimum in proven.items():
            problem = read_instance(table.parent / "instances" / f"{name}.txt")
            plan = plan_for(problem, rounds=250)
            assert plan.score <= optimum, name
            gaps.append(1 - plan.score / optimum)
        assert sum(gaps) / len(gaps) < 0.02
    assert plan_for(random_problem(1)).score >= 0
