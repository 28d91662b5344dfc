"""Which edition a reader of the visitors' pages gets, and what may be kept of the page.

Everybody reads editions that are public. `?preview=1` shows the same pages of one that is not, to the festival's own
organizers; such a page is kept nowhere, and all its links stay in the preview.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, g, make_response, request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager, defer, joinedload

from eventapp.db import NotThere, db
from eventapp.festivals.access import find_organizer
from eventapp.festivals.models import Edition, Festival
from eventapp.web import cache, frames, headers
from eventapp.web.signin import current_person

PREVIEW = "preview"
KEEPS_PREVIEW = frozenset(
    {"festivals", "factories", "tours"}
)  # blueprints whose pages can be looked at beforehand

# With its days in one statement; the drawn base map is large and wanted by one address only.
_EDITION = (
    select(Edition)
    .join(Edition.festival)
    .options(contains_eager(Edition.festival), joinedload(Edition.days), defer(Edition.base_map))
    .where(Festival.slug == bindparam("festival"), Edition.slug == bindparam("edition"))
)


def edition_for_reader(festival: str, edition: str) -> Edition:
    """The edition of this address in the visitor's frame, or NotThere for whoever may not read it."""
    found = db.session.scalars(_EDITION, {"festival": festival, "edition": edition}).unique().one_or_none()
    if found is None:
        raise NotThere(edition)
    if not found.is_public:
        if PREVIEW not in request.args or find_organizer(current_person(), found.festival_id) is None:
            raise NotThere(edition)
        g.is_preview = True
    return frames.visitor(found)


def is_preview() -> bool:
    """Whether this page shows what is not public yet."""
    return bool(g.get("is_preview"))


def public_page(view: Callable[..., Any]) -> Callable[..., Response]:
    """For a GET view that is the same for everyone: kept for a moment, unless it is a preview."""
    kept = cache.shared(view)

    @wraps(view)
    def answered(*args: Any, **values: Any) -> Response:
        if PREVIEW in request.args:
            return headers.private(make_response(view(*args, **values)))
        return kept(*args, **values)

    return answered


def keep_preview(endpoint: str, values: dict[str, Any]) -> None:
    """Links on a page of the preview lead to pages of the preview (a url default of the application)."""
    if g.get("is_preview") and endpoint.partition(".")[0] in KEEPS_PREVIEW and "edition" in values:
        values.setdefault(PREVIEW, "1")
