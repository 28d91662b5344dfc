"""Around a printed map: title and days, the list of names, scale, legend, where the data comes from, the QR code."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_date

from eventapp import codes
from eventapp.festivals import colours
from eventapp.festivals.models import Edition
from eventapp.i18n import _, language, lazy
from eventapp.walks.ground import Ground
from eventapp.walks.pins import SIGNS, Pin, draw_pin, draw_sign
from eventapp.walks.sheet import (
    GREY,
    INK,
    OSM_CREDIT,
    WHITE,
    Frame,
    Paper,
    Sheet,
    cut,
    scale_metres,
    show,
    text_width,
    wrapped,
)

CREDIT = lazy(
    "Map data © OpenStreetMap contributors, Open Database License (ODbL) 1.0 · openstreetmap.org/copyright"
)
NO_STREETS = lazy("No streets have been uploaded yet: the map shows only where places lie to each other.")
DAY = {"ja": "M月d日(E)", "en": "EEE d MMM"}
MOST_COLUMNS = 4
SMALLEST_NAME = 0.75  # of the list's size: a long name is set smaller before it is cut
TWO_LINES, SMALLEST_LETTER = 0.66, 1.75  # of the list's size, and millimetres
NUMBER = 2.2  # em, for a number and the gap after it
NARROWEST = (
    0.85,
    0.45,
)  # of the paper's column: a single one has the QR code below it, several need not be wide
BIGGEST_TEXT = 1.35  # of the paper's usual, where the list has room


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
    sheet.text(
        form.edge,
        form.edge + 10.6,
        cut(f"{edition.name}  {days_of(edition)}", frame.width, 2.8),
        2.8,
        fill=GREY,
    )
    draw_north(sheet, frame)


def draw_north(sheet: Sheet, frame: Frame) -> None:
    """The arrow in the upper right corner."""
    x, y = north_of(frame)
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


def days_of(edition: Edition) -> str:
    """The days as people say them."""
    glue = "・" if language() == "ja" else ", "
    return glue.join(str(format_date(day, DAY[language()], locale=language())) for day in edition.dates)


def north_of(frame: Frame) -> tuple[float, float]:
    """Where the arrow stands; no pin does."""
    return frame.left + frame.width - 6, frame.top + 5


@dataclass(frozen=True, slots=True)
class Listing:
    """How the names stand beside the map: columns of so many lines, in this size."""

    columns: int
    rows: int
    size: float
    pitch: float
    width: float  # of a column


def listing(form: Paper, names: Sequence[str]) -> Listing:
    """As few columns as do, evenly filled, the letters as large as there is room for, no wider than the names."""
    room = form.height - 2 * form.edge - 14 - form.qr - 6
    most = int(room / form.pitch)
    columns = max(1, min(MOST_COLUMNS, math.ceil(len(names) / most)))
    rows = min(most, math.ceil(len(names) / columns))
    bigger = min(BIGGEST_TEXT, room / form.pitch / max(rows, 1))
    size = form.text * bigger
    longest = max((text_width(name, size) for name in names), default=0.0)
    width = min(form.column, max(NARROWEST[columns > 1] * form.column, longest + NUMBER * size + 5))
    return Listing(columns, rows, size, form.pitch * bigger, width)


def draw_list(sheet: Sheet, frame: Frame, pins: Sequence[Pin], form: Paper, how: Listing) -> None:
    """Numbers and names beside the map, in columns; what is beyond four full columns is said, not dropped silently."""
    left, top = frame.left + frame.width + 4, frame.top + how.pitch
    shown, gap = pins[: how.columns * how.rows], NUMBER * how.size
    for at, pin in enumerate(shown):
        column, row = divmod(at, how.rows)
        x, y = left + column * how.width, top + row * how.pitch
        sheet.text(x + gap - 1, y, str(pin.number), how.size, text_anchor="end", font_weight="bold")
        mark = " ?" if pin.is_about else ""
        draw_listed(sheet, (x + gap + 0.5, y), pin.name + mark, how.width - gap - 1.5, how)
    if len(pins) > len(shown):
        more = _("and %(number)s more", number=len(pins) - len(shown))
        sheet.text(left, top + how.rows * how.pitch, more, form.text, fill=GREY)


def draw_listed(sheet: Sheet, at: tuple[float, float], name: str, room: float, how: Listing) -> None:
    """A name on its line: a long one is set smaller, then on two small lines where letters are large, then cut."""
    (x, y), share = at, room / text_width(name, how.size)
    if share >= SMALLEST_NAME:
        sheet.text(x, y, name, how.size * min(1.0, share))
    elif how.size * TWO_LINES >= SMALLEST_LETTER:
        size = how.size * TWO_LINES
        half = max(text_width(name, size) / 2 + 3 * size, room * 0.6)
        first = next(wrapped(name, min(room, half), size))
        second = name[len(first) :].strip()
        sheet.text(x, y - 0.45 * how.size, first, size)
        sheet.text(x, y + 0.3 * how.size, cut(second, room, size), size)
    else:
        sheet.text(x, y, cut(name, room, how.size * SMALLEST_NAME), how.size * SMALLEST_NAME)


def draw_foot(
    sheet: Sheet, frame: Frame, ground: Ground, edition: Edition, pins: Sequence[Pin], *, is_walk: bool
) -> None:
    """Scale bar, legend and where the data comes from."""
    form, y = sheet.paper, frame.top + frame.height + 1.27 * sheet.paper.pitch
    x = draw_scale(sheet, frame, edition, y)
    accent = edition.festival.accent
    ink = colours.theme(accent).ink
    entries: list[tuple[str, str]] = []
    if not all(pin.is_about for pin in pins):
        entries.append(
            ("1", _("%(word)s, number in the list", word=first_up(str(edition.festival.factory_word))))
        )
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


def draw_scale(sheet: Sheet, frame: Frame, edition: Edition, y: float) -> float:
    """The scale bar and below it where the streets come from; returns where the line goes on."""
    form, metres = sheet.paper, scale_metres(frame)
    width, left = metres * frame.scale, frame.left + (0.5 if not form.edge else 0)
    sheet.add(
        "path",
        d=f"M{show(left)} {show(y - 1.5)}v1.5h{show(width)}v-1.5",
        fill="none",
        stroke=INK,
        stroke_width=0.35,
    )
    label = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    sheet.text(left + width + 1.5, y, label, form.text)
    sheet.text(left, y + 1.27 * form.pitch, credit_of(edition), form.text * 0.9, fill=GREY)
    return left + width + 6 + text_width(label, form.text)


def credit_of(edition: Edition) -> str:
    """Who drew the streets."""
    if not edition.base_map:
        return str(NO_STREETS)
    known = edition.base_map.get("credit")
    return str(CREDIT) if known in (None, OSM_CREDIT) else str(known)


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
    room = form.column - form.qr - 5  # clear of the map, and of the code
    words = _("Open this map on your phone")
    for number, line in enumerate(wrapped(words, max(room, 12), form.text)):
        sheet.text(left - 1.5, top + 5 + number * form.pitch, line, form.text, text_anchor="end")


def first_up(text: str) -> str:
    """The text as the beginning of a line."""
    return text[:1].upper() + text[1:]
