"""Things for kitchen, bath and living room. Each stands on the origin."""

from shop.demo.drawing.board import Linear, Pen, Radial
from shop.demo.drawing.colours import WHITE, WOOD, Colour, mix, shade
from shop.demo.drawing.kitchen import mug
from shop.demo.drawing.labels import PAPER, Look, brand, label
from shop.demo.drawing.light import (
    DUSK,
    cast,
    fall,
    gloss,
    lit,
    rim,
    round_paint,
    stand,
)
from shop.demo.drawing.motifs import motif
from shop.demo.drawing.shapes import barrel, ellipse, mirrored, rectangle, rounded, smooth


def tissues(pen: Pen, look: Look) -> None:
    """A soft pack of tissues with one sheet pulled up."""
    body = smooth(
        [
            (-186, -150),
            (-150, -172),
            (0, -178),
            (150, -172),
            (186, -150),
            (192, -80),
            (184, -8),
            (0, 2),
            (-184, -8),
            (-192, -80),
        ]
    )
    cast(pen, body)
    stand(pen, 184, 24)
    sheet = smooth(
        [(-74, -160), (-92, -230), (-50, -290), (-10, -262), (34, -306), (88, -250), (66, -160)]
    )
    paper = pen.fill(
        sheet, Linear((-90, -300), (80, -160), ((0, (255, 255, 255)), (1, (226, 226, 222))))
    )
    for x, turn in ((-44, 10), (-4, -6), (40, 12)):
        pen.moved(x, -216).turned(turn).fill(
            ellipse(0, 0, 7, 62), DUSK, opacity=0.12, blur=6, inside=paper
        )
        pen.moved(x - 14, -220).turned(turn).fill(
            ellipse(0, 0, 6, 60), WHITE, opacity=0.7, blur=5, inside=paper
        )
    mask = pen.fill(body, look.main)
    pen.fill(ellipse(0, -166, 92, 12), shade(look.main, -0.3), blur=3, inside=mask)
    pen.fill(
        [*sheet[:1], (-74, -176), (66, -176), (70, -158), (-74, -158)],
        (238, 238, 234),
        blur=2,
        inside=mask,
    )
    label(pen.moved(0, -150), look, 330, 150, mask, look.main)
    lit(pen, mask, -200, 200, force=0.7)
    fall(pen, mask, -178, 2, force=0.8)
    for x, y, turn in ((-160, -112, 52), (160, -108, -52), (-162, -44, -40), (158, -40, 40)):
        pen.moved(x, y).turned(turn).fill(
            ellipse(0, 0, 5, 36), WHITE, opacity=0.34, blur=6, inside=mask
        )
        pen.moved(x + 8, y + 6).turned(turn).fill(
            ellipse(0, 0, 4, 30), DUSK, opacity=0.12, blur=6, inside=mask
        )


def tub(pen: Pen, look: Look) -> None:
    """A tub of laundry pods, a few of them in front."""
    body = rounded([(-138, -220), (138, -220), (122, 0), (-122, 0)], [6, 6, 26, 26])
    cast(pen, [(-146, -278), (146, -278), *body])
    stand(pen, 122)
    mask = pen.fill(body, look.main)
    label(pen.moved(0, -214), look, 240, 214, mask, look.main)
    lit(pen, mask, -140, 140, force=0.9)
    lid = pen.fill(
        rounded([(-148, -280), (148, -280), (144, -212), (-144, -212)], [26, 26, 10, 10]),
        round_paint(look.accent, -148, 148),
    )
    pen.fill(rectangle(-150, -226, 300, 4), DUSK, opacity=0.2, blur=1.5, inside=lid)
    gloss(pen, lid, -118, -272, -220, 14, opacity=0.4)
    for x, y in ((-120, 26), (-52, 44), (150, 22)):
        pod(pen.moved(x, y), look)


def pod(pen: Pen, look: Look) -> None:
    outline = rounded([(-32, -36), (32, -36), (36, 0), (-36, 0)], 16)
    stand(pen, 32, 7, force=0.8)
    mask = pen.fill(
        outline,
        Linear(
            (-34, -36), (34, 0), ((0, shade(look.accent, 0.14)), (1, shade(look.accent, -0.04)))
        ),
    )
    pen.fill(
        smooth([(-4, -40), (40, -40), (40, 4), (0, 2), (8, -18)]),
        shade(look.main, -0.06),
        opacity=0.85,
        inside=mask,
    )
    pen.fill(ellipse(-14, -26, 11, 4), WHITE, opacity=0.75, blur=2, inside=mask)
    rim(pen, mask, opacity=0.5)


def towels(pen: Pen, look: Look) -> None:
    """Three folded towels, the lowest widest."""
    colours = (look.main, mix(look.main, look.accent, 0.5), look.accent)
    outline = rectangle(-180, -236, 360, 236, 30)
    cast(pen, outline)
    stand(pen, 176, 22)
    for i, colour in enumerate(colours):
        _towel(pen.moved((-6, 5, 0)[i], -i * 76), colour, 182 - i * 9)
    motif(pen.moved(56, -240).turned(68).scaled(0.9), look.motifs[0] if look.motifs else "leaf")


def _towel(pen: Pen, colour: Colour, half: float) -> None:
    """One towel folded in three: a round front edge and soft layers."""
    outline = rounded([(-half, -80), (half, -80), (half, 0), (-half, 0)], [26, 40, 40, 26])
    mask = pen.fill(
        outline,
        Linear(
            (0, -80), (0, 0), ((0, shade(colour, 0.07)), (0.5, colour), (1, shade(colour, -0.11)))
        ),
    )
    for y in (-54, -28):
        edge = smooth(
            [(-half, y), (-half * 0.3, y + 3), (half * 0.5, y - 1), (half - 16, y + 2)],
            closed=False,
        )
        pen.line(edge, 3, shade(colour, -0.2), opacity=0.55, blur=1.4, inside=mask)
        pen.moved(0, 4).line(edge, 3, shade(colour, 0.1), opacity=0.7, blur=1.4, inside=mask)
    for x in (-half * 0.62, half * 0.1, half * 0.66):
        pen.fill(ellipse(x, -62, half * 0.2, 7), WHITE, opacity=0.22, blur=6, inside=mask)
    pen.fill(rectangle(-half, -9, 2 * half, 12), DUSK, opacity=0.18, blur=5, inside=mask)


def toothbrushes(pen: Pen, look: Look) -> None:
    """Two brushes in a cup."""
    for x, turn, colour in ((-20, -12, look.main), (24, 11, look.accent)):
        at = pen.moved(x, -60).turned(turn)
        at.fill(rounded([(-9, -330), (9, -330), (8, 0), (-8, 0)], 8), round_paint(colour, -9, 9))
        head = at.fill(
            rounded([(-14, -346), (14, -346), (12, -262), (-12, -262)], 12),
            round_paint(colour, -14, 14),
        )
        rim(at, head, opacity=0.4)
        for i in range(6):
            tuft = rectangle(-37, -338 + i * 12, 25, 9, 2)
            at.fill(tuft, Linear((-37, 0), (-12, 0), ((0, WHITE), (1, (214, 220, 224)))))
    mug(pen, Look(PAPER, look.accent, look.motif, look.word, "cup"))


def candle(pen: Pen, look: Look) -> None:
    """A candle burning in frosted glass."""
    body = mirrored([(118, -230, 4), (118, -2, 28)])
    cast(pen, body)
    stand(pen, 114)
    mask = pen.fill(body, mix(look.main, WHITE, 0.2))
    pen.fill(rectangle(-106, -176, 212, 166, 20), look.main, inside=mask)
    tag = pen.fill(rectangle(-62, -160, 124, 106, 3), PAPER, inside=mask)
    brand(pen, (0, -112), 15, shade(look.accent, -0.2), tag)
    pen.text(
        look.word,
        (0, -82),
        min(20, 110 / max(4, len(look.word)) * 1.1),
        shade(look.accent, -0.2),
        spacing=0.14,
    )
    lit(pen, mask, -118, 118, force=0.85)
    pen.fill(ellipse(0, -176, 90, 46), (255, 214, 150), opacity=0.55, blur=22, inside=mask)
    gloss(pen, mask, -100, -216, -30, 12, opacity=0.6)
    pen.fill(ellipse(0, -230, 118, 20), mix(look.main, WHITE, 0.5))
    pen.fill(
        ellipse(0, -228, 108, 16),
        Linear(
            (-108, 0),
            (108, 0),
            ((0, shade(look.main, -0.12)), (0.5, (255, 232, 190)), (1, shade(look.main, -0.04))),
        ),
    )
    pen.line([(0, -228), (2, -252)], 4, DUSK)
    pen.fill(ellipse(0, -290, 80, 100), (255, 205, 120), opacity=0.30, blur=30)
    flame = smooth([(2, -246), (17, -268), (11, -296), (2, -324), (-9, -296), (-13, -268)])
    pen.fill(
        flame,
        Radial(
            (2, -262), 22, 62, ((0, (255, 252, 226)), (0.45, (255, 214, 110)), (1, (248, 150, 62)))
        ),
        blur=1,
    )


def diffuser(pen: Pen, look: Look) -> None:
    """A scent bottle with reeds."""
    body = mirrored([(34, -204, 6), (38, -176, 20), (96, -136, 44), (96, -2, 26)])
    cast(pen, body, opacity=0.16)
    stand(pen, 92)
    for i, x in enumerate((-92, -58, -16, 30, 70, 104)):
        pen.line(
            [(x * 0.16, -180), (x, -420 + abs(x) * 0.35 + (i % 2) * 16)],
            5.5,
            Linear((-100, 0), (100, 0), ((0, shade(WOOD, -0.08)), (1, shade(WOOD, 0.05)))),
        )
    mask = pen.fill(body, mix(look.main, WHITE, 0.3))
    pen.fill(
        [(-110, -110), (110, -110), (110, 10), (-110, 10)], look.main, opacity=0.75, inside=mask
    )
    pen.fill(ellipse(0, -110, 94, 7), shade(look.main, 0.12), opacity=0.8, inside=mask)
    tag = pen.fill(rectangle(-50, -100, 100, 76, 2), PAPER, inside=mask)
    brand(pen, (0, -62), 14, shade(look.accent, -0.2), tag)
    pen.text(look.word, (0, -40), 14, shade(look.accent, -0.2), spacing=0.16)
    lit(pen, mask, -96, 96, force=0.75)
    gloss(pen, mask, -82, -128, -22, 11, opacity=0.7)
    pen.fill(barrel(40, -222, -190, 6), round_paint(look.accent, -40, 40))
    pen.fill(ellipse(0, -222, 40, 6), shade(look.accent, -0.12))


def basket(pen: Pen, look: Look) -> None:
    """A woven basket with a linen lining and a throw."""
    body = rounded([(-172, -200), (172, -200), (150, 0), (-150, 0)], [8, 8, 40, 40])
    cast(pen, body)
    stand(pen, 150)
    throw = smooth([(-130, -190), (-120, -262), (-40, -290), (50, -272), (120, -286), (140, -190)])
    cloth = pen.fill(
        throw,
        Linear(
            (-120, -290),
            (120, -190),
            ((0, shade(look.accent, 0.1)), (1, shade(look.accent, -0.08))),
        ),
    )
    for x in (-80, -20, 44, 96):
        pen.moved(x, -230).turned(10).fill(
            ellipse(0, 0, 7, 50), DUSK, opacity=0.16, blur=6, inside=cloth
        )
    mask = pen.fill(body, look.main)
    for row in range(10):
        for column in range(-9, 10):
            y = -188 + row * 20
            x = column * 20 + (10 if row % 2 else 0)
            strand = rectangle(x - 9, y - 8, 18, 16, 7)
            pen.fill(
                strand,
                Linear(
                    (x, y - 8),
                    (x, y + 8),
                    ((0, shade(look.main, 0.07)), (1, shade(look.main, -0.12))),
                ),
                inside=mask,
            )
    lit(pen, mask, -172, 172, force=0.95)
    fall(pen, mask, -200, 0, force=0.6)
    hem = pen.fill(
        smooth(
            [
                (-180, -214),
                (0, -206),
                (180, -214),
                (178, -164),
                (90, -172),
                (0, -160),
                (-90, -172),
                (-178, -164),
            ]
        ),
        PAPER,
    )
    lit(pen, hem, -180, 180, force=0.6)
    pen.fill(rectangle(-180, -176, 360, 8), DUSK, opacity=0.14, blur=3, inside=hem)


def umbrella(pen: Pen, look: Look) -> None:
    """An open umbrella leaning on its rim."""
    pen = pen.moved(0, -168).turned(-16)
    pen.moved(40, 190).fill(ellipse(0, 0, 230, 26), DUSK, opacity=0.28, blur=14)
    pen.line(
        smooth([(0, -60), (0, 150), (2, 176), (22, 192), (40, 176)], closed=False),
        11,
        Linear((-6, 0), (10, 0), ((0, shade(WOOD, 0.03)), (1, shade(WOOD, -0.2)))),
    )
    ribs = [-218.0, -132.0, -46.0, 46.0, 132.0, 218.0]
    for i in range(5):
        x0, x1 = ribs[i], ribs[i + 1]
        tip = (0.0, -208.0)
        left = smooth([tip, (x0 * 0.62, -158), (x0 * 0.95, -60), (x0, 20)], closed=False)
        right = smooth([(x1, 20), (x1 * 0.95, -60), (x1 * 0.62, -158), tip], closed=False)
        sag = smooth([(x0, 20), ((x0 + x1) / 2, -8), (x1, 20)], closed=False)
        colour = look.main if i % 2 == 0 else look.accent
        light = (0.10, 0.05, 0.0, -0.06, -0.12)[i]
        panel = pen.fill(
            [*left, *sag, *right],
            Linear(
                (x0, -200),
                (x1, 20),
                ((0, shade(colour, light + 0.05)), (1, shade(colour, light - 0.06))),
            ),
        )
        rim(pen, panel, opacity=0.16)
    pen.line([(0, -206), (0, -228)], 8, WOOD)


def slippers(pen: Pen, look: Look) -> None:
    """A pair of linen slippers from above."""
    pen = pen.moved(0, -160)
    for x, turn, flip in ((-84, -7, 1), (84, 7, -1)):
        at = pen.moved(x, 0).turned(turn).scaled(flip, 1)
        sole = smooth(
            [
                (0, -176),
                (52, -150),
                (66, -84),
                (54, 0),
                (52, 92),
                (34, 156),
                (0, 172),
                (-34, 156),
                (-50, 92),
                (-48, 0),
                (-60, -84),
                (-46, -150),
            ]
        )
        at.moved(10 * flip, 14).fill(sole, DUSK, opacity=0.32, blur=12)
        foot = at.fill(
            sole,
            Linear(
                (-60, -170), (60, 170), ((0, shade(look.main, 0.06)), (1, shade(look.main, -0.08)))
            ),
        )
        at.scaled(0.86, 0.92).line([*sole, sole[0]], 2.5, shade(look.main, -0.2), opacity=0.6)
        strap = smooth(
            [
                (-72, -10),
                (-78, -92),
                (-54, -168),
                (0, -190),
                (58, -168),
                (80, -92),
                (70, -10),
                (0, -42),
            ]
        )
        at.moved(2, 9).fill(strap, DUSK, opacity=0.35, blur=6, inside=foot)
        upper = at.fill(
            strap,
            Linear(
                (-70, -180),
                (70, 0),
                ((0, shade(look.accent, 0.1)), (0.5, look.accent), (1, shade(look.accent, -0.11))),
            ),
        )
        for i in range(-6, 7):
            at.line([(i * 13, -190), (i * 13, 0)], 1.2, WHITE, opacity=0.14, inside=upper)
            at.line(
                [(-80, -96 + i * 13), (80, -96 + i * 13)], 1.2, DUSK, opacity=0.10, inside=upper
            )
        rim(at, upper, opacity=0.3)
