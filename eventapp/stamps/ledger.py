"""The ledger: the only way in which scans become stamps. One transaction for a batch, at most six statements for a new stamp.

Every function here runs inside the caller's transaction. The card's row is taken first, so one card has one writer; after that
the same scan sent a hundred times, out of order and from two tabs, comes to the same stamps and the same answers.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import String as Text
from sqlalchemy import case, cast, func, insert, literal, null, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from eventapp import clock
from eventapp.db import db
from eventapp.i18n import RuleError, lazy
from eventapp.stamps import judging, keys, timing, tokens
from eventapp.stamps import rules as rules_module
from eventapp.stamps.earning import Earned, earned
from eventapp.stamps.judging import Judged, Read
from eventapp.stamps.messages import Batch, Item, Receipt
from eventapp.stamps.models import (
    Award,
    Card,
    CardKind,
    Claim,
    ClaimState,
    Geo,
    Method,
    Scan,
    Stamp,
    Status,
    Verdict,
)
from eventapp.stamps.rules import Rules, Where

RECEIPT_LETTERS = 16  # 80 bits


class CardRefused(RuleError):
    """The secret is not this card's, or the card belongs to another rally."""


class CardDeleted(CardRefused):
    """Its visitor has deleted this card: the phone forgets it too."""


@dataclass(frozen=True)
class Checked:
    """A batch whose codes have been checked, before the transaction opens."""

    where: Where
    batch: Batch
    read: dict[str, Read]  # by scan_id
    kids: frozenset[int]  # generations that were known then
    secret_hash: str


@dataclass
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


@dataclass
class Book:
    """All that is known of a card, read in one statement after its row is taken."""

    card: "CardRow"
    stamps: dict[int, Standing] = field(default_factory=dict)  # by station
    awards: dict[int, tuple[str, bool, datetime]] = field(
        default_factory=dict
    )  # prize: (award's code, claimed, earned)
    scans: dict[str, "Known"] = field(default_factory=dict)  # asked for, and already in the log
    seq_count: int = 0
    seq_highest: int = 0
    steps: dict[tuple[int, int], int] = field(default_factory=dict)  # (poster, step): cards
    new_awards: list[Earned] = field(default_factory=list)


@dataclass(frozen=True)
class CardRow:
    """The card that stamps go to (`id`, after merging) and the one that asked (`code`)."""

    id: int
    code: str
    handle: str
    rally_id: int
    root_code: str
    kind: CardKind = CardKind.PHONE


@dataclass(frozen=True)
class Known:
    card_id: int
    station_id: int | None
    verdict: Verdict
    reason: str
    t_est: datetime


@dataclass(frozen=True)
class Result:
    """The answer to one item; final, so the phone may let it go."""

    scan_id: str
    verdict: Verdict
    reason: str
    station: str | None
    t: datetime

    def as_json(self) -> dict[str, Any]:
        return {"scan_id": self.scan_id, "verdict": self.verdict.value, "reason": self.reason, "station": self.station,
                "t": timing.to_milliseconds(self.t)}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """The answer to a batch. `as_json()` is what the phone gets."""

    rules: Rules
    book: Book
    results: tuple[Result, ...]
    ack_seq: int
    want: bool
    at: datetime

    @property
    def bad_tokens(self) -> int:
        """How many codes nobody made: what the rate limits count."""
        return sum(1 for one in self.results if one.reason == "bad_token")

    @property
    def new_prizes(self) -> list[str]:
        """Codes of prizes that were earned just now."""
        return [one.prize.code for one in self.book.new_awards]

    def as_json(self) -> dict[str, Any]:
        return {"v": 1, "ack_seq": self.ack_seq, "results": [one.as_json() for one in self.results],
                "card": card_json(self.rules, self.book), "want": self.want, "server_time": timing.to_milliseconds(self.at)}  # fmt: skip


# --- syncing -------------------------------------------------------------------------------------------------------


def check(where: Where, batch: Batch) -> Checked:
    """Check every code of a batch; outside the transaction, so nobody waits for it. Raises NotThere."""
    known = rules_module.find_known(where) or rules_module.get_rules(where)
    read = {item.scan_id: judging.read(item, known) for item in batch.items if item.token}
    return Checked(where, batch, read, frozenset(known.kids), hash_secret(batch.secret))


def sync(checked: Checked) -> Answer:
    """Write a checked batch down and answer it. Idempotent. Raises NotThere, CardRefused."""
    batch, now = checked.batch, clock.now()
    rules = rules_module.get_rules(checked.where, locking=True)
    card = take_card(rules.rally_id, batch.card, checked.secret_hash, now)
    found = {item.scan_id: _reread(item, checked, rules) for item in batch.items}
    book = read_book(card, batch.device, _scan_ids(batch), _steps(found.values(), rules))
    digests = {"", digest(rules, book)}
    results, rows = [], []
    for item in batch.items:
        result, row = _settle(item, found[item.scan_id], rules, book, batch, now)
        results.append(result)
        rows += [row] if row else []
    rows += _restore(batch.receipts, rules, book, batch, now)
    write(rules, book, rows, now)
    ack = _acknowledged(book, batch, rows)
    want = not batch.receipts and batch.have_digest not in digests | {digest(rules, book)}
    return Answer(rules, book, tuple(results), ack, want, now)


def _scan_ids(batch: Batch) -> set[str]:
    return {item.scan_id for item in batch.items} | {receipt.scan_id for receipt in batch.receipts}


def _reread(item: Item, checked: Checked, rules: Rules) -> Read:
    """What was read before, unless keys have come since or the code was typed, which the rules alone decide."""
    if item.token and (checked.read.get(item.scan_id) is not None or checked.kids == frozenset(rules.kids)):
        return checked.read.get(item.scan_id)
    return judging.read(item, rules)


def _steps(found: Iterable[Read], rules: Rules) -> set[tuple[int, int]]:
    return {
        (rules.posters[one.pid].id, one.step) for one in found if isinstance(one, tokens.RotatingToken) and one.pid in rules.posters
    }  # fmt: skip


def _settle(
    item: Item, found: Read, rules: Rules, book: Book, batch: Batch, now: datetime
) -> tuple[Result, dict[str, Any] | None]:  # fmt: skip
    """The answer to an item, and its line for the log where it is new."""
    known = book.scans.get(item.scan_id)
    if known is not None:
        return again(item.scan_id, known, rules, book), None
    judged = judging.judge(item, found, rules, now, timing.age_of(batch.now_client, item.t_client))
    judged = _on_one_step(judged, rules, book)
    method = Method.ROTATING if isinstance(found, tokens.RotatingToken) else item.method
    judged = enter(item.scan_id, judged, book)
    row = line(item.scan_id, judged, rules, book, now, method=method, device=batch.device, seq=item.seq, geo=item.geo,
               in_app=item.in_app, t_client=item.t_client)  # fmt: skip
    return result_of(item.scan_id, judged, rules), row


def _on_one_step(judged: Judged, rules: Rules, book: Book) -> Judged:
    """Too many cards on one picture of a display: somebody has sent it around."""
    if judged.verdict != Verdict.ACCEPTED or judged.step is None or judged.poster_id is None:
        return judged
    if book.steps.get((judged.poster_id, judged.step), 0) < rules.most_per_step:
        return judged
    return replace(judged, verdict=Verdict.HELD, reason="many_on_step")


def again(scan_id: str, known: Known, rules: Rules, book: Book) -> Result:
    """The same scan once more: the same answer. Somebody else's number gets no look at their scan."""
    if known.card_id not in book_cards(book):
        return Result(scan_id, Verdict.REJECTED, "scan_id_taken", None, clock.now())
    station = rules.stations.get(known.station_id) if known.station_id is not None else None
    return Result(scan_id, known.verdict, known.reason, station.code if station else None, known.t_est)


def book_cards(book: Book) -> set[int]:
    """The card and everything that was merged into it; read only when a scan comes again."""
    merged = db.session.scalars(select(Card.id).where(Card.merged_into_id == book.card.id))
    return {book.card.id, *merged}


def result_of(scan_id: str, judged: Judged, rules: Rules) -> Result:
    station = rules.stations.get(judged.station_id) if judged.station_id is not None else None
    return Result(scan_id, judged.verdict, judged.reason, station.code if station else None, judged.when.est)


def enter(scan_id: str, judged: Judged, book: Book) -> Judged:
    """Let a capture become a stamp in the book; returns it with the verdict that the card's stamps make of it."""
    if judged.verdict == Verdict.REJECTED or judged.station_id is None:
        return judged
    when, status = judged.when, Status.OK if judged.verdict == Verdict.ACCEPTED else Status.HELD
    stands = book.stamps.get(judged.station_id)
    if stands is None:
        book.stamps[judged.station_id] = Standing(
            judged.station_id,
            status,
            judged.reason,
            scan_id,
            when.est,
            when.lo,
            when.hi,
            when.est,
            changed=True,
        )
        return judged
    if stands.status == Status.VOID:
        return replace(judged, verdict=Verdict.REJECTED, reason="voided")
    _earliest_and_latest(stands, scan_id, judged)
    if stands.status == Status.HELD and status == Status.OK:
        stands.status, stands.reason, stands.changed = Status.OK, "", True
        return judged
    return replace(judged, verdict=Verdict.DUPLICATE, reason="")


def _earliest_and_latest(stands: Standing, scan_id: str, judged: Judged) -> None:
    """A stamp's time is that of its earliest scan, by (t_est, scan_id), in whatever order they arrive."""
    when = judged.when
    if (when.est, scan_id) < (stands.t_est, stands.first_scan):
        stands.t_est, stands.first_scan, stands.t_lo, stands.t_hi = when.est, scan_id, when.lo, when.hi
        stands.changed = True
    if when.est > stands.t_last:
        stands.t_last, stands.changed = when.est, True


def line(
    scan_id: str, judged: Judged, rules: Rules, book: Book, now: datetime, *, method: Method, **values: Any
) -> dict[str, Any]:
    """A line of the log."""
    row = {
        "scan_id": scan_id, "rally_id": rules.rally_id, "card_id": book.card.id, "station_id": judged.station_id,
        "poster_id": judged.poster_id, "device": "", "seq": 0, "method": method, "geo": Geo.NONE, "in_app": False,
        "step": judged.step, "offset_s": judged.offset_s, "t_client": None, "t_est": judged.when.est, "t_lo": judged.when.lo,
        "t_hi": judged.when.hi, "received_at": now, "verdict": judged.verdict, "reason": judged.reason, "by": "",
    }  # fmt: skip
    # Seen from now on: the same number twice in one batch is one scan.
    book.scans[scan_id] = Known(
        book.card.id, judged.station_id, judged.verdict, judged.reason, judged.when.est
    )
    return row | values


def write(rules: Rules, book: Book, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """The lines, the stamps they changed, and the prizes that were earned by it: at most one statement for each."""
    if rows:
        db.session.execute(insert(Scan).values(list(rows)))
    new = [
        stands.values() | {"card_id": book.card.id} for stands in book.stamps.values() if stands.id is None
    ]
    if new:
        db.session.execute(insert(Stamp).values(new))
    changed = [
        stands.values() | {"id": stands.id}
        for stands in book.stamps.values()
        if stands.changed and stands.id is not None
    ]
    if changed:
        db.session.execute(update(Stamp), changed)
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
        db.session.execute(insert(Award).values(rows))
    book.new_awards += fresh
    book.awards |= {
        one.prize.id: (str(row["code"]), False, now) for one, row in zip(fresh, rows, strict=True)
    }


def _acknowledged(book: Book, batch: Batch, rows: Sequence[dict[str, Any]]) -> int:
    """Up to which number everything from this device is in the log, without a gap."""
    new = {row["seq"] for row in rows if row["device"] == batch.device and row["seq"] > 0}
    stored: set[int] = set()
    prefix = book.seq_highest
    if book.seq_count != book.seq_highest:
        stored = set(db.session.scalars(select(Scan.seq).where(Scan.device == batch.device, Scan.seq > 0)))
        prefix = 0
    stored |= new
    while prefix + 1 in stored:
        prefix += 1
    return prefix


# --- receipts ------------------------------------------------------------------------------------------------------


def receipt_for(rally_id: int, card_code: str, station: str, scan_id: str, t: int, status: Status) -> str:
    """What a phone keeps of a stamp, and shows after a restore: bound to the card code that the phone itself uses."""
    return tokens.mac(
        keys.receipt_key(rally_id),
        f"receipt/{card_code}/{station}/{scan_id}/{t}/{status.value}",
        RECEIPT_LETTERS,
    )


def is_good_receipt(rally_id: int, card_code: str, receipt: Receipt) -> bool:
    made = receipt_for(rally_id, card_code, receipt.station, receipt.scan_id, receipt.t, receipt.status)
    return hmac.compare_digest(made.encode(), receipt.mac.encode())


def _restore(
    receipts: Iterable[Receipt], rules: Rules, book: Book, batch: Batch, now: datetime
) -> list[dict[str, Any]]:
    """Stamps that this server has forgotten, from the phone. What it has, void or not, is left as it is."""
    rows = []
    for receipt in receipts:
        station = rules.station(receipt.station)
        if (
            station is None
            or station.id in book.stamps
            or not is_good_receipt(rules.rally_id, batch.card, receipt)
        ):
            continue
        est = timing.from_milliseconds(receipt.t) or now
        when = timing.Interval(min(rules.opens_at, est), est, max(est, now))
        verdict = Verdict.ACCEPTED if receipt.status == Status.OK else Verdict.HELD
        judged = Judged(verdict, "" if verdict == Verdict.ACCEPTED else "restored", when, station.id)
        enter(receipt.scan_id, judged, book)
        if receipt.scan_id not in book.scans:
            rows.append(line(receipt.scan_id, judged, rules, book, now, method=Method.RECEIPT))
    return rows


def digest(rules: Rules, book: Book) -> str:
    """What a card holds, in 16 letters: equal on phone and server when both hold the same stations."""
    return digest_of(
        rules.stations[one.station_id].code for one in book.stamps.values() if one.status != Status.VOID
    )


def digest_of(stations: Iterable[str]) -> str:
    """SHA-256 over the sorted station codes, joined by commas; the first 16 hexadecimal digits."""
    return sha256(",".join(sorted(stations)).encode()).hexdigest()[:16]


def card_json(rules: Rules, book: Book) -> dict[str, Any]:
    """A card as its phone keeps it."""
    shown = sorted(
        (one for one in book.stamps.values() if one.status != Status.VOID),
        key=lambda one: (one.t_est, one.first_scan),
    )
    prizes = {prize.id: prize.code for prize in rules.prizes}
    return {
        "code": book.card.root_code,
        "handle": book.card.handle,
        "stamps": [_stamp_json(one, rules, book.card) for one in shown],
        "prizes": [{"prize": prizes[prize], "award": code, "claimed": claimed, "t": timing.to_milliseconds(at)}
                   for prize, (code, claimed, at) in sorted(book.awards.items()) if prize in prizes],
        "digest": digest(rules, book),
    }  # fmt: skip


def _stamp_json(stands: Standing, rules: Rules, card: CardRow) -> dict[str, Any]:
    station, t = rules.stations[stands.station_id].code, timing.to_milliseconds(stands.t_est)
    receipt = receipt_for(rules.rally_id, card.code, station, stands.first_scan, t, stands.status)
    return {"station": station, "scan_id": stands.first_scan, "t": t, "status": stands.status.value, "reason": stands.reason,
            "receipt": receipt}  # fmt: skip


# --- the card ------------------------------------------------------------------------------------------------------


def hash_secret(secret: str) -> str:
    """Secrets have 80 random bits or more, so one round is enough."""
    return sha256(f"card/{secret}".encode()).hexdigest()


def take_card(rally_id: int, code: str, secret_hash: str, now: datetime) -> CardRow:
    """The card with this code, made if it is new; its row is ours until the transaction ends. Raises CardRefused."""
    kind = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    row = db.session.execute(
        kind.insert(Card)
        .values(code=code, handle=tokens.random_letters(10), rally_id=rally_id, kind=CardKind.PHONE, secret_hash=secret_hash,
                made_at=now, seen_at=now)
        .on_conflict_do_update(index_elements=["code"], set_={"seen_at": now})
        .returning(Card.id, Card.rally_id, Card.secret_hash, Card.merged_into_id, Card.handle, Card.kind, Card.deleted_at)
    ).one()  # fmt: skip
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


def take_root(card_id: int) -> CardRow:
    """The card into which this one went at last; its row is ours until the transaction ends."""
    while True:
        row = db.session.execute(
            update(Card).where(Card.id == card_id).values(seen_at=Card.seen_at)
            .returning(Card.id, Card.code, Card.handle, Card.rally_id, Card.merged_into_id, Card.kind)
            .execution_options(synchronize_session=False)
        ).one()  # fmt: skip
        if row.merged_into_id is None:
            return CardRow(row.id, row.code, row.handle, row.rally_id, row.code, row.kind)
        card_id = row.merged_into_id


def read_book(
    card: CardRow, device: str = "", scan_ids: Iterable[str] = (), steps: Iterable[tuple[int, int]] = ()
) -> Book:  # fmt: skip
    """Everything about a card, in one statement."""
    book = Book(card)
    parts = [_stamps_of(card.id), _awards_of(card.id)]
    parts += [_scans_of(scan_ids)] if scan_ids else []
    parts += [_seqs_of(device)] if device else []
    parts += [_cards_on(poster_id, step) for poster_id, step in steps]
    for row in db.session.execute(union_all(*parts)):
        _put(book, row)
    return book


def _stamps_of(card_id: int) -> Any:
    return select(
        literal("stamp").label("kind"), Stamp.id.label("one"), Stamp.station_id.label("two"), cast(Stamp.status, Text).label("state"),
        Stamp.first_scan.label("name"), Stamp.reason.label("reason"), Stamp.t_est, Stamp.t_lo, Stamp.t_hi, Stamp.t_last,
    ).where(Stamp.card_id == card_id)  # fmt: skip


def _awards_of(card_id: int) -> Any:
    claimed = (Claim.award_id == Award.id) & (Claim.state == ClaimState.LIVE)
    return (
        select(literal("award"), Award.id, Award.prize_id, case((Claim.id.is_not(None), "claimed"), else_=""), Award.code,
               literal(""), Award.earned_at, null(), null(), null())
        .outerjoin(Claim, claimed).where(Award.card_id == card_id)
    )  # fmt: skip


def _scans_of(scan_ids: Iterable[str]) -> Any:
    return select(
        literal("scan"), Scan.card_id, Scan.station_id, cast(Scan.verdict, Text), Scan.scan_id, Scan.reason, Scan.t_est,
        null(), null(), null(),
    ).where(Scan.scan_id.in_(sorted(scan_ids)))  # fmt: skip


def _seqs_of(device: str) -> Any:
    return select(
        literal("seq"), func.count(Scan.seq.distinct()), func.max(Scan.seq), literal(""), literal(""), literal(""),
        null(), null(), null(), null(),
    ).where(Scan.device == device, Scan.seq > 0)  # fmt: skip


def _cards_on(poster_id: int, step: int) -> Any:
    counted = (
        select(func.count(Scan.card_id.distinct()))
        .where(Scan.poster_id == poster_id, Scan.step == step)
        .scalar_subquery()
    )
    return select(
        literal("step"),
        counted,
        literal(poster_id),
        literal(str(step)),
        literal(""),
        literal(""),
        null(),
        null(),
        null(),
        null(),
    )


def _put(book: Book, row: Any) -> None:
    kind, one, two, state, name, reason, *times = row
    if kind == "stamp":
        est, lo, hi, last = times
        book.stamps[two] = Standing(two, Status(state), reason, name, est, lo, hi, last, id=one)
    elif kind == "award":
        book.awards[two] = (name, state == "claimed", times[0])
    elif kind == "scan":
        book.scans[name] = Known(one, two, Verdict(state), reason, times[0])
    elif kind == "seq":
        book.seq_count, book.seq_highest = one, two or 0
    else:
        book.steps[two, int(state)] = one


def is_secret(card: Card, secret: str) -> bool:
    """Whether this is the card's secret; compared in constant time."""
    return bool(card.secret_hash) and hmac.compare_digest(card.secret_hash, hash_secret(secret))
