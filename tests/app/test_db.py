"""transaction(): all or nothing, one writer at a time, and patience with a locked database."""

import contextvars
import threading
import time

import pytest
from flask import Flask
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

from eventapp import db as db_module
from eventapp.db import Busy, Gate, db, sqlite_module, transaction
from eventapp.festivals.models import Festival
from eventapp.tours import seats
from tests.builders import make_festival, make_slot, texts
from tests.visiting import Visitor


def test_writes_outside_a_transaction_are_errors(app: Flask) -> None:
    festival = make_festival()

    festival.name = texts("別の名前")
    with pytest.raises(RuntimeError, match="outside"):
        db.session.flush()
    db.session.rollback()
    with pytest.raises(RuntimeError, match="outside"):
        db.session.execute(update(Festival).values(slug="x"))


def test_transaction_leaves_nothing_of_a_failure(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        make_festival("half-done")
        raise ZeroDivisionError

    assert db.session.query(Festival).count() == 0


def test_transaction_does_not_nest(app: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError, match="inside"), transaction():
        pass


def test_what_was_read_before_is_read_afresh_inside(app: Flask) -> None:
    festival = make_festival()
    assert str(festival.name) == "ためし工場まつり"
    elsewhere(app, lambda: rename(festival.id))

    with transaction():
        assert str(festival.name) == "改名"


def rename(festival_id: int) -> None:
    with transaction():
        db.session.get_one(Festival, festival_id).name = texts("改名")


def elsewhere(app: Flask, work):
    """Do something as another request would, in a thread of its own."""
    result: list[object] = []

    def run() -> None:
        with app.app_context():
            try:
                result.append(work())
            except Exception as error:
                result.append(error)
            finally:
                db.session.remove()

    thread = threading.Thread(target=contextvars.Context().run, args=(run,))
    thread.start()
    thread.join()
    return result[0]


@pytest.fixture
def locked(app: Flask):
    """The database file held by another process's writer, as a long backup or a shell would."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite locks the whole file; PostgreSQL's row locks are tried in the races")
    outside = sqlite_module.connect(db.engine.url.database, isolation_level=None, check_same_thread=False)
    outside.execute("BEGIN IMMEDIATE")
    yield outside
    if outside.in_transaction:
        outside.execute("ROLLBACK")
    outside.close()


def test_nobody_notices_a_lock_that_ends_in_time(app: Flask, locked, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other writer lets go only after ours has begun to wait."""
    monkeypatch.setattr(db_module, "_wait_seconds", 30.0)
    waiting = threading.Event()
    monkeypatch.setattr(db_module, "before_write", [waiting.set])
    release = threading.Thread(target=lambda: (waiting.wait(), locked.execute("ROLLBACK")))
    release.start()
    make_festival("after-the-lock")
    release.join()

    assert db.session.query(Festival).filter_by(slug="after-the-lock").count() == 1


def test_a_lock_that_stays_is_busy_and_reading_goes_on(
    app: Flask, locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "_wait_seconds", 0.05)

    with pytest.raises(Busy):
        make_festival()

    assert db.session.query(Festival).count() == 0


def test_a_booking_that_meets_a_lock_keeps_its_form_and_reading_goes_on(
    visit, locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "_wait_seconds", 0.05)
    locked.execute("ROLLBACK")
    slot = make_slot()
    edition = slot.programme.edition
    address = f"/{edition.festival.slug}/{edition.slug}/slots/{slot.code}"
    form = visit(address)
    locked.execute("BEGIN IMMEDIATE")

    page = form.submit(action="/book", party_size="2", name="花山 花子", email="hana@example.jp", consent="y")

    assert (page.status, page.response.headers["Retry-After"]) == (503, "5")
    assert "花山 花子" in page.main
    assert visit(address).status == 200
    locked.execute("ROLLBACK")
    assert page.submit(button="Send it once more").path.startswith("/r/")


@pytest.mark.parametrize("pragma", ["max_page_count", "query_only"])
def test_a_booking_that_meets_a_full_disk_keeps_its_form_and_goes_on_when_there_is_room(
    visit, app: Flask, pragma: str
) -> None:
    """SQLite itself says that there is no room, or no right to write, as it does when the disk says so."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has the disk for itself")
    slot = make_slot(capacity=500)
    edition = slot.programme.edition
    address = f"/{edition.festival.slug}/{edition.slug}/slots/{slot.code}"
    form = visit(address)

    def limit(connection, _record=None, _proxy=None) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA {pragma}={pages if pragma == 'max_page_count' else 1}")

    db.session.remove()
    db.engine.dispose()
    tidied = sqlite_module.connect(db.engine.url.database)  # pages that earlier tests left free would be room
    tidied.execute("VACUUM")
    tidied.close()
    event.listen(db.engine, "connect", limit)
    try:
        with_note = "長い話" * 400  # more than fits into the pages that are there
        typed = {
            "party_size": "2",
            "name": "花山 花子",
            "email": "hana@example.jp",
            "consent": "y",
            "note": with_note,
        }
        pages = [form.submit(action="/book", **typed)]
        while pragma == "max_page_count" and pages[-1].status != 503 and len(pages) < 40:
            pages.append(
                Visitor(app)(address).submit(
                    action="/book", **{**typed, "email": f"hana{len(pages)}@example.jp"}
                )
            )
        page = pages[-1]
        assert (page.status, "花山 花子" in page.main) == (503, True)
        assert visit(address).status == 200
    finally:
        event.remove(db.engine, "connect", limit)
        db.session.remove()
        db.engine.dispose()
    assert page.submit(button="Send it once more").path.startswith("/r/")
    assert seats.find_miscounted() == []


def test_gate_lets_only_half_of_the_threads_wait_once_it_is_stuck(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(tmp_path / "gate", waiting_allowed=1)
    monkeypatch.setattr(Gate, "STUCK_AFTER", -1.0)
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with gate.passed(time.monotonic() + 60):
            inside.set()
            done.wait()

    def wait() -> None:
        with gate.passed(time.monotonic() + 60):
            pass

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait()
    waiting = threading.Thread(target=wait)
    waiting.start()
    while gate._waiting < 1:
        pass

    with pytest.raises(Busy), gate.passed(time.monotonic() + 60):
        pass
    done.set()
    holder.join()
    waiting.join()


def test_gate_is_not_stuck_while_rules_say_no(tmp_path) -> None:
    gate = Gate(tmp_path / "gate", waiting_allowed=1)
    gate._moved_at = 0.0

    with pytest.raises(ValueError, match="full"), gate.passed(time.monotonic() + 60):
        raise ValueError("full")

    assert gate._moved_at > 0.0


def test_gate_is_stuck_while_the_database_is_not_to_be_had(tmp_path) -> None:
    gate = Gate(tmp_path / "gate", waiting_allowed=1)

    with pytest.raises(OperationalError), gate.passed(time.monotonic() + 60):
        gate._moved_at = 1.0
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite_module.OperationalError("database is locked"))

    assert gate._moved_at == 1.0
