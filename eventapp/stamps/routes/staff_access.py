"""Which staff phone asks, and what it is for. Every page below /desk/ begins here.

A phone is let in by its key in an HttpOnly cookie, for the day it was made for, and opened by a PIN; nobody signs in. It is for
one factory or for one prize desk, and finds nothing of any other. Without a key these addresses are nothing. The cookie outlives the
day by `devices.LATE`, and then opens nothing but a page that tells what waits: it only lets the outbox be sent (staff_json.py). A phone
that is enrolled again keeps its older keys behind the new one, for the same use alone.
"""

from flask import Blueprint, g, make_response, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventapp.db import NotThere, db
from eventapp.factories import devices
from eventapp.factories.devices import Device
from eventapp.forms import ActionForm
from eventapp.i18n import lazy
from eventapp.stamps import queries
from eventapp.stamps.models import Desk, Rally, RallyState, Station
from eventapp.web import headers
from eventapp.web.forgery import StaleToken

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
    device = devices.find_device(keys_in_cookie()[0])
    if device is None or (opened and not device.is_open):
        raise NotThere("desk")
    remember(device)
    items = (FOR_DESKS if device.desk else FOR_STATIONS) if device.is_open else ()
    here = (request.endpoint or "").rpartition(".")[2]
    g.factory_nav = [{"url": url_for(f"stamps_staff.{name}"), "label": words, "icon": picture, "current": BELOW.get(here, here) == name, "badge": None}
                     for name, words, picture in items]  # fmt: skip
    return device


def enter_to_send() -> Device:
    """The phone whose outbox comes, also late: `?device=` names which, where this phone was enrolled again. Raises NotThere."""
    name, keys = request.args.get("device"), keys_in_cookie()
    found = [devices.find_sender(key) for key in (keys[:1] if name is None else keys)]
    device = next((one for one in found if one is not None and name in (None, one.code)), None)
    if device is None:
        raise NotThere("desk")
    remember(device)
    return device


def keys_in_cookie() -> list[str]:
    """The keys of the cookie, the present one first; never an empty list."""
    return request.cookies.get(COOKIE, "").split(".")[:MOST_KEYS]


def remember(device: Device) -> None:
    """The frame of its pages: festival, edition, and the phone itself."""
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
    """An answer that nobody keeps on the way."""
    return headers.private(make_response(page, status))


def checked() -> None:
    """Every button carries the token of its page."""
    if not ActionForm().validate():
        raise StaleToken


def where_of(device: Device) -> str:
    """What the phone is for, in words: its factory or its desk."""
    if device.factory is not None:
        return str(device.factory.name)
    asked = select(Desk).where(Desk.code == device.desk).options(joinedload(Desk.rally))
    desk = db.session.scalar(asked)
    return str(desk.name) if desk is not None else ""


def find_over() -> Device | None:
    """The phone that asks, where its day has ended and something may still wait in it."""
    key = keys_in_cookie()[0]
    return devices.find_sender(key) if devices.find_device(key) is None else None
