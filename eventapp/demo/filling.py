"""The demo: the made-up town as a festival in the database, with its people, its visitors and last year's archive.

    fill_if_empty(instance)     what `make run` calls; does nothing where there is a festival already
    welcome(base_url)           what it prints then

Pictures come first and outside the transaction: they take longest, and those that are stored are not drawn again.
Everything else is one transaction, so that a start that was interrupted leaves an empty database and is repeated.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from eventapp import clock, codes
from eventapp.db import db, transaction
from eventapp.demo import earlier, persons, picturing, rallying, sayings, stages, visitors, walking
from eventapp.demo.kinds import OpeningHours, Text, Town, TownFactory, TownPlace, TownProgramme
from eventapp.demo.picturing import Size
from eventapp.demo.sayings import both
from eventapp.demo.town import geojson_layers, make_town
from eventapp.demo.visitors import Wanted
from eventapp.factories import entries, photos, profiles
from eventapp.factories.hours import Stretch
from eventapp.factories.models import (
    Degree,
    Entry,
    EntryState,
    Member,
    OpeningPlace,
    Photography,
    PointKind,
)
from eventapp.festivals import editions, founding, notices, places, venues
from eventapp.festivals.models import (
    Edition,
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
from eventapp.people import passwords
from eventapp.people.models import Person
from eventapp.tours import programmes, slots
from eventapp.tours.models import EntryMode, HeldAt, Kind, Programme, Slot
from eventapp.tours.programmes import Details, StopWish
from eventapp.tours.slots import Closes, Offer
from eventapp.uploads import StoredPicture

SLUG = "tsuchimi"
ACCENT = "#b4451f"
ZONE = "Asia/Tokyo"
SHOWN_FACTORY = "suzuto-hamono"  # whose desk the demo shows
PREPARED, RECRUITED, OPENED = timedelta(days=70), timedelta(days=40), timedelta(days=12)  # before now
KINDS = {"bus": Kind.BUS_TOUR, "walk": Kind.GUIDED_WALK}
PLACES = {"prizes": PlaceKind.PRIZE_DESK}
HELD = {
    "entrance": HeldAt.ENTRANCE,
    "booth": HeldAt.BOOTH,
    "stage": HeldAt.PLACE,
    "meeting": HeldAt.PLACE,
    "online": HeldAt.ONLINE,
}
GUARDIANS = {
    "none": 0,
    "guardian": 18,
    "guardian_under_10": 10,
    "guardian_under_13": 13,
    "guardian_under_16": 16,
}


def is_empty() -> bool:
    """Whether there is no festival at all yet."""
    return db.session.scalar(select(Festival.id).limit(1)) is None


def fill_if_empty(instance: Path, *, with_pictures: bool = True) -> bool:
    """Fill an empty database with the demo; whether there was anything to do."""
    if not is_empty():
        return False
    sizes = picturing.store_all(instance / "media") if with_pictures else {}
    password_hash = passwords.hashed(persons.PASSWORD)
    town = make_town()
    with codes.use_randomness(Random("codes of the demo")):
        with transaction():
            _fill(town, sizes, password_hash)
        walking.fill(town, instance, SLUG, persons.PARTS[0].email)
    return True


class Ground(NamedTuple):
    """What programmes stand on: the edition with its hall, stage, places and entries."""

    edition: Edition
    by: Person
    venue: Venue
    stage: Place
    places: dict[str, Place]
    entries: dict[str, Entry]


def _fill(town: Town, sizes: dict[str, Size], password_hash: str) -> None:
    now = clock.now()
    opened_at = clock.at((now - OPENED).astimezone(ZoneInfo(ZONE)).date(), time(12), ZoneInfo(ZONE))
    with clock.stopped_at(now - PREPARED):
        cast = {part.key: persons.add(part, password_hash) for part in persons.PARTS}
        owner = cast["committee"]
        festival = _festival(town, sizes, owner, cast["townhall"])
        edition = _edition(town, festival, now, opened_at, owner)
        ground = _ground(town, edition, owner)
    with clock.stopped_at(now - RECRUITED):
        for one in town.factories:
            ground.entries[one.key] = _factory(one, ground, sizes)
        _staff(ground.entries, cast)
        wanted = [found for one in _offerings(town) for found in _programme(one, ground)]
        editions.move(edition, EditionState.PUBLISHED, by=owner)
        desk_at = next((one for one in ground.places.values() if one.kind is PlaceKind.PRIZE_DESK), None)
        rallying.fill(edition, desk_at=desk_at, by=owner)
    visitors.book_all(wanted, edition, rng=Random(town.seed), opened_at=opened_at)
    _change_plans(wanted, cast["factory"])
    visitors.send_mail()
    of_the_days = _say(town, edition, now, opened_at, owner)
    earlier.fill(festival, edition, owner, kiln=picturing.KILN if sizes else None)
    edition.base_map = dict(geojson_layers(town))  # last: it is large, and every slot would read it along
    stages.remember(edition, stages.Stage.BOOKING, notices=of_the_days)


# --- the festival and its ground -----------------------------------------------------------------------------------


def _festival(town: Town, sizes: dict[str, Size], owner: Person, reader: Person) -> Festival:
    festival = founding.found(
        SLUG, name=_text(town.festival.name), factory_word=_text(town.factory_word), by=owner
    )
    festival.accent, festival.website, festival.is_demo = ACCENT, town.website, True
    if sizes:
        festival.cover, festival.logo = picturing.COVER, picturing.LOGO
    for person, role in ((owner, Role.OWNER), (reader, Role.READER)):
        db.session.add(
            Organizer(festival_id=festival.id, person_id=person.id, role=role, created_at=clock.now())
        )
    return festival


def _edition(town: Town, festival: Festival, now: datetime, opened_at: datetime, owner: Person) -> Edition:
    first = stages.third_saturday_of_next_month(now.astimezone(ZoneInfo(ZONE)).date())
    edition = editions.create(
        festival, slug=str(first.year), name=both(f"{first.year}年", str(first.year)), style=Style.MIXED,
        dates=[first, first + timedelta(days=1)], zone_name=ZONE, by=owner,
    )  # fmt: skip
    about = {
        code: f"{town.festival.about._asdict()[code]}\n\n{town.festival.invented._asdict()[code]}"
        for code in ("ja", "en")
    }
    values = {
        "tagline": _text(town.festival.tagline), "introduction": Translated(about), "access": sayings.ACCESS, "rules": sayings.RULES,
        "privacy": edition.privacy, "booking_opens_at": opened_at, "contact_email": town.contact, "change_hours": 2,
        "lat": town.venue.entrance.lat, "lon": town.venue.entrance.lon,
    }  # fmt: skip
    editions.change(edition, values, edition.dates, by=owner)
    editions.move(edition, EditionState.RECRUITING, by=owner)
    return edition


def _ground(town: Town, edition: Edition, owner: Person) -> Ground:
    hall = town.venue
    values = {"name": _text(hall.name), "description": _text(hall.description), "address": _text(hall.address),
              "lat": hall.entrance.lat, "lon": hall.entrance.lon}  # fmt: skip
    venue = venues.save(None, edition, values, [str(booth.number) for booth in hall.booths], by=owner)
    stage = places.save(None, edition, {"venue_id": venue.id, "kind": PlaceKind.STAGE, "name": _text(hall.stage), "note": both("", ""),
                                        "lat": hall.entrance.lat, "lon": hall.entrance.lon}, by=owner)  # fmt: skip
    found = {one.key: _place(one, edition, owner) for one in town.places}
    return Ground(edition, owner, venue, stage, found, {})


def _place(one: TownPlace, edition: Edition, owner: Person) -> Place:
    values = {"kind": PLACES.get(one.kind) or PlaceKind(one.kind), "name": _text(one.name), "note": _text(one.description),
              "lat": one.point.lat, "lon": one.point.lon, "venue_id": None}  # fmt: skip
    return places.save(None, edition, values, by=owner)


# --- factories -----------------------------------------------------------------------------------------------------


def _factory(one: TownFactory, ground: Ground, sizes: dict[str, Size]) -> Entry:
    """The factory with its pictures, and its part in the edition: doors, booth, hours."""
    edition, owner = ground.edition, ground.by
    factory = profiles.create(edition.festival, _profile(one), slug=one.key, by=owner)
    for index in range(one.photos):
        if size := sizes.get(picturing.photo_name(one.key, index)):
            picture = StoredPicture(picturing.photo_name(one.key, index), size.width, size.height, 0)
            photos.add(factory, picture, by=owner, alt=_filled(sayings.PHOTO[index], one.name))
    entry = entries.join(factory, edition, by=owner, state=EntryState.ACCEPTED)
    entries.edit(entry, {"last_entry_minutes": 30}, by=owner)
    entries.set_openings(entry, _hours(one.hours, edition), by=owner)
    if one.booth is not None:
        booth = next(booth for booth in ground.venue.booths if booth.number == str(one.booth))
        entries.give_booth(entry, booth, by=owner)
        entries.set_openings(
            entry, _hours(make_town().venue.hours, edition), by=owner, place=OpeningPlace.BOOTH
        )
    db.session.flush()
    return entry


def _profile(one: TownFactory) -> dict[str, object]:
    rules = one.rules
    clothes = sayings.CLOTHES[rules.clothes]
    return {
        "name": _text(one.name), "kana": one.kana, "craft": one.craft, "products": _text(one.products), "story": _text(one.story),
        "website": one.website, "email": one.email, "address": _text(one.address), "area": sayings.AREAS[one.cluster],
        "lat": one.entrance.lat, "lon": one.entrance.lon, "point": PointKind.TOWN if one.entrance_approximate else PointKind.EXACT,
        "access": _text(one.access), "parking": _text(one.parking), "min_age": rules.min_age,
        "guardian_below": GUARDIANS[rules.companion], "infants_take_place": rules.infants_take_place,
        "shoes": sayings.SHOES[rules.shoes], "clothes": _joined(clothes, rules.note), "photography": Photography(rules.photography),
        "languages": list(rules.languages), "step_free": Degree(rules.step_free),
        "stroller": Degree.YES if rules.stroller else Degree.NO, "under_roof": rules.under_roof, "toilet": rules.toilet,
        "nappy_change": rules.nappy_change, "noise": rules.noise, "insurance_list": rules.insurance_list,
        "no_same_trade": rules.no_same_trade, "asks_company": rules.asks_company, "import_key": one.key,
    }  # fmt: skip


def _hours(hours: tuple[OpeningHours, ...], edition: Edition) -> dict[date, list[Stretch]]:
    return {
        edition.dates[one.day]: [Stretch(window.opens, window.closes) for window in one.windows]
        for one in hours
    }


def _staff(entries_by_key: dict[str, Entry], cast: dict[str, Person]) -> None:
    """Two people who can be played keep the shown factory; the others have somebody of their own, all but the last three."""
    shown = entries_by_key[SHOWN_FACTORY].factory
    others = [entry.factory for entry in entries_by_key.values() if entry.factory is not shown][:-3]
    keepers = [
        (shown, cast["factory"]),
        (shown, cast["gate"]),
        *((one, persons.add_keeper(one)) for one in others),
    ]
    for factory, person in keepers:
        db.session.add(Member(factory_id=factory.id, person_id=person.id, created_at=clock.now()))


# --- programmes and slots ------------------------------------------------------------------------------------------


class Offering(NamedTuple):
    """A programme and the factory that offers it, or None for hall and committee."""

    of: TownProgramme
    factory: str | None


def _offerings(town: Town) -> list[Offering]:
    own = [Offering(programme, one.key) for one in town.factories for programme in one.programmes]
    return [
        *own,
        *(Offering(programme, None) for programme in (*town.venue.programmes, *town.committee_programmes)),
    ]


def _programme(offering: Offering, ground: Ground) -> list[Wanted]:
    """The programme with stops and slots, published; its slots with how sought after they are."""
    one, owner = offering.of, ground.by
    entry = ground.entries[offering.factory] if offering.factory else None
    programme = programmes.create(ground.edition, _details(one, ground), entry=entry, by=owner)
    programme.import_key = one.key
    wishes = [
        StopWish(ground.entries[stop.factory], stop.after_minutes, stop.stay_minutes) for stop in one.visits
    ]
    if wishes:
        programmes.set_stops(programme, wishes, by=owner)
    made = _slots(one, programme, ground)
    programmes.publish(programme, by=owner)
    return [Wanted(slot, one.demand) for slot in made]


def _details(one: TownProgramme, ground: Ground) -> Details:
    place = (
        ground.stage
        if one.place == "stage"
        else ground.places[one.meeting_place]
        if one.meeting_place
        else None
    )
    return Details(
        kind=_kind(one), entry_mode=EntryMode(one.entry), title=_text(one.title),
        description=_text(one.description), held_at=HELD[one.place], place=place,
        venue=ground.venue if one.host == "venue" else None, duration_minutes=one.minutes, languages=list(one.languages),
        price_yen=one.price_yen, min_age=one.min_age, guardian_below=GUARDIANS[one.companion], bring=_text(one.bring),
        online_url="https://meet.tsuchimi-kouba.example.jp/" if one.place == "online" else None,
        confirm_address=one.kind == "bus",  # scarce: its places are kept for 30 minutes, until the address is confirmed
    )  # fmt: skip


def _kind(one: TownProgramme) -> Kind:
    """A guided walk stops at factories; one that only listens counts as a talk."""
    if one.kind == "walk" and not one.visits:
        return Kind.TALK
    return KINDS.get(one.kind) or Kind(one.kind)


def _slots(one: TownProgramme, programme: Programme, ground: Ground) -> list[Slot]:
    edition = ground.edition
    starts = [
        clock.at(edition.dates[pattern.day], start, edition.zone)
        for pattern in one.slots
        for start in pattern.starts
    ]
    closes = Closes.EVE if one.insurance_list or one.kind == "bus" else Closes.START
    offer = Offer(one.capacity if one.entry == "booking" else None, one.walk_in_places, closes)
    return slots.generate(programme, starts, offer, by=ground.by) if starts else []


def _change_plans(wanted: list[Wanted], member: Person) -> None:
    """The shown factory starts a quarter of an hour later on one morning and tells those booked; it closes one slot."""
    own = [one.slot for one in wanted if one.slot.programme.import_key == f"{SHOWN_FACTORY}-1"]
    with clock.stopped_at(clock.now() - timedelta(days=2)):
        slots.move(own[0], own[0].starts_at + timedelta(minutes=15), message=sayings.MOVED, by=member)
        slots.close(own[-1:], by=member)


# --- what is said --------------------------------------------------------------------------------------------------


def _say(town: Town, edition: Edition, now: datetime, opened_at: datetime, owner: Person) -> list[str]:
    """Notices of the past weeks, and an urgent one that appears on the first day; returns the codes of those."""
    first = edition.dates[0]
    day = clock.at(first, time(9, 5), edition.zone)
    said = (
        (now - RECRUITED, sayings.NOTICE_BUS, None),
        (opened_at, sayings.NOTICE_OPEN, day),
        (now - timedelta(hours=20), sayings.NOTICE_MADE_UP, None),
        (day, sayings.NOTICE_TODAY, clock.day_bounds(edition.dates[-1], edition.zone)[1]),
    )
    made = []
    for moment, (title, body), until in said:
        values = {"title": title, "body": _invented(body, town), "is_urgent": moment == day, "until": until}
        with clock.stopped_at(min(moment, now)):
            notice = notices.save(None, edition, values, by=owner)
        notice.published_at = moment
        made.append(notice)
    return [notice.code for notice in made if notice.published_at > now]


def _invented(body: Translated, town: Town) -> Translated:
    said = town.festival.invented._asdict()
    return Translated({code: words.replace("{invented}", said[code]) for code, words in body.items()})


def _text(pair: Text) -> Translated:
    return Translated({code: words for code, words in pair._asdict().items() if words})


def _filled(words: Translated, name: Text) -> Translated:
    return Translated({code: words[code].format(name=name._asdict()[code] or name.ja) for code in words})


def _joined(first: Translated, then: Text) -> Translated:
    return Translated({code: f"{words} {then._asdict()[code]}".strip() for code, words in first.items()})


# --- the welcome ---------------------------------------------------------------------------------------------------

_WELCOME = """
  Kouba  {base_url}

  つちみ工場びより(見本のお祭り)が動いています。まずは上のアドレスを開いて、土曜の見学をひとつ予約してみてください。
  画面のいちばん上の「見本」から、事務局・工場・受付になったり、時期を進めたり、200人で席を取り合わせたりできます。
  A sample festival is running. Open the address above and book a tour for Saturday. From “Demo” at the very top of every
  page you can be the committee, a factory or the gate, move on in time, and let 200 visitors race for 20 places.

  サインイン(この機械からのみ) / Sign in (from this machine only):  {base_url}/account/sign-in
{people}
    パスワード / password     {password}

  Ctrl-C で終了 / stops everything.
"""


def welcome(base_url: str) -> str:
    """Where to look, who one can be, and what to try first, in both languages."""
    titles = {
        "committee": "実行委員会 / committee",
        "townhall": "役場(閲覧のみ) / town hall, reads",
        "factory": "工場 / factory",
        "gate": "受付 / gate",
    }
    people = "\n".join(f"    {part.email:<34} {titles[part.key]}" for part in persons.PARTS)
    return _WELCOME.format(base_url=base_url, people=people, password=persons.PASSWORD)
