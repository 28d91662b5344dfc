"""Figures of a rally that may be shown to anybody: no cell from one to four. And prize draws, and phones of staff."""

from datetime import date
from typing import Any

from flask import Response, g, make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventapp import codes, draws, links, sheets
from eventapp.db import NotThere, db, transaction
from eventapp.draws import Draw
from eventapp.factories import devices
from eventapp.factories.devices import Device
from eventapp.factories.models import Entry, EntryState
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.models import Role
from eventapp.i18n import RuleError, _
from eventapp.stamps import pictures, queries, raffle, statistics
from eventapp.stamps.models import Rally
from eventapp.stamps.routes.organizer import act, bp, enter, me
from eventapp.stamps.routes.organizer_board import svg
from eventapp.stamps.routes.organizer_forms import BeaconForm, DeviceForm, DrawForm, choices
from eventapp.web import headers

MOST_FLOWS = 40


@bp.get("/manage/<festival>/<edition>/rally/figures")
def figures(festival: str, edition: str) -> ResponseReturnValue:
    """For the committee, the town hall and sponsors."""
    rally = enter(festival, edition, role=Role.READER)
    found = statistics.figures(rally)
    known = {one.code: one for one in queries.list_stations(rally)}
    return render_template(
        "stamps/organizer/figures.html", rally=rally, figures=found, stations=known, prizes={one.code: one.name for one in rally.prizes},
        flows=[one for one in found.flows if one.start in known and one.end in known][:MOST_FLOWS], most=max(found.by_station.values(), default=0),
        may_run=g.organizer.role in MAY_RUN,
    )  # fmt: skip


@bp.get("/manage/<festival>/<edition>/rally/flows.svg")
def flows(festival: str, edition: str) -> ResponseReturnValue:
    """Who goes where next, as a picture."""
    rally = enter(festival, edition, role=Role.READER)
    numbers = {one.code: one.number for one in queries.list_stations(rally)}
    return svg(pictures.draw_flows(statistics.figures(rally).flows, numbers))


@bp.get("/manage/<festival>/<edition>/rally/figures.csv")
def figures_csv(festival: str, edition: str) -> ResponseReturnValue:
    """The same figures as a table for spreadsheets."""
    rally = enter(festival, edition, role=Role.READER)
    names = {one.code: f"{one.number} {one.title}" for one in queries.list_stations(rally)}
    names |= {one.code: str(one.name) for one in rally.prizes}
    rows = [[table, _named(cell, names), number] for table, cell, number in statistics.figures(rally).rows()]
    content = sheets.write_csv(["table", "cell", "number"], rows)
    filename = f"{festival}-{edition}-rally.csv"
    return Response(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _named(cell: str, names: dict[str, str]) -> str:
    return " > ".join(names.get(part, part) for part in cell.split(">"))


# --- prize draws ---------------------------------------------------------------------------------------------------


@bp.get("/manage/<festival>/<edition>/rally/draws", endpoint="draws")
def draws_page(festival: str, edition: str) -> ResponseReturnValue:
    """Draws with what is next for each."""
    return _draws(enter(festival, edition), DrawForm(formdata=None))


def _draws(rally: Rally, form: DrawForm) -> str:
    return render_template(
        "stamps/organizer/draws.html",
        rally=rally,
        draws=raffle.list_draws(rally),
        form=form,
        beacon=BeaconForm(formdata=None),
    )


@bp.post("/manage/<festival>/<edition>/rally/draws")
def announce_draw(festival: str, edition: str) -> ResponseReturnValue:
    """Announce a draw: its commitment is public from now on."""
    rally, form = enter(festival, edition), DrawForm()
    if not form.validate():
        return _draws(rally, form), 422
    return act(lambda: raffle.announce(rally, form.name.data, winners=form.winners.data or 1, needed=form.needed.data or 1, by=me(),
                                       beacon_name=form.beacon_name.data or ""),
               "draws", _("Announced. Its commitment is public now."))  # fmt: skip


def get_draw(rally: Rally, code: str) -> Draw:
    """A draw of this rally. Raises NotThere."""
    found = db.session.scalar(select(Draw).where(Draw.code == code, Draw.about == raffle.about(rally)))
    if found is None:
        raise NotThere(code)
    return found


@bp.post("/manage/<festival>/<edition>/rally/draws/<code>/<step>")
def go_on_draw(festival: str, edition: str, code: str, step: str) -> ResponseReturnValue:
    """Fix the entries, or draw."""
    rally, form = enter(festival, edition), BeaconForm()
    found = get_draw(rally, code)
    if step == "freeze":
        return act(
            lambda: raffle.freeze(found, rally, by=me()), "draws", _("The entries are fixed and public.")
        )
    if step == "draw":
        value = (form.beacon.data or "")[:120]
        return act(
            lambda: draws.draw_lots(found, beacon=value, by=me()),
            "draws",
            _("Drawn. Seed and winners are public."),
        )
    raise NotThere(step)


# --- phones of staff -----------------------------------------------------------------------------------------------


@bp.get("/manage/<festival>/<edition>/rally/devices", endpoint="devices")
def devices_page(festival: str, edition: str) -> ResponseReturnValue:
    """Phones that may stamp and hand over."""
    return _devices(enter(festival, edition), _device_form(formdata=None))


def _device_form(**kwargs: Any) -> DeviceForm:
    form = DeviceForm(**kwargs)
    rally = queries.find_rally(g.edition)
    asked = (
        select(Entry)
        .where(Entry.edition_id == g.edition.id, Entry.state == EntryState.ACCEPTED)
        .options(joinedload(Entry.factory))
    )
    entries = sorted(db.session.scalars(asked).unique(), key=lambda one: one.factory.kana)
    desks = [
        (f"desk:{one.code}", _("Prize desk: %(name)s", name=one.name))
        for one in (rally.desks if rally else [])
    ]
    factories = ((f"factory:{one.factory.code}", str(one.factory.name)) for one in entries)
    form.where.choices = choices([*desks, *factories])
    days = [day.isoformat() for day in g.edition.dates]
    form.day.choices = choices((day, day) for day in days)
    if not form.day.data and days:
        form.day.data = next((day for day in days if day >= g.edition.today().isoformat()), days[-1])
    return form


def _devices(rally: Rally, form: DeviceForm, made: dict[str, str] | None = None) -> str:
    names = {one.code: one.name for one in rally.desks}
    return render_template(
        "stamps/organizer/devices.html",
        rally=rally,
        form=form,
        devices=devices.list_devices(g.edition),
        desks=names,
        made=made,
    )


@bp.post("/manage/<festival>/<edition>/rally/devices")
def invite_device(festival: str, edition: str) -> ResponseReturnValue:
    """A link that enrols one phone; it is shown this once."""
    rally, form = enter(festival, edition), _device_form()
    if not form.validate():
        return _devices(rally, form), 422
    kind, _colon, code = form.where.data.partition(":")
    day = date.fromisoformat(form.day.data)
    try:
        with transaction():
            factory = _factory(code) if kind == "factory" else None
            _made, token = devices.make_link(g.edition, label=form.label.data or "", pin=form.pin.data or "", by=me(), factory=factory,
                                             desk=code if kind == "desk" else "", day=day)  # fmt: skip
    except RuleError as error:
        form.refuse(str(error))
        return _devices(rally, form), 422
    url = links.absolute("stamps_staff.enrol", token=token)
    shown = {"url": url, "label": form.label.data or "", "picture": picture_of(url)}
    return headers.private(make_response(_devices(rally, _device_form(formdata=None), shown)))


def picture_of(text: str) -> str:
    """A QR code as the address of a picture."""
    from base64 import b64encode

    return f"data:image/svg+xml;base64,{b64encode(codes.qr_svg(text).encode()).decode()}"


def _factory(code: str) -> Any:
    asked = select(Entry).where(Entry.edition_id == g.edition.id, Entry.state == EntryState.ACCEPTED)
    found = next(
        (one.factory for one in db.session.scalars(asked).unique() if one.factory.code == code), None
    )
    if found is None:
        raise NotThere(code)
    return found


@bp.post("/manage/<festival>/<edition>/rally/devices/<code>/revoke")
def revoke_device(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """A lost phone opens nothing any more."""
    enter(festival, edition)
    found = db.session.scalar(select(Device).where(Device.code == code, Device.edition_id == g.edition.id))
    if found is None:
        raise NotThere(code)
    return act(lambda: devices.revoke(found, by=me()), "devices", _("This phone opens nothing any more."))
