"""Home page, list of festivals, the address that stays, privacy, colours, calendar, sitemap."""

import io
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from PIL import Image

from eventapp import clock, uploads
from eventapp.db import db, transaction
from eventapp.factories.models import Degree, Opening
from eventapp.festivals import editions
from eventapp.festivals.models import EditionState, Notice
from eventapp.tours import calling_off
from eventapp.tours.models import EntryMode, Kind, SlotState
from tests.builders import (
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_person,
    make_programme,
    make_slot,
    texts,
)

pytestmark = pytest.mark.usefixtures("app")


def days_of(year: int) -> list[date]:
    return [date(year, 11, 14), date(year, 11, 15)]


def test_index_shows_each_festival_by_its_current_edition(visit: Any) -> None:
    sansho = make_festival("sansho", name=texts("三勝", "Sansho"))
    make_edition(sansho, slug="2025", days=days_of(2025), state=EditionState.CLOSED)
    make_edition(sansho, slug="2026", days=days_of(2026))
    make_edition(sansho, slug="2027", days=days_of(2027), state=EditionState.DRAFT)
    make_edition(make_festival("hidden", name=texts("準備中", "Hidden")), state=EditionState.RECRUITING)

    page = visit("/")

    assert page.links("/sansho/") == ["/sansho/2026/"]
    assert "Hidden" not in page.text


def test_index_without_festivals_says_so(visit: Any) -> None:
    assert "No festival is public yet." in visit("/").text


def test_one_address_leads_to_the_current_edition(visit: Any) -> None:
    sansho = make_festival("sansho")
    make_edition(sansho, slug="2025", days=days_of(2025), state=EditionState.CLOSED)
    make_edition(sansho, slug="2026", days=days_of(2026))

    response = visit.send("GET", "/sansho/?lang=ja", follow=False).response

    assert (response.status_code, response.headers["Location"]) == (302, "/sansho/2026/?lang=ja")
    assert visit("/nothing/").status == 404
    make_edition(make_festival("young"), state=EditionState.DRAFT)
    assert visit("/young/").status == 404


def test_an_edition_nobody_closed_does_not_hide_the_next_one(visit: Any) -> None:
    sansho = make_festival("sansho")
    make_edition(sansho, slug="2025", days=days_of(2025), state=EditionState.RUNNING)
    make_edition(sansho, slug="2026", days=days_of(2026))

    assert visit("/sansho/").path == "/sansho/2026/"
    assert visit("/").links("/sansho/") == ["/sansho/2026/"]


def test_the_address_follows_the_days_where_the_festival_is(visit: Any) -> None:
    sansho = make_festival("sansho")
    make_edition(sansho, slug="spring", days=[date(2026, 9, 30)])
    make_edition(sansho, slug="autumn", days=days_of(2026))

    with clock.stopped_at(datetime(2026, 9, 30, 14, 59, tzinfo=UTC)):  # a minute before midnight in Japan
        assert visit("/sansho/").path == "/sansho/spring/"
    with clock.stopped_at(datetime(2026, 9, 30, 15, 1, tzinfo=UTC)):
        assert visit("/sansho/").path == "/sansho/autumn/"


def test_home_answers_what_where_when_and_whether_there_is_room(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"))
    entry = make_entry(
        edition, make_factory(edition.festival, slug="f1", name=texts("矢口", "Yaguchi Works"))
    )
    slot = make_slot(make_programme(entry), capacity=12)

    page = visit("/sansho/2026/")

    assert [" ".join(one.get_text(" ").split()) for one in page.html.select(".daycard")] == [
        "Sat, Nov 28 1 place open 12 seats free", "Sun, Nov 29 1 place open no booking needed",
    ]  # fmt: skip
    assert page.links("/slots/") == [f"/sansho/2026/slots/{slot.code}"]
    assert "Factory tour 1" in page.text
    assert page.links("kind=tour")


def test_home_says_full_where_no_seat_is_left_and_nothing_of_an_empty_day(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"))
    make_slot(make_programme(edition=edition), capacity=12, seats_taken=12)

    page = visit("/sansho/2026/")

    assert [" ".join(one.get_text(" ").split()) for one in page.html.select(".daycard")] == [
        "Sat, Nov 28 1 place open all seats taken", "Sun, Nov 29 0 places open",
    ]  # fmt: skip


def test_home_begins_with_what_is_urgent_and_invites_nobody_to_a_day_called_off(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"))
    entry = make_entry(edition)
    slot = make_slot(make_programme(entry), capacity=12)
    open_house = {"date": slot.day, "opens": time(10), "closes": time(16)}
    with transaction():
        db.session.add(Opening(entry_id=entry.id, **open_house))
        slot.state = SlotState.CANCELLED
        urgent = {
            "title": texts("中止", "Called off"),
            "body": texts("大雪", "Snow"),
            "published_at": clock.now(),
        }
        db.session.add(Notice(edition_id=edition.id, is_urgent=True, **urgent))

    page = visit("/sansho/2026/")

    assert page.main.startswith("Called off Snow")
    assert " ".join(page.html.select_one(".daycard").get_text(" ").split()) == "Sat, Nov 28 1 place open"


def day_cards(page: Any) -> list[str]:
    return [" ".join(one.get_text(" ").split()) for one in page.html.select(".daycard")]


def test_home_says_of_a_whole_day_called_off_that_it_is_and_offers_nothing_of_it(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"), state=EditionState.RUNNING)
    entry = make_entry(edition)
    slot = make_slot(make_programme(entry), capacity=12)
    with transaction():
        db.session.add(Opening(entry_id=entry.id, date=slot.day, opens=time(10), closes=time(16)))
    with transaction():
        calling_off.start(
            edition, slot.day, message=texts("大雪", "Snow"), heading=None, by=make_person("Office")
        )
    with transaction():
        slot.state = SlotState.CANCELLED

    with clock.stopped_at(datetime(2026, 11, 28, 2, 0, tzinfo=UTC)):
        page = visit("/sansho/2026/")

    assert day_cards(page)[0] == "Sat, Nov 28 called off"
    assert "Open now" not in page.main
    assert page.links("/slots/") == []

    make_slot(
        slot.programme, starts_at=slot.starts_at + timedelta(hours=4), capacity=5
    )  # it is held after all
    with clock.stopped_at(datetime(2026, 11, 28, 2, 0, tzinfo=UTC)):
        assert day_cards(visit("/sansho/2026/"))[0] == "Sat, Nov 28 1 place open 5 seats free"


def test_home_knows_in_the_evening_that_the_day_is_over(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"), state=EditionState.RUNNING)
    make_slot(make_programme(make_entry(edition)), capacity=12)  # doors from 10 to 16, a slot at 10

    with clock.stopped_at(datetime(2026, 11, 28, 6, 59, tzinfo=UTC)):
        assert day_cards(visit("/sansho/2026/"))[0].startswith("Sat, Nov 28 1 place open")
    with clock.stopped_at(datetime(2026, 11, 28, 7, 0, tzinfo=UTC)):
        assert day_cards(visit("/sansho/2026/"))[0] == "Sat, Nov 28 over"


def test_home_promises_room_only_where_there_is_some(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"))
    make_slot(make_programme(edition=edition), capacity=12, seats_taken=12)

    page = visit("/sansho/2026/")

    assert "Next, with room" not in page.text


def test_home_offers_no_way_that_leads_to_nothing(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"))
    entry = make_entry(edition, make_factory(edition.festival, under_roof=None, languages=["ja"]))

    assert not {"roof=1", "stroller=1", "step_free=1", "speaks=en"} & ways_of(visit)

    with transaction():
        entry.factory.under_roof, entry.factory.stroller, entry.factory.languages = (
            True,
            Degree.PARTLY,
            ["ja", "en"],
        )
        editions.touch(edition)
    assert {"roof=1", "stroller=1", "step_free=1", "speaks=en"} & ways_of(visit) == {
        "roof=1",
        "stroller=1",
        "speaks=en",
    }


def ways_of(visit: Any) -> set[str]:
    return {href.rpartition("&")[2] for href in visit("/sansho/2026/").links("day=all&")}


def test_home_shows_notices_while_they_last(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"))
    now = clock.now()
    with transaction():
        for title, since, until in (("old", -9, -1), ("current", -1, 1), ("future", 1, None)):
            db.session.add(Notice(edition_id=edition.id, title=texts(title, title), body=texts("**x**"), published_at=now + timedelta(days=since),
                                  until=now + timedelta(days=until) if until else None))  # fmt: skip

    assert [one.get_text() for one in visit("/sansho/2026/").html.select(".notice-title")] == ["current"]


def test_home_on_the_day_says_whose_doors_are_open(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"), state=EditionState.RUNNING)
    make_entry(edition, make_factory(edition.festival, slug="f1", name=texts("矢口", "Yaguchi Works")))

    with clock.stopped_at(datetime(2026, 11, 28, 2, 0, tzinfo=UTC)):
        assert "Open now See all" in visit("/sansho/2026/").text
    with clock.stopped_at(datetime(2026, 11, 28, 3, 30, tzinfo=UTC)):  # the lunch closure
        assert "Open now See all" not in visit("/sansho/2026/").text


def test_home_says_when_reservations_open(visit: Any) -> None:
    make_edition(make_festival("sansho"), booking_opens_at=datetime(2026, 10, 10, 1, 0, 5, tzinfo=UTC))

    assert "Reservations open on Sat, Oct 10 10:00." in visit("/sansho/2026/").text


def test_archive_keeps_its_address_and_is_linked(visit: Any) -> None:
    sansho = make_festival("sansho")
    make_edition(sansho, slug="2025", name=texts("2025"), days=days_of(2025), state=EditionState.CLOSED)
    make_edition(sansho, slug="2026")

    assert visit("/sansho/2025/").status == 200
    assert "/sansho/2025/" in visit("/sansho/2026/").links("/2025/")


def test_shared_link_has_absolute_addresses_and_a_picture(visit: Any) -> None:
    make_edition(make_festival("sansho", cover="coverpicture1"))

    head = visit("/sansho/2026/?day=all").html.head

    found = {one["property"]: one["content"] for one in head.select("meta[property]")}
    assert found["og:url"] == "http://localhost/sansho/2026/"
    assert found["og:image"] == "http://localhost/media/coverpicture1/card.jpg"
    assert head.select_one("link[rel=canonical]")["href"] == "http://localhost/sansho/2026/"


def test_card_of_a_picture_may_be_shown_by_others(visit: Any, app: Flask) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (900, 900), "#b3361b").save(picture, "PNG")
    picture.seek(0)
    uploads.store_picture(picture, Path(app.config["INSTANCE"]) / "media", "cardpicture1")

    response = visit("/media/cardpicture1/card.jpg").response

    assert Image.open(io.BytesIO(response.get_data())).size == (1200, 630)
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert visit("/media/nothing-there/card.jpg").status == 404


def test_privacy_page_says_when_names_are_erased(visit: Any) -> None:
    make_edition(make_festival("sansho"), keep_visitors_days=30, privacy=texts("## 方針", "## Our policy"))

    page = visit("/sansho/2026/privacy/")

    assert "Our policy" in page.text
    assert "kept until Tuesday, December 29, 2026 and then erased" in page.text


def test_colours_of_the_festival_are_a_stylesheet(visit: Any) -> None:
    make_festival("sansho", accent="#0b6470")

    response = visit("/sansho/theme.css?v=1").response

    assert response.mimetype == "text/css"
    assert "--accent: #0b6470" in response.get_data(as_text=True)
    assert "immutable" in response.headers["Cache-Control"]
    assert visit("/nothing/theme.css").status == 404


def test_calendar_of_an_edition_has_its_days_and_the_committees_programmes(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"))
    make_entry(edition)
    talk = make_programme(
        edition=edition, kind=Kind.TALK, entry_mode=EntryMode.TIMED, title=texts("講演", "Opening talk")
    )
    make_slot(talk, capacity=None)

    response = visit("/sansho/2026/calendar.ics").response
    events = Calendar.from_ical(response.get_data()).walk("VEVENT")

    assert response.mimetype == "text/calendar"
    assert [str(one["summary"]) for one in events] == ["Trial Factory Festival Autumn 2026"] * 2 + [
        "Opening talk"
    ]
    assert [one["dtstart"].dt.strftime("%m-%d %H:%M") for one in events] == [
        "11-28 10:00",
        "11-29 10:00",
        "11-28 10:00",
    ]


def test_sitemap_has_public_pages_in_each_language(visit: Any) -> None:
    edition = make_edition(make_festival("sansho"))
    make_entry(edition, make_factory(edition.festival, slug="f1"))

    page = visit("/sitemap.xml").response.get_data(as_text=True)

    assert "<loc>http://localhost/sansho/2026/factories/f1/</loc>" in page
    assert 'hreflang="ja" href="http://localhost/sansho/2026/factories/f1/?lang=ja"' in page


def test_search_engines_stay_out_of_desks(visit: Any) -> None:
    lines = visit("/robots.txt").response.get_data(as_text=True).splitlines()

    assert "Disallow: /r/" in lines and "Disallow: /manage/" in lines
    assert lines[-1] == "Sitemap: http://localhost/sitemap.xml"
