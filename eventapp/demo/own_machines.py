"""Machines of single factories whose work differs from what their craft usually shows.

As in `machines.py`, the origin stands on the floor in the middle and up is negative.
"""

from __future__ import annotations

import math
from random import Random

from eventapp.demo.canvas import Canvas, Palette, mix
from eventapp.demo.machines import STEEL, STEEL_DARK, Draw, bowl


def wood_lathe(c: Canvas, p: Palette, rng: Random) -> None:
    """A turner's lathe throwing long shavings off a bowl."""
    for x in (-380, 300):
        c.poly([(x, 0), (x + 20, -170), (x + 70, -170), (x + 90, 0)], "#8f6537")
    c.rect(-420, -200, 860, 44, "#b98a55", 6)
    c.rect(-400, -400, 190, 205, p.body, 20)
    c.disc(-305, -300, 60, mix(p.body, "#ffffff", 0.25))
    c.disc(-305, -300, 18, p.ink)
    c.rect(-212, -325, 60, 50, STEEL_DARK, 6)
    c.poly([(-152, -420), (-60, -390), (-20, -300), (-60, -210), (-152, -180)], "#cf8f4a")
    for k in range(4):
        c.line([(-140 + k * 26, -408 + k * 12), (-140 + k * 26, -192 - k * 12)], 3, "#9c6530")
    c.rect(20, -290, 200, 18, STEEL_DARK, 5)
    c.rect(60, -272, 24, 72, STEEL_DARK)
    c.line([(-30, -330), (230, -420)], 13, STEEL)
    c.line([(230, -420), (330, -456)], 24, "#7c4a2c")
    for i in range(16):
        c.arc(
            -20 + i * 17,
            -430 - i * 9 + i * i * 1.3,
            20 + i % 4 * 8,
            40 * i,
            40 * i + 220,
            6,
            ["#f2d19b", "#e2b26c"][i % 2],
        )
    for i in range(6):
        bowl(c.at(290 + i % 2 * 90, -200 - i // 2 * 54), 44, mix("#b5642b", "#f0cd94", i / 6))


def gear_cutter(c: Canvas, p: Palette, rng: Random) -> None:
    """A hobbing machine at work on a large wheel."""
    deep = mix(p.body, p.ink, 0.35)
    c.rect(-430, -110, 860, 110, deep, 10)
    c.rect(-400, -560, 210, 460, p.body, 16)
    c.rect(-370, -520, 150, 110, mix(p.body, "#ffffff", 0.8), 8)
    for k in range(3):
        c.disc(-340 + k * 44, -370, 15, [p.accent, p.second, p.light][k])
    c.rect(-200, -430, 150, 120, deep, 10)
    c.rect(-70, -400, 70, 60, STEEL_DARK, 6)
    for k in range(5):
        c.line([(-64 + k * 14, -404), (-56 + k * 14, -336)], 5, STEEL)
    c.rect(20, -140, 260, 40, STEEL_DARK, 6)
    c.gear(150, -330, 190, 26, STEEL, p.wall, 0.06)
    for k in range(6):
        a = k * math.tau / 6
        c.disc(150 + 92 * math.cos(a), -330 + 92 * math.sin(a), 18, p.ink)
    c.line([(-20, -520), (-20, -450), (2, -410)], 9, p.second)
    for i in range(12):
        c.disc(6 + i * 2, -390 + i * 20, 6, "#cfe7ee", 0.8)
    for i in range(5):
        c.gear(360 + i % 2 * 46, -150 - i * 64, 44 - i * 3, 12, [p.second, STEEL][i % 2], p.ink, i * 0.4)


def knitting(c: Canvas, p: Palette, rng: Random) -> None:
    """Loop wheels under a beam, the tube of cloth sinking from their needles."""
    c.rect(-460, -620, 920, 50, "#8f6537", 6)
    for x, tone in ((-300, p.accent), (0, p.light), (300, p.second)):
        c.rect(x - 9, -575, 18, 110, p.ink)
        for k in range(6):
            c.line([(x - 130 + k * 52, -540), (x - 100 + k * 40, -420)], 3, tone, caps=False)
            c.poly(
                [
                    (x - 146 + k * 52, -540),
                    (x - 114 + k * 52, -540),
                    (x - 124 + k * 52, -590),
                    (x - 136 + k * 52, -590),
                ],
                tone,
            )
        c.rect(x - 112, -340, 224, 250, tone, 6)
        for k in range(9):
            c.line(
                [(x - 112, -320 + k * 26), (x + 112, -320 + k * 26)], 4, mix(tone, p.ink, 0.14), caps=False
            )
        c.oval(x, -92, 112, 24, mix(tone, p.ink, 0.2))
        c.oval(x, -400, 140, 40, p.ink)
        c.rect(x - 140, -402, 280, 46, p.ink)
        c.oval(x, -356, 140, 40, STEEL_DARK)
        for k in range(21):
            c.line([(x - 126 + k * 12.6, -404), (x - 124 + k * 12.4, -344)], 4, STEEL, caps=False)
        c.oval(x, -410, 112, 26, mix(p.body, p.ink, 0.2))
        c.gear(x + 150, -420, 40, 12, p.body, p.wall)
    for k in range(7):
        c.rect(-380 + k * 112, -60, 96, 60, [p.accent, p.light, p.second, p.body][k % 4], 20)


def screen_printing(c: Canvas, p: Palette, rng: Random) -> None:
    """A screen with its squeegee and racks of drying prints in seven colours."""
    colours = ["#d8412f", "#ef8a2c", "#f2c33a", "#5aa95a", "#2c9fa8", "#2c6fb8", "#7a4fa0"]
    for k, tone in enumerate(colours):
        y = -90 - k * 68
        c.line([(160, y), (460, y)], 6, STEEL_DARK, caps=False)
        c.poly([(190, y - 6), (420, y - 6), (440, y - 34), (210, y - 34)], p.light)
        c.disc(314, y - 20, 11, tone)
    for x in (160, 448):
        c.rect(x, -600, 12, 600, STEEL_DARK)
    c.rect(-430, -180, 540, 40, p.body, 6)
    for x in (-400, 50):
        c.rect(x, -140, 30, 140, mix(p.body, p.ink, 0.4))
    c.poly([(-400, -182), (80, -182), (110, -250), (-370, -250)], p.light)
    c.disc(-140, -216, 26, colours[0])
    c.poly([(-420, -330), (40, -420), (60, -400), (-400, -306)], "#b98a55")
    c.poly([(-420, -330), (-390, -460), (70, -560), (40, -420)], mix(colours[3], "#ffffff", 0.62))
    c.poly([(-420, -330), (-390, -460), (-376, -464), (-404, -334)], "#b98a55")
    c.poly([(-390, -460), (70, -560), (74, -544), (-386, -444)], "#b98a55")
    c.gear(-170, -440, 52, 12, colours[5], mix(colours[3], "#ffffff", 0.62))
    c.line([(-70, -470), (-20, -590)], 18, "#8f6537")
    c.line([(-130, -450), (-10, -476)], 26, "#8f6537")
    for k, tone in enumerate(colours):
        c.rect(-420 + k * 76, -60, 64, 60, "#e6e2d8", 8)
        c.rect(-420 + k * 76, -46, 64, 26, tone)


def box_making(c: Canvas, p: Palette, rng: Random) -> None:
    """A die-cutter feeding blanks to a wall of finished boxes."""
    tones = [p.accent, p.body, p.second, p.light]
    for row in range(6):
        for k in range(5 - row // 2):
            x, y = 120 + k * 72 + row * 8, -row * 80
            tone = tones[(k * 3 + row) % 4]
            c.rect(x, y - 76, 68, 76, tone, 4)
            c.rect(x - 3, y - 76, 74, 28, mix(tone, "#ffffff", 0.25), 4)
            c.rect(x + 28, y - 76, 12, 76, mix(tone, p.ink, 0.2))
    deep = mix(p.body, p.ink, 0.4)
    c.rect(-430, -160, 480, 160, deep, 8)
    c.rect(-340, -520, 50, 370, p.body, 6)
    c.rect(-40, -520, 50, 370, p.body, 6)
    c.rect(-370, -580, 410, 90, p.body, 12)
    c.rect(-300, -490, 270, 60, STEEL, 4)
    c.rect(-270, -430, 210, 130, deep, 6)
    c.rect(-280, -310, 230, 24, STEEL_DARK)
    for k in range(12):
        c.rect(-276 + k * 19, -290, 6, 22, p.ink)
    c.poly([(-400, -164), (30, -164), (60, -206), (-370, -206)], p.light)
    for k in range(3):
        c.poly(
            [(-330 + k * 110, -172), (-260 + k * 110, -172), (-246 + k * 110, -198), (-316 + k * 110, -198)],
            mix(p.second, p.light, 0.45),
        )
    c.ring(-165, -535, 34, 10, p.second)
    c.disc(-390, -110, 18, p.accent)


def kettles(c: Canvas, p: Palette, rng: Random) -> None:
    """Copper kettles with their paddles and much steam."""
    copper = "#c8743c"
    for x, size in ((-280, 0.9), (290, 0.9), (0, 1.15)):
        k = c.at(x, 0, size)
        k.rect(-150, -110, 300, 110, "#7d4a3a", 10)
        k.pie(0, -20, 62, 180, 360, p.ink)
        k.glow(0, -30, 120, "#ff8a3c", 0.8)
        k.pie(0, -190, 190, 0, 180, copper)
        k.pie(0, -190, 190, 0, 70, mix(copper, p.ink, 0.2))
        k.oval(0, -192, 194, 46, mix(copper, "#ffffff", 0.35))
        k.oval(0, -192, 172, 36, "#4a1f1a")
        k.oval(-30, -200, 90, 14, "#6f322a")
        k.rect(-12, -520, 24, 330, STEEL)
        k.poly([(-70, -210), (70, -196), (56, -170), (-50, -180)], "#b98a55")
        k.rect(-60, -560, 120, 60, p.body, 14)
        for i in range(5):
            steam = [
                (-130 + i * 64, -250),
                (-112 + i * 64, -310),
                (-136 + i * 64, -370),
                (-114 + i * 64, -430),
            ]
            k.line(steam, 17, "#ffffff", alpha=0.4)
    c.rect(-460, -600, 920, 22, STEEL_DARK, 6)
    for i in range(4):
        c.oval(-420 + i * 18, -14 - i * 20, 44, 12, ["#8a2f2a", "#6f2420"][i % 2])


OWN_MACHINES: dict[str, Draw] = {
    "torinoki-turnery": wood_lathe,
    "hakazuya-gear": gear_cutter,
    "itokuri-knit": knitting,
    "nanairoban-silk": screen_printing,
    "kadoori-box": box_making,
    "konayuki-an": kettles,
}
