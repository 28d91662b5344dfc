"""A small filled world, and a real address in it for every route: for the tests that walk through all of them.

Words that strangers must never read contain SECRET, words of drafts contain DRAFT.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app
from werkzeug.routing import Rule

from eventapp import clock, jobs, links
from eventapp.db import db, transaction
from eventapp.factories import devices
from eventapp.factories.models import Entry, EntryState, Factory, Photo
from eventapp.festivals.models import Booth, Edition, EditionState, Festival, Notice, PlaceKind, Role
from eventapp.i18n import Translated
from eventapp.people import accounts, one_time
from eventapp.people.models import Person, Purpose
from eventapp.stamps import arranging, posters, raffle, stations
from eventapp.stamps.models import Rally
from eventapp.tours.models import Booking, EntryMode, HeldAt, Kind, Programme, ProgrammeState, Slot
from tests.builders import (
    make_booking,
    make_contact,
    make_desk,
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_member,
    make_organizer,
    make_person,
    make_place,
    make_prize,
    make_programme,
    make_rally,
    make_slot,
    make_venue,
    texts,
)
from tests.walks.world import fill_walks


@dataclass
class World:
    """One festival with everything in it, and people who have no business in it."""

    festival: Festival
    edition: Edition
    factory: Factory
    entry: Entry
    programme: Programme
    slot: Slot
    rally: Rally
    committee_programme: Programme
    committee_slot: Slot
    booking: Booking
    committee_booking: Booking
    owner: Person
    staff: Person
    reader: Person
    member: Person
    other_owner: Person
    other_member: Person
    removed: Person
    values: dict[str, str]

    def address(self, rule: Rule) -> str | None:
        """A real address for a rule, or None where the rule names something this world has none of."""
        values = dict(self.values)
        if rule.endpoint.startswith("tours_organizer."):
            values |= {
                "programme": self.committee_programme.code,
                "slot": self.committee_slot.code,
                "reservation": self.committee_booking.reservations[0].code,
            }
        values |= SPECIAL.get(rule.endpoint, lambda world: {})(self)
        if not rule.arguments <= set(values):
            return None
        with current_app.test_request_context():
            from flask import url_for

            return url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})


def make_world(app: Flask) -> World:
    """Build it; everything personal is called SECRET something."""
    festival = make_festival("walls")
    edition = make_edition(festival)
    draft_edition = make_edition(
        festival, slug="draft", state=EditionState.DRAFT, name=texts("DRAFT 来年"), days=()
    )
    factory = make_factory(
        festival, slug="yamada", email="SECRET-factory@example.jp", import_note="SECRET note"
    )
    entry = make_entry(edition, factory)
    hidden = make_entry(
        edition, make_factory(festival, slug="hidden", name=texts("DRAFT 工場")), state=EntryState.DRAFT
    )
    programme = make_programme(entry)
    make_programme(entry, state=ProgrammeState.DRAFT, title=texts("DRAFT 見学"))
    make_slot(make_programme(hidden, title=texts("DRAFT 隠れた見学")))
    online = make_programme(
        entry, kind=Kind.ONLINE, held_at=HeldAt.ONLINE, online_url="https://meet.example.jp/SECRET"
    )
    make_slot(online)
    slot = make_slot(programme, capacity=20)
    later = make_slot(programme, capacity=20, starts_at=slot.starts_at + timedelta(hours=3))
    make_programme(entry, entry_mode=EntryMode.OPEN, title=texts("物販", "Shop"), kind=Kind.SALE)
    bus = make_programme(
        edition=edition, kind=Kind.BUS_TOUR, title=texts("バスツアー", "Bus tour"), held_at=HeldAt.PLACE
    )
    bus_slot = make_slot(bus, capacity=20)
    venue = make_venue(edition)
    place = make_place(edition)
    make_place(edition, PlaceKind.STAGE, venue_id=venue.id)
    with transaction():
        db.session.add(Booth(venue_id=venue.id, number="A-1"))
        notice = Notice(
            edition_id=edition.id,
            title=texts("お知らせ", "News"),
            body=texts("本文", "Body"),
            published_at=clock.now(),
        )
        db.session.add(notice)
        photo = Photo(
            factory_id=factory.id, name="photoname12345678", alt=Translated({}), width=800, height=600
        )
        db.session.add(photo)
    secret = {"name": "SECRET 花子", "phone": "090-9999-0000", "kana": "SECRET かな"}
    booking = make_booking(slot, contact=make_contact("SECRET-visitor@example.jp", **secret))
    bus_booking = make_booking(bus_slot, contact=make_contact("SECRET-bus@example.jp", **secret))
    rally = make_rally(edition, stations=0, overlay="quilt")
    with transaction():
        station = stations.add_station(rally, entry=entry, by="world")
    desk, prize = make_desk(rally), make_prize(rally)
    with transaction():
        stations.issue_poster(station, by="world", is_display=True)
        course = arranging.save_course(
            None,
            rally,
            {"name": texts("一周", "Round"), "is_ordered": False, "stations": [station.code]},
            by="world",
        )
        draw = raffle.announce(rally, texts("抽選会", "Draw"), winners=1, needed=1, by="world")
        device, enrol = devices.make_link(
            edition, label="SECRET phone", pin="2468", by="world", factory=factory
        )
        paper = posters.request_cards(rally, 10)
    owner, staff, reader = (make_organizer(festival, role, make_person(f"SECRET {role}")) for role in Role)
    member = make_member(factory, make_person("SECRET member"))
    removed = make_person("removed")
    other_edition = make_edition(make_festival("elsewhere"))
    other_owner = make_organizer(other_edition.festival, Role.OWNER)
    other_member = make_member(make_entry(edition, make_factory(festival, slug="neighbour")).factory)
    with transaction():
        nonce = one_time.make(member, Purpose.SIGN_IN, "/")
        job = jobs.start("none", {}, festival_id=festival.id, person_id=owner.id)
        accounts.start_sign_in(owner)
    values = {
        "festival": festival.slug, "edition": edition.slug, "slug": factory.slug, "day": "2026-11-28", "kind": "csv",
        "programme": programme.code, "slot": slot.code, "reservation": booking.reservations[0].code, "job": job.code,
        "name": photo.name, "width": "640", "filename": "css/app.css", "section": "names", "step": "up",
        "token": links.private_token(booking.code, booking.link_version), "person": member.code, "message_id": "none",
    }  # fmt: skip
    world = World(festival=festival, edition=edition, factory=factory, entry=entry, programme=programme, slot=slot, rally=rally,
                  committee_programme=bus, committee_slot=bus_slot, booking=booking, committee_booking=bus_booking, owner=owner,
                  staff=staff, reader=reader, member=member, other_owner=other_owner, other_member=other_member, removed=removed,
                  values=values)  # fmt: skip
    world.values |= {"_later": later.code, "_venue": venue.code, "_place": place.code, "_notice": notice.code,
                     "_entry": entry.code, "_station": station.code,
                     "_poster": stations.token_of(station.posters[0]), "_nonce": links.one_time_token(nonce), "_draft": draft_edition.slug}  # fmt: skip
    world.values |= {"_desk": desk.code, "_prize": prize.code, "_course": course.code, "_draw": draw.code, "_device": device.code,
                     "_enrol": enrol, "_paper": paper.code, "pid": "1", "generation": "1", "handle": "NOBODY", "prize": prize.code,
                     "station": station.code}  # fmt: skip
    world.values |= fill_walks(app, edition, entry, later, owner)
    db.session.rollback()
    return world


def _code(name: str):  # type: ignore[no-untyped-def]
    return lambda world: {"code": world.values[name]}


SPECIAL = {
    "tours.slot": lambda world: {"code": world.slot.code},
    "tours.book": lambda world: {"code": world.slot.code},
    "tours.cancel": lambda world: {"code": world.booking.reservations[0].code},
    "tours.move": lambda world: {"code": world.booking.reservations[0].code},
    "tours.choose_time": lambda world: {"code": world.booking.reservations[0].code},
    "tours.change_party": lambda world: {"code": world.booking.reservations[0].code},
    "festivals_organizer.notice": _code("_notice"),
    "festivals_organizer.delete_notice": _code("_notice"),
    "festivals_organizer.venue": _code("_venue"),
    "festivals_organizer.delete_venue": _code("_venue"),
    "festivals_organizer.place": _code("_place"),
    "festivals_organizer.delete_place": _code("_place"),
    "factories_organizer.entry": _code("_entry"),
    "factories_organizer.move_entry": lambda world: {"code": world.values["_entry"], "step": "withdraw"},
    "factories_organizer.give_booth": _code("_entry"),
    "factories_organizer.invite": _code("_entry"),
    "factories_factory.move_entry": lambda world: {"code": world.factory.code, "step": "submit"},
    "stamps.art": _code("_station"),
    "stamps.prize_picture": _code("_prize"),
    "stamps.poster": lambda world: {"token": world.values["_poster"]},
    "stamps.stamp": lambda world: {"token": world.values["_poster"]},
    "stamps_draw.draw": _code("_draw"),
    "stamps_draw.published": _code("_draw"),
    "stamps_staff.enrol": lambda world: {"token": world.values["_enrol"]},
    "stamps_staff.use_link": lambda world: {"token": world.values["_enrol"]},
    "stamps_staff.undo": _code("_desk"),
    "stamps_staff.bring_back": _code("_desk"),
    "stamps_organizer.station": _code("_station"),
    "stamps_organizer.art": _code("_station"),
    "stamps_organizer.set_policy": _code("_station"),
    "stamps_organizer.accept_station": _code("_station"),
    "stamps_organizer.issue_poster": _code("_station"),
    "stamps_organizer.change_poster": lambda world: {"step": "revoke"},
    "stamps_organizer.answer_leak": lambda world: {"step": "staff"},
    "stamps_organizer.course": _code("_course"),
    "stamps_organizer.delete_course": _code("_course"),
    "stamps_organizer.prize": _code("_prize"),
    "stamps_organizer.prize_picture": _code("_prize"),
    "stamps_organizer.bring_in": _code("_prize"),
    "stamps_organizer.carry": _code("_prize"),
    "stamps_organizer.desk": _code("_desk"),
    "stamps_organizer.delete_desk": _code("_desk"),
    "stamps_organizer.make_pin": _code("_desk"),
    "stamps_organizer.go_on_draw": lambda world: {"code": world.values["_draw"], "step": "freeze"},
    "stamps_organizer.revoke_device": _code("_device"),
    "stamps_organizer.paper_job": lambda world: {"job": world.values["_paper"]},
    "stamps_organizer.paper_file": lambda world: {"job": world.values["_paper"]},
    **dict.fromkeys(
        (
            "walks.plan",
            "walks.plan_map",
            "walks.plan_gpx",
            "walks.plan_calendar",
            "walks.plan_drawing",
            "walks.add_stop",
            "walks.plan_again",
            "walks.plan_around",
            "walks.book_day",
            "walks.forget_plan",
            "walks.change_stop",
        ),
        _code("_plan"),
    ),
    **dict.fromkeys(
        (
            "walks.course",
            "walks.course_map",
            "walks.course_drawing",
            "walks.take_course",
            "walks_organizer.course",
            "walks_organizer.publish_course",
            "walks_organizer.delete_course",
            "walks_organizer.map_svg",
        ),
        _code("_walk"),
    ),
    **dict.fromkeys(("walks_organizer.timetable", "walks_organizer.delete_timetable"), _code("_line")),
    **dict.fromkeys(
        ("walks_organizer.print_job", "walks_organizer.print_file"),
        lambda world: {"job": world.values["_sheet"]},
    ),
    "walks.shared_hearts": _code("_hearts"),
    "walks_organizer.delete_feed": _code("_feed"),
    "walks_organizer.near_qr": _code("_entry"),
    "account.link": lambda world: {"token": world.values["_nonce"]},
    "account.use_link": lambda world: {"token": world.values["_nonce"]},
    "account.end_sign_in": lambda world: {"code": "NONE2345"},
}
FACTORY_ROUTES = ("factories_factory.", "tours_factory.")
PERSON_ROUTES = ("festivals_organizer.person", "festivals_organizer.invite_again", "festivals_organizer.remove_organizer",
                 "festivals_organizer.change_role", "festivals_organizer.send_recovery")  # fmt: skip


def fill(world: World, rule: Rule) -> str | None:
    """`World.address`, with the `code` that the rule's kind of thing goes by."""
    if rule.endpoint.startswith(FACTORY_ROUTES):
        world.values["code"] = world.factory.code
    elif rule.endpoint in PERSON_ROUTES:
        world.values["code"] = world.staff.code
    else:
        world.values.pop("code", None)
    return world.address(rule)


def rules(app: Flask) -> list[Rule]:
    return sorted((rule for rule in app.url_map.iter_rules()), key=lambda rule: (rule.rule, rule.endpoint))
