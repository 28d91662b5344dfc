"""What visitors do in a measurement: look at a page, book a slot from its page to the confirmation, rush for the last seats."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import count, cycle
from urllib.parse import urlencode

from bench.load import Unexpected, Visit

Visits = Callable[[], Visit | None]
COOKIE = re.compile(rb"\r\nset-cookie: ([^;\r]+)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: ([^\r]+)", re.IGNORECASE)
ETAG = re.compile(rb"\r\netag: ([^\r]+)", re.IGNORECASE)
TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
KEY = re.compile(rb'name="request_key"[^>]*value="([^"]+)"')


def get(path: str, *headers: str) -> bytes:
    """A GET request, as a browser of a Japanese reader would send it."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: ja", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def post(path: str, body: bytes = b"", *headers: str) -> bytes:
    """A form that is sent."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: ja", "Content-Type: application/x-www-form-urlencoded",
             f"Content-Length: {len(body)}", *headers]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body


def look(*paths: str, headers: Sequence[str] = (), status: int = 200, most: int | None = None) -> Visits:
    """One request a visit, in turn over the pages."""
    requests = cycle([get(path, *headers) for path in paths])
    turns = _turns(most)

    def visit() -> Visit:
        answer = yield next(requests)
        _expect(answer.status, status)
        return "ok"

    return lambda: visit() if next(turns, None) is not None else None


def send(*paths: str, words: dict[int, str], most: int | None = None) -> Visits:
    """One empty form a visit; `words` tells what came of it by the status."""
    requests = cycle([post(path) for path in paths])
    turns = _turns(most)

    def visit() -> Visit:
        answer = yield next(requests)
        _expect(answer.status, *words)
        return words[answer.status]

    return lambda: visit() if next(turns, None) is not None else None


def book(edition: str, slots: Sequence[str], name: str, *, most: int | None = None) -> Visits:
    """The page of a slot, the form, the confirmation: three requests, a new visitor each time."""
    codes, numbers, turns = cycle(slots), count(1), _turns(most)

    def visit() -> Visit:
        page = f"{edition}slots/{next(codes)}"
        shown = yield get(page)
        _expect(shown.status, 200)
        form = _form(_found(TOKEN, shown.body), _found(KEY, shown.body), f"{name}.{next(numbers)}@example.jp")
        sent = yield post(f"{page}/book", form, f"Cookie: {_found(COOKIE, shown.head)}")
        _expect(sent.status, 303)
        confirmed = yield get(_found(LOCATION, sent.head), f"Cookie: {_found(COOKIE, sent.head)}")
        _expect(confirmed.status, 200)
        return "ok"

    return lambda: visit() if next(turns, None) is not None else None


def rush(edition: str, slot: str, token: str, cookie: str, name: str, attempts: int) -> Visits:
    """So many visitors, each with the page of the slot already open, press the button."""
    turns = _turns(attempts)
    page = f"{edition}slots/{slot}/book"

    def visit(number: int) -> Visit:
        form = _form(token, f"{name}-of-the-rush-{number:06}", f"{name}.{number}@example.jp")
        answer = yield post(page, form, f"Cookie: {cookie}")
        _expect(answer.status, 303, 422)
        return "booked" if answer.status == 303 else "full"

    def one() -> Visit | None:
        number = next(turns, None)
        return visit(number) if number is not None else None

    return one


def _turns(most: int | None) -> Iterator[int]:
    return iter(range(most)) if most is not None else count()


def _form(token: str, key: str, address: str) -> bytes:
    return urlencode({"csrf_token": token, "request_key": key, "party_size": "1", "name": "見学 花子", "email": address,
                      "consent": "y"}).encode()  # fmt: skip


def _expect(status: int, *wanted: int) -> None:
    if status not in wanted:
        raise Unexpected(f"status {status} instead of {wanted}")


def _found(pattern: "re.Pattern[bytes]", text: bytes) -> str:
    match = pattern.search(text)
    if match is None:
        raise Unexpected(f"no {pattern.pattern!r}")
    return match[1].decode()


def opened(body: bytes, head: bytes) -> tuple[str, str]:
    """Token and cookie of a slot's page."""
    return _found(TOKEN, body), _found(COOKIE, head)


def etag(head: bytes) -> str:
    """The tag by which a page is asked for again."""
    return _found(ETAG, head)
