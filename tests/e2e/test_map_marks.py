"""The map on a phone: what is open, where places are left, and what this phone's own card has stamped."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from eventapp import clock
from tests.builders import make_festival, make_programme, make_slot
from tests.e2e.walking import faults_for_eyes, faults_for_readers
from tests.walks.festival import make_trail

pytestmark = pytest.mark.e2e
# What js/stamps.js keeps after a stamp at a station whose page is the given one.
KEEP_A_CARD = """async (address) => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("kouba", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("outbox", { keyPath: "id" }).createIndex("group", "group");
      request.result.createObjectStore("kept");
    };
    request.onsuccess = () => resolve(request.result);
  });
  const work = database.transaction("kept", "readwrite");
  const kept = work.objectStore("kept");
  kept.put(["r"], "rallies");
  kept.put({ stations: [{ code: "S1", url: address }, { code: "S2", url: address.replace(/[^/]+$/, "elsewhere") }] }, "rally:r");
  kept.put([{ code: "C" }], "cards:r");
  kept.put({ card: { stamps: [{ station: "S1", t: 1, status: "ok" }], progress: [] } }, "answer:C");
  await new Promise((resolve) => { work.oncomplete = resolve; });
  database.close();
}"""
HAS_NO_STORE = "async () => (await indexedDB.databases()).every((one) => one.name !== 'kouba')"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_pins_tell_what_is_open_free_and_stamped(language: str, app: Flask, open_page: Any) -> None:
    with clock.stopped_at(datetime(2026, 11, 28, 1, 30, tzinfo=UTC)):
        _edition, entries = make_trail(3, festival=make_festival("town"))
        make_slot(make_programme(entries[1]), starts_at=datetime(2026, 11, 28, 5, tzinfo=UTC))
        page = open_page("/town/2026/map/", language=language)
        expect(page.locator("[data-map-ready]")).to_be_attached()
        expect(page.locator(".pin-is-open")).to_have_count(3 + 1)  # the legend's
        expect(page.locator(".leaflet-marker-pane .pin-is-places")).to_have_count(1)
        expect(page.locator(".leaflet-marker-pane .pin-is-stamped")).to_have_count(0)
        assert page.evaluate(HAS_NO_STORE)  # looking makes none

        page.evaluate(KEEP_A_CARD, page.locator(".spot-name a").nth(1).get_attribute("href"))
        page.reload()
        stamped = page.locator(".leaflet-marker-pane .pin-is-stamped")
        expect(stamped).to_have_count(1)
        expect(stamped).to_have_attribute(
            "title", re.compile({"ja": "スタンプ済み", "en": "Stamped"}[language])
        )
        expect(stamped.locator(".pin-inside")).to_have_text("2")
        assert faults_for_eyes(page, language) + faults_for_readers(page) == []
