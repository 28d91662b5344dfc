"""What the desk should see about a card, beside its prizes. Every flag is information for a human; none refuses anything."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select

from eventapp.db import db
from eventapp.stamps import timing
from eventapp.stamps.merging import presences
from eventapp.stamps.models import Card, Geo, Rally, Scan, Stamp, Status
from eventapp.stamps.rules import get_rules

TWINS_WITHIN = timedelta(seconds=60)
FEWEST_TWIN_STATIONS = 3


@dataclass(frozen=True)
class Flags:
    """Soft signals of one card."""

    held: int  # stamps that wait for somebody to look
    void: int
    too_fast: int  # pairs of stamps that nobody can have made one after the other
    twins: int  # other cards with the same stations within a minute: one person or a family
    far: int  # scans for which the phone thought it was elsewhere
    odd_merge: bool

    @property
    def any(self) -> bool:
        return bool(self.held or self.void or self.too_fast or self.twins or self.far or self.odd_merge)


def flags_of(card: Card, rally: Rally) -> Flags:
    """The flags of a card (the one that stays, after merging)."""
    stamps = db.session.scalars(select(Stamp).where(Stamp.card_id == card.id).order_by(Stamp.t_est)).all()
    standing = [one for one in stamps if one.status != Status.VOID]
    far = select(func.count(Scan.id)).where(Scan.card_id == card.id, Scan.geo == Geo.FAR)
    return Flags(
        held=sum(1 for one in stamps if one.status == Status.HELD),
        void=len(stamps) - len(standing),
        too_fast=len(timing.too_fast(presences(standing, get_rules(rally.id)))),
        twins=count_twins(card.id),
        far=db.session.scalar(far) or 0,
        odd_merge=card.merge_looked_odd,
    )


def count_twins(card_id: int) -> int:
    """How many other cards have three or more of the same stations, each within a minute of this one's. Two statements."""
    times = db.session.execute(select(Stamp.station_id, Stamp.t_est).where(Stamp.card_id == card_id)).all()
    if len(times) < FEWEST_TWIN_STATIONS:
        return 0
    close = [
        (Stamp.station_id == station_id) & Stamp.t_est.between(t_est - TWINS_WITHIN, t_est + TWINS_WITHIN)
        for station_id, t_est in times
    ]
    near = Counter(db.session.scalars(select(Stamp.card_id).where(Stamp.card_id != card_id, or_(*close))))
    return sum(1 for count in near.values() if count >= FEWEST_TWIN_STATIONS)
