"""A reservation's row: it changes only where it still is what its reader saw, so that nobody gives the same seats back twice."""

from sqlalchemy import select, update

from eventapp import clock
from eventapp.db import db
from eventapp.tours import seats
from eventapp.tours.models import Reservation, Status


def change_row(
    reservation_id: int, known: set[Status], to: Status, *, party_size: int, slot_id: int | None = None, **values: object
) -> bool:  # fmt: skip
    """Change its state, unless the row no longer is what its reader saw; tells whether it was."""
    guard = [
        Reservation.id == reservation_id,
        Reservation.status.in_(known),
        Reservation.party_size == party_size,
    ]
    if slot_id is not None:
        guard.append(Reservation.slot_id == slot_id)
    changed = (
        update(Reservation).where(*guard).values(status=to, changed_at=clock.now(), **values).returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return db.session.scalar(changed) is not None


def change_values(reservation: Reservation, **values: object) -> bool:
    """The same guard for anything but the state; the object in the session learns of it when it is read again."""
    changed = db.session.scalar(
        update(Reservation)
        .where(Reservation.id == reservation.id, Reservation.slot_id == reservation.slot_id,
               Reservation.party_size == reservation.party_size, Reservation.status == reservation.status)
        .values(**values, changed_at=clock.now())
        .returning(Reservation.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return changed is not None


def expire_due(slot_id: int | None = None) -> int:
    """Give back what was held longer than promised; returns how many reservations that were."""
    due = select(Reservation.id, Reservation.slot_id, Reservation.party_size).where(
        Reservation.status == Status.OFFERED, Reservation.expires_at <= clock.now()
    )
    if slot_id is not None:
        due = due.where(Reservation.slot_id == slot_id)
    expired = 0
    for reservation_id, of_slot, party_size in db.session.execute(
        due.order_by(Reservation.slot_id, Reservation.id)
    ).all():
        if change_row(reservation_id, {Status.OFFERED}, Status.EXPIRED, party_size=party_size):
            seats.give_back(of_slot, party_size)
            expired += 1
    return expired
