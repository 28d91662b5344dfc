"""A card collects ten stamps at once and then one in five seconds: what is too fast waits, and nothing is lost or refused."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventapp import clock
from eventapp.db import db
from eventapp.stamps import pace
from eventapp.stamps.models import Rally, Scan, Stamp, Status
from tests.builders import make_edition, make_festival, make_rally
from tests.stamps.phones import START, Phone, send, token_of
from tests.visiting import Visitor

SECOND = timedelta(seconds=1)


@given(st.lists(st.sampled_from([0, 1, 7, 60, 300, 303]) | st.integers(0, 120), min_size=25, max_size=60))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_no_stretch_of_time_holds_more_than_ten_and_one_in_five_seconds(asked: list[int]) -> None:
    given_at: list[int] = []
    for second in sorted(asked):
        free = pace.free_at([START + one * SECOND for one in given_at])
        if free is None or free <= START + second * SECOND:
            given_at.append(second)
        else:
            wait = pace.seconds_until(free, START + second * SECOND)
            assert 1 <= wait <= 5
            assert free <= START + (second + wait) * SECOND  # told to come again, one does not come in vain
    for first in range(len(given_at)):
        for last in range(first, len(given_at)):
            assert last - first + 1 <= 10 + (given_at[last] - given_at[first]) / 5


@given(st.lists(st.integers(5, 10_000), max_size=80))
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_one_stamp_in_five_seconds_never_waits(pauses: list[int]) -> None:
    moments = [START]
    for pause in pauses:
        free = pace.free_at(moments)
        moments.append(moments[-1] + pause * SECOND)
        assert free is None or free <= moments[-1]


@pytest.fixture
def rally(app: Any) -> Rally:
    with clock.stopped_at(START - timedelta(days=30)):
        return make_rally(make_edition(make_festival("town")), stations=13)


def deliver(rally: Rally, phone: Phone, message: dict[str, Any] | None = None) -> dict[str, Any]:
    """One message, its answer heard."""
    answer = send(rally.id, message or phone.message())
    phone.hear(answer)
    return answer


def test_too_many_at_once_wait_and_all_of_them_come(rally: Rally) -> None:
    phone = Phone(rally.id)
    with clock.stopped_at(START):
        kept = [phone.capture(token_of(rally, number)) for number in range(1, 14)]
        message = phone.message()
        first = deliver(rally, phone)
        repeated = deliver(rally, phone, message)
    assert (first["ack_seq"], first["wait"], len(first["results"])) == (10, 5, 10)
    assert list(phone.outbox) == kept[10:]  # no answer, so the phone keeps them
    assert (repeated["results"], repeated["ack_seq"]) == (first["results"], 10)

    for later, waiting in ((4, 3), (5, 2), (6, 2), (10, 1), (15, 0)):
        with clock.stopped_at(START + later * SECOND):
            answer = deliver(rally, phone)
        assert (len(phone.outbox), answer["wait"] > 0) == (waiting, waiting > 0)

    assert set(phone.verdicts.values()) == {"accepted"}
    assert answer["ack_seq"] == 13
    assert db.session.scalar(db.select(db.func.count(Stamp.id)).where(Stamp.status == Status.OK)) == 13
    assert db.session.scalar(db.select(db.func.count(Scan.id))) == 13


def test_what_was_collected_without_a_signal_comes_in_at_once(rally: Rally) -> None:
    phone = Phone(rally.id, behind=timedelta(days=1100))
    for number in range(1, 14):
        with clock.stopped_at(START + number * 10 * SECOND):
            phone.capture(token_of(rally, number))
    with clock.stopped_at(START + timedelta(hours=1)):
        answer = deliver(rally, phone)

    assert (answer["wait"], len(answer["results"]), phone.outbox) == (0, 13, {})


def test_a_clock_that_jumped_delays_and_takes_nothing(rally: Rally) -> None:
    phone = Phone(rally.id)
    for number in range(1, 14):
        with clock.stopped_at(START + timedelta(hours=2, minutes=number)):
            phone.capture(token_of(rally, number))
    phone.behind = timedelta(days=400)  # so every capture seems to lie ahead, and is taken for one of now
    with clock.stopped_at(START + timedelta(hours=3)):
        assert deliver(rally, phone)["wait"] == 5
    with clock.stopped_at(START + timedelta(hours=3, seconds=15)):
        assert deliver(rally, phone)["wait"] == 0

    assert set(phone.verdicts.values()) == {"accepted"} and len(phone.verdicts) == 13


def test_the_same_poster_again_and_codes_that_are_none_wait_for_nothing(rally: Rally) -> None:
    phone = Phone(rally.id)
    with clock.stopped_at(START):
        for number in range(1, 11):
            phone.capture(token_of(rally, number))
        for _time in range(15):
            phone.capture(token_of(rally, 1))
        phone.capture("0" * 22)
        answer = deliver(rally, phone)

    assert (answer["wait"], phone.outbox) == (0, {})
    assert {one["verdict"] for one in answer["results"]} == {"accepted", "duplicate", "rejected"}


def test_what_comes_behind_one_that_waits_waits_too_so_the_log_has_no_gap(rally: Rally) -> None:
    phone = Phone(rally.id)
    with clock.stopped_at(START):
        for number in [*range(1, 12), 1]:
            phone.capture(token_of(rally, number))
        answer = deliver(rally, phone)
        assert (answer["ack_seq"], len(answer["results"]), len(phone.outbox)) == (10, 10, 2)
    with clock.stopped_at(START + 5 * SECOND):
        answer = deliver(rally, phone)

    assert [one["verdict"] for one in answer["results"]] == ["accepted", "duplicate"]
    assert (answer["ack_seq"], phone.outbox) == (12, {})


def test_another_card_does_not_wait(rally: Rally) -> None:
    fast, neighbour = Phone(rally.id), Phone(rally.id)
    with clock.stopped_at(START):
        for number in range(1, 14):
            fast.capture(token_of(rally, number))
        deliver(rally, fast)
        neighbour.capture(token_of(rally, 1))
        assert deliver(rally, neighbour)["wait"] == 0


@pytest.mark.parametrize(("language", "said"), [("en", "Many stamps in a short time"), ("ja", "短い時間に")])
def test_without_scripts_the_visitor_is_told_to_scan_again(
    rally: Rally, visit: Visitor, language: str, said: str
) -> None:
    visit.language = language
    with clock.stopped_at(START):
        for number in range(1, 12):
            page = visit(f"/s/{token_of(rally, number)}").submit(action="/s/")
        assert said in page.text
    with clock.stopped_at(START + 5 * SECOND):
        page = visit(f"/s/{token_of(rally, 11)}").submit(action="/s/")
    assert said not in page.text
    assert db.session.scalar(db.select(db.func.count(Stamp.id))) == 11
