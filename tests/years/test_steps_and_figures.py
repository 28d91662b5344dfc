"""The way of a new committee, the figures of the overview, and what keeps a day, a booth, a venue."""

from datetime import UTC, date, datetime, timedelta

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.factories.models import EntryState
from eventapp.festivals.models import Booth, EditionState, Style
from eventapp.i18n import use_language
from eventapp.tours import changing
from eventapp.tours.models import ProgrammeState
from eventapp.years import figures, first_steps, uses
from eventapp.years.uses import InUse
from tests.builders import (
    SATURDAY,
    SUNDAY,
    make_booking,
    make_edition,
    make_entry,
    make_festival,
    make_place,
    make_programme,
    make_slot,
    make_venue,
)
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app")


def next_label(edition):
    with use_language("en"):
        step = first_steps.next_step(first_steps.steps(edition.festival, edition))
        return str(step.label) if step else None


def test_one_step_is_always_the_next():
    festival = make_festival()
    with use_language("en"):
        assert str(first_steps.next_step(first_steps.steps(festival, None)).label) == "Make the edition"
    edition = make_edition(festival, state=EditionState.DRAFT, days=())
    assert next_label(edition) == "Set the days"
    edition = make_edition(festival, slug="2027", state=EditionState.DRAFT)
    assert next_label(edition) == "Add the venue"
    make_venue(edition)
    assert next_label(edition) == "Bring in the factories"
    entry = make_entry(edition)
    assert next_label(edition) == "Put in programmes"
    make_programme(entry)
    assert next_label(edition) == "Publish"
    with transaction():
        edition.state = EditionState.PUBLISHED
    assert next_label(edition) is None


def test_a_circuit_needs_no_venue():
    assert next_label(make_edition(state=EditionState.DRAFT, style=Style.CIRCUIT)) == "Bring in the factories"


def test_figures_count_only_what_is_on_and_who_is_in():
    edition, other = make_edition(), make_edition()
    entry = make_entry(edition)
    make_entry(edition, state=EntryState.SUBMITTED)
    programme = make_programme(entry)
    saturday, sunday = datetime(2026, 11, 28, 1, tzinfo=UTC), datetime(2026, 11, 29, 1, tzinfo=UTC)
    slot = make_slot(programme, capacity=10, seats_taken=4, starts_at=saturday)
    make_slot(programme, capacity=None, starts_at=sunday)
    make_slot(make_programme(entry, state=ProgrammeState.DRAFT), starts_at=sunday)
    make_slot(make_programme(make_entry(other)), seats_taken=3)
    with clock.stopped_at(NOW - timedelta(days=1)):
        gone = make_booking(slot, party_size=2)
        make_booking(slot, party_size=1)
    with transaction():
        changing.cancel(gone.reservations[0])

    found = figures.figures(edition)

    assert found.entries == {EntryState.ACCEPTED: 1, EntryState.SUBMITTED: 1}
    assert [(day.day, day.slots, day.free_slots, day.capacity, day.taken) for day in found.days] == [
        (SATURDAY, 1, 0, 10, 5),
        (SUNDAY, 1, 1, 0, 0),
    ]
    assert (found.bookings_today, found.people_today, found.people) == (1, 4, 5)
    assert (found.slots, found.capacity, found.taken) == (2, 10, 5)


def test_a_day_with_slots_stays():
    edition = make_edition()
    make_slot(make_programme(make_entry(edition)))

    uses.check_days(edition, [SATURDAY])
    with pytest.raises(InUse):
        uses.check_days(edition, [SUNDAY, date(2026, 12, 5)])


def test_a_booth_with_a_factory_stays():
    edition = make_edition()
    venue = make_venue(edition)
    with transaction():
        venue.booths = [Booth(number="A-1"), Booth(number="A-2")]
    make_entry(edition, booth_id=db.session.query(Booth).filter_by(number="A-1").one().id)

    uses.check_booths(venue, ["A-1"])
    with pytest.raises(InUse):
        uses.check_booths(venue, ["A-2"])
    with pytest.raises(InUse):
        uses.check_venue(venue)


def test_a_venue_whose_stage_is_used_stays():
    edition = make_edition()
    venue = make_venue(edition)
    stage = make_place(edition, venue_id=venue.id)
    uses.check_venue(venue)
    make_programme(edition=edition, place_id=stage.id)

    with pytest.raises(InUse):
        uses.check_venue(venue)
    with pytest.raises(InUse):
        uses.check_place(stage)
