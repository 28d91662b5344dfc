"""What every visitor asks for, asked quickly: rows packed into one JSON text, and statements compiled once.

SQLite's driver lets go of the interpreter before every row and has to wait for it again: under load a hundred rows take
a hundred turns.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Dialect, String, bindparam, func, inspect
from sqlalchemy import cast as sql_cast
from sqlalchemy import insert as sql_insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.sql.functions import FunctionElement

from eventapp.db import Model, db, is_writing


class _Json(FunctionElement[str]):
    """A function that the two databases call by different names."""

    inherit_cache = True
    type = String()
    on_sqlite = on_postgresql = ""


class _Array(_Json):
    """Values of one row as a JSON array."""

    inherit_cache = True
    on_sqlite, on_postgresql = "json_array", "json_build_array"


class _Rows(_Json):
    """A JSON array of one value of each row, in whatever order they come."""

    inherit_cache = True
    on_sqlite, on_postgresql = "json_group_array", "json_agg"


@compiles(_Json)
def _call(element: _Json, compiler: Any, **options: Any) -> str:
    name = element.on_sqlite if compiler.dialect.name == "sqlite" else element.on_postgresql
    return f"{name}({compiler.process(element.clauses, **options)})"


def as_text(column: Any) -> ColumnElement[str]:
    """A JSON column, a date or a moment as the text it is stored as."""
    return sql_cast(column, String)


MOST_ARGUMENTS = 90  # of a function, on PostgreSQL 100


def pack(*columns: Any) -> ColumnElement[str]:
    """One row: `["a", 1, null]`; in groups, `[["a", 1], [null]]`, where the columns are more than a function takes."""
    groups = [
        _Array(*columns[start : start + MOST_ARGUMENTS]) for start in range(0, len(columns), MOST_ARGUMENTS)
    ]
    return as_text(groups[0] if len(groups) == 1 else _Array(*groups))


def pack_rows(query: Any) -> ColumnElement[str]:
    """All rows of a query, which may refer to the one around it: `[["a", 1], ["b", null]]`; `[]` where there is none."""
    rows = query.order_by(None).with_only_columns(
        _Rows(_Array(*query.selected_columns)), maintain_column_froms=True
    )
    return cast(ColumnElement[str], func.coalesce(as_text(rows.scalar_subquery()), "[]"))


class Ready:
    """A reading statement that is put together and compiled once: for a long one, doing so each time, or only looking up
    whether it was done, costs more than asking it. Rows come as the driver gives them; no column type has a word.
    """  # fmt: skip

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, **values: Any) -> Sequence[Any]:
        """Ask it with values for its named parameters, which are as their columns' types take them."""
        dialect = db.engine.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self.statement, dialect)
        return db.session.connection().exec_driver_sql(compiled.sql, compiled.parameters(values)).all()

    def row(self, **values: Any) -> Any:
        """The first row, or None."""
        return next(iter(self.rows(**values)), None)


class _Compiled:
    """A statement in the words of one database: its text, its constants, and who prepares its values."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql, self.order = compiled.string, compiled.positiontup
        processors = {
            name: one.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is
            for name, one in compiled.binds.items()
        }
        self.constants = {
            name: processors[name](one.effective_value)
            for name, one in compiled.binds.items()
            if not one.required
        }
        self.wanted = {name: processors[name] for name, one in compiled.binds.items() if one.required}

    def parameters(self, values: dict[str, Any]) -> Any:
        named = self.constants | {name: ready(values[name]) for name, ready in self.wanted.items()}
        return named if self.order is None else tuple(named[name] for name in self.order)


def _as_it_is(value: Any) -> Any:
    return value


def insert_row(model: type[Model], **values: Any) -> int:
    """Write a row at once and say its id: for the few that are written while others wait for their turn.

    What is not named gets the column's default. Inside transaction() only.
    """
    if not is_writing():
        raise RuntimeError("a write outside transaction()")
    connection = db.session.connection()
    insert = _insert_of(model, connection.dialect.name)
    number: int = connection.exec_driver_sql(insert.sql, insert.parameters(values)).scalar_one()
    return number


def add_now(thing: Model) -> None:
    """Write a new object's row at once; from then on the session knows it like one that was read.

    Its relationships are the caller's to set: nothing else is written with it.
    """
    row = inspect(thing).dict
    thing.id = insert_row(type(thing), **{key: row[key] for key in row.keys() & _columns_of(type(thing))})  # type: ignore[attr-defined]
    make_transient_to_detached(thing)
    db.session.add(thing)


class _Insert:
    """The INSERT of a table in the words of one database: all its columns but the number, in their order."""

    def __init__(self, model: type[Model], dialect: Dialect) -> None:
        table: Any = inspect(model).local_table
        columns = [column for column in table.columns if not column.primary_key]
        statement = sql_insert(table).values({one.name: bindparam(one.name) for one in columns})
        compiled = statement.returning(*table.primary_key).compile(dialect=dialect)
        self.sql, order = compiled.string, compiled.positiontup
        self.is_named = order is None
        self.columns = [
            (one.key, one.default, one.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is)
            for one in (columns if order is None else [table.columns[name] for name in order])
        ]
        self.names = {one[0] for one in self.columns}

    def parameters(self, values: dict[str, Any]) -> Any:
        if unknown := values.keys() - self.names:
            raise TypeError(f"no such columns: {', '.join(sorted(unknown))}")
        found = [
            ready(values[key] if key in values else _default(default)) for key, default, ready in self.columns
        ]
        return (
            {one[0]: value for one, value in zip(self.columns, found, strict=True)}
            if self.is_named
            else tuple(found)
        )


def _default(default: Any) -> Any:
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


@cache
def _columns_of(model: type[Model]) -> frozenset[str]:
    return frozenset(inspect(model).columns.keys())


@cache
def _insert_of(model: type[Model], _dialect: str) -> _Insert:
    return _Insert(model, db.engine.dialect)
