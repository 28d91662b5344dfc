"""A day taken along: calendar, GPX, GeoJSON for the map, a link per leg into the phone's map app."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from eventapp import links
from eventapp.calendars import CalendarEvent, calendar
from eventapp.festivals.models import Edition
from eventapp.i18n import _
from eventapp.walks import sentences
from eventapp.walks.proposal import DayPlan, Leg, Proposal, Stop, StopKind

CREDIT = "© OpenStreetMap contributors, ODbL 1.0"
FOOT, TRANSIT = "walking", "transit"
MOST_WAYPOINTS = 3  # that a phone's map app takes from a link


def calendar_file(
    edition: Edition, code: str, proposal: Proposal, changed_at: datetime, url: str = ""
) -> bytes:
    """One entry per stop, each with an id that stays: importing again moves what has moved."""
    host = links.base_url().split("://", 1)[-1].split("/", 1)[0]
    events = []
    for day in proposal.days:
        for number, stop in enumerate(day.stops):
            events.append(
                _event(stop, day.legs[number], f"{code}-{stop.key.replace(':', '-')}@{host}", changed_at, url)
            )
    return calendar(str(edition.name), events, zone=edition.zone_name)


def _event(stop: Stop, leg: Leg | None, uid: str, changed_at: datetime, url: str) -> CalendarEvent:
    title = (
        f"{stop.name} ({stop.title})" if stop.title and str(stop.title) != str(stop.name) else str(stop.name)
    )
    notes = [_("On foot: %(way)s", way=sentences.of_leg(leg))] if leg else []
    if stop.needs_booking:
        notes.append(_("This time needs a reservation."))
    return CalendarEvent(
        uid=uid,
        starts_at=stop.start,
        ends_at=stop.leave,
        summary=title,
        updated_at=changed_at,
        description="\n".join(notes),
        location=str(stop.name) if stop.kind is not StopKind.LUNCH else "",
        lat=stop.lat,
        lon=stop.lon,
        url=url,
    )


def gpx(name: str, proposal: Proposal, made_at: datetime) -> str:
    """GPX 1.1: a point per stop and a track per leg, with where the streets come from."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="Kouba" xmlns="http://www.topografix.com/GPX/1/1">',
        f"<metadata><name>{xml_text(name)}</name><desc>{xml_text(CREDIT)}</desc>",
        f"<time>{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</time></metadata>",
    ]
    for stop in proposal.stops:
        if stop.lat is not None and stop.lon is not None:
            moment = f"<time>{stop.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</time>"
            lines.append(
                f'<wpt lat="{stop.lat:.6f}" lon="{stop.lon:.6f}">{moment}<name>{xml_text(str(stop.name))}</name></wpt>'
            )
    for day in proposal.days:
        lines += _tracks(day)
    return "\n".join([*lines, "</gpx>", ""])


def _tracks(day: DayPlan) -> Iterator[str]:
    for number, leg in enumerate(day.legs, start=1):
        line = line_of(day, number - 1)
        if leg is not None and len(line) > 1:
            points = "".join(f'<trkpt lat="{lat:.6f}" lon="{lon:.6f}"/>' for lat, lon in line)
            yield f"<trk><name>{day.date.isoformat()} {number}</name><trkseg>{points}</trkseg></trk>"


_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Text as it may stand in XML: escaped, without what no XML file can hold."""
    return escape(_UNFIT.sub("", text))


def line_of(day: DayPlan, number: int) -> list[tuple[float, float]]:
    """A leg's line; where none was drawn, straight between the stops on either side."""
    leg = day.legs[number]
    if leg is None:
        return []
    if leg.line:
        return list(leg.line)
    before = next((point_of(stop) for stop in reversed(day.stops[:number]) if point_of(stop)), None)
    after = point_of(day.stops[number]) if number < len(day.stops) else None
    return [before, after] if before and after else []


def point_of(stop: Stop) -> tuple[float, float] | None:
    """Where a stop is; lunch is nowhere."""
    return None if stop.lat is None or stop.lon is None else (stop.lat, stop.lon)


def geojson(proposal: Proposal) -> dict[str, Any]:
    """For the map: numbered stops, and legs in order with whether they are estimated, ridden, or along streets.

    {"stops": FeatureCollection of points, "legs": FeatureCollection of lines}; names are data, to be shown as text.
    """
    stops: list[dict[str, Any]] = []
    legs: list[dict[str, Any]] = []
    number = 0
    for at, day in enumerate(proposal.days):
        for stop in day.stops:
            point = point_of(stop)
            if point:
                number += 1
                facts = {
                    "number": number,
                    "key": stop.key,
                    "name": str(stop.name),
                    "day": at,
                    "about": stop.approximate,
                }
                stops.append(_feature("Point", [point[1], point[0]], facts))
        for order, leg in enumerate(day.legs):
            line = line_of(day, order)
            if leg is not None and len(line) > 1:
                kind = "ride" if leg.rides else leg.status
                legs.append(
                    _feature(
                        "LineString",
                        [[lon, lat] for lat, lon in line],
                        {"day": at, "order": order, "kind": kind},
                    )
                )
    return {"stops": _collection(stops), "legs": _collection(legs)}


def _feature(kind: str, coordinates: list[Any], facts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": facts, "geometry": {"type": kind, "coordinates": coordinates}}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def map_link(
    origin: tuple[float, float] | None, target: tuple[float, float], *, is_ride: bool = False
) -> str:
    """One leg in the phone's own map app; without an origin from wherever the phone is."""
    start = f"&origin={quote(_pair(origin))}" if origin else ""
    mode = TRANSIT if is_ride else FOOT
    return (
        f"https://www.google.com/maps/dir/?api=1{start}&destination={quote(_pair(target))}&travelmode={mode}"
    )


def map_links(day: DayPlan) -> list[str | None]:
    """A link for every leg of the day; None where there is no leg, or no place to go to."""
    found: list[str | None] = []
    for number, leg in enumerate(day.legs):
        line = line_of(day, number)
        target = point_of(day.stops[number]) if number < len(day.stops) else (line[-1] if line else None)
        before = next((point_of(stop) for stop in reversed(day.stops[:number]) if point_of(stop)), None)
        origin = before or (line[0] if line else None)
        found.append(
            map_link(origin, target, is_ride=bool(leg.rides)) if leg is not None and target else None
        )
    return found


def chunk_links(points: Sequence[tuple[float, float]]) -> list[str]:
    """The whole day in as few links as phones take: each with three stops on the way, and the next begins where it ends."""
    found = []
    step = MOST_WAYPOINTS + 1
    for first in range(0, max(0, len(points) - 1), step):
        part = points[first : first + step + 1]
        middle = quote("|".join(_pair(point) for point in part[1:-1]))
        way = f"&waypoints={middle}" if middle else ""
        found.append(f"{map_link(part[0], part[-1])}{way}")
    return found


def _pair(point: tuple[float, float]) -> str:
    return f"{point[0]:.6f},{point[1]:.6f}"
