"""The reader's language: `?lang=`, then the cookie, then the browser, then Japanese."""

import os
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, g, has_request_context, request
from flask_babel import Babel
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from eventapp.i18n import DEFAULT_LANGUAGE, LANGUAGES
from eventapp.web import headers

COOKIE = "lang"


def set_up(app: Flask) -> None:
    """Compile the catalogues if they changed, and choose the language of every request."""
    ours = Path(app.config["BABEL_TRANSLATION_DIRECTORIES"])
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(compile_catalogues(ours, Path(app.config["INSTANCE"])))
    Babel(app, locale_selector=chosen, default_timezone=app.config["DEFAULT_ZONE"])
    app.after_request(remember)


def compile_catalogues(ours: Path, instance: Path) -> Path:
    """Make the .mo files that gettext reads, beside their .po files; returns the folder where they are.

    Where the program's own folder may not be written, as on a real server, that is a folder of the instance.
    """
    try:
        _compile_into(ours, ours)
        return ours
    except OSError:
        _compile_into(ours, instance / "translations")
        return instance / "translations"


def _compile_into(ours: Path, folder: Path) -> None:
    for catalogue in ours.glob("*/LC_MESSAGES/messages.po"):
        compile_if_older(catalogue, folder / catalogue.relative_to(ours).with_suffix(".mo"))


def compile_if_older(catalogue: Path, compiled: Path) -> None:
    """Make a .mo of a .po that is newer."""
    if compiled.exists() and compiled.stat().st_mtime >= catalogue.stat().st_mtime:
        return
    with catalogue.open("rb") as source:
        messages = read_po(source, locale=catalogue.parent.parent.name)
    compiled.parent.mkdir(parents=True, exist_ok=True)
    partial = compiled.with_suffix(f".mo.{os.getpid()}")  # server and worker may begin at the same moment
    with partial.open("wb") as target:
        write_mo(target, messages)
    partial.replace(compiled)


def chosen() -> str:
    """The language of this request."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    if "language" not in g:
        g.language = _choose()
    return str(g.language)


def _choose() -> str:
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return str(wish)
    return _best(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=500)
def _best(accepted: str) -> str:
    """What fits a browser best; browsers say the same few things."""
    languages = parse_accept_header(accepted, LanguageAccept)
    return languages.best_match(LANGUAGES, DEFAULT_LANGUAGE) or DEFAULT_LANGUAGE


def remember(response: Response) -> Response:
    """Keep a language that was asked for by ?lang= in a cookie, which holds nothing else."""
    wish = request.args.get("lang")
    if wish in LANGUAGES and request.cookies.get(COOKIE) != wish:
        response.set_cookie(
            COOKIE, wish, max_age=365 * 86400, samesite="Lax", httponly=True, secure=request.is_secure
        )
    response.headers["Content-Language"] = chosen()
    headers.vary(response, "Cookie", "Accept-Language")
    return response
