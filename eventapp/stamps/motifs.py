"""One drawing per craft, as a stamp cutter would cut it: strokes and solids in a box from -50 to 50.

Each is SVG without colours of its own: strokes are drawn in ink, `class` is not used, and a shape with
`fill="@"` is a solid. The pictures are ours.
"""

import math

from eventapp.factories.models import Craft


def _ring(count: int, radius: float, turn: float = 0.0) -> list[tuple[float, float]]:
    angles = [turn + 2 * math.pi * step / count for step in range(count)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]


def polygon(points: list[tuple[float, float]]) -> str:
    """The path through these points and back."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "z"


def gear_path(teeth: int, outer: float, inner: float) -> str:
    """The outline of a gear."""
    step, points = 2 * math.pi / teeth, []
    for tooth in range(teeth):
        for share, radius in ((-0.32, inner), (-0.2, outer), (0.2, outer), (0.32, inner)):
            angle = (tooth + share) * step - math.pi / 2
            points.append((radius * math.cos(angle), radius * math.sin(angle)))
    return polygon(points)


def _sparkle(x: float, y: float, size: float) -> str:
    near = size * 0.16
    return (
        f'<path fill="@" d="M{x} {y - size}Q{x + near} {y - near} {x + size} {y}Q{x + near} {y + near} {x} {y + size}'
        f'Q{x - near} {y + near} {x - size} {y}Q{x - near} {y - near} {x} {y - size}z"/>'
    )


def _hexagons() -> str:
    centres = [(0.0, -24.0), (-20.8, 12.0), (20.8, 12.0)]
    rings = [[(x + dx, y + dy) for dx, dy in _ring(6, 24, math.pi / 6)] for x, y in centres]
    dots = "".join(f'<circle fill="@" cx="{x}" cy="{y}" r="7"/>' for x, y in centres)
    return f'<path d="{"".join(polygon(ring) for ring in rings)}"/>{dots}'


def _sparks() -> str:
    rays = ((14, 30, 0), (16, 36, 1), (14, 28, 2), (15, 36, 3), (14, 30, 4))
    out = []
    for near, far, place in rays:
        angle = math.pi * (0.02 + 0.24 * place)
        x, y = math.cos(angle), math.sin(angle)
        out.append(f"M{x * near:.1f} {24 + y * near * 0.6:.1f}L{x * far:.1f} {24 + y * far * 0.7:.1f}")
    return "".join(out)


def _rays(inner: float, outer: float, count: int, start: float, sweep: float) -> str:
    out = []
    for step in range(count):
        angle = start + sweep * step / (count - 1)
        x, y = math.cos(angle), math.sin(angle)
        out.append(f"M{x * inner:.1f} {y * inner:.1f}L{x * outer:.1f} {y * outer:.1f}")
    return "".join(out)


MOTIFS: dict[Craft, str] = {
    # a lathe's chuck, the turned piece, the tool, the chip that curls away
    Craft.CUTTING: '<path fill="@" d="M-46 -30h18v52h-18zM-28 -18h10v28h-10z"/>'
    '<path d="M-18 -13H4v18H-18zM4 -8H24v8H4z"/><path fill="@" d="M34 46L8 46L8 26L16 8L24 26L34 26z"/>'
    '<path d="M16 4q-6 -30 12 -32q14 0 12 12q-4 10 -12 5"/>',
    # ram, punch and die with the bent sheet between them
    Craft.PRESS: '<path fill="@" d="M-36 -46h72v18h-72zM-14 -28h28v18q0 12 -14 12t-14 -12z"/>'
    '<path d="M-46 -2h22q4 0 5 6q4 16 19 16t19 -16q1 -6 5 -6h22"/>'
    '<path fill="@" d="M-42 46V16h17q6 18 25 18t25 -18h17v30z"/>',
    # a ladle pours; the drop falls into the mould
    Craft.CASTING: '<path fill="@" d="M-42 -34H10l10 -8v12q-2 26 -28 26q-28 0 -34 -30z"/><path d="M-40 -36L-46 -46"/>'
    '<path fill="@" d="M22 -16q9 13 0 20q-9 -7 0 -20z"/><path d="M-34 46V16H6q2 14 14 14t14 -14h12v30z"/>',
    # hammer over anvil
    Craft.FORGING: '<path fill="@" d="M-46 2H30q10 0 16 -4v6q-6 14 -24 16q-6 4 -6 12l12 6v8H-26v-8l12 -6q0 -10 -8 -14q-20 0 -24 -16z"/>'
    '<path fill="@" d="M-26 -42l22 -8l9 24l-22 8z"/><path stroke-width="7" d="M-2 -35L42 -22"/>',
    # a bright surface
    Craft.PLATING: _sparkle(-6, 6, 38) + _sparkle(30, -30, 17) + _sparkle(34, 30, 11),
    # the mask, and sparks below it
    Craft.WELDING: '<path fill="@" fill-rule="evenodd" d="M-30 -44Q0 -56 30 -44V-8Q28 12 0 20Q-28 12 -30 -8zM-20 -32V-14H20V-32z"/>'
    f'<path d="{_sparks()}"/>',
    # the rings of a tree
    Craft.WOOD: '<circle r="44" stroke-width="7"/><path d="M-30 4q-2 -34 30 -34t30 28t-28 32t-32 -26z"/>'
    '<path d="M-16 2q0 -18 17 -18t15 17t-16 15t-16 -14z"/><circle fill="@" r="5"/><path d="M30 8L44 14M-6 30L-10 44"/>',
    # a spool and its needle
    Craft.TEXTILE: '<path fill="@" d="M-40 -46H14v12H-40zM-40 34H14v12H-40z"/>'
    '<path d="M-32 -34V34M6 -34V34M-32 -22L6 -32M-32 -8L6 -18M-32 6L6 -4M-32 20L6 10M-32 33L6 24"/>'
    '<path d="M6 24q22 12 26 -8V-14"/><path fill="@" fill-rule="evenodd" d="M28 -14q0 -30 5 -34q5 4 5 34L34 46zM31.500 -32v12h3v-12z"/>',
    # three lengths of cloth on a pole, tied and dyed
    Craft.DYEING: '<path stroke-width="7" d="M-48 -42H48"/><path d="M-40 -38V42H-15V-38M-12 -38V34H12V-38M15 -38V42H40V-38"/>'
    '<path fill="@" d="M-40 8q6 -8 12.500 0t12.500 0V42H-40zM-12 -6q6 -8 12 0t12 0V34H-12zM15 14q6 -8 12.500 0t12.500 0V42H15z"/>'
    '<circle cx="-27.500" cy="-16" r="6"/><circle cx="27.500" cy="-12" r="6"/><circle fill="@" cy="-22" r="4"/>',
    # a jar
    Craft.CERAMICS: '<path d="M-14 -44H14M-11 -44q1 12 -5 16q-22 8 -22 32q0 26 18 40H20q18 -14 18 -40q0 -24 -22 -32q-6 -4 -5 -16"/>'
    '<path fill="@" d="M-37 -4q9 -10 18.500 0t18.500 0t18.500 0t18.500 0q3 10 -1 22q-9 8 -18 0t-18 0t-18 0t-18 0q-4 -12 -1 -22z"/>',
    # a glass wind bell in summer
    Craft.GLASS: '<path d="M0 -50v12"/><path d="M-24 4a28 25 0 1 1 48 0z"/><path fill="@" d="M-12 -22q12 -12 24 0q-12 8 -24 0z"/>'
    '<path d="M0 4v12"/><circle fill="@" cy="6" r="5"/><path fill="@" d="M-9 18H9V50L0 45L-9 50z"/>'
    '<path d="M-40 -6q-6 8 0 16M40 -6q6 8 0 16"/>',
    # a satchel, sewn by hand
    Craft.LEATHER: '<path d="M-20 -26q0 -20 20 -20t20 20"/><path d="M-44 -26H44V34q0 10 -10 10H-34q-10 0 -10 -10z"/>'
    '<path fill="@" d="M-44 -26H44V-6q-12 18 -44 18T-44 -6z"/><path stroke-dasharray="6 6" stroke-width="3.500" d="M-35 -2V34H35V-2"/>'
    '<path fill="@" d="M-7 6H7V24H-7z"/>',
    # a folded crane
    Craft.PAPER: '<path fill="@" d="M-25 16H25L0 46zM-21 8L-16 -46L10 8z"/><path d="M2 -14L24 -46L22 8H10"/>'
    '<path fill="@" d="M-29 20L-42 -16L-50 -8L-38 -28L-14 30zM29 20L50 -22L14 30z"/>',
    # a roller and its ink
    Craft.PRINTING: '<path fill="@" d="M-44 -46H30v26H-44z"/><path d="M30 -33H44V-4H-6V10"/><path fill="@" d="M-13 8H1V48H-13z"/>'
    '<path d="M12 14H44M12 26H44M12 38H32"/>',
    # a bowl with its steam
    Craft.FOOD: '<path fill="@" d="M-46 0H46q-2 30 -28 38v8H-18v-8q-26 -8 -28 -38z"/>'
    '<path d="M-20 -10q-9 -9 0 -17t0 -17M0 -10q-9 -9 0 -17t0 -17M20 -10q-9 -9 0 -17t0 -17"/>',
    Craft.PLASTICS: _hexagons(),  # the chain that all plastics are
    # a chip
    Craft.ELECTRONICS: '<path d="M-28 -28H28V28H-28z"/><path fill="@" d="M-14 -14H14V14H-14z"/>'
    '<path d="M-16 -28V-46M0 -28V-46M16 -28V-46M-16 28V46M0 28V46M16 28V46M-28 -16H-46M-28 0H-46M-28 16H-46M28 -16H46M28 0H46M28 16H46"/>',
    # a kitchen knife over its stone
    Craft.BLADES: '<path fill="@" d="M-50 8Q-44 -24 -6 -28H12V8z"/><path d="M12 -20H44q6 0 6 7t-6 7H12"/>'
    '<circle fill="@" cx="24" cy="-13" r="2.500"/><circle fill="@" cx="38" cy="-13" r="2.500"/>'
    '<path d="M-40 24H40V42H-40z"/><path d="M-26 33H-6M4 33H14"/>',
    # a gear
    Craft.OTHER: f'<path fill="@" fill-rule="evenodd" d="{gear_path(10, 46, 35)}M22 0A22 22 0 1 0 -22 0A22 22 0 1 0 22 0z"/>'
    f'<circle r="9"/><path d="{_rays(22, 9, 4, 0.785, 4.712)}"/>',
}


def motif(craft: str) -> str:
    """The drawing for a craft; a gear for one we do not know."""
    return MOTIFS[Craft(craft)] if craft in set(Craft) else MOTIFS[Craft.OTHER]
