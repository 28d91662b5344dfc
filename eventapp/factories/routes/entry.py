"""A factory's part in an edition, as the factory itself writes it: days and hours, this year's message, asking the committee."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import NotThere, transaction
from eventapp.factories import entries
from eventapp.factories.entries import EntryError
from eventapp.factories.forms import HoursForm, hours_form
from eventapp.factories.hours import HoursError
from eventapp.factories.models import Entry, EntryState, Factory, OpeningPlace
from eventapp.factories.routes import sections
from eventapp.factories.routes.booked import check_nobody_booked
from eventapp.factories.routes.factory import bp, checklist, what_changed
from eventapp.factories.routes.sections import ChangedMeanwhile
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import _, lazy
from eventapp.web import frames
from eventapp.web.signin import require_person

# What the factory itself may do: from which states, to which, and what is said afterwards. Accepting is the committee's.
STEPS: dict[str, tuple[set[EntryState], EntryState, object]] = {
    "submit": ({EntryState.DRAFT}, EntryState.SUBMITTED, lazy("Thank you. The committee has your entry now.")),
    "take-back": ({EntryState.SUBMITTED}, EntryState.DRAFT, lazy("Your entry is a draft again.")),
    "withdraw": ({EntryState.DRAFT, EntryState.SUBMITTED, EntryState.ACCEPTED}, EntryState.WITHDRAWN,
                 lazy("You do not take part this time. What you wrote is kept.")),
    "again": ({EntryState.WITHDRAWN}, EntryState.DRAFT, lazy("Good to have you back. Your entry is a draft again.")),
}  # fmt: skip


@bp.get("/factory/<code>/entry")
@bp.get("/factory/<code>/entry/<edition>")
def entry(code: str, edition: str = "") -> ResponseReturnValue:
    """The entry in the newest edition, or in the one named."""
    factory = frames.workshop(code)
    one = _find_entry(factory, edition)
    if one is None:
        return render_template("factories/factory/no_entry.html", **checklist(factory))
    return _page(factory, one, _form(one).of(one))


@bp.post("/factory/<code>/entry/<edition>")
def save_entry(code: str, edition: str) -> ResponseReturnValue:
    """Save days, hours and message. Nothing has to be complete."""
    factory = frames.workshop(code)
    one = _get_entry(factory, edition)
    form = _form(one).sent(one)
    if not form.validate():
        return _page(factory, one, form), 422
    try:
        sections.save(
            form,
            lock=lambda: entries.lock(one),
            saved=lambda: _form(one).of(one),
            write=lambda: _write(one, form),
        )
    except ChangedMeanwhile:
        return _page(factory, one, form, changed=True), 422
    except (EntryError, HoursError) as error:
        form.refuse(error)
        return _page(factory, one, form), 422
    flash(_("Saved."), "success")
    return redirect(url_for("factories_factory.entry", code=code, edition=edition), 303)


@bp.post("/factory/<code>/entry/<edition>/<step>")
def move_entry(code: str, edition: str, step: str) -> ResponseReturnValue:
    """Submit to the committee, take back, withdraw, or come back."""
    factory, form = frames.workshop(code), ActionForm()
    one = _get_entry(factory, edition)
    if step not in STEPS:
        raise NotThere(step)
    states, target, said = STEPS[step]
    if not form.validate():
        return _page(factory, one, _form(one).of(one), refused=form), 422
    try:
        with transaction():
            if one.state not in states:
                raise EntryError(lazy("This step is not possible from the present state of your entry."))
            check_nobody_booked([one], target)
            (entries.withdraw if target == EntryState.WITHDRAWN else _mover(target))(one, by=require_person())
    except EntryError as error:
        form.refuse(error)
        return _page(factory, one, _form(one).of(one), refused=form), 422
    flash(str(said), "success")
    return redirect(url_for("factories_factory.entry", code=code, edition=edition), 303)


def _mover(target: EntryState) -> Any:
    return lambda one, *, by: entries.move(one, target, by=by)


def _write(one: Entry, form: HoursForm) -> None:
    by, values = (
        require_person(),
        {"message": form.message.data, "last_entry_minutes": form.last_entry_minutes.data or 0},
    )
    if form.mixed:
        values["at_factory"] = bool(form.at_factory.data)
    entries.edit(one, values, by=by)
    for place in form.places:
        entries.set_openings(
            one, form.days(place) if form.is_asked(place) else {}, by=by, place=OpeningPlace(place)
        )


def _form(one: Entry) -> type[HoursForm]:
    return hours_form(one.edition, has_booth=one.booth_id is not None)


def _find_entry(factory: Factory, slug: str) -> Entry | None:
    if slug:
        return _get_entry(factory, slug)
    newest: Entry | None = g.entry
    return newest


def _get_entry(factory: Factory, slug: str) -> Entry:
    for one in factory.entries:
        if one.edition.slug == slug:
            g.entry, g.edition = one, one.edition
            return one
    raise NotThere(slug)


def _page(
    factory: Factory, one: Entry, form: Any, *, changed: bool = False, refused: BaseForm | None = None
) -> str:
    values = what_changed(factory, form, _form(one).of(one)) if changed else {}
    others = sorted(factory.entries, key=lambda each: str(each.edition.first_day or ""), reverse=True)
    return render_template("factories/factory/entry.html", entry=one, form=form, refused=refused, others=others,
                           frozen=entries.is_frozen(one), **values, **checklist(factory))  # fmt: skip
