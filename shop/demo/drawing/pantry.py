"""Things to eat and drink out of their packs. Each stands on the origin."""

import math
import random

from shop.demo.drawing.board import Linear, Pen, Radial
from shop.demo.drawing.colours import WHITE, shade, tone
from shop.demo.drawing.labels import PAPER, Look, brand, ink_on
from shop.demo.drawing.light import (
    DUSK,
    cast,
    fall,
    lit,
    lower_rim,
    rim,
    round_paint,
    sphere,
    stand,
)
from shop.demo.drawing.motifs import heap, motif
from shop.demo.drawing.shapes import arc, barrel, ellipse, mirrored, rectangle, rounded, smooth


def cookies(pen: Pen, look: Look) -> None:
    """A stack of biscuits, one leaning on it."""
    cast(pen, rectangle(-116, -260, 232, 260))
    stand(pen, 118, 22)
    for i in range(6):
        at = pen.moved((-6, 5, -2, 7, -5, 1)[i], -i * 42)
        outline = barrel(118, -38, -8, 26)
        side = at.fill(outline, round_paint(shade(look.main, -0.07), -118, 118, depth=0.14))
        at.fill(rectangle(-120, -14, 240, 60), DUSK, opacity=0.14, blur=6, inside=side)
    top = pen.moved(1, -5 * 42)
    face = top.fill(
        ellipse(0, -38, 118, 26),
        Linear(
            (-118, -60), (118, -12), ((0, shade(look.main, 0.06)), (1, shade(look.main, -0.03)))
        ),
    )
    for x, y in ((-60, -40), (-10, -28), (40, -44), (74, -30), (-30, -50), (12, -52)):
        top.fill(ellipse(x, y, 13, 5.5), look.accent, inside=face)
    lean = pen.moved(168, -84).turned(-22)
    lean.moved(6, 8).fill(ellipse(0, 0, 66, 88), DUSK, opacity=0.3, blur=8)
    disc = lean.fill(
        ellipse(0, 0, 66, 88),
        Linear((-60, -80), (60, 80), ((0, shade(look.main, 0.07)), (1, shade(look.main, -0.09)))),
    )
    for x, y in ((-22, -36), (18, -48), (26, 4), (-20, 12), (2, 46), (-34, -8)):
        lean.fill(ellipse(x, y, 9, 10), look.accent, inside=disc)
    rim(lean, disc, opacity=0.4)


def crisps(pen: Pen, look: Look) -> None:
    """Thin square crisps, fanned out; the origin is the middle."""
    for i in range(6):
        at = pen.moved(-150 + i * 60, 20 - math.sin(i) * 26).turned(-30 + i * 14)
        outline = smooth(
            [(-88, -84), (0, -92), (88, -84), (94, 0), (86, 86), (0, 92), (-88, 84), (-94, 0)]
        )
        at.moved(8, 12).fill(outline, DUSK, opacity=0.28, blur=9)
        mask = at.fill(
            outline,
            Linear(
                (-88, -88),
                (88, 88),
                ((0, shade(look.main, 0.08)), (0.5, look.main), (1, shade(look.main, -0.10))),
            ),
        )
        rng = random.Random(i)
        for _ in range(38):
            seed = at.moved(rng.uniform(-80, 80), rng.uniform(-80, 80)).turned(rng.uniform(0, 180))
            seed.fill(
                ellipse(0, 0, 6, 3.4), look.accent if rng.random() < 0.6 else PAPER, inside=mask
            )
        rim(at, mask, opacity=0.4, width=3)


def tea_cake(pen: Pen, look: Look) -> None:
    """A pressed cake of tea, its wrapper open behind it."""
    cast(pen, [*arc(0, -190, 176, 176, 0, 360)], opacity=0.15)
    stand(pen, 130, 20)
    wrap = pen.moved(26, -196)
    paper = wrap.fill(
        smooth(
            [
                (
                    math.cos(math.radians(a)) * (188 + (i % 2) * 10),
                    math.sin(math.radians(a)) * (188 + (i % 2) * 10),
                )
                for i, a in enumerate(range(0, 360, 15))
            ]
        ),
        Linear(
            (-180, -180),
            (180, 180),
            ((0, shade(look.accent, 0.05)), (1, shade(look.accent, -0.09))),
        ),
    )
    for a in range(0, 360, 30):
        wrap.turned(a).fill(
            [(60, -3), (196, -12), (196, 12)],
            WHITE if a % 60 else DUSK,
            opacity=0.12,
            blur=4,
            inside=paper,
        )
    cake = pen.moved(-16, -176)
    cake.moved(10, 12).fill(ellipse(0, 0, 168), DUSK, opacity=0.35, blur=10, inside=paper)
    disc = cake.fill(ellipse(0, 0, 168), sphere(look.main, 0, 0, 176, depth=0.2))
    rng = random.Random(6)
    for _ in range(300):
        radius, angle = 160 * math.sqrt(rng.random()), rng.uniform(0, 360)
        at = cake.turned(angle).moved(radius, 0).turned(rng.uniform(0, 360))
        colour = shade(look.main, rng.choice((-0.13, -0.08, 0.07, 0.13, 0.20)))
        at.fill([(-13, 0), (0, -3.4), (13, 0), (0, 3.4)], colour, opacity=0.75)
    cake.fill(ellipse(-50, -60, 70, 50), WHITE, opacity=0.12, blur=26, inside=disc)
    lower_rim(cake, disc, opacity=0.4, width=8)
    tag = cake.fill(rectangle(-52, -34, 104, 68, 4), PAPER)
    brand(
        cake, (0, 8), 19, look.accent if sum(look.accent) < 420 else shade(look.accent, -0.3), tag
    )


def tangerines(pen: Pen, look: Look) -> None:
    """Small green tangerines filled with tea, in a tray."""
    stand(pen, 190, 26)
    cast(pen, rectangle(-190, -120, 380, 120), opacity=0.15)
    for i, (x, y) in enumerate(((-116, -86), (4, -96), (122, -86), (-60, -52), (66, -52))):
        motif(pen.moved(x, y).turned((i * 37) % 24 - 12).scaled(1.36), "tangerine")
    tray = rounded([(-196, -50), (196, -50), (178, 6), (-178, 6)], [6, 6, 18, 18])
    mask = pen.fill(tray, look.main)
    lit(pen, mask, -196, 196, force=0.7)
    fall(pen, mask, -50, 6)
    brand(pen, (0, -12), 18, ink_on(look.main), mask)


def capsules(pen: Pen, look: Look) -> None:
    """Little cups of instant coffee in three roasts."""
    for x, y, colour in (
        (-116, -8, look.main),
        (116, -8, shade(look.main, -0.16)),
        (0, 20, look.accent),
    ):
        at = pen.moved(x, y)
        body = mirrored([(76, -128, 6), (60, -2, 24)])
        cast(at, body, opacity=0.14)
        stand(at, 60)
        mask = at.fill(body, colour)
        lit(at, mask, -76, 76)
        brand(at, (0, -54), 17, ink_on(colour), mask)
        at.fill(barrel(84, -140, -126, 11), round_paint(shade(colour, 0.08), -84, 84))
        foil = at.fill(
            ellipse(0, -140, 84, 13),
            Linear(
                (-84, 0),
                (84, 0),
                (
                    (0, (226, 222, 216)),
                    (0.35, (252, 251, 248)),
                    (0.6, (214, 210, 204)),
                    (1, (238, 235, 230)),
                ),
            ),
        )
        at.fill(ellipse(0, -139, 66, 8), (200, 196, 190), opacity=0.35, blur=3, inside=foil)


def cup(pen: Pen, look: Look) -> None:
    """A paper cup to go, with a sleeve; style `cold` is clear with ice and a straw."""
    body = mirrored([(98, -300, 4), (70, -2, 16)])
    cast(pen, body)
    stand(pen, 74)
    if look.style == "cold":
        _iced(pen, look)
        return
    mask = pen.fill(body, PAPER)
    band = pen.fill([(-120, -220), (120, -220), (120, -92), (-120, -92)], look.main, inside=mask)
    brand(pen, (0, -146), 22, ink_on(look.main), band & mask)
    lit(pen, mask, -96, 96, force=0.9)
    lid = pen.fill(
        mirrored([(82, -344, 10), (92, -322, 4), (104, -318, 6), (104, -292, 6)]),
        round_paint(look.accent, -104, 104),
    )
    pen.fill(ellipse(0, -344, 80, 9), shade(look.accent, 0.09), inside=lid)


def _iced(pen: Pen, look: Look) -> None:
    body = mirrored([(98, -300, 4), (70, -2, 16)])
    pen.line([(30, -60), (64, -420)], 13, round_paint(look.accent, 28, 70))
    mask = pen.fill(body, WHITE, opacity=0.5)
    drink = pen.mask(mirrored([(92, -256, 4), (65, -8, 14)]))
    pen.fill(
        drink,
        Linear(
            (0, -256),
            (0, 0),
            ((0, shade(look.main, 0.22)), (0.4, look.main), (1, shade(look.main, -0.08))),
        ),
    )
    for x, y, turn in ((-44, -228, 14), (20, -236, -20), (56, -196, 30), (-18, -186, 6)):
        ice = pen.moved(x, y).turned(turn)
        block = ice.fill(
            rectangle(-27, -27, 54, 54, 10),
            Linear((-27, -27), (27, 27), ((0, (255, 255, 255, 190)), (1, (255, 255, 255, 50)))),
            inside=mask,
        )
        rim(ice, block, opacity=0.5)
    lit(pen, mask, -96, 96, force=0.7)
    pen.fill(rectangle(-78, -280, 11, 240), WHITE, opacity=0.5, blur=3, inside=mask)
    rim(pen, mask, opacity=0.6)
    pen.line(arc(0, -300, 98, 12, 0, 360), 3, WHITE, opacity=0.8)
    brand(pen, (0, -96), 20, PAPER if sum(look.main) < 420 else ink_on(look.main), mask)


def scoop(pen: Pen, look: Look) -> None:
    """A wooden scoop of something, from above; the origin is its middle."""
    wood = tone(0.74, 0.075, 66)
    pen = pen.turned(-32)
    pen.moved(10, 16).fill(
        rounded([(60, -26), (330, -17), (330, 17), (60, 26)], 14), DUSK, opacity=0.28, blur=10
    )
    pen.fill(
        rounded([(60, -26), (330, -17), (330, 17), (60, 26)], 16),
        Linear((0, -26), (0, 26), ((0, shade(wood, 0.06)), (1, shade(wood, -0.12)))),
    )
    outline = smooth(
        [(-170, 0), (-140, -98), (-20, -124), (84, -84), (116, 0), (84, 84), (-20, 124), (-140, 98)]
    )
    pen.moved(12, 18).fill(outline, DUSK, opacity=0.3, blur=12)
    pen.fill(
        outline, Linear((0, -124), (0, 124), ((0, shade(wood, 0.07)), (1, shade(wood, -0.14))))
    )
    well = pen.scaled(0.88).fill(outline, shade(wood, -0.2))
    heap(pen, look.motifs, outline, 70, 3 + len(look.motif), inside=well)
    for x, y in ((-226, 70), (-196, -120), (-90, 176), (40, -176), (-260, -30)):
        if look.motifs:
            motif(
                pen.moved(x, y).turned(x + y).scaled(0.66),
                look.motifs[(int(x) // 7) % len(look.motifs)],
            )


def honey(pen: Pen, look: Look) -> None:
    """A dipper in a dish of honey, from above; the origin is the middle of the dish."""
    wood = tone(0.72, 0.085, 64)
    pen.moved(16, 22).fill(ellipse(0, 0, 236), DUSK, opacity=0.26, blur=24)
    pen.moved(6, 9).fill(ellipse(0, 0, 232), DUSK, opacity=0.3, blur=8)
    pen.fill(
        ellipse(0, 0, 230),
        Linear((-180, -180), (180, 180), ((0, (255, 255, 255)), (1, (222, 216, 206)))),
    )
    pool = pen.fill(
        ellipse(0, 0, 200),
        Radial(
            (-40, -50),
            250,
            250,
            ((0, shade(look.main, 0.14)), (0.55, look.main), (1, shade(look.main, -0.17))),
        ),
    )
    pen.line(arc(0, 0, 196, 196, 165, 300), 16, DUSK, opacity=0.38, blur=10, inside=pool)
    pen.line(arc(0, 0, 168, 168, 190, 262), 13, WHITE, opacity=0.75, blur=4, inside=pool)
    pen.fill(ellipse(86, 108, 46, 15), WHITE, opacity=0.4, blur=9, inside=pool)
    for radius in (118, 92):
        pen.line(arc(-6, 10, radius, radius, 0, 360), 4, WHITE, opacity=0.22, blur=3, inside=pool)
    stick = pen.moved(-6, 10).turned(-42)
    stick.moved(14, 20).fill(rectangle(40, -11, 330, 22, 11), DUSK, opacity=0.3, blur=9)
    stick.fill(
        rectangle(30, -11, 330, 22, 11),
        Linear((0, -11), (0, 11), ((0, shade(wood, 0.10)), (1, shade(wood, -0.14)))),
    )
    for i in range(6):
        half = (34, 50, 58, 58, 50, 36)[i]
        ring = rectangle(-78 + i * 22, -half, 15, 2 * half, 7)
        stick.moved(4, 7).fill(ring, shade(look.main, -0.26), opacity=0.55, blur=4)
        disc = stick.fill(
            ring, Linear((0, -half), (0, half), ((0, shade(wood, 0.10)), (1, shade(wood, -0.13))))
        )
        stick.fill(
            ellipse(-74 + i * 22, half * 0.55, 14, half * 0.6),
            look.main,
            opacity=0.75,
            blur=3,
            inside=disc,
        )
    stick.fill(rectangle(-84, -7, 140, 14, 7), shade(wood, -0.04))
