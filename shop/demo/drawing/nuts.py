"""Nuts, beans, grains and chocolate. Each draws around the origin, about
100 units across, lit from the upper left."""

import random

from shop.demo.drawing.board import Linear, Pen
from shop.demo.drawing.colours import WHITE, shade, tone
from shop.demo.drawing.light import clear, lie, solid, sphere
from shop.demo.drawing.shapes import ellipse, rectangle, smooth


def almond(pen: Pen) -> None:
    base = tone(0.60, 0.105, 58)
    outline = smooth(
        [(0, -50), (21, -22), (27, 12), (14, 40), (0, 48), (-14, 40), (-27, 12), (-21, -22)]
    )
    lie(pen, outline)
    body = solid(pen, outline, base, 0.13)
    for x in (-15, -7.5, 0, 7.5, 15):
        bow = smooth([(x * 0.15, -44), (x * 1.15, 0), (x * 0.4, 42)], closed=False)
        pen.line(bow, 2.0, shade(base, -0.13), opacity=0.5, inside=body)
    pen.fill(ellipse(-9, -12, 5, 20), WHITE, opacity=0.30, blur=4, inside=body)


def cashew(pen: Pen) -> None:
    base = tone(0.86, 0.065, 82)
    outline = smooth(
        [
            (-44, 8),
            (-34, -22),
            (-4, -40),
            (30, -30),
            (45, 0),
            (38, 24),
            (24, 26),
            (20, 10),
            (8, -6),
            (-8, -4),
            (-17, 16),
            (-32, 24),
        ]
    )
    lie(pen, outline)
    body = solid(pen, outline, base, 0.12)
    pen.line(
        smooth([(-34, 8), (-20, -18), (6, -26), (32, -6)], closed=False),
        7,
        WHITE,
        opacity=0.4,
        blur=4,
        inside=body,
    )
    pen.line(
        smooth([(-20, 18), (-8, 0), (10, 0), (24, 22)], closed=False),
        6,
        shade(base, -0.2),
        opacity=0.45,
        blur=4,
        inside=body,
    )


def hazelnut(pen: Pen) -> None:
    base = tone(0.60, 0.11, 55)
    outline = smooth(
        [(0, -40), (28, -28), (38, 4), (26, 32), (0, 40), (-26, 32), (-38, 4), (-28, -28)]
    )
    lie(pen, outline)
    body = pen.fill(outline, sphere(base, 0, 0, 40))
    cap = smooth([(-24, -32), (0, -44), (24, -32), (16, -20), (0, -16), (-16, -20)])
    pen.fill(cap, shade(base, 0.16), inside=body, blur=1.5)
    pen.fill(ellipse(-14, -8, 6, 11), WHITE, opacity=0.4, blur=3, inside=body)


def walnut(pen: Pen) -> None:
    base = tone(0.72, 0.085, 70)
    outline = smooth(
        [
            (0, -42),
            (22, -40),
            (40, -22),
            (42, 6),
            (32, 32),
            (8, 42),
            (-16, 40),
            (-38, 24),
            (-43, -4),
            (-30, -32),
        ]
    )
    lie(pen, outline)
    body = pen.fill(outline, sphere(base, 0, 0, 46, depth=0.2))
    rng = random.Random(5)
    pen.line(
        [(0, -40), (2, -10), (-2, 14), (1, 40)], 4, shade(base, -0.2), opacity=0.7, inside=body
    )
    for side in (-1, 1):
        for i in range(4):
            y = -28 + i * 18
            fold = [
                (side * 5, y),
                (side * (16 + rng.uniform(0, 6)), y - 8),
                (side * 26, y + 2),
                (side * 36, y - 3),
            ]
            pen.line(
                smooth(fold, closed=False),
                4,
                shade(base, -0.17),
                opacity=0.6,
                blur=0.8,
                inside=body,
            )
            pen.moved(-1, -4).line(
                smooth(fold, closed=False), 2.5, WHITE, opacity=0.28, blur=1, inside=body
            )


def macadamia(pen: Pen) -> None:
    base = tone(0.50, 0.085, 48)
    outline = ellipse(0, 0, 40)
    lie(pen, outline)
    body = pen.fill(outline, sphere(base, 0, 0, 40))
    slit = smooth([(-34, 4), (0, -6), (34, 2), (0, 7)])
    pen.fill(slit, tone(0.88, 0.05, 85), inside=body)
    pen.line(
        smooth([(-34, 4), (0, 7), (34, 2)], closed=False),
        2,
        shade(base, -0.2),
        opacity=0.6,
        inside=body,
    )
    pen.fill(ellipse(-14, -20, 10, 6), WHITE, opacity=0.45, blur=3, inside=body)


def pistachio(pen: Pen) -> None:
    shell = tone(0.87, 0.04, 82)
    nut = tone(0.70, 0.11, 125)
    outline = smooth(
        [(0, -44), (20, -26), (27, 6), (16, 36), (0, 44), (-16, 36), (-27, 6), (-20, -26)]
    )
    lie(pen, outline)
    body = solid(pen, outline, shell, 0.10)
    gap = smooth([(3, -40), (13, -12), (13, 14), (4, 34), (1, 10), (0, -14)])
    inner = pen.fill(gap, nut, inside=body)
    pen.fill(
        gap,
        Linear((0, 0), (14, 0), ((0, clear(tone(0.45, 0.09, 20), 0.7)), (0.6, clear(nut, 0)))),
        inside=inner,
    )
    pen.fill(ellipse(-12, -12, 4, 16), WHITE, opacity=0.55, blur=3, inside=body)


def bean(pen: Pen) -> None:
    base = tone(0.36, 0.055, 50)
    outline = smooth(
        [(0, -44), (26, -32), (33, 0), (26, 32), (0, 44), (-26, 32), (-33, 0), (-26, -32)]
    )
    lie(pen, outline)
    body = pen.fill(outline, sphere(base, 0, 0, 44, depth=0.17))
    groove = smooth([(4, -42), (-7, -16), (6, 12), (-4, 42)], closed=False)
    pen.line(groove, 6, shade(base, -0.16), inside=body, blur=0.8)
    pen.moved(3, 0).line(groove, 2, shade(base, 0.16), opacity=0.5, blur=0.8, inside=body)
    pen.fill(ellipse(-16, -14, 5, 14), WHITE, opacity=0.34, blur=4, inside=body)


def sesame(pen: Pen) -> None:
    rng = random.Random(17)
    for _ in range(12):
        at = (
            pen.moved(rng.uniform(-42, 42), rng.uniform(-42, 42))
            .turned(rng.uniform(0, 360))
            .scaled(0.2)
        )
        outline = smooth([(0, -44), (22, 12), (0, 40), (-22, 12)])
        at.fill(outline, tone(rng.choice((0.92, 0.90, 0.30)), 0.03, 80))


def wheat(pen: Pen) -> None:
    base = tone(0.78, 0.11, 82)
    pen.line(smooth([(0, 52), (2, 8), (0, -34)], closed=False), 2.6, shade(base, -0.08))
    grain = smooth([(0, -13), (7, -3), (5, 9), (0, 13), (-5, 9), (-7, -3)])
    for i in range(5):
        for side in (-1, 1):
            at = pen.moved(side * 8, 14 - i * 13).turned(side * 26)
            at.fill(
                grain, Linear((-7, -10), (7, 12), ((0, shade(base, 0.1)), (1, shade(base, -0.07))))
            )
    pen.moved(0, -46).fill(grain, base)


def chocolate(pen: Pen) -> None:
    base = tone(0.36, 0.06, 45)
    outline = rectangle(-34, -30, 68, 60, 5)
    lie(pen, outline)
    solid(pen, outline, base, 0.07)
    pen.fill(
        rectangle(-24, -20, 48, 40, 4),
        Linear((-24, -20), (24, 20), ((0, shade(base, 0.12)), (1, shade(base, -0.02)))),
    )
