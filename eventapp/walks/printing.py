"""The printed map: one sheet, A4 or A3, with numbered pins that do not overlap, the list beside it, and all it needs.

Drawn as SVG in millimetres from the base map of the festival's own extract; the PDF is the same sheet through Typst.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import quoteattr

from eventapp.factories.models import OpeningPlace
from eventapp.festivals.models import Edition
from eventapp.walks.earth import Plane, Point, box_around
from eventapp.walks.exporting import xml_text
from eventapp.walks.ground import Ground, read_ground
from eventapp.walks.pins import Named, draw_pins, draw_signs, make_pins, settle
from eventapp.walks.proposal import Proposal
from eventapp.walks.sheet import FAMILY, PAPERS, WHITE, Frame, Paper, Sheet
from eventapp.walks.sheet_base import draw_base, draw_walk
from eventapp.walks.sheet_margin import (
    draw_foot,
    draw_frame,
    draw_list,
    draw_north,
    draw_qr,
    draw_scale,
    listing,
    north_of,
)

SMALLEST_METRES = 300.0
SOMEWHERE = Point(35.68, 139.77)
SCREEN = Paper("screen", 112, 96, 0, 0, 3.4, 2.5, 2.6, 0)
FOOT = 9.0  # millimetres below the map of a page
MARGIN = 0.06


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
    names = listing(form, [f"{name} ?" if about else name for name, _point, about in places])
    frame = window(form, names.columns * names.width, [point for _, point, _ in places], ground)
    pins = make_pins(places, frame)
    x, y = north_of(frame)
    taken = settle(pins, frame, form.radius, [(x, y - 2), (x, y + 2), (x, y + 5)])
    sheet = Sheet(form)
    accent = edition.festival.accent
    draw_base(sheet, frame, edition)
    if proposal is not None:
        draw_walk(sheet, frame, proposal, accent)
    else:
        draw_signs(sheet, frame, ground, taken)
    draw_pins(sheet, pins, form, accent)
    draw_frame(sheet, frame, edition, title or str(edition.festival.name))
    draw_list(sheet, frame, pins, form, names)
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


def window(form: Paper, beside: float, points: Sequence[Point], ground: Ground) -> Frame:
    """The map fills what the list leaves (it is `beside` millimetres wide)."""
    left, top = form.edge, form.edge + 12
    width = form.width - 2 * form.edge - beside - 4
    height = form.height - top - form.edge - 2.86 * form.pitch
    return frame_around(points or [ground.middle or SOMEWHERE], left, top, width, height)


def frame_around(points: Sequence[Point], left: float, top: float, width: float, height: float) -> Frame:
    """A window whose scale shows every point, and never less than a few hundred metres."""
    box = box_around(points)
    if box is None:
        raise ValueError("a map needs a point")
    plane = Plane((box.south + box.north) / 2, (box.west + box.east) / 2)
    (x0, y0), (x1, y1) = plane.place(box.south, box.west), plane.place(box.north, box.east)
    across, up = max(x1 - x0, SMALLEST_METRES), max(y1 - y0, SMALLEST_METRES)
    scale = min(width / (across * (1 + 2 * MARGIN)), height / (up * (1 + 2 * MARGIN)))
    return Frame(left, top, width, height, plane, scale, ((x0 + x1) / 2, (y0 + y1) / 2))


# --- the same without a list, for pages ------------------------------------------------------------------------------


def drawing_svg(
    edition: Edition, places: Sequence[Named], *, title: str, proposal: Proposal | None = None
) -> str:
    """The map alone, numbered as the list of the page that shows it: for browsers without scripts."""
    form = SCREEN
    height = form.height - FOOT
    frame = frame_around([point for _, point, _ in places] or [SOMEWHERE], 0, 0, form.width, height)
    pins = make_pins(places, frame)
    x, y = north_of(frame)
    settle(pins, frame, form.radius, [(x, y - 2), (x, y + 2), (x, y + 5)])
    sheet, accent = Sheet(form), edition.festival.accent
    draw_base(sheet, frame, edition)
    if proposal is not None:
        draw_walk(sheet, frame, proposal, accent)
    draw_pins(sheet, pins, form, accent)
    draw_north(sheet, frame)
    draw_scale(sheet, frame, edition, height + 3.8)
    return document(sheet, title, FAMILY)
