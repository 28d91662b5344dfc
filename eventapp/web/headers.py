"""Security headers of every answer. Nothing is inline anywhere, so the policy needs no nonce."""

from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
PERMISSIONS = "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), browsing-topics=()"


def set_up(app: Flask) -> None:
    app.after_request(add)


def policy() -> str:
    """The content security policy; a tile source that the operator chose may be asked for pictures."""
    return _policy(current_app.config["TILES_URL"], current_app.config["DEMO"])


@lru_cache(maxsize=16)
def _policy(tiles_url: str, demo: bool) -> str:
    parts = dict(POLICY)
    tiles = urlsplit(tiles_url)
    if tiles.scheme == "https" and tiles.netloc:
        parts["img-src"] += f" https://{tiles.netloc.replace('{s}', '*')}"
    if demo:  # the demo bar shows pages in a phone-sized frame
        parts["frame-ancestors"], parts["frame-src"] = "'self'", "'self'"
    return "; ".join(f"{name} {value}" for name, value in parts.items())


@lru_cache(maxsize=16)
def _always(tiles_url: str, demo: bool, https: bool) -> tuple[tuple[str, str, str], ...]:
    """Name, name in small letters, value. Every answer has them, so they are put together once."""
    values = {
        "Content-Security-Policy": _policy(tiles_url, demo),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "SAMEORIGIN" if demo else "DENY",
    }
    if https:
        values["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return tuple((name, name.lower(), value) for name, value in values.items())


def add(response: Response) -> Response:
    """Headers that a page has not set itself."""
    headers, config = response.headers, current_app.config
    https = request.is_secure or config["PUBLIC_BASE_URL"].startswith("https://")
    own = {name.lower() for name, _value in headers}
    for name, small, value in _always(config["TILES_URL"], config["DEMO"], https):
        if small not in own:
            headers.add(name, value)
    if "cache-control" not in own and request.endpoint != "static":
        headers.add("Cache-Control", "no-store")
    return response


def vary(response: Response, *names: str) -> None:
    """What else the answer depends on; said without reading and writing the whole header each time."""
    before = response.headers.get("Vary", "")
    added = ", ".join(name for name in names if name not in before)
    if added:
        response.headers["Vary"] = f"{before}, {added}" if before else added


def private(response: Response) -> Response:
    """For pages behind a private link: kept nowhere, named to nobody, found by no search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
