"""Stamp art: what a visitor collects at a station, drawn from the factory's name and craft until it sends its own.

The same name and craft give the same picture for ever. The pictures are SVG without style, script or foreign
address; letters are text, in the fonts that Japanese phones have and the posters embed.
"""

import base64
import hashlib
import math
import random
import unicodedata
from dataclasses import dataclass
from xml.sax.saxutils import escape

from eventapp.stamps.motifs import gear_path, motif, polygon

SIZE = 240  # units, from -120 to 120
FONTS = "Noto Sans JP,Hiragino Sans,BIZ UDPGothic,Yu Gothic,Meiryo,Noto Sans CJK JP,sans-serif"
# Inks as seals and dyers have them: vermilion, indigo, pine, purple, persimmon, iron blue, cochineal, moss, lapis.
INKS = ("#c3331f", "#1f4e86", "#2c6a3c", "#69397a", "#99481a", "#23405f", "#8f1d3d", "#56621c", "#2b4bb0")
BAND_TOP, BAND_HEIGHT = 30.0, 46.0
RING = 91.5  # the radius on which the letters around the edge stand


@dataclass(frozen=True)
class Subject:
    """Whose stamp it is. `around` stands along the lower edge: the festival and its year."""

    name: str
    latin: str = ""  # the name in Latin letters, along the upper edge
    craft: str = "other"
    around: str = ""
    number: int | None = None


def draw_stamp(subject: Subject, ink: str | None = None) -> str:
    """The stamp as an SVG document on a clear ground. `ink` is "#rrggbb"; without it the name decides."""
    chance = _chance(subject)
    colour = ink or chance.choice(INKS)
    outline = chance.choice(OUTLINES)
    unique = f"s{hashlib.sha256(repr(subject).encode('utf-8', 'replace')).hexdigest()[:8]}"
    wear = _wear(chance)
    body = outline() + _letters_around(subject, unique) + _motif(subject.craft) + _band(subject.name, unique)
    title = escape(_clean(subject.name))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-120 -120 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}" role="img">'
        f"<title>{title}</title><defs>{_arcs(unique)}"
        f'<mask id="{unique}w" maskUnits="userSpaceOnUse" x="-120" y="-120" width="240" height="240">'
        f'<path fill="#fff" d="M-120 -120h240v240h-240z"/>{wear}</mask></defs>'
        f'<g mask="url(#{unique}w)" fill="none" stroke="{colour}" stroke-width="4.5" stroke-linecap="round"'
        f' stroke-linejoin="round">{body.replace("@", colour)}</g></svg>'
    )


def frame_picture(picture: bytes, kind: str, alt: str) -> str:
    """An uploaded picture as a round stamp of the same size, so that whoever shows stamps needs one way only.

    `kind` is "png", "jpeg" or "webp"; the bytes come from our own drawing anew (`uploads`), never from a visitor.
    """
    if kind not in ("png", "jpeg", "webp"):
        raise ValueError(f"not a kind of picture: {kind!r}")
    data = base64.b64encode(picture).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-120 -120 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}" role="img">'
        f'<title>{escape(_clean(alt))}</title><defs><clipPath id="r"><circle r="114"/></clipPath></defs>'
        f'<image clip-path="url(#r)" x="-114" y="-114" width="228" height="228" preserveAspectRatio="xMidYMid slice"'
        f' href="data:image/{kind};base64,{data}"/></svg>'
    )


# Letters


def _clean(text: str) -> str:
    """One line that XML can hold: no control characters, no half surrogates."""
    kept = (
        character if unicodedata.category(character) not in ("Cc", "Cs", "Cn") else " " for character in text
    )
    return " ".join("".join(kept).replace("@", "＠").split())


def width_of(text: str) -> float:
    """About how wide a text is in bold letters, in em."""
    return sum(1.0 if unicodedata.east_asian_width(each) in "WFA" else 0.62 for each in text)


def split_lines(text: str, lines: int) -> list[str]:
    """The text in so many lines of about the same width; Latin words stay whole where they can."""
    pieces = text.split(" ") if " " in text and width_of(text) < len(text) * 0.8 else list(text)
    joint = " " if len(pieces) != len(text) or " " in text else ""
    target, out = width_of(text) / lines, [""]
    for piece in pieces:
        longer = f"{out[-1]}{joint if out[-1] else ''}{piece}"
        if out[-1] and len(out) < lines and width_of(longer) > target * 1.08:
            out.append(piece)
        else:
            out[-1] = longer
    return out


def _band(name: str, unique: str) -> str:
    """A ribbon across the stamp with the name cut out of it."""
    lines, size = fit_lines(_clean(name), width=182.0, height=BAND_HEIGHT - 8, largest=30.0)
    middle = BAND_TOP + BAND_HEIGHT / 2
    texts = "".join(
        f'<text x="0" y="{middle + size * (0.36 + 1.12 * (place - (len(lines) - 1) / 2)):.1f}">{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    mask = (
        f'<mask id="{unique}n" maskUnits="userSpaceOnUse" x="-120" y="-120" width="240" height="240">'
        f'<path fill="#fff" stroke="none" d="M-120 -120h240v240h-240z"/><g fill="#000" stroke="none" font-family="{FONTS}"'
        f' font-weight="700" font-size="{size:.1f}" text-anchor="middle">{texts}</g></mask>'
    )
    ribbon = f"M-108 {BAND_TOP}H108L101 {middle}L108 {BAND_TOP + BAND_HEIGHT}H-108L-101 {middle}z"
    return f'{mask}<path fill="@" stroke-width="3" mask="url(#{unique}n)" d="{ribbon}"/>'


def fit_lines(text: str, *, width: float, height: float, largest: float) -> tuple[list[str], float]:
    """The text in one, two or three lines, whichever lets the letters be largest, and their size."""
    best: tuple[list[str], float] = ([text], 0.0)
    for count in (1, 2, 3):
        lines = split_lines(text, count)
        widest = max(width_of(line) for line in lines) or 1.0
        size = min(largest, width / widest, height / (len(lines) * 1.12))
        if size > best[1] * 1.1:
            best = (lines, size)
    return best


def _arcs(unique: str) -> str:
    low = RING + 7.5
    return (
        f'<path id="{unique}u" d="M-{RING} 0A{RING} {RING} 0 0 1 {RING} 0"/>'
        f'<path id="{unique}l" d="M-{low} 0A{low} {low} 0 0 0 {low} 0"/>'
    )


def _letters_around(subject: Subject, unique: str) -> str:
    lower = " ".join(
        filter(None, [f"No.{subject.number}" if subject.number is not None else "", _clean(subject.around)])
    )
    return _on_arc(f"{unique}u", _clean(subject.latin).upper(), 255.0) + _on_arc(f"{unique}l", lower, 112.0)


def _on_arc(path: str, text: str, room: float) -> str:
    if not text:
        return ""
    size = min(13.5, room / max(width_of(text) * 1.08, 1))
    return (
        f'<text font-family="{FONTS}" font-weight="700" font-size="{size:.1f}" fill="@" stroke="none" text-anchor="middle"'
        f' letter-spacing="{size * 0.06:.2f}"><textPath href="#{path}" startOffset="50%">{escape(text)}</textPath></text>'
    )


# Shapes


def _motif(craft: str) -> str:
    return f'<g transform="translate(0 -28) scale(1.02)" stroke-width="5">{motif(craft)}</g>'.replace(
        'fill="@"', 'fill="@" stroke-width="2"'
    )


def _round() -> str:
    return '<circle r="115" stroke-width="6"/><circle r="108.500" stroke-width="1.800"/>'


def _scalloped() -> str:
    count, radius = 24, 109.0
    points = [
        (radius * math.cos(a), radius * math.sin(a))
        for a in (2 * math.pi * i / count for i in range(count + 1))
    ]
    bulge = radius * math.sin(math.pi / count) * 1.02
    arcs = "".join(f"A{bulge:.1f} {bulge:.1f} 0 0 1 {x:.1f} {y:.1f}" for x, y in points[1:])
    return f'<path stroke-width="4" d="M{points[0][0]:.1f} {points[0][1]:.1f}{arcs}z"/><circle r="106" stroke-width="1.800"/>'


def _toothed() -> str:
    return f'<path stroke-width="4" d="{gear_path(36, 117, 110.5)}"/><circle r="106" stroke-width="1.800"/>'


def _octagon() -> str:
    return "".join(
        f'<path stroke-width="{width}" d="{polygon(_corners(8, radius, math.pi / 8))}"/>'
        for radius, width in ((117.5, 5), (112, 1.6))
    )


def _square() -> str:
    return (
        '<rect x="-115" y="-115" width="230" height="230" rx="30" stroke-width="6"/>'
        '<rect x="-108" y="-108" width="216" height="216" rx="24" stroke-width="1.800"/>'
    )


def _corners(count: int, radius: float, turn: float) -> list[tuple[float, float]]:
    angles = [turn + 2 * math.pi * step / count for step in range(count)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]


OUTLINES = (_round, _scalloped, _toothed, _octagon, _square)


def _wear(chance: random.Random) -> str:
    """Specks where the ink did not take, as on every stamp that a hand pressed."""
    specks = []
    for _ in range(46):
        angle, away = chance.uniform(0, 2 * math.pi), chance.uniform(20, 119)
        size = chance.choice((0.5, 0.7, 0.9, 1.2))
        specks.append(
            f'<circle cx="{away * math.cos(angle):.1f}" cy="{away * math.sin(angle):.1f}" r="{size}"/>'
        )
    return "".join(specks)


def _chance(subject: Subject) -> random.Random:
    """Dice that fall the same for the same name and craft, whatever the year and the number."""
    return random.Random(
        hashlib.sha256(f"{subject.name}\n{subject.craft}".encode("utf-8", "replace")).hexdigest()
    )
