"""The ledger: the only way in which scans become stamps. One transaction for a batch, at most six statements for a new stamp.

Every function here runs inside the caller's transaction. The card's row is taken first, so one card has one writer; after that
the same scan sent a hundred times, out of order and from two tabs, comes to the same stamps and the same answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from eventapp import clock
from eventapp.stamps import books, judging, pace, timing, tokens
from eventapp.stamps import rules as rules_module
from eventapp.stamps.books import Book, Known, Standing
from eventapp.stamps.judging import Judged, Read
from eventapp.stamps.messages import Batch, Item, Receipt
from eventapp.stamps.models import Geo, Method, Status, Verdict
from eventapp.stamps.phone_card import card_json, digest
from eventapp.stamps.receipts import Signer
from eventapp.stamps.rules import Rules, Where


@dataclass(frozen=True)
class Checked:
    """A batch whose codes have been checked, before the transaction opens."""

    where: Where
    batch: Batch
    read: dict[str, Read]  # by scan_id
    kids: frozenset[int]  # generations that were known then
    secret_hash: str


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
    """The answer to a batch. `as_json()` is what the phone gets. Items without a result were too many at once: see `wait`."""

    rules: Rules
    book: Book
    results: tuple[Result, ...]
    ack_seq: int
    want: bool
    at: datetime
    wait: int = 0  # seconds after which the phone shall send again what got no result

    @property
    def bad_tokens(self) -> int:
        """How many codes nobody made: what the rate limits count. A typed one is so short that it counts twice."""
        return sum({"bad_token": 1, "bad_code": 2}.get(one.reason, 0) for one in self.results)

    @property
    def new_prizes(self) -> list[str]:
        """Codes of prizes that were earned just now."""
        return [one.prize.code for one in self.book.new_awards]

    def as_json(self) -> dict[str, Any]:
        return {"v": 1, "ack_seq": self.ack_seq, "results": [one.as_json() for one in self.results],
                "card": card_json(self.rules, self.book), "want": self.want, "wait": self.wait,
                "server_time": timing.to_milliseconds(self.at)}  # fmt: skip


# --- syncing -------------------------------------------------------------------------------------------------------


def check(where: Where, batch: Batch) -> Checked:
    """Check every code of a batch; outside the transaction, so nobody waits for it. Raises NotThere."""
    known = rules_module.find_known(where) or rules_module.get_rules(where)
    read = {item.scan_id: judging.read(item, known) for item in batch.items if item.token}
    return Checked(where, batch, read, frozenset(known.kids), books.hash_secret(batch.secret))


def sync(checked: Checked) -> Answer:
    """Write a checked batch down and answer it. Idempotent. Raises NotThere, CardRefused."""
    batch, now = checked.batch, clock.now()
    rules = rules_module.get_rules(checked.where, locking=True)
    card = books.take_card(rules.rally_id, batch.card, checked.secret_hash, now)
    found = {item.scan_id: _reread(item, checked, rules) for item in batch.items}
    book = books.read_book(card, batch.device, _scan_ids(batch), _steps(found.values(), rules))
    digests = {"", digest(rules, book)}
    results, rows, wait = _settle_all(batch, found, rules, book, now)
    rows += _restore(batch.receipts, rules, book, batch, now)
    books.write(rules, book, rows, now)
    ack = _acknowledged(book, batch, rows)
    want = not batch.receipts and batch.have_digest not in digests | {digest(rules, book)}
    return Answer(rules, book, tuple(results), ack, want, now, wait)


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


def _settle_all(
    batch: Batch, found: dict[str, Read], rules: Rules, book: Book, now: datetime
) -> tuple[list[Result], list[dict[str, Any]], int]:  # fmt: skip
    """Results, lines of the log, and for how many seconds the rest shall wait.

    Behind the first that waits everything new waits, so that what is in the log has no gap.
    """
    results: list[Result] = []
    rows: list[dict[str, Any]] = []
    wait = 0
    for item in batch.items:
        known = book.scans.get(item.scan_id)
        if known is not None:
            results.append(again(item.scan_id, known, rules, book))
        elif not wait:
            judged = judging.judge(
                item, found[item.scan_id], rules, now, timing.age_of(batch.now_client, item.t_client)
            )
            wait = _too_fast(judged, book, now)
            if not wait:
                result, row = _settle(item, found[item.scan_id], judged, rules, book, batch, now)
                results.append(result)
                rows.append(row)
    return results, rows, wait


def _too_fast(judged: Judged, book: Book, now: datetime) -> int:
    """In how many seconds a new stamp is due; 0 for now. What would be none, or is held anyway, need not wait."""
    if judged.verdict != Verdict.ACCEPTED or judged.station_id is None or len(book.stamps) < pace.BURST:
        return 0
    stands = book.stamps.get(judged.station_id)
    if stands is not None and stands.status != Status.HELD:
        return 0
    free = pace.free_at(one.t_est for one in book.stamps.values() if one.status == Status.OK)
    return pace.seconds_until(free, now) if free is not None and free > now else 0


def _settle(
    item: Item, found: Read, judged: Judged, rules: Rules, book: Book, batch: Batch, now: datetime
) -> tuple[Result, dict[str, Any]]:
    """The answer to a new item, and its line for the log."""
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
    if known.card_id not in books.read_aliases(book.card.id):
        return Result(scan_id, Verdict.REJECTED, "scan_id_taken", None, clock.now())
    station = rules.stations.get(known.station_id) if known.station_id is not None else None
    return Result(scan_id, known.verdict, known.reason, station.code if station else None, known.t_est)


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


def _acknowledged(book: Book, batch: Batch, rows: Sequence[dict[str, Any]]) -> int:
    """Up to which number everything from this device is in the log, without a gap."""
    new = {row["seq"] for row in rows if row["device"] == batch.device and row["seq"] > 0}
    stored: set[int] = set()
    prefix = book.seq_highest
    if book.seq_count != book.seq_highest:
        stored = books.read_seqs(batch.device)
        prefix = 0
    stored |= new
    while prefix + 1 in stored:
        prefix += 1
    return prefix


# --- receipts ------------------------------------------------------------------------------------------------------


def _restore(
    receipts: Sequence[Receipt], rules: Rules, book: Book, batch: Batch, now: datetime
) -> list[dict[str, Any]]:
    """Stamps that this server has forgotten, from the phone. What it has, void or not, is left as it is."""
    rows: list[dict[str, Any]] = []
    if not receipts:
        return rows
    signer = Signer(rules.rally_id, batch.card)
    for receipt in receipts:
        station = rules.station(receipt.station)
        if station is None or station.id in book.stamps or not signer.is_good(receipt):
            continue
        est = timing.from_milliseconds(receipt.t) or now
        when = timing.Interval(min(rules.opens_at, est), est, max(est, now))
        verdict = Verdict.ACCEPTED if receipt.status == Status.OK else Verdict.HELD
        judged = Judged(verdict, "" if verdict == Verdict.ACCEPTED else "restored", when, station.id)
        enter(receipt.scan_id, judged, book)
        if receipt.scan_id not in book.scans:
            rows.append(line(receipt.scan_id, judged, rules, book, now, method=Method.RECEIPT))
    return rows
