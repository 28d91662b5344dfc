"""What the worker does by the clock: held places, first days, forgetting. It stops when told and starts again."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import ROOT, clock, jobs, worker
from eventapp.db import Busy, db, transaction
from eventapp.festivals.models import Edition, EditionState
from eventapp.i18n import RuleError
from eventapp.jobs import Job, JobState
from eventapp.people import accounts
from eventapp.people.models import SignIn
from eventapp.tours.models import Booking, Reservation, Status
from tests.builders import make_booking, make_edition, make_person, make_programme, make_slot


def fresh(statement):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(statement).one()


def test_held_places_come_back_by_themselves(app: Flask) -> None:
    slot = make_slot(make_programme(confirm_address=True))
    make_booking(slot)

    with clock.stopped_at(clock.now() + timedelta(minutes=31)):
        worker.minutely(app)

    assert fresh(select(Reservation)).status == Status.EXPIRED
    db.session.refresh(slot)
    assert slot.seats_taken == 0


def test_a_published_edition_runs_from_its_first_local_day(app: Flask) -> None:
    edition = make_edition()
    midnight = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)  # the 28th in Japan

    with clock.stopped_at(midnight - timedelta(seconds=1)):
        worker.minutely(app)
    assert fresh(select(Edition).where(Edition.id == edition.id)).state == EditionState.PUBLISHED
    with clock.stopped_at(midnight):
        worker.minutely(app)

    assert fresh(select(Edition).where(Edition.id == edition.id)).state == EditionState.RUNNING


def test_visitors_are_forgotten_when_the_promised_time_is_over(app: Flask) -> None:
    slot = make_slot()
    make_booking(slot, party_size=3)
    promised = slot.programme.edition.forget_visitors_at()
    assert promised == datetime(2027, 2, 27, 15, 0, tzinfo=UTC)

    with clock.stopped_at(promised - timedelta(seconds=1)):
        worker.hourly(app)
    assert fresh(select(Booking)).name == "花山 花子"
    with clock.stopped_at(promised):
        worker.hourly(app)

    forgotten = fresh(select(Booking))
    assert (forgotten.name, forgotten.email, forgotten.search_key) == ("", None, "")
    db.session.refresh(slot)
    assert slot.seats_taken == 3


def test_old_sign_ins_are_swept_and_living_ones_stay(app: Flask) -> None:
    person = make_person()
    with transaction():
        accounts.start_sign_in(person)
    later = clock.now() + accounts.LONGEST + timedelta(days=31)
    with clock.stopped_at(later - timedelta(days=1)), transaction():
        accounts.start_sign_in(person)

    with clock.stopped_at(later):
        worker.hourly(app)

    assert fresh(select(SignIn)).created_at == later - timedelta(days=1)


def start_job(app: Flask) -> int:
    with transaction():
        job = jobs.start("test", {"number": 4}, festival_id=None, person_id=None)
        db.session.flush()
        return job.id


def test_a_job_tells_its_progress_and_result(app: Flask) -> None:
    start_job(app)

    def double(job: Job) -> dict[str, object]:
        jobs.progress(job, 1, 2)
        return {"answer": job.values["number"] * 2}

    assert jobs.run_next({"test": double})
    assert not jobs.run_next({"test": double})
    done = fresh(select(Job))
    assert (done.state, done.done, done.total, done.result) == (JobState.DONE, 1, 2, {"answer": 8})


def test_a_job_that_is_refused_says_why(app: Flask) -> None:
    start_job(app)

    def refuse(job: Job) -> dict[str, object]:
        raise RuleError("the sheet has no header")

    jobs.run_next({"test": refuse})

    assert (fresh(select(Job)).state, fresh(select(Job)).error) == (
        JobState.FAILED,
        "the sheet has no header",
    )


def test_a_job_whose_worker_died_is_taken_up_again(app: Flask) -> None:
    start_job(app)

    def die(job: Job) -> dict[str, object]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.run_next({"test": die})
    db.session.rollback()
    assert not jobs.run_next({"test": lambda job: {}})
    with clock.stopped_at(clock.now() + jobs.LEASE + timedelta(seconds=1)):
        assert jobs.run_next({"test": lambda job: {}})

    assert fresh(select(Job)).state == JobState.DONE


def test_jobs_are_swept_after_a_month(app: Flask) -> None:
    start_job(app)
    with clock.stopped_at(clock.now() + timedelta(days=20)):
        start_job(app)

    with clock.stopped_at(clock.now() + timedelta(days=31)):
        worker.hourly(app)

    assert fresh(select(Job)).created_at == clock.now() + timedelta(days=20)


def test_the_worker_process_sends_mail_and_ends_when_told(app: Flask, tmp_path: Path) -> None:
    make_booking()
    db.session.remove()
    environment = {"EVENTAPP_DATABASE_URL": app.config["DATABASE_URL"], "EVENTAPP_INSTANCE": str(tmp_path), "PATH": "/usr/bin:/bin",
                   "EVENTAPP_NOW": "2026-10-01T09:00", "EVENTAPP_SECRET_KEY": "a secret of the tests, long enough to be taken"}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "eventapp.worker"], cwd=ROOT, env=environment, stderr=subprocess.PIPE
    )
    try:
        mails = tmp_path / "mail"
        for _look in range(1200):
            if list(mails.glob("*.eml")) or process.poll() is not None:
                break
            process_pause()
        assert len(list(mails.glob("*.eml"))) == 1
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def process_pause() -> None:
    """Let the other process have the processor."""
    import select as waiting

    waiting.select([], [], [], 0.05)


def test_a_job_that_meets_a_held_database_waits_for_its_next_turn(app: Flask) -> None:
    start_job(app)

    def meet(job: Job) -> dict[str, object]:
        raise Busy

    assert jobs.run_next({"test": meet})
    waiting = fresh(select(Job))
    assert (waiting.state, waiting.error, waiting.ended_at) == (JobState.WAITING, None, None)

    assert jobs.run_next({"test": lambda job: {}})
    assert fresh(select(Job)).state == JobState.DONE


def test_a_job_that_takes_its_worker_along_each_time_is_given_up(app: Flask) -> None:
    start_job(app)

    def die(job: Job) -> dict[str, object]:
        raise KeyboardInterrupt

    moment = clock.now()
    for _time in range(jobs.MOST_TAKES):
        with clock.stopped_at(moment), pytest.raises(KeyboardInterrupt):
            jobs.run_next({"test": die})
        db.session.rollback()
        moment += jobs.LEASE + timedelta(seconds=1)
    with clock.stopped_at(moment):
        assert jobs.run_next({"test": die})
        assert not jobs.run_next({"test": die})
    given_up = fresh(select(Job))
    assert (given_up.state, given_up.error) == (JobState.FAILED, str(jobs.TOO_MUCH))

    with transaction():
        jobs.go_on(given_up)
    assert jobs.run_next({"test": lambda job: {}})  # by hand it begins anew
    assert fresh(select(Job)).state == JobState.DONE


def test_a_job_is_taken_up_though_the_clock_was_put_back(app: Flask) -> None:
    start_job(app)

    def die(job: Job) -> dict[str, object]:
        raise KeyboardInterrupt

    with clock.stopped_at(clock.now() + timedelta(days=1)), pytest.raises(KeyboardInterrupt):
        jobs.run_next({"test": die})
    db.session.rollback()

    assert jobs.run_next({"test": lambda job: {}})
