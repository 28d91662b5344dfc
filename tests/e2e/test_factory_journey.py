"""Somebody in a factory: from the invitation mail to a slot that is moved, whose visitor is told."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from eventapp.db import db
from eventapp.tours.models import Slot
from tests.builders import (
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_festival,
    make_organizer,
    make_programme,
    make_slot,
)
from tests.e2e.conftest import DESK
from tests.e2e.mailbox import letters, link, words

pytestmark = pytest.mark.e2e


@pytest.fixture
def slot(app: Flask) -> Slot:
    """Saturday at ten, with a party of three."""
    entry = make_entry(make_edition(make_festival("town")))
    slot = make_slot(make_programme(entry), capacity=8)
    make_booking(slot, party_size=3, contact=make_contact("hana@example.jp"))
    return slot


def invite(open_page: Any, slot: Slot) -> None:
    """The committee writes an address into the page of the entry."""
    entry = slot.programme.entry
    assert entry is not None
    address = f"/manage/town/2026/entries/{entry.code}"
    page = open_page(address, person=make_organizer(entry.edition.festival), size=DESK)
    page.locator("#invite-form [name=email]").fill("ken@example.jp")
    page.locator("#invite-form").get_by_role("button", name="招待する").click()
    expect(page.locator("main")).to_contain_text("ken@example.jp")


def test_from_the_invitation_mail_to_a_moved_slot(app: Flask, slot: Slot, open_page: Any) -> None:
    invite(open_page, slot)
    (invitation,) = letters(app, "ken@example.jp")
    assert "山田製作所" in words(invitation)

    page = open_page(link(invitation))
    page.locator("[name=name]").fill("健")
    page.get_by_role("button", name="はじめる").tap()
    sitting = page.locator(".sitting").first
    expect(sitting).to_contain_text("10:00")
    expect(sitting).to_contain_text("花山 花子")

    sitting.locator("summary").get_by_text("この回を変更").tap()  # the first of three taps
    form = sitting.locator("form").filter(has_text="新しい開始時刻")
    form.locator("[name=start]").fill("10:30")  # the second
    form.locator("[name=message]").fill("機械の点検のため30分遅らせます。")
    form.get_by_role("button", name="変更して予約1件に知らせる").tap()  # the third

    expect(page.locator(".flashes")).to_be_visible()
    expect(page.locator(".sitting").first).to_contain_text("10:30")
    told = words(letters(app, "hana@example.jp")[-1])
    assert "10:30" in told and "機械の点検のため30分遅らせます。" in told
    visitor = open_page(link(letters(app, "hana@example.jp")[-1]))
    expect(visitor.locator(".ticket-times")).to_contain_text("10:30")
    assert db.session.get_one(Slot, slot.id, populate_existing=True).seats_taken == 3


def test_a_shortened_address_leads_to_the_day(slot: Slot, open_page: Any) -> None:
    entry = slot.programme.entry
    assert entry is not None
    page = open_page(
        f"/factory/{entry.factory.code}/", person=make_organizer(entry.edition.festival), javascript=False
    )

    expect(page.locator(".sitting").first).to_contain_text("10:00")
    page.locator("summary").get_by_text("この回を変更").tap()
    expect(page.get_by_label("新しい開始時刻")).to_be_visible()
