"""Rows of a sheet beside the factories that are there: which one each row means, and what becomes different.

A factory is found again by the sheet's own id, else by name and address, so that the same sheet goes in twice without doubles.
However many rows there are, the database is asked a handful of times.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import lazyload, selectinload

from eventapp import text
from eventapp.db import db
from eventapp.factories import cells, hours, profiles
from eventapp.factories.models import Entry, Factory, OpeningPlace, PointKind
from eventapp.factories.sheet_parts import Part, Remark
from eventapp.festivals.models import Edition, Style
from eventapp.i18n import Translated

ALIKE = 0.5  # of two names: half of their letters in the same order


# What is there already


@lru_cache(maxsize=20_000)
def name_key(name: str) -> str:
    """By what a factory's name is recognised, its legal form left out: （株）山田製作所 and 山田製作所 株式会社 are one."""
    folded = text.search_key(name)
    for form in ("株式会社", "有限会社", "合同会社", "(株)", "(有)", "(同)"):
        folded = folded.replace(form, "")
    return "".join(folded.split())


@lru_cache(maxsize=20_000)
def address_key(address: str) -> str:
    """By what an address is recognised: 3丁目5番4号 and 3-5-4 are one, a prefecture before it does not matter."""
    folded = (
        "".join(text.search_key(address).split())
        .replace("丁目", "-")
        .replace("番地", "-")
        .replace("番", "-")
        .replace("号", "")
    )
    head, sign, rest = folded.partition("都" if folded.startswith("東京都") else "県")
    return (rest if sign and len(head) <= 3 else folded).strip("-")


@dataclass
class Known:
    """The factories of a festival and who of them takes part in an edition, read in a few statements."""

    factories: list[Factory]
    entries: dict[int, Entry]
    by_id: dict[str, Factory] = field(init=False)
    by_name: dict[str, list[Factory]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {one.code: one for one in self.factories} | {
            one.import_key: one for one in self.factories if one.import_key
        }
        self.by_name = defaultdict(list)
        for one in self.factories:
            for name in {name_key(name) for name in one.name.values()}:
                self.by_name[name].append(one)

    def find(self, part: Part) -> Factory | None:
        """The factory a row is about. Raises LookupError where several could be meant."""
        if part.key and part.key in self.by_id:
            return self.by_id[part.key]
        alike = self.by_name.get(name_key(part.name), [])
        address = address_key(part.values.get("address", {}).get("ja", ""))
        same = [one for one in alike if address and address_key(one.address.get("ja", "")) == address]
        if not same:
            same = [
                one
                for one in alike
                if not (part.key and one.import_key) and not (address and one.address.get("ja"))
            ]
        alike = same
        if len(alike) > 1:
            raise LookupError(part.name)
        return alike[0] if alike else None


def load_known(edition: Edition, *, lock: bool = False) -> Known:
    """Everything an import is compared with. `lock` holds the rows against whoever saves at the same moment."""
    factories = (
        select(Factory)
        .where(Factory.festival_id == edition.festival_id)
        .options(lazyload(Factory.festival))
        .order_by(Factory.id)
    )
    entries = (
        select(Entry).where(Entry.edition_id == edition.id).order_by(Entry.id)
        .options(lazyload(Entry.factory), lazyload(Entry.edition), selectinload(Entry.openings))
    )  # fmt: skip
    if lock:
        factories, entries = factories.with_for_update(of=Factory), entries.with_for_update(of=Entry)
    return Known(
        list(db.session.scalars(factories)), {one.factory_id: one for one in db.session.scalars(entries)}
    )


# What is to be done


@dataclass(frozen=True)
class Change:
    """One column of something that is there already: what it says and what it will say."""

    column: str
    before: str
    after: str


@dataclass
class Joining:
    """One factory of the sheet, with everything its rows say: what is there of it, and what becomes different."""

    part: Part
    factory: Factory | None
    entry: Entry | None
    changes: list[Change] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)  # of Factory, whole
    entry_changes: list[Change] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.factory is None

    @property
    def joins(self) -> bool:
        return self.entry is None

    def days(self, held_on: Sequence[date]) -> list[date]:
        """On which days the factory is open after the import; all of the edition's where nothing is said."""
        if self.part.days is not None:
            return sorted(self.part.days)
        known = {one.date for one in self.entry.openings} if self.entry is not None else set()
        return sorted(known) or list(held_on)


class Joinings:
    """Sorts rows by factory: several rows of one are its programmes. The first row says what the factory is like."""

    def __init__(self, known: Known, edition: Edition) -> None:
        self.known = known
        self.place = OpeningPlace.BOOTH if edition.style == Style.GATHERING else OpeningPlace.ENTRANCE
        self.all: list[Joining] = []
        self._by_key: dict[str, Joining] = {}
        self._by_name: dict[str, list[Joining]] = defaultdict(list)
        self._by_factory: dict[int, Joining] = {}

    def add(self, part: Part, *, goes_on: bool) -> Joining | None:
        """The factory of this row; `goes_on` says that the row has something of its own even without a name.

        None where the row is about no factory; why stands in the row's remarks.
        """
        if not part.name and not part.key:
            if goes_on and self.all:
                return self.all[-1]  # a merged cell: the name stands only in the first row
            part.remarks.append(Remark("name", "no_name"))
            return None
        if (before := self._find(part)) is not None:
            return self._again(before, part)
        if not part.name and part.key not in self.known.by_id:
            part.remarks.append(Remark("name", "no_name"))
            return None
        return self._first(part)

    def _find(self, part: Part) -> Joining | None:
        if part.key:
            return self._by_key.get(part.key)
        address = address_key(part.values.get("address", {}).get("ja", ""))
        for one in self._by_name[name_key(part.name)]:
            if not address or address == address_key(one.part.values.get("address", {}).get("ja", "")):
                return one
        return None

    def _again(self, before: Joining, part: Part) -> Joining:
        first = before.part
        if part.name and first.name and name_key(part.name) != name_key(first.name):
            part.remarks.append(
                Remark("name", "other_name", {"row": first.row, "name": cells.shorten(first.name)})
            )
        elif any(first.values.get(column) != value for column, value in part.values.items()) or (
            part.days is not None and part.days != first.days
        ):
            part.remarks.append(Remark("", "said_before", {"row": first.row}, blocks=False))
        return before

    def _first(self, part: Part) -> Joining | None:
        try:
            factory = self.known.find(part)
        except LookupError:
            part.remarks.append(Remark("name", "ambiguous"))
            return None
        if factory is not None and (before := self._by_factory.get(factory.id)) is not None:
            if not part.key or part.key == before.part.key or not before.part.key:
                return self._again(before, part)
            factory = None  # two rows with ids of their own are two factories
        if factory is not None and _is_somebody_else(factory, part):
            part.remarks.append(Remark("id", "id_moved", {"name": cells.shorten(str(factory.name))}))
        one = Joining(part, factory, self.known.entries.get(factory.id) if factory is not None else None)
        _compare(one, self.place)
        self._keep(one)
        return one

    def _keep(self, one: Joining) -> None:
        self.all.append(one)
        if one.part.key:
            self._by_key[one.part.key] = one
        self._by_name[name_key(one.part.name)].append(one)
        if one.factory is not None:
            self._by_factory[one.factory.id] = one


def _is_somebody_else(factory: Factory, part: Part) -> bool:
    """Whether an id was given to another company since: the address is another one, and the names have little in common."""
    name, address = name_key(part.name), address_key(part.values.get("address", {}).get("ja", ""))
    if not part.key or not name or (address and address == address_key(factory.address.get("ja", ""))):
        return False
    return all(
        SequenceMatcher(None, name, name_key(known)).ratio() < ALIKE for known in factory.name.values()
    )


def _compare(one: Joining, place: OpeningPlace) -> None:
    """Fill in what becomes different; for a factory that is not there yet, everything it will have."""
    part, factory = one.part, one.factory
    wanted = dict(part.values)
    if part.key and (factory is None or (factory.import_key is None and part.key != factory.code)):
        wanted["import_key"] = part.key
    if factory is not None and factory.point == PointKind.EXACT and wanted.get("point") == PointKind.TOWN:
        for column in ("lat", "lon", "point"):
            wanted.pop(column)
        part.remarks.append(Remark("town_lat", "kept_point", blocks=False))
    for column, value in wanted.items():
        before = getattr(factory, column) if factory is not None else None
        after = Translated({**(before or {}), **value}) if column in profiles.TEXTS else value
        if column == "kana" and before:
            before = cells.read_kana(before) if cells.read_kana(before) == after else before
        if factory is None or not is_same(before, after):
            one.values[column] = after
            if factory is not None:
                one.changes += told(column, before, after)
    if one.entry is not None:
        _compare_entry(one, one.entry, place)


def _compare_entry(one: Joining, entry: Entry, place: OpeningPlace) -> None:
    if one.part.days is not None:
        before, after = hours.days_of(entry.openings, place), dict(sorted(one.part.days.items()))
        if before != after:
            one.entry_changes.append(Change("open_hours", show_hours(before), show_hours(after)))
    for column, value in one.part.entry.items():
        old = getattr(entry, column)
        new = Translated({**old, **value}) if column == "message" else value
        if not is_same(old, new):
            one.entry_changes += told(column, old, new)


def is_same(before: Any, after: Any) -> bool:
    """Whether nothing changes: white space around a stored text and centimetres of a point do not count."""
    if isinstance(before, float) and isinstance(after, float):
        return round(before, 5) == round(after, 5)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {key: words.strip() for key, words in before.items() if words} == {
            key: words for key, words in after.items() if words
        }
    return bool((before.strip() if isinstance(before, str) else before) == after)


def told(column: str, before: Any, after: Any) -> list[Change]:
    """The difference in the sheet's columns, shortened for a list."""
    if isinstance(after, Translated):
        pairs = [(code, (before or {}).get(code, ""), after.get(code, "")) for code in after]
        return [Change(column if code == "ja" else f"{column}_{code}", cells.shorten(old), cells.shorten(new))
                for code, old, new in pairs if old.strip() != new]  # fmt: skip
    column = {"import_note": "notes", "import_key": "id", "last_entry_minutes": "last_entry"}.get(
        column, column
    )
    return [Change(column, cells.shorten(_spoken(before)), cells.shorten(_spoken(after)))]


def _spoken(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "○" if value else "×"
    if isinstance(value, float):
        return f"{value:.5f}"
    return "" if value is None else str(value)


def show_hours(days: Mapping[date, Iterable[hours.Stretch]]) -> str:
    """Hours as `cells.read_hours` reads them: day by day."""
    return "; ".join(
        f"{day.isoformat()} {hours.show_day(stretches)}" for day, stretches in sorted(days.items())
    )
