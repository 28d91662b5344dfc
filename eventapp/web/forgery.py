"""Forged requests: what changes something must come from our own page, with its token, and never by GET.

The check sits in front of `transaction()`: a route that forgot about it cannot write either.
"""

from urllib.parse import urlsplit

from flask import Flask, abort, g, has_request_context, request
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms.validators import ValidationError

from eventapp import db, links

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class StaleToken(Exception):
    """The page's token does not fit (any more): the answer keeps what was typed and offers to send it again."""


def set_up(app: Flask) -> None:
    app.before_request(refuse_foreign)
    app.before_request(read_token)
    if refuse_write not in db.before_write:
        db.before_write.append(refuse_write)
    app.jinja_env.globals["csrf_token"] = generate_csrf


def refuse_foreign() -> None:
    """Unsafe methods only from our own pages, as the browser itself says."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        abort(403)
    origin = request.headers.get("Origin")
    if origin and origin != "null" and not _is_ours(origin):
        abort(403)


def _is_ours(origin: str) -> bool:
    """Whether an Origin names this site; what cannot be read names none."""
    try:
        return urlsplit(origin).netloc in {request.host, urlsplit(links.base_url()).netloc}
    except ValueError:  # a broken IPv6 address
        return False


def read_token() -> None:
    """A form's good token is looked at once, and the page that answers carries it again: nobody signs another."""
    if request.method in SAFE or request.mimetype != "application/x-www-form-urlencoded":
        return
    sent = request.form.get("csrf_token")
    if sent and token_is_good():
        g.csrf_token, g.csrf_valid = sent, True  # names of Flask-WTF


def accept_own_script() -> None:
    """For JSON from our own scripts, which may run in a page that was kept on a phone and has no fresh token.

    No other site can send this content type or header without asking first, and none is ever allowed to; besides, the browser
    itself must say that the request is ours. Anything else is refused with 403, and what is no JSON with 400.
    """
    if request.mimetype != "application/json":
        abort(400)
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin" or _is_ours(
        request.headers.get("Origin", "")
    )
    if not is_ours or "X-Kouba" not in request.headers:
        abort(403)
    g.token_is_good = True


def refuse_write() -> None:
    """Asked by transaction(): no write on GET, none without the token."""
    if not has_request_context():
        return
    if request.method in SAFE:
        raise RuntimeError(f"{request.method} {request.path} wanted to write")
    if not token_is_good():
        raise StaleToken


def token_is_good() -> bool:
    """Whether this request carries the token of its session."""
    if "token_is_good" not in g:
        try:
            validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
            g.token_is_good = True
        except ValidationError:
            g.token_is_good = False
    return bool(g.token_is_good)
