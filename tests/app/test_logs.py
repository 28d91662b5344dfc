"""No private token in a log."""

import logging

import pytest

from eventapp.web.logs import AccessLogger, MaskFilter, mask

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


def test_filter_masks_message_and_arguments():
    record = logging.LogRecord("kouba", logging.INFO, "", 0, f"/r/{TOKEN}/ %s %d", (f"/r/{TOKEN}/", 3), None)

    assert MaskFilter().filter(record)
    assert record.getMessage() == "/r/***/ /r/***/ 3"
