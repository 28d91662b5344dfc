"""Seats: taken and given back in single statements, so that two visitors never share the last one.

`Slot.seats_taken` is the sum of parties over the states that hold seats. Only this module changes it.
"""

from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update

from eventapp.db import db, is_writing
from eventapp.tours.models import HOLDS_SEATS, Reservation, Slot, SlotState


def take(slot_id: int, seats: int) -> bool:
    """Take seats of an open slot, or none at all."""
    if not is_writing():
        raise RuntimeError("a write outside transaction()")
    db.session.flush()  # what this same transaction has changed of the slot counts
    return db.session.connection().execute(_taken(), {"slot": slot_id, "seats": seats}).first() is not None


@cache
def _taken() -> Any:
    """Made once: putting it together costs more than asking it."""
    wanted = bindparam("seats", type_=Slot.seats_taken.type)
    return (
        update(Slot.__table__)  # type: ignore[arg-type]
        .where(
            Slot.id == bindparam("slot"),
            Slot.state == SlotState.OPEN,
            Slot.seats_taken + wanted <= Slot.capacity,
        )
        .values(seats_taken=Slot.seats_taken + wanted)
        .returning(Slot.id)
    )


def give_back(slot_id: int, seats: int) -> None:
    """Return seats, whatever has become of the slot since."""
    db.session.execute(
        update(Slot).where(Slot.id == slot_id).values(seats_taken=Slot.seats_taken - seats)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def set_capacity(slot_id: int, capacity: int) -> bool:
    """Change the capacity, never under what is taken; False says too many are in."""
    changed = (
        update(Slot)
        .where(Slot.id == slot_id, Slot.seats_taken <= capacity)
        .values(capacity=capacity, version=Slot.version + 1)
        .returning(Slot.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(changed) is not None


def find_miscounted() -> list[tuple[str, int, int]]:
    """Slots whose counter differs from the sum of their parties: (code, counter, sum). The audit; empty is good."""
    counted = func.coalesce(func.sum(Reservation.party_size), 0)
    holding = (Reservation.slot_id == Slot.id) & Reservation.status.in_(HOLDS_SEATS)
    rows = db.session.execute(
        select(Slot.code, Slot.seats_taken, counted)
        .outerjoin(Reservation, holding)
        .group_by(Slot.id, Slot.code, Slot.seats_taken)
        .having(Slot.seats_taken != counted)
    )
    return [(code, taken, int(total)) for code, taken, total in rows]
