"""A festival small enough to be checked by hand: factories 200 metres apart along one street that runs east."""

from datetime import time
from pathlib import Path
from typing import Any

from eventapp import jobs
from eventapp.db import transaction
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition
from eventapp.walks import extract_jobs, extracts, matrices, riding
from eventapp.walks.asking import DayWish, PlanRequest, Spot
from eventapp.walks.models import StreetExtract
from tests.builders import SATURDAY, make_edition, make_entry, make_factory, make_organizer, texts
from tests.walks.towns import Town, at

ROUNDS = 60
STEP = 200.0


def make_trail(count: int = 4, **values: Any) -> tuple[Edition, list[Entry]]:
    """An edition with `count` factories, open 10:00-12:00 and 13:00-16:00 on both days."""
    edition = make_edition(**values)
    entries = []
    for number in range(count):
        lat, lon = at(number * STEP, 0)
        factory = make_factory(
            edition.festival,
            lat=lat,
            lon=lon,
            name=texts(f"工場{number}", f"Works {number}"),
            kana=f"{number:03}",
        )
        entries.append(make_entry(edition, factory))
    return edition, entries


def ask(*wants: str, start: time = time(10), end: time = time(16), **values: Any) -> PlanRequest:
    """A Saturday."""
    return PlanRequest((DayWish(SATURDAY, start, end),), want=wants, **values)


def factory(entry: Entry) -> str:
    """Its wish key."""
    return f"factory:{entry.code}"


def spot(x: float, y: float = 0) -> Spot:
    """A place in metres."""
    lat, lon = at(x, y)
    return Spot(lat, lon)


def draw_street(town: Town, length: float = 1000, **tags: str) -> Path:
    """One street under all factories, as an extract."""
    town.node("a", -100, 0)
    town.node("b", length, 0)
    town.way("ab", highway="residential", **tags)
    town.path.write_text(town.text(), encoding="utf-8")
    return town.path


def upload(edition: Edition, path: Path, folder: Path) -> StreetExtract:
    """Upload an extract and let the worker read it."""
    person = make_organizer(edition.festival)
    with path.open("rb") as file:
        kept = extracts.keep_upload(file, folder)
    with transaction():
        extract = extracts.enter(edition, kept, path.name, by=person)
    jobs.run_next({extracts.READ: lambda job: extract_jobs.read(folder, job)})
    return extract


def forget_everything() -> None:
    """What a process remembers belongs to one test only."""
    matrices.forget()
    extracts.forget_routers()
    riding.forget()
