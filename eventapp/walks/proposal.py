"""What the planner answers, in the terms of visitors: days, factories, slots, legs. What it is asked is in asking.py.

Everything here can be stored as plain data and read back: a plan is kept as it was shown, because a plan that is only
asked for again would come out differently on another machine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from eventapp.i18n import Translated


class Kind(StrEnum):
    """What a proposal tries: see most, take it easy, walk little."""

    MOST = "most"
    EASY = "easy"
    LITTLE = "little"


class StopKind(StrEnum):
    """A factory or booth in its open hours, a slot of a programme, or lunch."""

    OPEN = "open"
    SLOT = "slot"
    LUNCH = "lunch"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a plan. Times are aware. `start` is when the visit or tour begins; lunch has no place.

    `key` is "open:<entry code>:<where>", "slot:<slot code>" or "lunch:<date>"; `wish` the wish key it fulfils.
    """

    key: str
    kind: StopKind
    wish: str
    name: Translated
    arrive: datetime
    start: datetime
    leave: datetime
    title: Translated = field(default_factory=Translated)
    lat: float | None = None
    lon: float | None = None
    entry: str | None = None
    factory: str | None = None
    programme: str | None = None
    slot: str | None = None
    needs_booking: bool = False
    approximate: bool = False

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        data = {name: getattr(self, name) for name in STOP_PLAIN}
        times = {name: getattr(self, name).isoformat() for name in ("arrive", "start", "leave")}
        return {**data, **times, "kind": self.kind.value, "name": dict(self.name), "title": dict(self.title)}


STOP_PLAIN = (
    "key",
    "wish",
    "lat",
    "lon",
    "entry",
    "factory",
    "programme",
    "slot",
    "needs_booking",
    "approximate",
)


def stop_from_json(data: Mapping[str, Any]) -> Stop:
    """The stop of `Stop.as_json`."""
    return Stop(
        **{name: data[name] for name in STOP_PLAIN},
        arrive=datetime.fromisoformat(data["arrive"]),
        start=datetime.fromisoformat(data["start"]),
        leave=datetime.fromisoformat(data["leave"]),
        kind=StopKind(data["kind"]),
        name=Translated(data["name"]),
        title=Translated(data["title"]),
    )


@dataclass(frozen=True, slots=True)
class Ride:
    """One bus or train within a leg."""

    line: Translated
    board: Translated
    alight: Translated
    departs: datetime
    arrives: datetime

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        names = {name: dict(getattr(self, name)) for name in ("line", "board", "alight")}
        return {**names, "departs": self.departs.isoformat(), "arrives": self.arrives.isoformat()}


@dataclass(frozen=True, slots=True)
class Leg:
    """The way from one stop to the next. `status` is "street", "estimated" or "unreachable"; an estimate is drawn dashed.

    `line` is [[lat, lon], ...] (empty where it was not asked for), `steps` instructions as plain data (see
    directions.Step: metres, turn, landmark), `gaps` the last metres at both ends, `unknown_share` how much of the way has
    no data on steps and surface (0 to 1), `rides` the buses taken, in order.
    """

    leaves: datetime
    arrives: datetime
    metres: float
    minutes: int
    status: str
    line: tuple[tuple[float, float], ...] = ()
    flags: tuple[str, ...] = ()
    unknown_share: float = 1.0
    gaps: tuple[float, float] = (0.0, 0.0)
    steps: tuple[Mapping[str, Any], ...] = ()
    rides: tuple[Ride, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "leaves": self.leaves.isoformat(),
            "arrives": self.arrives.isoformat(),
            "metres": self.metres,
            "minutes": self.minutes,
            "status": self.status,
            "line": [list(point) for point in self.line],
            "flags": list(self.flags),
            "unknown_share": self.unknown_share,
            "gaps": list(self.gaps),
            "steps": [dict(step) for step in self.steps],
            "rides": [ride.as_json() for ride in self.rides],
        }


def leg_from_json(data: Mapping[str, Any]) -> Leg:
    """The leg of `Leg.as_json`."""
    rides = tuple(
        Ride(
            Translated(one["line"]),
            Translated(one["board"]),
            Translated(one["alight"]),
            datetime.fromisoformat(one["departs"]),
            datetime.fromisoformat(one["arrives"]),
        )
        for one in data["rides"]
    )
    return Leg(
        datetime.fromisoformat(data["leaves"]),
        datetime.fromisoformat(data["arrives"]),
        data["metres"],
        data["minutes"],
        data["status"],
        tuple((lat, lon) for lat, lon in data["line"]),
        tuple(data["flags"]),
        data["unknown_share"],
        (data["gaps"][0], data["gaps"][1]),
        tuple(data["steps"]),
        rides,
    )


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One day: stops in order, and the legs. `legs[n]` leads to `stops[n]`; one more leads to the end.

    The leg to the first stop is None without a start, the last one without an end, and the leg to a lunch always: one
    eats where one is, and the leg after it leads on from there.
    """

    date: date
    begins: datetime
    ends: datetime
    stops: tuple[Stop, ...]
    legs: tuple[Leg | None, ...]

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "date": self.date.isoformat(),
            "begins": self.begins.isoformat(),
            "ends": self.ends.isoformat(),
            "stops": [stop.as_json() for stop in self.stops],
            "legs": [leg.as_json() if leg else None for leg in self.legs],
        }


def day_from_json(data: Mapping[str, Any]) -> DayPlan:
    """The day of `DayPlan.as_json`."""
    return DayPlan(
        date.fromisoformat(data["date"]),
        datetime.fromisoformat(data["begins"]),
        datetime.fromisoformat(data["ends"]),
        tuple(stop_from_json(one) for one in data["stops"]),
        tuple(leg_from_json(one) if one else None for one in data["legs"]),
    )


@dataclass(frozen=True, slots=True)
class Unmet:
    """A wish that is not in the plan, and why. `sentences.of_unmet` has the words.

    `why` is one of the kinds of explain.Why or of planning.Refused. `minutes` is by how much it fails; leaving out the
    stops named in `instead_of` would make it fit. `must` tells whether it had to be seen.
    """

    wish: str
    name: Translated
    why: str
    must: bool = False
    minutes: int = 0
    instead_of: tuple[Translated, ...] = ()
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "wish": self.wish,
            "name": dict(self.name),
            "why": self.why,
            "must": self.must,
            "minutes": self.minutes,
            "instead_of": [dict(name) for name in self.instead_of],
            "detail": self.detail,
        }


def unmet_from_json(data: Mapping[str, Any]) -> Unmet:
    """The wish of `Unmet.as_json`."""
    names = tuple(Translated(name) for name in data["instead_of"])
    return Unmet(
        data["wish"],
        Translated(data["name"]),
        data["why"],
        data["must"],
        data["minutes"],
        names,
        data["detail"],
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A day, or several, that works: checked. `walking` and `waiting` are minutes, `metres` what one goes on foot."""

    kind: Kind
    days: tuple[DayPlan, ...]
    walking: int
    waiting: int
    metres: int
    unmet: tuple[Unmet, ...]
    content_version: int
    profile: str = "normal"
    proven: bool = False

    @property
    def stops(self) -> Iterator[Stop]:
        """All stops, over all days."""
        return (stop for day in self.days for stop in day.stops)

    @property
    def visits(self) -> int:
        """How many factories and programmes one sees."""
        return sum(1 for stop in self.stops if stop.kind is not StopKind.LUNCH)

    @property
    def has_estimates(self) -> bool:
        """Whether some way on foot is only estimated, for want of streets."""
        legs = (leg for day in self.days for leg in day.legs if leg is not None and not leg.rides)
        return any(leg.status == "estimated" for leg in legs)

    @property
    def unknown_share(self) -> float:
        """How much of the walking has no data on steps and surface, 0 to 1."""
        legs = [leg for day in self.days for leg in day.legs if leg is not None]
        total = sum(leg.metres for leg in legs)
        return sum(leg.metres * leg.unknown_share for leg in legs) / total if total else 0.0

    def as_json(self) -> dict[str, Any]:
        """As plain data, to be stored or handed to a page."""
        return {
            "kind": self.kind.value,
            "days": [day.as_json() for day in self.days],
            "walking": self.walking,
            "waiting": self.waiting,
            "metres": self.metres,
            "unmet": [one.as_json() for one in self.unmet],
            "content_version": self.content_version,
            "profile": self.profile,
            "proven": self.proven,
        }


def proposal_from_json(data: Mapping[str, Any]) -> Proposal:
    """The proposal of `Proposal.as_json`."""
    return Proposal(
        Kind(data["kind"]),
        tuple(day_from_json(one) for one in data["days"]),
        data["walking"],
        data["waiting"],
        data["metres"],
        tuple(unmet_from_json(one) for one in data["unmet"]),
        data["content_version"],
        data["profile"],
        data["proven"],
    )


def whole_minutes(span: timedelta) -> int:
    """Minutes, rounded up: nobody is told too little."""
    return -int(-span.total_seconds() // 60)
