"""What is on, by time: what comes next, whose doors are open now, and the grid of a day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from eventapp import clock
from eventapp.festivals.models import Edition
from eventapp.tours.offers import CLOCK, Host, Offer, Time

USUAL_HOURS = (10, 16)


class Start(NamedTuple):
    """A time with what it belongs to."""

    time: Time
    offer: Offer
    host: Host

    @property
    def hour(self) -> int:
        return int(self.time.clock.split(":")[0])


def each_start(hosts: Iterable[Host]) -> Iterator[Start]:
    """Every time of every host."""
    return (Start(time, offer, host) for host in hosts for offer in host.offers for time in offer.times)


def find_next(hosts: Iterable[Host], limit: int = 6) -> list[Start]:
    """The next times to which one can still come, one of each programme."""
    now = clock.now().strftime(CLOCK)
    coming = sorted(
        (one for one in each_start(hosts) if one.time.start > now),
        key=lambda one: (one.time.start, one.time.code),
    )
    found: dict[str, Start] = {}
    for one in coming:
        if one.time.left or one.time.state == "drop":
            found.setdefault(one.offer.code, one)
        if len(found) == limit:
            break
    return list(found.values())


def find_open_now(hosts: Iterable[Host], edition: Edition) -> list[Host]:
    """Hosts whose doors are open at this moment."""
    today, wall = clock.local(clock.now(), edition.zone).strftime(CLOCK).split()
    return [
        host
        for host in hosts
        if any(day == today and opens <= wall < closes for day, opens, closes, _place in host.hours)
    ]


@dataclass(slots=True)
class Row:
    """One host or stage: for each hour the times that start in it, and whether its doors are open."""

    host: Host
    cells: list[list[Start]]
    doors: list[bool]


@dataclass(frozen=True)
class Grid:
    """The timetable of a day."""

    hours: range
    rows: list[Row]


def lay_out(hosts: Iterable[Host], day: date) -> Grid:
    """Hosts by hours of a day. What happens on a stage stands in the stage's row, whoever offers it."""
    shown, iso = list(hosts), day.isoformat()
    starts = [one for one in each_start(shown) if one.time.day == iso]
    hours = _hours_of(starts, shown, iso)
    rows: dict[str, Row] = {}
    for one in starts:
        row = _row(
            rows, one.offer.stage or one.host.code, _stage(one) if one.offer.stage else one.host, hours, iso
        )
        row.cells[one.hour - hours.start].append(one)
    for host in shown:
        if host.hours:
            _row(rows, host.code, host, hours, iso)
    for row in rows.values():
        for cell in row.cells:
            cell.sort(key=lambda one: (one.time.start, one.offer.title))
    order = {id(host): place for place, host in enumerate(shown)}
    return Grid(hours, sorted(rows.values(), key=lambda row: order.get(id(row.host), -1)))


def _row(rows: dict[str, Row], key: str, host: Host, hours: Sequence[int], iso: str) -> Row:
    if key not in rows:
        rows[key] = Row(host, [[] for _ in hours], [_is_open_at(host, iso, hour) for hour in hours])
    return rows[key]


def _stage(one: Start) -> Host:
    return one.host if not one.host.slug else Host("", one.offer.stage, one.offer.where)


def _hours_of(starts: list[Start], hosts: list[Host], iso: str) -> range:
    """From the first opening or start to the last."""
    stretches = [(opens, closes) for host in hosts for day, opens, closes, _place in host.hours if day == iso]
    begins = [one.hour for one in starts] + [int(opens[:2]) for opens, _ in stretches]
    ends = [one.hour for one in starts] + [int(closes[:2]) - (closes[3:] == "00") for _, closes in stretches]
    return range(min(begins, default=USUAL_HOURS[0]), max(ends, default=USUAL_HOURS[1]) + 1)


def _is_open_at(host: Host, iso: str, hour: int) -> bool:
    begins, ends = f"{hour:02}:00", f"{hour + 1:02}:00"
    return any(day == iso and opens < ends and closes > begins for day, opens, closes, _place in host.hours)
