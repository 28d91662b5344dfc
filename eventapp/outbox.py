"""Mail that leaves after the commit: a row in the transaction of its cause, sent by the worker, kept until it is gone.

Nothing is mailed for what was rolled back, and nothing is lost while the mail server is down.
"""

import enum
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, exists, or_, select, update
from sqlalchemy.orm import Mapped, aliased, mapped_column

from eventapp import clock
from eventapp.db import Busy, Model, db, retrying, transaction
from eventapp.statements import insert_row


class MailState(enum.StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up; the organizer sees it and may send it again


class Mail(Model):
    """One mail to one address. `values` are plain data for the template `mail/<template>.txt`."""

    __table_args__ = (
        Index("ix_mail_state_try", "state", "next_try_at"),
        Index("ix_mail_festival", "festival_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int | None] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    template: Mapped[str]
    to_address: Mapped[str]
    to_key: Mapped[str] = mapped_column(index=True)  # erasing a visitor finds the mail by it
    language: Mapped[str]
    values: Mapped[dict[str, Any]]
    calendar: Mapped[list[Any]]  # events for an attached ICS; empty for none
    message_id: Mapped[str] = mapped_column(unique=True)  # stable, so that a mail sent twice is recognised
    state: Mapped[MailState] = mapped_column(default=MailState.WAITING)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]


PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 360, 360, 360, 360, 360)]
LEASE = timedelta(minutes=5)
LATE = timedelta(minutes=10)
MARKING_TRIES = 20  # each waits as long as a writer may: a lease is longer than a few of them
REFUSED_ADDRESS = (
    "SMTPRecipientsRefused"  # how `last_error` begins where the server answers, but not for this address
)


def post(
    template: str, *, to: str, to_key: str, language: str, values: dict[str, Any], festival_id: int | None,
    calendar: list[dict[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Put a mail into the outbox of this transaction; the worker looks there every second."""
    now = clock.now()
    insert_row(Mail, template=template, to_address=to, to_key=to_key, language=language, values=values, calendar=calendar or [],
               festival_id=festival_id, message_id=secrets.token_hex(16), created_at=now, next_try_at=now)  # fmt: skip


def deliver_due(
    send: Callable[[Mail], None], *, limit: int = 100, is_over: Callable[[], bool] = lambda: False
) -> int:
    """Send what is due, each mail under a lease of its own; returns how many went out. `send` raises OSError on failure.

    A crash between the server's yes and our mark sends a mail twice at most, under the same Message-ID. `is_over` is asked
    before each mail, so that a worker which is told to stop does not wait for a hundred answers of a slow server.
    """
    sent = 0
    for _turn in range(limit):
        mail = None if is_over() else _lease_next()
        if mail is None:
            break
        try:
            send(mail)
        except Exception as error:
            with transaction():
                _failed(db.session.get_one(Mail, mail.id), error)
        else:
            sent += 1
            _mark_sent(mail.id)
    return sent


def _mark_sent(mail_id: int) -> None:
    """Note that a mail is gone, even if the database is held by somebody else just now: else it would leave twice."""

    def once() -> None:
        with transaction():
            done = db.session.get_one(Mail, mail_id)
            done.state, done.sent_at, done.last_error = MailState.SENT, clock.now(), None

    for _attempt in range(MARKING_TRIES - 1):
        try:
            return retrying(once)
        except Busy:
            db.session.rollback()
    retrying(once)


def _lease_next() -> Mail | None:
    """Take the next due mail for a few minutes; another worker takes another.

    A time that lies further ahead than any pause was written before the clock was put back: such a mail does not wait for it.
    """
    now = clock.now()
    is_due = or_(Mail.next_try_at <= now, Mail.tries == 0, Mail.next_try_at > now + PAUSES[-1] + LEASE)
    due = select(Mail.id).where(Mail.state == MailState.WAITING, is_due).order_by(Mail.next_try_at, Mail.id)
    while (mail_id := db.session.scalar(due.limit(1))) is not None:
        with transaction():
            took = db.session.scalar(
                update(Mail)
                .where(Mail.id == mail_id, Mail.state == MailState.WAITING, is_due)
                .values(next_try_at=now + LEASE, tries=Mail.tries + 1)
                .returning(Mail.id)
            )
        if took is not None:
            return db.session.get_one(Mail, mail_id)
    return None


def _failed(mail: Mail, error: Exception) -> None:
    mail.last_error = f"{type(error).__name__}: {error}"[:500]
    if mail.tries > len(PAUSES):
        mail.state = MailState.FAILED
    else:
        mail.next_try_at = clock.now() + PAUSES[mail.tries - 1]


def try_again(mail: Mail) -> None:
    """Send a mail that was given up, or is waiting for its next try, at the worker's next turn."""
    mail.state, mail.next_try_at = MailState.WAITING, clock.now()


def is_stuck(festival_id: int | None = None) -> bool:
    """Whether mail does not leave: something has waited longer than ten minutes, or was given up.

    An address that the server refuses while it takes those of others is one visitor's slip, and no alarm.
    """
    other = aliased(Mail)
    others_leave = exists().where(other.state == MailState.SENT, other.sent_at > Mail.created_at)
    late = select(Mail.id).where(
        or_(
            Mail.state == MailState.FAILED,
            (Mail.state == MailState.WAITING) & (Mail.created_at < clock.now() - LATE),
        ),
        or_(Mail.last_error.is_(None), Mail.last_error.not_like(REFUSED_ADDRESS + "%"), ~others_leave),
    )
    if festival_id is not None:
        late = late.where(Mail.festival_id == festival_id)
    return db.session.scalar(late.limit(1)) is not None
