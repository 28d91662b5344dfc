"""The prize desk: an award is handed over at most once, at any number of desks. Where the prizes lie: stock.py, escrows.py."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from eventapp import audit, clock, codes
from eventapp.db import NotThere, db
from eventapp.i18n import lazy
from eventapp.stamps import books, keys, stock, tokens
from eventapp.stamps.models import (
    Award,
    Card,
    Claim,
    ClaimState,
    Desk,
    DeskStock,
    KeyState,
    Prize,
    Rally,
    RallyState,
)
from eventapp.stamps.rules import opening_of, touch
from eventapp.stamps.stock import OutOfStock, PrizeError

UNDO_WITHIN = timedelta(minutes=10)
CLAIM_LIFE = timedelta(seconds=60)
CLOCK_SLACK = timedelta(seconds=30)


class AlreadyClaimed(PrizeError):
    """It was handed over before; `claim` tells when and where."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(lazy("This prize has already been handed over."))
        self.claim = claim


# --- the code shown at the desk ------------------------------------------------------------------------------------


def claim_token(card: Card) -> str:
    """What the visitor's phone shows at the desk, and to staff who stamp: new every 15 seconds, good for a minute."""
    return tokens.make_claim(card.handle, tokens.step_at(clock.now()), keys.claim_key(card.rally_id))


def is_fresh(shown: tokens.Token, moment: datetime) -> bool:
    """Whether a claim code, shown at this moment, was at most a minute old. Paper cards are always fresh; no other code ever is."""
    if not isinstance(shown, tokens.ClaimToken):
        return isinstance(shown, tokens.PaperToken)
    made = tokens.EPOCH + shown.step * tokens.STEP
    return made - CLOCK_SLACK <= moment <= made + CLAIM_LIFE + tokens.STEP


# --- handing over --------------------------------------------------------------------------------------------------


def claim(
    award: Award, desk: Desk | None, *, request_key: str, by: audit.Actor | str, handed_at: datetime | None = None
) -> Claim:  # fmt: skip
    """Hand a prize over. The same request_key gets its first claim back, however often it is sent.

    Raises AlreadyClaimed, OutOfStock, PrizeError.
    """
    if known := db.session.scalar(select(Claim).where(Claim.request_key == request_key)):
        return known
    award = take_award(award)
    rally = award.prize.rally
    _check_claimable(award, desk, rally)
    source = stock.take_one(award.prize_id, desk.id if desk else None)
    if source is None:
        raise OutOfStock(lazy("There is none of this prize left here."))
    made = write_claim(award, desk, request_key, by, source, handed_at)
    audit.record("prize.claimed", f"award:{award.code}", festival_id=rally.edition.festival_id, by=by,
                 details={"prize": award.prize.code, "desk": desk.code if desk else ""})  # fmt: skip
    return made


def take_award(award: Award) -> Award:
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


def write_claim(award: Award, desk: Desk | None, request_key: str, by: audit.Actor | str, source: str, handed_at: datetime | None,
           state: ClaimState = ClaimState.LIVE, escrow_id: int | None = None) -> Claim:  # fmt: skip
    """The row of a handing-over, for callers who have taken the award's card and a prize from `source` (stock.py)."""
    now = clock.now()
    made = Claim(
        code=codes.random_code(), award_id=award.id, award=award, prize_id=award.prize_id, desk_id=desk.id if desk else None,
        escrow_id=escrow_id, source=source, request_key=request_key, state=state, by=by if isinstance(by, str) else by.actor_name,
        handed_at=min(handed_at, now) if handed_at else now, recorded_at=now,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()  # the unique index has the last word, here and not at the commit
    return made


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
    stock.put_back(claim)
    audit.record("prize.claim_undone", f"award:{claim.award.code}", festival_id=claim.award.prize.rally.edition.festival_id, by=by,
                 details={"prize": claim.award.prize.code, "reason": reason.strip()})  # fmt: skip


def void_award(award: Award, reason: str, *, by: audit.Actor | str) -> None:
    """Explicit fraud: the prize will not be handed over. Corrections of stamps never come here."""
    if not reason.strip():
        raise PrizeError(lazy("Please say why."))
    award = take_award(award)
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
