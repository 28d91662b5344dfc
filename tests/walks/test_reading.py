"""Reading extracts: the two formats, cutting to an area, and files that are not what they should be."""

import gzip

import osmium
import pytest

from eventapp.walks.earth import Box
from eventapp.walks.graph import GraphError, parse_graph
from eventapp.walks.reading import ExtractError, read_extract
from eventapp.walks.streets import load_graph
from eventapp.walks.tagging import parse_incline, parse_width
from tests.walks.towns import at


def write_pbf(town, path):
    town.path.write_text(town.text(), encoding="utf-8")
    with osmium.SimpleWriter(str(path)) as writer:
        for item in osmium.FileProcessor(str(town.path)):
            writer.add(item)
    return path


def kind_of(path):
    with pytest.raises(ExtractError) as trouble:
        read_extract(path)
    return trouble.value.kind


def test_both_formats_and_packed_files_give_the_same_graph(block, tmp_path):
    graph = block.graph()
    packed = tmp_path / "packed.bin"
    packed.write_bytes(gzip.compress(block.text().encode()))

    assert read_extract(write_pbf(block, tmp_path / "town.osm.pbf")) == graph
    assert read_extract(packed) == graph
    assert (graph.node_count, graph.edge_count) == (4, 4)


def test_area_cuts_ways_at_its_edge(block):
    south, west = at(-10, -10)
    north, east = at(110, 50)

    graph = block.graph(area=Box(south, west, north, east))

    assert graph.edge_count == 1


def test_ways_the_organizer_excludes_are_left_out(block):
    number = block.way("ac", highway="footway")

    assert block.graph().edge_count == 5
    assert block.graph(without={number}).edge_count == 4


def test_ways_with_missing_nodes_are_kept_as_far_as_they_go(block):
    block.way("a b nowhere c d", highway="footway")

    assert block.graph().edge_count == 6


def test_progress_is_told(block):
    heard = []

    block.graph(progress=heard.append)

    assert heard == [0]


def test_empty_file(tmp_path):
    (tmp_path / "x.osm").write_bytes(b"  \n")

    assert kind_of(tmp_path / "x.osm") == "empty"


def test_absent_file(tmp_path):
    assert kind_of(tmp_path / "absent.osm") == "broken"


@pytest.mark.parametrize("content", [b"PK\x03\x04zip", b"%PDF-1.7", "工場".encode(), b"lat,lon\n1,2\n"])
def test_file_of_another_kind(tmp_path, content):
    (tmp_path / "x.osm.pbf").write_bytes(content)

    assert kind_of(tmp_path / "x.osm.pbf") == "not_osm"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_file_cut_off(block, tmp_path, share):
    text = block.text().encode()
    (tmp_path / "x.osm").write_bytes(text[: int(len(text) * share)])
    whole = write_pbf(block, tmp_path / "town.osm.pbf").read_bytes()
    (tmp_path / "x.osm.pbf").write_bytes(whole[: int(len(whole) * share)])

    assert kind_of(tmp_path / "x.osm") == "broken"
    assert kind_of(tmp_path / "x.osm.pbf") == "broken"


def test_xml_that_is_no_map(tmp_path):
    (tmp_path / "x.osm").write_text('<?xml version="1.0"?><svg/>')

    assert kind_of(tmp_path / "x.osm") == "broken"


def test_entity_bomb_is_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><osm version="0.6">&b;</osm>'
    (tmp_path / "x.osm").write_text(bomb)

    assert kind_of(tmp_path / "x.osm") == "broken"


def test_map_without_streets(town):
    town.node("a", 0, 0)
    town.node("b", 10, 0)
    town.way("ab", waterway="river")

    with pytest.raises(ExtractError) as trouble:
        town.graph()

    assert trouble.value.kind == "no_streets"


def test_other_country_has_no_streets_in_the_area(block):
    with pytest.raises(ExtractError) as trouble:
        block.graph(area=Box(60.1, 24.9, 60.2, 25.0))

    assert trouble.value.kind == "no_streets"


def test_station_entrances_and_named_crossings_are_remembered(block):
    block.node("e", 50, 3, railway="subway_entrance", ref="A3")
    block.node("x", 100, 0, highway="traffic_signals", name="本町")

    graph = block.graph()

    assert [entrance.names for entrance in graph.entrances()] == [{"ja": "A3"}]
    assert {"ja": "本町"} in [landmark.names for landmark in graph.landmarks]


def test_stored_graph_comes_back(block, tmp_path):
    graph = block.graph()
    stored = tmp_path / "town.graph"
    stored.write_bytes(graph.dump())

    assert parse_graph(graph.dump()) == graph == load_graph(stored)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:40], lambda data: b"OTHER" + data, lambda data: data[:-9]]
)
def test_damaged_store_is_noticed(block, damage):
    with pytest.raises(GraphError):
        parse_graph(damage(block.graph().dump()))


@pytest.mark.parametrize(
    ("text", "percent"),
    [("8%", 8), ("-12.5 %", 12.5), ("10", 10), ("45°", 100), ("up", 0), ("", 0), ("steep", 0), ("7,5%", 7.5)],
)
def test_incline_is_read_in_percent(text, percent):
    assert parse_incline(text) == pytest.approx(percent)


@pytest.mark.parametrize(
    ("text", "metres"), [("0.8", 0.8), ("80 cm", 0.8), ("1,2 m", 1.2), ("narrow", float("inf"))]
)
def test_width_is_read_in_metres(text, metres):
    assert parse_width(text) == metres
