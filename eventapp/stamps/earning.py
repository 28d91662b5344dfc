"""Which prizes a set of stamps earns. Pure: no database, so it can be tried on any card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from eventapp.stamps.models import PrizeKind, Status
from eventapp.stamps.rules import PrizeRule, Rules


class HasStamp(Protocol):
    """What of a stamp counts."""

    @property
    def station_id(self) -> int: ...
    @property
    def status(self) -> Status: ...
    @property
    def t_est(self) -> datetime: ...
    @property
    def t_last(self) -> datetime: ...


@dataclass(frozen=True)
class Earned:
    """A prize that is reached, with the number of stamps that counted."""

    prize: PrizeRule
    stamps: int


@dataclass(frozen=True)
class Progress:
    """How far a card is on the way to a prize: `have` of `needed`."""

    prize: PrizeRule
    have: int
    needed: int

    @property
    def is_reached(self) -> bool:
        return self.have >= self.needed


def earned(rules: Rules, stamps: Iterable[HasStamp]) -> list[Earned]:
    """Every active prize that these stamps reach."""
    known = list(stamps)
    reached = (progress(rules, prize, known) for prize in rules.prizes if prize.is_active)
    return [Earned(one.prize, one.have) for one in reached if one.is_reached]


def progress(rules: Rules, prize: PrizeRule, stamps: Iterable[HasStamp]) -> Progress:
    """How far these stamps go. Held ones count for the first tier alone, void ones for nothing."""
    counted = {Status.OK, Status.HELD} if prize.counts_held else {Status.OK}
    mine = [one for one in stamps if one.status in counted and one.station_id in rules.stations]
    needed = len(prize.stations) if prize.kind == PrizeKind.COURSE else prize.needed
    return Progress(prize, _have(rules, prize, mine), max(1, needed))


def _have(rules: Rules, prize: PrizeRule, stamps: Sequence[HasStamp]) -> int:
    stations = [rules.stations[one.station_id] for one in stamps]
    if prize.kind == PrizeKind.AREAS:
        return len({one.area for one in stations if one.area})
    if prize.kind == PrizeKind.CRAFTS:
        return len({one.craft for one in stations if one.craft})
    if prize.kind == PrizeKind.AREA:
        return sum(1 for one in stations if one.area == prize.area)
    if prize.kind == PrizeKind.CRAFT:
        return sum(1 for one in stations if one.craft == prize.craft)
    if prize.kind == PrizeKind.COUNT:
        return len(stations)
    by_code = {rules.stations[one.station_id].code: one for one in stamps}
    if prize.kind == PrizeKind.COURSE and prize.is_ordered:
        return _in_order([by_code.get(code) for code in prize.stations])
    return sum(1 for code in prize.stations if code in by_code)


def _in_order(stamps: Sequence[HasStamp | None]) -> int:
    """How many stations of an ordered course are done, from its beginning.

    A station that was scanned too early counts as soon as it is scanned again after the one before it.
    """
    done, before = 0, None
    for stamp in stamps:
        if stamp is None:
            break
        moment = next((one for one in (stamp.t_est, stamp.t_last) if before is None or one >= before), None)
        if moment is None:
            break
        done, before = done + 1, moment
    return done
