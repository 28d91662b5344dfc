"""Who keeps a factory's pages: its members, invited and removed by each other or by the committee."""

from collections.abc import Sequence

from sqlalchemy import select, update

from eventapp import audit, clock
from eventapp.db import NotThere, db
from eventapp.factories.models import Factory, Member
from eventapp.i18n import LANGUAGES, RuleError, Translated, lazy
from eventapp.people import invitations
from eventapp.people.models import Person


class MemberError(RuleError):
    """The members cannot be changed like that."""


def list_members(factory: Factory) -> Sequence[Member]:
    """Everybody who keeps this factory's pages; who has not answered the invitation has `person.accepted_at` None."""
    rows = db.session.scalars(select(Member).where(Member.factory_id == factory.id)).all()
    return sorted(rows, key=lambda row: (row.person.name, row.id))


def get_member(factory: Factory, person_code: str) -> Member:
    """One person's place in this factory."""
    found = db.session.scalar(
        select(Member).join(Member.person).where(Member.factory_id == factory.id, Person.code == person_code)
    )
    if found is None:
        raise NotThere(person_code)
    return found


def invite(factory: Factory, *, email: str, by: audit.Actor | str, language: str) -> str | None:
    """Give a place to the person with this address and mail the invitation; returns the nonce of its link, if it needs one."""
    _one_at_a_time(factory)
    person = invitations.find_or_add_person(email, language=language)
    if db.session.scalar(
        select(Member.id).where(Member.factory_id == factory.id, Member.person_id == person.id)
    ):
        raise MemberError(lazy("%(person)s is a member already.", person=person.name))
    db.session.add(Member(factory_id=factory.id, person_id=person.id, created_at=clock.now()))
    _record("member.invited", factory, person, by)
    return _send(factory, person, by)


def invite_again(member: Member, *, by: audit.Actor | str) -> str | None:
    """Mail the invitation once more; the link before is worth nothing then."""
    _record("member.invited_again", member.factory, member.person, by)
    return _send(member.factory, member.person, by)


def remove(member: Member, *, by: audit.Actor | str) -> None:
    """Take the place away; it holds at the person's next click."""
    _record("member.removed", member.factory, member.person, by)
    invitations.withdraw(member.person, desk(member.factory))
    db.session.delete(member)


def desk(factory: Factory) -> str:
    """The path of the factory's own desk, for links in mail."""
    return f"/factory/{factory.code}/today"


def _send(factory: Factory, person: Person, by: audit.Actor | str) -> str | None:
    return invitations.send(
        person, place=_place(factory), next_path=desk(factory), by=by, festival_id=factory.festival_id
    )


def _place(factory: Factory) -> Translated:
    """The factory with its festival: whoever is invited may never have heard of Kouba."""
    return Translated(
        {code: f"{factory.name.text(code)} ({factory.festival.name.text(code)})" for code in LANGUAGES}
    )


def _one_at_a_time(factory: Factory) -> None:
    """Two invitations of one address queue up at the factory's row (PostgreSQL locks what is updated)."""
    db.session.execute(
        update(Factory).where(Factory.id == factory.id).values(version=Factory.version)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def _record(action: str, factory: Factory, person: Person, by: audit.Actor | str) -> None:
    audit.record(
        action,
        f"factory:{factory.code}",
        festival_id=factory.festival_id,
        by=by,
        details={"name": person.name},
    )
