"""The way of a new committee: edition, days, venue, factories, programmes, publish. One step is always the next."""

from typing import NamedTuple

from sqlalchemy import func, select

from eventapp.db import db
from eventapp.factories.models import Entry, EntryState
from eventapp.festivals.models import Edition, Festival, Style, Venue
from eventapp.i18n import lazy
from eventapp.tours.models import Programme, ProgrammeState


class Step(NamedTuple):
    """One step: what it is called, what to do there, whether it is done, and where."""

    label: object
    hint: object
    done: bool
    endpoint: str
    values: dict[str, str]
    anchor: str = ""


def steps(festival: Festival, edition: Edition | None) -> list[Step]:
    """The steps of a festival's edition (of none yet: all open). A circuit needs no venue."""
    address = {"festival": festival.slug}
    first = Step(lazy("Make the edition"), lazy("Give this year's festival a name."), edition is not None,
                 "festivals_organizer.editions", address)  # fmt: skip
    inside = {**address, "edition": edition.slug} if edition is not None else {}
    venues, entries, programmes = _counts(edition)
    needs_venue = edition is None or edition.style is not Style.CIRCUIT
    is_public = edition is not None and edition.is_public
    has_days = edition is not None and edition.first_day is not None
    middle = [
        Step(lazy("Set the days"), lazy("Days, contact, and when reservations open."), has_days,
             "festivals_organizer.texts", inside, "days"),
        *([Step(lazy("Add the venue"), lazy("Halls with their booths, stages, toilets, parking."), venues > 0,
                "festivals_organizer.venues", inside)] if needs_venue else []),
        Step(lazy("Bring in the factories"), lazy("Invite them one by one, or import your list."), entries > 0,
             "factories_organizer.entries", inside),
        Step(lazy("Put in programmes"), lazy("Tours, workshops and their slots; the factories can do it themselves."), programmes > 0,
             "tours_organizer.programmes", inside),
        Step(lazy("Publish"), lazy("Look at the preview, then show it to everybody."), is_public,
             "festivals_organizer.edition", inside, "state"),
    ]  # fmt: skip
    return [first, *middle]


def next_step(way: list[Step]) -> Step | None:
    """The first step that is not done."""
    return next((step for step in way if not step.done), None)


def _counts(edition: Edition | None) -> tuple[int, int, int]:
    if edition is None:
        return 0, 0, 0
    venues = select(func.count()).where(Venue.edition_id == edition.id).scalar_subquery()
    entries = (
        select(func.count())
        .where(Entry.edition_id == edition.id, Entry.state != EntryState.WITHDRAWN)
        .scalar_subquery()
    )
    programmes = (
        select(func.count())
        .where(Programme.edition_id == edition.id, Programme.state != ProgrammeState.WITHDRAWN)
        .scalar_subquery()
    )
    row = db.session.execute(select(venues, entries, programmes)).one()
    return row[0], row[1], row[2]
