"""Many pins on a phone: none hides another, several close together stand as one and open on a tap."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from eventapp import clock
from tests.builders import make_edition, make_entry, make_factory, make_festival, texts
from tests.e2e.walking import faults_for_eyes, faults_for_readers
from tests.walks.towns import at

pytestmark = pytest.mark.e2e
# By every pin on the screen: what is in it, how many it stands for, where it is and how large.
PINS = """() => [...document.querySelectorAll('.leaflet-marker-pane .pin')].filter(one => !one.hidden).map(one => {
  const box = one.querySelector('.pin-inside').getBoundingClientRect();
  return { text: one.innerText.trim(), stands: one.innerText.startsWith('×') ? parseInt(one.innerText.slice(1)) : one.innerText.split('·').length,
           x: box.x + box.width / 2, y: box.y + box.height / 2, width: box.width };
})"""
# The names of all that stand by themselves.
ALONE = """() => [...document.querySelectorAll('.leaflet-marker-pane .pin:not(.pin-group)')].filter(one => !one.hidden)
  .flatMap(one => one.getAttribute('aria-label').replace(/ \\(.*$/, '').split(' / '))"""
DENSE = 1500.0  # metres that the town is wide


def make_town(count: int) -> None:
    """Half of the factories in one quarter, the others anywhere; two share a door."""
    draw = Random(7)
    edition = make_edition(make_festival("town"))
    for number in range(count):
        reach = DENSE / 4 if number % 2 else DENSE
        lat, lon = at(draw.uniform(0, reach), draw.uniform(0, reach)) if number > 1 else at(90, 0.02 * number)
        factory = make_factory(
            edition.festival,
            lat=lat,
            lon=lon,
            name=texts(f"工場{number}", f"Works {number}"),
            kana=f"{number:03}",
        )
        make_entry(edition, factory)


def pins_of(page: Page) -> list[dict[str, Any]]:
    """After the map stands still."""
    expect(page.locator("[data-map-ready]")).to_be_attached()
    found: list[dict[str, Any]] = page.evaluate(PINS)
    return found


def hidden_by_others(pins: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of which one covers more than a seventh of the other's width."""
    return [
        (a["text"], b["text"])
        for number, a in enumerate(pins)
        for b in pins[number + 1 :]
        if ((a["x"] - b["x"]) ** 2 + (a["y"] - b["y"]) ** 2) ** 0.5 < 0.85 * (a["width"] + b["width"]) / 2
    ]


@pytest.mark.parametrize(("count", "language"), [(28, "en"), (120, "ja")])
def test_no_pin_hides_another_and_each_factory_is_there(
    count: int, language: str, app: Flask, open_page: Any
) -> None:
    make_town(count)
    page = open_page("/town/2026/map/", language=language)

    pins = pins_of(page)

    assert hidden_by_others(pins) == []
    assert sum(pin["stands"] for pin in pins) == count
    assert min(pin["width"] for pin in pins) >= 24
    assert faults_for_eyes(page, language) + faults_for_readers(page) == []


def test_a_tap_on_several_comes_nearer_until_each_stands_alone(app: Flask, open_page: Any) -> None:
    with clock.stopped_at(datetime(2026, 11, 28, 1, 30, tzinfo=UTC)):
        make_town(120)
        page = open_page("/town/2026/map/", language="en")
        pins_of(page)
        group = page.locator(".leaflet-marker-pane .pin-group").first
        told = group.get_attribute("aria-label") or ""
        count = int(told.split(" ", 1)[0])
        names = told.removesuffix(" (Open now)").split(": ", 1)[1].split(" / ")
        assert told.endswith("(Open now)") and len(names) == count > 1

        group.focus()
        page.keyboard.press("Enter")
        assert set(names) <= set(page.evaluate(ALONE))
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(names[0])


def test_list_and_map_move_together_also_for_a_pin_that_stood_among_others(
    app: Flask, open_page: Any
) -> None:
    make_town(120)
    page = open_page("/town/2026/map/", language="en")
    pins_of(page)
    row = page.locator(".spot", has=page.get_by_role("link", name="Works 5", exact=True))

    row.get_by_role("button").click()

    expect(page.locator(".leaflet-popup .pin-name")).to_have_text("Works 5")
    expect(row).to_have_class("spot is-on-map")


def test_two_at_one_door_are_told_together_however_near_one_comes(app: Flask, open_page: Any) -> None:
    make_town(2)
    page = open_page("/town/2026/map/", language="en")
    pins_of(page)

    page.get_by_role("button", name="Works 1").last.click()

    expect(page.locator(".leaflet-popup .pin-name")).to_have_text(["Works 0", "Works 1"])
