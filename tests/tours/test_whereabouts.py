"""Where and when a booking is, as its mail and its calendar say; and whom a desk awaits on its day."""

from datetime import timedelta

import pytest

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.festivals.models import Booth, PlaceKind
from eventapp.outbox import Mail
from eventapp.tours import attendance
from eventapp.tours.desk_access import Reach
from eventapp.tours.models import HeldAt, Kind, ProgrammeState
from tests.builders import (
    SATURDAY,
    TEN,
    make_booking,
    make_contact,
    make_edition,
    make_entry,
    make_place,
    make_programme,
    make_slot,
    make_venue,
    texts,
)

pytestmark = pytest.mark.usefixtures("app")


def mail_of(*slots):
    """The confirmation of a booking for these."""
    made = make_booking(*slots, contact=make_contact(language="en"))
    return db.session.query(Mail).filter_by(to_key=made.email_key).one()


def said(programme):
    """What the mail says about a slot of this programme."""
    return mail_of(make_slot(programme)).values["items"][0]


# --- mails ---------------------------------------------------------------------------------------------------------


def test_what_is_shown_at_a_booth_says_hall_and_number():
    edition = make_edition()
    hall = make_venue(edition)
    with transaction():
        booth = Booth(venue_id=hall.id, number="A-3")
        db.session.add(booth)
    programme = make_programme(make_entry(edition, booth=booth), held_at=HeldAt.BOOTH)

    assert said(programme)["where"] == "Industry Hall A-3"


def test_a_stage_is_named_with_its_hall_and_a_venue_by_itself():
    edition = make_edition()
    hall = make_venue(edition)
    stage = make_place(edition, PlaceKind.STAGE, name=texts("舞台", "Main stage"), venue_id=hall.id)
    talk = make_programme(edition=edition, kind=Kind.TALK, held_at=HeldAt.PLACE, place_id=stage.id)
    hosted = make_programme(edition=edition, kind=Kind.WORKSHOP, held_at=HeldAt.VENUE, venue_id=hall.id)

    assert said(talk)["where"] == "Industry Hall Main stage"
    assert said(hosted)["where"] == "Industry Hall"


def test_an_online_address_left_from_before_is_not_mailed_once_it_is_held_at_the_factory():
    programme = make_programme(held_at=HeldAt.ENTRANCE, online_url="https://meet.example.jp/room")

    assert said(programme)["online_url"] is None


def test_one_scarce_time_among_others_asks_to_confirm_the_address():
    easy = make_slot()
    scarce = make_slot(make_programme(make_entry(easy.programme.edition), confirm_address=True),
                       starts_at=easy.starts_at + timedelta(hours=2))  # fmt: skip

    assert mail_of(easy, scarce).values["to_confirm"] is True


def test_the_calendar_names_the_clocks_where_the_festival_is():
    slot = make_slot(make_programme(make_entry(make_edition(zone_name="Asia/Manila"))))

    assert [event["zone"] for event in mail_of(slot).calendar] == ["Asia/Manila"]


# --- the day of a desk ---------------------------------------------------------------------------------------------


def day_of(entry):
    return attendance.find_day(Reach(entry.edition_id, entry.id), SATURDAY)


def test_parties_are_called_by_their_reading_and_those_without_one_last():
    slot = make_slot()
    for name, kana in (("阿部", ""), ("和田", "わだ"), ("相田", "あいだ")):
        make_booking(slot, contact=make_contact(name=name, kana=kana), party_size=1)

    (sitting,) = day_of(slot.programme.entry)

    assert [one.booking.name for one in sitting.coming] == ["相田", "和田", "阿部"]


def test_drafts_and_other_factories_are_not_of_this_day():
    entry = make_entry()
    shown = make_slot(make_programme(entry))
    make_slot(make_programme(entry, state=ProgrammeState.DRAFT))
    make_slot(make_programme(make_entry(entry.edition)))

    assert [one.slot.id for one in day_of(entry)] == [shown.id]


def test_a_time_is_over_from_the_second_at_which_it_ends_and_due_from_an_hour_before():
    slot = make_slot()
    (sitting,) = day_of(slot.programme.entry)
    moments = {}
    for name, moment in (("early", TEN - timedelta(hours=1, seconds=1)), ("due", TEN - timedelta(hours=1)),
                         ("now", TEN), ("last", slot.ends_at - timedelta(seconds=1)), ("over", slot.ends_at)):  # fmt: skip
        with clock.stopped_at(moment):
            moments[name] = (sitting.is_due, sitting.is_now, sitting.is_over)

    assert moments == {
        "early": (False, False, False),
        "due": (True, False, False),
        "now": (True, True, False),
        "last": (True, True, False),
        "over": (True, False, True),
    }
