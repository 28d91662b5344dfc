"""A real festival's list, as it stood in October 2025: imported, published, given slots, and booked on a phone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from eventapp import clock, worker
from eventapp.db import db
from eventapp.factories.models import Entry, Factory
from eventapp.festivals.models import EditionState
from eventapp.people.models import Person
from eventapp.tours.models import Slot
from tests.builders import make_edition, make_festival, make_organizer, texts
from tests.e2e.conftest import DESK
from tests.e2e.desk import Clerk
from tests.e2e.mailbox import letters
from tests.e2e.thumb import Thumb
from tests.e2e.walking import faults_for_eyes, faults_for_readers

pytestmark = pytest.mark.e2e
LIST = Path(__file__).parents[1] / "data/ota_open_factory_2025.csv"
DAY = date(2025, 10, 25)
VISITED = ("新妻精機", "小堀精密")


@pytest.fixture(autouse=True)
def _october() -> Iterator[None]:
    """EVENTAPP_NOW=2025-10-01, read as the server reads it."""
    with clock.stopped_at(clock.parse_moment("2025-10-01", ZoneInfo("Asia/Tokyo"))):
        yield


@pytest.fixture
def owner(app: Flask) -> Person:
    festival = make_festival("ota", name=texts("おおたオープンファクトリー", "Ota Open Factory"))
    make_edition(festival, slug="2025", state=EditionState.DRAFT, days=[DAY])
    return make_organizer(festival)


def import_by_command(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["import-factories", str(LIST), "--edition", "ota/2025"])
    assert result.exit_code == 0, result.output
    assert "29 new factories" in result.output


def import_by_page(app: Flask, page: Page) -> None:
    """Uploaded, columns matched, looked at, written; axe looks at each step too."""
    page.goto("/manage/ota/2025/exchange")
    page.locator("input[type=file]").set_input_files(LIST)
    page.locator("form[enctype] button[type=submit]").click()
    wait_for_the_worker(app, page)
    page.locator("button[form=columns]").click()
    wait_for_the_worker(app, page)
    expect(page.locator(".stats")).to_contain_text("29")
    assert faults(page) == []
    page.locator("button[form=apply]").click()
    wait_for_the_worker(app, page)
    expect(page.locator(".stats")).to_contain_text("29")
    assert faults(page) == []


def wait_for_the_worker(app: Flask, page: Page) -> None:
    """The page shows how far the work is and by itself becomes what follows."""
    expect(page.locator(".work")).to_be_visible()
    found = faults(page)
    db.session.rollback()  # what this test has read so far is old
    assert worker.work(app) == 1
    expect(page.locator(".work")).to_have_count(0)
    assert [*found, *faults(page)] == []


def faults(page: Page) -> list[str]:
    return faults_for_eyes(page, "ja") + faults_for_readers(page)


def give_slots_and_publish(clerk: Clerk) -> None:
    for name in VISITED:
        db.session.rollback()
        factory = next(one for one in db.session.query(Factory) if one.name["ja"] == name)
        clerk.page.goto(f"/factory/{factory.code}/programmes")
        clerk.offer_a_tour(DAY.isoformat(), title=f"{name}の見学", title_en="Factory tour", slots=5)
    clerk.page.goto("/manage/ota/2025/")
    clerk.publish_the_edition()


@pytest.mark.parametrize("way", ["command", "page"])
def test_list_goes_in_and_two_of_its_slots_are_booked_on_a_phone(
    way: str, app: Flask, owner: Person, open_page: Any
) -> None:
    clerk = Clerk(open_page("/manage/ota/2025/", person=owner, size=DESK))
    if way == "command":
        import_by_command(app)
    else:
        import_by_page(app, clerk.page)
    give_slots_and_publish(clerk)
    assert db.session.query(Entry).count() == 29

    page = open_page("/ota/")
    book_two_in_one_step(page)
    reduce_one_and_cancel_the_other(page)

    assert taken() == {"新妻精機の見学": 1, "小堀精密の見学": 0}
    assert len(letters(app, "hana@example.jp")) == 3


def book_two_in_one_step(page: Page) -> None:
    thumb = Thumb(page, "ja")
    page.locator(".daycard").first.tap()
    expect(page.locator("main")).to_contain_text("29か所")
    for name, start in zip(VISITED, ("10:00", "14:00"), strict=True):
        page.goto("/ota/2025/whats-on/")
        page.locator(".hosts > li").filter(has_text=f"{name}の見学").locator(".times a").filter(
            has_text=start
        ).tap()
        thumb.tap(page.get_by_role("button", name=thumb.words["basket"]))
        expect(page.locator("h1")).to_be_visible()
    page.goto("/ota/2025/basket")
    thumb.tap(page.locator(".book-bar button"))
    thumb.fill_in_and_book(party="3", name="花山 花子", email="hana@example.jp")
    expect(page.locator(".ticket-times > li")).to_have_count(2)
    assert taken() == {"新妻精機の見学": 3, "小堀精密の見学": 3}


def reduce_one_and_cancel_the_other(page: Page) -> None:
    thumb = Thumb(page, "ja")
    first, second = (page.locator(".reservation").filter(has_text=name) for name in VISITED)
    thumb.reduce_party(first, "1")
    expect(page.locator(".ticket-times > li").first).to_contain_text("1名")
    thumb.cancel(second)
    expect(second).to_contain_text(thumb.words["cancelled"])
    expect(page.locator(".ticket-times > li")).to_have_count(1)


def taken() -> dict[str, int]:
    """Seats taken, by programme."""
    db.session.rollback()
    db.session.expire_all()
    seats: dict[str, int] = {}
    for slot in db.session.query(Slot):
        title = slot.programme.title["ja"]
        seats[title] = seats.get(title, 0) + slot.seats_taken
    return seats
