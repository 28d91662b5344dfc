"""Programmes: drafts, publishing, hosts and places, stops, and who may do all that."""

import pytest

from eventapp.audit import Line
from eventapp.db import NotThere, db, transaction
from eventapp.festivals.models import EditionState, PlaceKind, Role
from eventapp.text import search_terms
from eventapp.tours import desk_access, programmes
from eventapp.tours.models import EntryMode, HeldAt, Kind, Programme, ProgrammeState
from eventapp.tours.programmes import Details, ProgrammeError, StopWish
from tests.builders import (
    make_booking,
    make_edition,
    make_entry,
    make_factory,
    make_member,
    make_organizer,
    make_person,
    make_place,
    make_programme,
    make_slot,
    make_venue,
    texts,
)

pytestmark = pytest.mark.usefixtures("app")


def details(**values):
    values = {
        "kind": Kind.TOUR,
        "entry_mode": EntryMode.BOOKING,
        "title": texts("ﾈｼﾞ工場の見学", "Screw factory tour"),
        **values,
    }
    return Details(**values)


def create(entry=None, edition=None, **values):
    with transaction():
        return programmes.create(edition or entry.edition, details(**values), entry=entry, by="test")


# --- writing -------------------------------------------------------------------------------------------------------


def test_programme_begins_as_a_draft_that_search_will_find():
    made = create(make_entry(factory=make_factory(name=texts("山田製作所", "Yamada Works"))))

    assert made.state == ProgrammeState.DRAFT
    for words in ("ねじ", "screw", "YAMADA", "やまだ"):
        assert all(term in made.search_key for term in search_terms(words)), words


def test_edit_keeps_history_and_raises_the_version():
    made = create(make_entry())

    with transaction():
        programmes.edit(made, details(title=texts("刃物の見学"), price_yen=500), by="test")

    line = db.session.query(Line).filter_by(action="programme.edited").one()
    assert (made.version, made.price_yen, "刃物" in made.search_key) == (2, 500, True)
    assert line.details["price_yen"] == [0, 500]


def test_factory_cannot_lead_a_bus_tour():
    with pytest.raises(ProgrammeError):
        create(make_entry(), kind=Kind.BUS_TOUR)


@pytest.mark.parametrize("held_at", [HeldAt.BOOTH, HeldAt.PLACE, HeldAt.VENUE])
def test_place_must_be_there(held_at):
    with pytest.raises(ProgrammeError):
        create(make_entry(), held_at=held_at)


def test_committee_has_no_entrance_but_venues_and_stages():
    edition = make_edition()
    venue, stage = make_venue(edition), make_place(edition, PlaceKind.STAGE)

    with pytest.raises(ProgrammeError):
        create(edition=edition, held_at=HeldAt.ENTRANCE)
    talk = create(edition=edition, kind=Kind.TALK, held_at=HeldAt.PLACE, place=stage)
    sale = create(
        edition=edition, kind=Kind.SALE, held_at=HeldAt.VENUE, venue=venue, entry_mode=EntryMode.OPEN
    )

    assert (talk.place, talk.venue, sale.venue) == (stage, None, venue)


def test_place_of_another_edition_is_no_place_of_this_one():
    with pytest.raises(ValueError, match="edition"):
        create(make_entry(), held_at=HeldAt.PLACE, place=make_place(make_edition()))


def test_way_to_take_part_stays_while_slots_stand():
    made = make_programme()
    make_slot(made)

    with pytest.raises(ProgrammeError), transaction():
        programmes.edit(made, details(entry_mode=EntryMode.OPEN), by="test")


def test_programme_of_an_edition_that_is_over_stays_as_it_was():
    made = make_programme(make_entry(make_edition(state=EditionState.CLOSED)))

    with pytest.raises(ProgrammeError), transaction():
        programmes.edit(made, details(), by="test")


# --- publishing ----------------------------------------------------------------------------------------------------


def publish(programme):
    with transaction():
        programmes.publish(programme, by="test")


def test_programme_with_booking_is_published_once_it_has_a_slot():
    made = create(make_entry())

    with pytest.raises(ProgrammeError):
        publish(made)
    make_slot(made)
    publish(made)

    assert db.session.get(Programme, made.id).state == ProgrammeState.PUBLISHED


def test_programme_without_booking_needs_no_slot():
    made = create(make_entry(), entry_mode=EntryMode.OPEN, kind=Kind.SALE)

    publish(made)

    assert made.state == ProgrammeState.PUBLISHED


def test_publishing_makes_cached_pages_new():
    made = create(make_entry(), entry_mode=EntryMode.OPEN)
    before = made.edition.content_version

    publish(made)

    db.session.refresh(made.edition)
    assert made.edition.content_version > before


def test_programme_is_not_withdrawn_over_the_heads_of_those_booked():
    slot = make_slot()
    make_booking(slot)

    with pytest.raises(ProgrammeError, match="1"), transaction():
        programmes.withdraw(slot.programme, by="test")


def test_programme_that_nobody_booked_is_withdrawn():
    slot = make_slot()

    with transaction():
        programmes.withdraw(slot.programme, by="test")

    assert slot.programme.state == ProgrammeState.WITHDRAWN


# --- stops ---------------------------------------------------------------------------------------------------------


def make_tour(edition):
    return make_programme(edition=edition, kind=Kind.BUS_TOUR, held_at=HeldAt.PLACE, place_id=make_place(edition).id,
                          duration_minutes=120, state=ProgrammeState.DRAFT)  # fmt: skip


def test_stops_are_kept_changed_and_taken_out():
    edition = make_edition()
    tour, (first, second, third) = make_tour(edition), (make_entry(edition) for _number in range(3))
    with transaction():
        programmes.set_stops(tour, [StopWish(first, 0), StopWish(second, 40, 30, 12)], by="test")
    kept = next(stop.id for stop in tour.stops if stop.entry_id == second.id)

    with transaction():
        programmes.set_stops(tour, [StopWish(second, 10, 20, 8), StopWish(third, 60)], by="test")

    assert [(stop.entry_id, stop.minutes_after, stop.places) for stop in tour.stops] == [
        (second.id, 10, 8),
        (third.id, 60, None),
    ]
    assert tour.stops[0].id == kept
    assert third.factory.name["ja"] in tour.search_key and first.factory.name["ja"] not in tour.search_key


def test_tour_needs_stops_before_it_is_published():
    tour = make_tour(make_edition())
    make_slot(tour)

    with pytest.raises(ProgrammeError, match="立ち寄り先"):
        publish(tour)


@pytest.mark.parametrize(
    "wishes", [lambda one: [StopWish(one, 0), StopWish(one, 40)], lambda one: [StopWish(one, 100, 30)]]
)
def test_stop_stands_once_and_ends_with_the_tour(wishes):
    edition = make_edition()

    with pytest.raises(ProgrammeError), transaction():
        programmes.set_stops(make_tour(edition), wishes(make_entry(edition)), by="test")


def test_tour_of_a_factory_has_no_stops():
    made = make_programme()

    with pytest.raises(ProgrammeError), transaction():
        programmes.set_stops(made, [StopWish(made.entry, 0)], by="test")


# --- who may -------------------------------------------------------------------------------------------------------


def may(person, programme):
    return desk_access.may_edit_programme(person, programme), desk_access.may_see_visitors(person, programme)


def test_members_and_staff_change_a_factory_s_programme_readers_and_strangers_do_not():
    edition = make_edition()
    programme = make_programme(make_entry(edition))
    people = {
        "member": make_member(programme.entry.factory),
        "staff": make_organizer(edition.festival, Role.STAFF),
        "reader": make_organizer(edition.festival, Role.READER),
        "neighbour": make_member(make_factory(edition.festival)),
        "other committee": make_organizer(make_edition().festival),
        "stranger": make_person(),
    }

    assert [name for name, person in people.items() if may(person, programme) == (True, True)] == [
        "member",
        "staff",
    ]
    assert {
        may(people[name], programme) for name in ("reader", "neighbour", "other committee", "stranger")
    } == {(False, False)}
    assert may(None, programme) == (False, False)


def test_committee_s_own_programme_is_for_organizers_and_the_stops_look_on():
    edition = make_edition()
    tour, stop = make_tour(edition), make_entry(edition)
    with transaction():
        programmes.set_stops(tour, [StopWish(stop, 0)], by="test")

    assert may(make_organizer(edition.festival, Role.STAFF), tour) == (True, True)
    assert may(make_member(stop.factory), tour) == (False, True)
    assert may(make_organizer(edition.festival, Role.READER), tour) == (False, False)
    assert may(make_member(make_factory(edition.festival)), tour) == (False, False)


def test_what_one_may_not_have_is_not_there():
    slot = make_slot()
    reservation = make_booking(slot).reservations[0]
    stranger = make_person()

    for get, code in (
        (desk_access.get_programme_to_edit, slot.programme.code),
        (desk_access.get_slot_to_edit, slot.code),
        (desk_access.get_slot_to_see, slot.code),
        (desk_access.get_reservation_to_see, reservation.code),
        (desk_access.get_reservation_to_edit, reservation.code),
        (desk_access.get_slot_to_edit, "NOTTHERE"),
    ):
        with pytest.raises(NotThere):
            get(code, stranger)
