"""What runs, kept ready for the planner: rides between all places of an edition are worked out once per day and kept in a
file, as the ways on foot are.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from eventapp.db import db
from eventapp.festivals.models import Edition
from eventapp.walks import packed
from eventapp.walks.lines import network_of, timetables_of
from eventapp.walks.matrices import Ways
from eventapp.walks.models import Feed, Timetable
from eventapp.walks.problem import Rides
from eventapp.walks.profiles import PROFILES
from eventapp.walks.transit import DayService, network_from_json, rides_among

MOST_KEPT = 12
FORM = 1


@dataclass(frozen=True, slots=True)
class Running:
    """Which lines run, by name: enough to find what is kept of them."""

    name: str

    @property
    def is_nothing(self) -> bool:
        """Whether nothing runs at all."""
        return not self.name


def running(edition: Edition) -> Running:
    """What runs in this edition, told by codes, versions and hashes."""
    lines = db.session.execute(
        select(Timetable.code, Timetable.version, Timetable.edition_id)
        .where(Timetable.edition_id == edition.id)
        .order_by(Timetable.id)
    ).all()
    feeds = db.session.execute(
        select(Feed.code, Feed.sha256).where(Feed.edition_id == edition.id).order_by(Feed.id)
    ).all()
    if not lines and not feeds:
        return Running("")
    words = [
        str(edition.festival.slug),
        edition.slug,
        [list(row) for row in lines],
        [list(row) for row in feeds],
    ]
    return Running(hashlib.sha256(json.dumps(words).encode()).hexdigest())


_services: OrderedDict[tuple[str, date], DayService] = OrderedDict()
_rides: OrderedDict[str, dict[tuple[int, int], Rides]] = OrderedDict()
_lock = threading.Lock()


def service_on(edition: Edition, runs: Running, day: date) -> DayService:
    """Everything that runs on a day, kept in this process."""
    key = (runs.name, day)
    with _lock:
        if key in _services:
            _services.move_to_end(key)
            return _services[key]
    networks = [network_of(one, edition.dates) for one in timetables_of(edition.id)]
    data = db.session.scalars(select(Feed.data).where(Feed.edition_id == edition.id).order_by(Feed.id))
    service = DayService([*networks, *(network_from_json(one) for one in data)], day)
    with _lock:
        _services[key] = service
        while len(_services) > MOST_KEPT:
            _services.popitem(last=False)
    return service


def rides_on(
    edition: Edition, runs: Running, day: date, ways: Ways, profile: str, folder: Path
) -> dict[tuple[int, int], Rides]:
    """The rides among all sites on a day, from memory, else from the file, else worked out and stored."""
    words = json.dumps(
        [FORM, runs.name, day.isoformat(), profile, [list(site) for site in ways.sites], ways.units[:1]]
    )
    name = f"rides-{hashlib.sha256(words.encode()).hexdigest()[:32]}"
    with _lock:
        if name in _rides:
            _rides.move_to_end(name)
            return _rides[name]
    found = _load(folder / name)
    if found is None:
        found = rides_among(service_on(edition, runs, day), ways.sites, ways.units, PROFILES[profile])
        _dump(folder / name, found)
    with _lock:
        _rides[name] = found
        while len(_rides) > MOST_KEPT:
            _rides.popitem(last=False)
    return found


def _load(path: Path) -> dict[tuple[int, int], Rides] | None:
    try:
        return {(a, b): Rides(tuple(away), tuple(there)) for a, b, away, there in packed.read(path)}
    except (ValueError, TypeError):
        return None


def _dump(path: Path, rides: Mapping[tuple[int, int], Rides]) -> None:
    packed.write(path, [[a, b, one.departures, one.arrivals] for (a, b), one in rides.items()])


def forget() -> None:
    """Empty this process's memory."""
    with _lock:
        _services.clear()
        _rides.clear()
