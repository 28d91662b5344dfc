"""List, timetable and map: what is shown, what is not, filters that combine, the number of statements."""

import gzip
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from eventapp import clock, text
from eventapp.db import db, transaction
from eventapp.factories.models import Craft, Degree, EntryState, Opening, OpeningPlace, PointKind
from eventapp.festivals import notices
from eventapp.festivals.models import Edition, EditionState, PlaceKind
from eventapp.tours import calling_off, timetable, wishes
from eventapp.tours.models import EntryMode, HeldAt, Kind, ProgrammeState, SlotState
from tests.builders import (
    SATURDAY,
    SUNDAY,
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_organizer,
    make_person,
    make_place,
    make_programme,
    make_slot,
    texts,
)
from tests.visiting import Visitor

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def edition() -> Edition:
    return make_edition(make_festival("sansho"))


def make_tour(edition: Edition, name: str = "矢口旋盤", *, at: int = 10, capacity: int | None = 8, taken: int = 0, day: int = 28,
              programme: dict[str, Any] | None = None, **factory: Any) -> Any:  # fmt: skip
    """A factory with one tour at one hour; the slot."""
    factory.setdefault("kana", "やぐちせんばん")
    made = make_factory(edition.festival, name=texts(name, f"{name} Works"), **factory)
    with transaction():
        made.search_key = text.search_key(
            *made.name.values(), made.kana, *made.products.values(), made.craft.value
        )
    entry = make_entry(edition, made)
    return make_slot(make_programme(entry, **(programme or {})), capacity=capacity, seats_taken=taken,
                     starts_at=datetime(2026, 11, day, at - 9, tzinfo=UTC))  # fmt: skip


def names(page: Any) -> list[str]:
    for reading in page.html.select("rt, rp"):
        reading.decompose()
    return [" ".join(one.get_text(" ").split()) for one in page.html.select(".host-name")]


def shown(edition: Edition, **values: str) -> list[str]:
    return [host.name for host in wishes.find(edition, wishes.read_wish(values, edition)).hosts]


# What is shown


def test_list_says_what_where_when_and_whether_there_is_room(visit: Any, edition: Edition) -> None:
    make_tour(edition, at=10, taken=8)
    make_tour(edition, "大森鋳造", at=13, capacity=10, taken=9, kana="おおもり")
    make_tour(edition, "池上硝子", at=14, kana="いけがみ")

    page = visit("/sansho/2026/whats-on/")

    assert names(page) == ["池上硝子 Works", "大森鋳造 Works", "矢口旋盤 Works"]
    assert [one.get_text(" ", strip=True) for one in page.html.select(".t")] == [
        "14:00 8 left",
        "13:00 1 left",
        "10:00 full",
    ]
    assert "10:00–12:00, 13:00–16:00" in page.text
    assert "9 seats free" in page.text


@pytest.mark.parametrize(("language", "words"), [("ja", "窯元見学"), ("en", "Kiln tour")])
def test_a_festival_of_kilns_tours_kilns(app, language, words):
    edition = make_edition(make_festival("kilns", factory_word=texts("窯元", "kiln")))
    slot = make_tour(edition, "白萩窯", programme={"title": texts("窯を見る", "See the kiln")})
    visit = Visitor(app, language=language)
    factory = slot.programme.entry.factory.slug

    for path in ("", "whats-on/", f"factories/{factory}/", f"slots/{slot.code}"):
        page = visit(f"/kilns/{edition.slug}/{path}")
        assert (words in page.main, "工場見学" in page.main, "Factory tour" in page.main) == (
            True,
            False,
            False,
        ), path


def test_a_word_that_is_missing_in_english_leaves_the_usual_one(visit):
    edition = make_edition(make_festival("kilns", factory_word=texts("窯元")))

    assert "Factory tour" in visit(f"/kilns/{edition.slug}/slots/{make_tour(edition).code}").main


def test_a_changed_word_shows_at_once(visit):
    edition = make_edition(make_festival("kilns"))
    make_tour(edition)
    assert "Factory tour" in visit(f"/kilns/{edition.slug}/whats-on/").main

    with transaction():
        edition.festival.factory_word = texts("窯元", "kiln")

    assert "Kiln tour" in visit(f"/kilns/{edition.slug}/whats-on/").main


def test_what_is_urgent_stands_wherever_people_look_and_book(visit, edition):
    slot = make_tour(edition)
    pages = ["whats-on/", "whats-on/timetable/", "map/", f"slots/{slot.code}"]
    for path in pages:
        assert "The trains" not in visit(f"/sansho/2026/{path}").main
    with transaction():
        values = {
            "title": texts("電車が止まっています", "The trains have stopped"),
            "body": texts(""),
            "is_urgent": True,
        }
        until = clock.now() + timedelta(hours=2)
        urgent = notices.save(None, edition, {**values, "until": until}, by="Keiko")
        notices.save(
            None,
            edition,
            {**values, "title": texts("粗品", "Small gifts"), "is_urgent": False, "until": None},
            by="Keiko",
        )

    for path in pages:
        page = visit(f"/sansho/2026/{path}")
        assert ("The trains have stopped" in page.main, "Small gifts" in page.main) == (True, False), path
    with transaction():
        notices.save(
            urgent,
            edition,
            {**values, "title": texts("再開", "The trains run again"), "until": until},
            by="Keiko",
        )
    for path in pages:
        assert "The trains run again" in visit(f"/sansho/2026/{path}").main
    with clock.stopped_at(until):
        for path in pages:
            assert "The trains" not in visit(f"/sansho/2026/{path}").main

    with transaction():  # an archive keeps it among its news, and alarms nobody
        edition.state = EditionState.CLOSED
    for path in pages:
        assert "The trains" not in visit(f"/sansho/2026/{path}").main
    home = visit("/sansho/2026/")
    assert "The trains run again" in home.main and not home.html.select(".notice-danger")


def test_list_begins_with_the_next_day_and_offers_the_others(visit: Any, edition: Edition) -> None:
    make_tour(edition)
    sunday = make_tour(edition, "大森鋳造", day=29)

    page = visit("/sansho/2026/whats-on/")
    assert page.html.select_one(".dayswitch [aria-current]").get_text() == "Sat, Nov 28"

    assert any(sunday.code in link for link in page.click("Sun, Nov 29").links("/slots/"))
    assert len(page.click("All days").html.select(".t")) == 2


def test_unpublished_things_are_in_no_public_output(visit: Any, edition: Edition) -> None:
    make_tour(edition, "公開工場", slug="open")
    make_tour(
        edition,
        "下書き番組工場",
        slug="quiet",
        programme={"state": ProgrammeState.DRAFT, "title": texts("秘密の見学", "Secret tour")},
    )
    for state in (EntryState.DRAFT, EntryState.SUBMITTED, EntryState.WITHDRAWN):
        hidden = make_factory(
            edition.festival, slug=f"hidden-{state.value}", name=texts("隠れ工場", "Hidden Works")
        )
        make_slot(
            make_programme(make_entry(edition, hidden, state=state), title=texts("隠れ見学", "Hidden tour"))
        )

    paths = [
        "whats-on/",
        "whats-on/?day=all",
        "whats-on/timetable/",
        "map/",
        "map/pins.json",
        "",
        "calendar.ics",
    ]
    for path in [
        *(f"/sansho/2026/{one}" for one in paths),
        "/sitemap.xml",
        "/sansho/2026/factories/quiet/",
        "/",
    ]:
        answer = visit(path).response.get_data(as_text=True)
        assert not any(word in answer for word in ("Hidden", "hidden-", "隠れ", "Secret", "秘密")), path
    assert names(visit("/sansho/2026/whats-on/?q=Hidden")) == []
    assert visit("/sansho/2026/factories/hidden-draft/").status == 404


@pytest.mark.parametrize("state", [EditionState.DRAFT, EditionState.RECRUITING])
def test_edition_that_is_not_public_is_seen_by_its_committee_only(visit: Any, state: EditionState) -> None:
    edition = make_edition(make_festival("sansho"), state=state)
    make_tour(edition, slug="f1")
    organizer, stranger = make_organizer(edition.festival), make_organizer(make_festival())
    paths = (
        "/sansho/2026/",
        "/sansho/2026/whats-on/",
        "/sansho/2026/map/",
        "/sansho/2026/factories/f1/",
        "/sansho/2026/map/pins.json",
    )

    for path in paths:
        assert visit(path).status == 404
        assert visit(path + "?preview=1").status == 404
    visit.sign_in(organizer)
    for path in paths:
        assert visit(path + "?preview=1").response.headers["Cache-Control"] == "no-store"
        assert visit(path).status == 404
    page = visit("/sansho/2026/whats-on/?preview=1")
    assert "Preview" in page.text
    assert all(
        "preview=1" in link
        for link in page.links("/sansho/2026/")
        if "/my" not in link and not link.endswith("/sansho/2026/")
    )
    visit.sign_in(stranger)
    assert visit("/sansho/2026/whats-on/?preview=1").status == 404


def test_called_off_times_leave_the_list(visit: Any, edition: Edition) -> None:
    slot = make_tour(edition)
    with transaction():
        slot.state = SlotState.CANCELLED

    assert slot.code not in visit("/sansho/2026/whats-on/").response.get_data(as_text=True)


def test_a_day_called_off_as_a_whole_invites_nobody(visit: Any, edition: Edition) -> None:
    slot = make_tour(edition)
    with transaction():
        calling_off.start(
            edition,
            slot.day,
            message=texts("大雪", "Snow"),
            heading=texts("中止", "Called off"),
            by=make_person("Office"),
        )
    with transaction():
        slot.state = SlotState.CANCELLED

    for view in ("", "timetable/"):
        page = visit(f"/sansho/2026/whats-on/{view}?day=2026-11-28")
        assert "Everything on this day has been called off." in page.main
        assert (page.links("/factories/"), "Nothing fits" in page.main) == ([], False)
    assert visit("/sansho/2026/map/?day=2026-11-28").links("/factories/") == []
    assert visit("/sansho/2026/whats-on/?day=2026-11-29").links("/factories/")

    make_slot(slot.programme, starts_at=slot.starts_at + timedelta(hours=4))  # something is held after all
    assert visit("/sansho/2026/whats-on/?day=2026-11-28").links("/factories/")


def test_times_say_when_they_take_no_more_and_when_they_are_over(edition: Edition) -> None:
    slot = make_tour(edition, at=11)
    with transaction():
        slot.closes_at = datetime(2026, 11, 28, 0, 0, tzinfo=UTC)

    def state_at(hour: int, minute: int = 0) -> str:
        with clock.stopped_at(datetime(2026, 11, 28, hour, minute, tzinfo=UTC)):
            return wishes.find(edition, wishes.Wish(day=SATURDAY)).hosts[0].offers[0].times[0].state

    with clock.stopped_at(datetime(2026, 11, 27, tzinfo=UTC)):
        assert wishes.find(edition, wishes.Wish(day=SATURDAY)).hosts[0].offers[0].times[0].state == "free"
    assert [state_at(0), state_at(1), state_at(2), state_at(0, 30)] == ["shut", "shut", "over", "shut"]


def test_a_booking_is_seen_at_once(visit: Any, edition: Edition) -> None:
    slot = make_tour(edition)
    assert "8 left" in visit("/sansho/2026/whats-on/").text
    with transaction():
        slot.capacity = 3

    assert "3 left" in visit("/sansho/2026/whats-on/").text


def test_names_are_escaped(visit: Any, edition: Edition) -> None:
    make_tour(
        edition, "<script>alert(1)</script>", products=texts("<img src=x onerror=1>"), area=texts("<b>x")
    )

    for path in ("whats-on/", "whats-on/timetable/", "map/", ""):
        assert "<script>alert" not in visit(f"/sansho/2026/{path}").response.get_data(as_text=True)


def test_name_in_the_other_language_is_marked(visit: Any, edition: Edition) -> None:
    factory = make_factory(edition.festival, name=texts("山田", ""))
    make_entry(edition, factory)

    assert visit("/sansho/2026/whats-on/").html.select_one(".host-name a")["lang"] == "ja"


# Filters


def test_filters_combine(visit: Any, edition: Edition) -> None:
    make_tour(
        edition,
        "甲",
        craft=Craft.PRESS,
        under_roof=True,
        stroller=Degree.YES,
        area=texts("矢口", "Yaguchi"),
        languages=["ja", "en"],
    )
    make_tour(
        edition, "乙", craft=Craft.PRESS, under_roof=False, area=texts("大森", "Omori"), min_age=10, taken=8
    )
    make_tour(
        edition,
        "丙",
        craft=Craft.WOOD,
        under_roof=True,
        step_free=Degree.PARTLY,
        at=14,
        programme={"kind": Kind.WORKSHOP},
    )

    cases: list[tuple[dict[str, str], set[str]]] = [
        ({"craft": "press"}, {"甲", "乙"}),
        ({"craft": "press", "roof": "1"}, {"甲"}),
        ({"area": "大森"}, {"乙"}),
        ({"speaks": "en"}, {"甲"}),
        ({"age": "８"}, {"甲", "丙"}),
        ({"free": "1"}, {"甲", "丙"}),
        ({"free": "1", "time": "afternoon"}, {"丙"}),
        ({"kind": "workshop"}, {"丙"}),
        ({"stroller": "1"}, {"甲"}),
        ({"step_free": "1"}, {"丙"}),
        ({"craft": "wood", "area": "大森"}, set()),
    ]
    for values, expected in cases:
        assert {name.removesuffix(" Works") for name in shown(edition, **values)} == expected, values
    page = visit("/sansho/2026/whats-on/").submit(action="/whats-on/", craft="press", roof="1")
    assert names(page) == ["甲 Works"]


@pytest.mark.parametrize("words", ["旋盤", "ﾈｼﾞ", "ねじ", "PRESS", "ｐｒｅｓｓ", "ネジ 矢口"])
def test_search_finds_in_every_spelling(edition: Edition, words: str) -> None:
    make_tour(edition, "矢口旋盤", craft=Craft.PRESS, products=texts("精密ネジの旋盤加工", "screws"))
    make_tour(edition, "大森木工", craft=Craft.WOOD, products=texts("家具", "furniture"), kana="おおもり")

    assert shown(edition, q=words) == ["矢口旋盤"]


def test_open_now_means_open_doors_or_about_to_start(edition: Edition) -> None:
    make_tour(edition, "開いている", at=15)
    early = make_tour(edition, "終わった", at=10)
    with transaction():
        early.programme.entry.openings = []

    with clock.stopped_at(datetime(2026, 11, 28, 5, 30, tzinfo=UTC)):
        assert shown(edition, now="1") == ["開いている"]
        assert [
            host.name for host in timetable.find_open_now(wishes.find(edition, wishes.Wish()).hosts, edition)
        ] == ["開いている"]


@pytest.mark.parametrize("query", ["day=2026-13-45", "age=-1", "age=" + "9" * 200, "craft=nothing&kind=x", "time=night", "q=%00%ff", "q=" + "あ" * 900,
                                   "area=" + "x" * 5000, "now=1", "free=2", "day=all&age=１０", "q=%ED%A0%80", "preview=1"])  # fmt: skip
def test_nonsense_in_the_address_is_left_out(visit: Any, edition: Edition, query: str) -> None:
    make_tour(edition)

    for path in ("whats-on/", "whats-on/timetable/", "map/", "map/pins.json"):
        assert visit(f"/sansho/2026/{path}?{query}").status == 200


def test_nothing_found_says_what_to_do(visit: Any, edition: Edition) -> None:
    make_tour(edition)

    page = visit("/sansho/2026/whats-on/?q=zzz")

    assert "Nothing fits all of these filters." in page.text
    assert names(page.click("Clear all filters")) == ["矢口旋盤 Works"]


# Timetable


def test_timetable_puts_times_into_hours_and_stages_into_rows_of_their_own(edition: Edition) -> None:
    make_tour(edition, "甲", at=10, taken=0)
    stage = make_place(edition, PlaceKind.STAGE, name=texts("ステージ", "Stage"))
    talk = make_programme(
        edition=edition, kind=Kind.TALK, entry_mode=EntryMode.TIMED, held_at=HeldAt.PLACE, place_id=stage.id
    )
    make_slot(talk, capacity=None, starts_at=datetime(2026, 11, 28, 8, 30, tzinfo=UTC))

    grid = timetable.lay_out(wishes.find(edition, wishes.Wish(day=SATURDAY)).hosts, SATURDAY)

    assert (grid.hours.start, grid.hours[-1]) == (10, 17)
    assert [row.host.name for row in grid.rows] == ["ステージ", "甲"]
    assert [one.time.clock for one in grid.rows[0].cells[7]] == ["17:30"]
    assert grid.rows[1].doors == [True, True, False, True, True, True, False, False]


def test_timetable_is_a_table_with_headers(visit: Any, edition: Edition) -> None:
    make_tour(edition)

    page = visit("/sansho/2026/whats-on/timetable/?day=all")

    assert [one.get_text() for one in page.html.select("caption")] == [
        "Saturday, November 28, 2026",
        "Sunday, November 29, 2026",
    ]
    assert page.html.select_one("tbody th[scope=row]").get_text(" ", strip=True).startswith("矢口旋盤 Works")


# Map


def test_map_has_pins_places_and_the_same_in_the_list(visit: Any, edition: Edition) -> None:
    make_tour(edition, "甲", lat=35.5, lon=139.7, point=PointKind.TOWN)
    make_place(edition, PlaceKind.TOILET, name=texts("トイレ", "Park toilet"))

    page, pins = visit("/sansho/2026/map/"), visit("/sansho/2026/map/pins.json")
    data = json.loads(pins.response.get_data(as_text=True))

    found = {
        item["name"]: one["properties"] for one in data["features"] for item in one["properties"]["items"]
    }
    assert (found["甲 Works"]["about"], found["甲 Works"]["text"], found["Park toilet"]["kind"]) == (
        True,
        "1",
        "place",
    )
    assert page.html.select_one(".spot-number").get_text() == "1"
    assert "Park toilet" in page.text and "about here" in page.text
    assert not [one for one in page.html.select("[src], link[href]") if str(one.get("src") or one.get("href")).startswith("http")
                and one.get("rel") != ["canonical"]]  # fmt: skip


def test_map_draws_its_own_streets(visit: Any, edition: Edition) -> None:
    with transaction():
        edition.base_map = {
            "roads": {"type": "LineString", "coordinates": [[139.7, 35.5], [139.71, 35.51]]},
            "credit": "Town hall",
        }
    make_tour(edition)

    base = json.loads(visit("/sansho/2026/map/base.json").response.get_data(as_text=True))

    assert list(base) == ["roads"]
    assert (
        json.loads(visit("/sansho/2026/map/pins.json").response.get_data(as_text=True))["credit"]
        == "Town hall"
    )
    assert "koubaMap" in visit("/map.js").response.get_data(as_text=True)


def test_hours_at_the_booth_are_told_apart_from_those_at_the_factory(visit: Any, edition: Edition) -> None:
    entry = make_entry(edition, make_factory(edition.festival), open_days=False)
    with transaction():
        entry.openings = [
            Opening(date=SATURDAY, opens=time(9, 30), closes=time(17)),
            Opening(date=SATURDAY, opens=time(10), closes=time(12), place=OpeningPlace.BOOTH),
        ]

    list_page = "/sansho/2026/whats-on/"
    assert visit(list_page).html.select_one(".host-hours").text == "9:30–17:00; booth 10:00–12:00"
    assert "9:30–17:00、ブースは10:00–12:00" in visit(f"{list_page}?lang=ja").text

    with transaction():
        entry.openings = [entry.openings[1]]
    assert visit(f"{list_page}?lang=en").html.select_one(".host-hours").text == "10:00–12:00"


# Budgets


def fill(edition: Edition, count: int) -> None:
    for number in range(count):
        factory = make_factory(edition.festival, name=texts(f"工場{number}"), kana=f"こうじょう{number}")
        entry = make_entry(edition, factory, open_days=False)
        with transaction():
            entry.openings = [Opening(date=SATURDAY, opens=time(10), closes=time(16))]
        programme = make_programme(entry)
        for hour in range(3):
            make_slot(programme, starts_at=datetime(2026, 11, 28, 1 + hour, tzinfo=UTC))


@pytest.mark.parametrize(
    ("path", "most"), [("whats-on/", 3), ("whats-on/timetable/", 3), ("map/", 4), ("", 5)]
)
def test_statements_do_not_grow_with_the_rows(
    visit: Any, edition: Edition, count_statements: Any, path: str, most: int
) -> None:
    fill(edition, 1)
    with count_statements() as few:
        visit(f"/sansho/2026/{path}")
    fill(edition, 3)
    with count_statements() as many:
        visit(f"/sansho/2026/{path}")

    assert len(many) == len(few) <= most


def test_page_of_150_factories_is_light(visit: Any, edition: Edition) -> None:
    fill(edition, 150)

    for path in ("whats-on/?day=all", "whats-on/timetable/", "map/"):
        assert len(gzip.compress(visit(f"/sansho/2026/{path}").response.get_data())) < 60_000


def test_shared_pages_touch_no_session(visit: Any, edition: Edition) -> None:
    slot = make_tour(edition, slug="f1")
    assert slot.day == date(2026, 11, 28) and SUNDAY in edition.dates

    for path in ("whats-on/", "whats-on/timetable/", "map/", "", "factories/f1/", "privacy/"):
        response = visit(f"/sansho/2026/{path}").response
        assert "Set-Cookie" not in response.headers
        assert response.headers["ETag"]
    db.session.rollback()
