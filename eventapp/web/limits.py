"""The first line against floods: a limit per address on what changes something. The important limits are rows of ours."""

import ipaddress
import math
import time

from flask import Flask, request
from flask_limiter import Limiter

USUAL_WAIT = 60  # seconds, where no limit of ours says it


def key() -> str:
    """The address that asks; all of a /64 count as one, for they are one household."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")
    except ValueError:  # a proxy that writes the port too, or "unknown"
        return str(request.remote_addr)[:60]
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def seconds_to_wait() -> int:
    """How long whoever was too often should wait: to the end of the limit's window."""
    broken = limiter.current_limit
    return max(1, math.ceil(broken.reset_at - time.time())) if broken is not None else USUAL_WAIT


limiter = Limiter(key, default_limits=[], strategy="fixed-window")


def set_up(app: Flask) -> None:
    """Generous enough for a school behind one address; loopback is not limited."""
    app.config.setdefault("RATELIMIT_ENABLED", True)
    before = list(app.before_request_funcs[None])
    limiter.init_app(app)  # its hook after requests stays: limits that count wrong guesses are deducted there
    app.before_request_funcs[None] = before  # every limit of ours stands on its view; no other page has one

    @limiter.request_filter
    def is_local() -> bool:
        return request.method in {"GET", "HEAD", "OPTIONS"} or request.remote_addr in {
            "127.0.0.1",
            "::1",
            None,
        }
