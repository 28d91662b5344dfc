"""Phones of staff: enrolling, the PIN, stamping visitors' cards. /desk/... (who asks: staff_access.py)"""

from typing import Any

from flask import current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp import clock, links
from eventapp.db import NotThere, transaction
from eventapp.factories import devices
from eventapp.factories.devices import Device, DeviceError
from eventapp.i18n import _
from eventapp.stamps import by_hand, queries, tokens
from eventapp.stamps.models import Verdict as Said
from eventapp.stamps.routes import desk_words, sentences, showing
from eventapp.stamps.routes.organizer_forms import PinForm, ShownForm
from eventapp.stamps.routes.staff_access import (
    COOKIE,
    MOST_KEYS,
    bp,
    checked,
    enter,
    find_over,
    keys_in_cookie,
    private,
    rally_of,
    remember,
    stations_of,
    where_of,
)
from eventapp.stamps.routes.visitor import with_camera
from eventapp.web import headers
from eventapp.web.limits import limiter

# --- enrolling -----------------------------------------------------------------------------------------------------


@bp.get("/enrol/<token>")
def enrol(token: str) -> ResponseReturnValue:
    """What the link shows. Looking uses nothing up, so that a preview of it in a chat does no harm."""
    device = devices.find_link(token)
    if device is None:
        raise NotThere("link")
    g.festival, g.edition = device.edition.festival, device.edition
    return private(
        render_template("stamps/staff/enrol.html", device=device, token=token, where=where_of(device))
    )


@bp.post("/enrol/<token>")
@limiter.limit("30 per hour")
def use_link(token: str) -> ResponseReturnValue:
    """Use the link up: this phone is enrolled until the end of its day."""
    if devices.find_link(token) is None:
        raise NotThere("link")
    checked()
    try:
        with transaction():
            device, key = devices.enrol(token)
            until = device.valid_until
    except DeviceError as error:
        raise NotThere("link") from error
    older = [one for one in keys_in_cookie() if devices.is_worth_keeping(one)]
    life = until + devices.LATE - clock.now()
    response = make_response(redirect(url_for("stamps_staff.home"), 303))
    response.set_cookie(COOKIE, ".".join([key, *older][:MOST_KEYS]), max_age=max(1, int(life.total_seconds())), path="/desk", httponly=True, samesite="Lax",
                        secure=current_app.config["SESSION_COOKIE_SECURE"])  # fmt: skip
    return response


@bp.post("/pin")
@limiter.limit("60 per hour")
def give_pin() -> ResponseReturnValue:
    """Open the phone. Every try is counted, also a wrong one."""
    device, form = enter(opened=False), PinForm()
    if form.validate():
        with transaction():
            good = devices.check_pin(device, form.pin.data or "")
        if good:
            return redirect(url_for("stamps_staff.home"), 303)
        locked = device.pin_locked_until is not None and device.pin_locked_until > clock.now()
        form.pin.errors = [
            _("Too many wrong PINs. Please wait five minutes.") if locked else _("This PIN is not right.")
        ]
    return _pin_page(device, form, 422)


def _pin_page(device: Device, form: PinForm, status: int = 200) -> ResponseReturnValue:
    return private(
        render_template("stamps/staff/pin.html", device=device, form=form, where=where_of(device)), status
    )


@bp.get("/phone")
def phone() -> ResponseReturnValue:
    """What this phone is for and how long; locking it."""
    device = enter()
    return private(
        render_template(
            "stamps/staff/phone.html",
            device=device,
            where=where_of(device),
            desk_data=data_for_script(device),
        )
    )


@bp.post("/lock")
def lock() -> ResponseReturnValue:
    """Lock the phone until the PIN is typed again."""
    device = enter()
    checked()
    with transaction():
        devices.lock(device)
    return redirect(url_for("stamps_staff.home"), 303)


# --- the first page, and stamping ------------------------------------------------------------------------------------


@bp.get("/")
def home() -> ResponseReturnValue:
    """A factory's phone stamps; a desk's phone looks at cards; a locked one asks for its PIN; after its day it tells what it still has."""
    if (over := find_over()) is not None:
        return _over_page(over)
    device = enter(opened=False)
    if not device.is_open:
        return _pin_page(device, PinForm(formdata=None))
    return card_page(device, _fresh(), for_prizes=bool(device.desk))


def _over_page(device: Device) -> ResponseReturnValue:
    """Nothing of the desk: only what waits in the phone, and what of it was refused."""
    remember(device)
    values = {"sends_until": device.valid_until + devices.LATE, "desk_data": data_for_script(device)}
    return private(render_template("stamps/staff/over.html", device=device, **values))


@bp.get("/stamp")
def stamp() -> ResponseReturnValue:
    """Stamp a card by hand, also from a desk's phone."""
    return card_page(enter(), _fresh())


def _fresh() -> ShownForm:
    return ShownForm(
        None, data={"scan_id": tokens.random_letters(26), "station": request.args.get("station", "")}
    )


def card_page(
    device: Device, form: ShownForm, *, for_prizes: bool = False, status: int = 200
) -> ResponseReturnValue:
    """The page on which a card is scanned or its code is typed."""
    return scan_page("stamps/staff/scan.html", device, status, form=form, for_prizes=for_prizes, stations=stations_of(device),
                     desk_data=data_for_script(device, for_prizes=for_prizes))  # fmt: skip


def scan_page(template: str, device: Device, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page with the scanner, which alone may use the camera."""
    page = render_template(
        template, device=device, rally=queries.find_rally(device.edition), where=where_of(device), reader=showing.reader(),
        scanner_words=_scanner_words(), public_host=links.base_url().partition("://")[2], **values,
    )  # fmt: skip
    return with_camera(headers.private(make_response(page, status)))


def _scanner_words() -> dict[str, str]:
    """The scanner's sentences, said to staff."""
    return sentences.of_scanner() | {
        "look": _("Hold the code that the visitor shows into the frame."),
        "next": _("Ready for the next card."),
        "foreign": _("This is not a stamp card. Its address was not opened."),
        "nothing": _("No code was found. Go a little closer, or type the letters under it."),
    }


def data_for_script(device: Device, **more: Any) -> dict[str, Any]:
    """What desk.js must know."""
    return {
        "device": device.code, "sync": url_for("stamps_staff.sync", device=device.code),
        "upload": url_for("stamps_staff.upload", device=device.code), "home": url_for("stamps_staff.home"),
        "words": desk_words.of_desk_script(), "for_prizes": False, "escrows": [], "public_key": None, **more,
    }  # fmt: skip


@bp.post("/stamp")
@limiter.limit("240 per minute")
def stamp_card() -> ResponseReturnValue:
    """The form without scripts: one card, one stamp. Sent twice it stamps once."""
    device, form = enter(), ShownForm()
    if not form.validate():
        return card_page(device, form, status=422)
    rally, allowed = rally_of(device), {one.code for one in stations_of(device)}
    if form.station.data not in allowed:
        raise NotThere("station")
    item = by_hand.StaffStamp(
        scan_id=(form.scan_id.data or tokens.random_letters(26))[:40],
        shown=token_in(form.code.data or ""),
        t_client=None,
    )
    with transaction():
        (result,) = by_hand.stamp_by_staff(
            rally.id, form.station.data, [item], device=device.code, by=device.label
        )
    kinds = {Said.REJECTED: "error", Said.ACCEPTED: "success"}
    flash(desk_words.of_staff(result.verdict, result.reason), kinds.get(result.verdict, "info"))
    return redirect(
        url_for("stamps_staff.stamp" if device.desk else "stamps_staff.home", station=form.station.data), 303
    )


def token_in(typed: str) -> str:
    """The code itself, also where a scanner typed the whole address."""
    return typed.strip().rpartition("/s/")[2]
