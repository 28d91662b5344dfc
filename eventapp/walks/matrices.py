"""Ways among all places of an edition, worked out once and kept: per graph, profile and set of places.

Only the visitor's own start and end are computed when asked. What is kept lies as a small file under instance/walks, so
that every process has it at once; a file that cannot be read is simply made anew.
"""

import hashlib
import json
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from eventapp.walks import packed
from eventapp.walks.earth import Point
from eventapp.walks.extracts import Streets, router_for
from eventapp.walks.problem import UNREACHABLE
from eventapp.walks.snapping import Snap
from eventapp.walks.streets import Matrix, Status, StreetRouter

MOST_KEPT = 12
MOST_SNAPS = 2000
FORM = 2  # rises when the file's form or the way of computing changes
SECONDS_PER_UNIT = 6  # the planner counts tenths of a minute


@dataclass(frozen=True, slots=True)
class Ways:
    """Among `sites`, row by row: whole metres (-1 where there is no way), tenths of a minute, and whether estimated."""

    sites: tuple[Point, ...]
    metres: list[list[int]]
    units: list[list[int]]
    estimated: list[list[bool]]
    added: int = 0  # how many of the last sites are a visitor's own


_kept: OrderedDict[tuple[str, str], Ways] = OrderedDict()
_snaps: WeakKeyDictionary[StreetRouter, dict[Point, Snap]] = WeakKeyDictionary()
_lock = threading.Lock()
Cell = TypeVar("Cell")


def among(streets: Streets, profile: str, sites: Sequence[Point], folder: Path) -> Ways:
    """All ways among the sites, from memory, else from the file, else computed and stored."""
    name = name_of(streets, profile, sites)
    key = (str(folder), name)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    ways = load(folder / name, sites)
    if ways is None:
        router = router_for(streets, profile, folder, sites)
        ways = ways_of(router.matrix(snaps_of(router, sites)), sites)
        dump(folder / name, ways)
    with _lock:
        _kept[key] = ways
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return ways


def name_of(streets: Streets, profile: str, sites: Sequence[Point]) -> str:
    """The file's name: a hash of everything the ways depend on."""
    words = json.dumps([FORM, streets.name, profile, [list(site) for site in sites]])
    return f"ways-{hashlib.sha256(words.encode()).hexdigest()[:32]}"


def with_points(ways: Ways, own: Sequence[Point], streets: Streets, profile: str, folder: Path) -> Ways:
    """The ways with the visitor's own points added, one run of Dijkstra for each.

    The way back counts like the way there: few ways are for one direction only when walking, and a run from every
    place would cost a hundred times as much. The leg that is shown is worked out in its own direction.
    """
    extra = [point for point in dict.fromkeys(own) if point not in ways.sites]
    if not extra:
        return ways
    router = router_for(streets, profile, folder, ways.sites)
    sites = (*ways.sites, *extra)
    there = ways_of(router.matrix([router.snap(*each) for each in extra], snaps_of(router, sites)), sites)
    count = len(ways.sites)
    return Ways(
        sites,
        joined(ways.metres, there.metres, count),
        joined(ways.units, there.units, count),
        joined(ways.estimated, there.estimated, count),
        len(extra),
    )


def joined(old: list[list[Cell]], rows: list[list[Cell]], count: int) -> list[list[Cell]]:
    """A square table with `rows` added below, and mirrored at the right."""
    return [*(row + [new[at] for new in rows] for at, row in enumerate(old[:count])), *rows]


def snaps_of(router: StreetRouter, sites: Sequence[Point]) -> list[Snap]:
    """Where the sites meet the streets; remembered, because looking takes longer than walking."""
    known = _snaps.setdefault(router, {})
    for site in sites:
        if site not in known:
            known[site] = router.snap(*site)
    found = [known[site] for site in sites]
    if len(known) > MOST_SNAPS:
        known.clear()
    return found


def ways_of(matrix: Matrix, sites: Sequence[Point]) -> Ways:
    """Whole numbers, rounded up: nobody is told too little."""
    return Ways(
        tuple(sites),
        [[round(each) if math.isfinite(each) else -1 for each in row] for row in matrix.metres],
        [[units(each) for each in row] for row in matrix.seconds],
        [[each is Status.ESTIMATED for each in row] for row in matrix.status],
    )


def units(seconds: float) -> int:
    """Tenths of a minute, rounded up."""
    return math.ceil(seconds / SECONDS_PER_UNIT - 1e-9) if math.isfinite(seconds) else UNREACHABLE


def load(path: Path, sites: Sequence[Point]) -> Ways | None:
    """The stored ways, or None for a file that is missing or damaged."""
    try:
        data = packed.read(path)
        estimated = [[bool(each) for each in row] for row in data["estimated"]]
        ways = Ways(tuple(sites), data["metres"], data["units"], estimated)
    except (KeyError, TypeError):
        return None
    is_whole = len(ways.metres) == len(ways.units) == len(ways.estimated) == len(sites)
    return ways if is_whole else None


def dump(path: Path, ways: Ways) -> None:
    """Keep the ways."""
    flags = [[int(each) for each in row] for row in ways.estimated]
    packed.write(path, {"metres": ways.metres, "units": ways.units, "estimated": flags})


def forget() -> None:
    """Empty this process's memory."""
    with _lock:
        _kept.clear()
