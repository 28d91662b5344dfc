"""Seats: taken and given back in single statements, so that two visitors never share the last one.

`Slot.seats_taken` is the sum of parties over the states that hold seats. Only this module changes it.
"""

from sqlalchemy import func, select, update

from eventapp.db import db
from eventapp.tours.models import HOLDS_SEATS, Reservation, Slot, SlotState


def take(slot_id: int, seats: int) -> bool:
    """Take seats of an open slot, or none at all."""
    took = (
        update(Slot)
        .where(Slot.id == slot_id, Slot.state == SlotState.OPEN, Slot.seats_taken + seats <= Slot.capacity)
        .values(seats_taken=Slot.seats_taken + seats)
        .returning(Slot.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(took) is not None


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
