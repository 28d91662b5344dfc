"""The card comes along into the home-screen application and out of LINE: once, within a week, and nothing is written by looking."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.stamps import books, erasing, handoff, queries, tokens
from eventapp.stamps.merging import MergeError
from eventapp.stamps.models import Card, Rally, RecoveryCode, Stamp
from tests.builders import make_edition, make_festival, make_rally
from tests.stamps.phones import START, Phone, phone_with, token_of
from tests.visiting import Page, Visitor

HOME = "/town/2026/stamps/"
OURS = {"Origin": "http://localhost", "X-Kouba": "outbox", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def rally(app: Flask) -> Iterator[Rally]:
    made = make_rally(make_edition(make_festival("town")))
    with clock.stopped_at(START):
        yield made


def open_with(rally: Rally, phone: Phone, letters: str) -> Card | None:
    with transaction():
        return handoff.accept(rally.id, phone.card, phone.secret, letters)


def test_another_storage_goes_on_with_the_card(rally: Rally) -> None:
    browser, app = phone_with(rally, 1, 2), phone_with(rally, 3)
    letters = handoff.make(browser.row)

    assert open_with(rally, app, letters) is not None

    assert {one["station"] for one in app.sync()["card"]["stamps"]} == {one.code for one in rally.stations}
    assert open_with(rally, app, letters) is not None  # the same storage may ask again and again


def test_the_letters_open_a_card_for_one_other_storage_alone(rally: Rally) -> None:
    browser, app, thief = phone_with(rally, 1), phone_with(rally, 2), phone_with(rally, 3)
    letters = handoff.make(browser.row)
    open_with(rally, app, letters)

    with pytest.raises(MergeError):
        open_with(rally, thief, letters)

    assert len(thief.sync()["card"]["stamps"]) == 1
    assert db.session.scalar(select(func.count(Stamp.id))) == 3
    assert open_with(rally, thief, handoff.make(browser.row)) is not None  # with letters of its own


def test_the_letters_end_after_a_week_and_with_the_card(rally: Rally) -> None:
    browser, app = phone_with(rally, 1), Phone(rally.id)
    letters = handoff.make(browser.row)
    with clock.stopped_at(START + handoff.LIFE + timedelta(hours=1)):
        assert open_with(rally, app, letters) is None
    with transaction():
        erasing.delete_card(browser.row)

    assert open_with(rally, app, letters) is None
    assert db.session.scalar(select(func.count(RecoveryCode.id))) == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, handoff.LETTERS - 1), letter=st.sampled_from(tokens.ALPHABET))
def test_every_letter_counts(app: Flask, place: int, letter: str) -> None:
    with clock.stopped_at(START):
        card = _any_card()
        letters = handoff.make(card)
        changed = letters[:place] + letter + letters[place + 1 :]
        if changed != letters:
            assert open_with(card.rally, Phone(card.rally_id), changed) is None


def _any_card() -> Card:
    found = db.session.scalar(select(Card))
    return found if found is not None else phone_with(make_rally(), 1).row


@pytest.mark.parametrize("text", ["", "0" * handoff.LETTERS, "ア" * handoff.LETTERS, "0" * 5000])
def test_what_is_no_handoff_opens_nothing(rally: Rally, text: str) -> None:
    assert open_with(rally, Phone(rally.id), text) is None


def test_letters_of_another_rally_open_nothing(rally: Rally) -> None:
    other = make_rally()

    assert open_with(other, Phone(other.id), handoff.make(phone_with(rally, 1).row)) is None


# --- the pages ---------------------------------------------------------------------------------------------------------


def send(visit: Visitor, message: object, path: str) -> Page:
    return visit.send(
        "POST", f"{HOME}{path}", data=json.dumps(message), headers=OURS, content_type="application/json"
    )


def test_the_manifest_of_a_browser_with_a_card_takes_it_along(
    rally: Rally, visit: Visitor, app: Flask
) -> None:
    phone = Phone(rally.id)
    phone.capture(token_of(rally, 1))
    assert visit(f"{HOME}app.webmanifest").response.get_json()["start_url"] == HOME
    send(visit, phone.message(), "sync")

    answer = visit(f"{HOME}app.webmanifest").response

    address, _sharp, letters = answer.get_json()["start_url"].partition("#open=")
    assert address == HOME and "no-store" in answer.headers["Cache-Control"]
    assert db.session.scalar(select(func.count(RecoveryCode.id))) == 0  # looking writes nothing
    elsewhere, there = Phone(rally.id), Visitor(app)
    message = {**elsewhere.message(), "handoff": letters}
    assert send(there, message, "handoff").response.get_json() == {"handle": phone.row.handle}
    assert len(there(HOME).html.select('.spot[data-state="ok"]')) == 1  # its cookie opens the book
    assert send(Visitor(app), {**Phone(rally.id).message(), "handoff": letters}, "handoff").status == 403
    assert (
        send(Visitor(app), {**Phone(rally.id).message(), "handoff": letters[::-1]}, "handoff").status == 404
    )
    assert send(Visitor(app), {"handoff": letters}, "handoff").status == 400


def test_a_card_that_is_not_this_browser_s_gives_no_handoff(rally: Rally, visit: Visitor) -> None:
    card = phone_with(rally, 1)
    visit.client.set_cookie("stamps.town.2026", f"{card.card}.{'x' * 20}")

    assert visit(f"{HOME}app.webmanifest").response.get_json()["start_url"] == HOME
    assert books.is_secret(card.row, card.secret) and queries.root_of(card.row).id == card.row.id
