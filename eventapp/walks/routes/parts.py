"""What the pages of this room share: places to start from, what hearts stand for, the map with a way on it, signed choices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Response, current_app, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from eventapp import maps
from eventapp.db import NotThere, db
from eventapp.festivals.models import Edition, PlaceKind
from eventapp.festivals.words import PLACES
from eventapp.i18n import RuleError, Translated, _, language, lazy
from eventapp.walks import exporting, extracts, sentences
from eventapp.walks.asking import PlanRequest, Spot, request_from_json
from eventapp.walks.forms import PACE_WORDS, PROFILE_ICONS, PROFILE_WORDS, Wish
from eventapp.walks.ground import Ground, Landmark
from eventapp.walks.proposal import DayPlan, Kind, Leg, Proposal, Stop, StopKind, proposal_from_json
from eventapp.web.templating import asset, show_date

FIRST = {PlaceKind.STATION: 0, PlaceKind.BUS_STOP: 1, PlaceKind.PARKING: 2, PlaceKind.INFORMATION: 3}
KIND_WORDS = {Kind.MOST: lazy("See most"), Kind.EASY: lazy("Take it easy"), Kind.LITTLE: lazy("Walk little")}
KIND_NOTES = {
    Kind.MOST: lazy("As much as fits into your time"),
    Kind.EASY: lazy("Longer visits, slower walking"),
    Kind.LITTLE: lazy("Places close together"),
}
KIND_ICONS = {Kind.MOST: "factory", Kind.EASY: "sun", Kind.LITTLE: "walk"}
GEOJSON = "application/geo+json"
LONGEST_CODE = 40


class ChoiceGone(RuleError):
    """The proposal that was chosen cannot be read any more."""


def folder() -> Path:
    """Where graphs and matrices lie."""
    return Path(current_app.config["INSTANCE"]) / extracts.FOLDER


def place_of(edition: Edition) -> dict[str, Any]:
    """The beginning of every address of this edition."""
    return {"festival": edition.festival.slug, "edition": edition.slug}


def words() -> dict[str, Any]:
    """Words and small functions for this room's templates."""
    return {
        "profile_words": PROFILE_WORDS, "profile_icons": PROFILE_ICONS, "pace_words": PACE_WORDS, "kind_names": KIND_WORDS,
        "kind_notes": KIND_NOTES, "kind_icons": KIND_ICONS, "say_leg": sentences.of_leg, "say_gaps": sentences.of_gaps,
        "say_step": sentences.of_step, "say_unmet": sentences.of_unmet, "say_change": sentences.of_change,
        "say_fault": sentences.of_fault, "may_fit": sentences.MAY_FIT,
    }  # fmt: skip


def check_code(text: str) -> str:
    """The code of an address; NotThere for what no code can be, before the database is asked for it."""
    if not (text.isascii() and text.isalnum() and len(text) <= LONGEST_CODE):
        raise NotThere(text[:LONGEST_CODE])
    return text


# --- places and hearts -----------------------------------------------------------------------------------------------


def sorted_landmarks(landmarks: Iterable[Landmark]) -> list[Landmark]:
    """Stations first, then stops and car parks: where people come from."""
    return sorted(landmarks, key=lambda one: (FIRST.get(one.kind, 9), str(one.name)))


def spots_of(ground: Ground) -> dict[str, Spot]:
    """Places and factories as a start or an end, by code."""
    found = {
        one.code: Spot(one.point.lat, one.point.lon, dict(one.name), one.code)
        for one in sorted_landmarks(ground.landmarks)
    }
    for host in ground.hosts.values():
        point = host.entrance or host.booth
        if point:
            found[host.code] = Spot(point.lat, point.lon, dict(host.name), host.code)
    return found


def day_choices(edition: Edition) -> list[tuple[str, str]]:
    """The edition's days with their labels."""
    return [(day.isoformat(), show_date(day)) for day in edition.dates]


def start_choices(ground: Ground) -> list[tuple[str, str]]:
    """What a visitor may choose as start and end: places by name and kind; without any, the factories."""
    landmarks = [(one.code, f"{one.name} ({PLACES[one.kind]})") for one in sorted_landmarks(ground.landmarks)]
    return landmarks or [(host.code, str(host.name)) for host in ground.hosts.values()]


def show_wishes(ground: Ground, edition: Edition, chosen: Mapping[str, str]) -> list[Wish]:
    """Marked things with their names; what there is none of any more is left out."""
    found = []
    for key, choice in chosen.items():
        kind, _colon, code = key.partition(":")
        if kind == "factory" and (host := ground.hosts.get(code)):
            found.append(Wish(key, str(host.name), factory_url(edition, host.slug), choice))
        elif kind == "programme" and (offering := ground.offerings.get(code)):
            host = ground.hosts.get(offering.host or "")
            name = f"{offering.title} ({host.name})" if host else str(offering.title)
            url = f"{factory_url(edition, host.slug)}#p-{code}" if host else ""
            found.append(Wish(key, name, url, choice))
        elif kind == "slot" and (start := next((one for one in ground.starts if one.code == code), None)):
            url = url_for("tours.slot", code=code, **place_of(edition))
            found.append(Wish(key, str(start.offering.title), url, choice))
    return found


def factory_url(edition: Edition, slug: str) -> str:
    """The page of a factory."""
    return url_for("factories.factory", slug=slug, **place_of(edition))


# --- proposals that are chosen ---------------------------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="walks.choice")


def sign(edition: Edition, request: PlanRequest, proposal: Proposal) -> str:
    """A proposal as it was shown, so that exactly this one is kept: another run of the solver would find another."""
    return str(_signer().dumps([edition.id, request.as_json(), proposal.as_json()]))


def read_choice(edition: Edition, text: str | None) -> tuple[PlanRequest, Proposal]:
    """What `sign` signed. Raises ChoiceGone for anything else."""
    try:
        of, request, proposal = _signer().loads(text or "")
        if of == edition.id:
            return request_from_json(request), proposal_from_json(proposal)
    except (BadSignature, ValueError, KeyError, TypeError):
        pass
    raise ChoiceGone(lazy("This proposal cannot be read any more. Please plan your day again."))


# --- a day as the page shows it --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Line:
    """One line of the list: a stop with the way to it; `number` as on the map, None for lunch."""

    stop: Stop
    leg: Leg | None
    number: int | None
    link: str | None
    url: str = ""
    slot_url: str = ""
    is_locked: bool = False
    is_booked: bool = False
    is_visited: bool = False
    fault: str = ""
    top: float = 0.0
    height: float = 0.0

    @property
    def is_lunch(self) -> bool:
        """Lunch has no place."""
        return self.stop.kind is StopKind.LUNCH


@dataclass(slots=True)
class ShownDay:
    """One day of a plan, ready for the page."""

    day: DayPlan
    lines: list[Line] = field(default_factory=list)
    last_leg: Leg | None = None
    last_link: str | None = None
    hours: list[tuple[int, float]] = field(default_factory=list)


def show_days(edition: Edition, proposal: Proposal) -> list[ShownDay]:
    """The days with numbers as on the map, links into the phone's map, and places on the timeline."""
    shown, number = [], 0
    for day in proposal.days:
        links = exporting.map_links(day)
        one = ShownDay(
            day,
            last_leg=day.legs[-1] if len(day.legs) > len(day.stops) else None,
            last_link=links[-1] if links else None,
        )
        for at, stop in enumerate(day.stops):
            if stop.lat is not None:
                number += 1
            url = factory_url(edition, stop.factory) if stop.factory else ""
            slot_url = url_for("tours.slot", code=stop.slot, **place_of(edition)) if stop.slot else ""
            one.lines.append(
                Line(stop, day.legs[at], number if stop.lat is not None else None, links[at], url, slot_url)
            )
        _on_timeline(one, edition)
        shown.append(one)
    return shown


def _on_timeline(shown: ShownDay, edition: Edition) -> None:
    """Where each stop lies on a line of 1000 units; the page draws it in SVG."""
    begins, ends = shown.day.begins, shown.day.ends
    span = max(1.0, (ends - begins).total_seconds())

    def at(moment: datetime) -> float:
        return round(min(1.0, max(0.0, (moment - begins).total_seconds() / span)) * 1000, 1)

    for line in shown.lines:
        line.top = at(line.stop.start)
        line.height = max(6.0, round(at(line.stop.leave) - line.top, 1))
    first, last = begins.astimezone(edition.zone), ends.astimezone(edition.zone)
    full = [
        first.replace(hour=hour, minute=0, second=0, microsecond=0)
        for hour in range(first.hour, last.hour + 1)
    ]
    shown.hours = [(one.hour, at(one)) for one in full if begins <= one <= ends]


# --- the map ---------------------------------------------------------------------------------------------------------


def map_parts(edition: Edition, days: list[ShownDay], request: PlanRequest | None = None) -> maps.MapParts:
    """The map of a day: its stops, numbered in order, and where one starts and ends."""
    pins = [_pin(line) for day in days for line in day.lines if line.number is not None]
    ends = [request.start, request.end] if request else []
    names = (_("Start"), _("End"))
    for spot, name in zip(ends, names, strict=False):
        if spot is not None and (spot is ends[0] or spot != ends[0]):
            title = str(Translated(dict(spot.name))) or name
            pins.append(
                maps.Pin(
                    code=f"end-{name}",
                    lat=spot.lat,
                    lon=spot.lon,
                    name=title,
                    icon="flag",
                    lines=(name,),
                    kind="place",
                )
            )
    return maps.build_map(pins, credit=credit_of(edition), tiles=tiles(), cache=map_cache())


def _pin(line: Line) -> maps.Pin:
    stop = line.stop
    shown = stop.name.shown_language()
    return maps.Pin(
        code=stop.key, lat=stop.lat or 0.0, lon=stop.lon or 0.0, name=str(stop.name), url=line.url, number=str(line.number), craft="stop",
        craft_name=str(stop.title), approximate=stop.approximate, lang="" if shown == language() else shown,
    )  # fmt: skip


def map_data(
    edition: Edition, days: list[ShownDay], proposal: Proposal, request: PlanRequest | None
) -> Response:
    """Pins and the way in one answer: the pins as any map has them, `route` for the lines in order."""
    data = {**map_parts(edition, days, request).data, "route": exporting.geojson(proposal)["legs"]}
    response = Response(maps.as_json(data), content_type=GEOJSON)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def map_values(
    edition: Edition, days: list[ShownDay], request: PlanRequest | None, pins_url: str, drawing_url: str
) -> dict[str, Any]:
    """What the map's part of a page needs; None for `parts` where there is nothing to draw."""
    parts = map_parts(edition, days, request)
    base = url_for("tours.map_base", v=edition.content_version, **place_of(edition))
    script = url_for("tours.map_script", v=parts.version)
    return {
        "map": {
            "parts": parts,
            "pins_url": pins_url,
            "base_url": base,
            "script_url": script,
            "drawing_url": drawing_url,
        },
        "icons": asset("img/icons.svg"),
    }


def files_offline(values: dict[str, Any]) -> list[str]:
    """Everything a day's page needs without a signal; each address changes with its content."""
    names = ("vendor/bootstrap-5.3.8/bootstrap.min.css", "vendor/leaflet-1.9.4/leaflet.css", "vendor/leaflet-1.9.4/leaflet.js",
             "css/app.css", "css/map.css", "css/walks.css", "img/icons.svg", "img/favicon.svg", "js/app.js", "js/offline.js", "js/map.js",
             "js/walks.js")  # fmt: skip
    shown = values["map"]
    return [*(asset(name) for name in names), shown["script_url"], shown["base_url"], shown["pins_url"]]


def credit_of(edition: Edition) -> str:
    """Where the drawn streets come from."""
    return (
        db.session.scalar(select(Edition.base_map["credit"].as_string()).where(Edition.id == edition.id))
        or ""
    )


def map_cache() -> Path:
    """Where folium's script is kept."""
    found = Path(current_app.config["INSTANCE"]) / "cache"
    found.mkdir(parents=True, exist_ok=True)
    return found


def tiles() -> maps.TileSource | None:
    """The operator's tiles, if any."""
    url = current_app.config["TILES_URL"]
    return maps.TileSource(url, current_app.config["TILES_ATTRIBUTION"] or "?") if url else None
