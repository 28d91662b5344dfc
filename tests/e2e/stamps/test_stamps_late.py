"""A staff phone without a signal until its day is over: it keeps what it has, and sends it when somebody opens it again."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.factories.devices import LATE, Device
from eventapp.stamps import prizes
from eventapp.stamps.models import Rally
from tests.e2e.stamps.acting import Walk, stored
from tests.e2e.stamps.conftest import Line
from tests.e2e.waiting import wait_until
from tests.stamps.phones import START

pytestmark = pytest.mark.e2e
BROKEN = "500 Oh", "text/plain", b""
WAITING = """(count) => new Promise((resolve) => {
  indexedDB.open("kouba").onsuccess = ({ target: { result: base } }) => {
    base.transaction("outbox").objectStore("outbox").count().onsuccess = ({ target }) => {
      base.close();
      resolve(target.result === count);
    };
  };
})"""


def end_day(device_id: int, at: object) -> None:
    with transaction():
        db.session.execute(update(Device).where(Device.id == device_id).values(valid_until=at))


def test_a_staff_phone_keeps_its_stamps_and_sends_them_after_its_day(
    rally: Rally, line: Line, walk: Walk
) -> None:
    with transaction():
        factory = rally.stations[0].entry.factory  # type: ignore[union-attr]
        device, token = devices.make_link(rally.edition, label="x", pin="2468", by="test", factory=factory)
        code = prizes.print_paper_cards(rally, 1, by="test")[0][1]
        device_id = device.id
    page = walk("en").new_page()
    page.goto(f"/desk/enrol/{token}")
    page.get_by_role("button", name="Use this phone").tap()
    page.locator("input[name=pin]").fill("2468")
    page.locator("main button").first.tap()
    expect(page.locator("#typed")).to_be_attached()
    page.wait_for_load_state()  # its script takes what is typed
    wait_until(page, "() => Boolean(navigator.serviceWorker.controller)")

    line.instead = [BROKEN] * 100
    page.locator("#typed [name=code]").fill(code)
    page.locator("#typed [name=code]").press("Enter")
    expect(page.locator("#desk-result")).to_contain_text("Kept on this phone")

    line.instead = []
    end_day(device_id, START - LATE)  # nobody lets it in: 404
    assert page.evaluate("() => window.Kouba.outbox.send()") is False
    wait_until(page, WAITING, 1)
    assert stored()[2] == 0

    page.goto("/offline")
    end_day(device_id, START)
    answer = page.goto("/desk/phone")  # nothing opens; the service worker sends
    assert answer is not None and answer.status == 404
    wait_until(page, WAITING, 0)
    assert stored()[2] == 1
