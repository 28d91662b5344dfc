"""The mails that wait in the outbox, written as they would leave."""

import re
from email.message import EmailMessage

from flask import Flask

from eventapp import postman
from eventapp.db import db
from eventapp.outbox import Mail


def letters(app: Flask, to: str = "") -> list[EmailMessage]:
    """Oldest first; `to` leaves only those for this address."""
    db.session.rollback()
    db.session.expire_all()
    with app.test_request_context():
        rows = db.session.query(Mail).order_by(Mail.id).all()
        written = [postman.write(row, app.jinja_env, sender="office@example.jp") for row in rows]
    db.session.rollback()
    return [one for one in written if not to or one["To"] == to]


def words(letter: EmailMessage) -> str:
    """Subject and text."""
    body = letter.get_body()
    assert body is not None
    return f"{letter['Subject']}\n{body.get_content()}"


def link(letter: EmailMessage) -> str:
    """The first address in it."""
    found = re.search(r"http://\S+", words(letter))
    assert found is not None
    return found.group()
