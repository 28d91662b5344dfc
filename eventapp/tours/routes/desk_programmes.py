"""Programmes at a desk: written, published, withdrawn; the stops of a tour."""

from collections.abc import Sequence

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import lazyload

from eventapp.db import NotThere, db, transaction
from eventapp.factories.models import Entry, EntryState, Factory
from eventapp.festivals.models import Place, Role, Venue
from eventapp.forms import ActionForm
from eventapp.i18n import RuleError, _
from eventapp.tours import programmes
from eventapp.tours.desk_forms import ProgrammeForm, StopsForm
from eventapp.tours.models import EntryMode, Programme
from eventapp.tours.programmes import MEETING_PLACES
from eventapp.tours.routes.desk import Desk, page
from eventapp.web.saving import press


@page("/programmes/new", methods=("GET", "POST"))
def new_programme(desk: Desk) -> ResponseReturnValue:
    """Begin a draft."""
    form, places, venues = _form(desk)
    if form.is_submitted() and form.validate():
        try:
            with transaction():
                made = programmes.create(
                    desk.edition, form.details(places, venues), entry=desk.entry, by=desk.person
                )
            flash(_("Saved as a draft. Visitors see it once you publish it."), "success")
            return redirect(
                desk.url("slots" if made.entry_mode != EntryMode.OPEN else "programme", programme=made.code),
                303,
            )
        except RuleError as error:
            form.refuse(error)
    return render_template(
        "tours/desk/programme.html", desk=desk, form=form, programme=None
    ), 422 if form.is_submitted() else 200


@page("/programmes/<programme>", methods=("GET", "POST"))
def programme(desk: Desk, programme: str) -> ResponseReturnValue:
    """Read and edit one programme. Two people at once see each other's change instead of losing it."""
    found = desk.get_programme(programme)
    form, places, venues = _form(desk)
    theirs: list[tuple[object, str]] = []
    if not form.is_submitted():
        form.fill(found)
    elif form.validate():
        if form.is_stale(found.version) and (theirs := form.differences(found)):
            form.version.data = str(found.version)
        else:
            try:
                with transaction():
                    programmes.edit(found, form.details(places, venues), by=desk.person)
                flash(_("Saved."), "success")
                return redirect(desk.url("programme", programme=found.code), 303)
            except RuleError as error:
                form.refuse(error)
    status = 409 if theirs else 422 if form.is_submitted() else 200
    return render_template("tours/desk/programme.html", desk=desk, form=form, programme=found, theirs=theirs,
                           missing=programmes.missing(found), action=ActionForm()), status  # fmt: skip


def _form(desk: Desk) -> tuple[ProgrammeForm, Sequence[Place], Sequence[Venue]]:
    places = _places(desk)
    venues = _venues(desk) if desk.entry is None else []
    form = ProgrammeForm()
    form.fit(desk.edition, desk.entry, places, venues)
    return form, places, venues


def _places(desk: Desk) -> Sequence[Place]:
    usable = select(Place).where(Place.edition_id == desk.edition.id, Place.kind.in_(MEETING_PLACES))
    return db.session.scalars(usable.order_by(Place.kind, Place.id)).all()


def _venues(desk: Desk) -> Sequence[Venue]:
    return db.session.scalars(
        select(Venue).where(Venue.edition_id == desk.edition.id).order_by(Venue.id)
    ).all()


@page("/programmes/<programme>/publish", methods=("POST",))
def publish(desk: Desk, programme: str) -> ResponseReturnValue:
    """Show it to visitors."""
    found = desk.get_programme(programme)
    return _set_state(desk, found, programmes.publish, _("Published."))


@page("/programmes/<programme>/withdraw", methods=("POST",))
def withdraw(desk: Desk, programme: str) -> ResponseReturnValue:
    """Take it off the pages."""
    found = desk.get_programme(programme)
    return _set_state(desk, found, programmes.withdraw, _("Withdrawn. Visitors no longer see it."))


def _set_state(desk: Desk, found: Programme, rule, done: str) -> ResponseReturnValue:  # type: ignore[no-untyped-def]
    press(lambda: rule(found, by=desk.person), done)
    return redirect(desk.url("programme", programme=found.code), 303)


@page("/programmes/<programme>/stops", methods=("GET", "POST"), role=Role.STAFF)
def stops(desk: Desk, programme: str) -> ResponseReturnValue:
    """The factories a bus tour or a guided walk visits, each with its own places."""
    found = desk.get_programme(programme)
    if found.kind not in programmes.WALKS:
        raise NotThere(programme)
    entries = _entries(desk)
    form = StopsForm()
    form.fit(entries, None if form.is_submitted() else found.stops)
    stale = False
    if not form.is_submitted():
        form.version.data = str(found.version)
    elif form.validate():
        if stale := form.is_stale(found.version):
            form.version.data = str(found.version)
        else:
            try:
                with transaction():
                    programmes.set_stops(found, form.wishes(entries), by=desk.person)
                flash(_("Saved."), "success")
                return redirect(desk.url("stops", programme=found.code), 303)
            except RuleError as error:
                form.refuse(error)
    status = 409 if stale else 422 if form.is_submitted() else 200
    return render_template(
        "tours/desk/stops.html", desk=desk, form=form, programme=found, stale=stale
    ), status


def _entries(desk: Desk) -> Sequence[Entry]:
    taking_part = (
        select(Entry).join(Entry.factory).options(lazyload(Entry.edition))
        .where(Entry.edition_id == desk.edition.id, Entry.state != EntryState.WITHDRAWN)
        .order_by(Factory.kana, Factory.id)
    )  # fmt: skip
    return db.session.scalars(taking_part).all()
