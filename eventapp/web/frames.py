"""The three frames around pages: visitors, a factory's desk, the committee's desk. Each route says which one it is in.

The views call one of these first; the objects they return are those the reader may have. Templates get `festival`,
`edition` and the menu of the frame from here.
"""

from typing import Any, NamedTuple

from flask import Flask, current_app, g, request, url_for

from eventapp import outbox
from eventapp.factories.access import get_factory_to_edit
from eventapp.factories.models import Entry, Factory
from eventapp.festivals import access
from eventapp.festivals.editions import find_current
from eventapp.festivals.models import Edition, Festival, Organizer, Role
from eventapp.i18n import lazy
from eventapp.web.pointing import PointMap, point_map
from eventapp.web.signin import require_person


class Item(NamedTuple):
    endpoint: str
    label: object
    icon: str
    role: Role = Role.READER  # this role and those above find it in the menu


FOR_VISITORS = (
    Item("festivals.home", lazy("Home"), "home"),
    Item("tours.whats_on", lazy("What's on"), "list"),
    Item("tours.map", lazy("Map"), "map"),
    Item("walks.day", lazy("My day"), "guide"),
    Item("stamps.home", lazy("Stamps"), "stamp"),
    Item("tours.my_reservations", lazy("Bookings"), "ticket"),
)
BELONGS_TO = {
    "tours.timetable": "tours.whats_on",
    "factories.factory": "tours.whats_on",
    "tours.slot": "tours.whats_on",
    "walks.plan": "walks.day",
    "walks.heart_list": "walks.day",
    "walks.course_list": "walks.day",
    "walks.course": "walks.day",
    "walks.near": "walks.day",
    "walks_organizer.timetable": "walks_organizer.streets",
    "walks_organizer.new_timetable": "walks_organizer.streets",
    "walks_organizer.plan_course": "walks_organizer.streets",
    "walks_organizer.course": "walks_organizer.streets",
    "walks_organizer.print_job": "walks_organizer.streets",
    "stamps.scan": "stamps.home",
    "stamps.card": "stamps.home",
    "stamps.claim": "stamps.home",
    "stamps.poster": "stamps.home",
    "festivals_organizer.person": "festivals_organizer.people",
    "factories_organizer.exchange_job": "factories_organizer.exchange",
    **dict.fromkeys((f"festivals_organizer.{page}" for page in ("venue", "new_venue", "place", "new_place")), "festivals_organizer.venues"),
    **dict.fromkeys(("festivals_organizer.notice", "festivals_organizer.new_notice"), "festivals_organizer.notices"),
    **dict.fromkeys(("factories_organizer.entry", "factories_organizer.new_entry"), "factories_organizer.entries"),
    **{
        f"{desk}.{page}": f"{desk}.programmes"
        for desk in ("tours_organizer", "tours_factory")
        for page in ("programme", "new_programme", "slots", "plan_slots", "slot", "stops", "book")
    },
    **dict.fromkeys(("tours_organizer.stages", "tours_organizer.today", "tours_organizer.sheet"), "tours_organizer.programmes"),
    **dict.fromkeys((f"tours_organizer.{page}" for page in ("find", "reservation", "call_off_all", "calling_off_job")),
                    "tours_organizer.reservations"),
    **dict.fromkeys(("tours_factory.find", "tours_factory.reservation"), "tours_factory.today"),
    **dict.fromkeys((f"factories_factory.{page}" for page in ("photos", "photo", "members", "missing")), "factories_factory.profile"),
}  # fmt: skip
OVER_AN_EDITION = (
    Item("festivals_organizer.edition", lazy("Overview"), "list"),
    Item("factories_organizer.entries", lazy("Entries"), "tools"),
    Item("tours_organizer.programmes", lazy("Programmes and slots"), "calendar"),
    Item("tours_organizer.reservations", lazy("Reservations"), "ticket"),
    Item("stamps_organizer.rally", lazy("Stamp rally"), "stamp"),
    Item("festivals_organizer.venues", lazy("Venues and places"), "pin"),
    Item("walks_organizer.streets", lazy("Streets and courses"), "guide"),
    Item("festivals_organizer.notices", lazy("Notices"), "info"),
    Item("festivals_organizer.texts", lazy("Edition settings"), "edit"),
    Item("factories_organizer.exchange", lazy("Import and export"), "upload"),
)
OVER_A_FESTIVAL = (
    Item("festivals_organizer.editions", lazy("Editions"), "calendar"),
    Item("festivals_organizer.people", lazy("Committee members"), "people"),
    Item("festivals_organizer.mails", lazy("Mail outbox"), "mail", Role.STAFF),
    Item("festivals_organizer.history", lazy("History"), "clock"),
    Item("festivals_organizer.settings", lazy("Festival settings"), "edit", Role.OWNER),
    Item("festivals_organizer.health", lazy("Health"), "check"),
)
OVER_A_FACTORY = (
    Item("tours_factory.today", lazy("Today"), "clock"),
    Item("tours_factory.programmes", lazy("Programmes"), "calendar"),
    Item("tours_factory.sheet", lazy("Attendance"), "print"),
    Item("factories_factory.profile", lazy("Profile"), "tools"),
    Item("factories_factory.entry", lazy("Opening days"), "calendar"),
)


def set_up(app: Flask) -> None:
    app.context_processor(_values)


def _values() -> dict[str, Any]:
    return {
        "festival": g.get("festival"),
        "edition": g.get("edition"),
        "factory": g.get("factory"),
        "organizer": g.get("organizer"),
        "visitor_nav": g.get("visitor_nav"),
        "home_url": g.get("home_url"),
        "privacy_url": g.get("privacy_url"),
        "is_preview": g.get("is_preview", False),
        "organizer_nav": g.get("organizer_nav"),
        "factory_nav": g.get("factory_nav"),
        "committee_url": g.get("committee_url"),
        "mail_is_stuck": g.get("mail_is_stuck", False),
        "festival_theme_url": _theme(g.get("festival")),
    }


def _theme(festival: Festival | None) -> str | None:
    return (
        url_for("festivals.theme", festival=festival.slug, v=festival.version)
        if festival is not None
        else None
    )


def visitor(edition: Edition) -> Edition:
    """The visitor's frame around a page of this edition."""
    g.festival, g.edition = edition.festival, edition
    place: dict[str, Any] = {"festival": edition.festival.slug, "edition": edition.slug}
    known = current_app.view_functions
    if not edition.is_public and not g.get(
        "is_preview"
    ):  # a private link outlives the pages: no menu into nowhere
        g.visitor_nav, g.home_url, g.privacy_url = [], "/", None
        return edition
    g.visitor_nav = [
        _item(one, **place) for one in FOR_VISITORS if one.endpoint in known and _is_on(one, edition)
    ]
    g.home_url = g.visitor_nav[0]["url"] if g.visitor_nav else None
    g.privacy_url = url_for("festivals.privacy", **place) if "festivals.privacy" in known else None
    return edition


def _is_on(item: Item, edition: Edition) -> bool:
    """Stamps stand in the menu once visitors may see a rally (read with the edition, stamps/visible.py); a day is planned
    of what is public only.
    """
    if item.endpoint.startswith("walks.") and g.get("is_preview"):
        return False
    return item.endpoint != "stamps.home" or bool(getattr(edition, "has_rally", False))


def committee(festival_slug: str, edition_slug: str | None = None, *, role: Role = Role.READER) -> Organizer:
    """The committee's frame, for organizers with at least this role; strangers get a 404.

    `g.edition` is the edition named in the address, else the one to work on, which may be None.
    """
    person = require_person()
    find = {
        Role.READER: access.get_festival_to_see,
        Role.STAFF: access.get_festival_to_run,
        Role.OWNER: access.get_festival_to_own,
    }
    organizer = find[role](festival_slug, person)
    g.organizer, g.festival = organizer, organizer.festival
    g.edition = (
        access.get_edition(organizer.festival, edition_slug)
        if edition_slug
        else edition_to_work_on(organizer.festival)
    )
    g.mail_is_stuck = organizer.role in access.MAY_RUN and outbox.is_stuck(organizer.festival_id)
    items = (
        [_item(one, festival=festival_slug, edition=g.edition.slug) for one in OVER_AN_EDITION]
        if g.edition
        else []
    )
    g.organizer_nav = items + [
        _item(one, festival=festival_slug) for one in OVER_A_FESTIVAL if _is_for(one, organizer.role)
    ]
    return organizer


def _is_for(item: Item, role: Role) -> bool:
    order = list(Role)
    return order.index(role) <= order.index(item.role)


def edition_to_work_on(festival: Festival) -> Edition | None:
    """What the committee is busy with: the newest edition, or the current one when there is nothing newer."""
    return festival.editions[0] if festival.editions else find_current(festival)


def workshop(factory_code: str) -> Factory:
    """The frame of a factory's own desk, for its members and the committee; strangers get a 404.

    `g.edition` is the newest edition in which the factory takes part, or None.
    """
    person = require_person()
    factory = get_factory_to_edit(factory_code, person)
    g.factory, g.festival = factory, factory.festival
    entries = sorted(factory.entries, key=lambda entry: str(entry.edition.first_day or ""), reverse=True)
    g.entry = entries[0] if entries else None
    g.edition = g.entry.edition if g.entry else None
    g.factory_nav = [_item(one, code=factory_code) for one in OVER_A_FACTORY]
    g.committee_url = (
        _way_back(factory, g.entry) if access.find_organizer(person, factory.festival_id) else None
    )
    return factory


def _way_back(factory: Factory, entry: Entry | None) -> str:
    """For somebody of the committee who has gone to a factory's desk: where they came from."""
    festival = factory.festival.slug
    if entry is None:
        return url_for("festivals_organizer.editions", festival=festival)
    return url_for(
        "factories_organizer.entry", festival=festival, edition=entry.edition.slug, code=entry.code
    )


def _belongs_to() -> str:
    """The item under which the page that was asked for stands; the rally has a menu of its own below one item."""
    endpoint = request.endpoint or ""
    return BELONGS_TO.get(endpoint) or (
        "stamps_organizer.rally" if request.blueprint == "stamps_organizer" else endpoint
    )


def _item(item: Item, **values: Any) -> dict[str, Any]:
    return {
        "url": url_for(item.endpoint, **values),
        "label": item.label,
        "icon": item.icon,
        "current": _belongs_to() == item.endpoint,
        "badge": None,
    }


def ground() -> PointMap:
    """The small map of this edition's town for the committee's forms."""
    return point_map(
        g.edition, url_for("festivals_organizer.base_map", festival=g.festival.slug, edition=g.edition.slug)
    )
