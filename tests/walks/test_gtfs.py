"""Feeds: what is read, and a sentence for everything that is wrong with one."""

import io
import zipfile
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from eventapp.walks import feed_archive, gtfs
from eventapp.walks.earth import Box
from eventapp.walks.feed_archive import FeedRefused
from eventapp.walks.gtfs import FeedRead
from tests.walks.towns import at

pytestmark = pytest.mark.usefixtures("app", "english")

SATURDAY = date(2026, 11, 28)
JAPAN = ZoneInfo("Asia/Tokyo")
NEAR, OTHER, AWAY = at(0, 0), at(3000, 0), at(90_000, 0)
FILES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n1,町バス,http://example.jp,Asia/Tokyo\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
    f"a,駅前,{NEAR[0]},{NEAR[1]}\nb,工業団地,{OTHER[0]},{OTHER[1]}\nc,隣町,{AWAY[0]},{AWAY[1]}\n",
    "routes.txt": "route_id,route_short_name,route_long_name,route_type\nr,1,循環線,3\n",
    "trips.txt": "route_id,service_id,trip_id\nr,sat,t1\nr,sun,t2\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t1,10:00:00,10:00:00,a,1\nt1,10:08:30,10:09:00,b,2\nt1,10:50:00,10:50:00,c,3\n"
    "t2,10:00:00,10:00:00,a,1\nt2,10:08:00,10:08:00,b,2\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "sat,0,0,0,0,0,1,0,20260401,20270331\nsun,0,0,0,0,0,0,1,20260401,20270331\n",
    "translations.txt": "table_name,field_name,language,translation,field_value\nstops,stop_name,en,Station,駅前\n",
}


def pack(**changes: str | None) -> io.BytesIO:
    """A feed with some files changed (dots as underscores) or, with None, left out."""
    files = dict(FILES)
    for name, content in changes.items():
        files.pop(f"{name}.txt", None)
        if content is not None:
            files[f"{name}.txt"] = content
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def read(stream: io.BytesIO, *days: date, zone: ZoneInfo = JAPAN) -> FeedRead:
    lat, lon = at(0, 0)
    area = Box(lat, lon, lat, lon).widened(5000)
    return gtfs.read_feed(stream, area=area, days=days or (SATURDAY,), zone=zone)


def test_a_feed_is_cut_down_to_what_runs_near_on_the_days() -> None:
    found = read(pack())

    assert found.agency == {"ja": "町バス"}
    assert [stop.name for stop in found.network.stops] == [
        {"ja": "駅前", "en": "Station"},
        {"ja": "工業団地"},
    ]
    assert found.network.lines == [{"ja": "1 循環線"}]
    assert [[(call.arrives, call.departs) for call in trip.calls] for trip in found.network.trips] == [
        [(6000, 6000), (6085, 6090)]
    ]
    assert found.network.days["2026-11-28"] == [0]
    assert found.silent == []


def test_exceptions_of_the_calendar_count() -> None:
    found = read(pack(calendar_dates="service_id,date,exception_type\nsat,20261128,2\nsun,20261128,1\n"))

    assert [trip.calls[1].arrives for trip in found.network.trips] == [6080]


def test_times_past_midnight_and_frequencies() -> None:
    times = FILES["stop_times.txt"].replace("10:0", "25:0")
    assert read(pack(stop_times=times)).network.trips[0].calls[0].departs == 15_000
    often = "trip_id,start_time,end_time,headway_secs\nt1,09:00:00,10:00:00,1200\n"
    assert [trip.calls[0].departs for trip in read(pack(frequencies=often)).network.trips] == [
        5400,
        5600,
        5800,
    ]


def test_a_repeated_trip_from_far_away_is_here_when_it_has_come() -> None:
    times = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,09:20:00,09:20:00,c,0\nt1,10:00:00,10:00:00,a,1\nt1,10:08:30,10:09:00,b,2\n"
    often = "trip_id,start_time,end_time,headway_secs\nt1,09:20:00,10:00:00,1200\n"

    found = read(pack(stop_times=times, frequencies=often)).network

    assert [trip.calls[0].departs for trip in found.trips] == [6000, 6200]  # at 10:00 and 10:20, not at 9:20


def test_another_time_zone_is_read_in_the_festivals() -> None:
    agency = FILES["agency.txt"].replace("Asia/Tokyo", "Asia/Bangkok")

    assert read(pack(agency=agency)).network.trips[0].calls[0].departs == 6000 + 1200


def test_days_without_service_are_named() -> None:
    assert read(
        pack(trips="route_id,service_id,trip_id\nr,sat,t1\n"), SATURDAY, date(2026, 11, 29)
    ).silent == [date(2026, 11, 29)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stops": None, "trips": None}, "missing in the feed: stops.txt, trips.txt"),
        ({"calendar": None}, "missing in the feed: calendar.txt"),
        (
            {"agency": "agency_id,agency_name,agency_timezone\n1,x,Mars/Base\n"},
            "time zone is not known: Mars/Base",
        ),
        ({"agency": "agency_id\n"}, "agency.txt in the feed is damaged"),
        ({"calendar": "service_id\n"}, "names no day"),
        (
            {"stops": "stop_id,stop_name,stop_lat,stop_lon\na,x,nan,139\nb,y,139.7,35.6\n"},
            "Nothing in this feed runs near",
        ),
        ({"trips": "route_id,service_id,trip_id\n"}, "Nothing in this feed runs near"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, str | None], words: str) -> None:
    with pytest.raises(FeedRefused, match=words):
        read(pack(**changes))


def test_an_expired_feed_is_refused_with_its_dates() -> None:
    expired = FILES["calendar.txt"].replace("20270331", "20260930")

    with pytest.raises(FeedRefused, match="2026-04-01 to 2026-09-30, and the festival is on 2026-11-28"):
        read(pack(calendar=expired))


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04cut off"])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    with pytest.raises(FeedRefused):
        read(io.BytesIO(content))


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_archive, "MOST_UNPACKED", 100_000)

    with pytest.raises(FeedRefused, match="unpacks to more"):
        read(pack(stop_times=FILES["stop_times.txt"] + "t1,10:00:00,10:00:00,a,1\n" * 20_000))


def test_a_zip_of_many_files_or_with_a_damaged_one_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(feed_archive.MOST_FILES + 1):
            archive.writestr(f"{number}.txt", "")
    stream.seek(0)
    with pytest.raises(FeedRefused, match="unpacks to more"):
        read(stream)
    content = bytearray(pack().getvalue())
    at_stops = (
        content.find("駅前".encode()) if "駅前".encode() in content else content.find(b"stops.txt") + 40
    )
    content[at_stops] ^= 0xFF
    with pytest.raises(FeedRefused, match="damaged"):
        read(io.BytesIO(bytes(content)))
