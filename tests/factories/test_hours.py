"""Hours as people type them."""

from datetime import time

import pytest

from eventapp.factories.hours import HoursError, Stretch, Usual, find_usual, parse_day, parse_time, show_day
from tests.builders import SATURDAY, SUNDAY

TEN, NOON, ONE, FOUR = time(10), time(12), time(13), time(16)


@pytest.mark.parametrize("typed", ["10", "10:00", "1000", "10時", "１０：００", " 10.00 ", "10時00分"])
def test_time_is_read_as_people_type_it(typed: str) -> None:
    assert parse_time(typed) == TEN


def test_half_past_is_read() -> None:
    assert (parse_time("10時半"), parse_time("930")) == (time(10, 30), time(9, 30))


@pytest.mark.parametrize(
    "typed", ["", "x", "25", "24:00", "10:60", "9:5", "-1", "10:00:00", "9" * 500, "\ud800"]
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(HoursError):
        parse_time(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "10:00-12:00, 13:00-16:00",
        "10時〜12時、13時〜16時",
        "10-12 13-16",
        "13:00～16:00／10:00～12:00",
        "10から12まで・13から16まで",
    ],
)
def test_day_is_read_with_any_dash(typed: str) -> None:
    assert show_day(parse_day(typed)) == "10:00-12:00, 13:00-16:00"


@pytest.mark.parametrize(
    "typed", ["10", "16-10", "10-12, 11-13", "10-10", "closed", "10-12-14", ",", "1-2," * 7]
)
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(HoursError):
        parse_day(typed)


def test_empty_line_has_no_hours() -> None:
    assert parse_day("  ") == ()


def test_break_parts_the_day() -> None:
    assert Usual(TEN, FOUR, NOON, ONE).stretches() == (Stretch(TEN, NOON), Stretch(ONE, FOUR))
    assert Usual(TEN, FOUR).stretches() == (Stretch(TEN, FOUR),)


@pytest.mark.parametrize(
    "usual",
    [
        Usual(),
        Usual(TEN),
        Usual(FOUR, TEN),
        Usual(TEN, FOUR, NOON),
        Usual(TEN, FOUR, ONE, NOON),
        Usual(TEN, NOON, ONE, FOUR),
    ],
)
def test_usual_hours_out_of_order_are_refused(usual: Usual) -> None:
    with pytest.raises(HoursError):
        usual.stretches()


def test_usual_hours_are_those_of_most_days() -> None:
    short, long = parse_day("10-16"), parse_day("10-12, 13-16")

    assert find_usual({SATURDAY: long, SUNDAY: short}) == Usual(TEN, FOUR, NOON, ONE)
    assert find_usual({SATURDAY: parse_day("9-10, 11-12, 13-14")}) == Usual()
