"""The rally on a bad day: captive portals, lost answers, no camera, no room, an old service worker. Nothing is lost, nothing invented."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select

from eventapp import codes
from eventapp.db import db
from eventapp.stamps import pace
from eventapp.stamps.models import Geo, Rally, Scan
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
from tests.e2e.waiting import wait_until_sent

pytestmark = pytest.mark.e2e
PORTAL = "200 OK", "text/html", b"<h1>Free Wi-Fi! Please sign in</h1>"
ODD = "200 OK", "application/json", b'{"results": "welcome"}'
OTHERS = (
    "200 OK",
    "application/json",
    b'{"schema": "kouba.outbox.1", "results": [{"id": "somebody else", "final": true}]}',
)
OTHER_FORM = (
    "200 OK",
    "application/json",
    b'{"schema": "kouba.outbox.2", "results": [{"id": "THE-ITEM", "final": true}]}',
)
NOT_YET = (
    "200 OK",
    "application/json",
    b'{"schema": "kouba.outbox.1", "results": [{"id": "THE-ITEM", "final": "perhaps"}, {"id": "THE-ITEM"}, null]}',
)
BROKEN, BUSY = ("500 Oh", "text/plain", b""), ("429 Slowly", "text/plain", b"")


def test_a_captive_portal_and_a_broken_server_remove_nothing(rally: Rally, line: Line, walk: Walk) -> None:
    page = walk("en").new_page()
    line.instead = [PORTAL, ODD, OTHERS, OTHER_FORM, NOT_YET, BROKEN, BUSY] * 40

    scan_deeply(page, addresses(rally)[0])
    shut(page)
    for _reload in range(7):
        page.goto(HOME)
        expect(count(page)).to_have_text("1")
        expect(page.locator("[data-part=waiting]")).to_be_visible()
    assert line.syncs >= 7 and stored() == (0, 0, 0)

    line.instead = []
    page.goto(HOME)
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(1)
    expect(page.locator("[data-part=waiting]")).to_be_hidden()
    assert stored() == (1, 1, 1)


def test_a_lost_answer_is_asked_for_again_and_counts_once(rally: Rally, line: Line, walk: Walk) -> None:
    page = walk("en").new_page()
    line.loses = 2

    scan_deeply(page, addresses(rally)[0])
    shut(page)
    page.goto(HOME)

    expect(page.locator('.spot[data-state="ok"]')).to_have_count(1)
    expect(page.locator("[data-part=waiting]")).to_be_hidden()
    assert line.loses == 0 and stored() == (1, 1, 1)


def test_stamps_that_come_too_fast_wait_and_are_sent_by_themselves(
    rally: Rally, line: Line, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "BURST", 1)
    page = walk("en").new_page()
    for address in addresses(rally)[:3]:
        scan_deeply(page, address)
        expect(page.locator("#moment")).to_have_attribute(
            "data-kind", "new"
        )  # kept, and shown as it should be
        shut(page)
    expect(page.locator("[data-part=waiting]")).to_be_visible()
    assert stored() == (1, 1, 1)

    monkeypatch.setattr(pace, "BURST", 10)  # as if time had passed
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(3, timeout=30_000)
    expect(page.locator("[data-part=waiting]")).to_be_hidden(timeout=30_000)
    assert stored() == (1, 3, 3)


def test_a_phone_that_may_look_where_it_is_sends_one_word_about_it(
    rally: Rally, line: Line, walk: Walk
) -> None:
    phone = walk("en")
    page = phone.new_page()
    scan_deeply(page, addresses(rally)[0])  # nobody has allowed it
    shut(page)
    phone.grant_permissions(["geolocation"], origin=line.url)
    for number, metres in ((1, 0), (2, 700), (3, 5000)):
        at = rally.stations[number].point
        assert at is not None
        phone.set_geolocation({"latitude": at[0] + metres / 111_195, "longitude": at[1], "accuracy": 20})
        scan_deeply(page, addresses(rally)[number])
        shut(page)
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(4)

    db.session.rollback()
    assert list(db.session.scalars(select(Scan.geo).order_by(Scan.id))) == [
        Geo.NONE,
        Geo.NEAR,
        Geo.MID,
        Geo.FAR,
    ]


def test_without_a_camera_the_photo_and_the_short_code_stamp(
    rally: Rally, walk: Walk, tmp_path: Path
) -> None:
    page = walk("en").new_page()
    page.goto(f"{HOME}scan")
    page.get_by_role("button", name="Open the camera").tap()
    expect(page.locator(".scanner-line")).to_contain_text("Use one of the ways below")

    picture = tmp_path / "photo.png"
    picture.write_bytes(codes.qr_png("https://elsewhere.example/s/00000000000000000000AA"))
    page.set_input_files("#photo", picture)
    expect(page.locator("#photo-line")).to_contain_text("not a code of the stamp rally")

    picture.write_bytes(codes.qr_png(addresses(rally)[0]))
    page.set_input_files("#photo", picture)
    expect(page.locator("#moment")).to_be_visible()
    shut(page)

    page.get_by_label("It stands under the picture").fill(rally.stations[1].posters[0].short_code)
    page.get_by_role("button", name="Take the stamp").tap()
    expect(page.locator("#moment")).to_have_attribute("data-kind", "new")
    shut(page)
    page.get_by_label("It stands under the picture").fill("ZZZZZZ")
    page.get_by_role("button", name="Take the stamp").tap()
    expect(page.locator("#moment")).to_have_attribute("data-kind", "refused")
    wait_until_sent(page)
    assert stored()[2] == 2


def test_what_the_phone_forgot_comes_back_with_the_cookie(rally: Rally, line: Line, walk: Walk) -> None:
    phone = walk("en")
    page = phone.new_page()
    scan_deeply(page, addresses(rally)[0])
    shut(page)
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(1)
    page.goto("about:blank")
    tools = phone.new_cdp_session(page)
    tools.send(
        "Storage.clearDataForOrigin",
        {"origin": line.url, "storageTypes": "indexeddb,service_workers,cache_storage,local_storage"},
    )

    page.goto(HOME)
    expect(count(page)).to_have_text("1")
    scan_deeply(page, addresses(rally)[1])
    shut(page)

    expect(page.locator('.spot[data-state="ok"]')).to_have_count(2)
    assert stored() == (1, 2, 2)


def is_told(page: Page, words: str) -> None:
    """The scanner says so, and the other ways are there."""
    expect(page.locator("#scanner-line")).to_contain_text(words, timeout=20_000)
    expect(page.locator("#other-ways")).to_be_visible()


def open_scanner(page: Page) -> None:
    page.goto(f"{HOME}scan")
    start = page.get_by_role("button", name="Open the camera")
    if start.is_visible():
        start.tap()


def test_a_camera_that_is_not_allowed_or_sees_nothing(rally: Rally, walk: Walk, filming: Film) -> None:
    denied = walk("en", of=filming(None)).new_page()
    open_scanner(denied)
    is_told(denied, "The camera is not allowed here.")

    black = io.BytesIO()
    Image.new("L", (640, 480)).save(black, "PNG")
    dark = walk("en", of=filming(black.getvalue(), ground=0)).new_page()
    open_scanner(dark)
    is_told(dark, "It is very dark.")
    assert stored() == (0, 0, 0)

    dark.get_by_label("It stands under the picture").fill(rally.stations[1].posters[0].short_code)
    dark.get_by_role("button", name="Take the stamp").tap()
    expect(dark.locator("#moment")).to_have_attribute("data-kind", "new")
    wait_until_sent(dark)
    assert stored()[2] == 1


def test_a_phone_without_room_says_so_and_sends_all_the_same(rally: Rally, line: Line, walk: Walk) -> None:
    phone = walk("en")
    phone.add_init_script("""
        const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...values) {
          const { transaction } = this;
          Promise.resolve().then(() => transaction.abort()).catch(() => {});  // as the browser does where there is no room
          return put.apply(this, values);
        };
    """)
    page = phone.new_page()
    line.instead = [BROKEN] * 2

    scan_deeply(page, addresses(rally)[0])
    expect(page.locator("#moment [data-part=what]")).to_contain_text("leave this page open until it is sent")
    wait_until_sent(page)

    assert stored() == (1, 1, 1)
    page.goto(HOME)  # nothing is on the phone; the cookie names the card
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(1)


def test_a_page_without_https_stamps_and_hides_the_code_too(rally: Rally, walk: Walk) -> None:
    """Somebody tries the rally in a network of their own: no checking on the phone, no service worker, and every stamp."""
    phone = walk("en")
    phone.add_init_script(
        "Object.defineProperty(Crypto.prototype, 'subtle', {value: undefined});"
        "Object.defineProperty(Navigator.prototype, 'serviceWorker', {value: undefined});"
        "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined});"
    )
    page = phone.new_page()

    scan_deeply(page, addresses(rally)[0])
    assert page.url.endswith(HOME)
    expect(page.locator("#moment")).to_have_attribute("data-kind", "new")
    shut(page)
    page.goto(f"{HOME}scan")
    page.evaluate("code => { window.Stamps.capture({token: code}) }", addresses(rally)[1].rpartition("/")[2])

    expect(page.locator("#moment")).to_have_attribute("data-kind", "new")
    assert stored() == (1, 2, 2)


def test_two_tabs_and_the_same_poster_are_one_stamp(rally: Rally, line: Line, walk: Walk) -> None:
    phone = walk("en")
    pages, address = [phone.new_page(), phone.new_page()], addresses(rally)[0]
    scan_deeply(pages[0], addresses(rally)[1])
    shut(pages[0])
    line.instead = [BUSY, BROKEN]

    for page in pages:
        page.goto(address, wait_until="commit")
    for page in pages:
        expect(page.locator("#moment")).to_be_visible()
        shut(page)
    for page in pages:
        page.goto(HOME)
        expect(page.locator('.spot[data-state="ok"]')).to_have_count(2)
        expect(page.locator("[data-part=waiting]")).to_be_hidden()

    assert stored()[0] == 1 and stored()[2] == 2


def test_the_service_worker_of_the_version_before_makes_way(rally: Rally, line: Line, walk: Walk) -> None:
    phone = walk("en")
    line.release = "before"
    page = phone.new_page()
    scan_deeply(page, addresses(rally)[0])
    shut(page)
    is_ready_for_no_signal(page)
    assert shells(page) == ["kouba-shell-before"]
    line.down()
    scan_deeply(page, addresses(rally)[1])
    page.close()  # kept by the release of before, and sent by the next one

    line.release = ""
    line.up()
    page = phone.new_page()
    page.goto(HOME)
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(2)
    makes_way(page, "kouba-shell-before")
    is_ready_for_no_signal(page)
    assert len(shells(page)) == 1
    line.down()
    scan_deeply(page, addresses(rally)[2])
    expect(page.locator("#moment")).to_have_attribute("data-kind", "new")
    page.close()

    line.up()
    page = phone.new_page()
    page.goto(HOME)
    expect(page.locator('.spot[data-state="ok"]')).to_have_count(3)
    assert stored() == (1, 3, 3)


def makes_way(page: Page, shell: str) -> None:
    """A browser may let the worker of before finish what it has begun; soon, or at a further visit, it is gone."""
    gone = "async (shell) => !(await caches.keys()).includes(shell)"
    for _visit in range(4):
        for _tenth in range(100):
            if page.evaluate(gone, shell):
                return
            page.evaluate("new Promise((resolve) => setTimeout(resolve, 100))")
        page.goto(HOME)
    raise AssertionError(f"{shell} stays")


def shells(page: Page) -> list[str]:
    """The releases that the service worker keeps files of."""
    found: list[str] = page.evaluate(
        "caches.keys().then(names => names.filter(one => one.startsWith('kouba-shell-')))"
    )
    return found
