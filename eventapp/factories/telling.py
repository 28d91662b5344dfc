"""What a factory is mailed when the committee decides about its entry: each member in their own language."""

from sqlalchemy import select

from eventapp import audit, links, outbox
from eventapp.db import db
from eventapp.factories.models import Entry, EntryState, Member
from eventapp.people.models import Person


def tell_decision(entry: Entry, before: EntryState, *, message: str = "", by: audit.Actor) -> int:
    """Mail the members that their entry was accepted, given back or withdrawn; returns how many are told.

    Whoever decided is not told, and neither is who has not answered the invitation yet. Works in the caller's transaction.
    """
    members = db.session.scalars(
        select(Person).join(Member, Member.person_id == Person.id)
        .where(Member.factory_id == entry.factory_id, Person.accepted_at.is_not(None), Person.id != by.person_id).order_by(Person.id)
    ).all()  # fmt: skip
    for person in members:
        outbox.post("factories/decision", to=person.email, to_key=person.email_key, language=person.language,
                    values=_values(entry, before, person.language, message), festival_id=entry.edition.festival_id)  # fmt: skip
    return len(members)


def _values(entry: Entry, before: EntryState, language: str, message: str) -> dict[str, object]:
    edition = entry.edition
    return {
        "factory": entry.factory.name.text(language),
        "festival": edition.festival.name.text(language),
        "edition": edition.name.text(language),
        "state": entry.state.value,
        "before": before.value,
        "message": message,
        "address": f"{links.base_url()}/factory/{entry.factory.code}/entry?edition={edition.slug}",
        "contact_email": edition.contact_email,
        "contact_phone": edition.contact_phone,
    }
