"""Invariants 5 and 10 under real concurrency, by threads and by killed processes, on both databases."""

import contextvars
import json
import multiprocessing
import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventapp import clock, create_app
from eventapp.db import db, retrying, transaction
from eventapp.i18n import RuleError
from eventapp.stamps import ledger, messages, prizes, stations, stock
from eventapp.stamps.models import Award, Claim, Poster, Scan, Stamp
from tests.builders import make_desk, make_prize, make_rally
from tests.conftest import settings
from tests.stamps.phones import START, Phone, send, token_of

pytestmark = pytest.mark.race


def together(app: Flask, works: list, threads: int = 12) -> list:
    """All works, begun at once by so many threads, each in an application context of its own."""
    results, start = [], threading.Barrier(threads)

    def run(mine):
        start.wait()
        for work in mine:
            with app.app_context():
                try:
                    results.append(retrying(work))
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
    db.session.remove()  # what this thread has read is old
    return results


def test_the_same_scans_from_many_tabs_are_one_stamp_each(app):
    with clock.stopped_at(START):
        rally = make_rally()
        rally_id, phones = rally.id, [Phone(rally.id) for _card in range(4)]
        for phone in phones:
            for number in (1, 2, 3):
                phone.capture(token_of(rally, number))
        sent = [phone.message() for phone in phones] * 15
        answers = together(app, [lambda message=message: send(rally_id, message) for message in sent])

        assert [one for one in answers if isinstance(one, str)] == []
        assert {tuple(result["verdict"] for result in one["results"]) for one in answers} == {
            ("accepted",) * 3
        }
        assert db.session.scalar(select(func.count(Stamp.id))) == 12
        assert db.session.scalar(select(func.count(Scan.id))) == 12


def test_the_last_prizes_go_out_once_at_many_desks(app):
    with clock.stopped_at(START):
        rally = make_rally()
        prize = make_prize(rally, stock=9)
        desks = [make_desk(rally).id for _desk in range(3)]
        for _card in range(20):
            phone = Phone(rally.id)
            phone.capture(token_of(rally, 1))
            phone.sync()
        awards = db.session.scalars(select(Award.id)).all()
        rally_id, prize_id = rally.id, prize.id

        def hand_over(award_id, number):
            try:
                with transaction():
                    desk = db.session.get_one(prizes.Desk, desks[number % 3])
                    prizes.claim(
                        db.session.get_one(Award, award_id), desk, request_key=f"{award_id}-{number}", by="x"
                    )
            except RuleError:
                return "refused"
            return "handed"

        works = [
            lambda award=award, number=number: hand_over(award, number)
            for award in awards
            for number in range(3)
        ]
        results = together(app, works)

        assert (results.count("handed"), results.count("refused")) == (9, 51), results
        assert [one.is_straight for one in stock.accounts(rally_id)] == [True]
        assert db.session.scalar(select(prizes.Prize.stock_left).where(prizes.Prize.id == prize_id)) == 0
        assert db.session.scalar(select(func.count(Claim.id))) == 9


def test_a_revocation_in_the_middle_of_syncs_leaves_no_late_stamp(app):
    """Invariant 16 with a running clock: nothing is accepted whose interval begins after the revocation."""
    rally = make_rally()
    with transaction():
        for name, value in (
            ("opens_at", clock.now() - timedelta(days=1)),
            ("closes_at", clock.now() + timedelta(days=9)),
        ):
            setattr(rally, name, value)
    poster_id, rally_id, token = rally.stations[0].posters[0].id, rally.id, token_of(rally, 1)
    ticks = iter(range(10**6))
    lock = threading.Lock()

    def tick():
        with lock:
            return START + timedelta(milliseconds=next(ticks))

    clock_before, clock._source = clock._source, tick
    try:

        def scan():
            phone = Phone(rally_id)
            phone.after = int(clock.now().timestamp() * 1000)
            phone.capture(token)
            checked = ledger.check(rally_id, messages.read_batch(phone.message()))
            with transaction():
                return ledger.sync(checked).results[0].verdict.value

        def revoke():
            with transaction():
                stations.revoke_poster(db.session.get_one(Poster, poster_id), by="x")
            return "revoked"

        results = together(app, [*[scan] * 20, revoke, *[scan] * 40])
    finally:
        clock._source = clock_before
    db.session.remove()
    revoked_at = db.session.scalar(select(Poster.revoked_at).where(Poster.id == poster_id))
    late = select(func.count(Scan.id)).where(Scan.verdict == "accepted", Scan.t_lo >= revoked_at)

    assert set(results) <= {"accepted", "held", "rejected", "revoked"}
    assert revoked_at is not None
    assert db.session.scalar(late) == 0


# --- killed in the middle ---


def syncing(url: str, instance: str, rally_id: int, messages_file: str, log: str) -> None:
    """A worker: sends message after message and writes down what was acknowledged."""
    app = create_app(settings(url), instance=Path(instance))
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with app.app_context(), clock.stopped_at(START):
        for message in json.loads(Path(messages_file).read_text()):
            answer = send(rally_id, message)
            os.write(
                descriptor,
                "".join(
                    f"{result['scan_id']} {result['station']}\n" for result in answer["results"]
                ).encode(),
            )


def test_workers_killed_in_the_middle_lose_nothing_acknowledged(app, tmp_path):
    kill_workers(app, tmp_path, times=3)


@pytest.mark.soak
def test_workers_killed_twenty_times_lose_nothing_acknowledged(app, tmp_path):
    kill_workers(app, tmp_path, times=20)


def kill_workers(app, tmp_path, times):
    with clock.stopped_at(START):
        rally = make_rally()
        rally_id, tokens = rally.id, [token_of(rally, number) for number in (1, 2, 3)]
        sent = []
        for _card in range(400):
            phone = Phone(rally_id)
            for token in tokens:
                phone.capture(token)
            sent.append(phone.message())
    (tmp_path / "messages.json").write_text(json.dumps(sent))
    url = app.config["DATABASE_URL"]
    db.session.remove()
    db.engine.dispose()
    log = tmp_path / "log"
    context = multiprocessing.get_context("spawn")
    for kill in range(times):
        size = log.stat().st_size if log.exists() else 0
        worker = context.Process(
            target=syncing, args=(url, str(tmp_path), rally_id, str(tmp_path / "messages.json"), str(log))
        )
        worker.start()
        deadline = time.monotonic() + 60
        while (
            (not log.exists() or log.stat().st_size < size + 600 * (kill % 5 + 1))
            and worker.is_alive()
            and time.monotonic() < deadline
        ):
            worker.join(0.01)
        if worker.pid is not None and worker.is_alive():
            os.kill(worker.pid, signal.SIGKILL)
        worker.join()

    acknowledged = {line.split()[0] for line in log.read_text().splitlines() if len(line.split()) == 2}
    logged = set(db.session.scalars(select(Scan.scan_id)))
    doubles = db.session.execute(
        select(Stamp.card_id).group_by(Stamp.card_id, Stamp.station_id).having(func.count(Stamp.id) > 1)
    ).all()

    assert acknowledged
    assert acknowledged <= logged
    assert doubles == []
    assert logged == set(db.session.scalars(select(Stamp.first_scan)))
