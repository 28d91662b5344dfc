"""The outbox in a bad hour: one mail that cannot be written stops no other, and what was posted first leaves first."""

from datetime import timedelta

from flask import Flask

from eventapp import clock, outbox
from eventapp.db import db
from eventapp.outbox import Mail, MailState
from tests.builders import make_booking, make_contact


def post(*names: str) -> None:
    for name in names:
        make_booking(contact=make_contact(f"{name}@example.jp"))


def test_a_mail_that_cannot_be_written_stops_no_other_and_is_tried_again(app: Flask) -> None:
    post("first", "second")

    def stumbles(mail: Mail) -> None:
        if mail.to_key == "first@example.jp":
            raise KeyError("a value that the template wants")

    assert outbox.deliver_due(stumbles) == 1

    states = {mail.to_key: mail.state for mail in db.session.query(Mail)}
    assert states == {"first@example.jp": MailState.WAITING, "second@example.jp": MailState.SENT}
    with clock.stopped_at(clock.now() + outbox.PAUSES[0]):
        assert outbox.deliver_due(lambda mail: None) == 1


def test_mail_leaves_in_the_order_in_which_it_was_posted(app: Flask) -> None:
    post("first", "second")
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        post("third")
        left: list[str] = []
        outbox.deliver_due(lambda mail: left.append(mail.to_key))

    assert left == ["first@example.jp", "second@example.jp", "third@example.jp"]
