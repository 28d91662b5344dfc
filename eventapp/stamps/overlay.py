"""A picture that grows: every stamp uncovers one piece, the last one completes it.

The picture is divided into as many pieces as the rally has stations, the same division for ever. What stands
behind them is the committee's own picture, or a quilt of old patterns that we draw, one patch a station. The page
lays paper over every piece that is still missing (`covers`), so that a phone without a signal uncovers them too.
"""

import hashlib
import random
from dataclasses import dataclass
from functools import lru_cache

from eventapp.stamps.art import INKS
from eventapp.stamps.motifs import motif

WIDTH, HEIGHT = 1000.0, 700.0
MOST_PIECES = 400

Point = tuple[float, float]
Piece = list[Point]

# Patterns as tiles of 40 x 40: waves, hemp leaf, chequers, arrows, rings, scales, tortoise shell, fine stripes.
TILES = (
    '<path d="M0 40a20 20 0 0 1 40 0M8 40a12 12 0 0 1 24 0M15 40a5 5 0 0 1 10 0M-20 20a20 20 0 0 1 40 0M-12 20a12 12 0 0 1 24 0'
    'M-5 20a5 5 0 0 1 10 0M20 20a20 20 0 0 1 40 0M28 20a12 12 0 0 1 24 0M35 20a5 5 0 0 1 10 0"/>',
    '<path d="M20 0V40M0 10L40 30M0 30L40 10M0 10L20 0L40 10V30L20 40L0 30zM20 20L20 0M10 5L20 20L30 5M10 35L20 20L30 35M0 20H40"/>',
    '<path stroke="none" fill="#fff" fill-opacity=".55" d="M0 0h20v20h-20zM20 20h20v20h-20z"/>',
    '<path stroke="none" fill="#fff" fill-opacity=".55" d="M0 0L10 10L20 0V20L10 30L0 20zM20 20L30 30L40 20V40L30 50L20 40zM20 -20L30 -10L40 -20V0L30 10L20 0z"/>',
    '<path d="M20 0a20 20 0 0 1 0 40a20 20 0 0 1 0 -40M0 20a20 20 0 0 0 20 -20a20 20 0 0 0 20 20a20 20 0 0 0 -20 20a20 20 0 0 0 -20 -20"/>',
    '<path stroke="none" fill="#fff" fill-opacity=".55" d="M0 20L10 0L20 20zM20 20L30 0L40 20zM10 40L20 20L30 40zM-10 40L0 20L10 40zM30 40L40 20L50 40z"/>',
    '<path d="M0 10L10 0H30L40 10L30 20H10zM10 20L0 30L10 40H30L40 30L30 20M20 5V15M20 25V35"/>',
    '<path d="M5 0V40M15 0V40M25 0V40M35 0V40"/>',
)


def divide(pieces: int, seed: str) -> list[Piece]:
    """So many pieces that cover the picture without gap or overlap, by cutting the largest one again and again.

    The order is shuffled, so that neighbouring stations do not uncover neighbouring pieces.
    """
    if not 1 <= pieces <= MOST_PIECES:
        raise ValueError(f"a picture has 1 to {MOST_PIECES} pieces")
    chance = random.Random(hashlib.sha256(f"{seed}\n{pieces}".encode("utf-8", "replace")).hexdigest())
    out: list[Piece] = [[(0.0, 0.0), (WIDTH, 0.0), (WIDTH, HEIGHT), (0.0, HEIGHT)]]
    while len(out) < pieces:
        largest = max(out, key=area)
        out.remove(largest)
        out.extend(_cut(largest, chance))
    chance.shuffle(out)
    return out


@dataclass(frozen=True)
class Cover:
    """The paper over one piece: its outline in a box of 1000 x 700, and where its station's number stands, how high."""

    path: str
    x: float
    y: float
    size: float


@lru_cache(maxsize=64)
def covers(pieces: int, seed: str) -> tuple[Cover, ...]:
    """The paper over each piece, in the order of the stations."""
    return tuple(_cover(piece) for piece in divide(pieces, seed))


def _cover(piece: Piece) -> Cover:
    x, y = middle(piece)
    return Cover(_path(piece), round(x, 1), round(y, 1), round(min(64.0, area(piece) ** 0.5 / 3.2), 1))


def draw_quilt(crafts: list[str], seed: str) -> str:
    """The quilt: one patch a station with its craft's mark."""
    chance = random.Random(seed)
    patches = [
        _patch(piece, craft, chance) for piece, craft in zip(divide(len(crafts), seed), crafts, strict=True)
    ]
    tiles = "".join(pattern(place, f"t{place}") for place in range(len(TILES)))
    return _document(f"<defs>{tiles}</defs>{''.join(patches)}")


def pattern(place: int, name: str) -> str:
    """One of the old patterns in white, as an SVG pattern of this name."""
    return (
        f'<pattern id="{name}" width="40" height="40" patternUnits="userSpaceOnUse" patternTransform="scale(.9)">'
        f'<g fill="none" stroke="#fff" stroke-opacity=".6" stroke-width="2">{TILES[place]}</g></pattern>'
    )


def area(piece: Piece) -> float:
    """The size of a piece, in square units."""
    turns = zip(piece, [*piece[1:], piece[0]], strict=True)
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in turns)) / 2


def middle(piece: Piece) -> Point:
    """The mean of its corners, which lies inside: pieces are convex."""
    return sum(x for x, _ in piece) / len(piece), sum(y for _, y in piece) / len(piece)


def _cut(piece: Piece, chance: random.Random) -> tuple[Piece, Piece]:
    """Two parts, by a line near the middle, across the longer way and a little askew."""
    left, right = min(x for x, _ in piece), max(x for x, _ in piece)
    top, bottom = min(y for _, y in piece), max(y for _, y in piece)
    x, y = middle(piece)
    x += (right - left) * chance.uniform(-0.06, 0.06)
    y += (bottom - top) * chance.uniform(-0.06, 0.06)
    askew = chance.uniform(-0.28, 0.28)
    normal = (1.0, askew) if right - left >= bottom - top else (askew, 1.0)
    sides = [(px - x) * normal[0] + (py - y) * normal[1] for px, py in piece]
    return _keep(piece, sides), _keep(piece, [-side for side in sides])


def _keep(piece: Piece, sides: list[float]) -> Piece:
    """The part of a convex piece on the positive side of a line."""
    out: Piece = []
    for place, (x, y) in enumerate(piece):
        after = (place + 1) % len(piece)
        if sides[place] >= 0:
            out.append((x, y))
        if sides[place] * sides[after] < 0:
            share = sides[place] / (sides[place] - sides[after])
            out.append((x + share * (piece[after][0] - x), y + share * (piece[after][1] - y)))
    return out


def _path(piece: Piece) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in piece) + "z"


def _patch(piece: Piece, craft: str, chance: random.Random) -> str:
    """One patch of the quilt, with its craft's mark on a disc."""
    ink, tile = chance.choice(INKS), chance.randrange(len(TILES))
    path, (x, y) = _path(piece), middle(piece)
    size = min(1.7, (area(piece) ** 0.5) / 200)
    return (
        f'<path fill="{ink}" d="{path}"/><path fill="url(#t{tile})" stroke="#fffdf8" stroke-width="5" d="{path}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{64 * size:.1f}" fill="#fffdf8"/>'
        f'<g transform="translate({x:.1f} {y:.1f}) scale({size:.3f})" fill="none" stroke-width="5" stroke-linecap="round"'
        f' stroke-linejoin="round" stroke="{ink}">{motif(craft).replace("@", ink)}</g>'
    )


def _document(body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" width="{WIDTH:.0f}" height="{HEIGHT:.0f}">{body}</svg>'
