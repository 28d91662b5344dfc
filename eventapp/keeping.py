"""The operator's commands: backup, restore, audit, erase-visitor, check-health."""

import os
import sys
from pathlib import Path
from typing import Any

import click
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy import inspect, text

from eventapp import backups, clock, config, outbox
from eventapp.config import ROOT
from eventapp.db import db, retrying, sqlite_is_mended, transaction
from eventapp.tours import erasing, seats
from eventapp.tours.models import Booking

MIGRATIONS = str(ROOT / "migrations")


def register(app: Flask) -> None:
    """Hang the commands into the application."""
    for command in (backup, restore, audit, erase_visitor, check_health):
        app.cli.add_command(command)


@click.command("backup")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path), required=False)
@with_appcontext
def backup(target: Path | None) -> None:
    """Write a backup of everything to TARGET while the festival goes on (default: instance/backups/)."""
    instance = _instance()
    if target is None:
        target = instance / "backups" / f"kouba-{clock.now():%Y%m%d-%H%M%S}.tar"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        rows = backups.make(db.engine, instance, target, now=clock.now())
    except (backups.BackupError, OSError) as error:  # no room on the disk, for one
        raise click.ClickException(str(error)) from error
    click.echo(f"{target}: {sum(rows.values())} rows of {len(rows)} tables, read back and checked.")


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore(source: Path) -> None:
    """Restore a backup into an empty database and instance folder, whichever database it was made on."""
    try:
        rows = restore_from(source)
    except (backups.BackupError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Restored {sum(rows.values())} rows.")
    _say_audit()


def restore_from(source: Path) -> dict[str, int]:
    """Check, bring the tables to the backup's step, load everything, then bring it to today's step."""
    revision, instance = backups.revision_of(source), _instance()
    known = ScriptDirectory(MIGRATIONS)
    if revision not in {step.revision for step in known.walk_revisions()}:
        raise backups.BackupError(f"The backup comes from a newer version of Kouba (step {revision}).")
    if inspect(db.engine).has_table("festival") and not backups.is_empty(db.engine):
        raise backups.BackupError("This database is not empty. Restore into a new one.")
    if inspect(db.engine).has_table("festival") and current_revision() != revision:
        raise backups.BackupError(
            "These empty tables are of another version. Restore into a database without tables."
        )
    forgotten = _ledger()
    upgrade(directory=MIGRATIONS, revision=revision)
    rows = backups.load_rows(db.engine, source)
    backups.load_files(source, instance)
    upgrade(directory=MIGRATIONS)
    _forget_again(forgotten | _ledger())
    return rows


def current_revision() -> str | None:
    """The step of the migrations that this database is at."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return str(found) if found else None


def newest_revision() -> str | None:
    """The newest step that this version brings."""
    return ScriptDirectory(MIGRATIONS).get_current_head()


def _forget_again(lines: set[str]) -> None:
    if not lines:
        return
    keys = _erasure_keys()
    with transaction():
        erasing.forget_again(lines, keys)
    _keep_ledger(lines)


@click.command("audit")
@with_appcontext
def audit() -> None:
    """Check what must always hold: seats equal parties. Ends with 1 if anything is wrong; changes nothing."""
    if not _say_audit():
        sys.exit(1)


def _say_audit() -> bool:
    wrong = seats.find_miscounted()
    for code, counter, total in wrong:
        click.echo(f"slot {code}: counter {counter}, parties {total}")
    click.echo("Seats equal parties." if not wrong else f"{len(wrong)} slots are miscounted.")
    return not wrong


@click.command("erase-visitor")
@click.argument("contact")
@with_appcontext
def erase_visitor(contact: str) -> None:
    """Forget the visitor with this e-mail address or telephone number; counts stay."""

    def once() -> int:
        with transaction():
            return erasing.forget(erasing.find_bookings(contact), by="operator")

    keys = {key for one in erasing.find_bookings(contact) for key in (one.email_key, one.phone_key) if key}
    # Noted first: if the machine stops in between, a restore forgets once too often and never once too little.
    _keep_ledger({erasing.ledger_line(key, _erasure_key(), clock.now()) for key in keys})
    count = retrying(once)
    click.echo(f"{count} bookings were made nameless.")


@click.command("check-health")
@with_appcontext
def check_health() -> None:
    """What an operator looks at first; ends with 1 if something needs care."""
    facts = health()
    for name, value in facts.items():
        click.echo(f"{name}: {value}")
    if not facts["ok"]:
        sys.exit(1)


def health() -> dict[str, Any]:
    """Database, migrations and mail at a glance. `ok` is False when visitors or mail would suffer."""
    newest, current = newest_revision(), current_revision()
    stuck = outbox.is_stuck()
    return {
        "ok": newest == current and not stuck,
        "database": db.engine.dialect.name,
        "sqlite_mended": sqlite_is_mended() if db.engine.dialect.name == "sqlite" else None,
        "migrations": "newest" if newest == current else f"at {current}, newest is {newest}",
        "mail": "stuck" if stuck else "leaving",
        "bookings": db.session.query(Booking.id).count(),
    }


def _instance() -> Path:
    return Path(current_app.config["INSTANCE"])


def _erasure_key() -> bytes:
    return config.derive_key(current_app.config["MASTER_SECRET"], "erasure")


def _erasure_keys() -> list[bytes]:
    """Ours, and that of the secret which a restore has just brought and which counts from the next start on."""
    brought = _instance() / "secret.key"
    return [_erasure_key()] + (
        [config.derive_key(brought.read_text().strip(), "erasure")] if brought.exists() else []
    )


def _ledger() -> set[str]:
    path = _instance() / "erasures.txt"
    return set(path.read_text().split()) if path.exists() else set()


def _keep_ledger(lines: set[str]) -> None:
    if lines - _ledger():
        path = _instance() / "erasures.txt"
        partial = path.with_name(".erasures.new")  # on a full disk what was noted before stays
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(sorted(lines | _ledger())) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
