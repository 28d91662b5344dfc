"""The large thing in the middle of each shop-floor picture, by craft.

Every function draws around the origin, which stands on the floor in the middle; up is negative. A machine is
about 760 wide and 560 high.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from eventapp.demo.canvas import Canvas, Palette, mix

Draw = Callable[[Canvas, Palette, Random], None]
STEEL, STEEL_DARK, PALE = "#aeb9be", "#6f7d85", "#f4f1e8"


def lathe(c: Canvas, p: Palette, rng: Random) -> None:
    """An engine lathe with a bright workpiece and curling chips."""
    deep = mix(p.body, p.ink, 0.35)
    for x in (-330, 210):
        c.rect(x, -170, 130, 170, deep, 8)
    c.rect(-250, -60, 520, 22, mix(deep, p.ink, 0.3))
    c.rect(-370, -215, 760, 62, p.body, 10)
    c.rect(-370, -215, 760, 14, mix(p.body, "#ffffff", 0.35), 7)
    c.rect(-385, -430, 220, 225, p.body, 20)
    c.rect(-360, -405, 120, 70, mix(p.body, "#ffffff", 0.82), 8)
    for i in range(3):
        c.disc(-335 + i * 36, -300, 13, [p.accent, p.second, p.light][i])
    c.line([(-350, -255), (-300, -275)], 9, p.ink)
    c.rect(-168, -400, 42, 170, STEEL_DARK, 6)
    c.rect(-132, -375, 46, 120, STEEL, 6)
    c.rect(-90, -340, 300, 50, "#d9dfe0")
    c.rect(-90, -340, 300, 14, "#ffffff")
    c.rect(210, -327, 40, 24, STEEL_DARK)
    c.rect(240, -365, 130, 96, mix(p.body, "#ffffff", 0.12), 12)
    c.poly([(255, -270), (355, -270), (385, -210), (230, -210)], deep)
    c.ring(392, -318, 34, 9, p.ink)
    c.rect(10, -252, 130, 40, STEEL_DARK, 4)
    c.poly([(50, -252), (106, -252), (96, -292), (62, -288)], p.accent)
    c.ring(75, -185, 42, 10, p.ink)
    c.disc(75, -185, 9, p.ink)
    for i in range(9):
        c.arc(45 + i * 9, -262 + i * 12, 16 + i % 3 * 5, 30 * i, 30 * i + 230, 5, p.second)


def press(c: Canvas, p: Palette, rng: Random) -> None:
    """A mechanical press with its flywheel, die and a strip off the coil."""
    deep = mix(p.body, p.ink, 0.4)
    c.disc(205, -470, 120, deep)
    c.ring(205, -470, 118, 20, p.ink)
    for i in range(6):
        a = i * math.pi / 3
        c.line([(205, -470), (205 + 100 * math.cos(a), -470 + 100 * math.sin(a))], 12, p.ink)
    c.rect(-190, -590, 360, 170, p.body, 16)
    c.rect(-190, -590, 70, 590, p.body, 10)
    c.rect(100, -590, 70, 590, p.body, 10)
    c.rect(-190, -140, 360, 140, deep, 8)
    c.rect(-90, -430, 160, 110, STEEL, 6)
    c.rect(-110, -325, 200, 34, STEEL_DARK)
    c.rect(-60, -293, 100, 36, p.ink, 3)
    c.rect(-110, -172, 200, 34, STEEL_DARK)
    c.rect(-80, -208, 140, 38, p.ink, 3)
    c.line([(-420, -215), (300, -215)], 10, "#dfe5e6", caps=False)
    for i in range(5):
        c.disc(110 + i * 44, -215, 11, deep if i < 2 else mix(p.wall, p.ink, 0.2))
    c.disc(-400, -290, 85, STEEL)
    for r in (70, 56, 42):
        c.ring(-400, -290, r, 5, STEEL_DARK)
    c.disc(-400, -290, 24, p.ink)
    c.poly([(-430, 0), (-412, -270), (-388, -270), (-370, 0)], deep)
    c.rect(-160, -570, 300, 26, p.second)
    for i in range(8):
        c.poly(
            [(-160 + i * 38, -544), (-141 + i * 38, -544), (-122 + i * 38, -570), (-141 + i * 38, -570)],
            p.ink,
        )
    c.rect(-164, -480, 18, 18, p.accent, 9)
    for i in range(4):
        c.rect(260 + i * 34 - i % 2 * 9, -40 - i % 2 * 26, 62, 34, mix("#dfe5e6", STEEL, i / 4), 6)


def foundry(c: Canvas, p: Palette, rng: Random) -> None:
    """A ladle on its crane pouring iron into a row of moulds."""
    c.line([(-30, -700), (-30, -520)], 10, p.ink)
    c.line([(-110, -440), (-30, -530), (50, -440)], 10, p.ink)
    c.glow(70, -190, 420, p.accent, 0.75)
    c.poly([(-150, -450), (70, -420), (30, -240), (-130, -262)], mix(p.body, p.ink, 0.45))
    c.poly([(-150, -450), (70, -420), (66, -398), (-152, -426)], mix(p.body, "#ffffff", 0.2))
    c.poly([(-120, -446), (74, -420), (92, -398), (40, -408)], p.second)
    c.line([(80, -405), (104, -360), (112, -120)], 20, p.second)
    c.line([(80, -405), (104, -360), (112, -120)], 9, "#fff3c4")
    for i in range(5):
        x = -380 + i * 170
        lit = x == -40 + 170
        c.rect(x - 75, -112, 150, 112, mix(p.body, "#b98a5a", 0.45), 5)
        c.rect(x - 75, -64, 150, 9, p.ink, alpha=0.5)
        c.rect(x - 84, -92, 168, 16, mix(p.body, p.ink, 0.3), 4)
        c.disc(x - 18, -114, 13, p.accent if i < 3 or lit else p.ink)
    for _ in range(60):
        a, r = rng.uniform(-2.9, -0.2), rng.uniform(20, 200)
        c.disc(112 + r * math.cos(a), -118 + r * math.sin(a) * 0.8, rng.uniform(1.5, 4.5), p.second)


def hammer(c: Canvas, p: Palette, rng: Random) -> None:
    """A belt hammer over the anvil, a red-hot bar and the mouth of the furnace."""
    c.rect(-430, -360, 230, 360, "#7d4a3a", 12)
    for row in range(9):
        for i in range(4):
            c.rect(
                -426 + i * 58 - row % 2 * 20 + 18,
                -352 + row * 40,
                46,
                32,
                mix("#7d4a3a", p.ink, 0.12 + 0.1 * (i % 2)),
            )
    c.pie(-315, -150, 78, 180, 360, p.accent)
    c.rect(-393, -152, 156, 64, p.accent)
    c.glow(-315, -140, 270, p.second, 0.8)
    c.poly([(40, 0), (60, -520), (150, -600), (330, -600), (330, -520), (220, -470), (250, 0)], p.body)
    c.poly([(40, 0), (60, -520), (90, -545), (80, 0)], mix(p.body, "#ffffff", 0.18))
    c.disc(290, -560, 92, mix(p.body, p.ink, 0.45))
    c.ring(290, -560, 90, 14, p.ink)
    c.rect(-40, -560, 130, 120, mix(p.body, p.ink, 0.25), 10)
    c.rect(-20, -450, 90, 190, STEEL, 6)
    c.rect(-34, -285, 118, 44, STEEL_DARK, 4)
    c.poly([(-70, -130), (120, -130), (90, -60), (130, 0), (-80, 0), (-40, -60)], p.ink)
    c.rect(-70, -178, 190, 50, STEEL_DARK, 5)
    c.glow(25, -205, 260, p.accent, 0.9)
    c.rect(-170, -208, 260, 28, p.accent, 6)
    c.rect(-60, -208, 150, 28, "#ffd27a", 6)
    for _ in range(70):
        a, r = rng.uniform(-math.pi, 0), rng.uniform(60, 330)
        x, y = 25 + r * math.cos(a), -195 + r * math.sin(a) * 0.6
        c.line(
            [(x, y), (x + 13 * math.cos(a), y + 9 * math.sin(a))],
            3,
            rng.choice([p.second, "#fff1c2", p.accent]),
        )


def plating(c: Canvas, p: Palette, rng: Random) -> None:
    """A row of baths under a hoist, each a colour further along."""
    for x in (-410, 390):
        c.rect(x, -600, 26, 600, mix(p.body, p.ink, 0.3))
    c.rect(-430, -610, 870, 40, p.body, 8)
    baths = ["#7fa8b8", "#5cb3a4", p.second, "#c58a4a", p.accent]
    for i, colour in enumerate(baths):
        x = -370 + i * 152
        c.rect(x, -200, 138, 200, mix(p.body, "#ffffff", 0.35), 8)
        c.rect(x + 8, -192, 122, 42, colour, 6)
        c.rect(x + 8, -192, 122, 9, "#ffffff", 4, alpha=0.55)
        c.rect(x + 20, -110, 98, 64, mix(p.body, "#ffffff", 0.6), 6)
        c.disc(x + 42, -78, 11, colour)
        c.line([(x + 70, -78), (x + 104, -78)], 7, p.ink)
    for x, drop, colour in ((-300, 330, STEEL), (6, 300, "#d99a55"), (308, 345, p.accent)):
        c.rect(x - 46, -620, 92, 46, p.ink, 8)
        c.line([(x, -575), (x, -610 + drop - 130)], 6, p.ink)
        c.rect(x - 66, -610 + drop - 132, 132, 13, p.ink, 5)
        for k in range(3):
            c.line([(x - 48 + k * 48, -478 + drop - 132), (x - 48 + k * 48, -610 + drop - 130)], 4, p.ink)
            c.gear(x - 48 + k * 48, -460 + drop - 130 + k % 2 * 22 - 20, 27, 9, colour, p.wall, k * 0.3)
    for i in range(26):
        c.disc(-350 + i * 28, -214 - rng.uniform(0, 66), rng.uniform(2, 6), "#ffffff", 0.75)


def welding(c: Canvas, p: Palette, rng: Random) -> None:
    """A tank on rollers with the arc burning on its seam."""
    for x in (-300, 210):
        c.poly([(x, 0), (x + 20, -90), (x + 90, -90), (x + 110, 0)], p.ink)
        c.disc(x + 20, -96, 28, STEEL_DARK)
        c.disc(x + 92, -96, 28, STEEL_DARK)
    c.rect(-350, -420, 700, 320, p.body, 90)
    c.rect(-350, -400, 700, 70, mix(p.body, "#ffffff", 0.3), 35)
    c.rect(-350, -190, 700, 90, mix(p.body, p.ink, 0.25), 44)
    for x in (-180, 20, 200):
        c.line([(x, -420), (x + 14, -340), (x + 14, -180), (x, -100)], 6, mix(p.body, p.ink, 0.35))
        for k in range(15):
            c.disc(x + 11 + (k % 2) * 3, -400 + k * 20, 6, mix(p.body, "#ffffff", 0.45))
    c.rect(-30, -480, 90, 66, mix(p.body, p.ink, 0.2), 6)
    c.rect(-48, -494, 126, 22, STEEL_DARK, 6)
    c.glow(214, -262, 380, p.accent, 0.95)
    c.glow(214, -262, 120, "#ffffff", 1.0)
    c.disc(214, -262, 15, "#ffffff")
    for _ in range(110):
        a, r = rng.uniform(-0.6, math.pi + 0.4), rng.uniform(30, 330)
        at, down = 214 + r * math.cos(a), -262 + r * math.sin(a) * 0.85
        c.line(
            [(at, down), (at + 15 * math.cos(a), down + 17 * math.sin(a))],
            3,
            rng.choice([p.second, "#fff4d0", p.light]),
        )


def bandsaw(c: Canvas, p: Palette, rng: Random) -> None:
    """A band saw, boards leaning beside it and shavings on the floor."""
    for i in range(6):
        x = -430 + i * 34
        tone = mix("#d8a264", "#8f5a2d", (i * 37 % 10) / 12)
        c.poly([(x, 0), (x + 28, 0), (x + 60, -520 + i * 28), (x + 34, -526 + i * 28)], tone)
    c.poly([(-10, 0), (10, -90), (270, -90), (300, 0)], mix(p.body, p.ink, 0.35))
    c.rect(150, -560, 110, 480, p.body, 18)
    c.disc(100, -490, 125, p.body)
    c.disc(100, -490, 88, mix(p.body, "#ffffff", 0.25))
    c.disc(100, -490, 20, p.ink)
    c.disc(100, -150, 115, p.body)
    c.disc(100, -150, 80, mix(p.body, "#ffffff", 0.25))
    c.disc(100, -150, 18, p.ink)
    c.line([(-12, -470), (-12, -170)], 7, "#e8eef0", caps=False)
    c.rect(-26, -480, 28, 110, STEEL_DARK, 5)
    c.rect(-170, -300, 330, 26, STEEL, 4)
    c.rect(-100, -276, 60, 40, STEEL_DARK)
    c.poly([(-300, -342), (-14, -342), (-14, -302), (-300, -302)], "#dba865")
    for k in range(3):
        c.line([(-294, -334 + k * 12), (-20, -334 + k * 12 + k)], 2, "#a86f35")
    for _ in range(46):
        at = rng.gauss(-40, 120)
        c.arc(at, -4 - rng.uniform(0, 16), rng.uniform(8, 18), rng.uniform(0, 360), rng.uniform(380, 600), 5,
              rng.choice(["#f2d19b", "#e2b26c", "#fff0d0"]))  # fmt: skip
    for i in range(3):
        c.rect(310 + i * 6, -46 - i * 44, 150 - i * 12, 40, mix("#d8a264", "#8f5a2d", i / 4), 3)
        c.disc(330 + i * 6, -26 - i * 44, 13, "#f0cf98")


def loom(c: Canvas, p: Palette, rng: Random) -> None:
    """A shuttle loom: warp from the beam, stripes growing into cloth."""
    colours = [p.accent, p.light, p.second, p.light, p.body, p.light]
    deep = mix(p.body, p.ink, 0.4)
    c.oval(-10, -432, 330, 40, deep)
    c.rect(-330, -470, 640, 76, mix(p.light, p.accent, 0.25), 30)
    for i in range(66):
        x = -300 + i * 9
        c.line([(x * 0.96, -440), (x, -250), (x * 1.03, -170)], 3, colours[i // 6 % 6], caps=False)
    for y in (-360, -318):
        c.rect(-330, y, 650, 17, p.ink, 4)
        for i in range(54):
            c.line([(-310 + i * 11.6, y + 15), (-310 + i * 11.6, y + 58)], 1.6, p.ink, alpha=0.55)
    c.rect(-345, -262, 690, 34, deep, 8)
    c.rect(-320, -228, 640, 150, p.light)
    for i in range(11):
        c.rect(-320 + i * 58.2, -228, 58.2, 150, colours[i % 6])
    for k in range(9):
        c.line([(-320, -220 + k * 17), (320, -220 + k * 17)], 3, p.ink, alpha=0.16, caps=False)
    c.rect(-350, -92, 700, 60, mix(p.accent, p.light, 0.15), 28)
    for i in range(11):
        c.rect(-320 + i * 58.2, -92, 58.2, 60, mix(colours[i % 6], p.ink, 0.12))
    c.poly([(-130, -252), (-60, -268), (40, -268), (110, -252), (40, -236), (-60, -236)], "#d8a264")
    for x in (-400, 340):
        c.rect(x, -520, 62, 520, p.body, 10)
        c.rect(x, -520, 16, 520, mix(p.body, "#ffffff", 0.2), 6)
    c.rect(-400, -540, 802, 40, p.body, 10)
    c.gear(372, -300, 74, 16, p.ink, p.wall)
    c.gear(404, -176, 52, 12, deep, p.wall, 0.2)


def dyehouse(c: Canvas, p: Palette, rng: Random) -> None:
    """Lengths of cloth over poles, dipping into round vats of indigo."""
    c.line([(-460, -590), (460, -590)], 16, "#b98c55", caps=False)
    tones = [mix("#e9f1f7", p.accent, share) for share in (0.15, 0.35, 0.6, 0.85, 1.0, 0.7, 0.25)]
    for i, tone in enumerate(tones):
        x = -430 + i * 126
        end = -190 if i % 3 == 1 else -270 + (i % 2) * 46
        c.poly([(x, -596), (x + 104, -596), (x + 98, end), (x + 52, end + 12), (x + 6, end)], tone)
        c.poly([(x, -596), (x + 20, -596), (x + 22, end + 6), (x + 6, end)], mix(tone, "#ffffff", 0.25))
        for k in range(3):
            if i % 2 == 0:
                c.ring(x + 52, -510 + k * 92, 26, 8, mix(tone, "#ffffff", 0.7))
            else:
                c.line(
                    [(x + 14, -530 + k * 84), (x + 52, -500 + k * 84), (x + 92, -530 + k * 84)],
                    9,
                    mix(tone, "#ffffff", 0.6),
                )
    for x in (-300, 0, 300):
        c.poly([(x - 128, -150), (x + 128, -150), (x + 104, 0), (x - 104, 0)], p.body)
        for k in range(7):
            c.line([(x - 108 + k * 36, -140), (x - 92 + k * 31, -4)], 3, mix(p.body, p.ink, 0.35))
        c.line([(x - 118, -96), (x + 118, -96)], 9, mix(p.body, p.ink, 0.5), caps=False)
        c.oval(x, -150, 128, 34, mix(p.body, p.ink, 0.35))
        c.oval(x, -150, 112, 27, p.accent)
        c.oval(x - 20, -154, 60, 13, p.second)
        for k in range(7):
            c.disc(x - 44 + k * 13, -150 + (k % 3) * 6, 6, "#b8d0f0")


def pottery(c: Canvas, p: Palette, rng: Random) -> None:
    """A kiln with fire in its mouth, a wheel with a turning bowl and shelves of ware."""
    c.pie(-200, -60, 270, 180, 360, p.body)
    c.rect(-470, -62, 540, 62, p.body)
    for row in range(6):
        for k in range(11):
            a = math.pi + (k + 0.5 * (row % 2)) / 11 * math.pi
            r = 250 - row * 30
            if r > 130:
                c.oval(
                    -200 + r * math.cos(a),
                    -60 + r * math.sin(a),
                    24,
                    11,
                    mix(p.body, p.ink, 0.1 + 0.12 * ((k + row) % 3)),
                )
    c.pie(-200, -56, 110, 180, 360, p.ink)
    c.rect(-310, -58, 220, 58, p.ink)
    c.glow(-200, -40, 260, p.accent, 0.9)
    for x, h in ((-270, 70), (-232, 108), (-196, 84), (-158, 112), (-126, 62)):
        c.poly([(x - 24, 0), (x - 6, -h * 0.5), (x + 4, -h), (x + 12, -h * 0.4), (x + 26, 0)], p.accent)
        c.poly([(x - 12, 0), (x, -h * 0.5), (x + 14, 0)], "#ffd27a")
    c.rect(-90, -610, 70, 330, mix(p.body, p.ink, 0.2))
    c.rect(-100, -624, 90, 24, p.ink)
    for y in (-520, -390, -260):
        c.rect(110, y, 330, 16, "#9a6b3f")
        for k in range(4):
            bowl(
                c.at(152 + k * 82, y),
                33,
                [p.light, p.second, p.accent, mix(p.ink, p.body, 0.4)][(k + y // 10) % 4],
            )
    c.rect(210, -120, 130, 120, "#9a6b3f", 8)
    c.oval(275, -124, 96, 20, p.ink)
    bowl(c.at(275, -128), 70, mix(p.accent, "#d8b08a", 0.6))


def bowl(c: Canvas, r: float, colour: str) -> None:
    """A bowl standing on the origin."""
    c.rect(-r * 0.34, -r * 0.12, r * 0.68, r * 0.12, mix(colour, "#000000", 0.3))
    c.poly(
        [
            (-r, -r),
            (r, -r),
            (r * 0.78, -r * 0.45),
            (r * 0.4, -r * 0.12),
            (-r * 0.4, -r * 0.12),
            (-r * 0.78, -r * 0.45),
        ],
        colour,
    )
    c.oval(0, -r, r, r * 0.2, mix(colour, "#ffffff", 0.35))
    c.oval(0, -r, r * 0.86, r * 0.14, mix(colour, "#000000", 0.25))


def glasshouse(c: Canvas, p: Palette, rng: Random) -> None:
    """A furnace with a round glowing mouth and a bubble on the pipe."""
    c.rect(-440, -500, 400, 500, p.body, 40)
    c.rect(-440, -500, 400, 60, mix(p.body, "#ffffff", 0.22), 30)
    c.rect(-300, -700, 110, 210, mix(p.body, p.ink, 0.3))
    c.disc(-240, -260, 132, p.ink)
    c.disc(-240, -260, 104, p.accent)
    c.disc(-240, -260, 78, "#ffc56b")
    c.disc(-240, -260, 46, "#fff3cf")
    c.glow(-240, -260, 330, p.accent, 0.7)
    c.line([(440, -420), (120, -300)], 12, STEEL_DARK)
    c.poly([(86, 0), (122, -296), (142, -296), (160, 0), (140, 0), (130, -200), (106, 0)], p.ink)
    c.glow(40, -270, 190, p.accent, 0.8)
    c.oval(50, -272, 88, 74, "#ffb25a")
    c.oval(38, -284, 58, 46, "#ffd79a")
    c.oval(16, -304, 20, 12, "#ffffff")
    c.rect(210, -130, 260, 18, "#9a6b3f")
    c.rect(226, -112, 18, 112, "#7c5532")
    c.rect(436, -112, 18, 112, "#7c5532")
    for k, (h, tone) in enumerate(((90, p.second), (130, "#8fd3e8"), (70, "#f6b36a"), (110, "#b7e4c7"))):
        bottle(c.at(246 + k * 62, -130), 22, h, tone)


def bottle(c: Canvas, r: float, height: float, colour: str) -> None:
    """A bottle of coloured glass standing on the origin."""
    c.rect(-r, -height * 0.68, 2 * r, height * 0.68, colour, r * 0.35)
    c.poly(
        [(-r, -height * 0.62), (r, -height * 0.62), (r * 0.38, -height * 0.84), (-r * 0.38, -height * 0.84)],
        colour,
    )
    c.rect(-r * 0.38, -height, r * 0.76, height * 0.24, colour, 3)
    c.rect(-r * 0.7, -height * 0.6, r * 0.3, height * 0.5, "#ffffff", r * 0.15, alpha=0.5)


def sewing(c: Canvas, p: Palette, rng: Random) -> None:
    """A heavy sewing machine, hides on the rail and bags in the making."""
    c.line([(-460, -600), (460, -600)], 12, p.ink, caps=False)
    for i, tone in enumerate(["#b4652f", "#7a4526", "#d39a5c", p.second, "#94522c"]):
        x = -420 + i * 182
        c.poly([(x, -600), (x + 130, -600), (x + 150, -500), (x + 118, -440), (x + 124, -370), (x + 66, -400),
                (x + 10, -360), (x + 18, -450), (x - 18, -510)], tone)  # fmt: skip
        c.poly([(x, -600), (x + 30, -600), (x + 34, -430), (x + 12, -380), (x + 18, -450), (x - 18, -510)],
               mix(tone, "#ffffff", 0.14))  # fmt: skip
    c.rect(-430, -190, 860, 34, "#a8743f", 6)
    for x in (-390, 350):
        c.rect(x, -158, 36, 158, "#7c5532")
    c.rect(-150, -214, 330, 26, p.ink, 8)
    c.rect(110, -360, 62, 150, p.ink, 14)
    c.poly(
        [
            (-150, -360),
            (-120, -392),
            (150, -392),
            (172, -350),
            (172, -322),
            (-80, -322),
            (-90, -290),
            (-150, -290),
        ],
        p.ink,
    )
    c.rect(-126, -292, 14, 74, STEEL)
    c.disc(196, -340, 52, STEEL_DARK)
    c.disc(196, -340, 20, p.ink)
    c.rect(60, -380, 80, 10, p.second, 5)
    c.poly([(-260, -214), (-20, -214), (-40, -240), (-250, -236)], "#c27a3e")
    bag(c.at(322, -190), 1.0, "#94522c", p.second)
    bag(c.at(-340, -190), 0.8, p.second, "#e9c48d")


def bag(c: Canvas, size: float, colour: str, strap: str) -> None:
    """A leather bag standing on the origin."""
    c = c.at(0, 0, size)
    c.arc(0, -116, 46, 180, 360, 12, mix(colour, "#000000", 0.35))
    c.rect(-84, -118, 168, 118, colour, 14)
    c.rect(-84, -118, 168, 62, mix(colour, "#ffffff", 0.16), 14)
    for x in (-46, 28):
        c.rect(x, -120, 18, 92, strap, 4)
        c.disc(x + 9, -36, 6, "#f2dfae")


def papermill(c: Canvas, p: Palette, rng: Random) -> None:
    """A vat with the mould over it, wet sheets stacked and boards of drying paper."""
    for i in range(3):
        x = -430 + i * 150
        c.poly([(x, -10), (x + 120, -10), (x + 150, -560), (x + 30, -560)], "#c79b62")
        c.poly([(x + 18, -60), (x + 106, -60), (x + 130, -520), (x + 42, -520)], p.light)
        c.line([(x + 36, -290), (x + 120, -290)], 3, p.shade)
    c.rect(40, -190, 410, 190, "#b08450", 10)
    for k in range(6):
        c.line([(40, -160 + k * 30), (450, -160 + k * 30)], 2, "#7c5532", alpha=0.6)
    c.rect(58, -196, 374, 40, "#dfe9e4", 8)
    c.rect(80, -190, 180, 10, "#ffffff", 5)
    for x in (90, 400):
        c.line([(x, -640), (x, -330)], 4, p.ink)
    c.poly([(60, -330), (430, -330), (400, -262), (90, -262)], "#8f6537")
    c.poly([(84, -322), (406, -322), (382, -270), (108, -270)], p.light)
    for k in range(14):
        c.line([(96 + k * 22, -322), (116 + k * 19.4, -270)], 1.6, p.body, alpha=0.6)
    for k in range(12):
        c.line([(130 + k * 20, -258), (130 + k * 20, -258 + 18 + k * 31 % 30)], 4, "#ffffff", alpha=0.85)
    c.rect(-90, -60, 150, 60, "#8f6537", 4)
    for k in range(9):
        c.rect(-84 + k % 2 * 3, -70 - k * 8, 138, 7, mix(p.light, p.shade, k % 3 / 3), 2)


def platen(c: Canvas, p: Palette, rng: Random) -> None:
    """A hand-fed platen press with its flywheel, and prints drying on a line."""
    c.line([(-460, -560), (-150, -530), (150, -530), (460, -560)], 4, p.ink)
    for i in range(8):
        x, tone = -430 + i * 114, [p.accent, p.light, p.second, p.light][i % 4]
        c.rect(x, -548 + (i % 2) * 6, 82, 112, p.light, 2)
        c.rect(x + 14, -530 + (i % 2) * 6, 54, 54, tone if tone != p.light else p.shade, 27 if i % 2 else 4)
        c.rect(x + 14, -462 + (i % 2) * 6, 54, 7, p.ink, 3)
    c.disc(190, -210, 165, p.ink)
    c.disc(190, -210, 132, p.wall)
    for i in range(6):
        a = i * math.pi / 3 + 0.2
        c.line([(190, -210), (190 + 140 * math.cos(a), -210 + 140 * math.sin(a))], 15, p.ink)
    c.disc(190, -210, 30, p.accent)
    c.poly([(-190, 0), (-150, -110), (110, -110), (150, 0)], mix(p.body, p.ink, 0.4))
    c.poly([(-150, -100), (-180, -330), (-110, -390), (60, -390), (110, -330), (90, -100)], p.body)
    c.disc(-40, -400, 92, mix(p.body, p.ink, 0.4))
    c.disc(-40, -400, 78, p.accent)
    c.pie(-40, -400, 78, 200, 290, mix(p.accent, "#ffffff", 0.25))
    c.poly([(-330, -250), (-150, -190), (-150, -170), (-330, -226)], STEEL)
    c.poly([(-320, -258), (-180, -212), (-170, -230), (-310, -276)], p.light)
    c.rect(-120, -300, 160, 130, STEEL_DARK, 6)
    for row in range(5):
        for k in range(7):
            c.rect(-110 + k * 21, -290 + row * 23, 15, 16, mix(STEEL, "#ffffff", 0.4), 2)
    c.rect(-390, -120, 130, 120, "#8f6537", 5)
    for k in range(6):
        c.rect(-380, -134 - k * 7, 110, 6, mix(p.light, p.shade, k % 2))


def brewery(c: Canvas, p: Palette, rng: Random) -> None:
    """Tall cedar vats with plaited hoops, a paddle and steam."""
    for x, k in ((-290, 1.0), (290, 1.0), (0, 1.16)):
        v = c.at(x, 0, k)
        v.poly([(-158, -430), (158, -430), (136, 0), (-136, 0)], p.body)
        for i in range(9):
            tone = mix(p.body, "#ffffff" if i % 2 else p.ink, 0.1)
            v.poly(
                [
                    (-158 + i * 35.1, -430),
                    (-158 + i * 35.1 + 33, -430),
                    (-136 + i * 30.2 + 28, 0),
                    (-136 + i * 30.2, 0),
                ],
                tone,
            )
        for y in (-390, -230, -60):
            half = 136 + 22 * (-y / 430) + 4
            v.rect(-half, y - 17, half * 2, 26, "#d9b56a", 8)
            for i in range(22):
                a = -half + i * half / 11
                v.line([(a, y + 8), (a + half / 11, y - 16)], 3, "#9c7630", caps=False)
        v.oval(0, -430, 158, 34, mix(p.body, p.ink, 0.45))
        v.oval(0, -428, 138, 26, mix("#8a4b25", p.ink, 0.15))
    c.line([(60, -720), (-20, -500)], 15, "#d8a264")
    c.rect(-46, -520, 52, 40, "#d8a264", 6)
    for i in range(9):
        x = -330 + i * 82
        c.line([(x, -520), (x + 18, -560), (x - 6, -600), (x + 14, -650)], 12, "#ffffff", alpha=0.35)
    c.rect(-440, -80, 120, 80, mix(p.body, "#ffffff", 0.25), 8)
    c.oval(-380, -82, 60, 16, "#f6ead2")


def moulding(c: Canvas, p: Palette, rng: Random) -> None:
    """An injection-moulding machine with its hopper and a conveyor of bright blocks."""
    pale = mix(p.body, "#ffffff", 0.75)
    c.rect(-440, -170, 820, 170, p.body, 12)
    c.rect(-440, -170, 820, 20, mix(p.body, "#ffffff", 0.3), 10)
    c.rect(-440, -380, 330, 215, pale, 16)
    c.rect(-400, -345, 250, 130, mix(p.ink, p.second, 0.15), 10)
    c.rect(-380, -330, 70, 100, STEEL, 4)
    c.rect(-250, -330, 70, 100, STEEL, 4)
    c.rect(-306, -292, 52, 22, p.accent, 4)
    c.poly([(-395, -340), (-330, -340), (-395, -260)], "#ffffff", 0.25)
    c.rect(-110, -310, 420, 84, STEEL, 12)
    c.rect(-110, -310, 420, 22, "#e3e9eb", 10)
    for i in range(6):
        c.rect(-80 + i * 56, -314, 22, 92, p.second if i % 2 else p.accent, 4)
    c.rect(250, -350, 130, 186, pale, 14)
    c.poly([(40, -500), (220, -500), (160, -330), (104, -330)], p.light)
    c.poly([(56, -470), (206, -470), (160, -345), (104, -345)], p.accent)
    for _ in range(60):
        c.disc(
            rng.uniform(82, 182),
            rng.uniform(-468, -400),
            6,
            rng.choice([p.second, p.accent, "#ffffff", "#43b581"]),
        )
    c.rect(-150, -66, 600, 24, p.ink, 12)
    for i in range(9):
        tone = [p.accent, p.second, "#43b581", "#4d78b8"][i % 4]
        x = -130 + i * 64
        c.rect(x, -110, 50, 44, tone, 6)
        c.rect(x + 6, -120, 14, 12, tone, 3)
        c.rect(x + 30, -120, 14, 12, tone, 3)
    c.rect(286, -320, 64, 46, "#27324a", 6)
    c.rect(294, -312, 30, 8, "#7be0c0", 4)


def assembly(c: Canvas, p: Palette, rng: Random) -> None:
    """A bench of circuit boards under lamps, and the level-crossing signal they are for."""
    c.rect(300, -610, 22, 610, p.ink)
    c.rect(230, -520, 162, 30, p.second, 4)
    for k in range(4):
        c.poly(
            [(234 + k * 40, -520), (254 + k * 40, -520), (244 + k * 40, -490), (224 + k * 40 + 10, -490)],
            p.ink,
        )
    for x, on in ((245, True), (377, False)):
        c.disc(x, -430, 50, p.ink)
        c.disc(x, -430, 36, p.accent if on else mix(p.accent, p.ink, 0.6))
        if on:
            c.glow(x, -430, 170, p.accent, 0.8)
            c.disc(x, -430, 22, "#ffb3a6")
    c.line([(282, -600), (340, -650)], 20, p.second)
    c.line([(340, -600), (282, -650)], 20, p.second)
    c.rect(-440, -170, 690, 30, PALE, 8)
    for x in (-400, 190):
        c.rect(x, -140, 26, 140, STEEL_DARK)
    for i in range(3):
        board(c.at(-400 + i * 214, -182), p, rng)
    for x in (-330, -110, 110):
        c.line([(x, -700), (x, -470)], 4, p.ink)
        c.poly([(x - 66, -430), (x - 24, -480), (x + 24, -480), (x + 66, -430)], p.body)
        c.poly([(x - 60, -430), (x + 60, -430), (x + 120, -186), (x - 120, -186)], "#fff6cf", 0.35)
    c.rect(-440, -60, 300, 60, mix(p.body, "#ffffff", 0.5), 8)


def board(c: Canvas, p: Palette, rng: Random) -> None:
    """A circuit board standing on the origin, seen from the front."""
    c.poly([(0, 0), (190, 0), (170, -150), (20, -150)], p.body)
    for k in range(5):
        y = -20 - k * 27
        c.line([(26 + k * 2, y), (90 + k * 9, y), (110 + k * 9, y - 12), (160, y - 12)], 3, "#8fe0b8")
    c.rect(56, -110, 54, 42, p.ink, 4)
    for k in range(4):
        c.disc(130, -44 - k * 25, 8, [p.second, p.accent, PALE, p.second][k])


def grinder(c: Canvas, p: Palette, rng: Random) -> None:
    """A wet grinding wheel, and a wall of knives above it."""
    c.rect(-440, -610, 880, 26, "#7c5532", 6)
    for i in range(11):
        knife(c.at(-404 + i * 80, -596, 0.78 + (i * 7 % 5) * 0.09), p)
    c.poly([(-250, 0), (-230, -150), (190, -150), (220, 0)], mix(p.body, p.ink, 0.3))
    c.rect(-270, -176, 500, 34, p.body, 8)
    c.disc(-30, -220, 150, "#b9ad99")
    c.ring(-30, -220, 148, 12, "#9c907c")
    c.disc(-30, -220, 40, STEEL_DARK)
    c.disc(-30, -220, 15, p.ink)
    c.poly([(-190, -120), (130, -120), (110, -40), (-170, -40)], p.body)
    c.rect(-182, -120, 304, 14, "#9cc3d5", 4)
    c.line([(250, -420), (150, -420), (120, -390)], 13, STEEL_DARK)
    c.line([(118, -384), (100, -300)], 5, "#9cc3d5", alpha=0.9)
    c.poly([(-330, -386), (-96, -352), (-84, -330), (-180, -334), (-330, -362)], "#eef2f3")
    c.rect(-410, -392, 92, 28, "#7c4a2c", 10)
    for _ in range(60):
        a, r = rng.uniform(-0.7, 0.9), rng.uniform(20, 260)
        x, y = -80 + r * math.cos(a), -350 + r * math.sin(a)
        c.line([(x, y), (x + 12 * math.cos(a), y + 12 * math.sin(a))], 3, rng.choice([p.second, "#fff0c2"]))
    for i in range(3):
        c.rect(300, -44 - i * 40, 150 - i * 16, 34, ["#8d8577", "#b4774f", "#cdbf9e"][i], 5)


def knife(c: Canvas, p: Palette) -> None:
    """A knife hanging point down from the origin."""
    c.rect(-11, 0, 22, 84, "#7c4a2c", 8)
    c.rect(-12, 72, 24, 16, STEEL_DARK, 2)
    c.poly([(-14, 88), (22, 88), (22, 190), (10, 234), (-14, 256)], "#e9eef0")
    c.poly([(12, 88), (22, 88), (22, 190), (10, 234)], "#ffffff")


def brushes(c: Canvas, p: Palette, rng: Random) -> None:
    """A low bench, bundles of hair and rows of brushes on the wall."""
    for row in range(2):
        y = -610 + row * 190
        c.rect(-430, y, 860, 16, "#8f6537", 5)
        for i in range(10):
            hair = ["#2e2622", "#d8c3a0", "#8a5a35", "#f1e6d2"][(i + row) % 4]
            brush(c.at(-390 + i * 86, y + 8, 0.75 + ((i * 3 + row) % 4) * 0.1), hair, p)
    c.rect(-400, -170, 800, 36, "#b98a55", 6)
    for x in (-360, 310):
        c.rect(x, -134, 44, 134, "#8f6537")
    for i in range(5):
        x, hair = -340 + i * 96, ["#2e2622", "#f1e6d2", "#8a5a35"][i % 3]
        c.poly([(x - 26, -170), (x + 26, -170), (x + 38, -250), (x - 38, -250)], hair)
        c.rect(x - 29, -204, 58, 12, p.accent, 3)
    c.rect(170, -196, 190, 26, "#d9b98a", 4)
    c.rect(200, -218, 120, 22, STEEL, 4)
    c.disc(120, -186, 18, p.second)


def brush(c: Canvas, hair: str, p: Palette) -> None:
    """A flat brush hanging hair down from the origin."""
    c.rect(-7, 0, 14, 66, "#c9965a", 5)
    c.rect(-24, 58, 48, 34, "#a8743f", 6)
    c.rect(-24, 84, 48, 9, p.accent)
    c.poly([(-24, 93), (24, 93), (29, 148), (-29, 148)], hair)


MACHINES: dict[str, Draw] = {
    "cutting": lathe, "press": press, "casting": foundry, "forging": hammer, "plating": plating,
    "welding": welding, "wood": bandsaw, "textile": loom, "dyeing": dyehouse, "ceramics": pottery,
    "glass": glasshouse, "leather": sewing, "paper": papermill, "printing": platen, "food": brewery,
    "plastics": moulding, "electronics": assembly, "blades": grinder, "other": brushes,
}  # fmt: skip
