"""Venues with their booths, stages, and places of all kinds."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import transaction
from eventapp.festivals import places as place_rules
from eventapp.festivals import points
from eventapp.festivals import venues as venue_rules
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.forms import PlaceForm, VenueForm, differences
from eventapp.festivals.models import Place, PlaceKind, Role, Venue
from eventapp.festivals.routes.organizer import bp
from eventapp.festivals.words import PLACES
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import _
from eventapp.web import frames
from eventapp.web.pointing import drawn_ground
from eventapp.web.saving import last_line, met_conflict, save
from eventapp.years import uses
from eventapp.years.uses import InUse


@bp.get("/manage/<festival>/<edition>/venues")
def venues(festival: str, edition: str) -> ResponseReturnValue:
    """Venues with booths and stages, then every other place."""
    organizer = frames.committee(festival, edition)
    return _list(organizer.role in MAY_RUN)


@bp.get("/manage/<festival>/<edition>/base.json")
def base_map(festival: str, edition: str) -> ResponseReturnValue:
    """The drawn base map, for setting points on it."""
    frames.committee(festival, edition)
    return drawn_ground(g.edition)


def _list(may_change: bool, refused: str = "") -> str:
    found = place_rules.find_places(g.edition)
    return render_template("festivals/organizer/venues.html", venues=venue_rules.find_venues_with_booths(g.edition), places=found,
                           kinds=PLACES, may_change=may_change, refused=refused, show_booths=venue_rules.show_booths)  # fmt: skip


def _back() -> ResponseReturnValue:
    return redirect(
        url_for("festivals_organizer.venues", festival=g.festival.slug, edition=g.edition.slug), 303
    )


@bp.route("/manage/<festival>/<edition>/venues/new", methods=["GET", "POST"])
def new_venue(festival: str, edition: str) -> ResponseReturnValue:
    """A form for another venue."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _edit_venue(None)


@bp.route("/manage/<festival>/<edition>/venues/<code>", methods=["GET", "POST"])
def venue(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One venue, to be changed."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _edit_venue(venue_rules.get_venue(g.edition, code))


def _edit_venue(venue: Venue | None) -> ResponseReturnValue:
    form = VenueForm(data=_venue_as_typed(venue))
    if request.method == "POST" and form.validate() and save(form, venue, lambda: _save_venue(form, venue)):
        flash(_("Saved."), "success")
        return _back()
    return _form_page(
        "festivals/organizer/venue.html",
        form,
        venue,
        lambda: VenueForm(None, data=_venue_as_typed(venue)),
        "venue",
    )


def _venue_as_typed(venue: Venue | None) -> dict[str, Any]:
    if venue is None:
        return {}
    return {
        **{field: getattr(venue, field) for field in ("name", "description", "address", "version")},
        "point": points.show(venue.lat, venue.lon),
        "booths": venue_rules.show_booths([booth.number for booth in venue.booths]),
    }


def _save_venue(form: VenueForm, venue: Venue | None) -> None:
    numbers: list[str] = form.booths.parsed  # type: ignore[attr-defined]
    if venue is not None:
        uses.check_booths(venue, numbers)
    values = {field: form[field].data for field in ("name", "description", "address")}
    venue_rules.save(venue, g.edition, {**values, **_degrees(form)}, numbers, by=g.organizer.person)


def _degrees(form: VenueForm | PlaceForm) -> dict[str, float | None]:
    point = form.point.parsed
    return {"lat": point.lat if point else None, "lon": point.lon if point else None}


@bp.post("/manage/<festival>/<edition>/venues/<code>/delete")
def delete_venue(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Take a venue away, unless something is there."""
    frames.committee(festival, edition, role=Role.STAFF)
    found = venue_rules.get_venue(g.edition, code)

    def work() -> None:
        uses.check_venue(found)
        venue_rules.delete(found, g.edition, by=g.organizer.person)

    return _delete(work)


def _delete(work: Callable[[], None]) -> ResponseReturnValue:
    if not ActionForm().validate():
        return _list(may_change=True), 422
    try:
        with transaction():
            work()
    except InUse as error:
        return _list(may_change=True, refused=str(error)), 422
    flash(_("Deleted."), "success")
    return _back()


@bp.route("/manage/<festival>/<edition>/places/new", methods=["GET", "POST"])
def new_place(festival: str, edition: str) -> ResponseReturnValue:
    """A form for another place; `kind` in the address chooses which."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _edit_place(None)


@bp.route("/manage/<festival>/<edition>/places/<code>", methods=["GET", "POST"])
def place(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One place, to be changed."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _edit_place(place_rules.get_place(g.edition, code))


def _edit_place(place: Place | None) -> ResponseReturnValue:
    form = _place_form(place)
    if request.method == "POST" and form.validate() and save(form, place, lambda: _save_place(form, place)):
        flash(_("Saved."), "success")
        return _back()
    return _form_page(
        "festivals/organizer/place.html", form, place, lambda: _place_form(place, formdata=None), "place"
    )


def _place_form(place: Place | None, **kwargs: Any) -> PlaceForm:
    wanted = request.args.get("kind", "")
    data: dict[str, Any] = {"kind": PlaceKind(wanted) if wanted in set(PlaceKind) else PlaceKind.INFORMATION}
    if place is not None:
        data = {field: getattr(place, field) for field in ("kind", "name", "note", "version")}
        data |= {"venue": place.venue.code if place.venue else "", "point": points.show(place.lat, place.lon)}
    form = PlaceForm(data=data, **kwargs)
    form.venue.choices = [
        ("", "—"),
        *((venue.code, str(venue.name)) for venue in venue_rules.find_venues(g.edition)),
    ]
    return form


def _save_place(form: PlaceForm, place: Place | None) -> None:
    venue = venue_rules.get_venue(g.edition, form.venue.data) if form.venue.data else None
    values = {
        "kind": form.kind.data,
        "name": form.name.data,
        "note": form.note.data,
        "venue_id": venue.id if venue else None,
    }
    place_rules.save(place, g.edition, {**values, **_degrees(form)}, by=g.organizer.person)


@bp.post("/manage/<festival>/<edition>/places/<code>/delete")
def delete_place(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Take a place away, unless a programme is held there."""
    frames.committee(festival, edition, role=Role.STAFF)
    found = place_rules.get_place(g.edition, code)

    def work() -> None:
        uses.check_place(found)
        place_rules.delete(found, g.edition, by=g.organizer.person)

    return _delete(work)


def _form_page(
    template: str, form: Any, thing: Venue | Place | None, saved: Callable[[], BaseForm], kind: str
) -> ResponseReturnValue:
    conflict = thing is not None and met_conflict(form)
    page = render_template(
        template, form=form, thing=thing, map=frames.ground(), differences=differences(form, saved()) if conflict else [],
        saved_by=last_line(g.festival.id, f"{kind}:{thing.code}") if conflict and thing is not None else None,
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200
