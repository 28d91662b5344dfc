"""Who may edit a factory: its members, and the committee's owners and staff."""

from sqlalchemy import select

from eventapp.db import NotThere, db
from eventapp.factories.models import Entry, Factory, Member
from eventapp.festivals.access import MAY_RUN, find_organizer
from eventapp.people.models import Person


def may_edit(person: Person | None, factory: Factory) -> bool:
    """Whether this person keeps this factory's pages."""
    if person is None:
        return False
    if db.session.scalar(
        select(Member.id).where(Member.factory_id == factory.id, Member.person_id == person.id)
    ):
        return True
    organizer = find_organizer(person, factory.festival_id)
    return organizer is not None and organizer.role in MAY_RUN


def get_factory_to_edit(code: str, person: Person | None) -> Factory:
    """The factory behind a staff address, or NotThere for strangers."""
    factory = db.session.scalar(select(Factory).where(Factory.code == code))
    if factory is None or not may_edit(person, factory):
        raise NotThere(code)
    return factory


def get_entry_to_edit(factory_code: str, edition_slug: str, person: Person | None) -> Entry:
    """A factory's part in one edition, for those who may edit the factory."""
    factory = get_factory_to_edit(factory_code, person)
    for entry in factory.entries:
        if entry.edition.slug == edition_slug:
            return entry
    raise NotThere(edition_slug)
