"""What the visitors' pages and phones are told of a rally; the same for everyone, and kept in the process until it changes."""

import json
import threading
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import cache
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from eventapp import clock
from eventapp.db import db
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated, _, language, ngettext
from eventapp.stamps import overlay, posters, queries, tokens
from eventapp.stamps.books import Book, Standing
from eventapp.stamps.earning import Progress, progress
from eventapp.stamps.models import PrizeKind, Rally, RallyState, Station, Status
from eventapp.stamps.routes import uploading
from eventapp.stamps.rules import Rules, get_rules
from eventapp.web.templating import asset, show_date, show_datetime

SCHEMA = "kouba.rally.1"
READER = "vendor/zxing-wasm-3.1.4"


def place_of(edition: Edition) -> dict[str, Any]:
    """The beginning of every address of this edition."""
    return {"festival": edition.festival.slug, "edition": edition.slug}


def key_of(edition: Edition) -> str:
    """How a phone calls the rally."""
    return f"{edition.festival.slug}/{edition.slug}"


@cache
def paths(festival: str, edition: str) -> dict[str, str]:
    """The addresses that scripts ask."""
    place: dict[str, Any] = {"festival": festival, "edition": edition}
    names = (
        "home",
        "scan",
        "card",
        "claim",
        "sync",
        "manifest",
        "here",
        "certificates",
        "take_along",
        "web_manifest",
    )
    return {name: url_for(f"stamps.{name}", **place) for name in names}


def reader() -> dict[str, str]:
    """Where the QR reader is: the worker, which has an address of its own for its headers, and what it loads."""
    worker = url_for("stamps.scanner_worker", v=asset("js/scanner-worker.js").rpartition("=")[2])
    return {
        "worker": worker,
        "library": asset(f"{READER}/zxing_reader.js"),
        "wasm": asset(f"{READER}/zxing_reader.wasm"),
    }


# --- stations -------------------------------------------------------------------------------------------------------


def art_url(station: Station, place: dict[str, Any]) -> str:
    """The picture of its stamp; the address changes when the picture does."""
    factory = station.entry.factory if station.entry is not None else None
    drawn_from = [dict(station.title), station.art, station.number, factory.craft.value if factory else ""]
    return url_for("stamps.art", code=station.code, v=_mark(drawn_from), **place)


def _mark(drawn_from: object) -> str:
    """A short word that changes with what a picture is drawn from."""
    return blake2b(json.dumps(drawn_from, sort_keys=True).encode(), digest_size=6).hexdigest()


def craft_of(station: Station) -> str:
    return station.entry.factory.craft.value if station.entry is not None else "other"


def page_url(station: Station, place: dict[str, Any]) -> str:
    """The page of its factory, which is what people share; empty where it has none."""
    return (
        url_for("factories.factory", slug=station.entry.factory.slug, **place)
        if station.entry is not None
        else ""
    )


def spot(station: Station, place: dict[str, Any], stamp: Standing | None = None) -> dict[str, Any]:
    name = station.title
    return {
        "code": station.code, "number": station.number, "name": str(name), "lang": _other(name), "art": art_url(station, place),
        "url": page_url(station, place), "no_camera": station.no_camera, "state": stamp.status.value if stamp else "", "when": _when(stamp),
    }  # fmt: skip


def _other(text: Translated) -> str:
    """The language to mark a name with, where it is not in the reader's own."""
    return "" if text.get(language()) else next((code for code, value in text.items() if value), "")


def _when(stamp: Standing | None) -> str:
    if stamp is None:
        return ""
    told = {Status.HELD: _("being checked"), Status.VOID: _("taken back")}
    return told.get(stamp.status) or show_datetime(stamp.t_est)


# --- the picture that grows -----------------------------------------------------------------------------------------


def crafts_in_picture(rally: Rally, stations: Sequence[Station]) -> list[str]:
    """The crafts of the stations that uncover a piece each; none without a picture, or where the pieces would be crumbs."""
    return (
        [craft_of(one) for one in stations] if rally.overlay and len(stations) <= overlay.MOST_PIECES else []
    )


def picture_url(rally: Rally, crafts: Sequence[str]) -> str:
    """The whole picture; the address changes when it does."""
    return url_for("stamps.picture", v=_mark([rally.overlay, list(crafts)]), **place_of(rally.edition))


def growing(rally: Rally, stations: Sequence[Station], stamps: dict[int, Standing]) -> dict[str, Any] | None:
    """The picture with a cover for each station of the stamp book, or None."""
    crafts = crafts_in_picture(rally, stations)
    if not crafts:
        return None
    opened = {key for key, stamp in stamps.items() if stamp.status != Status.VOID}
    pieces = [
        {"code": one.code, "number": one.number, "is_open": one.id in opened, "cover": cover}
        for one, cover in zip(stations, overlay.covers(len(stations), key_of(rally.edition)), strict=True)
    ]
    return {"url": picture_url(rally, crafts), "pieces": pieces}


# --- prizes ---------------------------------------------------------------------------------------------------------


def tiers(rally: Rally, rules: Rules, book: Book | None) -> list[dict[str, Any]]:
    """The prizes with how far the card is; without a card, at the beginning."""
    by_id = {one.id: one for one in rally.prizes}
    return [
        {
            "code": prize.code, "kind": prize.kind.value, "name": str(by_id[prize.id].name), "rule": rule_of(by_id[prize.id]),
            "left": _left(one, state), "picture": prize_url(by_id[prize.id], place_of(rally.edition)), **one,
        }
        for prize, one in ((prize, _standing(rules, prize.id, book)) for prize in rules.prizes if prize.is_active)
        for state in [one["state"]]
    ]  # fmt: skip


def prize_url(prize: Any, place: dict[str, Any]) -> str:
    """The picture of a prize; the address changes when the picture does."""
    return url_for("stamps.prize_picture", code=prize.code, v=_mark(prize.picture), **place)


def progress_json(rules: Rules, book: Book) -> list[dict[str, Any]]:
    """How far a card is, for its phone."""
    return [
        {"code": prize.code, **_standing(rules, prize.id, book)} for prize in rules.prizes if prize.is_active
    ]


def _standing(rules: Rules, prize_id: int, book: Book | None) -> dict[str, Any]:
    prize = next(one for one in rules.prizes if one.id == prize_id)
    stamps: Sequence[Standing] = list(book.stamps.values()) if book else []
    found: Progress = progress(rules, prize, stamps)
    award = book.awards.get(prize_id) if book else None
    state = "" if award is None else "claimed" if award[1] else "earned"
    return {"have": min(found.have, found.needed), "needed": found.needed, "state": state}


def _left(one: dict[str, Any], state: str) -> object:
    if state:
        return _("handed over") if state == "claimed" else _("Yours: fetch it at the desk")
    missing = one["needed"] - one["have"]
    return _("reached") if missing <= 0 else _("%(count)s more", count=missing)


def rule_of(prize: Any) -> object:
    """What a prize is given for, in a few words."""
    from eventapp.factories.models import Craft
    from eventapp.factories.words import CRAFTS

    stamps = ngettext("%(num)d stamp", "%(num)d stamps", prize.needed)
    if prize.kind == PrizeKind.COURSE and prize.course is not None:
        return _("All of the course %(name)s", name=prize.course.name)
    if prize.kind == PrizeKind.AREA:
        return _("%(area)s: %(stamps)s", area=prize.area, stamps=stamps)
    if prize.kind == PrizeKind.CRAFT and prize.craft:
        return _("%(craft)s: %(stamps)s", craft=CRAFTS[Craft(prize.craft)], stamps=stamps)
    if prize.kind == PrizeKind.SET:
        return _("%(count)s out of %(total)s chosen stations", count=prize.needed, total=len(prize.stations))
    if prize.kind == PrizeKind.AREAS:
        return ngettext("Stamps in %(num)d part of town", "Stamps in %(num)d parts of town", prize.needed)
    if prize.kind == PrizeKind.CRAFTS:
        return ngettext("Stamps of %(num)d craft", "Stamps of %(num)d crafts", prize.needed)
    return stamps


def since(moment: datetime, zone: ZoneInfo) -> str:
    """A beginning as people say it: at midnight, the day alone."""
    there = clock.local(moment, zone)
    return show_date(there.date()) if there.time() == time.min else show_datetime(moment)


def until(moment: datetime, zone: ZoneInfo) -> str:
    """An end as people say it: a midnight belongs to the day before."""
    there = clock.local(moment, zone)
    if there.time() == time.min:
        return show_date(there.date() - timedelta(days=1))
    return show_datetime(moment)


def phase(rules: Rules) -> str:
    """Where the rally stands: before, on, after."""
    now = clock.now()
    if rules.state == RallyState.CLOSED or now >= rules.closes_at:
        return "after"
    return "before" if now < rules.opens_at else "on"


# --- the manifest ---------------------------------------------------------------------------------------------------

_kept: dict[tuple[str, int], tuple[tuple[int, int], dict[str, Any]]] = {}
_lock = threading.Lock()


def manifest(rally: Rally) -> dict[str, Any]:
    """What a phone keeps for a day without a signal. Made anew when stations, posters, keys or prizes change."""
    rules = get_rules(rally.id)
    place = (str(db.engine.url), rally.id)
    known = _kept.get(place)
    if known is None or known[0] != rules.version:
        known = (rules.version, _manifest(rally, rules))
        with _lock:
            if len(_kept) > 50:
                _kept.clear()
            _kept[place] = known
    return known[1]


def _manifest(rally: Rally, rules: Rules) -> dict[str, Any]:
    place = place_of(rally.edition)
    plain = queries.manifest(rally)
    stations = {one.code: one for one in queries.list_stations(rally)}
    for one in plain["stations"]:
        station, (lat, lon) = stations[one["code"]], one.pop("point") or (None, None)
        one |= {"lat": lat, "lon": lon, "art": art_url(station, place), "url": page_url(station, place)}
    shown = [prize_url(one, place) for one in rally.prizes if one.is_active]
    in_picture = crafts_in_picture(rally, [one for one in stations.values() if one.is_active])
    files = [
        asset("js/scanner.js"),
        *reader().values(),
        *shown,
        *([picture_url(rally, in_picture)] if in_picture else []),
    ]
    return plain | {
        "schema": SCHEMA, "key": key_of(rally.edition), "version": ".".join(map(str, rules.version)),
        "paths": paths(**place), "files": files, "displays": _displays(rules),
    }  # fmt: skip


def _displays(rules: Rules) -> dict[str, str]:
    """The five letters after the type, by which a display's code is known; no proof, the server asks for that."""
    return {
        tokens.encode_number(one.kid, 2) + tokens.encode_number(one.pid, 3): rules.stations[one.station_id].code
        for one in rules.posters.values() if one.is_display and one.revoked_at is None
    }  # fmt: skip


def station_json(station: Station, place: dict[str, Any]) -> dict[str, Any]:
    """One station for the page of its poster, on a phone that knows nothing of the rally yet."""
    lat, lon = station.point or (None, None)
    return {"code": station.code, "number": station.number, "name": dict(station.title), "art": art_url(station, place),
            "url": page_url(station, place), "lat": lat, "lon": lon, "hours": []}  # fmt: skip


def art_svg(station: Station) -> str:
    return posters.art_of(station, uploading.media())
