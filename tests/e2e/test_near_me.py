"""What is on within so many minutes of where one stands: reckoned on the phone, its position told to nobody."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.builders import (
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_programme,
    make_slot,
    texts,
)

pytestmark = pytest.mark.e2e
HERE = (35.5600, 139.7000)
# Metres to the north of it; streets are reckoned 1.3 times as long, 75 m a minute.
WAYS = {"遠い工場": 2400, "となりの工場": 150, "近い工場": 520}


@pytest.fixture
def spread(app: Flask) -> None:
    """Three factories with a tour each, one on the doorstep, one nine minutes away, one beyond any limit but none."""
    edition = make_edition(make_festival("town"))
    for name, metres in WAYS.items():
        factory = make_factory(
            edition.festival, name=texts(name), kana="", lat=HERE[0] + metres / 111_195, lon=HERE[1]
        )
        make_slot(
            make_programme(make_entry(edition, factory)), starts_at=datetime(2026, 11, 28, 1, tzinfo=UTC)
        )


def test_only_what_is_within_reach_is_shown_the_nearest_first(spread: None, open_page: Any) -> None:
    page = open_page("/town/2026/whats-on/?day=all")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": HERE[0], "longitude": HERE[1]})
    asked: list[str] = []
    # The browser fetches the page's icon when it likes; everything else would be asked because of the position.
    page.on("request", lambda request: None if "favicon" in request.url else asked.append(request.url))
    shown = page.locator(".hosts > li:visible .host-name")
    expect(shown).to_have_count(3)

    page.get_by_role("button", name="近くから").tap()
    expect(shown).to_have_text(["となりの工場", "近い工場"])
    expect(page.locator(".host-walk").nth(1)).to_have_text("徒歩約10分")
    page.locator("[data-near] select").select_option("5")
    expect(shown).to_have_text(["となりの工場"])
    page.locator("[data-near] select").select_option("")
    expect(shown).to_have_text(["となりの工場", "近い工場", "遠い工場"])
    page.get_by_role("button", name="近くから").tap()
    expect(shown).to_have_count(3)

    assert asked == []
    assert page.url.endswith("?day=all")


def test_without_a_position_everything_stays(spread: None, open_page: Any) -> None:
    page = open_page("/town/2026/whats-on/?day=all")

    page.get_by_role("button", name="近くから").tap()

    expect(page.locator("[data-count]")).to_have_text("現在地がわかりませんでした。")
    expect(page.locator(".hosts > li:visible")).to_have_count(3)
