"""The time, asked in one place, so that a test or a trial can hold it still or move it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Source = Callable[[], datetime]


def _system() -> datetime:
    return datetime.now(UTC)


_source: Source = _system
_shown_in: ContextVar[ZoneInfo | None] = ContextVar("shown_in", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _source()


def start_at(moment: datetime) -> None:
    """Let the clock run on from `moment` (the EVENTAPP_NOW of trials), for the whole process."""
    global _source
    ahead = moment - _system()
    _source = lambda: _system() + ahead  # noqa: E731


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Hold the time still for a test. Nested uses move it."""
    global _source
    before, _source = _source, lambda: moment
    try:
        yield
    finally:
        _source = before


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """Read `2025-10-01` or an ISO date and time; without an offset it is local time of `zone`."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The wall clock of `zone` at `moment`."""
    return moment.astimezone(zone)


@contextmanager
def shown_in(zone: ZoneInfo) -> Iterator[None]:
    """Write times as the clocks of `zone` show them for a while, as the worker does for a mail."""
    token = _shown_in.set(zone)
    try:
        yield
    finally:
        _shown_in.reset(token)


def find_shown_in() -> ZoneInfo | None:
    """The zone in which times are written at the moment, if somebody has said so."""
    return _shown_in.get()


def at(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The moment at which the clocks of `zone` show `wall` on `day`, in UTC.

    A wall time that a change to summer time skips is read as the moment an hour later; Japan has none.
    """
    return datetime.combine(day, wall, zone).astimezone(UTC)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a local day and of the day after it, in UTC."""
    return at(day, time.min, zone), at(day + timedelta(days=1), time.min, zone)
