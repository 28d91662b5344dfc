"""What still hangs on a day, a venue, a booth or a place before it is taken away."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import lazyload

from eventapp.db import db
from eventapp.factories.models import Entry, EntryState
from eventapp.festivals.models import Booth, Edition, Place, Venue
from eventapp.i18n import RuleError, Translated, lazy, ngettext
from eventapp.tours.models import Programme, ProgrammeState, Slot, SlotState


class InUse(RuleError):
    """It cannot be taken away: the message names what hangs on it. `field` names the form field, if it is about one."""

    def __init__(self, message: object, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def check_days(edition: Edition, dates: Collection[date]) -> None:
    """Raise InUse when a day would go on which there are slots."""
    gone = [one for one in edition.dates if one not in dates]
    if not gone:
        return
    row = db.session.execute(
        select(Slot.day, func.count())
        .where(Slot.edition_id == edition.id, Slot.day.in_(gone), Slot.state != SlotState.CANCELLED)
        .group_by(Slot.day)
        .order_by(Slot.day)
    ).first()
    if row is not None:
        raise InUse(
            ngettext(
                "%(day)s still has %(num)d slot. Move or cancel it first.",
                "%(day)s still has %(num)d slots. Move or cancel them first.",
                row[1],
                day=row[0].isoformat(),
            ),
            "days",
        )


def check_zone(edition: Edition, zone_name: str) -> None:
    """Raise InUse when the clocks would change under slots that stand: they are moments, and would be at another time of day."""
    if zone_name == edition.zone_name:
        return
    if db.session.scalar(select(Slot.id).where(Slot.edition_id == edition.id).limit(1)) is not None:
        raise InUse(lazy("There are slots already, so the time zone stays as it is."), "zone_name")


def check_booths(venue: Venue, numbers: Collection[str]) -> None:
    """Raise InUse when a booth would go at which a factory stands."""
    entry = db.session.scalar(
        select(Entry)
        .join(Booth, Booth.id == Entry.booth_id)
        .options(lazyload(Entry.edition))
        .where(Booth.venue_id == venue.id, Booth.number.not_in(numbers), Entry.state != EntryState.WITHDRAWN)
        .limit(1)
    )
    if entry is not None:
        raise InUse(
            lazy("%(factory)s stands there. Give it another booth first.", factory=_Name(entry.factory.name)),
            "booths",
        )


def check_venue(venue: Venue) -> None:
    """Raise InUse when a factory stands in the venue or a programme is held there."""
    check_booths(venue, [])
    stages = select(Place.id).where(Place.venue_id == venue.id)
    _refuse_programmes(
        or_(Programme.venue_id == venue.id, Programme.place_id.in_(stages)), also_withdrawn=True
    )


def check_place(place: Place) -> None:
    """Raise InUse when a programme is held at the place."""
    _refuse_programmes(Programme.place_id == place.id)


def _refuse_programmes(condition: ColumnElement[bool], *, also_withdrawn: bool = False) -> None:
    query = select(Programme).options(lazyload("*")).where(condition).limit(1)
    if not also_withdrawn:
        query = query.where(Programme.state != ProgrammeState.WITHDRAWN)
    programme = db.session.scalar(query)
    if programme is not None:
        raise InUse(lazy("“%(programme)s” is held there. Move it first.", programme=_Name(programme.title)))


class _Name:
    """A text that is put into a sentence in the language the sentence is read in."""

    def __init__(self, text: Translated) -> None:
        self.text = text

    def __str__(self) -> str:
        return str(self.text)
