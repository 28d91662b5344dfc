"""The signed cookie when the server's clock is not where it was."""

import time

import pytest
from flask import Flask
from itsdangerous import TimestampSigner

from tests.builders import make_person
from tests.visiting import Visitor


def is_in(visit: Visitor) -> bool:
    return visit.send("GET", "/account/", follow=False).status == 200


@pytest.mark.parametrize(
    ("moved", "stays"), [(0, True), (-1, True), (-86400, True), (300 * 86400, True), (401 * 86400, False)]
)
def test_a_clock_put_back_signs_nobody_out(
    visit: Visitor, monkeypatch: pytest.MonkeyPatch, moved: int, stays: bool
) -> None:
    visit.sign_in(make_person("Keiko"))
    here = int(time.time())

    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: here + moved)

    assert is_in(visit) == stays


def test_a_cookie_from_the_future_must_be_ours_all_the_same(
    app: Flask, visit: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.sign_in(make_person("Keiko"))
    value = visit.client.get_cookie("kouba").value
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: 1)

    for place in (3, len(value) - 10):  # what it says, and its signature
        altered = Visitor(app)
        other = "A" if value[place] != "A" else "B"
        altered.client.set_cookie("kouba", value[:place] + other + value[place + 1 :])
        assert not is_in(altered)

    assert is_in(visit)
