"""Leaves, flowers, and a few signs: drop, star, bubble. Each draws around the origin, about
100 units across, lit from the upper left."""

import math
import random

from shop.demo.drawing.board import Linear, Pen, Radial
from shop.demo.drawing.colours import WHITE, Colour, mix, shade, tone
from shop.demo.drawing.light import DUSK, clear, lie, solid, sphere
from shop.demo.drawing.shapes import arc, ellipse, rounded, smooth


def leaf(pen: Pen, base: Colour | None = None) -> None:
    base = base or tone(0.60, 0.10, 145)
    outline = smooth([(0, 50), (19, 22), (22, -10), (0, -52), (-22, -10), (-19, 22)])
    lie(pen, outline, 4)
    body = pen.fill(
        outline,
        Linear(
            (-22, 0),
            (22, 0),
            (
                (0, shade(base, 0.07)),
                (0.49, shade(base, 0.02)),
                (0.51, shade(base, -0.06)),
                (1, shade(base, -0.02)),
            ),
        ),
    )
    pen.line([(0, 50), (0, -46)], 1.6, shade(base, 0.16), opacity=0.8, inside=body)
    for y in (-20, 0, 20):
        for side in (-1, 1):
            pen.line(
                [(0, y + 8), (side * 18, y - 10)], 1.1, shade(base, 0.14), opacity=0.6, inside=body
            )


def tea(pen: Pen) -> None:
    """A bud with two leaves."""
    leaf(pen.moved(-17, 8).turned(-44).scaled(0.78), tone(0.62, 0.105, 138))
    leaf(pen.moved(18, 10).turned(42).scaled(0.74), tone(0.56, 0.10, 142))
    leaf(pen.moved(0, -14).scaled(0.58, 0.84), tone(0.74, 0.115, 128))


def jasmine(pen: Pen) -> None:
    _flower(pen, tone(0.975, 0.012, 95), tone(0.86, 0.13, 92), 5, slim=0.9)


def rose(pen: Pen) -> None:
    base = tone(0.74, 0.115, 8)
    outline = ellipse(0, 0, 44, 42)
    lie(pen, outline)
    for ring, (count, radius, size) in enumerate(((6, 25, 24), (5, 15, 20), (4, 7, 14))):
        colour = shade(base, 0.05 - ring * 0.055)
        for i in range(count):
            angle = math.radians(i * 360 / count + ring * 31)
            petal = pen.moved(math.cos(angle) * radius, math.sin(angle) * radius)
            petal.moved(1, 2).fill(ellipse(0, 0, size), DUSK, opacity=0.12, blur=3)
            petal.fill(
                ellipse(0, 0, size),
                Radial(
                    (-6, -8),
                    size * 1.6,
                    size * 1.6,
                    ((0, shade(colour, 0.07)), (1, shade(colour, -0.06))),
                ),
            )
    pen.fill(ellipse(0, 0, 7), shade(base, -0.16), blur=2)


def _flower(pen: Pen, petal: Colour, heart: Colour, count: int, *, slim: float = 1.0) -> None:
    for i in range(count):
        at = pen.turned(i * 360 / count)
        outline = smooth(
            [
                (0, -4),
                (17 * slim, -22),
                (11 * slim, -45),
                (0, -50),
                (-11 * slim, -45),
                (-17 * slim, -22),
            ]
        )
        at.moved(2, 3).fill(outline, DUSK, opacity=0.2, blur=4)
        at.fill(
            outline, Linear((0, 0), (0, -50), ((0, shade(petal, -0.12)), (0.5, petal), (1, petal)))
        )
    pen.fill(ellipse(0, 0, 8), sphere(heart, 0, 0, 8))


def lavender(pen: Pen) -> None:
    pen.line(smooth([(0, 52), (3, 10), (0, -40)], closed=False), 2.6, tone(0.60, 0.08, 140))
    rng = random.Random(11)
    for i in range(16):
        y = 6 - i * 3.6
        x = (-1) ** i * (9 - i * 0.42) + rng.uniform(-2, 2)
        colour = tone(0.62 + rng.uniform(-0.06, 0.08), 0.115, 300)
        pen.moved(x, y).turned(x * 3).fill(ellipse(0, 0, 5.4, 8), colour)


def drop(pen: Pen, base: Colour | None = None) -> None:
    base = base or tone(0.80, 0.07, 225)
    outline = smooth(
        [(0, -46), (14, -16), (29, 10), (25, 36), (0, 47), (-25, 36), (-29, 10), (-14, -16)]
    )
    lie(pen, outline, 5)
    body = pen.fill(
        outline,
        Linear((-26, -40), (26, 46), ((0, shade(base, 0.12)), (0.5, base), (1, shade(base, -0.1)))),
    )
    pen.fill(ellipse(-11, 10, 5, 12), WHITE, opacity=0.8, blur=2, inside=body)
    pen.line(arc(0, 14, 21, 24, 20, 80), 4, WHITE, opacity=0.5, blur=1.5, inside=body)


def star(pen: Pen, base: Colour | None = None) -> None:
    base = base or tone(0.88, 0.12, 90)
    spikes = [
        (math.sin(math.radians(i * 36)) * r, -math.cos(math.radians(i * 36)) * r)
        for i in range(10)
        for r in [44 if i % 2 == 0 else 22]
    ]
    solid(pen, rounded(spikes, 7), base, 0.08)


def seaweed(pen: Pen) -> None:
    base = tone(0.36, 0.06, 150)
    outline = smooth(
        [(-36, -22), (-10, -30), (34, -24), (40, 2), (34, 26), (2, 30), (-38, 24), (-34, 0)]
    )
    lie(pen, outline)
    body = solid(pen, outline, base, 0.09)
    rng = random.Random(8)
    for _ in range(14):
        pen.fill(
            ellipse(rng.uniform(-34, 34), rng.uniform(-24, 24), 5, 2),
            shade(base, rng.choice((-0.08, 0.09))),
            opacity=0.5,
            blur=1,
            inside=body,
        )


def cotton(pen: Pen) -> None:
    base = tone(0.975, 0.008, 90)
    for x, y, r in ((-20, 4, 25), (20, 4, 25), (0, -19, 27), (0, 17, 25), (0, 0, 26)):
        pen.moved(3, 5).fill(ellipse(x, y, r), DUSK, opacity=0.13, blur=5)
        pen.fill(ellipse(x, y, r), sphere(base, x, y, r, depth=0.10))
    for angle in (130, 50, 90):
        at = pen.moved(0, 30).turned(angle - 90)
        at.fill(smooth([(0, 18), (9, 4), (0, -14), (-9, 4)]), mix(tone(0.55, 0.06, 70), base, 0.1))


def bubble(pen: Pen) -> None:
    body = pen.fill(
        ellipse(0, 0, 40),
        Radial(
            (0, 0),
            40,
            40,
            (
                (0, clear(WHITE, 0.02)),
                (0.75, clear(WHITE, 0.10)),
                (0.97, clear(WHITE, 0.62)),
                (1, clear(WHITE, 0.2)),
            ),
        ),
    )
    pen.fill(ellipse(-15, -18, 9, 6), WHITE, opacity=0.9, blur=2, inside=body)
    pen.line(arc(0, 0, 31, 31, 20, 75), 4, WHITE, opacity=0.55, blur=1.5, inside=body)
