"""Addresses that leave the house: absolute ones in mail and QR codes, and private ones of a booking."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from flask import current_app, has_request_context, url_for

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
MAC_LENGTH = 26  # 130 bits


def base_url() -> str:
    """Where visitors reach us. The operator says it (PUBLIC_BASE_URL); a Host header is never believed for mail."""
    configured: str = current_app.config["PUBLIC_BASE_URL"]
    return configured.rstrip("/") if configured else f"http://{current_app.config['BIND']}"


def absolute(endpoint: str, **values: Any) -> str:
    """The full address of a page."""
    if has_request_context():
        path = url_for(endpoint, **values)
    else:
        with current_app.test_request_context(base_url=base_url()):
            path = url_for(endpoint, **values)
    return base_url() + path


def private_token(code: str, version: int) -> str:
    """`<code>.<26 characters>`: the HMAC of (code, version). Nothing secret is stored; a new version revokes it."""
    digest = hmac.new(current_app.config["LINK_KEY"], f"{code}/{version}".encode(), sha256).digest()
    number = int.from_bytes(digest[:17]) >> 6
    letters = [ALPHABET[(number >> (5 * place)) & 31] for place in range(MAC_LENGTH)]
    return f"{code}.{''.join(letters)}"


def token_is_good(token: str, code: str, version: int) -> bool:
    """Compare without telling by the time it takes how much was right."""
    return hmac.compare_digest(token.encode(), private_token(code, version).encode())


def one_time_token(nonce: str) -> str:
    """The 256 bits in a mailed link that works once, made from the nonce in the mail's row; the table keeps their hash."""
    digest = hmac.new(current_app.config["LINK_KEY"], f"one-time/{nonce}".encode(), sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def one_time(nonce: str) -> str:
    """The full address of a link that works once."""
    return f"{base_url()}/account/link/{one_time_token(nonce)}"


def map_link(lat: float, lon: float) -> str:
    """A place in the phone's own map application."""
    return f"https://www.google.com/maps/search/?api=1&query={quote(f'{lat:.5f},{lon:.5f}')}"
