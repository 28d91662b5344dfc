"""Pictures for the committee, drawn here as SVG: who goes where next, and stamps by the minute. Each has its table beside it.

Letters are numbers of stations and times of day alone, so that a picture needs no language; nothing is styled but by attributes.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from eventapp import clock
from eventapp.stamps.statistics import Flow

SIDE, MIDDLE, RADIUS = 720, 360.0, 300.0
MOST_FLOWS = 80
INK, PAPER, ACCENT, LINE = "#1d1b18", "#ffffff", "#b3361b", "#82796c"
FIGURES = "DIN Alternate,Bahnschrift,Roboto Condensed,sans-serif"
WIDTH, HEIGHT, FOOT, HALF_LABEL = 720, 180, 24, 18

Point = tuple[float, float]


def draw_flows(flows: Sequence[Flow], numbers: Mapping[str, int]) -> str:
    """Stations on a circle by their numbers; an arrow bends from each to where its visitors went next, the wider the more."""
    shown = sorted(flows, key=lambda one: one.cards)[-MOST_FLOWS:]
    used = sorted(
        {code for one in shown for code in (one.start, one.end)}, key=lambda code: numbers.get(code, 0)
    )
    places = {code: _on_circle(place, len(used)) for place, code in enumerate(used)}
    most = max((one.cards for one in shown), default=1)
    arrows = "".join(_arrow(places[one.start], places[one.end], one.cards / most) for one in shown)
    dots = "".join(_dot(places[code], str(numbers.get(code, "")), len(used)) for code in used)
    head = (
        f'<defs><marker id="a" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="14" markerHeight="14" markerUnits="userSpaceOnUse"'
        f' orient="auto"><path d="M0 0L8 4L0 8z" fill="{ACCENT}"/></marker></defs>'
    )
    return _document(SIDE, SIDE, head + arrows + dots)


def _on_circle(place: int, count: int) -> Point:
    turn = 2 * math.pi * place / max(count, 1) - math.pi / 2
    return MIDDLE + RADIUS * math.cos(turn), MIDDLE + RADIUS * math.sin(turn)


def _arrow(start: Point, end: Point, share: float) -> str:
    """A bow that leans to the right of its way, so that there and back lie apart; it ends before the dot."""
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    side_x, side_y = (y1 - y2) / length, (x2 - x1) / length
    bend_x = (x1 + x2) / 2 * 0.6 + MIDDLE * 0.4 + side_x * 26
    bend_y = (y1 + y2) / 2 * 0.6 + MIDDLE * 0.4 + side_y * 26
    near = math.hypot(x2 - bend_x, y2 - bend_y) or 1.0
    end_x, end_y = x2 + (bend_x - x2) / near * 24, y2 + (bend_y - y2) / near * 24
    return (
        f'<path d="M{x1:.1f} {y1:.1f}Q{bend_x:.1f} {bend_y:.1f} {end_x:.1f} {end_y:.1f}" fill="none" stroke="{ACCENT}"'
        f' stroke-opacity="{0.35 + 0.5 * share:.2f}" stroke-width="{1.5 + 9 * share:.1f}" marker-end="url(#a)"/>'
    )


def _dot(at: Point, number: str, count: int) -> str:
    x, y = at
    radius = 20 if count <= 40 else 13
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{PAPER}" stroke="{INK}" stroke-width="2"/>'
        f'<text x="{x:.1f}" y="{y:.1f}" dy=".36em" text-anchor="middle" font-family="{FIGURES}" font-size="{radius * 0.95:.0f}"'
        f' font-weight="700" fill="{INK}">{number}</text>'
    )


def draw_minutes(counts: Sequence[tuple[datetime, int]], zone: ZoneInfo) -> str:
    """A bar for every minute, the newest at the right; a line with the time of day in `zone` for every ten minutes."""
    most = max((number for _moment, number in counts), default=0) or 1
    step = WIDTH / max(len(counts), 1)
    bars = []
    for place, (moment, number) in enumerate(counts):
        x, high = place * step, (HEIGHT - FOOT - 16) * number / most
        if moment.minute % 10 == 0:
            bars.append(f'<path d="M{x:.1f} {HEIGHT - FOOT}v6" stroke="{LINE}" stroke-width="1.5"/>')
            if HALF_LABEL < x < WIDTH - HALF_LABEL:
                told = clock.local(moment, zone)
                bars.append(
                    f'<text x="{x:.1f}" y="{HEIGHT - 5}" text-anchor="middle" font-family="{FIGURES}" font-size="13"'
                    f' fill="{INK}">{told.hour}:{told.minute:02}</text>'
                )
        if number:
            bars.append(
                f'<rect x="{x + 1:.1f}" y="{HEIGHT - FOOT - high:.1f}" width="{max(step - 2, 1):.1f}" height="{high:.1f}" fill="{ACCENT}"/>'
            )
    base = f'<path d="M0 {HEIGHT - FOOT}H{WIDTH}" stroke="{INK}" stroke-width="2"/>'
    top = f'<text x="0" y="12" font-family="{FIGURES}" font-size="14" fill="{INK}">{most}</text>'
    return _document(WIDTH, HEIGHT, "".join(bars) + base + top)


def _document(width: int, height: int, body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>'
