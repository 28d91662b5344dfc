"""The outer door: who reads, in which language, with which headers, and what a failure looks like."""

from flask import Flask

from eventapp.web import (
    compression,
    drawings,
    errors,
    forgery,
    frames,
    headers,
    language,
    limits,
    sessions,
    signin,
    templating,
)


def set_up(app: Flask) -> None:
    """Hang everything that concerns all pages into the application."""
    compression.set_up(app)
    drawings.set_up(app)
    sessions.set_up(app)
    language.set_up(app)
    headers.set_up(app)
    forgery.set_up(app)
    signin.set_up(app)
    limits.set_up(app)
    templating.set_up(app)
    frames.set_up(app)
    errors.set_up(app)
