"""Bookings by staff, for a caller: outside the booking times and over the visitors' limits, and never what is over."""

from datetime import timedelta

import pytest

from eventapp import clock
from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.tours import booking, changing, seats, slots
from eventapp.tours.booking import BookingError
from eventapp.tours.models import Status
from tests.builders import (
    fresh,
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_person,
    make_programme,
    make_slot,
)

pytestmark = pytest.mark.usefixtures("app", "english")


@pytest.fixture
def staff(app):
    return make_person("Yamada")


def book(*slots, staff, email="hana@example.jp", party_size=2, key="a", **values):
    with transaction():
        return booking.book(
            list(slots), contact=make_contact(email), party_size=party_size, request_key=key, staff=staff, **values
        )  # fmt: skip


def test_staff_cannot_book_a_time_that_is_over(staff):
    slot = make_slot()

    with clock.stopped_at(slot.ends_at), pytest.raises(BookingError, match="closed"):
        book(slot, staff=staff)
    with clock.stopped_at(slot.ends_at - timedelta(seconds=1)):
        book(slot, staff=staff)


def test_staff_cannot_book_a_time_that_was_closed_by_hand(staff):
    slot = make_slot()
    with transaction():
        slots.close([slot], by=staff)

    with pytest.raises(BookingError, match="closed"):
        book(slot, staff=staff)


def test_staff_book_over_the_limits_of_a_visitor(staff):
    edition = make_edition(max_open_reservations=1, max_party_size=4)
    programme = make_programme(make_entry(edition))
    first = make_slot(programme)
    second = make_slot(programme, starts_at=first.starts_at + timedelta(hours=2))
    book(first, staff=staff)

    book(second, staff=staff, party_size=6, key="b")

    assert fresh(second).seats_taken == 6


def test_staff_are_asked_about_overlaps_when_booking(staff):
    programme = make_programme()
    first = make_slot(programme)
    book(first, staff=staff)

    with pytest.raises(booking.Overlaps):
        book(make_slot(programme, starts_at=first.starts_at + timedelta(minutes=30)), staff=staff, key="b")


def test_what_staff_book_needs_no_confirmed_address(staff):
    slot = make_slot(make_programme(confirm_address=True))

    made = book(slot, staff=staff)

    assert (made.reservations[0].status, made.reservations[0].expires_at) == (Status.CONFIRMED, None)
    with clock.stopped_at(clock.now() + timedelta(hours=1)), transaction():
        assert booking.reservations.expire_due() == 0


def test_the_history_tells_which_of_the_staff_did_it(staff):
    slot = make_slot()
    other = make_slot(slot.programme, starts_at=slot.starts_at + timedelta(hours=2))
    made = book(slot, staff=staff)
    reservation = made.reservations[0]
    with transaction():
        changing.change_party(reservation, 3, staff=staff)
        changing.move(reservation, other, staff=staff)
        changing.mark(reservation, Status.ATTENDED, staff=staff)
        changing.mark(reservation, Status.CONFIRMED, staff=staff)
        changing.cancel(reservation, staff=staff)

    lines = db.session.query(Line).filter(Line.action.like("booking.%")).order_by(Line.id).all()
    assert [(line.action, line.by) for line in lines] == [
        ("booking.created", "Yamada"), ("booking.party_changed", "Yamada"), ("booking.moved", "Yamada"),
        ("booking.marked", "Yamada"), ("booking.marked", "Yamada"), ("booking.cancelled", "Yamada"),
    ]  # fmt: skip


def test_a_cancelled_reservation_is_neither_moved_nor_made_larger_nor_marked(staff):
    slot = make_slot()
    other = make_slot(slot.programme, starts_at=slot.starts_at + timedelta(hours=2))
    reservation = make_booking(slot).reservations[0]
    with transaction():
        changing.cancel(reservation)

    for act in (
        lambda: changing.move(reservation, other, staff=staff),
        lambda: changing.change_party(reservation, 4, staff=staff),
        lambda: changing.change_party(reservation, 1, staff=staff),
        lambda: changing.mark(reservation, Status.ATTENDED, staff=staff),
    ):
        with pytest.raises(BookingError), transaction():
            act()

    assert (fresh(slot).seats_taken, fresh(other).seats_taken) == (0, 0)
    assert seats.find_miscounted() == []


def test_staff_do_not_let_more_people_into_what_is_over(staff):
    slot = make_slot(capacity=8)
    reservation = make_booking(slot).reservations[0]

    with clock.stopped_at(slot.ends_at), pytest.raises(BookingError, match="closed"), transaction():
        changing.change_party(reservation, 4, staff=staff)

    assert fresh(slot).seats_taken == 2


def test_staff_move_a_party_past_closing_time_and_onto_what_overlaps(staff):
    programme = make_programme()
    old = make_slot(programme)
    kept = make_slot(programme, starts_at=old.starts_at + timedelta(hours=2))
    wanted = make_slot(programme, starts_at=old.starts_at + timedelta(hours=2, minutes=30))
    reservation = make_booking(old, kept, contact=make_contact("hana@example.jp")).reservations[0]
    with transaction():
        wanted.closes_at = clock.now()

    with transaction():
        changing.move(reservation, wanted, staff=staff)

    assert fresh(wanted).seats_taken == 2
