"""A small drawing surface over Pillow: logical units, drawn at twice the size and halved at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageColor, ImageDraw

_SCALE = 2
Spot = tuple[float, float]


@dataclass(frozen=True)
class Palette:
    """The few colours of one picture, as hex strings."""

    wall: str
    shade: str
    floor: str
    ink: str
    body: str
    light: str
    accent: str
    second: str
    dark: bool = False  # a dim shop lit by its fire


def mix(one: str, other: str, share: float) -> str:
    """A colour on the way from one to the other."""
    a, b = ImageColor.getrgb(one), ImageColor.getrgb(other)
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a[:3], b[:3], strict=True))


class Canvas:
    """A picture being drawn. `at()` gives a view with its own origin and size on the same picture."""

    def __init__(self, width: int, height: int, top: str, bottom: str | None = None) -> None:
        self.width, self.height = width, height
        self.image = _gradient(width * _SCALE, height * _SCALE, top, bottom or top)
        self._pen = ImageDraw.Draw(self.image, "RGBA")
        self._x, self._y, self._k = 0.0, 0.0, float(_SCALE)

    def at(self, x: float, y: float, size: float = 1.0) -> Canvas:
        """The same picture with the origin moved to (x, y) and lengths multiplied."""
        view = object.__new__(Canvas)
        view.width, view.height, view.image, view._pen = self.width, self.height, self.image, self._pen
        view._x, view._y, view._k = self._x + x * self._k, self._y + y * self._k, self._k * size
        return view

    def finish(self) -> Image.Image:
        """The picture in its real size."""
        return self.image.reduce(_SCALE)

    def poly(self, points: Sequence[Spot], fill: str, alpha: float = 1.0) -> None:
        """A filled polygon."""
        self._pen.polygon([self._to(p) for p in points], fill=_ink(fill, alpha))

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, r: float = 0.0, alpha: float = 1.0
    ) -> None:
        """A filled rectangle with corner radius r."""
        a, b = self._to((x, y)), self._to((x + width, y + height))
        box = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]) - 1, max(a[1], b[1]) - 1)
        if box[2] > box[0] and box[3] > box[1]:
            self._pen.rounded_rectangle(box, r * self._k, fill=_ink(fill, alpha))

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str, alpha: float = 1.0) -> None:
        """A filled ellipse around (x, y)."""
        a, b = self._to((x - rx, y - ry)), self._to((x + rx, y + ry))
        self._pen.ellipse((*a, *b), fill=_ink(fill, alpha))

    def disc(self, x: float, y: float, r: float, fill: str, alpha: float = 1.0) -> None:
        """A filled circle."""
        self.oval(x, y, r, r, fill, alpha)

    def ring(self, x: float, y: float, r: float, width: float, fill: str) -> None:
        """A circle line."""
        a, b = self._to((x - r, y - r)), self._to((x + r, y + r))
        self._pen.ellipse((*a, *b), outline=_ink(fill, 1.0), width=max(1, round(width * self._k)))

    def arc(self, x: float, y: float, r: float, start: float, end: float, width: float, fill: str) -> None:
        """Part of a circle line, in degrees clockwise from the right."""
        a, b = self._to((x - r, y - r)), self._to((x + r, y + r))
        self._pen.arc((*a, *b), start, end, fill=_ink(fill, 1.0), width=max(1, round(width * self._k)))

    def pie(self, x: float, y: float, r: float, start: float, end: float, fill: str) -> None:
        """A slice of a disc."""
        a, b = self._to((x - r, y - r)), self._to((x + r, y + r))
        self._pen.pieslice((*a, *b), start, end, fill=_ink(fill, 1.0))

    def line(
        self, points: Sequence[Spot], width: float, fill: str, alpha: float = 1.0, caps: bool = True
    ) -> None:
        """A line with round joints, and round ends unless it is see-through."""
        pixels = max(1, round(width * self._k))
        self._pen.line([self._to(p) for p in points], fill=_ink(fill, alpha), width=pixels, joint="curve")
        if caps and alpha == 1.0 and pixels > 4:
            for p in (points[0], points[-1]):
                self.disc(p[0], p[1], width / 2, fill)

    def gear(self, x: float, y: float, r: float, teeth: int, fill: str, hole: str, turn: float = 0.0) -> None:
        """A gear wheel with a bore."""
        points = []
        for i in range(teeth):
            for share, size in ((-0.3, r * 0.84), (-0.19, r), (0.19, r), (0.3, r * 0.84)):
                angle = (i + share) / teeth * math.tau + turn
                points.append((x + size * math.cos(angle), y + size * math.sin(angle)))
        self.poly(points, fill)
        self.disc(x, y, r * 0.6, mix(fill, hole, 0.25))
        self.disc(x, y, r * 0.26, hole)

    def glow(self, x: float, y: float, r: float, fill: str, strength: float = 0.7) -> None:
        """Light that fades outwards."""
        size = max(2, round(2 * r * self._k))
        mask = (
            _fade()
            .resize((size, size), Image.Resampling.BILINEAR)
            .point([int(v * strength) for v in range(256)])
        )
        left, top = self._to((x - r, y - r))
        self.image.paste(_ink(fill, 1.0)[:3], (round(left), round(top)), mask)

    def _to(self, p: Spot) -> Spot:
        return self._x + p[0] * self._k, self._y + p[1] * self._k


@lru_cache(maxsize=256)
def _ink(fill: str, alpha: float) -> tuple[int, int, int, int]:
    red, green, blue = ImageColor.getrgb(fill)[:3]
    return red, green, blue, round(alpha * 255)


@lru_cache(maxsize=1)
def _fade() -> Image.Image:
    """A soft disc, bright in the middle."""
    return Image.radial_gradient("L").point(
        [max(0, round(255 * (1 - v / 181) ** 2)) if v < 181 else 0 for v in range(256)]
    )


def _gradient(width: int, height: int, top: str, bottom: str) -> Image.Image:
    strip = Image.new("RGB", (1, 64))
    for row in range(64):
        strip.putpixel((0, row), _ink(mix(top, bottom, row / 63), 1.0)[:3])
    return strip.resize((width, height), Image.Resampling.BILINEAR)
