"""A festival of 120 factories on streets: what a plan request costs beside its solver, and what the map page weighs.

The town is a grid of streets, generated, uploaded and read as a committee's extract is.
"""

import io
import re
import time as timing
from collections.abc import Callable, Sequence
from datetime import time
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from urllib.parse import urljoin

from flask import Flask
from sqlalchemy import select

from bench import festival
from bench.table import Row
from eventapp import codes, create_app, jobs
from eventapp.db import db, transaction
from eventapp.factories.models import Entry, EntryState, Factory, Opening, OpeningPlace
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated
from eventapp.walks import extract_jobs, extracts, planning, solver
from eventapp.walks.problem import Plan

FACTORIES, STREETS = 120, 22  # streets in each direction, a hundred metres apart
SOUTH, WEST, DOWN, ACROSS = 35.55, 139.70, 0.0009, 0.0011  # of one street from the next, in degrees
READABLE, REQUESTS, LATER = 200_000, 8, 150_000  # bytes before the list can be read, and after
ASKED = {"day": "2026-11-28", "begins": "10:00", "ends": "16:00", "party": "2", "profile": "normal", "pace": "normal", "lunch": "y",
         "lunch_from": "11:30", "lunch_to": "13:30", "lunch_minutes": "45"}  # fmt: skip
PART = re.compile(r'<(?:link|script|img)[^>]*?(?:href|src)="([^"]+)"')
BEGIN = f"/{festival.SLUG}/{festival.CURRENT}"


def measure(folder: Path) -> tuple[list[Row], dict[str, str]]:
    """Build it and ask for both pages."""
    instance = folder / "walks"
    instance.mkdir()
    festival.make(instance)
    app = create_app({"MASTER_SECRET": festival.SECRET, "PAGE_CACHE_SECONDS": 0.0, "NOW": festival.NOW}, instance=instance)  # fmt: skip
    with app.app_context():
        fill()
        lay_streets(instance / extracts.FOLDER)
    return [*plan_request(app), *map_page(app)], map_time(app)


# --- the town -------------------------------------------------------------------------------------------------------


def fill() -> None:
    """A hundred and twenty factories take part, somewhere along the streets."""
    draw = Random(120)
    with transaction():
        edition = db.session.scalars(select(Edition).where(Edition.slug == festival.CURRENT)).one()
        taking_part = set(db.session.scalars(select(Entry.factory_id).where(Entry.edition_id == edition.id)))
        for factory in db.session.scalars(select(Factory).order_by(Factory.id).limit(FACTORIES)):
            factory.lat = SOUTH + DOWN * draw.uniform(1, STREETS - 2)
            factory.lon = WEST + ACROSS * draw.uniform(1, STREETS - 2)
            if factory.id not in taking_part:
                db.session.add(entry_of(factory, edition))


def entry_of(factory: Factory, edition: Edition) -> Entry:
    """Open like the others."""
    entry = Entry(code=codes.random_code(), factory_id=factory.id, edition_id=edition.id, state=EntryState.ACCEPTED,
                  message=Translated({}), created_at=festival.MADE)  # fmt: skip
    entry.openings = [
        Opening(date=day, place=OpeningPlace.ENTRANCE, opens=time(opens), closes=time(closes))
        for day in edition.dates
        for opens, closes in ((10, 12), (13, 16))
    ]
    return entry


def lay_streets(folder: Path) -> None:
    """Upload the grid and let it be read, as the worker would."""
    folder.mkdir(parents=True, exist_ok=True)
    upload = extracts.keep_upload(io.BytesIO(grid().encode()), folder)
    with transaction():
        edition = db.session.scalars(select(Edition).where(Edition.slug == festival.CURRENT)).one()
        extracts.enter(edition, upload, "grid.osm", by=Nobody())
    jobs.run_next({extracts.READ: lambda job: extract_jobs.read(folder, job)})


class Nobody:
    """Who uploads it."""

    actor_name, person_id = "bench", None


def grid() -> str:
    """Streets along and across, as OpenStreetMap XML."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for row in range(STREETS):
        for column in range(STREETS):
            lines.append(f'<node id="{1 + row * STREETS + column}" lat="{SOUTH + row * DOWN:.6f}" lon="{WEST + column * ACROSS:.6f}"/>')  # fmt: skip
    along = [[1 + row * STREETS + column for column in range(STREETS)] for row in range(STREETS)]
    for number, street in enumerate([*along, *zip(*along, strict=True)], start=1):
        refs = "".join(f'<nd ref="{node}"/>' for node in street)
        lines.append(f'<way id="{number}">{refs}<tag k="highway" v="residential"/></way>')
    return "\n".join([*lines, "</osm>"])


# --- a plan request -------------------------------------------------------------------------------------------------


def plan_request(app: Flask) -> list[Row]:
    """Three proposals with everything warm: the whole request by the time in which the solver was at it."""
    client = app.test_client()
    asking = "&".join(f"{name}={value}" for name, value in ASKED.items())
    shares, wholes = [], []
    with Stopwatch() as spent:
        for _time in range(6):
            before, begun = spent.seconds, timing.process_time()
            answer = client.get(f"{BEGIN}/day/?{asking}")
            wholes.append(timing.process_time() - begun)
            shares.append(wholes[-1] / (spent.seconds - before))
            assert answer.status_code == 200 and b"proposal" in answer.data, answer.status
    whole, part = median(wholes[1:]), median(shares[1:])
    return [Row("plan request, warm, by its solver's time", part, 1.2, 1.1, more_is_better=False, kouba=f"{1000 * whole:.0f} ms CPU",
                floor=f"{1000 * whole / part:.0f} ms")]  # fmt: skip


class Stopwatch:
    """Adds up the time inside the planner's solver, as long as it is entered."""

    def __init__(self) -> None:
        self.seconds, self.solve = 0.0, solver.solve

    def timed(self, *arguments: Any, **options: Any) -> Plan:
        """The solver, watched, with time of the processor to spend: the same on a busy machine."""
        begun = timing.process_time()
        try:
            return self.solve(*arguments, clock=timing.process_time, **options)
        finally:
            self.seconds += timing.process_time() - begun

    def __enter__(self) -> "Stopwatch":
        vars(planning)["solve"] = self.timed
        return self

    def __exit__(self, *_error: object) -> None:
        vars(planning)["solve"] = self.solve


# --- the map page ---------------------------------------------------------------------------------------------------


def map_page(app: Flask) -> list[Row]:
    """What is there before the list can be read, and what the map itself brings after it; packed, as it travels."""
    page = fetch(app, f"{BEGIN}/map/").get_data(as_text=True)
    parts = [one for one in dict.fromkeys(PART.findall(page)) if not one.startswith(("http", "data:"))]
    parts = [one for one in parts if re.search(r"\.(css|js|svg|png|webp)\b", one)]
    parts += [one for one in set(re.findall(r'<use href="([^"#]+)', page)) if one not in parts]
    later = [one for one in parts if "leaflet" in one or "/map" in one]
    later += re.findall(r'data-(?:pins|base)="([^"]+)"', page)
    others = [one for one in parts if one not in later]
    before = [one for one in others if ".js" not in one and "favicon" not in one]  # scripts are deferred
    first = packed(app, [f"{BEGIN}/map/", *others])
    after = packed(app, [one.replace("&amp;", "&") for one in later])
    return [
        Row(f"map page, {FACTORIES} factories, until the list is read (kB)", first / 1000, READABLE / 1000, 100, more_is_better=False, unit=""),
        Row("  requests for it", 1 + len(before), REQUESTS, 6, more_is_better=False, unit=""),
        Row("  the map after it (kB)", after / 1000, LATER / 1000, 120, more_is_better=False, unit=""),
    ]  # fmt: skip


def map_time(app: Flask) -> dict[str, str]:
    """Processor time of the map page and of its pins, not cached."""
    page, pins = (milliseconds(lambda path=path: fetch(app, path)) for path in (f"{BEGIN}/map/", f"{BEGIN}/map/pins.json"))  # type: ignore[misc]  # fmt: skip
    return {f"map page of {FACTORIES}, its pins, not cached": f"{page:.1f} ms, {pins:.1f} ms CPU"}


def fetch(app: Flask, path: str, **headers: str) -> Any:
    """An answer to a browser on the map page."""
    answer = app.test_client().get(urljoin(f"{BEGIN}/map/", path), headers=headers)
    assert answer.status_code == 200, path
    return answer


def packed(app: Flask, paths: Sequence[str]) -> int:
    """Bytes on the wire."""
    return sum(len(fetch(app, path, **{"Accept-Encoding": "gzip"}).data) for path in paths)


def milliseconds(work: Callable[[], object], times: int = 7) -> float:
    """Of processor; the median of a few, after one that loads what is loaded once."""
    work()
    found = []
    for _time in range(times):
        begun = timing.process_time()
        work()
        found.append(1000 * (timing.process_time() - begun))
    return median(found)
