"""What every visitor may read of festivals: the list of them, an edition's home page, privacy, colours, calendar, sitemap."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, defer

from eventapp import calendars, clock, links
from eventapp.db import NotThere, db
from eventapp.factories.models import Entry, EntryState, Factory
from eventapp.festivals import colours, notices
from eventapp.festivals.editions import distance, find_current
from eventapp.festivals.models import PUBLIC, Edition, EditionState, Festival
from eventapp.i18n import LANGUAGES, _, language
from eventapp.tours import calling_off, diary, timetable, wishes
from eventapp.tours.offers import CLOCK, Host
from eventapp.tours.wishes import PARTS, Wish
from eventapp.web import cache, reading
from eventapp.web.guide import calendar_response, day_labels, link_parts, opens_later
from eventapp.web.templating import asset, show_long_date

bp = Blueprint("festivals", __name__)
bp.app_url_defaults(reading.keep_preview)
MOST_CRAFTS = 12  # on the home page
GONE = frozenset({"off", "over"})  # times nobody can come to any more
PRIVATE_PATHS = ("/manage/", "/factory/", "/account/", "/r/", "/demo/")


@bp.app_context_processor
def _here() -> dict[str, Any]:
    """Templates ask `absolute_here()` for the one address of a page, without language and filters."""
    return {"absolute_here": lambda: links.base_url() + request.path}


# --- finding a festival ----------------------------------------------------------------------------------------------


@bp.get("/")
@cache.shared
def index() -> ResponseReturnValue:
    """The festivals of this installation, each by the edition that matters now."""
    found = _public_editions()
    current = {one.festival_id: one for one in sorted(found, key=distance, reverse=True)}
    shown = sorted(current.values(), key=distance)
    return render_template("festivals/index.html", editions=shown, count=len(shown))


def _public_editions() -> list[Edition]:
    rows = db.session.scalars(
        select(Edition).join(Edition.festival).options(contains_eager(Edition.festival), defer(Edition.base_map))
        .where(Edition.state.in_(PUBLIC)).order_by(Edition.first_day.desc(), Edition.id)
    )  # fmt: skip
    return list(rows)


@bp.get("/<festival>/")
def current(festival: str) -> ResponseReturnValue:
    """The address that stays: it leads to the edition that matters now."""
    found = db.session.scalar(select(Festival).where(Festival.slug == festival))
    edition = find_current(found) if found is not None else None
    if edition is None:
        raise NotThere(festival)
    values: dict[str, Any] = {"lang": request.args["lang"]} if request.args.get("lang") in LANGUAGES else {}
    response = redirect(url_for("festivals.home", festival=festival, edition=edition.slug, **values), 302)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


# --- an edition ------------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/")
@reading.public_page
def home(festival: str, edition: str) -> ResponseReturnValue:
    """What is on, where, when, is there room; and the ways in: by time, by craft, by area, on the map."""
    of = reading.edition_for_reader(festival, edition)
    found = wishes.find(of, Wish())
    place: dict[str, Any] = {"festival": festival, "edition": edition}
    days = _days(of, found, place)
    is_off = any(one["is_off"] and one["date"] == of.today() for one in days)
    return render_template(
        "festivals/home.html", found=found, days=days, next=timetable.find_next(found.hosts),
        open_now=[] if is_off else timetable.find_open_now(found.hosts, of), notices=notices.find_current(of), archive=_archive(of),
        ways=_ways(of, found, place), opens_at=opens_later(of), icons=asset("img/icons.svg"), about=_about(of),
        day_labels=day_labels(of), is_over=of.state is EditionState.CLOSED,
        calendar_url=links.absolute("festivals.calendar", **place), **link_parts(of),
    )  # fmt: skip


def _days(of: Edition, found: wishes.Found, place: dict[str, Any]) -> list[dict[str, Any]]:
    """For each day how many places to visit there are, and how many seats are left; or that it was called off."""
    days, called_off = [], calling_off.find_days(of)
    off = calling_off.find_days_off(of, called_off)
    for day in of.dates:
        iso = day.isoformat()
        times = [
            time for host in found.hosts for offer in host.offers for time in offer.times if time.day == iso
        ]
        hosts = sum(
            1 for host in found.hosts
            if any(one[0] == iso for one in host.hours) or any(time.day == iso for offer in host.offers for time in offer.times)
        )  # fmt: skip
        days.append({"date": day, "url": url_for("tours.whats_on", **place, day=iso), "hosts": hosts,
                     "seats": sum(time.left for time in times), "is_full": any(time.state == "full" for time in times),
                     "is_off": day in off and all(time.state in GONE for time in times),
                     "has_called_off": day in called_off, "is_over": day < of.today() or _has_ended(of, day, found.hosts)})  # fmt: skip
    return days


def _has_ended(of: Edition, day: date, hosts: Iterable[Host]) -> bool:
    """Whether today's doors are closed and its last time is over."""
    if day != of.today():
        return False
    iso, now = day.isoformat(), clock.now()
    wall, moment = f"{clock.local(now, of.zone):%H:%M}", now.strftime(CLOCK)
    closing = [closes for host in hosts for one, _opens, closes, _place in host.hours if one == iso]
    ends = [time.end for host in hosts for offer in host.offers for time in offer.times if time.day == iso]
    return bool(closing or ends) and max(closing, default="") <= wall and max(ends, default="") <= moment


def _ways(of: Edition, found: wishes.Found, place: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Links into the list that set one filter each."""
    words = {"morning": _("Morning"), "afternoon": _("Afternoon"), "evening": _("Evening")}
    begins = {
        time.clock.rjust(5, "0") for host in found.hosts for offer in host.offers for time in offer.times
    }

    def way(label: str, count: int | None = None, icon: str = "", **wish: Any) -> dict[str, Any]:
        return {
            "url": url_for("tours.whats_on", **place, day=wishes.EVERY_DAY, **wish),
            "label": label,
            "count": count,
            "icon": icon,
        }

    return {
        "time": [way(words[part], time=part) for part, (start, end) in PARTS.items() if any(start <= one < end for one in begins)],
        "craft": [way(name, count, craft, craft=craft) for craft, name, count in found.choices.crafts[:MOST_CRAFTS]],
        "area": [way(name, count, area=value) for value, name, count in found.choices.areas],
        "kind": [way(name, count, kind, kind=kind) for kind, name, count in found.choices.kinds],
        "for": [way(_("Places free"), icon="ticket", free="1"), *_fitting(found, way)],
    }  # fmt: skip


def _fitting(found: wishes.Found, way: Callable[..., dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """What somebody may need, where at least one host has it."""
    if any(host.roof for host in found.hosts):
        yield way(_("Under a roof"), icon="roof", roof="1")
    if any(host.stroller in wishes.WELCOME for host in found.hosts):
        yield way(_("With a stroller"), icon="stroller", stroller="1")
    if any(host.step_free in wishes.WELCOME for host in found.hosts):
        yield way(_("Step-free"), icon="step-free", step_free="1")
    if "en" in dict(found.choices.languages):
        yield way(_("English spoken"), icon="language", speaks="en")


def _archive(of: Edition) -> list[dict[str, Any]]:
    """The festival's other public editions, which keep their addresses."""
    rows = db.session.execute(
        select(Edition.slug, Edition.name, Edition.first_day).where(
            Edition.festival_id == of.festival_id, Edition.id != of.id, Edition.state.in_(PUBLIC)
        ).order_by(Edition.first_day.desc())
    )  # fmt: skip
    return [
        {"url": url_for("festivals.home", festival=of.festival.slug, edition=row.slug), "label": row.name}
        for row in rows
    ]


def _about(of: Edition) -> dict[str, Any] | None:
    """The edition as a schema.org Event for search engines; nothing without days."""
    if of.first_day is None or of.last_day is None:
        return None
    about: dict[str, Any] = {
        "@context": "https://schema.org", "@type": "Festival", "name": f"{of.festival.name} {of.name}",
        "startDate": of.first_day.isoformat(), "endDate": of.last_day.isoformat(), "inLanguage": language(),
        "url": links.absolute("festivals.home", festival=of.festival.slug, edition=of.slug), "description": str(of.tagline),
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode", "eventStatus": "https://schema.org/EventScheduled",
        "organizer": {"@type": "Organization", "name": str(of.festival.name)},
    }  # fmt: skip
    if of.lat is not None and of.lon is not None:
        geo = {"@type": "GeoCoordinates", "latitude": of.lat, "longitude": of.lon}
        about["location"] = {"@type": "Place", "name": str(of.festival.name), "geo": geo}
    return about


@bp.get("/<festival>/<edition>/privacy/")
@reading.public_page
def privacy(festival: str, edition: str) -> ResponseReturnValue:
    """What is kept of whoever books, why, and until when."""
    of = reading.edition_for_reader(festival, edition)
    last = of.last_day + timedelta(days=of.keep_visitors_days) if of.last_day else None
    return render_template("festivals/privacy.html", kept_until=show_long_date(last) if last else None)


@bp.get("/<festival>/<edition>/calendar.ics")
@reading.public_page
def calendar(festival: str, edition: str) -> ResponseReturnValue:
    """The edition's days, stages and committee programmes, to subscribe to."""
    of = reading.edition_for_reader(festival, edition)
    name = f"{of.festival.name} {of.name}"
    return calendar_response(
        calendars.calendar(name, diary.edition_events(of), zone=of.zone_name), f"{festival}-{edition}"
    )


# --- for programs ----------------------------------------------------------------------------------------------------


@bp.get("/<festival>/theme.css")
def theme(festival: str) -> ResponseReturnValue:
    """The festival's three colours. Its address changes with the festival's version."""
    accent = db.session.scalar(select(Festival.accent).where(Festival.slug == festival))
    if accent is None:
        raise NotThere(festival)
    made = colours.theme(colours.parse(accent))
    rule = f":root {{ --accent: {made.accent}; --accent-ink: {made.ink}; --accent-soft: {made.soft}; }}\n"
    response = Response(rule, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if request.args.get("v") else "no-cache"
    )
    return response


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Search engines stay out of desks and private links."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in PRIVATE_PATHS),
        f"Sitemap: {links.absolute('festivals.sitemap')}",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@bp.get("/sitemap.xml")
@cache.shared
def sitemap() -> ResponseReturnValue:
    """Every public page that stays, in each language: what is not public is in no statement here."""
    pages = [links.absolute("festivals.index"), *_pages_of_editions(_public_editions())]
    body = render_template("festivals/sitemap.xml", pages=pages, languages=LANGUAGES)
    return Response(body, content_type="application/xml; charset=utf-8")


def _pages_of_editions(editions: Iterable[Edition]) -> list[str]:
    rows = db.session.execute(
        select(Entry.edition_id, Factory.slug).join(Factory, Factory.id == Entry.factory_id).join(Edition, Edition.id == Entry.edition_id)
        .where(Entry.state == EntryState.ACCEPTED, Edition.state.in_(PUBLIC)).order_by(Factory.slug)
    )  # fmt: skip
    slugs: dict[int, list[str]] = {}
    for edition_id, slug in rows:
        slugs.setdefault(edition_id, []).append(slug)
    pages = []
    for edition in editions:
        place = {"festival": edition.festival.slug, "edition": edition.slug}
        pages += [links.absolute(endpoint, **place) for endpoint in
                  ("festivals.home", "tours.whats_on", "tours.timetable", "tours.map", "festivals.privacy")]  # fmt: skip
        before, after = links.absolute("factories.factory", **place, slug="~").split("~")
        pages += [f"{before}{slug}{after}" for slug in slugs.get(edition.id, [])]
    return pages
