"""Who may change programmes, and who may see who comes.

A factory's programmes are changed by its members and by the committee's owners and staff; the committee's own only by
the latter. Visitors' names and telephones are for those who receive them: the same people, and the members of a
factory where a tour stops, who may look. Read-only organizers (sponsors, the town hall) see seats and counts alone.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from eventapp.db import NotThere, db
from eventapp.factories import access as factories_access
from eventapp.factories.models import Entry, Member
from eventapp.festivals.access import MAY_RUN, find_organizer
from eventapp.people.models import Person
from eventapp.tours.models import Programme, ProgrammeStop, Reservation, Slot


@dataclass(frozen=True)
class Reach:
    """What one desk looks after: an entry's programmes and the tours that stop there, or the whole edition."""

    edition_id: int
    entry_id: int | None = None  # None: the committee

    def own(self) -> ColumnElement[bool]:
        """A condition on Programme: those whose host sits at this desk."""
        hosted = (
            Programme.entry_id.is_(None) if self.entry_id is None else Programme.entry_id == self.entry_id
        )
        return (Programme.edition_id == self.edition_id) & hosted

    def stopping(self) -> ColumnElement[bool]:
        """A condition on Programme: bus tours and guided walks that visit this factory."""
        visits = select(ProgrammeStop.programme_id).where(ProgrammeStop.entry_id == self.entry_id)
        return (Programme.edition_id == self.edition_id) & Programme.id.in_(visits)

    def expected(self) -> ColumnElement[bool]:
        """A condition on Programme: those whose visitors come here."""
        return self.own() if self.entry_id is None else self.own() | self.stopping()

    def seen(self) -> ColumnElement[bool]:
        """A condition on Programme: those whose visitors may be looked up here; the committee's staff finds everybody."""
        return Programme.edition_id == self.edition_id if self.entry_id is None else self.expected()


def may_edit_programme(person: Person | None, programme: Programme) -> bool:
    """Whether this person may change the programme, its slots and its bookings."""
    if programme.entry is not None:
        return factories_access.may_edit(person, programme.entry.factory)
    return _may_run(person, programme.edition.festival_id)


def may_see_visitors(person: Person | None, programme: Programme) -> bool:
    """Whether this person may read who comes: names, telephones, remarks."""
    return person is not None and (may_edit_programme(person, programme) or _receives_tour(person, programme))


def may_see_names(person: Person | None, festival_id: int) -> bool:
    """Whether a person of the committee may read visitors' personal data at all; read-only organizers may not."""
    return _may_run(person, festival_id)


def _may_run(person: Person | None, festival_id: int) -> bool:
    organizer = find_organizer(person, festival_id)
    return organizer is not None and organizer.role in MAY_RUN


def _receives_tour(person: Person, programme: Programme) -> bool:
    member = (
        select(Member.id)
        .join(Entry, Entry.factory_id == Member.factory_id)
        .join(ProgrammeStop, ProgrammeStop.entry_id == Entry.id)
        .where(ProgrammeStop.programme_id == programme.id, Member.person_id == person.id)
    )
    return db.session.scalar(member.limit(1)) is not None


def get_programme_to_edit(code: str, person: Person | None) -> Programme:
    """A programme for those who may change it; NotThere for everybody else."""
    found = db.session.scalar(select(Programme).where(Programme.code == code))
    if found is None or not may_edit_programme(person, found):
        raise NotThere(code)
    return found


def get_slot_to_edit(code: str, person: Person | None) -> Slot:
    """A slot of such a programme."""
    found = _find_slot(code)
    if found is None or not may_edit_programme(person, found.programme):
        raise NotThere(code)
    return found


def get_slot_to_see(code: str, person: Person | None) -> Slot:
    """A slot for those who receive its visitors: its host, the committee, the factories where the tour stops."""
    found = _find_slot(code)
    if found is None or not may_see_visitors(person, found.programme):
        raise NotThere(code)
    return found


def _find_slot(code: str) -> Slot | None:
    return db.session.scalar(select(Slot).where(Slot.code == code))


def get_reservation_to_see(code: str, person: Person | None) -> Reservation:
    """One party on one slot, for those who receive it."""
    found = _find_reservation(code)
    if found is None or not may_see_visitors(person, found.slot.programme):
        raise NotThere(code)
    return found


def get_reservation_to_edit(code: str, person: Person | None) -> Reservation:
    """One party on one slot, for those who may change it on the visitor's behalf."""
    found = _find_reservation(code)
    if found is None or not may_edit_programme(person, found.slot.programme):
        raise NotThere(code)
    return found


def _find_reservation(code: str) -> Reservation | None:
    query = select(Reservation).options(joinedload(Reservation.booking, innerjoin=True))
    return db.session.scalar(query.where(Reservation.code == code))
