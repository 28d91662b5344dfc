"""Whether a plan that was made still holds: slots cancelled, full or moved, hours changed, doors elsewhere."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from eventapp import clock
from eventapp.factories.models import OpeningPlace
from eventapp.festivals.models import Edition, EditionState
from eventapp.i18n import Translated
from eventapp.tours.models import SlotState
from eventapp.walks import extracts, matrices
from eventapp.walks.earth import Point, distance
from eventapp.walks.ground import Ground, read_ground
from eventapp.walks.problem import UNREACHABLE
from eventapp.walks.proposal import DayPlan, Proposal, Stop, StopKind

MOVED_METRES = 30.0
TOLERATED_UNITS = 20
"""Two minutes of walking more than planned are no fault: stops are planned with some room."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What no longer holds at one stop: gone, closed, full, moved, late or over. `sentences.of_fault` has the words."""

    key: str
    name: Translated
    why: str

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"key": self.key, "name": dict(self.name), "why": self.why}


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a plan: faults by stop, whether its edition is over, whether the edition changed since."""

    faults: tuple[Fault, ...]
    is_over: bool
    is_outdated: bool

    def of(self, key: str) -> Fault | None:
        """What is wrong with one stop."""
        return next((fault for fault in self.faults if fault.key == key), None)


def standing_of(
    edition: Edition,
    proposal: Proposal,
    *,
    party: int,
    booked: Collection[str] = (),
    folder: Path | None = None,
) -> Standing:
    """Look at every stop again; with `folder` also at the ways, where hours or streets have changed since."""
    is_over = edition.state is EditionState.CLOSED
    is_outdated = edition.content_version != proposal.content_version
    if is_over:
        return Standing((), is_over, is_outdated)
    ground = read_ground(edition)
    faults = list(find_faults(edition, ground, proposal, party, booked))
    if folder is not None and is_outdated:
        faults += find_late(edition, ground, proposal, folder)
    return Standing(tuple(faults), is_over, is_outdated)


def find_faults(
    edition: Edition, ground: Ground, proposal: Proposal, party: int, booked: Collection[str]
) -> Iterator[Fault]:
    """Every stop that can no longer be made as planned."""
    starts = {start.code: start for start in ground.starts}
    for day in proposal.days:
        if day.date not in edition.dates:
            yield Fault("", Translated(), "over")
            continue
        for stop in day.stops:
            why = None
            if stop.kind is StopKind.OPEN:
                why = fault_of_open(edition, ground, stop)
            elif stop.kind is StopKind.SLOT:
                start = starts.get(stop.slot or "")
                why = "gone"
                if start is not None and start.state is not SlotState.CANCELLED:
                    is_short = start.left is not None and start.left < party and stop.key not in booked
                    moved = start.starts_at != stop.start or is_elsewhere(stop, start.offering.point)
                    why = "moved" if moved else "full" if is_short else ""
            if why:
                yield Fault(stop.key, stop.name, why)


def fault_of_open(edition: Edition, ground: Ground, stop: Stop) -> str | None:
    """A visit in open hours."""
    host = ground.hosts.get(stop.entry or "")
    if host is None:
        return "gone"
    place = OpeningPlace(stop.key.rsplit(":", 1)[-1])
    if is_elsewhere(stop, host.point(place)):
        return "moved"
    for stretch in host.hours:
        opens = clock.at(stretch.date, stretch.opens, edition.zone)
        closes = clock.at(stretch.date, stretch.closes, edition.zone)
        last = closes - timedelta(minutes=host.last_entry_minutes)
        if stretch.place == place and opens <= stop.start <= last and stop.leave <= closes:
            return None
    return "closed"


def is_elsewhere(stop: Stop, point: Point | None) -> bool:
    """Whether the door is no longer where the plan leads."""
    if stop.lat is None or stop.lon is None or point is None:
        return point is None
    return distance((stop.lat, stop.lon), point) > MOVED_METRES


def find_late(edition: Edition, ground: Ground, proposal: Proposal, folder: Path) -> Iterator[Fault]:
    """Stops to which the way on foot has become longer than the plan gives it."""
    streets = extracts.streets_of(edition.id)
    ways = matrices.among(streets, proposal.profile, ground.sites(), folder)
    numbers = {site: at for at, site in enumerate(ways.sites)}
    for day in proposal.days:
        for before, stop in legs_between(day):
            a, b = (numbers.get(Point(one.lat or 0.0, one.lon or 0.0)) for one in (before, stop))
            leg = day.legs[day.stops.index(stop)]
            if a is None or b is None or leg is None or leg.rides:
                continue
            given = (stop.arrive - leg.leaves).total_seconds() / 6
            units = ways.units[a][b]
            if units >= UNREACHABLE or units > given + TOLERATED_UNITS:
                yield Fault(stop.key, stop.name, "late")


def legs_between(day: DayPlan) -> Iterator[tuple[Stop, Stop]]:
    """Each stop that has a place with the one before it that has."""
    before: Stop | None = None
    for stop in day.stops:
        if stop.lat is None:
            continue
        if before is not None:
            yield before, stop
        before = stop
