"""What is asked of the planner: days, party, pace, wishes. All of it can be stored as plain data and read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import StrEnum
from typing import Any

MOST_WISHES = 200  # all of them stand in the address of a planned day; js/walks.js keeps as many
MOST_PARTY = 100


class Pace(StrEnum):
    """How long one stays and how fast one walks."""

    EASY = "easy"
    NORMAL = "normal"
    BUSY = "busy"


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
    years. Without `start` the day begins at the first stop, without `end` it ends at the last. `here` is where somebody under
    way goes on from on the first day; it is asked only once and not stored.
    """

    days: tuple[DayWish, ...]
    start: Spot | None = None
    end: Spot | None = None
    here: Spot | None = None
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
