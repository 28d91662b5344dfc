"""Pictures of prizes, drawn from their codes until the committee sends its own: a bundle in a patterned cloth.

The same code gives the same cloth for ever. The picture says "there is something in it for you" and never what.
"""

import random

from eventapp.stamps.art import INKS
from eventapp.stamps.overlay import TILES, pattern

SIZE = 120
_BODY = "M14 66Q10 100 24 107Q60 116 96 107Q110 100 106 66Q100 47 74 44H46Q20 47 14 66z"
_FOLDS = "M46 46Q30 66 22 102M74 46Q90 66 98 102M52 48Q60 72 60 110M68 48Q60 72 60 110"
_EARS = "M54 38Q30 8 20 22Q16 34 50 44zM66 38Q90 8 100 22Q104 34 70 44z"
_KNOT = "M50 34Q60 28 70 34Q76 41 70 48Q60 54 50 48Q44 41 50 34z"


def draw_prize(code: str) -> str:
    """The bundle as an SVG document of 120 x 120 on a clear ground."""
    chance = random.Random(code)
    ink, place = chance.choice(INKS), chance.randrange(len(TILES))
    cloth = "".join(
        f'<path fill="{ink}" d="{part}"/><path fill="url(#c)" d="{part}"/>' for part in (_BODY, _EARS, _KNOT)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
        f"<defs>{pattern(place, 'c')}</defs>{cloth}"
        f'<g fill="none" stroke="#1d1b18" stroke-opacity=".45" stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round">'
        f'<path d="{_BODY}"/><path d="{_EARS}"/><path d="{_KNOT}"/><path stroke-opacity=".25" d="{_FOLDS}"/></g></svg>'
    )
