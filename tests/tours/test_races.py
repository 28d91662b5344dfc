"""Races: 200 bookings for 20 places, by threads and by processes, on both databases, ten times.

A control shows that the naive way (count, then insert) oversells under the same load, so the race is a real one.
"""

import contextvars
import multiprocessing
import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from eventapp import clock, codes, create_app
from eventapp.db import db, retrying, transaction
from eventapp.tours import booking, changing, seats
from eventapp.tours.booking import Contact, SlotFull
from eventapp.tours.models import Booking, Reservation, Slot, Status
from tests.builders import make_booking, make_programme, make_slot
from tests.conftest import NOW, settings

pytestmark = pytest.mark.race
ATTEMPTS, PLACES, ROUNDS, PROCESSES = 200, 20, 10, 4
FIRST_START = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)


def try_to_book(slot_id: int, number: int, party_size: int = 1) -> str:
    """One visitor's attempt, as a request would make it."""

    def once() -> str:
        with transaction():
            slot = db.session.get_one(Slot, slot_id)
            booking.book([slot], contact=Contact(f"Visitor {number}", f"v{slot_id}-{number}@example.jp", "ja"), party_size=party_size,
                         request_key=f"race-{slot_id}-{number}")  # fmt: skip
        return "booked"

    try:
        return retrying(once)
    except SlotFull:
        return "full"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def in_threads(app: Flask, works: list[Callable[[], str]], threads: int = 20) -> list[str]:
    """All works, begun together, each in an application context of its own."""
    results: list[str] = []
    start = threading.Barrier(threads)

    def run(mine: list[Callable[[], str]]) -> None:
        start.wait()
        for work in mine:
            with app.app_context():
                try:
                    results.append(work())
                except Exception as error:
                    results.append(f"{type(error).__name__}: {error}")
                db.session.remove()

    workers = [
        threading.Thread(target=contextvars.Context().run, args=(run, works[number::threads]))
        for number in range(threads)
    ]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    return results


@pytest.fixture
def wide_pool(app: Flask) -> Flask:
    """Codes drawn by many threads come from the system, not from the tests' one seeded source."""
    with codes.use_randomness(random.SystemRandom()):
        yield app


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_threads_race_for_the_last_places(wide_pool: Flask, round_number: int) -> None:
    slot_id = make_slot(capacity=PLACES).id
    db.session.rollback()

    results = in_threads(
        wide_pool, [lambda number=number: try_to_book(slot_id, number) for number in range(ATTEMPTS)]
    )

    assert Counter(results) == {"booked": PLACES, "full": ATTEMPTS - PLACES}
    assert seats.find_miscounted() == []
    assert db.session.query(Reservation).count() == PLACES


def test_threads_race_with_parties_and_double_clicks(wide_pool: Flask) -> None:
    slot_id = make_slot(capacity=PLACES).id
    db.session.rollback()

    works = [lambda number=number: try_to_book(slot_id, number, 1 + number % 4) for number in range(100)] * 2
    results = in_threads(wide_pool, works)

    assert set(results) <= {"booked", "full"}
    taken = db.session.get_one(Slot, slot_id).seats_taken
    assert PLACES - 3 <= taken <= PLACES
    assert seats.find_miscounted() == []
    assert db.session.scalar(select(func.count(Booking.id))) == db.session.scalar(
        select(func.count(func.distinct(Booking.email_key)))
    )


def test_bundles_in_opposite_order_never_wait_for_each_other(wide_pool: Flask) -> None:
    first = make_slot(capacity=100)
    second = make_slot(first.programme, capacity=100, starts_at=datetime(2026, 11, 28, 3, 0, tzinfo=UTC))
    ids = [first.id, second.id]
    db.session.rollback()

    def bundle(number: int) -> str:
        def once() -> str:
            with transaction():
                chosen = [db.session.get_one(Slot, one) for one in (ids if number % 2 else ids[::-1])]
                booking.book(
                    chosen,
                    contact=Contact("V", f"v{number}@example.jp", "ja"),
                    party_size=1,
                    request_key=f"r{number}",
                )
            return "booked"

        return retrying(once)

    results = in_threads(wide_pool, [lambda number=number: bundle(number) for number in range(60)])

    assert Counter(results) == {"booked": 60}
    assert seats.find_miscounted() == []


def test_cancelling_and_moving_at_once_gives_seats_back_once(wide_pool: Flask) -> None:
    first = make_slot(capacity=30)
    second = make_slot(first.programme, capacity=30, starts_at=datetime(2026, 11, 28, 3, 0, tzinfo=UTC))
    first_id, second_id = first.id, second.id
    db.session.rollback()
    for number in range(10):
        assert try_to_book(first_id, number, 2) == "booked"
    reservations = [one.id for one in db.session.query(Reservation)]
    db.session.rollback()

    def change(number: int) -> str:
        def once() -> str:
            with transaction():
                mine = db.session.get_one(Reservation, reservations[number % 10])
                if number % 3 == 0:
                    changing.cancel(mine)
                elif number % 3 == 1:
                    changing.move(
                        mine, db.session.get_one(Slot, second_id if mine.slot_id == first_id else first_id)
                    )
                else:
                    changing.change_party(mine, 1 + number % 2)
            return "done"

        try:
            return retrying(once)
        except booking.BookingError:
            return "refused"

    results = in_threads(wide_pool, [lambda number=number: change(number) for number in range(120)])

    assert set(results) <= {"done", "refused"}
    assert seats.find_miscounted() == []


def book_in_process(url: str, instance: str, slot_ids: list[int], part: int, start, answers) -> None:  # type: ignore[no-untyped-def]
    """A worker process of its own, with eight threads as the server has; a race for each slot in turn."""
    app = create_app(settings(url), instance=Path(instance))
    with clock.stopped_at(NOW):
        for slot_id in slot_ids:
            works = [
                lambda number=number, slot_id=slot_id: try_to_book(slot_id, number)
                for number in range(part, ATTEMPTS, PROCESSES)
            ]
            start.wait()
            answers.put((slot_id, in_threads(app, works, threads=8)))


def test_processes_race_for_the_last_places(app: Flask) -> None:
    programme = make_programme()
    slot_ids = [
        make_slot(programme, capacity=PLACES, starts_at=FIRST_START + timedelta(hours=number)).id
        for number in range(ROUNDS)
    ]
    db.session.remove()
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(PROCESSES), context.Queue()
    common = (app.config["DATABASE_URL"], str(app.config["INSTANCE"]), slot_ids)
    processes = [
        context.Process(target=book_in_process, args=(*common, part, start, answers))
        for part in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    results: dict[int, Counter[str]] = {slot_id: Counter() for slot_id in slot_ids}
    for _answer in range(PROCESSES * ROUNDS):
        slot_id, answered = answers.get(timeout=300)
        results[slot_id].update(answered)
    for process in processes:
        process.join()

    assert [dict(one) for one in results.values()] == [{"booked": PLACES, "full": ATTEMPTS - PLACES}] * ROUNDS
    assert seats.find_miscounted() == []


def test_the_naive_way_oversells(wide_pool: Flask) -> None:
    """The control: count, then insert, with the reader's thinking made visible. It sells more than there is."""
    slot_id = make_slot(capacity=PLACES).id
    booking_id = seed_booking()
    db.session.remove()
    counted = threading.Barrier(10)

    def naive(number: int) -> str:
        with Session(db.engine) as session:
            session.info["writing"] = True
            taken = session.scalar(
                select(func.coalesce(func.sum(Reservation.party_size), 0)).where(
                    Reservation.slot_id == slot_id
                )
            )
            session.rollback()  # the read is over before the write begins, as where nobody thought of it
            counted.wait()
            if taken + 1 > PLACES:
                return "full"
            session.execute(
                insert(Reservation).values(code=f"naive{number}", booking_id=booking_id, slot_id=slot_id, email_key="", party_size=1,
                                           status=Status.CONFIRMED, created_at=NOW, changed_at=NOW)
            )  # fmt: skip
            session.commit()
            return "booked"

    results = in_threads(wide_pool, [lambda number=number: naive(number) for number in range(50)], threads=10)

    assert Counter(results)["booked"] > PLACES


def seed_booking() -> int:
    """Any booking to hang naive reservations on."""
    return make_booking(make_slot()).id


def test_a_double_click_that_races_itself_books_once_and_answers_twice(wide_pool: Flask) -> None:
    slot_id = make_slot(capacity=PLACES).id
    db.session.rollback()

    for number in range(10):
        results = in_threads(wide_pool, [lambda number=number: try_to_book(slot_id, number)] * 4, threads=4)
        assert results == ["booked"] * 4

    assert db.session.query(Booking).count() == 10
    assert seats.find_miscounted() == []


def test_two_forms_of_one_visitor_that_race_are_one_booking_and_one_explanation(wide_pool: Flask) -> None:
    slot_id = make_slot(capacity=PLACES).id
    db.session.rollback()

    def send(key: str) -> str:
        def once() -> str:
            with transaction():
                booking.book(
                    [db.session.get_one(Slot, slot_id)],
                    contact=Contact("V", "v@example.jp", "ja"),
                    party_size=1,
                    request_key=key,
                )
            return "booked"

        try:
            return retrying(once)
        except booking.AlreadyBooked:
            return "already"

    results = in_threads(wide_pool, [lambda key=key: send(key) for key in "abcd"], threads=4)

    assert Counter(results) == {"booked": 1, "already": 3}
