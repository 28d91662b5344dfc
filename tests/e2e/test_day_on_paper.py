"""A day that is printed: the list and the map, on two sheets; no form, no button, and streets that can be seen."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.builders import make_festival, make_programme, make_slot
from tests.walks.festival import make_trail

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_day_fits_on_two_sheets_without_its_forms(
    language: str, app: Flask, open_page: Any, tmp_path: Path
) -> None:
    _edition, entries = make_trail(6, festival=make_festival("town"))
    make_slot(make_programme(entries[5]), starts_at=datetime(2026, 11, 28, 4, tzinfo=UTC))
    page = open_page("/town/2026/day/", language=language)
    page.locator("#planner").evaluate("form => form.requestSubmit()")
    page.locator(".proposal button[type=submit]").first.click()
    expect(page.locator("[data-map-ready]")).to_be_attached()
    expect(page.locator("#booking")).to_be_attached()
    width = page.locator(".folium-map").evaluate("one => one.clientWidth")

    page.pdf(path=tmp_path / "day.pdf", format="A4")

    sheets = pypdfium2.PdfDocument(tmp_path / "day.pdf")
    text = " ".join(sheet.get_textpage().get_text_range() for sheet in sheets)
    assert len(sheets) <= 2
    assert {"ja": "工場0", "en": "Works 0"}[language] in text and "12:" in text
    assert page.url.rsplit("/", 1)[-1].split("#")[0] in text  # where to find it again
    for word in ("メールアドレス", "E-mail", "変更", "Change"):
        assert word not in text
    assert page.locator(".folium-map").evaluate("one => one.clientWidth") == width  # and back again
