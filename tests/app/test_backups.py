"""Backup and restore: everything comes back, on either database, and a damaged backup is refused."""

import contextvars
import random
import tarfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from eventapp import backups, clock, codes, config, create_app, keeping
from eventapp.db import db, transaction
from eventapp.outbox import Mail
from eventapp.tours import erasing, seats
from eventapp.tours.models import Booking, Slot
from tests.builders import make_booking, make_contact, make_slot
from tests.conftest import DATABASES, settings


@pytest.fixture
def made(app: Flask, tmp_path: Path) -> Path:
    """A backup of an installation with bookings and a picture."""
    media = tmp_path / "here" / "media"
    media.mkdir(parents=True)
    (media / "picture.webp").write_bytes(b"picture")
    (tmp_path / "here" / "secret.key").write_text("secret of the old machine, quite long enough\n")
    slot = make_slot(capacity=20)
    for number in range(3):
        make_booking(slot, contact=make_contact(f"髙橋{number}@example.jp", name="髙橋 𠮷郎"))
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)"
        )
        connection.exec_driver_sql("DELETE FROM alembic_version")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{keeping.newest_revision()}')")
    target = tmp_path / "backup.tar"
    backups.make(db.engine, tmp_path / "here", target, now=clock.now())
    yield target
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")


@pytest.fixture(params=DATABASES)
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An empty installation on another machine, on either kind of database."""
    there = tmp_path / "there"
    url = (
        f"sqlite:///{there / 'new.sqlite3'}"
        if request.param == "sqlite"
        else request.getfixturevalue("empty_postgresql_url")
    )
    there.mkdir()
    yield create_app(settings(url), instance=there)


def inside(app: Flask, work):
    """Do something in another installation's context."""

    def run():
        with app.app_context():
            try:
                return work()
            finally:
                db.session.remove()
                db.engine.dispose()

    return contextvars.Context().run(run)


def test_restore_brings_everything_back(made: Path, elsewhere: Flask, tmp_path: Path) -> None:
    def work():
        rows = keeping.restore_from(made)
        with transaction():
            again = make_booking(make_slot())  # new rows find free ids
        return rows, db.session.query(Booking.name).first()[0], seats.find_miscounted(), again.id

    rows, name, miscounted, new_id = inside(elsewhere, work)

    assert rows["booking"] == rows["mail"] == 3
    assert (name, miscounted, new_id) == ("髙橋 𠮷郎", [], 4)
    assert (tmp_path / "there" / "media" / "picture.webp").read_bytes() == b"picture"
    assert "old machine" in (tmp_path / "there" / "secret.key").read_text()


def test_restore_refuses_a_database_that_is_not_empty(made: Path) -> None:
    with pytest.raises(backups.BackupError, match="not empty"):
        keeping.restore_from(made)


def test_damaged_backup_is_refused(made: Path, tmp_path: Path) -> None:
    whole, dice = made.read_bytes(), random.Random(1)
    with tarfile.open(made) as archive:
        parts = [(one.offset_data, one.size) for one in archive.getmembers() if one.size]
    damaged = tmp_path / "damaged.tar"
    for number in range(100):
        content = bytearray(whole)
        if number % 2:
            start, size = dice.choice(parts)
            content[start + dice.randrange(size)] ^= 1 << dice.randrange(8)
        else:
            del content[dice.randrange(parts[-1][0] + parts[-1][1]) :]
        damaged.write_bytes(content)
        with pytest.raises(backups.BackupError):
            backups.check(damaged)


@pytest.mark.parametrize("noted_by", ["the key of the new machine", "the key that the backup brings"])
def test_erased_visitor_stays_erased_after_restoring_an_older_backup(
    made: Path, elsewhere: Flask, tmp_path: Path, noted_by: str
) -> None:
    def work():
        key = (
            keeping._erasure_key()
            if "new" in noted_by
            else config.derive_key("secret of the old machine, quite long enough", "erasure")
        )
        lines = [
            erasing.ledger_line("髙橋1@example.jp", key, clock.now()),
            # of last year: what this visitor has booked since then stays
            erasing.ledger_line("髙橋2@example.jp", key, clock.now() - timedelta(days=300)),
        ]
        (tmp_path / "there" / "erasures.txt").write_text("\n".join(lines) + "\n")
        keeping.restore_from(made)
        kept = (tmp_path / "there" / "erasures.txt").read_text().split()
        return [name for (name,) in db.session.query(Booking.name).order_by(Booking.id)], kept == sorted(
            lines
        )

    assert inside(elsewhere, work) == (["髙橋 𠮷郎", "", "髙橋 𠮷郎"], True)


def test_an_erasure_is_noted_even_if_the_machine_stops_in_the_middle(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_booking(contact=make_contact("hana@example.jp"))
    ledger = Path(app.config["INSTANCE"]) / "erasures.txt"
    ledger.unlink(missing_ok=True)

    def stop(*_args, **_values) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(erasing, "forget", stop)
    app.test_cli_runner().invoke(args=["erase-visitor", "hana@example.jp"])
    noted = ledger.read_text().split()

    assert {line.partition("@")[0] for line in noted} == {
        erasing.ledger_line("hana@example.jp", keeping._erasure_key(), clock.now()).partition("@")[0]
    }
    assert ledger.stat().st_mode & 0o077 == 0


def test_streets_come_along_and_a_picture_that_goes_meanwhile_stops_nothing(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    (here / "walks").mkdir()
    for name in ("graph-1", "ways-1"):
        (here / "walks" / name).write_bytes(name.encode())
    usual = backups._files

    def exchanged(instance: Path) -> Iterator[Path]:
        for path in usual(instance):
            if path.name == "picture.webp":
                path.unlink()
            yield path

    monkeypatch.setattr(backups, "_files", exchanged)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{keeping.newest_revision()}'")
    backups.make(db.engine, here, tmp_path / "again.tar", now=clock.now())

    with tarfile.open(tmp_path / "again.tar") as archive:
        names = {one.name for one in archive if one.name.startswith("files/")}
    assert names == {"files/secret.key", "files/walks/graph-1"}


def test_rows_that_do_not_fit_are_refused_with_a_sentence_and_leave_nothing(
    made: Path, elsewhere: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a version whose tables had other columns under the same step."""
    usual = backups._load

    def changed(connection, table, content: bytes) -> None:
        usual(connection, table, content.replace(b'"seats_taken":', b'"seats_gone":'))

    monkeypatch.setattr(backups, "_load", changed)

    def work():
        with pytest.raises(backups.BackupError, match="do not fit"):
            keeping.restore_from(made)
        return backups.is_empty(db.engine)

    assert inside(elsewhere, work)


def test_erasing_leaves_no_trace_of_the_visitor_but_keeps_the_count(app: Flask) -> None:
    slot = make_slot()
    make_booking(slot, contact=make_contact("hana@example.jp", name="花山 花子", phone="090-1234-5678"))

    result = app.test_cli_runner().invoke(args=["erase-visitor", "Hana@example.jp"])

    db.session.expire_all()
    assert "1 bookings" in result.output
    assert slot.seats_taken == 2
    assert db.session.query(Mail).count() == 0
    dump = str([vars(row) for row in db.session.query(Booking)])
    assert "花山" not in dump and "hana" not in dump and "1234" not in dump


def test_audit_command_tells_by_its_exit_code(app: Flask) -> None:
    slot = make_slot(seats_taken=2)
    assert app.test_cli_runner().invoke(args=["audit"]).exit_code == 0

    with transaction():
        slot.seats_taken = 3

    wrong = app.test_cli_runner().invoke(args=["audit"])
    assert (wrong.exit_code, f"slot {slot.code}: counter 3, parties 2" in wrong.output) == (1, True)


def test_backup_taken_while_people_book_is_consistent(
    made: Path, app: Flask, elsewhere: Flask, tmp_path: Path
) -> None:
    slot_id = make_slot(capacity=10_000).id
    db.session.remove()
    done = threading.Event()
    booked: list[int] = []

    def book_on(part: int) -> None:
        with app.app_context():
            while not done.is_set():
                with transaction():
                    make_booking(
                        db.session.get_one(Slot, slot_id),
                        contact=make_contact(f"p{part}n{len(booked)}@example.jp"),
                    )
                booked.append(part)
            db.session.remove()

    writers = [threading.Thread(target=contextvars.Context().run, args=(book_on, part)) for part in range(2)]
    with codes.use_randomness(random.SystemRandom()):
        for one in writers:
            one.start()
        while len(booked) < 10:
            done.wait(0.001)
        rows = backups.make(db.engine, tmp_path / "here", tmp_path / "busy.tar", now=clock.now())
        while len(booked) < 20:
            done.wait(0.001)
        done.set()
        for one in writers:
            one.join()

    def work():
        keeping.restore_from(tmp_path / "busy.tar")
        return db.session.query(Booking).count(), seats.find_miscounted()

    assert inside(elsewhere, work) == (rows["booking"], [])
    assert rows["booking"] >= 13
