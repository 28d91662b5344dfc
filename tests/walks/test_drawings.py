"""Maps without scripts: a drawing with the numbers of the list beside it."""

import math
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask

from eventapp.db import transaction
from eventapp.festivals.models import Edition
from eventapp.i18n import LANGUAGES
from eventapp.walks import courses, extracts, planning, plans
from tests.builders import make_edition, make_festival, make_organizer, texts
from tests.visiting import Page, Visitor
from tests.walks.festival import ROUNDS, ask, draw_street, forget_everything, make_trail, upload
from tests.walks.towns import Town

pytestmark = pytest.mark.usefixtures("english")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def edition(app: Flask, tmp_path: Path) -> Edition:
    forget_everything()
    edition, _entries = make_trail(5, festival=make_festival("town"))
    upload(edition, draw_street(Town(tmp_path)), Path(app.config["INSTANCE"]) / extracts.FOLDER)
    return edition


def drawing_of(page: Page, visit: Visitor) -> ElementTree.Element:
    """What the page shows where nothing runs."""
    picture = page.html.select_one("noscript img.map-drawing")
    assert picture["alt"] and picture["width"] and picture["height"]
    answer = visit.send("GET", picture["src"]).response
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    return ElementTree.fromstring(answer.get_data(as_text=True))


def numbers_in(drawing: ElementTree.Element) -> list[str]:
    return [text for one in drawing.iter(f"{SVG}text") if (text := one.text or "").isdecimal()]


def test_the_map_page_has_its_numbers_in_a_drawing(edition: Edition, visit: Visitor) -> None:
    page = visit("/town/2026/map/?q=Works+3")
    drawing = drawing_of(visit("/town/2026/map/"), visit)

    assert numbers_in(drawing) == ["1", "2", "3", "4", "5"]
    credit = next(
        one for one in drawing.iter(f"{SVG}text") if "OpenStreetMap contributors" in (one.text or "")
    )
    assert float(credit.attrib["y"]) < float(drawing.attrib["viewBox"].split()[3])
    assert any("stroke" in one.attrib for one in drawing.iter(f"{SVG}path"))
    assert len(numbers_in(drawing_of(page, visit))) == len(page.html.select(".spots [data-pin] .spot-number"))
    circles = [
        (float(one.attrib["cx"]), float(one.attrib["cy"]))
        for one in drawing.iter(f"{SVG}circle")
        if float(one.attrib["r"]) > 1
    ]
    assert all(math.dist(a, b) > 5 for a in circles for b in circles if a is not b)


def test_a_course_and_a_plan_have_their_way_in_a_drawing(
    app: Flask, edition: Edition, visit: Visitor
) -> None:
    folder = Path(app.config["INSTANCE"]) / extracts.FOLDER
    asked = ask()
    proposal = planning.with_lines(
        edition, asked, planning.one(edition, asked, folder, rounds=ROUNDS), folder
    )
    with transaction():
        saved = plans.save(edition, asked, proposal)
        course = courses.save(None, edition, title=texts("半日", "Half a day"), theme=texts("一周", "Round"), request=asked,
                              proposal=proposal, by=make_organizer(edition.festival))  # fmt: skip
        courses.publish(course, by=make_organizer(edition.festival))

    for address in (f"day/{saved.plan.code}", f"courses/{course.code}"):
        page = visit(f"/town/2026/{address}")
        drawing = drawing_of(page, visit)
        assert numbers_in(drawing) == [one.get_text() for one in page.html.select(".stop-number")]
        assert any(one.attrib.get("transform") for one in drawing.iter(f"{SVG}path")), "arrows"
        assert "style" not in {name for one in drawing.iter() for name in one.attrib}


def test_names_are_text_and_a_festival_without_places_draws_too(app: Flask, visit: Visitor) -> None:
    make_edition(make_festival("bare", name=texts("<script>", "<script>")))
    for language in LANGUAGES:
        answer = visit.send("GET", f"/bare/2026/map/drawing.svg?lang={language}").response
        assert answer.status_code == 200 and b"<script" not in answer.data
