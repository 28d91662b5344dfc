"""The database: `Model`, `db`, column types, and the one `transaction()` through which everything is written.

Reading needs no ceremony. Writing happens inside `with transaction():` and nowhere else; a flush or a writing
statement outside is an error. See docs/decisions/0004-transactions.md for the reasons.
"""

import enum
import fcntl
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, Dialect, Enum, MetaData, event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, declared_attr, registry
from sqlalchemy.types import DateTime, TypeDecorator

from eventapp.i18n import Translated, TranslatedText

try:  # Debian's SQLite has a bug that can damage a WAL database; the wheel brings a mended one
    import pysqlite3.dbapi2 as _sqlite
except ImportError:
    import sqlite3 as _sqlite

sqlite_module: ModuleType = _sqlite

MENDED_SQLITE = (3, 51, 3)
BUSY_TIMEOUT = 8000  # ms, of a new connection
RETRIES = 3


class NotThere(LookupError):
    """There is no such thing, or not for this reader: the page answers 404 either way."""


class Busy(Exception):
    """The database could not be written in time: answered 503, with everything that was typed kept."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC. SQLite keeps no zone, so it is put on again when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
COLUMN_TYPES: dict[Any, Any] = {
    datetime: UtcDateTime,
    Translated: TranslatedText,
    dict[str, Any]: JSON,
    list[str]: JSON,
    list[Any]: JSON,
    enum.Enum: Enum(
        enum.Enum, native_enum=False, length=24, values_callable=lambda kind: [one.value for one in kind]
    ),
}


class Base(DeclarativeBase):
    registry = registry(metadata=MetaData(naming_convention=NAMING), type_annotation_map=COLUMN_TYPES)

    @declared_attr.directive
    def __tablename__(cls) -> str:
        """`EditionDay` is kept in `edition_day`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False}, disable_autonaming=True)

if TYPE_CHECKING:

    class Model(Base):
        __abstract__ = True
else:
    Model = db.Model


# --- engines -----------------------------------------------------------------------------------------------------


def engine_options(url: str) -> dict[str, Any]:
    """What SQLAlchemy needs to know for this database."""
    if make_url(url).get_backend_name() == "sqlite":
        return {
            "module": sqlite_module,
            "pool_use_lifo": True,  # the connection used last knows the pages
            "pool_size": 16,
            "max_overflow": 16,
            "connect_args": {"check_same_thread": False},
            "hide_parameters": True,  # a statement that failed is logged without the name and address in it
        }
    settings = "-c lock_timeout=3000 -c timezone=UTC -c default_transaction_isolation=read\\ committed"
    return {"pool_size": 8, "max_overflow": 8, "pool_pre_ping": True, "connect_args": {"options": settings},
            "hide_parameters": True}  # fmt: skip


def prepare_engine(engine: Engine, *, synchronous: str) -> None:
    """Set every new connection up, and let a writer's BEGIN take its lock at once."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: _set_up_sqlite(connection, synchronous))
        event.listen(engine, "begin", _begin_sqlite)


def _set_up_sqlite(connection: Any, synchronous: str) -> None:
    connection.isolation_level = None  # the driver's own implicit BEGIN would oversell
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT}",
                   "journal_size_limit=67108864", "cache_size=-512"):  # KiB: the system keeps the file for all of us  # fmt: skip
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    deadline = _deadline.get()
    if deadline is None:
        connection.exec_driver_sql("BEGIN")
        return
    left = max(1, int((deadline - time.monotonic()) * 1000))
    if abs(left - connection.info.get("busy_timeout", BUSY_TIMEOUT)) > 500:  # it is nearly always the same
        connection.exec_driver_sql(f"PRAGMA busy_timeout={left}")
        connection.info["busy_timeout"] = left
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def sqlite_is_mended() -> bool:
    """Whether this SQLite is free of the WAL-reset bug (mended in 3.51.3)."""
    return tuple(sqlite_module.sqlite_version_info) >= MENDED_SQLITE


# --- the gate before SQLite ----------------------------------------------------------------------------------------


class Gate:
    """Lets one writer of this machine in at a time, in the order of arrival within a process.

    SQLite's own waiting is sleep-and-retry: under a rush the unlucky are told "locked". A thread waits here on a
    lock and across processes on a file lock. Once nobody has come through for `STUCK_AFTER` seconds, somebody
    else holds the database, and only half of the threads may wait, so that readers still find a free one.
    """

    STUCK_AFTER = 2.0

    def __init__(self, path: Path, waiting_allowed: int) -> None:
        self.path = path
        self.waiting_allowed = waiting_allowed
        self._inside = threading.Lock()
        self._count = threading.Lock()
        self._waiting = 0
        self._moved_at = time.monotonic()
        self._file: tuple[int, int] | None = None  # (process id, descriptor): a lock must not survive a fork

    @contextmanager
    def passed(self, deadline: float) -> Iterator[None]:
        """Be the only writer for the length of the block, or raise Busy when `deadline` (monotonic) is over."""
        with self._counted():
            if not self._inside.acquire(timeout=max(0.0, deadline - time.monotonic())):
                raise Busy
        try:
            descriptor = self._descriptor()
            self._lock_file(descriptor, deadline)
            had_database = True
            try:
                yield
            except OperationalError:
                had_database = False
                raise
            finally:
                if had_database:  # a rule that says no has come through as well
                    self._moved_at = time.monotonic()
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            self._inside.release()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._count:
            if self._waiting == 0 and not self._inside.locked():
                self._moved_at = time.monotonic()  # nobody stood here, so nothing is stuck
            if self._waiting >= self.waiting_allowed and time.monotonic() - self._moved_at > self.STUCK_AFTER:
                raise Busy
            self._waiting += 1
        try:
            yield
        finally:
            with self._count:
                self._waiting -= 1

    def _descriptor(self) -> int:
        if self._file is None or self._file[0] != os.getpid():
            self._file = (os.getpid(), os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        return self._file[1]

    @staticmethod
    def _lock_file(descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Busy from None
                time.sleep(PAUSE)


PAUSE = 0.0002  # seconds between looks at the lock of another process: less than a tenth of what a booking holds it
_gates: dict[str, Gate] = {}
_deadline: ContextVar[float | None] = ContextVar("write_deadline", default=None)
THREADS = 8  # of one worker process; the gate lets half of them wait once it is stuck


def _gate(engine: Engine) -> Gate | None:
    """The gate beside a SQLite file; PostgreSQL and a database in memory need none."""
    if engine.dialect.name != "sqlite" or not engine.url.database or engine.url.database == ":memory:":
        return None
    path = engine.url.database + ".gate"
    if path not in _gates:
        _gates[path] = Gate(Path(path), waiting_allowed=THREADS // 2)
    return _gates[path]


# --- writing -------------------------------------------------------------------------------------------------------

before_write: list[
    Callable[[], None]
] = []  # asked before a transaction opens; the web refuses GET and forged forms here


@contextmanager
def transaction() -> Iterator[None]:
    """Write everything in the block, or nothing. Opened by routes, commands and the worker's tasks only.

    Whatever was read before is read afresh inside. Only database work belongs in here: no mail, no template, no
    hashing. Raises Busy when the database cannot be had in time.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("transaction() inside transaction(): rules leave the commit to their caller")
    for ask in before_write:
        ask()
    session.rollback()  # a snapshot that was read from cannot become a writer
    session.expire_all()
    deadline = time.monotonic() + _wait_seconds
    with ExitStack() as stack:
        gate = _gate(db.engine)
        if gate is not None:
            stack.enter_context(gate.passed(deadline))
        session.info["writing"] = True
        try:
            _begin(session, deadline)
            yield
            session.commit()
        except OperationalError as error:
            session.rollback()
            raise (Busy() if is_lock_timeout(error) else error) from error
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["writing"] = False


def _begin(session: Session, deadline: float) -> None:
    """Begin as a writer: the listener on `begin` sees the deadline and says BEGIN IMMEDIATE."""
    token = _deadline.set(deadline)
    try:
        session.connection()
    finally:
        _deadline.reset(token)


_wait_seconds = 8.0


def set_wait_seconds(seconds: float) -> None:
    """How long a writer may wait for its turn (WAIT_FOR_WRITE_SECONDS)."""
    global _wait_seconds
    _wait_seconds = seconds


def is_writing() -> bool:
    """Whether a transaction() is open."""
    return bool(db.session().info.get("writing"))


def is_lock_timeout(error: OperationalError) -> bool:
    """SQLite's "locked" or PostgreSQL's lock timeout."""
    return getattr(error.orig, "sqlstate", None) == "55P03" or "database is locked" in str(error.orig)


REPEAT = frozenset(
    {"40001", "40P01", "23505"}
)  # serialization failure, deadlock, somebody else inserted it first


def is_worth_repeating(error: BaseException) -> bool:
    """Whether PostgreSQL refused only because of what somebody else did at the same moment.

    A unique key can only be met by surprise where writers run side by side: read again, the rule finds the other row.
    """
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in REPEAT


Result = TypeVar("Result")


def retrying(work: Callable[[], Result]) -> Result:
    """Do a whole piece of work, transaction included, again when PostgreSQL asks for it, at most three times."""
    for _attempt in range(RETRIES):
        try:
            return work()
        except DBAPIError as error:
            if not is_worth_repeating(error):
                raise
            db.session.rollback()
    try:
        return work()
    except OperationalError as error:
        if is_worth_repeating(error):
            raise Busy from error
        raise


@event.listens_for(Session, "before_flush")
def _refuse_stray_flush(session: Session, _context: object, _instances: object) -> None:
    if not session.info.get("writing") and (session.new or session.dirty or session.deleted):
        raise RuntimeError("a write outside transaction()")


@event.listens_for(Session, "do_orm_execute")
def _refuse_stray_write(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and not state.session.info.get("writing"):
        raise RuntimeError("a write outside transaction()")
