"""Which poster has been passed around: a score from the log, for a human to look at. It decides nothing by itself.

The answers to a leak are `stations.set_policy` (ask for a display or for staff) and `stations.replace_poster`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from eventapp.db import db
from eventapp.stamps.models import Geo, Method, Poster, Rally, Scan, Station, Verdict

FEWEST = 10  # scans, below which a share says nothing
WEIGHTS = {"far": 40, "lonely": 25, "outside": 15, "in_app": 10, "rate": 10}
SUSPICIOUS = 40


@dataclass(frozen=True)
class Leak:
    """How a poster looks: shares between 0 and 1 of its scans, and a score from 0 to 100."""

    poster: Poster
    scans: int
    far: float  # the phone thought it was somewhere else; of those that said
    lonely: float  # cards that have been nowhere else
    outside: float  # outside the opening hours
    in_app: float  # opened from inside another application
    rate: float  # how far above the others: 0 as usual, 1 five times as many

    @property
    def score(self) -> int:
        if self.scans < FEWEST:
            return 0
        shares: dict[str, float] = {name: getattr(self, name) for name in WEIGHTS}
        return round(sum(weight * shares[name] for name, weight in WEIGHTS.items()))

    @property
    def is_suspicious(self) -> bool:
        return self.score >= SUSPICIOUS


def list_leaks(rally: Rally) -> list[Leak]:
    """Every living poster, the most suspicious first. Two statements."""
    rows = {row.poster_id: row for row in db.session.execute(_counted(rally.id))}
    posters = db.session.scalars(
        select(Poster).join(Station, Station.id == Poster.station_id).where(Poster.rally_id == rally.id, Poster.revoked_at.is_(None))
        .order_by(Poster.pid)
    ).all()  # fmt: skip
    usual = _median([row.scans for row in rows.values()])
    leaks = [_leak(poster, rows.get(poster.id), usual) for poster in posters]
    return sorted(leaks, key=lambda one: (-one.score, -one.scans, one.poster.pid))


def _counted(rally_id: int) -> Any:
    elsewhere = (
        select(Scan.card_id, func.count(Scan.station_id.distinct()).label("stations"))
        .where(Scan.rally_id == rally_id, Scan.verdict != Verdict.REJECTED).group_by(Scan.card_id).subquery()
    )  # fmt: skip
    return (
        select(
            Scan.poster_id, func.count(Scan.id).label("scans"), _sum(Scan.geo == Geo.FAR).label("far"),
            _sum(Scan.geo != Geo.NONE).label("said"), _sum(elsewhere.c.stations == 1).label("lonely"),
            _sum(Scan.reason == "closed").label("outside"),
            _sum(Scan.in_app & (Scan.method == Method.DEEPLINK)).label("in_app"),
        )
        .join(elsewhere, elsewhere.c.card_id == Scan.card_id)
        .where(Scan.rally_id == rally_id, Scan.poster_id.is_not(None), Scan.verdict != Verdict.REJECTED)
        .group_by(Scan.poster_id)
    )  # fmt: skip


def _sum(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _leak(poster: Poster, row: Any, usual: float) -> Leak:
    if row is None:
        return Leak(poster, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    scans = row.scans
    rate = (scans / usual - 1) / 4 if usual else 0.0
    return Leak(poster, scans, row.far / row.said if row.said else 0.0, row.lonely / scans, row.outside / scans, row.in_app / scans,
                max(0.0, min(1.0, rate)))  # fmt: skip


def _median(numbers: Sequence[int]) -> float:
    ordered = sorted(numbers)
    return float(ordered[len(ordered) // 2]) if ordered else 0.0
