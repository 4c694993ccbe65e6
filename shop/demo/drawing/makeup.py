"""Things from the make-up bag. Each stands on the origin; palette and swatch lie."""

from shop.demo.drawing.board import Linear, Pen
from shop.demo.drawing.colours import GOLD, WHITE, shade
from shop.demo.drawing.labels import Look, brand, ink_on
from shop.demo.drawing.light import (
    DUSK,
    cast,
    gloss,
    lower_rim,
    metal_paint,
    rim,
    round_paint,
    stand,
)
from shop.demo.drawing.shapes import arc, barrel, ellipse, rectangle, rounded, smooth


def lipstick(pen: Pen, look: Look) -> None:
    """An open lipstick with its cap behind."""
    behind = pen.moved(104, -12)
    cast(behind, barrel(43, -196, -2, 8))
    stand(behind, 44)
    cap = behind.fill(barrel(44, -196, -2, 8), round_paint(look.accent, -44, 44))
    behind.fill(rectangle(-50, -16, 100, 9), metal_paint(GOLD, -44, 44), inside=cap)
    gloss(behind, cap, -30, -188, -12, 8, opacity=0.5)
    behind.fill(ellipse(0, -196, 44, 8), shade(look.accent, 0.08))
    front = pen.moved(-44, 0)
    bullet = [
        *smooth([(-34, -210), (-34, -330), (-22, -374), (4, -392), (30, -384)], closed=False),
        (34, -350),
        (34, -210),
    ]
    cast(front, [*bullet, (40, 0), (-40, 0)])
    stand(front, 46)
    stick = front.fill(bullet, round_paint(look.main, -34, 34, depth=0.15))
    slope = smooth(
        [(-30, -346), (-18, -378), (6, -391), (31, -383), (32, -356), (10, -318), (-20, -316)]
    )
    front.fill(
        slope,
        Linear((-30, -390), (30, -320), ((0, shade(look.main, 0.13)), (1, shade(look.main, 0.0)))),
        inside=stick,
    )
    front.fill(barrel(39, -236, -160, 7), metal_paint(GOLD, -39, 39))
    base = front.fill(barrel(46, -166, -2, 8), round_paint(look.accent, -46, 46))
    brand(front, (0, -70), 13, ink_on(look.accent), base)
    gloss(front, base, -32, -156, -12, 8, opacity=0.5)
    front.fill(ellipse(0, -166, 46, 8), shade(look.accent, 0.08))
    front.fill(barrel(39, -178, -164, 7), metal_paint(GOLD, -39, 39))


def swatch(pen: Pen, look: Look) -> None:
    """A smear of colour or cream, drawn out with a little spatula that lies beside it."""
    pen = pen.turned(-24)
    outline = smooth(
        [
            (-210, 6),
            (-168, -60),
            (-70, -66),
            (20, -50),
            (110, -62),
            (196, -30),
            (214, 10),
            (166, 30),
            (120, 24),
            (60, 50),
            (-40, 58),
            (-150, 62),
        ]
    )
    pen.moved(8, 12).fill(outline, DUSK, opacity=0.26, blur=9)
    mask = pen.fill(
        outline,
        Linear(
            (-190, -60),
            (190, 60),
            ((0, shade(look.main, 0.06)), (0.5, look.main), (1, shade(look.main, -0.07))),
        ),
    )
    for y, bend in ((-44, -6), (-26, -8), (-8, -2), (10, 6), (28, 12)):
        ridge = smooth(
            [(-190, y + 16), (-80, y - 4 + bend), (60, y - 12), (206, y + 2)], closed=False
        )
        pen.line(ridge, 5, WHITE, opacity=0.30, blur=3, inside=mask)
        pen.moved(3, 8).line(ridge, 5, shade(look.main, -0.16), opacity=0.35, blur=3, inside=mask)
    pen.fill(ellipse(-150, -8, 34, 44), shade(look.main, 0.05), blur=6, inside=mask)
    pen.fill(ellipse(-158, -26, 15, 10), WHITE, opacity=0.6, blur=5, inside=mask)
    rim(pen, mask, opacity=0.5, width=3)
    lower_rim(pen, mask, shade(look.main, -0.25), opacity=0.5, width=5)
    tool = pen.moved(24, 124).turned(9)
    blade = rounded(
        [(-196, -22), (-90, -22), (-40, -9), (190, -9), (190, 9), (-40, 9), (-90, 22), (-196, 22)],
        [20, 20, 12, 9, 9, 12, 20, 20],
    )
    tool.moved(7, 10).fill(blade, DUSK, opacity=0.3, blur=7)
    metal = tool.fill(
        blade,
        Linear((0, -20), (0, 20), ((0, shade(GOLD, 0.14)), (0.45, GOLD), (1, shade(GOLD, -0.20)))),
    )
    rim(tool, metal, opacity=0.6)
    tool.fill(ellipse(-170, 2, 26, 15), look.main, blur=2, inside=metal)


def compact(pen: Pen, look: Look) -> None:
    """An open cushion compact: mirror above, puff below."""
    up = pen.moved(0, -214)
    cast(pen, [*arc(0, -220, 150, 150, 180, 360), (150, -40), (-150, -40)], opacity=0.14)
    stand(pen.moved(0, -8), 158, 34)
    shell = up.fill(
        ellipse(0, -8, 150),
        Linear(
            (-150, -150),
            (150, 150),
            ((0, shade(look.accent, 0.09)), (1, shade(look.accent, -0.10))),
        ),
    )
    rim(up, shell, opacity=0.6)
    glass = up.fill(
        ellipse(0, -8, 130),
        Linear(
            (-130, -130),
            (120, 130),
            (
                (0, (238, 243, 246)),
                (0.45, (208, 219, 226)),
                (0.55, (232, 238, 241)),
                (1, (190, 203, 212)),
            ),
        ),
    )
    up.fill(
        [(-130, 30), (40, -150), (90, -150), (-110, 70)], WHITE, opacity=0.5, blur=5, inside=glass
    )
    pen.fill(rectangle(-44, -84, 88, 20, 8), metal_paint(GOLD, -44, 44))
    body = pen.fill(barrel(158, -52, -6, 46), round_paint(look.accent, -158, 158, depth=0.16))
    gloss(pen, body, -130, -34, 30, 12, opacity=0.4)
    pen.fill(
        ellipse(0, -52, 158, 46),
        Linear(
            (-158, -90), (158, -10), ((0, shade(look.accent, 0.10)), (1, shade(look.accent, -0.03)))
        ),
    )
    pan = pen.fill(
        ellipse(0, -52, 128, 36),
        Linear(
            (-128, -88),
            (128, -16),
            ((0, shade(look.main, -0.10)), (0.4, look.main), (1, shade(look.main, 0.05))),
        ),
    )
    pen.fill(ellipse(10, -44, 92, 20), WHITE, opacity=0.28, blur=8, inside=pan)
    for i in range(7):
        pen.line(
            arc(0, -52, 118 - i * 17, 33 - i * 4.7, 0, 360),
            1.2,
            shade(look.main, -0.1),
            opacity=0.35,
            inside=pan,
        )


def palette(pen: Pen, look: Look) -> None:
    """Four colours of eyeshadow, seen from above at a slant."""
    shades = (shade(look.main, 0.14), shade(look.main, 0.03), look.main, shade(look.main, -0.2))
    pen = pen.moved(0, -150).turned(-7)
    outline = rectangle(-176, -176, 352, 352, 34)
    pen.moved(14, 18).fill(outline, DUSK, opacity=0.22, blur=18)
    pen.moved(5, 7).fill(outline, DUSK, opacity=0.3, blur=5)
    case = pen.fill(
        outline,
        Linear(
            (-176, -176),
            (176, 176),
            ((0, shade(look.accent, 0.09)), (1, shade(look.accent, -0.07))),
        ),
    )
    rim(pen, case, opacity=0.6)
    for i, colour in enumerate(shades):
        x, y = (-142 + (i % 2) * 148), (-142 + (i // 2) * 136)
        well = rectangle(x, y, 136, 124, 16)
        pan = pen.fill(
            well,
            Linear(
                (x, y),
                (x + 136, y + 124),
                ((0, shade(colour, -0.07)), (0.25, colour), (1, shade(colour, 0.06))),
            ),
        )
        pen.fill(
            [
                (x, y),
                (x + 136, y),
                (x + 128, y + 9),
                (x + 9, y + 9),
                (x + 9, y + 116),
                (x, y + 124),
            ],
            DUSK,
            opacity=0.22,
            blur=3,
            inside=pan,
        )
        if i % 2 == 0:
            for k in range(22):
                pen.fill(
                    ellipse(x + 14 + (k * 37) % 110, y + 12 + (k * 53) % 100, 1.5),
                    WHITE,
                    opacity=0.75,
                    inside=pan,
                )
        else:
            pen.moved(x + 68, y + 62).turned(-24).fill(
                rectangle(-44, -12, 88, 24, 10),
                shade(colour, -0.07),
                opacity=0.5,
                blur=4,
                inside=pan,
            )
    brand(pen, (0, 154), 13, ink_on(look.accent))
