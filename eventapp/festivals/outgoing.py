"""The festival's mail outbox as the committee reads it: by state, by address; what was given up is sent again."""

from sqlalchemy import Select, func, select

from eventapp import audit, outbox
from eventapp.db import NotThere, db
from eventapp.i18n import lazy
from eventapp.outbox import Mail, MailState

KINDS: dict[str, object] = {
    "tours/booked": lazy("Reservation confirmed"),
    "tours/changed": lazy("Reservation changed"),
    "tours/slot_moved": lazy("A slot was moved"),
    "tours/slot_cancelled": lazy("A slot was called off"),
    "tours/links": lazy("Links to my reservations"),
    "factories/decision": lazy("Decision about an entry"),
    "people/invited": lazy("Invitation"),
    "people/added": lazy("Added to another festival or factory"),
    "people/sign_in": lazy("Link for signing in"),
    "people/reset": lazy("New password"),
    "people/recovery": lazy("Link for signing in anew"),
    "people/password_changed": lazy("Password changed"),
}


def select_mails(festival_id: int, *, state: MailState | None = None, words: str = "") -> Select[Mail]:
    """Mails of a festival, the newest first; in one state, or to addresses with these letters."""
    query = select(Mail).where(Mail.festival_id == festival_id)
    if state is not None:
        query = query.where(Mail.state == state)
    if words:
        query = query.where(Mail.to_key.contains(words.casefold(), autoescape=True))
    return query.order_by(Mail.id.desc())


def count_by_state(festival_id: int) -> dict[MailState, int]:
    """How many wait, have gone, were given up."""
    rows = db.session.execute(
        select(Mail.state, func.count()).where(Mail.festival_id == festival_id).group_by(Mail.state)
    )
    return dict(rows.all())


def get_mail(festival_id: int, message_id: str) -> Mail:
    """A mail of this festival by its Message-ID, or NotThere."""
    found = db.session.scalar(
        select(Mail).where(Mail.festival_id == festival_id, Mail.message_id == message_id)
    )
    if found is None:
        raise NotThere(message_id)
    return found


def try_again(festival_id: int, mails: list[Mail], *, by: audit.Actor | str) -> int:
    """Put mails that have not left to the front of the queue; returns how many. What has left is not sent twice."""
    due = [mail for mail in mails if mail.state is not MailState.SENT]
    for mail in due:
        outbox.try_again(mail)
    if due:
        audit.record(
            "mail.tried_again", "mail:outbox", festival_id=festival_id, by=by, details={"count": len(due)}
        )
    return len(due)
