"""Reads the texts of the made-up town (`factories.toml`, `committee.toml`) into typed values.

The texts stand in TOML so that people who write can change them without touching code. Everything that
depends on the drawn streets (addresses, points, walking minutes) is added by `town.py`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from eventapp.demo import kinds
from eventapp.demo.kinds import (
    OpeningHours,
    SlotPattern,
    Text,
    TownProgramme,
    Visit,
    VisitRules,
    Window,
)

HERE = Path(__file__).parent
EMPTY = Text("", "")
_DAYS = {"sat": (0,), "sun": (1,), "both": (0, 1)}
_Name = TypeVar("_Name")


@dataclass(frozen=True)
class FactoryTexts:
    """What a factory says about itself, before it has a place in the drawn town."""

    key: str
    near: tuple[float, float]
    name: Text
    kana: str
    craft: kinds.Craft
    cluster: kinds.Cluster
    founded: int
    people: int
    approximate: bool
    products: Text
    story: Text
    access: Text
    parking: Text
    parking_cars: int
    rules: VisitRules
    hours: tuple[OpeningHours, ...]
    programmes: tuple[TownProgramme, ...]
    booth: int | None
    photos: int


def read_factories() -> list[FactoryTexts]:
    """The factories in the order of the file."""
    return [_factory(raw) for raw in _read("factories.toml")["factory"]]


def read_committee() -> dict[str, Any]:
    """The tables of `committee.toml` as they stand; `town.py` gives them types and places."""
    return _read("committee.toml")


def text(raw: list[str] | None) -> Text:
    """A pair of texts, or two empty ones."""
    return Text(*raw) if raw else EMPTY


def hours(lines: list[str]) -> tuple[OpeningHours, ...]:
    """Opening hours from lines such as "both 10:00-12:00 13:00-16:00 last 15:30".

    The last entry counts for the day; a window that ends earlier takes people until half an hour before.
    """
    found: dict[int, tuple[Window, ...]] = {}
    for line in lines:
        day, *rest = line.split()
        last = _clock(rest[rest.index("last") + 1])
        spans = [tuple(_clock(part) for part in span.split("-")) for span in rest if "-" in span]
        windows = tuple(Window(a, b, last if i == len(spans) - 1 else _half_hour_before(b))
                        for i, (a, b) in enumerate(spans))  # fmt: skip
        found |= dict.fromkeys(_DAYS[day], windows)
    return tuple(OpeningHours(day, found[day]) for day in sorted(found))


def slots(lines: list[str]) -> tuple[SlotPattern, ...]:
    """Slot patterns from lines such as "both 10:00 13:30 +2"."""
    found: dict[int, tuple[time, ...]] = {}
    for line in lines:
        day, *rest = line.split()
        starts = tuple(_clock(start) for start in rest if not start.startswith("+"))
        found |= dict.fromkeys(_DAYS[day], starts)
    return tuple(SlotPattern(day, found[day]) for day in sorted(found))


def programme(raw: dict[str, Any], key: str, host: kinds.ProgrammeHost, place: str) -> TownProgramme:
    """One programme, with the settings most of them share left out of the file."""
    lines = raw.get("slots", [])
    kept = re.search(r"\+(\d+)", " ".join(lines))
    return TownProgramme(
        key=key,
        kind=_one_of(raw["kind"], kinds.ProgrammeKind),
        host=host,
        place=_one_of(raw.get("place", place), kinds.ProgrammePlace),
        entry=_one_of(raw.get("entry", "timed"), kinds.EntryMode),
        title=text(raw["title"]),
        description=text(raw["text"]),
        minutes=raw["minutes"],
        capacity=raw.get("capacity"),
        walk_in_places=int(kept[1]) if kept else 0,
        price_yen=raw.get("yen", 0),
        languages=tuple(raw.get("languages", ["ja"])),
        min_age=raw.get("min_age", 0),
        companion=_one_of(raw.get("companion", "guardian_under_13"), kinds.Companion),
        insurance_list=raw.get("insurance", False),
        bring=text(raw.get("bring")),
        slots=slots(lines),
        visits=tuple(_visit(line) for line in raw.get("visits", [])),
        meeting_place=raw.get("meet"),
        demand=raw.get("demand", 0.0),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _factory(raw: dict[str, Any]) -> FactoryTexts:
    x, y = raw["near"]
    return FactoryTexts(
        key=raw["key"],
        near=(x, y),
        name=text(raw["name"]),
        kana=raw["kana"],
        craft=_one_of(raw["craft"], kinds.Craft),
        cluster=_one_of(raw["cluster"], kinds.Cluster),
        founded=raw["founded"],
        people=raw["people"],
        approximate=raw.get("approximate", False),
        products=text(raw["products"]),
        story=text(raw["story"]),
        access=text(raw["access"]),
        parking=text(raw["parking"]),
        parking_cars=raw.get("parking_cars", 0),
        rules=_rules(raw["rules"]),
        hours=hours(raw["hours"]),
        programmes=_programmes(raw),
        booth=raw.get("booth"),
        photos=raw.get("photos", 2),
    )


def _programmes(raw: dict[str, Any]) -> tuple[TownProgramme, ...]:
    """A factory's programmes; one without an age or a companion rule of its own has the factory's."""
    shared = {key: raw["rules"][key] for key in ("min_age", "companion") if key in raw["rules"]}
    return tuple(
        programme({**shared, **one}, f"{raw['key']}-{number}", "factory", "entrance")
        for number, one in enumerate(raw["programme"], 1)
    )


def _rules(raw: dict[str, Any]) -> VisitRules:
    return VisitRules(
        min_age=raw.get("min_age", 0),
        companion=_one_of(raw["companion"], kinds.Companion),
        infants_take_place=raw.get("infants_take_place", False),
        shoes=_one_of(raw["shoes"], kinds.Shoes),
        clothes=_one_of(raw["clothes"], kinds.Clothes),
        photography=_one_of(raw["photography"], kinds.Photography),
        languages=tuple(raw.get("languages", ["ja"])),
        step_free=_one_of(raw["step_free"], kinds.StepFree),
        stroller=raw["stroller"],
        under_roof=raw.get("under_roof", True),
        toilet=raw.get("toilet", True),
        nappy_change=raw.get("nappy_change", False),
        noise=raw["noise"],
        insurance_list=raw.get("insurance_list", False),
        no_same_trade=raw.get("no_same_trade", False),
        asks_company=raw.get("asks_company", False),
        note=text(raw.get("note")),
    )


def _one_of(value: str, names: _Name) -> Any:
    """The value, if it is one of a Literal's names; a slip in the file stops the demo from being made."""
    if value not in get_args(names):
        raise ValueError(f"{value!r} is none of {get_args(names)}")
    return cast(Any, value)


def _visit(line: str) -> Visit:
    factory, after, stay = line.split()
    return Visit(factory, int(after), int(stay))


def _clock(value: str) -> time:
    hour, minute = value.split(":")
    return time(int(hour), int(minute))


def _half_hour_before(moment: time) -> time:
    minutes = moment.hour * 60 + moment.minute - 30
    return time(minutes // 60, minutes % 60)
