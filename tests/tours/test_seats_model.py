"""Any order of bookings, moves, reductions, cancellations, capacity changes and closings keeps the books straight.

The model is a plain dict; after every step `seats_taken` must be the sum of parties, never above the capacity, and
what the rules answered must be what the model expects.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.tours import booking, changing, reservations, seats
from eventapp.tours.booking import BookingError, Contact, SlotFull
from eventapp.tours.models import Reservation, Slot, SlotState, Status
from tests.builders import make_edition, make_entry, make_programme, make_slot
from tests.conftest import NOW, empty_tables

START = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
SLOTS = st.integers(0, 2)
PARTY = st.integers(1, 4)


class Books(RuleBasedStateMachine):
    """Three slots, the last of them of a programme whose addresses must be confirmed."""

    app: Flask

    @initialize(capacities=st.lists(st.integers(0, 8), min_size=3, max_size=3))
    def begin(self, capacities: list[int]) -> None:
        empty_tables()
        self.now = NOW
        edition = make_edition(max_open_reservations=1000)
        plain = make_programme(make_entry(edition))
        scarce = make_programme(plain.entry, confirm_address=True)
        self.slots = [
            make_slot(
                scarce if place == 2 else plain, capacity=capacity, starts_at=START + timedelta(hours=place)
            ).id
            for place, capacity in enumerate(capacities)
        ]
        self.capacity = dict(zip(self.slots, capacities, strict=True))
        self.is_open = dict.fromkeys(self.slots, True)
        self.parties: dict[int, dict[str, Any]] = {}  # reservation id: slot, party, status, until
        self.booked = 0

    def taken(self, slot: int) -> int:
        return sum(
            one["party"]
            for one in self.parties.values()
            if one["slot"] == slot and one["status"] in {"offered", "confirmed"}
        )

    def let_go(self, slot: int) -> None:
        """What was held too long is given back when somebody needs the room."""
        for one in self.parties.values():
            if one["slot"] == slot and one["status"] == "offered" and one["until"] <= self.now:
                one["status"] = "expired"

    def is_overdue(self, one: dict[str, Any]) -> bool:
        """Held too long, and not given back yet."""
        return bool(one["status"] == "offered" and one["until"] <= self.now)

    def fits(self, slot: int, party: int) -> bool:
        if self.taken(slot) + party > self.capacity[slot] and self.is_open[slot]:
            self.let_go(slot)
        return self.is_open[slot] and self.taken(slot) + party <= self.capacity[slot]

    def attempt(self, work: Any) -> BookingError | None:
        try:
            with clock.stopped_at(self.now), transaction():
                work()
        except BookingError as error:
            return error
        return None

    @rule(chosen=st.sets(SLOTS, min_size=1, max_size=2), party=PARTY)
    def book(self, chosen: set[int], party: int) -> None:
        slots = [self.slots[one] for one in sorted(chosen)]
        self.booked += 1
        made: list[Any] = []
        contact = Contact("Visitor", f"v{self.booked}@example.jp", "ja")
        error = self.attempt(
            lambda: made.append(
                booking.book([db.session.get_one(Slot, one) for one in slots], contact=contact, party_size=party,
                             request_key=f"k{self.booked}", overlaps_accepted=True)
            )
        )  # fmt: skip
        before = {key: dict(one) for key, one in self.parties.items()}
        expected = all(self.is_open[one] for one in slots) and all(self.fits(one, party) for one in slots)
        assert (error is None) == expected, error
        if not expected:
            self.parties = before  # nothing of a refused booking stays, not even what was given back for it
            return
        for reservation in made[0].reservations:
            held = reservation.slot_id == self.slots[2]
            self.parties[reservation.id] = {
                "slot": reservation.slot_id, "party": party, "status": "offered" if held else "confirmed",
                "until": self.now + timedelta(minutes=30),
            }  # fmt: skip

    def some(self, data: Any) -> int:
        return int(data.draw(st.sampled_from(sorted(self.parties))))

    @precondition(lambda self: self.parties)
    @rule(data=st.data(), party=PARTY)
    def change_party(self, data: Any, party: int) -> None:
        chosen = self.some(data)
        mine = self.parties[chosen]
        error = self.attempt(lambda: changing.change_party(db.session.get_one(Reservation, chosen), party))
        if self.is_overdue(mine) and party > mine["party"]:
            assert error is not None
        elif error is None:
            if mine["status"] in {"offered", "confirmed"}:
                self.let_go(mine["slot"]) if party > mine["party"] and self.taken(mine["slot"]) - mine[
                    "party"
                ] + party > self.capacity[mine["slot"]] else None
                mine["party"] = party
        elif isinstance(error, SlotFull):
            assert self.taken(mine["slot"]) - mine["party"] + party > self.capacity[mine["slot"]]

    @precondition(lambda self: self.parties)
    @rule(data=st.data(), to=SLOTS)
    def move(self, data: Any, to: int) -> None:
        chosen, target = self.some(data), self.slots[to]
        mine = self.parties[chosen]
        error = self.attempt(
            lambda: changing.move(
                db.session.get_one(Reservation, chosen),
                db.session.get_one(Slot, target),
                overlaps_accepted=True,
            )
        )
        if target == mine["slot"]:
            assert error is None
        elif self.is_overdue(mine):
            assert error is not None
        elif mine["status"] in {"offered", "confirmed"}:
            before = {key: dict(one) for key, one in self.parties.items()}
            if self.fits(target, mine["party"]) and error is None:
                mine["slot"] = target
            else:
                assert error is not None
                self.parties = before
        else:
            assert error is not None

    @precondition(lambda self: self.parties)
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        chosen = self.some(data)
        error = self.attempt(lambda: changing.cancel(db.session.get_one(Reservation, chosen)))
        assert error is None
        if self.parties[chosen]["status"] in {"offered", "confirmed"}:
            self.parties[chosen]["status"] = "cancelled"

    @precondition(lambda self: self.parties)
    @rule(data=st.data())
    def confirm(self, data: Any) -> None:
        chosen = self.some(data)
        together = [one for one in self.parties if self.booking_of(one) == self.booking_of(chosen)]
        error = self.attempt(
            lambda: changing.confirm_address(db.session.get_one(Reservation, chosen).booking)
        )
        late = any(
            self.parties[one]["status"] == "offered" and self.parties[one]["until"] <= self.now
            for one in together
        )
        assert (error is not None) == late
        if error is None:
            for one in together:
                if self.parties[one]["status"] == "offered":
                    self.parties[one]["status"] = "confirmed"

    def booking_of(self, reservation_id: int) -> int:
        return db.session.get_one(Reservation, reservation_id).booking_id

    @rule(slot=SLOTS, capacity=st.integers(0, 9))
    def set_capacity(self, slot: int, capacity: int) -> None:
        chosen = self.slots[slot]
        with transaction():
            changed = seats.set_capacity(chosen, capacity)
        assert changed == (capacity >= self.taken(chosen))
        if changed:
            self.capacity[chosen] = capacity

    @rule(slot=SLOTS, is_open=st.booleans())
    def close_or_open(self, slot: int, is_open: bool) -> None:
        with transaction():
            db.session.get_one(Slot, self.slots[slot]).state = SlotState.OPEN if is_open else SlotState.CLOSED
        self.is_open[self.slots[slot]] = is_open

    @rule(minutes=st.sampled_from([1, 29, 31]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def give_back_what_is_due(self) -> None:
        with clock.stopped_at(self.now), transaction():
            reservations.expire_due()
        for slot in self.slots:
            self.let_go(slot)

    @invariant()
    def books_are_straight(self) -> None:
        db.session.rollback()
        db.session.expire_all()
        assert seats.find_miscounted() == []
        for slot in self.slots:
            row = db.session.get_one(Slot, slot)
            assert row.seats_taken == self.taken(slot)
            assert 0 <= row.seats_taken <= (row.capacity or 0)
        for chosen, mine in self.parties.items():
            row = db.session.get_one(Reservation, chosen)
            assert (row.slot_id, row.party_size, row.status.value) == (
                mine["slot"],
                mine["party"],
                mine["status"],
            )
            assert (row.expires_at is not None) == (
                row.status == Status.OFFERED
            ) or row.status == Status.EXPIRED
        db.session.rollback()


def run(app: Flask, examples: int, steps: int) -> None:
    Books.app = app
    quiet = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Books, settings=quiet)


def test_books_stay_straight_whatever_happens(app: Flask) -> None:
    run(app, examples=60, steps=30)


@pytest.mark.soak
def test_books_stay_straight_for_a_long_time(app: Flask) -> None:
    run(app, examples=3000, steps=80)
