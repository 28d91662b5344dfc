"""Numbered pins on a printed map: every number has a place of its own, and a line shows where it belongs."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eventapp.festivals import colours
from eventapp.festivals.models import PlaceKind
from eventapp.i18n import lazy
from eventapp.walks.earth import Point
from eventapp.walks.ground import Ground
from eventapp.walks.sheet import INK, WHITE, Frame, Paper, Sheet, text_width

SIGNS = {
    PlaceKind.STATION: ("S", lazy("Station")),
    PlaceKind.BUS_STOP: ("B", lazy("Bus stop")),
    PlaceKind.INFORMATION: ("i", lazy("Information")),
    PlaceKind.TOILET: ("WC", lazy("Toilet")),
    PlaceKind.PARKING: ("P", lazy("Parking")),
    PlaceKind.LUNCH: ("L", lazy("Lunch")),
    PlaceKind.PRIZE_DESK: ("★", lazy("Prize desk")),
    PlaceKind.MEETING_POINT: ("M", lazy("Meeting point")),
}
Named = tuple[str, Point, bool]


@dataclass(slots=True)
class Pin:
    """A numbered place: where it is, and where its number stands (a leader line joins them)."""

    number: int
    name: str
    x: float
    y: float
    is_about: bool = False
    at: tuple[float, float] = (0.0, 0.0)


def make_pins(places: Sequence[Named], frame: Frame) -> list[Pin]:
    """Numbered from 1."""
    pins = []
    for number, (name, point, is_about) in enumerate(places, start=1):
        x, y = frame.place(*point)
        pins.append(Pin(number, name, x, y, is_about, (x, y)))
    return pins


def settle(
    pins: list[Pin], frame: Frame, radius: float, taken: Sequence[tuple[float, float]] = ()
) -> list[tuple[float, float]]:
    """Give every number a free spot as near to its place as there is: on it, else around it in widening rings.

    Places known best come first; those of which only the town is known make room, and several of one town stand in a
    ring around its middle. Returns the spots taken, with those that were `taken` before.
    """
    spots = list(taken)
    towns: dict[tuple[int, int], list[Pin]] = {}
    for pin in pins:
        if pin.is_about:
            towns.setdefault((round(pin.x), round(pin.y)), []).append(pin)
        else:
            put(pin, spots_around(pin.x, pin.y, radius), frame, radius, spots)
    for town in towns.values():
        ring = find_ring(town, frame, radius, spots) if len(town) > 1 else None
        for number, pin in enumerate(town):
            if ring:
                pin.at = ring[number]
                spots.append(pin.at)
            else:
                put(pin, spots_around(pin.x, pin.y, radius), frame, radius, spots)
    return spots


def put(
    pin: Pin,
    spots: Iterator[tuple[float, float]],
    frame: Frame,
    radius: float,
    taken: list[tuple[float, float]],
) -> None:
    """On the first free one of the spots."""
    free = (spot for spot in spots if is_free(spot, frame, radius, taken))
    pin.at = next(free, (pin.x, pin.y))
    taken.append(pin.at)


def is_free(
    spot: tuple[float, float], frame: Frame, radius: float, taken: Sequence[tuple[float, float]]
) -> bool:
    """Whether a number may stand there: in the window and beside all others."""
    gap = 2 * radius + 0.4
    return frame.holds(*spot, radius) and all(math.dist(spot, other) >= gap for other in taken)


def find_ring(
    town: Sequence[Pin], frame: Frame, radius: float, taken: Sequence[tuple[float, float]]
) -> list[tuple[float, float]] | None:
    """Even spots on the smallest free circle around the town's middle; None where there is none of use."""
    x, y, count = town[0].x, town[0].y, len(town)
    least = max(2.2 * radius, (2 * radius + 0.5) / (2 * math.sin(math.pi / count)))
    for wider in (1.0, 1.2, 1.45, 1.75, 2.1):
        for turned in (0.0, 0.5, 0.25, 0.75):
            angles = [2 * math.pi * (step + turned) / count - math.pi / 2 for step in range(count)]
            spots = [(x + least * wider * math.cos(one), y + least * wider * math.sin(one)) for one in angles]
            if all(is_free(spot, frame, radius, taken) for spot in spots):
                return spots
    return None


def spots_around(x: float, y: float, radius: float, rings: int = 60) -> Iterator[tuple[float, float]]:
    """The place itself, then eight directions, then ever more of them farther out."""
    yield x, y
    for ring in range(1, rings):
        distance, count = ring * radius * 1.1, 8 + 4 * (ring - 1)
        for step in range(count):
            angle = 2 * math.pi * step / count - math.pi / 2
            yield x + distance * math.cos(angle), y + distance * math.sin(angle)


def draw_pins(sheet: Sheet, pins: Sequence[Pin], form: Paper, accent: str) -> None:
    """Leader lines first, so that no line crosses a number; a dashed rim means "about here"."""
    ink = colours.theme(accent).ink
    for pin in pins:
        if math.dist((pin.x, pin.y), pin.at) > 0.05:
            sheet.add("line", x1=pin.x, y1=pin.y, x2=pin.at[0], y2=pin.at[1], stroke=INK, stroke_width=0.2)
            sheet.add("circle", cx=pin.x, cy=pin.y, r=0.5, fill=INK)
    for pin in pins:
        draw_pin(sheet, pin.at, str(pin.number), form, accent, ink, is_about=pin.is_about)


def draw_pin(
    sheet: Sheet, at: tuple[float, float], label: str, form: Paper, accent: str, ink: str, *, is_about: bool
) -> None:
    """A circle with its number."""
    radius, size = form.radius, form.radius * (1.15 if len(label) < 3 else 0.9)
    if is_about:
        dashes = {"stroke_dasharray": "0.7 0.5", "stroke": INK, "stroke_width": 0.35}
        sheet.add("circle", cx=at[0], cy=at[1], r=radius, fill=WHITE, **dashes)
    else:
        sheet.add("circle", cx=at[0], cy=at[1], r=radius, fill=accent, stroke=WHITE, stroke_width=0.3)
    sheet.text(
        at[0],
        at[1] + size * 0.36,
        label,
        size,
        text_anchor="middle",
        font_weight="bold",
        fill=INK if is_about else ink,
    )


def draw_signs(sheet: Sheet, frame: Frame, ground: Ground, taken: list[tuple[float, float]]) -> None:
    """Stations, toilets and the like as small squares with a letter, beside pins and each other, never over them.

    Two of a kind at the same place are one; a square that would have to go far is left out.
    """
    radius = sheet.paper.radius
    seen: set[tuple[PlaceKind, int, int]] = set()
    for one in sorted(ground.landmarks, key=lambda one: one.kind is not PlaceKind.STATION):
        x, y = frame.place(*one.point)
        known = (one.kind, round(x), round(y))
        if one.kind not in SIGNS or known in seen or not frame.holds(x, y, radius):
            continue
        seen.add(known)
        free = (
            spot
            for spot in spots_around(x, y, radius, rings=5)
            if frame.holds(*spot, radius)
            and all(math.dist(spot, other) >= 2 * radius + 0.3 for other in taken)
        )
        spot = next(free, None)
        if spot is not None:
            taken.append(spot)
            draw_sign(sheet, *spot, SIGNS[one.kind][0], sheet.paper)
            if one.kind is PlaceKind.STATION:
                taken += draw_name(sheet, frame, spot, str(one.name))


def draw_name(sheet: Sheet, frame: Frame, spot: tuple[float, float], name: str) -> list[tuple[float, float]]:
    """What a station is called, beside its sign: whoever reads a map looks for it first. Returns the spots it covers."""
    size, away = sheet.paper.text * 1.05, sheet.paper.radius + 0.7
    wide = text_width(name, size)
    fits = frame.holds(spot[0] + away + wide, spot[1])
    sheet.text(
        spot[0] + (away if fits else -away),
        spot[1] + size * 0.36,
        name,
        size,
        text_anchor="start" if fits else "end",
        font_weight="bold",
        stroke=WHITE,
        stroke_width=0.7,
        paint_order="stroke",
    )
    side, steps = 1 if fits else -1, int(wide / sheet.paper.radius) + 1
    return [(spot[0] + side * (away + wide * step / steps), spot[1]) for step in range(1, steps + 1)]


def draw_sign(sheet: Sheet, x: float, y: float, letter: str, form: Paper) -> None:
    """A white square with a letter."""
    side = form.radius * 1.7
    sheet.add(
        "rect",
        x=x - side / 2,
        y=y - side / 2,
        width=side,
        height=side,
        rx=0.4,
        fill=WHITE,
        stroke=INK,
        stroke_width=0.25,
    )
    size = side * (0.72 if len(letter) == 1 else 0.5)
    sheet.text(x, y + size * 0.36, letter, size, text_anchor="middle", font_weight="bold")
