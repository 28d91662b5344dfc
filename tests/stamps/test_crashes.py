"""Workers killed in the middle of syncs: every stamp that a phone was told of is there, and none is there twice."""

import random
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventapp import clock
from eventapp.db import db
from eventapp.stamps.models import Award, Scan, Stamp
from tests.builders import make_edition, make_festival, make_prize, make_rally
from tests.serving import Server, gunicorn, kill_workers
from tests.stamps.phones import Phone, token_of
from tests.stamps.sending import send_until_answered

pytestmark = pytest.mark.race
KILLS, PHONES_AT_ONCE, ANSWERS_BETWEEN_KILLS = 20, 4, 4


def test_killed_workers_lose_no_acknowledged_stamp_and_double_none(app: Flask, tmp_path: Path) -> None:
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

    with gunicorn(app.config["DATABASE_URL"], tmp_path) as server:
        kill_workers(server, lambda client: walk(server, client), done, clients=PHONES_AT_ONCE, kills=KILLS,
                     is_due=lambda kill: len(answered) >= kill * ANSWERS_BETWEEN_KILLS * 2)  # fmt: skip

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
