"""Links that work once. Looking shows whom the link is for; only the button uses it."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp import audit
from eventapp.db import transaction
from eventapp.forms import ActionForm
from eventapp.people import accounts, invitations, one_time, passwords, second_step
from eventapp.people.forms import AboutPerson, AcceptForm, RecoveryForm, ResetForm
from eventapp.people.models import OneTimeLink, Person, Purpose
from eventapp.people.routes import door
from eventapp.people.routes.door import bp
from eventapp.web import signin
from eventapp.web.limits import limiter
from eventapp.web.redirects import own_path

SETS_PASSWORD = {Purpose.RESET: ResetForm, Purpose.RECOVERY: RecoveryForm}


@bp.get("/link/<token>")
def link(token: str) -> ResponseReturnValue:
    """Whom it is for, and a button. Mail scanners that open every link use nothing up."""
    found = one_time.find(token)
    if found is None or not door.may_enter(found.person):
        return _dead()
    return _show(found, token, _form(found))


@bp.post("/link/<token>")
@limiter.limit(door.PER_ADDRESS)
def use_link(token: str) -> ResponseReturnValue:
    """Use it, once."""
    found = one_time.find(token)
    if found is None or not door.may_enter(found.person):
        return _dead()
    form = _form(found)
    if not form.validate():
        return _show(found, token, form), 422
    password_hash = passwords.hashed(form.new_password.data) if _has_password(form) else None
    try:
        with transaction():
            used = one_time.use(token)
            person, next_path = used.person, used.next_path
            _apply(used, form, password_hash)
            key = door.begin(person)
    except one_time.LinkError:
        return _dead()
    if isinstance(form, AcceptForm):
        return redirect(_in_language(door.welcome(person, key, next_path), person), 303)
    return door.welcome(person, key, next_path)


def _form(found: OneTimeLink) -> ActionForm | AboutPerson:
    person = found.person
    if found.purpose in SETS_PASSWORD:
        return SETS_PASSWORD[found.purpose](person)
    if person.accepted_at is None:
        return AcceptForm(person, language=person.language)
    return ActionForm()


def _has_password(form: ActionForm | AboutPerson) -> bool:
    return "new_password" in form and bool(form.new_password.data)


def _apply(used: OneTimeLink, form: ActionForm | AboutPerson, password_hash: str | None) -> None:
    """What this kind of link does besides signing in."""
    person = used.person
    if isinstance(form, AcceptForm):
        invitations.accept(
            person, name=form.name.data or "", language=form.language.data, password_hash=password_hash
        )
    elif used.purpose in SETS_PASSWORD:
        if used.purpose == Purpose.RECOVERY:
            second_step.switch_off(person)
        set_password(person, password_hash)


def set_password(person: Person, password_hash: str | None) -> None:
    """Inside a transaction: another password; every sign-in and every open link of before ends, and a mail tells."""
    person.password_hash = password_hash
    accounts.end_sign_ins(person)
    one_time.revoke(person, *Purpose)
    one_time.mail_changed(person)
    audit.record("person.password_changed", f"person:{person.code}", festival_id=None, by=person)


def _in_language(answer: ResponseReturnValue, person: Person) -> str:
    """The same way on, in the language that was just chosen."""
    target = own_path(getattr(answer, "location", ""), url_for("account.home"))
    return f"{target}{'&' if '?' in target else '?'}lang={person.language}"


def _show(found: OneTimeLink, token: str, form: ActionForm | AboutPerson) -> str:
    return render_template("people/link.html", link=found, token=token, form=form, purpose=found.purpose.value,
                           somebody_else=_somebody_else(found.person), shortest=_shortest(form))  # fmt: skip


def _shortest(form: ActionForm | AboutPerson) -> int:
    return passwords.SHORTEST_WITH_CODE if getattr(form, "with_code", False) else passwords.SHORTEST


def _somebody_else(person: Person) -> Person | None:
    """Who is signed in here and will be signed out by going on."""
    now = signin.current_person()
    return now if now is not None and now.id != person.id else None


def _dead() -> ResponseReturnValue:
    return render_template("people/link_dead.html"), 410
