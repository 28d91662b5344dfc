"""Gzip for text, so that the budgets hold without a proxy. Static files are compressed once per process."""

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request

from eventapp.web import headers

WORTH_IT = 1024  # bytes
LEVEL = 5
TEXT = frozenset({"text/html", "text/css", "text/javascript", "text/plain", "text/calendar", "text/csv", "text/xml",
                  "application/javascript", "application/json", "application/geo+json", "application/xml", "application/wasm",
                  "application/manifest+json", "image/svg+xml"})  # fmt: skip


def set_up(app: Flask) -> None:
    app.after_request(shrink)


def shrink(response: Response) -> Response:
    """Compress what is text and large enough, for readers who can unpack it."""
    if response.mimetype not in TEXT or response.status_code != 200 or "Content-Encoding" in response.headers:
        return response
    headers.vary(response, "Accept-Encoding")
    if (
        "gzip" not in request.headers.get("Accept-Encoding", "")
        or not request.accept_encodings["gzip"]
        or "Range" in request.headers
    ):
        return response
    if request.endpoint == "static":
        packed = (
            _static(str(current_app.static_folder), request.view_args["filename"])
            if request.view_args
            else None
        )
    elif response.direct_passthrough or response.is_streamed:
        return response
    else:
        body = response.get_data()
        pack = _once if "ETag" in response.headers else _pack
        packed = pack(body) if len(body) >= WORTH_IT else None
    if packed is not None:
        _replace(response, packed)
    return response


def _pack(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


_once = lru_cache(maxsize=32)(_pack)  # pages that are the same for everyone


def _replace(response: Response, packed: bytes) -> None:
    response.direct_passthrough = False
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    tag, _weak = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)  # the same content in another dress


def _static(folder: str, name: str) -> bytes | None:
    path = Path(folder) / name
    return _packed(str(path), path.stat().st_mtime_ns) if path.stat().st_size >= WORTH_IT else None


@lru_cache(maxsize=128)
def _packed(path: str, _changed_at: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)
