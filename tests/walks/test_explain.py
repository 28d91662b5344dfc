"""Why a wish is not met, told by its smallest obstacle."""

import pytest

from eventapp.walks.explain import Reason, Why, explain
from eventapp.walks.problem import UNREACHABLE, Day, Problem
from eventapp.walks.solver import solve
from tests.walks.made_up import HOUR, NOON, make_lunch, make_problem, make_visit, random_problem


def reason_for(problem: Problem, key: str = "wish") -> Reason:
    return explain(problem, solve(problem, rounds=100), key)


def test_visited_wish_needs_no_reason():
    assert reason_for(make_problem(make_visit("wish"))).why is Why.VISITED


def test_closed_all_day():
    assert reason_for(make_problem(make_visit("wish", windows=((-900, -600),)))).why is Why.NEVER_OPEN


def test_no_way_there():
    travel = [[0, UNREACHABLE], [UNREACHABLE, 0]]

    assert reason_for(Problem(travel, (make_visit("wish"),), (Day(0, HOUR, 0, 0),))).why is Why.UNREACHABLE


def test_closed_before_one_can_be_there():
    reason = reason_for(make_problem(make_visit("wish", 7, windows=((0, 650),))))

    assert reason == Reason(Why.CLOSED_BEFORE_ARRIVAL, 50)


def test_day_too_short():
    assert reason_for(make_problem(make_visit("wish", 2), day=Day(0, 650, 0, 0))) == Reason(
        Why.DAY_TOO_SHORT, 50
    )


def test_needs_more_time_beside_the_other_stops():
    other = make_visit("other", 1, score=9)

    reason = reason_for(make_problem(make_visit("wish", 1), other, day=Day(0, 750, 0, 0)))

    assert reason == Reason(Why.NEEDS_TIME, 50, ("other",))


def test_tour_at_the_same_time_as_a_better_one():
    tours = [
        make_visit(key, 1, windows=((NOON, NOON),), score=score)
        for key, score in (("wish", 1), ("better", 5))
    ]

    reason = reason_for(make_problem(*tours))

    assert reason.why in (Why.NEEDS_TIME, Why.CLOSED_BEFORE_ARRIVAL)
    assert (reason.short, reason.instead_of) == (300, ("better",))


def test_other_visit_of_the_same_factory():
    hours, tour = make_visit("wish", 1, group="forge"), make_visit("tour", 1, group="forge", score=5)

    assert reason_for(make_problem(hours, tour)) == Reason(Why.SAME_GROUP, 0, ("tour",))


def test_lunch_in_the_way_counts():
    day = Day(900, 1600, 0, 0)

    reason = reason_for(make_problem(make_lunch(windows=((900, 1000),)), make_visit("wish", 1), day=day))

    assert reason.why is Why.NEEDS_TIME
    assert reason.instead_of == ("lunch",)


def test_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        reason_for(make_problem(), "nobody")


def test_every_wish_of_random_days_has_a_reason():
    for seed in range(40):
        problem = random_problem(seed)
        plan = solve(problem, rounds=60, seed=seed)
        for visit in problem.visits:
            reason = explain(problem, plan, visit.key)
            assert (reason.why is Why.VISITED) == (visit.key in plan.keys)
            if reason.why in (Why.NEEDS_TIME, Why.CLOSED_BEFORE_ARRIVAL, Why.DAY_TOO_SHORT):
                assert reason.short > 0
