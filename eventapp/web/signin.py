"""Who is signed in: Flask-Login, whose user id is the key of a row of ours, so that sign-ins can be listed and ended."""

from flask import Flask, abort, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from eventapp.festivals.access import is_organizer
from eventapp.people import accounts
from eventapp.people.models import Person, SignIn
from eventapp.web import errors

manager = LoginManager()


class Visitor(UserMixin):  # type: ignore[misc]
    """What Flask-Login carries around: the cookie's key and the row it belongs to."""

    def __init__(self, key: str, row: SignIn) -> None:
        self.key = key
        self.row = row

    def get_id(self) -> str:
        return self.key


def set_up(app: Flask) -> None:
    manager.session_protection = None  # the row decides, not the browser's name
    manager.init_app(app, add_context_processor=False)  # it would ask the database for every page


@manager.user_loader  # type: ignore[untyped-decorator]
def _load(key: str) -> Visitor | None:
    row = accounts.find_sign_in(key)
    if row is None or (accounts.is_idle_for_committee(row) and is_organizer(row.person)):
        return None
    return Visitor(key, row)


def current_person() -> Person | None:
    """The signed-in person, or None. Never asked by visitor pages: it would touch the session."""
    return current_user.row.person if isinstance(current_user._get_current_object(), Visitor) else None


def require_person() -> Person:
    """The signed-in person; everybody else is sent to the sign-in page, whatever the address."""
    person = current_person()
    if person is None and request.method == "POST" and "_user_id" in session and request.form:
        abort(errors.send_again(403, "signed_out"))  # the sign-in ran out while somebody was writing
    if person is None:
        target = request.full_path.rstrip("?") if request.method == "GET" else "/"
        abort(redirect(url_for("account.sign_in", next=target), 303))
    return person


def current_sign_in() -> SignIn | None:
    """The row of this browser."""
    return current_user.row if isinstance(current_user._get_current_object(), Visitor) else None


def sign_in(key: str) -> None:
    """Put a fresh sign-in into a fresh session: nothing of the one before stays."""
    row = accounts.find_sign_in(key)
    if row is None:
        raise ValueError("no such sign-in")
    session.clear()
    login_user(Visitor(key, row))


def sign_out() -> None:
    """Forget this browser; the caller ends the row."""
    logout_user()
    session.clear()
