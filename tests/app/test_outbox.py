"""Mail: never for what was rolled back, late but never lost while the server is down, readable when it arrives."""

import contextlib
import email
import email.policy
import smtplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from flask import Flask

from eventapp import clock, outbox, postman, worker
from eventapp.db import Busy, db, transaction
from eventapp.outbox import Mail, MailState
from tests.builders import (
    make_booking,
    make_contact,
    make_edition,
    make_festival,
    make_programme,
    make_slot,
    texts,
)


class Inbox(Message):
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[EmailMessage] = []

    def handle_message(self, message: object) -> None:
        self.mails.append(email.message_from_bytes(bytes(message), policy=email.policy.default))  # type: ignore[call-overload]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def the_mail() -> Mail:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Mail).one()


def test_booking_is_mailed_with_link_number_and_calendar(app: Flask) -> None:
    booking = make_booking(make_slot(), contact=make_contact("Hana..Ko@docomo.ne.jp", language="ja"))
    server = Controller(Inbox(), hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        app.config["MAIL"] = f"smtp://127.0.0.1:{server.port}"
        assert worker.deliver(app) == 1
    finally:
        server.stop()
        app.config["MAIL"] = "folder"

    arrived = server.handler.mails[0]
    text = arrived.get_body(("plain",)).get_content()
    attached = next(arrived.iter_attachments())
    assert arrived["To"].addresses[0].username == "Hana..Ko"
    assert booking.gate_number in text
    assert f"/r/{booking.code}." in text
    assert "11月28日(土) 10:00" in text
    assert attached.get_content_type() == "text/calendar"
    assert "DTSTART;TZID=Asia/Tokyo:20261128T100000" in attached.get_content()
    assert the_mail().state == MailState.SENT


def test_nothing_is_mailed_for_what_was_rolled_back(app: Flask) -> None:
    slot = make_slot()

    with pytest.raises(ZeroDivisionError), transaction():
        make_booking(slot)
        raise ZeroDivisionError

    assert outbox.deliver_due(lambda mail: None) == 0


def test_mail_waits_while_the_server_is_down_and_leaves_afterwards(app: Flask) -> None:
    make_booking()

    def refuse(mail: Mail) -> None:
        raise ConnectionRefusedError("nobody answers")

    moment, tries = clock.now(), 0
    for _minute in range(150):
        with clock.stopped_at(moment):
            assert outbox.deliver_due(refuse) == 0
        moment += timedelta(minutes=1)
    tries = the_mail().tries
    assert 5 <= tries <= 9
    assert "nobody answers" in (the_mail().last_error or "")
    with clock.stopped_at(moment):
        assert outbox.is_stuck()

    got: list[str] = []
    with clock.stopped_at(moment + timedelta(hours=3)):
        assert outbox.deliver_due(lambda mail: got.append(mail.message_id)) == 1
        assert not outbox.is_stuck()

    assert got == [the_mail().message_id]


def test_mail_is_given_up_after_days_and_sent_again_by_hand(app: Flask) -> None:
    make_booking()

    def refuse(mail: Mail) -> None:
        raise OSError("mailbox unknown")

    moment = clock.now()
    for _try in range(len(outbox.PAUSES) + 1):
        with clock.stopped_at(moment):
            outbox.deliver_due(refuse)
        moment += timedelta(hours=7)
    assert the_mail().state == MailState.FAILED
    assert outbox.is_stuck()

    with transaction():
        outbox.try_again(the_mail())
    assert outbox.deliver_due(lambda mail: None) == 1


def test_mail_taken_by_a_worker_that_died_is_sent_after_its_lease(app: Flask) -> None:
    make_booking()
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver_due(lambda mail: (_ for _ in ()).throw(KeyboardInterrupt))
    db.session.rollback()
    assert outbox.deliver_due(lambda mail: None) == 0

    with clock.stopped_at(clock.now() + outbox.LEASE):
        assert outbox.deliver_due(lambda mail: None) == 1


def test_folder_keeps_each_mail_once(app: Flask, tmp_path: Path) -> None:
    make_booking()
    folder = postman.Folder(tmp_path / "mail")

    for _time in range(2):
        folder.send(postman.write(the_mail(), app.jinja_env, sender="kouba@example.jp"))

    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1


def test_mail_bears_the_festivals_name_and_answers_go_to_its_committee(app: Flask) -> None:
    edition = make_edition(
        make_festival(name=texts("大田の工場", "Ota, Works")), contact_email="desk@example.jp"
    )
    make_booking(make_slot(make_programme(edition=edition)))

    message = postman.write(the_mail(), app.jinja_env, sender="kouba@example.jp")
    chosen = postman.write(the_mail(), app.jinja_env, sender="Town hall <kouba@example.jp>")

    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("大田の工場", "kouba@example.jp")
    assert message["Reply-To"] == "desk@example.jp"
    assert chosen["From"] == "Town hall <kouba@example.jp>"
    assert "大田の工場" in str(email.message_from_bytes(bytes(message), policy=email.policy.default)["From"])


def test_line_breaks_in_names_reach_no_header(app: Flask) -> None:
    make_booking(make_slot(), contact=make_contact("a@example.jp", name="Hana\r\nBcc: everybody@example.jp"))

    message = postman.write(the_mail(), app.jinja_env, sender="kouba@example.jp")

    assert message["Bcc"] is None


def test_one_festivals_stuck_mail_is_not_another_ones(app: Flask) -> None:
    make_booking()
    other = make_festival()

    with clock.stopped_at(clock.now() + timedelta(hours=1)):
        assert outbox.is_stuck()
        assert not outbox.is_stuck(other.id)


def test_a_mail_that_left_while_the_database_was_held_is_not_sent_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_booking()
    usual, busy, got = outbox.transaction, [True, True], []

    @contextlib.contextmanager
    def held() -> Iterator[None]:
        if got and busy and busy.pop():
            raise Busy
        with usual():
            yield

    monkeypatch.setattr(outbox, "transaction", held)
    assert outbox.deliver_due(lambda mail: got.append(mail.message_id)) == 1
    with clock.stopped_at(clock.now() + outbox.LEASE):
        assert outbox.deliver_due(lambda mail: got.append(mail.message_id)) == 0

    assert (len(got), busy, the_mail().state) == (1, [], MailState.SENT)


def test_mail_leaves_though_the_clock_was_put_back(app: Flask) -> None:
    make_booking()
    with clock.stopped_at(clock.now() - timedelta(days=1)):
        assert outbox.deliver_due(lambda mail: None) == 1

    with transaction():
        outbox.try_again(the_mail())
    refusing = clock.now() + timedelta(days=30)
    with clock.stopped_at(refusing):
        outbox.deliver_due(lambda mail: (_ for _ in ()).throw(OSError("no")))
    assert outbox.deliver_due(lambda mail: None) == 1


def test_a_worker_that_is_told_to_stop_does_not_begin_another_mail(app: Flask) -> None:
    for _number in range(3):
        make_booking()
    got: list[str] = []

    assert outbox.deliver_due(lambda mail: got.append(mail.message_id), is_over=lambda: len(got) == 1) == 1
    assert outbox.deliver_due(lambda mail: got.append(mail.message_id)) == 2


def test_one_mistyped_address_is_no_alarm_but_a_server_that_takes_none_is(app: Flask) -> None:
    make_booking(contact=make_contact("typo@gmial.example"))
    late = clock.now() + outbox.LATE + timedelta(minutes=1)

    def refuse(mail: Mail) -> None:
        raise smtplib.SMTPRecipientsRefused({mail.to_address: (550, b"no such domain")})

    outbox.deliver_due(refuse)
    with clock.stopped_at(late):
        assert outbox.is_stuck()  # nothing has left since: it may be all of them
        make_booking(contact=make_contact("hana@example.jp"))
        outbox.deliver_due(lambda mail: refuse(mail) if "typo" in mail.to_address else None)
        assert not outbox.is_stuck()
    with clock.stopped_at(late + outbox.LATE + timedelta(minutes=1)):
        assert not outbox.is_stuck()
        make_booking(contact=make_contact("taro@example.jp"))
        outbox.deliver_due(lambda mail: (_ for _ in ()).throw(OSError("nobody answers")))
    with clock.stopped_at(late + 3 * outbox.LATE):
        assert outbox.is_stuck()
