"""Rush the last seats: 200 visitors want 20 places in the same moment, through the real rule, on a fresh slot.

Each visitor is a thread with a database session of its own. What happened is kept in a job that is done, so that its page
can be looked at again.
"""

import enum
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select

from eventapp import clock
from eventapp.db import Busy, db, retrying, transaction
from eventapp.festivals.models import Edition
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.jobs import Job, JobState
from eventapp.outbox import Mail
from eventapp.tours import booking, seats
from eventapp.tours.booking import Contact, SlotFull
from eventapp.tours.models import (
    Booking,
    EntryMode,
    HeldAt,
    Kind,
    Programme,
    ProgrammeState,
    Reservation,
    Slot,
    Status,
)

log = logging.getLogger("kouba.demo")
KIND = "demo.rush"
KEY = "demo-rush"  # import key of its programme, and how its visitors' addresses and requests begin
VISITORS, PLACES = 200, 20
MOST_TRIES = 5
TITLE = Translated({"ja": "席取り競争(見本)", "en": "The race for the last seats (demo)"})
ABOUT = Translated(
    {
        "ja": "見本の「200人で席を取り合う」のための回です。",
        "en": "Made by the demo's button “rush the last seats”.",
    }
)
Context = Callable[[], AbstractContextManager[Any]]


class Outcome(enum.StrEnum):
    CONFIRMED = "confirmed"
    FULL = "full"
    FAILED = "failed"


class RushError(RuleError):
    """There can be no rush now."""


class Attempt(NamedTuple):
    """One visitor: milliseconds after the start when the form was sent and when the answer came, and how often it was sent."""

    visitor: int
    sent: int
    answered: int
    outcome: Outcome
    tries: int


@dataclass(frozen=True)
class Race:
    """What happened."""

    attempts: list[Attempt]
    places: int
    seats_taken: int
    seats_booked: int  # the sum of the parties, counted from the reservations
    miscounted: int

    @property
    def oversold(self) -> int:
        """People booked beyond the places."""
        return max(0, self.seats_booked - self.places)

    def count(self, outcome: str) -> int:
        """How many visitors were told this."""
        return sum(1 for one in self.attempts if one.outcome == outcome)

    @property
    def sent_again(self) -> int:
        """Visitors who were told that it is busy, and sent their form once more."""
        return sum(1 for one in self.attempts if one.tries > 1)

    @property
    def milliseconds(self) -> int:
        """From the first form sent to the last answer."""
        return max((one.answered for one in self.attempts), default=0)


def prepare(edition: Edition, *, places: int = PLACES) -> Slot:
    """A fresh slot, in the caller's transaction; what the last race left is gone. Raises RushError where nobody can book."""
    if not booking.booking_window_is_open(edition, clock.now()):
        raise RushError(
            lazy("Nobody can book in this stage. Choose “Taking reservations” or “Festival days” first.")
        )
    clear(edition)
    programme = Programme(
        edition_id=edition.id, kind=Kind.TALK, entry_mode=EntryMode.BOOKING, state=ProgrammeState.PUBLISHED, title=TITLE,
        description=ABOUT, price_note=Translated({}), bring=Translated({}), held_at=HeldAt.VENUE, duration_minutes=30,
        languages=["ja", "en"], import_key=KEY, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(programme)
    db.session.flush()
    starts_at = _last_start(edition)
    slot = Slot(programme_id=programme.id, edition_id=edition.id, day=edition.dates[-1], starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=30), closes_at=starts_at, capacity=places)  # fmt: skip
    db.session.add(slot)
    db.session.flush()
    return slot


def _last_start(edition: Edition) -> datetime:
    """When the last other slot of the edition begins."""
    last = db.session.scalar(select(func.max(Slot.starts_at)).where(Slot.edition_id == edition.id))
    return last or clock.day_bounds(edition.dates[-1], edition.zone)[0] + timedelta(hours=16)


def clear(edition: Edition) -> None:
    """Remove the race's own programme with its bookings and mail. Nobody else's."""
    for statement in (
        delete(Programme).where(Programme.edition_id == edition.id, Programme.import_key == KEY),
        delete(Booking).where(Booking.edition_id == edition.id, Booking.request_key.startswith(f"{KEY}-")),
        delete(Mail).where(Mail.festival_id == edition.festival_id, Mail.to_key.startswith(f"{KEY}-")),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


def run(slot_id: int, context: Context, *, visitors: int = VISITORS) -> Race:
    """Let them all go at once, and count afterwards. Outside any transaction; `context` makes an application context."""
    gate, attempts = threading.Barrier(visitors + 1), list[Told]()

    def visit(number: int) -> None:
        with context():
            gate.wait()
            sent = time.monotonic()
            outcome, tries = _attempt(slot_id, number)
            attempts.append(Told(number, sent, time.monotonic(), outcome, tries))

    threads = [
        threading.Thread(target=visit, args=(number,), name=f"visitor {number}")
        for number in range(1, visitors + 1)
    ]
    for thread in threads:
        thread.start()
    gate.wait()
    for thread in threads:
        thread.join()
    return _counted(slot_id, attempts)


class Told(NamedTuple):
    """An attempt by the clock of this process, in seconds."""

    visitor: int
    sent: float
    answered: float
    outcome: Outcome
    tries: int


def _attempt(slot_id: int, number: int) -> tuple[Outcome, int]:
    """What one visitor does: send the form, and again where the page says that it is busy and asks for that."""
    for tries in range(1, MOST_TRIES + 1):
        try:
            return retrying(lambda: _send(slot_id, number)), tries
        except SlotFull:
            return Outcome.FULL, tries
        except Busy:
            continue
        except Exception:  # whatever else it is, the page shows it as a failure
            log.exception("visitor %s", number)
            return Outcome.FAILED, tries
    return Outcome.FAILED, MOST_TRIES


def _send(slot_id: int, number: int) -> Outcome:
    contact = Contact(
        f"見本 {number}番", f"{KEY}-{number}@example.jp", "ja" if number % 5 else "en", consent_version=1
    )
    with transaction():
        slot = db.session.get_one(Slot, slot_id)
        booking.book([slot], contact=contact, party_size=1, request_key=f"{KEY}-{slot.code}-{number}")
    return Outcome.CONFIRMED


def _counted(slot_id: int, told: Sequence[Told]) -> Race:
    started = min(one.sent for one in told)
    attempts = [
        Attempt(one.visitor, _ms(one.sent - started), _ms(one.answered - started), one.outcome, one.tries)
        for one in told
    ]
    db.session.rollback()  # what the others wrote is read afresh
    booked = db.session.scalar(
        select(func.coalesce(func.sum(Reservation.party_size), 0))
        .where(Reservation.slot_id == slot_id, Reservation.status == Status.CONFIRMED)
    )  # fmt: skip
    slot = db.session.get_one(Slot, slot_id)
    told_in_order = sorted(attempts, key=lambda one: one.answered)
    return Race(
        told_in_order, slot.capacity or 0, slot.seats_taken, int(booked or 0), len(seats.find_miscounted())
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def keep(race: Race, edition: Edition) -> Job:
    """Remember the race, in the caller's transaction; the one before is forgotten."""
    db.session.execute(delete(Job).where(Job.kind == KIND))
    values = {"places": race.places, "seats_taken": race.seats_taken, "seats_booked": race.seats_booked, "miscounted": race.miscounted,
              "attempts": [list(one) for one in race.attempts]}  # fmt: skip
    job = Job(kind=KIND, values={}, result=values, state=JobState.DONE, festival_id=edition.festival_id, done=1, total=1,
              created_at=clock.now(), ended_at=clock.now())  # fmt: skip
    db.session.add(job)
    db.session.flush()  # its code is the address
    return job


def find(code: str | None = None) -> Race | None:
    """The race that is remembered, if it is this one."""
    job = db.session.scalar(select(Job).where(Job.kind == KIND, *([Job.code == code] if code else [])))
    if job is None:
        return None
    told = dict(job.result)
    attempts = [
        Attempt(visitor, sent, answered, Outcome(outcome), tries)
        for visitor, sent, answered, outcome, tries in told.pop("attempts")
    ]
    return Race(attempts=attempts, **told)
