"""A card's book: everything about a card in one statement, and what changed in it written in one statement a table.

A scan is the commonest thing that is written here, and many phones wait for the same lock. So the statements are put together
once, work on tables and not on objects, and are given their values. Every function runs inside the caller's transaction; reading
may also be asked outside.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite

from eventapp.db import db, is_writing
from eventapp.i18n import RuleError, lazy
from eventapp.stamps import tokens
from eventapp.stamps.earning import Earned, earned
from eventapp.stamps.models import Award, Card, CardKind, Claim, ClaimState, Scan, Stamp, Status, Verdict
from eventapp.stamps.rules import Rules


class CardRefused(RuleError):
    """The secret is not this card's, or the card belongs to another rally."""


class CardDeleted(CardRefused):
    """Its visitor has deleted this card: the phone forgets it too."""


@dataclass(frozen=True, slots=True)
class CardRow:
    """The card that stamps go to (`id`, after merging) and the one that asked (`code`)."""

    id: int
    code: str
    handle: str
    rally_id: int
    root_code: str
    kind: CardKind = CardKind.PHONE


@dataclass(slots=True)
class Standing:
    """A stamp as it stands while a batch is worked through."""

    station_id: int
    status: Status
    reason: str
    first_scan: str
    t_est: datetime
    t_lo: datetime
    t_hi: datetime
    t_last: datetime
    id: int | None = None
    changed: bool = False

    def values(self) -> dict[str, Any]:
        return {
            "station_id": self.station_id, "status": self.status, "reason": self.reason, "first_scan": self.first_scan,
            "t_est": self.t_est, "t_lo": self.t_lo, "t_hi": self.t_hi, "t_last": self.t_last,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A scan that is in the log already."""

    card_id: int
    station_id: int | None
    verdict: Verdict
    reason: str
    t_est: datetime


@dataclass(slots=True)
class Book:
    """All that is known of a card, read in one statement after its row is taken."""

    card: CardRow
    stamps: dict[int, Standing] = field(default_factory=dict)  # by station
    awards: dict[int, tuple[str, bool, datetime]] = field(
        default_factory=dict
    )  # prize: (code, claimed, earned)
    scans: dict[str, Known] = field(default_factory=dict)  # asked for, and already in the log
    seq_count: int = 0
    seq_highest: int = 0
    steps: dict[tuple[int, int], int] = field(default_factory=dict)  # (poster, step): cards
    new_awards: list[Earned] = field(default_factory=list)


def table(model: Any) -> SqlTable:
    """The table of a model, for statements that know no objects."""
    found: SqlTable = model.__table__
    return found


CARD, SCAN, STAMP, AWARD, CLAIM = (table(model) for model in (Card, Scan, Stamp, Award, Claim))


def connection() -> Connection:
    """The session's own connection, with everything sent that waits in the session."""
    session = db.session()
    session.flush()
    return session.connection()


def writing_connection() -> Connection:
    """The same for statements that write. Outside transaction() it is an error, as everywhere."""
    if not is_writing():
        raise RuntimeError("a write outside transaction()")
    return connection()


# --- the card ------------------------------------------------------------------------------------------------------


def hash_secret(secret: str) -> str:
    """Secrets have 80 random bits or more, so one round is enough."""
    return sha256(f"card/{secret}".encode()).hexdigest()


def is_secret(card: Card, secret: str) -> bool:
    """Whether this is the card's secret; compared in constant time."""
    return bool(card.secret_hash) and hmac.compare_digest(card.secret_hash, hash_secret(secret))


def take_card(rally_id: int, code: str, secret_hash: str, now: datetime) -> CardRow:
    """The card with this code, made if it is new; its row is ours until the transaction ends. Raises CardRefused."""
    there = writing_connection()
    values = {"code": code, "handle": tokens.random_letters(10), "rally_id": rally_id, "secret_hash": secret_hash,
              "made_at": now, "seen_at": now}  # fmt: skip
    row = there.execute(_taking_card(there.dialect.name), values).one()
    if (
        row.rally_id != rally_id
        or row.kind != CardKind.PHONE
        or not hmac.compare_digest(row.secret_hash, secret_hash)
    ):
        raise CardRefused(
            lazy(
                "This stamp card cannot be opened with this phone. Please start a new one; it can be joined later."
            )
        )
    if row.deleted_at is not None:
        raise CardDeleted(lazy("This stamp card has been deleted."))
    if row.merged_into_id is None:
        return CardRow(row.id, code, row.handle, rally_id, code)
    return replace(take_root(row.merged_into_id), code=code)


@cache
def _taking_card(dialect: str) -> Any:
    kind = postgresql if dialect == "postgresql" else sqlite
    made = kind.insert(CARD).values(kind=CardKind.PHONE, merges=0, merge_looked_odd=False)
    taken = made.on_conflict_do_update(index_elements=["code"], set_={"seen_at": made.excluded.seen_at})
    return taken.returning(CARD.c.id, CARD.c.rally_id, CARD.c.secret_hash, CARD.c.merged_into_id, CARD.c.handle, CARD.c.kind,
                           CARD.c.deleted_at)  # fmt: skip


_TAKING_ROOT = (
    CARD.update().where(CARD.c.id == bindparam("card")).values(seen_at=CARD.c.seen_at)
    .returning(CARD.c.id, CARD.c.code, CARD.c.handle, CARD.c.rally_id, CARD.c.merged_into_id, CARD.c.kind)
)  # fmt: skip


def find_root(card_id: int) -> int:
    """The id of the card into which this one went at last, as it is now; `take_root` takes its row too."""
    while (into := db.session.scalar(select(Card.merged_into_id).where(Card.id == card_id))) is not None:
        card_id = into
    return card_id


def take_root(card_id: int) -> CardRow:
    """The card into which this one went at last; its row is ours until the transaction ends."""
    while True:
        row = writing_connection().execute(_TAKING_ROOT, {"card": card_id}).one()
        if row.merged_into_id is None:
            return CardRow(row.id, row.code, row.handle, row.rally_id, row.code, row.kind)
        card_id = row.merged_into_id


# --- reading -------------------------------------------------------------------------------------------------------


def read_book(
    card: CardRow, device: str = "", scan_ids: Iterable[str] = (), steps: Iterable[tuple[int, int]] = ()
) -> Book:  # fmt: skip
    """Everything about a card, in one statement."""
    book, scans, pictures = Book(card), sorted(scan_ids), sorted(steps)
    values: dict[str, Any] = {"card": card.id}
    if scans:
        values["scans"] = scans if len(scans) > 1 else scans[0]
    if device:
        values["device"] = device
    for place, (poster_id, step) in enumerate(pictures):
        values |= {f"poster{place}": poster_id, f"step{place}": step}
    for row in connection().execute(_reading(min(len(scans), 2), bool(device), len(pictures)), values).all():
        _ENTER[row[0]](book, row)
    return book


@lru_cache(maxsize=64)
def _reading(scans: int, with_device: bool, pictures: int) -> Any:
    """`scans`: none, one, or (2) any number, which SQLAlchemy must put together anew each time."""
    parts = [_STAMPS_OF, _AWARDS_OF, *((), (_SCAN_OF,), (_SCANS_OF,))[scans]]
    parts += [_SEQS_OF] if with_device else []
    parts += [_cards_on(place) for place in range(pictures)]
    return union_all(*parts)


_STAMP, _AWARD, _SCAN, _SEQ, _STEP, _CLAIMED, _NOTHING = (
    literal_column(f"'{word}'", String) for word in ("stamp", "award", "scan", "seq", "step", "claimed", "")
)  # in the statement itself: they are no values
_STAMPS_OF = select(
    _STAMP, STAMP.c.id, STAMP.c.station_id, cast(STAMP.c.status, String), STAMP.c.first_scan, STAMP.c.reason,
    STAMP.c.t_est, STAMP.c.t_lo, STAMP.c.t_hi, STAMP.c.t_last,
).where(STAMP.c.card_id == bindparam("card"))  # fmt: skip
_AWARDS_OF = (
    select(_AWARD, AWARD.c.id, AWARD.c.prize_id, case((CLAIM.c.id.is_not(None), _CLAIMED), else_=_NOTHING), AWARD.c.code,
           _NOTHING, AWARD.c.earned_at, null(), null(), null())
    .select_from(AWARD.outerjoin(CLAIM, (CLAIM.c.award_id == AWARD.c.id) & (CLAIM.c.state == literal_column(f"'{ClaimState.LIVE.value}'"))))
    .where(AWARD.c.card_id == bindparam("card"))
)  # fmt: skip
_SCAN_LINES = select(
    _SCAN, SCAN.c.card_id, SCAN.c.station_id, cast(SCAN.c.verdict, String), SCAN.c.scan_id, SCAN.c.reason, SCAN.c.t_est,
    null(), null(), null(),
)  # fmt: skip
_SCAN_OF = _SCAN_LINES.where(SCAN.c.scan_id == bindparam("scans"))
_SCANS_OF = _SCAN_LINES.where(SCAN.c.scan_id.in_(bindparam("scans", expanding=True)))
_SEQS_OF = select(
    _SEQ, func.count(SCAN.c.seq.distinct()), func.max(SCAN.c.seq), _NOTHING, _NOTHING, _NOTHING,
    null(), null(), null(), null(),
).where(SCAN.c.device == bindparam("device"), SCAN.c.seq > 0)  # fmt: skip


def _cards_on(place: int) -> Select[Any]:
    """How many cards were on one picture of a display."""
    poster, step = (
        bindparam(f"poster{place}", type_=SCAN.c.poster_id.type),
        bindparam(f"step{place}", type_=SCAN.c.step.type),
    )
    counted = (
        select(func.count(SCAN.c.card_id.distinct())).where(SCAN.c.poster_id == poster, SCAN.c.step == step).scalar_subquery()
    )  # fmt: skip
    return select(
        _STEP,
        counted,
        poster,
        cast(step, String),
        _NOTHING,
        _NOTHING,
        null(),
        null(),
        null(),
        null(),
    )


def _enter_stamp(book: Book, row: Any) -> None:
    _kind, one, station_id, status, first_scan, reason, est, lo, hi, last = row
    book.stamps[station_id] = Standing(
        station_id, Status(status), reason, first_scan, est, lo, hi, last, id=one
    )


def _enter_award(book: Book, row: Any) -> None:
    _kind, _award, prize_id, state, code, _reason, earned_at, *_rest = row
    book.awards[prize_id] = (code, state == "claimed", earned_at)


def _enter_scan(book: Book, row: Any) -> None:
    _kind, card_id, station_id, verdict, scan_id, reason, t_est, *_rest = row
    book.scans[scan_id] = Known(card_id, station_id, Verdict(verdict), reason, t_est)


def _enter_seqs(book: Book, row: Any) -> None:
    book.seq_count, book.seq_highest = row[1], row[2] or 0


def _enter_step(book: Book, row: Any) -> None:
    book.steps[row[2], int(row[3])] = row[1]


_ENTER = {
    "stamp": _enter_stamp,
    "award": _enter_award,
    "scan": _enter_scan,
    "seq": _enter_seqs,
    "step": _enter_step,
}

_ALL_SEQS = select(SCAN.c.seq).where(SCAN.c.device == bindparam("device"), SCAN.c.seq > 0)


def read_seqs(device: str) -> set[int]:
    """Every number that is stored from a device."""
    return set(connection().scalars(_ALL_SEQS, {"device": device}))


def read_aliases(card_id: int) -> set[int]:
    """The card and everything that was merged into it."""
    return {card_id, *connection().scalars(select(CARD.c.id).where(CARD.c.merged_into_id == card_id))}


# --- writing -------------------------------------------------------------------------------------------------------

_ADD_SCANS, _ADD_STAMPS, _ADD_AWARDS = (
    SCAN.insert().inline(),
    STAMP.insert().inline(),
    AWARD.insert().inline(),
)
_CHANGE_STAMPS = STAMP.update().where(STAMP.c.id == bindparam("stamp"))


def write(rules: Rules, book: Book, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """The lines of the log, the stamps they changed, and the prizes that were earned by it."""
    there = writing_connection()
    if rows:
        there.execute(_ADD_SCANS, list(rows))
    new = [one.values() | {"card_id": book.card.id} for one in book.stamps.values() if one.id is None]
    if new:
        there.execute(_ADD_STAMPS, new)
    changed = [one.values() | {"stamp": one.id} for one in book.stamps.values() if one.changed and one.id is not None]  # fmt: skip
    if changed:
        there.execute(_CHANGE_STAMPS, changed)
    if new or changed:
        grant(rules, book, now)


def grant(rules: Rules, book: Book, now: datetime) -> None:
    """Write down what the card has earned and did not have yet. Never takes anything back."""
    fresh = [one for one in earned(rules, book.stamps.values()) if one.prize.id not in book.awards]
    rows = [
        {"code": tokens.random_letters(16), "card_id": book.card.id, "prize_id": one.prize.id, "stamps": one.stamps, "earned_at": now}
        for one in fresh
    ]  # fmt: skip
    if rows:
        writing_connection().execute(_ADD_AWARDS, rows)
    book.new_awards += fresh
    book.awards |= {
        one.prize.id: (str(row["code"]), False, now) for one, row in zip(fresh, rows, strict=True)
    }
