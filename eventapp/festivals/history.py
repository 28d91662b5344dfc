"""History in sentences: what each action means, by whom, about what, with what changed before and after."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select

from eventapp.audit import Line
from eventapp.festivals.history_words import ACTIONS, AREAS, FIELDS, VALUES
from eventapp.festivals.models import Role
from eventapp.i18n import Translated, lazy

ABOUT_VISITORS = (
    "booking.",
    "reservation.",
    "links.",
    "mail.",
    "card.",
)  # not for readers: the town hall, sponsors
LONGEST_VALUE = 160
LISTS = frozenset({"days", "starts"})  # two of these are two, and no before and after


class Change(NamedTuple):
    """One detail of a line: what it is called, before (None: there was no before) and after."""

    label: object
    before: str | None
    after: str


class Shown(NamedTuple):
    """One line as it is read."""

    line: Line
    sentence: object
    about: str
    changes: list[Change]


def select_lines(festival_id: int, role: Role, *, area: str = "", words: str = "") -> Select[Line]:
    """The lines this organizer may read, the newest first; of one area, or with these words."""
    query = select(Line).where(Line.festival_id == festival_id)
    if role is Role.READER:
        for prefix in ABOUT_VISITORS:
            query = query.where(Line.action.not_like(f"{prefix}%"))
    if area in AREAS:
        query = query.where(Line.action.startswith(f"{area}.", autoescape=True))
    if words:
        query = query.where(
            or_(Line.by.icontains(words, autoescape=True), Line.subject.icontains(words, autoescape=True))
        )
    return query.order_by(Line.at.desc(), Line.id.desc())


def show(line: Line, zone: ZoneInfo, names: Mapping[str, str] | None = None) -> Shown:
    """A line in words, moments in wall time of `zone`, codes by their `names` as far as they have one.

    An action nobody has written a sentence for is shown as it is.
    """
    names = names or {}
    details = dict(line.details)
    kind, _colon, code = line.subject.partition(":")
    named = details.get("name") or details.get("title")
    if isinstance(named, (str, dict)) and kind not in {"edition", "festival"}:
        about = _plain(named, zone)
        details.pop("name", None), details.pop("title", None)
    else:
        about = names.get(code, code)
    return Shown(
        line, ACTIONS.get(line.action, line.action), about, list(_changes(_named(details, names), zone))
    )


def _named(details: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The slots that a line mentions, by their time: `slot` is one, or one before and one after; `slots` are several."""
    named = dict(details)
    if isinstance(slot := details.get("slot"), str):
        named["slot"] = names.get(slot, slot)
    elif isinstance(slot, list):
        named["slot"] = [names.get(str(one), one) for one in slot]
    if isinstance(several := details.get("slots"), list):
        named["slots"] = ", ".join(names.get(str(one), str(one)) for one in several)
    return named


def _changes(details: dict[str, Any], zone: ZoneInfo) -> Iterator[Change]:
    for key, value in details.items():
        label = FIELDS.get(key, key)
        pair = (
            isinstance(value, list)
            and len(value) == 2
            and (key not in LISTS or all(isinstance(one, list) for one in value))
            and key != "stops"
        )
        before, after = value if pair else (None, value)
        yield Change(label, _value(key, before, zone) if pair else None, _value(key, after, zone))


def _value(key: str, value: Any, zone: ZoneInfo) -> str:
    words = VALUES.get(key, {})
    return str(words[value]) if isinstance(value, str) and value in words else _plain(value, zone)


def _plain(value: Any, zone: ZoneInfo) -> str:
    if value is None or value == "" or value == {} or value == []:
        return "—"
    if isinstance(value, bool):
        return str(lazy("Yes") if value else lazy("No"))
    if isinstance(value, dict):
        languages = set(value) <= {"ja", "en"}
        text = (
            str(Translated(value))
            if languages
            else ", ".join(f"{key}: {_plain(one, zone)}" for key, one in value.items())
        )
    elif isinstance(value, list):
        text = ", ".join(_plain(one, zone) for one in value)
    else:
        text = _moment(str(value), zone)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"


def _moment(text: str, zone: ZoneInfo) -> str:
    """A moment that was written down in UTC as the clocks of `zone` showed it; any other text as it is."""
    if not _MOMENT.fullmatch(text):
        return text
    shown = f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return shown.removesuffix(":00")


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")
