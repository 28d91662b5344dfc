"""Staff of the stamp rally on their phones: enrolled by a link, stamping, handing over, showing codes; with a signal and without."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.stamps import escrows, prizes, stations, stock
from eventapp.stamps.models import Award, Claim, Desk, Policy, Rally, Scan, Stamp, Status
from tests.builders import make_desk, make_organizer, make_prize, make_rally
from tests.e2e.waiting import wait_until, wait_until_sent
from tests.e2e.walking import faults_for_eyes, faults_for_readers
from tests.stamps.phones import START, Phone, phone_with

pytestmark = pytest.mark.e2e
PIN = "2468"
USE = {"ja": "この端末を使う", "en": "Use this phone"}
OPEN = {"ja": "開く", "en": "Open"}


@pytest.fixture
def rally(app: Flask) -> Iterator[Rally]:
    with clock.stopped_at(START):
        yield make_rally(stations=3)


def look(page: Page, language: str) -> list[str]:
    return faults_for_eyes(page, language) + faults_for_readers(page)


def enrol(
    open_page: Any, rally: Rally, language: str = "ja", *, desk: Desk | None = None, number: int = 1
) -> Page:
    """A staff phone, opened by its link and its PIN."""
    entry = rally.stations[number - 1].entry
    with transaction():
        factory = entry.factory if entry is not None and desk is None else None
        _device, token = devices.make_link(
            rally.edition, label="電話", pin=PIN, by="test", factory=factory, desk=desk.code if desk else ""
        )
    page: Page = open_page(f"/desk/enrol/{token}", language=language)
    assert look(page, language) == []
    page.get_by_role("button", name=USE[language]).tap()
    page.locator("input[name=pin]").wait_for()
    assert look(page, language) == []
    page.locator("input[name=pin]").fill(PIN)
    page.get_by_role("button", name=OPEN[language], exact=True).tap()
    page.locator("#scanner").wait_for(state="attached")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def wait_until_kept(page: Page, path: str) -> None:
    """Until the service worker has the page for when there is no signal."""
    wait_until(page, "(path) => caches.match(path).then((found) => Boolean(found))", path)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_prize_is_handed_over_at_the_desk(rally: Rally, language: str, open_page: Any) -> None:
    where = make_desk(rally)
    make_prize(rally, 2, stock=5)
    phone = phone_with(rally, 1, 2)
    page = enrol(open_page, rally, language, desk=where)
    assert look(page, language) == []

    page.locator("#code").fill(prizes.claim_token(phone.row))
    page.locator("#typed button").tap()
    page.wait_for_url("**/desk/cards/*")
    assert look(page, language) == []
    page.locator("form[action*=claim] button").tap()
    expect(page.locator(".notice-success")).to_be_visible()

    for path in ("handed", "stock", "phone", "away"):
        page.goto(f"/desk/{path}")
        assert look(page, language) == []
    db.session.rollback()
    assert db.session.scalars(select(Claim.by)).all() == ["電話"]


def test_a_stamp_given_without_a_signal_is_kept_and_sent(rally: Rally, open_page: Any) -> None:
    with transaction():
        card = prizes.print_paper_cards(rally, 1, by="test")[0][1]
    page = enrol(open_page, rally)
    wait_until_kept(page, "/desk/")

    page.context.set_offline(True)
    page.reload()
    page.evaluate("token => window.Stamps.capture({token})", card)
    expect(page.locator("#desk-waiting")).to_contain_text("1件")
    assert db.session.scalars(select(Scan)).all() == []

    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#desk-waiting")).not_to_contain_text("1件")
    wait_until_sent(page)
    db.session.rollback()
    assert db.session.scalars(select(Stamp.status)).all() == [Status.OK]


def test_a_server_that_has_lost_a_paper_card_s_stamp_gets_it_back(rally: Rally, open_page: Any) -> None:
    with transaction():
        one, other = (code for _serial, code in prizes.print_paper_cards(rally, 2, by="test"))
    page = enrol(open_page, rally)
    page.evaluate("token => window.Stamps.capture({token})", one)
    expect(page.locator("#desk-result")).to_have_attribute("data-kind", "good")
    with transaction():  # an older backup
        for row in (*db.session.scalars(select(Stamp)), *db.session.scalars(select(Scan))):
            db.session.delete(row)

    page.evaluate("token => window.Stamps.capture({token})", other)
    wait_until_sent(page)
    page.evaluate("window.Kouba.outbox.send()")

    for _turn in range(40):
        db.session.rollback()
        if len(db.session.scalars(select(Stamp)).all()) == 2:
            break
        page.evaluate("window.Kouba.outbox.send()")
    assert len(db.session.scalars(select(Stamp)).all()) == 2


def test_a_desk_without_a_signal_checks_certificates_and_gives_each_prize_once(
    rally: Rally, open_page: Any
) -> None:
    where = make_desk(rally)
    make_prize(rally, 1, stock=5)
    phone_with(rally, 1)
    certificate = escrows.certificate(db.session.scalars(select(Award)).one())
    page = enrol(open_page, rally, desk=where)
    page.goto("/desk/stock")
    page.locator("form[action*=away] input[name=number]").fill("2")
    with page.expect_navigation():
        page.locator("form[action*=away] button").tap()
    page.goto("/desk/away")
    wait_until_kept(page, "/desk/away")

    page.context.set_offline(True)
    page.reload()
    kinds = []
    for token in (
        certificate,
        certificate,
        certificate[:-3] + ("ABC" if certificate[-3:] != "ABC" else "XYZ"),
    ):
        page.evaluate("token => window.Stamps.capture({token})", token)
        kinds.append(page.locator("#desk-result").get_attribute("data-kind"))
    assert kinds == ["good", "bad", "bad"]
    expect(page.locator("[data-left]")).to_contain_text("1")

    page.context.set_offline(False)  # the page that is open sends; the one that is kept stays as it was
    wait_until_sent(page)
    db.session.rollback()
    account = stock.accounts(rally.id)[0]
    assert (account.store, account.escrow, account.handed) == (3, 1, 1)

    page.context.set_offline(True)  # the page is that from before the upload: two, of which one has gone
    page.reload()
    expect(page.locator("[data-left]")).to_contain_text("1")


def test_a_display_shows_codes_that_count_also_without_a_signal(rally: Rally, open_page: Any) -> None:
    with transaction():
        stations.set_policy(rally.stations[0], Policy.ROTATING, by="test")
        pid = stations.issue_poster(rally.stations[0], by="test", is_display=True).pid
    page = enrol(open_page, rally)
    page.goto(f"/desk/display/{pid}")
    assert look(page, "ja") == []
    wait_until_kept(page, f"/desk/display/{pid}")
    page.context.set_offline(True)
    page.reload()
    page.locator("#code path").wait_for(state="attached")

    read = [one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))]

    assert [text.rpartition("/s/")[2] for text in read] == [page.locator("#code").get_attribute("data-token")]
    phone = Phone(rally.id)
    phone.capture(read[0].rpartition("/s/")[2])
    assert phone.sync()["results"][0]["verdict"] == "accepted"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_committee_watches_and_decides(rally: Rally, language: str, open_page: Any) -> None:
    with transaction():
        stations.set_policy(rally.stations[0], Policy.STAFF, by="test")
    phone_with(rally, 1, 2)
    base = f"/manage/{rally.edition.festival.slug}/{rally.edition.slug}/rally"
    page = open_page(f"{base}/board", person=make_organizer(rally.edition.festival), language=language)
    assert look(page, language) == []

    page.locator("form[action*=accept] button").first.tap()

    expect(page.locator("form[action*=accept]")).to_have_count(0)
    page.goto(f"{base}/stations")
    with page.expect_navigation():
        page.locator("select[name=policy]").first.select_option("static")
    db.session.rollback()
    db.session.expire_all()
    assert rally.stations[0].policy == Policy.STATIC
