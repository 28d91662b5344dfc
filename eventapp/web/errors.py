"""What a failure looks like: a page in the reader's language that says what to do, and loses nothing that was typed."""

import errno
import logging

from flask import Flask, Response, g, jsonify, make_response, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError

from eventapp import links
from eventapp.db import Busy, NotThere, db, is_lock_timeout
from eventapp.festivals.editions import find_current
from eventapp.festivals.models import Festival
from eventapp.i18n import _
from eventapp.web import limits
from eventapp.web.forgery import StaleToken

log = logging.getLogger(__name__)
UNSENDABLE = frozenset({"csrf_token"})
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
OUT_OF_ORDER = (
    "disk is full", "readonly database", "disk I/O error", "unable to open database file",  # as SQLite says it
    "connection failed", "connection is bad", "server closed the connection", "terminating connection",  # as psycopg does
)  # fmt: skip


def set_up(app: Flask) -> None:
    app.register_error_handler(NotThere, lambda _error: page(404))
    app.register_error_handler(StaleToken, lambda _error: send_again(400, "stale"))
    app.register_error_handler(Busy, lambda _error: _busy())
    app.register_error_handler(OperationalError, _operational)
    app.register_error_handler(PoolTimeout, _out_of_order)
    app.register_error_handler(OSError, _system)
    for mishap in (DataError, UnicodeError, RecursionError, OverflowError):
        app.register_error_handler(mishap, _bad_input)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def page(status: int) -> Response:
    """The page for a status; in a language, with a way on."""
    _leave_frame()
    way_on = _way_on() if status == 404 else None
    name = (
        f"errors/{status}.html"
        if status in {400, 403, 404, 405, 410, 413, 429, 500, 503}
        else "errors/400.html"
    )
    return make_response(render_template(name, status=status, way_on=way_on), status)


def _way_on() -> str | None:
    """Below a festival's address: its edition of now, if there is one that everybody may see."""
    slug = (request.view_args or {}).get("festival") or request.path.split("/")[1]
    if not isinstance(slug, str) or request.path.startswith("/manage/"):
        return None
    try:
        found = db.session.scalar(select(Festival).where(Festival.slug == slug))
        return (
            url_for("festivals.current", festival=slug)
            if found is not None and find_current(found) is not None
            else None
        )
    except SQLAlchemyError:
        db.session.rollback()
        return None


def send_again(status: int, reason: str) -> Response:
    """Everything that was typed, in a form that sends it once more with a fresh token."""
    _leave_frame()
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in UNSENDABLE]
    if request.method in {"GET", "HEAD"}:
        return page(503)
    body = render_template("errors/send_again.html", reason=reason, kept=kept, action=request.full_path.rstrip("?"),
                           files_lost=bool(request.files))  # fmt: skip
    return make_response(body, status)


def _leave_frame() -> None:
    """The page for a failure stands alone: what the request has read is given up, so that drawing it asks no database."""
    db.session.rollback()
    for name in ("festival", "edition", "factory", "organizer", "entry"):
        g.pop(name, None)


def _busy() -> Response:
    response = send_again(503, "busy")
    response.headers["Retry-After"] = "5"
    return response


def _too_often() -> Response:
    """When to come again is said to people and to programs; our scripts, which keep what they wanted to send, get JSON."""
    if request.mimetype == "application/json":
        _leave_frame()
        response = make_response(jsonify({"error": _("That was very often in a short time")}), 429)
    else:
        response = page(429)
    response.headers["Retry-After"] = str(limits.seconds_to_wait())
    return response


def _operational(error: OperationalError) -> Response:
    if is_lock_timeout(error):
        return _busy()
    return _out_of_order(error) if _is_out_of_order(error) else _unexpected(error)


def _system(error: OSError) -> Response:
    return _out_of_order(error) if error.errno in NO_ROOM else _unexpected(error)


def _is_out_of_order(error: OperationalError) -> bool:
    """Whether the machine fails and not the program: no room, no right to write, no connection."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in {"08", "53", "57", "58"}
    said = str(error.orig)
    return bool(error.connection_invalidated) or any(words in said for words in OUT_OF_ORDER)


def _out_of_order(error: Exception) -> Response:
    """The operator has to do something; visitors keep what they typed and come again."""
    log.error("out of order: %s %s: %s", request.method, request.endpoint, getattr(error, "orig", error))
    return _busy()


def _bad_input(error: Exception) -> Response:
    log.warning("input refused: %s", type(error).__name__)
    return page(400)


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    if isinstance(error, RequestEntityTooLarge):
        return page(413)
    if error.code == 429:
        return _too_often()
    if isinstance(error, SecurityError):  # a Host header that is not ours
        return make_response(
            render_template("errors/host.html", status=400, home=links.base_url() + "/"), 400
        )
    if error.code is not None and error.code < 400:
        return make_response(error.get_response())
    return page(error.code or 500)


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected: %s %s", request.method, request.endpoint, exc_info=error)
    return page(500)
