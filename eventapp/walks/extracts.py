"""The festival's streets: an OpenStreetMap extract uploaded by the committee, and the routers made of it.

The upload is only stored here; the worker reads it (extract_jobs.py). The newest extract that could be read counts, so a
bad one never takes the streets away. Files lie under instance/walks: uploads until they are read, graphs, matrices.
"""

import hashlib
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select

from eventapp import audit, clock, jobs
from eventapp.db import db
from eventapp.festivals import editions
from eventapp.festivals.models import Edition
from eventapp.i18n import RuleError, lazy
from eventapp.walks.earth import Point
from eventapp.walks.graph import Graph, GraphError, parse_graph
from eventapp.walks.ground import read_ground
from eventapp.walks.models import ExtractState, StreetExtract
from eventapp.walks.profiles import PROFILES
from eventapp.walks.snapping import EdgeIndex
from eventapp.walks.streets import OwnGraph, Straight, StreetRouter

READ = "walks.streets"  # the kind of the job
FOLDER = "walks"  # under instance/
MOST_MEGABYTES = 200
MOST_EXCLUDED = 200
MOST_GRAPHS = 3
CHUNK = 256 * 1024
NO_STREETS = "straight"
"""What stands for a graph's hash where there is none."""


class ExtractRefused(RuleError):
    """The file is not taken; the message tells what to do instead."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Which graph an edition walks on: enough to find the router, and to name what is cached by it."""

    graph: str | None
    sha256: str
    without: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Names the graph together with its excluded roads."""
        if not self.without:
            return self.sha256
        return hashlib.sha256(f"{self.sha256} {sorted(self.without)}".encode()).hexdigest()


def receive(
    edition: Edition, stream: BinaryIO, filename: str, folder: Path, *, by: audit.Actor
) -> StreetExtract:
    """Store the upload and ask the worker to read it; call `keep_upload` first, outside the transaction, for large files.

    Raises ExtractRefused for a file that is empty, too large, or plainly something else.
    """
    return enter(edition, keep_upload(stream, folder), filename, by=by)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was stored under instance/walks."""

    stored: str
    sha256: str
    bytes: int


def keep_upload(stream: BinaryIO, folder: Path) -> Upload:
    """Write the upload to the disk, piece by piece, so that a large one needs no memory. Raises ExtractRefused."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"upload-{secrets.token_hex(16)}"
    digest, size, head = hashlib.sha256(), 0, b""
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while size <= MOST_MEGABYTES * 1024 * 1024 and (chunk := stream.read(CHUNK)):
            head = head or chunk[:64]
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    refusal = why_not(head, size)
    if refusal is not None:
        (folder / name).unlink()
        raise ExtractRefused(refusal)
    return Upload(name, digest.hexdigest(), size)


def why_not(head: bytes, size: int) -> Any:
    """What is wrong with a file, as far as its size and its first bytes tell; None when nothing is."""
    if size > MOST_MEGABYTES * 1024 * 1024:
        return lazy(
            "The file is larger than %(size)s MB. Take the extract of the prefecture or of the town, not of the whole region.",
            size=MOST_MEGABYTES,
        )
    if not head.strip():
        return lazy("The file is empty. Download the extract again.")
    if head.startswith(b"PK\x03\x04"):
        return lazy("This is a zip file. Please unpack it and upload the .osm.pbf or .osm file inside.")
    xml = head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<osm"))
    if not (xml or b"OSMHeader" in head[:32] or head.startswith((b"\x1f\x8b", b"BZh"))):
        return lazy("This is no OpenStreetMap extract. Upload a file that ends in .osm.pbf or .osm.")
    return None


def enter(edition: Edition, upload: Upload, filename: str, *, by: audit.Actor) -> StreetExtract:
    """A row for a stored upload, and the job that reads it."""
    extract = StreetExtract(
        edition_id=edition.id,
        filename=filename[:200],
        stored=upload.stored,
        sha256=upload.sha256,
        bytes=upload.bytes,
        created_at=clock.now(),
    )
    db.session.add(extract)
    db.session.flush()  # the job is told its code
    job = jobs.start(READ, {"extract": extract.code}, festival_id=edition.festival_id, person_id=by.person_id)
    db.session.flush()  # and the page shows the job's progress
    extract.job_code = job.code
    audit.record(
        "extract.received",
        f"edition:{edition.slug}",
        festival_id=edition.festival_id,
        by=by,
        details={"file": extract.filename, "bytes": upload.bytes},
    )
    return extract


def find_latest(edition_id: int) -> StreetExtract | None:
    """The newest upload, whatever became of it: for the committee's page."""
    return db.session.scalar(
        select(StreetExtract)
        .where(StreetExtract.edition_id == edition_id)
        .order_by(StreetExtract.id.desc())
        .limit(1)
    )


def find_current(edition_id: int) -> StreetExtract | None:
    """The newest extract that could be read."""
    return db.session.scalar(
        select(StreetExtract)
        .where(StreetExtract.edition_id == edition_id, StreetExtract.state == ExtractState.READY)
        .order_by(StreetExtract.id.desc())
        .limit(1)
    )


def streets_of(edition_id: int) -> Streets:
    """The graph that an edition walks on, or that there is none."""
    row = db.session.execute(
        select(StreetExtract.graph, StreetExtract.graph_sha256, StreetExtract.without)
        .where(StreetExtract.edition_id == edition_id, StreetExtract.state == ExtractState.READY)
        .order_by(StreetExtract.id.desc())
        .limit(1)
    ).first()
    if row is None or not row.graph or not row.graph_sha256:
        return Streets(None, NO_STREETS)
    return Streets(row.graph, row.graph_sha256, tuple(row.without or ()))


def exclude_road(extract: StreetExtract, way_id: int, *, by: audit.Actor) -> None:
    """Nobody is led along this way of the map any more: a bypass without pavement, a private yard."""
    if way_id <= 0 or len(extract.without) >= MOST_EXCLUDED:
        raise ExtractRefused(
            lazy(
                "Enter the number of the way as OpenStreetMap shows it, at most %(most)s in all.",
                most=MOST_EXCLUDED,
            )
        )
    if way_id not in extract.without:
        extract.without = [*extract.without, way_id]
        _changed(extract, "extract.road_excluded", {"way": way_id}, by)


def include_road(extract: StreetExtract, way_id: int, *, by: audit.Actor) -> None:
    """Take an excluded way back in."""
    if way_id in extract.without:
        extract.without = [one for one in extract.without if one != way_id]
        _changed(extract, "extract.road_included", {"way": way_id}, by)


def remove(extract: StreetExtract, folder: Path, *, by: audit.Actor) -> None:
    """Forget an extract and its files; ways are estimated again unless an older one is left."""
    _changed(extract, "extract.removed", {"file": extract.filename}, by)
    for name in (extract.stored, extract.graph):
        discard(folder, name)
    db.session.delete(extract)


def _changed(extract: StreetExtract, action: str, details: dict[str, object], by: audit.Actor) -> None:
    editions.touch(extract.edition)
    audit.record(
        action,
        f"edition:{extract.edition.slug}",
        festival_id=extract.edition.festival_id,
        by=by,
        details=dict(details),
    )


def discard(folder: Path, name: str | None) -> None:
    """Remove a file of ours; it may be gone already."""
    if name and "/" not in name:
        with suppress(FileNotFoundError):
            (folder / name).unlink()


# --- routers -------------------------------------------------------------------------------------------------------

_graphs: OrderedDict[tuple[str, str], tuple[Graph, EdgeIndex]] = OrderedDict()
_routers: OrderedDict[tuple[str, str, str, str], StreetRouter] = OrderedDict()
_lock = threading.RLock()


def router_for(
    streets: Streets, profile: str, folder: Path, places: Sequence[tuple[float, float]] = ()
) -> StreetRouter:
    """The router of a profile, kept in this process; straight lines where there is no graph or its file is lost."""
    if streets.graph is None:
        return Straight(PROFILES[profile])
    around = hashlib.sha256(repr(sorted(places)).encode()).hexdigest()
    key = (str(folder), streets.name, profile, around)
    with _lock:
        found = _routers.get(key)
        if found is None:
            found = _routers[key] = _make_router(streets, profile, folder, places)
            while len(_routers) > MOST_GRAPHS * len(PROFILES):
                _routers.popitem(last=False)
        _routers.move_to_end(key)
        return found


def _make_router(
    streets: Streets, profile: str, folder: Path, places: Sequence[tuple[float, float]]
) -> StreetRouter:
    try:
        graph, index = _load_graph(streets, folder)
    except (OSError, GraphError):
        return Straight(PROFILES[profile])
    return OwnGraph(graph, PROFILES[profile], places, index=index)


def _load_graph(streets: Streets, folder: Path) -> tuple[Graph, EdgeIndex]:
    key = (str(folder), streets.name)
    if key not in _graphs:
        graph = without_ways(parse_graph((folder / str(streets.graph)).read_bytes()), streets.without)
        _graphs[key] = graph, EdgeIndex(graph)
        while len(_graphs) > MOST_GRAPHS:
            _graphs.popitem(last=False)
    _graphs.move_to_end(key)
    return _graphs[key]


def without_ways(graph: Graph, ways: Iterable[int]) -> Graph:
    """The graph without some ways of the map; the junctions stay."""
    unwanted = frozenset(ways)
    if not unwanted:
        return graph
    kept = Graph(names=graph.names, landmarks=graph.landmarks)
    kept.lats, kept.lons, kept.spots = graph.lats, graph.lons, graph.spots
    for edge in range(graph.edge_count):
        if graph.way_ids[edge] in unwanted:
            continue
        for name in ("tails", "heads", "metres", "ways", "way_ids", "name_of"):
            getattr(kept, name).append(getattr(graph, name)[edge])
        first, last = graph.point_first[edge], graph.point_first[edge + 1]
        kept.point_lats.extend(graph.point_lats[first:last])
        kept.point_lons.extend(graph.point_lons[first:last])
        kept.point_first.append(len(kept.point_lats))
    return kept


def forget_routers() -> None:
    """Empty this process's memory of graphs and routers."""
    with _lock:
        _graphs.clear()
        _routers.clear()


def points_of(edition: Edition) -> list[Point]:
    """Every point of the edition that one may walk to."""
    return read_ground(edition).sites()
