"""One's own account: where one belongs, name and language, password, second step, signed-in browsers."""

from flask import Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from eventapp import audit, codes
from eventapp.db import NotThere, transaction
from eventapp.festivals.access import is_organizer
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import _, use_language
from eventapp.people import accounts, attempts, one_time, passwords, second_step
from eventapp.people.forms import CodeForm, FirstPasswordForm, PasswordForm, ProfileForm, SwitchOffForm
from eventapp.people.models import Person, Purpose
from eventapp.people.routes import door
from eventapp.people.routes.door import bp
from eventapp.people.routes.places import places_of
from eventapp.web import signin
from eventapp.web.limits import limiter
from eventapp.web.signin import require_person

NEW_SECRET = "new_second_step"  # in the session until the app has shown that it knows it


@bp.get("/")
def home() -> ResponseReturnValue:
    """The festivals and factories of a person, and the settings."""
    person = require_person()
    return render_template("people/home.html", person=person, places=places_of(person), form=ActionForm())


@bp.route("/profile", methods=["GET", "POST"])
def profile() -> ResponseReturnValue:
    """Name and language."""
    person = require_person()
    form = ProfileForm(obj=person)
    if request.method == "GET":
        return render_template("people/profile.html", form=form, person=person)
    if not form.validate():
        return render_template("people/profile.html", form=form, person=person), 422
    with transaction():
        person.name, person.language = form.name.data or person.name, form.language.data
    with use_language(person.language):
        flash(_("Saved."), "success")
    return redirect(url_for("account.home", lang=person.language), 303)


@bp.route("/password", methods=["GET", "POST"])
@limiter.limit(door.PER_ADDRESS)
def password() -> ResponseReturnValue:
    """Another password; the present one is asked for where there is one."""
    person = require_person()
    form = PasswordForm(person) if person.password_hash else FirstPasswordForm(person)
    if request.method == "POST" and form.validate() and _shows_password(person, form):
        _change_password(person, passwords.hashed(form.new_password.data or ""))
        flash(_("The password is changed. All other browsers are signed out."), "success")
        return redirect(url_for("account.home"), 303)
    shortest = passwords.SHORTEST_WITH_CODE if person.totp_secret else passwords.SHORTEST
    page = render_template("people/password.html", form=form, person=person, shortest=shortest)
    return (page, 422) if request.method == "POST" else page


def _shows_password(person: Person, form: BaseForm) -> bool:
    """Whether the present password was typed; the tries are counted as when signing in."""
    if person.password_hash is None:
        return True
    with transaction():
        allowed = attempts.may_try(person.email_key)
    if not passwords.fits(person.password_hash if allowed else None, form.password.data or ""):
        form.password.errors = [
            _("This is not your present password, or there were too many tries. Please wait a little.")
        ]
        return False
    with transaction():
        attempts.give_back(person)
    return True


def _change_password(person: Person, password_hash: str) -> None:
    here = signin.current_sign_in()
    with transaction():
        person.password_hash = password_hash
        accounts.end_sign_ins(person, keep=here)
        one_time.revoke(person, *Purpose)
        one_time.mail_changed(person)
        audit.record("person.password_changed", f"person:{person.code}", festival_id=None, by=person)


@bp.route("/second-step", methods=["GET", "POST"])
@limiter.limit(door.PER_ADDRESS)
def second_step_page() -> ResponseReturnValue:
    """Switch the code from the phone on; or show that it is on."""
    person = require_person()
    if person.totp_secret:
        return _switch_off_page(person, SwitchOffForm(), 200)
    secret = session.setdefault(NEW_SECRET, second_step.new_secret())
    form = CodeForm()
    if request.method == "POST" and form.validate():
        step = second_step.find_step(secret, form.code.data or "")
        if step is not None:
            return _switch_on(person, secret, step)
        form.code.errors = [
            _("This code does not fit. Is the clock of your phone right? Please type the code shown now.")
        ]
    page = render_template(
        "people/second_step.html", form=form, person=person, spelled=second_step.spelled(secret)
    )
    return (page, 422) if request.method == "POST" else page


def _switch_on(person: Person, secret: str, step: int) -> ResponseReturnValue:
    with transaction():
        second_step.switch_on(person, secret, step)
        accounts.end_sign_ins(person, keep=signin.current_sign_in())
        audit.record("person.second_step_on", f"person:{person.code}", festival_id=None, by=person)
    session.pop(NEW_SECRET, None)
    flash(_("From now on signing in asks for a code from your phone."), "success")
    return redirect(url_for("account.home"), 303)


@bp.get("/second-step/qr.svg")
def second_step_picture() -> ResponseReturnValue:
    """The QR code for the app, while it is being set up."""
    person = require_person()
    secret = session.get(NEW_SECRET)
    if not isinstance(secret, str):
        raise NotThere("second step")
    return Response(codes.qr_svg(second_step.address(secret, person)), mimetype="image/svg+xml")


@bp.post("/second-step/off")
@limiter.limit(door.PER_ADDRESS)
def switch_off_second_step() -> ResponseReturnValue:
    """Back to the password or the link alone; a short password has to grow first."""
    person = require_person()
    form = SwitchOffForm()
    if person.totp_secret is None:
        return redirect(url_for("account.second_step_page"), 303)
    if not form.validate() or not _password_is_long_enough(person, form) or not _shows_password(person, form):
        return _switch_off_page(person, form, 422)
    with transaction():
        right = attempts.may_try_code(person) and second_step.use_code(person, form.code.data or "")
        if right:
            attempts.forget(person)
            second_step.switch_off(person)
            audit.record("person.second_step_off", f"person:{person.code}", festival_id=None, by=person)
    if not right:
        form.code.errors = [
            _("This is not the present code, or there were too many tries. Please wait for the next code.")
        ]
        return _switch_off_page(person, form, 422)
    flash(_("The second step is switched off."), "success")
    return redirect(url_for("account.home"), 303)


def _password_is_long_enough(person: Person, form: SwitchOffForm) -> bool:
    if person.password_hash is None:
        return True
    if len(form.password.data or "") >= passwords.SHORTEST:
        return True
    form.password.errors = [
        _(
            "Without the code a password needs %(count)s characters. Please choose a longer one first.",
            count=passwords.SHORTEST,
        )
    ]
    return False


def _switch_off_page(person: Person, form: SwitchOffForm, status: int) -> ResponseReturnValue:
    return render_template("people/second_step_on.html", form=form, person=person), status


@bp.get("/sign-ins")
def sign_ins() -> ResponseReturnValue:
    """The browsers in which one is signed in."""
    person = require_person()
    idle = accounts.IDLE_IN_COMMITTEE if is_organizer(person) else accounts.IDLE
    return render_template(
        "people/sign_ins.html", rows=accounts.list_sign_ins(person, idle=idle), here=signin.current_sign_in()
    )


@bp.post("/sign-ins/<code>/end")
def end_sign_in(code: str) -> ResponseReturnValue:
    """End one of them."""
    row = accounts.get_sign_in(require_person(), code)
    if _is_meant():
        with transaction():
            accounts.end_sign_in(row)
        flash(_("That browser is signed out."), "success")
    return redirect(url_for("account.sign_ins"), 303)


@bp.post("/sign-ins/end-others")
def end_other_sign_ins() -> ResponseReturnValue:
    """End all but this one."""
    person, here = require_person(), signin.current_sign_in()
    if _is_meant():
        with transaction():
            accounts.end_sign_ins(person, keep=here)
        flash(_("All other browsers are signed out."), "success")
    return redirect(url_for("account.sign_ins"), 303)


def _is_meant() -> bool:
    """Whether the button of our own page was pressed; else the page is shown again."""
    if ActionForm().validate():
        return True
    flash(_("This page was open for a long time. Please press the button once more."), "info")
    return False
