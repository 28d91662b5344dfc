"""What a first visit weighs, with 150 factories: counted as a browser asks for it, packed as it leaves."""

from datetime import UTC, datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.demo.town import geojson_layers, make_town
from eventapp.factories.models import Craft
from eventapp.festivals.models import Edition, PlaceKind
from eventapp.tours.models import EntryMode, Kind, Slot
from tests.builders import (
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_place,
    make_programme,
    texts,
)
from tests.visiting import Visitor

FACTORIES = 150
WHATS_ON, HTML, MAP_LATER, REQUESTS = 200_000, 60_000, 150_000, 8
KANJI = "青木石田上野遠藤大西片山久保小松坂井杉本口中川村浜製作所工業精機鉄金型塗装紙器染硝子東西南北新光栄和三二一"
KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんー、。"
LATIN = "aeiou bcdfg hklmn prstvw "


def some(random: Random, letters: str, length: int) -> str:
    return "".join(random.choices(letters, k=length))


@pytest.fixture
def edition(app: Flask) -> Edition:
    """Everybody has texts of their own in two languages, two programmes and ten slots; the map is that of the demo's town."""
    random = Random(150)
    with transaction():
        edition = make_edition(make_festival("big"), base_map=geojson_layers(make_town()), lat=35.55, lon=139.7,
                               introduction=texts(some(random, KANJI + KANA, 400)))  # fmt: skip
        for kind in (PlaceKind.TOILET, PlaceKind.BUS_STOP, PlaceKind.INFORMATION, PlaceKind.PARKING):
            make_place(edition, kind, name=texts(some(random, KANJI, 8)))
        for craft, number in zip(cycle(Craft), range(FACTORIES), strict=False):
            make_workshop(random, edition, craft, number)
    return edition


def make_workshop(random: Random, edition: Edition, craft: Craft, number: int) -> None:
    values = {
        name: texts(some(random, KANJI + KANA, 40), some(random, LATIN, 80).strip())
        for name in ("products", "story", "address", "access", "parking", "shoes")
    }
    name = texts(some(random, KANJI, 8), some(random, LATIN, 16).strip().title())
    factory = make_factory(edition.festival, name=name, kana=some(random, KANA[:44], 10), craft=craft, area=texts(f"北{number % 12}丁目"),
                           lat=35.55 + number % 12 * 0.001, lon=139.7 + number // 12 * 0.001, **values)  # fmt: skip
    entry = make_entry(edition, factory)
    make_programme(entry, kind=Kind.SALE, entry_mode=EntryMode.OPEN, title=titled(random))
    tour = make_programme(entry, title=titled(random))
    db.session.add_all(slots(random, edition, tour.id))


def titled(random: Random) -> Any:
    return texts(some(random, KANJI, 10), some(random, LATIN, 24).strip())


def slots(random: Random, edition: Edition, programme_id: int) -> list[Slot]:
    """Five starts on each of the two days, some nearly full."""
    made = []
    for day in range(2):
        for hour in range(5):
            starts_at = datetime(2026, 11, 28 + day, 1 + hour, random.choice((0, 15, 30)), tzinfo=UTC)
            made.append(Slot(programme_id=programme_id, edition_id=edition.id, starts_at=starts_at, closes_at=starts_at,
                             ends_at=starts_at + timedelta(minutes=50), capacity=random.choice((6, 8, 10, 20)), seats_taken=random.randrange(7),
                             day=clock.local(starts_at, edition.zone).date()))  # fmt: skip
    return made


class FirstVisit:
    """A browser with an empty cache: the page, and what it asks for by itself."""

    def __init__(self, app: Flask, path: str, *, language: str = "ja") -> None:
        self.visitor, self.path = Visitor(app, language=language), path
        self.page = self.visitor(path)
        assert self.page.status == 200
        self.drawings = [str(one["src"]) for one in self.page.html.select("noscript img")]
        for one in self.page.html.select("noscript"):
            one.decompose()  # which is for browsers without scripts, and instead of the map

    def weight(self, *paths: str) -> int:
        """Bytes on the wire, bodies packed."""
        answers = [
            self.visitor.send("GET", urljoin(self.path, path), headers={"Accept-Encoding": "gzip"}).response
            for path in paths
        ]
        assert [answer.status_code for answer in answers] == [200] * len(paths), paths
        return sum(len(answer.get_data()) for answer in answers)

    @property
    def html(self) -> int:
        return self.weight(self.path)

    def parts(self) -> list[str]:
        """Every file of ours that the page names: styles, scripts, pictures, the sprite of the icons, the favicon."""
        found: list[Any] = [
            one["href"]
            for one in self.page.html.select("link[rel=stylesheet], link[rel=icon], link[rel=preload]")
        ]
        found += [one["src"] for one in self.page.html.select("script[src], img[src]")]
        found += [one["href"].split("#")[0] for one in self.page.html.select("use[href]")]
        return list(dict.fromkeys(found))

    def before_reading(self) -> list[str]:
        """What the eye waits for: styles and icons. Scripts are deferred, the favicon is for the tab."""
        return [one for one in self.parts() if ".js" not in one and "favicon" not in one]

    def later(self) -> list[str]:
        """What makes the map: nothing of it holds up the list, for scripts are deferred."""
        frame = self.page.html.select_one("[data-map]")
        asked = [str(frame["data-pins"]), str(frame["data-base"])] if frame else []
        return [one for one in self.parts() if "leaflet" in one or "/map" in one] + asked


@pytest.mark.parametrize("language", ["ja", "en"])
def test_first_visit_to_whats_on_keeps_its_budget(language: str, app: Flask, edition: Edition) -> None:
    visit = FirstVisit(app, "/big/2026/whats-on/", language=language)

    assert len(visit.page.html.select(".hosts > li")) == FACTORIES
    assert len(visit.page.html.select(".times a")) == FACTORIES * 5  # the first day
    assert 1 + len(visit.before_reading()) <= REQUESTS
    assert visit.html + visit.weight(*visit.parts()) <= WHATS_ON


def test_scripts_hold_nothing_up_and_pictures_wait(app: Flask, edition: Edition) -> None:
    for path in ("", "whats-on/", "whats-on/timetable/", "map/"):
        page = FirstVisit(app, f"/big/2026/{path}").page.html
        assert [one for one in page.select("script[src]") if not one.has_attr("defer")] == []
        assert [
            one
            for one in page.select("img")
            if one.get("loading") != "lazy" and one.get("fetchpriority") != "high"
        ] == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_html_of_every_visitor_page_is_small(language: str, app: Flask, edition: Edition) -> None:
    slot = db.session.query(Slot).first()
    assert slot is not None
    factory = slot.programme.entry.factory.slug if slot.programme.entry else ""
    for path in ("", "whats-on/", "whats-on/?day=all", "whats-on/timetable/", "whats-on/timetable/?day=2026-11-28", "map/", "privacy/",
                 "my", "basket", f"factories/{factory}/", f"slots/{slot.code}"):  # fmt: skip
        size = FirstVisit(app, f"/big/2026/{path}", language=language).html
        assert size <= HTML, f"{path}: {size}"


def test_the_list_beside_the_map_comes_first_and_the_map_is_light(app: Flask, edition: Edition) -> None:
    visit = FirstVisit(app, "/big/2026/map/")
    later = visit.later()
    first = [one for one in visit.parts() if one not in later or ".css" in one]

    assert len(visit.page.html.select(".spots [data-pin]")) >= FACTORIES
    assert len(later) >= 5
    assert 1 + len(visit.before_reading()) <= REQUESTS
    assert visit.html + visit.weight(*first) <= WHATS_ON
    assert visit.weight(*later) <= MAP_LATER
    assert visit.weight(*visit.drawings) <= MAP_LATER and len(visit.drawings) == 1
