"""Phones of staff: a link enrols each for a factory or a desk, for one day."""

from datetime import date
from typing import Any

from flask import g, make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from eventapp import links
from eventapp.db import NotThere, db, transaction
from eventapp.factories import devices
from eventapp.factories.devices import Device
from eventapp.factories.models import Entry, EntryState
from eventapp.i18n import RuleError, _
from eventapp.stamps import queries
from eventapp.stamps.models import Rally
from eventapp.stamps.routes.cards import picture_of
from eventapp.stamps.routes.organizer import act, bp, enter, me
from eventapp.stamps.routes.organizer_forms import DeviceForm, choices, day_choices
from eventapp.web import headers


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
    form.day.choices = day_choices(g.edition.dates)
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
