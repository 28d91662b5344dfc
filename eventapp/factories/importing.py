"""Factories and their part in an edition, out of a committee's sheet: read, compared with what is there, written at once.

A blank cell changes nothing. A factory is found again by the sheet's own id, else by name and address, so that the same
sheet goes in twice without doubles. However many rows there are, the database is asked a handful of times.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import lazyload, selectinload

from eventapp import audit, clock, text
from eventapp.db import db
from eventapp.factories import cells, hours, profiles, slugs
from eventapp.factories.cells import CellError
from eventapp.factories.hours import Day
from eventapp.factories.models import Craft, Entry, EntryState, Factory, Opening, OpeningPlace, PointKind
from eventapp.festivals import points
from eventapp.festivals.models import Edition, EditionState, Style
from eventapp.i18n import Translated, lazy

PROBLEMS: dict[str, object] = {
    **cells.PROBLEMS,
    "other_name": lazy("Row %(row)s has the same ID under another name: %(name)s."),
    "id_moved": lazy("So far this ID belonged to %(name)s, which has another name and another address."),
    "ambiguous": lazy("Several factories are called like this. Give the ID or the address."),
}
HINTS: dict[str, object] = {
    "said_before": lazy("Row %(row)s says something else about the same factory; that row counts."),
    "unknown_craft": lazy("“%(value)s” is not a craft we know; the factory can choose one."),
    "to_note": lazy("“%(value)s” is kept in the note: read it and fill in the visit rules."),
    "no_hours": lazy("Days without hours are not stored."),
    "kept_point": lazy("The entrance is known already, so the rough point is left out."),
}


@dataclass(frozen=True)
class Remark:
    """Something to tell about one cell, or about the whole row where `column` is empty. Only a problem `blocks`."""

    column: str
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    blocks: bool = True


@dataclass(frozen=True)
class Change:
    """One column of something that is there already: what it says and what it will say."""

    column: str
    before: str
    after: str


Reader = Callable[[str], Any]
TEXTS: dict[str, tuple[str, str, Reader]] = {  # column of the sheet: (column of Factory, language, reader)
    f"{name}{ending}": (name, code, (cells.block if name == "story" else cells.line)(most))
    for name, most in (("name", 120), ("products", 300), ("story", 6000), ("address", 200), ("area", 60), ("access", 600),
                       ("parking", 300), ("shoes", 200), ("clothes", 200), ("photography_note", 300))
    for ending, code in (("", "ja"), ("_en", "en"))
}  # fmt: skip
PLAIN: dict[str, Reader] = {
    "kana": cells.read_kana, "postal_code": cells.read_postal_code, "website": cells.read_website, "phone": cells.read_phone,
    "email": cells.read_email, "guardian_below": cells.number(0, 99), "infants_take_place": cells.read_yes_no,
    "languages": cells.read_languages, "step_free": cells.read_degree, "stroller": cells.read_degree,
    "under_roof": cells.read_yes_no, "toilet": cells.read_yes_no, "nappy_change": cells.read_yes_no,
    "noise": cells.number(0, 3), "insurance_list": cells.read_yes_no, "no_same_trade": cells.read_yes_no,
    "asks_company": cells.read_yes_no,
}  # fmt: skip
ALIKE = 0.5  # of two names: half of their letters in the same order
LONGEST_NOTE = 4000
LONGEST_ID = 100


@dataclass
class Part:
    """What one row says of a factory and its entry. Texts are pieces: {"ja": ...} alone leaves the English as it is."""

    row: int
    key: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    days: dict[date, Day] | None = None
    entry: dict[str, Any] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    search_key: str = ""

    @property
    def name(self) -> str:
        name = self.values.get("name", {})
        return name.get("ja") or name.get("en") or ""

    def read(self, column: str, cell: str, reader: Reader) -> Any:
        """The cell's value; a problem beside the row, and None, where nothing can be made of it."""
        try:
            return reader(cell)
        except CellError as error:
            self.remarks.append(Remark(column, error.code, error.values))
            return None

    def note(self, words: str) -> None:
        """Keep words that no column holds, for the committee."""
        self.values["import_note"] = "\n".join(filter(None, (self.values.get("import_note"), words)))[
            :LONGEST_NOTE
        ]


def read_part(row: int, given: Mapping[str, str], held_on: Sequence[date], today: date) -> Part:
    """One row's cells, blank ones left out, by column."""
    part = Part(row, key=given.get("id", "")[:LONGEST_ID])
    for column, (name, code, reader) in TEXTS.items():
        if column in given and (value := part.read(column, given[column], reader)):
            part.values.setdefault(name, {})[code] = value
    for column, reader in PLAIN.items():
        if column in given:
            _put(part, column, part.read(column, given[column], reader))
    if "notes" in given:
        part.note(given["notes"])
    _read_address(part, given)
    _read_point(part, given)
    _read_rules(part, given)
    _read_days(part, given, held_on, today)
    return part


def _put(part: Part, column: str, value: Any) -> None:
    if value is not None:
        part.values[column] = value


def _read_address(part: Part, given: Mapping[str, str]) -> None:
    """Prefecture and city in columns of their own come before an address that does not begin with them."""
    address = part.values.get("address", {}).get("ja", "")
    if not address:
        return
    for before in (given.get("city", ""), given.get("pref", "")):
        if before and before not in address:
            address = f"{before}{address}"
    part.values["address"] = {**part.values["address"], "ja": address[:200]}


def _read_point(part: Part, given: Mapping[str, str]) -> None:
    for lat, lon, kind in (("lat", "lon", PointKind.EXACT), ("town_lat", "town_lon", PointKind.TOWN)):
        if (lat in given) != (lon in given):
            part.remarks.append(Remark(lat if lon in given else lon, "half_a_point"))
        elif lat in given and "point" not in part.values:
            _put_point(part, part.read(lat, given[lat], partial(cells.read_point, lon=given[lon])), kind)
    if "point" in given and part.values.get("point") != PointKind.EXACT:
        _put_point(part, part.read("point", given["point"], cells.read_map_link), PointKind.EXACT)


def _put_point(part: Part, point: points.Point | None, kind: PointKind) -> None:
    if point is not None:
        part.values |= {"lat": point.lat, "lon": point.lon, "point": kind}


def _read_rules(part: Part, given: Mapping[str, str]) -> None:
    """What people write about age, photos and craft in their own words; more than we can store goes into notes."""
    if "min_age" in given:
        youngest, guardian, said_all = cells.read_ages(given["min_age"])
        _put(part, "min_age", youngest)
        if "guardian_below" not in given:
            _put(part, "guardian_below", guardian)
        if not said_all:
            part.note(given["min_age"])
            part.remarks.append(
                Remark("min_age", "to_note", {"value": cells.shorten(given["min_age"])}, blocks=False)
            )
    if "photography" in given:
        allowed, words = cells.read_photography(given["photography"])
        _put(part, "photography", allowed)
        if words and "photography_note" not in part.values:
            part.values["photography_note"] = {"ja" if cells.is_japanese(words) else "en": words[:300]}
    if "craft" in given:
        craft = cells.read_craft(given["craft"])
        _put(part, "craft", craft)
        if craft is None and cells.plain(given["craft"]) not in cells.SAYS_NOTHING:
            part.remarks.append(
                Remark("craft", "unknown_craft", {"value": cells.shorten(given["craft"])}, blocks=False)
            )


def _read_days(part: Part, given: Mapping[str, str], held_on: Sequence[date], today: date) -> None:
    days: Sequence[date] | None = held_on
    if "open_days" in given:
        days = part.read("open_days", given["open_days"], lambda cell: cells.read_days(cell, held_on, today))
    if (
        "open_hours" in given
    ):  # looked at even where the days cannot be read, so that every problem is told at once
        part.days = part.read(
            "open_hours",
            given["open_hours"],
            lambda cell: cells.read_hours(cell, days or held_on, held_on, today),
        )
    elif days is not None and "open_days" in given:
        part.remarks.append(Remark("open_days", "no_hours", blocks=False))
    for column, code in (("message", "ja"), ("message_en", "en")):
        if column in given and (value := part.read(column, given[column], cells.line(500))):
            part.entry.setdefault("message", {})[code] = value
    if "last_entry" in given:
        minutes = part.read("last_entry", given["last_entry"], cells.number(0, 240))
        if minutes is not None:
            part.entry["last_entry_minutes"] = minutes


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


# Writing


def write(joinings: Sequence[Joining], known: Known, edition: Edition, *, by: audit.Actor | str) -> None:
    """Make and change factories, entries and hours: all of them, in the caller's transaction, in a few statements.

    Afterwards every joining has its factory and its entry.
    """
    _write_factories(joinings, known, edition, by)
    _write_entries(joinings, edition, by)
    db.session.execute(
        update(Edition).where(Edition.festival_id == edition.festival_id, Edition.state != EditionState.CLOSED)
        .values(content_version=Edition.content_version + 1).execution_options(synchronize_session=False)
    )  # fmt: skip


def _write_factories(
    joinings: Sequence[Joining], known: Known, edition: Edition, by: audit.Actor | str
) -> None:
    taken = {one.slug for one in known.factories}
    now = clock.now()
    for one in joinings:
        if one.factory is None:
            one.factory = _new_factory(one, edition.festival_id, taken)
            db.session.add(one.factory)
        elif one.values:
            for column, value in one.values.items():
                setattr(one.factory, column, value)
            one.factory.version += 1
            one.factory.updated_at = now
            one.factory.search_key = profiles.make_search_key(one.factory)
        else:
            continue
    db.session.flush()  # codes and ids of the new ones
    for one in joinings:
        if one.factory is not None and one.values:
            details = {change.column: [change.before, change.after] for change in one.changes}
            audit.record("factory.imported", f"factory:{one.factory.code}", festival_id=edition.festival_id, by=by,
                         details=details or {"name": dict(one.factory.name)})  # fmt: skip


def _new_factory(one: Joining, festival_id: int, taken: set[str]) -> Factory:
    name = one.values["name"]
    latin = name.get("en", "") or (name.get("ja", "") if name.get("ja", "").isascii() else "")
    slug = slugs.free_slug(slugs.plain_slug(name_en=latin, kana=one.values.get("kana", "")), taken)
    taken.add(slug)
    now = clock.now()
    prepare(one.part)
    return Factory(festival_id=festival_id, slug=slug, created_at=now, updated_at=now, version=1, search_key=one.part.search_key,
                   **_whole(one.values))  # fmt: skip


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a factory that is not there yet: what is not said is blank."""
    given = {**{column: {} for column in profiles.TEXTS}, "craft": Craft.OTHER, "kana": "", **values}
    return {
        column: Translated(value) if column in profiles.TEXTS else value for column, value in given.items()
    }


def prepare(part: Part) -> None:
    """Make the search key that a new factory of this row would have: slow, so before the database is held for writing."""
    if not part.search_key:
        part.search_key = profiles.make_search_key(Factory(**_whole(part.values)))


def _write_entries(joinings: Sequence[Joining], edition: Edition, by: audit.Actor | str) -> None:
    place = OpeningPlace.BOOTH if edition.style == Style.GATHERING else OpeningPlace.ENTRANCE
    joined = []
    for one in joinings:
        if one.factory is not None and one.entry is None:
            one.entry = Entry(factory_id=one.factory.id, edition_id=edition.id, state=EntryState.ACCEPTED, created_at=clock.now(),
                              at_factory=edition.style != Style.GATHERING, version=1,
                              message=Translated(one.part.entry.get("message", {})),
                              last_entry_minutes=one.part.entry.get("last_entry_minutes", 0))  # fmt: skip
            db.session.add(one.entry)
            joined.append(one)
        elif one.entry is not None and one.entry_changes:
            _change_entry(one, one.entry, place)
    db.session.flush()  # ids of the new ones
    fresh = [
        {"entry_id": one.entry.id, "date": day, "place": place, "opens": stretch.opens, "closes": stretch.closes}
        for one in joined if one.entry is not None
        for day, stretches in sorted((one.part.days or {}).items()) for stretch in stretches
    ]  # fmt: skip
    if fresh:
        db.session.execute(insert(Opening), fresh)  # thousands in one statement
    new = {id(one) for one in joined}
    for one in joinings:
        if one.factory is not None and (id(one) in new or one.entry_changes):
            _record_entry(one, one.factory, edition, "entry.joined" if id(one) in new else "entry.edited", by)
    db.session.flush()


def _change_entry(one: Joining, entry: Entry, place: OpeningPlace) -> None:
    if any(change.column == "open_hours" for change in one.entry_changes) and one.part.days is not None:
        kept = [opening for opening in entry.openings if opening.place != place]
        fresh = [Opening(date=day, place=place, opens=stretch.opens, closes=stretch.closes)
                 for day, stretches in sorted(one.part.days.items()) for stretch in stretches]  # fmt: skip
        entry.openings = [*kept, *fresh]
    if "message" in one.part.entry:
        entry.message = Translated({**entry.message, **one.part.entry["message"]})
    if "last_entry_minutes" in one.part.entry:
        entry.last_entry_minutes = one.part.entry["last_entry_minutes"]
    entry.version += 1


def _record_entry(
    one: Joining, factory: Factory, edition: Edition, action: str, by: audit.Actor | str
) -> None:
    details = {change.column: [change.before, change.after] for change in one.entry_changes}
    audit.record(action, f"factory:{factory.code}", festival_id=edition.festival_id, by=by,
                 details={"edition": edition.slug, **details})  # fmt: skip
