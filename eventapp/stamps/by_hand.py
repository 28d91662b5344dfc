"""Stamps that people decide about: staff stamp a visitor's card or a paper card; organizers look at what is held.

The staff phone keeps the same outbox as a visitor's, so a stamp given without a signal arrives later, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from eventapp import audit, clock
from eventapp.db import db
from eventapp.i18n import RuleError, lazy
from eventapp.stamps import books, keys, ledger, prizes, timing, tokens
from eventapp.stamps.judging import Judged
from eventapp.stamps.models import Card, CardKind, KeyState, Method, Stamp, Station, Status, Verdict
from eventapp.stamps.rules import Rules, Where, get_rules


@dataclass(frozen=True)
class StaffStamp:
    """One stamp given by hand. `shown` is what the visitor carries: a claim code or a paper card's code."""

    scan_id: str
    shown: str
    t_client: datetime | None = None
    after: datetime | None = None
    seq: int = 0


Shown = tokens.ClaimToken | tokens.PaperToken


def find_shown(typed: str) -> Shown | None:
    """The checked code of a visitor's card, or None. Reads, so it is asked before the transaction."""
    try:
        found = tokens.verify(typed, keys.any_source())
    except tokens.TokenError:
        return None
    return found if isinstance(found, Shown) else None


def stamp_by_staff(
    where: Where, station: str, items: Sequence[StaffStamp], *, device: str, by: str, now_client: datetime | None = None
) -> list[ledger.Result]:  # fmt: skip
    """Stamp visitors' cards by hand; the staff phone's outbox sends them like a visitor's. `by` goes into the log.

    One result for each item, in their order; the same item again gets the same one. Raises NotThere for a rally that is gone.
    """
    rules, now = get_rules(where, locking=True), clock.now()
    place = rules.station(station)
    results = []
    for item in items:
        shown = find_shown(item.shown)
        card, why = _shown_card(shown, rules, now)
        if card is None or shown is None or place is None:
            results.append(ledger.Result(item.scan_id, Verdict.REJECTED, why or "bad_card", None, now))
            continue
        book = books.read_book(card, device, [item.scan_id])
        age = timing.age_of(now_client, item.t_client)
        result, row = _stamp_by_hand(item, shown, place.id, rules, book, age, now)
        books.write(rules, book, [row | {"device": device, "seq": item.seq, "by": by}] if row else [], now)
        results.append(result)
    return results


def _stamp_by_hand(
    item: StaffStamp, shown: Shown, station_id: int, rules: Rules, book: books.Book, age: timedelta, now: datetime
) -> tuple[ledger.Result, dict[str, Any] | None]:  # fmt: skip
    known = book.scans.get(item.scan_id)
    if known is not None:
        return ledger.again(item.scan_id, known, rules, book), None
    when = timing.interval(received=now, age=age, floor=rules.opens_at, after=item.after)
    verdict, reason = _judge(shown, when.est)
    judged = ledger.enter(item.scan_id, Judged(verdict, reason, when, station_id), book)
    method = Method.PAPER if book.card.kind == CardKind.PAPER else Method.STAFF
    return ledger.result_of(item.scan_id, judged, rules), ledger.line(
        item.scan_id, judged, rules, book, now, method=method, t_client=item.t_client
    )


def _judge(shown: Shown, moment: datetime) -> tuple[Verdict, str]:
    """A code older than its minute may be a photo that somebody carries about for a friend: somebody should look."""
    if prizes.is_fresh(shown, moment):
        return Verdict.ACCEPTED, ""
    return Verdict.HELD, "old_code"


def _shown_card(shown: Shown | None, rules: Rules, now: datetime) -> tuple[books.CardRow | None, str]:
    """The card that was shown, its row taken; a paper card begins to exist when it is first stamped. Else None, and why.

    None also where its visitor has deleted it meanwhile: a stamp given without a signal does not bring it back.
    """
    if shown is None:
        return None, "bad_card"
    if isinstance(shown, tokens.PaperToken):
        kid = rules.kids.get(shown.kid)
        counts = kid is not None and kid.state != KeyState.RETIRED
        return (take_paper(rules.rally_id, shown.serial, now), "") if counts else (None, "bad_card")
    asked = select(Card.id, Card.deleted_at).where(
        Card.handle == shown.handle, Card.rally_id == rules.rally_id
    )
    found = db.session.execute(asked).first()
    if found is None or found.deleted_at is not None:
        return None, "bad_card" if found is None else "deleted"
    return books.take_root(found.id), ""


def take_paper(rally_id: int, serial: int, now: datetime) -> books.CardRow:
    """The paper card with this serial number, made if it is new; its row is ours."""
    card_id = db.session.scalar(select(Card.id).where(Card.rally_id == rally_id, Card.serial == serial))
    if card_id is None:
        card = Card(code=tokens.random_letters(16), handle=tokens.random_letters(10), rally_id=rally_id, kind=CardKind.PAPER,
                    serial=serial, made_at=now, seen_at=now)  # fmt: skip
        db.session.add(card)
        db.session.flush()  # for its id
        card_id = card.id
    return books.take_root(card_id)


def accept_held(stamp: Stamp, *, by: audit.Actor | str) -> None:
    """Somebody has looked: the stamp counts."""
    _decide(stamp, {Status.HELD}, Status.OK, "", by)


def void(stamp: Stamp, reason: str, *, by: audit.Actor | str) -> None:
    """An organizer takes a stamp back, with a reason. What was earned with it stays earned."""
    if not reason.strip():
        raise RuleError(lazy("Please say why."))
    _decide(stamp, {Status.OK, Status.HELD}, Status.VOID, reason.strip(), by)


def accept_all_held(station: Station, *, by: audit.Actor | str) -> int:
    """The organizer's rule for a station: what is held there counts. Returns how many."""
    held = db.session.scalars(
        select(Stamp)
        .where(Stamp.station_id == station.id, Stamp.status == Status.HELD)
        .order_by(Stamp.card_id)
    ).all()
    for stamp in held:
        accept_held(stamp, by=by)
    return len(held)


def _decide(stamp: Stamp, before: set[Status], to: Status, reason: str, by: audit.Actor | str) -> None:
    rules = get_rules(stamp.station.rally_id, locking=True)
    card = books.take_root(stamp.card_id)
    changed = db.session.scalar(
        update(Stamp).where(Stamp.id == stamp.id, Stamp.status.in_(before)).values(status=to, reason=reason)
        .returning(Stamp.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    if changed is None:
        return
    db.session.refresh(stamp)
    if to == Status.OK:
        books.grant(rules, books.read_book(card), clock.now())
    audit.record(f"stamp.{'accepted' if to == Status.OK else 'voided'}", f"card:{card.handle}", festival_id=rules.festival_id,
                 by=by, details={"station": rules.stations[stamp.station_id].code, "reason": reason})  # fmt: skip
