"""What only a real server shows: which headers of a request gunicorn itself would believe."""

import http.client
import io
import runpy
import socket
from pathlib import Path
from types import SimpleNamespace

from flask import Flask

from eventapp import ROOT, create_app
from eventapp.db import db
from tests.conftest import settings
from tests.serving import gunicorn


def test_nobody_says_where_our_pages_begin_or_that_the_line_is_safe(tmp_path: Path) -> None:
    """A proxy on this machine passes the headers of its visitors on, and gunicorn believes this machine."""
    url = f"sqlite:///{tmp_path / 'server.sqlite3'}"
    with create_app(settings(url), instance=tmp_path).app_context():
        db.create_all()
        db.engine.dispose()

    with gunicorn(url, tmp_path, workers=1) as server:

        def ask(path: str, **headers: str) -> tuple[int, str, str]:
            line = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
            line.request(
                "GET", path, headers={name.replace("__", "-"): value for name, value in headers.items()}
            )
            answer = line.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("Strict-Transport-Security", "")

        plain = ask("/")
        assert plain[0] == 200
        assert ask("/", SCRIPT_NAME="/elsewhere")[:2] == plain[:2]
        status, page, _safe = ask("//evil.example/", SCRIPT_NAME="//evil.example")
        assert (status, "//evil.example/static" in page) == (404, False)
        assert ask("/", X__Forwarded__Proto="https")[2] == ""


def test_whoever_falls_silent_while_sending_does_not_keep_a_thread_for_ever() -> None:
    """Reading a page is not hurried: a slow phone may take its time with a large answer."""
    configured = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for method, seconds in (("GET", None), ("POST", configured["BODY_SECONDS"])):
            request = SimpleNamespace(method=method, unreader=SimpleNamespace(sock=ours))
            configured["pre_request"](None, request)
            assert ours.gettimeout() == seconds


def test_a_body_that_never_ends_is_a_bad_request_and_no_mistake_of_ours(app: Flask) -> None:
    class Silent(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, _buffer: object) -> int:
            raise TimeoutError("timed out")

    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        surroundings = {"wsgi.input": Silent(), "CONTENT_LENGTH": "100", "CONTENT_TYPE": kind}
        answer = app.test_client().post("/account/sign-in", environ_overrides=surroundings)
        assert answer.status_code == 400
