"""Pages that are the same for everyone: kept by address and language for a moment, answered with an ETag.

Seats on lists may be two seconds old; the booking statement decides. A page kept here touches no session.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from flask import Response, current_app, make_response, request

from eventapp.web import drawings
from eventapp.web.language import chosen

MOST_PAGES = 500


class _Page(NamedTuple):
    made_at: float
    body: bytes
    etag: str
    headers: list[tuple[str, str]]


_pages: OrderedDict[tuple[str, str], _Page] = OrderedDict()
_lock = threading.Lock()


def clear() -> None:
    """Forget every page of this process."""
    with _lock:
        _pages.clear()


def shared(view: Callable[..., Any]) -> Callable[..., Response]:
    """For a GET view whose answer depends on address and language alone."""

    @wraps(view)
    def kept(*args: Any, **values: Any) -> Response:
        key, seconds = (chosen(), request.full_path), current_app.config["PAGE_CACHE_SECONDS"]
        page = _pages.get(key)
        if page is None or time.monotonic() - page.made_at > seconds:
            response = make_response(view(*args, **values))
            if response.status_code != 200:
                return response
            page = _remember(key, response, seconds)
        return _answer(page)

    return kept


def _remember(key: tuple[str, str], response: Response, seconds: float) -> _Page:
    body = response.get_data()
    headers = [
        (name, value)
        for name, value in response.headers.items()
        if name not in {"Content-Length", "Set-Cookie", "ETag"}
    ]
    page = _Page(time.monotonic(), body, response.get_etag()[0] or drawings.tag(body), headers)
    if seconds > 0:
        with _lock:
            _pages[key] = page
            _pages.move_to_end(key)
            while len(_pages) > MOST_PAGES:
                _pages.popitem(last=False)
    return page


def _answer(page: _Page) -> Response:
    if request.if_none_match.contains(page.etag):
        response = Response(status=304)
    else:
        response = Response(page.body, headers=page.headers)
    response.set_etag(page.etag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
