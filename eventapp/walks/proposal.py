"""What is asked of the planner and what it answers, in the terms of visitors: days, factories, slots, legs.

Everything here can be stored as plain data and read back: a plan is kept as it was shown, because a plan that is only
asked for again would come out differently on another machine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from eventapp.i18n import Translated

MOST_WISHES = 300
MOST_PARTY = 100


class Pace(StrEnum):
    """How long one stays and how fast one walks."""

    EASY = "easy"
    NORMAL = "normal"
    BUSY = "busy"


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
class Spot:
    """Where one starts or ends: a place of the festival (`place` is its code), or the visitor's own point."""

    lat: float
    lon: float
    name: Mapping[str, str] = field(default_factory=dict)
    place: str | None = None


@dataclass(frozen=True, slots=True)
class DayWish:
    """One day: when one comes and when one has to be at the end."""

    date: date
    start: time = time(10)
    end: time = time(16)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a visitor wants.

    `must` and `want` (hearts) and `avoid` hold wish keys: "factory:<entry code>" and "programme:<programme code>"; `must`
    may also hold "slot:<slot code>". `crafts` are liked trades. `youngest` is the age of the youngest of the party, in
    years. Without `start` the day begins at the first stop, without `end` it ends at the last.
    """

    days: tuple[DayWish, ...]
    start: Spot | None = None
    end: Spot | None = None
    party: int = 1
    youngest: int | None = None
    profile: str = "normal"
    pace: Pace = Pace.NORMAL
    must: tuple[str, ...] = ()
    want: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    crafts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    only_wishes: bool = False
    lunch: bool = True
    lunch_from: time = time(11, 30)
    lunch_to: time = time(13, 30)
    lunch_minutes: int = 45
    seed: int = 0

    def but(self, **values: Any) -> "PlanRequest":
        """The same request with something changed."""
        return replace(self, **values)

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "days": [[one.date.isoformat(), show_time(one.start), show_time(one.end)] for one in self.days],
            "start": spot_as_json(self.start),
            "end": spot_as_json(self.end),
            "party": self.party,
            "youngest": self.youngest,
            "profile": self.profile,
            "pace": self.pace.value,
            **{name: list(getattr(self, name)) for name in ("must", "want", "avoid", "crafts", "languages")},
            "only_wishes": self.only_wishes,
            "lunch": [self.lunch, show_time(self.lunch_from), show_time(self.lunch_to), self.lunch_minutes],
            "seed": self.seed,
        }


def request_from_json(data: Mapping[str, Any]) -> PlanRequest:
    """The request of `PlanRequest.as_json`."""
    lunch, lunch_from, lunch_to, lunch_minutes = data["lunch"]
    return PlanRequest(
        days=tuple(
            DayWish(date.fromisoformat(day), time.fromisoformat(start), time.fromisoformat(end))
            for day, start, end in data["days"]
        ),
        start=spot_from_json(data["start"]),
        end=spot_from_json(data["end"]),
        party=data["party"],
        youngest=data["youngest"],
        profile=data["profile"],
        pace=Pace(data["pace"]),
        must=tuple(data["must"]),
        want=tuple(data["want"]),
        avoid=tuple(data["avoid"]),
        crafts=tuple(data["crafts"]),
        languages=tuple(data["languages"]),
        only_wishes=data["only_wishes"],
        lunch=lunch,
        lunch_from=time.fromisoformat(lunch_from),
        lunch_to=time.fromisoformat(lunch_to),
        lunch_minutes=lunch_minutes,
        seed=data["seed"],
    )


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
        """Whether some way is only estimated."""
        return any(leg is not None and leg.status == "estimated" for day in self.days for leg in day.legs)

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


def show_time(moment: time) -> str:
    """A wall time as 09:05."""
    return f"{moment.hour:02}:{moment.minute:02}"


def spot_as_json(spot: Spot | None) -> dict[str, Any] | None:
    """As plain data."""
    return (
        None
        if spot is None
        else {"lat": spot.lat, "lon": spot.lon, "name": dict(spot.name), "place": spot.place}
    )


def spot_from_json(data: Mapping[str, Any] | None) -> Spot | None:
    """The spot of `spot_as_json`."""
    return None if data is None else Spot(data["lat"], data["lon"], dict(data["name"]), data["place"])


def whole_minutes(span: timedelta) -> int:
    """Minutes, rounded up: nobody is told too little."""
    return -int(-span.total_seconds() // 60)
