"""A factory's desk: its programmes, and, shared with the committee, its day, its slots and its bookings."""

from importlib import import_module

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp.tours import counting
from eventapp.tours.routes.desk import factory as bp
from eventapp.tours.routes.desk import factory_desk
from eventapp.web import frames

for _pages in ("desk_today", "desk_programmes", "desk_slots", "desk_bookings"):  # both desks have them
    import_module(f"eventapp.tours.routes.{_pages}")

__all__ = ["bp"]


@bp.get("/")
def home(code: str) -> ResponseReturnValue:
    """A shortened address leads to the day, for those who may see it."""
    frames.workshop(code)
    return redirect(url_for("tours_factory.today", code=code))


@bp.get("/programmes")
def programmes(code: str) -> ResponseReturnValue:
    """What this factory offers, and the tours that stop here, with their seats."""
    desk = factory_desk(code)
    if desk is None:
        return render_template("tours/desk/outside.html")
    own = counting.list_programmes(desk.reach.own(), per_page=200)
    stopping = counting.list_programmes(desk.reach.stopping(), per_page=200)
    return render_template("tours/factory/programmes.html", desk=desk, own=own.rows, stopping=stopping.rows)
