"""Workers killed in the middle of bookings: what was answered is there, nothing is there twice."""

import threading
from pathlib import Path

import pytest
from flask import Flask

from eventapp.db import db
from eventapp.tours import seats
from eventapp.tours.models import Booking, Reservation
from tests.builders import make_edition, make_entry, make_festival, make_programme, make_slot
from tests.serving import Browser, form_of, gunicorn, kill_workers

pytestmark = pytest.mark.race
KILLS, CLIENTS, BOOKINGS_BETWEEN_KILLS = 20, 4, 4


def test_killed_workers_lose_no_answered_booking_and_double_none(app: Flask, tmp_path: Path) -> None:
    slot = make_slot(make_programme(make_entry(make_edition(make_festival("town")))), capacity=10_000)
    address = f"/town/2026/slots/{slot.code}"
    db.session.remove()
    answered: set[str] = set()
    sent: set[str] = set()
    lock, done = threading.Lock(), threading.Event()

    def book_on(client: int, server) -> None:  # type: ignore[no-untyped-def]
        number = 0
        while not done.is_set():
            number += 1
            email = f"c{client}n{number}@example.jp"
            with lock:
                sent.add(email)
            if book_until_answered(Browser(server), address, email, done):
                with lock:
                    answered.add(email)

    with gunicorn(app.config["DATABASE_URL"], tmp_path) as server:
        kill_workers(server, lambda client: book_on(client, server), done, clients=CLIENTS, kills=KILLS,
                     is_due=lambda kill: len(answered) >= kill * BOOKINGS_BETWEEN_KILLS)  # fmt: skip

    stored = [key for (key,) in db.session.query(Booking.email_key)]
    assert len(answered) >= KILLS * BOOKINGS_BETWEEN_KILLS
    assert answered <= set(stored) <= sent
    assert len(stored) == len(set(stored)) == db.session.query(Reservation).count()
    assert seats.find_miscounted() == []


def book_until_answered(browser: Browser, address: str, email: str, done: threading.Event) -> bool:
    """A visitor who presses again when the connection broke: the same form, so the same request key."""
    values: dict[str, str] | None = None
    for _press in range(200):
        try:
            if values is None:
                status, html = browser.get(address)
                if status != 200:
                    continue
                action, values = form_of(html, "/book")
                values |= {"party_size": "1", "name": "Visitor", "email": email, "consent": "y"}
            status, html = browser.post(action, values)
        except (OSError, EOFError, ValueError) as _broken:
            done.wait(0.02)
            continue
        except Exception as error:  # http.client's family for a connection that broke in the middle
            if type(error).__module__ != "http.client":
                raise
            done.wait(0.02)
            continue
        assert status == 200, (status, html[:3000])
        return True
    return False
