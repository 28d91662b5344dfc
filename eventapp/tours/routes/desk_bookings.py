"""Bookings at a desk: made for a caller, found again, changed on the visitor's behalf."""

from collections.abc import Callable, Sequence

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import RuleError, _
from eventapp.tours import booking, changing, desk_search
from eventapp.tours.desk_forms import CallerForm, StaffMoveForm, StaffPartyForm
from eventapp.tours.desk_search import Wish
from eventapp.tours.models import Booking, Reservation, Slot, SlotState, Status
from eventapp.tours.routes.desk import Desk, page, page_number

CHANGEABLE = frozenset({Status.CONFIRMED, Status.OFFERED, Status.REQUESTED, Status.WAITING})


@page("/find")
def find(desk: Desk) -> ResponseReturnValue:
    """Find a booking by kana, name, telephone or the number said at the gate."""
    words = request.args.get("q", "")
    found = desk_search.find(desk.reach, Wish(words=words), page=page_number()) if words.strip() else None
    return render_template("tours/desk/find.html", desk=desk, words=words, found=found)


@page("/slots/<slot>/book", methods=("GET", "POST"))
def book(desk: Desk, slot: str) -> ResponseReturnValue:
    """Book for a caller: a telephone number alone is enough, also outside the booking times."""
    found = desk.get_slot(slot)
    form = CallerForm()
    form.fit(booking.questions([found]))
    double = None
    if form.is_submitted() and form.validate():
        double = None if form.again.data else desk_search.find_by_phone(found, form.phone.data or "")
        if double is None:
            made = _book(desk, found, form)
            if made is not None:
                flash(
                    _("Booked. The number to say at the gate is %(number)s.", number=made.gate_number),
                    "success",
                )
                return redirect(desk.url("slot", slot=slot), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("tours/desk/book.html", desk=desk, slot=found, form=form, double=double), status


def _book(desk: Desk, slot: Slot, form: CallerForm) -> Booking | None:
    try:
        with transaction():
            return booking.book([slot], contact=form.contact(), party_size=form.party_size.data or 1,
                                request_key=form.request_key.data or "", overlaps_accepted=True, staff=desk.person)  # fmt: skip
    except RuleError as error:
        form.refuse(error)
        return None


@page("/reservations/<reservation>")
def reservation(desk: Desk, reservation: str) -> ResponseReturnValue:
    """One party: how to reach them, what they booked, and what can be changed for them."""
    return _reservation_page(desk, desk.see_reservation(reservation))


def _reservation_page(
    desk: Desk, found: Reservation, form: BaseForm | None = None, status: int = 200
) -> ResponseReturnValue:
    may_edit = desk.may_edit(found.slot.programme)
    others = [one for one in found.booking.reservations if one.id != found.id] if desk.entry is None else []
    return render_template("tours/desk/reservation.html", desk=desk, reservation=found, others=others, refused=form,
                           free=_free_slots(found) if may_edit else [], may_edit=may_edit, can_change=found.status in CHANGEABLE and not booking.is_archived(desk.edition),
                           is_over=found.slot.ends_at <= clock.now()), status  # fmt: skip


def _free_slots(found: Reservation) -> Sequence[Slot]:
    """Where the party could go instead: other times of the same programme with room for it."""
    return db.session.scalars(
        select(Slot)
        .where(Slot.programme_id == found.slot.programme_id, Slot.id != found.slot_id, Slot.state == SlotState.OPEN,
               Slot.ends_at > clock.now(), Slot.seats_taken + found.party_size <= Slot.capacity)
        .order_by(Slot.starts_at, Slot.id)
    ).all()  # fmt: skip


def _change(desk: Desk, code: str, form: BaseForm, rule: Callable[[Reservation], str]) -> ResponseReturnValue:
    found = desk.get_reservation(code)
    if form.validate():
        try:
            with transaction():
                done = rule(found)
            flash(done, "success")
            return redirect(desk.url("reservation", reservation=code), 303)
        except RuleError as error:
            form.refuse(error)
    return _reservation_page(desk, desk.get_reservation(code), form, 422)


def _mailed(found: Reservation) -> str:
    return str(
        _("A mail with the new state is on its way.")
        if found.booking.email
        else _("There is no e-mail address: please tell them.")
    )


@page("/reservations/<reservation>/party", methods=("POST",))
def change_party(desk: Desk, reservation: str) -> ResponseReturnValue:
    """More or fewer people."""
    form = StaffPartyForm()

    def rule(found: Reservation) -> str:
        changing.change_party(found, form.party_size.data or 1, staff=desk.person)
        return str(_("Saved.")) + " " + _mailed(found)

    return _change(desk, reservation, form, rule)


@page("/reservations/<reservation>/move", methods=("POST",))
def move_reservation(desk: Desk, reservation: str) -> ResponseReturnValue:
    """Another time."""
    form = StaffMoveForm()

    def rule(found: Reservation) -> str:
        changing.move(found, _same_programme(found, form.slot.data or ""), staff=desk.person)
        return str(_("Moved.")) + " " + _mailed(found)

    return _change(desk, reservation, form, rule)


def _same_programme(found: Reservation, code: str) -> Slot:
    """A slot of the programme that the reservation is for; another one is no choice of this page."""
    to = db.session.scalar(
        select(Slot).where(Slot.code == code, Slot.programme_id == found.slot.programme_id)
    )
    if to is None:
        raise booking.BookingError(_("Please choose another time."))
    return to


@page("/reservations/<reservation>/cancel", methods=("POST",))
def cancel_reservation(desk: Desk, reservation: str) -> ResponseReturnValue:
    """Give the places back."""

    def rule(found: Reservation) -> str:
        changing.cancel(found, staff=desk.person)
        return str(_("Cancelled. The places are free again.")) + " " + _mailed(found)

    return _change(desk, reservation, ActionForm(), rule)
