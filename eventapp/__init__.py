"""Kouba: the web application with which regions run their open-factory festivals."""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from click import Command, Context
from flask import Flask, has_request_context, request
from flask.cli import AppGroup
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

from eventapp import clock, config, db, i18n
from eventapp.audit import Line
from eventapp.jobs import Job
from eventapp.outbox import Mail

ROOT = config.ROOT
__all__ = ["Job", "Line", "Mail", "create_app"]  # their tables belong to the schema


class Commands(AppGroup):
    """`flask create-festival` and the like. They and what they need are loaded where one is called, and not into a server."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name=app.name)
        self.app = app
        self.is_loaded = False

    def list_commands(self, ctx: Context) -> list[str]:
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        if not self.is_loaded:
            self.is_loaded = True
            self.add_command(import_module("flask_migrate.cli").db, name="db")
            for name in ("cli", "keeping"):
                import_module(f"eventapp.{name}").register(self.app)


class Kouba(Flask):
    """Flask, but a request whose transaction PostgreSQL asks to repeat is done again as a whole."""

    def dispatch_request(self) -> Any:
        return db.retrying(super().dispatch_request)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None of our functions is a coroutine; asking each of them at every request takes a twentieth of a page."""
        return func

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """A static file asked for with its hash never changes; any other is asked for again."""
        return 31536000 if has_request_context() and request.args.get("v") else None


def create_app(overrides: Mapping[str, Any] | None = None, *, instance: Path | None = None) -> Flask:
    """Build the application: configuration, extensions, blueprints, nothing else."""
    instance = instance or Path(os.environ.get("EVENTAPP_INSTANCE", ROOT / "instance"))
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)  # visitors' names and the secret key lie in it
    app = Kouba("eventapp", root_path=str(ROOT), instance_path=str(instance), template_folder="templates",
                static_folder=str(ROOT / "static"))  # fmt: skip
    _configure(app, instance, overrides)
    _set_up_database(app)
    from eventapp.web import set_up as set_up_web

    set_up_web(app)
    _register(app)
    app.cli = Commands(app)
    return app


def _configure(app: Flask, instance: Path, overrides: Mapping[str, Any] | None) -> None:
    app.config.update(config.load(instance, overrides))
    settings, master = app.config, app.config["MASTER_SECRET"]
    is_https = settings["PUBLIC_BASE_URL"].startswith("https://")
    app.config.update(
        TRUSTED_HOSTS=config.trusted_hosts(settings),
        SECRET_KEY=config.derive_key(master, "session"),
        LINK_KEY=config.derive_key(master, "link"),
        WTF_CSRF_SECRET_KEY=config.derive_key(master, "csrf"),
        WTF_CSRF_TIME_LIMIT=None,
        SESSION_COOKIE_NAME="__Host-kouba" if is_https else "kouba",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # A visitor's own list of reservations lives in it and must last until the festival, months ahead; how long
        # somebody stays signed in is said by the row of the sign-in (people/accounts.py), and never by the cookie.
        PERMANENT_SESSION_LIFETIME=timedelta(days=400),
        MAX_CONTENT_LENGTH=10 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=2000,
        SQLALCHEMY_DATABASE_URI=settings["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1),
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(
            settings["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
        ),
        BABEL_DEFAULT_LOCALE=i18n.DEFAULT_LANGUAGE,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
    )
    if settings["NOW"]:
        if config.is_loopback(settings["BIND"]):
            from zoneinfo import ZoneInfo

            clock.start_at(clock.parse_moment(settings["NOW"], ZoneInfo(settings["DEFAULT_ZONE"])))
        else:
            logging.getLogger(__name__).warning(
                "EVENTAPP_NOW is ignored: the server is not bound to a loopback address."
            )
    if settings["PROXY_HOPS"]:
        hops = settings["PROXY_HOPS"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _set_up_database(app: Flask) -> None:
    import_module("eventapp.tours.models")  # and with it the models of every room below
    import_module("eventapp.stamps.models")
    import_module("eventapp.factories.devices")
    import_module("eventapp.draws")
    import_module("eventapp.walks.models")
    db.db.init_app(app)
    db.set_wait_seconds(app.config["WAIT_FOR_WRITE_SECONDS"])
    with app.app_context():
        db.prepare_engine(db.db.engine, synchronous=app.config["SQLITE_SYNCHRONOUS"])
    app.extensions["migrate"] = LocalProxy(_migrations)


@cache
def _migrations() -> Any:
    """What `flask db` works with; a server never asks for it, and Alembic takes its memory."""
    from flask_migrate import Migrate

    app = Flask("migrations")
    Migrate(app, db.db, directory=str(ROOT / "migrations"), render_as_batch=True)
    return app.extensions["migrate"]


def _register(app: Flask) -> None:
    """Every room's pages. Only this function knows them all."""
    from eventapp.web import pages

    app.register_blueprint(pages.bp)
    for name in ("people", "festivals", "factories", "tours", "stamps", "walks"):
        if find_spec(f"eventapp.{name}.routes") is not None:
            for blueprint in import_module(f"eventapp.{name}.routes").blueprints:
                app.register_blueprint(blueprint)
    if app.config["DEMO"]:
        for blueprint in import_module("eventapp.demo.routes").blueprints:
            app.register_blueprint(blueprint)
