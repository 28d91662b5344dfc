"""The committee's page of streets, timetables, feeds, courses and printed maps."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from eventapp import jobs
from eventapp.db import db
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition, PlaceKind, Role
from eventapp.people.models import Person
from eventapp.walks import extract_jobs, extracts, planning, print_jobs, printing
from eventapp.walks.models import Course, Timetable
from tests.builders import make_festival, make_organizer, make_place, texts
from tests.visiting import Page, Visitor
from tests.walks.festival import draw_street, make_trail
from tests.walks.towns import Town

HERE = "/manage/town/2026/walks"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "QUICK", 0.05)


@pytest.fixture
def trail(app: Flask) -> tuple[Edition, list[Entry]]:
    return make_trail(festival=make_festival("town"))


@pytest.fixture
def staff(trail: Any) -> Person:
    return make_organizer(trail[0].festival, Role.STAFF)


@pytest.fixture
def desk(visit: Visitor, staff: Person) -> Visitor:
    return visit.sign_in(staff)


def send(desk: Visitor, content: bytes, name: str = "town.osm") -> Page:
    return desk(HERE).submit(action="/extract", files={"extract": (io.BytesIO(content), name)})


def read_it(app: Flask) -> bool:
    folder = Path(app.config["INSTANCE"]) / extracts.FOLDER
    done = jobs.run_next({extracts.READ: lambda job: extract_jobs.read(folder, job)})
    db.session.rollback()
    return done


# --- streets ---------------------------------------------------------------------------------------------------------


def test_streets_are_uploaded_read_and_reported(
    app: Flask, desk: Visitor, trail: Any, tmp_path: Path
) -> None:
    page = send(desk, draw_street(Town(tmp_path)).read_bytes())
    assert "The file has arrived" in page.alerts[0]
    assert page.html.select("progress")

    assert read_it(app)

    page = desk(HERE)
    assert "town.osm" in page.main and "piece" in page.main
    assert "Every factory can be reached" in page.main


def test_a_factory_that_no_street_leads_to_is_named(
    app: Flask, desk: Visitor, trail: Any, tmp_path: Path
) -> None:
    send(desk, draw_street(Town(tmp_path), length=250).read_bytes())
    read_it(app)
    assert "Works 3" in desk(HERE).main.split("More than 100 m")[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04 something", "This is a zip file."),
        (b"hello", "This is no OpenStreetMap extract."),
    ],
)
def test_what_is_no_extract_is_refused_at_once(content: bytes, words: str, desk: Visitor) -> None:
    page = send(desk, content)
    assert page.status == 422 and words in page.main


def test_a_broken_file_says_so_after_reading_and_the_old_streets_stay(
    app: Flask, desk: Visitor, trail: Any, tmp_path: Path
) -> None:
    send(desk, draw_street(Town(tmp_path)).read_bytes())
    read_it(app)
    send(desk, b"<?xml version='1.0'?><osm version='0.6'><node id='1'", "cut.osm")
    read_it(app)
    page = desk(HERE)
    assert "The file is damaged or was cut off." in page.main
    assert "town.osm" in page.main


def test_half_a_gigabyte_is_refused_with_a_sentence(desk: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracts, "MOST_MEGABYTES", 0)
    page = send(desk, b"x" * 3_000_000)
    assert page.status == 422 and "The file is larger than 0 MB." in page.main


def test_nothing_chosen_is_said(desk: Visitor) -> None:
    page = desk(HERE).submit(action="/extract")
    assert page.status == 422 and "Choose a file." in page.main


def test_a_road_is_left_out_and_taken_in_again(app: Flask, desk: Visitor, trail: Any, tmp_path: Path) -> None:
    send(desk, draw_street(Town(tmp_path)).read_bytes())
    read_it(app)
    page = desk(HERE).submit(action="/roads", way="https://www.openstreetmap.org/way/１００１")
    assert "1001" in page.main
    page = page.submit(action="/roads", button="Take it in again")
    assert "1001" not in page.main
    assert desk(HERE).submit(action="/roads", way="abc").status == 422


def test_streets_are_deleted(app: Flask, desk: Visitor, trail: Any, tmp_path: Path) -> None:
    send(desk, draw_street(Town(tmp_path)).read_bytes())
    read_it(app)
    page = desk(HERE).submit(action="/extract/remove")
    assert "Without streets" in page.main


# --- timetables and feeds --------------------------------------------------------------------------------------------


def type_line(desk: Visitor, **values: Any) -> Page:
    typed = {
        "name-ja": "シャトル",
        "name-en": "Shuttle",
        "stops": "Station\n北門 / North gate / 35.6005, 139.7050",
        "trips": "１０：００ 10:08\n- -",
    }
    return desk(f"{HERE}/lines/new").submit(action="/lines/new", **{**typed, **values})


@pytest.fixture
def station(trail: Any) -> None:
    make_place(trail[0], PlaceKind.STATION, name=texts("駅", "Station"))


@pytest.mark.usefixtures("station")
def test_a_shuttle_line_is_typed_changed_and_deleted(desk: Visitor) -> None:
    page = type_line(desk, trips="10:00 10:08\n11:00 11:08")
    assert "Shuttle" in page.main and "2 trips" in page.main

    line = db.session.query(Timetable).one()
    assert [stop["name"].get("en") for stop in line.stops] == ["Station", "North gate"]
    page = desk(f"{HERE}/lines/{line.code}")
    assert "North gate" in page.main
    page = page.submit(action="/delete")
    assert "No shuttle line yet." in page.main


@pytest.mark.usefixtures("station")
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"stops": "Station\nNowhere"}, "Line 2: no place of this edition is called “Nowhere”."),
        ({"stops": "Station\nGate / abc"}, "Line 2: No point was found in this."),
        ({"trips": "10:00"}, "Line 1 has 1 times, but there are 2 stops."),
        ({"trips": "10:00 9:50"}, "The times in line 1 do not rise"),
        ({"trips": ""}, "Enter 1 to 200 trips"),
        ({"name-ja": "", "trips": "10:00 10:08"}, "Please write the Japanese text."),
    ],
)
def test_a_line_that_cannot_run_is_kept_as_typed_with_the_reason(
    values: Any, words: str, desk: Visitor
) -> None:
    page = type_line(desk, **values)
    assert page.status == 422 and words in page.main
    assert page.html.select_one("#stops").get_text().strip().startswith("Station")


def test_a_feed_that_is_none_is_refused(desk: Visitor) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("stops.txt", "stop_id\n")
    for content in (b"", b"no zip", packed.getvalue()):
        page = desk(HERE).submit(action="/feeds", files={"feed": (io.BytesIO(content), "feed.zip")})
        assert page.status == 422 and page.html.select(".field-errors")


# --- courses ---------------------------------------------------------------------------------------------------------


def make_course(desk: Visitor, entry: Entry) -> Page:
    page = desk(f"{HERE}/courses/new").submit(action="/courses/new", wish=[f"must:factory:{entry.code}"])
    page = page.submit(action="/courses/name")
    return page.submit(
        action="/courses/save",
        **{"title-ja": "半日コース", "title-en": "Half a day", "theme-en": "With children"},
    )


def test_a_course_is_planned_named_published_and_taken_back(app: Flask, desk: Visitor, trail: Any) -> None:
    page = make_course(desk, trail[1][2])
    assert "Works 2" in page.main

    page = page.submit(action="/publish")
    assert "Half a day" in Visitor(app)("/town/2026/courses/").main
    page.submit(action="/publish")
    assert "Half a day" not in Visitor(app)("/town/2026/courses/").main


def test_a_course_without_a_title_keeps_its_proposal(desk: Visitor, trail: Any) -> None:
    page = desk(f"{HERE}/courses/new").submit(action="/courses/new").submit(action="/courses/name")
    page = page.submit(action="/courses/save")
    assert page.status == 422 and page.html.select_one("[name=choice]")["value"]
    page = page.submit(action="/courses/save", **{"title-ja": "半日コース"})
    assert page.status == 200 and db.session.query(Course).count() == 1


def test_words_are_changed_and_the_walk_is_planned_anew(desk: Visitor, trail: Any) -> None:
    page = make_course(desk, trail[1][2])
    page = page.submit(action="/walks/courses/", button="", **{"title-en": "A whole day", "title-ja": "一日"})
    assert "A whole day" in page.main
    page = page.click("Plan it again").submit(action="/courses/name")
    page = page.submit(action="/courses/save")
    assert "A whole day" in page.main and db.session.query(Course).count() == 1
    page = page.submit(action="/delete")
    assert db.session.query(Course).count() == 0


# --- on paper --------------------------------------------------------------------------------------------------------


def test_the_printed_map_is_drawn_in_both_languages(desk: Visitor, trail: Any) -> None:
    for language, words in (("en", "Works 1"), ("ja", "工場1")):
        answer = desk(f"{HERE}/map-A3-all.svg?in={language}").response
        assert answer.mimetype == "image/svg+xml" and words in answer.get_data(as_text=True)
    for path in ("map-A9-all.svg", "map-A4-NOSUCH99.svg", "map-A4-all.svg?in=xx"):
        assert desk(f"{HERE}/{path}").status == 404


def test_the_pdf_is_made_by_the_worker(
    app: Flask, desk: Visitor, trail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "map_pdf", lambda *_args, **_values: b"%PDF-1.7")
    page = desk(HERE).submit(action="/print")
    waiting = page.path
    assert page.html.select("[data-refresh]") and desk(f"{waiting}.pdf").status == 404

    folder = Path(app.config["INSTANCE"]) / extracts.FOLDER
    assert jobs.run_next({print_jobs.KIND: lambda job: print_jobs.draw(folder, job)})

    page = desk(waiting)
    assert desk(page.links(".pdf")[0]).response.data.startswith(b"%PDF")


def test_qr_codes_lead_to_what_is_near(desk: Visitor, trail: Any) -> None:
    code = trail[1][0].code
    assert desk(f"{HERE}/near-{code}.svg").response.mimetype == "image/svg+xml"
    assert desk(f"{HERE}/near-NOSUCH99.svg").status == 404


# --- who may ---------------------------------------------------------------------------------------------------------


def test_readers_look_and_change_nothing(visit: Visitor, trail: Any) -> None:
    reader = make_organizer(trail[0].festival, Role.READER)
    page = visit.sign_in(reader)(HERE)
    assert page.status == 200 and not page.html.select("main form")
    token = page.html.select_one("[name=csrf_token]")["value"]
    for path in ("extract", "roads", "feeds", "print", "courses/name", "courses/save"):
        assert visit.post(f"{HERE}/{path}", csrf_token=token).status == 404


def test_strangers_find_nothing(app: Flask, trail: Any) -> None:
    stranger = Visitor(app).sign_in(make_organizer(make_festival("elsewhere")))
    for path in ("", "/lines/new", "/courses/new", "/map-A4-all.svg"):
        assert stranger(f"{HERE}{path}").status == 404
