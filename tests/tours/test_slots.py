"""Slots: planned and made, never under what is taken, moved and called off with everybody told."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from eventapp import clock
from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.festivals.models import EditionState, PlaceKind
from eventapp.outbox import Mail
from eventapp.tours import changing, programmes, seats, slots
from eventapp.tours.booking import BookingError, Contact
from eventapp.tours.models import EntryMode, HeldAt, Kind, Reservation, SlotState, Status
from eventapp.tours.programmes import ProgrammeError, StopWish
from eventapp.tours.slots import CapacityTooSmall, Change, Closes, Offer, Pattern, SlotError
from tests.builders import (
    SATURDAY,
    SUNDAY,
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


def walls(planned):
    """Local start times of Saturday and Sunday, as people say them."""
    zone = make_edition().zone
    return [clock.local(one.starts_at, zone).strftime("%a %H:%M") for one in planned]


def generate(programme, *starts, capacity=8, **offer):
    with transaction():
        return slots.generate(programme, starts, Offer(capacity, **offer), by="test")


def hourly(*days, pauses=((time(12), time(13)),), every=60):
    return Pattern(days or (SATURDAY, SUNDAY), time(10), time(16), every, pauses)


# --- planning ------------------------------------------------------------------------------------------------------


def test_plan_reads_as_it_is_said():
    planned = slots.plan(make_programme(), hourly())

    assert walls(planned) == [f"{day} {hour}:00" for day in ("Sat", "Sun") for hour in (10, 11, 13, 14, 15)]


def test_plan_starts_again_when_the_pause_is_over():
    planned = slots.plan(make_programme(duration_minutes=45), hourly(SATURDAY, every=45))

    assert walls(planned) == ["Sat 10:00", "Sat 10:45", "Sat 13:00", "Sat 13:45", "Sat 14:30", "Sat 15:15"]


def test_plan_marks_times_that_are_there_and_generating_keeps_them():
    programme = make_programme()
    kept = make_slot(programme, capacity=3)

    planned = slots.plan(programme, hourly(SATURDAY))
    made = generate(programme, *(one.starts_at for one in planned))

    assert [one.is_there for one in planned] == [True, False, False, False, False]
    assert (len(made), fresh(kept).capacity) == (4, 3)


def test_plan_shows_what_is_over_already():
    programme = make_programme()

    with clock.stopped_at(TEN + timedelta(hours=1, minutes=30)):
        planned = slots.plan(programme, hourly(SATURDAY))

    assert [one.is_over for one in planned] == [True, True, False, False, False]


@pytest.mark.parametrize(
    "pattern",
    [
        Pattern((date(2026, 12, 24),), time(10), time(16), 60),
        Pattern((), time(10), time(16), 60),
        Pattern((SATURDAY,), time(10), time(10, 30), 60),
        Pattern((SATURDAY,), time(10), time(16), 0),
        Pattern((SATURDAY, SUNDAY), time(0), time(23, 59), 5),
    ],
)
def test_plan_refuses_days_and_times_that_cannot_be(pattern):
    with pytest.raises(SlotError):
        slots.plan(make_programme(duration_minutes=45), pattern)


# --- making --------------------------------------------------------------------------------------------------------


def test_slot_lies_on_the_local_day_of_the_edition():
    early = datetime(2026, 11, 27, 22, 0, tzinfo=UTC)  # Saturday 7:00 there, Friday in UTC

    made = generate(make_programme(), early)

    assert made[0].day == SATURDAY


@pytest.mark.parametrize("start", [TEN - timedelta(days=1), TEN + timedelta(hours=13, minutes=30)])
def test_slot_outside_the_days_or_past_midnight_is_refused(start):
    with pytest.raises(SlotError):
        generate(make_programme(), start)


def test_slot_of_the_past_is_refused():
    programme = make_programme()

    with clock.stopped_at(TEN + timedelta(hours=2)), pytest.raises(SlotError):
        generate(programme, TEN)


def test_bookings_end_when_it_was_said():
    programme = make_programme()

    made = generate(programme, TEN, closes=Closes.EVE) + generate(
        programme, TEN + timedelta(hours=2), closes=Closes.HOUR
    )

    assert made[0].closes_at == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # 17:00 the day before, there
    assert made[1].closes_at == TEN + timedelta(hours=1)


def test_second_slot_at_the_same_time_is_refused_unless_the_first_was_called_off():
    programme = make_programme()
    first = make_slot(programme)

    with pytest.raises(SlotError), transaction():
        slots.add(programme, TEN, Offer(8), by="test")
    with transaction():
        slots.cancel([first], by="test")
    with transaction():
        second = slots.add(programme, TEN, Offer(8), by="test")

    assert second.state == SlotState.OPEN


def test_slots_fit_the_way_to_take_part():
    with pytest.raises(SlotError):
        generate(make_programme(entry_mode=EntryMode.OPEN), TEN)
    with pytest.raises(SlotError):
        generate(make_programme(entry_mode=EntryMode.TIMED), TEN, capacity=8)
    with pytest.raises(SlotError):
        generate(make_programme(), TEN, capacity=None)
    assert generate(make_programme(entry_mode=EntryMode.TIMED), TEN, capacity=None)[0].capacity is None


def test_edition_that_is_over_keeps_its_slots():
    edition = make_edition(state=EditionState.CLOSED)
    programme = make_programme(make_entry(edition))
    slot = make_slot(programme)

    for change in (
        lambda: slots.generate(programme, [TEN + timedelta(hours=2)], Offer(8), by="test"),
        lambda: slots.change([slot], Change(capacity=3), by="test"),
        lambda: slots.cancel([slot], by="test"),
        lambda: slots.close([slot], by="test"),
    ):
        with pytest.raises(ProgrammeError), transaction():
            change()


def test_stage_holds_one_thing_at_a_time():
    edition = make_edition()
    stage = make_place(edition, PlaceKind.STAGE)
    opening, talk = (
        make_programme(
            edition=edition, kind=Kind.TALK, held_at=HeldAt.PLACE, place_id=stage.id, title=texts(ja, ja)
        )
        for ja in ("開会式", "講演")
    )
    generate(opening, TEN)

    with pytest.raises(SlotError, match="開会式"):
        generate(talk, TEN + timedelta(minutes=30))
    assert generate(talk, TEN + timedelta(hours=1))


# --- changing ------------------------------------------------------------------------------------------------------


def test_capacity_never_goes_under_what_is_taken_and_says_who_is_in():
    slot = make_slot(capacity=8)
    make_booking(slot, party_size=3, contact=make_contact(name="山田 太郎"))
    make_booking(slot, party_size=2, contact=make_contact(name="鈴木 花"))

    with pytest.raises(CapacityTooSmall) as refused, transaction():
        slots.change([slot], Change(capacity=4), by="test")

    assert refused.value.parties == [("山田 太郎", 3), ("鈴木 花", 2)]
    assert "山田 太郎 (3), 鈴木 花 (2)" in str(refused.value)
    assert fresh(slot).capacity == 8


def test_change_in_bulk_is_all_or_nothing():
    programme = make_programme()
    free, taken = (
        make_slot(programme),
        make_slot(programme, starts_at=TEN + timedelta(hours=2), seats_taken=6),
    )

    with pytest.raises(CapacityTooSmall), transaction():
        slots.change([free, taken], Change(capacity=5), by="test")
    with transaction():
        slots.change([free, taken], Change(capacity=6, walk_in_places=2, closes=Closes.HOUR), by="test")

    assert [
        (fresh(one).capacity, one.walk_in_places, one.starts_at - one.closes_at) for one in (free, taken)
    ] == [(6, 2, timedelta(hours=1))] * 2
    assert fresh(taken).seats_taken == 6


def test_closed_slot_takes_no_more_and_keeps_those_booked():
    slot = make_slot(seats_taken=3)

    with transaction():
        slots.close([slot], by="test")
    with pytest.raises(BookingError):
        make_booking(slot)
    with transaction():
        slots.reopen([slot], by="test")
    make_booking(slot)

    assert fresh(slot).seats_taken == 5


def test_slot_that_nobody_booked_can_be_removed_and_another_cannot():
    programme = make_programme()
    unused, used = (
        make_slot(programme),
        make_slot(programme, starts_at=TEN + timedelta(hours=2), seats_taken=1),
    )

    with pytest.raises(SlotError), transaction():
        slots.remove([unused, used], by="test")
    assert fresh(unused) is not None
    with transaction():
        slots.remove([unused], by="test")

    assert fresh(unused) is None


# --- a tour's stops ------------------------------------------------------------------------------------------------


def make_tour(*places, edition=None):
    edition = edition or make_edition()
    tour = make_programme(edition=edition, kind=Kind.BUS_TOUR, held_at=HeldAt.PLACE, place_id=make_place(edition).id,
                          duration_minutes=180)  # fmt: skip
    wishes = [StopWish(make_entry(edition), 40 * number, 30, size) for number, size in enumerate(places)]
    with transaction():
        programmes.set_stops(tour, wishes, by="test")
    return tour


def test_no_slot_of_a_tour_offers_more_than_the_smallest_stop():
    tour = make_tour(20, 12, None)

    with pytest.raises(SlotError, match="12"):
        generate(tour, TEN, capacity=13)
    with pytest.raises(SlotError, match="12"):
        generate(tour, TEN, capacity=10, walk_in_places=3)
    slot = generate(tour, TEN, capacity=12)[0]
    with pytest.raises(SlotError, match="12"), transaction():
        slots.change([slot], Change(capacity=15), by="test")


def test_stop_cannot_shrink_under_a_slot_that_stands():
    tour = make_tour(20)
    generate(tour, TEN, capacity=16)
    entry = tour.stops[0].entry

    with pytest.raises(ProgrammeError, match="16"), transaction():
        programmes.set_stops(tour, [StopWish(entry, 0, 30, 10)], by="test")


# --- moving --------------------------------------------------------------------------------------------------------


def mails(template):
    return [mail for mail in db.session.query(Mail).order_by(Mail.id) if mail.template == template]


def test_moved_slot_takes_its_reservations_along_and_tells_everyone():
    slot = make_slot(closes_at=TEN - timedelta(hours=1))
    one = make_booking(slot, contact=make_contact("a@example.jp"))
    make_booking(slot, contact=make_contact("b@example.jp"))
    gone = make_booking(slot, contact=make_contact("c@example.jp"))
    with transaction():
        changing.cancel(gone.reservations[0])
    sequence = fresh(one).calendar_sequence

    with transaction():
        told = slots.move(
            slot, TEN + timedelta(days=1, minutes=30), message="機械の都合です", by=make_actor()
        )

    moved = fresh(slot)
    assert (moved.day, moved.starts_at, moved.ends_at - moved.starts_at) == (
        SUNDAY, TEN + timedelta(days=1, minutes=30), timedelta(hours=1),
    )  # fmt: skip
    assert moved.starts_at - moved.closes_at == timedelta(hours=1)
    assert (told.mailed, told.to_call, moved.seats_taken) == (2, 0, 4)
    assert [mail.to_address for mail in mails("tours/slot_moved")] == ["a@example.jp", "b@example.jp"]
    assert mails("tours/slot_moved")[0].values["message"] == "機械の都合です"
    assert mails("tours/slot_moved")[0].values["items"][0]["starts_at"].startswith("2026-11-29T01:30")
    assert fresh(one).calendar_sequence == sequence + 1


def make_actor():
    return make_person("Yamada")


def test_move_counts_those_who_must_be_called():
    slot = make_slot()
    caller = Contact(name="電話 太郎", email=None, phone="03-1234-5678", language="ja")
    make_booking(slot, contact=caller, staff=make_actor())

    with transaction():
        told = slots.move(slot, TEN + timedelta(hours=1), by="test")

    assert (told.mailed, told.to_call, mails("tours/slot_moved")) == (0, 1, [])


def test_move_onto_another_slot_is_refused():
    programme = make_programme()
    slot = make_slot(programme, seats_taken=2)
    make_slot(programme, starts_at=TEN + timedelta(hours=2))

    with pytest.raises(SlotError), transaction():
        slots.move(slot, TEN + timedelta(hours=2), by="test")

    assert (fresh(slot).starts_at, mails("tours/slot_moved")) == (TEN, [])


def test_move_to_the_same_time_tells_nobody():
    slot = make_slot(seats_taken=2)

    with transaction():
        told = slots.move(slot, TEN, by="test")

    assert told.mailed == 0


# --- calling off ---------------------------------------------------------------------------------------------------


def test_slot_called_off_gives_every_seat_back_and_tells_why():
    slot = make_slot()
    booked = make_booking(slot, contact=make_contact("a@example.jp"))
    make_booking(slot, contact=make_contact("b@example.jp"))

    with transaction():
        told = slots.cancel([slot], message="台風のため", by="test")

    assert (fresh(slot).state, fresh(slot).seats_taken, told.mailed) == (SlotState.CANCELLED, 0, 2)
    assert fresh(booked.reservations[0]).status == Status.CANCELLED
    assert [mail.values["message"] for mail in mails("tours/slot_cancelled")] == ["台風のため"] * 2
    assert mails("tours/changed") == []
    assert seats.find_miscounted() == []


def test_one_mail_tells_of_all_slots_called_off_together():
    programme = make_programme()
    both = make_slot(programme), make_slot(programme, starts_at=TEN + timedelta(hours=2))
    make_booking(*both, contact=make_contact("a@example.jp"))

    with transaction():
        told = slots.cancel(both, by="test")

    assert (told.mailed, len(mails("tours/slot_cancelled"))) == (1, 1)


def test_calling_off_twice_tells_once():
    slot = make_slot(seats_taken=2)

    for _time in range(2):
        with transaction():
            slots.cancel([slot], by="test")

    assert len(mails("tours/slot_cancelled")) == 1


def test_day_of_a_programme_is_found_whole():
    programme = make_programme()
    saturday = make_slot(programme)
    sunday = make_slot(programme, starts_at=TEN + timedelta(days=1))
    make_slot(programme, starts_at=TEN + timedelta(hours=3), state=SlotState.CANCELLED)

    assert slots.find_standing(programme, SATURDAY) == [saturday]
    assert slots.find_standing(programme) == [saturday, sunday]


def test_what_is_over_cannot_be_called_off():
    slot = make_slot()

    with clock.stopped_at(TEN + timedelta(hours=2)), pytest.raises(SlotError), transaction():
        slots.cancel([slot], by="test")


def test_calling_off_leaves_those_who_came():
    slot = make_slot(seats_taken=2)
    here = make_booking(slot, party_size=1)
    with transaction():
        changing.mark(here.reservations[0], Status.ATTENDED, staff=make_actor())

    with clock.stopped_at(TEN + timedelta(minutes=10)), transaction():
        slots.cancel([slot], by="test")

    assert (fresh(here.reservations[0]).status, fresh(slot).seats_taken) == (Status.ATTENDED, 1)
    assert seats.find_miscounted() == []


def test_every_change_leaves_its_line_of_history():
    programme = make_programme()
    person = make_actor()
    with transaction():
        slot = slots.add(programme, TEN, Offer(8), by=person)
        slots.change([slot], Change(capacity=5), by=person)
        slots.close([slot], by=person)
        slots.reopen([slot], by=person)
        slots.move(slot, TEN + timedelta(hours=1), by=person)
        slots.cancel([slot], by=person)

    lines = db.session.query(Line).filter(Line.action.like("slot.%")).order_by(Line.id).all()
    assert [line.action for line in lines] == [
        "slot.added", "slot.changed", "slot.closed", "slot.reopened", "slot.moved", "slot.cancelled",
    ]  # fmt: skip
    assert {line.by for line in lines} == {"Yamada"}


def test_reservations_of_a_moved_slot_stay_its_own():
    slot = make_slot()
    booked = make_booking(slot)

    with transaction():
        slots.move(slot, TEN + timedelta(hours=1), by="test")

    assert db.session.get_one(Reservation, booked.reservations[0].id).slot_id == slot.id
