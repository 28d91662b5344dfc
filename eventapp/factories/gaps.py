"""What is still missing on a factory and on its entry, as data that leads to the very field. Both desks show the same list."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from eventapp.db import db
from eventapp.factories.models import Entry, EntryState, Factory, OpeningPlace, PointKind
from eventapp.festivals.models import Edition, Style
from eventapp.i18n import lazy


@dataclass(frozen=True)
class Gap:
    """One thing that is missing. `path` opens the field itself; `needed` says whether visitors would really miss it."""

    code: str
    text: object  # what to do, for the reader
    path: str
    needed: bool = True
    by_committee: bool = False  # only the committee can mend it

    @property
    def page(self) -> str:
        """The page without the field."""
        return self.path.partition("#")[0]


class Progress(NamedTuple):
    """How far a factory has come: so many of so many."""

    done: int
    total: int


class _Check(NamedTuple):
    code: str
    text: object
    page: str  # under /factory/<code>/, with the field
    is_missing: Callable[[Factory], bool]
    needed: bool = True


OF_A_FACTORY = (
    _Check("kana", lazy("Write the reading in kana: lists are sorted by it"), "profile/names#kana", lambda it: not it.kana),
    _Check("name_en", lazy("Write the name in English"), "profile/names#name-en", lambda it: not it.name.get("en")),
    _Check("products", lazy("Say what you make"), "profile/story#products-ja", lambda it: not it.products),
    _Check("products_en", lazy("Say in English what you make"), "profile/story#products-en", lambda it: not it.products.get("en"), False),
    _Check("story", lazy("Tell your story"), "profile/story#story-ja", lambda it: not it.story, False),
    _Check("photos", lazy("Add a picture"), "photos#photos", lambda it: not it.photos),
    _Check("photo_alt", lazy("Say in words what your pictures show"), "photos#pictures",
           lambda it: any(not photo.alt for photo in it.photos), False),
    _Check("contact", lazy("Leave the committee a telephone number or an e-mail address"), "profile/contact#phone",
           lambda it: not (it.phone or it.email)),
    _Check("address", lazy("Write the address"), "profile/entrance#address-ja", lambda it: not it.address),
    _Check("area", lazy("Say which part of town you are in"), "profile/entrance#area-ja", lambda it: not it.area, False),
    _Check("point", lazy("Show where the entrance is on the map"), "profile/entrance#point_text",
           lambda it: it.point != PointKind.EXACT or it.lat is None or it.lon is None),
    _Check("access", lazy("Say how the entrance is found"), "profile/access#access-ja", lambda it: not it.access, False),
    _Check("min_age", lazy("Say from which age visitors may come"), "profile/rules#min_age", lambda it: it.min_age is None),
    _Check("photography", lazy("Say whether visitors may take photos"), "profile/rules#photography", lambda it: it.photography is None),
    _Check("languages", lazy("Say which languages you speak"), "profile/rules#languages", lambda it: not it.languages, False),
    _Check("step_free", lazy("Say whether there are steps"), "profile/rules#step_free", lambda it: it.step_free is None, False),
    _Check("toilet", lazy("Say whether visitors can use a toilet"), "profile/rules#toilet", lambda it: it.toilet is None, False),
)  # fmt: skip
STEPS_OF_AN_ENTRY = 2  # the hours and the booth


def gaps_of(factory: Factory, entry: Entry | None = None) -> list[Gap]:
    """What is missing on a factory and, with `entry`, on its part in that edition: the most needed first."""
    gaps = [
        Gap(check.code, check.text, f"/factory/{factory.code}/{check.page}", check.needed)
        for check in OF_A_FACTORY
        if check.is_missing(factory)
    ]
    if entry is not None:
        gaps = _of_entry(entry, f"/factory/{factory.code}/entry/{entry.edition.slug}") + gaps
    return sorted(gaps, key=lambda gap: not gap.needed)


def find_gaps(edition: Edition) -> dict[int, list[Gap]]:
    """What is missing on every entry of the edition that was not withdrawn, by entry id, in three statements."""
    entries = (
        select(Entry)
        .where(Entry.edition_id == edition.id, Entry.state != EntryState.WITHDRAWN)
        .options(lazyload(Entry.edition), joinedload(Entry.factory, innerjoin=True).options(
            lazyload(Factory.festival), selectinload(Factory.photos)), selectinload(Entry.openings))
    )  # fmt: skip
    return gaps_by_entry(db.session.scalars(entries))


def gaps_by_entry(entries: Iterable[Entry]) -> dict[int, list[Gap]]:
    """The same for entries at hand, whose factory, photos and openings are loaded."""
    return {entry.id: gaps_of(entry.factory, entry) for entry in entries}


def progress(gaps: Sequence[Gap], entry: Entry | None = None) -> Progress:
    """How many of the things asked for are there."""
    total = len(OF_A_FACTORY) + (STEPS_OF_AN_ENTRY if entry is not None else 0)
    return Progress(total - len(gaps), total)


def _of_entry(entry: Entry, page: str) -> list[Gap]:
    places = {one.place for one in entry.openings}
    gaps = []
    if (entry.at_factory and OpeningPlace.ENTRANCE not in places) or (
        entry.booth_id and OpeningPlace.BOOTH not in places
    ):
        gaps.append(Gap("hours", lazy("Say on which days and at what hours you are open"), f"{page}#hours"))
    if not entry.at_factory and entry.booth_id is None and entry.edition.style != Style.CIRCUIT:
        gaps.append(
            Gap("booth", lazy("The committee has not given a booth yet"), f"{page}#booth", by_committee=True)
        )
    return gaps
