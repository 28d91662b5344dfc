"""The printed map: one sheet, A4 or A3, with numbered pins that do not overlap, the list beside it, and all it needs.

Drawn as SVG in millimetres from the base map of the festival's own extract; the PDF is the same sheet through Typst.
Names, numbers and addresses are text, never markup.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import quoteattr

from eventapp import codes
from eventapp.factories.models import OpeningPlace
from eventapp.festivals import colours
from eventapp.festivals.models import Edition, PlaceKind
from eventapp.i18n import _, lazy
from eventapp.maps import MapColours
from eventapp.walks.earth import Plane, Point, box_around
from eventapp.walks.exporting import line_of, xml_text
from eventapp.walks.ground import Ground, read_ground
from eventapp.walks.proposal import Proposal

CREDIT = lazy(
    "Map data © OpenStreetMap contributors, Open Database License (ODbL) 1.0 · openstreetmap.org/copyright"
)
NO_STREETS = lazy("No streets have been uploaded yet: the map shows only where places lie to each other.")
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
LAYERS = ("water", "green", "buildings", "roads", "main_roads", "railway")
NICE = (20, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)
SMALLEST_METRES = 300.0
MARGIN = 0.06
FAMILY = "Noto Sans JP, BIZ UDPGothic, Hiragino Sans, Yu Gothic, Meiryo"
WHITE, INK, GREY = "#ffffff", "#1d1b18", "#5d5850"


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet in landscape, all in millimetres; `pitch` is from line to line in the list, `radius` a pin's."""

    name: str
    width: float
    height: float
    edge: float
    column: float
    pitch: float
    text: float
    radius: float
    qr: float


PAPERS = {
    "A4": Paper("A4", 297, 210, 8, 43, 3.15, 2.25, 2.1, 19),
    "A3": Paper("A3", 420, 297, 10, 56, 4.0, 2.9, 2.7, 25),
}


@dataclass(slots=True)
class Pin:
    """A numbered place: where it is, and where its number stands (a leader line joins them)."""

    number: int
    name: str
    x: float
    y: float
    is_about: bool = False
    at: tuple[float, float] = (0.0, 0.0)


@dataclass(slots=True)
class Frame:
    """The map's window on the sheet, and how places on earth get there."""

    left: float
    top: float
    width: float
    height: float
    plane: Plane
    scale: float  # millimetres on paper per metre
    middle: tuple[float, float]

    def place(self, lat: float, lon: float) -> tuple[float, float]:
        """Millimetres on the sheet."""
        x, y = self.plane.place(lat, lon)
        return (
            self.left + self.width / 2 + (x - self.middle[0]) * self.scale,
            self.top + self.height / 2 - (y - self.middle[1]) * self.scale,
        )

    def holds(self, x: float, y: float, within: float = 0.0) -> bool:
        """Whether a spot on the sheet lies in the window, so far from its edge."""
        across = self.left + within <= x <= self.left + self.width - within
        return across and self.top + within <= y <= self.top + self.height - within


@dataclass(slots=True)
class Sheet:
    """The drawing, part by part."""

    paper: Paper
    parts: list[str] = field(default_factory=list)

    def add(self, name: str, /, **attributes: object) -> None:
        """An element; underscores in attribute names stand for hyphens."""
        self.parts.append(f"<{name} {words_of(attributes)}/>")

    def text(self, x: float, y: float, text: str, size: float, **more: object) -> None:
        """A line of text, its baseline at y."""
        attributes = {"x": x, "y": y, "font_size": size, "fill": INK, **more}
        self.parts.append(f"<text {words_of(attributes)}>{xml_text(text)}</text>")


def words_of(attributes: Mapping[str, object]) -> str:
    """Attributes as they stand in the file."""
    return " ".join(f"{key.replace('_', '-')}={quoteattr(show(value))}" for key, value in attributes.items())


def show(value: object) -> str:
    """Numbers to a hundredth of a millimetre."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


# --- the sheet ------------------------------------------------------------------------------------------------------


def map_pdf(
    edition: Edition, *, size: str = "A4", url: str = "", title: str = "", proposal: Proposal | None = None
) -> bytes:
    """The same sheet as a PDF; for the worker, Typst takes its time. Raises KeyError for an unknown size."""
    from eventapp import paper  # Typst, which only the worker loads

    family, form = paper.find_fonts()[1], PAPERS[size]
    sheet = map_svg(edition, size=size, url=url, title=title, proposal=proposal, family=family)
    name = title or str(edition.festival.name)
    return paper.compile(
        "walk_map", {"svg": sheet, "width": form.width, "height": form.height, "title": name}
    )


def map_svg(
    edition: Edition,
    *,
    size: str = "A4",
    url: str = "",
    title: str = "",
    proposal: Proposal | None = None,
    family: str = FAMILY,
) -> str:
    """The sheet as SVG in the reader's language, of all factories or, with `proposal`, of a walk in its order.

    `url` is what the QR code leads to. Raises KeyError for an unknown size.
    """
    form, ground = PAPERS[size], read_ground(edition)
    places = list(places_of(ground)) if proposal is None else list(places_on(proposal))
    rows = rows_per_column(form)
    columns = max(1, min(4, math.ceil(len(places) / rows)))
    frame = window(form, columns, [point for _, point, _ in places], ground)
    pins = make_pins(places, frame)
    taken = settle(pins, frame, form.radius)
    sheet = Sheet(form)
    accent = edition.festival.accent
    draw_base(sheet, frame, edition)
    if proposal is not None:
        draw_walk(sheet, frame, proposal, accent)
    else:
        draw_signs(sheet, frame, ground, taken)
    draw_pins(sheet, pins, form, accent)
    draw_frame(sheet, frame, edition, title or str(edition.festival.name))
    draw_list(sheet, frame, pins, form, rows)
    draw_foot(sheet, frame, ground, edition, pins, is_walk=proposal is not None)
    if url:
        draw_qr(sheet, form, url)
    return document(sheet, title or str(edition.festival.name), family)


def document(sheet: Sheet, title: str, family: str) -> str:
    """The whole SVG file."""
    form = sheet.paper
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{form.width}mm" height="{form.height}mm" '
        f'viewBox="0 0 {form.width} {form.height}" font-family={quoteattr(f"{family}, sans-serif")} role="img">'
    )
    ground = f'<rect width="{form.width}" height="{form.height}" fill="{WHITE}"/>'
    return "\n".join([head, f"<title>{xml_text(title)}</title>", ground, *sheet.parts, "</svg>", ""])


def rows_per_column(form: Paper) -> int:
    """How many names stand below each other, beside the QR code and its line."""
    return int((form.height - 2 * form.edge - 14 - form.qr - 6) / form.pitch)


Named = tuple[str, Point, bool]


def places_of(ground: Ground) -> Iterator[Named]:
    """Every factory with a point, in the order of the list beside the map."""
    hosts = sorted(ground.hosts.values(), key=lambda host: (host.kana or str(host.name), host.code))
    for host in hosts:
        is_open_at_booth = any(one.place is OpeningPlace.BOOTH for one in host.hours)
        point = host.entrance if host.at_factory or not is_open_at_booth else host.booth
        point = point or host.booth or host.entrance
        if point:
            yield str(host.name), point, host.approximate and point == host.entrance


def places_on(proposal: Proposal) -> Iterator[Named]:
    """The stops of a walk in their order."""
    for stop in proposal.stops:
        if stop.lat is not None and stop.lon is not None:
            yield str(stop.name), Point(stop.lat, stop.lon), stop.approximate


def window(form: Paper, columns: int, points: Sequence[Point], ground: Ground) -> Frame:
    """The map fills what the list leaves; its scale shows every pin, and never less than a few hundred metres."""
    left, top = form.edge, form.edge + 12
    width = form.width - 2 * form.edge - columns * form.column - 4
    height = form.height - top - form.edge - 9
    box = box_around(points or ([ground.middle] if ground.middle else [Point(35.68, 139.77)]))
    if box is None:
        raise ValueError("a map needs a point")
    plane = Plane((box.south + box.north) / 2, (box.west + box.east) / 2)
    (x0, y0), (x1, y1) = plane.place(box.south, box.west), plane.place(box.north, box.east)
    across, up = max(x1 - x0, SMALLEST_METRES), max(y1 - y0, SMALLEST_METRES)
    scale = min(width / (across * (1 + 2 * MARGIN)), height / (up * (1 + 2 * MARGIN)))
    return Frame(left, top, width, height, plane, scale, ((x0 + x1) / 2, (y0 + y1) / 2))


# --- pins that do not overlap ---------------------------------------------------------------------------------------


def make_pins(places: Sequence[Named], frame: Frame) -> list[Pin]:
    """Numbered from 1."""
    pins = []
    for number, (name, point, is_about) in enumerate(places, start=1):
        x, y = frame.place(*point)
        pins.append(Pin(number, name, x, y, is_about, (x, y)))
    return pins


def settle(pins: list[Pin], frame: Frame, radius: float) -> list[tuple[float, float]]:
    """Give every number a free spot as near to its place as there is: on it, else around it in widening rings.

    Places known best come first; those of which only the town is known make room. Returns the spots taken.
    """
    taken: list[tuple[float, float]] = []
    gap = 2 * radius + 0.4
    for pin in sorted(pins, key=lambda one: (one.is_about, one.number)):
        pin.at = next(
            (
                spot
                for spot in spots_around(pin.x, pin.y, radius)
                if frame.holds(*spot, radius) and all(math.dist(spot, other) >= gap for other in taken)
            ),
            (pin.x, pin.y),
        )
        taken.append(pin.at)
    return taken


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
    for one in ground.landmarks:
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


# --- what lies under them -------------------------------------------------------------------------------------------


def draw_base(sheet: Sheet, frame: Frame, edition: Edition) -> None:
    """Streets, water, railway and buildings out of the festival's extract, cut to the window."""
    tints = MapColours()
    sheet.parts.append(
        f'<clipPath id="window"><rect x="{show(frame.left)}" y="{show(frame.top)}" '
        f'width="{show(frame.width)}" height="{show(frame.height)}"/></clipPath><g clip-path="url(#window)">'
    )
    sheet.add("rect", x=frame.left, y=frame.top, width=frame.width, height=frame.height, fill="#f4f0e6")
    base = edition.base_map or {}
    for layer in LAYERS:
        areas, lines = shapes(base.get(layer) or {}, frame)
        colour = getattr(tints, layer)
        if areas:
            sheet.add("path", d=areas, fill=colour, fill_rule="evenodd")
        if lines:
            draw_lines(sheet, layer, lines, colour)
    sheet.parts.append("</g>")


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


# --- around the map -------------------------------------------------------------------------------------------------


def draw_frame(sheet: Sheet, frame: Frame, edition: Edition, title: str) -> None:
    """Title, the window's rim, north."""
    form = sheet.paper
    sheet.add(
        "rect",
        x=frame.left,
        y=frame.top,
        width=frame.width,
        height=frame.height,
        fill="none",
        stroke=INK,
        stroke_width=0.3,
    )
    room = frame.width * 0.72
    sheet.text(form.edge, form.edge + 6.5, cut(title, room, 6.0), 6.0, font_weight="bold")
    days = " / ".join(f"{day:%Y-%m-%d}" for day in edition.dates)
    sheet.text(form.edge, form.edge + 10.6, cut(f"{edition.name}  {days}", frame.width, 2.8), 2.8, fill=GREY)
    x, y = frame.left + frame.width - 6, frame.top + 5
    sheet.add(
        "path",
        d=f"M{show(x)} {show(y - 3)}L{show(x + 2)} {show(y + 3)}L{show(x)} {show(y + 1.6)}L{show(x - 2)} {show(y + 3)}Z",
        fill=INK,
        stroke=WHITE,
        stroke_width=0.3,
    )
    sheet.text(
        x,
        y + 6,
        "N",
        2.8,
        text_anchor="middle",
        font_weight="bold",
        stroke=WHITE,
        stroke_width=0.6,
        paint_order="stroke",
    )


def draw_list(sheet: Sheet, frame: Frame, pins: Sequence[Pin], form: Paper, rows: int) -> None:
    """Numbers and names beside the map, in columns; what is beyond four full columns is said, not dropped silently."""
    left, top = frame.left + frame.width + 4, frame.top + form.pitch
    shown = pins[: 4 * rows]
    for at, pin in enumerate(shown):
        column, row = divmod(at, rows)
        x, y = left + column * form.column, top + row * form.pitch
        sheet.text(x + 5, y, str(pin.number), form.text, text_anchor="end", font_weight="bold")
        mark = " ?" if pin.is_about else ""
        sheet.text(x + 6.5, y, cut(pin.name, form.column - 9, form.text) + mark, form.text)
    if len(pins) > len(shown):
        more = _("and %(number)s more", number=len(pins) - len(shown))
        sheet.text(left, top + rows * form.pitch, more, form.text, fill=GREY)


def draw_foot(
    sheet: Sheet, frame: Frame, ground: Ground, edition: Edition, pins: Sequence[Pin], *, is_walk: bool
) -> None:
    """Scale bar, legend and where the data comes from."""
    form, y = sheet.paper, frame.top + frame.height + 4
    metres = max((each for each in NICE if each * frame.scale <= 40), default=NICE[0])
    width = metres * frame.scale
    sheet.add(
        "path",
        d=f"M{show(frame.left)} {show(y - 1.5)}v1.5h{show(width)}v-1.5",
        fill="none",
        stroke=INK,
        stroke_width=0.35,
    )
    label = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    sheet.text(frame.left + width + 1.5, y, label, form.text)
    x = frame.left + width + 6 + text_width(label, form.text)
    accent = edition.festival.accent
    ink = colours.theme(accent).ink
    entries: list[tuple[str, str]] = [("1", _("Factory, number in the list"))]
    if any(pin.is_about for pin in pins):
        entries.append(("?", _("about here: only the part of town is known")))
    if not is_walk:
        used = {one.kind for one in ground.landmarks}
        entries += [(letter, str(name)) for kind, (letter, name) in SIGNS.items() if kind in used]
    for number, (letter, name) in enumerate(entries):
        if letter in {"1", "?"} and number < 2:
            draw_pin(sheet, (x + form.radius, y - 0.8), letter, form, accent, ink, is_about=letter == "?")
        else:
            draw_sign(sheet, x + form.radius, y - 0.8, letter, form)
        sheet.text(x + 2 * form.radius + 1, y, name, form.text)
        x += 2 * form.radius + 4 + text_width(name, form.text)
    credit = str(CREDIT if edition.base_map else NO_STREETS)
    sheet.text(frame.left, y + 4, credit, form.text * 0.9, fill=GREY)


def draw_qr(sheet: Sheet, form: Paper, url: str) -> None:
    """The code that leads to the page, at the lower right, with its four modules of white."""
    modules = codes.qr_modules(url)
    side = form.qr / (len(modules) + 8)
    left, top = form.width - form.edge - form.qr, form.height - form.edge - form.qr
    path = "".join(
        f"M{show(left + (x + 4) * side)} {show(top + (y + 4) * side)}h{side:.4f}v{side:.4f}h-{side:.4f}z"
        for y, row in enumerate(modules)
        for x, dark in enumerate(row)
        if dark
    )
    sheet.add("rect", x=left, y=top, width=form.qr, height=form.qr, fill=WHITE)
    sheet.add("path", d=path, fill="#000000", shape_rendering="crispEdges")
    room = form.column - form.qr - 1
    words = _("Open this map on your phone")
    for number, line in enumerate(wrapped(words, max(room, 12), form.text)):
        sheet.text(left - 1.5, top + 5 + number * form.pitch, line, form.text, text_anchor="end")


def wrapped(text: str, room: float, size: float) -> Iterator[str]:
    """Lines that fit: broken between words, and anywhere where a text has no spaces."""
    line = ""
    words = text.split(" ") if " " in text else list(text)
    glue = " " if " " in text else ""
    for word in words:
        longer = f"{line}{glue}{word}" if line else word
        if line and text_width(longer, size) > room:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def text_width(text: str, size: float) -> float:
    """About how wide a text is: full-width letters count one em, others a bit more than half."""
    return sum(size * (1.0 if ord(letter) > 0x2E7F else 0.56) for letter in text)


def cut(text: str, room: float, size: float) -> str:
    """The text as far as it fits, with an ellipsis where something is missing."""
    if text_width(text, size) <= room:
        return text
    kept = ""
    for letter in text:
        if text_width(kept + letter, size) > room - size:
            break
        kept += letter
    return kept.rstrip() + "…"
