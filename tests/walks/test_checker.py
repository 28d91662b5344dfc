"""The checker notices every kind of fault, whoever made the plan."""

from dataclasses import replace

import pytest

from eventapp.walks.checker import check
from eventapp.walks.problem import Plan, Problem, Stop
from eventapp.walks.solver import solve
from tests.walks.made_up import HOUR, make_lunch, make_problem, make_visit


@pytest.fixture
def problem() -> Problem:
    return make_problem(
        make_visit("mill", 1, group="mill"),
        make_visit("tour", 1, group="mill", windows=((2 * HOUR, 2 * HOUR),)),
        make_visit("forge", 3, windows=((600, 900),), must=True),
        make_lunch(),
    )


@pytest.fixture
def plan(problem: Problem) -> Plan:
    plan = solve(problem, rounds=50)
    assert sorted(plan.keys)[:2] == ["forge", "lunch"]
    assert check(problem, plan) == []
    return plan


def with_stop(plan: Plan, key: str, /, **values: object) -> Plan:
    """The plan with one stop changed."""
    days = tuple(
        tuple(replace(stop, **values) if stop.key == key else stop for stop in day) for day in plan.days
    )
    return replace(plan, days=days)


def stop_of(plan: Plan, key: str) -> Stop:
    return next(stop for day in plan.days for stop in day if stop.key == key)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda plan: replace(plan, score=plan.score + 1), "the score is"),
        (lambda plan: replace(plan, walking=plan.walking - 1), "the walking is"),
        (lambda plan: replace(plan, waiting=plan.waiting + 1), "the waiting is"),
        (lambda plan: replace(plan, missing=("forge",)), "missing are"),
        (lambda plan: replace(plan, begins=(-10,)), "begins at -10"),
        (lambda plan: replace(plan, ends=(plan.ends[0] - 1,)), "but one is there at"),
        (lambda plan: replace(plan, days=()), "has 0 days"),
        (lambda plan: replace(plan, days=(plan.days[0] * 2,)), "visited 2 times"),
        (lambda plan: with_stop(plan, "forge", key="ghost"), "is no visit"),
        (lambda plan: with_stop(plan, "forge", start=901), "outside its windows"),
        (lambda plan: with_stop(plan, "forge", leave=stop_of(plan, "forge").leave + 5), "instead of 300"),
        (
            lambda plan: with_stop(plan, "forge", arrive=stop_of(plan, "forge").arrive - 1),
            "but one is there at",
        ),
        (
            lambda plan: with_stop(plan, "forge", start=stop_of(plan, "forge").arrive - 1),
            "before the arrival",
        ),
        (lambda plan: replace(plan, days=(plan.days[0][:-1],)), "missing are"),
    ],
)
def test_fault_is_noticed(problem, plan, change, words):
    assert words in "; ".join(check(problem, change(plan)))


def test_two_visits_of_a_group_are_noticed(problem, plan):
    both = (*plan.days[0], Stop("mill", 0, 0, 300), Stop("tour", 0, 2 * HOUR, 2 * HOUR + 300))

    assert "group mill is visited" in "; ".join(check(problem, replace(plan, days=(both,))))


def test_day_that_ends_too_late_is_noticed(problem, plan):
    shorter = replace(problem, days=(replace(problem.days[0], end=plan.ends[0] - 1),))

    assert any("after" in fault for fault in check(shorter, plan))
