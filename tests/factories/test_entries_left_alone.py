"""What nobody may do to a factory's part in an edition, and what stays as it is when something beside it changes."""

from datetime import time

import pytest

from eventapp.db import db, transaction
from eventapp.factories import entries
from eventapp.factories.entries import MOST_LAST_ENTRY, EntryError
from eventapp.factories.hours import MOST_STRETCHES, HoursError, days_of, parse_day, show_day
from eventapp.factories.models import Entry, EntryState, Opening, OpeningPlace
from eventapp.festivals.models import Booth, EditionState, Style
from tests.builders import (
    SATURDAY,
    SUNDAY,
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_venue,
    texts,
)
from tests.factories.sheets_in import bring_in

pytestmark = pytest.mark.usefixtures("app")


def make_booth(edition, number="A-1"):
    booth = Booth(venue_id=make_venue(edition).id, number=number)
    with transaction():
        db.session.add(booth)
    return booth


def hours_at(entry, place):
    db.session.expire_all()
    return {day: show_day(hours) for day, hours in days_of(entry.openings, place).items()}


# --- by hand -------------------------------------------------------------------------------------------------------


def test_nothing_of_a_factory_changes_once_the_edition_is_over():
    edition = make_edition(state=EditionState.CLOSED)
    entry, booth = make_entry(edition), make_booth(edition)

    for act in (
        lambda: entries.edit(entry, {"last_entry_minutes": 30}, by="test"),
        lambda: entries.set_openings(entry, {SATURDAY: parse_day("9-10")}, by="test"),
        lambda: entries.give_booth(entry, booth, by="test"),
        lambda: entries.move(entry, EntryState.WITHDRAWN, by="test"),
    ):
        with pytest.raises(EntryError, match="終了"), transaction():
            act()


def test_hours_at_the_booth_leave_those_at_the_factory():
    entry = make_entry()
    before = hours_at(entry, OpeningPlace.ENTRANCE)

    with transaction():
        entries.set_openings(entry, {SUNDAY: parse_day("9-17")}, by="test", place=OpeningPlace.BOOTH)

    assert hours_at(entry, OpeningPlace.ENTRANCE) == before
    assert hours_at(entry, OpeningPlace.BOOTH) == {SUNDAY: "9:00-17:00"}


def test_a_booth_of_another_edition_is_no_booth_here():
    entry, elsewhere = make_entry(), make_booth(make_edition())

    with pytest.raises(EntryError), transaction():
        entries.give_booth(entry, elsewhere, by="test")


@pytest.mark.parametrize("minutes", [-1, MOST_LAST_ENTRY + 1])
def test_the_last_entry_lies_within_the_hours_before_closing(minutes):
    entry = make_entry()

    with transaction():
        entries.edit(entry, {"last_entry_minutes": MOST_LAST_ENTRY}, by="test")
    with pytest.raises(EntryError), transaction():
        entries.edit(entry, {"last_entry_minutes": minutes}, by="test")


def test_hours_may_follow_upon_each_other_six_times_a_day():
    stretches = [f"{hour}-{hour + 1}" for hour in range(9, 9 + MOST_STRETCHES + 1)]

    assert len(parse_day(", ".join(stretches[:MOST_STRETCHES]))) == MOST_STRETCHES
    with pytest.raises(HoursError):
        parse_day(", ".join(stretches))


# --- out of a sheet ------------------------------------------------------------------------------------------------


def known_entry(edition, **values):
    return make_entry(
        edition, make_factory(edition.festival, import_key="K1", name=texts("山田", "")), **values
    )


def test_hours_of_a_sheet_for_a_gathering_are_those_of_the_booth():
    edition = make_edition(style=Style.GATHERING)
    entry = known_entry(edition)
    at_home = hours_at(entry, OpeningPlace.ENTRANCE)

    bring_in(
        edition, "管理番号,工場名,公開日,公開時間\nK1,山田,11/28(土),9:00-12:00\n,鈴木,11/28(土),9:00-12:00\n"
    )

    new = db.session.query(Entry).order_by(Entry.id.desc()).first()
    assert hours_at(entry, OpeningPlace.ENTRANCE) == at_home
    assert hours_at(entry, OpeningPlace.BOOTH) == {SATURDAY: "9:00-12:00"}
    assert (new.at_factory, hours_at(new, OpeningPlace.BOOTH)) == (False, {SATURDAY: "9:00-12:00"})


def test_the_same_sheet_twice_changes_nothing_at_a_gathering_either():
    edition = make_edition(style=Style.GATHERING)
    sheet = "管理番号,工場名,公開日,公開時間\nK1,山田,11/28(土),9:00-12:00\n"
    bring_in(edition, sheet)

    again = bring_in(edition, sheet)

    assert db.session.query(Entry).one().version == 1
    assert [line["changes"] for line in again["lines"]] == [[]]


def test_hours_of_a_sheet_leave_those_of_the_booth():
    edition = make_edition()
    entry = known_entry(edition, open_days=False)
    with transaction():
        entry.openings = [
            Opening(date=SUNDAY, place=OpeningPlace.BOOTH, opens=time(10), closes=time(16)),
        ]

    bring_in(edition, "管理番号,工場名,公開日,公開時間\nK1,山田,11/28(土),9:00-12:00\n")

    assert hours_at(entry, OpeningPlace.BOOTH) == {SUNDAY: "10:00-16:00"}
    assert hours_at(entry, OpeningPlace.ENTRANCE) == {SATURDAY: "9:00-12:00"}


def test_this_year_s_message_keeps_the_language_that_the_sheet_does_not_have():
    edition = make_edition()
    entry = known_entry(edition, message=texts("鍛冶", "Forging"))

    bring_in(edition, "管理番号,工場名,今年のひとこと\nK1,山田,鍛冶の実演\n")

    db.session.refresh(entry)
    assert entry.message == {"ja": "鍛冶の実演", "en": "Forging"}


def test_pages_of_years_gone_by_are_not_made_anew_by_a_sheet():
    festival = make_festival()
    old = make_edition(festival, slug="2025", state=EditionState.CLOSED)
    before = old.content_version

    bring_in(make_edition(festival), "工場名\n山田\n")

    db.session.refresh(old)
    assert old.content_version == before
