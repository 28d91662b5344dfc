"""What Flask, Jinja and SQLite can do under the same gunicorn: the floors that Kouba is compared with.

No product code is imported here. `speed()` answers one question per address, `memory()` only stands there with the
packages a small Flask application of this kind has in any case.
"""

import os
import sqlite3
import threading
from datetime import date
from hashlib import blake2b
from typing import Any

from flask import Flask, Response, request

FACTORIES, SLOTS_EACH, PLACES = 100, 6, 1_000_000
SLOTS = FACTORIES * SLOTS_EACH
RUSHES, RUSH_PLACES = 8, 20  # the first slots have twenty places only
# What the row of a list cannot do without: link, name, the other name, craft, part of town, hours, places left. With it
# the page weighs as much, beside hello, as the floor from which the targets were taken (some six times).
PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>Factories</title></head><body><ul>
{% for slug, name, other, craft, area, hours, left in rows %}
<li><a href="/factories/{{ slug }}/"><b>{{ name }}</b> <i lang="en">{{ other }}</i></a>
<p>{{ craft }}, {{ area }}, {{ hours }}</p>{% if left %}<span>{{ left }}</span>{% else %}<span>full</span>{% endif %}</li>
{% endfor %}
</ul></body></html>"""
LIST = """SELECT factory.slug, factory.name, factory.other, factory.craft, factory.area, factory.hours, SUM(slot.capacity - slot.taken)
FROM factory JOIN slot ON slot.factory_id = factory.id GROUP BY factory.id ORDER BY factory.id"""
TAKE = "UPDATE slot SET taken = taken + 1 WHERE id = ? AND taken + 1 <= capacity"
BOOK = "INSERT INTO booking (slot_id, name, email) VALUES (?, ?, ?)"


def fill(path: str) -> None:
    """The floors' own database: 100 factories, their slots, and some slots with twenty places each."""
    connection = sqlite3.connect(path)
    connection.executescript(
        """PRAGMA journal_mode=WAL;
        CREATE TABLE factory (id INTEGER PRIMARY KEY, slug TEXT, name TEXT, other TEXT, craft TEXT, area TEXT, hours TEXT);
        CREATE TABLE slot (id INTEGER PRIMARY KEY, factory_id INTEGER, capacity INTEGER, taken INTEGER);
        CREATE INDEX slot_factory ON slot (factory_id);
        CREATE TABLE booking (id INTEGER PRIMARY KEY, slot_id INTEGER, name TEXT, email TEXT);"""
    )
    for number in range(1, FACTORIES + 1):
        connection.execute("INSERT INTO factory VALUES (?, ?, ?, ?, ?, ?, ?)", (number, *_row(number)))
        connection.executemany(
            "INSERT INTO slot (factory_id, capacity, taken) VALUES (?, ?, 0)", [(number, PLACES)] * SLOTS_EACH
        )
    connection.execute("UPDATE slot SET capacity = ? WHERE id <= ?", (RUSH_PLACES, RUSHES))
    connection.commit()
    connection.close()


def _row(number: int) -> tuple[str, ...]:
    return (
        f"factory-{number}",
        f"見本製作所{number}",
        f"Mihon Works {number}",
        "切削",
        f"見本{number % 6}丁目",
        "10:00-16:00",
    )


def speed() -> Flask:
    """The floors of speed, one address each."""
    app = Flask("floors")
    local = threading.local()
    page = app.jinja_env.from_string(PAGE)
    path = os.environ["FLOORS_DATABASE"]

    def database() -> sqlite3.Connection:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(path, isolation_level=None)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=8000"):
                local.connection.execute(f"PRAGMA {pragma}")
        connection: sqlite3.Connection = local.connection
        return connection

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/list")
    def show_list() -> str:
        return page.render(rows=database().execute(LIST).fetchall())

    _add_cached(app, page)
    _add_writing(app, database)
    return app


def _add_cached(app: Flask, page: Any) -> None:
    rows = [(*_row(number), number) for number in range(FACTORIES)]
    body = page.render(rows=rows).encode()
    etag = blake2b(body, digest_size=12).hexdigest()

    @app.get("/cached")
    def cached() -> Response:
        response = Response(status=304) if request.if_none_match.contains(etag) else Response(body)
        response.set_etag(etag)
        return response


def _add_writing(app: Flask, database: Any) -> None:
    @app.post("/insert")
    def add() -> str:
        database().execute(BOOK, (1, "見学 花子", "hana@example.jp"))
        return "written"

    @app.post("/take/<int:slot>")
    def take(slot: int) -> Response:
        connection = database()
        connection.execute("BEGIN IMMEDIATE")
        took = connection.execute(TAKE, (slot,)).rowcount
        if took:
            connection.execute(BOOK, (slot, "見学 花子", "hana@example.jp"))
        connection.execute("COMMIT")
        return Response("booked" if took else "full", status=201 if took else 409)


def memory() -> Flask:
    """Flask with Flask-SQLAlchemy, Flask-Babel and WTForms, all of them in use."""
    from flask_babel import Babel, format_date, gettext
    from flask_sqlalchemy import SQLAlchemy
    from wtforms import Form, StringField
    from wtforms.validators import Length

    app = Flask("floors")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.environ["FLOORS_DATABASE"]
    Babel(app)
    database = SQLAlchemy(app)

    class Factory(database.Model):  # type: ignore[name-defined,misc]
        id = database.Column(database.Integer, primary_key=True)
        name = database.Column(database.String)
        slug = database.Column(database.String)
        area = database.Column(database.String)

    class Search(Form):
        words = StringField(validators=[Length(max=100)])

    page = app.jinja_env.from_string(PAGE)

    @app.get("/list")
    def show_list() -> str:
        form = Search(request.args)
        form.validate()
        found = database.session.scalars(database.select(Factory).order_by(Factory.id)).all()
        rows = [
            (one.slug, one.name, "", "", gettext(one.area), format_date(date(2026, 11, 28)), one.id)
            for one in found
        ]
        return page.render(rows=rows)

    return app
