"""Pins tell what is so at this moment: open now, places left."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from eventapp import clock
from tests.builders import make_booking, make_festival, make_programme, make_slot
from tests.visiting import Visitor
from tests.walks.festival import make_trail

pytestmark = pytest.mark.usefixtures("english")
MORNING, LUNCH = (
    datetime(2026, 11, 28, 1, 30, tzinfo=UTC),
    datetime(2026, 11, 28, 3, 30, tzinfo=UTC),
)  # 10:30, 12:30


def marks(app: Flask, moment: datetime) -> dict[str, list[str]]:
    """By the factory's number on the map; asked for by a browser of its own, for pages are kept for a moment."""
    with clock.stopped_at(moment):
        data: Any = (
            Visitor(app, language="en")
            .send("GET", f"/town/2026/map/pins.json?day=2026-11-28&at={moment:%H}")
            .response.get_json()
        )
    return {one["properties"]["text"]: one["properties"]["marks"] for one in data["features"]}


def test_open_doors_and_free_places_are_marked(app: Flask) -> None:
    app.config["PAGE_CACHE_SECONDS"], before = 0.0, app.config["PAGE_CACHE_SECONDS"]
    try:
        _edition, entries = make_trail(3, festival=make_festival("town"))
        free, full = (
            make_slot(make_programme(entry), capacity=4, starts_at=datetime(2026, 11, 28, 5, tzinfo=UTC))
            for entry in entries[1:]
        )
        make_booking(full, party_size=4)

        assert marks(app, MORNING) == {"1": ["open"], "2": ["open", "places"], "3": ["open"]}
        assert marks(app, LUNCH) == {"1": [], "2": ["places"], "3": []}  # closed from twelve to one
        make_booking(free, party_size=4)
        assert marks(app, LUNCH)["2"] == []
    finally:
        app.config["PAGE_CACHE_SECONDS"] = before


def test_the_legend_and_the_words_for_the_script_are_there(app: Flask, visit: Visitor) -> None:
    make_trail(1, festival=make_festival("town"))
    page = visit("/town/2026/map/")

    assert {"Open now", "Places left"} <= {
        one.get_text(strip=True) for one in page.html.select(".map-legend li")
    }
    frame = page.html.select_one("[data-map]")
    assert (frame["data-word-open"], frame["data-word-places"]) == ("Open now", "Places left")
