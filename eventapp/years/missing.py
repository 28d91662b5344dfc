"""What is missing before opening day, across all rooms: each point with who can mend it, and where.

Computed with the same number of statements however many factories, programmes and slots there are.
"""

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, lazyload, selectinload

from eventapp import clock, outbox
from eventapp.db import db
from eventapp.factories.gaps import gaps_by_entry
from eventapp.factories.models import Entry, EntryState, Factory, Member, Opening, OpeningPlace
from eventapp.festivals.models import Edition, Place, PlaceKind, Style, Venue
from eventapp.i18n import Translated, lazy, ngettext
from eventapp.outbox import Mail, MailState
from eventapp.tours.models import EntryMode, HeldAt, Programme, ProgrammeState, Slot, SlotState


class Who(enum.StrEnum):
    """Who can mend it."""

    COMMITTEE = "committee"
    FACTORY = "factory"  # and the committee for it
    OPERATOR = "operator"  # whoever runs the server


class Point(NamedTuple):
    """One thing that is missing. `must`: visitors would really miss it, or the law asks for it. `path` opens the field."""

    text: object
    must: bool = False
    path: str = ""


@dataclass(frozen=True)
class Gap:
    """Something that is not ready: its name, what it lacks, who mends it, and the page where that is done."""

    name: object
    points: list[Point]
    who: Who
    endpoint: str
    values: dict[str, str]

    @property
    def must(self) -> bool:
        return any(point.must for point in self.points)


@dataclass(frozen=True)
class Section:
    """Gaps of one kind, those that must be mended first."""

    title: object
    gaps: list[Gap]


@dataclass
class Report:
    """Everything that is missing of an edition."""

    sections: list[Section] = field(default_factory=list)

    def add(self, title: object, gaps: Iterable[Gap]) -> None:
        found = [gap for gap in gaps if gap.points]
        if found:
            self.sections.append(Section(title, sorted(found, key=lambda gap: not gap.must)))

    @property
    def count(self) -> int:
        """How many points there are in all."""
        return sum(len(gap.points) for section in self.sections for gap in section.gaps)

    @property
    def musts(self) -> int:
        """How many of them must be mended before visitors come."""
        return sum(point.must for section in self.sections for gap in section.gaps for point in gap.points)

    def needed(self, most: int) -> list[object]:
        """The first few things that must be mended, by name."""
        return [gap.name for section in self.sections for gap in section.gaps if gap.must][:most]


class _SlotRow(NamedTuple):
    programme_id: int
    day: date
    starts_at: datetime
    ends_at: datetime


def report(edition: Edition) -> Report:
    """What is missing of an edition, the committee's own things first."""
    entries = list(db.session.scalars(_entries(edition)))
    programmes = list(db.session.scalars(_programmes(edition)))
    slots = _slots(edition)
    made = Report()
    made.add(
        lazy("The edition"),
        _of_edition(edition, any(one.entry_mode is EntryMode.BOOKING for one in programmes)),
    )
    made.add(lazy("Venues and places"), _of_places(edition))
    made.add(lazy("Factories taking part"), _of_entries(edition, entries, programmes))
    made.add(lazy("Programmes and slots"), _of_programmes(edition, programmes, entries, slots))
    made.add(lazy("Mail"), _of_mail(edition))
    return made


# Reading, one statement each


def _entries(edition: Edition) -> Select[Entry]:
    return (
        select(Entry)
        .join(Entry.factory)
        .options(
            lazyload(Entry.edition),
            contains_eager(Entry.factory).options(lazyload(Factory.festival), selectinload(Factory.photos)),
            selectinload(Entry.openings),
        )
        .where(Entry.edition_id == edition.id, Entry.state != EntryState.WITHDRAWN)
        .order_by(Factory.kana, Entry.id)
    )


def _programmes(edition: Edition) -> Select[Programme]:
    return (
        select(Programme)
        .options(lazyload("*"))
        .where(Programme.edition_id == edition.id, Programme.state != ProgrammeState.WITHDRAWN)
        .order_by(Programme.id)
    )


def _slots(edition: Edition) -> dict[int, list[_SlotRow]]:
    rows = db.session.execute(
        select(Slot.programme_id, Slot.day, Slot.starts_at, Slot.ends_at)
        .where(Slot.edition_id == edition.id, Slot.state != SlotState.CANCELLED)
        .order_by(Slot.starts_at)
    )
    found: dict[int, list[_SlotRow]] = defaultdict(list)
    for row in rows:
        found[row.programme_id].append(_SlotRow(*row))
    return found


def _staffed(edition: Edition) -> set[int]:
    """Factories of which somebody is invited."""
    members = select(Member.factory_id).join(Entry, Entry.factory_id == Member.factory_id)
    return set(db.session.scalars(members.where(Entry.edition_id == edition.id).distinct()))


# The edition and its places


def _address(edition: Edition) -> dict[str, str]:
    return {"festival": edition.festival.slug, "edition": edition.slug}


def _of_edition(edition: Edition, has_bookings: bool) -> Iterator[Gap]:
    def gap(name: object, points: list[Point]) -> Gap:
        return Gap(name, points, Who.COMMITTEE, "festivals_organizer.texts", _address(edition))

    if not edition.days:
        yield gap(lazy("Days"), [Point(lazy("no day yet"), must=True)])
    if not edition.contact_email and not edition.contact_phone:
        yield gap(lazy("Contact for visitors"), [Point(lazy("no e-mail and no telephone"), must=True)])
    yield gap(lazy("Privacy text"), _text_points(edition.privacy, must=True))
    if has_bookings and edition.booking_opens_at is None:
        yield gap(
            lazy("Reservations"),
            [Point(lazy("no time at which they open: they open as soon as the pages are public"), must=True)],
        )
    yield gap(lazy("Name of the edition"), _text_points(edition.name))
    yield gap(lazy("One line about it"), _text_points(edition.tagline))
    yield gap(lazy("Introduction"), _text_points(edition.introduction))
    yield gap(lazy("How to get there"), _text_points(edition.access))
    if edition.lat is None:
        yield gap(lazy("Middle of the map"), [Point(lazy("no point on the map"))])


def _text_points(text: Translated, *, must: bool = False) -> list[Point]:
    if not text:
        return [Point(lazy("not written yet"), must)]
    return [Point(lazy("no English"))] if not text.get("en") else []


def _of_places(edition: Edition) -> Iterator[Gap]:
    venues = list(db.session.scalars(select(Venue).where(Venue.edition_id == edition.id).order_by(Venue.id)))
    places = list(db.session.scalars(select(Place).where(Place.edition_id == edition.id).order_by(Place.id)))
    located = {venue.id for venue in venues if venue.lat is not None}

    def gap(name: object, points: list[Point]) -> Gap:
        return Gap(name, points, Who.COMMITTEE, "festivals_organizer.venues", _address(edition))

    if edition.style is not Style.CIRCUIT and not venues:
        yield gap(lazy("Venues"), [Point(lazy("no venue yet, though factories come together"), must=True)])
    for venue in venues:
        yield gap(venue.name, _place_points(venue.lat is not None, venue.name))
    for place in places:
        yield gap(place.name, _place_points(place.lat is not None or place.venue_id in located, place.name))
    if not any(place.kind is PlaceKind.INFORMATION for place in places):
        yield gap(lazy("Information"), [Point(lazy("no information desk on the map"))])


def _place_points(is_located: bool, name: Translated) -> list[Point]:
    return [*([] if is_located else [Point(lazy("no point on the map"))]), *_text_points(name)]


# Factories


def _of_entries(edition: Edition, entries: list[Entry], programmes: list[Programme]) -> Iterator[Gap]:
    if not entries:
        yield Gap(lazy("Factories"), [Point(lazy("none takes part yet"), must=True)], Who.COMMITTEE,
                  "factories_organizer.entries", _address(edition))  # fmt: skip
    staffed = _staffed(edition)
    hosting = {programme.entry_id for programme in programmes}
    for entry, missing in zip(entries, gaps_by_entry(entries).values(), strict=True):
        factory, code = entry.factory, {"code": entry.factory.code}
        points = [Point(gap.text, gap.needed, gap.path) for gap in missing if not gap.by_committee]
        if entry.id not in hosting:
            points.append(Point(lazy("Put in a programme")))
        yield Gap(factory.name, points, Who.FACTORY, "factories_factory.profile", code)
        points = [Point(gap.text, gap.needed, gap.path) for gap in missing if gap.by_committee]
        points += _committee_points(entry, is_staffed=factory.id in staffed)
        yield Gap(factory.name, points, Who.COMMITTEE, "factories_organizer.entries", _address(edition))


def _committee_points(entry: Entry, *, is_staffed: bool) -> Iterator[Point]:
    if entry.state is EntryState.SUBMITTED:
        yield Point(lazy("waits for your yes"), must=True)
    elif entry.state is EntryState.DRAFT:
        yield Point(lazy("not handed in yet"))
    if not is_staffed:
        yield Point(lazy("nobody there is invited yet"))


# Programmes and slots


def _of_programmes(
    edition: Edition, programmes: list[Programme], entries: list[Entry], slots: dict[int, list[_SlotRow]]
) -> Iterator[Gap]:
    if not programmes:
        yield Gap(lazy("Programmes"), [Point(lazy("nothing is on yet"), must=True)], Who.COMMITTEE,
                  "tours_organizer.programmes", _address(edition))  # fmt: skip
    hosts = {entry.id: entry for entry in entries}
    days = set(edition.dates)
    for programme in programmes:
        entry = hosts.get(programme.entry_id) if programme.entry_id is not None else None
        mine = slots.get(programme.id, [])
        points = [
            *_programme_points(programme, bool(mine)),
            *_slot_points(edition, programme, mine, days, entry),
        ]
        name = programme.title if entry is None else _Both(programme.title, entry.factory.name)
        if entry is None:
            yield Gap(name, points, Who.COMMITTEE, "tours_organizer.programmes", _address(edition))
        else:
            yield Gap(name, points, Who.FACTORY, "tours_factory.programmes", {"code": entry.factory.code})


class _Both:
    """A programme with its host, in the reader's language."""

    def __init__(self, title: Translated, host: Translated) -> None:
        self.title, self.host = title, host

    def __str__(self) -> str:
        return f"{self.title} — {self.host}"


def _programme_points(programme: Programme, has_slots: bool) -> Iterator[Point]:
    if programme.state is ProgrammeState.DRAFT:
        yield Point(lazy("still a draft"))
    if programme.entry_mode is not EntryMode.OPEN and not has_slots:
        yield Point(lazy("no slot yet"), must=True)
    if not programme.title.get("en"):
        yield Point(lazy("no English"))
    if programme.held_at is HeldAt.PLACE and programme.place_id is None:
        yield Point(lazy("no meeting point"), must=True)
    if programme.held_at is HeldAt.ONLINE and not programme.online_url:
        yield Point(lazy("no link for the online visit"), must=True)


def _slot_points(
    edition: Edition, programme: Programme, slots: list[_SlotRow], days: set[date], entry: Entry | None
) -> Iterator[Point]:
    elsewhere = sum(slot.day not in days for slot in slots)
    if elsewhere:
        yield Point(
            ngettext(
                "%(num)d slot on another day than the edition's",
                "%(num)d slots on other days than the edition's",
                elsewhere,
            ),
            must=True,
        )
    place = {HeldAt.ENTRANCE: OpeningPlace.ENTRANCE, HeldAt.BOOTH: OpeningPlace.BOOTH}.get(programme.held_at)
    hours = [one for one in entry.openings if one.place is place] if entry is not None else []
    if hours:
        outside = sum(not _is_open(hours, edition, slot) for slot in slots if slot.day in days)
        if outside:
            yield Point(
                ngettext(
                    "%(num)d slot outside the opening hours",
                    "%(num)d slots outside the opening hours",
                    outside,
                ),
                must=True,
            )


def _is_open(hours: list[Opening], edition: Edition, slot: _SlotRow) -> bool:
    start, end = clock.local(slot.starts_at, edition.zone), clock.local(slot.ends_at, edition.zone)
    last = end.time() if end.date() == slot.day else time.max
    return any(one.date == slot.day and one.opens <= start.time() and last <= one.closes for one in hours)


# Mail


def _of_mail(edition: Edition) -> Iterator[Gap]:
    late = clock.now() - outbox.LATE
    failed, waiting = db.session.execute(
        select(
            func.count().filter(Mail.state == MailState.FAILED),
            func.count().filter(Mail.state == MailState.WAITING, Mail.created_at < late),
        ).where(Mail.festival_id == edition.festival_id)
    ).one()
    values: dict[str, Any] = {"festival": edition.festival.slug}
    if failed:
        points = [
            Point(ngettext("%(num)d mail was given up", "%(num)d mails were given up", failed), must=True)
        ]
        yield Gap(lazy("Mail outbox"), points, Who.COMMITTEE, "festivals_organizer.mails", values)
    if waiting:
        points = [
            Point(
                ngettext(
                    "%(num)d mail has waited for more than ten minutes",
                    "%(num)d mails have waited for more than ten minutes",
                    waiting,
                ),
                must=True,
            )
        ]
        yield Gap(lazy("Mail outbox"), points, Who.OPERATOR, "festivals_organizer.mails", values)
