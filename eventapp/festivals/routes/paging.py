"""One page of a long list."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, func, select

from eventapp import text
from eventapp.db import db

PER_PAGE = 50
FARTHEST = 1_000_000
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows with what the pagination macro asks for."""

    rows: list[Row]
    page: int
    pages: int
    total: int

    @property
    def has_prev(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    @property
    def prev_num(self) -> int:
        return self.page - 1

    @property
    def next_num(self) -> int:
        return self.page + 1


def find_page(query: "Select[Any]") -> Page[Any]:
    """The page that `?page=` asks for; what is no number is the first, what is too far the last."""
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    number = min(_asked(), pages)
    rows = list(db.session.scalars(query.limit(PER_PAGE).offset((number - 1) * PER_PAGE)))
    return Page(rows, number, pages, total)


def _asked() -> int:
    try:
        return text.parse_int(request.args.get("page", "1"), 1, FARTHEST)
    except ValueError:
        return 1


def typed_words() -> str:
    """What is searched for, `?q=`, cleaned; nothing where it cannot be text."""
    try:
        return text.clean_line(request.args.get("q", "")[:100])
    except text.TextRefused:
        return ""
