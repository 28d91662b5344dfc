"""The committee's prizes: what each is given for, how many there are and where they lie; the desks."""

from datetime import date
from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp.db import NotThere, db, transaction
from eventapp.festivals import places, venues
from eventapp.festivals.forms import differences
from eventapp.festivals.models import PlaceKind
from eventapp.i18n import _
from eventapp.stamps import arranging, day_pins, escrows, queries, stock, wrapping
from eventapp.stamps import prizes as rules
from eventapp.stamps.models import Desk, DeskStock, Prize, PrizeKind, Rally
from eventapp.stamps.routes import showing, uploading
from eventapp.stamps.routes.organizer import act, bp, enter, me, place
from eventapp.stamps.routes.organizer_board import svg
from eventapp.stamps.routes.organizer_forms import DayForm, DeskForm, NumberForm, PrizeForm, choices
from eventapp.web import headers
from eventapp.web.saving import last_line, met_conflict, save

FIELDS = ("name", "description", "kind", "needed", "area", "craft", "position", "is_active")


@bp.get("/manage/<festival>/<edition>/rally/prizes", endpoint="prizes")
def prizes_page(festival: str, edition: str) -> ResponseReturnValue:
    """Every prize with where it all is."""
    rally = enter(festival, edition)
    accounts = {one.prize_id: one for one in stock.accounts(rally.id)}
    asked = select(DeskStock).join(Desk, Desk.id == DeskStock.desk_id).where(Desk.rally_id == rally.id)
    lying = {(one.prize_id, one.desk_id): one.stock_left for one in db.session.scalars(asked)}
    return render_template("stamps/organizer/prizes.html", rally=rally, accounts=accounts, lying=lying, rule_of=showing.rule_of,
                           doubles=escrows.list_doubles(rally))  # fmt: skip


@bp.route("/manage/<festival>/<edition>/rally/prizes/new", methods=["GET", "POST"])
def new_prize(festival: str, edition: str) -> ResponseReturnValue:
    """Another prize."""
    return _edit(enter(festival, edition), None)


@bp.route("/manage/<festival>/<edition>/rally/prizes/<code>", methods=["GET", "POST"])
def prize(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One prize, to be changed."""
    rally = enter(festival, edition)
    return _edit(rally, queries.get_prize(rally, code))


def _form(rally: Rally, found: Prize | None, **kwargs: Any) -> PrizeForm:
    all_stations = queries.list_stations(rally)
    courses = [(one.code, str(one.name)) for one in rally.courses]
    areas = [(name, str(text)) for name, text in arranging.areas_of(all_stations).items()]
    if found is None:
        data: dict[str, Any] = {"kind": PrizeKind.COUNT, "position": len(rally.prizes) + 1}
    else:
        data = {name: getattr(found, name) for name in (*FIELDS, "version")}
        data |= {
            "stations": arranging.show_numbers(found.stations, all_stations),
            "course": found.course.code if found.course else "",
        }
    return PrizeForm(data=data, courses=courses, areas=areas, **kwargs)


def _edit(rally: Rally, found: Prize | None) -> ResponseReturnValue:
    form = _form(rally, found)
    if request.method == "POST" and form.validate():
        picture = uploading.stored(form.picture)
        if not form.errors and save(form, found, lambda: _save(rally, found, form, picture)):
            flash(_("Saved."), "success")
            return redirect(url_for("stamps_organizer.prizes", **place()), 303)
    conflict = found is not None and met_conflict(form)
    page = render_template(
        "stamps/organizer/prize.html", rally=rally, prize=found, form=form, stations=queries.list_stations(rally),
        saved_by=last_line(g.festival.id, f"prize:{found.code}") if conflict and found else None,
        differences=differences(form, _form(rally, found, formdata=None)) if conflict else [],
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _save(rally: Rally, found: Prize | None, form: PrizeForm, picture: str | None) -> None:
    values: dict[str, Any] = {name: form[name].data for name in FIELDS}
    if picture or form.drop_picture.data:
        values["picture"] = picture
    typed = (form.stations.data or "").strip() if values["kind"] == PrizeKind.SET else ""
    values["stations"] = arranging.parse_numbers(typed, queries.list_stations(rally)) if typed else []
    is_course = values["kind"] == PrizeKind.COURSE and form.course.data
    values["course_id"] = arranging.get_course(rally, form.course.data).id if is_course else None
    if found is not None:
        arranging.change_prize(found, values, by=me())
        return
    arranging.check_prize(values)
    rules.add_prize(rally, stock=form.stock.data or 0, by=me(), **values)


@bp.get("/manage/<festival>/<edition>/rally/prizes/<code>/picture")
def prize_picture(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """The picture of a prize, also while visitors do not see the rally yet."""
    found = queries.get_prize(enter(festival, edition), code)
    return uploading.picture(found.picture, 320) or svg(wrapping.draw_prize(found.code))


@bp.post("/manage/<festival>/<edition>/rally/prizes/<code>/stock")
def bring_in(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """So many more are in the store; a minus takes out what was counted too high."""
    found, form = queries.get_prize(enter(festival, edition), code), NumberForm()
    return act(lambda: stock.bring_in(found, form.typed(), by=me()), "prizes", _("Counted."))


@bp.post("/manage/<festival>/<edition>/rally/prizes/<code>/carry")
def carry(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """From the store to a desk; a minus carries back."""
    rally, form = enter(festival, edition), NumberForm()
    found, desk_code = queries.get_prize(rally, code), form.desk.data or ""

    def work() -> None:
        number = form.typed()
        stock.carry(found, queries.get_desk(rally, desk_code), number, by=me())

    return act(work, "prizes", _("Carried."))


# --- desks ---------------------------------------------------------------------------------------------------------


@bp.route("/manage/<festival>/<edition>/rally/desks/new", methods=["GET", "POST"])
def new_desk(festival: str, edition: str) -> ResponseReturnValue:
    """Another desk."""
    return _edit_desk(enter(festival, edition), None)


@bp.route("/manage/<festival>/<edition>/rally/desks/<code>", methods=["GET", "POST"])
def desk(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One desk, to be changed."""
    rally = enter(festival, edition)
    return _edit_desk(rally, queries.get_desk(rally, code))


def _desk_form(found: Desk | None, **kwargs: Any) -> DeskForm:
    data = {} if found is None else {"name": found.name, "version": found.version, "place": found.place.code if found.place else "",
                                     "venue": found.venue.code if found.venue else ""}  # fmt: skip
    form = DeskForm(data=data, **kwargs)
    known = [
        one
        for one in places.find_places(g.edition)
        if one.kind in {PlaceKind.PRIZE_DESK, PlaceKind.INFORMATION}
    ]
    form.place.choices = choices(((one.code, str(one.name)) for one in known), empty=True)
    form.venue.choices = choices(
        ((one.code, str(one.name)) for one in venues.find_venues(g.edition)), empty=True
    )
    return form


def _edit_desk(rally: Rally, found: Desk | None) -> ResponseReturnValue:
    form = _desk_form(found)
    days = DayForm(formdata=None, days=g.edition.dates, today=g.edition.today())
    if (
        request.method == "POST"
        and form.validate()
        and save(form, found, lambda: _save_desk(rally, found, form))
    ):
        flash(_("Saved."), "success")
        return redirect(url_for("stamps_organizer.prizes", _anchor="desks", **place()), 303)
    conflict = found is not None and met_conflict(form)
    page = render_template("stamps/organizer/desk.html", rally=rally, desk=found, form=form, days=days, made=None,
                           differences=differences(form, _desk_form(found, formdata=None)) if conflict else [])  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _save_desk(rally: Rally, found: Desk | None, form: DeskForm) -> None:
    at = places.get_place(g.edition, form.place.data) if form.place.data else None
    within = venues.get_venue(g.edition, form.venue.data) if form.venue.data else None
    values = {
        "name": form.name.data,
        "place_id": at.id if at else None,
        "venue_id": within.id if within else None,
    }
    if found is None:
        rules.add_desk(rally, by=me(), **values)
    else:
        arranging.change_desk(found, values, by=me())


@bp.post("/manage/<festival>/<edition>/rally/desks/<code>/delete")
def delete_desk(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Take a desk away that was never used."""
    found = queries.get_desk(enter(festival, edition), code)
    return act(lambda: arranging.delete_desk(found, by=me()), "prizes", _("Deleted."))


@bp.post("/manage/<festival>/<edition>/rally/desks/<code>/pin")
def make_pin(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """A PIN of the day for a desk whose staff have no enrolled phone; it is shown this once."""
    rally = enter(festival, edition)
    found, days = queries.get_desk(rally, code), DayForm(days=g.edition.dates, today=g.edition.today())
    if not days.validate():
        raise NotThere(code)
    with transaction():
        made = day_pins.make(found, date.fromisoformat(days.day.data), by=me())
    page = render_template("stamps/organizer/desk.html", rally=rally, desk=queries.get_desk(rally, code), form=_desk_form(found, formdata=None),
                           differences=[], days=days, made=made)  # fmt: skip
    return headers.private(make_response(page))
