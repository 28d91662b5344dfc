"""A prize without a staff phone, and a picture of the committee's own: from the committee's desk to the visitor's phone."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select

from eventapp.db import db, transaction
from eventapp.stamps import stations
from eventapp.stamps.models import Claim, Policy, Rally
from eventapp.stamps.rules import touch
from tests.builders import make_organizer, make_prize, texts
from tests.e2e.stamps.acting import HOME, Walk, addresses, scan_deeply, shut
from tests.e2e.waiting import wait_until
from tests.e2e.walking import faults_for_eyes, faults_for_readers
from tests.stamps.phones import START
from tests.visiting import Visitor

pytestmark = pytest.mark.e2e
MANAGE = "/manage/town/2026/rally"
WORDS = {
    "ja": {"pin": "番号を作る", "staff": "係の方へ", "hand": "景品を渡す", "handed": "交換済み", "own": "実行委員会の画像", "save": "保存"},
    "en": {"pin": "Make a PIN", "staff": "Staff:", "hand": "Hand over", "handed": "handed over", "own": "Our own picture", "save": "Save"},
}  # fmt: skip


def look(page: Page, language: str) -> None:
    assert faults_for_eyes(page, language) + faults_for_readers(page) == []


@pytest.fixture
def committee(rally: Rally, walk: Walk, app: Any) -> Any:
    """A page of the committee's, signed in."""

    def sign_in(language: str) -> Page:
        visitor = Visitor(app).sign_in(make_organizer(rally.edition.festival))
        cookie = visitor.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        assert cookie is not None
        context = walk(language, size={"width": 1280, "height": 900})
        context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": app.config["PUBLIC_BASE_URL"]}]
        )
        db.session.rollback()
        return context.new_page()

    return sign_in


@pytest.mark.parametrize("language", ["ja", "en"])
def test_staff_without_a_phone_hand_over_on_the_visitor_s(
    language: str, rally: Rally, walk: Walk, committee: Any
) -> None:
    words, desk = WORDS[language], committee(language)
    desk.goto(f"{MANAGE}/desks/{rally.desks[0].code}")
    desk.get_by_role("button", name=words["pin"]).click()
    pin = desk.locator(".booking-number").inner_text()
    look(desk, language)

    phone = walk(language).new_page()
    for address in addresses(rally):
        scan_deeply(phone, address)
        shut(phone)
    expect(phone.locator('.spot[data-state="ok"]')).to_have_count(5)
    phone.goto(f"{HOME}claim")
    phone.locator("summary", has_text=words["staff"]).tap()
    look(phone, language)
    phone.locator("#by-pin [name=pin]").fill(pin)
    phone.locator("#by-pin").get_by_role("button", name=words["hand"]).tap()
    expect(phone.locator(".notice-success")).to_be_visible()

    phone.goto(HOME)
    expect(phone.locator(".tier [data-part=left]")).to_have_text(words["handed"])
    db.session.rollback()
    assert db.session.scalars(select(Claim.by)).all() == ["PIN"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_picture_of_the_committee_s_own_grows_on_the_phone_also_without_a_signal(
    language: str, rally: Rally, line: Any, walk: Walk, committee: Any, tmp_path: Path
) -> None:
    words, desk, file = WORDS[language], committee(language), io.BytesIO()
    Image.linear_gradient("L").resize((1600, 1120)).save(file, "PNG")
    picture = tmp_path / "town.png"
    picture.write_bytes(file.getvalue())
    desk.goto(f"{MANAGE}/settings")
    desk.get_by_label(words["own"]).first.check()
    desk.set_input_files("[name=picture]", picture)
    desk.get_by_role("button", name=words["save"], exact=True).click()
    expect(desk.locator(".notice-success")).to_be_visible()
    for path in ("settings", f"prizes/{rally.prizes[0].code}", "prizes"):
        desk.goto(f"{MANAGE}/{path}")
        look(desk, language)

    page = walk(language).new_page()
    scan_deeply(page, addresses(rally)[0])
    shut(page)
    expect(page.locator(".piece-open")).to_have_count(1)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    scan_deeply(page, addresses(rally)[1])
    shut(page)
    expect(page.locator(".piece-open")).to_have_count(2)
    look(page, language)
    shown = page.locator(".picture-grows image").get_attribute("href")
    wait_until(page, "(path) => caches.match(path).then((found) => Boolean(found))", shown)

    line.down()
    scan_deeply(page, addresses(rally)[2])
    shut(page)
    expect(page.locator(".piece-open")).to_have_count(3)
    assert (
        page.evaluate("path => fetch(path).then(answer => answer.headers.get('Content-Type'))", shown)
        == "image/webp"
    )
    line.up()


@pytest.mark.parametrize("is_on", [True, False])
def test_nothing_is_open_now_before_the_rally_is(rally: Rally, walk: Walk, is_on: bool) -> None:
    """A station without hours of its own is open as long as the rally is, and not a day earlier."""
    with transaction():
        touch(rally.id)
        rally.opens_at = START + timedelta(hours=-1 if is_on else 1)
        for station in rally.stations:
            station.hours = [["2026-11-28", "00:00", "23:59"]]
    page = walk("en").new_page()

    page.goto(HOME)

    wait_until(page, "() => window.Stamps.rallyOf(window.Stamps.page.rally).then((found) => Boolean(found))")
    page.reload()
    wait_until(page, "() => window.Stamps.ready.then(() => true)")
    expect(page.locator("[data-part=next-list] li")).to_have_count(3 if is_on else 0)


def test_a_stamp_being_checked_promises_no_prize_above_the_first(rally: Rally, walk: Walk) -> None:
    make_prize(rally, 1, name=texts("缶バッジ", "Badge"))
    with transaction():
        stations.set_policy(rally.stations[1], Policy.STAFF, by="test")
    phone, (first, second, *_more) = walk("en").new_page(), addresses(rally)
    make_prize(rally, 2, name=texts("手ぬぐい", "Towel for two"))

    scan_deeply(phone, first)
    shut(phone)
    scan_deeply(phone, second)

    expect(phone.locator("#moment")).to_have_attribute("data-kind", "held")
    expect(phone.locator("#moment [data-part=on]")).to_contain_text("1 more to Towel for two")
    shut(phone)
    towel = phone.locator(".tier", has_text="Towel for two").locator("[data-part=left]")
    expect(towel).to_have_text("1 more")
