"""Archives stay true: when an edition closes, each entry keeps what its factory said of itself that year."""

import enum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import lazyload

from eventapp.db import db
from eventapp.factories.models import Craft, Degree, Entry, EntryState, Factory, Photography, PointKind
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated

TEXTS = (
    "name",
    "products",
    "story",
    "address",
    "area",
    "access",
    "parking",
    "shoes",
    "clothes",
    "photography_note",
)
PLAIN = (
    "kana", "website", "phone", "postal_code", "lat", "lon", "min_age", "guardian_below", "infants_take_place", "languages",
    "under_roof", "toilet", "nappy_change", "noise", "insurance_list", "no_same_trade", "asks_company",
)  # fmt: skip
CHOICES: dict[str, type[enum.StrEnum]] = {
    "craft": Craft, "point": PointKind, "photography": Photography, "step_free": Degree, "stroller": Degree,
}  # fmt: skip


def freeze_all(edition: Edition) -> int:
    """Store texts and visit rules of every accepted entry with the entry; returns how many. For an edition that closes."""
    entries = db.session.scalars(
        select(Entry).options(lazyload(Entry.edition))
        .where(Entry.edition_id == edition.id, Entry.state == EntryState.ACCEPTED)
    ).all()  # fmt: skip
    for entry in entries:
        entry.frozen = described(entry.factory)
    return len(entries)


def thaw_all(edition: Edition) -> None:
    """Forget what was frozen: the edition was closed by mistake and shows its factories as they are again."""
    db.session.execute(update(Entry).where(Entry.edition_id == edition.id).values(frozen={}))


def described(factory: Factory) -> dict[str, Any]:
    """Everything a visitor reads of a factory, as plain data."""
    return {
        **{field: dict(getattr(factory, field)) for field in TEXTS},
        **{field: getattr(factory, field) for field in PLAIN},
        **{field: getattr(factory, field) for field in CHOICES},
    }


class AsItWas:
    """A factory as it was when the edition closed; what is not frozen (photos, address of the page) is today's."""

    def __init__(self, factory: Factory, frozen: dict[str, Any]) -> None:
        self._factory = factory
        self._frozen = frozen

    def __getattr__(self, name: str) -> Any:
        if name not in self._frozen:
            return getattr(self._factory, name)
        value = self._frozen[name]
        if name in TEXTS:
            return Translated(value)
        return CHOICES[name](value) if name in CHOICES and value is not None else value


def shown_factory(entry: Entry) -> Factory | AsItWas:
    """The factory as the pages of this entry's edition show it: today's, or the frozen one of an archive."""
    return AsItWas(entry.factory, entry.frozen) if entry.frozen else entry.factory
