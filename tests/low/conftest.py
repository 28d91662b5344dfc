"""Sentences for the reader need to know the reader's language; the map needs a browser."""

import os
import shutil
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def bare_app() -> Flask:
    """An application without any room: these modules need none."""
    app = Flask("bare")
    Babel(app, default_locale="en")
    return app


@pytest.fixture(autouse=True)
def _english(bare_app: Flask) -> Iterator[None]:
    with bare_app.app_context():
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    path = os.environ.get("KOUBA_CHROMIUM") or shutil.which("chromium")
    chosen = {"executable_path": path} if path else {}
    return {**browser_type_launch_args, **chosen, "args": ["--no-sandbox", "--disable-gpu"]}
