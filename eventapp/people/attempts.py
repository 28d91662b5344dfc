"""How often a password or a code may be tried: five times at once, then after growing pauses, a hundred times in all.

A try is counted before it is checked, in one statement, so that two hundred at the same time are no way around. A mailed
link counts as proof and begins anew; with it a person gets in whatever others have tried.
"""

from datetime import timedelta

from sqlalchemy import or_, update

from eventapp import clock
from eventapp.db import db
from eventapp.people.models import Person

FAST = 5
MOST = 100
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


def may_try(email_key: str) -> bool:
    """Count a try for the person with this address. False: not now, or there is no such person."""
    now = clock.now()
    tries = db.session.scalar(
        update(Person)
        .where(Person.email_key == email_key, Person.failures < MOST,
               or_(Person.locked_until.is_(None), Person.locked_until <= now))
        .values(failures=Person.failures + 1)
        .returning(Person.failures)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if tries is None:
        return False
    if tries >= FAST:
        db.session.execute(
            update(Person).where(Person.email_key == email_key).values(locked_until=now + pause_after(tries))
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


def give_back(person: Person) -> None:
    """The password was right and the code is still to come: that try was none, earlier wrong ones stay counted."""
    person.failures, person.locked_until = max(0, person.failures - 1), None
