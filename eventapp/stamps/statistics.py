"""Figures of a rally that may be shown: nobody can be picked out, in no cell and by no subtraction.

Every published number is a multiple of five, rounded down. So no number lies between one and four, and neither does the
difference of any two of them, whatever tables are laid side by side.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, TypeVar

from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db
from eventapp.stamps.models import (
    Card,
    CardKind,
    Claim,
    ClaimState,
    HourCount,
    Prize,
    Rally,
    Scan,
    Stamp,
    Station,
    Status,
    Verdict,
)

STEP = 5
Key = TypeVar("Key")


def published(number: int) -> int:
    """The number as it may be shown: a multiple of five, rounded down."""
    return max(0, number) // STEP * STEP


def published_all(counts: Mapping[Key, int]) -> dict[Key, int]:
    """Every cell as it may be shown; empty and small ones look alike."""
    return {key: published(number) for key, number in counts.items()}


@dataclass(frozen=True)
class Flow:
    """So many cards went from one station straight to the other on the same day. Codes of stations."""

    start: str
    end: str
    cards: int


@dataclass(frozen=True)
class Figures:
    """Everything that the statistics page and its CSV show."""

    cards: int
    paper_cards: int
    stamps: int
    by_station: Mapping[str, int]  # code
    by_day: Mapping[date, int]
    by_hour: Mapping[int, int]  # local hour of the day
    by_number: Mapping[int, int]  # cards with at least so many stamps
    claims: Mapping[str, int]  # code of the prize
    flows: tuple[Flow, ...]

    def rows(self) -> Iterable[tuple[str, str, int]]:
        """(table, cell, number) for a CSV."""
        yield "cards", "", self.cards
        yield "paper_cards", "", self.paper_cards
        yield "stamps", "", self.stamps
        for name in ("by_station", "by_day", "by_hour", "by_number", "claims"):
            for key, number in getattr(self, name).items():
                yield name, str(key), number
        for flow in self.flows:
            yield "flows", f"{flow.start}>{flow.end}", flow.cards


def figures(rally: Rally) -> Figures:
    """The published figures of a rally, old scans included, of which only hours are left."""
    zone = rally.edition.zone
    codes = {
        row.id: row.code
        for row in db.session.execute(select(Station.id, Station.code).where(Station.rally_id == rally.id))
    }
    hours = _stamps_by_hour(rally, codes)
    visits = _visits(rally)
    numbers = Counter(len(stations) for stations in visits.values())
    most = max(numbers, default=0)
    return Figures(
        cards=published(_count_cards(rally, CardKind.PHONE)),
        paper_cards=published(_count_cards(rally, CardKind.PAPER)),
        stamps=published(sum(hours.values())),
        by_station=published_all(_summed(hours, lambda station, _hour: codes[station])),
        by_day=published_all(_summed(hours, lambda _station, hour: clock.local(hour, zone).date())),
        by_hour=published_all(_summed(hours, lambda _station, hour: clock.local(hour, zone).hour)),
        by_number={
            least: published(sum(count for number, count in numbers.items() if number >= least))
            for least in range(1, most + 1)
        },
        claims=published_all(_claims(rally)),
        flows=_flows(visits, codes, zone),
    )


def _stamps_by_hour(rally: Rally, codes: Mapping[int, str]) -> Counter[tuple[int, datetime]]:
    """Accepted scans by station and UTC hour: those in the log, and those of which only the count is left."""
    counts: Counter[tuple[int, datetime]] = Counter()
    rows = db.session.execute(
        select(Scan.station_id, Scan.t_est).where(
            Scan.rally_id == rally.id, Scan.verdict == Verdict.ACCEPTED, Scan.station_id.is_not(None)
        )
    )
    for station_id, moment in rows:
        if station_id is not None:
            counts[station_id, hour_of(moment)] += 1
    for station_id, hour, number in db.session.execute(
        select(HourCount.station_id, HourCount.hour, HourCount.stamps).where(HourCount.station_id.in_(codes))
    ):
        counts[station_id, hour] += number
    return counts


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _summed(hours: Mapping[tuple[int, datetime], int], key: Any) -> dict[Any, int]:
    sums: Counter[Any] = Counter()
    for (station_id, hour), number in hours.items():
        sums[key(station_id, hour)] += number
    return dict(sorted(sums.items()))


def _visits(rally: Rally) -> dict[int, list[tuple[datetime, int]]]:
    """The stations of each card in the order of time."""
    rows = db.session.execute(
        select(Stamp.card_id, Stamp.t_est, Stamp.station_id).join(Card, Card.id == Stamp.card_id)
        .where(Card.rally_id == rally.id, Stamp.status != Status.VOID).order_by(Stamp.card_id, Stamp.t_est, Stamp.id)
    )  # fmt: skip
    visits: dict[int, list[tuple[datetime, int]]] = {}
    for card_id, moment, station_id in rows:
        visits.setdefault(card_id, []).append((moment, station_id))
    return visits


def _flows(
    visits: Mapping[int, list[tuple[datetime, int]]], codes: Mapping[int, str], zone: Any
) -> tuple[Flow, ...]:
    counts: Counter[tuple[int, int]] = Counter()
    for stations in visits.values():
        for (before, start), (after, end) in pairwise(stations):
            if clock.local(before, zone).date() == clock.local(after, zone).date():
                counts[start, end] += 1
    shown = [
        Flow(codes[start], codes[end], published(number))
        for (start, end), number in counts.items()
        if published(number)
    ]
    return tuple(sorted(shown, key=lambda one: (-one.cards, one.start, one.end)))


def _count_cards(rally: Rally, kind: CardKind) -> int:
    with_stamps = select(Stamp.card_id).where(Stamp.card_id == Card.id).exists()
    return (
        db.session.scalar(
            select(func.count(Card.id)).where(Card.rally_id == rally.id, Card.kind == kind, with_stamps)
        )
        or 0
    )


def _claims(rally: Rally) -> dict[str, int]:
    rows = db.session.execute(
        select(Prize.code, func.count(Claim.id)).outerjoin(Claim, (Claim.prize_id == Prize.id) & (Claim.state == ClaimState.LIVE))
        .where(Prize.rally_id == rally.id).group_by(Prize.id, Prize.code).order_by(Prize.id)
    )  # fmt: skip
    return {code: int(number) for code, number in rows}
