"""Entries at the committee's desk: /manage/<festival>/<edition>/entries... Addresses are written in full in each route."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]

from eventapp.db import NotThere, db, transaction
from eventapp.factories import entries as rules
from eventapp.factories import gaps, members, overview, profiles, telling
from eventapp.factories.entries import EntryError
from eventapp.factories.forms import BoothForm, BulkForm, DecisionForm, InviteForm, NewFactoryForm
from eventapp.factories.members import MemberError
from eventapp.factories.models import Entry, EntryState, Factory
from eventapp.factories.routes import sections
from eventapp.factories.routes.booked import check_nobody_booked, count_booked
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.models import Booth, Edition, EditionState, Role
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import RuleError, _, language, lazy, ngettext
from eventapp.tours.models import Programme, Slot, SlotState
from eventapp.web import frames
from eventapp.web.signin import require_person

bp = Blueprint("factories_organizer", __name__)
FOUND_AT_MOST = 30
STEPS = {"accept": EntryState.ACCEPTED, "withdraw": EntryState.WITHDRAWN, "back": EntryState.DRAFT}
DONE: dict[EntryState, object] = {
    EntryState.ACCEPTED: lazy("%(factory)s takes part."),
    EntryState.WITHDRAWN: lazy("%(factory)s does not take part any more."),
    EntryState.DRAFT: lazy("%(factory)s is a draft again."),
}


@bp.get("/manage/<festival>/<edition>/entries")
def entries(festival: str, edition: str) -> ResponseReturnValue:
    """All entries with their state, what is missing, seats, members, last change."""
    frames.committee(festival, edition)
    return _list_page()


@bp.post("/manage/<festival>/<edition>/entries")
def move_entries(festival: str, edition: str) -> ResponseReturnValue:
    """Accept or withdraw the ticked ones: all of them, or none."""
    frames.committee(festival, edition, role=Role.STAFF)
    form, target = BulkForm(), STEPS.get(request.form.get("do", ""))
    if target is None or not form.entry.data:
        form.refuse(_("Tick the factories first, then choose what to do."))
        return _list_page(form), 422
    if not form.validate():
        return _list_page(form), 422
    try:
        with transaction():
            chosen = _entries(g.edition, form.entry.data)
            _move(chosen, target)
    except EntryError as error:
        form.refuse(error)
        return _list_page(form), 422
    flash(ngettext("%(num)d entry changed.", "%(num)d entries changed.", len(chosen)), "success")
    return redirect(url_for("factories_organizer.entries", festival=festival, edition=edition), 303)


@bp.get("/manage/<festival>/<edition>/entries/new")
def new_entry(festival: str, edition: str) -> ResponseReturnValue:
    """A factory from earlier years, found by a word, or a new one."""
    frames.committee(festival, edition, role=Role.STAFF)
    return _new_page(NewFactoryForm())


@bp.post("/manage/<festival>/<edition>/entries/new")
def add_factory(festival: str, edition: str) -> ResponseReturnValue:
    """A new factory with its entry and, where an address was given, the invitation of whoever keeps its pages."""
    frames.committee(festival, edition, role=Role.STAFF)
    form = NewFactoryForm()
    if not form.validate():
        return _new_page(form), 422
    try:
        with transaction():
            one = _add(g.edition, form)
            code, name = one.code, one.factory.name
    except RuleError as error:
        form.refuse(error)
        return _new_page(form), 422
    flash(_("%(factory)s is added.", factory=name), "success")
    return redirect(url_for("factories_organizer.entry", festival=festival, edition=edition, code=code), 303)


@bp.post("/manage/<festival>/<edition>/entries/join")
def join(festival: str, edition: str) -> ResponseReturnValue:
    """A factory from earlier years takes part again."""
    frames.committee(festival, edition, role=Role.STAFF)
    form, factory = ActionForm(), _get_factory(request.form.get("factory", ""))
    if not form.validate():
        return _new_page(NewFactoryForm(formdata=None), refused=form), 422
    try:
        with transaction():
            one = rules.join(factory, g.edition, by=require_person())
            code, name = one.code, factory.name
    except EntryError as error:
        form.refuse(error)
        return _new_page(NewFactoryForm(formdata=None), refused=form), 422
    flash(_("%(factory)s is added.", factory=name), "success")
    return redirect(url_for("factories_organizer.entry", festival=festival, edition=edition, code=code), 303)


@bp.get("/manage/<festival>/<edition>/entries/<code>")
def entry(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One entry: its state, what is missing, its booth, its people."""
    frames.committee(festival, edition)
    return _entry_page(rules.get_entry(g.edition, code))


@bp.post("/manage/<festival>/<edition>/entries/<code>/booth")
def give_booth(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Give the factory a booth, or take it back."""
    frames.committee(festival, edition, role=Role.STAFF)
    one = rules.get_entry(g.edition, code)
    form = _booth_form(one)
    if not form.validate():
        return _entry_page(one, booth=form), 422
    try:
        with transaction():
            rules.lock(one)
            rules.give_booth(one, _find_booth(one.edition, form.booth.data), by=require_person())
    except EntryError as error:
        form.refuse(error)
        return _entry_page(one, booth=form), 422
    flash(_("Saved."), "success")
    return redirect(url_for("factories_organizer.entry", festival=festival, edition=edition, code=code), 303)


@bp.post("/manage/<festival>/<edition>/entries/<code>/invite")
def invite(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Invite somebody by mail to keep this factory's pages."""
    frames.committee(festival, edition, role=Role.STAFF)
    one, form = rules.get_entry(g.edition, code), InviteForm()
    if not form.validate():
        return _entry_page(one, invitation=form), 422
    try:
        with transaction():
            members.invite(one.factory, email=form.email.data or "", by=require_person(), language=language())
    except MemberError as error:
        form.refuse(error)
        return _entry_page(one, invitation=form), 422
    flash(_("The invitation is on its way to %(address)s.", address=form.email.data), "success")
    return redirect(url_for("factories_organizer.entry", festival=festival, edition=edition, code=code), 303)


@bp.post("/manage/<festival>/<edition>/entries/<code>/<step>")
def move_entry(festival: str, edition: str, code: str, step: str) -> ResponseReturnValue:
    """Accept, withdraw, or give back to the factory."""
    frames.committee(festival, edition, role=Role.STAFF)
    one, form = rules.get_entry(g.edition, code), DecisionForm()
    if step not in STEPS:
        raise NotThere(step)
    if not form.validate():
        return _entry_page(one, refused=form), 422
    try:
        with transaction():
            _move([one], STEPS[step], form.message.data or "")
    except EntryError as error:
        form.refuse(error)
        return _entry_page(one, refused=form), 422
    flash(str(DONE[STEPS[step]]) % {"factory": one.factory.name}, "success")
    return redirect(url_for("factories_organizer.entry", festival=festival, edition=edition, code=code), 303)


# Work


def _move(chosen: Sequence[Entry], target: EntryState, message: str = "") -> None:
    """All of them, in the order of their ids; those that are there already stay. Each factory is told."""
    by = require_person()
    moving = sorted((one for one in chosen if one.state != target), key=lambda one: one.id)
    check_nobody_booked(moving, target)
    for one in moving:
        before = one.state
        if target == EntryState.WITHDRAWN:
            rules.withdraw(one, by=by)
        else:
            rules.move(one, target, by=by)
        telling.tell_decision(one, before, message=message, by=by)


def _entries(edition: Edition, codes: Sequence[str]) -> list[Entry]:
    found = select(Entry).where(Entry.edition_id == edition.id, Entry.code.in_(codes[:1000]))
    return list(db.session.scalars(found.order_by(Entry.id)))


def _add(edition: Edition, form: NewFactoryForm) -> Entry:
    by = require_person()
    values = {
        "name": form.name.data,
        "kana": form.kana.data or "",
        "craft": form.craft.data,
        "email": form.email.data or None,
    }
    factory = profiles.create(edition.festival, values, by=by)
    one = rules.join(factory, edition, by=by)
    if form.email.data:
        members.invite(factory, email=form.email.data, by=by, language=language())
    return one


def _get_factory(code: str) -> Factory:
    found = db.session.scalar(
        select(Factory).where(Factory.code == code, Factory.festival_id == g.festival.id)
    )
    if found is None:
        raise NotThere(code)
    return found


# Pages


def _list_page(form: BulkForm | None = None) -> str:
    wanted = request.args.get("state", "")
    state = EntryState(wanted) if wanted in set(EntryState) else None
    only_gaps, query = bool(request.args.get("missing")), request.args.get("q", "")
    rows = overview.list_entries(g.edition, state=state, query=query, only_gaps=only_gaps)
    return render_template(
        "factories/organizer/entries.html", rows=rows, form=form or BulkForm(formdata=None), state=state, only_gaps=only_gaps,
        query=query, counts=overview.count_states(g.edition), states=list(EntryState), seats=_seats(g.edition), **_rights(),
    )  # fmt: skip


def _new_page(form: NewFactoryForm, *, refused: BaseForm | None = None) -> str:
    query = request.args.get("q", "")
    found = profiles.search(g.festival.id, query, not_in=g.edition, limit=FOUND_AT_MOST)
    return render_template("factories/organizer/new.html", form=form, refused=refused, found=found, query=query,
                           most=FOUND_AT_MOST, **_rights())  # fmt: skip


def _entry_page(
    one: Entry,
    *,
    booth: BoothForm | None = None,
    invitation: InviteForm | None = None,
    refused: BaseForm | None = None,
) -> str:
    missing = gaps.gaps_of(one.factory, one)
    return render_template(
        "factories/organizer/entry.html", entry=one, refused=refused, gaps=missing, progress=gaps.progress(missing, one),
        booth=booth or _booth_form(one, fresh=True), invitation=invitation or InviteForm(formdata=None), seats=_seats(g.edition),
        people=members.list_members(one.factory), booked=count_booked([one]).get(one.id, 0),
        last=sections.find_last_change(one.factory), **_rights(),
    )  # fmt: skip


def _rights() -> dict[str, Any]:
    """Whether the reader may change things here: read-only organizers and closed editions have no buttons."""
    return {"may_run": g.organizer.role in MAY_RUN, "over": g.edition.state == EditionState.CLOSED}


def _booth_form(one: Entry, *, fresh: bool = False) -> BoothForm:
    """The booths of the edition; those of others are named and cannot be chosen."""
    form = BoothForm(formdata=None) if fresh else BoothForm()
    form.booth.choices = [SelectChoice("", _("No booth"))]
    for booth, holder in rules.list_booths(one.edition):
        taken = holder is not None and holder.id != one.id
        words = f"{booth.venue.name} {booth.number}"
        if taken and holder is not None:
            words = _("%(booth)s (taken by %(factory)s)", booth=words, factory=holder.factory.name)
        form.booth.choices.append(SelectChoice(_place(booth), words, {"disabled": True} if taken else {}))
    if fresh:
        form.booth.data = _place(one.booth) if one.booth is not None else ""
    return form


def _place(booth: Booth) -> str:
    return f"{booth.venue.code}/{booth.number}"


def _find_booth(edition: Edition, place: str) -> Booth | None:
    return next((booth for booth, _holder in rules.list_booths(edition) if _place(booth) == place), None)


def _seats(edition: Edition) -> dict[int, tuple[int, int]]:
    """Places taken and offered, by entry id, in one statement."""
    counted = (
        select(Programme.entry_id, func.sum(Slot.seats_taken), func.sum(Slot.capacity))
        .join(Slot, Slot.programme_id == Programme.id)
        .where(
            Programme.edition_id == edition.id,
            Programme.entry_id.is_not(None),
            Slot.state != SlotState.CANCELLED,
        )
        .group_by(Programme.entry_id)
    )
    return {
        one: (int(taken or 0), int(offered or 0))
        for one, taken, offered in db.session.execute(counted)
        if one is not None
    }
