"""What lies under the pins of a printed map: streets, water, railway and buildings, and the walk of a course."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from eventapp.festivals.models import Edition
from eventapp.maps import MapColours
from eventapp.walks.exporting import line_of
from eventapp.walks.proposal import Proposal
from eventapp.walks.sheet import INK, WHITE, Frame, Sheet, scale_metres, show

LAYERS = ("water", "green", "buildings", "roads", "main_roads", "railway")


def draw_base(sheet: Sheet, frame: Frame, edition: Edition) -> None:
    """Streets, water, railway and buildings out of the festival's extract, cut to the window."""
    tints = MapColours()
    sheet.parts.append(
        f'<clipPath id="window"><rect x="{show(frame.left)}" y="{show(frame.top)}" '
        f'width="{show(frame.width)}" height="{show(frame.height)}"/></clipPath><g clip-path="url(#window)">'
    )
    sheet.add("rect", x=frame.left, y=frame.top, width=frame.width, height=frame.height, fill="#f4f0e6")
    base = edition.base_map or {}
    if not base:
        draw_grid(sheet, frame)
    for layer in LAYERS:
        areas, lines = shapes(base.get(layer) or {}, frame)
        colour = getattr(tints, layer)
        if areas:
            sheet.add("path", d=areas, fill=colour, fill_rule="evenodd")
        if lines:
            draw_lines(sheet, layer, lines, colour)
    sheet.parts.append("</g>")


def draw_grid(sheet: Sheet, frame: Frame) -> None:
    """Where there are no streets: squares as wide as the scale bar, so that distances can be read."""
    step = scale_metres(frame) * frame.scale
    path = "".join(
        f"M{show(frame.left + step * number)} {show(frame.top)}v{show(frame.height)}"
        for number in range(1, int(frame.width / step) + 1)
    )
    path += "".join(
        f"M{show(frame.left)} {show(frame.top + frame.height - step * number)}h{show(frame.width)}"
        for number in range(1, int(frame.height / step) + 1)
    )
    sheet.add("path", d=path, fill="none", stroke="#e0d8c6", stroke_width=0.2)


def draw_lines(sheet: Sheet, layer: str, path: str, colour: str) -> None:
    """Roads have a rim, a railway is dashed in white, a river is a line of water."""
    width = {"roads": 0.55, "main_roads": 1.0, "railway": 0.5}.get(layer, 0.6)
    common: dict[str, object] = {
        "d": path,
        "fill": "none",
        "stroke_linejoin": "round",
        "stroke_linecap": "round",
    }
    if layer in ("roads", "main_roads"):
        sheet.add("path", **{**common, "stroke": "#b9b0a0", "stroke_width": width + 0.25})
    sheet.add("path", **{**common, "stroke": colour, "stroke_width": width})
    if layer == "railway":
        sheet.add(
            "path",
            **{
                **common,
                "stroke": WHITE,
                "stroke_width": 0.28,
                "stroke_dasharray": "1.6 1.6",
                "stroke_linecap": "butt",
            },
        )


def shapes(layer: dict[str, Any], frame: Frame) -> tuple[str, str]:
    """The layer's areas and lines as paths in millimetres; what lies outside the window is left out."""
    areas: list[str] = []
    lines: list[str] = []
    for feature in layer.get("features", ()):
        geometry = feature.get("geometry") or {}
        kind, coordinates = geometry.get("type"), geometry.get("coordinates") or []
        if kind in ("Polygon", "MultiPolygon"):
            for polygon in coordinates if kind == "MultiPolygon" else [coordinates]:
                areas += [path for ring in polygon if (path := path_of(ring, frame, "Z"))]
        elif kind in ("LineString", "MultiLineString"):
            found = coordinates if kind == "MultiLineString" else [coordinates]
            lines += [path for line in found if (path := path_of(line, frame, ""))]
    return "".join(areas), "".join(lines)


def path_of(line: Sequence[Sequence[float]], frame: Frame, end: str) -> str:
    """One line as a path, or nothing where it does not touch the window."""
    spots = [frame.place(lat, lon) for lon, lat, *_rest in line]
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    if len(spots) < 2 or max(xs) < frame.left or min(xs) > frame.left + frame.width:
        return ""
    if max(ys) < frame.top or min(ys) > frame.top + frame.height:
        return ""
    return "M" + "L".join(f"{show(x)} {show(y)}" for x, y in spots) + end


def draw_walk(sheet: Sheet, frame: Frame, proposal: Proposal, accent: str) -> None:
    """The walk with a rim, arrows on the way; dashed where it is estimated or by bus."""
    for day in proposal.days:
        for number, leg in enumerate(day.legs):
            spots = [frame.place(*point) for point in line_of(day, number)]
            if leg is None or len(spots) < 2:
                continue
            path = "M" + "L".join(f"{show(x)} {show(y)}" for x, y in spots)
            dashes = {"stroke_dasharray": "1.8 1.4"} if leg.status == "estimated" or leg.rides else {}
            common: dict[str, object] = {"d": path, "fill": "none", "stroke_linejoin": "round"}
            sheet.add("path", **{**common, "stroke": WHITE, "stroke_width": 1.7})
            sheet.add("path", **{**common, "stroke": accent, "stroke_width": 0.95, **dashes})
            draw_arrow(sheet, spots)


def draw_arrow(sheet: Sheet, spots: Sequence[tuple[float, float]]) -> None:
    """A small arrow at the middle of the longest stretch, where there is room for one."""
    pairs = list(pairwise(spots))
    a, b = max(pairs, key=lambda pair: math.dist(*pair))
    if math.dist(a, b) < 4:
        return
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    turn = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
    sheet.add(
        "path",
        d="M-1.1 -1.1L1.3 0L-1.1 1.1Z",
        fill=INK,
        transform=f"translate({show(x)} {show(y)}) rotate({show(turn)})",
    )
