"""The two commands print JSON lines and say clearly what is wrong."""

import json

import pytest
from click.testing import CliRunner

from eventapp.walks.commands import walks
from tests.walks.test_instances import POINTS, TRIP
from tests.walks.towns import at


def run(*words):
    result = CliRunner().invoke(walks, [str(word) for word in words])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def place(x, y):
    lat, lon = at(x, y)
    return f"{lat},{lon}"


def test_solve_prints_a_line_per_file(tmp_path):
    (tmp_path / "c1.txt").write_text(POINTS)
    (tmp_path / "t1.txt").write_text(TRIP)

    code, lines, _ = run("solve", tmp_path / "c1.txt", tmp_path / "t1.txt", "--seconds", "0.1", "--seed", "3")

    assert code == 0
    assert [set(line) for line in lines] == [{"file", "score", "route", "seconds"}] * 2
    assert (lines[0]["score"], lines[0]["route"]) == (40, [2, 1])
    assert lines[0]["file"] == str(tmp_path / "c1.txt")
    assert sorted(lines[1]["route"][0] + lines[1]["route"][1]) == [1, 2, 3]


def test_solve_refuses_what_is_no_instance(tmp_path):
    (tmp_path / "x.txt").write_text("hello")

    code, lines, words = run("solve", tmp_path / "x.txt")

    assert (code, lines) == (1, [])
    assert "not a known instance" in words


def test_leg_prints_a_line_per_leg(block):
    block.graph()

    code, lines, _ = run("leg", block.path, place(0, 0), place(100, 0), place(100, 50))

    assert code == 0
    assert [set(line) for line in lines] == [{"metres", "seconds", "status", "line"}] * 2
    assert [line["metres"] for line in lines] == [pytest.approx(100, abs=0.2), pytest.approx(50, abs=0.2)]
    assert [line["seconds"] for line in lines] == [pytest.approx(75, abs=0.2), pytest.approx(37.5, abs=0.2)]
    assert [line["status"] for line in lines] == ["street", "street"]
    assert lines[0]["line"][-1] == [pytest.approx(number, abs=1e-6) for number in at(100, 0)]


def test_leg_without_a_way_has_no_number(hill):
    hill.node("t", 0, -400)
    hill.way("a t", highway="steps")
    hill.graph()

    _, lines, _ = run("leg", hill.path, "--profile", "wheelchair", place(100, 100), place(0, -400))

    assert (lines[0]["metres"], lines[0]["seconds"], lines[0]["status"]) == (None, None, "unreachable")


def test_leg_reads_full_width_digits_and_southern_places(block):
    block.graph()

    code, lines, _ = run("leg", block.path, "35.6,139.7", "-33.8,151.2")

    assert (code, lines[0]["status"]) == (0, "estimated")


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (["139.7,35.6", "35.6,139.7"], "swapped"),
        (["nan,1", "35.6,139.7"], "not a place"),
        (["here", "35.6,139.7"], "not LAT,LON"),
        (["35.6,139.7"], "two points"),
    ],
)
def test_leg_refuses_odd_places(block, points, words):
    block.graph()

    code, lines, said = run("leg", block.path, *points)

    assert (code != 0, lines) == (True, [])
    assert words in said


def test_leg_refuses_what_is_no_map(tmp_path):
    (tmp_path / "x.osm").write_text("hello")

    code, _, words = run("leg", tmp_path / "x.osm", "1,1", "2,2")

    assert code == 1
    assert "no OpenStreetMap data" in words
