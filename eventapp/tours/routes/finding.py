"""Where visitors find something: what's on as a list, as a timetable and on the map, with filters that combine."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from flask import Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import clock, maps
from eventapp.db import db
from eventapp.festivals import notices
from eventapp.festivals.models import Edition, EditionState, Notice, Place
from eventapp.festivals.words import PLACES
from eventapp.i18n import _, language
from eventapp.tours import calling_off, wishes
from eventapp.tours import timetable as by_time
from eventapp.tours.offer_rows import Rows, read_rows
from eventapp.tours.offers import Host, changes_at, recall, remember
from eventapp.tours.routes.visitor import bp
from eventapp.tours.wishes import EVERY_DAY, Found, Wish
from eventapp.web import drawings, reading
from eventapp.web.guide import day_labels, link_parts, opens_later
from eventapp.web.templating import asset, show_date

YEAR = "public, max-age=31536000, immutable"
GEOJSON = "application/geo+json"
PLACES_LEFT = frozenset({"free", "few"})
PLACE_ICONS = {"bus_stop": "bus-stop", "prize_desk": "prize-desk", "meeting_point": "meeting-point"}


@bp.get("/<festival>/<edition>/whats-on/")
@reading.public_page
def whats_on(festival: str, edition: str) -> ResponseReturnValue:
    """Everything on, by who offers it, with times and places left."""
    if reading.PREVIEW in request.args or current_app.config["DEMO"]:
        return _list(*_find(festival, edition))
    page = ("list", request.full_path, language())
    before: _Before | None = recall(page)
    if before is None or clock.now() >= before.until:
        return _list_of_rows(festival, edition, page)
    rows = read_rows(before.edition_id, is_over=before.is_over, day=before.day)
    if rows.edition == before.said and (known := drawings.find((page, rows))) is not None:
        return known.answer()
    return _list_of_rows(festival, edition, page, before, rows)


class _Before(NamedTuple):
    """What an address meant when it was last asked for: which edition, and which of its days until midnight there."""

    edition_id: int
    is_over: bool
    day: date | None
    until: datetime
    said: str


def _list_of_rows(
    festival: str,
    edition: str,
    page: tuple[str, ...],
    before: _Before | None = None,
    rows: Rows | None = None,
) -> str:
    """Draw the list and keep it under its rows; what is on just now changes with every minute and is not kept."""
    of = reading.edition_for_reader(festival, edition)
    wish, is_over = wishes.read_wish(request.args, of), of.state is EditionState.CLOSED
    if before is None or rows is None or (of.id, is_over, wish.day) != before[:3]:
        rows = read_rows(of.id, is_over=is_over, day=wish.day)
    found = wishes.find(of, wish, rows)
    urgent = notices.find_urgent(of)
    html = _list(of, _unless_off(of, found, urgent), urgent)
    if not wish.now:
        until = clock.day_bounds(of.today(), of.zone)[1]
        times = [changes_at(offer) for host in found.hosts for offer in host.offers]
        remember(page, _Before(of.id, is_over, wish.day, until, rows.edition))
        ends = [one.until for one in urgent]
        drawings.keep((page, rows), html, [*times, *ends, of.booking_opens_at, of.booking_closes_at, until])
    return html


def _list(of: Edition, found: Found, urgent: list[Notice]) -> str:
    values = _values(of, found, "tours.whats_on", urgent)
    draw = _drawn(of, found.wish, values)
    rows = [draw(host) for host in found.hosts]
    return render_template("tours/whats_on.html", rows=rows, **values)


def _drawn(of: Edition, wish: Wish, to: dict[str, Any]) -> Callable[[Host], str]:
    """Draws the row of a host, or takes the one drawn before of the same host with the same offers."""
    draw = current_app.jinja_env.get_template("tours/whats_on_host.html").module.host_row  # type: ignore[attr-defined]
    page = (of.id, language(), wish.day is None, to["slot_url"])

    def row(host: Host) -> str:
        key = (page, host.origin or (host.name, host.code), *host.offers)
        drawn: str = recall(key) or remember(
            key, draw(host, to, language(), wish.day is None, to["day_labels"])
        )
        return drawn

    return row


@bp.get("/<festival>/<edition>/whats-on/timetable/")
@reading.public_page
def timetable(festival: str, edition: str) -> ResponseReturnValue:
    """The day as a table: factories and stages by hours. Every day below the other where no day is chosen."""
    of, found, urgent = _find(festival, edition)
    days = [found.wish.day] if found.wish.day else of.dates
    grids = [(day, by_time.lay_out(found.hosts, day)) for day in days]
    return render_template(
        "tours/whats_on_timetable.html", grids=grids, **_values(of, found, "tours.timetable", urgent)
    )


@bp.get("/<festival>/<edition>/map/")
@reading.public_page
def map(festival: str, edition: str) -> ResponseReturnValue:
    """The map with its list beside it. The pins, the drawing and the script come from addresses of their own."""
    of, found, urgent = _find(festival, edition)
    spots = _spots(of)
    parts = maps.build_map(_pins(of, found, spots), tiles=_tiles(), cache=_map_cache())
    place, wish = _address(of), found.wish.query()
    return render_template(
        "tours/map.html", parts=parts, spots=spots, place_words=PLACES, place_icons=PLACE_ICONS,
        pins_url=url_for("tours.map_pins", **place, **wish),
        base_url=url_for("tours.map_base", **place, v=of.content_version),
        script_url=url_for("tours.map_script", v=parts.version), **_values(of, found, "tours.map", urgent),
    )  # fmt: skip


@bp.get("/<festival>/<edition>/map/pins.json")
@reading.public_page
def map_pins(festival: str, edition: str) -> ResponseReturnValue:
    """The pins of a wish as GeoJSON, in the reader's language."""
    of, found, _urgent = _find(festival, edition)
    credit = db.session.scalar(select(Edition.base_map["credit"].as_string()).where(Edition.id == of.id))
    parts = maps.build_map(
        _pins(of, found, _spots(of)), credit=credit or "", tiles=_tiles(), cache=_map_cache()
    )
    return Response(maps.as_json(parts.data), content_type=GEOJSON)


@bp.get("/<festival>/<edition>/map/base.json")
@reading.public_page
def map_base(festival: str, edition: str) -> ResponseReturnValue:
    """The streets, drawn by ourselves."""
    of = reading.edition_for_reader(festival, edition)
    layers = {layer: of.base_map[layer] for layer in maps.BASE_LAYERS if layer in of.base_map}
    return Response(maps.as_json(maps.base_data(layers)), content_type=GEOJSON)


@bp.get("/map.js")
def map_script() -> ResponseReturnValue:
    """The script that sets Leaflet up; it holds nothing anybody typed, and its address changes with its content."""
    response = Response(
        maps.map_script(tiles=_tiles(), cache=_map_cache()), content_type="text/javascript; charset=utf-8"
    )
    response.headers["Cache-Control"] = YEAR if request.args.get("v") else "no-cache"
    return response


# What the pages share


def _find(festival: str, edition: str) -> tuple[Edition, Found, list[Notice]]:
    of = reading.edition_for_reader(festival, edition)
    urgent = notices.find_urgent(of)
    return of, _unless_off(of, wishes.find(of, wishes.read_wish(request.args, of)), urgent), urgent


def _unless_off(of: Edition, found: Found, urgent: list[Notice]) -> Found:
    """Nobody is invited to a day that the committee has called off as a whole; looked up only where an urgent notice stands."""
    day = found.wish.day
    if day is None or not urgent or not calling_off.find_days_off(of, {day}):
        return found
    if any(one.day == day for one in calling_off.count_standing(of)):  # something is held after all
        return found
    return replace(found, hosts=[], is_off=True)


def _address(of: Edition) -> dict[str, Any]:
    return {"festival": of.festival.slug, "edition": of.slug}


def _values(of: Edition, found: Found, endpoint: str, urgent: list[Notice]) -> dict[str, Any]:
    """What list, timetable and map have in common: form, links to the beginning, the beginnings of addresses."""
    wish = found.wish
    return {
        "urgent": urgent,
        "found": found, "wish": wish, "finder": _finder(of, found, endpoint), "day_labels": day_labels(of), "opens_at": opens_later(of),
        "reset_url": url_for(endpoint, **_address(of), day=wish.day.isoformat() if wish.day else EVERY_DAY),
        "icons": asset("img/icons.svg"), **link_parts(of),
    }  # fmt: skip


def _finder(of: Edition, found: Found, endpoint: str) -> str:
    """The form with everything that can be chosen, or the one drawn before for the same choices."""
    place, wish, is_today = _address(of), found.wish, of.today() in of.dates
    key = (
        endpoint,
        *place.values(),
        language(),
        reading.is_preview(),
        is_today,
        tuple(of.dates),
        found.choices,
        wish,
    )
    if (known := recall(key)) is not None:
        return cast(str, known)
    draw = current_app.jinja_env.get_template("tours/whats_on_form.html").module.finder  # type: ignore[attr-defined]
    parts = [("morning", _("Morning")), ("afternoon", _("Afternoon")), ("evening", _("Evening"))]
    reset = url_for(endpoint, **place, day=wish.day.isoformat() if wish.day else EVERY_DAY)
    drawn = draw(found.choices, wish, url_for(endpoint, **place), _views(place, wish, endpoint), _days(of, wish, place, endpoint), reset,
                 parts, is_today, reading.is_preview())  # fmt: skip
    return cast(str, remember(key, drawn))


def _views(place: dict[str, Any], wish: Wish, endpoint: str) -> list[dict[str, Any]]:
    views = (
        ("tours.whats_on", _("List"), "list"),
        ("tours.timetable", _("Timetable"), "timetable"),
        ("tours.map", _("Map"), "map"),
    )
    return [
        {
            "url": url_for(view, **place, **wish.query()),
            "label": label,
            "icon": icon,
            "current": view == endpoint,
        }
        for view, label, icon in views
    ]


def _days(of: Edition, wish: Wish, place: dict[str, Any], endpoint: str) -> list[dict[str, Any]]:
    """The choice of day; with one day there is none."""
    dates = of.dates
    if len(dates) < 2:
        return []
    days = [
        {
            "url": url_for(endpoint, **place, **wish.query(day=day)),
            "label": show_date(day),
            "current": day == wish.day,
        }
        for day in dates
    ]
    every = {
        "url": url_for(endpoint, **place, **wish.query(day=None)),
        "label": _("All days"),
        "current": wish.day is None,
    }
    return [*days, every]


# The map


def _map_cache() -> Path:
    folder = Path(current_app.config["INSTANCE"]) / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _tiles() -> maps.TileSource | None:
    url = current_app.config["TILES_URL"]
    return maps.TileSource(url, current_app.config["TILES_ATTRIBUTION"] or "?") if url else None


def _spots(of: Edition) -> list[Place]:
    """Toilets, information, bus stops: on the map in whatever filter."""
    rows = db.session.scalars(
        select(Place)
        .where(Place.edition_id == of.id, Place.lat.is_not(None), Place.lon.is_not(None))
        .order_by(Place.kind, Place.id)
    )
    return list(rows)


def _pins(of: Edition, found: Found, spots: list[Place]) -> list[maps.Pin]:
    """Hosts that fit, numbered as in the list beside the map, then places."""
    parts = link_parts(of)
    on_map = [host for host in found.hosts if host.lat is not None and host.lon is not None]
    there = clock.local(clock.now(), of.zone)
    now = (there.date().isoformat(), f"{there:%H:%M}")
    pins = [_pin(host, number, parts, now) for number, host in enumerate(on_map, 1)]
    taken = {host.code for host in on_map}
    return pins + [_spot(spot) for spot in spots if spot.code not in taken]


def _pin(host: Host, number: int, parts: dict[str, str], now: tuple[str, str]) -> maps.Pin:
    assert host.lat is not None and host.lon is not None
    lines = [host.area_name, host.hours_text, *(offer.title for offer in host.offers[:3])]
    return maps.Pin(
        code=host.code, lat=host.lat, lon=host.lon, name=host.name, lang=host.lang, number=str(number),
        url=f"{parts['factory_url']}{host.slug}{parts['factory_end']}" if host.slug else "",
        craft=host.craft, craft_name=host.craft_name, icon=host.craft, lines=tuple(line for line in lines if line),
        approximate=host.about, kind="factory" if host.slug else "venue", marks=tuple(_marks(host, now)),
    )  # fmt: skip


def _marks(host: Host, now: tuple[str, str]) -> Iterator[Literal["open", "places"]]:
    """Open at this minute; places left at one of the times shown."""
    if any(day == now[0] and opens <= now[1] < closes for day, opens, closes, _place in host.hours):
        yield "open"
    if any(time.state in PLACES_LEFT for offer in host.offers for time in offer.times):
        yield "places"


def _spot(spot: Place) -> maps.Pin:
    icon = PLACE_ICONS.get(spot.kind.value, spot.kind.value)
    note = (str(PLACES[spot.kind]), str(spot.note)) if spot.note else (str(PLACES[spot.kind]),)
    shown = spot.name.shown_language()
    assert spot.lat is not None and spot.lon is not None
    return maps.Pin(code=spot.code, lat=spot.lat, lon=spot.lon, name=str(spot.name), lang="" if shown == language() else shown,
                    icon=icon, lines=note, kind="place")  # fmt: skip
