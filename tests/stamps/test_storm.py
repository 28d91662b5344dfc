"""The signal comes back for everybody at once (`make soak`): two thousand phones, five stamps each, within thirty seconds.

How long they wait is measured in `make bench`; here it is counted what they get.
"""

import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from bench.storm import break_loose
from eventapp import clock
from eventapp.db import db
from eventapp.stamps.models import Card, Scan, Stamp
from tests.builders import make_edition, make_festival, make_prize, make_rally
from tests.serving import gunicorn
from tests.stamps.phones import Phone, token_of
from tests.stamps.sending import PATH

PHONES, STAMPS, SECONDS = 2000, 5, 30.0


@pytest.mark.soak
def test_two_thousand_phones_at_once_lose_nothing(app: Flask, tmp_path: Path) -> None:
    storm(app, tmp_path, PHONES, SECONDS)


@pytest.mark.race
def test_a_gust_of_phones_loses_nothing(app: Flask, tmp_path: Path) -> None:
    storm(app, tmp_path, PHONES // 10, SECONDS / 10)


def storm(app: Flask, tmp_path: Path, count: int, seconds: float) -> None:
    month = timedelta(days=30)
    rally = make_rally(
        make_edition(make_festival("town")),
        stations=STAMPS,
        opens_at=clock.now() - month,
        closes_at=clock.now() + month,
    )
    make_prize(rally, 3)
    tokens = [token_of(rally, number) for number in range(1, STAMPS + 1)]
    phones = [Phone(rally.id, source=random.Random(number)) for number in range(count)]
    db.session.remove()
    for phone in phones:
        for token in tokens:
            phone.capture(token)
    with gunicorn(app.config["DATABASE_URL"], tmp_path) as server:
        met = break_loose(
            int(server.url.rpartition(":")[2]), [request(server.url, one) for one in phones], seconds=seconds
        )

    assert {one.status for one in met} == {200}, [one for one in met if one.status != 200][:3]
    for phone, one in zip(phones, met, strict=True):
        phone.hear(json.loads(one.body))
        assert (phone.outbox, phone.ack, len(phone.stamps)) == ({}, STAMPS, STAMPS)
        assert set(phone.verdicts.values()) == {"accepted"}
    counted = [db.session.scalar(select(func.count(kind.id))) for kind in (Card, Scan, Stamp)]
    assert counted == [count, count * STAMPS, count * STAMPS]


def request(url: str, phone: Phone) -> bytes:
    body = json.dumps(phone.message()).encode()
    host = url.removeprefix("http://")
    lines = [f"POST {PATH} HTTP/1.1", f"Host: {host}", "Accept-Language: ja", "Content-Type: application/json", "X-Kouba: 1",
             f"Origin: {url}", "Sec-Fetch-Site: same-origin", "Connection: close", f"Content-Length: {len(body)}"]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body
