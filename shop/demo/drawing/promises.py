"""Things that are only a promise: cards, tickets, a course on a phone. Each stands on the origin."""

import math

from shop.demo.drawing.board import Linear, Pen, Radial
from shop.demo.drawing.colours import NIGHT, STEEL, WHITE, Colour, shade
from shop.demo.drawing.labels import PAPER, Look, brand, ink_on
from shop.demo.drawing.light import (
    DUSK,
    cast,
    metal_paint,
    rim,
    round_paint,
    stand,
)
from shop.demo.drawing.motifs import motif
from shop.demo.drawing.shapes import arc, ellipse, rectangle, rounded, smooth


def phone(pen: Pen, look: Look) -> None:
    """A phone upright; on its screen a scene in the colours of the good."""
    outline = rectangle(-98, -400, 196, 400, 32)
    cast(pen, outline)
    stand(pen, 98)
    body = pen.fill(outline, metal_paint(shade(NIGHT, 0.12), -98, 98))
    rim(pen, body, opacity=0.5)
    screen = pen.fill(
        rectangle(-89, -391, 178, 382, 25),
        Linear((-89, -391), (89, 0), ((0, shade(look.main, 0.08)), (1, shade(look.main, -0.07)))),
    )
    pen.fill(ellipse(46, -262, 116), look.accent, opacity=0.85, inside=screen)
    pen.fill(
        smooth([(-100, -130), (-40, -170), (30, -140), (110, -176), (110, 20), (-100, 20)]),
        shade(look.main, 0.12),
        inside=screen,
    )
    if look.style == "yoga":
        _yogi(pen.moved(0, -142), PAPER if sum(look.main) < 480 else shade(look.main, -0.4))
    elif look.style == "book":
        _book(pen.moved(0, -190), look)
    elif look.motifs:
        motif(pen.moved(0, -232).scaled(1.5), look.motifs[0], inside=screen)
    play = pen.moved(0, -74)
    play.fill(ellipse(0, 0, 27), WHITE, opacity=0.95)
    play.fill(rounded([(-8, -12), (13, 0), (-8, 12)], 3), shade(look.accent, -0.15))
    pen.fill(rectangle(-62, -32, 124, 5, 2.5), WHITE, opacity=0.5)
    pen.fill(rectangle(-62, -32, 52, 5, 2.5), WHITE)
    pen.fill(rectangle(-27, -380, 54, 13, 6.5), NIGHT)
    pen.fill([(-89, -391), (20, -391), (-89, -150)], WHITE, opacity=0.12, blur=2, inside=screen)


def _yogi(pen: Pen, colour: Colour) -> None:
    """A person sitting cross-legged."""
    pen.fill(ellipse(0, -126, 19, 21), colour)
    pen.fill(smooth([(-26, -96), (26, -96), (22, -40), (30, -12), (-30, -12), (-22, -40)]), colour)
    for side in (-1, 1):
        pen.line(
            smooth([(side * 24, -88), (side * 46, -50), (side * 62, -18)], closed=False), 14, colour
        )
        pen.line(
            smooth(
                [(side * 14, -14), (side * 66, -4), (side * 30, 8), (-side * 24, 6)], closed=False
            ),
            20,
            colour,
        )


def _book(pen: Pen, look: Look) -> None:
    """An open book with sound waves above it."""
    for side in (-1, 1):
        page = [
            (0, 0),
            *smooth([(0, -52), (side * 34, -66), (side * 68, -54)], closed=False),
            *smooth([(side * 68, 0), (side * 34, -12), (0, 0)], closed=False),
        ]
        pen.fill(
            page,
            Linear((0, 0), (side * 68, 0), ((0, shade(PAPER, -0.12)), (0.4, PAPER), (1, PAPER))),
        )
    for i, tall in enumerate((18, 40, 62, 34, 52, 26, 12)):
        pen.fill(rectangle(-48 + i * 15, -100 - tall / 2, 7, tall, 3.5), shade(look.accent, 0.1))


# --- Promises ----------------------------------------------------------------------------------
def card(pen: Pen, look: Look) -> None:
    """Two cards, one behind the other, standing at a slant."""
    stand(pen, 190, 20)
    back = pen.moved(44, -46).turned(9)
    _plastic(back, Look(look.accent, look.main, "", ""))
    _plastic(pen.moved(-14, -8).turned(-6), look)


def _plastic(pen: Pen, look: Look) -> None:
    outline = rectangle(-200, -250, 400, 250, 24)
    pen.moved(9, 12).fill(outline, DUSK, opacity=0.28, blur=14)
    mask = pen.fill(
        outline,
        Linear(
            (-200, -250),
            (200, 0),
            ((0, shade(look.main, 0.07)), (0.5, look.main), (1, shade(look.main, -0.08))),
        ),
    )
    pen.fill(ellipse(150, -30, 190), look.accent, opacity=0.55, inside=mask)
    pen.fill(ellipse(196, 10, 140), shade(look.accent, 0.06), opacity=0.7, inside=mask)
    if look.motifs:
        motif(pen.moved(106, -92).scaled(1.15).turned(-10), look.motifs[0], inside=mask)
    if look.style == "bucket":
        _bucket(pen.moved(108, -40), look)
    brand(pen, (-132, -186), 20, ink_on(look.main), mask)
    pen.text(
        look.word,
        (-100, -56),
        min(26, 210 / max(6, len(look.word))),
        ink_on(look.main),
        spacing=0.14,
        inside=mask,
    )
    pen.fill(
        [(-200, -250), (40, -250), (-110, 0), (-200, 0)], WHITE, opacity=0.13, blur=3, inside=mask
    )
    rim(pen, mask, opacity=0.55)


def _bucket(pen: Pen, look: Look) -> None:
    """A bucket with a brush, for cleaning."""
    pen.line(arc(0, -66, 44, 52, 180, 360), 5, STEEL)
    pail = pen.fill(
        rounded([(-52, -70), (52, -70), (38, 0), (-38, 0)], [4, 4, 12, 12]),
        round_paint(PAPER, -52, 52),
    )
    pen.fill(rectangle(-60, -48, 120, 9), shade(look.main, 0.02), inside=pail)
    pen.fill(ellipse(0, -70, 52, 9), shade(PAPER, -0.14))
    for x, y, r in ((-24, -84, 17), (6, -92, 22), (32, -82, 14)):
        pen.fill(
            ellipse(x, y, r),
            Radial((x - 4, y - 6), r * 1.3, r * 1.3, ((0, WHITE), (1, (206, 226, 236)))),
        )


def ticket(pen: Pen, look: Look) -> None:
    """Two tickets with a torn edge."""
    stand(pen, 190, 18)
    for at, main, accent, name in (
        (pen.moved(36, -70).turned(14), look.accent, look.main, ""),
        (pen.moved(-10, -10).turned(-5), look.main, look.accent, next(iter(look.motifs), "")),
    ):
        outline = rectangle(-206, -210, 412, 200, 16)
        at.moved(8, 11).fill(outline, DUSK, opacity=0.28, blur=12)
        bites = [at.mask(ellipse(104, y, 17)) for y in (-210, -10)]
        mask = at.mask(outline) - bites[0] - bites[1]
        at.fill(
            mask, Linear((-206, -210), (206, 0), ((0, shade(main, 0.07)), (1, shade(main, -0.06))))
        )
        for i in range(11):
            at.fill(rectangle(102, -190 + i * 15.4, 4, 8, 2), ink_on(main), opacity=0.55)
        at.fill(ellipse(-118, -110, 62), accent, opacity=0.9, inside=mask)
        if name == "reel":
            _reel(at.moved(-118, -110))
        elif name:
            motif(at.moved(-118, -110).scaled(0.98), name, inside=mask)
        brand(at, (26, -132), 19, ink_on(main), mask)
        at.text(
            look.word,
            (26, -88),
            min(28, 150 / max(5, len(look.word)) * 1.1),
            ink_on(main),
            spacing=0.12,
            inside=mask,
        )
        for i in range(9):
            at.fill(
                rectangle(140, -176 + i * 15, 40, (7, 4, 9, 3, 6, 9, 4, 7, 5)[i]),
                ink_on(main),
                opacity=0.75,
            )
        rim(at, mask, opacity=0.5)


def _reel(pen: Pen) -> None:
    """A reel of film."""
    pen.fill(ellipse(0, 0, 46), NIGHT)
    pen.fill(ellipse(0, 0, 40), shade(NIGHT, 0.14))
    for i in range(5):
        angle = math.radians(i * 72 - 90)
        pen.fill(ellipse(math.cos(angle) * 23, math.sin(angle) * 23, 11), PAPER)
    pen.fill(ellipse(0, 0, 6), PAPER)
