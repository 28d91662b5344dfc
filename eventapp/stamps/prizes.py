"""The prize desk: an award is handed over at most once, and never more than there is, at any number of desks.

What is there = the common store + what lies at desks + what devices hold in escrow + what was handed over. Every step takes from
one of these in a single guarded statement.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from eventapp import audit, clock, codes
from eventapp.db import NotThere, db
from eventapp.i18n import RuleError, lazy
from eventapp.stamps import books, certificates, keys, tokens
from eventapp.stamps.models import (
    Award,
    Card,
    Claim,
    ClaimState,
    Desk,
    DeskStock,
    Escrow,
    KeyState,
    Prize,
    Rally,
    RallyState,
)
from eventapp.stamps.rules import opening_of, touch

UNDO_WITHIN = timedelta(minutes=10)
CLAIM_LIFE = timedelta(seconds=60)
CLOCK_SLACK = timedelta(seconds=30)
STORE, AT_DESK, IN_ESCROW, OVER = "store", "desk", "escrow", "over"


class PrizeError(RuleError):
    """The prize cannot be handed over, or the stock cannot be changed like that."""


class AlreadyClaimed(PrizeError):
    """It was handed over before; `claim` tells when and where."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(lazy("This prize has already been handed over."))
        self.claim = claim


class OutOfStock(PrizeError):
    """This desk and the common store have none left."""


# --- the code shown at the desk ------------------------------------------------------------------------------------


def claim_token(card: Card) -> str:
    """What the visitor's phone shows at the desk, and to staff who stamp: new every 15 seconds, good for a minute."""
    return tokens.make_claim(card.handle, tokens.step_at(clock.now()), keys.claim_key(card.rally_id))


def is_fresh(typed: str) -> bool:
    """Whether a claim code was shown within the last minute. Paper cards are always fresh. Raises TokenError."""
    fields = tokens.decode(typed)
    if not isinstance(fields, tokens.ClaimToken):
        return isinstance(fields, tokens.PaperToken)
    shown = tokens.EPOCH + fields.step * tokens.STEP
    return shown - CLOCK_SLACK <= clock.now() <= shown + CLAIM_LIFE + tokens.STEP


# --- handing over --------------------------------------------------------------------------------------------------


def claim(
    award: Award, desk: Desk | None, *, request_key: str, by: audit.Actor | str, handed_at: datetime | None = None
) -> Claim:  # fmt: skip
    """Hand a prize over. The same request_key gets its first claim back, however often it is sent.

    Raises AlreadyClaimed, OutOfStock, PrizeError.
    """
    if known := db.session.scalar(select(Claim).where(Claim.request_key == request_key)):
        return known
    award = _taken(award)
    rally = award.prize.rally
    _check_claimable(award, desk, rally)
    source = take_one(award.prize_id, desk.id if desk else None)
    if source is None:
        raise OutOfStock(lazy("There is none of this prize left here."))
    made = _claim(award, desk, request_key, by, source, handed_at)
    audit.record("prize.claimed", f"award:{award.code}", festival_id=rally.edition.festival_id, by=by,
                 details={"prize": award.prize.code, "desk": desk.code if desk else ""})  # fmt: skip
    return made


def _taken(award: Award) -> Award:
    """The award as it is once the card's row is ours. Of a merged card, the award of the card it went into."""
    card = books.take_root(award.card_id)
    db.session.expire(award)
    if award.card_id == card.id:
        return award
    return db.session.scalars(
        select(Award).where(Award.card_id == card.id, Award.prize_id == award.prize_id)
    ).one()


def _check_claimable(award: Award, desk: Desk | None, rally: Rally) -> None:
    if award.voided_at is not None:
        raise PrizeError(lazy("This award has been taken back by the organizers."))
    if desk is not None and desk.rally_id != rally.id:
        raise PrizeError(lazy("This prize belongs to another rally."))
    if found := find_live_claim(award):
        raise AlreadyClaimed(found)
    until = rally.claims_until or opening_of(rally)[1]
    if rally.state == RallyState.DRAFT or clock.now() >= until:
        raise PrizeError(lazy("Prizes are no longer handed over."))


def find_live_claim(award: Award) -> Claim | None:
    return db.session.scalar(select(Claim).where(Claim.award_id == award.id, Claim.state == ClaimState.LIVE))


def _claim(award: Award, desk: Desk | None, request_key: str, by: audit.Actor | str, source: str, handed_at: datetime | None,
           state: ClaimState = ClaimState.LIVE, escrow_id: int | None = None) -> Claim:  # fmt: skip
    now = clock.now()
    made = Claim(
        code=codes.random_code(), award_id=award.id, award=award, prize_id=award.prize_id, desk_id=desk.id if desk else None,
        escrow_id=escrow_id, source=source, request_key=request_key, state=state, by=by if isinstance(by, str) else by.actor_name,
        handed_at=min(handed_at, now) if handed_at else now, recorded_at=now,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()  # the unique index has the last word, here and not at the commit
    return made


def take_one(prize_id: int, desk_id: int | None) -> str | None:
    """Take one from the desk's table, else from the common store. Says from where, or None."""
    if desk_id is not None and _take(
        DeskStock, (DeskStock.desk_id == desk_id) & (DeskStock.prize_id == prize_id)
    ):
        return AT_DESK
    return STORE if _take(Prize, Prize.id == prize_id) else None


def _take(kind: Any, which: Any, number: int = 1) -> bool:
    """Take so many or none, in one guarded statement: two desks never share the last one."""
    took = (
        update(kind).where(which, kind.stock_left >= number).values(stock_left=kind.stock_left - number)
        .returning(kind.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    return db.session.scalar(took) is not None


def _give(kind: Any, which: Any, number: int = 1) -> None:
    db.session.execute(
        update(kind)
        .where(which)
        .values(stock_left=kind.stock_left + number)
        .execution_options(synchronize_session=False)
    )


def undo(claim: Claim, reason: str, *, by: audit.Actor | str) -> None:
    """Take a handing-over back, within ten minutes of its recording and with a reason. The prize returns to where it lay."""
    if not reason.strip():
        raise PrizeError(lazy("Please say why."))
    if clock.now() > claim.recorded_at + UNDO_WITHIN:
        raise PrizeError(lazy("This can be undone for ten minutes only. Please tell the organizers."))
    undone = db.session.scalar(
        update(Claim).where(Claim.id == claim.id, Claim.state == ClaimState.LIVE)
        .values(state=ClaimState.UNDONE, undone_at=clock.now(), undo_reason=reason.strip())
        .returning(Claim.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    if undone is None:
        return
    db.session.refresh(claim)
    _return(claim)
    audit.record("prize.claim_undone", f"award:{claim.award.code}", festival_id=claim.award.prize.rally.edition.festival_id, by=by,
                 details={"prize": claim.award.prize.code, "reason": reason.strip()})  # fmt: skip


def _return(claim: Claim) -> None:
    if claim.source == AT_DESK and claim.desk_id is not None:
        _give(DeskStock, (DeskStock.desk_id == claim.desk_id) & (DeskStock.prize_id == claim.prize_id))
    elif claim.source == IN_ESCROW:
        open_one = (Escrow.id == claim.escrow_id) & Escrow.closed_at.is_(None)
        back = update(Escrow).where(open_one).values(stock_left=Escrow.stock_left + 1).returning(Escrow.id)
        if db.session.scalar(back.execution_options(synchronize_session=False)) is None:
            _give(Prize, Prize.id == claim.prize_id)
    elif claim.source in {STORE, AT_DESK}:
        _give(Prize, Prize.id == claim.prize_id)


def void_award(award: Award, reason: str, *, by: audit.Actor | str) -> None:
    """Explicit fraud: the prize will not be handed over. Corrections of stamps never come here."""
    if not reason.strip():
        raise PrizeError(lazy("Please say why."))
    award = _taken(award)
    if award.voided_at is None:
        award.voided_at = clock.now()
        audit.record("prize.award_voided", f"award:{award.code}", festival_id=award.prize.rally.edition.festival_id, by=by,
                     details={"prize": award.prize.code, "reason": reason.strip()})  # fmt: skip


# --- what a desk sees ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tier:
    """A prize on a card's page at the desk."""

    prize: Prize
    award: Award | None
    claim: Claim | None
    left_here: int

    @property
    def is_due(self) -> bool:
        """Earned and not yet handed over."""
        return self.award is not None and self.claim is None and self.award.voided_at is None


def tiers_of(card_id: int, rally: Rally, desk: Desk | None = None) -> list[Tier]:
    """Every prize with what this card (`card_id`: after merging) has of it, and what is left here. Four statements."""
    awards = {one.prize_id: one for one in db.session.scalars(select(Award).where(Award.card_id == card_id))}
    claims = {
        one.award_id: one
        for one in db.session.scalars(
            select(Claim).where(
                Claim.award_id.in_([one.id for one in awards.values()]), Claim.state == ClaimState.LIVE
            )
        )
    }
    at_desk = _at_desk(desk)
    tiers = []
    for prize in rally.prizes:
        award = awards.get(prize.id)
        if prize.is_active or award is not None:
            tiers.append(
                Tier(
                    prize,
                    award,
                    claims.get(award.id) if award else None,
                    at_desk.get(prize.id, 0) + prize.stock_left,
                )
            )
    return tiers


def _at_desk(desk: Desk | None) -> dict[int, int]:
    if desk is None:
        return {}
    rows = db.session.execute(
        select(DeskStock.prize_id, DeskStock.stock_left).where(DeskStock.desk_id == desk.id)
    )
    return {row.prize_id: row.stock_left for row in rows}


def get_award(code: str) -> Award:
    award = db.session.scalar(select(Award).where(Award.code == code))
    if award is None:
        raise NotThere(code)
    return award


# --- stock ---------------------------------------------------------------------------------------------------------


def bring_in(prize: Prize, number: int, *, by: audit.Actor | str) -> None:
    """More of a prize into the common store; a negative number takes out what was counted too high. Never below zero."""
    changed = db.session.scalar(
        update(Prize).where(Prize.id == prize.id, Prize.stock_left + number >= 0)
        .values(stock_left=Prize.stock_left + number, stock_initial=Prize.stock_initial + number)
        .returning(Prize.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    if changed is None:
        raise PrizeError(lazy("There are not so many in the store."))
    db.session.refresh(prize)
    audit.record("prize.stock_changed", f"prize:{prize.code}", festival_id=prize.rally.edition.festival_id, by=by,
                 details={"number": number})  # fmt: skip


def carry(prize: Prize, desk: Desk, number: int, *, by: audit.Actor | str) -> None:
    """Carry so many from the store to a desk; a negative number carries back. All or none."""
    if not _stock_row(desk, prize):
        db.session.add(DeskStock(desk_id=desk.id, prize_id=prize.id, stock_left=0))
        db.session.flush()
    here = (DeskStock.desk_id == desk.id) & (DeskStock.prize_id == prize.id)
    took = _take(Prize, Prize.id == prize.id, number) if number >= 0 else _take(DeskStock, here, -number)
    if not took:
        raise PrizeError(lazy("There are not so many there."))
    if number >= 0:
        _give(DeskStock, here, number)
    else:
        _give(Prize, Prize.id == prize.id, -number)
    audit.record("prize.carried", f"prize:{prize.code}", festival_id=prize.rally.edition.festival_id, by=by,
                 details={"desk": desk.code, "number": number})  # fmt: skip


def _stock_row(desk: Desk, prize: Prize) -> int | None:
    return db.session.scalar(
        select(DeskStock.id).where(DeskStock.desk_id == desk.id, DeskStock.prize_id == prize.id)
    )


@dataclass(frozen=True)
class Account:
    """Where all of a prize is. `is_straight` says that nothing is missing."""

    prize_id: int
    initial: int
    store: int
    desks: int
    escrow: int
    handed: int

    @property
    def is_straight(self) -> bool:
        return self.initial == self.store + self.desks + self.escrow + self.handed


def accounts(rally_id: int) -> list[Account]:
    """The audit of the stock; four statements."""
    prizes = db.session.execute(
        select(Prize.id, Prize.stock_initial, Prize.stock_left)
        .where(Prize.rally_id == rally_id)
        .order_by(Prize.position, Prize.id)
    ).all()
    desks = _sums(DeskStock.prize_id, func.sum(DeskStock.stock_left))
    escrow = _sums(Escrow.prize_id, func.sum(Escrow.stock_left))
    handed = _sums(
        Claim.prize_id, func.count(Claim.id), Claim.state != ClaimState.UNDONE, Claim.source != OVER
    )
    return [
        Account(key, initial, left, desks.get(key, 0), escrow.get(key, 0), handed.get(key, 0))
        for key, initial, left in prizes
    ]


def _sums(key: Any, total: Any, *where: Any) -> dict[int, int]:
    return {
        prize: int(number or 0)
        for prize, number in db.session.execute(select(key, total).where(*where).group_by(key))
    }


def add_prize(rally: Rally, *, stock: int = 0, by: audit.Actor | str, **values: Any) -> Prize:
    """A prize with its rule. Cards that have reached it already get it with their next sync."""
    touch(rally.id)
    prize = Prize(rally_id=rally.id, rally=rally, stock_initial=stock, stock_left=stock, **values)
    db.session.add(prize)
    db.session.flush()
    audit.record("prize.created", f"prize:{prize.code}", festival_id=rally.edition.festival_id, by=by)
    return prize


def add_desk(rally: Rally, *, by: audit.Actor | str, **values: Any) -> Desk:
    """A desk where prizes are handed over."""
    desk = Desk(rally_id=rally.id, rally=rally, **values)
    db.session.add(desk)
    db.session.flush()
    audit.record("desk.created", f"desk:{desk.code}", festival_id=rally.edition.festival_id, by=by)
    return desk


# --- desks without a signal ----------------------------------------------------------------------------------------


def take_escrow(prize: Prize, desk: Desk, number: int, *, device: str, by: audit.Actor | str) -> Escrow:
    """Set so many apart for one device, which may hand them over without a signal. All or none."""
    if number < 1:
        raise PrizeError(lazy("At least one prize is needed."))
    here = (DeskStock.desk_id == desk.id) & (DeskStock.prize_id == prize.id)
    if not _take(DeskStock, here, number) and not _take(Prize, Prize.id == prize.id, number):
        raise PrizeError(lazy("There are not so many there."))
    escrow = Escrow(desk_id=desk.id, desk=desk, prize_id=prize.id, prize=prize, device_code=device, taken=number, stock_left=number,
                    made_at=clock.now())  # fmt: skip
    db.session.add(escrow)
    db.session.flush()
    audit.record("prize.escrow_taken", f"prize:{prize.code}", festival_id=prize.rally.edition.festival_id, by=by,
                 details={"desk": desk.code, "number": number})  # fmt: skip
    return escrow


def close_escrow(escrow: Escrow, *, by: audit.Actor | str) -> int:
    """What is left goes back into the common store. Returns how many that were."""
    left = db.session.scalar(select(Escrow.stock_left).where(Escrow.id == escrow.id)) or 0
    closed = db.session.scalar(
        update(Escrow).where(Escrow.id == escrow.id, Escrow.closed_at.is_(None), Escrow.stock_left == left)
        .values(closed_at=clock.now(), stock_left=0).returning(Escrow.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    if closed is None:
        return 0
    _give(Prize, Prize.id == escrow.prize_id, left)
    db.session.refresh(escrow)
    audit.record("prize.escrow_closed", f"prize:{escrow.prize.code}", festival_id=escrow.prize.rally.edition.festival_id, by=by,
                 details={"number": left})  # fmt: skip
    return left


@dataclass(frozen=True)
class Offline:
    """One prize that was handed over without a signal, on the word of a certificate."""

    certificate: str
    request_key: str
    handed_at: datetime | None = None


@dataclass(frozen=True)
class Uploaded:
    """What became of it: "claimed", "double" (it had been handed over elsewhere: listed) or "unknown"."""

    request_key: str
    outcome: str
    claim: Claim | None = None


def upload(escrow: Escrow, items: Sequence[Offline], *, by: audit.Actor | str) -> list[Uploaded]:
    """Enter what a device handed over without a signal. Sent twice, it counts once."""
    return [_upload_one(escrow, item, by) for item in items]


def _upload_one(escrow: Escrow, item: Offline, by: audit.Actor | str) -> Uploaded:
    if known := db.session.scalar(select(Claim).where(Claim.request_key == item.request_key)):
        return Uploaded(item.request_key, "double" if known.state == ClaimState.DOUBLE else "claimed", known)
    award = find_certified(item.certificate, escrow.prize.rally_id)
    if award is None or award.prize_id != escrow.prize_id:
        return Uploaded(item.request_key, "unknown")
    award = _taken(award)
    state = ClaimState.DOUBLE if find_live_claim(award) else ClaimState.LIVE
    source = _take_uploaded(escrow)
    escrow_id = escrow.id if source == IN_ESCROW else None
    made = _claim(award, escrow.desk, item.request_key, by, source, item.handed_at, state, escrow_id)
    audit.record("prize.claimed" if state == ClaimState.LIVE else "prize.claimed_twice", f"award:{award.code}", by=by,
                 festival_id=escrow.prize.rally.edition.festival_id, details={"prize": award.prize.code, "desk": escrow.desk.code})  # fmt: skip
    return Uploaded(item.request_key, "claimed" if state == ClaimState.LIVE else "double", made)


def _take_uploaded(escrow: Escrow) -> str:
    """The prize is gone already: it is taken from where the device had it, else from where there still is one."""
    if _take(Escrow, (Escrow.id == escrow.id) & Escrow.closed_at.is_(None)):
        return IN_ESCROW
    return take_one(escrow.prize_id, escrow.desk_id) or OVER


def list_doubles(rally: Rally) -> list[Claim]:
    """Prizes that went out twice at desks without a signal: the bounded loss, shown to the committee."""
    asked = (
        select(Claim)
        .join(Prize, Prize.id == Claim.prize_id)
        .where(Prize.rally_id == rally.id, Claim.state == ClaimState.DOUBLE)
    )
    return list(db.session.scalars(asked.order_by(Claim.id)))


# --- certificates --------------------------------------------------------------------------------------------------


def certificate(award: Award) -> str:
    """The award as a code that a desk without a signal can check with the public key alone. Always the same for an award."""
    return certificates.make(award.prize.rally_id, award.prize_id, award.code, award.earned_at)


def find_certified(text: str, rally_id: int) -> Award | None:
    """The award behind a good certificate of this rally, else None."""
    try:
        read = certificates.verify(text, rally_id)
    except tokens.TokenError:
        return None
    return db.session.scalar(select(Award).where(Award.code == read.award, Award.prize_id == read.prize_id))


# --- paper cards and PINs ------------------------------------------------------------------------------------------


def print_paper_cards(rally: Rally, number: int, *, by: audit.Actor | str) -> list[tuple[int, str]]:
    """Serial numbers and codes for so many paper cards; each begins to exist when it is first stamped."""
    if not 1 <= number <= 5000:
        raise PrizeError(lazy("Between 1 and 5,000 cards are printed at once."))
    generation = keys.active_generation(rally)
    after = db.session.scalar(
        update(Rally).where(Rally.id == rally.id).values(next_serial=Rally.next_serial + number)
        .returning(Rally.next_serial).execution_options(synchronize_session=False)
    )  # fmt: skip
    if after is None:
        raise NotThere(rally.id)
    key = keys.generation_key(generation)
    audit.record("rally.paper_cards_made", f"rally:{rally.edition.slug}", festival_id=rally.edition.festival_id, by=by,
                 details={"number": number})  # fmt: skip
    assert generation.state == KeyState.ACTIVE
    return [
        (serial, tokens.make_paper(generation.kid, serial, key)) for serial in range(after - number, after)
    ]


def new_request_key() -> str:
    """For forms: drawn with the page, so that a double click hands over once."""
    return str(uuid.UUID(bytes=codes.randomness.randbytes(16), version=4))
