"""The signed cookie: Flask's own, whose signer is made once and not twice at every request, and bears with a clock put back."""

from functools import cached_property
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import SignatureExpired, TimestampSigner


def set_up(app: Flask) -> None:
    app.session_interface = _Sessions(app)


class _Sessions(SecureCookieSessionInterface):
    def __init__(self, app: Flask) -> None:
        self._app = app

    @cached_property
    def _signer(self) -> Any:
        made = super().get_signing_serializer(self._app)
        if made is not None:
            made.signer = _PatientSigner
        return made

    def get_signing_serializer(self, app: Flask) -> Any:
        return self._signer


class _PatientSigner(TimestampSigner):
    """Takes a good cookie that seems to come from the future: the server's clock was put right meanwhile.

    Otherwise the cookie would be thrown away, and with it a visitor's list of reservations.
    """

    def unsign(
        self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False
    ) -> Any:
        try:
            return super().unsign(signed_value, max_age, return_timestamp)  # type: ignore[call-overload]
        except SignatureExpired as late:
            if late.date_signed is None or late.date_signed.timestamp() <= self.get_timestamp():
                raise
            return super().unsign(signed_value, None, return_timestamp)  # type: ignore[call-overload]
