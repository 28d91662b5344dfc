"""Tries are counted before they are checked: no crowd gets around the pause."""

import threading
from datetime import timedelta

import pytest
from flask import Flask

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.people import attempts
from tests.builders import make_person
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app")


def tried(person) -> bool:
    with transaction():
        return attempts.may_try(person.email_key)


def test_five_tries_are_free_then_comes_a_pause():
    person = make_person()

    assert [tried(person) for _turn in range(7)] == [True] * 5 + [False] * 2
    with clock.stopped_at(NOW + timedelta(seconds=29)):
        assert not tried(person)
    with clock.stopped_at(NOW + timedelta(seconds=30)):
        assert tried(person)
        assert not tried(person)


def test_pauses_grow_to_an_hour():
    assert [attempts.pause_after(tries).total_seconds() for tries in (4, 5, 6, 7, 12, 99)] == [
        0,
        30,
        60,
        120,
        3600,
        3600,
    ]


def test_a_hundred_tries_are_all():
    person = make_person(failures=attempts.MOST - 1)

    assert tried(person)
    with clock.stopped_at(NOW + timedelta(days=365)):
        assert not tried(person)


def test_being_in_begins_anew():
    person = make_person(failures=attempts.MOST, locked_until=NOW + timedelta(hours=1))

    with transaction():
        attempts.forget(person)

    assert tried(person)


def test_a_right_password_gives_back_only_its_own_try():
    person = make_person(failures=3)
    tried(person)

    with transaction():
        attempts.give_back(person)

    assert person.failures == 3


def test_nobody_may_try_for_nobody():
    with transaction():
        assert not attempts.may_try("nobody@example.jp")


@pytest.mark.race
def test_two_hundred_at_once_get_five_tries(app: Flask):
    key = make_person().email_key
    answers: list[bool] = []
    start = threading.Barrier(8)

    def storm() -> None:
        with app.app_context():
            start.wait()
            for _turn in range(25):
                with transaction():
                    answers.append(attempts.may_try(key))
            db.session.remove()

    threads = [threading.Thread(target=storm) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(answers), sum(answers)) == (200, attempts.FAST)
