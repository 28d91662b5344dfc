"""What the committee sets about a rally besides its stations: times and texts, courses, prizes, desks.

Every change that a scan is judged by goes through `rules.touch()` first.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from eventapp import audit, clock
from eventapp.db import NotThere, db
from eventapp.factories import hours
from eventapp.festivals import dates
from eventapp.festivals.models import Venue
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.stamps import stations
from eventapp.stamps.models import (
    Claim,
    Desk,
    DeskStock,
    Escrow,
    Prize,
    PrizeKind,
    Rally,
    RallyCourse,
    Station,
)
from eventapp.stamps.rules import opening_of, touch

Hours = list[list[str]]  # [["2026-11-28", "10:00", "16:00"]]
MOST_HOURS = 60


class ArrangeError(RuleError):
    """It cannot be set like that. `field` names the field of the form that it is about."""

    def __init__(self, message: object, field: str = "") -> None:
        super().__init__(message)
        self.field = field


# --- the rally -----------------------------------------------------------------------------------------------------


def change_rally(rally: Rally, values: dict[str, Any], *, by: audit.Actor | str) -> None:
    """Change name, introduction, times, `most_per_step` or overlay. Raises ArrangeError where it would close before it opens."""
    touch(rally.id)
    changed = sorted(key for key, value in values.items() if getattr(rally, key) != value)
    for key in changed:
        setattr(rally, key, values[key])
    opens_at, closes_at = opening_of(rally)
    if opens_at >= closes_at:
        raise ArrangeError(lazy("The rally must close after it opens."), "closes_at")
    if rally.claims_until is not None and rally.claims_until <= opens_at:
        raise ArrangeError(lazy("Prizes must be handed over after the opening."), "claims_until")
    rally.version += 1
    if changed:
        _record("rally.changed", rally, by, {"fields": changed})


def add_everything(rally: Rally, *, by: audit.Actor | str) -> list[Station]:
    """A station for every accepted entry and for every venue that has none yet."""
    made = stations.add_missing(rally, by=by)
    with_one = select(Station.venue_id).where(Station.rally_id == rally.id, Station.venue_id.is_not(None))
    venues = db.session.scalars(
        select(Venue)
        .where(Venue.edition_id == rally.edition_id, Venue.id.not_in(with_one))
        .order_by(Venue.id)
    )
    return made + [stations.add_station(rally, by=by, venue=venue) for venue in venues.all()]


# --- hours as they are typed ---------------------------------------------------------------------------------------


def parse_hours(text: str, days: Sequence[date]) -> Hours:
    """One line for a day, `11/28 10:00-12:00, 13:00-16:00`; without a day the hours hold on every day. Raises RuleError."""
    found: Hours = []
    for line in unicodedata.normalize("NFKC", text).splitlines():
        if not line.strip():
            continue
        on, stretches = _day_and_hours(line.strip(), days)
        found += [
            [day.isoformat(), hours.show_time(one.opens), hours.show_time(one.closes)]
            for day in on
            for one in stretches
        ]
    if len(found) > MOST_HOURS:
        raise ArrangeError(lazy("These are too many lines."), "hours")
    return [[day, _padded(opens), _padded(closes)] for day, opens, closes in found]


def _day_and_hours(line: str, days: Sequence[date]) -> tuple[Sequence[date], hours.Day]:
    named, _space, rest = line.partition(" ")
    if rest and not re.match(r"\d{1,2}(:\d\d|時)", named):
        return dates.parse_dates(named, today=min(days, default=clock.now().date())), hours.parse_day(rest)
    return days, hours.parse_day(line)


def _padded(shown: str) -> str:
    return shown if len(shown) == 5 else f"0{shown}"


def show_hours(stored: Sequence[Sequence[Any]]) -> str:
    """Stored hours as they are typed, a line for a day."""
    by_day: dict[str, list[str]] = {}
    for day, opens, closes in stored:
        by_day.setdefault(str(day), []).append(f"{opens}-{closes}")
    return "\n".join(f"{day} {', '.join(stretches)}" for day, stretches in by_day.items())


# --- stations by their numbers -------------------------------------------------------------------------------------


def parse_numbers(text: str, found: Sequence[Station]) -> list[str]:
    """`3, 1, 12-15` as the codes of these stations, in the order typed. Raises ArrangeError for a number there is not."""
    by_number = {one.number: one.code for one in found}
    codes: list[str] = []
    for part in re.split(r"[\s,、,]+", unicodedata.normalize("NFKC", text[:2000]).strip(" ,、")):
        match = re.fullmatch(r"(\d{1,4})(?:[-~〜](\d{1,4}))?", part)
        if match is None:
            raise ArrangeError(lazy("Type the numbers of the stations, for example 3, 1, 12-15."), "stations")
        first, last = int(match[1]), int(match[2] or match[1])
        wanted = range(first, min(last, first + 400) + 1)
        if not wanted or any(number not in by_number for number in wanted):
            raise ArrangeError(lazy("There is no station %(number)s.", number=part), "stations")
        codes += [by_number[number] for number in wanted if by_number[number] not in codes]
    return codes


def show_numbers(codes: Sequence[str], found: Sequence[Station]) -> str:
    """Codes of stations as their numbers."""
    numbers = {one.code: one.number for one in found}
    return ", ".join(str(numbers[code]) for code in codes if code in numbers)


# --- courses -------------------------------------------------------------------------------------------------------


def get_course(rally: Rally, code: str) -> RallyCourse:
    course = db.session.scalar(
        select(RallyCourse).where(RallyCourse.rally_id == rally.id, RallyCourse.code == code)
    )
    if course is None:
        raise NotThere(code)
    return course


def save_course(
    course: RallyCourse | None, rally: Rally, values: dict[str, Any], *, by: audit.Actor | str
) -> RallyCourse:
    """Make or change a course: `name`, `is_ordered`, `stations` (codes in order)."""
    touch(rally.id)
    if course is None:
        course = RallyCourse(rally_id=rally.id, rally=rally, **values)
        db.session.add(course)
        db.session.flush()
        _record("rally.course_created", rally, by, {"course": course.code})
        return course
    for key, value in values.items():
        setattr(course, key, value)
    course.version += 1
    _record("rally.course_changed", rally, by, {"course": course.code})
    return course


def delete_course(course: RallyCourse, *, by: audit.Actor | str) -> None:
    """Take a course away, unless a prize is given for it."""
    touch(course.rally_id)
    if db.session.scalar(select(Prize.id).where(Prize.course_id == course.id).limit(1)) is not None:
        raise ArrangeError(lazy("A prize is given for this course. Change the prize first."))
    rally = course.rally
    _record("rally.course_deleted", rally, by, {"course": course.code})
    db.session.execute(delete(RallyCourse).where(RallyCourse.id == course.id))
    db.session.expire(rally)


# --- prizes and desks ----------------------------------------------------------------------------------------------


def check_prize(values: dict[str, Any]) -> None:
    """Whether a rule of a prize is whole: what it counts is named. Raises ArrangeError."""
    kind = values["kind"]
    if kind == PrizeKind.SET and not values["stations"]:
        raise ArrangeError(lazy("Name the stations of the set."), "stations")
    if kind == PrizeKind.SET and values["needed"] > len(values["stations"]):
        raise ArrangeError(lazy("The set has fewer stations than that."), "needed")
    if kind == PrizeKind.COURSE and values["course_id"] is None:
        raise ArrangeError(lazy("Choose the course."), "course")
    if kind == PrizeKind.AREA and not values["area"]:
        raise ArrangeError(lazy("Choose the part of town."), "area")
    if kind == PrizeKind.CRAFT and not values["craft"]:
        raise ArrangeError(lazy("Choose the craft."), "craft")


def change_prize(prize: Prize, values: dict[str, Any], *, by: audit.Actor | str) -> None:
    """Change a prize and its rule. What was earned by the rule before stays earned."""
    check_prize(values)
    touch(prize.rally_id)
    changed = sorted(key for key, value in values.items() if getattr(prize, key) != value)
    for key in changed:
        setattr(prize, key, values[key])
    prize.version += 1
    audit.record("prize.changed", f"prize:{prize.code}", festival_id=prize.rally.edition.festival_id, by=by,
                 details={"fields": changed})  # fmt: skip


def change_desk(desk: Desk, values: dict[str, Any], *, by: audit.Actor | str) -> None:
    """Change a desk's name and place."""
    for key, value in values.items():
        setattr(desk, key, value)
    desk.version += 1
    audit.record("desk.changed", f"desk:{desk.code}", festival_id=desk.rally.edition.festival_id, by=by)


def delete_desk(desk: Desk, *, by: audit.Actor | str) -> None:
    """Take a desk away at which nothing has been handed over and nothing lies."""
    used = select(Claim.id).where(Claim.desk_id == desk.id).limit(1)
    stocked = select(DeskStock.id).where(DeskStock.desk_id == desk.id, DeskStock.stock_left > 0).limit(1)
    taken = select(Escrow.id).where(Escrow.desk_id == desk.id, Escrow.stock_left > 0).limit(1)
    if any(db.session.scalar(one) is not None for one in (used, stocked, taken)):
        raise ArrangeError(lazy("Prizes lie at this desk or were handed over there."))
    rally = desk.rally
    audit.record("desk.deleted", f"desk:{desk.code}", festival_id=rally.edition.festival_id, by=by)
    db.session.execute(delete(Desk).where(Desk.id == desk.id))
    db.session.expire(rally)


def areas_of(found: Sequence[Station]) -> dict[str, Translated]:
    """The parts of town in which there are stations, by their Japanese names, as prizes keep them."""
    areas = {
        one.entry.factory.area.get("ja", ""): one.entry.factory.area for one in found if one.entry is not None
    }
    return {name: text for name, text in sorted(areas.items()) if name}


def _record(action: str, rally: Rally, by: audit.Actor | str, details: dict[str, Any] | None = None) -> None:
    audit.record(
        action, f"rally:{rally.edition.slug}", festival_id=rally.edition.festival_id, by=by, details=details
    )
