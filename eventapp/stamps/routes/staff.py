"""Phones of staff: enrolling, the PIN, stamping visitors' cards. /desk/...

A phone is let in by its key in an HttpOnly cookie, for the day it was made for, and opened by a PIN; nobody signs in. It is for
one factory or for one prize desk, and finds nothing of any other. Without a key these addresses are nothing. The cookie outlives the
day by `devices.LATE`, and then opens nothing but a page that tells what waits: it only lets the outbox be sent (staff_json.py). A phone that is enrolled again keeps its older
keys behind the new one, for the same use alone.
"""

from typing import Any

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventapp import clock, links
from eventapp.db import NotThere, db, transaction
from eventapp.factories import devices
from eventapp.factories.devices import Device, DeviceError
from eventapp.forms import ActionForm
from eventapp.i18n import _, lazy
from eventapp.stamps import by_hand, queries, tokens
from eventapp.stamps.models import Desk, Rally, RallyState, Station
from eventapp.stamps.models import Verdict as Said
from eventapp.stamps.routes import desk_words, sentences, showing
from eventapp.stamps.routes.organizer_forms import PinForm, ShownForm
from eventapp.stamps.routes.visitor import with_camera
from eventapp.web import headers
from eventapp.web.forgery import StaleToken
from eventapp.web.limits import limiter

bp = Blueprint("stamps_staff", __name__, url_prefix="/desk")
COOKIE = "kouba.desk"
MOST_KEYS = 4  # the present one and those of the last days
FOR_STATIONS = (
    ("home", lazy("Stamp"), "stamp"),
    ("display", lazy("Display"), "qr"),
    ("phone", lazy("This phone"), "settings"),
)
FOR_DESKS = (("home", lazy("Visitor's card"), "gift"), ("handed", lazy("Handed over"), "history"), ("stock", lazy("Stock"), "checklist"),
             ("stamp", lazy("Stamp"), "stamp"), ("phone", lazy("This phone"), "settings"))  # fmt: skip


# --- who asks ------------------------------------------------------------------------------------------------------


def enter(*, opened: bool = True) -> Device:
    """The enrolled phone that asks, with its frame. Raises NotThere for everything else, and for a locked one where it must be open."""
    device = devices.find_device(_keys()[0])
    if device is None or (opened and not device.is_open):
        raise NotThere("desk")
    _remember(device)
    items = (FOR_DESKS if device.desk else FOR_STATIONS) if device.is_open else ()
    here = (request.endpoint or "").rpartition(".")[2]
    g.factory_nav = [{"url": url_for(f"stamps_staff.{name}"), "label": words, "icon": picture, "current": BELOW.get(here, here) == name, "badge": None}
                     for name, words, picture in items]  # fmt: skip
    return device


def enter_to_send() -> Device:
    """The phone whose outbox comes, also late: `?device=` names which, where this phone was enrolled again. Raises NotThere."""
    name, keys = request.args.get("device"), _keys()
    found = [devices.find_sender(key) for key in (keys[:1] if name is None else keys)]
    device = next((one for one in found if one is not None and name in (None, one.code)), None)
    if device is None:
        raise NotThere("desk")
    _remember(device)
    return device


def _keys() -> list[str]:
    """The keys of the cookie, the present one first; never an empty list."""
    return request.cookies.get(COOKIE, "").split(".")[:MOST_KEYS]


def _remember(device: Device) -> None:
    g.festival, g.edition, g.device = device.edition.festival, device.edition, device


BELOW = {"card": "home", "away": "stock", "stamp_card": "stamp"}


def rally_of(device: Device) -> Rally:
    """The rally that this phone works for."""
    rally = queries.find_rally(device.edition)
    if rally is None or rally.state == RallyState.DRAFT:
        raise NotThere("rally")
    return rally


def desk_of(device: Device) -> Desk:
    """The desk of this phone. Raises NotThere for a factory's phone."""
    if not device.desk:
        raise NotThere("desk")
    return queries.get_desk(rally_of(device), device.desk)


def stations_of(device: Device) -> list[Station]:
    """Where this phone may stamp: at its factory's stations; a desk's phone at those that belong to no factory."""
    rally = queries.find_rally(device.edition)
    if rally is None:
        return []
    found = list(queries.list_stations(rally, active_only=True))
    if device.desk:
        return [one for one in found if one.entry_id is None]
    return [one for one in found if one.entry is not None and one.entry.factory_id == device.factory_id]


def private(page: str, status: int = 200) -> ResponseReturnValue:
    return headers.private(make_response(page, status))


def checked() -> None:
    """Every button carries the token of its page."""
    if not ActionForm().validate():
        raise StaleToken


# --- enrolling -----------------------------------------------------------------------------------------------------


@bp.get("/enrol/<token>")
def enrol(token: str) -> ResponseReturnValue:
    """What the link shows. Looking uses nothing up, so that a preview of it in a chat does no harm."""
    device = devices.find_link(token)
    if device is None:
        raise NotThere("link")
    g.festival, g.edition = device.edition.festival, device.edition
    return private(
        render_template("stamps/staff/enrol.html", device=device, token=token, where=_where(device))
    )


def _where(device: Device) -> str:
    if device.factory is not None:
        return str(device.factory.name)
    asked = select(Desk).where(Desk.code == device.desk).options(joinedload(Desk.rally))
    desk = db.session.scalar(asked)
    return str(desk.name) if desk is not None else ""


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
    older = [one for one in _keys() if devices.is_worth_keeping(one)]
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
        render_template("stamps/staff/pin.html", device=device, form=form, where=_where(device)), status
    )


@bp.get("/phone")
def phone() -> ResponseReturnValue:
    """What this phone is for and how long; locking it."""
    device = enter()
    return private(
        render_template(
            "stamps/staff/phone.html", device=device, where=_where(device), desk_data=data_for_script(device)
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
    if (over := _find_over()) is not None:
        return _over_page(over)
    device = enter(opened=False)
    if not device.is_open:
        return _pin_page(device, PinForm(formdata=None))
    return card_page(device, _fresh(), for_prizes=bool(device.desk))


def _find_over() -> Device | None:
    """The phone that asks, where its day has ended and something may still wait in it."""
    key = _keys()[0]
    return devices.find_sender(key) if devices.find_device(key) is None else None


def _over_page(device: Device) -> ResponseReturnValue:
    """Nothing of the desk: only what waits in the phone, and what of it was refused."""
    _remember(device)
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
        template, device=device, rally=queries.find_rally(device.edition), where=_where(device), reader=showing.reader(),
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
