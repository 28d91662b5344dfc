"""Drawing posters and paper cards, and reading them back: nothing leaves here that a phone could not scan.

Drawing knows no database: it takes `PosterFacts` and `CardFacts` and gives bytes. Many pages are one Typst
document, so that fonts are loaded and embedded once.
"""

import enum
import functools
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from eventapp import codes, paper
from eventapp.festivals import colours

if TYPE_CHECKING:  # both are loaded where they are called: only the worker draws
    from pypdfium2 import PdfDocument

CARDS_A_SHEET = 10
CHECK_PIXELS = (
    3  # a module of the QR code when it is read back: a phone at the edge of its range sees no more
)
POINTS_A_MM = 72 / 25.4
# What a phone's camera of 1280 pixels and some 65 degrees still resolves: 2.2 pixels a module.
REACH_IN_MODULES = 447
REACH_IN_SYMBOLS = 10  # the printers' rule of thumb


class UnreadableError(Exception):
    """A drawn code does not give back exactly what it should; the sheet must not be handed out."""


class Size(enum.StrEnum):
    A6 = "a6"
    A4 = "a4"
    A3 = "a3"

    @property
    def width(self) -> float:
        """The width of the paper in millimetres."""
        return {Size.A6: 105.0, Size.A4: 210.0, Size.A3: 297.0}[self]

    @property
    def box(self) -> float:
        """The side of the white box around the code, quiet zone included, in millimetres; 150 on A4."""
        return self.width * 150 / 210


@dataclass(frozen=True)
class PosterFacts:
    """What stands on one poster. `url` is what the code says, letter by letter."""

    url: str
    number: int  # of the station
    name: dict[str, str]  # "ja" and "en"
    short: str  # the code to type where no camera helps
    art: str  # the stamp, an SVG document
    poster: str  # its id, for whoever takes a revoked one down
    domain: str  # where the link leads, in words
    festival: dict[str, str]
    accent: str = "#b4451f"
    kana: str = ""
    label: str = ""  # where it hangs: "reception"
    typing: str = ""  # the address at which the short code is typed; empty: the domain


@dataclass(frozen=True)
class CardFacts:
    """One printed card for somebody without a phone: its code is its identity."""

    url: str
    serial: str
    festival: dict[str, str]
    domain: str
    accent: str = "#b4451f"
    boxes: int = 12  # how many stamps fit on it


# Drawing

Progress = Callable[[int], None]


def _unheard(done: int) -> None:
    """Nobody asked how far it is."""


def draw_many(
    facts: Sequence[PosterFacts], size: Size = Size.A4, first: str = "ja", *,
    progress: Progress = _unheard,
) -> bytes:  # fmt: skip
    """All posters as one PDF, a page each, every code read back. `first` is the language that stands large.

    `progress` hears how many pages have been checked. Raises UnreadableError.
    """
    pdf = paper.compile("poster", poster_data(facts, size, first))
    check_pages(pdf, [(each.url, size.box, _side(each.url)) for each in facts], progress)
    return pdf


def draw_svgs(
    facts: Sequence[PosterFacts], size: Size = Size.A4, first: str = "ja", *, progress: Progress = _unheard
) -> list[bytes]:
    """The posters as SVG, each read back from a raster of it. Raises UnreadableError."""
    drawn = paper.compile_svg("poster", poster_data(facts, size, first))
    for place, (each, svg) in enumerate(_pairs(facts, drawn), start=1):
        data = {"svg": svg.decode("utf-8"), "width": size.width}
        check_picture(paper.compile_png("raster", data, _check_ppi(each.url, size))[0], each.url)
        progress(place)
    return drawn


def draw_pngs(
    facts: Sequence[PosterFacts], size: Size = Size.A4, first: str = "ja", *,
    ppi: float = paper.SCREEN_PPI, progress: Progress = _unheard,
) -> list[bytes]:  # fmt: skip
    """The posters as PNG, each read back. Raises UnreadableError."""
    drawn = paper.compile_png("poster", poster_data(facts, size, first), ppi)
    for place, (each, png) in enumerate(_pairs(facts, drawn), start=1):
        check_picture(png, each.url)
        progress(place)
    return drawn


def _pairs(facts: Sequence[PosterFacts], drawn: Sequence[bytes]) -> Iterable[tuple[PosterFacts, bytes]]:
    if len(facts) != len(drawn):
        raise UnreadableError(f"{len(drawn)} pages for {len(facts)} posters")
    return zip(facts, drawn, strict=True)


def draw_cards(cards: Sequence[CardFacts], *, progress: Progress = _unheard) -> bytes:
    """Printed cards, ten on each A4 sheet, to be cut; every code read back. Raises UnreadableError."""
    data = {
        "cards": [
            {"qr": qr_picture(card.url), "serial": plain(card.serial), "festival": _both(card.festival), "domain": plain(card.domain),
             "boxes": card.boxes, **_colours(card.accent)}
            for card in cards
        ]
    }  # fmt: skip
    pdf = paper.compile("paper_card", data)
    sheets = [cards[start : start + CARDS_A_SHEET] for start in range(0, len(cards), CARDS_A_SHEET)]
    _check_sheets(pdf, [[card.url for card in sheet] for sheet in sheets], progress)
    return pdf


def qr_picture(text: str) -> str:
    """The code as SVG, a module one unit: every row's dark stretches as one path, so that no seams show."""
    modules = codes.qr_modules(text)
    side = len(modules) + 2 * codes.QUIET_ZONE
    path = "".join(
        f"M{start + codes.QUIET_ZONE} {y + codes.QUIET_ZONE}h{length}v1h-{length}z"
        for y, row in enumerate(modules)
        for start, length in _stretches(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}" height="{side}">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path d="{path}"/></svg>'
    )


def scan_distance(url: str, size: Size) -> float:
    """From how far away it can be scanned, in metres, rounded down: the smaller of the two rules."""
    module = size.box / _side(url)
    symbol = module * (_side(url) - 2 * codes.QUIET_ZONE)
    return int(min(symbol * REACH_IN_SYMBOLS, module * REACH_IN_MODULES) / 100) / 10


def plain(text: str) -> str:
    """One line of text: what people typed over several lines, or with control characters in it, still fits."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def poster_data(facts: Iterable[PosterFacts], size: Size, first: str) -> dict[str, Any]:
    """What the template `poster` is filled with."""
    return {
        "size": size.value,
        "width": size.width,
        "first": first,
        "posters": [_poster(each, size) for each in facts],
    }


def _poster(facts: PosterFacts, size: Size) -> dict[str, Any]:
    return {
        "qr": qr_picture(facts.url), "art": _without_code(facts.art), "number": facts.number, "name": _both(facts.name),
        "kana": plain(facts.kana), "festival": _both(facts.festival), "short": plain(facts.short),
        "poster": plain(facts.poster), "label": plain(facts.label), "domain": plain(facts.domain),
        "typing": plain(facts.typing or facts.domain), "distance": scan_distance(facts.url, size), **_colours(facts.accent),
    }  # fmt: skip


def _without_code(art: str) -> str:
    """The stamp, if no phone could take it for a code: an uploaded picture may hold one, too small for `check_pages`."""
    if "<image" in art:
        raster = paper.compile_png("raster", {"svg": art, "width": 100}, paper.SCREEN_PPI)[0]
        if found := read_codes(Image.open(io.BytesIO(raster))):
            raise UnreadableError(f"the stamp's picture holds a code of its own: {found!r}")
    return art


def _both(texts: dict[str, str]) -> dict[str, str]:
    """Both languages; the one stands in for the other, and is then not said twice."""
    return {language: plain(texts.get(language) or "") for language in ("ja", "en")}


def _colours(accent: str) -> dict[str, str]:
    theme = colours.theme(accent)
    return {"accent": theme.accent, "on_accent": theme.ink, "soft": theme.soft}


def _stretches(row: Sequence[bool]) -> Iterable[tuple[int, int]]:
    """Where dark begins in a row and how far it goes."""
    start: int | None = None
    for place, dark in enumerate([*row, False]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None


@functools.lru_cache(maxsize=1024)
def _side(url: str) -> int:
    """Modules from edge to edge of the white box."""
    return codes.qr_side(url) + 2 * codes.QUIET_ZONE


# Reading back


def check_pages(pdf: bytes, expected: Sequence[tuple[str, float, int]], progress: Progress) -> None:
    """Every page holds exactly one code with its text, at three pixels a module.

    `expected` has for each page the text, the side of its white box in millimetres and in modules.
    """
    from pypdfium2 import PdfDocument

    with PdfDocument(pdf) as document:
        if len(document) != len(expected):
            raise UnreadableError(f"{len(document)} pages for {len(expected)} posters")
        for place, (text, box, side) in enumerate(expected):
            check_picture(_raster(document, place, CHECK_PIXELS * side / box), text)
            progress(place + 1)


def _check_sheets(pdf: bytes, expected: Sequence[Sequence[str]], progress: Progress) -> None:
    from pypdfium2 import PdfDocument

    done = 0
    with PdfDocument(pdf) as document:
        if len(document) != len(expected):
            raise UnreadableError(f"{len(document)} sheets for {len(expected)}")
        for place, texts in enumerate(expected):
            found = read_codes(_raster(document, place, 300 / 25.4 / 2))
            if sorted(found) != sorted(texts):
                raise UnreadableError(f"sheet {place + 1} reads {len(found)} of {len(texts)} codes")
            done += len(texts)
            progress(done)


def check_picture(picture: Image.Image | bytes, text: str) -> None:
    """The picture holds this one code and no other. Raises UnreadableError."""
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    if (found := read_codes(image)) != [text]:
        raise UnreadableError(f"{text!r} reads as {found!r}")


def read_codes(image: Image.Image) -> list[str]:
    """What the QR codes in a picture say."""
    import zxingcpp

    only = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in zxingcpp.read_barcodes(image.convert("L"), formats=only, try_invert=False)]


def _raster(document: "PdfDocument", page: int, pixels_a_mm: float) -> Image.Image:
    rendered = document[page].render(scale=pixels_a_mm / POINTS_A_MM, grayscale=True, draw_annots=False)
    picture: Image.Image = rendered.to_pil()
    return picture


def _check_ppi(url: str, size: Size) -> float:
    """Three pixels a module, as dots an inch."""
    return CHECK_PIXELS * _side(url) / size.box * 25.4
