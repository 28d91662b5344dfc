"""Drawn pictures of the made-up town: a cover, a logo and two pictures for every factory.

Flat illustrations in a limited palette for each craft, drawn with Pillow at twice their size: no photograph, no
text, no font, and the same pixels every time.

    draw_cover(town)               wide picture for the head of the festival's pages, 1920 x 800
    draw_factory(factory, index)   index 0: the shop floor, index 1: the things it makes; 1600 x 1067
    draw_logo()                    512 x 512

`draw_factory` wants an index below two, whatever `factory.photos` says: that number tells how many pictures the
demo should give the factory (one factory has none, so that something is missing).
"""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from PIL import Image, ImageOps

from eventapp.demo.canvas import Canvas, Palette, mix
from eventapp.demo.kinds import Town, TownFactory
from eventapp.demo.machines import MACHINES, Draw
from eventapp.demo.own_machines import OWN_MACHINES
from eventapp.demo.plane import smooth
from eventapp.demo.products import PRODUCTS

WIDTH, HEIGHT = 1600, 1067
_FLOOR = 770
PALETTES = {
    "cutting": Palette("#dfe8e5", "#b5cbc8", "#cbb694", "#1f3540", "#2f7f79", "#f8f3e6", "#e2572b", "#f0b23e"),
    "press": Palette("#ebe5d8", "#cfc4ad", "#a8a498", "#262b3a", "#2d5d8c", "#fbf6ea", "#d9482b", "#f2a93a"),
    "casting": Palette("#5a444a", "#3a2b32", "#6b5044", "#1d151a", "#7a6a66", "#ffe9c2", "#ff7a1a", "#ffc23d", True),
    "forging": Palette("#46505e", "#2c333f", "#5f5147", "#14181e", "#5d6a75", "#ffe6bd", "#f2541b", "#ffb52e", True),
    "plating": Palette("#e6eff4", "#bdd3e0", "#a4b4bb", "#22334a", "#5b7ea3", "#ffffff", "#e5b021", "#3aa6a0"),
    "welding": Palette("#34495f", "#1f2f45", "#44566b", "#0e1724", "#8496aa", "#eaf6ff", "#4fc3f7", "#ffd166", True),
    "wood": Palette("#f5ead4", "#e3cda3", "#c99c63", "#4a2f1d", "#3f6b57", "#fff8e8", "#c8682c", "#e9b872"),
    "textile": Palette("#f3e8e1", "#dcc8bd", "#b78b6d", "#3b2a35", "#7b4b5e", "#fff6ee", "#d64550", "#2f6f8f"),
    "dyeing": Palette("#f1f2ea", "#d3ddd8", "#b8a587", "#16264a", "#9a754f", "#fbfaf3", "#1f4e9c", "#5c92d6"),
    "ceramics": Palette("#f3e7d6", "#dcc3a5", "#b0825a", "#3e2a20", "#a3583a", "#fff5e6", "#d9722e", "#6f8f84"),
    "glass": Palette("#dff0ee", "#b2d5d5", "#8ea5a3", "#17353d", "#3d6a73", "#f6fffd", "#ff8a3c", "#37b0a7"),
    "leather": Palette("#f4e7d4", "#dfc49f", "#a87b50", "#3a2218", "#6b3f26", "#fff6e6", "#b4552d", "#2f6b6b"),
    "paper": Palette("#f6f1e4", "#ded4bc", "#c0ad8a", "#33392f", "#7d8c63", "#fffdf6", "#c9503c", "#e3b54a"),
    "printing": Palette("#f4eddf", "#dbceb5", "#9c8d79", "#232328", "#39404d", "#fffaf0", "#d8412f", "#2c7fb8"),
    "food": Palette("#f6ead5", "#e0c79d", "#9a8163", "#3b2517", "#b07a45", "#fff8ea", "#b23a2a", "#d9a441"),
    "plastics": Palette("#eaf1f8", "#c9d9ea", "#b3bcc8", "#27324a", "#4d78b8", "#ffffff", "#f2545b", "#ffc145"),
    "electronics": Palette("#e2efe9", "#bbd4ca", "#9db1ab", "#14302b", "#2e7d62", "#fbfff6", "#e23d3d", "#f3c13a"),
    "blades": Palette("#e9e8e2", "#c8c7bd", "#8f877a", "#22282f", "#4b5b66", "#fbf9f2", "#c33c2e", "#e0a030"),
    "other": Palette("#f5ebdc", "#e0ccae", "#b08c63", "#3a2c26", "#8c5a3c", "#fff8ec", "#b7472a", "#4f7f7a"),
}  # fmt: skip
_SKIN = ("#e8b894", "#d9a27a", "#f0c8a6")


def draw_factory(factory: TownFactory, index: int) -> Image.Image:
    """One of the two pictures of a factory."""
    if index not in (0, 1):
        raise ValueError(f"A factory has pictures 0 and 1, not {index}")
    rng = Random(f"{factory.key}/{index}")
    palette = PALETTES[factory.craft] if factory.number % 2 else _tinted(PALETTES[factory.craft])
    c = Canvas(WIDTH, HEIGHT, palette.wall, palette.shade)
    if index == 0:
        _shop_floor(c, palette, OWN_MACHINES.get(factory.key, MACHINES[factory.craft]), rng)
    else:
        _workbench(c, palette, factory.craft, rng)
    picture = c.finish()
    return ImageOps.mirror(picture) if factory.number % 4 in (2, 3) else picture


def _tinted(p: Palette) -> Palette:
    """The same palette in another light, so that two factories of one craft do not look alike."""
    wall, shade = mix(p.wall, p.second, 0.14), mix(p.shade, p.second, 0.16)
    return replace(
        p, wall=wall, shade=shade, accent=mix(p.accent, p.body, 0.18), floor=mix(p.floor, p.ink, 0.1)
    )


def _shop_floor(c: Canvas, p: Palette, machine: Draw, rng: Random) -> None:
    flip = rng.random() < 0.5
    _wall(c, p, rng)
    _roof(c, p, 2 + rng.randrange(2) + 1)
    _floor(c, p)
    _lamps(c, p)
    x = 860 if flip else 740
    c.oval(x, _FLOOR + 92, 520, 40, p.ink, 0.28)
    machine(c.at(x, _FLOOR + 90, 1.12), p, rng)
    worker = c.at(x + (-1 if flip else 1) * 590, _FLOOR + 150, 1.12)
    _person(worker, p, rng, 1 if flip else -1)
    _light(c, p)
    _foreground(c, p, flip)


def _wall(c: Canvas, p: Palette, rng: Random) -> None:
    """Boards, a rail of tools, pipes and hanging lamps."""
    line = mix(p.shade, p.ink, 0.12)
    for x in range(0, WIDTH, 100):
        c.line([(x, 230), (x, _FLOOR)], 2, line, alpha=0.5, caps=False)
    c.rect(0, _FLOOR - 130, WIDTH, 130, mix(p.shade, p.ink, 0.14))
    c.rect(0, _FLOOR - 136, WIDTH, 10, mix(p.shade, p.ink, 0.3))
    c.line([(0, 300), (WIDTH, 300)], 15, mix(p.shade, p.ink, 0.22), caps=False)
    for x in range(rng.randrange(60, 180), WIDTH, 260):
        c.rect(x, 288, 22, 26, mix(p.shade, p.ink, 0.4), 3)
    for x in (rng.randrange(60, 130), rng.randrange(1440, 1500)):
        c.rect(x - 46, 400, 110, 8, mix(p.shade, p.ink, 0.45), 2)
        for k in range(4):
            tone = [p.accent, p.second, p.body, p.ink][(k + x) % 4]
            c.rect(x - 40 + k * 27, 400 - 36 - k * 17 % 22, 20, 36 + k * 17 % 22, mix(tone, p.shade, 0.35), 3)


def _roof(c: Canvas, p: Palette, teeth: int) -> None:
    """Saw teeth: steep north windows and long dark slopes."""
    step = WIDTH / teeth
    roof = mix(p.ink, p.shade, 0.18)
    sky = mix("#ffffff", "#bfe0f2", 0.5) if not p.dark else "#9fb6cc"
    c.rect(0, 0, WIDTH, 240, roof)
    for i in range(teeth + 1):
        x = i * step - step * 0.35
        c.poly([(x, 236), (x + 60, 26), (x + step * 0.46, 26), (x + step * 0.3, 236)], sky)
        c.poly([(x, 236), (x + 60, 26), (x + 60 + step * 0.2, 26), (x + step * 0.1, 236)], "#ffffff", 0.35)
        for k in range(1, 5):
            a = k / 5
            c.line([(x + a * step * 0.3, 236), (x + 60 + a * (step * 0.46 - 60), 26)], 6, roof, caps=False)
        c.line([(x + 20, 166), (x + step * 0.36, 166)], 5, roof, caps=False)
        c.line([(x + 40, 96), (x + step * 0.41, 96)], 5, roof, caps=False)
    c.rect(0, 228, WIDTH, 22, mix(p.ink, p.body, 0.2))
    for x in range(40, WIDTH, 120):
        c.disc(x, 239, 4, mix(p.ink, p.light, 0.4))


def _floor(c: Canvas, p: Palette) -> None:
    c.rect(0, _FLOOR, WIDTH, HEIGHT - _FLOOR, p.floor)
    joint = mix(p.floor, p.ink, 0.2)
    for i in range(-9, 26):
        c.line(
            [(800 + (i * 100 - 800) * 0.8, _FLOOR), (800 + (i * 100 - 800) * 1.7, HEIGHT)],
            2,
            joint,
            alpha=0.7,
            caps=False,
        )
    for y in (_FLOOR + 34, _FLOOR + 92, _FLOOR + 184):
        c.line([(0, y), (WIDTH, y)], 2, joint, alpha=0.6, caps=False)
    c.poly([(0, HEIGHT - 66), (WIDTH, HEIGHT - 66), (WIDTH, HEIGHT - 40), (0, HEIGHT - 40)], p.second, 0.85)


def _light(c: Canvas, p: Palette) -> None:
    """Daylight falling in from the roof; weaker where the fire gives the light."""
    strength = 0.05 if p.dark else 0.13
    for x in (120, 640, 1160):
        c.poly([(x, 236), (x + 170, 236), (x + 560, HEIGHT), (x + 190, HEIGHT)], "#fffbe6", strength)


def _lamps(c: Canvas, p: Palette) -> None:
    """Two pendant lamps at the back."""
    for x in (330, 1270):
        c.line([(x, 240), (x, 330)], 4, p.ink)
        c.poly([(x - 52, 372), (x - 20, 328), (x + 20, 328), (x + 52, 372)], p.body if not p.dark else p.ink)
        c.pie(x, 372, 20, 0, 180, "#fff3c4")
        c.glow(x, 384, 130, "#fff1bd", 0.4)


def _person(c: Canvas, p: Palette, rng: Random, side: int) -> None:
    """Somebody at work, seen from the side; `side` is where the hands reach."""
    skin, hair = rng.choice(_SKIN), rng.choice(("#2b2220", "#4a3a32", "#8b8680"))
    shirt, apron = mix(p.second, p.light, 0.15), mix(p.ink, p.body, 0.35)
    c.oval(0, 0, 108, 16, p.ink, 0.28)
    for x in (-30, 22):
        c.rect(x - 21, -196, 44, 186, mix(p.ink, "#5a6a86", 0.4), 16)
        c.rect(x - 26 + side * 9, -24, 60, 24, p.ink, 11)
    c.rect(-64, -388, 128, 214, shirt, 46)
    c.poly([(-46, -352), (46, -352), (66, -130), (-66, -130)], apron)
    c.line([(-40, -352), (-24, -384)], 8, apron)
    c.line([(40, -352), (24, -384)], 8, apron)
    c.rect(-26 + side * 12, -238, 48, 38, mix(apron, p.light, 0.2), 6)
    c.rect(-17, -416, 34, 40, mix(skin, "#7a4a30", 0.25), 10)
    c.disc(4 * side, -452, 54, skin)
    c.pie(2 * side, -456, 58, 180, 360, p.accent)
    c.rect(-58 + 2 * side, -464, 116, 15, p.accent, 6)
    c.rect(20 if side > 0 else -90, -462, 70, 13, mix(p.accent, p.ink, 0.25), 6)
    c.pie(-34 * side, -446, 26, 20, 200, hair)
    c.disc(34 * side, -446, 5, p.ink)
    c.line([(24 * side, -426), (36 * side, -424)], 5, "#9a4a3a")
    c.line([(-34 * side, -352), (10 * side, -284), (92 * side, -292)], 40, mix(shirt, p.ink, 0.14))
    c.line([(92 * side, -292), (128 * side, -300)], 28, skin)
    c.line([(40 * side, -350), (84 * side, -270), (140 * side, -262)], 38, shirt)
    c.line([(136 * side, -262), (158 * side, -264)], 28, skin)


def _foreground(c: Canvas, p: Palette, flip: bool) -> None:
    """Dark shapes near the eye: crates and a cable drum give the room its depth."""
    dark = mix(p.ink, p.body, 0.12)
    x, s = (1600, -1) if flip else (0, 1)
    c.rect(x - (0 if s > 0 else 250), 900, 250, 170, dark, 6)
    for k in range(4):
        c.rect(x + s * 12 - (0 if s > 0 else 226), 916 + k * 40, 226, 6, mix(dark, p.light, 0.12))
    c.rect(x + s * 30 - (0 if s > 0 else 150), 800, 150, 104, mix(dark, p.body, 0.2), 6)
    for k, tone in enumerate((p.accent, p.second, p.light)):
        c.rect(
            x + s * (46 + k * 40) - (0 if s > 0 else 30),
            770 - k * 8,
            28,
            40 + k * 8,
            mix(tone, p.ink, 0.15),
            4,
        )


def _workbench(c: Canvas, p: Palette, craft: str, rng: Random) -> None:
    """What is made, on a bench before a window over the roofs of the town."""
    day = rng.choice(
        ("#cfe6ef", "#bcd9ea", "#f6cfa6", "#e9d3dc", "#d5e8d4") if not p.dark else ("#f3b58a", "#d98f86")
    )
    _window(c.at(300, 70), p, day, rng)
    wall = mix(p.shade, p.ink, 0.08) if not p.dark else p.shade
    for x in (0, 1320):
        c.rect(x, 0, 280, 720, wall)
    c.rect(0, 0, WIDTH, 70, wall)
    c.rect(0, 630, WIDTH, 90, wall)
    for x in (0, 140, 1460):
        c.line([(x, 0), (x, 720)], 3, p.ink, alpha=0.1, caps=False)
    _frame(c.at(300, 70), p)
    for x in (60, 1340):
        _pegs(c.at(x, 150), p, rng)
    c.rect(0, 706, WIDTH, 30, mix("#c4935a", "#ffffff", 0.25))
    c.rect(0, 730, WIDTH, 337, "#b98550" if not p.dark else "#7d5638")
    for y in (792, 866, 952):
        c.line([(0, y), (WIDTH, y)], 3, p.ink, alpha=0.16, caps=False)
    for x, y in ((220, 792), (900, 866), (560, 730), (1320, 792), (1100, 952), (340, 952)):
        c.line([(x, y), (x, y + 76)], 3, p.ink, alpha=0.14, caps=False)
    PRODUCTS[craft](c, p, rng)
    c.poly([(470, 70), (900, 70), (1350, HEIGHT), (640, HEIGHT)], "#fffbe6", 0.09)


def _window(c: Canvas, p: Palette, day: str, rng: Random) -> None:
    """The view, 1000 by 560: sky, hill, saw-tooth roofs, a chimney."""
    for k in range(14):
        c.rect(0, k * 40, 1000, 41, mix(day, "#fff6e0", k / 14))
    c.disc(
        rng.choice((210, 560, 780, 860)),
        rng.randrange(130, 250),
        84,
        mix("#f4a64f", "#ffe9c0", rng.random() * 0.7),
    )
    hill, rise = mix(p.body, day, 0.45), [rng.randrange(200, 330) for _ in range(6)]
    ridge = [(k * 200.0, float(y)) for k, y in enumerate(rise)]
    c.poly([(0, 560), *smooth(ridge), (1000, 560)], hill)
    far, near = mix(p.ink, day, 0.5), mix(p.ink, day, 0.24)
    for i in range(9):
        x = -60 + i * 130
        c.poly([(x, 470), (x, 382), (x + 130, 452), (x + 130, 560), (x, 560)], far)
        c.poly([(x, 392), (x + 12, 396), (x + 12, 446), (x, 446)], mix(p.second, "#ffffff", 0.5))
    stack = 120 + rng.randrange(5) * 150
    c.rect(stack, 250, 34, 220, near)
    c.rect(stack, 274, 34, 16, p.accent)
    for i in range(6):
        c.disc(stack + 24 + i * 22, 232 - i * 17, 18 + i * 6, "#ffffff", 0.55)
    for i in range(5):
        x = -140 + i * 250 + rng.randrange(40)
        c.poly([(x, 560), (x, 470), (x + 110, 424), (x + 220, 470), (x + 220, 560)], near)
        c.rect(x + 84, 490, 46, 40, mix(p.second, "#fff3c4", 0.4))


def _frame(c: Canvas, p: Palette) -> None:
    """The steel bars of the window and its sill."""
    for x in (-22, 1000):
        c.rect(x, -22, 22, 604, p.ink)
    for y in (-22, 560):
        c.rect(-22, y, 1044, 22, p.ink)
    for x in (200, 400, 600, 800):
        c.rect(x - 5, 0, 10, 560, p.ink)
    for y in (150, 340):
        c.rect(0, y - 5, 1000, 10, p.ink)
    c.rect(-40, 580, 1080, 22, mix(p.shade, p.ink, 0.35), 4)


def _pegs(c: Canvas, p: Palette, rng: Random) -> None:
    """Hand tools hanging beside the window."""
    c.rect(0, 0, 200, 14, "#8f6537", 4)
    steel = mix("#aeb9be", p.shade, 0.2)
    for i, tool in enumerate(rng.sample(("wrench", "hammer", "shears", "square"), 3)):
        t = c.at(34 + i * 66, 14)
        if tool == "wrench":
            t.rect(-8, 20, 16, 170, steel, 6)
            t.ring(0, 20, 20, 12, steel)
            t.ring(0, 196, 17, 11, steel)
        elif tool == "hammer":
            t.rect(-7, 30, 14, 190, "#c9965a", 5)
            t.rect(-34, 10, 68, 34, mix(p.ink, steel, 0.4), 6)
        elif tool == "shears":
            t.line([(-10, 20), (8, 130)], 12, steel)
            t.line([(10, 20), (-8, 130)], 12, steel)
            t.ring(-16, 156, 22, 9, p.accent)
            t.ring(16, 156, 22, 9, p.accent)
        else:
            t.rect(-26, 10, 14, 170, steel)
            t.rect(-26, 10, 66, 16, "#c9965a", 3)


def draw_cover(town: Town) -> Image.Image:
    """The wide picture of the festival: the town between its hill and its river, with a factory for every roof."""
    rng = Random(town.seed)
    c = Canvas(1920, 800, "#f7d9a8", "#fdf1dc")
    c.disc(1380, 300, 170, "#f4a259")
    c.glow(1380, 300, 420, "#ffd9a0", 0.55)
    _hills(c)
    _far_roofs(c, rng)
    _viaduct(c)
    for i, (x, kind) in enumerate(
        ((-30, "saw"), (330, "kiln"), (560, "saw"), (980, "forge"), (1280, "saw"), (1660, "vats"))
    ):
        _front_factory(c.at(x, 640), kind, i, town, rng)
    _street(c, rng)
    return c.finish()


def _hills(c: Canvas) -> None:
    c.poly(
        [
            (0, 420),
            (180, 300),
            (360, 240),
            (560, 330),
            (760, 290),
            (980, 400),
            (1240, 440),
            (1920, 470),
            (1920, 800),
            (0, 800),
        ],
        "#a9c3a4",
    )
    c.poly(
        [
            (900, 440),
            (1040, 400),
            (1240, 440),
            (1500, 410),
            (1760, 330),
            (1920, 380),
            (1920, 800),
            (900, 800),
        ],
        "#8fb29b",
    )
    c.poly(
        [(0, 500), (240, 400), (520, 450), (860, 430), (1100, 470), (1920, 460), (1920, 800), (0, 800)],
        "#6f9a8d",
    )
    for i in range(26):
        x, y = 30 + i * 26, 372 - 60 * math.sin(i / 26 * math.pi)
        c.poly([(x - 16, y + 60), (x, y), (x + 16, y + 60)], mix("#4f7f74", "#8fb29b", i % 3 / 4))


def _far_roofs(c: Canvas, rng: Random) -> None:
    for i in range(24):
        x, h = i * 84 - 20, rng.randrange(40, 100)
        tone = mix("#c8795a", "#e6b98f", rng.random())
        c.rect(x, 540 - h, 74, h + 60, mix(tone, "#fff2dc", 0.45))
        c.poly([(x - 6, 540 - h), (x + 37, 506 - h), (x + 80, 540 - h)], tone)
        c.rect(x + 14, 556 - h, 14, 18, "#7d5b52", 2)
        c.rect(x + 44, 556 - h, 14, 18, "#ffe2a6", 2)
    for x, h in ((250, 200), (900, 250), (1560, 220)):
        c.rect(x, 520 - h, 30, h, "#a4503c")
        c.rect(x - 4, 520 - h, 38, 12, "#7d3b30")
        for k in range(6):
            c.disc(x + 22 + k * 26, 500 - h - k * 15, 16 + k * 6, "#fffaf0", 0.6)


def _viaduct(c: Canvas) -> None:
    """A railcar of the Toishi Line crossing behind the factories."""
    c.rect(0, 540, 1920, 20, "#7c6f70")
    for x in range(20, 1920, 150):
        c.rect(x, 556, 26, 60, "#938483")
    for x in (700, 900):
        c.rect(x, 482, 194, 58, "#d8483a", 12)
        c.rect(x, 514, 194, 12, "#fbe7c6")
        for k in range(5):
            c.rect(x + 14 + k * 36, 490, 26, 20, "#294a63", 4)


def _front_factory(c: Canvas, kind: str, number: int, town: Town, rng: Random) -> None:
    wall = ("#2f5d62", "#b5533c", "#e0a84e", "#3b4a63", "#7b4b5e", "#5a7f5b")[number]
    ink = mix(wall, "#1d1a22", 0.55)
    if kind == "saw":
        for k in range(3):
            c.poly([(k * 112, -120), (k * 112, -214), (k * 112 + 112, -120)], ink)
            c.poly(
                [(k * 112 + 8, -124), (k * 112 + 8, -190), (k * 112 + 36, -168), (k * 112 + 36, -124)],
                "#fdeab8",
            )
        c.rect(0, -122, 336, 162, wall)
        _gate(c.at(40, 40), ink, "#ffcf70")
        for k in range(3):
            c.rect(190 + k * 46, -84, 34, 44, "#fdeab8", 3)
    elif kind == "kiln":
        c.poly([(-10, -110), (100, -190), (210, -110)], ink)
        c.rect(0, -112, 200, 152, wall)
        c.pie(100, 40, 62, 180, 360, ink)
        c.glow(100, 20, 110, "#ff9a3d", 0.9)
        c.pie(100, 40, 40, 180, 360, "#ffb04a")
    elif kind == "forge":
        c.poly([(-16, -130), (130, -206), (276, -130)], ink)
        c.rect(96, -236, 70, 60, ink)
        c.rect(0, -132, 260, 172, wall)
        _gate(c.at(60, 40), ink, "#ff8a3c")
        c.gear(208, -72, 34, 12, "#f0b23e", wall)
    else:
        c.poly([(-14, -120), (40, -180), (230, -180), (284, -120)], ink)
        c.rect(0, -122, 270, 162, wall)
        for k in range(3):
            c.poly([(22 + k * 80, -52), (88 + k * 80, -52), (82 + k * 80, 38), (28 + k * 80, 38)], "#c98d52")
            c.rect(22 + k * 80, -30, 64, 8, ink)
            c.rect(24 + k * 80, 10, 62, 8, ink)


def _gate(c: Canvas, ink: str, light: str) -> None:
    c.rect(0, -110, 110, 110, ink, 4)
    c.rect(10, -100, 90, 100, light)
    c.gear(38, -46, 26, 10, mix(light, ink, 0.55), light)
    c.gear(76, -24, 19, 8, mix(light, ink, 0.7), light, 0.3)
    c.glow(55, -40, 120, light, 0.45)


def _street(c: Canvas, rng: Random) -> None:
    """The street before them, flags across it, and people going from door to door."""
    c.rect(0, 680, 1920, 120, "#e7cfa5")
    c.rect(0, 680, 1920, 10, "#b7986c")
    c.rect(0, 746, 1920, 5, "#f8e9cb")
    flags = ("#d8483a", "#f0b23e", "#2f7f79", "#3b6ea5", "#fdf6e6")
    c.line([(x, 596 + 26 * math.sin(x / 150)) for x in range(-20, 1960, 20)], 3, "#4a3a3a", caps=False)
    for i in range(48):
        x = i * 40 + 8
        y = 596 + 26 * math.sin(x / 150)
        c.poly([(x, y), (x + 28, y + 2), (x + 14, y + 34)], flags[i % 5])
    for i in range(17):
        x = 60 + i * 113 + rng.randrange(-22, 22)
        _walker(c.at(x, 752 + rng.randrange(0, 30), rng.choice((0.62, 0.9, 0.96, 1.0))), flags[i % 4], rng)


def _walker(c: Canvas, coat: str, rng: Random) -> None:
    side = rng.choice((-1, 1))
    c.oval(0, 0, 26, 5, "#3a2c26", 0.25)
    c.line([(-6, -40), (-14 * side, -4)], 11, "#3b3a45")
    c.line([(6, -40), (14 * side, -4)], 11, "#3b3a45")
    c.rect(-17, -92, 34, 60, coat, 14)
    c.line([(10 * side, -80), (24 * side, -52)], 9, mix(coat, "#1d1a22", 0.2))
    c.disc(0, -108, 15, rng.choice(_SKIN))
    c.pie(0, -110, 16, 180, 360, rng.choice(("#2b2220", "#5a463a", "#d8483a", "#3b6ea5")))


def draw_logo() -> Image.Image:
    """A saw-tooth roof inside a gear, with a bell in its door: the sign of the festival."""
    c = Canvas(512, 512, "#fdf6e6")
    c.gear(256, 256, 244, 14, "#d8483a", "#fdf6e6", -math.pi / 2)
    c.disc(256, 256, 176, "#fdf6e6")
    for k in range(3):
        x = 132 + k * 83
        c.poly([(x, 262), (x, 152), (x + 83, 226), (x + 83, 262)], "#1f3540")
        c.poly([(x + 10, 246), (x + 10, 184), (x + 34, 205), (x + 34, 246)], "#f0b23e")
    c.rect(132, 258, 249, 104, "#1f3540")
    c.pie(256, 318, 42, 180, 360, "#f0b23e")
    c.rect(214, 316, 84, 30, "#f0b23e")
    c.rect(204, 342, 104, 14, "#f0b23e", 7)
    c.disc(256, 364, 12, "#d8483a")
    return c.finish()
