"""Somebody else was quicker: what has changed since it was read is not changed again, and no seat is given back twice."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from eventapp.db import db, transaction
from eventapp.tours import changing, seats
from eventapp.tours.booking import BookingError
from eventapp.tours.models import Reservation, Slot, SlotState, Status
from tests.builders import fresh, make_booking, make_person, make_slot

pytestmark = pytest.mark.usefixtures("app", "english")


def elsewhere(reservation, **values):
    """Another request changes the row, and this one has read it already."""
    assert reservation.status and reservation.party_size and reservation.slot_id and reservation.slot
    db.session.execute(
        update(Reservation).where(Reservation.id == reservation.id).values(**values)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


@pytest.mark.parametrize("values", [{"status": Status.CANCELLED}, {"party_size": 1}])
@pytest.mark.parametrize("act", ["fewer", "more", "move", "cancel"])
def test_what_was_changed_elsewhere_is_looked_at_again_before_it_is_changed(act, values):
    slot = make_slot()
    other = make_slot(slot.programme, starts_at=slot.starts_at + timedelta(hours=2))
    reservation = make_booking(slot, party_size=3).reservations[0]
    acts = {
        "fewer": lambda: changing.change_party(reservation, 2),
        "more": lambda: changing.change_party(reservation, 4),
        "move": lambda: changing.move(reservation, other),
        "cancel": lambda: changing.cancel(reservation),
    }

    with pytest.raises(BookingError, match="changed elsewhere"), transaction():
        elsewhere(reservation, **values)
        acts[act]()

    assert (fresh(slot).seats_taken, fresh(other).seats_taken) == (3, 0)


@pytest.mark.parametrize("state", [SlotState.CLOSED, SlotState.CANCELLED])
def test_no_seat_is_taken_of_a_slot_that_was_closed_a_moment_ago(state):
    slot = make_slot()

    with transaction():
        db.session.execute(update(Slot).where(Slot.id == slot.id).values(state=state))
        assert not seats.take(slot.id, 1)

    assert fresh(slot).seats_taken == 0


def test_who_has_been_there_is_not_cancelled_afterwards():
    slot = make_slot()
    reservation, staff = make_booking(slot).reservations[0], make_person()
    with transaction():
        changing.mark(reservation, Status.ATTENDED, staff=staff)

    with pytest.raises(BookingError, match="no longer be cancelled"), transaction():
        changing.cancel(reservation, staff=staff)

    assert (fresh(reservation).status, fresh(slot).seats_taken) == (Status.ATTENDED, 2)
