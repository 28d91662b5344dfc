"""Codes that nobody guesses, numbers that are said aloud, and their QR pictures."""

import io
import random
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the library, and Pillow with it, are loaded for the first picture
    from qrcode import QRCode
    from qrcode.image.pil import PilImage

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O 1 I L, which look alike on paper
ERROR_CORRECT_M, ERROR_CORRECT_L, ERROR_CORRECT_H, ERROR_CORRECT_Q = range(
    4
)  # as qrcode.constants and the standard have them
BETTER_LEVELS = (ERROR_CORRECT_H, ERROR_CORRECT_Q, ERROR_CORRECT_M)
QUIET_ZONE = 4  # modules of white around the code, as ISO 18004 asks

randomness: random.Random = secrets.SystemRandom()


@contextmanager
def use_randomness(source: random.Random) -> Iterator[None]:
    """Draw from this source for a while: tests and the demo get the same codes every time."""
    global randomness
    before, randomness = randomness, source
    try:
        yield
    finally:
        randomness = before


def random_code(length: int = 8) -> str:
    """A code for an address or a poster; eight characters are 39 bits."""
    return "".join(randomness.choice(ALPHABET) for _ in range(length))


def normalize_code(typed: str) -> str:
    """A code as it was drawn, from how people type it: any case and width, with spaces or dashes."""
    plain = unicodedata.normalize("NFKC", typed[:100]).upper()
    return "".join(character for character in plain if character in ALPHABET)


def short_number(digits: int = 4) -> str:
    """A number to say at the gate, 4 to 6 digits, never with a leading zero; unique only together with its
    slot.
    """
    if not 4 <= digits <= 6:
        raise ValueError("a short number has 4 to 6 digits")
    return str(randomness.randrange(10 ** (digits - 1), 10**digits))


def qr_svg(text: str) -> str:
    """The QR code as an SVG document: black on white, its quiet zone included, without style or script."""
    from qrcode.image.svg import SvgPathFillImage

    picture = _qr(text, box=10).make_image(image_factory=SvgPathFillImage)
    return str(picture.to_string(encoding="unicode"))


def qr_png(text: str, box: int = 8) -> bytes:
    """The QR code as a PNG whose modules are `box` pixels wide."""
    from qrcode.image.pil import PilImage

    out = io.BytesIO()
    _qr(text, box).make_image(image_factory=PilImage).save(out, "PNG")
    return out.getvalue()


def qr_modules(text: str) -> list[list[bool]]:
    """The dark modules row by row, without the quiet zone, for paper: at least level Q, so that a quarter of
    it may be torn or oily.
    """
    return [[bool(module) for module in row] for row in _qr(text, box=1, least=ERROR_CORRECT_Q).modules]


def qr_side(text: str) -> int:
    """How many modules `qr_modules` is wide, without drawing it. Raises ValueError as drawing does."""
    version = _version(_unmade(text, ERROR_CORRECT_Q, box=1))
    if version is None:
        raise ValueError("the text is too long for a QR code")
    return 17 + 4 * version


def _qr(text: str, box: int, least: int = ERROR_CORRECT_L) -> "QRCode[PilImage]":
    """The smallest code that holds the text, with as much error correction as fits into that size for free.

    Raises ValueError for text that no QR code can hold (some 2,900 bytes).
    """
    better = BETTER_LEVELS[: (*BETTER_LEVELS, least).index(least)]
    codes = {level: _unmade(text, level, box) for level in (least, *better)}
    smallest = _version(codes[least])
    if smallest is None:
        raise ValueError("the text is too long for a QR code")
    best = next((level for level in better if _version(codes[level]) == smallest), least)
    codes[best].make(fit=False)
    return codes[best]


def _unmade(text: str, level: int, box: int) -> "QRCode[PilImage]":
    from qrcode import QRCode
    from qrcode.image.pil import PilImage

    code = QRCode(error_correction=level, box_size=box, border=QUIET_ZONE, image_factory=PilImage)
    code.add_data(text)
    return code


def _version(code: "QRCode[PilImage]") -> int | None:
    """The smallest size for this text at this level, which the code then has."""
    from qrcode.exceptions import DataOverflowError

    try:
        return code.best_fit(start=1)
    except (DataOverflowError, ValueError):  # the library says either, by length
        return None
