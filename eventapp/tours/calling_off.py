"""A whole day called off by the committee, across all factories: a storm, a strike of the trains.

Long work, done by the worker programme by programme: each has a transaction of its own that gives its seats back and
notes in the job who must be told; at the end everybody is told once, however many times they had booked. What is done is
noted in the transaction that did it, so a job taken up again by another worker goes on where the first one stopped.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import func, select

from eventapp import audit, clock, jobs
from eventapp.db import db, retrying, transaction
from eventapp.festivals import notices
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated, lazy
from eventapp.jobs import Job
from eventapp.people.models import Person
from eventapp.tours import slots
from eventapp.tours.models import Booking, Programme, Reservation, Slot, SlotState
from eventapp.tours.programmes import EXPECTED, check_not_over
from eventapp.tours.slots import SlotError

KIND = "tours.call_off"
AT_ONCE = 50  # bookings told in one transaction


class Standing(NamedTuple):
    """What is still to come on a day."""

    day: date
    slots: int
    bookings: int
    people: int


def count_standing(edition: Edition) -> list[Standing]:
    """For every day with slots to come: how many, and who is booked for them. One statement each for slots and people."""
    to_come = (Slot.edition_id == edition.id, Slot.state != SlotState.CANCELLED, Slot.ends_at > clock.now())
    standing = select(Slot.day, func.count()).where(*to_come).group_by(Slot.day).order_by(Slot.day)
    booked = (
        select(Slot.day, func.count(Reservation.booking_id.distinct()), func.sum(Reservation.party_size))
        .join(Reservation, Reservation.slot_id == Slot.id).where(*to_come, Reservation.status.in_(EXPECTED)).group_by(Slot.day)
    )  # fmt: skip
    people = {day: (bookings, int(size)) for day, bookings, size in db.session.execute(booked)}
    return [Standing(day, count, *people.get(day, (0, 0))) for day, count in db.session.execute(standing)]


def find_days(edition: Edition) -> set[date]:
    """Days on which something was called off: nobody says of them that one can simply come."""
    off = select(Slot.day).where(Slot.edition_id == edition.id, Slot.state == SlotState.CANCELLED).distinct()
    return set(db.session.scalars(off))


def find_days_off(edition: Edition, days: set[date]) -> set[date]:
    """Which of these days the committee called off as a whole; asks nothing where there is no day to ask about."""
    if not days:
        return set()
    lines = db.session.scalars(
        select(audit.Line.details).where(
            audit.Line.subject == f"edition:{edition.slug}",
            audit.Line.festival_id == edition.festival_id,
            audit.Line.action == "edition.day_called_off",
        )
    )
    named = {day for details in lines for day in details.get("days", [])}
    return {day for day in days if day.isoformat() in named}


def start(edition: Edition, day: date, *, message: Translated, heading: Translated | None, by: Person) -> Job:
    """Ask for the day to be called off, and put an urgent notice with this heading on the home page at once.

    Raises SlotError where nothing is to come on that day, and ProgrammeError once the edition is over.
    """
    check_not_over(edition)
    if all(one.day != day for one in count_standing(edition)):
        raise SlotError(lazy("Nothing that can be called off is left on this day."))
    if heading is not None:
        notices.save(
            None, edition, {"title": heading, "body": message, "is_urgent": True, "until": None}, by=by
        )
    audit.record("edition.day_called_off", f"edition:{edition.slug}", festival_id=edition.festival_id, by=by,
                 details={"days": [day.isoformat()], "message": dict(message)})  # fmt: skip
    values = {"edition": edition.id, "day": day.isoformat(), "message": dict(message), "by": by.actor_name}
    return jobs.start(KIND, values, festival_id=edition.festival_id, person_id=by.id)


class _By(NamedTuple):
    """Whoever asked for it, as the history names them."""

    actor_name: str
    person_id: int | None


def work(job: Job) -> dict[str, Any]:
    """Call everything off, then tell everybody; returns the sums."""
    job_id, edition_id, day = job.id, job.values["edition"], date.fromisoformat(job.values["day"])
    waiting = _programmes(edition_id, day)
    total = len(waiting) + 1
    for number, programme_id in enumerate(waiting):
        _repeated(lambda one=programme_id: _call_off(job_id, one, day))  # type: ignore[misc]
        jobs.progress(db.session.get_one(Job, job_id), number + 1, total)
    while _repeated(lambda: _tell_some(job_id)):
        pass
    return dict(db.session.get_one(Job, job_id).result)


def _repeated(piece: Callable[[], bool]) -> bool:
    def once() -> bool:
        with transaction():
            return piece()

    return bool(retrying(once))


def _programmes(edition_id: int, day: date) -> Sequence[int]:
    """Programmes with slots to come on that day, in one order for everyone."""
    return db.session.scalars(
        select(Slot.programme_id).where(Slot.edition_id == edition_id, Slot.day == day, Slot.state != SlotState.CANCELLED,
                                        Slot.ends_at > clock.now())
        .distinct().order_by(Slot.programme_id)
    ).all()  # fmt: skip


def _call_off(job_id: int, programme_id: int, day: date) -> bool:
    """One programme: its slots of the day are called off, and those to be told are noted, all or nothing."""
    job = db.session.get_one(Job, job_id)
    standing = slots.find_standing(db.session.get_one(Programme, programme_id), day)
    by = _By(job.values["by"], job.person_id)
    bookings = slots.take_off(standing, message=_message(job).text("ja"), by=by)
    before = _sums(job)
    to_tell = sorted({*before["to_tell"], *(one.id for one in bookings)})
    job.result = {**before, "slots": before["slots"] + len(standing), "to_tell": to_tell}
    return True


def _tell_some(job_id: int) -> bool:
    """Tell the next ones; False when nobody is left to be told."""
    job = db.session.get_one(Job, job_id)
    sums = _sums(job)
    now, later = sums["to_tell"][:AT_ONCE], sums["to_tell"][AT_ONCE:]
    if not now:
        return False
    bookings = db.session.scalars(select(Booking).where(Booking.id.in_(now)).order_by(Booking.id)).all()
    for one in bookings:
        slots.tell([one], _message(job).text(one.language), cancelled=True)
    to_call = [one.id for one in bookings if not one.email]
    job.result = {
        **sums,
        "to_tell": later,
        "mailed": sums["mailed"] + len(bookings) - len(to_call),
        "to_call": [*sums["to_call"], *to_call],
    }
    return True


def _message(job: Job) -> Translated:
    """What the committee says, in the languages it was written in."""
    return Translated(job.values["message"])


def _sums(job: Job) -> dict[str, Any]:
    return {"slots": 0, "mailed": 0, "to_tell": [], "to_call": [], **job.result}


def find_to_call(job: Job) -> Sequence[Booking]:
    """Those who left no address, so that somebody must call them."""
    wanted = (job.result or {}).get("to_call", [])
    return db.session.scalars(
        select(Booking).where(Booking.id.in_(wanted)).order_by(Booking.kana, Booking.name, Booking.id)
    ).all()
