"""Calendar files, read by a parser of the tests' own, written from RFC 5545."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp.calendars import CalendarEvent, calendar

EVENT = CalendarEvent(
    uid="slot-K7X2M9QA@festival.example.jp",
    starts_at=datetime(2025, 11, 29, 1, 0, tzinfo=UTC),
    ends_at=datetime(2025, 11, 29, 2, 30, tzinfo=UTC),
    summary="旋盤を回す",
    updated_at=datetime(2025, 11, 1, 12, 0, tzinfo=UTC),
    description="持ち物: 長ズボン\n料金; 500円, 現地払い",
    location="大田区下丸子1-5-19",
    lat=35.567905,
    lon=139.688589,
    url="https://festival.example.jp/2025/slots/K7X2M9QA?a=1,2;3",
    sequence=3,
)


def parse(content):
    """The tree of components: {"name", "lines": [(property, parameters, value)], "parts"}."""
    assert content.endswith(b"\r\n")
    lines = content.replace(b"\r\n ", b"").split(b"\r\n")[:-1]
    root = {"name": "", "lines": [], "parts": []}
    open_components = [root]
    for raw in lines:
        text = raw.decode("utf-8")
        assert not [
            character for character in text if ord(character) < 32 or character in "\x7f\x85\u2028\u2029"
        ]
        head, value = split_head(text)
        name, *parameters = head.split(";")
        if name == "BEGIN":
            component = {"name": value, "lines": [], "parts": []}
            open_components[-1]["parts"].append(component)
            open_components.append(component)
        elif name == "END":
            assert open_components.pop()["name"] == value
        else:
            open_components[-1]["lines"].append((name, dict(it.split("=", 1) for it in parameters), value))
    assert open_components == [root]
    return root["parts"][0]


def split_head(line):
    quoted = False
    for place, character in enumerate(line):
        quoted ^= character == '"'
        if character == ":" and not quoted:
            return line[:place], line[place + 1 :]
    raise AssertionError(f"no value in {line!r}")


def unescape(value):
    text, rest = "", iter(value)
    for character in rest:
        if character == "\\":
            character = next(rest)
            text += "\n" if character in "nN" else character
        else:
            assert character not in ",;"
            text += character
    return text


def values(component):
    names = [name for name, _, _ in component["lines"]]
    assert len(names) == len(set(names))
    return {name: value for name, _, value in component["lines"]}


def entries(content):
    return [part for part in parse(content)["parts"] if part["name"] == "VEVENT"]


def test_an_entry_says_everything():
    (entry,) = entries(calendar("おおたオープンファクトリー", [EVENT]))

    found = values(entry)
    assert found["UID"] == EVENT.uid
    assert (found["DTSTART"], found["DTEND"]) == ("20251129T100000", "20251129T113000")
    assert (found["DTSTAMP"], found["LAST-MODIFIED"]) == ("20251101T120000Z", "20251101T120000Z")
    assert unescape(found["SUMMARY"]) == EVENT.summary
    assert unescape(found["DESCRIPTION"]) == EVENT.description
    assert unescape(found["LOCATION"]) == EVENT.location
    assert found["GEO"] == "35.567905;139.688589"
    assert found["URL"] == EVENT.url
    assert (found["SEQUENCE"], found["STATUS"]) == ("3", "CONFIRMED")
    assert {parameters["TZID"] for name, parameters, _ in entry["lines"] if name in ("DTSTART", "DTEND")} == {
        "Asia/Tokyo"
    }


def test_the_calendar_brings_its_time_zone_and_name():
    book = parse(calendar("おおた, 2025", [EVENT]))

    zones = [part for part in book["parts"] if part["name"] == "VTIMEZONE"]
    assert [values(zone)["TZID"] for zone in zones] == ["Asia/Tokyo"]
    assert values(zones[0]["parts"][0])["TZOFFSETTO"] == "+0900"
    found = values(book)
    assert (found["VERSION"], found["CALSCALE"]) == ("2.0", "GREGORIAN")
    assert unescape(found["X-WR-CALNAME"]) == "おおた, 2025"
    assert "METHOD" not in found
    assert found["REFRESH-INTERVAL"] == "PT1H"


def test_another_zone_and_a_method_can_be_asked_for():
    book = parse(calendar("x", [EVENT], zone="Europe/Berlin", method="CANCEL"))

    assert values(book)["METHOD"] == "CANCEL"
    (entry,) = [part for part in book["parts"] if part["name"] == "VEVENT"]
    assert values(entry)["DTSTART"] == "20251129T020000"


def test_a_cancelled_entry_keeps_its_uid():
    (entry,) = entries(calendar("x", [replace(EVENT, status="CANCELLED", sequence=4)]))

    found = values(entry)
    assert (found["UID"], found["STATUS"], found["SEQUENCE"]) == (EVENT.uid, "CANCELLED", "4")


def test_what_is_not_known_is_left_out():
    bare = replace(EVENT, description="", location="", lat=None, url="javascript:alert(1)")

    assert not {"DESCRIPTION", "LOCATION", "GEO", "URL"} & set(values(entries(calendar("x", [bare]))[0]))


def test_the_same_events_give_the_same_bytes_and_an_empty_calendar_is_one():
    assert calendar("x", [EVENT]) == calendar("x", iter([EVENT]))
    assert entries(calendar("x", [])) == []


def test_lines_are_folded_between_characters():
    content = calendar("x", [replace(EVENT, description="旋盤🏭" * 200)])

    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")


@pytest.mark.parametrize("field", ["summary", "description", "location", "uid", "url"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x85", "\u2028", "\u2029", "\x0b", "\x0c"])
def test_no_line_can_be_smuggled_in(field, end):
    evil = replace(
        EVENT, **{field: f"https://x.jp/{end}ATTENDEE:mailto:a@x.jp{end}END:VEVENT{end}BEGIN:VALARM"}
    )

    (entry,) = entries(calendar(f"x{end}METHOD:CANCEL", [evil]))

    assert "ATTENDEE" not in values(entry)
    assert entry["parts"] == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_stays_inside_its_property(summary, description):
    (entry,) = entries(calendar(summary, [replace(EVENT, summary=summary, description=description)]))

    assert unescape(values(entry)["SUMMARY"]).split() == unescape(values(entry)["SUMMARY"]).strip().split()
    assert values(entry)["UID"] == EVENT.uid


@pytest.mark.parametrize(
    "change",
    [
        {"starts_at": EVENT.starts_at.replace(tzinfo=None)},
        {"updated_at": EVENT.updated_at.replace(tzinfo=None)},
        {"status": "MAYBE"},
    ],
)
def test_a_mistake_of_the_caller_is_an_error(change):
    with pytest.raises(ValueError, match="calendar entry"):
        calendar("x", [replace(EVENT, **change)])
    with pytest.raises(ValueError, match="method"):
        calendar("x", [], method="X\r\nY")


def test_an_entry_may_pass_midnight():
    late = replace(
        EVENT, starts_at=EVENT.starts_at + timedelta(hours=13), ends_at=EVENT.starts_at + timedelta(hours=15)
    )

    assert values(entries(calendar("x", [late]))[0])["DTEND"] == "20251130T010000"
