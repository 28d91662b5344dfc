"""Who signs in: organizers and factory staff. Visitors are no table (docs/decisions/0002-identity.md)."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp import codes
from eventapp.db import Model


class Person(Model):
    """An organizer or a member of a factory; one row for all festivals, known by the e-mail address."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="ja")
    password_hash: Mapped[str | None]  # None: signs in by a mailed link
    totp_secret: Mapped[str | None]
    totp_last_step: Mapped[int] = mapped_column(default=0)  # a code counts once
    failures: Mapped[int] = mapped_column(default=0)  # wrong passwords since the last right one
    locked_until: Mapped[datetime | None]
    code_failures: Mapped[int] = mapped_column(
        default=0
    )  # wrong codes, which only who has shown the rest can type
    code_locked_until: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]  # when the first invitation was answered
    is_demo: Mapped[bool] = mapped_column(default=False)  # signs in from a loopback address only
    created_at: Mapped[datetime]

    @property
    def actor_name(self) -> str:
        return self.name

    @property
    def person_id(self) -> int | None:
        return self.id


class SignIn(Model):
    """One signed-in browser, so that it can be listed and ended. The cookie carries the key, the table its hash."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True, default=codes.random_code)
    key_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str]  # "Firefox on Android", for the list

    person: Mapped[Person] = relationship(lazy="joined")


class Purpose(enum.StrEnum):
    SIGN_IN = "sign_in"
    INVITATION = "invitation"
    RESET = "reset"
    RECOVERY = "recovery"  # sent by an owner: password and second step are set anew


class OneTimeLink(Model):
    """A link that was mailed to a person and works once. Only its hash is stored; looking at it uses nothing up."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Purpose]
    next_path: Mapped[str]  # where it leads after signing in; a path of ours
    bound_to: Mapped[str]  # for a reset: which password it replaces, so that a changed one revokes it
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined")
