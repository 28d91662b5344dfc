"""Thinking is shared out: an answer for everybody, a refusal for floods only."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from eventapp.walks import planning, thinking
from eventapp.walks.routes import visitor as pages
from eventapp.walks.thinking import HASTY, MINUTE, MOST_ASKED, SHARE, Thinking, TooManyPlans
from tests.builders import make_festival
from tests.walks.festival import make_trail

pytestmark = pytest.mark.usefixtures("app", "english")


class Clock:
    """A clock that is put on by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def allowed(mind: Thinking, wanted: float, asker: str | None = "192.0.2.1") -> float:
    with mind.about(wanted, asker) as seconds:
        return seconds


def test_one_day_at_a_time_and_who_would_wait_gets_the_first_good_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thinking, "WAIT", 0.0)
    mind = Thinking()

    with mind.about(1.0, "192.0.2.1") as mine:
        assert (mine, allowed(mind, 0.25, "192.0.2.2"), allowed(mind, 0.02, None)) == (1.0, HASTY, 0.02)
    assert allowed(mind, 0.25, "192.0.2.2") == 0.25


def test_an_error_lets_the_next_one_think() -> None:
    mind = Thinking()
    with pytest.raises(ZeroDivisionError), mind.about(1.0, None):
        _ = 1 // 0
    assert allowed(mind, 1.0) == 1.0


def test_a_school_class_gets_answers_and_its_thought_comes_back_after_a_minute() -> None:
    clock = Clock()
    mind = Thinking(clock)

    seconds = [allowed(mind, 1.25) for _phone in range(40)]
    assert seconds[:32] == [1.25] * int(SHARE / 1.25) and set(seconds[32:]) == {HASTY}
    assert allowed(mind, 1.25, "192.0.2.2") == 1.25  # others think as long as ever
    clock.now = MINUTE
    assert allowed(mind, 1.25) == 1.25


def test_a_flood_is_refused_until_its_minute_is_over() -> None:
    clock = Clock()
    mind = Thinking(clock)
    for _request in range(MOST_ASKED):
        allowed(mind, 0.25)

    with pytest.raises(TooManyPlans, match="try again in a minute"):
        allowed(mind, 0.25)
    assert allowed(mind, 0.25, None) == 0.25
    clock.now = MINUTE
    assert allowed(mind, 0.25) == 0.25


def test_addresses_of_earlier_minutes_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinking, "MOST_KNOWN", 5)
    clock = Clock()
    mind = Thinking(clock)
    for number in range(6):
        allowed(mind, 0.1, f"192.0.2.{number}")
    clock.now = 2 * MINUTE
    allowed(mind, 0.1)

    assert list(mind._known) == ["192.0.2.1"]


@pytest.fixture
def mind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Thinking]:
    mind = Thinking()
    monkeypatch.setattr(pages, "thinking", mind)
    monkeypatch.setattr(planning, "QUICK", 0.05)
    yield mind


def test_the_page_says_it_kindly_and_keeps_the_form(
    app: Flask, mind: Thinking, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trail(festival=make_festival("town"))
    monkeypatch.setattr(thinking, "MOST_ASKED", 1)
    address = "/town/2026/day/?day=2026-11-28&begins=10:30&ends=15:00&party=3"
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}

    first, second = (visit.send("GET", address, **elsewhere) for _time in range(2))

    assert (first.status, second.status) == (200, 429)
    assert second.response.headers["Retry-After"] == "60"
    assert "Please try again in a minute" in second.alerts[0]
    assert second.html.select_one("#begins")["value"] == "10:30"
    assert visit(address).status == 200  # this very machine is nobody's


def test_thinking_again_is_left_out_where_it_could_only_be_worse(
    mind: Thinking, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trail(festival=make_festival("town"))
    monkeypatch.setattr(thinking, "WAIT", 0.0)
    address = "/town/2026/day/?day=2026-11-28&begins=10:30&ends=15:00&better=1"

    with mind.about(1.0, None):
        busy = visit(address)
    assert (busy.status, busy.html.select(".proposal"), busy.alerts) == (200, [], [])
    monkeypatch.setattr(planning, "BETTER", 0.05)
    assert visit(address).html.select(".proposal")
