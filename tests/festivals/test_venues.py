"""Booth numbers, and what keeps a booth."""

import pytest

from eventapp.db import db, transaction
from eventapp.factories.models import Entry
from eventapp.festivals import venues
from eventapp.festivals.models import Booth
from eventapp.festivals.venues import BoothError, parse_booths, show_booths
from tests.builders import make_edition, make_entry, make_organizer, make_venue, texts

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        ("A-1..A-3, B-1", ["A-1", "A-2", "A-3", "B-1"]),
        ("A-1〜3", ["A-1", "A-2", "A-3"]),
        ("Ａ－１～Ａ－２", ["A-1", "A-2"]),
        ("01..03", ["01", "02", "03"]),
        ("9..11", ["9", "10", "11"]),
        ("入口 奥、奥", ["入口", "奥"]),
    ],
)
def test_parse_booths(text, numbers):
    assert parse_booths(text) == numbers
    assert parse_booths(show_booths(numbers)) == numbers


@pytest.mark.parametrize("text", ["A-1..B-3", "A-9..A-1", "1..9999", "x" * 21, "1..400 401..800"])
def test_parse_booths_refuses(text):
    with pytest.raises(BoothError):
        parse_booths(text)


def test_save_keeps_the_factory_at_a_booth_whose_number_stays():
    edition = make_edition()
    by, venue = make_organizer(edition.festival), make_venue(edition)
    values = {"name": texts("会館"), "description": texts(""), "address": texts("")}
    with transaction():
        venues.save(venue, edition, values, ["A-1", "A-2"], by=by)
    booth = db.session.query(Booth).filter_by(number="A-2").one()
    entry = make_entry(edition, booth_id=booth.id)

    with transaction():
        venues.save(venue, edition, values, ["A-0", "A-2", "A-3"], by=by)

    assert [one.number for one in venue.booths] == ["A-0", "A-2", "A-3"]
    assert db.session.get(Entry, entry.id).booth.number == "A-2"
