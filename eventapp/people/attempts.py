"""How often a password and a code may be tried: five times at once each, then after growing pauses, a hundred times in all.

A try is counted before it is checked, in one statement, so that two hundred at the same time are no way around. A mailed
link counts as proof and begins anew; with it a person gets in whatever others have tried.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.orm import InstrumentedAttribute

from eventapp import clock
from eventapp.db import db
from eventapp.people.models import Person

Tries = InstrumentedAttribute[int]
Locked = InstrumentedAttribute[datetime | None]
FAST = 5
MOST = 100
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


def may_try(email_key: str) -> bool:
    """Count a try of the password for the person with this address. False: not now, or there is no such person."""
    return _count(Person.email_key == email_key, Person.failures, Person.locked_until)


def may_try_code(person: Person) -> bool:
    """Count a try of the code. Strangers, who never come so far, cannot use these tries up with wrong passwords."""
    return _count(Person.id == person.id, Person.code_failures, Person.code_locked_until)


def _count(who: ColumnElement[bool], failures: Tries, locked_until: Locked) -> bool:
    now = clock.now()
    tries = db.session.scalar(
        update(Person)
        .where(who, failures < MOST, or_(locked_until.is_(None), locked_until <= now))
        .values({failures: failures + 1})
        .returning(failures)
        .execution_options(synchronize_session=False)
    )
    if tries is None:
        return False
    if tries >= FAST:
        db.session.execute(
            update(Person).where(who).values({locked_until: now + pause_after(tries)})
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    return True


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many wrong tries: none for the first four, then 30 s, doubling up to an hour."""
    if tries < FAST:
        return timedelta(0)
    doublings = min(tries - FAST, 10)
    return min(FIRST_PAUSE * int(2**doublings), LONGEST_PAUSE)


def forget(person: Person) -> None:
    """The person is in: begin to count anew."""
    person.failures, person.locked_until = 0, None
    person.code_failures, person.code_locked_until = 0, None


def give_back(person: Person) -> None:
    """The password was right and the code is still to come: that try was none, earlier wrong ones stay counted."""
    person.failures, person.locked_until = max(0, person.failures - 1), None
