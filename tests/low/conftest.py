"""Sentences for the reader need to know the reader's language."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel


@pytest.fixture(scope="session")
def bare_app() -> Flask:
    app = Flask("bare")
    Babel(app, default_locale="en")
    return app


@pytest.fixture(autouse=True)
def _english(bare_app: Flask) -> Iterator[None]:
    with bare_app.app_context():
        yield
