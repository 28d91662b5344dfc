"""What a staff phone had kept and the server refuses hours later: it stands there with its reason until somebody puts it aside."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.factories.devices import Device
from eventapp.stamps import by_hand, escrows, prizes
from eventapp.stamps.models import Award, Claim, Rally, Scan, Stamp, Status
from tests.e2e.stamps.acting import Walk, stored
from tests.e2e.stamps.conftest import Line
from tests.e2e.waiting import wait_until, wait_until_sent
from tests.e2e.walking import faults_for_eyes, faults_for_readers
from tests.stamps.phones import START, phone_with

pytestmark = pytest.mark.e2e
PIN = "2468"
BROKEN = "500 Oh", "text/plain", b""
NO_NOTES = """async () => {
  const [device] = await window.Kouba.store.get("desks");
  return ((await window.Kouba.store.get(`notes:desk:${device}`)) || ["none yet"]).length === 0;
}"""
NOTHING_WAITS = """() => new Promise((resolve) => {
  indexedDB.open("kouba").onsuccess = ({ target: { result: base } }) => {
    base.transaction("outbox").objectStore("outbox").count().onsuccess = ({ target }) => {
      base.close();
      resolve(target.result === 0);
    };
  };
})"""
WORDS = {
    "ja": {"use": "この端末を使う", "open": "開く", "kept": "この端末に保存しました", "aside": "確認済みにする", "void": "このスタンプは", "over": "終わりました"},
    "en": {"use": "Use this phone", "open": "Open", "kept": "Kept on this phone", "aside": "Put aside", "void": "have taken this stamp back", "over": "day is over"},
}  # fmt: skip


def enrol(page: Page, rally: Rally, language: str = "en", *, desk: str = "") -> int:
    """This browser becomes a staff phone, for the first station's factory or for a desk."""
    with transaction():
        factory = None if desk else rally.stations[0].entry.factory  # type: ignore[union-attr]
        device, token = devices.make_link(
            rally.edition, label="x", pin=PIN, by="test", factory=factory, desk=desk
        )
    device_id = device.id
    page.goto(f"/desk/enrol/{token}")
    page.get_by_role("button", name=WORDS[language]["use"]).tap()
    page.locator("input[name=pin]").fill(PIN)
    page.get_by_role("button", name=WORDS[language]["open"], exact=True).tap()
    expect(page.locator("#typed")).to_be_attached()
    page.wait_for_load_state()  # its script takes what is typed
    return device_id


def paper_cards(rally: Rally, number: int) -> list[str]:
    with transaction():
        return [code for _serial, code in prizes.print_paper_cards(rally, number, by="test")]


def stamp(page: Page, code: str) -> None:
    page.locator("#typed [name=code]").fill(code)
    page.locator("#typed [name=code]").press("Enter")


def notes(page: Page) -> list[str]:
    """What stands there; beside the scanner it is folded."""
    page.evaluate("document.getElementById('desk-notes').open = true")
    return page.locator("#desk-notes li").all_inner_texts()


def look(page: Page, language: str) -> list[str]:
    return faults_for_eyes(page, language) + faults_for_readers(page)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_is_refused_late_is_shown_and_put_aside(
    language: str, rally: Rally, line: Line, walk: Walk
) -> None:
    words, (first, second) = WORDS[language], paper_cards(rally, 2)
    page = walk(language).new_page()
    enrol(page, rally, language)
    stamp(page, first)
    expect(page.locator("#desk-result")).to_have_attribute("data-kind", "good")
    with transaction():
        by_hand.void(db.session.scalars(select(Stamp)).one(), "a trial", by="organizer")

    line.instead = [BROKEN] * 100
    for code in (first, "1234", second):
        stamp(page, code)
        expect(page.locator("#desk-result")).to_contain_text(words["kept"])
        page.evaluate("document.getElementById('desk-result').textContent = ''")
    assert notes(page) == []
    line.instead = []
    page.evaluate("window.Kouba.outbox.send()")
    wait_until_sent(page)

    expect(page.locator("#desk-notes li")).to_have_count(2)
    expect(page.locator("#desk-result")).to_have_attribute(
        "data-kind", "good"
    )  # of the last one: stamped after all
    page.goto("/desk/phone")  # wherever staff look, and however often
    expect(page.locator("#desk-notes li")).to_have_count(2)
    refused, unknown = notes(page)
    assert (
        "000001" in refused
        and words["void"] in refused
        and f"1 {rally.stations[0].title.text(language)}" in refused
    )
    assert "000001" not in unknown and words["void"] not in unknown
    assert look(page, language) == []

    page.locator("#desk-notes").get_by_role("button", name=words["aside"]).first.tap()
    expect(page.locator("#desk-notes li")).to_have_count(1)
    page.goto("/desk/")
    expect(page.locator("#desk-notes summary")).to_contain_text("1")
    page.locator("#desk-notes summary").tap()
    page.locator("#desk-notes").get_by_role("button", name=words["aside"]).tap()
    expect(page.locator("#desk-notes")).to_be_hidden()
    page.reload()
    expect(page.locator("#desk-waiting")).to_be_attached()
    assert notes(page) == []
    db.session.rollback()
    assert sorted(db.session.scalars(select(Stamp.status))) == [Status.OK, Status.VOID]


def test_what_is_refused_while_the_visitor_stands_there_is_said_once(rally: Rally, walk: Walk) -> None:
    page = walk("en").new_page()
    enrol(page, rally)

    stamp(page, "1234")

    expect(page.locator("#desk-result")).to_contain_text("not a card of this rally")
    wait_until(page, NO_NOTES)
    page.goto("/desk/phone")
    expect(page.locator("#desk-waiting")).to_be_attached()
    expect(page.locator("#desk-notes")).to_be_hidden()


def test_more_refusals_than_a_message_holds_are_all_there(rally: Rally, line: Line, walk: Walk) -> None:
    page = walk("en").new_page()
    enrol(page, rally)
    line.instead = [BROKEN] * 1000
    wait_until(page, "() => Boolean(window.Stamps && window.Kouba)")
    page.evaluate("""async () => {
      for (let number = 0; number < 55; number += 1) window.Stamps.capture({ token: `4${number}` });
      while ((await window.Kouba.outbox.pending()).length < 55) await new Promise((resolve) => setTimeout(resolve, 50));
    }""")

    page.reload()  # nobody is told on this page
    line.instead = []
    page.evaluate("window.Kouba.outbox.send()")
    wait_until_sent(page)

    expect(page.locator("#desk-notes li")).to_have_count(55)


def test_a_phone_whose_day_is_over_says_what_was_refused(rally: Rally, line: Line, walk: Walk) -> None:
    (code, other) = paper_cards(rally, 2)
    page = walk("en").new_page()
    device_id = enrol(page, rally)
    line.instead = [BROKEN] * 100
    stamp(page, code)
    expect(page.locator("#desk-result")).to_contain_text("Kept on this phone")
    with transaction():  # its day ended ten minutes ago, and this was stamped after it
        db.session.execute(
            update(Device).where(Device.id == device_id).values(valid_until=START - timedelta(minutes=10))
        )
    line.instead = []

    answer = page.goto("/desk/")

    assert answer is not None and answer.status == 200
    expect(page.locator("h1")).to_contain_text("day is over")
    expect(page.locator("#desk-notes li")).to_have_count(1)
    assert "day had ended" in notes(page)[0]
    assert look(page, "en") == []
    assert stored()[2] == 0

    enrol(page, rally)  # the next day, under another name
    expect(page.locator("#desk-notes li")).to_have_count(1)
    stamp(page, other)
    expect(page.locator("#desk-result")).to_have_attribute("data-kind", "good")
    expect(page.locator("#desk-notes li")).to_have_count(1)


def test_a_prize_that_was_handed_over_twice_is_named_on_the_phone(
    rally: Rally, line: Line, walk: Walk
) -> None:
    phone_with(rally, 1, 2, 3, 4, 5)
    page = walk("en").new_page()
    enrol(page, rally, desk=rally.desks[0].code)
    page.goto("/desk/stock")
    page.locator("form[action*=away] input[name=number]").fill("2")
    with page.expect_navigation():
        page.locator("form[action*=away] button").tap()
    award = db.session.scalars(select(Award)).one()
    certificate = escrows.certificate(award)
    page.goto("/desk/away")
    expect(page.locator("[data-left]")).to_contain_text("2")
    line.down()
    page.evaluate("token => window.Stamps.capture({token})", certificate)
    expect(page.locator("#desk-result")).to_have_attribute("data-kind", "good")
    with transaction():
        prizes.claim(award, None, request_key="elsewhere", by="another desk")

    line.up()
    page.evaluate("window.Kouba.outbox.send()")
    wait_until_sent(page)

    expect(page.locator("#desk-notes li")).to_have_count(1)
    assert "Towel" in notes(page)[0] and "handed over elsewhere already" in notes(page)[0]
    db.session.rollback()
    assert len(db.session.scalars(select(Claim.id)).all()) == 2


def test_what_the_service_worker_sent_is_sent_again_to_a_server_that_lost_it(
    rally: Rally, line: Line, walk: Walk
) -> None:
    """The page was closed when its outbox went out, so it never heard the answer; still it knows what it has given."""
    one, other = paper_cards(rally, 2)
    phone = walk("en")
    page = phone.new_page()
    enrol(page, rally)
    wait_until(page, "() => Boolean(navigator.serviceWorker.controller)")
    line.instead = [BROKEN] * 100
    stamp(page, one)
    expect(page.locator("#desk-result")).to_contain_text("Kept on this phone")
    page.goto("/offline")
    line.instead = []
    page.goto("/desk/enrol/nothing")  # below /desk/: the worker sends, and no page of the desk is there
    wait_until(page, NOTHING_WAITS)
    assert stored()[2] == 1
    with transaction():  # an older backup
        for row in (*db.session.scalars(select(Stamp)), *db.session.scalars(select(Scan))):
            db.session.delete(row)

    page.goto("/desk/")
    stamp(page, other)
    expect(page.locator("#desk-result")).to_have_attribute("data-kind", "good")
    for _turn in range(40):
        if stored()[2] == 2:
            break
        page.evaluate("window.Kouba.outbox.send()")
    assert stored()[2] == 2
    assert clock.now() == START
