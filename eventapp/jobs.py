"""Long work as rows with progress: imports, bulk mail, posters. The worker does it; a page shows the bar.

A job that dies with its worker is taken up again when its lease runs out, so its work must be repeatable. One that takes the
worker along each time (a file too large for this machine's memory) is given up, so that mail goes on leaving.
"""

import enum
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from eventapp import clock, codes
from eventapp.db import Busy, Model, db, transaction
from eventapp.i18n import RuleError, lazy


class JobState(enum.StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Model):
    """One piece of long work. `values` go in, `result` comes out; `done` of `total` steps are behind us."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    festival_id: Mapped[int | None] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    kind: Mapped[str]
    values: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[JobState] = mapped_column(default=JobState.WAITING)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]  # a sentence for whoever started it
    person_id: Mapped[int | None]
    created_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    takes: Mapped[int] = mapped_column(default=0)  # how often it was begun without coming to an end
    ended_at: Mapped[datetime | None]


LEASE = timedelta(minutes=10)
MOST_TAKES = 3
TOO_MUCH = lazy(
    "This was begun several times and never came to its end. The file may be too large for this server."
)


def start(kind: str, values: dict[str, Any], *, festival_id: int | None, person_id: int | None) -> Job:
    """Ask the worker for a piece of long work, in this transaction."""
    job = Job(kind=kind, values=values, festival_id=festival_id, person_id=person_id, created_at=clock.now())
    db.session.add(job)
    return job


def progress(job: Job, done: int, total: int) -> None:
    """Say how far it is; a transaction of its own, so between the job's pieces of work."""
    with transaction():
        job.done, job.total, job.leased_until = done, total, clock.now() + LEASE


def run_next(work: dict[str, Callable[[Job], dict[str, Any]]]) -> bool:
    """Take one waiting job and do it with the function for its kind. False when there was none."""
    now = clock.now()
    lease_is_over = (Job.leased_until < now) | (Job.leased_until > now + 2 * LEASE)  # the clock was put back
    waiting = (Job.state == JobState.WAITING) | ((Job.state == JobState.RUNNING) & lease_is_over)
    job_id = db.session.scalar(select(Job.id).where(waiting, Job.kind.in_(work)).order_by(Job.id).limit(1))
    if job_id is None:
        return False
    with transaction():
        takes = db.session.scalar(
            update(Job)
            .where(Job.id == job_id, waiting)
            .values(state=JobState.RUNNING, leased_until=now + LEASE, takes=Job.takes + 1)
            .returning(Job.takes)
        )
    if takes is not None and takes > MOST_TAKES:
        _end(job_id, None, JobState.FAILED, str(TOO_MUCH))
    elif takes is not None:
        _do(db.session.get_one(Job, job_id), work)
    return True


def _do(job: Job, work: dict[str, Callable[[Job], dict[str, Any]]]) -> None:
    job_id, kind = job.id, job.kind
    result: dict[str, Any] | None
    try:
        result, state, error = work[kind](job), JobState.DONE, None
    except RuleError as refusal:
        result, state, error = None, JobState.FAILED, str(refusal)
    except Busy:  # somebody else holds the database: no fault of the job's, so it waits for its next turn
        db.session.rollback()
        result, state, error = None, JobState.WAITING, None
    except Exception as failure:
        db.session.rollback()
        result, state, error = None, JobState.FAILED, type(failure).__name__
        _end(job_id, result, state, error)
        raise
    _end(job_id, result, state, error)


def _end(job_id: int, result: dict[str, Any] | None, state: JobState, error: str | None) -> None:
    """What failed keeps what it had noted so far, so that it can go on from there."""
    with transaction():
        job = db.session.get_one(Job, job_id)
        job.state, job.error, job.takes = state, error, 0
        job.ended_at = None if state == JobState.WAITING else clock.now()
        if result is not None:
            job.result = result


def go_on(job: Job) -> None:
    """Take up again what has failed, with what it had noted so far."""
    if job.state == JobState.FAILED:
        job.state, job.error, job.ended_at, job.leased_until = JobState.WAITING, None, None, None


KEPT_FOR = timedelta(days=30)


def sweep() -> int:
    """Delete jobs that ended, or were left waiting for an answer, longer ago than that; returns how many."""
    before = clock.now() - KEPT_FOR
    return len(
        db.session.scalars(
            delete(Job).where(Job.created_at < before, Job.state != JobState.RUNNING).returning(Job.id)
        ).all()
    )
