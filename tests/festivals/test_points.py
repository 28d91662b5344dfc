"""Points from everything people paste."""

import pytest

from eventapp.festivals import points
from eventapp.festivals.points import Point, PointError
from eventapp.i18n import use_language

OTA = Point(35.56, 139.71)

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize(
    "text",
    [
        "35.56,139.71",
        "  35.56 139.71 ",
        "３５．５６，　１３９．７１",
        "緯度35.56 経度139.71",
        "geo:35.56,139.71",
        "北緯35度33分36秒 東経139度42分36秒",
        "35°33'36.0\"N 139°42'36.0\"E",
        "https://www.google.com/maps/@35.56,139.71,17z",
        "https://www.google.com/maps/place/X/@35.5,139.5,17z/data=!3m1!4b1!4m6!8m2!3d35.56!4d139.71!16s",
        "https://www.google.com/maps/place/35%C2%B033'36.0%22N+139%C2%B042'36.0%22E/@35.5,139.5,17z",
        "https://www.google.com/maps/search/35.56,+139.71?entry=tts",
        "https://www.google.com/maps/search/?api=1&query=35.56%2C139.71",
        "https://maps.google.com/?q=35.56,139.71",
        "maps.google.com/?q=35.56,139.71",
        "https://maps.apple.com/?ll=35.56,139.71&q=Works",
        "https://maps.apple.com/place?coordinate=35.56,139.71&name=Works",
        "https://www.openstreetmap.org/#map=17/35.56/139.71",
        "https://www.openstreetmap.org/?mlat=35.56&mlon=139.71#map=12/35.1/139.1",
        "https://maps.gsi.go.jp/#15/35.56/139.71/&base=std&ls=std",
        "https://map.yahoo.co.jp/place?lat=35.56&lon=139.71&zoom=15",
    ],
)
def test_parse_reads_numbers_and_links(text):
    assert points.parse(text) == OTA


def test_parse_puts_swapped_degrees_right_where_only_that_lies_in_japan():
    assert points.parse("139.71, 35.56") == OTA
    assert points.parse("-33.86, 151.21") == Point(-33.86, 151.21)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "35.56",
        "nan,nan",
        "inf,1",
        "1e9,1e9",
        "999,999",
        "0,0",
        "東京都大田区1-2-3",
        "https://example.jp/",
        "https://[",
        "1" * 5000,
    ],
)
def test_parse_refuses_what_is_no_place(text):
    with pytest.raises(PointError):
        points.parse(text)


def test_parse_says_what_to_do_with_a_short_link():
    with use_language("en"), pytest.raises(PointError) as refused:
        points.parse("https://maps.app.goo.gl/AbCdEf123")

    with use_language("en"):
        assert "short link" in str(refused.value)


def test_checked_refuses_nan():
    with pytest.raises(PointError):
        points.checked(float("nan"), 139.0)


def test_show_and_find_are_each_others_way_back():
    assert points.find(points.show(*OTA)) == OTA
    assert points.find("") is None
    assert points.show(None, None) == ""
