"""The signed cookie: Flask's own, whose signer is made once and not twice at every request."""

from functools import cached_property
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface


def set_up(app: Flask) -> None:
    app.session_interface = _Sessions(app)


class _Sessions(SecureCookieSessionInterface):
    def __init__(self, app: Flask) -> None:
        self._app = app

    @cached_property
    def _signer(self) -> Any:
        return super().get_signing_serializer(self._app)

    def get_signing_serializer(self, app: Flask) -> Any:
        return self._signer
