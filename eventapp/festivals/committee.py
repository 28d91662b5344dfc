"""Who is in the committee of a festival: invited, given a role, removed. One owner always stays."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, update

from eventapp import audit, clock
from eventapp.db import NotThere, db
from eventapp.festivals.models import Festival, Organizer, Role
from eventapp.i18n import RuleError, lazy
from eventapp.people import invitations, one_time
from eventapp.people.models import Person


class CommitteeError(RuleError):
    """The committee cannot be changed like that."""


class Invited(NamedTuple):
    organizer: Organizer
    nonce: str | None  # of the link, for `links.one_time()`; None: the person has an account already


def list_organizers(festival: Festival) -> Sequence[Organizer]:
    """Everybody with a place, owners first; who has not answered the invitation has `person.accepted_at` None."""
    rows = db.session.scalars(select(Organizer).where(Organizer.festival_id == festival.id)).all()
    order = list(Role)
    return sorted(rows, key=lambda row: (order.index(row.role), row.person.name, row.id))


def get_organizer(festival: Festival, person_code: str) -> Organizer:
    """The place of one person in this committee."""
    found = db.session.scalar(
        select(Organizer)
        .join(Organizer.person)
        .where(Organizer.festival_id == festival.id, Person.code == person_code)
    )
    if found is None:
        raise NotThere(person_code)
    return found


def invite(festival: Festival, *, email: str, role: Role, by: audit.Actor | str, language: str) -> Invited:
    """Give a place to the person with this address and mail the invitation."""
    _one_at_a_time(festival)
    person = invitations.find_or_add_person(email, language=language)
    if db.session.scalar(
        select(Organizer.id).where(Organizer.festival_id == festival.id, Organizer.person_id == person.id)
    ):
        raise CommitteeError(lazy("%(person)s is in the committee already.", person=person.name))
    organizer = Organizer(festival_id=festival.id, person_id=person.id, role=role, created_at=clock.now())
    db.session.add(organizer)
    _record("organizer.invited", festival, person, by, {"role": role.value})
    nonce = invitations.send(
        person, place=festival.name, next_path=desk(festival), by=by, festival_id=festival.id
    )
    return Invited(organizer, nonce)


def invite_again(organizer: Organizer, *, by: audit.Actor | str) -> str | None:
    """Mail the invitation once more; the link before is worth nothing then. Returns the nonce of the new one."""
    festival = organizer.festival
    _record("organizer.invited_again", festival, organizer.person, by, {})
    return invitations.send(
        organizer.person, place=festival.name, next_path=desk(festival), by=by, festival_id=festival.id
    )


def change_role(organizer: Organizer, role: Role, *, by: audit.Actor | str) -> None:
    """Give somebody another role; the last owner stays one."""
    if organizer.role == role:
        return
    _keep_an_owner(organizer)
    _record(
        "organizer.role_changed",
        organizer.festival,
        organizer.person,
        by,
        {"role": [organizer.role.value, role.value]},
    )
    organizer.role = role


def remove(organizer: Organizer, *, by: audit.Actor | str) -> None:
    """Take the place away. Rights are read per request, so it holds at once; sign-ins elsewhere go on."""
    _keep_an_owner(organizer)
    _record("organizer.removed", organizer.festival, organizer.person, by, {"role": organizer.role.value})
    invitations.withdraw(organizer.person, desk(organizer.festival))
    db.session.delete(organizer)


def send_recovery(organizer: Organizer, *, by: audit.Actor) -> None:
    """Help somebody who lost the password and the phone: a link to the person's own mailbox sets both anew."""
    festival = organizer.festival
    _record("organizer.recovery_sent", festival, organizer.person, by, {})
    one_time.mail_recovery(organizer.person, place=festival.name, next_path=desk(festival), by=by.actor_name,
                           festival_id=festival.id)  # fmt: skip


def desk(festival: Festival) -> str:
    """The path of the committee's desk, for links in mail."""
    return f"/manage/{festival.slug}/"


def _keep_an_owner(organizer: Organizer) -> None:
    """Refuse to lose the last owner who has answered the invitation; two owners cannot remove each other at once."""
    _one_at_a_time(organizer.festival)
    if organizer.role != Role.OWNER:
        return
    another = (
        select(Organizer.id).join(Organizer.person)
        .where(Organizer.festival_id == organizer.festival_id, Organizer.id != organizer.id, Organizer.role == Role.OWNER,
               Person.accepted_at.is_not(None))
    )  # fmt: skip
    if db.session.scalar(another.limit(1)) is None:
        raise CommitteeError(lazy("A festival needs an owner. Please make somebody else an owner first."))


def _one_at_a_time(festival: Festival) -> None:
    """Changes of one committee queue up at the festival's row: PostgreSQL locks what is updated, SQLite has one writer."""
    db.session.execute(
        update(Festival).where(Festival.id == festival.id).values(version=Festival.version)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def _record(
    action: str, festival: Festival, person: Person, by: audit.Actor | str, details: dict[str, object]
) -> None:
    audit.record(
        action,
        f"person:{person.code}",
        festival_id=festival.id,
        by=by,
        details={"name": person.name, **details},
    )
