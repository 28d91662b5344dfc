"""The people who keep a factory's pages."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import transaction
from eventapp.factories import members as rules
from eventapp.factories.access import may_edit
from eventapp.factories.members import MemberError
from eventapp.factories.members_forms import MemberForm
from eventapp.factories.models import Factory
from eventapp.factories.routes.factory import bp
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import _, language
from eventapp.web import frames
from eventapp.web.signin import require_person


@bp.get("/factory/<code>/members")
def members(code: str) -> ResponseReturnValue:
    """Everybody who may edit the factory's pages, besides the committee."""
    return _page(frames.workshop(code), MemberForm())


@bp.post("/factory/<code>/members")
def invite_member(code: str) -> ResponseReturnValue:
    """Invite a colleague by mail."""
    factory, form = frames.workshop(code), MemberForm()
    if form.validate():
        try:
            with transaction():
                rules.invite(factory, email=form.email.data or "", by=require_person(), language=language())
            flash(_("The invitation is on its way to %(address)s.", address=form.email.data), "success")
            return redirect(url_for("factories_factory.members", code=code), 303)
        except MemberError as error:
            form.refuse(error)
    return _page(factory, form), 422


@bp.post("/factory/<code>/members/<person>/invite-again")
def invite_member_again(code: str, person: str) -> ResponseReturnValue:
    """Mail an invitation once more."""
    member, form = rules.get_member(frames.workshop(code), person), ActionForm()
    if not form.validate():
        return _page(member.factory, MemberForm(formdata=None), refused=form), 422
    with transaction():
        rules.invite_again(member, by=require_person())
    flash(_("The invitation is on its way again."), "success")
    return redirect(url_for("factories_factory.members", code=code), 303)


@bp.post("/factory/<code>/members/<person>/remove")
def remove_member(code: str, person: str) -> ResponseReturnValue:
    """Take somebody out, oneself included."""
    factory = frames.workshop(code)
    member, form = rules.get_member(factory, person), ActionForm()
    if not form.validate():
        return _page(factory, MemberForm(formdata=None), refused=form), 422
    with transaction():
        rules.remove(member, by=require_person())
    flash(_("This person no longer keeps the pages of the factory."), "success")
    if may_edit(require_person(), factory):
        return redirect(url_for("factories_factory.members", code=code), 303)
    return redirect(url_for("account.home"), 303)


def _page(factory: Factory, form: BaseForm, refused: BaseForm | None = None) -> str:
    return render_template("factories/factory/members.html", form=form, refused=refused, me=require_person(),
                           rows=rules.list_members(factory))  # fmt: skip
