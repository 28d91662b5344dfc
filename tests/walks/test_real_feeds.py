"""Feeds of real towns, which lie with the shared data: read as they are, and refused through the page, for they have expired.

群馬県 / ジョルダン株式会社, CC BY 4.0; timetables of 2018 and 2019.
"""

import io
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from eventapp.walks import gtfs, lines
from eventapp.walks.earth import Box
from tests.builders import make_edition, make_entry, make_factory, make_organizer
from tests.walks.festival import forget_everything
from tests.walks.shared_data import find_shared

pytestmark = pytest.mark.usefixtures("app", "english")
ZONE = ZoneInfo("Asia/Tokyo")
KIRYU, OIZUMI = "gtfs/gtfs.1025.kiryushi_com.zip", "gtfs/gtfs.1048.oizumimachi_com.zip"
# the file, a place in its town, a Saturday and a Sunday on which it runs, stops there and one of their names
FEEDS = [
    (KIRYU, Box(36.411, 139.333, 36.411, 139.333), [date(2019, 5, 11), date(2019, 5, 12)], "桐生駅"),
    (OIZUMI, Box(36.247, 139.405, 36.247, 139.405), [date(2019, 5, 11), date(2019, 5, 12)], "大泉"),
]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


@pytest.mark.parametrize(("name", "place", "days", "stop"), FEEDS)
def test_a_real_feed_is_read(name: str, place: Box, days: list[date], stop: str) -> None:
    for path in find_shared(name):
        found = gtfs.read_feed(io.BytesIO(path.read_bytes()), area=place.widened(5000), days=days, zone=ZONE)

        assert found.agency["ja"]
        assert any(stop in one.name["ja"] for one in found.network.stops)
        assert all({"ja"} <= set(one.name) for one in found.network.stops)
        assert len(found.network.trips) > 5
        for trip in found.network.trips:
            times = [moment for call in trip.calls for moment in (call.arrives, call.departs)]
            assert times == sorted(times) and times[0] >= 0 and times[-1] < 2 * 14_400


@pytest.mark.parametrize(("name", "place", "days", "stop"), FEEDS)
def test_an_expired_feed_is_refused_by_the_page_with_its_dates(
    name: str, place: Box, days: list[date], stop: str, visit: Any
) -> None:
    edition = make_edition()
    make_entry(edition, make_factory(edition.festival, lat=place.south, lon=place.west))
    visit.sign_in(make_organizer(edition.festival))
    address = f"/manage/{edition.festival.slug}/{edition.slug}/walks"
    for path in find_shared(name):
        page = visit(address).submit(
            action="/feeds", files={"feed": (io.BytesIO(path.read_bytes()), path.name)}
        )

        assert page.status == 422
        assert "This feed is for 201" in page.main and "the festival is on 2026-11-28" in page.main
        assert "Ask the operator for the feed of those days" in page.main
        assert lines.feeds_of(edition.id) == []
