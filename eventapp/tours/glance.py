"""Rows as the database has them, of everything that a page shows: what a drawn page is kept under.

Neither objects nor dates are made of them. Who finds the page drawn before has spared the rest of the work; who does
not reads the objects.
"""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Select,
    Text,
    bindparam,
    cast,
    inspect,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.types import NULLTYPE

from eventapp import clock
from eventapp.db import NotThere
from eventapp.factories.models import Entry, EntryState, Factory, Opening, Photo
from eventapp.festivals import notices
from eventapp.festivals.models import PUBLIC, Booth, Edition, EditionDay, Festival, Place, Venue
from eventapp.i18n import TranslatedText
from eventapp.statements import Ready, as_text, pack, pack_rows
from eventapp.tours import offer_rows
from eventapp.tours.models import Booking, Programme, ProgrammeState, Reservation, Slot, Status

Row = tuple[Any, ...]


class SlotSeen(NamedTuple):
    """A slot at a glance. `shown` is everything its page shows but the seats."""

    id: int
    edition_id: int
    capacity: int | None
    seats_taken: int
    max_party_size: int
    shown: str

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.seats_taken >= self.capacity


class BookingSeen(NamedTuple):
    """A booking at a glance: what is its own, and everything that other bookings like it show, too."""

    code: str
    link_version: int
    gate_number: str
    name: str
    email: str | None
    reservations: tuple[str, ...]  # their codes
    shown: tuple[str, ...]


def see_slot(festival: str, edition: str, code: str) -> SlotSeen:
    """One statement. Raises NotThere for what visitors may not see."""
    if not (code.isascii() and code.isalnum()):
        raise NotThere(code)
    row = _slot().row(festival=festival, edition=edition, code=code)
    if row is None:
        raise NotThere(code)
    return SlotSeen._make(row)


def see_booking(code: str) -> BookingSeen | None:
    """One statement; None where there is no such booking, or it was erased."""
    rows = _booking().rows(code=code)
    if not rows:
        return None
    return BookingSeen._make([*rows[0][:5], tuple(row[5] for row in rows), tuple(row[6] for row in rows)])


def see_factory(festival: str, edition: str, slug: str) -> tuple[Row, ...] | None:
    """Two statements: all of a factory's page in a public edition; None where there is none."""
    row = _factory().row(festival=festival, edition=edition, slug=slug)
    if row is None:
        return None
    return (tuple(row), *map(tuple, _programmes().rows(entry=row[0])))


def is_hopeless(seen: SlotSeen, email_key: str, request_key: str) -> bool:
    """Whether nothing but "full" can be said: the slot is full, nothing in it is due to be given back, and this
    visitor has no other booking about which there would be something to say.
    """  # fmt: skip
    if not seen.is_full:
        return False
    values = {
        "slot": seen.id,
        "edition": seen.edition_id,
        "now": clock.now(),
        "email": email_key,
        "key": request_key,
    }
    return _claims().row(**values) is None


# The statements


def _raw(column: Any) -> Any:
    """The column as it is stored; JSON as the text it is, for a dict cannot be a key."""
    return (
        cast(column, Text)
        if isinstance(column.type, JSON | TranslatedText)
        else type_coerce(column, NULLTYPE)
    )


def _columns(entity: Any, *left_out: str) -> list[Any]:
    return [
        _raw(getattr(entity, one.key))
        for one in inspect(entity).mapper.column_attrs
        if one.key not in left_out
    ]


def _is_public() -> Any:
    """Spelled out: a list of values would be put into the statement anew each time."""
    return or_(*(Edition.state == state for state in sorted(PUBLIC)))


_booths_venue, _places_venue = aliased(Venue), aliased(Venue)


def _whereabouts() -> list[Any]:
    """All columns of what a slot belongs to, as far as pages about it can show them."""
    return [
        *_columns(Programme, "search_key", "import_key"),
        *_columns(Edition, "base_map", "content_version", "version", "introduction", "tagline", "access"),
        *_columns(Festival, "import_columns"),
        *_columns(Entry, "version"),
        *_columns(Factory, "story", "search_key", "import_note", "updated_at", "version"),
        *_columns(Booth), *_columns(_booths_venue), *_columns(Venue), *_columns(Place), *_columns(_places_venue),
    ]  # fmt: skip


def _join_whereabouts(query: Select[Any]) -> Select[Any]:
    return (
        query.outerjoin(Entry, Entry.id == Programme.entry_id)
        .outerjoin(Factory, Factory.id == Entry.factory_id)
        .outerjoin(Booth, Booth.id == Entry.booth_id)
        .outerjoin(_booths_venue, _booths_venue.id == Booth.venue_id)
        .outerjoin(Venue, Venue.id == Programme.venue_id)
        .outerjoin(Place, Place.id == Programme.place_id)
        .outerjoin(_places_venue, _places_venue.id == Place.venue_id)
    )


@cache
def _slot() -> Ready:
    query = (
        select(
            _raw(Slot.id), _raw(Slot.edition_id), _raw(Slot.capacity), _raw(Slot.seats_taken), _raw(Edition.max_party_size),
            pack(pack_rows(notices.select_urgent()), *_columns(Slot, "seats_taken", "version"), *_whereabouts()),
        )
        .select_from(Slot)
        .join(Programme, Programme.id == Slot.programme_id)
        .join(Edition, Edition.id == Programme.edition_id)
        .join(Festival, Festival.id == Edition.festival_id)
    )  # fmt: skip
    return Ready(
        _join_whereabouts(query).where(
            Slot.code == bindparam("code"), Festival.slug == bindparam("festival"), Edition.slug == bindparam("edition"),
            _is_public(), Programme.state == ProgrammeState.PUBLISHED,
            Programme.entry_id.is_(None) | (Entry.state == EntryState.ACCEPTED),
        )
    )  # fmt: skip


@cache
def _factory() -> Ready:
    days = select(as_text(EditionDay.date)).where(EditionDay.edition_id == Edition.id)
    hours = select(*map(as_text, (Opening.date, Opening.opens, Opening.closes)), _raw(Opening.place)).where(
        Opening.entry_id == Entry.id
    )
    photos = select(Photo.position, Photo.name, as_text(Photo.alt)).where(Photo.factory_id == Factory.id)
    return Ready(
        select(
            _raw(Entry.id), pack_rows(days), pack_rows(hours), pack_rows(photos),
            pack(
                *_columns(Edition, "base_map", "content_version", "version"), *_columns(Festival, "import_columns"),
                *_columns(Entry, "version"), *_columns(Factory, "import_note", "updated_at"), *_columns(Booth), *_columns(Venue),
            ),
        )
        .select_from(Factory)
        .join(Entry, Entry.factory_id == Factory.id)
        .join(Edition, Edition.id == Entry.edition_id)
        .join(Festival, Festival.id == Edition.festival_id)
        .outerjoin(Booth, Booth.id == Entry.booth_id)
        .outerjoin(Venue, Venue.id == Booth.venue_id)
        .where(
            Festival.slug == bindparam("festival"), Edition.slug == bindparam("edition"), _is_public(),
            Factory.slug == bindparam("slug"), Factory.festival_id == Festival.id, Entry.state == EntryState.ACCEPTED,
        )
    )  # fmt: skip


@cache
def _programmes() -> Ready:
    return Ready(
        offer_rows.select_of_entry(
            _raw(Programme.description), _raw(Programme.bring), _raw(Programme.price_note)
        )
    )


@cache
def _booking() -> Ready:
    query = (
        select(
            _raw(Booking.code), _raw(Booking.link_version), _raw(Booking.gate_number), _raw(Booking.name), _raw(Booking.email),
            _raw(Reservation.code),
            pack(
                *_columns(Reservation, "id", "code", "booking_id", "email_key", "guests", "created_at", "changed_at"),
                *_columns(Slot, "seats_taken", "version"), *_whereabouts(),
            ),
        )
        .select_from(Booking)
        .join(Edition, Edition.id == Booking.edition_id)
        .join(Festival, Festival.id == Edition.festival_id)
        .join(Reservation, Reservation.booking_id == Booking.id)
        .join(Slot, Slot.id == Reservation.slot_id)
        .join(Programme, Programme.id == Slot.programme_id)
    )  # fmt: skip
    return Ready(
        _join_whereabouts(query)
        .where(Booking.code == bindparam("code"), Booking.erased_at.is_(None))
        .order_by(Reservation.id)
    )


@cache
def _claims() -> Ready:
    own = select(literal(1)).where(
        Booking.edition_id == bindparam("edition"), Booking.email_key == bindparam("email")
    )
    again = select(literal(1)).where(Booking.request_key == bindparam("key"))
    due = select(literal(1)).where(
        Reservation.slot_id == bindparam("slot"), Reservation.status == Status.OFFERED,
        Reservation.expires_at <= bindparam("now", type_=Reservation.expires_at.type),
    )  # fmt: skip
    return Ready(union_all(own, again, due))
