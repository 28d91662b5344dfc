"""Pages that were drawn before. The same data give the same page, so it is not drawn twice.

Nothing here is ever out of date: a drawing is kept under everything that was read for it, and whoever asks has just read
the database. What differs from reader to reader (a token, a name, seats left) is left open while drawing, as a hole, and
is filled in each time. docs/performance.md tells what it brings.
"""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, request, session
from flask_wtf.csrf import generate_csrf
from markupsafe import escape

from eventapp import clock

MOST_BYTES = 8 * 1024 * 1024  # of one process
TOKEN = "csrf_token"
_MARK = f"hole-{secrets.token_hex(8)}-"  # nobody can type it
_HOLE = re.compile(f"{_MARK}([a-z0-9_]+)-")


def hole(name: str) -> str:
    """What stands on the page where `fill` will put the value of this name: letters, digits and underscores."""
    return f"{_MARK}{name}-"


class Drawing(NamedTuple):
    """A page in pieces: text, the name of a hole, text, ... It says what holds from `since` until `until`."""

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]
    since: datetime
    until: datetime | None
    etag: str  # of a page without holes

    def fill(self, values: dict[str, Any]) -> bytes:
        """The page with every hole filled. Texts are escaped, bytes are drawn already; the reader's token comes by itself."""
        if TOKEN in self.holes and TOKEN not in values:
            values = {**values, TOKEN: generate_csrf()}
        parts = list(self.pieces)
        for place, name in enumerate(self.holes):
            value = values[name]
            parts[2 * place + 1] = value if isinstance(value, bytes) else escape(value).encode()
        return b"".join(parts)

    def answer(self) -> Response:
        """The page as it is: one without holes, whose tag was reckoned when it was drawn."""
        response = Response(self.pieces[0], content_type="text/html; charset=utf-8")
        response.set_etag(self.etag)
        return response

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))


def tag(body: bytes) -> str:
    """An ETag: the same for the same bytes."""
    return blake2b(body, digest_size=12).hexdigest()


class _Shelf:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.drawings: OrderedDict[Hashable, Drawing] = OrderedDict()
        self.bytes = 0


def set_up(app: Flask) -> None:
    """Give the application its own shelf; it is empty when a process begins."""
    app.extensions["drawings"] = _Shelf()


def is_plain_reader(*, with_flashes: bool = False) -> bool:
    """Whether this request shows nothing of its own: no parameters, no demo bar, and no message of a step before
    unless the page has a hole for it.
    """  # fmt: skip
    return not request.args and not current_app.config["DEMO"] and (with_flashes or "_flashes" not in session)


def find(key: Hashable) -> Drawing | None:
    """What was drawn of the same data, if what it says about the time still holds."""
    shelf: _Shelf = current_app.extensions["drawings"]
    known = shelf.drawings.get(key)
    if known is None or clock.now() < known.since or (known.until is not None and known.until <= clock.now()):
        return None
    with shelf.lock:  # what nobody has asked for the longest goes first
        if key in shelf.drawings:
            shelf.drawings.move_to_end(key)
    return known


def keep(key: Hashable, html: str, changes_at: Iterable[datetime | None] = ()) -> Drawing:
    """Keep a page under what was read for it. `changes_at` are the moments at which it would say something else."""
    now = clock.now()
    parts = _HOLE.split(html)
    coming = [moment for moment in changes_at if moment is not None and moment > now]
    drawing = Drawing(
        tuple(part.encode() for part in parts),
        tuple(parts[1::2]),
        now,
        min(coming, default=None),
        tag(html.encode()) if len(parts) == 1 else "",
    )
    shelf: _Shelf = current_app.extensions["drawings"]
    with shelf.lock:
        if (before := shelf.drawings.pop(key, None)) is not None:
            shelf.bytes -= before.size
        shelf.drawings[key] = drawing
        shelf.bytes += drawing.size
        while shelf.bytes > MOST_BYTES:
            _key, oldest = shelf.drawings.popitem(last=False)
            shelf.bytes -= oldest.size
    return drawing


@contextmanager
def open_token() -> Iterator[None]:
    """Forms drawn in the block leave their token open."""
    before = g.pop(TOKEN, None)
    g.csrf_token = hole(TOKEN)
    try:
        yield
    finally:
        g.pop(TOKEN, None)
        if before is not None:
            g.csrf_token = before
