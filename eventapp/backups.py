"""Backup and restore: one file with every row, every picture and the secret key, checked before it counts.

Rows are kept as JSON lines, so a backup of a SQLite installation restores into PostgreSQL and the other way round:
that is also how a festival moves when it grows. The copy is taken from one snapshot while everything goes on running.
"""

import base64
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Date, DateTime, MetaData, Table, Time, column, func, insert, select
from sqlalchemy import table as table_of
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

FORMAT = 1
MANIFEST = "manifest.json"
ROWS_AT_ONCE = 500
KEPT_BESIDE = ("secret.key", "erasures.txt")  # files of the instance folder that belong to the data
KEPT_FOLDERS = {
    "media": "*",
    "walks": "graph-*",
}  # pictures; streets (what is reckoned from them is reckoned again)
REVISION = "alembic_version"


class BackupError(Exception):
    """The backup cannot be made or trusted; the message says why."""


# --- making --------------------------------------------------------------------------------------------------------


def make(engine: Engine, instance: Path, target: Path, *, now: datetime) -> dict[str, int]:
    """Write a backup to `target` and check it by reading it back; returns rows per table. Half a file never counts."""
    partial = target.with_name(target.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
            _write(archive, engine, instance, now)
            archive.close()
            file.flush()
            os.fsync(file.fileno())
        counts = check(partial)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return counts


def _write(archive: tarfile.TarFile, engine: Engine, instance: Path, now: datetime) -> None:
    digests: dict[str, str] = {}
    counts: dict[str, int] = {}
    with engine.connect().execution_options(isolation_level=_snapshot(engine)) as connection:
        tables = _tables(connection)
        revision = connection.scalar(select(column("version_num")).select_from(table_of(REVISION)))
        for table in tables:
            lines = [
                _line(row)
                for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            counts[table.name] = len(lines)
            _add(archive, f"tables/{table.name}.jsonl", "".join(lines).encode(), digests)
    for path in _files(instance):
        with suppress(FileNotFoundError):  # somebody has just exchanged this picture
            _add(archive, f"files/{path.relative_to(instance).as_posix()}", path.read_bytes(), digests)
    about = {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "revision": revision,
        "rows": counts,
        "sha256": digests,
    }
    _add(archive, MANIFEST, json.dumps(about, indent=1).encode(), {})


def _snapshot(engine: Engine) -> Any:
    return "REPEATABLE READ" if engine.dialect.name == "postgresql" else "SERIALIZABLE"


def _tables(connection: Connection) -> list[Table]:
    """The tables as they really are, parents before children."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [
        table
        for table in metadata.sorted_tables
        if table.name != REVISION and not table.name.startswith("sqlite_")
    ]


def _line(row: Any) -> str:
    return (
        json.dumps(
            {key: _plain(value) for key, value in row.items()}, ensure_ascii=False, separators=(",", ":")
        )
        + "\n"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _files(instance: Path) -> Iterator[Path]:
    """Pictures, streets, and what else belongs to the data."""
    yield from (instance / name for name in KEPT_BESIDE if (instance / name).is_file())
    for folder, pattern in KEPT_FOLDERS.items():
        found = (instance / folder).rglob(pattern) if (instance / folder).is_dir() else ()
        yield from sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def _add(archive: tarfile.TarFile, name: str, content: bytes, digests: dict[str, str]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))
    digests[name] = hashlib.sha256(content).hexdigest()


# --- checking ------------------------------------------------------------------------------------------------------


def check(path: Path) -> dict[str, int]:
    """Read a whole backup and compare every part with its digest; returns rows per table, or raises BackupError."""
    try:
        with tarfile.open(path, "r:") as archive:
            about = _manifest(archive)
            seen = {member.name for member in archive.getmembers()} - {MANIFEST}
            if seen != set(about["sha256"]):
                raise BackupError("Parts of the backup are missing.")
            for name, digest in about["sha256"].items():
                if hashlib.sha256(_read(archive, name)).hexdigest() != digest:
                    raise BackupError(f"The backup is damaged: {name}.")
            for table, count in about["rows"].items():
                if _read(archive, f"tables/{table}.jsonl").count(b"\n") != count:
                    raise BackupError(f"The backup is damaged: rows of {table} are missing.")
            return dict(about["rows"])
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        raise BackupError(f"This is no complete backup: {error}") from error


def _manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(_read(archive, MANIFEST))
    if about["format"] != FORMAT:
        raise BackupError(f"Backups of format {about['format']} are not known to this version.")
    return about


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    part: IO[bytes] | None = archive.extractfile(name)
    if part is None:
        raise BackupError(f"The backup is damaged: {name}.")
    return part.read()


def revision_of(path: Path) -> str:
    """The step of the migrations that the backup's tables are at."""
    check(path)
    with tarfile.open(path, "r:") as archive:
        return str(_manifest(archive)["revision"])


# --- restoring -----------------------------------------------------------------------------------------------------


def is_empty(engine: Engine) -> bool:
    """Whether there is nothing that a restore could overwrite."""
    with engine.connect() as connection:
        return all(
            connection.scalar(select(func.count()).select_from(table)) == 0 for table in _tables(connection)
        )


def load_rows(engine: Engine, path: Path) -> dict[str, int]:
    """Put every row of a checked backup into empty tables of the same revision, in one transaction."""
    try:
        return _load_all(engine, path)
    except (SQLAlchemyError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BackupError(f"The rows do not fit into the tables of this version: {_short(error)}") from error


def _short(error: Exception) -> str:
    """What went wrong without the row it went wrong with, which may hold somebody's name."""
    return str(getattr(error, "orig", None) or error).splitlines()[0][:200] or type(error).__name__


def _load_all(engine: Engine, path: Path) -> dict[str, int]:
    with tarfile.open(path, "r:") as archive, engine.begin() as connection:
        tables = {table.name: table for table in _tables(connection)}
        rows = _manifest(archive)["rows"]
        if set(rows) - set(tables):
            raise BackupError(f"Unknown tables in the backup: {', '.join(sorted(set(rows) - set(tables)))}.")
        for name, table in tables.items():
            if name in rows:
                _load(connection, table, _read(archive, f"tables/{name}.jsonl"))
        loaded = {
            name: connection.scalar(select(func.count()).select_from(tables[name])) or 0 for name in rows
        }
        if loaded != rows:
            raise BackupError("Not every row could be restored.")
        if engine.dialect.name == "postgresql":
            _set_sequences(connection, tables.values())
    return loaded


def _load(connection: Connection, table: Table, content: bytes) -> None:
    batch: list[dict[str, Any]] = []
    for line in content.splitlines():
        batch.append({key: _typed(table, key, value) for key, value in json.loads(line).items()})
        if len(batch) == ROWS_AT_ONCE:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)


def _typed(table: Table, column: str, value: Any) -> Any:
    kind = table.c[column].type
    if not isinstance(value, str):
        return value
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return time.fromisoformat(value) if isinstance(kind, Time) else value


def _set_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    for table in tables:
        if "id" in table.c:
            highest = select(func.max(table.c.id)).scalar_subquery()
            connection.execute(
                select(
                    func.setval(
                        func.pg_get_serial_sequence(f'"{table.name}"', "id"), func.greatest(highest, 1)
                    )
                )
            )


def load_files(path: Path, instance: Path) -> int:
    """Put pictures and key back under the instance folder; names that lead elsewhere are refused."""
    count = 0
    with tarfile.open(path, "r:") as archive:
        for member in archive.getmembers():
            if not member.name.startswith("files/"):
                continue
            target = (instance / member.name.removeprefix("files/")).resolve()
            if not target.is_relative_to(instance.resolve()):
                raise BackupError(f"The backup names a file outside its folder: {member.name}.")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_read(archive, member.name))
            target.chmod(0o600 if target.name == "secret.key" else 0o644)
            count += 1
    return count
