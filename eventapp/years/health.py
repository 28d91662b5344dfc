"""Whether the installation is well: database, backups, mail, disk, migrations. For the committee and the operator."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, inspect, select, text

from eventapp import clock
from eventapp.db import db, sqlite_is_mended
from eventapp.i18n import lazy
from eventapp.jobs import Job, JobState
from eventapp.outbox import LATE, Mail, MailState

BACKUP_PATTERNS = ("backups/*", "*.backup", "*.tar")
BACKUP_OLD = timedelta(days=2)
LITTLE_DISK = 2 * 1024**3  # bytes; pictures of a big festival take about one


class Check(NamedTuple):
    """One thing looked at. `good` is None where it only informs; `hint` says what to do when it is not good."""

    label: object
    value: object
    good: bool | None
    hint: object = ""
    moment: datetime | None = None


def checks(instance: Path, migrations: Path, festival_id: int, *, mail_leaves: bool) -> list[Check]:
    """Everything worth a look, the same order every time. `mail_leaves`: a mail server is named, or this is the demo."""
    return [
        _database(),
        _migrations(migrations),
        _backup(instance),
        _mail_server(mail_leaves),
        *_mail(festival_id),
        _jobs(festival_id),
        _disk(instance),
    ]


def _database() -> Check:
    if db.engine.dialect.name == "sqlite":
        hint = lazy("This SQLite has a bug that can damage a busy database. Install 3.51.3 or newer.")
        version = str(db.session.scalar(text("SELECT sqlite_version()")))
        return Check(lazy("Database"), f"SQLite {version}", sqlite_is_mended(), hint)
    version = str(db.session.scalar(text("SHOW server_version")))
    return Check(lazy("Database"), f"PostgreSQL {version.split()[0]}", True)


def _migrations(folder: Path) -> Check:
    from alembic.script import ScriptDirectory  # a server hardly ever asks, and would always carry it

    head = ScriptDirectory(str(folder)).get_current_head() if (folder / "env.py").is_file() else None
    here = None
    if inspect(db.session.connection()).has_table("alembic_version"):
        here = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    return Check(
        lazy("Tables"),
        here or lazy("not known"),
        here == head,
        lazy("Run “flask db upgrade” and start again."),
    )


def _backup(instance: Path) -> Check:
    files = [
        path
        for pattern in BACKUP_PATTERNS
        for path in instance.glob(pattern)
        if path.is_file() and path.suffix != ".partial"
    ]
    hint = lazy("Run “flask backup” every night, and keep a copy on another machine.")
    if not files:
        return Check(lazy("Last backup"), lazy("none found on this server"), False, hint)
    newest = max(files, key=lambda path: path.stat().st_mtime)
    made = datetime.fromtimestamp(newest.stat().st_mtime, tz=UTC)
    return Check(lazy("Last backup"), newest.name, clock.now() - made < BACKUP_OLD, hint, made)


def _mail_server(mail_leaves: bool) -> Check:
    hint = lazy("Mail is only written into a folder of the server and reaches nobody. Set EVENTAPP_MAIL.")
    return Check(lazy("Mail server"), lazy("known") if mail_leaves else lazy("none"), mail_leaves, hint)


def _mail(festival_id: int) -> list[Check]:
    row = db.session.execute(
        select(func.min(Mail.created_at).filter(Mail.state == MailState.WAITING), func.count().filter(Mail.state == MailState.FAILED))
        .where(Mail.festival_id == festival_id)
    ).one()  # fmt: skip
    oldest: datetime | None = row[0]
    failed = row[1]
    hint = lazy("Is the worker running, and does the mail server answer?")
    late = oldest is not None and clock.now() - oldest > LATE
    return [
        Check(lazy("Oldest mail waiting"), lazy("none") if oldest is None else "", not late, hint, oldest),
        Check(
            lazy("Mails given up"), str(failed), not failed, lazy("Look at the outbox and try them again.")
        ),
    ]


def _jobs(festival_id: int) -> Check:
    waiting = db.session.scalar(
        select(func.count()).where(
            Job.festival_id == festival_id, Job.state == JobState.WAITING, Job.created_at < clock.now() - LATE
        )
    )
    return Check(lazy("Long work waiting"), str(waiting or 0), not waiting, lazy("Is the worker running?"))


def _disk(instance: Path) -> Check:
    free = shutil.disk_usage(instance).free
    return Check(
        lazy("Free disk space"),
        f"{free / 1024**3:.1f} GB",
        free > LITTLE_DISK,
        lazy("Make room before pictures and backups fail."),
    )
