"""Other solvers at the planner's own problems, for `bench.walks`: PyVRP and VROOM, out of requirements-bench.txt.

Run as a program of its own, `python -m bench.rivals SOLVER SECONDS`, with a problem as JSON on standard input and the
route as JSON on standard output: what these packages bring along never meets the product. PyVRP is given as much time
of the processor as the planner; VROOM knows no time and stops by itself. Neither has a place for several windows of one visit: PyVRP
gets one optional client per window, of which at most one is visited; VROOM's own windows are used as they are.
"""

import json
import sys
import time
from typing import Any

LARGE = 10_000  # a prize must outweigh any walk, so that only scores count
MOST_PRIORITY = 100  # VROOM's


def with_pyvrp(problem: dict[str, Any], seconds: float) -> list[int]:
    """The route by PyVRP after so many seconds."""
    from pyvrp import Model

    model = Model()
    spots = [model.add_location(0, 0) for _row in problem["travel"]]
    model.add_vehicle_type(1, start_depot=(home := model.add_depot(spots[0])), end_depot=home, tw_early=problem["opens"],
                           tw_late=problem["closes"], unit_distance_cost=1)  # fmt: skip
    for visit in problem["visits"]:
        windows = visit["windows"]
        group = model.add_client_group(required=False) if len(windows) > 1 else None
        for opens, closes in windows:
            model.add_client(spots[visit["place"]], service_duration=visit["duration"], tw_early=opens, tw_late=closes,
                             prize=visit["score"] * LARGE, required=False, group=group, name=str(visit["number"]))  # fmt: skip
    for a, row in enumerate(problem["travel"]):
        for b, minutes in enumerate(row):
            model.add_edge(spots[a], spots[b], distance=minutes, duration=minutes)
    until = time.process_time() + seconds
    found = model.solve(
        lambda _cost: time.process_time() >= until, seed=0, display=False, collect_stats=False
    )
    clients = model.clients
    return [int(clients[stop.idx].name) for route in found.best.routes() for stop in route.schedule() if stop.is_client()]  # fmt: skip


def with_vroom(problem: dict[str, Any], _seconds: float) -> list[int]:
    """The route by VROOM at its highest level."""
    import numpy
    import vroom

    most = max(visit["score"] for visit in problem["visits"])
    asked = vroom.Input()
    asked.set_durations_matrix("car", numpy.array(problem["travel"], dtype=numpy.uint32))
    asked.add_vehicle(
        vroom.Vehicle(1, start=0, end=0, time_window=vroom.TimeWindow(problem["opens"], problem["closes"]))
    )
    for visit in problem["visits"]:
        windows = [vroom.TimeWindow(*window) for window in visit["windows"]]
        priority = visit["score"] if most <= MOST_PRIORITY else round(visit["score"] * MOST_PRIORITY / most)
        asked.add_job(vroom.Job(visit["number"], location=visit["place"], default_service=visit["duration"],
                                time_windows=windows, priority=priority))  # fmt: skip
    answer = asked.solve(exploration_level=5, nb_threads=1).to_dict()
    return [step["id"] for route in answer["routes"] for step in route["steps"] if step["type"] == "job"]


def main() -> int:
    """Solve what comes in; only solving counts, not loading."""
    solver, seconds = sys.argv[1], float(sys.argv[2])
    problem = json.load(sys.stdin)
    solve = {"pyvrp": with_pyvrp, "vroom": with_vroom}[solver]
    begun = time.process_time()
    route = solve(problem, seconds)
    print(json.dumps({"route": route, "seconds": time.process_time() - begun}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
