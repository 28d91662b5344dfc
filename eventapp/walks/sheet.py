"""A printed sheet: its papers, the map's window on it, text and shapes in millimetres. Names are text, never markup."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from eventapp.walks.earth import Plane
from eventapp.walks.exporting import xml_text

OSM_CREDIT = "© OpenStreetMap contributors (ODbL) · openstreetmap.org/copyright"
"""What stands on maps whose streets come out of an extract."""
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


NICE = (20, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)
LONGEST_BAR = 40.0  # millimetres


def scale_metres(frame: Frame) -> int:
    """The length that the scale bar shows."""
    return max((each for each in NICE if each * frame.scale <= LONGEST_BAR), default=NICE[0])


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


def wrapped(text: str, room: float, size: float) -> Iterator[str]:
    """Lines that fit: broken between words, and anywhere where a text has no spaces."""
    line = ""
    words = text.split(" ") if " " in text else list(text)
    glue = " " if " " in text else ""
    if any(text_width(word, size) > room for word in words):
        words, glue = list(text), ""
    for word in words:
        longer = f"{line}{glue}{word}" if line else word
        if line and text_width(longer, size) > room:
            yield line
            longer = word
        line = longer
    if line:
        yield line


NARROW, WIDE = frozenset("fijlrtI.,:;'()[]!|/ "), frozenset("mwMW@%&")


def text_width(text: str, size: float) -> float:
    """About how wide a text is: full-width letters count one em, others by their kind."""
    return sum(size * width_of(letter) for letter in text)


def width_of(letter: str) -> float:
    """Of one letter, in em."""
    if ord(letter) > 0x2E7F or letter in "…・":
        return 1.0
    if letter in NARROW:
        return 0.32
    return 0.86 if letter in WIDE else 0.64 if letter.isupper() else 0.56


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
