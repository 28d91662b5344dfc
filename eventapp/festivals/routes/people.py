"""The people of a committee: everybody in it sees them, owners invite, change and remove."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import transaction
from eventapp.festivals import committee
from eventapp.festivals.access import find_organizer
from eventapp.festivals.committee import CommitteeError
from eventapp.festivals.models import Organizer, Role
from eventapp.festivals.people_forms import InvitationForm, RoleForm
from eventapp.festivals.routes.organizer import bp
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import _, language
from eventapp.web import frames
from eventapp.web.signin import require_person


@bp.get("/manage/<festival>/people")
def people(festival: str) -> ResponseReturnValue:
    """Everybody with a place, those who have not answered yet among them."""
    return _page(frames.committee(festival), InvitationForm(role=Role.STAFF.value))


@bp.post("/manage/<festival>/people")
def invite_organizer(festival: str) -> ResponseReturnValue:
    """Give somebody a place and mail the invitation."""
    me = frames.committee(festival, role=Role.OWNER)
    form = InvitationForm()
    if form.validate():
        try:
            with transaction():
                committee.invite(
                    me.festival,
                    email=form.email.data or "",
                    role=Role(form.role.data),
                    by=me.person,
                    language=language(),
                )
            flash(_("The invitation is on its way to %(address)s.", address=form.email.data), "success")
            return redirect(url_for("festivals_organizer.people", festival=festival), 303)
        except CommitteeError as error:
            form.refuse(error)
    return _page(me, form), 422


@bp.get("/manage/<festival>/people/<code>")
def person(festival: str, code: str) -> ResponseReturnValue:
    """What an owner can do about one of them."""
    me = frames.committee(festival, role=Role.OWNER)
    place = committee.get_organizer(me.festival, code)
    return _person_page(me, place, RoleForm(role=place.role.value))


@bp.post("/manage/<festival>/people/<code>/role")
def change_role(festival: str, code: str) -> ResponseReturnValue:
    """Owner, staff or reader."""
    form = RoleForm()
    return _change(festival, code, form, lambda place, me: committee.change_role(place, Role(form.role.data), by=me.person),
                   _("The role is changed."))  # fmt: skip


@bp.post("/manage/<festival>/people/<code>/remove")
def remove_organizer(festival: str, code: str) -> ResponseReturnValue:
    """Take somebody out of the committee, oneself included, but never the last owner."""
    return _change(festival, code, ActionForm(), lambda place, me: committee.remove(place, by=me.person),
                   _("This person is no longer in the committee."))  # fmt: skip


@bp.post("/manage/<festival>/people/<code>/invite-again")
def invite_again(festival: str, code: str) -> ResponseReturnValue:
    """Mail an invitation once more."""
    return _change(festival, code, ActionForm(), lambda place, me: committee.invite_again(place, by=me.person),
                   _("The invitation is on its way again."))  # fmt: skip


@bp.post("/manage/<festival>/people/<code>/recovery")
def send_recovery(festival: str, code: str) -> ResponseReturnValue:
    """Help somebody back in who lost password and phone."""
    return _change(festival, code, ActionForm(), lambda place, me: committee.send_recovery(place, by=me.person),
                   _("A link for setting the sign-in anew is on its way."))  # fmt: skip


def _change(
    festival: str, code: str, form: BaseForm, change: Callable[[Organizer, Organizer], object], done: str
) -> ResponseReturnValue:  # fmt: skip
    """Find the place, do the change as its owner, and come back to the list; or show why not."""
    me = frames.committee(festival, role=Role.OWNER)
    place = committee.get_organizer(me.festival, code)
    if form.validate():
        try:
            with transaction():
                change(place, me)
            flash(done, "success")
            still_in = find_organizer(require_person(), me.festival_id) is not None
            return redirect(
                url_for("festivals_organizer.people", festival=festival)
                if still_in
                else url_for("account.home"),
                303,
            )
        except CommitteeError as error:
            form.refuse(error)
    shown = RoleForm(role=place.role.value)
    shown.form_errors = form.form_errors
    if isinstance(form, RoleForm):
        shown.role.errors = form.role.errors
    return _person_page(me, place, shown), 422


def _person_page(me: Organizer, place: Organizer, form: RoleForm) -> str:
    return render_template("festivals/organizer/person.html", me=me, row=place, form=form)


def _page(me: Organizer, form: BaseForm) -> str:
    return render_template("festivals/organizer/people.html", form=form, me=me,
                           rows=committee.list_organizers(me.festival), may_change=me.role == Role.OWNER)  # fmt: skip
