"""Factories, their part in an edition and their hours, written out of a committee's sheet: all at once, in a few statements.

`sheet_parts.py` reads the rows, `joining.py` finds what becomes different.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, update

from eventapp import audit, clock
from eventapp.db import db
from eventapp.factories import profiles, slugs
from eventapp.factories.joining import Joining, Known
from eventapp.factories.models import Craft, Entry, EntryState, Factory, Opening, OpeningPlace
from eventapp.factories.sheet_parts import Part
from eventapp.festivals.models import Edition, EditionState, Style
from eventapp.i18n import Translated


def write(joinings: Sequence[Joining], known: Known, edition: Edition, *, by: audit.Actor | str) -> None:
    """Make and change factories, entries and hours: all of them, in the caller's transaction, in a few statements.

    Afterwards every joining has its factory and its entry.
    """
    _write_factories(joinings, known, edition, by)
    _write_entries(joinings, edition, by)
    db.session.execute(
        update(Edition).where(Edition.festival_id == edition.festival_id, Edition.state != EditionState.CLOSED)
        .values(content_version=Edition.content_version + 1).execution_options(synchronize_session=False)
    )  # fmt: skip


def _write_factories(
    joinings: Sequence[Joining], known: Known, edition: Edition, by: audit.Actor | str
) -> None:
    taken = {one.slug for one in known.factories}
    now = clock.now()
    for one in joinings:
        if one.factory is None:
            one.factory = _new_factory(one, edition.festival_id, taken)
            db.session.add(one.factory)
        elif one.values:
            for column, value in one.values.items():
                setattr(one.factory, column, value)
            one.factory.version += 1
            one.factory.updated_at = now
            one.factory.search_key = profiles.make_search_key(one.factory)
        else:
            continue
    db.session.flush()  # codes and ids of the new ones
    for one in joinings:
        if one.factory is not None and one.values:
            details = {change.column: [change.before, change.after] for change in one.changes}
            audit.record("factory.imported", f"factory:{one.factory.code}", festival_id=edition.festival_id, by=by,
                         details=details or {"name": dict(one.factory.name)})  # fmt: skip


def _new_factory(one: Joining, festival_id: int, taken: set[str]) -> Factory:
    name = one.values["name"]
    latin = name.get("en", "") or (name.get("ja", "") if name.get("ja", "").isascii() else "")
    slug = slugs.free_slug(slugs.plain_slug(name_en=latin, kana=one.values.get("kana", "")), taken)
    taken.add(slug)
    now = clock.now()
    prepare(one.part)
    return Factory(festival_id=festival_id, slug=slug, created_at=now, updated_at=now, version=1, search_key=one.part.search_key,
                   **_whole(one.values))  # fmt: skip


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a factory that is not there yet: what is not said is blank."""
    given = {**{column: {} for column in profiles.TEXTS}, "craft": Craft.OTHER, "kana": "", **values}
    return {
        column: Translated(value) if column in profiles.TEXTS else value for column, value in given.items()
    }


def prepare(part: Part) -> None:
    """Make the search key that a new factory of this row would have: slow, so before the database is held for writing."""
    if not part.search_key:
        part.search_key = profiles.make_search_key(Factory(**_whole(part.values)))


def _write_entries(joinings: Sequence[Joining], edition: Edition, by: audit.Actor | str) -> None:
    place = OpeningPlace.BOOTH if edition.style == Style.GATHERING else OpeningPlace.ENTRANCE
    joined = []
    for one in joinings:
        if one.factory is not None and one.entry is None:
            one.entry = Entry(factory_id=one.factory.id, edition_id=edition.id, state=EntryState.ACCEPTED, created_at=clock.now(),
                              at_factory=edition.style != Style.GATHERING, version=1,
                              message=Translated(one.part.entry.get("message", {})),
                              last_entry_minutes=one.part.entry.get("last_entry_minutes", 0))  # fmt: skip
            db.session.add(one.entry)
            joined.append(one)
        elif one.entry is not None and one.entry_changes:
            _change_entry(one, one.entry, place)
    db.session.flush()  # ids of the new ones
    fresh = [
        {"entry_id": one.entry.id, "date": day, "place": place, "opens": stretch.opens, "closes": stretch.closes}
        for one in joined if one.entry is not None
        for day, stretches in sorted((one.part.days or {}).items()) for stretch in stretches
    ]  # fmt: skip
    if fresh:
        db.session.execute(insert(Opening), fresh)  # thousands in one statement
    new = {id(one) for one in joined}
    for one in joinings:
        if one.factory is not None and (id(one) in new or one.entry_changes):
            _record_entry(one, one.factory, edition, "entry.joined" if id(one) in new else "entry.edited", by)
    db.session.flush()


def _change_entry(one: Joining, entry: Entry, place: OpeningPlace) -> None:
    if any(change.column == "open_hours" for change in one.entry_changes) and one.part.days is not None:
        kept = [opening for opening in entry.openings if opening.place != place]
        fresh = [Opening(date=day, place=place, opens=stretch.opens, closes=stretch.closes)
                 for day, stretches in sorted(one.part.days.items()) for stretch in stretches]  # fmt: skip
        entry.openings = [*kept, *fresh]
    if "message" in one.part.entry:
        entry.message = Translated({**entry.message, **one.part.entry["message"]})
    if "last_entry_minutes" in one.part.entry:
        entry.last_entry_minutes = one.part.entry["last_entry_minutes"]
    entry.version += 1


def _record_entry(
    one: Joining, factory: Factory, edition: Edition, action: str, by: audit.Actor | str
) -> None:
    details = {change.column: [change.before, change.after] for change in one.entry_changes}
    audit.record(action, f"factory:{factory.code}", festival_id=edition.festival_id, by=by,
                 details={"edition": edition.slug, **details})  # fmt: skip
