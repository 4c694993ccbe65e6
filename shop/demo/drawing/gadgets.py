"""Things with a plug, and things that are only a promise: cards, tickets, a course on a phone."""

import math

from shop.demo.drawing.board import Linear, Mask, Pen, Radial
from shop.demo.drawing.colours import NIGHT, STEEL, WHITE, Colour, mix, shade, tone
from shop.demo.drawing.labels import PAPER, Look, brand, ink_on
from shop.demo.drawing.light import (
    DUSK,
    cast,
    clear,
    fall,
    gloss,
    lit,
    lower_rim,
    metal_paint,
    rim,
    round_paint,
    sphere,
    stand,
)
from shop.demo.drawing.shapes import arc, barrel, ellipse, mirrored, rectangle, rounded, smooth


def _slab(
    pen: Pen, width: float, height: float, depth: float, radius: float, colour: Colour
) -> Mask:
    """A rounded block standing on the origin, seen slightly from the right; returns its front."""
    half = width / 2
    front = rectangle(-half, -height, width, height, radius)
    stand(pen, half + depth * 0.4, x=depth * 0.4)
    for step in range(12, 0, -1):
        back = depth * step / 12
        pen.moved(back, -back * 0.34).fill(front, shade(colour, -0.10 - 0.06 * step / 12))
    mask = pen.fill(
        front,
        Linear(
            (-half, -height),
            (half, 0),
            ((0, shade(colour, 0.06)), (0.5, colour), (1, shade(colour, -0.06))),
        ),
    )
    rim(pen, mask, opacity=0.5)
    return mask


def charger(pen: Pen, look: Look) -> None:
    """A wall charger with two sockets and its pins folded out."""
    cast(pen, rectangle(-110, -270, 240, 270, 30))
    for x in (-30, 34):
        pen.fill(rectangle(x + 18, -312, 15, 60, 3), metal_paint(STEEL, x + 18, x + 33))
    mask = _slab(pen, 220, 270, 46, 44, look.main)
    for y in (-150, -86):
        pen.fill(rectangle(-44, y, 88, 32, 16), shade(look.main, -0.13), inside=mask)
        pen.fill(rectangle(-40, y + 4, 80, 25, 12), NIGHT, inside=mask)
        pen.fill(rectangle(-26, y + 13, 52, 6, 3), shade(look.accent, 0.0), inside=mask)
    brand(pen, (0, -196), 19, ink_on(look.main), mask)
    gloss(pen, mask, -96, -244, -30, 12, opacity=0.35)
    pen.fill(ellipse(78, -240, 5), tone(0.80, 0.17, 145))


def cable(pen: Pen, look: Look) -> None:
    """A braided cable in a coil with both plugs; the origin is its middle."""
    spiral = []
    for i in range(142):
        angle = math.radians(i * 9 - 32)
        radius = 196 - i * 0.66
        spiral.append((math.cos(angle) * radius, math.sin(angle) * radius * 0.97))
    tail = [*smooth([(-70, -306), (52, -248), (132, -160), spiral[0]], closed=False), *spiral]
    end = smooth([spiral[-1], (-100, -14), (-70, -52), (-22, -48), (14, -16)], closed=False)
    path = [*tail, *end]
    pen.moved(8, 13).line(path, 25, DUSK, opacity=0.24, blur=9)
    for run in (tail, end):
        pen.line(run, 23, shade(look.main, -0.16))
        pen.moved(-1, -1).line(run, 17, look.main)
        pen.moved(-3, -4).line(run, 6, WHITE, opacity=0.35, blur=2.5)
    for i in range(0, len(path) - 1, 1):
        (x, y), (x1, y1) = path[i], path[i + 1]
        angle = math.degrees(math.atan2(y1 - y, x1 - x))
        pen.moved(x, y).turned(angle + 58).fill(
            rectangle(-10, -1, 20, 2), look.accent, opacity=0.40
        )
    _plug(pen.moved(-70, -306).turned(-65), look)
    _plug(pen.moved(14, -16).turned(132).scaled(0.86), look)
    strap = pen.moved(-182, 40).turned(84)
    strap.moved(4, 6).fill(rectangle(-30, -52, 60, 104, 8), DUSK, opacity=0.25, blur=6)
    band = strap.fill(rectangle(-28, -50, 56, 100, 8), look.accent)
    lit(strap, band, -28, 28, force=0.6)


def _plug(pen: Pen, look: Look) -> None:
    """A plug pointing up from the origin."""
    pen.moved(5, 8).fill(rectangle(-19, -116, 38, 116, 8), DUSK, opacity=0.25, blur=7)
    pen.fill(rectangle(-12, -116, 24, 44, 7), metal_paint(STEEL, -12, 12))
    pen.fill(rectangle(-7, -113, 14, 5, 2), NIGHT)
    shell = pen.fill(rectangle(-19, -82, 38, 66, 7), metal_paint(shade(look.main, 0.12), -19, 19))
    rim(pen, shell, opacity=0.4)
    pen.fill(
        rounded([(-14, -18), (14, -18), (11, 12), (-11, 12)], 4), round_paint(look.main, -14, 14)
    )


def powerbank(pen: Pen, look: Look) -> None:
    """A slim battery with its level lit."""
    cast(pen, rectangle(-104, -340, 230, 340, 30))
    mask = _slab(pen, 208, 340, 40, 40, look.main)
    brand(pen, (0, -180), 22, ink_on(look.main), mask)
    for i in range(4):
        pen.fill(ellipse(-30 + i * 20, -300, 5), look.accent if i < 3 else shade(look.main, -0.12))
        if i < 3:
            pen.fill(ellipse(-30 + i * 20, -300, 10), look.accent, opacity=0.35, blur=5)
    pen.fill(rectangle(-96, -44, 192, 2), DUSK, opacity=0.10, inside=mask)
    gloss(pen, mask, -90, -312, -30, 13, opacity=0.35)
    pen.fill(
        [(-104, -340), (30, -340), (-60, 0), (-104, 0)], WHITE, opacity=0.10, blur=10, inside=mask
    )


def earbuds(pen: Pen, look: Look) -> None:
    """A charging case, open, with two buds."""
    stand(pen, 150, 24)
    cast(pen, rectangle(-150, -240, 300, 240, 90))
    lid = pen.fill(
        rounded([(-142, -290), (142, -290), (148, -150), (-148, -150)], [80, 80, 16, 16]),
        Linear(
            (-140, -290), (140, -150), ((0, shade(look.main, 0.04)), (1, shade(look.main, -0.10)))
        ),
    )
    inner = pen.fill(
        rounded([(-124, -272), (124, -272), (130, -158), (-130, -158)], [66, 66, 10, 10]),
        Linear((0, -272), (0, -158), ((0, shade(look.main, -0.16)), (1, shade(look.main, -0.07)))),
    )
    pen.fill(ellipse(-40, -262, 70, 6), WHITE, opacity=0.35, blur=6, inside=inner)
    rim(pen, lid, opacity=0.5)
    for side in (-1, 1):
        bud = pen.moved(side * 62, -150)
        bud.fill(
            rounded([(-15, -20), (15, -20), (13, 60), (-13, 60)], 12),
            round_paint(look.main, -15, 15),
        )
        bud.fill(ellipse(0, -34, 38, 34), sphere(look.main, 0, -34, 38))
        bud.fill(ellipse(side * -20, -40, 17, 20), sphere(look.accent, side * -20, -40, 20))
        bud.fill(ellipse(-12, -52, 10, 6), WHITE, opacity=0.7, blur=3)
    body = pen.fill(
        rounded([(-150, -132), (150, -132), (150, 0), (-150, 0)], [12, 12, 84, 84]),
        round_paint(look.main, -150, 150, depth=0.13),
    )
    fall(pen, body, -132, 0, force=0.7)
    pen.fill(rectangle(-150, -132, 300, 4), WHITE, opacity=0.5, blur=1, inside=body)
    gloss(pen, body, -126, -112, -50, 16, opacity=0.45)
    pen.fill(ellipse(0, -104, 5), tone(0.82, 0.16, 145))
    pen.fill(ellipse(0, -104, 11), tone(0.82, 0.16, 145), opacity=0.4, blur=6)
    brand(pen, (0, -42), 17, ink_on(look.main), body)


def phone_stand(pen: Pen, look: Look) -> None:
    """A phone leaning on an aluminium stand."""
    foot = rounded([(-120, -16), (120, -16), (136, 0), (-136, 0)], 7)
    cast(pen, rectangle(-100, -380, 200, 380))
    stand(pen, 140, 22)
    pen.fill(foot, metal_paint(look.main, -136, 136))
    pen.fill(
        rounded([(-34, -210), (34, -210), (46, -14), (-46, -14)], 8),
        metal_paint(look.main, -46, 46),
    )
    device = pen.moved(0, -62).scaled(0.86)
    phone_face(device, look)
    lip = pen.fill(
        rounded([(-84, -88), (84, -88), (88, -46), (-88, -46)], 12),
        metal_paint(shade(look.main, 0.03), -88, 88),
    )
    rim(pen, lip, opacity=0.5)


def phone_face(pen: Pen, look: Look) -> None:
    """Only the phone, without its shadow on the table."""
    outline = rectangle(-104, -400, 208, 400, 32)
    pen.moved(8, 10).fill(outline, DUSK, opacity=0.25, blur=12)
    body = pen.fill(outline, NIGHT)
    rim(pen, body, opacity=0.4)
    screen = pen.fill(
        rectangle(-95, -391, 190, 382, 25),
        Linear(
            (-95, -391), (95, 0), ((0, shade(look.accent, 0.12)), (1, shade(look.accent, -0.12)))
        ),
    )
    pen.fill(ellipse(30, -250, 62), shade(look.accent, 0.2), inside=screen)
    pen.fill(
        smooth([(-100, -150), (-30, -212), (30, -166), (110, -220), (110, 10), (-100, 10)]),
        shade(look.accent, -0.10),
        inside=screen,
    )
    pen.fill(
        smooth([(-100, -90), (-20, -120), (60, -92), (110, -110), (110, 10), (-100, 10)]),
        shade(look.accent, -0.20),
        inside=screen,
    )
    pen.fill([(-95, -391), (20, -391), (-95, -150)], WHITE, opacity=0.12, blur=2, inside=screen)
    pen.fill(rectangle(-28, -381, 56, 13, 6.5), NIGHT)


def phone_case(pen: Pen, look: Look) -> None:
    """A case from behind with a ring of magnets."""
    cast(pen, rectangle(-112, -400, 240, 400, 30))
    mask = _slab(pen, 224, 400, 16, 42, look.main)
    ring = Radial(
        (0, -180),
        70,
        70,
        (
            (0, clear(PAPER, 0)),
            (0.80, clear(PAPER, 0)),
            (0.82, clear(PAPER, 0.85)),
            (0.96, clear(PAPER, 0.85)),
            (1, clear(PAPER, 0)),
        ),
    )
    pen.fill(ellipse(0, -180, 72), ring, inside=mask)
    pen.fill(rectangle(-6, -104, 12, 46, 4), PAPER, opacity=0.85, inside=mask)
    island = pen.fill(rectangle(-92, -380, 108, 108, 30), shade(look.main, -0.07), inside=mask)
    rim(pen, island, opacity=0.4)
    for x, y in ((-64, -352), (-12, -326), (-64, -300)):
        pen.fill(ellipse(x, y, 21), NIGHT)
        pen.fill(
            ellipse(x, y, 15),
            Radial((x - 5, y - 5), 22, 22, ((0, tone(0.5, 0.06, 265)), (1, tone(0.16, 0.02, 265)))),
        )
        pen.fill(ellipse(x - 6, y - 6, 3.5), WHITE, opacity=0.8)
    gloss(pen, mask, -102, -250, -30, 10, opacity=0.3)


def speaker(pen: Pen, look: Look) -> None:
    """A small round-cornered speaker in cloth."""
    outline = rectangle(-176, -224, 352, 224, 66)
    cast(pen, outline)
    stand(pen, 160, 22)
    mask = pen.fill(outline, look.main)
    for row in range(20):
        for column in range(-16, 17):
            x, y = column * 11 + (5.5 if row % 2 else 0), -218 + row * 11
            pen.fill(ellipse(x, y, 2.1), shade(look.main, -0.17), opacity=0.8, inside=mask)
    lit(pen, mask, -176, 176, force=0.9)
    fall(pen, mask, -224, 0, force=0.9)
    badge = pen.fill(rectangle(-56, -134, 112, 52, 10), shade(look.accent, 0.02), inside=mask)
    brand(pen, (0, -103), 17, ink_on(look.accent), badge)
    strap = smooth([(150, -188), (208, -170), (214, -92), (168, -60)], closed=False)
    pen.line(strap, 13, round_paint(look.accent, 150, 214))
    rim(pen, mask, opacity=0.35)
    lower_rim(pen, mask)


def lamp(pen: Pen, look: Look) -> None:
    """A bedside lamp: a mushroom of frosted glass, lit."""
    glow: Colour = (255, 222, 160)
    pen.fill(ellipse(0, -230, 330, 260), glow, opacity=0.42, blur=60)
    cast(pen, mirrored([(120, -320), (40, 0)]), opacity=0.12)
    stand(pen, 100, 18, force=0.8)
    pen.fill(barrel(96, -30, -8, 15), round_paint(look.main, -96, 96))
    pen.fill(ellipse(0, -30, 96, 15), shade(look.main, 0.08))
    stem = pen.fill(
        mirrored([(24, -220, 4), (22, -60, 10), (40, -28, 10)]), round_paint(look.main, -40, 40)
    )
    pen.fill(ellipse(0, -200, 60, 50), glow, opacity=0.6, blur=14, inside=stem)
    shade_outline = [
        *arc(0, -214, 176, 150, 180, 360),
        *smooth([(176, -214), (160, -196), (0, -184), (-160, -196), (-176, -214)], closed=False),
    ]
    dome = pen.fill(
        shade_outline,
        Radial(
            (0, -214),
            186,
            168,
            (
                (0, (255, 250, 232)),
                (0.5, (255, 232, 186)),
                (1, mix(look.accent, (255, 214, 160), 0.45)),
            ),
        ),
    )
    pen.fill(ellipse(-70, -290, 44, 26), WHITE, opacity=0.75, blur=16, inside=dome)
    pen.fill(ellipse(0, -194, 150, 10), (255, 246, 214), blur=3, inside=dome)


def mouse(pen: Pen, look: Look) -> None:
    """A mouse on a felt mat, from above; the origin is the mat's middle."""
    mat = rectangle(-290, -190, 580, 380, 26)
    pen.moved(10, 14).fill(mat, DUSK, opacity=0.25, blur=14)
    felt = pen.fill(
        mat,
        Linear(
            (-290, -190),
            (290, 190),
            ((0, shade(look.accent, 0.05)), (1, shade(look.accent, -0.06))),
        ),
    )
    pen.line(
        [*rectangle(-278, -178, 556, 356, 20), (-258, -178)],
        1.8,
        shade(look.accent, 0.17),
        opacity=0.7,
        inside=felt,
    )
    brand(pen, (-196, 150), 15, ink_on(look.accent), felt)
    at = pen.moved(116, 0).turned(8)
    outline = smooth(
        [
            (0, -136),
            (58, -118),
            (78, -40),
            (76, 50),
            (52, 116),
            (0, 136),
            (-52, 116),
            (-76, 50),
            (-78, -40),
            (-58, -118),
        ]
    )
    at.moved(12, 18).fill(outline, DUSK, opacity=0.38, blur=12)
    body = at.fill(outline, sphere(look.main, 0, -10, 118, depth=0.18))
    at.line([(0, -136), (0, -20)], 3, shade(look.main, -0.2), inside=body)
    at.fill(rectangle(-9, -98, 18, 46, 9), shade(look.main, -0.32))
    at.fill(rectangle(-5, -94, 7, 38, 4), WHITE, opacity=0.35, blur=1)
    at.fill(ellipse(-34, -70, 15, 40), WHITE, opacity=0.4, blur=10, inside=body)
    pencil = pen.moved(-120, -10).turned(64)
    pencil.moved(6, 9).fill(rectangle(-10, -150, 20, 300, 4), DUSK, opacity=0.28, blur=6)
    pencil.fill(rectangle(-10, -150, 20, 250, 3), round_paint(shade(look.main, -0.2), -10, 10))
    pencil.fill([(-10, 100), (10, 100), (0, 150)], tone(0.86, 0.06, 75))
    pencil.fill([(-3, 136), (3, 136), (0, 150)], NIGHT)
