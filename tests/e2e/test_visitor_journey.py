"""A visitor on a phone: finds something on the home page, books, comes with fewer, cancels."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from eventapp.db import db
from eventapp.tours.models import Slot
from tests.builders import make_edition, make_entry, make_festival, make_programme, make_slot
from tests.e2e.mailbox import letters
from tests.e2e.thumb import Thumb

pytestmark = pytest.mark.e2e
HANA = {"name": "花山 花子", "email": "hana@example.jp"}


@pytest.fixture
def slots(app: Flask) -> list[Slot]:
    """Two factories, each with one tour on Saturday morning."""
    edition = make_edition(make_festival("town"))
    return [make_slot(make_programme(make_entry(edition)), capacity=8) for _factory in range(2)]


def taken(slot: Slot) -> int:
    db.session.rollback()
    return db.session.get_one(Slot, slot.id, populate_existing=True).seats_taken


def subjects(app: Flask) -> list[str]:
    return [str(letter["Subject"]) for letter in letters(app)]


def first_slot(page: Page) -> Any:
    return page.locator(".slots-next a").first


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_from_home_to_a_reservation_in_five_taps_and_three_fields(
    language: str, javascript: bool, app: Flask, slots: list[Slot], open_page: Any
) -> None:
    page = open_page("/town/2026/", language=language, javascript=javascript)
    thumb = Thumb(page, language)

    thumb.tap(first_slot(page))
    if javascript:
        thumb.tap(page.locator(".book-bar button"))  # leads to the form
    thumb.fill_in_and_book(party="3", **HANA)

    assert thumb.taps <= 5 and thumb.typed == 3
    expect(page.locator("h1")).to_have_text(thumb.words["mine"])
    expect(page.get_by_text(thumb.words["number"])).to_be_visible()
    assert sorted(taken(slot) for slot in slots) == [0, 3]
    (subject,) = subjects(app)
    assert page.locator(".booking-number").inner_text() in subject


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_reducing_and_cancelling_gives_the_places_back(
    javascript: bool, app: Flask, slots: list[Slot], open_page: Any
) -> None:
    page = open_page(f"/town/2026/slots/{slots[0].code}", language="en", javascript=javascript)
    thumb = Thumb(page, "en")
    thumb.fill_in_and_book(party="3", **HANA)

    thumb.reduce_party(page.locator(".reservation"), "1")
    expect(page.locator(".ticket-times")).to_contain_text("1 person")
    assert taken(slots[0]) == 1

    thumb.cancel(page.locator(".reservation"))
    expect(page.locator("h1")).to_have_text(thumb.words["all_cancelled"])
    assert taken(slots[0]) == 0
    assert ["changed" in one for one in subjects(app)] == [False, True, False]
    assert "cancelled" in subjects(app)[-1]


def test_what_was_typed_stays_when_something_is_missing(slots: list[Slot], open_page: Any) -> None:
    page = open_page(f"/town/2026/slots/{slots[0].code}")
    thumb = Thumb(page, "ja")
    thumb.type("party", "2")
    thumb.type("name", "花山 花子")
    thumb.type("email", "hana@")
    thumb.tap(page.locator(".book-bar button"))

    alert = page.get_by_role("alert")
    expect(alert.get_by_role("link")).to_have_count(2)  # the address and the tick, each a link to its field
    expect(page.locator("#booking input[name=name]")).to_have_value("花山 花子")
    expect(page.locator("#booking input[name=email]")).to_have_value("hana@")
    assert taken(slots[0]) == 0
