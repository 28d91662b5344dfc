"""Now, near here: what is open, has room and is reached in time, by when one could be inside."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eventapp import clock
from eventapp.db import transaction
from eventapp.walks import near
from eventapp.walks.asking import Spot
from eventapp.walks.earth import CoordinateError
from tests.builders import make_programme, make_slot
from tests.walks.festival import forget_everything, make_trail, spot

pytestmark = pytest.mark.usefixtures("app", "english")
ELEVEN = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


def test_the_nearest_open_door_comes_first(tmp_path: Path) -> None:
    edition, _entries = make_trail(3)

    with clock.stopped_at(ELEVEN):
        found = near.find_open(edition, spot(450), tmp_path)

    assert [one.name.text("en") for one in found] == ["Works 2", "Works 1", "Works 0"]
    assert [one.minutes for one in found] == [1, 5, 8]
    assert found[0].inside_at == ELEVEN + timedelta(minutes=1)
    assert found[0].until == ELEVEN + timedelta(hours=1)
    assert found[0].is_estimated


def test_before_lunch_the_afternoon_is_named(tmp_path: Path) -> None:
    edition, _entries = make_trail(1)

    with clock.stopped_at(ELEVEN + timedelta(minutes=55)):
        found = near.find_open(edition, spot(0), tmp_path)

    assert [one.inside_at for one in found] == [ELEVEN + timedelta(hours=2)]


def test_a_tour_with_room_that_starts_soon(tmp_path: Path) -> None:
    edition, entries = make_trail(1)
    programme = make_programme(entries[0])
    make_slot(programme, starts_at=ELEVEN + timedelta(minutes=4))  # five minutes early is no longer possible
    make_slot(programme, starts_at=ELEVEN + timedelta(minutes=20), capacity=8, seats_taken=7)
    good = make_slot(programme, starts_at=ELEVEN + timedelta(minutes=80), minutes=30)

    with clock.stopped_at(ELEVEN + timedelta(seconds=30)):
        now = near.find_open(edition, spot(0), tmp_path, party=2)
        with clock.stopped_at(ELEVEN + timedelta(minutes=58)):
            later = near.find_open(edition, spot(0), tmp_path, party=2)

    assert now[0].slot is None  # the open door is earlier
    assert [(one.slot, one.left) for one in later] == [(good.code, 8)]


def test_nothing_on_another_day_or_far_away(tmp_path: Path) -> None:
    edition, _entries = make_trail(1)
    assert near.find_open(edition, spot(0), tmp_path) == []
    with clock.stopped_at(ELEVEN):
        assert near.find_open(edition, spot(400_000), tmp_path) == []
        assert near.find_open(edition, spot(20_000), tmp_path) == []
        with pytest.raises(CoordinateError):
            near.find_open(edition, Spot(float("nan"), 139.7), tmp_path)


def test_after_the_last_entry_nobody_is_let_in(tmp_path: Path) -> None:
    edition, entries = make_trail(1)
    with transaction():
        entries[0].last_entry_minutes = 60
    minutes = []
    for minute in (54, 59):  # 14:54 and 14:59, three minutes away; the doors close at four
        with clock.stopped_at(ELEVEN + timedelta(hours=3, minutes=minute)):
            minutes.append(
                [(one.inside_at, one.until) for one in near.find_open(edition, spot(180), tmp_path)]
            )

    assert minutes == [[(ELEVEN + timedelta(hours=3, minutes=57), ELEVEN + timedelta(hours=5))], []]


def test_a_tour_that_cannot_be_reached_in_time_is_not_told(tmp_path: Path) -> None:
    edition, entries = make_trail(1)
    entry = entries[0]
    with transaction():
        entry.openings.clear()
    make_slot(make_programme(entry), starts_at=ELEVEN)  # 800 m: thirteen minutes, two in hand, five early

    found = []
    for minutes in (22, 20):
        with clock.stopped_at(ELEVEN - timedelta(minutes=minutes)):
            found.append(len(near.find_open(edition, spot(800), tmp_path)))

    assert found == [1, 0]
