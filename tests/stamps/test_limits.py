"""Limits count cards: a hall full of phones behind one address is let in, one phone that tries codes is not."""

import contextvars
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eventapp import create_app
from eventapp.db import db
from tests.builders import make_edition, make_festival, make_rally
from tests.conftest import settings
from tests.stamps.phones import Phone

OURS = {"Origin": "http://localhost", "X-Kouba": "outbox", "Sec-Fetch-Site": "same-origin"}
Send = Callable[[str, Phone], int]


@pytest.fixture
def send(tmp_path: Path) -> Iterator[Send]:
    """What the server answers to a phone, all of them behind one address of a provider."""
    values = {**settings(f"sqlite:///{tmp_path / 'limits.sqlite3'}"), "RATELIMIT_ENABLED": True}
    app = create_app(values, instance=tmp_path)
    with app.app_context():
        db.create_all()
        make_rally(make_edition(make_festival("town")))
        db.session.rollback()
    browser = app.test_client(use_cookies=False)

    def post(path: str, phone: Phone) -> int:
        message = {
            "card": phone.card,
            "secret": phone.secret,
            "device": phone.device,
            "code": "AAAA-BBBB-CCCC",
            "handoff": "x",
        }
        return browser.post(
            f"/town/2026/stamps/{path}",
            json=message,
            headers=OURS,
            environ_base={"REMOTE_ADDR": "203.0.113.5"},
        ).status_code

    yield lambda path, phone: contextvars.Context().run(post, path, phone)


@pytest.mark.parametrize("path", ["recover", "handoff"])
def test_a_hall_shares_an_address_and_one_phone_does_not_guess_on(send: Send, path: str) -> None:
    hall = Counter(send(path, Phone(1)) for _phone in range(80))
    guesser = Phone(1)
    guesses = [send(path, guesser) for _try in range(40)]

    assert hall == {404: 80}
    assert [(status, len(list(same))) for status, same in itertools.groupby(guesses)] == [
        (404, 30),
        (429, 10),
    ]
