"""The printed map: numbers that do not overlap, everything said, names as text; as SVG and as PDF."""

import itertools
import math
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from flask import Flask

from eventapp import clock, jobs
from eventapp.db import transaction
from eventapp.factories.models import PointKind
from eventapp.festivals.models import PlaceKind
from eventapp.i18n import use_language
from eventapp.walks import pins as pin_rules
from eventapp.walks import planning, print_jobs, printing, sheet
from eventapp.walks.earth import Point
from eventapp.walks.ground import Ground
from tests.builders import make_edition, make_entry, make_factory, make_festival, make_place, texts
from tests.walks.festival import ROUNDS, ask, forget_everything, make_trail
from tests.walks.towns import at

pytestmark = pytest.mark.usefixtures("app", "english")
OTA = Path(__file__).parents[1] / "data" / "ota_open_factory_2025.csv"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


def texts_in(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("size", ["A4", "A3"])
@pytest.mark.parametrize("count", [1, 30, 120])
def test_pins_never_overlap_and_stay_inside(size: str, count: int) -> None:
    form = sheet.PAPERS[size]
    places = [(f"工場{n}", Point(*at((n * 37) % 400, (n * 53) % 300)), n % 7 == 0) for n in range(count)]
    ground = Ground({}, {}, [], [], places[0][1])
    frame = printing.window(form, 86, [point for _, point, _ in places], ground)
    pins = pin_rules.make_pins(places, frame)

    pin_rules.settle(pins, frame, form.radius)

    assert all(math.dist(a.at, b.at) >= 2 * form.radius for a, b in itertools.combinations(pins, 2))
    assert all(frame.holds(*pin.at, form.radius - 0.01) for pin in pins)


@pytest.mark.parametrize("count", [2, 3, 5, 9, 15])
def test_factories_of_one_town_stand_around_its_middle(count: int) -> None:
    form, middle = sheet.PAPERS["A4"], Point(*at(0, 0))
    corners = [("角", Point(*at(x, 900)), False) for x in (-900, 900)]
    places = [
        *corners,
        *((f"町{n}", middle, True) for n in range(count)),
        ("角の下", Point(*at(0, -900)), False),
    ]
    frame = printing.window(form, 50, [point for _, point, _ in places], Ground({}, {}, [], [], middle))
    pins = pin_rules.make_pins(places, frame)

    pin_rules.settle(pins, frame, form.radius)

    town = [pin for pin in pins if pin.is_about]
    away = [math.dist(pin.at, (pin.x, pin.y)) for pin in town]
    assert max(away) - min(away) < 0.01 and min(away) > form.radius  # each has its line to the middle
    assert all(math.dist(a.at, b.at) >= 2 * form.radius for a, b in itertools.combinations(pins, 2))


def test_no_pin_stands_on_the_north_arrow() -> None:
    edition = make_edition()
    with transaction():
        for x, y in ((0, 0), (1000, 700), (1000, 690), (990, 700)):
            lat, lon = at(x, y)
            make_entry(edition, make_factory(edition.festival, lat=lat, lon=lon))
    svg = ElementTree.fromstring(printing.map_svg(edition, size="A4"))
    north = next(one for one in svg.iter(f"{SVG}text") if one.text == "N")
    x, y = float(north.attrib["x"]), float(north.attrib["y"])

    circles = [one for one in svg.iter(f"{SVG}circle") if float(one.attrib["r"]) > 1]
    assert len(circles) == 5  # one in the legend
    assert all(math.hypot(float(one.attrib["cx"]) - x, float(one.attrib["cy"]) - y) > 4 for one in circles)


def test_the_sheet_says_everything(tmp_path: Path) -> None:
    edition, entries = make_trail(3)
    make_place(edition, PlaceKind.STATION)
    with transaction():
        entries[1].factory.point = PointKind.TOWN
        entries[2].factory.name = texts("<script>&工場", "<script>&Works")

    svg = printing.map_svg(edition, size="A4", url="https://example.jp/t/2026/map")
    words = texts_in(svg)

    assert {"1", "2", "3", "Works 0", "Works 1 ?", "<script>&Works", "N", "S", "Station"} <= set(words)
    assert any(word.endswith((" m", " km")) for word in words)
    assert "about here: only the part of town is known" in words
    assert any("No streets have been uploaded" in word for word in words)
    assert "<script" not in svg and "style=" not in svg
    with transaction():
        edition.base_map = {
            "roads": {
                "features": [
                    {"geometry": {"type": "LineString", "coordinates": [[139.7, 35.6], [139.71, 35.6]]}}
                ]
            }
        }
    assert any("OpenStreetMap contributors" in word for word in texts_in(printing.map_svg(edition)))


def test_a_hundred_and_twenty_names_are_all_in_the_list() -> None:
    edition = make_edition()
    with transaction():
        for number in range(120):
            lat, lon = at((number % 12) * 150, (number // 12) * 150)
            make_entry(
                edition,
                make_factory(
                    edition.festival, lat=lat, lon=lon, name=texts(f"工場{number}", f"Works {number}")
                ),
            )

    for size in sheet.PAPERS:
        words = texts_in(printing.map_svg(edition, size=size, url="https://example.jp"))
        assert {f"Works {number}" for number in range(120)} <= set(words)


def test_a_long_name_is_cut_to_its_column() -> None:
    name = sheet.cut("株式会社" * 20, 30, 2.5)

    assert name.endswith("…")
    assert sheet.text_width(name, 2.5) <= 30


def test_a_walk_has_its_stops_in_order(tmp_path: Path) -> None:
    edition, _entries = make_trail(3)
    proposal = planning.one(edition, ask(), tmp_path, rounds=ROUNDS)

    svg = printing.map_svg(edition, proposal=proposal, title="Half a day")

    order = [stop.name.text("en") for stop in proposal.stops if stop.lat is not None]
    assert [word for word in texts_in(svg) if word.startswith("Works")] == order
    assert "stroke-dasharray" in svg  # estimated


def test_the_worker_prints_a_pdf_of_the_right_size(tmp_path: Path) -> None:
    edition, _entries = make_trail(2)
    with use_language("ja"), transaction():
        job = print_jobs.start(edition, size="A3", url="https://example.jp", person_id=None)

    jobs.run_next({print_jobs.KIND: lambda job: print_jobs.draw(tmp_path, job)})

    page = pypdfium2.PdfDocument(tmp_path / job.result["file"])[0]
    assert [round(points / 72 * 25.4) for points in page.get_size()] == [420, 297]
    assert "工場0" in page.get_textpage().get_text_range()
    assert embedded_fonts(page) == {True}


def embedded_fonts(page: pypdfium2.PdfPage) -> set[bool]:
    """Whether the letters of each text come along in the file."""
    found = set()
    for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=9):
        found.add(pdfium.FPDFFont_GetIsEmbedded(pdfium.FPDFTextObj_GetFont(one.raw)) == 1)
    return found


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_real_list_prints_with_its_towns_fanned_out_and_marked(app: Flask, language: str) -> None:
    """Ota's list of 2025: of 29 factories only the part of town is known, and up to five share one."""
    with clock.stopped_at(datetime(2025, 10, 1, tzinfo=UTC)):
        edition = make_edition(make_festival("ota"), slug="2025", days=[date(2025, 10, 25)])
        result = app.test_cli_runner().invoke(args=["import-factories", str(OTA), "--edition", "ota/2025"])
        assert result.exit_code == 0, result.output
        with use_language(language):
            svg, pdf = (draw(edition, size="A3") for draw in (printing.map_svg, printing.map_pdf))

    drawing = ElementTree.fromstring(svg)
    dashed = [one for one in drawing.iter(f"{SVG}circle") if "stroke-dasharray" in one.attrib]
    spots = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in dashed]
    assert len(spots) == 29 + 1  # the legend's
    assert all(math.dist(a, b) >= 2 * sheet.PAPERS["A3"].radius for a, b in itertools.combinations(spots, 2))
    assert len(list(drawing.iter(f"{SVG}line"))) == 22  # those that share a town are led to its middle
    words = texts_in(svg)
    assert {"about here: only the part of town is known", "このあたり(町名までの位置)"} & set(words)
    assert not any("in the list" in word or "番号は一覧" in word for word in words)  # no pin is an exact one
    text = "".join(
        pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range().split()
    )  # it sees lines where none are
    assert "北嶋絞製作所" in text and "里中精機" in text


def test_an_unknown_paper_is_no_size() -> None:
    edition, _entries = make_trail(1)
    with pytest.raises(ValueError, match="A2"):
        print_jobs.start(edition, size="A2", url="", person_id=None)
