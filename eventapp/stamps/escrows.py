"""Desks without a signal: a phone takes n prizes along, checks certificates by itself, and tells later what it handed over.

Escrows are disjoint from every other stock, so nothing is ever promised twice. A card that goes to two such desks is found out at the
upload and listed: the loss is bounded by the escrows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from eventapp import audit, clock
from eventapp.db import db
from eventapp.i18n import lazy
from eventapp.stamps import certificates, prizes, stock, tokens
from eventapp.stamps.models import Award, Claim, ClaimState, Desk, DeskStock, Escrow, Prize, Rally
from eventapp.stamps.stock import PrizeError


def take_escrow(prize: Prize, desk: Desk, number: int, *, device: str, by: audit.Actor | str) -> Escrow:
    """Set so many apart for one device, which may hand them over without a signal. All or none."""
    if number < 1:
        raise PrizeError(lazy("At least one prize is needed."))
    here = (DeskStock.desk_id == desk.id) & (DeskStock.prize_id == prize.id)
    if not stock.take(DeskStock, here, number) and not stock.take(Prize, Prize.id == prize.id, number):
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
    stock.give(Prize, Prize.id == escrow.prize_id, left)
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
    award = prizes.take_award(award)
    state = ClaimState.DOUBLE if prizes.find_live_claim(award) else ClaimState.LIVE
    source = _taken_from(escrow)
    escrow_id = escrow.id if source == stock.IN_ESCROW else None
    made = prizes.write_claim(
        award, escrow.desk, item.request_key, by, source, item.handed_at, state, escrow_id
    )
    audit.record("prize.claimed" if state == ClaimState.LIVE else "prize.claimed_twice", f"award:{award.code}", by=by,
                 festival_id=escrow.prize.rally.edition.festival_id, details={"prize": award.prize.code, "desk": escrow.desk.code})  # fmt: skip
    return Uploaded(item.request_key, "claimed" if state == ClaimState.LIVE else "double", made)


def _taken_from(escrow: Escrow) -> str:
    """The prize is gone already: it is taken from where the device had it, else from where there still is one."""
    if stock.take(Escrow, (Escrow.id == escrow.id) & Escrow.closed_at.is_(None)):
        return stock.IN_ESCROW
    return stock.take_one(escrow.prize_id, escrow.desk_id) or stock.OVER


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
