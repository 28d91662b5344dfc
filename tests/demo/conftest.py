"""The demo, filled once for each database: without pictures, which have tests of their own."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url

from eventapp import clock, codes, create_app
from eventapp.db import db, transaction
from eventapp.demo import filling, stages
from eventapp.demo.stages import Stage
from tests.conftest import NOW, settings
from tests.visiting import Visitor

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def filled_app(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An application in demo mode with the whole town in its database."""
    instance: Path = tmp_path_factory.mktemp(f"demo-{database}")
    url, engine, name = f"sqlite:///{instance / 'demo.sqlite3'}", None, f"demo_{next(_numbers)}"
    if database == "postgresql":
        server = request.getfixturevalue("postgresql_url")
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
    app = create_app({**settings(url), "DEMO": True}, instance=instance)
    with app.app_context(), clock.stopped_at(NOW):
        db.create_all()
        assert filling.fill_if_empty(instance, with_pictures=False)
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if engine is not None:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()


@pytest.fixture
def demo(filled_app: Flask) -> Iterator[Flask]:
    """The filled demo in the stage it begins with; a test may change stages and book."""
    fresh_codes = codes.use_randomness(Random(f"test {next(_numbers)}"))  # rows stay from test to test
    with filled_app.app_context(), fresh_codes:
        yield filled_app
        edition = stages.find_edition()
        assert edition is not None
        with clock.stopped_at(NOW), transaction():
            stages.go_to(edition, Stage.BOOKING, by="test")
        db.session.remove()


@pytest.fixture
def look(demo: Flask) -> Visitor:
    """A visitor's browser in the demo."""
    return Visitor(demo)
