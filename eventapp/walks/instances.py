"""Readers for the public benchmark formats of the orienteering problem with time windows.

Three formats: the .txt files of the (team) orienteering problem with time windows, the tourist-trip .txt files with
one window per weekday, and the festival .json files on real streets. The file itself tells which it is.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eventapp.walks.problem import Day, Problem, Visit, Weights

MOST_POINTS = 2000
SCORE_FIRST = Weights(score=10**9)
"""Published scores know no walking cost; less walking only decides between equal scores."""


class InstanceError(ValueError):
    """The file is in none of the known formats; the message says what is wrong with it."""


def read_instance(path: Path) -> Problem:
    """Read a benchmark file. Visits are keyed by the point's number in the file, the first point is start and end.

    Raises InstanceError for anything that is not one of the three formats.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip().startswith("{"):
            return read_festival(json.loads(text))
        rows = [[float(word) for word in line.split()] for line in text.splitlines() if line.strip()]
        return read_tourist_trip(rows) if is_tourist_trip(rows) else read_points(rows, path.stem)
    except InstanceError:
        raise
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InstanceError(f"{path.name}: not a known instance ({error})") from error


def read_festival(data: dict[str, Any]) -> Problem:
    """The festival format: walking times are given, a visit has several start windows."""
    points, depot = data["points"], int(data["start_and_end"])
    visits = tuple(
        Visit(
            key=str(point["id"]),
            place=index,
            duration=int(point["duration"]),
            windows=tuple((int(opens), int(closes)) for opens, closes in point["start_windows"]),
            score=int(point["score"]),
        )
        for index, point in enumerate(points)
        if index != depot
    )
    travel = [[int(minutes) for minutes in row] for row in data["walk"]]
    if len(travel) != len(points) or any(len(row) != len(points) for row in travel):
        raise InstanceError("the walking table does not fit the points")
    return Problem(travel, visits, (Day(0, int(data["time_budget"]), depot, depot),), weights=SCORE_FIRST)


def is_tourist_trip(rows: Sequence[Sequence[float]]) -> bool:
    """Tourist-trip files describe the hotel in the second line, with seven numbers beginning with 0."""
    return len(rows) > 2 and len(rows[1]) == 7 and rows[1][0] == 0


def read_points(rows: Sequence[Sequence[float]], name: str) -> Problem:
    """The (team) orienteering format; distances are cut to two decimals in files named pr..., else to one."""
    points = sorted(rows[2:], key=lambda row: row[0])
    if len(points) < 2 or any(len(row) < 8 for row in points):
        raise InstanceError("points are missing or too short")
    scale = 100 if name.lower().startswith("pr") else 10
    visits = tuple(
        Visit(
            key=str(int(row[0])),
            place=index,
            duration=round(row[3] * scale),
            windows=((round(row[-2] * scale), round(row[-1] * scale)),),
            score=round(row[4]),
        )
        for index, row in enumerate(points)
        if index
    )
    depot = points[0]
    day = Day(round(depot[-2] * scale), round(depot[-1] * scale), 0, 0)
    return Problem(
        distances([(row[1], row[2]) for row in points], scale), visits, (day,), weights=SCORE_FIRST
    )


def read_tourist_trip(rows: Sequence[Sequence[float]]) -> Problem:
    """The tourist-trip format: several tours on following weekdays, each with its own opening hours."""
    scale, night = 100, 1440 * 100
    tours, weekday = int(rows[0][1]), int(rows[0][2])
    hotel, points = rows[1], rows[2 : 2 + int(rows[0][3])]
    opens, closes = round(hotel[5] * scale), round(hotel[6] * scale)
    days = tuple(Day(opens + n * night, closes + n * night, 0, 0) for n in range(tours))
    visits = tuple(
        Visit(
            key=str(int(row[0])),
            place=index,
            duration=round(row[3] * scale),
            windows=tuple(windows_of_week(row, weekday, tours, scale, night)),
            score=round(row[4]),
        )
        for index, row in enumerate(points, start=1)
    )
    places = [(hotel[1], hotel[2])] + [(row[1], row[2]) for row in points]
    return Problem(distances(places, scale), visits, days, weights=SCORE_FIRST)


def windows_of_week(
    row: Sequence[float], weekday: int, tours: int, scale: int, night: int
) -> list[tuple[int, int]]:
    """The opening hours of the weekdays that are toured, on the time line of the tours; 0-0 means closed."""
    windows = []
    for number in range(tours):
        column = 6 + 2 * ((weekday + number) % 7)
        opens, closes = row[column], row[column + 1]
        if closes > 0:
            windows.append((round(opens * scale) + number * night, round(closes * scale) + number * night))
    return windows


def distances(places: Sequence[tuple[float, float]], scale: int) -> list[list[int]]:
    """Euclidean distances, cut (not rounded) to whole units of 1/scale, as the published scores assume."""
    if len(places) > MOST_POINTS:
        raise InstanceError(f"more than {MOST_POINTS} points")
    return [[math.floor(math.dist(a, b) * scale + 1e-9) for b in places] for a in places]
