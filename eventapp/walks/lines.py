"""What runs during the festival: shuttle lines as the organizer types them, and feeds.

A timetable is typed as it hangs at the stop: one line per trip, one time per stop.
"""

import hashlib
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from itertools import pairwise
from typing import Any, BinaryIO

from sqlalchemy import select

from eventapp import audit, clock
from eventapp.db import db
from eventapp.factories.hours import HoursError, parse_time
from eventapp.festivals import editions
from eventapp.festivals.models import Edition
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.walks import feed_archive, gtfs
from eventapp.walks.asking import show_time
from eventapp.walks.earth import CoordinateError, Point, box_around, checked_point
from eventapp.walks.ground import read_ground
from eventapp.walks.models import Feed, Timetable
from eventapp.walks.transit import BusStop, Call, Network, Trip

MOST_STOPS, MOST_TRIPS, MOST_LINES = 40, 200, 30
AROUND = 3000.0


class LineRefused(RuleError):
    """The timetable cannot be like that. `field` names the form field it is about."""

    def __init__(self, message: object, field: str = "") -> None:
        super().__init__(message)
        self.field = field


# --- typed shuttle lines --------------------------------------------------------------------------------------------


def parse_trips(text: str, stops: int) -> list[list[str]]:
    """One line of text per trip, its times separated by commas, spaces or tabs; "-" where it does not stop.

    Raises LineRefused naming the line that cannot be read, whose times do not rise, or that has other than one time
    per stop.
    """
    trips = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = unicodedata.normalize("NFKC", line).replace("、", " ").replace(",", " ").split()
        if not words:
            continue
        if len(words) != stops:
            raise LineRefused(
                lazy("Line %(number)s has %(found)s times, but there are %(stops)s stops. Put - where the bus does not stop.",
                     number=number, found=len(words), stops=stops),
                "trips",
            )  # fmt: skip
        trips.append([_typed_time(word, number) for word in words])
        times = [word for word in trips[-1] if word]
        if times != sorted(times) or len(times) < 2:
            raise LineRefused(
                lazy("The times in line %(number)s do not rise from stop to stop.", number=number), "trips"
            )
    return trips


def _typed_time(word: str, number: int) -> str:
    if word in {"-", "–", "—", "ー", "レ", "|", "↓"}:
        return ""
    try:
        return show_time(parse_time(word))
    except HoursError as error:
        raise LineRefused(
            lazy(
                "Line %(number)s: “%(word)s” is no time. Type it like 10:05.", number=number, word=word[:20]
            ),
            "trips",
        ) from error


def show_trips(trips: Iterable[Sequence[str]]) -> str:
    """As `parse_trips` reads it."""
    return "\n".join(" ".join(word or "-" for word in trip) for trip in trips)


def save_timetable(
    timetable: Timetable | None,
    edition: Edition,
    *,
    name: Translated,
    note: Translated,
    stops: Sequence[Mapping[str, Any]],
    trips: Sequence[Sequence[str]],
    dates: Sequence[date] = (),
    by: audit.Actor,
) -> Timetable:
    """Save a shuttle line, a new one where `timetable` is None. Stops are {"name": {...}, "lat", "lon"}."""
    _check_line(edition, name, stops, trips, dates, is_new=timetable is None)
    if timetable is None:
        timetable = Timetable(edition_id=edition.id, edition=edition, created_at=clock.now(), version=0)
        db.session.add(timetable)
    timetable.name, timetable.note = name, note
    timetable.stops = [
        {"name": dict(one["name"]), "lat": float(one["lat"]), "lon": float(one["lon"])} for one in stops
    ]
    timetable.trips = [list(trip) for trip in trips]
    timetable.dates = sorted(day.isoformat() for day in dates)
    timetable.version += 1
    _changed(edition, "timetable.saved", {"line": dict(name), "trips": len(trips)}, by)
    return timetable


def _check_line(
    edition: Edition,
    name: Translated,
    stops: Sequence[Mapping[str, Any]],
    trips: Sequence[Sequence[str]],
    dates: Sequence[date],
    *,
    is_new: bool,
) -> None:
    if not name:
        raise LineRefused(lazy("Give the line a name."), "name")
    if not 2 <= len(stops) <= MOST_STOPS:
        raise LineRefused(lazy("A line has 2 to %(most)s stops.", most=MOST_STOPS), "stops")
    for stop in stops:
        try:
            checked_point(float(stop["lat"]), float(stop["lon"]))
        except (CoordinateError, TypeError, ValueError) as error:
            raise LineRefused(lazy("Set every stop on the map."), "stops") from error
    if not 1 <= len(trips) <= MOST_TRIPS or any(len(trip) != len(stops) for trip in trips):
        raise LineRefused(
            lazy("Enter 1 to %(most)s trips, each with a time per stop.", most=MOST_TRIPS), "trips"
        )
    if set(dates) - set(edition.dates):
        raise LineRefused(lazy("Choose days of this edition."), "dates")
    if is_new and len(timetables_of(edition.id)) >= MOST_LINES:
        raise LineRefused(lazy("An edition has at most %(most)s lines.", most=MOST_LINES))


def remove_timetable(timetable: Timetable, *, by: audit.Actor) -> None:
    """The line does not run."""
    edition = timetable.edition
    _changed(edition, "timetable.removed", {"line": dict(timetable.name)}, by)
    db.session.delete(timetable)


def timetables_of(edition_id: int) -> list[Timetable]:
    """The edition's shuttle lines."""
    return list(
        db.session.scalars(select(Timetable).where(Timetable.edition_id == edition_id).order_by(Timetable.id))
    )


def network_of(timetable: Timetable, dates: Iterable[date]) -> Network:
    """A typed line in the form of all lines; `dates` are the edition's days."""
    trips = []
    for times in timetable.trips:
        calls = [(stop, _units(word)) for stop, word in enumerate(times) if word]
        if all(
            before[1] < after[1] for before, after in pairwise(calls)
        ):  # moved past midnight it runs no more
            trips.append(Trip(0, tuple(Call(stop, at, at) for stop, at in calls)))
    running = set(timetable.dates) or {day.isoformat() for day in dates}
    stops = [BusStop(one["name"], Point(one["lat"], one["lon"])) for one in timetable.stops]
    return Network(stops, [dict(timetable.name)], trips, {day: list(range(len(trips))) for day in running})


def _units(word: str) -> int:
    moment = time.fromisoformat(word)
    return (moment.hour * 60 + moment.minute) * 10


# --- feeds ----------------------------------------------------------------------------------------------------------


def read_upload(edition: Edition, stream: BinaryIO) -> tuple[gtfs.FeedRead, str]:
    """Read a feed for this edition, outside any transaction; with its hash. Raises feed_archive.FeedRefused."""
    area = box_around(read_ground(edition).sites(), AROUND)
    if area is None or not edition.dates:
        raise feed_archive.FeedRefused(
            lazy("Enter the days of the edition and the entrances of the factories first.")
        )
    content = stream.read(feed_archive.MOST_MEGABYTES * 1024 * 1024 + 1)
    found = gtfs.read_feed(io.BytesIO(content), area=area, days=edition.dates, zone=edition.zone)
    return found, hashlib.sha256(content).hexdigest()


def save_feed(edition: Edition, found: gtfs.FeedRead, sha256: str, filename: str, *, by: audit.Actor) -> Feed:
    """Keep a feed that was read; the same file again replaces itself."""
    for old in feeds_of(edition.id):
        if old.sha256 == sha256:
            db.session.delete(old)
    feed = Feed(
        edition_id=edition.id,
        edition=edition,
        filename=filename[:200],
        sha256=sha256,
        agency=found.agency,
        first_day=found.first_day,
        last_day=found.last_day,
        data=found.network.as_json(),
        report={
            "stops": len(found.network.stops),
            "trips": len(found.network.trips),
            "silent": [day.isoformat() for day in found.silent],
        },
        created_at=clock.now(),
    )
    db.session.add(feed)
    _changed(edition, "feed.received", {"agency": dict(found.agency), "file": feed.filename}, by)
    return feed


def remove_feed(feed: Feed, *, by: audit.Actor) -> None:
    """Do not use this feed any more."""
    _changed(feed.edition, "feed.removed", {"agency": dict(feed.agency)}, by)
    db.session.delete(feed)


def feeds_of(edition_id: int) -> list[Feed]:
    """The edition's feeds, without what is in them."""
    return list(db.session.scalars(select(Feed).where(Feed.edition_id == edition_id).order_by(Feed.id)))


def _changed(edition: Edition, action: str, details: dict[str, Any], by: audit.Actor) -> None:
    editions.touch(edition)
    audit.record(action, f"edition:{edition.slug}", festival_id=edition.festival_id, by=by, details=details)
