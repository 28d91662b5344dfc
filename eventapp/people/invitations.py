"""Inviting a person into a committee or a factory. The place itself is the room's business; here is the person and the mail."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from eventapp import audit, clock, links, outbox, text
from eventapp.db import db
from eventapp.i18n import Translated
from eventapp.people import one_time
from eventapp.people.models import Person, Purpose


def find_or_add_person(address: str, *, language: str) -> Person:
    """The person with this address, known from another festival or new. A new one has no name until it answers."""
    key = text.email_key(address)
    known = select(Person).where(Person.email_key == key)
    if (person := db.session.scalar(known)) is not None:
        return person
    person = Person(
        email=text.check_email(address),
        email_key=key,
        name=address.strip(),
        language=language,
        created_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(person)
            db.session.flush()  # to learn whether somebody else has just added the same address
    except IntegrityError:
        return db.session.scalars(known).one()
    return person


def send(
    person: Person, *, place: Translated, next_path: str, by: audit.Actor | str, festival_id: int
) -> str | None:
    """Mail the invitation into `place`; returns the nonce of its link, or None for somebody who has an account already.

    Who has one is told where the new place is and signs in as always. A new invitation makes the one before useless.
    """
    values = {"place": place.text(person.language), "by": by if isinstance(by, str) else by.actor_name}
    if person.accepted_at is not None:
        _post(
            "people/added",
            person,
            festival_id,
            {**values, "name": person.name, "address": links.base_url() + next_path},
        )
        return None
    one_time.revoke(person, Purpose.INVITATION, next_path=next_path)
    nonce = one_time.make(person, Purpose.INVITATION, next_path)
    _post(
        "people/invited",
        person,
        festival_id,
        {**values, "one_time": nonce, "days": one_time.LIFE[Purpose.INVITATION].days},
    )
    return nonce


def withdraw(person: Person, next_path: str) -> None:
    """The place is gone: links that lead there are worth nothing."""
    one_time.revoke(person, *Purpose, next_path=next_path)


def accept(person: Person, *, name: str, language: str, password_hash: str | None) -> None:
    """The person answers the first invitation. Without a password it signs in by mailed links."""
    person.name, person.language = name, language
    person.password_hash = password_hash or person.password_hash
    person.accepted_at = person.accepted_at or clock.now()
    audit.record("person.accepted", f"person:{person.code}", festival_id=None, by=person)


def _post(template: str, person: Person, festival_id: int, values: dict[str, object]) -> None:
    outbox.post(template, to=person.email, to_key=person.email_key, language=person.language, values=values,
                festival_id=festival_id)  # fmt: skip
