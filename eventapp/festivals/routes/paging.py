"""Which page and which words an address asks for."""

from typing import Any

from flask import request
from sqlalchemy import Select, func, select

from eventapp import text
from eventapp.db import db
from eventapp.paging import FARTHEST, Cut, Page


def find_page(query: "Select[Any]") -> Page[Any]:
    """The page that `?page=` asks for; what is no number is the first, what is too far the last."""
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    cut = Cut(total, _asked())
    return cut.holds(list(db.session.scalars(query.limit(cut.per_page).offset(cut.offset))))


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
