"""Whether a request comes from this very machine, which alone may use the sign-ins of the demo."""

import ipaddress

from flask import request

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def is_from_here() -> bool:
    """Whether a loopback address asks for itself. A proxy on this machine asks for others and says so."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
