"""Every page of every kind of person, in both languages: axe finds nothing, nothing is cut off, nobody else is asked.

That no foreign host is asked and no content policy is broken is what `open_page` fails for at its end.
"""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

from eventapp.db import db
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.walking import addresses, faults_for_eyes, faults_for_readers
from tests.world import World, make_world

pytestmark = pytest.mark.e2e


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


def look(page: Page, language: str) -> list[str]:
    return faults_for_eyes(page, language) + faults_for_readers(page)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("who", ["visitor", "member", "owner"])
def test_every_page_is_for_everyone(
    who: str, language: str, app: Flask, world: World, open_page: Any
) -> None:
    """On the phone in both languages, once at the desk in English."""
    person = None if who == "visitor" else getattr(world, who)
    all_pages = list(addresses(app, world, who))
    page = open_page("/", person=person, language=language)
    db.session.rollback()
    wrong = []
    for address in all_pages:
        page.set_viewport_size(PHONE)
        page.goto(address)
        faults = look(page, language)
        if language == "en":
            page.set_viewport_size(DESK)
            faults += [f"at the desk: {one}" for one in look(page, language)]
        wrong += [f"{address} {one}" for one in faults]
    assert wrong == []
    assert len(all_pages) > {"visitor": 12, "member": 20, "owner": 25}[who]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_pages_in_trouble_are_for_everyone_too(language: str, world: World, open_page: Any) -> None:
    """A form that comes back, a filled basket, nothing there, a dead link."""
    slot = f"/walls/2026/slots/{world.slot.code}"
    page = open_page(slot, language=language)
    wrong = []
    with page.expect_navigation():
        page.locator(".basket-box button").tap()
    for address in (
        "/walls/2026/basket",
        "/nothing/at/all",
        "/r/not-a-link/",
        "/account/link/not-a-link",
        slot,
    ):
        page.goto(address)
        wrong += [f"{address} {one}" for one in look(page, language)]
    page.locator("#booking button[type=submit]").evaluate("button => button.click()")
    page.get_by_role("alert").wait_for()
    assert [*wrong, *look(page, language)] == []


def test_the_walk_sees_what_is_wrong(open_page: Any) -> None:
    page = open_page("/account/sign-in", language="en")
    page.evaluate("""() => {
      document.documentElement.lang = 'ja'
      document.querySelector('main').insertAdjacentHTML('beforeend', '<img src="/favicon.ico"><input><p class="planted">wide</p>')
      document.querySelector('.planted').style.width = '700px'
    }""")

    faults = "\n".join(look(page, "en"))

    for found in ("lang=ja", "picture:", "px too wide", "image-alt:", "label:"):
        assert found in faults
