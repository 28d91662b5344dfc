"""One visitor, several cards: LINE's browser, Safari, the home-screen app and a second phone become one card.

Merging A into B unites stamps (the earliest wins), awards and claims (what was handed over for either is handed over for B), and
A becomes an alias: its phone goes on with its own code and secret and finds everything on B.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update

from eventapp import audit, clock
from eventapp.db import db
from eventapp.i18n import RuleError, lazy
from eventapp.stamps import books, timing, tokens
from eventapp.stamps.books import CardRow
from eventapp.stamps.models import Award, Card, CardKind, Claim, ClaimState, RecoveryCode, Stamp, Status
from eventapp.stamps.rules import Rules, get_rules
from eventapp.stamps.timing import Presence

MOST_MERGES = 5
TRIES_AN_HOUR = 5
SPOKEN_LETTERS = 12
_RANK = {Status.OK: 2, Status.HELD: 1, Status.VOID: 0}


class MergeError(RuleError):
    """The cards cannot become one."""


@dataclass(frozen=True)
class Shown:
    """A fresh recovery code: a token for the QR code and the address, or letters to say."""

    text: str

    @property
    def spoken(self) -> str:
        """In groups of four."""
        return "-".join(self.text[place : place + 4] for place in range(0, len(self.text), 4))


def merge(source_id: int, target_id: int, *, by: str = "visitor") -> int:
    """Let the first card go into the second; returns the id of the card that stays. Again, it changes nothing.

    Raises MergeError. Both may have been merged before: then those that they went into are merged.
    """
    source, target = _take_both(source_id, target_id)
    if source.id == target.id:
        return target.id
    if source.rally_id != target.rally_id:
        raise MergeError(lazy("These cards belong to different rallies."))
    a, b = db.session.get_one(Card, source.id), db.session.get_one(Card, target.id)
    rules = get_rules(target.rally_id)
    count = _count_merge(a, b)
    b.merge_looked_odd = b.merge_looked_odd or a.merge_looked_odd or _looks_odd(a.id, b.id, rules)
    _unite_stamps(a.id, b.id)
    _unite_awards(a.id, b.id)
    b.merges = count
    db.session.execute(
        update(Card).where(or_(Card.id == a.id, Card.merged_into_id == a.id)).values(merged_into_id=b.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    db.session.flush()
    books.grant(rules, books.read_book(target), clock.now())
    audit.record(
        "card.merged", f"card:{b.handle}", festival_id=rules.festival_id, by=by, details={"from": a.handle}
    )
    db.session.expire_all()
    return target.id


def _take_both(source_id: int, target_id: int) -> tuple[CardRow, CardRow]:
    """Both rows, the lower number first, so that A into B and B into A at once do not wait for each other."""
    roots = {each: books.find_root(each) for each in (source_id, target_id)}
    taken = {each: books.take_root(each) for each in sorted(roots.values())}
    source, target = taken[roots[source_id]], taken[roots[target_id]]
    return source, target


def _count_merge(a: Card, b: Card) -> int:
    """Empty cards come in freely; five cards with stamps are a family's phones, more are something else."""
    has_stamps = db.session.scalar(select(Stamp.id).where(Stamp.card_id == a.id).limit(1)) is not None
    count = a.merges + b.merges + int(has_stamps)
    if has_stamps and count > MOST_MERGES:
        raise MergeError(
            lazy("This card has already taken in five others. Please ask the staff at the desk.")
        )
    return count


def _looks_odd(a_id: int, b_id: int, rules: Rules) -> bool:
    """Whether no one person can have made both: shown to the desk, refused to nobody."""
    stamps = db.session.scalars(
        select(Stamp).where(Stamp.card_id.in_((a_id, b_id)), Stamp.status != Status.VOID)
    ).all()
    return bool(timing.too_fast(presences(stamps, rules)))


def presences(stamps: Any, rules: Rules) -> list[Presence]:
    """Where and when the holder of these stamps was, as far as stations have a point."""
    found = []
    for one in stamps:
        station = rules.stations.get(one.station_id)
        if station is not None and station.point is not None:
            found.append(Presence(station.point[0], station.point[1], one.t_lo, one.t_hi, station.code))
    return found


def _unite_stamps(a_id: int, b_id: int) -> None:
    mine = {one.station_id: one for one in db.session.scalars(select(Stamp).where(Stamp.card_id == b_id))}
    for stamp in db.session.scalars(select(Stamp).where(Stamp.card_id == a_id).order_by(Stamp.id)).all():
        other = mine.get(stamp.station_id)
        if other is None:
            stamp.card_id = b_id
        else:
            _unite(stamp, other)
            db.session.delete(stamp)
    db.session.flush()


def _unite(stamp: Stamp, into: Stamp) -> None:
    """The better standing, the earliest scan, the latest visit."""
    if _RANK[stamp.status] > _RANK[into.status]:
        into.status, into.reason = stamp.status, stamp.reason
    if (stamp.t_est, stamp.first_scan) < (into.t_est, into.first_scan):
        into.t_est, into.first_scan, into.t_lo, into.t_hi = (
            stamp.t_est,
            stamp.first_scan,
            stamp.t_lo,
            stamp.t_hi,
        )
    into.t_last = max(into.t_last, stamp.t_last)


def _unite_awards(a_id: int, b_id: int) -> None:
    """What either had earned, B has; what was handed over for either was handed over for B.

    An award that B had too stays with A, where nothing can be handed over any more: its certificate may be out at a desk
    without a signal, and must still be known when it comes back.
    """
    mine = {one.prize_id: one for one in db.session.scalars(select(Award).where(Award.card_id == b_id))}
    for award in db.session.scalars(select(Award).where(Award.card_id == a_id).order_by(Award.id)).all():
        other = mine.get(award.prize_id)
        if other is None:
            award.card_id = b_id
        elif not _is_claimed(other):
            db.session.execute(
                update(Claim).where(Claim.award_id == award.id, Claim.state == ClaimState.LIVE).values(award_id=other.id)
                .execution_options(synchronize_session=False)
            )  # fmt: skip
    db.session.flush()


def _is_claimed(award: Award) -> bool:
    live = select(Claim.id).where(Claim.award_id == award.id, Claim.state == ClaimState.LIVE)
    return db.session.scalar(live) is not None


# --- recovery ------------------------------------------------------------------------------------------------------


def make_recovery(card: Card, *, is_spoken: bool = False) -> Shown:
    """A way to this card from another phone. The token works again and again; the spoken form once."""
    if is_spoken:
        shown = _free_letters()
        selector, secret = f"S{shown[:4]}", shown[4:]
    else:
        selector, secret = tokens.random_letters(7), tokens.random_letters(16)
        shown = tokens.make_recovery(selector, secret)
    db.session.add(
        RecoveryCode(selector=selector, secret_hash=books.hash_secret(secret), is_spoken=is_spoken, card_id=card.id,
                     made_at=clock.now())
    )  # fmt: skip
    return Shown(shown)


def _free_letters() -> str:
    while True:
        letters = tokens.random_letters(SPOKEN_LETTERS)
        if (
            db.session.scalar(select(RecoveryCode.id).where(RecoveryCode.selector == f"S{letters[:4]}"))
            is None
        ):
            return letters


def find_recovery(typed: str) -> Card | None:
    """The card that a recovery code opens, or None. Counts the try: the caller's transaction must commit either way."""
    try:
        letters = tokens.normalize(typed)
    except tokens.TokenError:
        return None
    if len(letters) == SPOKEN_LETTERS:
        return _open(f"S{letters[:4]}", letters[4:], is_spoken=True)
    try:
        fields = tokens.decode(letters)
    except tokens.TokenError:
        return None
    return (
        _open(fields.selector, fields.secret, is_spoken=False)
        if isinstance(fields, tokens.RecoveryToken)
        else None
    )


def _open(selector: str, secret: str, *, is_spoken: bool) -> Card | None:
    now = clock.now()
    hour_ago = now - timedelta(hours=1)
    begun = or_(RecoveryCode.counted_since.is_(None), RecoveryCode.counted_since <= hour_ago)
    mine = (RecoveryCode.selector == selector) & (RecoveryCode.is_spoken == is_spoken)
    quiet = {"synchronize_session": False}
    db.session.execute(
        update(RecoveryCode)
        .where(mine, begun)
        .values(failures=0, counted_since=now)
        .execution_options(**quiet)
    )
    counted = (
        update(RecoveryCode).where(mine, RecoveryCode.failures < TRIES_AN_HOUR, RecoveryCode.used_at.is_(None))
        .values(failures=RecoveryCode.failures + 1).returning(RecoveryCode.id, RecoveryCode.secret_hash, RecoveryCode.card_id)
    )  # fmt: skip
    row = db.session.execute(counted.execution_options(**quiet)).first()
    if row is None or not hmac.compare_digest(row.secret_hash, books.hash_secret(secret)):
        return None
    used: dict[str, Any] = {"failures": 0} | ({"used_at": now} if is_spoken else {})
    db.session.execute(
        update(RecoveryCode).where(RecoveryCode.id == row.id).values(**used).execution_options(**quiet)
    )
    return db.session.get_one(Card, row.card_id, populate_existing=True)


def join(rally_id: int, code: str, secret: str, typed: str) -> Card | None:
    """Let this phone's card go into the one that a recovery code opens; None where the code is wrong, which is counted.

    Raises MergeError, CardRefused.
    """
    theirs = find_recovery(typed)
    if theirs is None or theirs.rally_id != rally_id:
        return None
    mine = books.take_card(rally_id, code, books.hash_secret(secret), clock.now())
    return db.session.get_one(Card, merge(mine.id, theirs.id), populate_existing=True)


def merge_by_secrets(rally_id: int, mine: tuple[str, str], theirs: tuple[str, str]) -> Card:
    """Merge two cards whose codes and secrets one phone has: `theirs` goes into `mine`. Raises MergeError, CardRefused."""
    now = clock.now()
    ids = [
        books.take_card(rally_id, code, books.hash_secret(secret), now).id
        for code, secret in sorted({mine, theirs})
    ]
    by_code = dict(zip(sorted({mine, theirs}), ids, strict=True))
    return db.session.get_one(Card, merge(by_code[theirs], by_code[mine]), populate_existing=True)


def find_phone_card(rally_id: int, code: str) -> Card | None:
    return db.session.scalar(
        select(Card).where(Card.rally_id == rally_id, Card.code == code, Card.kind == CardKind.PHONE)
    )
