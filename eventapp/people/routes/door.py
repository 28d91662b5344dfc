"""What the pages of the account share: letting a browser in, and noting now and then that it is still used."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, redirect, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from eventapp import clock
from eventapp.db import Busy, db, transaction
from eventapp.people import accounts, attempts
from eventapp.people.models import Person
from eventapp.people.routes.places import places_of
from eventapp.web import forgery, headers, signin
from eventapp.web.nearby import is_from_here
from eventapp.web.redirects import own_path

bp = Blueprint("account", __name__, url_prefix="/account")

PENDING = "second_step"  # in the session: who has shown a password or a link and still owes the code
PENDING_FOR = timedelta(minutes=5)
PER_ADDRESS = "60 per minute; 600 per hour"  # a committee behind one address; the tries per person are counted in the database


@bp.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["signout_url"] = "/account/sign-out"
    state.app.config["SESSION_REFRESH_EACH_REQUEST"] = (
        False  # the row decides how long a sign-in lives, not the cookie
    )


@bp.after_request
def _keep_private(response: Response) -> Response:
    return headers.private(response)


def may_enter(person: Person) -> bool:
    """Demo persons only from this machine."""
    return is_from_here() or not person.is_demo


def begin(person: Person) -> str | None:
    """Inside a transaction: start a sign-in and end the one this browser had. None when a code is still owed."""
    if person.totp_secret:
        return None
    return start(person)


def start(person: Person) -> str:
    """Inside a transaction: everything was shown; returns the key of the new sign-in."""
    if (old := signin.current_sign_in()) is not None:
        accounts.end_sign_in(old)
    attempts.forget(person)
    return accounts.start_sign_in(person, accounts.describe_browser(request.user_agent.string))


def welcome(person: Person, key: str | None, next_path: str = "") -> ResponseReturnValue:
    """After the commit: a fresh session, then on to where the person wanted to go, or to the code."""
    if key is None:
        session.clear()
        session[PENDING] = {
            "person": person.code,
            "next": next_path,
            "until": (clock.now() + PENDING_FOR).timestamp(),
        }
        return redirect(url_for("account.enter_code"), 303)
    signin.sign_in(key)
    session.permanent = True
    return redirect(own_path(next_path, home_of(person)), 303)


def home_of(person: Person) -> str:
    """Straight to the only place there is, else to the list of places."""
    places = places_of(person)
    return places[0].url if len(places) == 1 else url_for("account.home")


def pending() -> dict[str, Any] | None:
    """Who owes a code in this browser, if it is not too long ago."""
    kept = session.get(PENDING)
    if not isinstance(kept, dict) or float(kept.get("until", 0)) < clock.now().timestamp():
        return None
    return kept


@bp.after_app_request
def _note_seen(response: Response) -> Response:
    """Once an hour, and only where something was sent: reading writes nothing."""
    if request.method in forgery.SAFE or response.status_code >= 500 or "_user_id" not in session:
        return response
    row = signin.current_sign_in()
    if row is not None and accounts.wants_noting(row) and forgery.token_is_good():
        try:
            with transaction():
                accounts.note_seen(row)
        except Busy:
            db.session.rollback()
    return response
