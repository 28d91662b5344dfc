"""A new festival and its address."""

import re

from sqlalchemy import select

from eventapp import audit, clock
from eventapp.db import db
from eventapp.festivals.models import Festival
from eventapp.i18n import RuleError, Translated, lazy

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
TAKEN = frozenset(  # our own addresses
    {
        "account",
        "api",
        "demo",
        "desk",
        "factory",
        "health",
        "manage",
        "media",
        "offline",
        "r",
        "s",
        "static",
        "tiles",
    }
)


class FoundingError(RuleError):
    """The festival cannot be made like that."""


def check_slug(slug: str) -> None:
    """An address is small Latin letters, digits and hyphens, at most 40, and none of ours."""
    if not SLUG.fullmatch(slug):
        raise FoundingError(lazy("An address consists of small letters a-z, digits and hyphens, at most 40."))
    if slug in TAKEN:
        raise FoundingError(
            lazy("The address %(slug)s is used by Kouba itself. Please choose another.", slug=slug)
        )


def found(
    slug: str, *, name: Translated, factory_word: Translated | None = None, by: audit.Actor | str
) -> Festival:
    """Make a festival without editions and without people."""
    check_slug(slug)
    if db.session.scalar(select(Festival.id).where(Festival.slug == slug)):
        raise FoundingError(lazy("There is a festival at %(slug)s already.", slug=slug))
    word = factory_word or Translated({"ja": "工場", "en": "factory"})
    festival = Festival(slug=slug, name=name, factory_word=word, created_at=clock.now())
    db.session.add(festival)
    db.session.flush()  # its id is needed for the history
    audit.record("festival.founded", f"festival:{slug}", festival_id=festival.id, by=by)
    return festival
