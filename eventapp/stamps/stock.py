"""Where all prizes are: in the common store, on the tables of desks, in escrow with a phone, handed over. Never below zero.

What is there = the common store + what lies at desks + what devices hold in escrow + what was handed over. Every step takes from
one of these in a single guarded statement.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from eventapp import audit
from eventapp.db import db
from eventapp.i18n import RuleError, lazy
from eventapp.stamps.models import Claim, ClaimState, Desk, DeskStock, Escrow, Prize

STORE, AT_DESK, IN_ESCROW, OVER = "store", "desk", "escrow", "over"


class PrizeError(RuleError):
    """The prize cannot be handed over, or the stock cannot be changed like that."""


class OutOfStock(PrizeError):
    """This desk and the common store have none left."""


# --- one step ------------------------------------------------------------------------------------------------------


def take_one(prize_id: int, desk_id: int | None) -> str | None:
    """Take one from the desk's table, else from the common store. Says from where, or None."""
    if desk_id is not None and take(
        DeskStock, (DeskStock.desk_id == desk_id) & (DeskStock.prize_id == prize_id)
    ):
        return AT_DESK
    return STORE if take(Prize, Prize.id == prize_id) else None


def take(kind: Any, which: Any, number: int = 1) -> bool:
    """Take so many or none, in one guarded statement: two desks never share the last one."""
    took = (
        update(kind).where(which, kind.stock_left >= number).values(stock_left=kind.stock_left - number)
        .returning(kind.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    return db.session.scalar(took) is not None


def give(kind: Any, which: Any, number: int = 1) -> None:
    """Put so many back where `which` says."""
    db.session.execute(
        update(kind)
        .where(which)
        .values(stock_left=kind.stock_left + number)
        .execution_options(synchronize_session=False)
    )


def put_back(claim: Claim) -> None:
    """A prize that was handed over returns to where it lay; into the store where the escrow has been closed meanwhile."""
    if claim.source == AT_DESK and claim.desk_id is not None:
        give(DeskStock, (DeskStock.desk_id == claim.desk_id) & (DeskStock.prize_id == claim.prize_id))
    elif claim.source == IN_ESCROW:
        open_one = (Escrow.id == claim.escrow_id) & Escrow.closed_at.is_(None)
        back = update(Escrow).where(open_one).values(stock_left=Escrow.stock_left + 1).returning(Escrow.id)
        if db.session.scalar(back.execution_options(synchronize_session=False)) is None:
            give(Prize, Prize.id == claim.prize_id)
    elif claim.source in {STORE, AT_DESK}:
        give(Prize, Prize.id == claim.prize_id)


# --- by the committee and at desks ---------------------------------------------------------------------------------


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
    took = take(Prize, Prize.id == prize.id, number) if number >= 0 else take(DeskStock, here, -number)
    if not took:
        raise PrizeError(lazy("There are not so many there."))
    if number >= 0:
        give(DeskStock, here, number)
    else:
        give(Prize, Prize.id == prize.id, -number)
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
