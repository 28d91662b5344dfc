"""A visitor on a phone plans a Saturday, keeps one factory, adds lunch, books the day, and reads it without a signal."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from eventapp.db import db
from eventapp.demo import filling
from eventapp.factories.models import Entry, Factory, Opening
from eventapp.festivals.models import Edition
from eventapp.tours.models import Booking, EntryMode, Programme, Reservation, Slot, SlotState
from eventapp.walks import planning
from tests.builders import make_booking
from tests.e2e.walking import faults_for_eyes, faults_for_readers

pytestmark = pytest.mark.e2e
YEAR, PARTY, MINE = "2026", 2, "hana@example.jp"
HERE = f"/{filling.SLUG}/{YEAR}/"
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


@dataclass(frozen=True)
class Wanted:
    """What the visitor marks: three tours that are booked, of different factories, and a factory to walk into."""

    programmes: list[Programme]
    factory: Entry

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Where each one's ♡ is: the factory's slug, the wish."""
        found = [(one.entry.factory.slug, f"programme:{one.code}") for one in self.programmes if one.entry]
        return [*found, (self.factory.factory.slug, f"factory:{self.factory.code}")]


@pytest.fixture
def wanted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Wanted:
    """The demo's town, and in it the three tours with most free times on the Saturday."""
    monkeypatch.setattr(planning, "QUICK", 0.1)
    assert filling.fill_if_empty(Path(app.config["INSTANCE"]), with_pictures=False)
    saturday = (
        db.session.scalars(select(Edition).where(Edition.slug == YEAR).order_by(Edition.id)).first().dates[0]
    )  # type: ignore[union-attr]
    assert saturday.weekday() == 5
    slots = db.session.scalars(select(Slot).join(Programme).where(
        Slot.day == saturday, Slot.state == SlotState.OPEN, Slot.capacity - Slot.seats_taken >= PARTY, Programme.entry_id.is_not(None),
        Programme.entry_mode == EntryMode.BOOKING, Programme.min_age.is_(None) | (Programme.min_age == 0),
        Slot.ends_at - Slot.starts_at <= timedelta(minutes=60),
    ))  # fmt: skip
    free: dict[Programme, int] = {}
    for slot in slots:
        if slot.programme.entry.at_factory and asks_nothing(slot.programme.entry.factory):
            free[slot.programme] = free.get(slot.programme, 0) + 1
    programmes: dict[int, Programme] = {}
    for programme in sorted(free, key=lambda one: (-free[one], one.code)):
        programmes.setdefault(programme.entry.id, programme)
    chosen = list(programmes.values())[:3]
    busy = {programme.entry_id for programme in free} | {one.entry_id for one in chosen}
    doors = next(one for one in db.session.scalars(select(Entry).join(Opening).where(Opening.date == saturday).order_by(Entry.code))
                 if one.id not in busy and not one.factory.min_age and one.at_factory)  # fmt: skip
    return Wanted(chosen, doors)


def asks_nothing(factory: Factory) -> bool:
    """Whether name and address are enough for it, and everybody may come."""
    return not (factory.min_age or factory.insurance_list or factory.no_same_trade or factory.asks_company)


def mark_with_hearts(page: Page, wanted: Wanted) -> None:
    """On the pages of the factories, each one's own ♡."""
    for slug, key in wanted.keys:
        page.goto(f"{HERE}factories/{slug}")
        heart = page.locator(f'a.heart[href$="{key}"]')
        heart.first.tap()
        expect(heart.first).to_have_class(re.compile("is-on"))


def plan_saturday(page: Page, words: dict[str, str]) -> None:
    page.goto(f"{HERE}day/")
    expect(page.locator("select[name=wish]")).to_have_count(4)
    for wish in page.locator("select[name=wish]").all():
        wish.select_option(index=1)
    page.locator("input[name=begins]").fill("09:30")
    page.locator("input[name=ends]").fill("17:00")
    page.locator("input[name=party]").fill(str(PARTY))
    page.locator("input[name=lunch]").uncheck()
    page.locator("input[name=only_wishes]").check()
    page.locator(".book-bar").get_by_role("button", name=words["plan"]).tap()
    expect(page.locator(".proposal button").first).to_be_visible()
    assert faults_for_readers(page) == []
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
    language: str, wanted: Wanted, open_page: Any
) -> None:
    words = WORDS[language]
    page = open_page(HERE, language=language)
    mark_with_hearts(page, wanted)
    plan_saturday(page, words)
    assert len(slots_in(page)) == 3

    kept = keep_a_factory(page, words)
    page.get_by_role("button", name=words["add_lunch"]).tap()
    expect(page.locator(".stop-lunch")).to_be_visible()
    before = slots_in(page)
    assert faults_for_eyes(page, language) + faults_for_readers(page) == []

    taken = take_one(wanted.programmes[0], before)  # somebody else is quicker
    fill_in(page)
    page.locator(".booking-submit button").tap()
    expect(page.get_by_text(words["taken"])).to_be_visible()
    after = slots_in(page)
    assert f"slot:{taken}" in before - after and len(after) == 3
    expect(page.locator(f'.stop[data-pin="{kept}"]')).to_be_visible()
    expect(page.locator(".stop-lunch")).to_be_visible()
    assert booked() == set()  # all or none
    assert faults_for_eyes(page, language) + faults_for_readers(page) == []

    page.locator("#booking input[name=consent]").check()
    page.locator(".booking-submit button").tap()
    expect(page.get_by_text(words["booked"])).to_be_visible()
    assert booked() == {one.removeprefix("slot:") for one in after}

    read_offline(page, words, kept)


def take_one(programme: Programme, planned: set[str]) -> str:
    """Another visitor books all that is left of the time that is planned for the programme."""
    db.session.rollback()
    found = db.session.scalars(select(Slot).where(Slot.programme_id == programme.id))
    slot = next(one for one in found if f"slot:{one.code}" in planned)
    make_booking(slot, party_size=(slot.capacity or 0) - slot.seats_taken)
    return slot.code


def fill_in(page: Page) -> None:
    page.locator("#booking input[name=name]").fill("花山 花子")
    page.locator("#booking input[name=email]").fill(MINE)
    page.locator("#booking input[name=consent]").check()


def booked() -> set[str]:
    """The codes of the slots that the visitor holds."""
    db.session.rollback()
    found = db.session.scalars(select(Slot).join(Reservation).join(Booking).where(Booking.email == MINE))
    return {slot.code for slot in found}


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


def test_the_same_without_javascript(wanted: Wanted, open_page: Any) -> None:
    page = open_page(f"{HERE}day/", language="en", javascript=False)
    page.locator("input[name=begins]").fill("09:30")
    page.locator(".book-bar button").tap()
    page.locator(".proposal button").first.tap()
    expect(page.locator("h1")).to_have_text("My day")
    key = keep_a_factory(page, WORDS["en"])
    page.reload()
    expect(page.locator(f'.stop[data-pin="{key}"] .tag', has_text="Stays")).to_be_visible()
