"""Signing in: a password or a mailed link, then the code for those who want one; and signing out.

Nobody learns here whether an address is known: answers are the same, and somebody unknown costs the same hashing.
"""

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from eventapp import text
from eventapp.db import db, transaction
from eventapp.forms import ActionForm
from eventapp.i18n import _, lazy
from eventapp.people import accounts, attempts, one_time, passwords, second_step
from eventapp.people.forms import AddressForm, CodeForm, SignInForm
from eventapp.people.models import Person
from eventapp.people.routes import door
from eventapp.people.routes.door import bp
from eventapp.web import signin
from eventapp.web.limits import limiter
from eventapp.web.redirects import own_path

ASKED_FOR = "asked_for"  # in the session: the address just typed, to be shown on the next page
NOT_RIGHT = lazy("E-mail and password do not fit together, or there were too many tries. "
                 "Please wait a little, or have a link mailed to you.")  # fmt: skip


@bp.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(door.PER_ADDRESS)
def sign_in() -> ResponseReturnValue:
    """One page for both ways."""
    person = signin.current_person()
    if person is not None and request.method == "GET":
        return redirect(own_path(request.args.get("next"), door.home_of(person)), 303)
    form = SignInForm(next=own_path(request.args.get("next"), ""))
    if request.method == "GET":
        return render_template("people/sign_in.html", form=form)
    if form.validate():
        next_path = own_path(form.next.data, "")
        if request.form.get("way") == "link":
            return _mail_link(form.email.data or "", next_path)
        entered = _enter(form.email.data or "", form.password.data or "")
        if entered is not None:
            return door.welcome(*entered, next_path)
        form.refuse(NOT_RIGHT)
    return render_template("people/sign_in.html", form=form), 422


def _enter(email: str, password: str) -> tuple[Person, str | None] | None:
    """Count the try, check the password outside the transaction, start a sign-in. None: not right, or not now."""
    with transaction():
        allowed = attempts.may_try(text.email_key(email))
    person = accounts.find_person(email)
    known_hash = person.password_hash if person is not None and allowed and door.may_enter(person) else None
    if not passwords.fits(known_hash, password) or person is None or known_hash is None:
        return None
    better = passwords.hashed(password) if passwords.is_outdated(known_hash) else None
    with transaction():
        if person.password_hash != known_hash:  # changed while it was being checked
            return None
        person.password_hash = better or known_hash
        key = door.begin(person)
        if key is None:
            attempts.give_back(person)
    return person, key


def _mail_link(email: str, next_path: str) -> ResponseReturnValue:
    with transaction():
        person = accounts.find_person(email)
        if person is not None and door.may_enter(person):
            one_time.mail_sign_in(person, next_path)
    session[ASKED_FOR] = email
    return redirect(url_for("account.link_sent"), 303)


@bp.get("/link-sent")
def link_sent() -> ResponseReturnValue:
    """The same for known and unknown addresses."""
    return render_template("people/link_sent.html", email=session.get(ASKED_FOR, ""))


@bp.route("/forgotten", methods=["GET", "POST"])
@limiter.limit(door.PER_ADDRESS)
def forgotten() -> ResponseReturnValue:
    """Ask for a link to a new password."""
    form = AddressForm()
    if request.method == "GET":
        return render_template("people/forgotten.html", form=form)
    if not form.validate():
        return render_template("people/forgotten.html", form=form), 422
    with transaction():
        person = accounts.find_person(form.email.data or "")
        if person is not None and person.accepted_at is not None and door.may_enter(person):
            one_time.mail_reset(person)
    session[ASKED_FOR] = form.email.data
    return redirect(url_for("account.link_sent"), 303)


@bp.route("/code", methods=["GET", "POST"])
@limiter.limit(door.PER_ADDRESS)
def enter_code() -> ResponseReturnValue:
    """The second step, for those who switched it on."""
    owed = door.pending()
    if owed is None:
        flash(_("That took too long. Please sign in again."), "info")
        return redirect(url_for("account.sign_in"), 303)
    form = CodeForm()
    if request.method == "GET":
        return render_template("people/code.html", form=form)
    if form.validate():
        entered = _enter_with_code(owed["person"], form.code.data or "")
        if entered is not None:
            return door.welcome(*entered, owed["next"])
        form.refuse(
            _("This is not the present code, or there were too many tries. Please wait for the next code.")
        )
    return render_template("people/code.html", form=form), 422


def _enter_with_code(person_code: str, typed: str) -> tuple[Person, str] | None:
    with transaction():
        person = db.session.scalars(select(Person).where(Person.code == person_code)).one_or_none()
        if person is None or not attempts.may_try_code(person):
            return None
        if not second_step.use_code(person, typed):
            return None
        db.session.refresh(person)
        return person, door.start(person)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's sign-in."""
    if not ActionForm().validate():
        flash(_("This page was open for a long time. Please press the button once more."), "info")
        return redirect(url_for("account.home"), 303)
    row = signin.current_sign_in()
    if row is not None:
        with transaction():
            accounts.end_sign_in(row)
    signin.sign_out()
    flash(_("You are signed out."), "success")
    return redirect(url_for("account.sign_in"), 303)
