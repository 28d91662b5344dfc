"""The committee's list of entries: each with what is missing, who keeps it, when it was last written. One row or a hundred, as many statements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from eventapp import text
from eventapp.db import db
from eventapp.factories.gaps import Gap, gaps_of
from eventapp.factories.models import Entry, EntryState, Factory, Member
from eventapp.festivals.models import Booth, Edition
from eventapp.people.models import Person


@dataclass
class Row:
    """One factory of the edition, as the committee looks at it."""

    entry: Entry
    gaps: list[Gap] = field(default_factory=list)
    members: list[Person] = field(default_factory=list)

    @property
    def needed(self) -> int:
        """How many of the gaps visitors would really miss."""
        return sum(gap.needed for gap in self.gaps)


def list_entries(
    edition: Edition, *, state: EntryState | None = None, query: str = "", only_gaps: bool = False
) -> list[Row]:
    """The entries of an edition by kana; those withdrawn miss nothing."""
    entries = list(db.session.scalars(_wanted(edition, state, query)))
    people = _members([entry.factory_id for entry in entries])
    rows = [Row(entry, _gaps(entry), people[entry.factory_id]) for entry in entries]
    return [row for row in rows if row.gaps] if only_gaps else rows


def count_states(edition: Edition) -> dict[EntryState, int]:
    """How many entries are in each state."""
    counted = select(Entry.state, func.count()).where(Entry.edition_id == edition.id).group_by(Entry.state)
    return {state: number for state, number in db.session.execute(counted)}  # noqa: C416  # rows are no pairs to mypy


def _wanted(edition: Edition, state: EntryState | None, query: str) -> Select[Entry]:
    wanted = (
        select(Entry)
        .join(Entry.factory)
        .where(Entry.edition_id == edition.id)
        .options(
            lazyload(Entry.edition),
            joinedload(Entry.factory, innerjoin=True).options(
                lazyload(Factory.festival), selectinload(Factory.photos)
            ),
            joinedload(Entry.booth).joinedload(Booth.venue),
            selectinload(Entry.openings),
        )
        .order_by(Factory.kana, Factory.id)
    )
    if state is not None:
        wanted = wanted.where(Entry.state == state)
    for term in text.search_terms(query):
        wanted = wanted.where(Factory.search_key.contains(term, autoescape=True))
    return wanted


def _gaps(entry: Entry) -> list[Gap]:
    return [] if entry.state == EntryState.WITHDRAWN else gaps_of(entry.factory, entry)


def _members(factory_ids: Sequence[int]) -> dict[int, list[Person]]:
    people: dict[int, list[Person]] = defaultdict(list)
    rows = (
        select(Member.factory_id, Person)
        .join(Member.person)
        .where(Member.factory_id.in_(factory_ids))
        .order_by(Person.name)
    )
    for factory_id, person in db.session.execute(rows):
        people[factory_id].append(person)
    return people
