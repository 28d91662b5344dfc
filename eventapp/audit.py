"""History: who did what to which thing, written in the transaction that did it. Rows are never changed."""

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from eventapp import clock
from eventapp.db import Model
from eventapp.statements import insert_row


class Actor(Protocol):
    """Somebody who can be named in the history."""

    @property
    def actor_name(self) -> str: ...

    @property
    def person_id(self) -> int | None: ...


class Line(Model):
    """One line of history. `details` holds what changed, before and after, and no secret."""

    __tablename__ = "history_line"
    __table_args__ = (
        Index("ix_history_line_festival_at", "festival_id", "at"),
        Index("ix_history_line_subject", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    festival_id: Mapped[int | None] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    action: Mapped[str]
    subject: Mapped[str]  # "slot:4F7K2M9A"
    by: Mapped[str]  # a name as it was then; visitors are "visitor"
    person_id: Mapped[int | None]  # no foreign key: the line outlives the person
    details: Mapped[dict[str, Any]]


def record(
    action: str, subject: str, *, festival_id: int | None, by: Actor | str, details: dict[str, Any] | None = None
) -> None:  # fmt: skip
    """Add a line. `action` reads `thing.verb` (`slot.moved`), `subject` is `kind:code`."""
    name, person_id = (by, None) if isinstance(by, str) else (by.actor_name, by.person_id)
    insert_row(Line, at=clock.now(), festival_id=festival_id, action=action, subject=subject, by=name, person_id=person_id,
               details=details or {})  # fmt: skip


def change(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What differs between two plain descriptions: {field: [before, after]}."""
    return {key: [before.get(key), value] for key, value in after.items() if before.get(key) != value}
