"""A rally, a server on a cable that can be pulled out, and phones that walk about; some see a picture in their camera."""

import io
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, BrowserContext, BrowserType
from werkzeug.serving import make_server

from eventapp import clock
from eventapp.db import db
from eventapp.stamps.models import Rally
from tests.builders import make_desk, make_edition, make_festival, make_prize, make_rally
from tests.e2e.conftest import PHONE, foreign
from tests.e2e.stamps.acting import Film, Walk
from tests.stamps.phones import START

FAKE_CAMERA, ALLOWED = "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"


def first_item(message: bytes) -> bytes:
    """The number of the first item in a message of an outbox, for answers that speak of it."""
    items = json.loads(message)["items"]
    return str(items[0]["scan_id"]).encode() if items else b"none"


class Line:
    """The server behind a cable that can be pulled out, or that something else answers on (`instead`, for a while)."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.instead: list[tuple[str, str, bytes]] = []
        self.loses = 0  # so many answers of the server do not arrive
        self.syncs = 0
        self.release = ""  # the service worker is that of this release, not ours
        self.port = 0
        self.up()
        self.url = f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self._answer, threaded=True)
        self._server.log = lambda *words: None  # type: ignore[method-assign]
        self.port = self._server.port
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _answer(self, environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"] == "/sw.js" and self.release:
            worker = b"".join(self.app(environ | {"HTTP_ACCEPT_ENCODING": "identity"}, start))
            return [
                re.sub(
                    rb'"version": "[^"]+"', f'"version": "{self.release}"'.encode().ljust(29), worker, count=1
                )
            ]
        if not environ["PATH_INFO"].endswith("/sync"):
            return self.app(environ, start)
        self.syncs += 1
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        if self.instead:
            status, kind, body = self.instead.pop(0)
            body = body.replace(b"THE-ITEM", first_item(environ["wsgi.input"].getvalue()))
            start(status, [("Content-Type", kind)])
            return [body]
        if self.loses:
            self.loses -= 1
            list(self.app(environ, lambda *_answer: None))
            start("502 Lost", [("Content-Type", "text/plain")])
            return [b""]
        return self.app(environ, start)

    def down(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def line(app: Flask) -> Iterator[Line]:
    before, found = app.config["PUBLIC_BASE_URL"], Line(app)
    app.config["PUBLIC_BASE_URL"] = found.url
    with clock.stopped_at(START):
        yield found
    found.down()
    app.config["PUBLIC_BASE_URL"] = before


@pytest.fixture
def rally(line: Line) -> Rally:
    made = make_rally(make_edition(make_festival("town")), stations=5)
    make_prize(made, 5)
    make_desk(made)
    db.session.rollback()
    return made


@pytest.fixture
def walk(line: Line, browser: Browser) -> Iterator[Walk]:
    """`walk("en")` is a phone of its own. Foreign requests, script errors and breaks of the policy fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def take_out(
        language: str = "ja", *, of: Browser = browser, size: dict[str, int] = PHONE
    ) -> BrowserContext:
        context = of.new_context(base_url=line.url, viewport=size, locale={"ja": "ja-JP", "en": "en-GB"}[language],
                                 has_touch=True, timezone_id="Asia/Tokyo")  # type: ignore[arg-type]  # fmt: skip
        context.set_default_timeout(20_000)
        context.on(
            "request",
            lambda request: (
                complaints.append(f"asked {request.url}") if foreign(request.url, line.url) else None
            ),
        )
        context.on("weberror", lambda error: complaints.append(f"script: {error.error}"))
        context.on(
            "console",
            lambda message: (
                complaints.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        contexts.append(context)
        return context

    yield take_out
    for context in contexts:
        context.close()
    assert complaints == []


def film(picture: bytes, path: Path, ground: int) -> Path:
    """What a camera sees of a picture: a little tilted, a little soft, grey (`ground`) all around."""
    code = Image.open(io.BytesIO(picture)).convert("L").rotate(6, expand=True, fillcolor=ground)
    code.thumbnail((440, 440))
    frame = Image.new("L", (640, 480), ground)
    frame.paste(code, ((640 - code.width) // 2, (480 - code.height) // 2))
    light = frame.filter(ImageFilter.GaussianBlur(0.8)).tobytes()
    still = b"FRAME\n" + light + bytes([128]) * (640 * 480 // 2)
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + still * 2)
    return path


@pytest.fixture
def filming(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[Film]:
    """`filming(png)` is a browser whose camera sees this picture all the time; `filming(None)` one that lets no page use its camera."""
    browsers: list[Browser] = []

    def launch(picture: bytes | None, ground: int = 140) -> Browser:
        arguments = [*browser_type_launch_args["args"], FAKE_CAMERA]
        if picture is not None:
            seen = film(picture, tmp_path / f"camera{len(browsers)}.y4m", ground)
            arguments += [ALLOWED, f"--use-file-for-fake-video-capture={seen}"]
        browsers.append(browser_type.launch(**{**browser_type_launch_args, "args": arguments}))
        return browsers[-1]

    yield launch
    for one in browsers:
        one.close()
