"""Who may what in a festival: asked where the thing is found, so that a page cannot hold what its reader may not see."""

from sqlalchemy import select

from eventapp.db import NotThere, db
from eventapp.festivals.models import PUBLIC, Edition, Festival, Organizer, Role
from eventapp.people.models import Person

MAY_RUN = frozenset({Role.OWNER, Role.STAFF})


def find_organizer(person: Person | None, festival_id: int) -> Organizer | None:
    """The person's place in this committee, if there is one."""
    if person is None:
        return None
    return db.session.scalar(
        select(Organizer).where(Organizer.festival_id == festival_id, Organizer.person_id == person.id)
    )


def is_organizer(person: Person) -> bool:
    """Whether the person sits in any committee."""
    return (
        db.session.scalar(select(Organizer.id).where(Organizer.person_id == person.id).limit(1)) is not None
    )


def _get_organizer(slug: str, person: Person | None, roles: frozenset[Role]) -> Organizer:
    found = db.session.scalar(
        select(Organizer).join(Organizer.festival)
        .where(Festival.slug == slug, Organizer.person_id == (person.id if person else None))
    )  # fmt: skip
    if found is None or found.role not in roles:
        raise NotThere(slug)
    return found


def get_festival_to_see(slug: str, person: Person | None) -> Organizer:
    """For every organizer, read-only ones too."""
    return _get_organizer(slug, person, frozenset(Role))


def get_festival_to_run(slug: str, person: Person | None) -> Organizer:
    """For owners and staff: everything but people and settings."""
    return _get_organizer(slug, person, MAY_RUN)


def get_festival_to_own(slug: str, person: Person | None) -> Organizer:
    """For owners."""
    return _get_organizer(slug, person, frozenset({Role.OWNER}))


def get_edition(festival: Festival, slug: str) -> Edition:
    """An edition of a festival one may already see, in whatever state."""
    found = db.session.scalar(select(Edition).where(Edition.festival_id == festival.id, Edition.slug == slug))
    if found is None:
        raise NotThere(slug)
    return found


def get_public_edition(festival_slug: str, slug: str) -> Edition:
    """An edition that everybody may see."""
    found = find_edition(festival_slug, slug)
    if found is None or found.state not in PUBLIC:
        raise NotThere(slug)
    return found


def find_edition(festival_slug: str, slug: str) -> Edition | None:
    """An edition by its address, whoever asks: the caller decides what may be shown of it."""
    return db.session.scalar(
        select(Edition).join(Edition.festival).where(Festival.slug == festival_slug, Edition.slug == slug)
    )
