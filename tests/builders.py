"""Builders: `make_slot()` and the like give a thing that is complete and dull, saved, ready to be looked at."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from eventapp import clock
from eventapp.db import db, is_writing, transaction
from eventapp.factories.models import Craft, Entry, EntryState, Factory, Member, Opening, PointKind
from eventapp.festivals.models import (
    Edition,
    EditionDay,
    EditionState,
    Festival,
    Organizer,
    Place,
    PlaceKind,
    Role,
    Style,
    Venue,
)
from eventapp.i18n import Translated
from eventapp.people.models import Person
from eventapp.stamps import prizes as prize_rules
from eventapp.stamps import stations as station_rules
from eventapp.stamps.models import Desk, Prize, Rally, RallyState, Station
from eventapp.tours import booking as booking_rules
from eventapp.tours.booking import Contact
from eventapp.tours.models import Booking, EntryMode, Kind, Programme, ProgrammeState, Slot

SATURDAY = date(2026, 11, 28)
SUNDAY = date(2026, 11, 29)
TEN = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)  # Saturday 10:00 there
_numbers = itertools.count(1)


@contextmanager
def _saving() -> Iterator[None]:
    with nullcontext() if is_writing() else transaction():
        yield
        db.session.flush()


def texts(ja: str, en: str | None = None) -> Translated:
    return Translated({"ja": ja, "en": en if en is not None else f"{ja} (en)"})


@_saving()
def make_person(name: str = "Sato", *, email: str | None = None, **values: Any) -> Person:
    number = next(_numbers)
    email = email or f"person{number}@example.jp"
    person = Person(
        name=name, email=email, email_key=email, created_at=clock.now(), accepted_at=clock.now(), **values
    )
    with _saving():
        db.session.add(person)
    return person


@_saving()
def make_festival(slug: str | None = None, **values: Any) -> Festival:
    slug = slug or f"festival{next(_numbers)}"
    values.setdefault("name", texts("ためし工場まつり", "Trial Factory Festival"))
    values.setdefault("factory_word", texts("工場", "factory"))
    festival = Festival(slug=slug, created_at=clock.now(), **values)
    with _saving():
        db.session.add(festival)
    return festival


@_saving()
def make_organizer(festival: Festival, role: Role = Role.OWNER, person: Person | None = None) -> Person:
    """A person with a place in the committee."""
    person = person or make_person("Organizer")
    with _saving():
        db.session.add(
            Organizer(festival_id=festival.id, person_id=person.id, role=role, created_at=clock.now())
        )
    return person


@_saving()
def make_edition(
    festival: Festival | None = None, *, slug: str = "2026", state: EditionState = EditionState.PUBLISHED,
    days: Iterable[date] = (SATURDAY, SUNDAY), **values: Any,
) -> Edition:  # fmt: skip
    festival = festival or make_festival()
    dates = sorted(days)
    values.setdefault("name", texts("2026 秋", "Autumn 2026"))
    values.setdefault("style", Style.MIXED)
    values.setdefault("contact_email", "office@example.jp")
    for name in ("tagline", "introduction", "access", "rules", "privacy"):
        values.setdefault(name, texts(f"{name}の文", f"The {name}"))
    edition = Edition(festival_id=festival.id, festival=festival, slug=slug, state=state, created_at=clock.now(),
                      first_day=dates[0] if dates else None, last_day=dates[-1] if dates else None, **values)  # fmt: skip
    edition.days = [EditionDay(date=one) for one in dates]
    with _saving():
        db.session.add(edition)
    return edition


@_saving()
def make_factory(festival: Festival | None = None, *, slug: str | None = None, **values: Any) -> Factory:
    festival = festival or make_festival()
    number = next(_numbers)
    values.setdefault("name", texts(f"山田製作所{number}", f"Yamada Works {number}"))
    values.setdefault("kana", "やまだせいさくしょ")
    values.setdefault("craft", Craft.CUTTING)
    for name in (
        "products",
        "story",
        "address",
        "area",
        "access",
        "parking",
        "shoes",
        "clothes",
        "photography_note",
    ):
        values.setdefault(name, texts(f"{name}のこと", f"About {name}"))
    values.setdefault("lat", 35.56)
    values.setdefault("lon", 139.71)
    values.setdefault("point", PointKind.EXACT)
    factory = Factory(festival_id=festival.id, festival=festival, slug=slug or f"factory{number}", created_at=clock.now(),
                      updated_at=clock.now(), **values)  # fmt: skip
    with _saving():
        db.session.add(factory)
    return factory


@_saving()
def make_member(factory: Factory, person: Person | None = None) -> Person:
    person = person or make_person("Member")
    with _saving():
        db.session.add(Member(factory_id=factory.id, person_id=person.id, created_at=clock.now()))
    return person


@_saving()
def make_entry(edition: Edition | None = None, factory: Factory | None = None, *, state: EntryState = EntryState.ACCEPTED,
               open_days: bool = True, **values: Any) -> Entry:  # fmt: skip
    edition = edition or make_edition()
    factory = factory or make_factory(edition.festival)
    values.setdefault("message", Translated({}))
    dates = edition.dates
    entry = Entry(factory_id=factory.id, factory=factory, edition_id=edition.id, edition=edition, state=state,
                  created_at=clock.now(), **values)  # fmt: skip
    db.session.add(entry)
    if open_days:
        entry.openings = [
            Opening(date=day, opens=time(start), closes=time(end))
            for day in dates
            for start, end in ((10, 12), (13, 16))
        ]
    with _saving():
        db.session.add(entry)
    return entry


@_saving()
def make_programme(entry: Entry | None = None, *, edition: Edition | None = None, **values: Any) -> Programme:
    """A published tour by a factory; with `edition` and no entry, one by the committee."""
    if entry is None and edition is None:
        entry = make_entry()
    edition = edition or (entry.edition if entry else None)
    assert edition is not None
    values.setdefault("kind", Kind.TOUR)
    values.setdefault("entry_mode", EntryMode.BOOKING)
    values.setdefault("state", ProgrammeState.PUBLISHED)
    values.setdefault("title", texts("工場見学", "Factory tour"))
    for name in ("description", "price_note", "bring"):
        values.setdefault(name, Translated({}))
    programme = Programme(edition_id=edition.id, edition=edition, entry_id=entry.id if entry else None, entry=entry,
                          created_at=clock.now(), **values)  # fmt: skip
    with _saving():
        db.session.add(programme)
    return programme


@_saving()
def make_slot(
    programme: Programme | None = None, *, capacity: int | None = 8, seats_taken: int = 0, starts_at: datetime | None = None,
    minutes: int = 60, **values: Any,
) -> Slot:  # fmt: skip
    """Saturday 10:00 there, unless said otherwise. `seats_taken` are really taken, by a party of so many."""
    programme = programme or make_programme()
    starts_at = starts_at or datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
    values.setdefault("closes_at", starts_at)
    slot = Slot(programme_id=programme.id, programme=programme, edition_id=programme.edition_id, starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=minutes), capacity=capacity,
                day=clock.local(starts_at, programme.edition.zone).date(), **values)  # fmt: skip
    with _saving():
        db.session.add(slot)
        db.session.flush()
        if seats_taken:
            booking_rules.book([slot], contact=make_contact(), party_size=seats_taken, request_key=f"builder{next(_numbers)}",
                               staff=_Builder())  # fmt: skip
        db.session.flush()
        db.session.refresh(slot)
    return slot


class _Builder:
    actor_name = "builder"
    person_id = None


def make_contact(email: str | None = None, **values: Any) -> Contact:
    values.setdefault("name", "花山 花子")
    values.setdefault("language", "ja")
    return Contact(email=email or f"visitor{next(_numbers)}@example.jp", **values)


@_saving()
def make_booking(*slots: Slot, party_size: int = 2, contact: Contact | None = None, **values: Any) -> Booking:
    slots = slots or (make_slot(),)
    with _saving():
        booking = booking_rules.book(list(slots), contact=contact or make_contact(), party_size=party_size,
                                     request_key=f"builder{next(_numbers)}", **values)  # fmt: skip
    return booking


@_saving()
def make_venue(edition: Edition, **values: Any) -> Venue:
    values.setdefault("name", texts("産業会館", "Industry Hall"))
    for name in ("description", "address"):
        values.setdefault(name, Translated({}))
    venue = Venue(edition_id=edition.id, lat=35.561, lon=139.712, **values)
    with _saving():
        db.session.add(venue)
    return venue


@_saving()
def make_place(edition: Edition, kind: PlaceKind = PlaceKind.INFORMATION, **values: Any) -> Place:
    values.setdefault("name", texts("案内所", "Information"))
    values.setdefault("note", Translated({}))
    place = Place(edition_id=edition.id, kind=kind, lat=35.562, lon=139.713, **values)
    with _saving():
        db.session.add(place)
    return place


@_saving()
def make_rally(
    edition: Edition | None = None,
    *,
    stations: int = 3,
    state: RallyState = RallyState.RUNNING,
    **values: Any,
) -> Rally:
    """A running rally with so many stations at factories some 500 m apart, open at all hours, one poster each."""
    edition = edition or make_edition()
    rally = station_rules.make_rally(edition, by="builder")
    rally.state = state
    for name, value in values.items():
        setattr(rally, name, value)
    for place in range(stations):
        make_station(rally, lat=35.56 + place * 0.0045, lon=139.71)
    return rally


@_saving()
def make_station(rally: Rally, *, lat: float = 35.56, lon: float = 139.71, craft: Craft = Craft.CUTTING, area: str = "下丸子",
                 **values: Any) -> Station:  # fmt: skip
    factory = make_factory(rally.edition.festival, lat=lat, lon=lon, craft=craft, area=texts(area))
    return station_rules.add_station(
        rally, entry=make_entry(rally.edition, factory, open_days=False), by="builder", **values
    )


@_saving()
def make_prize(rally: Rally, needed: int = 1, *, stock: int = 10, **values: Any) -> Prize:
    values.setdefault("name", texts("手ぬぐい", "Towel"))
    values.setdefault("description", Translated({}))
    values.setdefault("position", needed)
    return prize_rules.add_prize(rally, stock=stock, needed=needed, by="builder", **values)


@_saving()
def make_desk(rally: Rally, **values: Any) -> Desk:
    values.setdefault("name", texts("景品引換所", "Prize desk"))
    return prize_rules.add_desk(rally, by="builder", **values)


def fresh(thing: Any) -> Any:
    """The thing as the database has it now."""
    return db.session.get(type(thing), thing.id, populate_existing=True)
