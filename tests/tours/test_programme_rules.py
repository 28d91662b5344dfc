"""Programmes at the edge of their rules: a stop that ends with the tour, slots called off or long over, words that are missing."""

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.festivals.models import PlaceKind
from eventapp.i18n import Translated
from eventapp.tours import programmes, slots
from eventapp.tours.models import EntryMode, HeldAt, Kind, ProgrammeState
from eventapp.tours.programmes import Details, ProgrammeError, StopWish
from tests.builders import (
    make_booking,
    make_edition,
    make_entry,
    make_place,
    make_programme,
    make_slot,
    make_venue,
    texts,
)

pytestmark = pytest.mark.usefixtures("app")


def details(**values):
    return Details(
        **{"kind": Kind.TOUR, "entry_mode": EntryMode.BOOKING, "title": texts("工場見学"), **values}
    )


def make_tour(**values):
    edition = make_edition()
    return make_programme(edition=edition, kind=Kind.BUS_TOUR, held_at=HeldAt.PLACE, place_id=make_place(edition).id,
                          duration_minutes=120, **values)  # fmt: skip


def set_stops(tour, *wishes):
    with transaction():
        programmes.set_stops(tour, wishes, by="test")


def test_the_last_stop_may_end_with_the_tour_and_not_a_minute_later():
    tour = make_tour()
    entry = make_entry(tour.edition)

    set_stops(tour, StopWish(entry, 90, 30))
    with pytest.raises(ProgrammeError):
        set_stops(tour, StopWish(entry, 91, 30))


def test_a_slot_called_off_does_not_keep_a_stop_large_nor_the_way_to_take_part_nor_count_as_a_time():
    tour = make_tour(state=ProgrammeState.DRAFT)
    slot = make_slot(tour, capacity=20)
    set_stops(tour, StopWish(make_entry(tour.edition), 0, 30))
    with transaction():
        slots.cancel([slot], by="test")

    set_stops(tour, StopWish(tour.stops[0].entry, 0, 30, places=10))
    with pytest.raises(ProgrammeError), transaction():
        programmes.publish(tour, by="test")
    with transaction():
        programmes.edit(tour, details(kind=Kind.BUS_TOUR, entry_mode=EntryMode.TIMED, held_at=HeldAt.PLACE, place=tour.place,
                                      duration_minutes=120), by="test")  # fmt: skip

    assert tour.entry_mode == EntryMode.TIMED


def test_those_who_have_been_there_do_not_keep_a_programme_from_being_withdrawn():
    slot = make_slot()
    make_booking(slot)

    with clock.stopped_at(slot.ends_at), transaction():
        programmes.withdraw(slot.programme, by="test")

    assert slot.programme.state == ProgrammeState.WITHDRAWN


def test_nothing_is_published_without_its_japanese_name():
    slot = make_slot(make_programme(state=ProgrammeState.DRAFT, title=Translated({"en": "Tour"})))

    with pytest.raises(ProgrammeError, match="日本語"), transaction():
        programmes.publish(slot.programme, by="test")


def test_a_bus_leaves_at_fixed_times():
    edition = make_edition()
    wish = details(
        kind=Kind.BUS_TOUR, entry_mode=EntryMode.OPEN, held_at=HeldAt.PLACE, place=make_place(edition)
    )

    with pytest.raises(ProgrammeError), transaction():
        programmes.create(edition, wish, by="test")


def test_a_factory_s_programme_is_held_at_no_venue_of_the_committee():
    entry = make_entry()
    venue = make_venue(entry.edition)

    with pytest.raises(ProgrammeError), transaction():
        programmes.create(entry.edition, details(held_at=HeldAt.VENUE, venue=venue), entry=entry, by="test")


def test_a_programme_moved_back_to_the_factory_leaves_the_stage_free():
    entry = make_entry()
    stage = make_place(entry.edition, PlaceKind.STAGE)
    programme = make_programme(entry, held_at=HeldAt.PLACE, place_id=stage.id)

    with transaction():
        programmes.edit(programme, details(held_at=HeldAt.ENTRANCE, place=stage), by="test")

    assert db.session.get(type(programme), programme.id, populate_existing=True).place is None
