"""Reads of a rally that several pages share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition
from eventapp.stamps import books, keys, timing, tokens
from eventapp.stamps.books import Book
from eventapp.stamps.models import (
    Card,
    CardKind,
    Desk,
    KeyState,
    Policy,
    Poster,
    Prize,
    Rally,
    RallyState,
    Scan,
    Stamp,
    Station,
    Status,
    Verdict,
)
from eventapp.stamps.rules import Rules, get_rules
from eventapp.stamps.tokens import PaperToken, PosterToken, RecoveryToken, RotatingToken, TokenError


def find_rally(edition: Edition) -> Rally | None:
    """The rally of an edition, in whatever state."""
    return db.session.scalar(select(Rally).where(Rally.edition_id == edition.id))


def get_public_rally(edition: Edition) -> Rally:
    """The rally that visitors may see. Raises NotThere while it is a draft."""
    rally = find_rally(edition)
    if rally is None or rally.state == RallyState.DRAFT or not edition.is_public:
        raise NotThere(edition.slug)
    return rally


def list_stations(rally: Rally, *, active_only: bool = False) -> list[Station]:
    """Stations by number, with what their names need, in the same number of statements however many."""
    asked = (
        select(Station).where(Station.rally_id == rally.id).order_by(Station.number)
        .options(selectinload(Station.entry).selectinload(Entry.openings), joinedload(Station.venue))
    )  # fmt: skip
    if active_only:
        asked = asked.where(Station.is_active)
    return list(db.session.scalars(asked).unique())


def get_station(rally: Rally, code: str) -> Station:
    station = db.session.scalar(select(Station).where(Station.rally_id == rally.id, Station.code == code))
    if station is None:
        raise NotThere(code)
    return station


def get_poster(rally: Rally, pid: int) -> Poster:
    poster = db.session.scalar(select(Poster).where(Poster.rally_id == rally.id, Poster.pid == pid))
    if poster is None:
        raise NotThere(pid)
    return poster


def get_desk(rally: Rally, code: str) -> Desk:
    desk = db.session.scalar(select(Desk).where(Desk.rally_id == rally.id, Desk.code == code))
    if desk is None:
        raise NotThere(code)
    return desk


def get_prize(rally: Rally, code: str) -> Prize:
    prize = db.session.scalar(select(Prize).where(Prize.rally_id == rally.id, Prize.code == code))
    if prize is None:
        raise NotThere(code)
    return prize


@dataclass(frozen=True)
class Landing:
    """What a scanned address leads to. Looking changes nothing."""

    token: str
    fields: object
    rally: Rally
    station: Station | None
    poster: Poster | None

    @property
    def is_revoked(self) -> bool:
        return self.poster is not None and (
            self.poster.revoked_at is not None or self.poster.key.state == KeyState.RETIRED
        )


def find_landing(typed: str) -> Landing:
    """The rally and station behind a code that was opened as an address. Raises TokenError for a code nobody made."""
    token = tokens.normalize(typed)
    fields = tokens.verify(token, keys.any_source())
    if not isinstance(fields, PosterToken | RotatingToken | PaperToken):
        raise TokenError("not a code of a station")
    generation = keys.find_generation(fields.kid)
    if generation is None:
        raise TokenError("not made here")
    poster = None
    if not isinstance(fields, PaperToken):
        poster = db.session.scalar(
            select(Poster).where(Poster.rally_id == generation.rally_id, Poster.pid == fields.pid)
        )
    return Landing(token, fields, generation.rally, poster.station if poster else None, poster)


def find_by_short_code(rally: Rally, typed: str) -> Poster | None:
    """The poster whose short code was typed, revoked or not; None for any other text."""
    from eventapp import codes

    code = codes.normalize_code(typed)
    return (
        db.session.scalar(select(Poster).where(Poster.rally_id == rally.id, Poster.short_code == code))
        if code
        else None
    )


def manifest(rally: Rally) -> dict[str, Any]:
    """What a phone keeps for a day without a signal: stations, prizes, and how to recognise each live poster.

    Texts come in every language. The digests recognise a poster and cannot make one.
    """
    rules = get_rules(rally.id)
    keys_by_kid, moments = rules.keys, timing.to_milliseconds
    stations = {one.id: one for one in list_stations(rally)}
    live = [one for one in rules.posters.values()
            if one.revoked_at is None and not one.is_display and rules.kids[one.kid].state != KeyState.RETIRED]  # fmt: skip
    return {
        "v": 1,
        "name": dict(rally.name), "opens": moments(rules.opens_at), "closes": moments(rules.closes_at), "state": rules.state.value,
        "stations": [_station_json(stations[rule.id], rule) for rule in rules.stations.values() if rule.is_active],
        "posters": {tokens.digest(tokens.make_poster(one.kid, one.pid, keys_by_kid[one.kid])): rules.stations[one.station_id].code
                    for one in sorted(live, key=lambda one: one.pid)},
        "displays": {str(one.pid): rules.stations[one.station_id].code for one in rules.posters.values() if one.is_display},
        "prizes": [_prize_json(one) for one in rally.prizes if one.is_active],
        "public_key": keys.public_key(rally.id),
    }  # fmt: skip


def _station_json(station: Station, rule: Any) -> dict[str, Any]:
    return {
        "code": station.code, "number": station.number, "name": dict(station.title), "hint": dict(station.hint),
        "policy": station.policy.value, "no_camera": station.no_camera, "point": rule.point, "art": station.art,
        "area": rule.area, "craft": rule.craft,
        "hours": [[timing.to_milliseconds(moment) for moment in span] for span in rule.hours],
    }  # fmt: skip


def _prize_json(prize: Prize) -> dict[str, Any]:
    return {
        "code": prize.code, "name": dict(prize.name), "description": dict(prize.description), "kind": prize.kind.value,
        "needed": prize.needed, "stations": list(prize.course.stations) if prize.course else list(prize.stations),
        "ordered": bool(prize.course and prize.course.is_ordered), "area": prize.area, "craft": prize.craft,
        "position": prize.position, "picture": prize.picture,
    }  # fmt: skip


# --- cards ---------------------------------------------------------------------------------------------------------


def find_card(code: str, secret: str) -> Card | None:
    """The card whose secret this is, not the one it may have been merged into (`root_of`)."""
    card = db.session.scalar(select(Card).where(Card.code == code, Card.kind == CardKind.PHONE))
    return card if card is not None and books.is_secret(card, secret) else None


def root_of(card: Card) -> Card:
    """The card that this one's stamps are on."""
    while card.merged_into_id is not None:
        card = db.session.get_one(Card, card.merged_into_id)
    return card


def book_of(card: Card) -> Book:
    """Stamps and awards of a card, merged ones included, for reading. One or two statements."""
    root = root_of(card)
    return books.read_book(
        books.CardRow(root.id, card.code, root.handle, root.rally_id, root.code, root.kind)
    )


def find_card_by_token(typed: str) -> Card | None:
    """The card behind what a visitor shows (claim code) or carries (paper card). None where there is no such card yet.

    Raises TokenError for a code nobody made. How old a claim code may be is asked by `prizes.is_fresh`.
    """
    fields = tokens.verify(typed, keys.any_source())
    if isinstance(fields, tokens.ClaimToken):
        return db.session.scalar(select(Card).where(Card.handle == fields.handle))
    if isinstance(fields, PaperToken):
        generation = keys.find_generation(fields.kid)
        if generation is None:
            raise TokenError("not made here")
        return db.session.scalar(
            select(Card).where(Card.rally_id == generation.rally_id, Card.serial == fields.serial)
        )
    if isinstance(fields, RecoveryToken):
        raise TokenError("a recovery code is not shown at a desk")
    raise TokenError("not a card")


# --- the organizer's board ------------------------------------------------------------------------------------------


def list_held(rally: Rally, *, limit: int = 200) -> Sequence[Stamp]:
    """Stamps that wait for somebody to look, the oldest first."""
    return db.session.scalars(
        select(Stamp).join(Card, Card.id == Stamp.card_id)
        .where(Card.rally_id == rally.id, Stamp.status == Status.HELD)
        .options(joinedload(Stamp.station)).order_by(Stamp.t_est, Stamp.id).limit(limit)
    ).unique().all()  # fmt: skip


def count_held(rally: Rally) -> int:
    counted = select(func.count(Stamp.id)).join(Card, Card.id == Stamp.card_id)
    return db.session.scalar(counted.where(Card.rally_id == rally.id, Stamp.status == Status.HELD)) or 0


def stamps_since(rally: Rally, since: datetime) -> dict[str, int]:
    """Accepted scans by station code since a moment: the committee's live board, not for publishing."""
    rows = db.session.execute(
        select(Station.code, func.count(Scan.id)).join(Scan, Scan.station_id == Station.id)
        .where(Scan.rally_id == rally.id, Scan.received_at >= since, Scan.verdict == Verdict.ACCEPTED)
        .group_by(Station.code)
    )  # fmt: skip
    return {code: int(number) for code, number in rows}


def stamps_by_minute(rally: Rally, minutes: int = 60) -> list[tuple[datetime, int]]:
    """Accepted scans in each of the last minutes, the oldest first; the committee's live board."""
    from datetime import timedelta

    now = clock.now().replace(second=0, microsecond=0)
    start = now - timedelta(minutes=minutes - 1)
    counts = dict.fromkeys((start + timedelta(minutes=place) for place in range(minutes)), 0)
    times = db.session.scalars(
        select(Scan.received_at).where(
            Scan.rally_id == rally.id, Scan.received_at >= start, Scan.verdict == Verdict.ACCEPTED
        )
    )
    for moment in times:
        minute = moment.replace(second=0, microsecond=0)
        if minute in counts:
            counts[minute] += 1
    return sorted(counts.items())


def today_of(rules: Rules) -> date:
    return clock.local(clock.now(), rules.zone).date()


def asks_for_more(station: Station) -> bool:
    """Whether the poster alone is not enough there."""
    return station.policy != Policy.STATIC
