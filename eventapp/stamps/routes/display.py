"""The rotating display: an old phone or tablet that shows another code every 15 seconds, all day, without a signal.

An enrolled phone gets the key of one display for one local day (docs/stamps.md), so a stolen tablet is worth one station for one
day. Its clock may be wrong: the page corrects it by ours when it is loaded, and the server learns what is left from scans.
"""

from base64 import b64encode
from typing import Any

from flask import g, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.factories.devices import Device
from eventapp.i18n import LANGUAGES, _, use_language
from eventapp.stamps import stations, timing, tokens
from eventapp.stamps.models import KeyState, Poster, Station
from eventapp.stamps.posters import address_of
from eventapp.stamps.routes.staff_access import bp, enter, private, rally_of, stations_of


def _posters(device: Device) -> list[tuple[Station, Poster]]:
    """The displays of this phone's stations, the first of each station."""
    found = {one.id: one for one in stations_of(device)}
    asked = (
        select(Poster)
        .where(Poster.station_id.in_(found), Poster.is_display, Poster.revoked_at.is_(None))
        .order_by(Poster.pid)
    )
    shown: dict[int, Poster] = {}
    for poster in db.session.scalars(asked):
        if poster.key.state != KeyState.RETIRED:
            shown.setdefault(poster.station_id, poster)
    return [(found[station_id], poster) for station_id, poster in shown.items()]


@bp.get("/display")
def display() -> ResponseReturnValue:
    """Which display this phone may be; with one, there is nothing to choose."""
    device = enter()
    found = _posters(device)
    return private(
        render_template(
            "stamps/staff/displays.html", device=device, found=found, stations=stations_of(device)
        )
    )


def _get(device: Device, pid: int) -> tuple[Station, Poster]:
    rally_of(device)
    found = next(((station, poster) for station, poster in _posters(device) if poster.pid == pid), None)
    if found is None:
        raise NotThere(pid)
    return found


@bp.get("/display/<int:pid>")
def show(pid: int) -> ResponseReturnValue:
    """The display itself: the page is kept on the phone, and makes its codes alone."""
    device = enter()
    station, _poster = _get(device, pid)
    return private(
        render_template(
            "stamps/display.html",
            station=station,
            edition=g.edition,
            data=_data(device, pid),
            words=_words(),
            lines=_lines(),
            key_url=url_for("stamps_staff.day_key", pid=pid),
        )
    )


def _lines() -> dict[str, str]:
    """What stands under the code, in every language at once: whoever passes reads one of them."""
    lines = {}
    for code in LANGUAGES:
        with use_language(code):
            lines[code] = _("Point your phone's camera at it to get the stamp.")
    return lines


def _words() -> dict[str, str]:
    return {
        "old": _("This display is from another day. It needs a signal once to go on."),
        "unsafe": _("This browser cannot make codes here. Use a page that begins with https."),
        "locked": _("This phone is locked. Open its page and type the PIN."),
        "lost": _("This display has been ended by the committee."),
    }


@bp.get("/display/<int:pid>/key.json")
def day_key(pid: int) -> ResponseReturnValue:
    """Today's key and our time, for a display that is running already."""
    return jsonify(_data(enter(), pid))


def _data(device: Device, pid: int) -> dict[str, Any]:
    """Everything that the page needs for one local day."""
    _station, poster = _get(device, pid)
    zone, now = device.edition.zone, clock.now()
    day = clock.local(now, zone).date()
    begins, ends = clock.day_bounds(day, zone)
    moments = timing.to_milliseconds
    return {
        "head": tokens.ALPHABET[tokens.Type.ROTATING] + tokens.encode_number(poster.key.kid, 2) + tokens.encode_number(poster.pid, 3),
        "address": address_of(""), "key": b64encode(stations.display_key(poster, day)).decode(), "epoch": moments(tokens.EPOCH),
        "begins": moments(begins), "ends": moments(ends), "now": moments(now), "step": int(tokens.STEP.total_seconds() * 1000),
    }  # fmt: skip
