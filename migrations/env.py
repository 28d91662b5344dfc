"""Alembic's surroundings: the application's own engine and models, SQLite in batch mode, one transaction per step."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from eventapp.db import UtcDateTime, db
from eventapp.i18n import TranslatedText


def render_item(kind: str, thing: object, _autogen: object) -> str | bool:
    """Our column types are written as what the database sees, so that old steps need none of our code."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, TranslatedText):
        return "sa.JSON()"
    return False


def run(connection: Connection) -> None:
    """Apply the steps that are asked for."""
    options: dict[str, Any] = dict(current_app.extensions["migrate"].configure_args)
    context.configure(
        connection=connection, target_metadata=db.metadata, render_item=render_item,
        transaction_per_migration=True, transactional_ddl=True, **options,
    )  # fmt: skip
    with context.begin_transaction():
        context.run_migrations()


with db.engine.connect() as open_connection:
    if db.engine.dialect.name == "sqlite":  # batch mode rebuilds tables that others point to
        open_connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        open_connection.commit()
    run(open_connection)
    if db.engine.dialect.name == "sqlite":
        open_connection.exec_driver_sql("PRAGMA foreign_keys=ON")
