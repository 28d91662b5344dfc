"""The day at a desk: who comes when, marks at the door, the attendance sheet."""

from datetime import date

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import sheets
from eventapp.db import NotThere, db, transaction
from eventapp.i18n import RuleError, _
from eventapp.tours import attendance, changing, slots
from eventapp.tours.desk_forms import CallOffForm, MarkForm
from eventapp.tours.models import Slot, Status
from eventapp.tours.routes.desk import Desk, page
from eventapp.tours.routes.desk_slots import flash_errors, tell

MARKS = {"attended": Status.ATTENDED, "no_show": Status.NO_SHOW, "confirmed": Status.CONFIRMED}
SHEETS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def chosen_day(desk: Desk) -> date | None:
    """The day asked for, else today, else the next day of the edition, else its last; None where it has no days."""
    days = desk.edition.dates
    wanted = request.args.get("day", "")
    today = desk.edition.today()
    coming = [day for day in days if day >= today]
    return next(
        (day for day in days if day.isoformat() == wanted),
        coming[0] if coming else days[-1] if days else None,
    )


@page("/today")
def today(desk: Desk) -> ResponseReturnValue:
    """Who comes when, what is now and next first; a slot is moved, closed or made larger from here."""
    day = chosen_day(desk)
    sittings = attendance.find_day(desk.reach, day) if day is not None else []
    ahead, over = attendance.now_and_next_first(sittings)
    return render_template("tours/desk/today.html", desk=desk, day=day, ahead=ahead, over=over,
                           people=sum(one.people for one in sittings), here=sum(one.people_here for one in sittings))  # fmt: skip


@page("/reservations/<reservation>/mark", methods=("POST",))
def mark(desk: Desk, reservation: str) -> ResponseReturnValue:
    """Came, did not come, or back to booked."""
    found = desk.get_reservation(reservation)
    form = MarkForm()
    status = MARKS.get(form.status.data or "")
    if status is not None:
        try:
            with transaction():
                changing.mark(found, status, staff=desk.person)
        except RuleError as error:
            flash(str(error), "error")
    slot = found.slot
    if form.back.data == "today":
        return redirect(desk.url("today", day=slot.day.isoformat(), _anchor=f"slot-{slot.code}"), 303)
    return redirect(desk.url("slot", slot=slot.code), 303)


@page("/days/<day>/call-off", methods=("POST",))
def call_off_today(desk: Desk, day: str) -> ResponseReturnValue:
    """Call off everything that is left of a day at this desk: the machine is down, the storm has come."""
    found = next((one for one in desk.edition.dates if one.isoformat() == day), None)
    if found is None:
        raise NotThere(day)
    form = CallOffForm()
    if form.validate():
        try:
            with transaction():
                own = [
                    one.slot.id
                    for one in attendance.find_day(desk.reach, found)
                    if not one.is_over and desk.has(one.slot.programme)
                ]
                standing = db.session.scalars(select(Slot).where(Slot.id.in_(own)).order_by(Slot.id)).all()
                told = slots.cancel(standing, message=form.message.data or "", by=desk.person)
            flash(_("Called off.") + " " + tell(told), "success")
        except RuleError as error:
            flash(str(error), "error")
    else:
        flash_errors(form)
    return redirect(desk.url("today", day=day), 303)


@page("/sheet")
def sheet(desk: Desk) -> ResponseReturnValue:
    """The attendance sheet of a day, to print."""
    day = chosen_day(desk)
    sittings = _of_day(desk, day)
    insured = any(one.guests for sitting in sittings for one in sitting.coming)
    return render_template("tours/desk/sheet.html", desk=desk, day=day, sittings=sittings, insured=insured)


@page("/sheet.<kind>")
def sheet_file(desk: Desk, kind: str) -> ResponseReturnValue:
    """The same as a file for a spreadsheet."""
    day = chosen_day(desk)
    if kind not in SHEETS or day is None:
        raise NotThere(kind)
    return sheet_answer(
        kind,
        f"attendance-{day.isoformat()}",
        attendance.sheet_header(),
        attendance.sheet_rows(_of_day(desk, day)),
    )


def _of_day(desk: Desk, day: date | None) -> list[attendance.Sitting]:
    if day is None:
        return []
    ahead, over = attendance.now_and_next_first(attendance.find_day(desk.reach, day))
    return sorted([*ahead, *over], key=lambda one: (one.arrives_at, one.slot.id))


def sheet_answer(kind: str, name: str, header: list[str], rows: object) -> Response:
    """A table as a file to download. It holds names, so nobody keeps it on the way."""
    write = sheets.write_csv if kind == "csv" else sheets.write_xlsx
    answer = Response(write(header, rows), content_type=SHEETS[kind])  # type: ignore[arg-type]
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
