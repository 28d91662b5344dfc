"""No private token in a log."""

import logging
import sys

import pytest
from gunicorn.config import Config
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from eventapp.db import db
from eventapp.web.logs import AccessLogger, Masking, mask, write_masked

TOKEN = "4F7K2M9A.0123456789ABCDEFGHJKMNPQRS"


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        (f"GET /r/{TOKEN}/ HTTP/1.1", "GET /r/***/ HTTP/1.1"),
        (f"/r/{TOKEN}", "/r/***"),
        (f"/r/{TOKEN}/calendar.ics?lang=en", "/r/***/calendar.ics?lang=en"),
        (f"https://festival.example.jp/r/{TOKEN}/#r-1", "https://festival.example.jp/r/***/#r-1"),
        ("/account/link/abcdefghijklmnopqrstuvwxyz", "/account/link/***"),
        ("/account/sign-in", "/account/sign-in"),
        ("/machi/2026/slots/4F7K2M9A", "/machi/2026/slots/4F7K2M9A"),
        ("/manage/r", "/manage/r"),
    ],
)
def test_mask_leaves_the_kind_of_page_only(line, masked):
    assert mask(line) == masked


def test_access_line_holds_no_token_in_path_or_referer(monkeypatch):
    known = {"r": f"POST /r/{TOKEN}/cancel HTTP/1.1", "U": f"/r/{TOKEN}/cancel", "s": 303,
             "f": f"http://localhost/r/{TOKEN}/", "{referer}i": f"http://localhost/r/{TOKEN}/"}  # fmt: skip
    monkeypatch.setattr("gunicorn.glogging.Logger.atoms", lambda *_args: known)

    atoms = AccessLogger.atoms(object.__new__(AccessLogger), None, None, None, None)

    assert TOKEN not in str(atoms)
    assert atoms["r"] == "POST /r/***/cancel HTTP/1.1"
    assert atoms["s"] == 303


def failing_at(path: str) -> logging.LogRecord:
    try:
        raise RuntimeError(f"GET {path} wanted to write")
    except RuntimeError:
        return logging.LogRecord("kouba", logging.ERROR, "", 0, "handling %s", (path,), sys.exc_info())


def test_line_of_an_error_holds_no_token_in_message_arguments_or_traceback():
    line = Masking(logging.Formatter("%(levelname)s %(message)s")).format(failing_at(f"/r/{TOKEN}/"))

    assert line.startswith("ERROR handling /r/***/\nTraceback")
    assert line.endswith("GET /r/***/ wanted to write")


def test_the_servers_own_errors_are_masked(monkeypatch, tmp_path):
    monkeypatch.setattr("eventapp.web.logs.write_masked", lambda: None)
    config = Config()
    config.set("errorlog", str(tmp_path / "errors"))

    log = AccessLogger(config)
    for handler in log.error_log.handlers:
        handler.handle(failing_at(f"/account/link/{'x' * 43}"))

    written = (tmp_path / "errors").read_text()
    assert "/account/link/***" in written and "xxxxx" not in written


def test_our_own_lines_go_out_masked_and_named(monkeypatch, capsys):
    monkeypatch.setattr(logging.root, "handlers", [])
    write_masked()

    logging.root.handlers[0].handle(failing_at(f"/s/{TOKEN}"))

    assert capsys.readouterr().err.startswith("ERROR kouba handling /s/***\n")


def test_a_statement_that_failed_is_logged_without_the_name_in_it(app):
    with pytest.raises(DBAPIError) as failure, db.engine.connect() as connection:
        connection.execute(text("SELECT :name FROM nothing_of_the_kind"), {"name": "花山 花子"})

    assert "花山" not in str(failure.value)
