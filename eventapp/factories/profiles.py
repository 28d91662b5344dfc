"""The profile of a factory: made, edited, found again. It stays across years; editions it is in learn of every change."""

import enum
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from eventapp import audit, clock, text
from eventapp.db import db
from eventapp.factories.models import Craft, Entry, Factory
from eventapp.factories.slugs import make_slug
from eventapp.factories.words import CRAFTS
from eventapp.festivals import editions
from eventapp.festivals.models import Edition, EditionState, Festival
from eventapp.i18n import LANGUAGES, RuleError, Translated, lazy, use_language

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
EDITABLE = frozenset(
    {*TEXTS, "kana", "craft", "website", "phone", "email", "postal_code", "lat", "lon", "point", "min_age", "guardian_below",
     "infants_take_place", "photography", "languages", "step_free", "stroller", "under_roof", "toilet", "nappy_change", "noise",
     "insurance_list", "no_same_trade", "asks_company", "import_key", "import_note"}
)  # fmt: skip


class ProfileError(RuleError):
    """The profile cannot be like this."""


def create(
    festival: Festival, values: Mapping[str, Any], *, by: audit.Actor | str, slug: str = ""
) -> Factory:
    """A new factory of the festival. Only a name is needed; `values` are columns of Factory. Raises ProfileError."""
    name = Translated(values.get("name") or {})
    _check_name(name)
    now = clock.now()
    slug = slug or make_slug(festival.id, name_en=name.get("en", ""), kana=values.get("kana") or "")
    empty = {each: Translated({}) for each in TEXTS}
    factory = Factory(
        festival_id=festival.id, slug=slug, created_at=now, updated_at=now, **{**empty, **_checked(values)}
    )
    db.session.add(factory)
    db.session.flush()  # its code and its defaults are asked for at once
    factory.search_key = make_search_key(factory)
    audit.record(
        "factory.created",
        f"factory:{factory.code}",
        festival_id=festival.id,
        by=by,
        details={"name": dict(name)},
    )
    return factory


def edit(factory: Factory, values: Mapping[str, Any], *, by: audit.Actor | str) -> dict[str, Any]:
    """Change these columns; returns what changed, {column: [before, after]}, and does nothing where nothing did.

    Call `lock(factory)` before, where two people may be at it. Raises ProfileError.
    """
    values = _checked(values)
    if "name" in values:
        _check_name(values["name"])
    before = {key: plain(getattr(factory, key)) for key in values}
    changed = audit.change(before, {key: plain(value) for key, value in values.items()})
    if not changed:
        return {}
    for key in changed:
        setattr(factory, key, values[key])
    note_change(factory)
    audit.record(
        "factory.edited", f"factory:{factory.code}", festival_id=factory.festival_id, by=by, details=changed
    )
    return changed


def note_change(factory: Factory) -> None:
    """Something that visitors see of this factory is different now: version, search key and cached pages follow."""
    factory.version += 1
    factory.updated_at = clock.now()
    factory.search_key = make_search_key(factory)
    touch_editions(factory)


def lock(factory: Factory) -> None:
    """Hold the factory's row until the end of the transaction and read it afresh: nobody else saves in between."""
    db.session.execute(
        update(Factory).where(Factory.id == factory.id).values(version=Factory.version)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    db.session.refresh(factory)


def touch_editions(factory: Factory) -> None:
    """Cached pages of every living edition the factory is in are made anew; closed ones show what was frozen."""
    living = select(Edition).join(Entry, Entry.edition_id == Edition.id)
    for edition in db.session.scalars(
        living.where(Entry.factory_id == factory.id, Edition.state != EditionState.CLOSED)
    ):
        editions.touch(edition)


def make_search_key(factory: Factory) -> str:
    """Everything a visitor may look for, in every language, the name of the craft included."""
    words: list[object] = [factory.kana, factory.craft.value]
    for code in LANGUAGES:
        with use_language(code):
            words.append(str(CRAFTS[factory.craft]))
        words += [
            getattr(factory, column).get(code) for column in ("name", "products", "area", "address", "story")
        ]
    return text.search_key(*words)


def search(festival_id: int, query: str, *, not_in: Edition | None = None, limit: int = 30) -> list[Factory]:
    """Factories of a festival whose key holds every word of the query, by kana; without those that are in an edition."""
    found = select(Factory).where(Factory.festival_id == festival_id)
    for term in text.search_terms(query):
        found = found.where(Factory.search_key.contains(term, autoescape=True))
    if not_in is not None:
        found = found.where(Factory.id.not_in(select(Entry.factory_id).where(Entry.edition_id == not_in.id)))
    return list(db.session.scalars(found.order_by(Factory.kana, Factory.id).limit(limit)))


def plain(value: Any) -> Any:
    """A column's value as the history keeps it."""
    return (
        value.value
        if isinstance(value, enum.Enum)
        else dict(value)
        if isinstance(value, Translated)
        else value
    )


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - EDITABLE:
        raise ValueError(f"not columns of a profile: {sorted(unknown)}")
    kept: dict[str, Any] = {
        key: Translated(value or {}) if key in TEXTS else value for key, value in values.items()
    }
    if "craft" in kept:
        kept["craft"] = Craft(kept["craft"] or Craft.OTHER)
    return kept


def _check_name(name: Translated) -> None:
    if not name:
        raise ProfileError(lazy("A factory needs a name."))
