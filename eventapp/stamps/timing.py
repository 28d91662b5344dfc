"""When something happened, as far as anybody can know: an interval, and the best guess in it.

A phone's clock is believed only as a difference within one request: `now_client - t_client` is how long ago it was. The lower
end is what the server itself said before (`after`: the server time of the last answer the phone had when it captured), so
an honest phone's interval always holds the true moment, whatever its clock and however long the way. docs/stamps.md tells why.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eventapp.stamps.tokens import STEP

FASTEST = 100.0  # km/h
SLACK = 500.0  # metres
BEFORE_STEP, AFTER_STEP = timedelta(seconds=15), timedelta(seconds=60)
AHEAD = timedelta(
    seconds=30
)  # a code further in the future than its window and this was not shown by anybody
ONLINE = timedelta(seconds=5)  # younger captures came with a signal and teach the display's skew
LONGEST_AGE = timedelta(days=366)
_METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Interval:
    """lo <= est <= hi."""

    lo: datetime
    est: datetime
    hi: datetime


def age_of(now_client: datetime | None, t_client: datetime | None) -> timedelta:
    """How long before sending the phone captured it; zero where it says nothing or something impossible."""
    if now_client is None or t_client is None:
        return timedelta(0)
    return max(timedelta(0), min(now_client - t_client, LONGEST_AGE))


def interval(*, received: datetime, age: timedelta, floor: datetime, after: datetime | None) -> Interval:
    """When a capture happened. `floor` is when it was possible at all: the rally is open, the poster valid."""
    lo = max(floor, min(after, received)) if after is not None else floor
    lo = min(lo, received)
    return Interval(lo, clamp(received - age, lo, received), received)


def rotating_interval(shown_at: datetime, skew: float, received: datetime, guess: datetime) -> Interval:
    """A rotating code tells the time itself: from 15 s before its step to 60 s after, by our clock.

    `skew` is by how many seconds the display runs ahead.
    """
    true = shown_at - timedelta(seconds=skew)
    hi = min(true + AFTER_STEP, received)
    lo = min(true - BEFORE_STEP, hi)
    return Interval(lo, clamp(guess, lo, hi), hi)


def is_from_the_future(shown_at: datetime, skew: float, received: datetime) -> bool:
    """Whether no display can have shown this step yet. One that seems slow may have been set right meanwhile: it is given no less."""
    return shown_at - timedelta(seconds=max(0.0, skew)) > received + STEP + AHEAD


def fits_step(shown_at: datetime, skew: float, captured: datetime) -> bool:
    """Whether a capture lies within the window of the step that it shows."""
    true = shown_at - timedelta(seconds=skew)
    return true - BEFORE_STEP <= captured <= true + AFTER_STEP


def clamp(moment: datetime, lo: datetime, hi: datetime) -> datetime:
    return max(lo, min(moment, hi))


# --- the speed check -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Presence:
    """Somebody was at a point some time within lo..hi."""

    lat: float
    lon: float
    lo: datetime
    hi: datetime
    name: str = ""


def distance(a: Presence, b: Presence) -> float:
    """Metres as the crow flies, within one region; what the flat reckoning is off by lies within the slack."""
    middle = math.radians((a.lat + b.lat) / 2)
    return math.hypot(
        (a.lat - b.lat) * _METRES_PER_DEGREE, (a.lon - b.lon) * _METRES_PER_DEGREE * math.cos(middle)
    )


def is_too_fast(a: Presence, b: Presence) -> bool:
    """Whether nobody can have been at both, even with the longest time that the intervals allow between them."""
    longest = max(b.hi - a.lo, a.hi - b.lo).total_seconds()
    return distance(a, b) > FASTEST / 3.6 * max(0.0, longest) + SLACK


def too_fast(presences: Iterable[Presence]) -> list[tuple[Presence, Presence]]:
    """Every pair that is too far apart for its time. A soft signal: shown to the desk, never a refusal."""
    ordered = sorted(presences, key=lambda one: (one.lo, one.hi, one.name))
    return [(a, b) for place, a in enumerate(ordered) for b in ordered[place + 1 :] if is_too_fast(a, b)]


# --- moments in messages -------------------------------------------------------------------------------------------


def from_milliseconds(value: object) -> datetime | None:
    """JavaScript's Date.now() as a moment; None for anything that is none. A clock three years wrong is a moment."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -6e13 < value < 2.5e14:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)


def to_milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
