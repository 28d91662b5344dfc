"""The walks' part of `make bench`: the planner beside proven optima and other solvers, streets, a plan request, the map page.

`python -m bench walks` runs these rows alone. All times are the processor's, so that other work on the machine
matters little. BENCH_INSTANCES=n plans on the first n benchmark files of each kind only
(all of them take some twenty minutes; without it three of each, with BENCH_QUICK=1 one). The benchmark data lies in
../shared/data; where it is not there, or the other solvers cannot be installed, the rows that need it are left out, loudly.
"""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from statistics import mean, median
from typing import Any

from bench import festival_map
from bench.table import Row
from eventapp.walks import graph as graphs
from eventapp.walks.checker import check
from eventapp.walks.instances import read_instance
from eventapp.walks.paths import SCIPY
from eventapp.walks.problem import Problem
from eventapp.walks.profiles import NORMAL
from eventapp.walks.schedule import earliest
from eventapp.walks.solver import solve
from eventapp.walks.streets import OwnGraph, load_graph
from eventapp.walks.tables import Tables

HOME = Path(__file__).resolve().parents[1]
DATA = HOME.parent / "shared" / "data"
RIVALS = HOME / ".venv" / "rivals"
LOCK = HOME / "requirements-bench.txt"
TIMES = (0.2, 1.0, 5.0)
MUST_GAP, AIM_GAP = {0.2: 1.0, 1.0: 0.5, 5.0: 0.25}, {0.2: 0.8, 1.0: 0.25, 5.0: 0.15}
KINDS = ("c", "r", "rc", "pr")
CITIES = {"Helsinki": "helsinki-centre-2019.osm.pbf", "Shibuya": "shibuya-station-2025.osm.pbf"}
PLACES = 100
Figures = tuple[list[Row], dict[str, str]]


def measure(folder: Path, *, quick: bool) -> Figures:
    """All rows of this part; `folder` is for an instance of their own."""
    rows: list[Row] = []
    others: dict[str, str] = {}
    if DATA.is_dir():
        number = int(os.environ.get("BENCH_INSTANCES") or (1 if quick else 3))
        times = TIMES[:2] if quick else TIMES
        for part in (optima(number, times), festivals(number, times), streets()):
            rows += part[0]
            others |= part[1]
    else:
        shout("../shared/data IS NOT THERE: planner and streets are not measured on the benchmark data")
    more, figures = festival_map.measure(folder)
    return rows + more, others | figures


def shout(words: str) -> None:
    """Nobody overlooks what was left out."""
    print(f"\n*** {words} ***\n", file=sys.stderr)


# --- the planner ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A problem, and the best score that is known of it."""

    name: str
    problem: Problem
    best: int


def optima(number: int, times: Sequence[float]) -> Figures:
    """The average gap to proven optima, beside PyVRP after equal time and VROOM, which stops by itself."""
    cases, rivals = list(proven_cases(number)), ready_rivals()
    rows, gaps = [], {}
    for seconds in times:
        mine = gap(cases, [ours(case.problem, seconds)[0] for case in cases])
        theirs = gap(cases, [rival("pyvrp", case.problem, seconds)[0] for case in cases]) if rivals else None
        gaps[seconds] = mine, theirs
        rows.append(Row(f"planner, gap to {len(cases)} proven optima after {seconds:g} s", mine, MUST_GAP[seconds], AIM_GAP[seconds],
                        more_is_better=False, unit=" %", kouba=f"{mine:.2f} %", floor=f"PyVRP {theirs:.2f} %" if theirs is not None else ""))  # fmt: skip
    if rivals:
        rows += beside_vroom(cases)
        mine, theirs = gaps[1.0]
        rows.insert(
            -1,
            Row("  its score by PyVRP's, after 1 s each", (100 - mine) / (100 - (theirs or 0)), 1.0, 1.005),
        )
    return rows, {"planner, cases": " ".join(case.name for case in cases)}


def beside_vroom(cases: Sequence[Case]) -> list[Row]:
    """VROOM's scores, and ours after five times the time that it took for each (at most five seconds)."""
    found = [rival("vroom", case.problem, 0) for case in cases]
    mine = gap(
        cases,
        [
            ours(case.problem, min(5 * seconds, TIMES[-1]))[0]
            for case, (_score, seconds) in zip(cases, found, strict=True)
        ],
    )
    theirs, took = (
        gap(cases, [score for score, _seconds in found]),
        mean(seconds for _score, seconds in found),
    )
    return [Row("  its score by VROOM's, after five times the time VROOM takes", (100 - mine) / (100 - theirs), 1.0, 1.01,
                kouba=f"gap {mine:.2f} %", floor=f"VROOM {theirs:.2f} %, {took:.2f} s")]  # fmt: skip


def festivals(number: int, times: Sequence[float]) -> Figures:
    """Days among factories on real streets with tours and lunch closures, by the best that was ever seen."""
    cases, rivals = list(festival_cases())[: max(number, 2)], ready_rivals()
    rows = []
    for seconds in times:
        mine = share(cases, [ours(case.problem, seconds)[0] for case in cases])
        theirs = (
            share(cases, [rival("pyvrp", case.problem, seconds)[0] for case in cases]) if rivals else None
        )
        rows.append(Row(f"planner, {len(cases)} festivals, score by best seen after {seconds:g} s", mine, 97.0 if seconds < 1 else 98.5, 98.5 if seconds < 1 else 99.0,
                        unit=" %", kouba=f"{mine:.2f} %", floor=f"PyVRP {theirs:.2f} %" if theirs is not None else ""))  # fmt: skip
    if rivals:
        theirs = share(cases, [rival("vroom", case.problem, 0)[0] for case in cases])
        return rows, {"the festivals by VROOM": f"{theirs:.2f} %"}
    return rows, {}


def proven_cases(number: int) -> Iterable[Case]:
    """So many files of each kind with their proven optima, spread over the list."""
    with (DATA / "toptw" / "best_known.csv").open(encoding="utf-8") as file:
        known = {
            row["instance"]: int(row["best_known"]) for row in csv.DictReader(file) if row["source"] == "RS"
        }
    for kind in KINDS:
        names = sorted(
            name
            for name in known
            if name.rstrip("0123456789") == kind and (DATA / "toptw" / "instances" / f"{name}.txt").exists()
        )
        step = max(1, len(names) // number)
        for name in names[::-1][::step][:number]:
            yield Case(name, read_instance(DATA / "toptw" / "instances" / f"{name}.txt"), known[name])  # fmt: skip


def festival_cases() -> Iterable[Case]:
    """The festivals, the smallest last: they are the easiest."""
    for size in (120, 60, 90, 30):
        path = DATA / "toptw" / "festival" / f"fest-shibuya-{size}.json"
        yield Case(
            path.stem, read_instance(path), json.loads(path.read_text(encoding="utf-8"))["best_score_seen"]
        )


def gap(cases: Sequence[Case], scores: Sequence[float]) -> float:
    """Average percentage below the best known."""
    return 100 * mean(1 - score / case.best for case, score in zip(cases, scores, strict=True))


def share(cases: Sequence[Case], scores: Sequence[float]) -> float:
    """Sum of scores in percent of the best seen."""
    return 100 * sum(scores) / sum(case.best for case in cases)


def ours(problem: Problem, seconds: float) -> tuple[int, float]:
    """The planner's checked score, and what it took."""
    begun = time.process_time()
    plan = solve(problem, seconds=seconds, seed=0, exact=False, clock=time.process_time)
    taken = time.process_time() - begun
    if faults := check(problem, plan):
        raise RuntimeError(f"a plan did not pass the checker: {faults}")
    return plan.score, taken


# --- other planners -------------------------------------------------------------------------------------------------


@cache
def ready_rivals() -> bool:
    """Whether PyVRP and VROOM are there; they are installed once, beside the environment and never into it."""
    mark = RIVALS / LOCK.name
    if mark.is_file() and mark.read_bytes() == LOCK.read_bytes():
        return True
    if not install_rivals():
        shout(
            "PyVRP AND VROOM COULD NOT BE INSTALLED (requirements-bench.txt): the planner is measured alone"
        )
        return False
    mark.write_bytes(LOCK.read_bytes())
    return True


def install_rivals() -> bool:
    """Into a folder of their own."""
    print("Installing PyVRP and VROOM for the comparison, this once", file=sys.stderr)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes",
               "--upgrade", "--target", str(RIVALS), "-r", str(LOCK)]  # fmt: skip
    return subprocess.run(command, check=False).returncode == 0


def rival(solver: str, problem: Problem, seconds: float) -> tuple[int, float]:
    """Another solver's score, worked out from its route by our clock, and what it took; its route has to be possible."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(RIVALS), str(HOME)))}
    answer = subprocess.run([sys.executable, "-m", "bench.rivals", solver, str(seconds)], input=json.dumps(as_json(problem)), text=True,
                            capture_output=True, check=True, env=environment, cwd=HOME)  # fmt: skip
    found = json.loads(answer.stdout)
    tables = Tables(problem)
    route = found["route"]
    if len(set(route)) < len(route) or earliest(tables, [0, *route, tables.end]) is None:
        raise RuntimeError(f"{solver} gave a route that cannot be kept")
    return sum(problem.visits[number - 1].score for number in route), found["seconds"]


def as_json(problem: Problem) -> dict[str, Any]:
    """The problem for a program that knows nothing of ours; start and end are place 0."""
    day = problem.days[0]
    visits = [{"number": number, "place": visit.place, "duration": visit.duration, "windows": visit.windows, "score": visit.score}
              for number, visit in enumerate(problem.visits, start=1)]  # fmt: skip
    return {"travel": problem.travel, "opens": day.start, "closes": day.end, "visits": visits}


# --- streets --------------------------------------------------------------------------------------------------------


def streets() -> Figures:
    """Reading an extract, a hundred by a hundred ways, with and without scipy."""
    rows: list[Row] = []
    for city, name in CITIES.items():
        path = DATA / "osm" / name
        reading = least(lambda path=path: load_graph(path))  # type: ignore[misc]
        graph = load_graph(path)
        plain = least(matrix(graph, use_scipy=False), 2)
        rows.append(Row(f"streets of {city}, reading the extract", reading, 1.0, 0.5, more_is_better=False, unit=" s", kouba=f"{reading:.2f} s"))  # fmt: skip
        if SCIPY is None:
            shout("scipy IS NOT INSTALLED: the matrix is measured by heapq alone")
            rows.append(Row("  100 x 100 matrix by heapq", plain, 3.0, 1.0, more_is_better=False, unit=" s", kouba=f"{plain:.2f} s"))  # fmt: skip
            continue
        quick = least(matrix(graph, use_scipy=True))
        rows.append(Row("  100 x 100 matrix, with reading", reading + quick, 1.2, 0.4, more_is_better=False, unit=" s", kouba=f"{quick:.3f} s + reading"))  # fmt: skip
        rows.append(Row("  the matrix by heapq, by scipy", plain / quick, 15, 10, more_is_better=False, kouba=f"{plain:.2f} s", floor=f"{quick:.3f} s"))  # fmt: skip
        rows.append(stored(graph))
    return rows, {}


def stored(graph: graphs.Graph) -> Row:
    """The graph as the product keeps it, read again."""
    content = graph.dump()
    seconds = least(lambda: graphs.parse_graph(content), 5)
    return Row("  the kept graph, loaded", seconds * 1000, 60, 20, more_is_better=False, unit=" ms", kouba=f"{len(content) / 1000:.0f} kB")  # fmt: skip


def matrix(graph: graphs.Graph, *, use_scipy: bool) -> Callable[[], object]:
    """Work out all ways among a hundred places of the graph; what is made once per extract is made already."""
    router, random = OwnGraph(graph, NORMAL, use_scipy=use_scipy), Random(100)
    snaps = [router.snap(*graph.node(one)) for one in random.sample(range(graph.node_count), PLACES)]
    router.matrix(snaps[:2])
    return lambda: router.matrix(snaps)


def least(work: Callable[[], object], times: int = 3) -> float:
    """Seconds: the median of a few."""
    found = []
    for _time in range(times):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return median(found)
