"""The day planner's question and answer, in whole numbers only.

Times and travel times are integers in one unit (the product uses tenths of a minute), counted from any zero the
caller likes; places are indexes of the travel table. Nothing here knows maps, streets, databases or languages, so
the planner can be tried on made-up numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

UNREACHABLE = 10**7
"""Travel time of a pair of places with no way between them; no plan ever contains such a leg."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Something that may be visited: a factory in its open hours, one tour of it, or a lunch break.

    A visit has to *start* inside one of its `windows` (both ends included); a guided tour that leaves at t has the
    window (t, t). `place` None is a floating visit such as lunch: it happens wherever the visitor happens to be. Of
    visits with the same `group` at most one is made. With `must`, every plan contains it (or one of its group) if that
    is possible at all.
    """

    key: str
    place: int | None
    duration: int
    windows: tuple[tuple[int, int], ...]
    score: int = 0
    group: str | None = None
    must: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One day's frame: leave `start_place` at `start`, be at `end_place` by `end`."""

    start: int
    end: int
    start_place: int
    end_place: int


class DayImpossible(ValueError):
    """Even without any visit one cannot be at the day's last place in time; `day` counts from 0."""

    def __init__(self, day: int) -> None:
        super().__init__(f"day {day}: its last place cannot be reached in time")
        self.day = day


@dataclass(frozen=True, slots=True)
class Rides:
    """Buses between one ordered pair of places: leave at departures[n] and be there at arrivals[n].

    Both lists rise strictly and include the walks to and from the stops.
    """

    departures: tuple[int, ...]
    arrivals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """What one point of score, one unit of walking or waiting, and one change of the visitor's own plan are worth.

    The default makes score come first and lets the rest decide between plans of equal score. A plan with little
    walking is asked for with a lower `score`.
    """

    score: int = 100_000
    walk: int = 3
    wait: int = 1
    change: int = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """Visits to choose from, the days to fill, the travel table, and the visits of the visitor's current plan (`kept`)."""

    travel: Sequence[Sequence[int]]
    visits: tuple[Visit, ...]
    days: tuple[Day, ...]
    rides: Mapping[tuple[int, int], Rides] = field(default_factory=dict)
    weights: Weights = field(default_factory=Weights)
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit of a plan: when one is there, when it starts, when one leaves."""

    key: str
    arrive: int
    start: int
    leave: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen stops of each day, when each day begins and ends, and what it adds up to.

    `begins` tells for each day when to leave the start place at the latest for the first stop, `ends` when one is at
    the last place. `walking` is time under way (bus rides included), `waiting` the time spent before a visit can start. `missing` names
    what must be visited and is not: the group where there is one, else the key. `proven` means that no plan has more
    must-sees, nor the same must-sees and a higher score.
    """

    days: tuple[tuple[Stop, ...], ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    score: int
    walking: int
    waiting: int
    missing: tuple[str, ...]
    proven: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The visits in their order, over all days."""
        return tuple(stop.key for day in self.days for stop in day)
