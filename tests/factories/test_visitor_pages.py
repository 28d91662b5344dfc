"""A factory's public page, its calendar, and the screen for the taxi."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from icalendar import Calendar

from eventapp.db import db, transaction
from eventapp.factories import freezing
from eventapp.factories.models import Degree, Entry, Opening, OpeningPlace, Photography, PointKind
from eventapp.festivals.models import Booth, EditionState
from eventapp.tours.models import EntryMode, Kind, ProgrammeStop, SlotState
from tests.builders import (
    SATURDAY,
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_programme,
    make_slot,
    make_venue,
    texts,
)

pytestmark = pytest.mark.usefixtures("app")
PAGE = "/sansho/2026/factories/yaguchi/"


@pytest.fixture
def entry() -> Entry:
    edition = make_edition(make_festival("sansho"))
    factory = make_factory(edition.festival, slug="yaguchi", name=texts("矢口旋盤", "Yaguchi Lathes"), kana="やぐちせんばん", phone="03-1234-5678",
                           address=texts("東京都大田区矢口1-2-3", "1-2-3 Yaguchi, Ota"), postal_code="146-0093", min_age=6,
                           photography=Photography.AREAS, step_free=Degree.PARTLY)  # fmt: skip
    return make_entry(edition, factory, last_entry_minutes=30)


def test_page_shows_hours_with_lunch_closure_and_last_entry(visit: Any, entry: Entry) -> None:
    hours = " ".join(visit(PAGE).html.select_one(".hours").get_text(" ").split())

    assert hours.startswith("Sat, Nov 28 10:00–12:00 13:00–16:00 last entry 15:30 closed in between")


def test_hours_at_the_booth_are_no_lunch_closure_of_the_factory(visit: Any, entry: Entry) -> None:
    at_booth = {"place": OpeningPlace.BOOTH, "opens": time(9), "closes": time(17)}
    with transaction():
        entry.openings = [
            Opening(date=SATURDAY, **at_booth),
            Opening(date=SATURDAY, opens=time(10), closes=time(16)),
        ]

    hours = " ".join(visit(PAGE).html.select_one(".hours").get_text(" ").split())

    assert hours == "Sat, Nov 28 10:00–16:00 last entry 15:30 9:00–17:00 (booth) last entry 16:30"


def test_page_shows_programmes_with_times_and_places_left(visit: Any, entry: Entry) -> None:
    tour = make_programme(entry, price_yen=1500, bring=texts("エプロン", "An apron"))
    slot = make_slot(tour, capacity=8, seats_taken=5)
    called_off = make_slot(tour, starts_at=datetime(2026, 11, 29, 1, 0, tzinfo=UTC))
    with transaction():
        called_off.state = SlotState.CANCELLED
    make_programme(entry, kind=Kind.SALE, entry_mode=EntryMode.OPEN, title=texts("直売", "Factory shop"))

    page = visit(PAGE)

    assert f"/sansho/2026/slots/{slot.code}" in page.links("/slots/")
    assert [one.get_text(" ", strip=True) for one in page.html.select(".t")] == [
        "10:00 3 left",
        "10:00 called off",
    ]
    assert "60 min · ¥1,500" in page.text and "An apron" in page.text
    assert "No booking: come any time while the doors are open." in page.text


def test_page_shows_tours_of_others_that_come_here(visit: Any, entry: Entry) -> None:
    walk = make_programme(
        edition=entry.edition, kind=Kind.GUIDED_WALK, title=texts("町歩き", "Walk round the works")
    )
    with transaction():
        db.session.add(ProgrammeStop(programme_id=walk.id, entry_id=entry.id, minutes_after=30))

    assert "Tours that come here" in visit(PAGE).text and "Walk round the works" in visit(PAGE).text


def test_page_tells_visit_rules_in_words(visit: Any, entry: Entry) -> None:
    rules = " ".join(visit(PAGE).html.select_one(".rules").get_text(" ").split())

    assert "6" in rules and "Photos in some areas only" in rules and "Partly step-free" in rules


def test_page_has_the_name_in_both_languages(visit: Any, entry: Entry) -> None:
    visit.language = "ja"
    name = visit(PAGE).html.h1
    assert name.rt.get_text() == "やぐちせんばん"
    assert name.select_one("[lang=en]").get_text(strip=True) == "Yaguchi Lathes"

    visit.language = "en"
    assert visit(PAGE).html.h1.select_one("[lang=ja]").get_text(" ", strip=True).startswith("矢口旋盤")


def test_page_links_a_point_only_where_it_is_known(visit: Any, entry: Entry) -> None:
    assert visit(PAGE).links("google.com")
    with transaction():
        entry.factory.point = PointKind.TOWN

    page = visit(PAGE)

    assert not page.links("google.com")
    assert "The map shows the neighbourhood only" in page.text


def test_page_names_the_booth(visit: Any, entry: Entry) -> None:
    venue = make_venue(entry.edition)
    with transaction():
        booth = Booth(venue_id=venue.id, number="A-3")
        db.session.add(booth)
        db.session.flush()
        entry.booth_id = booth.id

    assert "Industry Hall A-3" in visit(PAGE).text
    assert "Industry Hall A-3" in visit("/sansho/2026/whats-on/").text


def test_taxi_screen_is_in_japanese_whatever_the_reader_speaks(visit: Any, entry: Entry) -> None:
    screen = visit(PAGE).click("Please take me here").html.select_one(".take-me")

    assert screen["lang"] == "ja"
    assert "東京都大田区矢口1-2-3" in screen.get_text() and screen.rt.get_text() == "やぐちせんばん"
    assert screen.select_one("a")["href"] == "tel:03-1234-5678"


def test_calendar_has_hours_and_times_and_says_what_is_called_off(visit: Any, entry: Entry) -> None:
    slot = make_slot(make_programme(entry))
    with transaction():
        slot.state = SlotState.CANCELLED

    events = Calendar.from_ical(visit(PAGE + "calendar.ics").response.get_data()).walk("VEVENT")

    assert len(events) == 5  # two stretches on two days, one slot
    cancelled = [one for one in events if one["status"] == "CANCELLED"]
    assert [str(one["summary"]) for one in cancelled] == ["Factory tour Yaguchi Lathes"]
    assert len({str(one["uid"]) for one in events}) == 5


def test_archive_shows_the_factory_as_it_was(visit: Any, entry: Entry) -> None:
    with transaction():
        freezing.freeze_all(entry.edition)
        entry.edition.state = EditionState.CLOSED
        entry.factory.name = texts("新社名", "New name")
        entry.factory.area = texts("新町", "New town")

    assert "Yaguchi Lathes" in visit(PAGE).text and "New" not in visit(PAGE).text
    for path in ("whats-on/?day=all", "map/?day=all"):
        page = visit(f"/sansho/2026/{path}")
        assert "Yaguchi Lathes" in page.text and "New" not in page.text


def test_factory_of_another_festival_or_edition_is_not_there(visit: Any, entry: Entry) -> None:
    other = make_edition(make_festival("other"))
    make_entry(other, make_factory(other.festival, slug="theirs"))

    assert visit("/sansho/2026/factories/theirs/").status == 404
    assert visit("/other/2026/factories/yaguchi/").status == 404
    assert visit("/sansho/2026/factories/theirs/calendar.ics").status == 404
    assert visit("/sansho/2026/factories/theirs/take-me-here").status == 404


def test_texts_that_are_there_in_japanese_only_say_so(visit: Any, entry: Entry) -> None:
    tour = make_programme(entry, description=texts("窓の内側から見ます。", ""))
    slot = make_slot(tour)
    with transaction():
        entry.factory.products = texts("こし餡", "")

    page = visit(PAGE)
    assert page.html.select_one(".subtitle")["lang"] == "ja"
    assert page.html.select_one(".programme .prose")["lang"] == "ja"
    assert visit(f"/sansho/2026/slots/{slot.code}").html.select_one(".prose")["lang"] == "ja"
    with transaction():
        entry.factory.products = texts("こし餡", "Bean paste")
    assert not visit(PAGE).html.select_one(".subtitle").has_attr("lang")
