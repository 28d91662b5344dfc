"""Shuttle lines as they are typed, feeds as they are kept, and both in a plan."""

import io
from datetime import time
from pathlib import Path

import pytest

from eventapp.db import transaction
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated
from eventapp.walks import lines, planning, riding, sentences
from eventapp.walks.lines import LineRefused
from eventapp.walks.models import Timetable
from tests.builders import SATURDAY, SUNDAY, make_organizer
from tests.walks.festival import ROUNDS, ask, forget_everything, make_trail, spot
from tests.walks.test_gtfs import pack
from tests.walks.towns import at

pytestmark = pytest.mark.usefixtures("app", "english")
NAME, NOTE = Translated({"ja": "無料バス", "en": "Free bus"}), Translated({})


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


def stops(*xs: float) -> list[dict[str, object]]:
    return [{"name": {"ja": f"{x}"}, "lat": at(x, 0)[0], "lon": at(x, 0)[1]} for x in xs]


def save(edition: Edition, trips: list[list[str]], *xs: float, **values: object) -> Timetable:
    person = make_organizer(edition.festival)
    with transaction():
        return lines.save_timetable(
            None, edition, name=NAME, note=NOTE, stops=stops(*xs), trips=trips, by=person, **values
        )  # type: ignore[arg-type]


def test_times_are_read_as_people_type_them() -> None:
    assert lines.parse_trips("10:00 10:05 10:12\n\n１１時, - ,1112\n", 3) == [
        ["10:00", "10:05", "10:12"],
        ["11:00", "", "11:12"],
    ]
    assert lines.show_trips([["10:00", "", "10:12"]]) == "10:00 - 10:12"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10:00 10:05", "Line 1 has 2 times, but there are 3 stops"),
        ("10:00 10:05 10:10\n10:00 noon 10:10", "Line 2: “noon” is no time"),
        ("10:00 09:50 10:10", "The times in line 1 do not rise"),
        ("10:00 - -", "The times in line 1 do not rise"),
    ],
)
def test_what_cannot_be_read_names_its_line(text: str, words: str) -> None:
    with pytest.raises(LineRefused, match=words):
        lines.parse_trips(text, 3)


def test_a_line_needs_stops_trips_and_days_of_the_edition() -> None:
    edition, _entries = make_trail(1)
    trips = [["10:00", "10:10"]]
    for change, field in (
        ({"xs": (0,)}, "stops"),
        ({"trips": []}, "trips"),
        ({"trips": [["10:00"]]}, "trips"),
        ({"dates": [SATURDAY.replace(day=1)]}, "dates"),
    ):
        with pytest.raises(LineRefused) as caught:
            save(
                edition,
                change.get("trips", trips),
                *change.get("xs", (0, 1000)),
                dates=change.get("dates", ()),
            )  # type: ignore[arg-type]
        assert caught.value.field == field


def test_a_line_runs_on_its_days_only_and_counts_a_version() -> None:
    edition, _entries = make_trail(1)
    before = riding.running(edition)
    timetable = save(edition, [["10:00", "10:10"]], 0, 1000, dates=[SUNDAY])

    assert before.is_nothing
    assert not riding.running(edition).is_nothing
    assert riding.service_on(edition, riding.running(edition), SATURDAY).connections == []
    assert len(riding.service_on(edition, riding.running(edition), SUNDAY).connections) == 1
    person = make_organizer(edition.festival)
    with transaction():
        lines.remove_timetable(timetable, by=person)
    assert riding.running(edition).is_nothing


def test_a_plan_takes_the_bus_where_it_is_quicker(tmp_path: Path) -> None:
    edition, entries = make_trail(2)
    lat, lon = at(6000, 0)
    with transaction():
        entries[1].factory.lat, entries[1].factory.lon = lat, lon
    save(edition, [["10:40", "10:50"], ["11:40", "11:50"]], 0, 6000)

    request = ask(lunch=False, start=time(10), end=time(12)).but(start=spot(-100))
    proposal = planning.with_lines(
        edition, request, planning.one(edition, request, tmp_path, rounds=ROUNDS), tmp_path
    )

    assert [stop.name.text("en") for stop in proposal.stops] == ["Works 0", "Works 1"]
    leg = proposal.days[0].legs[1]
    assert leg is not None
    assert [(str(ride.line), ride.board.text(), ride.alight.text()) for ride in leg.rides] == [
        ("Free bus", "0", "6000")
    ]
    assert leg.metres == 0
    assert "by Free bus" in sentences.of_leg(leg)


def test_an_own_point_is_reached_by_bus_too(tmp_path: Path) -> None:
    edition, _entries = make_trail(1)
    save(edition, [["10:05", "10:15"], ["15:00", "15:10"]], 6000, 0)
    back = save(edition, [["11:00", "11:10"]], 0, 6000)

    request = ask(lunch=False, start=time(10), end=time(11, 30)).but(start=spot(6100), end=spot(6100))
    proposal = planning.one(edition, request, tmp_path, rounds=ROUNDS)

    legs = proposal.days[0].legs
    assert [bool(leg and leg.rides) for leg in legs] == [True, True]
    assert back.version == 1


def test_a_feed_is_read_outside_and_kept_inside_a_transaction(tmp_path: Path) -> None:
    edition, _entries = make_trail(1)
    found, sha256 = lines.read_upload(edition, pack())
    person = make_organizer(edition.festival)
    for _time in range(2):  # the same file again replaces itself
        with transaction():
            feed = lines.save_feed(edition, found, sha256, "bus.zip", by=person)

    assert lines.feeds_of(edition.id) == [feed]
    assert feed.report == {"stops": 2, "trips": 2, "silent": []}
    assert len(riding.service_on(edition, riding.running(edition), SATURDAY).connections) == 1
    with transaction():
        lines.remove_feed(feed, by=person)
    assert riding.running(edition).is_nothing


def test_a_feed_without_a_festival_to_serve_is_refused() -> None:
    from eventapp.walks.feed_archive import FeedRefused
    from tests.builders import make_edition

    with pytest.raises(FeedRefused, match="Enter the days"):
        lines.read_upload(make_edition(), io.BytesIO(b"x"))
