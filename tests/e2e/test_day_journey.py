"""A visitor on a phone plans a Saturday, keeps one factory, adds lunch, books the day, and reads it without a signal."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from eventapp.db import db
from eventapp.tours.models import Reservation, Slot
from eventapp.walks import extracts, planning
from tests.builders import make_booking, make_festival, make_programme, make_slot
from tests.walks.festival import draw_street, make_trail, upload
from tests.walks.towns import Town

pytestmark = pytest.mark.e2e
WORDS = {
    "ja": {"mine": "マイプラン", "keep": "固定する", "stays": "固定", "add_lunch": "昼食を入れる", "taken": "直前に満席になった回があります",
           "booked": "1日分をまとめて予約しました", "off": "電波がありません", "lunch": "昼食", "plan": "プランを作成", "change": "変更"},
    "en": {"mine": "My day", "keep": "Keep", "stays": "Stays", "add_lunch": "Add lunch", "taken": "One of the times was taken a moment ago",
           "booked": "Your whole day is booked", "off": "No signal", "lunch": "Lunch", "plan": "Plan my day", "change": "Change"},
}  # fmt: skip


# Whether the phone has this very version of the page and every file of it; it is asked until it has.
UNTIL_KEPT = """async () => {
  const { day, version } = document.querySelector("[data-day]").dataset;
  const files = JSON.parse(document.getElementById("day-files").textContent);
  const isKept = async () => {
    const page = await caches.match(day);
    const found = await Promise.all(files.map((one) => caches.match(one)));
    return page && (await page.text()).includes(`data-version="${version}"`) && found.every(Boolean);
  };
  for (let asked = 0; asked < 200; asked += 1) {
    if (await isKept()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}"""


@pytest.fixture
def tours(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Slot]:
    """Six factories along a street; three of them have tours, the third one at two times."""
    monkeypatch.setattr(planning, "QUICK", 0.1)
    edition, entries = make_trail(6, festival=make_festival("town"))
    hours = [(0, 1), (1, 2), (2, 5), (2, 6)]
    programmes = [make_programme(entry) for entry in entries[:3]]
    slots = [
        make_slot(programmes[at], capacity=4, starts_at=datetime(2026, 11, 28, hour, tzinfo=UTC), minutes=30)
        for at, hour in hours
    ]
    upload(edition, draw_street(Town(tmp_path), 1500), Path(app.config["INSTANCE"]) / extracts.FOLDER)
    return slots


def mark_with_hearts(page: Page, slots: list[Slot]) -> None:
    """On the pages of the factories, each programme's own ♡."""
    for programme in dict.fromkeys(slot.programme for slot in slots):
        page.goto(f"/town/2026/factories/{programme.entry.factory.slug}")
        page.locator(f'a.heart[href$="programme:{programme.code}"]').tap()
        expect(page.locator("a.heart.is-on")).to_have_count(1)


def plan_saturday(page: Page, words: dict[str, str]) -> None:
    page.goto("/town/2026/day/")
    expect(page.locator("select[name=wish]")).to_have_count(3)
    for wish in page.locator("select[name=wish]").all():
        wish.select_option(index=1)
    page.locator("input[name=begins]").fill("09:30")
    page.locator("input[name=party]").fill("2")
    page.locator("input[name=lunch]").uncheck()
    page.locator(".book-bar").get_by_role("button", name=words["plan"]).tap()
    page.locator(".proposal button").first.tap()
    expect(page.locator("h1")).to_have_text(words["mine"])


def keep_a_factory(page: Page, words: dict[str, str]) -> str:
    """The first stop one simply walks into stays."""
    stop = page.locator('.stop[data-pin^="open:"]').first
    key = str(stop.get_attribute("data-pin"))
    stop.locator("summary").get_by_text(words["change"]).tap()
    stop.get_by_role("button", name=words["keep"]).tap()
    expect(page.locator(f'.stop[data-pin="{key}"] .tag', has_text=words["stays"])).to_be_visible()
    return key


def slots_in(page: Page) -> set[str]:
    return {str(one.get_attribute("data-pin")) for one in page.locator('.stop[data-pin^="slot:"]').all()}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_saturday_is_planned_booked_around_a_full_time_and_read_offline(
    language: str, tours: list[Slot], open_page: Any
) -> None:
    words = WORDS[language]
    page = open_page("/town/2026/", language=language)
    mark_with_hearts(page, tours)
    plan_saturday(page, words)
    before = slots_in(page)
    assert len(before) == 3

    kept = keep_a_factory(page, words)
    page.get_by_role("button", name=words["add_lunch"]).tap()
    expect(page.locator(".stop-lunch")).to_be_visible()

    taken = next(slot for slot in tours[2:] if f"slot:{slot.code}" in slots_in(page))
    make_booking(taken, party_size=3)  # somebody else is quicker
    page.locator("#booking input[name=name]").fill("花山 花子")
    page.locator("#booking input[name=email]").fill("hana@example.jp")
    page.locator("#booking input[name=consent]").check()
    page.locator(".booking-submit button").tap()
    expect(page.get_by_text(words["taken"])).to_be_visible()
    assert f"slot:{taken.code}" not in slots_in(page) and len(slots_in(page)) == 3
    expect(page.locator(f'.stop[data-pin="{kept}"]')).to_be_visible()

    page.locator("#booking input[name=consent]").check()
    page.locator(".booking-submit button").tap()
    expect(page.get_by_text(words["booked"])).to_be_visible()
    db.session.rollback()
    assert db.session.query(Reservation).count() == 4

    read_offline(page, words, kept)


def read_offline(page: Page, words: dict[str, str], kept: str) -> None:
    """Once opened, the day is on the phone: the list, and the map with its streets."""
    names = page.locator(".stop-name").all_inner_texts()
    expect(page.locator("[data-map-ready]")).to_be_attached()
    assert page.evaluate(UNTIL_KEPT)
    page.context.set_offline(True)
    page.goto(page.url.split("#")[0])
    expect(page.get_by_text(words["off"])).to_be_visible()
    assert page.locator(".stop-name").all_inner_texts() == names
    expect(page.locator("[data-map-ready] .route-arrow").first).to_be_attached()
    page.context.set_offline(False)


def test_the_same_without_javascript(tours: list[Slot], open_page: Any) -> None:
    page = open_page("/town/2026/day/", language="en", javascript=False)
    page.locator("input[name=begins]").fill("09:30")
    page.locator(".book-bar button").tap()
    page.locator(".proposal button").first.tap()
    expect(page.locator("h1")).to_have_text("My day")
    key = keep_a_factory(page, WORDS["en"])
    page.reload()
    expect(page.locator(f'.stop[data-pin="{key}"] .tag', has_text="Stays")).to_be_visible()
