"""A rally's rules as plain values, read once and kept in the process until their version changes.

A sync asks for one row (versions, under a shared lock) and finds everything else here, so a new stamp costs few statements.
Changes go through `touch()`, which takes the row first: no sync is halfway through while a poster is revoked.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Select, bindparam, or_, select, update
from sqlalchemy.orm import joinedload, selectinload

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.factories.models import Entry, OpeningPlace
from eventapp.festivals.models import PUBLIC, Edition, Festival
from eventapp.stamps.models import (
    KeyGeneration,
    KeyState,
    Policy,
    Poster,
    Prize,
    PrizeKind,
    Rally,
    RallyState,
    Scan,
    Station,
)

FRESH = timedelta(seconds=30)  # so often the skew of displays is looked at again
EARLY, LATE = timedelta(minutes=15), timedelta(minutes=30)  # around opening hours nobody is asked to explain
MOST_SKEW, CARDS_FOR_SKEW, LATEST_CARDS = 300.0, 5, 25
HALF_STEP = 7.5  # seconds: scans are logged with the middle of the step that they showed
Span = tuple[datetime, datetime]
Where = int | tuple[str, str]  # a rally's id, or the slugs of festival and edition for what visitors may see


@dataclass(frozen=True)
class StationRule:
    id: int
    code: str
    number: int
    policy: Policy
    is_active: bool
    hours: tuple[Span, ...]  # empty: as long as the rally is open
    point: tuple[float, float] | None
    area: str
    craft: str
    factory_id: int | None

    def is_open(self, moment: datetime) -> bool:
        return not self.hours or any(start - EARLY <= moment <= end + LATE for start, end in self.hours)


@dataclass(frozen=True)
class PosterRule:
    id: int
    pid: int
    kid: int
    station_id: int
    short_code: str
    is_display: bool
    valid_from: datetime
    revoked_at: datetime | None
    skew: float  # seconds by which its display runs ahead of us


@dataclass(frozen=True)
class KidRule:
    kid: int
    state: KeyState
    key: bytes = field(repr=False)
    retired_at: datetime | None = None


@dataclass(frozen=True)
class PrizeRule:
    id: int
    code: str
    position: int
    kind: PrizeKind
    needed: int
    stations: tuple[str, ...]
    is_ordered: bool
    area: str
    craft: str
    is_active: bool
    counts_held: bool  # the first tier


@dataclass(frozen=True)
class Rules:
    """Everything about a rally that a scan is judged by."""

    rally_id: int
    edition_id: int
    festival_id: int
    version: tuple[int, int]
    read_at: datetime
    zone: ZoneInfo
    state: RallyState
    opens_at: datetime
    closes_at: datetime
    most_per_step: int
    stations: Mapping[int, StationRule]
    posters: Mapping[int, PosterRule]  # by pid
    kids: Mapping[int, KidRule]
    prizes: Sequence[PrizeRule]

    @cached_property
    def keys(self) -> dict[int, bytes]:
        return {kid: rule.key for kid, rule in self.kids.items()}

    @cached_property
    def _by_code(self) -> dict[str, StationRule]:
        return {one.code: one for one in self.stations.values()}

    def station(self, code: str) -> StationRule | None:
        return self._by_code.get(code)

    def poster_by_short_code(self, code: str) -> PosterRule | None:
        return next((one for one in self.posters.values() if one.short_code == code), None)


def touch(rally_id: int) -> None:
    """Say that the rules have changed; first thing in the transaction that changes them, before it asks the clock."""
    db.session.execute(
        update(Rally).where(Rally.id == rally_id).values(rules_version=Rally.rules_version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def get_rules(where: Where, *, locking: bool = False) -> Rules:
    """The rules as they are now: one statement if they are known. Raises NotThere.

    `locking` holds the rally's row, shared, to the end of the transaction, so that they also stay so.
    """
    connection = db.session.connection()
    values = {"rally": where} if isinstance(where, int) else {"festival": where[0], "edition": where[1]}
    row = connection.execute(_versions(isinstance(where, int), locking), values).first()
    if row is None:
        raise NotThere(where)
    version = (row[1], row[2])
    known, now = find_known(row[0]), clock.now()
    if known is None or known.version != version or not timedelta(0) <= now - known.read_at < FRESH:
        known = _read(row[0], version, now)
    _keep(where, known)
    return known


def find_known(where: Where) -> Rules | None:
    """What this process last read: good enough to check MACs before a transaction, where the keys cannot change."""
    return _known.get((db.engine, where))


_known: dict[tuple[Engine, Where], Rules] = {}
_lock = threading.Lock()


@cache
def _versions(by_id: bool, locking: bool) -> Select[int, int, int]:
    """The row that says which rules hold; put together once."""
    asked = select(Rally.id, Rally.rules_version, Edition.content_version).join(
        Edition, Edition.id == Rally.edition_id
    )
    if by_id:
        asked = asked.where(Rally.id == bindparam("rally"))
    else:
        festival = select(Festival.id).where(Festival.slug == bindparam("festival")).scalar_subquery()
        seen = or_(
            *(Edition.state == state for state in sorted(PUBLIC))
        )  # IN would be put together anew each time
        asked = asked.where(
            Edition.festival_id == festival,
            Edition.slug == bindparam("edition"),
            seen,
            Rally.state != RallyState.DRAFT,
        )
    return asked.with_for_update(read=True, of=Rally) if locking else asked


def _keep(where: Where, rules: Rules) -> None:
    if find_known(where) is rules and find_known(rules.rally_id) is rules:
        return
    with _lock:
        if len(_known) > 200:
            _known.clear()
        _known[db.engine, where] = _known[db.engine, rules.rally_id] = rules


def _read(rally_id: int, version: tuple[int, int], now: datetime) -> Rules:
    from eventapp.stamps.keys import generation_key

    rally = db.session.get_one(Rally, rally_id)
    edition = rally.edition
    opens_at, closes_at = opening_of(rally)
    skews = _skews(rally_id)
    posters = db.session.scalars(
        select(Poster).where(Poster.rally_id == rally_id).options(joinedload(Poster.key))
    ).all()
    generations = db.session.scalars(select(KeyGeneration).where(KeyGeneration.rally_id == rally_id)).all()
    return Rules(
        rally_id=rally_id, edition_id=edition.id, festival_id=edition.festival_id, version=version, read_at=now, zone=edition.zone,
        state=rally.state, opens_at=opens_at, closes_at=closes_at, most_per_step=rally.most_per_step,
        stations={one.id: _station(one, edition.zone) for one in _stations(rally_id)},
        posters={one.pid: _poster(one, skews.get(one.id, 0.0)) for one in posters},
        kids={one.kid: KidRule(one.kid, one.state, generation_key(one), one.retired_at) for one in generations},
        prizes=_prizes(rally_id),
    )  # fmt: skip


def opening_of(rally: Rally) -> Span:
    """When scans count: as said, else all of the edition's days."""
    edition = rally.edition
    first = edition.first_day or clock.local(rally.created_at, edition.zone).date()
    last = edition.last_day or first
    return (
        rally.opens_at or clock.day_bounds(first, edition.zone)[0],
        rally.closes_at or clock.day_bounds(last, edition.zone)[1],
    )


def _stations(rally_id: int) -> Sequence[Station]:
    return db.session.scalars(
        select(Station).where(Station.rally_id == rally_id).order_by(Station.number)
        .options(selectinload(Station.entry).selectinload(Entry.openings))
    ).unique().all()  # fmt: skip


def _station(station: Station, zone: ZoneInfo) -> StationRule:
    factory = station.entry.factory if station.entry is not None else None
    return StationRule(
        id=station.id, code=station.code, number=station.number, policy=station.policy, is_active=station.is_active,
        hours=tuple(hours_of(station, zone)), point=station.point, area=factory.area.get("ja", "") if factory else "",
        craft=factory.craft.value if factory else "", factory_id=factory.id if factory else None,
    )  # fmt: skip


def hours_of(station: Station, zone: ZoneInfo) -> list[Span]:
    """When the station is open, in order: its own hours, else those of its factory."""
    if station.hours:
        return sorted(_span(stretch, zone) for stretch in station.hours)
    if station.entry is None:
        return []
    entry = station.entry
    place = OpeningPlace.ENTRANCE if entry.at_factory else OpeningPlace.BOOTH
    return sorted(
        (clock.at(one.date, one.opens, zone), clock.at(one.date, one.closes, zone))
        for one in entry.openings
        if one.place == place
    )


def _span(stretch: Sequence[Any], zone: ZoneInfo) -> Span:
    day, opens, closes = stretch
    on = date.fromisoformat(str(day))
    return clock.at(on, time.fromisoformat(str(opens)), zone), clock.at(
        on, time.fromisoformat(str(closes)), zone
    )


def _poster(poster: Poster, skew: float) -> PosterRule:
    return PosterRule(poster.id, poster.pid, poster.key.kid, poster.station_id, poster.short_code, poster.is_display,
                      poster.valid_from, poster.revoked_at, skew)  # fmt: skip


def _prizes(rally_id: int) -> tuple[PrizeRule, ...]:
    found = db.session.scalars(
        select(Prize).where(Prize.rally_id == rally_id).options(joinedload(Prize.course)).order_by(Prize.position, Prize.id)
    ).all()  # fmt: skip
    first = next((one.position for one in found if one.is_active), None)
    return tuple(
        PrizeRule(
            id=one.id, code=one.code, position=one.position, kind=one.kind, needed=one.needed,
            stations=tuple((one.course.stations if one.course else []) if one.kind == PrizeKind.COURSE else one.stations),
            is_ordered=bool(one.course and one.course.is_ordered), area=one.area, craft=one.craft, is_active=one.is_active,
            counts_held=one.position == first,
        )
        for one in found
    )  # fmt: skip


def _skews(rally_id: int) -> dict[int, float]:
    """By how many seconds each display runs ahead, learnt from the latest cards that scanned it with a signal; within five minutes.

    The earliest scan of a code tells it best: a code can only be late, by the way it went or because somebody passed it on, and
    nobody can be early with one. So whoever sends old codes, however often, does not make the display seem slow.
    """
    latest = (
        select(Scan.poster_id, Scan.card_id, Scan.offset_s)
        .where(Scan.rally_id == rally_id, Scan.offset_s.is_not(None), Scan.poster_id.is_not(None))
        .order_by(Scan.id.desc()).limit(40 * LATEST_CARDS)
    )  # fmt: skip
    seen: dict[int, dict[int, float]] = {}
    for poster_id, card_id, offset in db.session.execute(latest):
        if poster_id is None or offset is None:
            continue
        cards = seen.setdefault(poster_id, {})
        if card_id in cards or len(cards) < LATEST_CARDS:
            cards[card_id] = max(offset, cards.get(card_id, offset))
    return {
        poster_id: max(-MOST_SKEW, min(MOST_SKEW, max(cards.values()) - HALF_STEP))
        for poster_id, cards in seen.items() if len(cards) >= CARDS_FOR_SKEW
    }  # fmt: skip
