"""The worker reads an uploaded extract: the walking graph, the drawn base map, and what the committee should know.

Whatever is wrong with the file becomes a sentence in both languages beside it, and the streets that were there stay.
"""

import hashlib
import math
import os
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.festivals import editions
from eventapp.festivals.models import Edition
from eventapp.i18n import LANGUAGES, lazy, use_language
from eventapp.jobs import Job, progress
from eventapp.walks import basemap, extracts, matrices
from eventapp.walks.earth import Box, box_around
from eventapp.walks.extracts import ExtractRefused
from eventapp.walks.graph import Graph
from eventapp.walks.ground import Ground, read_ground
from eventapp.walks.models import ExtractState, StreetExtract
from eventapp.walks.profiles import PROFILES
from eventapp.walks.reading import ExtractError, read_extract
from eventapp.walks.sheet import OSM_CREDIT
from eventapp.walks.streets import OwnGraph

AROUND = 2000.0
"""Metres of streets kept around the outermost place, so that ways may lead round."""
DRAWN_AROUND = 700.0
STEPS = 100
SAY_EVERY = 1.0  # seconds between two words on the progress
TROUBLES = {
    "empty": lazy("The file is empty. Download the extract again."),
    "not_osm": lazy("This is no OpenStreetMap extract. Upload a file that ends in .osm.pbf or .osm."),
    "broken": lazy("The file is damaged or was cut off. Download the extract again and upload it once more."),
    "no_streets": lazy(
        "There is no street near the festival in this file: it is an extract of another area. "
        "Choose the prefecture in which the factories are."
    ),
}


def read(folder: Path, job: Job) -> dict[str, Any]:
    """Do the job "walks.streets". Raises ExtractRefused with the sentence that is also kept beside the extract."""
    code = str(job.values["extract"])
    extract = find(code)
    if extract is None:
        return {}
    if extract.state is ExtractState.READY:
        return dict(extract.report)  # done before, by a worker that died before it could say so
    try:
        return _read(folder, job, code)
    except ExtractRefused as refusal:
        _fail(code, refusal)
        extracts.discard(folder, extract.stored)
        raise


def _read(folder: Path, job: Job, code: str) -> dict[str, Any]:
    extract = find(code)
    if extract is None:
        return {}
    edition, path = extract.edition, folder / extract.stored
    ground = read_ground(edition)
    area = area_of(ground)
    tell = Teller(job)
    graph, layers, broken = _take_in(path, area, tell)
    stored, sha256 = store_graph(folder, graph)
    report = report_on(ground, graph, broken)
    tell.say(90)
    with transaction():
        fresh = db.session.scalars(select(StreetExtract).where(StreetExtract.code == code)).one()
        fresh.state, fresh.read_at, fresh.error = ExtractState.READY, clock.now(), {}
        fresh.graph, fresh.graph_sha256 = stored, sha256
        fresh.box, fresh.report = [area.south, area.west, area.north, area.east], report
        of = db.session.get_one(Edition, fresh.edition_id)
        of.base_map = {**layers, "credit": OSM_CREDIT}
        editions.touch(of)
    extracts.discard(folder, extract.stored)
    warm(edition, folder, tell)
    return report


def find(code: str) -> StreetExtract | None:
    """An extract by its code."""
    return db.session.scalar(select(StreetExtract).where(StreetExtract.code == code))


class Teller:
    """Says how far the job is, at most once a second: each word is a transaction."""

    def __init__(self, job: Job) -> None:
        self.job, self.said_at = job, -math.inf

    def say(self, done: int) -> None:
        """So many of a hundred; the end is always said."""
        if done == STEPS or time.monotonic() - self.said_at >= SAY_EVERY:
            self.said_at = time.monotonic()
            progress(self.job, done, STEPS)

    def reading(self, count: int) -> None:
        """Nobody knows how many objects a file has: the bar slows down towards 60."""
        self.say(round(60 * (1 - math.exp(-count / 200_000))))


def _take_in(path: Path, area: Box, tell: Teller) -> tuple[Graph, basemap.Layers, int]:
    """Streets and drawing out of the file. Raises ExtractRefused."""
    try:
        graph = read_extract(path, area=area.widened(AROUND), progress=tell.reading)
        tell.say(60)
        layers, broken = basemap.draw(path, area.widened(DRAWN_AROUND))
        tell.say(80)
    except ExtractError as error:
        raise ExtractRefused(TROUBLES[error.kind]) from error
    return graph, layers, broken


def area_of(ground: Ground) -> Box:
    """Where the festival is. Raises ExtractRefused where no factory has its point yet."""
    points = ground.sites() or ([ground.middle] if ground.middle else [])
    box = box_around(points)
    if box is None:
        raise ExtractRefused(
            lazy("Enter the entrances of the factories first: so far nothing tells where the festival is.")
        )
    return box


def store_graph(folder: Path, graph: Graph) -> tuple[str, str]:
    """The graph as a file that appears whole or not at all; its name and its hash."""
    data = graph.dump()
    sha256 = hashlib.sha256(data).hexdigest()
    name = f"graph-{sha256[:32]}"
    store(folder / name, data)
    return name, sha256


def store(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)


def report_on(ground: Ground, graph: Graph, broken: int) -> dict[str, Any]:
    """What the committee should know: factories far from any street or not to be reached, and by whom.

    {"edges", "broken", "without_point": [slug], "far": [slug], "unreachable": {profile: [slug]}}
    """
    doors = {host.slug: host.entrance or host.booth for host in ground.hosts.values()}
    points = {slug: point for slug, point in doors.items() if point}
    unreachable: dict[str, list[str]] = {}
    far: list[str] = []
    for code, profile in PROFILES.items():
        router = OwnGraph(graph, profile, list(points.values()))
        snaps = {slug: router.snap(*point) for slug, point in points.items()}
        lost = [
            slug for slug, snap in snaps.items() if snap.edge is not None and not router.is_reachable(snap)
        ]
        unreachable[code] = lost
        if code == "normal":
            far = [slug for slug, snap in snaps.items() if snap.is_far]
    return {
        "edges": graph.edge_count,
        "broken": broken,
        "without_point": [slug for slug, point in doors.items() if point is None],
        "far": far,
        "unreachable": unreachable,
    }


def warm(edition: Edition, folder: Path, tell: Teller) -> None:
    """Work out the ways among all places for every profile, so that the first visitor does not wait for them."""
    streets, sites = extracts.streets_of(edition.id), read_ground(edition).sites()
    for profile in PROFILES:
        matrices.among(streets, profile, sites, folder)
    tell.say(STEPS)


def _fail(code: str, refusal: ExtractRefused) -> None:
    sentences: dict[str, str] = {}
    for language in LANGUAGES:
        with use_language(language):
            sentences[language] = str(refusal)
    with transaction():
        extract = db.session.scalars(select(StreetExtract).where(StreetExtract.code == code)).one()
        extract.state, extract.error = ExtractState.FAILED, dict(sentences)
