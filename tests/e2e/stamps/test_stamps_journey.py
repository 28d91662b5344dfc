"""A visitor of the stamp rally on a phone: the poster in the camera, five stamps, two of them without a signal."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from eventapp import codes
from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.stamps import prizes, stock
from eventapp.stamps.models import Award, Card, Claim, Prize, Rally
from tests.builders import make_prize, texts
from tests.e2e.conftest import PHONE
from tests.e2e.stamps.acting import (
    HOME,
    Film,
    Walk,
    addresses,
    count,
    is_ready_for_no_signal,
    scan_deeply,
    shut,
    stored,
)
from tests.e2e.stamps.conftest import Line
from tests.e2e.waiting import wait_until, wait_until_sent
from tests.e2e.walking import faults_for_eyes, faults_for_readers

pytestmark = pytest.mark.e2e
WORDS = {
    "ja": {
        "scan": "ポスターを読み取る",
        "start": "カメラを起動する",
        "new": "スタンプを押しました!",
        "prize": "達成! 交換所へどうぞ",
        "use": "この端末を使う",
        "open": "開く",
        "card": "スタンプ帳を読み取る",
        "hand": "景品を渡す",
        "handed": "交換済み",
    },
    "en": {
        "scan": "Scan a poster",
        "start": "Open the camera",
        "new": "A new stamp!",
        "prize": "Yours: fetch it at the desk",
        "use": "Use this phone",
        "open": "Open",
        "card": "Scan a card",
        "hand": "Hand over",
        "handed": "handed over",
    },
}


def hand_over(phone: Page, staff: Page, rally: Rally, words: dict[str, str], language: str) -> None:
    """At the desk: the staff phone is enrolled by its link and PIN, sees the visitor's screen in its camera, and hands over."""
    with transaction():
        _device, token = devices.make_link(
            rally.edition, label="desk", pin="2468", by="test", desk=rally.desks[0].code
        )
    staff.goto(f"/desk/enrol/{token}")
    staff.get_by_role("button", name=words["use"]).tap()
    staff.locator("input[name=pin]").fill("2468")
    staff.get_by_role("button", name=words["open"], exact=True).tap()
    start = staff.get_by_role("button", name=words["card"])
    if start.is_visible():
        start.tap()
    staff.wait_for_url("**/desk/cards/*")
    assert faults_for_eyes(staff, language) + faults_for_readers(staff) == []
    staff.get_by_role("button", name=words["hand"]).tap()
    expect(staff.locator(".notice-success")).to_be_visible()

    phone.goto(HOME)
    expect(phone.locator(".tier [data-part=left]")).to_have_text(words["handed"])


@pytest.mark.parametrize("language", ["ja", "en"])
def test_from_a_poster_in_the_camera_to_five_stamps_and_the_prize_at_a_staff_phone(
    language: str,
    rally: Rally,
    line: Line,
    walk: Walk,
    filming: Film,
) -> None:
    words, posters_there = WORDS[language], addresses(rally)
    phone = walk(language, of=filming(codes.qr_png(posters_there[0], box=7)))
    page = phone.new_page()

    page.goto(HOME)
    page.get_by_role("link", name=words["scan"]).tap()
    start = page.get_by_role("button", name=words["start"])
    if start.is_visible():
        start.tap()
    expect(page.locator("#moment")).to_be_visible()
    expect(page.locator("#moment [data-part=what]")).to_have_text(words["new"])
    assert (
        page.locator("#moment [data-part=art]").evaluate("one => one.decode().then(() => one.naturalWidth)")
        > 0
    )
    page.locator("#moment a").tap()
    expect(count(page)).to_have_text("1")

    for place in (1, 2):
        scan_deeply(page, posters_there[place])
        assert page.url == f"{line.url}{HOME}"  # nobody shares a poster by sharing this page
        shut(page)
        expect(count(page)).to_have_text(str(place + 1))
    is_ready_for_no_signal(page)
    wait_until_sent(page)
    assert stored() == (1, 3, 3)

    line.down()
    scan_deeply(page, posters_there[3])
    expect(page.locator("#moment")).to_have_attribute("data-kind", "new")
    assert (
        page.locator("#moment [data-part=art]").evaluate("one => one.decode().then(() => one.naturalWidth)")
        > 0
    )
    page.close()  # killed with the stamp on the screen and nothing sent

    page = phone.new_page()
    page.goto(HOME)
    expect(count(page)).to_have_text("4")
    expect(page.locator("[data-part=waiting]")).to_be_visible()
    scan_deeply(page, posters_there[4])
    page.close()
    assert stored() == (1, 3, 3)

    line.up()
    page = phone.new_page()
    page.goto(HOME)
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(5)
    expect(page.locator("[data-part=waiting]")).to_be_hidden()
    expect(count(page)).to_have_text("5")
    expect(page.locator(".tier [data-part=left]")).to_have_text(words["prize"])
    assert stored() == (1, 5, 5)
    page.goto(f"{HOME}claim")
    expect(page.locator(".claim-code img").first).to_be_visible()
    expect(page.locator("#certificates img")).to_be_visible()
    wait_until(page, "() => caches.match('/town/2026/stamps/claim').then((found) => Boolean(found))")
    line.down()
    page.goto(f"{HOME}claim")  # the desk has no signal either
    expect(page.locator("#certificates img")).to_be_visible()
    line.up()

    page.goto(f"{HOME}claim")
    screen = page.locator("#claims .claim-code img").screenshot()
    hand_over(page, walk(language, of=filming(screen)).new_page(), rally, words, language)
    db.session.rollback()
    handed = db.session.scalars(select(Claim)).all()
    assert [(one.by, one.desk_id, one.prize.stock_left) for one in handed] == [("desk", rally.desks[0].id, 9)]


def test_cards_of_two_browsers_become_one_with_nothing_lost(rally: Rally, walk: Walk) -> None:
    small = make_prize(rally, 3, name=texts("缶バッジ", "Badge"), position=1)
    line_browser, safari = walk("en").new_page(), walk("en").new_page()
    there, words = addresses(rally), WORDS["en"]
    for page, places in ((line_browser, (0, 1, 2)), (safari, (2, 3, 4))):
        for place in places:
            scan_deeply(page, there[place])
            shut(page)
        expect(page.locator('.spot[data-state="ok"]')).to_have_count(3)
        expect(prize(page, small)).to_have_text(words["prize"])
    with transaction():  # what the card in LINE had earned is handed over; the other one's is not
        first = db.session.scalars(select(Award).order_by(Award.id)).first()
        assert first is not None
        prizes.claim(first, rally.desks[0], request_key="desk", by="desk")

    line_browser.goto(f"{HOME}card")
    line_browser.get_by_role("button", name="Make a code").tap()
    code = line_browser.locator("#move-code b").inner_text()
    safari.goto(f"{HOME}card")
    safari.get_by_label("Code").fill(code)
    safari.get_by_role("button", name="Open the card", exact=True).tap()
    expect(safari.get_by_text("The card is open here.")).to_be_visible()

    for page in (safari, line_browser):
        page.goto(HOME)
        expect(page.locator('.spot[data-state="ok"]')).to_have_count(5)
        expect(prize(page, small)).to_have_text(words["handed"])  # once for both
        expect(page.locator(".tier [data-part=left]").last).to_have_text(words["prize"])
    assert stored()[2] == 5
    (one,) = (card for card in db.session.scalars(select(Card)) if card.merged_into_id is None)
    tiers = prizes.tiers_of(one.id, rally)
    assert [(bool(tier.claim), tier.is_due) for tier in tiers] == [(True, False), (False, True)]
    assert [account.is_straight for account in stock.accounts(rally.id)] == [True, True]


def prize(page: Page, one: Prize) -> Any:
    """What the book says of a prize."""
    return page.locator(f'[data-prize="{one.code}"] [data-part=left]')


def test_the_card_comes_along_to_the_home_screen(rally: Rally, walk: Walk) -> None:
    browser, there = walk("en").new_page(), addresses(rally)
    for place in (0, 1):
        scan_deeply(browser, there[place])
        shut(browser)
    expect(browser.locator("[data-part=keep]")).to_be_visible()
    start = browser.evaluate(
        """async () => (await (await fetch(document.querySelector('link[rel=manifest]').href)).json()).start_url"""
    )

    home_screen = walk("en").new_page()  # its storage is its own
    home_screen.goto(start)
    expect(home_screen.locator('.spot[data-state="ok"]')).to_have_count(2)
    assert "#" not in home_screen.url  # whoever shares this page shares no card
    scan_deeply(home_screen, there[2])
    shut(home_screen)
    browser.goto(HOME)
    expect(browser.locator('.spot[data-state="ok"]')).to_have_count(3)
    home_screen.goto(start)
    expect(home_screen.locator('.spot[data-state="ok"]')).to_have_count(3)

    stranger = walk("en").new_page()
    stranger.goto(start)
    scan_deeply(stranger, there[4])
    shut(stranger)
    expect(count(stranger)).to_have_text("1")


def test_the_way_out_of_line_takes_the_card_along(rally: Rally, line: Line, browser: Browser) -> None:
    contexts = [browser.new_context(base_url=line.url, viewport=PHONE, user_agent=agent)  # type: ignore[arg-type]
                for agent in ("Mozilla/5.0 (iPhone) Line/14.1.0", "Mozilla/5.0 (iPhone) Safari/605.1")]  # fmt: skip
    in_line, safari = (context.new_page() for context in contexts)
    scan_deeply(in_line, addresses(rally)[0])
    in_line.locator("#moment [data-close]").click()
    link = in_line.locator("[data-line-hint] a")
    expect(link).to_have_attribute("href", re.compile(r"openExternalBrowser=1#open="))

    safari.goto(link.get_attribute("href") or "")

    expect(safari.locator('.spot[data-state="ok"]')).to_have_count(1)
    for context in contexts:
        context.close()


def test_a_family_stamps_all_its_cards_with_one_scan(rally: Rally, walk: Walk) -> None:
    page = walk("en").new_page()
    page.goto(f"{HOME}card")
    page.get_by_role("button", name="A card for one more person").tap()
    expect(page.locator(".family-row")).to_have_count(2)
    page.locator(".family-row input[data-part=label]").nth(1).fill("Hana")
    page.locator(".family-row input[data-part=label]").nth(1).blur()

    scan_deeply(page, addresses(rally)[0])
    expect(page.locator("#moment")).to_contain_text("2 cards")
    shut(page)
    page.get_by_role("button", name="Hana").tap()

    expect(page.get_by_role("button", name="Hana")).to_have_attribute("aria-pressed", "true")
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(1)
    wait_until_sent(page)
    assert stored() == (2, 2, 2)


def test_a_deleted_card_leaves_the_phone_too(rally: Rally, walk: Walk) -> None:
    page = walk("en").new_page()
    scan_deeply(page, addresses(rally)[0])
    shut(page)
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(1)

    page.goto(f"{HOME}card")
    page.locator("summary").get_by_text("Delete a card").tap()
    page.get_by_role("button", name="Delete it for good").tap()
    expect(page.get_by_text("The card is deleted.")).to_be_visible()
    page.goto(HOME)

    expect(count(page)).to_have_text("0")
    assert stored()[1:] == (0, 0)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_everybody_can_use_it(language: str, rally: Rally, walk: Walk) -> None:
    phone = walk(language)
    page = phone.new_page()
    scan_deeply(page, addresses(rally)[0])
    page.locator("#moment .moment-sheet").evaluate(
        "one => Promise.all(one.getAnimations({subtree: true}).map(it => it.finished))"
    )

    faults = faults_for_readers(page)
    shut(page)
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(1)
    for size in (PHONE, {"width": 1280, "height": 900}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path in (
            HOME,
            f"{HOME}scan",
            f"{HOME}card",
            f"{HOME}claim",
            "/offline",
            addresses(rally)[1].partition("/s/")[0] + "/s/0",
        ):
            page.goto(path)
            faults += [f"{path}: {one}" for one in faults_for_readers(page) + faults_for_eyes(page, language)]

    assert faults == []
