"""Slots at a desk: made, changed in bulk, moved, closed, called off. Those booked are told at once."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import groupby

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import clock
from eventapp.db import NotThere, db, transaction
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import RuleError, _, ngettext
from eventapp.tours import attendance
from eventapp.tours import slots as slot_rules
from eventapp.tours.desk_forms import (
    AddSlotForm,
    CallOffForm,
    ChangeSlotsForm,
    GenerateForm,
    MoveSlotForm,
    PlacesForm,
)
from eventapp.tours.models import EntryMode, Programme, Slot, SlotState
from eventapp.tours.routes.desk import Desk, page
from eventapp.tours.slots import Told

# --- all slots of a programme --------------------------------------------------------------------------------------


@page("/programmes/<programme>/slots")
def slots(desk: Desk, programme: str) -> ResponseReturnValue:
    """All slots of a programme by day, with their seats; tick boxes change several at once."""
    found = desk.get_programme(programme)
    return _slots_page(desk, found)


def _slots_page(
    desk: Desk, programme: Programme, *, add: AddSlotForm | None = None, change: ChangeSlotsForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    rows = db.session.scalars(
        select(Slot).where(Slot.programme_id == programme.id).order_by(Slot.starts_at, Slot.id)
    ).all()
    by_day = [(day, list(found)) for day, found in groupby(rows, key=lambda slot: slot.day)]
    return render_template("tours/desk/slots.html", desk=desk, programme=programme, by_day=by_day, now=clock.now(),
                           add=add or _add_form(programme), change=change or ChangeSlotsForm(formdata=None)), status  # fmt: skip


def _add_form(programme: Programme) -> AddSlotForm:
    form = (
        AddSlotForm(formdata=None)
        if request.method == "GET" or not request.path.endswith("/slots/add")
        else AddSlotForm()
    )
    form.fit(programme)
    return form


@page("/programmes/<programme>/slots/add", methods=("POST",))
def add_slot(desk: Desk, programme: str) -> ResponseReturnValue:
    """One more slot."""
    found = desk.get_programme(programme)
    form = _add_form(found)
    if form.validate():
        try:
            with transaction():
                slot_rules.add(found, form.starts_at(found.edition), form.offer(), by=desk.person)
            flash(_("The slot has been added."), "success")
            return redirect(desk.url("slots", programme=found.code), 303)
        except RuleError as error:
            form.refuse(error)
    return _slots_page(desk, found, add=form, status=422)


@page("/programmes/<programme>/slots/plan", methods=("GET", "POST"))
def plan_slots(desk: Desk, programme: str) -> ResponseReturnValue:
    """Slots from days and times: first what they would be, then, with those ticked, done."""
    found = desk.get_programme(programme)
    if found.entry_mode == EntryMode.OPEN:
        raise NotThere(programme)
    form = GenerateForm()
    form.fit(found)
    planned: list[slot_rules.Planned] = []
    if form.is_submitted() and form.validate():
        try:
            planned = slot_rules.plan(found, form.pattern())
            if request.form.get("step") == "save":
                wanted = set(request.form.getlist("start")[: slot_rules.MOST_AT_ONCE])
                starts = [
                    one.starts_at
                    for one in planned
                    if one.starts_at.isoformat() in wanted and not one.is_over
                ]
                return _save_plan(desk, found, starts, form)
        except RuleError as error:
            form.refuse(error)
    status = 422 if form.is_submitted() and form.errors else 200
    return render_template(
        "tours/desk/plan.html", desk=desk, programme=found, form=form, planned=planned
    ), status


def _save_plan(
    desk: Desk, programme: Programme, starts: list[datetime], form: GenerateForm
) -> ResponseReturnValue:
    with transaction():
        made = len(slot_rules.generate(programme, starts, form.offer(), by=desk.person))
    flash(ngettext("%(num)d slot has been made.", "%(num)d slots have been made.", made), "success")
    return redirect(desk.url("slots", programme=programme.code), 303)


@page("/programmes/<programme>/slots/change", methods=("POST",))
def change_slots(desk: Desk, programme: str) -> ResponseReturnValue:
    """Do something with all ticked slots: places, closing, closed or open, called off, removed."""
    found = desk.get_programme(programme)
    form = ChangeSlotsForm()
    act = request.form.get("act", "")
    if form.validate():
        try:
            with transaction():
                chosen = _ticked(found, form.slots.data or [])
                told = _act(act, chosen, form, desk)
            flash(_done(act, told), "success")
            return redirect(desk.url("slots", programme=found.code), 303)
        except RuleError as error:
            form.refuse(error)
    return _slots_page(desk, found, change=form, status=422)


def _ticked(programme: Programme, codes: Sequence[str]) -> list[Slot]:
    """The slots with a tick, and all that stand on a day with a tick."""
    days = set(request.form.getlist("days"))
    of_programme = db.session.scalars(select(Slot).where(Slot.programme_id == programme.id).order_by(Slot.id))
    found = [
        one
        for one in of_programme
        if one.code in codes or (one.day.isoformat() in days and one.state != SlotState.CANCELLED)
    ]
    if not found:
        raise slot_rules.SlotError(_("Please tick the slots that are meant."))
    return found


def _act(act: str, chosen: list[Slot], form: ChangeSlotsForm, desk: Desk) -> Told | None:
    if act == "cancel":
        return slot_rules.cancel(chosen, message=form.message.data or "", by=desk.person)
    if act in {"close", "reopen", "remove"}:
        rule = {"close": slot_rules.close, "reopen": slot_rules.reopen, "remove": slot_rules.remove}[act]
        rule(chosen, by=desk.person)
    else:
        slot_rules.change(chosen, form.change(), by=desk.person)
    return None


def _done(act: str, told: Told | None) -> str:
    if told is not None:
        return str(_("Called off.")) + " " + tell(told)
    return str({"close": _("Closed. Those booked come all the same."), "reopen": _("Open for reservations again."),
                "remove": _("Removed.")}.get(act, _("Saved.")))  # fmt: skip


def tell(told: Told) -> str:
    """Who hears of it, in words."""
    words = [ngettext("%(num)d booking is told by mail.", "%(num)d bookings are told by mail.", told.mailed)]
    if told.to_call:
        words.append(ngettext("%(num)d left no e-mail address: please call.", "%(num)d left no e-mail address: please call them.",
                              told.to_call))  # fmt: skip
    return " ".join(words)


@page("/programmes/<programme>/call-off", methods=("POST",))
def call_off_day(desk: Desk, programme: str) -> ResponseReturnValue:
    """Call off a whole day of a programme, or all that is left of it."""
    found = desk.get_programme(programme)
    form = CallOffForm()
    day = _day_of(desk, request.form.get("day", ""))
    if form.validate():
        try:
            with transaction():
                told = slot_rules.cancel(
                    slot_rules.find_standing(found, day), message=form.message.data or "", by=desk.person
                )
            flash(_("Called off.") + " " + tell(told), "success")
        except RuleError as error:
            flash(str(error), "error")
    else:
        flash_errors(form)
    return redirect(desk.url("slots", programme=found.code), 303)


def flash_errors(form: BaseForm) -> None:
    """Say what was wrong with a form that stands folded away on the page one goes back to."""
    for errors in form.errors.values():
        for error in errors:
            flash(str(error), "error")


def _day_of(desk: Desk, typed: str) -> date | None:
    """A day of the edition; an empty word means all of them, another one is not there."""
    if not typed:
        return None
    for day in desk.edition.dates:
        if day.isoformat() == typed:
            return day
    raise NotThere(typed)


# --- one slot ------------------------------------------------------------------------------------------------------


@page("/slots/<slot>")
def slot(desk: Desk, slot: str) -> ResponseReturnValue:
    """One slot: who comes, and everything that can be done with it."""
    return _slot_page(desk, desk.see_slot(slot))


def _slot_page(
    desk: Desk, found: Slot, form: BaseForm | None = None, status: int = 200
) -> ResponseReturnValue:
    sitting = attendance.with_parties([found], desk.entry.id if desk.entry else None)[0]
    return render_template("tours/desk/slot.html", desk=desk, slot=found, sitting=sitting, refused=form,
                           may_edit=desk.may_edit(found.programme)), status  # fmt: skip


def _change_one(desk: Desk, code: str, form: BaseForm, rule: Callable[[Slot], str]) -> ResponseReturnValue:
    """Do one thing with one slot, and go back to where the button stood."""
    found = desk.get_slot(code)
    if isinstance(form, MoveSlotForm):
        form.fit(found)
    if form.validate():
        try:
            with transaction():
                done = rule(found)
            flash(done, "success")
            return redirect(_back(desk, found), 303)
        except RuleError as error:
            form.refuse(error)
    return _slot_page(desk, desk.get_slot(code), form, 422)


def _back(desk: Desk, slot: Slot) -> str:
    if request.form.get("back") == "today":
        return desk.url("today", day=slot.day.isoformat())
    return desk.url("slot", slot=slot.code)


@page("/slots/<slot>/move", methods=("POST",))
def move_slot(desk: Desk, slot: str) -> ResponseReturnValue:
    """Hold it at another time and tell everyone booked."""
    form = MoveSlotForm()

    def rule(found: Slot) -> str:
        told = slot_rules.move(
            found, form.starts_at(found.programme.edition), message=form.message.data or "", by=desk.person
        )
        return str(_("Moved.")) + " " + tell(told)

    return _change_one(desk, slot, form, rule)


@page("/slots/<slot>/places", methods=("POST",))
def change_places(desk: Desk, slot: str) -> ResponseReturnValue:
    """Another number of places."""
    form = PlacesForm()

    def rule(found: Slot) -> str:
        slot_rules.change([found], form.change(), by=desk.person)
        return str(_("Saved."))

    return _change_one(desk, slot, form, rule)


@page("/slots/<slot>/close", methods=("POST",))
def close_slot(desk: Desk, slot: str) -> ResponseReturnValue:
    """Take no more bookings, or take them again."""

    def rule(found: Slot) -> str:
        if found.state == SlotState.CLOSED:
            slot_rules.reopen([found], by=desk.person)
            return str(_("Open for reservations again."))
        slot_rules.close([found], by=desk.person)
        return str(_("Closed. Those booked come all the same."))

    return _change_one(desk, slot, ActionForm(), rule)


@page("/slots/<slot>/call-off", methods=("POST",))
def call_off_slot(desk: Desk, slot: str) -> ResponseReturnValue:
    """It does not take place: places back, everyone booked is told."""
    form = CallOffForm()

    def rule(found: Slot) -> str:
        told = slot_rules.cancel([found], message=form.message.data or "", by=desk.person)
        return str(_("Called off.")) + " " + tell(told)

    return _change_one(desk, slot, form, rule)
