"""Whoever guesses codes is stopped, and told for how long; nobody's stamp is lost by it, and the others are not stopped."""

import contextvars
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventapp import clock, create_app
from eventapp.db import db
from eventapp.stamps.models import Rally
from eventapp.web.limits import limiter
from tests.builders import make_edition, make_festival, make_rally
from tests.conftest import settings
from tests.stamps.phones import Phone, token_of

HALL, HOME = "203.0.113.5", "203.0.113.77"
WRONG = "0" * 22


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Flask]:
    """An application that limits, as it does outside tests."""
    app = create_app(
        {**settings(f"sqlite:///{tmp_path / 'floods.sqlite3'}"), "RATELIMIT_ENABLED": True}, instance=tmp_path
    )
    with app.app_context():
        db.create_all()
        limiter.reset()
        yield app
        limiter.reset()
        db.session.remove()


@pytest.fixture
def rally(limited: Flask) -> Rally:
    month = timedelta(days=30)
    return make_rally(
        make_edition(make_festival("town")), opens_at=clock.now() - month, closes_at=clock.now() + month
    )


def post(browser: FlaskClient, path: str, address: str = HALL, **values: object) -> TestResponse:
    headers = {
        "X-Kouba": "1",
        "Origin": "http://localhost",
        "Sec-Fetch-Site": "same-origin",
        "Accept-Language": "en",
    }
    return contextvars.Context().run(
        browser.post, path if path.startswith("/") else f"/town/2026/stamps/{path}", headers=headers, environ_base={"REMOTE_ADDR": address}, **values
    )  # fmt: skip


def sync(browser: FlaskClient, phone: Phone, address: str = HALL) -> TestResponse:
    answer = post(browser, "sync", address, json=phone.message())
    if answer.status_code == 200:
        phone.hear(answer.get_json())
    return answer


def test_a_card_that_guesses_waits_and_keeps_what_it_has(limited: Flask, rally: Rally) -> None:
    browser, guesser, neighbour = limited.test_client(), Phone(rally.id), Phone(rally.id)
    met = []
    for _guess in range(25):
        guesser.outbox.clear()
        guesser.capture(WRONG)
        met.append(sync(browser, guesser).status_code)
    assert Counter(met) == {200: 20, 429: 5}

    guesser.outbox.clear()
    kept = guesser.capture(token_of(rally, 1))
    refused = sync(browser, guesser)
    assert refused.status_code == 429
    assert json.loads(refused.data)["error"] == "That was very often in a short time"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert list(guesser.outbox) == [kept]  # no final answer, so the phone keeps it

    neighbour.capture(token_of(rally, 1))
    assert sync(browser, neighbour).status_code == 200  # the same address, another card

    limiter.reset()  # the minute is over
    assert sync(browser, guesser).status_code == 200
    assert (guesser.outbox, guesser.verdicts[kept]) == ({}, "accepted")


def test_every_wrong_code_of_a_batch_counts(limited: Flask, rally: Rally) -> None:
    browser, phone = limited.test_client(), Phone(rally.id)
    for _guess in range(30):
        phone.capture(WRONG)

    assert sync(browser, phone).status_code == 200
    assert sync(browser, phone).status_code == 429


def test_a_typed_code_is_short_and_counts_twice(limited: Flask, rally: Rally) -> None:
    browser, phone, met = limited.test_client(), Phone(rally.id), []
    for _guess in range(12):
        phone.outbox.clear()
        phone.capture("", short_code="ZZZZZZ", method="short")
        met.append(sync(browser, phone).status_code)

    assert met == [200] * 10 + [429] * 2


def test_many_cards_of_one_address_guess_three_hundred_times(limited: Flask, rally: Rally) -> None:
    browser, met = limited.test_client(), []
    for _card in range(14):
        phone = Phone(rally.id)
        for _guess in range(25):
            phone.capture(WRONG)
        met.append(sync(browser, phone).status_code)
    honest = Phone(rally.id)
    honest.capture(token_of(rally, 1))

    assert Counter(met) == {200: 12, 429: 2}
    assert sync(browser, honest, HOME).status_code == 200


def test_honest_stamps_are_never_too_many(limited: Flask, rally: Rally) -> None:
    browser, phone = limited.test_client(), Phone(rally.id)
    for number in range(25):
        phone.capture(token_of(rally, number % 3 + 1))
        assert sync(browser, phone).status_code == 200


@pytest.mark.parametrize(
    ("language", "said"), [("en", "That was very often in a short time"), ("ja", "短い時間に")]
)
def test_a_form_that_is_sent_too_often_says_so_in_the_readers_language(
    limited: Flask, rally: Rally, language: str, said: str
) -> None:
    browser = limited.test_client()
    for _time in range(11):
        answer = contextvars.Context().run(
            browser.post, "/town/2026/stamps/code", data={"code": "ZZZZZZ"}, environ_base={"REMOTE_ADDR": HALL},
            headers={"Accept-Language": language},
        )  # fmt: skip

    assert answer.status_code == 429
    assert said in answer.get_data(as_text=True)
    assert 1 <= int(answer.headers["Retry-After"]) <= 61


FORMS = {
    "card/move": 20,
    "card/join": 30,
    "card/delete": 20,
    "claim/pin": 30,
    "code": 10,
    "/s/hello": 60,
    "/desk/enrol/hello": 30,
    "/desk/pin": 60,
}
MESSAGES = {"recover": 30, "merge": 30, "handoff": 30}


@pytest.mark.parametrize("path", [*FORMS, *MESSAGES])
def test_every_limited_address_says_when_to_come_again(limited: Flask, rally: Rally, path: str) -> None:
    browser, phone = limited.test_client(), Phone(rally.id)
    values: dict[str, object] = (
        {"json": {"card": phone.card, "secret": phone.secret, "device": phone.device}}
        if path in MESSAGES
        else {"data": {}}
    )
    allowed = (FORMS | MESSAGES)[path]
    met = [post(browser, path, **values) for _time in range(allowed + 1)]

    assert 429 not in {one.status_code for one in met[:-1]}
    assert all(one.status_code < 500 for one in met)
    assert met[-1].status_code == 429
    assert 1 <= int(met[-1].headers["Retry-After"]) <= 3601
    assert (met[-1].mimetype == "application/json") == (path in MESSAGES)
