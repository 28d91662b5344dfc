"""Pages drawn before: nothing of one reader reaches another, nothing is out of date."""

import contextvars
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.i18n import Translated
from eventapp.tours import seats
from eventapp.tours.models import Slot
from eventapp.web import drawings
from eventapp.web.warming import warm
from tests.builders import (
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_festival,
    make_programme,
    make_slot,
    texts,
)

VALUE = re.compile(r'name="(csrf_token|request_key|name|email|party_size)"[^>]*?value="([^"]*)"')


@pytest.fixture
def slot(app: Flask) -> Slot:
    app.extensions["drawings"].drawings.clear()
    return make_slot(make_programme(make_entry(make_edition(make_festival("f")))), capacity=4)


def ask(client: Any, method: str, path: str, **values: Any) -> Any:
    """As a server does: nothing of one request is left for the next."""
    return contextvars.Context().run(
        lambda: client.open(path, method=method, headers={"Accept-Language": "en"}, **values)
    )


def page(app: Flask, path: str) -> str:
    answer = ask(app.test_client(), "GET", path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def address(slot: Slot) -> str:
    return f"/f/2026/slots/{slot.code}"


def kept(app: Flask) -> int:
    return len(app.extensions["drawings"].drawings)


def test_holes_are_filled_and_escaped(app: Flask) -> None:
    with app.test_request_context():
        drawing = drawings.keep(
            "a", f"<p>{drawings.hole('name')}</p>{drawings.hole('drawn')}{drawings.hole('name')}"
        )

        assert drawing.fill({"name": "<b>&", "drawn": b"<i>"}) == b"<p>&lt;b&gt;&amp;</p><i>&lt;b&gt;&amp;"
        assert drawings.find("a") is drawing


def test_what_a_page_says_about_time_ends(app: Flask) -> None:
    soon = clock.now() + timedelta(minutes=5)
    drawings.keep("time", "soon", [soon, clock.now() - timedelta(days=1), None])

    assert drawings.find("time") is not None
    with clock.stopped_at(soon):
        assert drawings.find("time") is None
    with clock.stopped_at(clock.now() - timedelta(minutes=1)):
        assert drawings.find("time") is None


def test_the_oldest_give_way(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    app.extensions["drawings"] = drawings._Shelf()
    monkeypatch.setattr(drawings, "MOST_BYTES", 25)
    for name in "abc":
        drawings.keep(name, name * 10)

    assert drawings.find("a") is None
    assert drawings.find("c") is not None


def test_two_readers_get_tokens_of_their_own(app: Flask, slot: Slot) -> None:
    first, second = (dict(VALUE.findall(page(app, address(slot)))) for _reader in range(2))

    assert kept(app) == 1
    assert first["csrf_token"] != second["csrf_token"] and first["request_key"] != second["request_key"]
    assert (first["name"], first["email"], first["party_size"]) == ("", "", "1")


def test_seats_and_edits_show_at_once(app: Flask, slot: Slot) -> None:
    assert "4 seats left" in page(app, address(slot))
    with transaction():
        assert seats.take(slot.id, 3)
    assert "1 seat left" in page(app, address(slot))
    assert kept(app) == 1  # the seats are a hole

    with transaction():
        programme = db.session.get_one(Slot, slot.id).programme
        programme.title = texts("新しい見学", "A new tour")
    assert "A new tour" in page(app, address(slot))


def test_edit_of_the_factory_shows_at_once(app: Flask, slot: Slot) -> None:
    entry = slot.programme.entry
    assert entry is not None
    path = f"/f/2026/factories/{entry.factory.slug}/"
    page(app, path)
    with transaction():
        entry.factory.access = Translated({"en": "Through the green door"})

    assert "Through the green door" in page(app, path)
    assert "Through the green door" in page(app, address(slot))


def test_list_follows_booking_edit_and_day(app: Flask, slot: Slot) -> None:
    path = "/f/2026/whats-on/"
    assert "4 left" in page(app, path)
    with transaction():
        assert seats.take(slot.id, 1)
    assert "3 left" in page(app, path)
    assert "3 left" in page(app, path)
    with clock.stopped_at(datetime.fromisoformat("2026-11-28T15:30:00+00:00")):  # Sunday there, and no slot
        assert "3 left" not in page(app, path)
    assert "3 left" in page(app, path)


def test_a_booking_shows_its_own(app: Flask, slot: Slot) -> None:
    from eventapp.tours import access

    bookings = [
        make_booking(slot, party_size=1, contact=make_contact(f"{name}@example.jp", name=f"<{name}>"))
        for name in ("hana", "ken")
    ]
    tokens = [access.mail_token(one) for one in bookings]
    shown = [page(app, f"/r/{token}/") for token in tokens]

    assert kept(app) == 1
    for mine, other in ((0, 1), (1, 0)):
        assert bookings[mine].gate_number in shown[mine] and tokens[mine] in shown[mine]
        assert f"&lt;{('hana', 'ken')[mine]}&gt;" in shown[mine]
        for own in (
            bookings[other].gate_number,
            tokens[other],
            str(bookings[other].email),
            bookings[other].reservations[0].code,
        ):
            assert own not in shown[mine]


def test_full_is_said_with_everything_typed(app: Flask, slot: Slot) -> None:
    clients = [app.test_client(), app.test_client()]
    forms = [
        dict(VALUE.findall(ask(client, "GET", address(slot)).get_data(as_text=True))) for client in clients
    ]
    with transaction():
        assert seats.take(slot.id, 4)
    for number, (client, typed) in enumerate(
        zip(clients, forms, strict=True)
    ):  # the second is answered from memory
        typed |= {
            "name": f"Visitor <{number}>",
            "email": f"v{number}@example.jp",
            "party_size": "3",
            "consent": "y",
        }
        answer = ask(client, "POST", f"{address(slot)}/book", data=typed)
        text = answer.get_data(as_text=True)

        assert answer.status_code == 422
        assert "There is not enough room left at this time." in text
        assert (
            f'value="Visitor &lt;{number}&gt;"' in text
            and f'value="v{number}@example.jp"' in text
            and 'value="3"' in text
        )
        assert typed["request_key"] in text


def test_a_double_click_on_a_slot_now_full_gets_its_booking(app: Flask, slot: Slot) -> None:
    client, other = app.test_client(), app.test_client()
    forms = [
        dict(VALUE.findall(ask(one, "GET", address(slot)).get_data(as_text=True))) for one in (client, other)
    ]
    for number, form in enumerate(forms):
        form |= {"name": "花山 花子", "email": f"v{number}@example.jp", "party_size": "4", "consent": "y"}
    first = ask(client, "POST", f"{address(slot)}/book", data=forms[0])
    refused = ask(other, "POST", f"{address(slot)}/book", data=forms[1])

    again = ask(client, "POST", f"{address(slot)}/book", data=forms[0])

    assert (first.status_code, refused.status_code, again.status_code) == (303, 422, 303)
    assert again.headers["Location"] == first.headers["Location"]


def test_server_draws_each_kind_of_page_before_it_begins(app: Flask, slot: Slot) -> None:
    contextvars.Context().run(warm, app)

    assert kept(app) >= 6  # list, factory and slot in both languages
