"""Links that work once: for signing in, for an invitation, for a new password.

A link is looked at with GET, as mail scanners do, and used with POST. The table keeps the hash of its token and the mail's row
only a nonce, so that neither of them opens a door without the installation's key.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, func, select, update

from eventapp import clock, links, outbox
from eventapp.db import db
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.people.accounts import hashed
from eventapp.people.models import OneTimeLink, Person, Purpose

LIFE = {
    Purpose.SIGN_IN: timedelta(minutes=30),
    Purpose.RESET: timedelta(minutes=30),
    Purpose.RECOVERY: timedelta(hours=24),
    Purpose.INVITATION: timedelta(days=14),
}
BOUND = frozenset({Purpose.RESET, Purpose.RECOVERY})
MOST_MAILS, MAILS_WITHIN = 5, timedelta(minutes=10)
KEPT = timedelta(days=30)


class LinkError(RuleError):
    """The link is used, too old, or none of ours."""


def make(person: Person, purpose: Purpose, next_path: str = "") -> str:
    """A link for this person; returns the nonce from which `links.one_time()` makes its address."""
    nonce = secrets.token_urlsafe(16)
    now = clock.now()
    db.session.execute(
        delete(OneTimeLink).where(OneTimeLink.person_id == person.id, OneTimeLink.expires_at < now - KEPT)
    )
    db.session.add(
        OneTimeLink(token_hash=hashed(links.one_time_token(nonce)), person_id=person.id, purpose=purpose, next_path=next_path,
                    bound_to=_binding(person) if purpose in BOUND else "", created_at=now, expires_at=now + LIFE[purpose])
    )  # fmt: skip
    return nonce


def find(token: str) -> OneTimeLink | None:
    """The link behind a token while it can still be used. Looking uses nothing up."""
    found = db.session.scalar(select(OneTimeLink).where(OneTimeLink.token_hash == hashed(token)))
    if found is None or found.used_at or found.expires_at <= clock.now():
        return None
    if found.purpose in BOUND and found.bound_to != _binding(found.person):
        return None
    return found


def use(token: str) -> OneTimeLink:
    """Use a link up, in one statement, so that it opens one door once."""
    link = find(token)
    if link is None or not _take(link):
        raise LinkError(lazy("This link has been used already or is too old. Please ask for a new one."))
    return link


def _take(link: OneTimeLink) -> bool:
    took = (
        update(OneTimeLink).where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None)).values(used_at=clock.now())
        .returning(OneTimeLink.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    return db.session.scalar(took) is not None


def revoke(person: Person, *purposes: Purpose, next_path: str | None = None) -> None:
    """Make open links of these kinds useless; with `next_path` only those that lead there."""
    which = update(OneTimeLink).where(
        OneTimeLink.person_id == person.id, OneTimeLink.purpose.in_(purposes), OneTimeLink.used_at.is_(None)
    )
    if next_path is not None:
        which = which.where(OneTimeLink.next_path == next_path)
    db.session.execute(which.values(used_at=clock.now()).execution_options(synchronize_session=False))


def mail_sign_in(person: Person, next_path: str = "") -> None:
    """Mail the everyday way in. Who was invited and never answered gets the invitation's page, to say a name first."""
    if _has_enough_mail(person):
        return
    purpose = Purpose.SIGN_IN if person.accepted_at else Purpose.INVITATION
    _mail("people/sign_in", person, make(person, purpose, next_path), minutes=_minutes(Purpose.SIGN_IN))


def mail_reset(person: Person) -> None:
    """Mail a link to a new password; it is worth nothing once the password has changed."""
    if not _has_enough_mail(person):
        _mail("people/reset", person, make(person, Purpose.RESET), minutes=_minutes(Purpose.RESET))


def mail_recovery(
    person: Person, *, place: Translated, next_path: str, by: str, festival_id: int | None
) -> None:
    """An owner helps somebody who lost the phone: the link, and only the link, sets password and second step anew."""
    nonce = make(person, Purpose.RECOVERY, next_path)
    _mail("people/recovery", person, nonce, festival_id=festival_id, place=place.text(person.language), by=by,
          hours=int(LIFE[Purpose.RECOVERY].total_seconds() // 3600))  # fmt: skip


def mail_changed(person: Person) -> None:
    """Tell the person that the password is another one now."""
    outbox.post("people/password_changed", to=person.email, to_key=person.email_key, language=person.language, values={},
                festival_id=None)  # fmt: skip


def _mail(
    template: str, person: Person, nonce: str, *, festival_id: int | None = None, **values: object
) -> None:
    outbox.post(template, to=person.email, to_key=person.email_key, language=person.language, festival_id=festival_id,
                values={"one_time": nonce, "name": person.name, **values})  # fmt: skip


def _minutes(purpose: Purpose) -> int:
    return int(LIFE[purpose].total_seconds() // 60)


def _has_enough_mail(person: Person) -> bool:
    """Whether somebody keeps pressing the button: nobody's mailbox is flooded from here."""
    since = clock.now() - MAILS_WITHIN
    made = select(func.count()).where(OneTimeLink.person_id == person.id, OneTimeLink.created_at > since)
    return (db.session.scalar(made) or 0) >= MOST_MAILS


def _binding(person: Person) -> str:
    """Which password and second step a link replaces, without telling them."""
    return sha256(f"{person.password_hash}/{person.totp_secret}".encode()).hexdigest()
