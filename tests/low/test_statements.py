"""Statements compiled once: rows packed into one text, rows written without the unit of work, on both databases."""

import json
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import bindparam, literal, select

from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.outbox import Mail, MailState
from eventapp.statements import Ready, add_now, as_text, insert_row, pack, pack_rows
from tests import builders

pytestmark = pytest.mark.usefixtures("app")
AT = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)


def line(**values: object) -> dict[str, object]:
    return {"at": AT, "action": "thing.seen", "subject": "thing:1", "by": "visitor", "details": {}} | values


def written(count: int = 1) -> list[int]:
    with transaction():
        return [insert_row(Line, **line(subject=f"thing:{number}")) for number in range(count)]


def test_a_row_comes_as_it_was_written() -> None:
    details = {"名前": ["前", "後"], "party": [2, 3]}
    with transaction():
        number = insert_row(Line, **line(details=details))
    found = db.session.get_one(Line, number)
    assert (found.at, found.details, found.festival_id) == (AT, details, None)


def test_what_is_not_named_gets_its_default() -> None:
    with transaction():
        number = insert_row(Mail, template="x", to_address="a@example.jp", to_key="a@example.jp", language="ja", values={},
                            calendar=[], message_id="m1", created_at=AT, next_try_at=AT)  # fmt: skip
    mail = db.session.get_one(Mail, number)
    assert (mail.state, mail.tries, mail.last_error) == (MailState.WAITING, 0, None)


def test_a_column_that_is_none_is_not_passed_over() -> None:
    with pytest.raises(TypeError, match="subjekt"), transaction():
        insert_row(Line, **line(subjekt="thing:1"))


def test_nothing_is_written_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="outside transaction"):
        insert_row(Line, **line())


def test_what_was_written_goes_with_its_transaction() -> None:
    with pytest.raises(KeyError), transaction():
        insert_row(Line, **line())
        raise KeyError
    assert db.session.scalars(select(Line)).all() == []


def test_an_object_added_at_once_is_changed_like_any_other() -> None:
    with transaction():
        thing = Line(**line())
        add_now(thing)
        thing.by = "somebody else"
    number = thing.id
    db.session.expunge_all()
    assert db.session.get_one(Line, number).by == "somebody else"


def test_rows_are_packed_into_one_text() -> None:
    numbers = written(3)
    query = select(Line.id, Line.subject, as_text(Line.person_id)).where(Line.subject != "thing:1")
    packed = db.session.scalar(select(pack_rows(query)))
    assert sorted(json.loads(packed or "")) == [[numbers[0], "thing:0", None], [numbers[2], "thing:2", None]]


def test_no_rows_are_an_empty_list() -> None:
    assert db.session.scalar(select(pack_rows(select(Line.id, Line.by)))) == "[]"


def test_more_columns_than_a_function_takes_come_in_groups() -> None:
    packed = db.session.scalar(select(pack(*(literal(number) for number in range(200)))))
    assert [value for group in json.loads(packed or "") for value in group] == list(range(200))


def test_a_ready_statement_takes_its_values_as_the_columns_do(app: Flask) -> None:
    written(2)
    ready = Ready(
        select(Line.subject)
        .where(Line.at <= bindparam("moment", type_=Line.at.type), Line.by == "visitor")
        .order_by(Line.id)
    )
    assert [row[0] for row in ready.rows(moment=AT)] == ["thing:0", "thing:1"]
    assert ready.row(moment=datetime(2026, 9, 1, tzinfo=UTC)) is None


def test_the_history_tells_of_what_the_unit_of_work_wrote_before() -> None:
    """A line names a festival that was made in the same transaction."""
    festival = builders.make_festival()
    with transaction():
        number = insert_row(Line, **line(festival_id=festival.id))
    assert db.session.get_one(Line, number).festival_id == festival.id
