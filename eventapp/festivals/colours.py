"""A festival's accent: one strong colour that can be read on paper white, and what is derived from it."""

import colorsys
import re
from typing import NamedTuple

from eventapp.i18n import RuleError, lazy

PAPER, INK, WHITE = "#faf7f0", "#1d1b18", "#ffffff"
TEXT = 4.5  # : 1, WCAG 2.2 for text
QUIET_GROUND = 7.0  # : 1, running text on the soft ground


class ColourError(RuleError):
    """The colour cannot be the accent; `suggestion` is the nearest darker one that can, if there is one."""

    field = "accent"  # of the form

    def __init__(self, message: object, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


class Theme(NamedTuple):
    """What a festival's stylesheet sets: the accent, text on it, and its soft ground."""

    accent: str
    ink: str
    soft: str


def parse(text: str) -> str:
    """`#B4451F`, `b4451f` or `#b43` as `#b4451f`. Raises ColourError."""
    plain = text.strip().lower().removeprefix("#")
    if re.fullmatch(r"[0-9a-f]{3}", plain):
        plain = "".join(2 * digit for digit in plain)
    if not re.fullmatch(r"[0-9a-f]{6}", plain):
        raise ColourError(lazy("Write the colour as six digits, for example #b4451f."))
    return f"#{plain}"


def contrast(first: str, second: str) -> float:
    """How far two colours stand apart, 1 to 21, as WCAG 2.2 computes it."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def theme(accent: str) -> Theme:
    """The three colours of a festival. Meant for an accent that `check` let through."""
    ink = WHITE if contrast(accent, WHITE) >= contrast(accent, INK) else INK
    return Theme(accent, ink, _soft(accent))


def is_readable(accent: str) -> bool:
    """Whether the accent can be read on paper and on its soft ground, and text can be read on the accent."""
    made = theme(accent)
    on_grounds = min(contrast(accent, PAPER), contrast(accent, made.soft), contrast(made.ink, accent))
    return on_grounds >= TEXT and contrast(INK, made.soft) >= QUIET_GROUND


def check(accent: str) -> str:
    """The accent as it is stored. Raises ColourError with a darker suggestion where it could not be read."""
    colour = parse(accent)
    if not is_readable(colour):
        darker = suggest_darker(colour)
        raise ColourError(
            lazy(
                "This colour is too pale to be read on the page. %(colour)s is the nearest that can be read.",
                colour=darker,
            ),
            darker,
        )
    return colour


def suggest_darker(accent: str) -> str:
    """The same hue, only as much darker as is needed."""
    hue, light, strength = colorsys.rgb_to_hls(*_shares(accent))
    for step in range(101):
        candidate = _hex(colorsys.hls_to_rgb(hue, light * (100 - step) / 100, strength))
        if is_readable(candidate):
            return candidate
    return INK


def _soft(accent: str) -> str:
    """A pale ground of the accent's hue: as much colour as the accent and the ink can still be read on."""
    for share in (0.12, 0.10, 0.08, 0.06, 0.04):
        ground = _hex(
            tuple(
                white * (1 - share) + own * share
                for white, own in zip((1, 1, 1), _shares(accent), strict=True)
            )
        )
        if contrast(accent, ground) >= TEXT and contrast(INK, ground) >= QUIET_GROUND:
            return ground
    return PAPER


def _shares(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _hex(shares: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(share * 255):02x}" for share in shares)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _shares(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
