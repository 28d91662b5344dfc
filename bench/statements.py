"""How many SQL statements a page costs, whatever the number of rows; BEGIN, COMMIT and PRAGMA are not counted."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from bench.festival import CURRENT, EARLIER, NOW, SECRET, SLUG, Facts
from eventapp import create_app
from eventapp.db import db

UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")
VALUE = re.compile(r'name="(csrf_token|request_key)"[^>]*value="([^"]+)"')


def count(instance: Path, facts: Facts) -> dict[str, int]:
    """Statements of a booking's POST and of two lists, after each was asked for once."""
    app = create_app({"MASTER_SECRET": SECRET, "PAGE_CACHE_SECONDS": 0.0, "NOW": NOW}, instance=instance)
    with app.app_context():
        engine = db.engine
    _book(app, engine, facts.slots[0], "first@example.jp")
    return {
        "booking": _book(app, engine, facts.slots[1], "second@example.jp"),
        "list": _look(app, engine, f"/{SLUG}/{CURRENT}/whats-on/"),
        "shorter": _look(app, engine, f"/{SLUG}/{EARLIER}/whats-on/"),
    }


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """Collects the statements of a block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(UNCOUNTED):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _look(app: Flask, engine: Engine, path: str) -> int:
    client = app.test_client()
    assert client.get(path).status_code == 200
    with counting(engine) as seen:
        client.get(path)
    return len(seen)


def _book(app: Flask, engine: Engine, slot: str, address: str) -> int:
    client = app.test_client()
    page = f"/{SLUG}/{CURRENT}/slots/{slot}"
    values = dict(VALUE.findall(client.get(page).get_data(as_text=True)))
    form = {**values, "party_size": "1", "name": "見学 花子", "email": address, "consent": "y"}
    with counting(engine) as seen:
        answer = client.post(f"{page}/book", data=form)
    assert answer.status_code == 303, answer.status
    return len(seen)
