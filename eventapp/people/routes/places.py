"""Where a person belongs: the desks that are listed after signing in."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import url_for
from sqlalchemy import select

from eventapp.db import db
from eventapp.factories.models import Member
from eventapp.festivals.models import Organizer, Role
from eventapp.i18n import Translated
from eventapp.people.models import Person


class Place(NamedTuple):
    """A desk and the person's part in it; `role` is None at a factory."""

    name: Translated
    festival: Translated
    role: Role | None
    url: str


def places_of(person: Person) -> Sequence[Place]:
    """Committees first, then factories, in two statements."""
    organizers = db.session.scalars(
        select(Organizer).where(Organizer.person_id == person.id).order_by(Organizer.id.desc())
    )
    members = db.session.scalars(
        select(Member).where(Member.person_id == person.id).order_by(Member.id.desc())
    )
    return [
        *(Place(row.festival.name, row.festival.name, row.role, url_for("festivals_organizer.home", festival=row.festival.slug))
          for row in organizers),
        *(Place(row.factory.name, row.factory.festival.name, None, url_for("tours_factory.today", code=row.factory.code))
          for row in members),
    ]  # fmt: skip
