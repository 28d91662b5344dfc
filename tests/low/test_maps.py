"""The map's parts: one script for all, and data that cannot become script."""

import json
import re

import folium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp import maps
from eventapp.maps import MapColours, Pin, TileSource, as_json, base_data, build_map, map_script

HOSTILE = [
    "</script><script>alert(1)</script>",
    "${alert(1)}",
    "`alert(1)`",
    "<img src=x onerror=alert(1)>",
    "'\"\\",
    "{{7*7}}",
]
GSI = TileSource(
    "https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png",
    "地理院タイル",
    attribution_url="https://maps.gsi.go.jp/",
)
ROADS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "</script>"},
            "geometry": {"type": "LineString", "coordinates": [[139.70000049, 35.5], [139.71, 35.51, 12.0]]},
        },
        {
            "type": "Feature",
            "properties": None,
            "geometry": {"type": "MultiLineString", "coordinates": [[[139.7, 35.5], [139.7, 35.6]]]},
        },
        {"type": "Feature", "properties": {}, "geometry": None},
    ],
}
WATER = {
    "type": "GeometryCollection",
    "geometries": [
        {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]},
        {"type": "MultiPolygon", "coordinates": [[[[3, 3], [4, 3], [4, 4], [3, 3]]]]},
        {"type": "LineString", "coordinates": [[1, 1], [5, 5]]},
        {"type": "Point", "coordinates": [1, 1]},
    ],
}


def make_pin(code="K7X2M9QA", lat=35.5614, lon=139.7161, name="北嶋絞製作所", **more):
    return Pin(code, lat, lon, name, **more)


def items(parts):
    return [item for feature in parts.data["features"] for item in feature["properties"]["items"]]


def test_hostile_names_are_data_and_nothing_else():
    clean = build_map([make_pin()])

    for text in HOSTILE:
        pin = make_pin(
            code=text,
            name=text,
            craft=text,
            craft_name=text,
            number=text,
            icon=text,
            lines=(text,),
            lang=text,
        )
        parts = build_map([pin], credit=text)
        assert parts.script == clean.script
        assert parts.div == clean.div
        assert items(parts)[0]["name"] == text
        assert not set(as_json(parts.data)) & set("<>&'\u2028")
        assert json.loads(as_json(parts.data))["features"] == parts.data["features"]


@given(st.text())
def test_any_name_survives_as_json(name):
    written = as_json({"name": name})

    assert json.loads(written) == {"name": name}
    assert not set(written) & set("<>&'\u2028\u2029")


def test_two_renderings_are_identical():
    first, second = (
        build_map([make_pin()], base={"roads": ROADS}),
        build_map([make_pin()], base={"roads": ROADS}),
    )

    assert first == second
    assert first.version == second.version
    assert map_script() == first.script
    assert re.fullmatch(r"[0-9a-f]{12}", first.version)


def test_no_foreign_address_is_in_script_or_element():
    parts = build_map([make_pin()], base={"roads": ROADS})

    assert "//" not in parts.script + parts.div
    assert "<" not in parts.script
    assert "http" not in parts.script
    assert parts.div == '<div class="folium-map" id="map_festival"></div>'


def test_folium_is_left_as_it_was():
    before = (list(folium.Map.default_js), list(folium.Map.default_css))

    build_map([make_pin()], name="other")

    assert (folium.Map.default_js, folium.Map.default_css) == before


def test_script_draws_every_layer_and_hands_them_over():
    script = build_map([]).script

    for layer in maps.BASE_LAYERS:
        assert f"var geo_json_{layer}_0 = L.geoJson(" in script
    assert script.rstrip().endswith("about:geo_json_about,pins:geo_json_pins});\n})();")
    assert '"pointToLayer": koubaMap.pin' in script
    assert '"dashArray": "6 6"' in script
    assert '"maxZoom": 19' in script
    assert "$" not in script  # jQuery is not there


def test_pins_at_one_point_are_one_pin():
    parts = build_map(
        [
            make_pin("A"),
            make_pin("B", lat=35.5614001),
            make_pin("C", approximate=True),
            make_pin("D", lat=35.6),
        ]
    )

    assert [[item["code"] for item in feature["properties"]["items"]] for feature in parts.data["features"]] == [
        ["A", "B"], ["C"], ["D"]
    ]  # fmt: skip
    assert [feature["properties"]["text"] for feature in parts.data["features"]] == ["×2", "", ""]
    assert [feature["properties"]["about"] for feature in parts.data["features"]] == [False, True, False]


def test_pins_follow_their_craft_and_the_legend_names_it():
    pins = [
        make_pin("A", craft="press", craft_name="プレス", icon="press", number="7"),
        make_pin("B", lat=35.6, craft="casting", craft_name="鋳造", icon="casting"),
        make_pin("C", lat=35.7, craft="press", craft_name="プレス"),
        make_pin("D", lat=35.8, kind="place", icon="toilet"),
    ]

    parts = build_map(pins)

    assert [(it.craft, it.name, it.shape, it.icon, it.count) for it in parts.legend] == [
        ("casting", "鋳造", 1, "casting", 1),
        ("press", "プレス", 2, "press", 2),
    ]
    found = [feature["properties"] for feature in parts.data["features"]]
    assert [it["shape"] for it in found] == [2, 1, 2, 0]
    assert [(it["text"], it["icon"]) for it in found] == [
        ("7", ""),
        ("", "casting"),
        ("", ""),
        ("", "toilet"),
    ]


def test_more_crafts_than_shapes_begin_again():
    pins = [make_pin(str(index), lat=35 + index / 10, craft=f"craft{index:02}") for index in range(25)]

    assert [entry.shape for entry in build_map(pins).legend] == [*range(1, 25), 1]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("/ota/2025/factories/kitajima", True),
        ("https://example.jp/a?b=c", True),
        ("javascript:alert(1)", False),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("java\nscript:alert(1)", False),
        (" https://example.jp", False),
        ("data:text/html,x", False),
        ("", False),
    ],
)
def test_links_stay_on_the_web(url, kept):
    assert items(build_map([make_pin(url=url)]))[0]["url"] == (url if kept else "")


def test_bounds_hold_every_pin_and_leave_room_around_a_single_one():
    assert build_map([]).bounds is None
    assert build_map([make_pin("A"), make_pin("B", lat=35.6, lon=139.6)]).bounds == (
        (35.5614, 139.6),
        (35.6, 139.7161),
    )
    (south, west), (north, east) = build_map([make_pin()]).bounds
    assert south < 35.5614 < north
    assert west < 139.7161 < east


@pytest.mark.parametrize(("lat", "lon"), [(float("nan"), 139), (35, float("inf")), (91, 0), (0, 181)])
def test_a_point_off_the_map_is_an_error(lat, lon):
    with pytest.raises(ValueError, match="not a point"):
        build_map([make_pin(lat=lat, lon=lon)])


def test_base_layers_become_one_shape_each_without_their_texts():
    base = build_map([], base={"roads": ROADS, "water": WATER}).base

    assert list(base) == ["water", "roads"]
    assert "script" not in as_json(base)
    (roads,) = base["roads"]["features"]
    assert roads["geometry"]["type"] == "MultiLineString"
    assert roads["geometry"]["coordinates"][0] == [[139.7, 35.5], [139.71, 35.51]]
    assert [len(feature["geometry"]["coordinates"]) for feature in base["water"]["features"]] == [2, 1]


def test_an_unknown_base_layer_is_an_error():
    with pytest.raises(ValueError, match="unknown base layers"):
        base_data({"subway": ROADS})


def test_colours_of_the_festival_are_drawn():
    assert "#12ab9f" in map_script(colours=MapColours(water="#12ab9f"))
    with pytest.raises(ValueError, match="not a colour"):
        MapColours(water="red;}</style>")


def test_tiles_are_shown_with_their_attribution_instead_of_the_drawing():
    parts = build_map([make_pin()], base={"roads": ROADS}, credit="drawn", tiles=GSI)

    assert '"https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png"' in parts.script
    attribution = json.loads(re.search(r'"attribution": (".*?"),\n', parts.script)[1])
    assert attribution == '<a href="https://maps.gsi.go.jp/" rel="noopener">地理院タイル</a>'
    assert "tiles:tile_layer_source" in parts.script
    assert "tile_layer_source.addTo" not in parts.script  # map.js adds it when it knows where to look
    assert (parts.base, parts.data["credit"]) == ({}, "")
    assert "roads" not in parts.script


def test_a_hostile_attribution_is_text():
    script = map_script(
        tiles=TileSource("/tiles/{z}/{x}/{y}.png", "</script><b>x", attribution_url="javascript:1")
    )

    assert json.loads(re.search(r'"attribution": (".*?"),\n', script)[1]) == "&lt;/script&gt;&lt;b&gt;x"


@pytest.mark.parametrize(
    "url",
    ["", "//x.jp/{z}/{x}/{y}", "https://x.jp/{z}/{x}.png", "javascript:{z}{x}{y}", "https://a b/{z}/{x}/{y}"],
)
def test_tile_source_needs_an_address_that_works(url):
    with pytest.raises(ValueError, match="tile"):
        TileSource(url, "©")


def test_tile_source_needs_its_attribution_and_tells_its_origin():
    with pytest.raises(ValueError, match="attribution"):
        TileSource("/{z}/{x}/{y}.png", "")
    assert GSI.origin == "https://cyberjapandata.gsi.go.jp"
    assert (
        TileSource("https://{s}.t.example.jp:8080/{z}/{x}/{y}.png", "©").origin
        == "https://*.t.example.jp:8080"
    )
    assert TileSource("/tiles/{z}/{x}/{y}.png", "©").origin == ""


@pytest.mark.parametrize("name", ["", "a b", '"><script>', "Festival", "a" * 40])
def test_a_map_has_a_plain_name(name):
    with pytest.raises(ValueError, match="name for a map"):
        build_map([], name=name)


def test_script_is_read_from_the_cache_without_folium(tmp_path, monkeypatch):
    written = build_map([make_pin()], cache=tmp_path)
    monkeypatch.setattr(folium, "Map", pytest.fail)

    assert build_map([make_pin()], cache=tmp_path) == written
    assert map_script(cache=tmp_path) == written.script
    assert len(list(tmp_path.iterdir())) == 1


def test_two_at_one_point_show_both_numbers_and_many_how_many_they_are():
    def text(*numbers):
        return build_map([make_pin(f"P{one}", number=one) for one in numbers]).data["features"][0][
            "properties"
        ]["text"]

    assert [text("2", "3"), text("2", "13"), text("12", "13"), text("2", "")] == ["2·3", "2·13", "×2", "×2"]
