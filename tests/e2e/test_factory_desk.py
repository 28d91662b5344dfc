"""Somebody in a factory with a phone in one hand: the entrance on the map, a picture, the opening days."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from eventapp.db import db
from eventapp.factories.models import Entry, Factory, PointKind
from tests.builders import (
    make_booking,
    make_edition,
    make_entry,
    make_factory,
    make_member,
    make_programme,
    make_slot,
    texts,
)

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
ROADS = {"roads": {"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[139.7, 35.55], [139.72, 35.57]]}}
]}}  # fmt: skip


@pytest.fixture
def entry(app: Any) -> Entry:
    edition = make_edition(base_map=ROADS, lat=35.56, lon=139.71)
    factory = make_factory(edition.festival, lat=None, lon=None, point=PointKind.NONE)
    return make_entry(edition, factory, open_days=False)


def fresh(factory_id: int) -> Factory:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Factory, factory_id)


def test_entrance_is_set_by_a_tap_on_the_map(open_page: Open, entry: Entry) -> None:
    page = open_page(f"/factory/{entry.factory.code}/profile/entrance", person=make_member(entry.factory))
    expect(page.locator("[data-entrance][data-ready]")).to_be_visible()

    page.locator(".entrance-map").click(position={"x": 120, "y": 150})

    expect(page.locator("#point_text")).to_have_value(re.compile(r"^35\.\d{5}, 139\.\d{5}$"))
    expect(page.locator(".entrance-map .pin")).to_have_count(1)
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/profile")
    factory = fresh(entry.factory_id)
    assert factory.point == PointKind.EXACT
    assert factory.lat is not None and factory.lon is not None
    assert abs(factory.lat - 35.56) < 0.05 and abs(factory.lon - 139.71) < 0.05


def test_typed_point_moves_the_pin(open_page: Open, entry: Entry) -> None:
    page = open_page(f"/factory/{entry.factory.code}/profile/entrance", person=make_member(entry.factory))
    expect(page.locator("[data-entrance][data-ready]")).to_be_visible()

    page.locator("#point_text").fill("３５．５６１，１３９．７１２")

    expect(page.locator(".entrance-map .pin")).to_have_count(1)


def test_entrance_is_pasted_without_javascript(open_page: Open, entry: Entry) -> None:
    page = open_page(
        f"/factory/{entry.factory.code}/profile/entrance", person=make_member(entry.factory), javascript=False
    )
    expect(page.locator("[data-entrance]")).to_be_hidden()

    page.locator("#point_text").fill(
        "https://www.google.com/maps/place/x/@35.1,139.1,17z/data=!3m1!4b1!3d35.5614!4d139.7161"
    )
    page.get_by_role("button", name="保存").click()

    page.wait_for_url("**/profile")
    factory = fresh(entry.factory_id)
    assert (factory.lat, factory.lon) == (35.5614, 139.7161)


def test_picture_from_the_phone_is_shown(open_page: Open, entry: Entry) -> None:
    out = io.BytesIO()
    Image.new("RGB", (1200, 900), "orange").save(out, "JPEG")
    page = open_page(f"/factory/{entry.factory.code}/photos", person=make_member(entry.factory))

    page.locator("input[type=file]").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    )
    page.get_by_role("button", name="追加").click()

    picture = page.locator("#pictures + ol img")
    expect(picture).to_have_count(1)
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("it => it.naturalWidth") > 0


def test_opening_days_are_set_in_a_minute(open_page: Open, entry: Entry) -> None:
    page = open_page(f"/factory/{entry.factory.code}/entry", person=make_member(entry.factory))

    page.get_by_label("開始", exact=True).fill("10:00")
    page.get_by_label("終了", exact=True).fill("16:00")
    page.get_by_label("11月28日(土)", exact=True).check()
    page.get_by_role("button", name="保存").click()

    expect(page.get_by_label("11月28日(土)", exact=True)).to_be_checked()
    db.session.rollback()
    assert [(one.opens.hour, one.closes.hour) for one in db.session.get_one(Entry, entry.id).openings] == [
        (10, 16)
    ]


LONG_NAME = "株式会社ながいながいなまえの精密金属加工製作所第二工場テクニカルセンター別館および研究開発部門東日本統括本部分室"
LONG_KANA = "ながいながいなまえのせいみつきんぞくかこうせいさくしょだいにこうじょうてくにかるせんたーべっかん"


def test_the_longest_name_fits_on_a_phone(open_page: Open, app: Any) -> None:
    """Under its reading a name breaks like any other text: no page grows wider than the screen."""
    edition = make_edition()
    factory = make_factory(
        edition.festival, slug="long", name=texts(LONG_NAME, "Long Name " * 10), kana=LONG_KANA
    )
    entry = make_entry(edition, factory)
    make_slot(make_programme(entry))
    public, desk = f"/{edition.festival.slug}/{edition.slug}", f"/factory/{factory.code}"
    page = open_page(f"{public}/factories/long/", person=make_member(factory))

    for path in (f"{public}/factories/long/", f"{public}/factories/long/take-me-here", f"{public}/whats-on/", f"{public}/whats-on/timetable/",
                 f"{public}/map/", f"{desk}/today", f"{desk}/profile", f"{desk}/members"):  # fmt: skip
        page.goto(path)
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, path


def test_each_figure_of_the_attendance_sheet_stands_under_its_heading(open_page: Open, entry: Entry) -> None:
    make_booking(make_slot(make_programme(entry)), party_size=3)
    page = open_page(f"/factory/{entry.factory.code}/sheet?day=2026-11-28", person=make_member(entry.factory))

    left = "cells => cells.map(cell => Math.round(cell.getBoundingClientRect().left))"
    assert page.locator(".sheet-table tbody td").evaluate_all(left) == page.locator(
        ".sheet-table th"
    ).evaluate_all(left)
