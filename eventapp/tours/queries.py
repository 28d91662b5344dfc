"""Reads that several callers share: slots with what belongs to them, and the nearest free times."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select, text
from sqlalchemy.orm import aliased, contains_eager, defer, joinedload, lazyload

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.factories.models import Entry, EntryState, Factory
from eventapp.festivals.models import PUBLIC, Booth, Edition, Festival, Place
from eventapp.i18n import Translated
from eventapp.tours.models import Booking, Programme, ProgrammeState, Reservation, Slot, SlotState


def select_slots() -> Select[Slot]:
    """Slots with programme, host and edition in one statement; what repeats comes from the identity map."""
    programme = joinedload(Slot.programme, innerjoin=True)
    return (
        select(Slot)
        .join(Slot.programme)
        .options(
            programme.joinedload(Programme.entry).options(lazyload(Entry.edition)),
            programme.joinedload(Programme.edition, innerjoin=True),
        )
    )


def only_public(query: Select[Slot]) -> Select[Slot]:
    """Leave what every visitor may see: of a public edition, a published programme, an accepted entry."""
    return (
        query.join(Edition, Edition.id == Slot.edition_id)
        .outerjoin(Entry, Entry.id == Programme.entry_id)
        .where(
            Edition.state.in_(PUBLIC),
            Programme.state == ProgrammeState.PUBLISHED,
            (Programme.entry_id.is_(None)) | (Entry.state == EntryState.ACCEPTED),
        )
    )


def get_public_slot(festival_slug: str, edition_slug: str, code: str) -> Slot:
    """A slot of a programme that visitors may see, under its edition's address."""
    query = (
        only_public(select_slots())
        .join(Festival, Festival.id == Edition.festival_id)
        .where(Festival.slug == festival_slug, Edition.slug == edition_slug, Slot.code == code)
    )
    slot = db.session.scalar(query)
    if slot is None:
        raise NotThere(code)
    return slot


def get_public_slots(festival_slug: str, edition_slug: str, codes: list[str]) -> list[Slot]:
    """Several of them, in order of time; those that are gone are left out."""
    query = (
        only_public(select_slots())
        .join(Festival, Festival.id == Edition.festival_id)
        .where(Festival.slug == festival_slug, Edition.slug == edition_slug, Slot.code.in_(codes))
        .order_by(Slot.starts_at, Slot.id)
    )
    return list(db.session.scalars(query))


@cache
def _whole_slots(with_places: bool) -> Select[Slot]:
    """Made once: putting this statement together costs as much as asking it. Without booths, venues and meeting points it
    is half the work.
    """  # fmt: skip
    programme = contains_eager(Slot.programme)
    edition = programme.contains_eager(Programme.edition)
    entry = programme.contains_eager(Programme.entry)
    places = (
        entry.joinedload(Entry.booth).joinedload(Booth.venue),
        programme.joinedload(Programme.venue),
        programme.joinedload(Programme.place).joinedload(Place.venue),
    )
    without = (
        entry.lazyload(Entry.booth),
        programme.lazyload(Programme.venue),
        programme.lazyload(Programme.place),
    )
    return (
        select(Slot)
        .join(Slot.programme)
        .join(Programme.edition)
        .join(Edition.festival)
        .outerjoin(Programme.entry)
        .outerjoin(Entry.factory)
        .where(
            Festival.slug == bindparam("festival"),
            Edition.slug == bindparam("edition"),
            Slot.code.in_(bindparam("codes", expanding=True)),
            Edition.state.in_(PUBLIC),
            Programme.state == ProgrammeState.PUBLISHED,
            (Programme.entry_id.is_(None)) | (Entry.state == EntryState.ACCEPTED),
        )
        .options(
            edition.options(contains_eager(Edition.festival), defer(Edition.base_map)),
            entry.options(
                lazyload(Entry.edition),
                defer(Entry.frozen),
                contains_eager(Entry.factory).options(lazyload(Factory.festival), defer(Factory.story)),
            ),
            *(places if with_places else without),
        )
        .order_by(Slot.starts_at, Slot.id)
    )


def get_whole_slots(festival_slug: str, edition_slug: str, codes: Sequence[str]) -> list[Slot]:
    """Public slots with everything that their page, a booking of them and its mail will say: one statement in all, or two
    where one of them is at a booth, a venue or a meeting point.

    In order of time; those that are gone are left out.
    """
    asked = [code for code in codes if code.isascii() and code.isalnum()]
    values = {"festival": festival_slug, "edition": edition_slug, "codes": asked}
    slots = list(db.session.scalars(_whole_slots(False), values))
    if any(_has_place(slot.programme) for slot in slots):
        slots = list(db.session.scalars(_whole_slots(True), values))
    return slots


def _has_place(programme: Programme) -> bool:
    booth = programme.entry.booth_id if programme.entry is not None else None
    return (booth or programme.venue_id or programme.place_id) is not None


def get_whole_slot(festival_slug: str, edition_slug: str, code: str) -> Slot:
    """One of them, or NotThere."""
    for slot in get_whole_slots(festival_slug, edition_slug, [code]):
        return slot
    raise NotThere(code)


@cache
def _bookings() -> Select[Booking]:
    slot = joinedload(Booking.reservations).joinedload(Reservation.slot, innerjoin=False)
    programme = slot.joinedload(Slot.programme, innerjoin=False)
    return (
        select(Booking)
        .where(Booking.code.in_(bindparam("codes", expanding=True)), Booking.erased_at.is_(None))
        .options(
            joinedload(Booking.edition, innerjoin=True).defer(Edition.base_map),
            programme.lazyload(Programme.edition),
            programme.joinedload(Programme.venue),
            programme.joinedload(Programme.place).joinedload(Place.venue),
            programme.joinedload(Programme.entry).options(
                lazyload(Entry.edition),
                defer(Entry.frozen),
                joinedload(Entry.factory, innerjoin=False).options(
                    lazyload(Factory.festival), defer(Factory.story)
                ),
                joinedload(Entry.booth).joinedload(Booth.venue),
            ),
        )
        .order_by(Booking.id.desc())
    )


def find_bookings(codes: Sequence[str]) -> list[Booking]:
    """Bookings with their reservations and everything their pages and mails say, in one statement; newest first."""
    return list(db.session.scalars(_bookings(), {"codes": list(codes)}).unique())


def find_nearest_free(slot: Slot, party_size: int = 1, limit: int = 3) -> list[Slot]:
    """Bookable times near a full one: of the same programme first, then of the same kind, nearest in time."""
    now = clock.now()
    query = (
        only_public(select_slots())
        .where(
            Slot.edition_id == slot.edition_id,
            Slot.id != slot.id,
            Slot.state == SlotState.OPEN,
            Slot.capacity.is_not(None),
            Slot.seats_taken + party_size <= Slot.capacity,
            Slot.closes_at > now,
            (Slot.programme_id == slot.programme_id) | (Programme.kind == slot.programme.kind),
        )
        .order_by(Slot.programme_id != slot.programme_id, func.abs(_minutes_apart(slot.starts_at)), Slot.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


class FreeTime(NamedTuple):
    """A bookable time, as far as a ticket shows it."""

    code: str
    starts_at: datetime
    seats_taken: int
    capacity: int
    title: Translated
    host: Translated | None


def find_free_nearby(slot_id: int, party_size: int = 1, limit: int = 3) -> list[FreeTime]:
    """The same for those who find no room: of the same programme, where it has enough; else of the same kind, too.

    Columns instead of objects, and an index to begin with: in a rush everybody but the first few asks this.
    """
    values = {"slot": slot_id, "party": party_size, "now": clock.now(), "most": limit}
    for same_programme in (True, False):
        found = (
            db.session.connection()
            .execute(_free_nearby(same_programme, db.engine.dialect.name), values)
            .all()
        )
        if len(found) >= limit:
            break
    return [FreeTime(*row) for row in found]


@cache
def _free_nearby(same_programme: bool, dialect: str) -> Select[Any]:
    full, of = aliased(Slot), aliased(Programme)
    query: Any = (
        select(Slot.code, Slot.starts_at, Slot.seats_taken, Slot.capacity, Programme.title, Factory.name)
        .select_from(full)
        .join(of, of.id == full.programme_id)
        .join(Slot, Slot.programme_id == full.programme_id if same_programme else Slot.edition_id == full.edition_id)
        .join(Programme, Programme.id == Slot.programme_id)
        .outerjoin(Entry, Entry.id == Programme.entry_id)
        .outerjoin(Factory, Factory.id == Entry.factory_id)
        .where(
            full.id == bindparam("slot"), Slot.id != full.id, Slot.state == SlotState.OPEN, text("slot.state <> 'cancelled'"),
            Slot.capacity.is_not(None), Slot.seats_taken + bindparam("party") <= Slot.capacity,
            Slot.closes_at > bindparam("now", type_=Slot.closes_at.type), Programme.state == ProgrammeState.PUBLISHED,
            Programme.entry_id.is_(None) | (Entry.state == EntryState.ACCEPTED),
        )
        .order_by(Slot.programme_id != full.programme_id, func.abs(_apart(Slot.starts_at, full.starts_at, dialect)), Slot.id)
        .limit(bindparam("most"))
    )  # fmt: skip
    found: Select[Any] = (
        query
        if same_programme
        else query.where((Slot.programme_id == full.programme_id) | (Programme.kind == of.kind))
    )
    return found


def _apart(one: Any, other: Any, dialect: str) -> Any:
    """How far two moments are from each other, as SQL of either database."""
    if dialect == "sqlite":
        return func.julianday(one) - func.julianday(other)
    return func.extract("epoch", one - other)


def _minutes_apart(moment: datetime):  # type: ignore[no-untyped-def]
    """Minutes between a slot's start and a moment, as SQL of either database."""
    if db.engine.dialect.name == "sqlite":
        return (func.julianday(Slot.starts_at) - func.julianday(moment.strftime("%Y-%m-%d %H:%M:%S"))) * 1440
    return func.extract("epoch", Slot.starts_at - moment) / 60
