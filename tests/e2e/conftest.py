"""A real browser against a real server in this process: the tests' clock and database are the server's too."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from eventapp.db import db
from tests.visiting import Visitor

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PATIENCE = 20_000  # ms until a page must be as it should: two lanes of browsers share two cores

expect.set_options(timeout=PATIENCE)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_words: Any) -> None:
        pass


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The Chromium that `make test` found or brought."""
    return {
        "executable_path": os.environ.get("KOUBA_CHROMIUM") or shutil.which("chromium"),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
    }


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The application on a free port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    before = app.config["PUBLIC_BASE_URL"]
    app.config["PUBLIC_BASE_URL"] = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield app.config["PUBLIC_BASE_URL"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.config["PUBLIC_BASE_URL"] = before


Open = Callable[..., Page]


@pytest.fixture
def open_page(served: str, browser: Browser, app: Flask) -> Iterator[Open]:
    """`open_page("/path", person=..., language="en", size=PHONE, javascript=True)` in a browser of its own.

    Whatever the page asks of a foreign host, breaks of the content policy and script errors fail the test at its end.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(
        path: str,
        *,
        person: Any = None,
        language: str = "ja",
        size: dict[str, int] = PHONE,
        javascript: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=served, viewport=size, locale={"ja": "ja-JP", "en": "en-GB"}[language], java_script_enabled=javascript,
            has_touch=size is PHONE, timezone_id="Asia/Tokyo",
        )  # fmt: skip
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if person is not None:
            visitor = Visitor(app).sign_in(person)
            cookie = visitor.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
            assert cookie is not None
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": served}])
        db.session.rollback()
        page = context.new_page()
        page.on(
            "request",
            lambda request: (
                complaints.append(f"asked {request.url}") if foreign(request.url, served) else None
            ),
        )
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def foreign(url: str, served: str) -> bool:
    """Whether an address is not ours."""
    return not url.startswith((served, "data:", "blob:", "about:"))
