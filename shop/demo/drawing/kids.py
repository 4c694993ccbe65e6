"""Things for babies. Each stands on the origin."""

import math

from shop.demo.drawing.board import Linear, Pen, Points, Radial
from shop.demo.drawing.colours import WHITE, Colour, mix, shade, tone
from shop.demo.drawing.labels import PAPER, Look, brand, ink_on, label
from shop.demo.drawing.light import (
    DUSK,
    cast,
    fall,
    gloss,
    lit,
    lower_rim,
    rim,
    round_paint,
    sphere,
    stand,
)
from shop.demo.drawing.motifs import motif
from shop.demo.drawing.shapes import arc, barrel, ellipse, mirrored, rectangle, rounded, smooth


def diapers(pen: Pen, look: Look) -> None:
    """A full soft pack with a carrying strap."""
    outline = smooth(
        [
            (-170, -300),
            (-120, -316),
            (0, -320),
            (120, -316),
            (170, -300),
            (182, -160),
            (172, -12),
            (90, 2),
            (-90, 2),
            (-172, -12),
            (-182, -160),
        ]
    )
    cast(pen, outline)
    stand(pen, 172, 24)
    grip = smooth([(-70, -306), (-54, -360), (0, -372), (54, -360), (70, -306)], closed=False)
    pen.line(
        grip,
        26,
        Linear((-70, 0), (70, 0), ((0, shade(look.main, 0.02)), (1, shade(look.main, -0.12)))),
    )
    mask = pen.fill(outline, look.main)
    cloud = [
        (-190, -96),
        *smooth(
            [(-190, -96), (-130, -128), (-60, -100), (10, -136), (90, -104), (190, -122)],
            closed=False,
        ),
        (200, 20),
        (-200, 20),
    ]
    pen.fill(cloud, look.accent, inside=mask)
    label(
        pen.moved(0, -300),
        Look(look.main, look.accent, "", look.word, "plain"),
        320,
        300,
        mask,
        look.main,
    )
    face = pen.moved(0, -118)
    bear(face, tone(0.80, 0.065, 65), 62)
    lit(pen, mask, -184, 184, force=0.8)
    fall(pen, mask, -320, 0, force=0.7)
    for x, y, turn in ((-140, -270, 30), (140, -262, -30), (-150, -40, -26), (146, -46, 26)):
        pen.moved(x, y).turned(turn).fill(
            ellipse(0, 0, 7, 46), WHITE, opacity=0.3, blur=7, inside=mask
        )


def bear(pen: Pen, colour: Colour, radius: float) -> None:
    """A bear's face around the origin."""
    for side in (-1, 1):
        x, y = side * radius * 0.74, -radius * 0.68
        pen.fill(ellipse(x, y, radius * 0.34), sphere(colour, x, y, radius * 0.34, depth=0.14))
        pen.fill(ellipse(x, y, radius * 0.18), mix(colour, tone(0.80, 0.08, 30), 0.7))
    pen.fill(ellipse(0, 0, radius, radius * 0.92), sphere(colour, 0, 0, radius, depth=0.12))
    pen.fill(ellipse(0, radius * 0.32, radius * 0.42, radius * 0.32), shade(colour, 0.12))
    for side in (-1, 1):
        pen.fill(
            ellipse(side * radius * 0.36, -radius * 0.08, radius * 0.085, radius * 0.10),
            tone(0.28, 0.03, 50),
        )
        pen.fill(
            ellipse(side * radius * 0.58, radius * 0.22, radius * 0.15),
            tone(0.76, 0.11, 25),
            opacity=0.45,
            blur=radius * 0.05,
        )
    pen.fill(ellipse(0, radius * 0.20, radius * 0.12, radius * 0.085), tone(0.30, 0.04, 45))
    pen.line(
        arc(0, radius * 0.30, radius * 0.13, radius * 0.12, 20, 160),
        radius * 0.04,
        tone(0.30, 0.04, 45),
    )


def bunny(pen: Pen, look: Look) -> None:
    """A sitting plush rabbit."""
    body = smooth(
        [(-74, -170), (-104, -90), (-92, -18), (-40, 0), (40, 0), (92, -18), (104, -90), (74, -170)]
    )
    cast(pen, [(-60, -420), (60, -420), *body])
    stand(pen, 112, 20)
    for side in (-1, 1):
        ear = pen.moved(side * 40, -296).turned(side * 13)
        outline = smooth(
            [(-30, 10), (-36, -80), (-20, -146), (0, -156), (20, -146), (36, -80), (30, 10)]
        )
        mask = ear.fill(
            outline,
            Linear((-36, 0), (36, 0), ((0, shade(look.main, 0.04)), (1, shade(look.main, -0.11)))),
        )
        ear.scaled(0.5, 0.72).moved(0, -18).fill(
            outline, look.accent, opacity=0.75, blur=3, inside=mask
        )
    tum = pen.fill(body, sphere(look.main, 0, -90, 110, depth=0.17))
    pen.fill(ellipse(0, -72, 58, 62), shade(look.main, 0.07), blur=7, inside=tum)
    for side in (-1, 1):
        foot = ellipse(side * 74, -24, 44, 30)
        pen.moved(3, 6).fill(foot, DUSK, opacity=0.2, blur=6)
        sole = pen.fill(foot, sphere(look.main, side * 74, -24, 42, depth=0.15))
        pen.fill(ellipse(side * 76, -20, 22, 15), look.accent, opacity=0.75, inside=sole)
        arm = pen.moved(side * 84, -146).turned(side * -26)
        arm.moved(2, 5).fill(ellipse(0, 22, 25, 52), DUSK, opacity=0.18, blur=7)
        arm.fill(ellipse(0, 22, 25, 52), sphere(look.main, 0, 10, 46, depth=0.15))
    head = ellipse(0, -244, 96, 84)
    pen.moved(3, 9).fill(head, DUSK, opacity=0.24, blur=10, inside=tum)
    face = pen.fill(head, sphere(look.main, 0, -244, 94, depth=0.15))
    pen.fill(ellipse(-30, -292, 34, 18), WHITE, opacity=0.30, blur=12, inside=face)
    for side in (-1, 1):
        pen.fill(ellipse(side * 36, -250, 7.5, 9), tone(0.26, 0.03, 40))
        pen.fill(ellipse(side * 36 - 2, -253, 2.4), WHITE)
        pen.fill(ellipse(side * 58, -224, 16, 11), tone(0.78, 0.11, 20), opacity=0.45, blur=5)
    pen.fill(rounded([(-9, -232), (9, -232), (0, -220)], 4), tone(0.68, 0.12, 20))
    for side in (-1, 1):
        pen.line(arc(side * 8, -219, 8, 9, 10, 150), 2.6, tone(0.45, 0.06, 40))
    for side in (-1, 1):
        bow = [(0, -166), (side * 44, -186), (side * 48, -148), (0, -158)]
        pen.fill(rounded(bow, 9), shade(look.accent, -0.10 if side > 0 else -0.05))
    pen.fill(ellipse(0, -163, 11, 13), shade(look.accent, -0.14))


def wipes(pen: Pen, look: Look) -> None:
    """A soft pack of wipes with a flip lid."""
    outline = smooth(
        [
            (-196, -128),
            (-150, -150),
            (0, -156),
            (150, -150),
            (196, -128),
            (204, -64),
            (192, -6),
            (0, 2),
            (-192, -6),
            (-204, -64),
        ]
    )
    cast(pen, outline)
    stand(pen, 192, 22)
    mask = pen.fill(outline, look.main)
    art = pen.moved(0, -96)
    brand(art, (-96, 22), 20, ink_on(look.main), mask)
    art.text(look.word, (-96, 54), 26, ink_on(look.main), spacing=0.1)
    for i, (x, y) in enumerate(((66, 56), (116, 34), (150, 68))):
        if look.motifs:
            motif(art.moved(x, y).turned(i * 24 - 20).scaled(0.5), look.motifs[0], inside=mask)
    lit(pen, mask, -206, 206, force=0.75)
    fall(pen, mask, -156, 2, force=0.8)
    lid = rounded([(-92, -176), (92, -176), (106, -132), (-106, -132)], [12, 12, 10, 10])
    pen.moved(4, 8).fill(lid, DUSK, opacity=0.25, blur=6, inside=mask)
    top = pen.fill(
        lid,
        Linear(
            (-100, -176),
            (100, -132),
            ((0, shade(look.accent, 0.10)), (1, shade(look.accent, -0.06))),
        ),
    )
    pen.fill(rectangle(-26, -142, 52, 8, 4), shade(look.accent, -0.12), inside=top)
    rim(pen, top, opacity=0.5)


def feeding(pen: Pen, look: Look) -> None:
    """A baby's bottle with milk."""
    body = mirrored([(60, -250, 10), (88, -226, 34), (80, -130, 90), (88, -2, 30)])
    cast(pen, [*mirrored([(18, -400), (60, -290)]), *body], opacity=0.17)
    stand(pen, 84)
    mask = pen.fill(body, mix(look.main, WHITE, 0.62))
    pen.fill([(-100, -166), (100, -166), (100, 10), (-100, 10)], tone(0.98, 0.012, 90), inside=mask)
    pen.fill(ellipse(0, -166, 84, 8), WHITE, inside=mask)
    ink = shade(look.accent, -0.1)
    for i in range(6):
        wide = 30 if i % 2 == 0 else 18
        pen.fill(rectangle(34 - wide, -54 - i * 24, wide, 2.6), ink, opacity=0.75, inside=mask)
    star = pen.moved(-34, -96).scaled(0.42)
    motif(star, look.motifs[0] if look.motifs else "star", inside=mask)
    lit(pen, mask, -90, 90, force=0.75)
    gloss(pen, mask, -72, -222, -24, 11, opacity=0.75)
    gloss(pen, mask, 66, -216, -40, 6, opacity=0.5)
    rim(pen, mask, opacity=0.5)
    lower_rim(pen, mask)
    teat = smooth(
        [
            (-48, -290),
            (-40, -326),
            (-18, -346),
            (-16, -384),
            (0, -398),
            (16, -384),
            (18, -346),
            (40, -326),
            (48, -290),
        ]
    )
    pen.fill(
        teat,
        Linear(
            (-48, 0), (48, 0), ((0, (232, 214, 196)), (0.3, (252, 242, 230)), (1, (214, 190, 170)))
        ),
        opacity=0.95,
    )
    ring = pen.fill(barrel(76, -298, -240, 9), round_paint(look.accent, -76, 76))
    for i in range(-7, 8):
        pen.fill(rectangle(i * 10 - 1, -288, 2, 54), DUSK, opacity=0.12, blur=0.8, inside=ring)
    pen.fill(ellipse(0, -298, 76, 9), shade(look.accent, 0.07))
    pen.fill(
        smooth([(-44, -296), (-36, -322), (0, -330), (36, -322), (44, -296), (0, -290)]),
        (244, 230, 214),
    )


def blocks(pen: Pen, look: Look) -> None:
    """A small castle of wooden blocks."""
    wood = tone(0.82, 0.065, 75)
    stand(pen, 170, 20)
    cast(pen, rectangle(-150, -330, 300, 330))
    _cube(pen.moved(-98, 0), 104, look.main)
    _cube(pen.moved(86, 0), 104, look.accent)
    _cube(pen.moved(-8, -104), 96, wood)
    roof = pen.moved(-6, -200)
    side = [(52, 0), (78, -14), (26, -92), (0, -84)]
    roof.fill(side, shade(look.accent, -0.14))
    front = roof.fill(
        rounded([(-56, 0), (56, 0), (0, -88)], 6),
        Linear(
            (-50, -80), (50, 0), ((0, shade(look.accent, 0.09)), (1, shade(look.accent, -0.03)))
        ),
    )
    rim(roof, front, opacity=0.3)
    ball = pen.moved(176, 22)
    stand(ball, 34, 9)
    ball.fill(ellipse(0, -36, 36), sphere(wood, 0, -36, 36))


def _cube(pen: Pen, size: float, colour: Colour) -> None:
    half, dx, dy = size / 2, size * 0.24, size * 0.13
    pen.fill(
        [(half, -size), (half + dx, -size - dy), (half + dx, -dy), (half, 0)], shade(colour, -0.15)
    )
    pen.fill(
        [(-half, -size), (half, -size), (half + dx, -size - dy), (-half + dx, -size - dy)],
        shade(colour, 0.08),
    )
    face = pen.fill(
        rounded(rectangle(-half, -size, size, size), 5),
        Linear((-half, -size), (half, 0), ((0, shade(colour, 0.05)), (1, shade(colour, -0.05)))),
    )
    for i in range(5):
        y = -size + (i + 0.5) * size / 5
        grain = smooth(
            [
                (-half, y),
                (-half * 0.3, y + 5 * math.sin(i * 2)),
                (half * 0.4, y - 4),
                (half, y + 2),
            ],
            closed=False,
        )
        pen.line(grain, 1.6, shade(colour, -0.1), opacity=0.30, inside=face)
    rim(pen, face, opacity=0.3)


def bodysuit(pen: Pen, look: Look) -> None:
    """A baby's bodysuit laid flat; the origin is its middle."""
    right: Points = [
        (54, -196),
        (92, -182),
        (178, -104),
        (132, -46),
        (96, -74),
        (98, 40),
        (92, 98),
        (44, 176),
        (40, 196),
    ]
    outline = rounded([*right, *[(-x, y) for x, y in reversed(right)]], 15)
    pen.moved(10, 16).fill(outline, DUSK, opacity=0.26, blur=15)
    mask = pen.fill(
        outline,
        Linear(
            (-180, -190),
            (150, 190),
            ((0, shade(look.main, 0.04)), (0.5, look.main), (1, shade(look.main, -0.06))),
        ),
    )
    neck = smooth([(-58, -206), (-44, -160), (0, -142), (44, -160), (58, -206)], closed=False)
    pen.fill(neck, shade(look.main, -0.17), inside=mask)
    pen.line(neck, 11, look.accent, inside=mask)
    for side in (-1, 1):
        pen.line([(side * 184, -100), (side * 130, -40)], 16, look.accent, inside=mask)
        hem = smooth([(side * 98, 62), (side * 84, 116), (side * 40, 184)], closed=False)
        pen.line(hem, 14, look.accent, inside=mask)
        fold = smooth([(side * 88, -80), (side * 66, -20), (side * 72, 60)], closed=False)
        pen.line(fold, 9, DUSK, opacity=0.13, blur=6, inside=mask)
    for x in (-22, 0, 22):
        pen.fill(ellipse(x, 182, 5), shade(look.accent, -0.1))
    for i, (x, y) in enumerate(((-40, -84), (30, -60), (-16, -10), (48, 20), (-52, 46), (4, 80))):
        if look.motifs:
            motif(
                pen.moved(x, y).turned(i * 23 - 40).scaled(0.34),
                look.motifs[i % len(look.motifs)],
                inside=mask,
            )


def plate(pen: Pen, look: Look) -> None:
    """A silicone plate shaped like a bear, from above; the origin is its middle."""
    outline = [*arc(0, 30, 210, 190, 0, 360)]
    ears = [ellipse(side * 150, -130, 74) for side in (-1, 1)]
    for ring in (outline, *ears):
        pen.moved(12, 18).fill(ring, DUSK, opacity=0.25, blur=16)
    for i, ring in enumerate((*ears, outline)):
        mask = pen.fill(
            ring,
            Linear(
                (-200, -200),
                (200, 220),
                ((0, shade(look.main, 0.07)), (1, shade(look.main, -0.08))),
            ),
        )
        if i == 2:
            rim(pen, mask, opacity=0.4, width=4)
    wells = [ellipse(side * 150, -130, 48) for side in (-1, 1)]
    wells += [
        smooth([(-176, 36), (-160, -60), (-16, -104), (-14, 40)]),
        smooth([(176, 36), (160, -60), (16, -104), (14, 40)]),
    ]
    wells.append(smooth([(-160, 72), (0, 66), (160, 72), (116, 156), (0, 188), (-116, 156)]))
    for well in wells:
        inner = pen.fill(well, shade(look.main, -0.06))
        pen.moved(-6, -8).line([*well, well[0]], 16, DUSK, opacity=0.24, blur=8, inside=inner)
    for x, y, size, name in (
        (-96, -14, 0.62, "strawberry"),
        (96, -16, 0.6, "blueberry"),
        (60, 6, 0.44, "blueberry"),
        (122, 10, 0.4, "blueberry"),
        (-56, 112, 0.72, "orange"),
        (58, 118, 0.66, "mango"),
    ):
        motif(pen.moved(x, y).turned(x).scaled(size), name)


def balls(pen: Pen, look: Look) -> None:
    """A stacking toy: rings on a post."""
    cast(pen, mirrored([(40, -330), (130, 0)]))
    stand(pen, 140, 20)
    colours = (look.main, mix(look.main, look.accent, 0.5), look.accent, PAPER)
    y = -10.0
    for i, colour in enumerate(colours):
        half = 140 - i * 24
        ring = rounded([(-half, y - 66), (half, y - 66), (half, y), (-half, y)], 33)
        mask = pen.fill(ring, round_paint(colour, -half, half, depth=0.16))
        pen.fill(
            ellipse(-half * 0.4, y - 50, half * 0.36, 7), WHITE, opacity=0.45, blur=6, inside=mask
        )
        pen.fill(rectangle(-half, y - 14, 2 * half, 14), DUSK, opacity=0.22, blur=6, inside=mask)
        y -= 64
    pen.fill(
        ellipse(0, y - 30, 42, 40),
        Radial(
            (-14, y - 46),
            66,
            66,
            ((0, shade(look.accent, 0.14)), (0.5, look.accent), (1, shade(look.accent, -0.17))),
        ),
    )
    pen.fill(ellipse(-14, y - 44, 12, 8), WHITE, opacity=0.6, blur=4)
