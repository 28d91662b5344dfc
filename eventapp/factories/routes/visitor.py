"""A factory as visitors see it: its page in an edition, its calendar, and a screen to show to a taxi driver."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload

from eventapp import calendars, links
from eventapp.db import NotThere, db
from eventapp.factories.freezing import shown_factory
from eventapp.factories.models import Entry, EntryState, Factory, Opening, OpeningPlace, PointKind
from eventapp.factories.words import CRAFTS
from eventapp.festivals.models import Booth, Edition, EditionState
from eventapp.i18n import Translated, language
from eventapp.tours import diary, glance, offer_rows, offers
from eventapp.tours.models import Programme
from eventapp.tours.offer_rows import ProgrammeRow
from eventapp.tours.offers import Offer, OfferReader
from eventapp.tours.visit_rules import factory_rules
from eventapp.web import drawings, reading
from eventapp.web.guide import calendar_response, day_labels, link_parts, opens_later
from eventapp.web.templating import asset

bp = Blueprint("factories", __name__)


@bp.get("/<festival>/<edition>/factories/<slug>/")
@reading.public_page
def factory(festival: str, edition: str, slug: str) -> ResponseReturnValue:
    """Photos, story, hours, programmes with their times and places left, visit rules, the way there."""
    of = (festival, edition, slug)
    if request.args or current_app.config["DEMO"] or (seen := glance.see_factory(*of)) is None:
        return _draw(*of)[0]
    key = ("factory", language(), seen)
    if (known := drawings.find(key)) is None:
        html, moments = _draw(*of)
        if glance.see_factory(*of) != seen:  # changed meanwhile
            return html
        known = drawings.keep(key, html, moments)
    return known.answer()


def _draw(festival: str, edition: str, slug: str) -> tuple[str, list[datetime | None]]:
    """The page, and the moments at which it would say something else of itself."""
    of = reading.edition_for_reader(festival, edition)
    entry = _get_entry(of, slug)
    shown: Any = shown_factory(entry)
    place: dict[str, Any] = {"festival": festival, "edition": edition}
    own, visiting = _read_offers(of, entry)
    html = render_template(
        "factories/factory.html", entry=entry, factory=shown, craft_name=CRAFTS[shown.craft], rules=factory_rules(shown),
        opening_days=_opening_days(entry), own=own, visiting=visiting, photos=entry.factory.photos,
        map_link=links.map_link(shown.lat, shown.lon) if _is_exact(shown) else None,
        is_about=shown.point is PointKind.TOWN, opens_at=opens_later(of), is_over=of.state is EditionState.CLOSED,
        day_labels=day_labels(of), other="en" if language() == "ja" else "ja",
        share=_share(entry, shown, place), icons=asset("img/icons.svg"),
        taxi_url=url_for("factories.take_me", **place, slug=slug), map_url=url_for("tours.map", **place),
        calendar_url=links.absolute("factories.calendar", **place, slug=slug), list_url=url_for("tours.whats_on", **place),
        **link_parts(of),
    )  # fmt: skip
    return html, [
        of.booking_opens_at,
        of.booking_closes_at,
        *(offers.changes_at(one.offer) for one in (*own, *visiting)),
    ]


@bp.get("/<festival>/<edition>/factories/<slug>/take-me-here")
@reading.public_page
def take_me(festival: str, edition: str, slug: str) -> ResponseReturnValue:
    """The address as large as it goes, in Japanese, for whoever drives."""
    of = reading.edition_for_reader(festival, edition)
    entry = _get_entry(of, slug)
    back = url_for("factories.factory", festival=festival, edition=edition, slug=slug)
    return render_template("factories/take_me.html", factory=shown_factory(entry), edition=of, back=back)


@bp.get("/<festival>/<edition>/factories/<slug>/calendar.ics")
@reading.public_page
def calendar(festival: str, edition: str, slug: str) -> ResponseReturnValue:
    """Opening hours and every start of the factory's programmes, to subscribe to."""
    of = reading.edition_for_reader(festival, edition)
    entry = _get_entry(of, slug)
    name = f"{shown_factory(entry).name} {of.festival.name}"
    return calendar_response(
        calendars.calendar(name, diary.entry_events(of, entry), zone=of.zone_name), f"{edition}-{slug}"
    )


def _get_entry(of: Edition, slug: str) -> Entry:
    """The factory's accepted part in this edition, or NotThere."""
    found = db.session.scalar(
        select(Entry).join(Entry.factory)
        .options(lazyload(Entry.edition), joinedload(Entry.booth).joinedload(Booth.venue),
                 joinedload(Entry.factory).options(lazyload(Factory.festival)))
        .where(Entry.edition_id == of.id, Entry.state == EntryState.ACCEPTED, Factory.slug == slug)
    )  # fmt: skip
    if found is None:
        raise NotThere(slug)
    return found


def _is_exact(shown: Any) -> bool:
    return shown.point is PointKind.EXACT and shown.lat is not None and shown.lon is not None


def _share(entry: Entry, shown: Any, place: dict[str, Any]) -> dict[str, str]:
    photos = entry.factory.photos
    return {
        "title": str(shown.name), "text": str(shown.products), "picture": photos[0].name if photos else "",
        "url": links.absolute("factories.factory", **place, slug=entry.factory.slug),
    }  # fmt: skip


# Opening hours


@dataclass(frozen=True)
class Stretch:
    """From one opening to one closing; `last_entry` where it is earlier than the closing."""

    opening: Opening
    last_entry: datetime | None
    at_booth: bool


def _opening_days(entry: Entry) -> list[tuple[date, list[Stretch]]]:
    """Each day with its stretches, the factory's own doors before the booth; two at one place make a lunch closure."""
    days: dict[date, list[Stretch]] = {}
    minutes = timedelta(minutes=entry.last_entry_minutes)
    for place in (OpeningPlace.ENTRANCE, OpeningPlace.BOOTH):
        openings = sorted((one for one in entry.openings if one.place is place), key=lambda one: one.opens)
        closing = {one.date: one for one in openings}  # the last of each day
        for one in openings:
            is_last = minutes and closing[one.date] is one
            last_entry = datetime.combine(one.date, one.closes) - minutes if is_last else None
            days.setdefault(one.date, []).append(Stretch(one, last_entry, place is OpeningPlace.BOOTH))
    return sorted(days.items())


# Programmes


@dataclass(frozen=True)
class Shown:
    """A programme with what only its own page says."""

    offer: Offer
    description: Translated
    bring: Translated
    price_note: Translated
    days: list[tuple[str, list[offers.Time]]]


def _read_offers(of: Edition, entry: Entry) -> tuple[list[Shown], list[Shown]]:
    """What the factory offers, and walks and bus tours of others that visit it; one statement."""
    reader = OfferReader(of)
    own: list[Shown] = []
    visiting: list[Shown] = []
    for row in db.session.connection().execute(_select_of_entry(), {"entry": entry.id}):
        shown = ProgrammeRow._fields[:-1]
        offer = reader.offer((*row[: len(shown)], offer_rows.unpack_times(row.times)))
        days: dict[str, list[offers.Time]] = {}
        for time in offer.times:
            days.setdefault(time.day, []).append(time)
        of_here = own if row.entry_id == entry.id else visiting
        of_here.append(Shown(offer, row.description, row.bring, row.price_note, list(days.items())))
    return own, visiting


@lru_cache(maxsize=1)
def _select_of_entry() -> Any:
    return offer_rows.select_of_entry(Programme.description, Programme.bring, Programme.price_note)
