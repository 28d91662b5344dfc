"""What nobody may do to a slot: wake one that was called off, lose its history, touch an edition that is over or another's."""

from datetime import timedelta

import pytest

from eventapp import clock, jobs
from eventapp.db import db, transaction
from eventapp.festivals.models import EditionState, PlaceKind
from eventapp.outbox import Mail
from eventapp.tours import calling_off, changing, programmes, seats, slots
from eventapp.tours.booking import Contact
from eventapp.tours.models import EntryMode, HeldAt, Kind, SlotState, Status
from eventapp.tours.programmes import Details, ProgrammeError
from eventapp.tours.slots import Change, Offer, SlotError
from eventapp.worker import job_kinds
from tests.builders import (
    SATURDAY,
    TEN,
    fresh,
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_person,
    make_place,
    make_programme,
    make_slot,
    texts,
)

pytestmark = pytest.mark.usefixtures("app")

HOUR = timedelta(hours=1)


def test_what_was_called_off_is_neither_closed_nor_opened_nor_changed_nor_moved():
    slot = make_slot()
    with transaction():
        slots.cancel([slot], by="test")

    with transaction():
        slots.close([slot], by="test")
    with transaction():
        slots.reopen([slot], by="test")
    for act in (
        lambda: slots.change([slot], Change(capacity=3), by="test"),
        lambda: slots.move(slot, TEN + HOUR, by="test"),
    ):
        with pytest.raises(SlotError), transaction():
            act()

    assert (fresh(slot).state, slot.capacity, slot.starts_at) == (SlotState.CANCELLED, 8, TEN)


def test_a_slot_once_booked_and_cancelled_keeps_its_history():
    slot = make_slot()
    booked = make_booking(slot)
    with transaction():
        changing.cancel(booked.reservations[0])

    with pytest.raises(SlotError), transaction():
        slots.remove([slot], by="test")

    assert fresh(booked.reservations[0]).slot_id == slot.id


def test_an_edition_that_is_over_loses_and_moves_no_slot_and_takes_no_programme():
    edition = make_edition(state=EditionState.CLOSED)
    programme = make_programme(make_entry(edition))
    slot = make_slot(programme)
    sale = Details(Kind.SALE, EntryMode.OPEN, texts("即売会"))

    for act in (
        lambda: slots.remove([slot], by="test"),
        lambda: slots.move(slot, TEN + HOUR, by="test"),
        lambda: slots.change([slot], Change(capacity=3), by="test"),
        lambda: programmes.create(edition, sale, entry=programme.entry, by="test"),
        lambda: programmes.publish(programme, by="test"),
        lambda: programmes.withdraw(programme, by="test"),
        lambda: programmes.set_stops(programme, [], by="test"),
    ):
        with pytest.raises(ProgrammeError, match="終了"), transaction():
            act()

    assert fresh(slot).starts_at == TEN


def test_a_closed_slot_is_called_off_like_an_open_one():
    slot = make_slot(seats_taken=3)
    with transaction():
        slots.close([slot], by="test")

    with transaction():
        told = slots.cancel([slot], by="test")

    assert (fresh(slot).state, slot.seats_taken, told.mailed) == (SlotState.CANCELLED, 0, 1)


def test_who_has_not_confirmed_the_address_is_told_too_and_holds_no_seat_any_more():
    slot = make_slot(make_programme(confirm_address=True))
    held = make_booking(slot, contact=make_contact("hana@example.jp")).reservations[0]
    assert held.status == Status.OFFERED

    with transaction():
        slots.cancel([slot], by="test")

    assert (fresh(held).status, fresh(slot).seats_taken) == (Status.CANCELLED, 0)
    assert db.session.query(Mail).filter_by(template="tours/slot_cancelled").count() == 1
    assert seats.find_miscounted() == []


def test_calling_off_leaves_what_is_over_on_that_day():
    programme = make_programme()
    over, to_come = make_slot(programme), make_slot(programme, starts_at=TEN + 2 * HOUR)

    with clock.stopped_at(over.ends_at):
        assert slots.find_standing(programme, SATURDAY) == [to_come]


def test_what_changes_on_a_slot_shows_on_the_cached_pages_at_once():
    slot = make_slot()
    edition = slot.programme.edition
    for act in (
        lambda: slots.change([slot], Change(capacity=5), by="test"),
        lambda: slots.close([slot], by="test"),
        lambda: slots.move(slot, TEN + HOUR, by="test"),
        lambda: slots.cancel([slot], by="test"),
    ):
        before = fresh(edition).content_version
        with transaction():
            act()
        assert fresh(edition).content_version > before


def test_a_slot_ends_at_midnight_at_the_latest():
    programme = make_programme()
    with transaction():
        made = slots.add(programme, TEN + 13 * HOUR, Offer(8), by="test")  # 23:00 to 24:00

    assert made.day == SATURDAY
    with pytest.raises(SlotError), transaction():
        slots.add(programme, TEN + 13 * HOUR + timedelta(minutes=1), Offer(8), by="test")


def test_what_needs_no_booking_gets_no_number_of_places_when_all_are_changed():
    timed = make_slot(make_programme(entry_mode=EntryMode.TIMED), capacity=None)

    with transaction():
        slots.change([timed], Change(capacity=5, walk_in_places=3), by="test")

    assert (fresh(timed).capacity, timed.walk_in_places) == (None, 3)


# --- stages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def stage(app):
    edition = make_edition()
    return edition, make_place(edition, PlaceKind.STAGE)


def make_talk(stage, ja="講演"):
    edition, place = stage
    return make_programme(edition=edition, kind=Kind.TALK, held_at=HeldAt.PLACE, place_id=place.id, title=texts(ja, ja))  # fmt: skip


def test_nothing_is_moved_onto_what_is_on_the_stage_but_a_little_within_its_own_time(stage):
    make_slot(make_talk(stage, "開会式"), starts_at=TEN + 3 * HOUR)
    slot = make_slot(make_talk(stage))

    with pytest.raises(SlotError, match="開会式"), transaction():
        slots.move(slot, TEN + 3 * HOUR + timedelta(minutes=30), by="test")
    with transaction():
        slots.move(slot, TEN + timedelta(minutes=30), by="test")

    assert fresh(slot).starts_at == TEN + timedelta(minutes=30)


def test_a_stage_is_free_again_where_something_was_called_off(stage):
    first = make_slot(make_talk(stage, "開会式"))
    with transaction():
        slots.cancel([first], by="test")

    with transaction():
        assert slots.add(make_talk(stage), TEN, Offer(8), by="test")


# --- a whole day ---------------------------------------------------------------------------------------------------


def call_off(edition):
    with transaction():
        calling_off.start(
            edition, SATURDAY, message=texts("台風", "A typhoon"), heading=None, by=make_person()
        )
    assert jobs.run_next(job_kinds())


def test_the_day_of_another_festival_is_not_called_off():
    mine, theirs = make_slot(), make_slot()

    call_off(mine.programme.edition)

    assert (fresh(mine).state, fresh(theirs).state) == (SlotState.CANCELLED, SlotState.OPEN)


def test_everybody_is_told_however_many_there_are(monkeypatch):
    monkeypatch.setattr(calling_off, "AT_ONCE", 2)
    slot = make_slot(capacity=20)
    for number in range(5):
        make_booking(slot, party_size=1, contact=make_contact(f"visitor{number}@example.jp"))

    call_off(slot.programme.edition)

    told = [mail.to_address for mail in db.session.query(Mail).filter_by(template="tours/slot_cancelled")]
    assert sorted(told) == [f"visitor{number}@example.jp" for number in range(5)]
    assert db.session.query(jobs.Job).one().result["mailed"] == 5


def test_everybody_without_an_address_is_named_to_be_called(monkeypatch):
    monkeypatch.setattr(calling_off, "AT_ONCE", 1)
    slot, staff = make_slot(), make_person()
    for name in ("相田", "和田"):
        make_booking(slot, party_size=1, contact=Contact(name, None, "ja", phone="03-1234-5678"), staff=staff)

    call_off(slot.programme.edition)

    called = calling_off.find_to_call(db.session.query(jobs.Job).one())
    assert {one.name for one in called} == {"相田", "和田"}


def test_a_day_called_off_at_one_festival_is_no_day_off_at_another():
    mine, theirs = make_slot(), make_slot()
    call_off(mine.programme.edition)

    assert calling_off.find_days_off(fresh(mine.programme.edition), {SATURDAY}) == {SATURDAY}
    assert calling_off.find_days_off(fresh(theirs.programme.edition), {SATURDAY}) == set()


def test_an_edition_of_the_same_festival_has_days_off_of_its_own():
    slot = make_slot()
    twin = make_edition(slot.programme.edition.festival, slug="twin")
    call_off(slot.programme.edition)

    assert calling_off.find_days_off(twin, {SATURDAY}) == set()
