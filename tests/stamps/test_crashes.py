"""Workers killed in the middle of syncs: every stamp that a phone was told of is there, and none is there twice."""

import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db
from eventapp.stamps.models import Award, Scan, Stamp
from tests.builders import make_edition, make_festival, make_prize, make_rally
from tests.serving import Server, gunicorn
from tests.stamps.phones import Phone, token_of
from tests.stamps.sending import send_until_answered

pytestmark = pytest.mark.race
KILLS, PHONES_AT_ONCE, ANSWERS_BETWEEN_KILLS = 20, 4, 4


@pytest.fixture
def durable(app: Flask) -> Iterator[Flask]:
    """Committed test data, and no reader of this process in the way."""
    yield app
    db.session.remove()


def test_killed_workers_lose_no_acknowledged_stamp_and_double_none(durable: Flask, tmp_path: Path) -> None:
    month = timedelta(days=30)
    rally = make_rally(
        make_edition(make_festival("town")),
        stations=5,
        opens_at=clock.now() - month,
        closes_at=clock.now() + month,
    )
    for needed in (2, 5):
        make_prize(rally, needed)
    rally_id, tokens = rally.id, [token_of(rally, number) for number in range(1, 6)]
    db.session.remove()
    answered: dict[str, str] = {}  # scan: verdict
    sent: set[str] = set()
    lock, done = threading.Lock(), threading.Event()
    dice = random.Random(9)

    def walk(server: Server, client: int) -> None:
        """Visitor after visitor, each with five stations, sent in two batches."""
        number = 0
        while not done.is_set():
            number += 1
            phone = Phone(rally_id, source=random.Random(f"{client} {number}"))
            for part in (tokens[:2], tokens[2:]):
                ids = {phone.capture(token) for token in part}
                with lock:
                    sent.update(ids)
                told = send_until_answered(server, phone, done)
                with lock:
                    answered.update(told)

    with gunicorn(durable.config["DATABASE_URL"], tmp_path) as server:
        phones = [threading.Thread(target=walk, args=(server, one)) for one in range(PHONES_AT_ONCE)]
        for one in phones:
            one.start()
        for kill in range(1, KILLS + 1):
            while len(answered) < kill * ANSWERS_BETWEEN_KILLS * 2 and any(one.is_alive() for one in phones):
                done.wait(0.005)
            server.kill_a_worker(dice.randrange(10))
        done.set()
        for one in phones:
            one.join()

    logged = db.session.scalars(select(Scan.scan_id)).all()
    first = db.session.scalars(select(Stamp.first_scan)).all()
    twice = select(Stamp.card_id).group_by(Stamp.card_id, Stamp.station_id).having(func.count(Stamp.id) > 1)
    prizes_twice = (
        select(Award.card_id).group_by(Award.card_id, Award.prize_id).having(func.count(Award.id) > 1)
    )

    assert len(answered) >= KILLS * ANSWERS_BETWEEN_KILLS * 2
    assert set(answered.values()) == {"accepted"}
    assert set(answered) <= set(logged) <= sent
    assert set(answered) <= set(first)
    assert len(logged) == len(set(logged)) == len(first)
    assert db.session.execute(twice).all() == db.session.execute(prizes_twice).all() == []
