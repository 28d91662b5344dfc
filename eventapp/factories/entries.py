"""A factory's part in an edition: joining, the committee's yes, opening hours, the booth. A closed edition is left alone."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from eventapp import audit, clock
from eventapp.db import NotThere, db
from eventapp.factories import hours
from eventapp.factories.hours import Stretch
from eventapp.factories.models import ENTRY_NEXT, Entry, EntryState, Factory, Opening, OpeningPlace
from eventapp.factories.profiles import plain
from eventapp.festivals import editions
from eventapp.festivals.models import Booth, Edition, EditionState, Style, Venue
from eventapp.i18n import RuleError, Translated, lazy

MOST_LAST_ENTRY = 240  # minutes before closing


class EntryError(RuleError):
    """The entry cannot do that now."""


def join(
    factory: Factory, edition: Edition, *, by: audit.Actor | str, state: EntryState = EntryState.DRAFT
) -> Entry:
    """Let the factory take part in the edition. Raises EntryError where it does already, or the edition is over."""
    if factory.festival_id != edition.festival_id:
        raise ValueError("a factory takes part in editions of its own festival")
    if edition.state == EditionState.CLOSED:
        raise EntryError(lazy("This edition is over. What was said then stays as it was."))
    if find_entry(factory, edition) is not None:
        raise EntryError(lazy("%(factory)s takes part already.", factory=factory.name))
    entry = Entry(factory_id=factory.id, edition_id=edition.id, state=state, at_factory=edition.style != Style.GATHERING,
                  message=Translated({}), created_at=clock.now())  # fmt: skip
    db.session.add(entry)
    db.session.flush()  # its code is asked for at once
    editions.touch(edition)
    _record("entry.joined", entry, by, {"state": state.value})
    return entry


def find_entry(factory: Factory, edition: Edition) -> Entry | None:
    """The factory's part in this edition, if it has one."""
    return db.session.scalar(
        select(Entry).where(Entry.factory_id == factory.id, Entry.edition_id == edition.id)
    )


def get_entry(edition: Edition, code: str) -> Entry:
    """One entry of an edition, for whoever may see the edition's desk."""
    found = db.session.scalar(select(Entry).where(Entry.edition_id == edition.id, Entry.code == code))
    if found is None:
        raise NotThere(code)
    return found


def lock(entry: Entry) -> None:
    """Hold the entry's row until the end of the transaction and read it afresh: nobody else saves in between."""
    db.session.execute(
        update(Entry)
        .where(Entry.id == entry.id)
        .values(version=Entry.version)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(entry)


def is_frozen(entry: Entry) -> bool:
    """Whether the edition is over, so that nothing of the entry changes any more."""
    return entry.edition.state == EditionState.CLOSED


def check_editable(entry: Entry) -> None:
    """Raises EntryError once the edition is over."""
    if is_frozen(entry):
        raise EntryError(lazy("This edition is over. What was said then stays as it was."))


# Its state


def submit(entry: Entry, *, by: audit.Actor | str) -> None:
    """The factory asks the committee. Nothing has to be complete: what is missing is listed to both."""
    move(entry, EntryState.SUBMITTED, by=by)


def accept(entry: Entry, *, by: audit.Actor | str) -> None:
    """The committee says yes: the factory is on the public pages when the edition is."""
    move(entry, EntryState.ACCEPTED, by=by)


def withdraw(entry: Entry, *, by: audit.Actor | str) -> None:
    """The factory does not take part this time. What it wrote is kept, its booth is free again."""
    move(entry, EntryState.WITHDRAWN, by=by)
    entry.booth = None


def move(entry: Entry, to: EntryState, *, by: audit.Actor | str) -> None:
    """Bring the entry into another state. Raises EntryError where that step is not allowed.

    Whether people are booked is for the caller to ask: slots live in a room above.
    """
    lock(entry)
    check_editable(entry)
    if to not in ENTRY_NEXT[entry.state]:
        raise EntryError(
            lazy("%(factory)s cannot make this step from its present state.", factory=entry.factory.name)
        )
    before, entry.state = entry.state, to
    _changed(entry, "entry.moved", by, {"state": [before.value, to.value]})


# What it says


def edit(entry: Entry, values: Mapping[str, Any], *, by: audit.Actor | str) -> bool:
    """Change `message`, `last_entry_minutes` or `at_factory`; whether anything was different. Raises EntryError."""
    if unknown := set(values) - {"message", "last_entry_minutes", "at_factory"}:
        raise ValueError(f"not of an entry: {sorted(unknown)}")
    check_editable(entry)
    if not 0 <= values.get("last_entry_minutes", 0) <= MOST_LAST_ENTRY:
        raise EntryError(
            lazy("The last entry is at most %(most)s minutes before closing.", most=MOST_LAST_ENTRY)
        )
    before = {key: plain(getattr(entry, key)) for key in values}
    changed = audit.change(before, {key: plain(value) for key, value in values.items()})
    for key in changed:
        setattr(entry, key, values[key])
    if changed:
        _changed(entry, "entry.edited", by, changed)
    return bool(changed)


def set_openings(
    entry: Entry,
    days: Mapping[date, Iterable[Stretch]],
    *,
    by: audit.Actor | str,
    place: OpeningPlace = OpeningPlace.ENTRANCE,
) -> bool:
    """Give one place of the entry its hours: all of them, day by day; whether anything was different.

    Raises EntryError for a day that the edition does not have, HoursError for hours that overlap.
    """
    check_editable(entry)
    wanted = {day: hours.checked(stretches) for day, stretches in days.items()}
    wanted = {day: stretches for day, stretches in sorted(wanted.items()) if stretches}
    before = hours.days_of(entry.openings, place)
    if before == wanted:
        return False
    if strangers := sorted(set(wanted) - set(entry.edition.dates)):
        raise EntryError(lazy("The festival is not held on %(day)s.", day=strangers[0].isoformat()))
    kept = [one for one in entry.openings if one.place != place]
    fresh = [
        Opening(date=day, place=place, opens=one.opens, closes=one.closes)
        for day, day_ in wanted.items()
        for one in day_
    ]
    entry.openings = [*kept, *fresh]
    said = {
        day.isoformat(): [hours.show_day(before.get(day, ())), hours.show_day(wanted.get(day, ()))]
        for day in {*before, *wanted}
    }
    _changed(
        entry,
        "entry.hours",
        by,
        {"place": place.value, **{day: pair for day, pair in said.items() if pair[0] != pair[1]}},
    )
    return True


# The booth


def list_booths(edition: Edition) -> list[tuple[Booth, Entry | None]]:
    """Every booth of the edition with who has it, hall by hall: two statements."""
    booths = (
        select(Booth).join(Booth.venue).options(contains_eager(Booth.venue)).where(Venue.edition_id == edition.id)
        .order_by(Venue.id, Booth.position, Booth.id)
    )  # fmt: skip
    holders = db.session.scalars(
        select(Entry).where(Entry.edition_id == edition.id, Entry.booth_id.is_not(None))
    )
    by_booth = {entry.booth_id: entry for entry in holders}
    return [(booth, by_booth.get(booth.id)) for booth in db.session.scalars(booths)]


def give_booth(entry: Entry, booth: Booth | None, *, by: audit.Actor | str) -> None:
    """Give the entry this booth, or none. Raises EntryError where another factory has it."""
    check_editable(entry)
    if booth is not None and booth.venue.edition_id != entry.edition_id:
        raise EntryError(lazy("This booth belongs to another edition."))
    if (booth.id if booth else None) == entry.booth_id:
        return
    holder = db.session.scalar(select(Entry).where(Entry.booth_id == booth.id)) if booth else None
    if booth is not None and holder is not None:
        raise EntryError(
            lazy("%(booth)s is taken by %(factory)s.", booth=booth.number, factory=holder.factory.name)
        )
    before, entry.booth = entry.booth, booth
    _changed(
        entry,
        "entry.booth",
        by,
        {"booth": [before.number if before else None, booth.number if booth else None]},
    )


def _changed(entry: Entry, action: str, by: audit.Actor | str, details: dict[str, Any]) -> None:
    entry.version += 1
    editions.touch(entry.edition)
    _record(action, entry, by, details)


def _record(action: str, entry: Entry, by: audit.Actor | str, details: dict[str, Any]) -> None:
    # The line stands under the factory: its desk and the committee read one history of it.
    audit.record(action, f"factory:{entry.factory.code}", festival_id=entry.edition.festival_id, by=by,
                 details={"edition": entry.edition.slug, **details})  # fmt: skip
