"""Stops of a shuttle line as the organizer types them: one to a line, a known place by its name or a name with a point."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from eventapp import text
from eventapp.festivals import points
from eventapp.festivals.points import PointError
from eventapp.i18n import Translated, lazy
from eventapp.walks.ground import Ground
from eventapp.walks.lines import LineRefused

SEPARATOR = re.compile(r"\s*[/|]\s*|\s*\t\s*")


def read_stops(typed: str, ground: Ground) -> list[dict[str, Any]]:
    """The stops. Raises LineRefused with the number of the line that names no place."""
    known = _known(ground)
    return [
        _read(line, number, known) for number, line in enumerate(typed.splitlines(), start=1) if line.strip()
    ]


def _known(ground: Ground) -> dict[str, dict[str, Any]]:
    """Places and factories by their names in every language, folded as for searching."""
    named: list[tuple[Translated, Any]] = [(one.name, one.point) for one in ground.landmarks]
    named += [(host.name, host.entrance or host.booth) for host in ground.hosts.values()]
    found: dict[str, dict[str, Any]] = {}
    for name, point in named:
        for words in name.values():
            if point and words:
                found.setdefault(text.search_key(words), _stop(name, point.lat, point.lon))
    return found


def _stop(name: Mapping[str, str], lat: float, lon: float) -> dict[str, Any]:
    return {"name": dict(name), "lat": lat, "lon": lon}


def _read(line: str, number: int, known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """`Station`, or `North gate / 35.56, 139.71`, or `北門 / North gate / 35.56, 139.71`."""
    place = known.get(text.search_key(_without_kind(line))) or known.get(text.search_key(line))
    if place is not None:
        return place
    *names, point = SEPARATOR.split(line.strip())
    if not names:
        raise LineRefused(
            lazy("Line %(number)s: no place of this edition is called “%(name)s”. Write a point behind it: North gate / 35.56140, 139.71610.",
                 number=number, name=line.strip()[:40]),
            "stops",
        )  # fmt: skip
    try:
        found = points.parse(point)
    except PointError as error:
        raise LineRefused(
            lazy("Line %(number)s: %(what)s", number=number, what=str(error)), "stops"
        ) from error
    name = Translated({"ja": names[0][:80], "en": names[1][:80]} if len(names) > 1 else {"ja": names[0][:80]})
    return _stop(name, found.lat, found.lon)


def _without_kind(line: str) -> str:
    """The name without its kind in brackets, as the list beside the form shows it."""
    return re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", line.strip())


def show_stops(stops: Iterable[Mapping[str, Any]]) -> str:
    """As `read_stops` reads it."""
    lines = []
    for stop in stops:
        names = " / ".join(stop["name"][code] for code in ("ja", "en") if stop["name"].get(code))
        lines.append(f"{names} / {points.show(stop['lat'], stop['lon'])}")
    return "\n".join(lines)
