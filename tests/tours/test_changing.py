"""Changing one's mind: a move keeps to the same rules as a booking, and a corrected address opens no other door."""

from datetime import timedelta

import pytest

from eventapp import clock
from eventapp.db import transaction
from eventapp.tours import booking, changing
from eventapp.tours.booking import AlreadyBooked, BookingError
from eventapp.tours.models import Status
from tests.builders import (
    fresh,
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_programme,
    make_slot,
)

pytestmark = pytest.mark.usefixtures("app", "english")


def book(*slots, email="hana@example.jp", party_size=2):
    return make_booking(*slots, contact=make_contact(email), party_size=party_size)


@pytest.fixture
def pair(app):
    """Two slots of one programme, two hours apart."""
    old = make_slot()
    return old, make_slot(old.programme, starts_at=old.starts_at + timedelta(hours=2))


def move(reservation, to):
    with transaction():
        changing.move(reservation, to)


def test_nobody_moves_to_a_time_whose_booking_has_ended(pair):
    old, new = pair
    reservation = book(old).reservations[0]
    with transaction():
        new.closes_at = clock.now()

    with pytest.raises(BookingError, match="closed"):
        move(reservation, new)

    assert (fresh(old).seats_taken, fresh(new).seats_taken) == (2, 0)


def test_nobody_moves_after_the_deadline_of_the_edition(pair):
    old, new = pair
    reservation = book(old).reservations[0]
    deadline = old.starts_at - timedelta(hours=old.programme.edition.change_hours)

    with clock.stopped_at(deadline), pytest.raises(BookingError, match="too late"):
        move(reservation, new)
    with clock.stopped_at(deadline - timedelta(seconds=1)):
        move(reservation, new)


def test_a_move_to_a_time_one_has_booked_already_says_so(pair):
    old, new = pair
    reservation = book(old).reservations[0]
    book(new)

    with pytest.raises(AlreadyBooked):
        move(reservation, new)

    assert fresh(new).seats_taken == 2


def test_what_waits_for_its_address_moves_between_scarce_times():
    programme = make_programme(confirm_address=True)
    old = make_slot(programme)
    new = make_slot(programme, starts_at=old.starts_at + timedelta(hours=2))
    reservation = book(old).reservations[0]

    move(reservation, new)

    assert (reservation.status, reservation.slot_id) == (Status.OFFERED, new.id)


def test_a_corrected_address_must_be_confirmed_anew_before_scarce_times_are_had_by_moving():
    easy = make_slot()
    scarce = make_slot(make_programme(make_entry(easy.programme.edition), confirm_address=True),
                       starts_at=easy.starts_at + timedelta(hours=2))  # fmt: skip
    made = book(easy)
    with transaction():
        changing.confirm_address(made)
    with transaction():
        changing.correct_address(made, "invented@example.jp")

    with pytest.raises(BookingError, match="confirmed e-mail address"):
        move(made.reservations[0], scarce)


def test_an_address_that_has_booked_the_same_time_cannot_be_given_to_another_booking():
    slot = make_slot()
    book(slot, email="hana@example.jp")
    second = book(slot, email="hanna@example.jp")

    with pytest.raises(AlreadyBooked), transaction():
        changing.correct_address(second, "hana@example.jp")

    assert fresh(second).email == "hanna@example.jp"


def test_the_corrected_address_is_the_one_that_cannot_book_twice(pair):
    old, _new = pair
    made = book(old, email="hana@example.jp")
    with transaction():
        changing.correct_address(made, "hanako@example.jp")

    with pytest.raises(AlreadyBooked):
        book(old, email="hanako@example.jp")
    book(old, email="hana@example.jp")


def test_an_address_is_corrected_five_times_and_then_by_telephone():
    made = book(make_slot())
    for number in range(5):
        with transaction():
            changing.correct_address(made, f"hana{number}@example.jp")

    with pytest.raises(BookingError, match="call the organizers"), transaction():
        changing.correct_address(made, "hana@example.jp")

    assert fresh(made).email == "hana4@example.jp"


def test_what_is_over_does_not_count_towards_the_most_one_may_hold(pair):
    first, second = pair
    edition = make_edition(max_open_reservations=1)
    programme = make_programme(make_entry(edition))
    over, still = (make_slot(programme, starts_at=one.starts_at) for one in (first, second))
    book(over)

    with clock.stopped_at(over.ends_at):
        book(still)

    assert fresh(still).seats_taken == 2


def test_company_and_purpose_are_both_asked_for():
    slot = make_slot()
    with transaction():
        slot.programme.entry.factory.asks_company = True

    with pytest.raises(BookingError, match="purpose of your visit") as refused, transaction():
        booking.book([slot], contact=make_contact(company="山田商会"), party_size=1, request_key="a")

    assert refused.value.field == "purpose"
