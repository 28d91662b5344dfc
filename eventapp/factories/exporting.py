"""A factory and its part in an edition as cells of a sheet, in the columns and words in which an import reads them."""

from collections.abc import Mapping
from datetime import date

from eventapp.factories import cells, hours, joining, sheet_parts
from eventapp.factories.hours import Day
from eventapp.factories.models import Entry, Factory, OpeningPlace, PointKind
from eventapp.sheets import Cell

ENTRY_STATES: dict[str, dict[str, str]] = {
    "draft": {"ja": "下書き", "en": "draft"},
    "submitted": {"ja": "申込済み", "en": "submitted"},
    "accepted": {"ja": "参加", "en": "taking part"},
    "withdrawn": {"ja": "辞退", "en": "withdrawn"},
}


def describe(factory: Factory, entry: Entry, code: str) -> dict[str, Cell]:
    """The cells of one factory by column; what was never said has none. `code` is the language of the words."""
    given: dict[str, Cell] = {"id": factory.import_key or factory.code, "notes": factory.import_note}
    for column, (name, language, _reader) in sheet_parts.TEXTS.items():
        given[column] = getattr(factory, name).get(language)
    for column in ("kana", "postal_code", "website", "phone", "email", "min_age", "guardian_below", "noise"):
        given[column] = getattr(factory, column)
    return {**given, **_words(factory, code), **_point(factory), **_part(entry, code)}


def _words(factory: Factory, code: str) -> dict[str, Cell]:
    place = 0 if code == "ja" else 1
    words: dict[str, Cell] = {
        "craft": cells.CRAFTS[factory.craft][place],
        "photography": cells.say(cells.PHOTOGRAPHY, factory.photography, code),
        "languages": ", ".join(
            cells.LANGUAGES[one][place] for one in factory.languages if one in cells.LANGUAGES
        ),
    }
    for column in ("step_free", "stroller"):
        words[column] = cells.say(cells.DEGREES, getattr(factory, column), code)
    for column in (
        "infants_take_place",
        "under_roof",
        "toilet",
        "nappy_change",
        "insurance_list",
        "no_same_trade",
        "asks_company",
    ):
        words[column] = cells.say(cells.YES_NO, getattr(factory, column), code)
    return words


def _point(factory: Factory) -> dict[str, Cell]:
    if factory.lat is None or factory.lon is None or factory.point == PointKind.NONE:
        return {}
    lat, lon = round(factory.lat, 5), round(factory.lon, 5)
    return (
        {"lat": lat, "lon": lon} if factory.point == PointKind.EXACT else {"town_lat": lat, "town_lon": lon}
    )


def _part(entry: Entry, code: str) -> dict[str, Cell]:
    days = hours.days_of(entry.openings, OpeningPlace.ENTRANCE if entry.at_factory else OpeningPlace.BOOTH)
    return {
        "open_days": ", ".join(day.isoformat() for day in days), "open_hours": _hours(days),
        "last_entry": entry.last_entry_minutes or None,
        "message": entry.message.get("ja"), "message_en": entry.message.get("en"),
        "state": ENTRY_STATES[entry.state.value][code],
        "booth": f"{entry.booth.venue.name} {entry.booth.number}" if entry.booth is not None else None,
    }  # fmt: skip


def _hours(days: Mapping[date, Day]) -> str:
    """`10:00-16:00` where every day is alike, else day by day."""
    different = set(days.values())
    return hours.show_day(different.pop()) if len(different) == 1 else joining.show_hours(days)
