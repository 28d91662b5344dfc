"""Mails about bookings, as they leave: subject, words in the reader's language, link, calendar."""

from datetime import timedelta

import pytest

from eventapp import clock, links, postman
from eventapp.db import db, transaction
from eventapp.outbox import Mail
from eventapp.tours import booking, changing, mails
from eventapp.tours.models import HeldAt
from tests.builders import (
    make_contact,
    make_edition,
    make_entry,
    make_factory,
    make_programme,
    make_slot,
    texts,
)


@pytest.fixture
def leave(app):
    """The newest mail as (subject, body, calendar)."""

    def newest():
        row = db.session.query(Mail).order_by(Mail.id.desc()).first()
        message = postman.write(row, app.jinja_env, sender="office@example.jp")
        body = message.get_body(("plain",)).get_content()
        calendar = next((part.get_content() for part in message.iter_attachments()), "")
        return str(message["Subject"]), body, calendar

    return newest


def book(*slots, key="a", **contact):
    with transaction():
        return booking.book(
            list(slots), contact=make_contact("hana@example.jp", **contact), party_size=2, request_key=key
        )


def whole_slot(**values):
    edition = make_edition(contact_phone="03-1234-5678")
    factory = make_factory(edition.festival, address=texts("大田区1-2-3", "1-2-3 Ota"))
    programme = make_programme(
        make_entry(edition, factory), price_yen=500, bring=texts("軍手", "Work gloves"), **values
    )
    return make_slot(programme)


def test_confirmation_tells_number_place_link_and_has_the_calendar(leave):
    made = book(whole_slot(), language="en")

    subject, body, calendar = leave()

    assert made.gate_number in subject
    for words in (made.gate_number, "1-2-3 Ota", "Sat, Nov 28 10:00", "¥500", "Work gloves", "03-1234-5678",
                  f"http://localhost/r/{links.private_token(made.code, 1)}/"):  # fmt: skip
        assert words in body
    assert f"UID:{made.reservations[0].code}@kouba" in calendar


def test_confirmation_is_in_the_language_of_the_booking(leave):
    book(whole_slot(), language="ja")

    subject, body, _calendar = leave()

    assert "ご予約" in subject
    assert "花山 花子 様" in body
    assert "11月28日(土) 10:00" in body


def test_held_places_ask_to_confirm_and_keep_number_and_online_address_back(leave):
    made = book(
        whole_slot(confirm_address=True, held_at=HeldAt.ONLINE, online_url="https://meet.example.jp/room"),
        language="en",
    )

    subject, body, calendar = leave()
    assert "confirm" in subject
    assert calendar == ""
    assert links.private_token(made.code, 1) in body
    assert "meet.example.jp" not in body

    with transaction():
        changing.confirm_address(made)
    _subject, body, calendar = leave()
    assert "meet.example.jp/room" in body
    assert f"UID:{made.reservations[0].code}@kouba" in calendar


@pytest.mark.parametrize("name", ["Win now http://bad.example", "bad.example", "a@bad.example"])
def test_name_that_could_be_an_address_is_not_mailed_to_strangers(leave, name):
    book(whole_slot(), language="en", name=name)

    assert "bad.example" not in leave()[1]


def test_cancelled_reservation_is_said_and_leaves_the_calendar(leave):
    made = book(whole_slot(), language="en")
    with transaction():
        changing.cancel(made.reservations[0])

    subject, body, calendar = leave()

    assert "cancelled" in subject
    assert "Cancelled" in body
    assert "STATUS:CANCELLED" in calendar
    assert "SEQUENCE:1" in calendar


def test_change_tells_what_is_now(leave):
    made = book(whole_slot(), language="en")
    with transaction():
        changing.change_party(made.reservations[0], 1)

    assert "People: 1" in leave()[1]


@pytest.mark.parametrize(("cancelled", "words"), [(True, "called off"), (False, "has been changed")])
def test_message_of_the_factory_reaches_those_booked(leave, cancelled, words):
    made = book(whole_slot(), language="en")
    with transaction():
        mails.post_slot_changed(made, "機械の故障です。\nThe machine is broken.", cancelled=cancelled)

    _subject, body, _calendar = leave()

    assert words in body
    assert "The machine is broken." in body


def test_links_of_all_bookings_come_in_one_mail(leave):
    first = whole_slot()
    second = make_slot(first.programme, starts_at=clock.now() + timedelta(days=3))
    made = [book(first, language="en"), book(second, key="b", language="en")]
    with transaction():
        mails.post_links(made)

    _subject, body, _calendar = leave()

    for one in made:
        assert f"http://localhost/r/{links.private_token(one.code, 1)}/" in body
        assert one.gate_number in body


def test_times_are_those_of_the_clocks_where_the_festival_is(leave):
    edition = make_edition(zone_name="Asia/Manila")
    book(make_slot(make_programme(make_entry(edition))), language="en")

    assert "Sat, Nov 28 9:00" in leave()[1]
