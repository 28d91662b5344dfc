"""Booking: all or nothing, once, within the limits, and places back at once."""

from datetime import timedelta

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories.models import EntryState
from eventapp.festivals.models import EditionState
from eventapp.outbox import Mail
from eventapp.tours import booking, changing, seats
from eventapp.tours.booking import AlreadyBooked, BookingError, Overlaps, SlotFull
from eventapp.tours.models import Booking, ProgrammeState, SlotState, Status
from tests.builders import (
    fresh,
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_factory,
    make_person,
    make_programme,
    make_slot,
)

pytestmark = pytest.mark.usefixtures("app", "english")


def book(*slots, email="hana@example.jp", party_size=2, key="a", **values):
    with transaction():
        return booking.book(
            list(slots), contact=make_contact(email), party_size=party_size, request_key=key, **values
        )


def test_book_takes_every_slot_or_none():
    programme = make_programme()
    free = make_slot(programme, capacity=8)
    full = make_slot(programme, capacity=8, seats_taken=7, starts_at=free.starts_at + timedelta(hours=2))

    with pytest.raises(SlotFull):
        book(free, full)

    assert (free.seats_taken, full.seats_taken) == (0, 7)
    assert db.session.query(Booking).filter_by(request_key="a").count() == 0


def test_book_same_request_key_gets_first_booking_back():
    slot = make_slot()

    first, second = book(slot), book(slot)

    assert first.id == second.id
    assert fresh(slot).seats_taken == 2
    assert db.session.query(Mail).count() == 1


def test_book_exactly_the_last_seats():
    slot = make_slot(capacity=8, seats_taken=6)

    book(slot, party_size=2)

    assert fresh(slot).seats_left == 0


def test_book_refuses_second_reservation_of_same_address_in_other_spelling():
    slot = make_slot()
    book(slot, email="Hana@Example.jp")

    with pytest.raises(AlreadyBooked):
        book(slot, email="ｈａｎａ@example.JP", key="b")


def test_book_again_after_cancelling():
    slot = make_slot()
    first = book(slot)
    with transaction():
        changing.cancel(first.reservations[0])

    book(slot, key="b")

    assert fresh(slot).seats_taken == 2


def test_book_warns_of_overlap_and_books_when_accepted():
    programme = make_programme()
    early = make_slot(programme)
    overlapping = make_slot(programme, starts_at=early.starts_at + timedelta(minutes=30))
    after = make_slot(programme, starts_at=early.ends_at)
    book(early)

    book(after, key="b")
    with pytest.raises(Overlaps):
        book(overlapping, key="c")
    book(overlapping, key="c", overlaps_accepted=True)


def test_book_opens_and_closes_to_the_second():
    opens = clock.now() + timedelta(hours=1)
    edition = make_edition(booking_opens_at=opens, booking_closes_at=opens + timedelta(days=1))
    slot = make_slot(make_programme(make_entry(edition)))

    with clock.stopped_at(opens - timedelta(seconds=1)), pytest.raises(BookingError, match="not opened yet"):
        book(slot)
    with clock.stopped_at(opens):
        book(slot)
    with clock.stopped_at(opens + timedelta(days=1)), pytest.raises(BookingError, match="closed"):
        book(slot, email="other@example.jp", key="b")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda slot: setattr(slot, "state", SlotState.CANCELLED), "cancelled"),
        (lambda slot: setattr(slot, "state", SlotState.CLOSED), "closed"),
        (lambda slot: setattr(slot, "closes_at", clock.now()), "closed"),
        (lambda slot: setattr(slot, "capacity", None), "No booking is needed"),
        (lambda slot: setattr(slot.programme, "state", ProgrammeState.WITHDRAWN), "cancelled"),
        (lambda slot: setattr(slot.programme.entry, "state", EntryState.WITHDRAWN), "cancelled"),
        (lambda slot: setattr(slot.programme.edition, "state", EditionState.CLOSED), "closed"),
        (lambda slot: setattr(slot.programme.edition, "state", EditionState.RECRUITING), "closed"),
    ],
)
def test_book_says_why_not(change, words):
    slot = make_slot()
    with transaction():
        change(slot)

    with pytest.raises(BookingError, match=words):
        book(slot)


def test_book_asks_what_the_factory_asks():
    edition = make_edition()
    factory = make_factory(edition.festival, no_same_trade=True)
    slot = make_slot(make_programme(make_entry(edition, factory)))

    with pytest.raises(BookingError, match="same trade"):
        book(slot)


def test_book_limits_open_reservations_of_one_visitor():
    edition = make_edition(max_open_reservations=2)
    programme = make_programme(make_entry(edition))
    slots = [make_slot(programme) if hour == 0 else make_slot(programme, starts_at=clock.now() + timedelta(days=1, hours=2 * hour))
             for hour in range(3)]  # fmt: skip
    book(slots[0], key="a")
    book(slots[1], key="b")

    with pytest.raises(BookingError, match="2 reservations"):
        book(slots[2], key="c")


@pytest.mark.parametrize("party_size", [0, -1, 7, 10**9])
def test_book_refuses_party_out_of_range(party_size):
    slot = make_slot(capacity=100)

    with pytest.raises(BookingError):
        book(slot, party_size=party_size)

    assert slot.seats_taken == 0


def test_staff_book_by_telephone_after_closing_time():
    slot = make_slot()
    with transaction():
        slot.closes_at = clock.now()

    with transaction():
        made = booking.book([slot], contact=booking.Contact("山田", None, "ja", phone="090-1234-5678"),
                            party_size=9 - 1, request_key="a", staff=make_person())  # fmt: skip

    assert made.phone_key == "09012345678"


def test_held_place_is_confirmed_by_the_address_or_given_back_after_30_minutes():
    slot = make_slot(make_programme(confirm_address=True), capacity=2)
    held = book(slot)
    assert held.reservations[0].status == Status.OFFERED
    with pytest.raises(SlotFull):
        book(slot, email="b@example.jp", key="b")

    later = clock.now() + timedelta(minutes=30)
    with clock.stopped_at(later):
        second = book(slot, email="b@example.jp", key="b")
        with transaction():
            changing.confirm_address(second)

    assert fresh(held.reservations[0]).status == Status.EXPIRED
    assert fresh(second.reservations[0]).status == Status.CONFIRMED
    assert seats.find_miscounted() == []


def overdue(slot):
    """A reservation whose address was not confirmed in time, and which nobody has given back yet; and the time then."""
    held = book(slot, email="late@example.jp", key="late").reservations[0]
    assert held.status == Status.OFFERED
    return held, clock.now() + timedelta(minutes=31)


def test_what_was_held_too_long_cannot_be_moved_into_a_full_slot_and_gives_back_nothing_there():
    programme = make_programme(confirm_address=True)
    old = make_slot(programme, capacity=8)
    full = make_slot(programme, capacity=4, starts_at=old.starts_at + timedelta(hours=2))
    with transaction():
        other = booking.book(
            [full], contact=make_contact("other@example.jp"), party_size=4, request_key="other"
        )
        changing.confirm_address(other)
    held, then = overdue(old)

    with clock.stopped_at(then), pytest.raises(BookingError, match="kept for 30 minutes"), transaction():
        changing.move(held, full)

    assert (fresh(old).seats_taken, fresh(full).seats_taken) == (2, 4)
    assert seats.find_miscounted() == []


def test_what_was_held_too_long_cannot_grow_and_gives_back_no_more_than_it_took():
    slot = make_slot(make_programme(confirm_address=True), capacity=3)
    held, then = overdue(slot)

    with clock.stopped_at(then), pytest.raises(BookingError, match="kept for 30 minutes"), transaction():
        changing.change_party(held, 4)

    assert fresh(slot).seats_taken == 2
    assert seats.find_miscounted() == []


def test_what_was_held_too_long_can_still_be_given_back():
    slot = make_slot(make_programme(confirm_address=True), capacity=3)
    held, then = overdue(slot)

    with clock.stopped_at(then), transaction():
        changing.cancel(held)

    assert fresh(slot).seats_taken == 0
    assert seats.find_miscounted() == []


def test_change_party_down_and_up():
    slot = make_slot(capacity=4)
    made = book(slot, party_size=3)

    with transaction():
        changing.change_party(made.reservations[0], 1)
    assert fresh(slot).seats_taken == 1
    with transaction():
        changing.change_party(made.reservations[0], 4)
    with pytest.raises(SlotFull), transaction():
        changing.change_party(made.reservations[0], 5)

    assert fresh(slot).seats_taken == 4


def test_move_takes_new_seats_and_returns_old_ones():
    programme = make_programme()
    old = make_slot(programme)
    new = make_slot(programme, starts_at=old.starts_at + timedelta(hours=2))
    made = book(old)

    with transaction():
        changing.move(made.reservations[0], new)

    for slot, taken in ((old, 0), (new, 2)):
        assert fresh(slot).seats_taken == taken
    assert made.reservations[0].slot_id == new.id


def test_move_to_full_slot_changes_nothing():
    programme = make_programme()
    old = make_slot(programme)
    full = make_slot(programme, capacity=2, seats_taken=1, starts_at=old.starts_at + timedelta(hours=2))
    made = book(old)

    with pytest.raises(SlotFull), transaction():
        changing.move(made.reservations[0], full)

    assert fresh(made.reservations[0]).slot_id == old.id
    assert seats.find_miscounted() == []


def test_cancel_twice_gives_back_once():
    slot = make_slot()
    made = book(slot)

    for _time in range(2):
        with transaction():
            changing.cancel(made.reservations[0])

    assert fresh(slot).seats_taken == 0


def test_correct_address_revokes_the_link_and_mails_a_new_one():
    made = book(make_slot())

    with transaction():
        changing.correct_address(made, "hanako@example.jp")

    mails = db.session.query(Mail).order_by(Mail.id).all()
    assert [mail.to_address for mail in mails] == ["hana@example.jp", "hanako@example.jp"]
    assert made.link_version == 2


def test_capacity_never_goes_under_what_is_taken():
    slot = make_slot(capacity=8, seats_taken=5)

    with transaction():
        assert not seats.set_capacity(slot.id, 4)
        assert seats.set_capacity(slot.id, 5)


def test_audit_finds_a_miscount():
    slot = make_slot(seats_taken=3)
    make_booking(slot)
    assert seats.find_miscounted() == []

    with transaction():
        slot.seats_taken = 4

    assert [(row[1], row[2]) for row in seats.find_miscounted()] == [(4, 5)]


def test_an_archive_is_read_and_stays_as_it_was():
    slot = make_slot(seats_taken=0)
    other = make_slot(slot.programme, starts_at=slot.starts_at + timedelta(hours=3))
    made = make_booking(slot)
    reservation, staff = made.reservations[0], make_person()
    with transaction():
        slot.programme.edition.state = EditionState.CLOSED
    assert (changing.may_change(reservation), changing.may_leave(reservation)) == (False, False)

    for act in (
        lambda: changing.cancel(reservation), lambda: changing.cancel(reservation, staff=staff),
        lambda: changing.change_party(reservation, 1, staff=staff), lambda: changing.move(reservation, other, staff=staff),
        lambda: booking.book([other], contact=make_contact(), party_size=1, request_key="late", staff=staff),
    ):  # fmt: skip
        with pytest.raises(BookingError, match=r"over|closed"), transaction():
            act()
    with transaction():
        changing.mark(reservation, Status.ATTENDED, staff=staff)  # the figures are still put right
