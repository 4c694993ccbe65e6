"""Fruit and what grows like it. Each draws around the origin, about
100 units across, lit from the upper left."""

import math
import random

from shop.demo.drawing.board import Linear, Mask, Pen, Radial
from shop.demo.drawing.colours import WHITE, Colour, shade, tone
from shop.demo.drawing.light import lie, solid, sphere
from shop.demo.drawing.plants import leaf
from shop.demo.drawing.shapes import arc, ellipse, rounded, smooth


def _berry(pen: Pen, base: Colour, radius: float) -> Mask:
    outline = ellipse(0, 0, radius, radius * 0.95)
    lie(pen, outline)
    body = pen.fill(outline, sphere(base, 0, 0, radius))
    pen.fill(
        ellipse(-radius * 0.35, -radius * 0.45, radius * 0.22, radius * 0.14),
        WHITE,
        opacity=0.7,
        blur=2,
        inside=body,
    )
    return body


def blueberry(pen: Pen) -> None:
    base = tone(0.42, 0.085, 275)
    body = _berry(pen, base, 36)
    crown = [
        (math.cos(a) * r, math.sin(a) * r - 6)
        for i in range(10)
        for a, r in [(math.radians(i * 36), 13 if i % 2 == 0 else 6)]
    ]
    pen.fill(crown, shade(base, -0.14), inside=body)
    pen.fill(ellipse(0, 6, 30, 26), tone(0.75, 0.04, 260), opacity=0.18, blur=8, inside=body)


def cranberry(pen: Pen) -> None:
    _berry(pen, tone(0.47, 0.17, 22), 34)


def strawberry(pen: Pen) -> None:
    base = tone(0.60, 0.21, 25)
    outline = smooth(
        [
            (0, -30),
            (28, -38),
            (42, -18),
            (32, 18),
            (10, 46),
            (-10, 46),
            (-32, 18),
            (-42, -18),
            (-28, -38),
        ]
    )
    lie(pen, outline)
    body = solid(pen, outline, base, 0.11)
    pen.fill(ellipse(-16, -14, 12, 18), WHITE, opacity=0.32, blur=6, inside=body)
    for row, y in enumerate((-16, -2, 12, 26)):
        for i in range(-2, 3):
            x = i * 15 + (7 if row % 2 else 0)
            pen.fill(ellipse(x, y, 1.9, 3.0), tone(0.88, 0.12, 88), opacity=0.9, inside=body)
    for angle in (-68, -32, 0, 32, 68):
        leaf_at = pen.moved(0, -32).turned(angle)
        leaf_at.fill(smooth([(0, 6), (8, -10), (0, -26), (-8, -10)]), tone(0.62, 0.14, 135))


def _slice(pen: Pen, rind: Colour, flesh: Colour) -> None:
    outline = ellipse(0, 0, 46)
    lie(pen, outline)
    pen.fill(
        outline, Linear((-40, -40), (40, 40), ((0, shade(rind, 0.05)), (1, shade(rind, -0.08))))
    )
    pen.fill(ellipse(0, 0, 41), shade(flesh, 0.2))
    for i in range(9):
        start = i * 40 + 4
        wedge = rounded([(0, 0), *arc(0, 0, 37, 37, start, start + 32)], 2.0)
        wedge = [
            (x + math.cos(math.radians(start + 16)) * 3, y + math.sin(math.radians(start + 16)) * 3)
            for x, y in wedge
        ]
        pen.scaled(0.94).fill(
            wedge,
            Radial(
                (0, 0), 40, 40, ((0, shade(flesh, 0.09)), (0.7, flesh), (1, shade(flesh, -0.05)))
            ),
        )
    pen.fill(ellipse(-16, -18, 16, 10), WHITE, opacity=0.25, blur=6)


def orange(pen: Pen) -> None:
    _slice(pen, tone(0.72, 0.17, 55), tone(0.78, 0.16, 62))


def lemon(pen: Pen) -> None:
    _slice(pen, tone(0.86, 0.16, 98), tone(0.91, 0.13, 102))


def mango(pen: Pen) -> None:
    base = tone(0.80, 0.155, 74)
    outline = smooth(
        [(-40, 16), (-30, -14), (-4, -24), (30, -20), (44, 0), (34, 18), (4, 24), (-22, 28)]
    )
    lie(pen, outline)
    body = solid(pen, outline, base, 0.10)
    for y in (-10, 2, 13):
        pen.line(
            smooth([(-30, y + 5), (0, y - 3), (34, y + 1)], closed=False),
            3,
            shade(base, 0.1),
            opacity=0.6,
            blur=1,
            inside=body,
        )
    pen.line(
        smooth([(-28, -6), (-4, -18), (26, -14)], closed=False),
        5,
        WHITE,
        opacity=0.4,
        blur=3,
        inside=body,
    )


def chili(pen: Pen) -> None:
    base = tone(0.55, 0.205, 27)
    outline = smooth(
        [(-6, -34), (8, -34), (16, -6), (10, 24), (-16, 46), (-22, 44), (-6, 22), (-8, -8)]
    )
    lie(pen, outline)
    body = solid(pen, outline, base, 0.1)
    pen.line(
        smooth([(0, -28), (3, -4), (-4, 22)], closed=False),
        3.4,
        WHITE,
        opacity=0.55,
        blur=1.5,
        inside=body,
    )
    pen.line(smooth([(1, -34), (0, -44), (8, -52)], closed=False), 5, tone(0.58, 0.12, 135))


def olive(pen: Pen) -> None:
    base = tone(0.60, 0.10, 118)
    outline = ellipse(0, 0, 28, 36)
    lie(pen, outline)
    body = pen.fill(outline, sphere(base, 0, 0, 36))
    pen.fill(ellipse(-9, -12, 5, 9), WHITE, opacity=0.6, blur=2.5, inside=body)
    leaf(pen.moved(26, -34).turned(58).scaled(0.55), tone(0.55, 0.07, 140))


def tangerine(pen: Pen) -> None:
    base = tone(0.58, 0.105, 128)
    body = _berry(pen, base, 42)
    rng = random.Random(2)
    for _ in range(26):
        pen.fill(
            ellipse(rng.uniform(-36, 36), rng.uniform(-34, 34), 1.6),
            shade(base, -0.13),
            opacity=0.6,
            inside=body,
        )
    pen.fill(ellipse(2, -14, 13, 7), tone(0.30, 0.03, 60), inside=body)
    leaf(pen.moved(22, -40).turned(64).scaled(0.42))
