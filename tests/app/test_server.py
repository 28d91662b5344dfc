"""What only a real server shows: which headers of a request gunicorn itself would believe."""

import http.client
from pathlib import Path

from eventapp import create_app
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
