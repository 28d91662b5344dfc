"""Calendars that visitors subscribe to: an edition's days with what the committee offers, and all of one factory."""

from collections.abc import Iterable, Iterator
from datetime import date, time
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from eventapp import clock, links
from eventapp.calendars import CalendarEvent
from eventapp.db import db
from eventapp.factories.freezing import shown_factory
from eventapp.factories.models import Entry, EntryState, Opening, OpeningPlace, PointKind
from eventapp.festivals.models import Edition, Place, Venue
from eventapp.tours.models import Programme, ProgrammeState, Slot, SlotState

ALL_DAY = (time(0, 0), time(23, 59))


def edition_events(edition: Edition) -> list[CalendarEvent]:
    """Every day from the first door that opens to the last that closes, and everything on stages and by the committee."""
    hours = _hours_by_day(edition)
    url = _url("festivals.home", edition)
    days = [
        CalendarEvent(
            uid=_uid("day", edition.festival.slug, edition.slug, day.isoformat()), summary=f"{edition.festival.name} {edition.name}",
            starts_at=clock.at(day, hours.get(day, ALL_DAY)[0], edition.zone), ends_at=clock.at(day, hours.get(day, ALL_DAY)[1], edition.zone),
            description=str(edition.tagline), url=url, updated_at=edition.created_at, sequence=edition.version,
        )
        for day in edition.dates
    ]  # fmt: skip
    return days + [_slot_event(row, edition) for row in _slots(edition, Programme.entry_id.is_(None))]


def entry_events(edition: Edition, entry: Entry) -> list[CalendarEvent]:
    """Opening hours of a factory, and every start of its programmes; what was called off says so."""
    factory = shown_factory(entry)
    url = _url("factories.factory", edition, slug=entry.factory.slug)
    booth = f"{entry.booth.venue.name} {entry.booth.number}" if entry.booth is not None else ""
    exact = factory.point == PointKind.EXACT
    openings = [
        CalendarEvent(
            uid=_uid("opening", entry.code, opening.date.isoformat(), opening.place.value, opening.opens.strftime("%H%M")),
            summary=str(factory.name), starts_at=clock.at(opening.date, opening.opens, edition.zone),
            ends_at=clock.at(opening.date, opening.closes, edition.zone), url=url, updated_at=factory.updated_at, sequence=entry.version,
            location=booth if opening.place is OpeningPlace.BOOTH else str(factory.address),
            lat=factory.lat if exact and opening.place is OpeningPlace.ENTRANCE else None,
            lon=factory.lon if exact and opening.place is OpeningPlace.ENTRANCE else None,
        )
        for opening in entry.openings
    ]  # fmt: skip
    at = str(factory.address)
    return openings + [
        _slot_event(row, edition, str(factory.name), at)
        for row in _slots(edition, Programme.entry_id == entry.id)
    ]


def _hours_by_day(edition: Edition) -> dict[date, tuple[time, time]]:
    rows = db.session.execute(
        select(Opening.date, Opening.opens, Opening.closes).join(Entry, Entry.id == Opening.entry_id)
        .where(Entry.edition_id == edition.id, Entry.state == EntryState.ACCEPTED)
    )  # fmt: skip
    found: dict[date, tuple[time, time]] = {}
    for day, opens, closes in rows:
        first, last = found.get(day, (opens, closes))
        found[day] = (min(first, opens), max(last, closes))
    return found


def _slots(edition: Edition, condition: Any) -> Iterable[Any]:
    """Columns of the public slots of some programmes, in the order of time."""
    return db.session.execute(
        select(Slot.code, Slot.starts_at, Slot.ends_at, Slot.state, Slot.version, Programme.title, Programme.created_at,
               Venue.name.label("venue"), Place.name.label("place"))
        .join(Programme, Programme.id == Slot.programme_id)
        .outerjoin(Venue, Venue.id == Programme.venue_id).outerjoin(Place, Place.id == Programme.place_id)
        .where(Slot.edition_id == edition.id, Programme.state == ProgrammeState.PUBLISHED, condition)
        .order_by(Slot.starts_at, Slot.id)
    )  # fmt: skip


def _slot_event(row: Any, edition: Edition, host: str = "", address: str = "") -> CalendarEvent:
    return CalendarEvent(
        uid=_uid("slot", row.code), summary=" ".join(filter(None, [str(row.title), host])), starts_at=row.starts_at, ends_at=row.ends_at,
        updated_at=row.created_at, location=" ".join(_texts(row.venue, row.place)) or address,
        url=_url("tours.slot", edition, code=row.code), sequence=row.version,
        status="CANCELLED" if row.state is SlotState.CANCELLED else "CONFIRMED",
    )  # fmt: skip


def _texts(*texts: Any) -> Iterator[str]:
    return (str(one) for one in texts if one)


def _url(endpoint: str, edition: Edition, **values: str) -> str:
    return links.absolute(endpoint, festival=edition.festival.slug, edition=edition.slug, **values)


def _uid(*parts: str) -> str:
    """The same for ever, whatever address the site later has: only the host's name stands behind the at sign."""
    return f"{'-'.join(parts)}@{urlsplit(links.base_url()).hostname or 'kouba'}"
