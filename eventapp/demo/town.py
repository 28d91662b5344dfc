"""The made-up town of Tsuchimi (槌見町), for the demo: `make_town()` gives the same town every time.

The town, its people, factories, streets and prices are invented; no such municipality exists, and it is laid
over a thinly settled stretch of highland only so that maps and distances are plausible. Lengths, starts,
capacities and prices of the slots follow the distributions in public announcements of open-factory
festivals (mostly 50-60 minutes, 8-15 places, two or three sessions a day; 500-2,000 yen for a workshop,
3,800-6,800 yen and 18 places for a bus tour), but every slot is generated.

    make_town(seed=...) -> Town        the town as frozen values (see `kinds.py`)
    write_osm(town, path)              its streets as an OpenStreetMap XML extract (`osm.py`)
    geojson_layers(town)               a small base map to draw (`basemap.py`)
    pictures.draw_cover(town)          pictures (`pictures.py`): draw_factory(factory, index), draw_logo()

How it fits together: `ground.py` draws land and streets in plane metres, `buildings.py` puts houses beside
them, `factories_data.py` reads the texts, and this module joins the three and turns metres into WGS84.
Days are 0 (Saturday) and 1 (Sunday); whoever fills the demo chooses the dates and makes slots out of
`TownProgramme.slots`, bookings out of `demand`.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Any

from eventapp.demo import factories_data as texts
from eventapp.demo import ground as land_data
from eventapp.demo.basemap import geojson_layers
from eventapp.demo.buildings import Builder, Site, snap_to_street
from eventapp.demo.factories_data import FactoryTexts, text
from eventapp.demo.ground import Land, district, draw_land
from eventapp.demo.kinds import (
    Ground,
    GroundNode,
    GroundWay,
    OpeningHours,
    Point,
    SlotPattern,
    Text,
    Town,
    TownBooth,
    TownFactory,
    TownFestival,
    TownPlace,
    TownProgramme,
    TownVenue,
    Visit,
    VisitRules,
    Window,
)
from eventapp.demo.network import Network
from eventapp.demo.osm import write_osm
from eventapp.demo.plane import XY, distance

__all__ = [
    "Ground", "GroundNode", "GroundWay", "OpeningHours", "Point", "SlotPattern", "Text", "Town", "TownBooth",
    "TownFactory", "TownFestival", "TownPlace", "TownProgramme", "TownVenue", "Visit", "VisitRules", "Window",
    "geojson_layers", "make_town", "write_osm",
]  # fmt: skip

SEED = 2311
SOUTH_WEST = Point(39.9600, 141.3600)
_METRES_PER_DEGREE = 111_320.0
_WALK = 80.0  # metres a minute, as Japanese notices reckon walking times
_FIRST_ID = 900_000_001
_LARGE = {"casting": (46.0, 30.0), "forging": (34.0, 24.0), "press": (44.0, 30.0), "textile": (38.0, 24.0)}


@lru_cache(maxsize=2)
def make_town(seed: int = SEED) -> Town:
    """The whole town. Same seed, same town, to the last digit."""
    rng = Random(seed)
    land = draw_land(rng)
    builder = Builder(land)
    committee = texts.read_committee()
    written = texts.read_factories()
    hall = builder.find_site((1345.0, 1008.0), 62.0, 26.0, behind=False)
    sites = [_place(builder, factory, number) for number, factory in enumerate(written, 1)]
    stops = [snap_to_street(land.network, district(f.near)[2]) if f.approximate else None for f in written]
    builder.add_neighbours(rng, [site.entrance for site in sites] + [hall.entrance])
    minutes = _Walk(land.network)
    factories = tuple(
        _factory(one, number, site, stop, minutes)
        for number, (one, site, stop) in enumerate(zip(written, sites, stops, strict=True), 1)
    )
    return _town(seed, committee, factories, hall, minutes, _ground(land, builder, hall, sites, factories))


def to_wgs84(p: XY) -> Point:
    """A point of the plane in degrees, to the centimetre."""
    lat = SOUTH_WEST.lat + p[1] / _METRES_PER_DEGREE
    lon = SOUTH_WEST.lon + p[0] / (_METRES_PER_DEGREE * math.cos(math.radians(SOUTH_WEST.lat)))
    return Point(round(lat, 7), round(lon, 7))


class _Walk:
    """Minutes on foot from the nearer station entrance to a node, along the streets."""

    def __init__(self, network: Network) -> None:
        self._metres = _walk_from(network, [land_data.STATION_NORTH, land_data.STATION_SOUTH])

    def minutes(self, node: int) -> int:
        return max(1, math.ceil(self._metres[node] / _WALK))


def _walk_from(network: Network, starts: Sequence[XY]) -> dict[int, float]:
    near = network.neighbours()
    queue = [(0.0, network.node(p)) for p in starts]
    done: dict[int, float] = {}
    while queue:
        metres, node = heapq.heappop(queue)
        if node in done:
            continue
        done[node] = metres
        for other in near[node]:
            if other not in done:
                step = distance(network.points[node], network.points[other])
                heapq.heappush(queue, (metres + step, other))
    return done


def _place(builder: Builder, factory: FactoryTexts, number: int) -> Site:
    width, depth = _LARGE.get(factory.craft, (26.0, 20.0))
    if factory.cluster in {"nakamachi", "kamasaka"}:
        width, depth = width * 0.75, depth * 0.75
    return builder.find_site(factory.near, width, depth, behind=number % 3 == 2)


def _factory(
    one: FactoryTexts, number: int, site: Site, stop: tuple[int, XY] | None, walk: _Walk
) -> TownFactory:
    node, entrance = stop or (site.entrance_node, site.entrance)
    return TownFactory(
        key=one.key,
        number=number,
        name=one.name,
        kana=one.kana,
        craft=one.craft,
        cluster=one.cluster,
        founded=one.founded,
        people=one.people,
        products=one.products,
        story=one.story,
        address=_address(one, site, number),
        address_point=to_wgs84(stop[1] if stop else site.address_point),
        entrance=to_wgs84(entrance),
        entrance_approximate=one.approximate,
        access=_filled(one.access, walk.minutes(node)),
        parking=one.parking,
        parking_cars=one.parking_cars,
        website=f"https://{one.key}.example.jp/",
        email=f"koba@{one.key}.example.jp",
        rules=one.rules,
        hours=one.hours,
        programmes=one.programmes,
        booth=one.booth,
        photos=one.photos,
    )


def _address(one: FactoryTexts, site: Site, number: int) -> Text:
    """An address in the town; where only the town is known, it ends with the district."""
    ja, en, middle = district(one.near)
    if one.approximate:
        return Text(f"槌見町{ja}", f"{en}, Tsuchimi")
    block = 1 + int(distance(site.address_point, middle) // 55)
    house = 1 + (number * 7) % 19
    return Text(f"槌見町{ja}{block}-{house}", f"{block}-{house} {en}, Tsuchimi")


def _filled(access: Text, minutes: int) -> Text:
    return Text(*(one.replace("{walk}", str(minutes)) for one in access))


def _town(
    seed: int,
    raw: dict[str, Any],
    factories: tuple[TownFactory, ...],
    hall: Site,
    walk: _Walk,
    ground: Ground,
) -> Town:
    festival = raw["festival"]
    return Town(
        seed=seed,
        name=text(raw["town"]["name"]),
        kana=raw["town"]["kana"],
        factory_word=text(raw["town"]["factory_word"]),
        factory_word_kana=raw["town"]["factory_word_kana"],
        festival=TownFestival(
            name=text(festival["name"]),
            kana=festival["kana"],
            tagline=text(festival["tagline"]),
            about=text(festival["about"]),
            invented=text(festival["invented"]),
        ),
        contact=raw["town"]["contact"],
        website=raw["town"]["website"],
        ground=ground,
        station_entrances=(to_wgs84(land_data.STATION_NORTH), to_wgs84(land_data.STATION_SOUTH)),
        factories=factories,
        venue=_venue(raw, factories, hall, walk),
        committee_programmes=tuple(
            texts.programme(one, one["key"], "committee", "meeting") for one in raw["committee"]
        ),
        places=tuple(
            TownPlace(one["key"], one["kind"], text(one["name"]), text(one["text"]), to_wgs84(one["near"]))
            for one in raw["place"]
        ),
    )


def _venue(raw: dict[str, Any], factories: Sequence[TownFactory], hall: Site, walk: _Walk) -> TownVenue:
    venue = raw["venue"]
    own = [TownBooth(f.booth, f.key, f.name, f.products) for f in factories if f.booth is not None]
    guests = [TownBooth(b["number"], None, text(b["name"]), text(b["text"])) for b in venue["booth"]]
    return TownVenue(
        key=venue["key"],
        name=text(venue["name"]),
        kana=venue["kana"],
        address=text(venue["address"]),
        address_point=to_wgs84(hall.address_point),
        entrance=to_wgs84(hall.entrance),
        access=_filled(text(venue["access"]), walk.minutes(hall.entrance_node)),
        description=text(venue["about"]),
        stage=text(venue["stage"]),
        hours=texts.hours(venue["hours"]),
        booths=tuple(sorted([*own, *guests], key=lambda booth: booth.number)),
        programmes=tuple(
            replace(texts.programme(one, one["key"], "venue", "stage"), companion="none")
            for one in raw["stage"]
        ),
    )


def _ground(
    land: Land, builder: Builder, hall: Site, sites: Sequence[Site], factories: Sequence[TownFactory]
) -> Ground:
    """Everything on the ground as nodes and ways, numbered from 900,000,001."""
    network = land.network
    _add_outlines(network, land)
    named = {site.ring: factory for site, factory in zip(sites, factories, strict=True)}
    for ring in builder.rings:
        factory = named.get(tuple(ring))
        _add_area(network, ring, _building_tags(factory, tuple(ring) == hall.ring))
    used = sorted({node for way in network.ways for node in way.nodes} | set(network.tags))
    ids = {node: _FIRST_ID + number for number, node in enumerate(used)}
    nodes = tuple(
        GroundNode(ids[n], to_wgs84(network.points[n]), _sorted(network.tags.get(n, {}))) for n in used
    )
    ways = tuple(
        GroundWay(_FIRST_ID + number, tuple(ids[n] for n in way.nodes), _sorted(way.tags))
        for number, way in enumerate(network.ways)
    )
    corner = to_wgs84((land_data.WIDTH, land_data.HEIGHT))
    return Ground(SOUTH_WEST, corner, nodes, ways)


def _add_area(network: Network, ring: Sequence[XY], tags: dict[str, str]) -> None:
    way = network.add(ring[:-1], tags, merge=False)
    way.nodes.append(way.nodes[0])


def _sorted(tags: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(tags.items()))


def _building_tags(factory: TownFactory | None, hall: bool) -> dict[str, str]:
    if hall:
        return {"building": "public", "name": "旧製糸倉庫ホール", "name:en": "Old Silk Mill Hall"}
    if factory is None:
        return {"building": "yes"}
    if factory.entrance_approximate:
        return {"building": "industrial"}
    return {
        "building": "industrial",
        "man_made": "works",
        "name": factory.name.ja,
        "name:en": factory.name.en,
    }


def _add_outlines(network: Network, land: Land) -> None:
    """River, brook, hill, woods, parks and station, with the tags a map reader expects."""
    lines: list[tuple[Sequence[XY], dict[str, str]]] = [
        (land.river, {"waterway": "river", "name": "鈴砥川", "name:en": "Suzuto River"}),
        (land_data.BROOK, {"waterway": "stream", "name": "鞴沢", "name:en": "Fuigo Brook"}),
    ]
    areas: list[tuple[Sequence[XY], dict[str, str]]] = [
        (land.river_banks, {"natural": "water", "water": "river"}),
        (land_data.HILL, {"natural": "wood", "name": "鞴山", "name:en": "Mount Fuigo"}),
        (land_data.EAST_WOOD, {"natural": "wood"}),
        (land_data.MINAMI_PARK, {"leisure": "park", "name": "南公園", "name:en": "Minami Park"}),
        (land_data.RIVER_PARK, {"leisure": "park", "name": "川辺公園", "name:en": "Riverside Park"}),
        (land_data.STATION_SQUARE, {"place": "square", "name": "駅前広場", "name:en": "Station Square"}),
        ([(1150, 867), (1228, 868), (1228, 881), (1150, 880), (1150, 867)],
         {"building": "train_station", "name": "槌見駅", "name:en": "Tsuchimi Station"}),
    ]  # fmt: skip
    for line, tags in lines:
        network.add(line, tags, merge=False)
    for ring, tags in areas:
        _add_area(network, ring, tags)
    for p, ref in ((land_data.STATION_NORTH, "北口"), (land_data.STATION_SOUTH, "南口")):
        network.tags[network.node(p)] = {
            "railway": "train_station_entrance",
            "name": ref,
            "wheelchair": "yes",
        }
    platform = network.node((1189.0, 862.0), merge=False)
    network.tags[platform] = {"railway": "station", "name": "槌見駅", "name:en": "Tsuchimi Station"}
