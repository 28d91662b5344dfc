"""The benchmark formats, on small files of our own and on the shared ones."""

import json

import pytest

from eventapp.walks.checker import check
from eventapp.walks.instances import InstanceError, read_instance
from eventapp.walks.problem import Day
from eventapp.walks.solver import solve
from tests.walks.shared_data import find_shared

POINTS = """4 10 2 1
0 200
  0 40.00 50.00  0.00  0.00 0 0 0 1236
  1 45.00 68.00 90.00 10.00 1 1 1 912 967
  2 45.00 70.00 90.00 30.00 1 2 1 2 825 870
"""
TRIP = """20 2 6 3 9 250
0 10 10 0 0 540 1080
1 13 14 30 7 4 0 1439 0 1439 0 1439 0 1439 0 1439 0 1439 0 1439 0
2 10 10 60 9 2 510 990 510 990 0 0 510 990 510 990 510 990 0 0 36
3 12 11 10 1 2 510 990 510 990 0 0 510 990 510 990 510 990 600 700 36
"""
FESTIVAL = {
    "start_and_end": 0,
    "time_budget": 3600,
    "points": [
        {"id": 0, "score": 0, "duration": 0, "start_windows": [[0, 3600]]},
        {"id": 7, "score": 8, "duration": 450, "start_windows": [[0, 0], [300, 300]]},
    ],
    "walk": [[0, 46], [50, 0]],
}


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_points_are_read_from_the_end_of_the_line(tmp_path):
    problem = read_instance(write(tmp_path, "c101.txt", POINTS))

    assert problem.days == (Day(0, 12360, 0, 0),)
    assert [(visit.key, visit.score, visit.duration) for visit in problem.visits] == [
        ("1", 10, 900),
        ("2", 30, 900),
    ]
    assert problem.visits[1].windows == ((8250, 8700),)
    assert problem.travel[0][1] == 186  # 18.68 cut to 18.6


def test_pr_files_have_two_decimals(tmp_path):
    assert read_instance(write(tmp_path, "pr01.txt", POINTS)).travel[0][1] == 1868


def test_tourist_trips_follow_the_weekdays(tmp_path):
    problem = read_instance(write(tmp_path, "t1.txt", TRIP))

    assert problem.days == (Day(54000, 108000, 0, 0), Day(198000, 252000, 0, 0))
    assert problem.travel[0][1] == 500
    assert problem.visits[1].windows == ((195000, 243000),)  # closed on the first day
    assert problem.visits[2].windows == ((60000, 70000), (195000, 243000))


def test_festival_has_its_own_walking_times(tmp_path):
    problem = read_instance(write(tmp_path, "fest.json", json.dumps(FESTIVAL)))

    assert problem.travel == [[0, 46], [50, 0]]
    assert problem.visits[0].windows == ((0, 0), (300, 300))
    assert solve(problem, rounds=5).days[0][0].start == 300


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "1 2\n3 4\n",
        "{}",
        '{"points": []}',
        "4 10 2 1\n0 200\n0 1 2\n",
        "1 1 1 1\n0 0\n" + "9 " * 9,
    ],
)
def test_anything_else_is_refused(tmp_path, text):
    with pytest.raises(InstanceError):
        read_instance(write(tmp_path, "odd.txt", text))


def test_walking_table_of_another_size_is_refused(tmp_path):
    with pytest.raises(InstanceError):
        read_instance(write(tmp_path, "fest.json", json.dumps(FESTIVAL | {"walk": [[0, 1]]})))


def test_shared_instances_are_read_and_solved():
    for folder in find_shared("toptw/festival", "toptw/ttdp", "toptw/instances"):
        for path in sorted(folder.iterdir())[::6]:
            problem = read_instance(path)
            assert check(problem, solve(problem, rounds=5)) == [], path.name


def test_festival_plans_come_near_the_best_seen():
    for folder in find_shared("toptw/festival"):
        for path in sorted(folder.glob("*.json")):
            best = json.loads(path.read_text())["best_score_seen"]
            assert solve(read_instance(path), rounds=1500).score >= 0.96 * best, path.name
