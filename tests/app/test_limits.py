"""The first line against floods holds, for one address and not for the others."""

import contextvars
from collections import Counter
from pathlib import Path

from eventapp import create_app
from eventapp.db import db
from tests.conftest import settings


def test_one_address_that_floods_is_stopped_and_others_are_not(tmp_path: Path) -> None:
    app = create_app(
        {**settings(f"sqlite:///{tmp_path / 'limits.sqlite3'}"), "RATELIMIT_ENABLED": True}, instance=tmp_path
    )
    with app.app_context():
        db.create_all()
    browser = app.test_client()

    def send(address: str) -> int:
        typed = {"email": "a@example.jp", "password": "x"}
        return browser.post("/account/sign-in", data=typed, environ_base={"REMOTE_ADDR": address}).status_code

    flood = Counter(contextvars.Context().run(send, "203.0.113.5") for _request in range(70))

    assert flood == {422: 60, 429: 10}
    assert contextvars.Context().run(send, "203.0.113.6") == 422
