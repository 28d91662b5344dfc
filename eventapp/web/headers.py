"""Security headers of every answer. Nothing is inline anywhere, so the policy needs no nonce."""

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
    parts = dict(POLICY)
    tiles = urlsplit(current_app.config["TILES_URL"])
    if tiles.scheme == "https" and tiles.netloc:
        parts["img-src"] += f" https://{tiles.netloc.replace('{s}', '*')}"
    if current_app.config["DEMO"]:  # the demo bar shows pages in a phone-sized frame
        parts["frame-ancestors"], parts["frame-src"] = "'self'", "'self'"
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def add(response: Response) -> Response:
    """Headers that a page has not set itself."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "SAMEORIGIN" if current_app.config["DEMO"] else "DENY")
    if request.is_secure or current_app.config["PUBLIC_BASE_URL"].startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "Cache-Control" not in headers and request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    return response


def private(response: Response) -> Response:
    """For pages behind a private link: kept nowhere, named to nobody, found by no search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
