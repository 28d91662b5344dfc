"""`flask walks solve` and `flask walks leg`: the planner and the streets, to be tried from a shell.

Both print one JSON object per line, so that other programs can check and compare what they say.
"""

import itertools
import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from eventapp.walks.checker import check
from eventapp.walks.earth import CoordinateError, Point, parse_point
from eventapp.walks.graph import GraphError
from eventapp.walks.instances import InstanceError, read_instance
from eventapp.walks.problem import DayImpossible, Plan
from eventapp.walks.profiles import PROFILES, Profile
from eventapp.walks.reading import ExtractError
from eventapp.walks.solver import solve
from eventapp.walks.streets import Leg, load_router

EXTRACT_TROUBLES = {
    "empty": "the file is empty",
    "not_osm": "this is no OpenStreetMap data; expected .osm.pbf or .osm",
    "broken": "the file is damaged or was cut off; download it again",
    "no_streets": "there is no street in it that one can walk on",
}


class PlanError(Exception):
    """The checker found a fault in a plan: an error of ours."""


def solve_file(path: Path, seconds: float, seed: int) -> dict[str, Any]:
    """Solve one benchmark file: file, score, route (point numbers; several tours: one list each) and seconds taken.

    Raises InstanceError for an unknown format and PlanError should a plan not pass the checker.
    """
    problem = read_instance(path)
    begun = time.perf_counter()
    plan = solve(problem, seconds=seconds, seed=seed)
    taken = time.perf_counter() - begun
    if faults := check(problem, plan):
        raise PlanError(f"{path}: {'; '.join(faults)}")
    return {"file": str(path), "score": plan.score, "route": route_of(plan), "seconds": round(taken, 3)}


def route_of(plan: Plan) -> list[Any]:
    """The points in their order: a flat list for one tour, a list of lists for several."""
    tours = [[int(stop.key) for stop in day] for day in plan.days]
    return tours[0] if len(tours) == 1 else tours


def find_legs(extract: Path, profile: Profile, points: Sequence[Point]) -> Iterator[dict[str, Any]]:
    """Each walk from one point to the next: metres, seconds (None where there is no way), status, line as [lat, lon].

    Raises ExtractError and GraphError for a file that is no usable map.
    """
    router = load_router(extract, profile, points)
    snaps = [router.snap(*point) for point in points]
    for a, b in itertools.pairwise(snaps):
        yield describe(router.leg(a, b))


def describe(leg: Leg) -> dict[str, Any]:
    """A leg as plain data."""
    return {
        "metres": round(leg.metres, 1) if math.isfinite(leg.metres) else None,
        "seconds": round(leg.seconds, 1) if math.isfinite(leg.seconds) else None,
        "status": leg.status.value,
        "line": [[round(point.lat, 7), round(point.lon, 7)] for point in leg.line],
    }


@click.group("walks")
def walks() -> None:
    """Try the day planner and the walking ways from a shell."""


@walks.command("solve")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--seconds",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.0, 3600.0),
    help="Time for each file.",
)
@click.option("--seed", default=0, show_default=True, help="Beginning of the random numbers.")
def solve_command(files: tuple[Path, ...], seconds: float, seed: int) -> None:
    """Plan the days of benchmark FILEs; one line of JSON each: file, score, route, seconds."""
    for path in files:
        try:
            click.echo(json.dumps(solve_file(path, seconds, seed)))
        except (InstanceError, DayImpossible, PlanError) as error:
            raise click.ClickException(str(error)) from error


@walks.command("leg", context_settings={"ignore_unknown_options": True})
@click.argument("extract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("points", nargs=-1, required=True, metavar="LAT,LON LAT,LON...")
@click.option(
    "--profile", default="normal", show_default=True, type=click.Choice(sorted(PROFILES)), help="Who walks."
)
def leg_command(extract: Path, points: tuple[str, ...], profile: str) -> None:
    """The ways from point to point in an OpenStreetMap EXTRACT; one line of JSON each: metres, seconds, status, line."""
    try:
        places = [parse_point(text) for text in points]
        if len(places) < 2:
            raise click.UsageError("two points or more are needed")
        for leg in find_legs(extract, PROFILES[profile], places):
            click.echo(json.dumps(leg))
    except ExtractError as error:
        raise click.ClickException(f"{extract.name}: {EXTRACT_TROUBLES[error.kind]}") from error
    except (CoordinateError, GraphError) as error:
        raise click.ClickException(str(error)) from error
