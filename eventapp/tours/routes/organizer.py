"""The committee's desk: all programmes with seats and state, all reservations, the timetables of the stages."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import lazyload

from eventapp import clock
from eventapp.db import NotThere, db
from eventapp.festivals.models import Place, PlaceKind, Role
from eventapp.i18n import _
from eventapp.tours import attendance, counting, desk_search
from eventapp.tours.desk_search import Wish
from eventapp.tours.models import Kind, Programme, ProgrammeState, Slot, SlotState, Status
from eventapp.tours.queries import select_slots
from eventapp.tours.routes import calling_off as _calling_off  # its pages are registered with these
from eventapp.tours.routes import factory as _shared_pages  # the pages of both desks are registered there
from eventapp.tours.routes.desk import Desk, committee_desk, page_number
from eventapp.tours.routes.desk import organizer as bp
from eventapp.tours.routes.desk_today import SHEETS, sheet_answer
from eventapp.tours.words import KINDS

__all__ = ["_calling_off", "_shared_pages", "bp"]
Choice = TypeVar("Choice", bound=StrEnum)


def _chosen(kind: type[Choice], name: str) -> Choice | None:
    """A value of a list in the address; what is not in it chooses nothing."""
    typed = request.args.get(name, "")
    return next((one for one in kind if one.value == typed), None)


def _kept(*names: str) -> dict[str, str]:
    return {name: value for name in names if (value := request.args.get(name))}


@bp.get("/programmes")
def programmes(festival: str, edition: str) -> ResponseReturnValue:
    """Everything that is on, with its host, its seats and its state."""
    desk = committee_desk(festival, edition, role=Role.READER)
    kind, state, words = _chosen(Kind, "kind"), _chosen(ProgrammeState, "state"), request.args.get("q", "")
    found = counting.list_programmes(
        Programme.edition_id == desk.edition.id, words=words, kind=kind, state=state, page=page_number()
    )
    kept = _kept("q", "kind", "state")
    return render_template("tours/organizer/programmes.html", desk=desk, found=found, words=words, kind=kind, state=state, kinds=KINDS,
                           states=list(ProgrammeState), kept=kept, page_url=lambda number: desk.url("programmes", page=number, **kept))  # fmt: skip


@bp.get("/reservations")
def reservations(festival: str, edition: str) -> ResponseReturnValue:
    """Seats by day for every organizer; the reservations themselves for those who may read names."""
    desk = committee_desk(festival, edition, role=Role.READER)
    days = counting.seats_by_day(Programme.edition_id == desk.edition.id)
    wish = _wish(desk)
    found = desk_search.find(desk.reach, wish, page=page_number()) if desk.sees_names else None
    kept = _kept("q", "day", "programme", "status")
    return render_template("tours/organizer/reservations.html", desk=desk, days=days, found=found, wish=wish, kept=kept,
                           titles=_titles(desk), statuses={one: attendance.status_word(one) for one in Status},
                           page_url=lambda number: desk.url("reservations", page=number, **kept))  # fmt: skip


def _wish(desk: Desk) -> Wish:
    day = request.args.get("day", "")
    found: date | None = next((one for one in desk.edition.dates if one.isoformat() == day), None)
    return Wish(
        request.args.get("q", ""), found, request.args.get("programme", ""), _chosen(Status, "status")
    )


def _titles(desk: Desk) -> list[tuple[str, str]]:
    """Programmes to filter by: (code, title and host)."""
    rows = db.session.scalars(
        select(Programme)
        .options(lazyload(Programme.edition))
        .where(Programme.edition_id == desk.edition.id)
        .order_by(Programme.id)
    ).unique()
    return [
        (one.code, f"{one.entry.factory.name}: {one.title}" if one.entry else str(one.title)) for one in rows
    ]


@bp.get("/reservations.<kind>")
def reservations_file(festival: str, edition: str, kind: str) -> ResponseReturnValue:
    """The reservations that fit, as a file; not for read-only organizers."""
    desk = committee_desk(festival, edition)
    if kind not in SHEETS:
        raise NotThere(kind)
    header = [*attendance.sheet_header(), _("E-mail"), _("Factory"), _("Booked at")]
    return sheet_answer(kind, f"reservations-{edition}", header, _rows(desk))


def _rows(desk: Desk) -> Iterator[list[object]]:
    zone = desk.edition.zone
    for one in desk_search.find_all(desk.reach, _wish(desk)):
        slot, booking, entry = one.slot, one.booking, one.slot.programme.entry
        start, end = clock.local(slot.starts_at, zone), clock.local(slot.ends_at, zone)
        yield [slot.day.isoformat(), f"{start:%H:%M}", f"{end:%H:%M}", str(slot.programme.title), booking.gate_number, booking.name,
               booking.kana, one.party_size, booking.phone or "", one.guests or "", booking.company or "", booking.note or "",
               attendance.status_word(one.status), booking.email or "", str(entry.factory.name) if entry else "",
               f"{clock.local(one.created_at, zone):%Y-%m-%d %H:%M}"]  # fmt: skip


@bp.get("/stages")
def stages(festival: str, edition: str) -> ResponseReturnValue:
    """What is on which stage, day by day."""
    desk = committee_desk(festival, edition, role=Role.READER)
    places = db.session.scalars(
        select(Place)
        .where(Place.edition_id == desk.edition.id, Place.kind == PlaceKind.STAGE)
        .order_by(Place.id)
    ).all()
    on_stage: Sequence[Slot] = db.session.scalars(
        select_slots()
        .where(Programme.place_id.in_([place.id for place in places]), Programme.state != ProgrammeState.WITHDRAWN,
               Slot.state != SlotState.CANCELLED)
        .order_by(Slot.day, Slot.starts_at, Slot.id)
    ).all()  # fmt: skip
    tables = [(place, [(day, list(rows)) for day, rows in groupby((one for one in on_stage if one.programme.place_id == place.id),
                                                                 key=lambda slot: slot.day)]) for place in places]  # fmt: skip
    new_place = url_for("festivals_organizer.venues", festival=festival, edition=edition)
    return render_template("tours/organizer/stages.html", desk=desk, tables=tables, new_place=new_place)
