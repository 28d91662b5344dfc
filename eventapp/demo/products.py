"""The things on the bench in each factory's second picture, by craft.

Every function draws straight onto the picture of 1600 x 1067: the bench top runs from y = 706 down, things stand
between y = 780 (back) and y = 980 (front).
"""

from __future__ import annotations

import math
from random import Random

from eventapp.demo.canvas import Canvas, Palette, mix
from eventapp.demo.machines import STEEL, STEEL_DARK, Draw, bag, board, bottle, bowl, brush, knife


def _shadow(c: Canvas, rx: float, ry: float = 0.0) -> None:
    c.oval(rx * 0.08, 4, rx, ry or rx * 0.13, "#1d1410", 0.25)


def _top(c: Canvas, r: float, colour: str, stem: str) -> None:
    """A spinning top standing on its point."""
    _shadow(c, r * 0.8)
    c.poly(
        [(-r, -r * 0.82), (r, -r * 0.82), (r * 0.16, -r * 0.06), (0, 0), (-r * 0.16, -r * 0.06)],
        mix(colour, "#000000", 0.2),
    )
    c.oval(0, -r * 0.84, r, r * 0.26, colour)
    c.oval(0, -r * 0.86, r * 0.7, r * 0.17, mix(colour, "#ffffff", 0.5))
    c.oval(0, -r * 0.88, r * 0.4, r * 0.1, colour)
    c.rect(-r * 0.08, -r * 1.5, r * 0.16, r * 0.64, stem, r * 0.06)


def _bolt(c: Canvas, length: float, colour: str) -> None:
    """A hexagon bolt standing on its head."""
    _shadow(c, 66)
    c.rect(-58, -46, 116, 46, mix(colour, "#000000", 0.15), 6)
    c.rect(-26, -46, 52, 46, mix(colour, "#ffffff", 0.25))
    c.rect(-26, -46 - length, 52, length + 4, colour, 8)
    for k in range(int(length / 15)):
        c.line([(-26, -58 - k * 15), (26, -64 - k * 15)], 4, mix(colour, "#000000", 0.3), caps=False)


def turned(c: Canvas, p: Palette, rng: Random) -> None:
    """Shafts, gears, bolts and two brass tops."""
    for i, (x, r, teeth) in enumerate(((420, 190, 22), (690, 130, 16), (1180, 160, 18))):
        _shadow(c.at(x, 850), r)
        c.gear(x, 850 - r, r, teeth, [STEEL, p.second, STEEL_DARK][i], p.wall, 0.1 * i)
        for k in range(5):
            a = k * math.tau / 5
            c.disc(x + r * 0.43 * math.cos(a), 850 - r + r * 0.43 * math.sin(a), r * 0.07, p.ink)
    for i, x in enumerate((930, 1010, 1380)):
        _bolt(c.at(x, 830 + i % 2 * 60), 210 - i * 40, [STEEL, p.body, p.accent][i])
    for y, width in ((940, 460), (990, 380)):
        c.rect(160, y - 26, width, 34, "#dfe5e6", 12)
        c.rect(160, y - 26, width, 10, "#ffffff", 5)
        c.rect(160 + width - 60, y - 36, 70, 54, STEEL, 8)
    _top(c.at(880, 985), 84, p.second, "#fff1c2")
    _top(c.at(1090, 965), 62, p.second, "#fff1c2")


def pressed(c: Canvas, p: Palette, rng: Random) -> None:
    """Deep-drawn cups, brackets and a pile of blanks."""
    for i, h in enumerate((330, 260, 190, 130)):
        d = c.at(300 + i * 210, 850)
        _shadow(d, 100)
        tone = mix("#dfe5e6", p.body, i * 0.16)
        d.rect(-90, -h, 180, h, tone, 22)
        d.rect(-66, -h + 10, 26, h - 34, "#ffffff", 13, alpha=0.6)
        d.rect(46, -h + 10, 30, h - 24, mix(tone, p.ink, 0.25), 14)
        d.oval(0, -h, 98, 24, mix(tone, "#ffffff", 0.35))
        d.oval(0, -h, 80, 17, mix(tone, p.ink, 0.35))
    for i in range(7):
        c.oval(1240, 870 - i * 17, 150, 28, mix(STEEL, "#ffffff", 0.2 + 0.08 * (i % 3)))
        c.oval(1240, 867 - i * 17, 40, 8, p.ink)
    for i in range(5):
        b = c.at(300 + i * 230, 985)
        tone = [p.accent, STEEL, p.second][i % 3]
        b.poly([(-80, 0), (-80, -36), (20, -36), (20, -130), (56, -130), (56, 0)], tone)
        b.disc(-46, -18, 11, p.ink)
        b.disc(38, -98, 11, p.ink)


def cast(c: Canvas, p: Palette, rng: Random) -> None:
    """An iron kettle, a round cover with bells and pump parts."""
    cover = c.at(1120, 640)
    cover.disc(0, 0, 232, p.ink)
    cover.ring(0, 0, 224, 16, STEEL_DARK)
    for ring, count in ((176, 14), (110, 8)):
        for k in range(count):
            a = k * math.tau / count
            cover.pie(ring * math.cos(a), ring * math.sin(a), 30, 180, 360, STEEL_DARK)
            cover.disc(ring * math.cos(a), ring * math.sin(a) + 6, 9, p.second)
    cover.gear(0, 0, 58, 10, STEEL_DARK, p.ink)
    kettle = c.at(500, 930)
    _shadow(kettle, 240)
    kettle.arc(0, -250, 190, 190, 350, 24, p.ink)
    kettle.poly([(150, -190), (292, -290), (318, -268), (190, -90)], "#2b2327")
    kettle.oval(0, -160, 236, 160, "#2b2327")
    kettle.oval(-30, -200, 150, 80, "#40363b")
    kettle.rect(-110, -330, 220, 40, "#1a1417", 16)
    kettle.disc(0, -344, 24, p.accent)
    for row in range(4):
        for k in range(13):
            kettle.disc(-180 + k * 30 + row % 2 * 15, -190 + row * 34, 6, "#5b4e53")
    for x, r in ((880, 70), (1370, 90), (760, 50)):
        _shadow(c.at(x, 985), r)
        c.gear(x, 985 - r, r, 8, STEEL_DARK, p.ink, 0.3)


def forged(c: Canvas, p: Palette, rng: Random) -> None:
    """Hoe, sickle and fire tongs against the window, an anvil with a hot horseshoe curve."""
    for i, x in enumerate((330, 520, 1290)):
        c.line([(x, 880), (x + 60 - i * 40, 230)], 26, ["#c9965a", "#a8743f", "#c9965a"][i])
    c.poly([(300, 236), (470, 216), (486, 330), (420, 352), (320, 320)], STEEL)
    c.poly([(300, 236), (470, 216), (474, 244), (304, 262)], "#e4e9ea")
    c.arc(640, 300, 130, 180, 330, 36, STEEL)
    c.poly([(1170, 250), (1230, 200), (1290, 220), (1260, 300), (1200, 380), (1170, 330)], STEEL)
    anvil = c.at(830, 960)
    _shadow(anvil, 330)
    anvil.poly([(-300, -330), (230, -330), (380, -290), (230, -236), (110, -220), (100, -120), (200, -60), (220, 0),
                (-220, 0), (-200, -60), (-100, -120), (-110, -220), (-240, -250)], p.ink)  # fmt: skip
    anvil.poly([(-300, -330), (230, -330), (380, -290), (240, -306), (-296, -306)], STEEL_DARK)
    anvil.glow(-10, -400, 330, p.accent, 0.85)
    anvil.arc(-10, -420, 92, 150, 390, 40, p.accent)
    anvil.arc(-10, -420, 88, 160, 380, 16, "#ffd27a")
    c.line([(1120, 985), (1440, 930)], 24, STEEL_DARK)
    c.line([(1120, 935), (1440, 990)], 24, STEEL_DARK)
    c.disc(1262, 960, 20, p.second)


def plated(c: Canvas, p: Palette, rng: Random) -> None:
    """One gear five times: iron, copper, nickel, chrome and gold."""
    tones = ("#6e6a66", "#c8783f", "#b9b8a8", "#dfeaf2", p.accent)
    for i, tone in enumerate(tones):
        x, r = 240 + i * 280, 124 + (26 if i == 4 else 0)
        _shadow(c.at(x, 860), r)
        c.gear(x, 860 - r, r, 14, tone, p.wall, 0.12 * i)
        c.arc(x, 860 - r, r * 0.72, 200, 290, 12, mix(tone, "#ffffff", 0.75))
    for i in range(7):
        t = c.at(230 + i * 190, 985)
        _shadow(t, 54)
        tone = tones[(i + 2) % 5]
        t.rect(-48, -58, 96, 58, tone, 14)
        t.rect(-38, -52, 26, 44, "#ffffff", 10, alpha=0.6)
    for x, y, s in ((1290, 560, 26), (1440, 660, 16), (1060, 600, 18)):
        c.poly([(x, y - s), (x + s * 0.25, y - s * 0.25), (x + s, y), (x + s * 0.25, y + s * 0.25), (x, y + s),
                (x - s * 0.25, y + s * 0.25), (x - s, y), (x - s * 0.25, y - s * 0.25)], "#ffffff")  # fmt: skip


def welded(c: Canvas, p: Palette, rng: Random) -> None:
    """A welder's mask, a stool frame and bookends with an honest seam."""
    mask = c.at(480, 900)
    _shadow(mask, 200)
    mask.poly(
        [(-170, -420), (-100, -500), (100, -500), (170, -420), (150, -120), (70, 0), (-70, 0), (-150, -120)],
        "#1b2533",
    )
    mask.poly(
        [(-170, -420), (-100, -500), (-60, -500), (-110, -120), (-60, 0), (-70, 0), (-150, -120)], "#33435a"
    )
    mask.rect(-108, -370, 216, 110, "#6f8298", 14)
    mask.rect(-90, -354, 180, 78, "#123b33", 8)
    mask.poly([(-90, -354), (-10, -354), (-60, -276), (-90, -276)], "#4fa58c", 0.5)
    mask.disc(30, -316, 15, "#ffffff")
    mask.glow(30, -316, 70, p.accent, 1.0)
    for x, tone in ((790, p.second), (1000, p.accent), (1210, STEEL)):
        b = c.at(x, 880)
        _shadow(b, 130)
        b.rect(-90, -300, 34, 300, tone)
        b.rect(-90, -30, 210, 30, mix(tone, p.ink, 0.2))
        for k in range(9):
            b.disc(-50 + k * 4, -34 - k * 4, 11, mix("#8fb6d8", "#e9d3a0", k / 9))
        for k in range(3):
            b.rect(
                -50 + k * 46, -240 + k * 24, 38, 208 - k * 24, [p.light, p.accent, p.second][(k + x) % 3], 3
            )
    for k in range(9):
        c.line([(760 + k * 60, 985), (800 + k * 60, 965)], 12, [STEEL, STEEL_DARK][k % 2])


def wooden(c: Canvas, p: Palette, rng: Random) -> None:
    """A small chair, nested bowls and a ring of coloured tops."""
    chair = c.at(360, 900)
    _shadow(chair, 190)
    wood, deep = "#cf9551", "#a86f35"
    for x in (-140, 118):
        chair.poly([(x, -560), (x + 28, -560), (x + 36, 0), (x + 4, 0)], deep)
    for y in (-540, -460, -380):
        chair.rect(-136, y, 270, 34, wood, 12)
    chair.poly([(-170, -270), (160, -270), (190, -226), (-196, -226)], wood)
    for x in (-186, 156):
        chair.rect(x, -228, 30, 240, wood, 6)
    chair.rect(-170, -110, 340, 22, deep, 8)
    for i, (x, r) in enumerate(((760, 150), (1010, 118), (1220, 92), (1400, 70))):
        b = c.at(x, 850)
        _shadow(b, r)
        bowl(b, r, mix("#b5642b", "#f0cd94", i / 4))
    for i in range(7):
        t = c.at(680 + i * 128, 990 - i % 2 * 24)
        _top(t, 52 + i % 3 * 10, [p.accent, p.body, p.second, "#3d6ea5"][i % 4], "#f3dcb2")


def woven(c: Canvas, p: Palette, rng: Random) -> None:
    """Rolls of cloth, folded lengths and cones of yarn."""
    tones = [p.accent, p.second, p.body, "#e0b04f", "#6f9a8d", p.light]
    for i in range(6):
        tone = tones[i]
        x, h = 250 + i * 112, 470 - (i * 83) % 190
        _shadow(c.at(x, 850), 62)
        c.rect(x - 48, 850 - h, 96, h, tone, 20)
        c.rect(x - 36, 850 - h + 14, 18, h - 30, mix(tone, "#ffffff", 0.35), 9)
        c.oval(x, 850 - h + 8, 48, 15, mix(tone, p.ink, 0.25))
        c.oval(x, 850 - h + 8, 18, 6, "#c9965a")
        for k in range(3):
            c.line(
                [(x - 46, 850 - h * 0.3 - k * 40), (x + 46, 850 - h * 0.3 - k * 40)],
                7,
                mix(tone, "#ffffff", 0.55),
                caps=False,
            )
    for i in range(7):
        tone = tones[(i * 2 + 1) % 6]
        c.rect(960 - i % 2 * 8, 840 - i * 44, 400, 42, tone, 18)
        c.rect(960 - i % 2 * 8, 840 - i * 44, 400, 10, mix(tone, "#ffffff", 0.3), 5)
    for i in range(6):
        n = c.at(220 + i * 210, 990)
        _shadow(n, 62)
        n.poly([(-62, 0), (62, 0), (26, -150), (-26, -150)], tones[i])
        for k in range(6):
            n.line(
                [(-58 + k * 6, -12 - k * 24), (54 - k * 5, -24 - k * 24)],
                3,
                mix(tones[i], "#ffffff", 0.4),
                caps=False,
            )
        n.rect(-14, -166, 28, 18, "#c9965a", 3)


def dyed(c: Canvas, p: Palette, rng: Random) -> None:
    """Towels hung across the window in every depth of indigo, an apron and a bowl of the vat."""
    c.line([(120, 150), (1480, 150)], 14, "#b98c55")
    for i in range(8):
        tone = mix("#f5f8fa", p.accent, (0.95, 0.25, 0.7, 0.1, 0.85, 0.45, 1.0, 0.3)[i])
        x, end = 170 + i * 160, 560 + (i * 97) % 130
        c.poly([(x, 146), (x + 138, 146), (x + 134, end), (x + 70, end + 14), (x + 4, end)], tone)
        pale = mix(tone, "#ffffff" if i % 2 == 0 else p.accent, 0.65)
        for k in range(5):
            y = 200 + k * 74
            if i % 4 == 0:
                c.ring(x + 69, y, 26, 8, pale)
            elif i % 4 == 1:
                c.poly([(x + 69, y - 28), (x + 101, y), (x + 69, y + 28), (x + 37, y)], pale)
            elif i % 4 == 2:
                for d in range(3):
                    c.arc(x + 69, y + 18, 18 + d * 16, 180, 360, 5, pale)
            else:
                c.line([(x + 12, y - 14), (x + 69, y + 14), (x + 126, y - 14)], 9, pale)
    for i in range(5):
        c.rect(220, 900 - i * 36, 360, 34, mix("#e9f1f7", p.accent, i / 4), 15)
        c.rect(220, 900 - i * 36, 360, 8, "#ffffff", 4, alpha=0.4)
    pot = c.at(1110, 950)
    _shadow(pot, 260)
    pot.poly([(-250, -180), (250, -180), (170, 0), (-170, 0)], p.body)
    pot.oval(0, -180, 250, 52, mix(p.body, p.ink, 0.4))
    pot.oval(0, -178, 224, 42, p.accent)
    pot.oval(-40, -186, 110, 18, p.second)
    for k in range(12):
        pot.disc(-60 + (k * 47) % 130, -186 + (k * 13) % 26, 6 + k % 4 * 2, "#b8d0f0")
    brush(c.at(760, 820, 1.05), "#2e2622", p)


def potted(c: Canvas, p: Palette, rng: Random) -> None:
    """Rice bowls, a lidded pot, a tall jar, a row of cups."""
    jar = c.at(330, 870)
    _shadow(jar, 150)
    jar.oval(0, -190, 170, 190, p.second)
    jar.poly([(-70, -480), (70, -480), (90, -330), (-90, -330)], p.second)
    jar.oval(0, -480, 82, 22, mix(p.second, p.ink, 0.35))
    jar.poly(
        [(-168, -220), (-100, -300), (60, -250), (168, -300), (168, -190), (100, -130), (-60, -160)], p.light
    )
    jar.rect(-110, -14, 220, 14, p.ink, 6)
    pot = c.at(830, 880)
    _shadow(pot, 260)
    pot.rect(-300, -190, 70, 44, p.body, 16)
    pot.rect(230, -190, 70, 44, p.body, 16)
    pot.oval(0, -140, 250, 140, p.body)
    pot.oval(0, -200, 262, 60, mix(p.body, p.ink, 0.3))
    pot.pie(0, -206, 236, 180, 360, mix(p.accent, p.body, 0.3))
    pot.rect(-42, -470, 84, 40, mix(p.body, p.ink, 0.35), 16)
    for k in range(9):
        pot.line([(-190 + k * 44, -236), (-160 + k * 36, -330)], 7, mix(p.accent, "#ffffff", 0.35))
    for i in range(3):
        bowl(c.at(1300, 850 - i * 62), 140 - i * 6, [p.light, mix(p.accent, "#ffffff", 0.35), p.second][i])
    for i in range(6):
        _shadow(c.at(260 + i * 210, 990), 70)
        bowl(c.at(260 + i * 210, 990), 76, [p.accent, p.light, p.second, mix(p.ink, p.body, 0.5)][i % 4])


def blown(c: Canvas, p: Palette, rng: Random) -> None:
    """Bottles, flasks and cups of coloured glass, with their light on the bench."""
    tones = ("#37b0a7", "#8fd3e8", "#f2a15a", "#b7e4c7", "#5a86c4", "#f2c879", "#d98cab")
    for i, tone in enumerate(tones):
        x, h = 230 + i * 190, 520 - (i * 137) % 240
        c.poly([(x - 60, 840), (x + 60, 840), (x + 190, 960), (x + 60, 960)], tone, 0.3)
        bottle(c.at(x, 845), 62 + (i * 29) % 26, h, mix(tone, p.wall, 0.12))
    for i in range(7):
        x, tone = 190 + i * 200, tones[(i + 3) % 7]
        g = c.at(x, 985)
        g.poly([(-20, 0), (70, 0), (150, 40), (40, 40)], tone, 0.35)
        g.poly([(-58, -130), (58, -130), (40, 0), (-40, 0)], tone, 0.85)
        g.oval(0, -130, 58, 13, mix(tone, "#ffffff", 0.6))
        g.poly([(-46, -116), (-30, -116), (-22, -12), (-32, -12)], "#ffffff", 0.6)
    c.glow(1330, 470, 190, p.accent, 0.6)
    c.line([(1330, 0), (1330, 300)], 5, p.ink)
    c.oval(1330, 400, 120, 130, "#ffd79a")
    c.oval(1300, 350, 40, 30, "#ffffff", 0.8)
    c.rect(1296, 270, 68, 26, p.ink, 8)


def leather(c: Canvas, p: Palette, rng: Random) -> None:
    """Two bags, a tool belt, a hide and a coin purse in the making."""
    c.poly(
        [(130, 960), (210, 800), (420, 760), (640, 800), (700, 920), (600, 1010), (360, 990), (260, 1030)],
        "#c48748",
    )
    c.poly([(210, 800), (420, 760), (640, 800), (620, 820), (420, 784), (220, 824)], "#d9a468")
    bag(c.at(420, 820), 2.35, "#8a4b27", p.second)
    bag(c.at(1180, 850), 2.7, p.second, "#c98a4c")
    bag(c.at(800, 840), 1.7, "#c47a3c", "#6b3f26")
    for i in range(4):
        t = c.at(1010 + i * 120, 1000)
        t.rect(-50, -96, 100, 96, ["#8a4b27", "#c47a3c", p.accent, "#6b3f26"][i], 16)
        t.pie(0, -94, 50, 0, 180, mix(["#8a4b27", "#c47a3c", p.accent, "#6b3f26"][i], "#000000", 0.22))
        t.disc(0, -52, 8, "#f2dfae")
    for k in range(12):
        c.line([(250 + k * 34, 930 + k % 2 * 3), (268 + k * 34, 930)], 5, "#fff1d0")
    c.line([(690, 930), (880, 985)], 8, STEEL)
    c.disc(900, 990, 30, p.accent)
    c.disc(900, 990, 12, "#f2dfae")


def papers(c: Canvas, p: Palette, rng: Random) -> None:
    """A paper lamp, rolls, stacked sheets and boxes whose lids fit."""
    c.line([(430, 0), (430, 180)], 5, p.ink)
    c.glow(430, 360, 330, "#fff3c9", 0.9)
    c.oval(430, 360, 190, 190, "#fff8e4")
    for k in range(-4, 5):
        c.oval(430, 360 + k * 38, 190 * math.sqrt(1 - (k / 5.2) ** 2), 6, "#e2d2a6")
    for i, (w, h, tone) in enumerate(((380, 150, p.accent), (320, 130, p.body), (250, 110, p.second))):
        y = 860 - (0, 150, 280)[i]
        c.rect(1130 - w / 2, y - h, w, h, tone, 4)
        c.rect(1130 - w / 2 - 8, y - h, w + 16, h * 0.42, mix(tone, "#ffffff", 0.2), 4)
        c.rect(1100, y - h, 44, h, p.light, alpha=0.85)
    for k in range(16):
        c.rect(600 + k % 3 * 4, 850 - k * 11, 290, 10, mix(p.light, p.shade, k % 4 / 4), 2)
    for i in range(5):
        r = c.at(200 + i * 84, 900 + i % 2 * 26)
        tone = [p.light, p.second, p.light, p.accent, p.body][i]
        r.rect(-34, -290, 68, 290, tone, 20)
        r.oval(0, -280, 34, 12, mix(tone, p.ink, 0.3))
        r.rect(-36, -160, 72, 20, mix(tone, p.ink, 0.25))
    for i in range(5):
        c.poly(
            [(560 + i * 180, 985), (690 + i * 180, 985), (710 + i * 180, 910), (580 + i * 180, 910)], p.light
        )
        c.disc(635 + i * 180, 946, 24, [p.accent, p.body, p.second][i % 3])


def printed(c: Canvas, p: Palette, rng: Random) -> None:
    """Posters on the wall, blocks of type, cards and pots of ink."""
    for number in range(4):
        _poster(c.at(230 + number * 300, 90), p, number)
    _type_cases(c, p)
    for i, tone in enumerate((p.accent, p.second, "#e6b23c", p.ink)):
        t = c.at(960 + i * 145, 860)
        _shadow(t, 64)
        t.rect(-60, -120, 120, 120, "#dcd8cf", 10)
        t.rect(-60, -84, 120, 50, tone)
        t.oval(0, -120, 60, 17, mix(tone, p.ink, 0.2))
        t.oval(-10, -122, 34, 8, mix(tone, "#ffffff", 0.3))
    for i in range(6):
        c.poly(
            [(180 + i * 200, 990), (340 + i * 200, 990), (350 + i * 200, 910), (190 + i * 200, 910)], p.light
        )
        c.rect(214 + i * 200, 930, 60, 10, p.ink, 5)
        c.rect(214 + i * 200, 952, 96, 7, [p.accent, p.second][i % 2], 3)


def _poster(c: Canvas, p: Palette, number: int) -> None:
    tone = [p.accent, p.second, "#e6b23c", p.ink][number]
    c.rect(0, 0, 240, 340, p.light, 3)
    c.rect(40, 290, 160, 14, p.ink, 7)
    if number == 0:
        c.disc(120, 140, 84, tone)
        c.gear(120, 140, 54, 12, p.light, tone)
        return
    for k in range(5):
        if number == 1 and k < 4:
            x = 24 + k * 48
            c.poly([(x, 240), (x, 100), (x + 48, 170), (x + 48, 240)], tone)
        elif number == 2:
            c.ring(120, 140, 22 + k * 17, 9, tone)
        elif number == 3:
            y = 60 + k * 40
            c.line([(40, y), (120, y + 40), (200, y)], 13, [tone, p.accent][k % 2])


def _type_cases(c: Canvas, p: Palette) -> None:
    for row in range(3):
        for i in range(9):
            if (i * 7 + row * 3) % 4:
                t = c.at(170 + i * 76, 850 - row * 78)
                tone = mix(STEEL, p.ink, 0.1 + (i * 5 + row) % 4 * 0.12)
                t.rect(0, -72, 70, 72, tone, 4)
                t.rect(6, -66, 58, 34, mix(tone, "#ffffff", 0.4), 3)
                t.rect(20, -60, 30, 22, p.ink, (i + row) % 3 * 11 / 2)


def foods(c: Canvas, p: Palette, rng: Random) -> None:
    """A barrel, jars, bottles of sauce, a steaming bowl and bean-filled wafers."""
    barrel = c.at(330, 880)
    _shadow(barrel, 200)
    for i in range(8):
        barrel.rect(-190 + i * 47.5, -400, 46, 400, mix(p.body, "#ffffff" if i % 2 else p.ink, 0.12), 3)
    for y in (-360, -200, -60):
        barrel.rect(-200, y, 400, 32, "#d9b56a", 12)
    barrel.oval(0, -400, 190, 40, mix(p.body, p.ink, 0.35))
    barrel.oval(0, -398, 164, 30, "#8a4b25")
    for i, (h, tone) in enumerate(((430, "#4a2414"), (360, "#6b3118"), (400, "#33190e"))):
        x = 640 + i * 130
        bottle(c.at(x, 850), 52, h, tone)
        c.rect(x - 50, 850 - h * 0.48, 100, h * 0.28, p.light, 4)
        c.disc(x, 850 - h * 0.34, 28, p.accent)
    for i in range(3):
        t = c.at(1080 + i * 160, 850)
        _shadow(t, 72)
        t.rect(-66, -190, 132, 190, [p.second, "#a5582a", "#e6cf9c"][i], 18)
        t.rect(-50, -176, 22, 150, "#ffffff", 10, alpha=0.45)
        t.rect(-72, -216, 144, 38, p.accent, 8)
    _shadow(c.at(560, 1000), 130)
    bowl(c.at(560, 1000), 140, "#8a2f22")
    for k in range(3):
        c.line(
            [(510 + k * 50, 810), (528 + k * 50, 770), (508 + k * 50, 730), (526 + k * 50, 690)],
            12,
            "#ffffff",
            alpha=0.5,
        )
    for i in range(5):
        t = c.at(800 + i * 150, 990)
        _shadow(t, 62)
        t.oval(0, -18, 62, 22, "#d9a95c")
        t.oval(0, -32, 58, 14, "#4a1f1a")
        t.oval(0, -48, 62, 22, "#ecc27e")
        for k in range(4):
            t.arc(0, -48, 14 + k * 12, 200, 340, 3, "#c68f45")


def moulded(c: Canvas, p: Palette, rng: Random) -> None:
    """A castle of coloured blocks, lids and a heap of pellets."""
    tones = (p.accent, p.second, "#43b581", "#4d78b8", "#ffffff", "#9b7fd1")
    heights = (3, 5, 4, 6, 3, 2, 4, 5, 3)
    for column, height in enumerate(heights):
        for row in range(height):
            tone = tones[(column * 5 + row * 3) % 6]
            x, y = 220 + column * 92, 860 - row * 76
            c.rect(x, y - 74, 90, 74, tone, 8)
            c.rect(x + 6, y - 70, 78, 14, "#ffffff", 7, alpha=0.35)
            if row == height - 1:
                c.rect(x + 14, y - 90, 24, 18, tone, 5)
                c.rect(x + 52, y - 90, 24, 18, tone, 5)
            for k in range(3):
                if (column + row) % 3 == 0:
                    c.disc(x + 20 + k * 26, y - 30 - k % 2 * 14, 8, tones[(column + k) % 6], 0.7)
    for i in range(5):
        t = c.at(1240, 870 - i * 62)
        t.oval(0, 0, 160, 36, mix(tones[i], "#000000", 0.18))
        t.oval(0, -22, 160, 36, tones[i])
        t.oval(0, -24, 120, 24, mix(tones[i], "#ffffff", 0.35))
    for _ in range(420):
        along = rng.gauss(640, 170)
        heap = rng.random() ** 1.6 * 96 * math.exp(-(((along - 640) / 210) ** 2))
        c.oval(along, 1000 - heap, 11, 8, rng.choice(tones))


def boards(c: Canvas, p: Palette, rng: Random) -> None:
    """Circuit boards, a toy level crossing alight and reels of parts."""
    for i in range(3):
        b = c.at(190 + i * 250, 870, 1.25)
        _shadow(b.at(96, 0), 110)
        board(b, p, rng)
    post = c.at(1160, 900)
    _shadow(post, 170)
    post.rect(-150, -36, 300, 36, p.ink, 10)
    post.rect(-13, -620, 26, 590, "#e9e4d6")
    for k in range(5):
        post.rect(-13, -620 + k * 120, 26, 60, p.ink)
    post.line([(-86, -650), (86, -540)], 34, p.second)
    post.line([(86, -650), (-86, -540)], 34, p.second)
    for x, on in ((-96, True), (96, False)):
        post.disc(x, -420, 80, p.ink)
        post.disc(x, -420, 58, p.accent if on else mix(p.accent, p.ink, 0.62))
    post.rect(-96, -432, 192, 24, p.ink)
    post.glow(-96, -420, 260, p.accent, 0.75)
    post.disc(-96, -420, 36, "#ffc3b6")
    for i in range(5):
        t = c.at(260 + i * 160, 990)
        tone = [p.second, STEEL, p.accent, "#6ec1d6", p.body][i]
        _shadow(t, 74)
        t.disc(0, -72, 72, mix(tone, "#ffffff", 0.2))
        t.disc(0, -72, 52, tone)
        for k in range(3):
            a = k * math.tau / 3 + i
            t.disc(30 * math.cos(a), -72 + 30 * math.sin(a), 11, mix(tone, p.ink, 0.5))
        t.disc(0, -72, 12, p.ink)
    board(c.at(1040, 995, 0.9), p, rng)
    board(c.at(1260, 995, 0.9), p, rng)


def edges(c: Canvas, p: Palette, rng: Random) -> None:
    """A row of knives before the window, two pairs of shears and whetstones."""
    c.rect(160, 196, 1280, 34, "#7c5532", 8)
    for i in range(8):
        knife(c.at(250 + i * 100, 224, 1.25 + (i * 3 % 4) * 0.16), p)
    for x, y, s in ((1170, 330, 1.0), (1360, 320, 0.8)):
        t = c.at(x, y, s)
        t.poly([(-30, -140), (-10, -140), (24, 150), (0, 190)], "#e9eef0")
        t.poly([(30, -140), (10, -140), (-24, 150), (0, 190)], STEEL)
        t.disc(0, 60, 13, p.second)
        t.ring(-36, -190, 44, 17, p.ink)
        t.ring(36, -190, 44, 17, p.ink)
    for i, tone in enumerate(("#8d8577", "#b4774f", "#cdbf9e")):
        x = 240 + i * 250
        c.poly([(x, 860), (x + 220, 860), (x + 236, 800), (x + 22, 800)], mix(tone, "#ffffff", 0.2))
        c.rect(x, 860, 220, 46, tone, 4)
        c.poly([(x + 30, 845), (x + 140, 845), (x + 150, 815), (x + 46, 815)], "#ffffff", 0.3)
    for i in range(3):
        y = 850 + i * 62
        c.poly([(1010, y), (1290, y - 12), (1330, y + 6), (1290, y + 30), (1010, y + 30)], "#eef2f3")
        c.poly([(1010, y + 22), (1296, y + 22), (1290, y + 30), (1010, y + 30)], "#ffffff")
        c.rect(870, y - 2, 146, 36, ["#7c4a2c", p.ink, p.accent][i], 14)
        c.rect(1004, y - 4, 22, 40, p.second, 3)
    bowl(c.at(560, 1010), 96, "#7fa8b8")


def hairs(c: Canvas, p: Palette, rng: Random) -> None:
    """Brushes of every width, standing and hanging, and bundles of hair."""
    c.rect(140, 130, 1320, 22, "#8f6537", 6)
    for i in range(9):
        brush(
            c.at(220 + i * 145, 140, 1.5 + (i * 5 % 4) * 0.28),
            ["#2e2622", "#d8c3a0", "#8a5a35", "#f1e6d2"][i % 4],
            p,
        )
    for i in range(6):
        x, hair = 260 + i * 210, ["#f1e6d2", "#2e2622", "#8a5a35"][i % 3]
        _shadow(c.at(x, 850), 80)
        c.poly([(x - 52, 850), (x + 52, 850), (x + 80, 660), (x - 80, 660)], hair)
        for k in range(9):
            c.line([(x - 44 + k * 11, 846), (x - 70 + k * 17, 664)], 2, mix(hair, "#000000", 0.25))
        c.rect(x - 60, 770, 120, 24, p.accent, 5)
    for i in range(4):
        t = c.at(320 + i * 300, 985)
        t.rect(-130, -34, 150, 34, "#c9965a", 14)
        t.rect(10, -44, 60, 54, "#a8743f", 8)
        t.poly([(70, -44), (150, -52), (150, 18), (70, 10)], ["#2e2622", "#d8c3a0"][i % 2])


PRODUCTS: dict[str, Draw] = {
    "cutting": turned, "press": pressed, "casting": cast, "forging": forged, "plating": plated,
    "welding": welded, "wood": wooden, "textile": woven, "dyeing": dyed, "ceramics": potted,
    "glass": blown, "leather": leather, "paper": papers, "printing": printed, "food": foods,
    "plastics": moulded, "electronics": boards, "blades": edges, "other": hairs,
}  # fmt: skip
