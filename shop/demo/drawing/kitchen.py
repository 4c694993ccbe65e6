"""Things for the kitchen and the table. Each stands on the origin."""

import math

from shop.demo.drawing.board import Linear, Mask, Pen, Radial
from shop.demo.drawing.colours import STEEL, WHITE, Colour, mix, shade, tone
from shop.demo.drawing.labels import PAPER, Look, brand, ink_on, label
from shop.demo.drawing.light import (
    DUSK,
    cast,
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
from shop.demo.drawing.motifs import heap, motif
from shop.demo.drawing.shapes import arc, barrel, ellipse, mirrored, rectangle, rounded, smooth


def mug(pen: Pen, look: Look) -> None:
    """A mug with its handle to the right; style `cup` has none, `coffee` is full."""
    half = 112 if look.style != "cup" else 92
    body = mirrored([(half, -210, 4), (half * 0.98, -110), (half * 0.86, -2, 30)])
    cast(pen, body)
    stand(pen, half * 0.9)
    if look.style != "cup":
        ring = smooth(
            [
                (half - 10, -176),
                (half + 58, -174),
                (half + 70, -112),
                (half + 30, -56),
                (half - 14, -42),
            ],
            closed=False,
        )
        pen.line(
            ring,
            26,
            Linear(
                (half, -170),
                (half + 70, -60),
                ((0, shade(look.main, 0.04)), (1, shade(look.main, -0.14))),
            ),
        )
        pen.moved(-2, -5).line(ring, 6, WHITE, opacity=0.35, blur=3)
    mask = pen.fill(body, look.main)
    _glaze(pen, look, half, mask)
    lit(pen, mask, -half, half, force=0.95)
    gloss(pen, mask, -half * 0.78, -186, -50, 12, opacity=0.5)
    pen.fill(ellipse(0, -210, half, half * 0.19), shade(look.main, 0.06))
    inside = pen.fill(
        ellipse(0, -209, half * 0.93, half * 0.165),
        Linear((-half, 0), (half, 0), ((0, shade(look.main, -0.22)), (1, shade(look.main, -0.04)))),
    )
    if look.style == "coffee":
        pen.fill(
            ellipse(0, -202, half * 0.88, half * 0.14),
            Radial(
                (-10, -204),
                half,
                half * 0.16,
                ((0, tone(0.66, 0.08, 62)), (0.5, tone(0.50, 0.08, 55)), (1, tone(0.38, 0.06, 50))),
            ),
            inside=inside,
        )


def _glaze(pen: Pen, look: Look, half: float, mask: Mask) -> None:
    edge = smooth(
        [(-half, -96), (-half * 0.5, -84), (0, -104), (half * 0.45, -88), (half, -100)],
        closed=False,
    )
    if look.style in {"", "coffee"}:
        pen.fill([*edge, (half, 20), (-half, 20)], look.accent, inside=mask)
    elif look.motifs:
        motif(pen.moved(0, -96).scaled(0.8), look.motifs[0], inside=mask)


def bowls(pen: Pen, look: Look) -> None:
    """A nest of bowls beside a small plate."""
    plate = pen.moved(0, 2)
    stand(plate, 190, 26)
    plate.fill(barrel(200, -22, -8, 34, 120), round_paint(look.accent, -200, 200, depth=0.14))
    plate.fill(
        ellipse(0, -22, 200, 34),
        Linear(
            (-200, -40), (200, 0), ((0, shade(look.accent, 0.09)), (1, shade(look.accent, -0.02)))
        ),
    )
    plate.fill(ellipse(0, -20, 150, 23), DUSK, opacity=0.16, blur=8)
    for y, half, colour in ((-20, 138, look.main), (-84, 120, shade(look.main, 0.05))):
        _bowl(pen.moved(0, y), half, colour)


def _bowl(pen: Pen, half: float, colour: Colour) -> None:
    outline = [
        *smooth(
            [(half, -104), (half * 0.92, -60), (half * 0.62, -18), (half * 0.42, 0)], closed=False
        ),
        *smooth(
            [(-half * 0.42, 0), (-half * 0.62, -18), (-half * 0.92, -60), (-half, -104)],
            closed=False,
        ),
    ]
    mask = pen.fill(outline, colour)
    for i in range(12):
        x = -half + i * half / 5.5
        pen.line([(x, -104), (x * 0.5, 0)], 2, shade(colour, -0.12), opacity=0.3, inside=mask)
    lit(pen, mask, -half, half, force=0.9)
    fall(pen, mask, -104, 0, force=0.8)
    gloss(pen, mask, -half * 0.74, -92, -40, 10, opacity=0.45)
    pen.fill(ellipse(0, -104, half, half * 0.2), shade(colour, 0.07))
    pen.fill(
        ellipse(0, -102, half * 0.93, half * 0.165),
        Linear((-half, -120), (half, -90), ((0, shade(colour, -0.20)), (1, shade(colour, -0.03)))),
    )


def bowlful(pen: Pen, look: Look) -> None:
    """Seen from above: a bowl full of motifs."""
    pen.moved(22, 30).fill(ellipse(0, 0, 262), DUSK, opacity=0.25, blur=30)
    pen.moved(8, 12).fill(ellipse(0, 0, 258), DUSK, opacity=0.3, blur=9)
    pen.fill(
        ellipse(0, 0, 256),
        Linear(
            (-200, -200), (200, 200), ((0, shade(look.main, 0.07)), (1, shade(look.main, -0.10)))
        ),
    )
    well = pen.fill(
        ellipse(0, 0, 234),
        Linear(
            (-190, -190), (190, 190), ((0, shade(look.main, -0.20)), (1, shade(look.main, 0.02)))
        ),
    )
    heap(pen, look.motifs, rectangle(-226, -226, 452, 452), 88, len(look.word) + 3, inside=well)
    pen.line(arc(0, 0, 226, 226, 150, 300), 26, DUSK, opacity=0.42, blur=14, inside=well)
    pen.line(arc(0, 0, 246, 246, 170, 280), 5, WHITE, opacity=0.6, blur=3)


def flask(pen: Pen, look: Look) -> None:
    """A vacuum flask with a steel ring and a lid."""
    body = mirrored([(64, -330, 14), (82, -306, 22), (82, -2, 18)])
    cast(pen, [*mirrored([(60, -416), (62, -330)]), *body])
    stand(pen, 80)
    mask = pen.fill(body, look.main)
    pen.fill(rectangle(-90, -16, 180, 30), shade(look.main, -0.12), inside=mask)
    lit(pen, mask, -82, 82, force=1.05)
    brand(pen, (0, -170), 20, ink_on(look.main), mask)
    gloss(pen, mask, -62, -300, -20, 10, opacity=0.5)
    pen.fill(barrel(66, -342, -324, 8), metal_paint(STEEL, -66, 66))
    lid = pen.fill(barrel(64, -414, -340, 9), round_paint(look.accent, -64, 64))
    gloss(pen, lid, -46, -406, -342, 8, opacity=0.4)
    pen.fill(ellipse(0, -414, 64, 9), shade(look.accent, 0.09))
    strap = smooth([(44, -404), (96, -396), (104, -352), (64, -334)], closed=False)
    pen.line(strap, 10, shade(look.accent, -0.06))


def oil(pen: Pen, look: Look) -> None:
    """A tall square-shouldered bottle: oil, soy sauce, cold brew."""
    body = mirrored([(26, -396, 4), (28, -318, 18), (78, -268, 40), (78, -2, 16)])
    cast(pen, body, opacity=0.17)
    stand(pen, 74)
    mask = pen.fill(body, mix(look.main, WHITE, 0.2))
    inner = pen.mask(mirrored([(20, -352, 4), (22, -314, 18), (71, -260, 38), (71, -10, 12)]))
    pen.fill(
        inner,
        Radial(
            (-18, -130),
            120,
            260,
            ((0, shade(look.main, 0.12)), (0.5, look.main), (1, shade(look.main, -0.16))),
        ),
    )
    tag = pen.fill(rectangle(-80, -216, 160, 156), PAPER, inside=mask)
    label(pen.moved(0, -214), Look(PAPER, look.accent, look.motif, look.word), 140, 154, tag, PAPER)
    lit(pen, mask, -78, 78, force=0.8)
    gloss(pen, mask, -64, -252, -20, 9, opacity=0.65)
    gloss(pen, mask, -18, -386, -316, 6, opacity=0.6)
    rim(pen, mask, opacity=0.4)
    lower_rim(pen, mask)
    cap = pen.fill(barrel(31, -426, -366, 5), round_paint(look.accent, -31, 31))
    gloss(pen, cap, -20, -420, -368, 5, opacity=0.45)
    pen.fill(ellipse(0, -426, 31, 5), shade(look.accent, 0.08))


def noodles(pen: Pen, look: Look) -> None:
    """Bundles of noodles tied with paper."""
    for i, (x, y, turn) in enumerate(((-46, -44, 4), (40, -40, -5), (0, -112, 1))):
        at = pen.moved(x, y).turned(turn)
        outline = rounded([(-190, -40), (190, -40), (190, 40), (-190, 40)], 14)
        if i < 2:
            stand(at.moved(0, 40), 176, 14, force=0.7)
        at.moved(5, 9).fill(outline, DUSK, opacity=0.26, blur=7)
        mask = at.fill(outline, look.main)
        for k in range(19):
            y_k = -38 + k * 4.2
            by = 0.07 * math.cos((k - 6) / 6)
            at.line(
                [(-190 + (k * 7) % 9, y_k), (190 - (k * 5) % 11, y_k)],
                3.2,
                shade(look.main, by - 0.05 * (k % 2)),
                inside=mask,
            )
        fall(at, mask, -40, 40, force=1.1)
        band = at.fill(rectangle(-46, -43, 92, 86), PAPER if i < 2 else look.accent)
        brand(at, (0, 6), 15, ink_on(PAPER if i < 2 else look.accent), band)
        fall(at, band, -43, 43, force=0.9)


def teapot(pen: Pen, look: Look) -> None:
    """A round pot with a cup."""
    body = smooth(
        [
            (-66, -214),
            (-124, -176),
            (-146, -106),
            (-118, -34),
            (-70, -4),
            (70, -4),
            (118, -34),
            (146, -106),
            (124, -176),
            (66, -214),
        ]
    )
    cast(pen, body)
    stand(pen, 104)
    grip = smooth(
        [(-120, -178), (-196, -196), (-214, -120), (-170, -62), (-124, -58)], closed=False
    )
    pen.line(grip, 20, round_paint(look.main, -214, -110))
    pen.moved(-2, -4).line(grip, 5, WHITE, opacity=0.3, blur=2)
    spout = [
        *smooth([(110, -126), (168, -150), (196, -216)], closed=False),
        *smooth([(224, -212), (206, -120), (110, -52)], closed=False),
    ]
    pen.fill(
        spout,
        Linear(
            (110, -200), (190, -60), ((0, shade(look.main, 0.08)), (1, shade(look.main, -0.15)))
        ),
    )
    pen.fill(ellipse(210, -214, 14, 5), shade(look.main, -0.24))
    mask = pen.fill(body, sphere(look.main, 0, -110, 150))
    pen.fill(ellipse(-54, -150, 32, 22), WHITE, opacity=0.45, blur=14, inside=mask)
    brand(pen, (8, -88), 18, ink_on(look.main), mask)
    lower_rim(pen, mask)
    pen.fill(ellipse(0, -212, 72, 14), shade(look.main, -0.16))
    lid = smooth([(-70, -214), (-50, -240), (0, -252), (50, -240), (70, -214), (0, -202)])
    pen.fill(lid, sphere(look.main, 0, -226, 66))
    pen.fill(ellipse(0, -262, 17, 15), sphere(look.accent, 0, -262, 17))
