"""Mail that leaves after the commit: a row in the transaction of its cause, sent by the worker, kept until it is gone.

Nothing is mailed for what was rolled back, and nothing is lost while the mail server is down.
"""

import enum
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from eventapp import clock
from eventapp.db import Model, db, transaction
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


def post(
    template: str, *, to: str, to_key: str, language: str, values: dict[str, Any], festival_id: int | None,
    calendar: list[dict[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Put a mail into the outbox of this transaction; the worker looks there every second."""
    now = clock.now()
    insert_row(Mail, template=template, to_address=to, to_key=to_key, language=language, values=values, calendar=calendar or [],
               festival_id=festival_id, message_id=secrets.token_hex(16), created_at=now, next_try_at=now)  # fmt: skip


def deliver_due(send: Callable[[Mail], None], *, limit: int = 100) -> int:
    """Send what is due, each mail under a lease of its own; returns how many went out. `send` raises OSError on failure.

    A crash between the server's yes and our mark sends a mail twice at most, under the same Message-ID.
    """
    sent = 0
    for _turn in range(limit):
        mail = _lease_next()
        if mail is None:
            break
        try:
            send(mail)
        except Exception as error:
            with transaction():
                _failed(db.session.get_one(Mail, mail.id), error)
        else:
            sent += 1
            with transaction():
                done = db.session.get_one(Mail, mail.id)
                done.state, done.sent_at, done.last_error = MailState.SENT, clock.now(), None
    return sent


def _lease_next() -> Mail | None:
    """Take the next due mail for a few minutes; another worker takes another."""
    now = clock.now()
    due = (
        select(Mail.id)
        .where(Mail.state == MailState.WAITING, Mail.next_try_at <= now)
        .order_by(Mail.next_try_at, Mail.id)
    )
    while (mail_id := db.session.scalar(due.limit(1))) is not None:
        with transaction():
            took = db.session.scalar(
                update(Mail)
                .where(Mail.id == mail_id, Mail.state == MailState.WAITING, Mail.next_try_at <= now)
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
    """Whether mail does not leave: something has waited longer than ten minutes, or was given up."""
    late = select(Mail.id).where(
        or_(
            Mail.state == MailState.FAILED,
            (Mail.state == MailState.WAITING) & (Mail.created_at < clock.now() - LATE),
        )
    )
    if festival_id is not None:
        late = late.where(Mail.festival_id == festival_id)
    return db.session.scalar(late.limit(1)) is not None
