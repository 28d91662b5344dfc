"""The made-up town: the same every time, whole, and fit to be walked."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from eventapp.demo import kinds, pictures
from eventapp.demo.plane import to_segment
from eventapp.demo.town import Point, Town, TownProgramme, geojson_layers, make_town, write_osm

METRES_LAT, METRES_LON = 111_320.0, 85_320.0
ENGLISH_MISSING = {"ichijo-bead", "konayuki-an"}


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town()


@pytest.fixture(scope="module")
def osm(town: Town, tmp_path_factory: pytest.TempPathFactory) -> ElementTree.Element:
    path = tmp_path_factory.mktemp("osm") / "town.osm"
    write_osm(town, path)
    return ElementTree.parse(path).getroot()


def programmes(town: Town) -> list[TownProgramme]:
    hosted = [p for factory in town.factories for p in factory.programmes]
    return [*hosted, *town.venue.programmes, *town.committee_programmes]


def plane(point: Point) -> tuple[float, float]:
    return point.lon * METRES_LON, point.lat * METRES_LAT


def streets(osm: ElementTree.Element) -> Iterator[tuple[dict[str, str], list[str]]]:
    for way in osm.iter("way"):
        tags = {tag.attrib["k"]: tag.attrib["v"] for tag in way.iter("tag")}
        if "highway" in tags:
            yield tags, [nd.attrib["ref"] for nd in way.iter("nd")]


def node_tags(osm: ElementTree.Element) -> list[dict[str, str]]:
    return [{tag.attrib["k"]: tag.attrib["v"] for tag in node.iter("tag")} for node in osm.iter("node")]


def reachable(osm: ElementTree.Element) -> set[str]:
    near: dict[str, set[str]] = {}
    for _, refs in streets(osm):
        for a, b in pairwise(refs):
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
    start = next(iter(near))
    seen, queue = {start}, [start]
    while queue:
        for node in near[queue.pop()] - seen:
            seen.add(node)
            queue.append(node)
    return seen


def test_town_is_the_same_every_time(town: Town, tmp_path: Path) -> None:
    again = make_town.__wrapped__()

    write_osm(town, tmp_path / "one.osm")
    write_osm(again, tmp_path / "two.osm")

    assert hashlib.sha256(repr(again).encode()).digest() == hashlib.sha256(repr(town).encode()).digest()
    assert (tmp_path / "one.osm").read_bytes() == (tmp_path / "two.osm").read_bytes()


def test_another_seed_makes_another_town(town: Town) -> None:
    assert make_town(1).ground.ways != town.ground.ways


def test_town_has_what_the_demo_promises(town: Town) -> None:
    assert len(town.factories) == 28
    assert {factory.craft for factory in town.factories} == set(get_args(kinds.Craft))
    assert [booth.number for booth in town.venue.booths] == list(range(1, 19))
    assert Counter(f.cluster for f in town.factories)["apart"] == 3
    assert {p.kind for p in programmes(town)} == set(get_args(kinds.ProgrammeKind))
    assert {place.kind for place in town.places} == set(get_args(kinds.PlaceKind))
    assert sum(place.kind == "information" for place in town.places) == 2


def test_something_is_missing_on_purpose(town: Town) -> None:
    assert sum(factory.entrance_approximate for factory in town.factories) == 3
    assert {f.key for f in town.factories if not f.story.en} == ENGLISH_MISSING
    assert [f.key for f in town.factories if f.photos == 0] == ["kesoroe-brushes"]


def test_no_two_names_are_the_same(town: Town) -> None:
    for names in (
        [f.key for f in town.factories],
        [f.name.ja for f in town.factories],
        [f.name.en for f in town.factories],
        [f.kana for f in town.factories],
        [f.address.ja for f in town.factories],
        [f.story.ja for f in town.factories],
        [p.key for p in programmes(town)],
        [p.title.ja for p in programmes(town)],
        [place.key for place in town.places],
        [place.name.ja for place in town.places],
    ):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_text_is_written(town: Town) -> None:
    for factory in town.factories:
        needed = [
            factory.name,
            factory.products,
            factory.story,
            factory.address,
            factory.access,
            factory.parking,
        ]
        needed += [text for p in factory.programmes for text in (p.title, p.description)]
        assert all(text.ja.strip() for text in needed)
        assert 1 <= len(factory.programmes) <= 4
        if factory.key not in ENGLISH_MISSING:
            assert all(text.en.strip() for text in needed), factory.key
    for text in (
        text
        for p in (*town.venue.programmes, *town.committee_programmes)
        for text in (p.title, p.description)
    ):
        assert text.ja.strip() and text.en.strip()


def test_no_access_text_keeps_its_gap(town: Town) -> None:
    assert not [f.key for f in town.factories if "{" in f.access.ja + f.access.en]
    assert "{" not in town.venue.access.ja


def test_points_lie_inside_the_town(town: Town) -> None:
    low, high = town.ground.south_west, town.ground.north_east
    points = [p for f in town.factories for p in (f.address_point, f.entrance)]
    points += [place.point for place in town.places] + list(town.station_entrances) + [town.venue.entrance]
    for point in [*points, *(node.point for node in town.ground.nodes)]:
        assert low.lat <= point.lat <= high.lat and low.lon <= point.lon <= high.lon
    assert 2_900 < (high.lon - low.lon) * METRES_LON < 3_100
    assert 2_400 < (high.lat - low.lat) * METRES_LAT < 2_600


def test_entrance_is_not_simply_the_address(town: Town) -> None:
    assert all(f.entrance_approximate or f.entrance != f.address_point for f in town.factories)


def test_streets_reach_every_entrance(town: Town, osm: ElementTree.Element) -> None:
    points = {
        node.attrib["id"]: (float(node.attrib["lon"]) * METRES_LON, float(node.attrib["lat"]) * METRES_LAT)
        for node in osm.iter("node")
    }
    connected = reachable(osm)
    pieces = [(points[a], points[b]) for _, refs in streets(osm) for a, b in pairwise(refs)]
    assert connected >= {ref for _, refs in streets(osm) for ref in refs}
    goals = {f.key: f.entrance for f in town.factories} | {"hall": town.venue.entrance}
    goals |= {f"station {number}": point for number, point in enumerate(town.station_entrances)}
    for key, goal in goals.items():
        assert min(to_segment(plane(goal), a, b) for a, b in pieces) <= 30, key


def test_osm_has_what_walkers_and_wheels_need(osm: ElementTree.Element) -> None:
    ways = [tags for tags, _ in streets(osm)]
    kinds_of_way = {tags["highway"] for tags in ways}
    nodes = node_tags(osm)
    assert kinds_of_way >= {"primary", "secondary", "tertiary", "residential", "footway", "path", "steps"}
    assert any(tags.get("wheelchair") == "no" and tags.get("surface") == "sett" for tags in ways)
    assert sum("bridge" in tags for tags in ways) >= 5
    assert sum(tags.get("highway") == "traffic_signals" for tags in nodes) >= 5
    assert {tags["kerb"] for tags in nodes if "kerb" in tags} == {"lowered", "raised"}
    assert any(tags.get("railway") == "level_crossing" for tags in nodes)
    assert all(len(refs) > 1 for _, refs in streets(osm))


def test_footbridge_does_not_touch_the_street_below(osm: ElementTree.Element) -> None:
    bridge = next(set(refs) for tags, refs in streets(osm) if tags.get("name") == "本町歩道橋")
    street = {ref for tags, refs in streets(osm) if tags.get("name") == "本町通り" for ref in refs}

    assert not bridge & street


def test_base_map_is_small_and_rounded(town: Town) -> None:
    data = json.dumps(geojson_layers(town), ensure_ascii=False, separators=(",", ":")).encode()

    assert len(data) <= 120_000
    assert len(gzip.compress(data)) <= 30_000
    for number in numbers(geojson_layers(town)):
        assert round(number, 5) == number


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, float):
        yield value


def test_slots_follow_their_entry_mode(town: Town) -> None:
    for programme in programmes(town):
        assert (programme.capacity is not None) == (programme.entry == "booking"), programme.key
        assert bool(programme.slots) == (programme.entry != "open"), programme.key
        for pattern in programme.slots:
            assert pattern.day in (0, 1)
            assert list(pattern.starts) == sorted(set(pattern.starts))
            assert all(time(8) <= start <= time(17) for start in pattern.starts)


def test_slots_at_a_factory_start_on_its_open_days(town: Town) -> None:
    for factory in town.factories:
        days = {hours.day for hours in factory.hours}
        for programme in factory.programmes:
            if programme.place == "entrance":
                assert {pattern.day for pattern in programme.slots} <= days, programme.key


def test_slots_are_shaped_like_real_ones(town: Town) -> None:
    booked = [
        p for f in town.factories for p in f.programmes if p.entry == "booking" and p.place == "entrance"
    ]
    tours = sorted(p.minutes for p in booked if p.kind == "tour")
    capacities = sorted(p.capacity or 0 for p in booked)
    prices = [p.price_yen for p in booked if p.kind == "workshop"]

    assert tours[len(tours) // 2] == 50
    assert 6 <= capacities[len(capacities) // 2] <= 12
    assert sum(500 <= price <= 2_500 for price in prices) / len(prices) > 0.7
    assert all(p.price_yen == 0 for p in booked if p.kind == "tour")


def test_bus_and_walk_call_at_three_factories(town: Town) -> None:
    keys = {factory.key for factory in town.factories}
    places = {place.key for place in town.places}
    for programme in town.committee_programmes:
        assert programme.meeting_place in places
        assert {visit.factory for visit in programme.visits} <= keys
        assert len(programme.visits) == (0 if programme.entry == "timed" else 3)
        assert all(v.after_minutes + v.stay_minutes <= programme.minutes for v in programme.visits)


def test_hours_end_after_the_last_entry(town: Town) -> None:
    for hours in (*(f.hours for f in town.factories), town.venue.hours):
        for day in hours:
            for window in day.windows:
                assert window.opens < window.last_entry <= window.closes
    assert sum(len(day.windows) == 2 for f in town.factories for day in f.hours) > 25
    assert sum(len(f.hours) == 1 for f in town.factories) >= 6


def test_pictures_are_the_same_every_time(town: Town) -> None:
    factory = town.factories[0]

    picture = pictures.draw_factory(factory, 0)

    assert picture.size == (1600, 1067)
    assert picture.tobytes() == pictures.draw_factory(factory, 0).tobytes()


def test_every_factory_has_two_pictures_of_its_own(town: Town) -> None:
    seen = {
        hashlib.sha256(pictures.draw_factory(factory, index).tobytes()).digest()
        for factory in town.factories
        for index in (0, 1)
    }

    assert len(seen) == 56


def test_cover_is_wide_and_logo_square(town: Town) -> None:
    assert pictures.draw_cover(town).size == (1920, 800)
    assert pictures.draw_logo().size == (512, 512)


def test_a_third_picture_is_refused(town: Town) -> None:
    with pytest.raises(ValueError, match="pictures 0 and 1"):
        pictures.draw_factory(town.factories[0], 2)
