"""The printed map: numbers that do not overlap, everything said, names as text; as SVG and as PDF."""

import itertools
import math
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2
import pytest

from eventapp import jobs
from eventapp.db import transaction
from eventapp.factories.models import PointKind
from eventapp.festivals.models import PlaceKind
from eventapp.i18n import use_language
from eventapp.walks import planning, print_jobs, printing
from tests.builders import make_edition, make_entry, make_factory, make_place, texts
from tests.walks.festival import ROUNDS, ask, forget_everything, make_trail
from tests.walks.towns import at

pytestmark = pytest.mark.usefixtures("app", "english")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


def texts_in(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("size", ["A4", "A3"])
@pytest.mark.parametrize("count", [1, 30, 120])
def test_pins_never_overlap_and_stay_inside(size: str, count: int) -> None:
    form = printing.PAPERS[size]
    places = [
        (f"工場{n}", printing.Point(*at((n * 37) % 400, (n * 53) % 300)), n % 7 == 0) for n in range(count)
    ]
    ground = printing.Ground({}, {}, [], [], places[0][1])
    frame = printing.window(form, 2, [point for _, point, _ in places], ground)
    pins = printing.make_pins(places, frame)

    printing.settle(pins, frame, form.radius)

    assert all(math.dist(a.at, b.at) >= 2 * form.radius for a, b in itertools.combinations(pins, 2))
    assert all(frame.holds(*pin.at, form.radius - 0.01) for pin in pins)


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

    for size in printing.PAPERS:
        words = texts_in(printing.map_svg(edition, size=size, url="https://example.jp"))
        assert {f"Works {number}" for number in range(120)} <= set(words)


def test_a_long_name_is_cut_to_its_column() -> None:
    name = printing.cut("株式会社" * 20, 30, 2.5)

    assert name.endswith("…")
    assert printing.text_width(name, 2.5) <= 30


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


def test_an_unknown_paper_is_no_size() -> None:
    edition, _entries = make_trail(1)
    with pytest.raises(ValueError, match="A2"):
        print_jobs.start(edition, size="A2", url="", person_id=None)
