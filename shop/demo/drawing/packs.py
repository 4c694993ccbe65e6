"""Packs: bags, boxes, tins, jars, bars. Each stands on the origin, about 400 units high."""

from shop.demo.drawing.board import Linear, Mask, Pen
from shop.demo.drawing.colours import WHITE, shade, tone
from shop.demo.drawing.labels import Look, label
from shop.demo.drawing.light import (
    DUSK,
    cast,
    clear,
    fall,
    lit,
    lower_rim,
    rim,
    round_paint,
    stand,
)
from shop.demo.drawing.motifs import heap
from shop.demo.drawing.shapes import arc, ellipse, rectangle, rounded, smooth


# --- Bags --------------------------------------------------------------------------------------
def pouch(pen: Pen, look: Look) -> None:
    """A stand-up bag with a zip; style `window` shows what is inside."""
    outline = [
        (-147, -418), (147, -418),
        *smooth([(147, -418), (147, -372), (152, -300), (158, -180), (152, -50), (138, -2)], closed=False),
        *smooth([(138, -2), (70, 10), (0, 13), (-70, 10), (-138, -2)], closed=False),
        *smooth([(-138, -2), (-152, -50), (-158, -180), (-152, -300), (-147, -372), (-147, -418)], closed=False),
    ]  # fmt: skip
    cast(pen, outline)
    stand(pen, 142)
    mask = pen.fill(outline, look.main)
    art = pen.moved(0, -366)
    label(art, look, 290, 366, mask, look.main)
    if look.style == "window":
        pane = smooth([(0, -190), (78, -150), (88, -84), (0, -34), (-88, -84), (-78, -150)])
        hole = pen.fill(pane, shade(look.main, -0.25), inside=mask)
        heap(pen, look.motifs, pane, 74, len(look.word), inside=hole)
        lower_rim(pen, hole, opacity=0.5)
        pen.line([*pane, pane[0]], 2.4, shade(look.main, 0.12), opacity=0.8)
        pen.line(
            smooth([(-66, -140), (-30, -168), (10, -176)], closed=False),
            9,
            WHITE,
            opacity=0.4,
            blur=4,
            inside=hole,
        )
    _foil(pen, mask)


def _foil(pen: Pen, mask: Mask) -> None:
    """The folds and the shine of a filled bag."""
    lit(pen, mask, -158, 158, force=0.85)
    fall(pen, mask, -418, 12, force=0.7)
    pen.fill(rectangle(-160, -420, 320, 44), WHITE, opacity=0.14, inside=mask)
    for i in range(7):
        pen.fill(rectangle(-160, -415 + i * 5.4, 320, 1.6), DUSK, opacity=0.10, inside=mask)
    pen.fill(rectangle(-160, -375, 320, 3), DUSK, opacity=0.22, blur=2, inside=mask)
    pen.fill(rectangle(-152, -352, 304, 3), WHITE, opacity=0.28, blur=1, inside=mask)
    pen.fill(rectangle(-152, -348, 304, 3), DUSK, opacity=0.18, blur=1.2, inside=mask)
    for side in (-1, 1):
        fold = [(side * 146, -368), (side * 118, -300), (side * 96, -252), (side * 128, -322)]
        pen.fill(fold, WHITE if side < 0 else DUSK, opacity=0.30, blur=7, inside=mask)
        foot = [(side * 150, -16), (side * 112, -92), (side * 90, -120), (side * 120, -60)]
        pen.fill(foot, DUSK if side > 0 else WHITE, opacity=0.26, blur=7, inside=mask)
    gusset = smooth([(-150, -30), (-80, -52), (0, -58), (80, -52), (150, -30)], closed=False)
    pen.fill([*gusset, (160, 30), (-160, 30)], DUSK, opacity=0.12, blur=2, inside=mask)
    pen.line(gusset, 3, WHITE, opacity=0.30, blur=2, inside=mask)
    pen.fill(
        smooth([(-112, -330), (-96, -330), (-86, -190), (-96, -60), (-112, -60), (-104, -190)]),
        WHITE,
        opacity=0.30,
        blur=11,
        inside=mask,
    )


def sack(pen: Pen, look: Look) -> None:
    """A block-bottom bag with a folded top: coffee, rice, flour."""
    front = rounded([(-128, -400), (128, -400), (136, 0), (-136, 0)], [3, 3, 10, 10])
    side = [(128, -400), (168, -412), (178, -14), (136, 0)]
    cast(pen, [*front, (178, -14)])
    stand(pen, 152, x=14)
    flank = pen.fill(side, shade(look.main, -0.13))
    pen.fill(
        [(148, -405), (168, -412), (178, -14), (157, -7)], DUSK, opacity=0.22, blur=3, inside=flank
    )
    mask = pen.fill(front, look.main)
    label(pen.moved(0, -352), look, 256, 352, mask, look.main)
    lit(pen, mask, -150, 160, force=0.55)
    fall(pen, mask, -400, 0, force=0.6)
    fold = rounded([(-130, -404), (166, -416), (168, -378), (130, -362), (-130, -362)], 3)
    pen.moved(0, 5).fill(fold, DUSK, opacity=0.3, blur=5, inside=mask)
    top = pen.fill(
        fold,
        Linear(
            (-130, 0),
            (168, 0),
            (
                (0, shade(look.main, 0.05)),
                (0.85, shade(look.main, -0.02)),
                (0.88, shade(look.main, -0.14)),
                (1, shade(look.main, -0.18)),
            ),
        ),
    )
    pen.fill(rectangle(-112, -392, 226, 10, 5), shade(look.accent, 0.02), inside=top)
    for x, turn in ((-96, 8), (84, -10), (20, 4)):
        crease = pen.moved(x, -180).turned(turn)
        crease.fill(ellipse(0, 0, 5, 120), WHITE, opacity=0.20, blur=7, inside=mask)
        crease.moved(9, 0).fill(ellipse(0, 0, 4, 120), DUSK, opacity=0.13, blur=7, inside=mask)
    if look.style == "sun":
        pen.fill(ellipse(84, -322, 11), shade(look.main, -0.12))
        pen.fill(ellipse(83, -323, 7), shade(look.main, 0.04))


def sachet(pen: Pen, look: Look) -> None:
    """A flat little bag: a mask, a drip coffee, a single serving."""
    outline = rounded([(-92, -262), (92, -262), (92, 0), (-92, 0)], 5)
    cast(pen, outline, opacity=0.15)
    stand(pen, 88, 9)
    mask = pen.fill(outline, look.main)
    label(pen.moved(0, -238), look, 176, 222, mask, look.main)
    lit(pen, mask, -110, 110, force=0.5)
    for y in (-262, -18):
        pen.fill(rectangle(-92, y, 184, 18), WHITE, opacity=0.22, inside=mask)
        for i in range(4):
            pen.fill(rectangle(-92, y + 2 + i * 4, 184, 1.3), DUSK, opacity=0.12, inside=mask)
    pen.fill(
        smooth([(-60, -220), (-44, -222), (-34, -120), (-50, -40), (-60, -44), (-52, -120)]),
        WHITE,
        opacity=0.34,
        blur=9,
        inside=mask,
    )
    pen.fill(
        smooth([(50, -220), (64, -216), (58, -120), (66, -40), (56, -40), (46, -120)]),
        DUSK,
        opacity=0.16,
        blur=9,
        inside=mask,
    )


# --- Boxes -------------------------------------------------------------------------------------
def carton(
    pen: Pen, look: Look, *, width: float = 250, height: float = 330, depth: float = 92
) -> None:
    """A folding box seen from the right and a little from above."""
    half, dx, dy = width / 2, depth * 0.72, depth * 0.34
    pen = pen.moved(-dx / 2, 0)
    front = [(-half, -height), (half, -height), (half, 0), (-half, 0)]
    side = [(half, -height), (half + dx, -height - dy), (half + dx, -dy), (half, 0)]
    top = [(-half, -height), (half, -height), (half + dx, -height - dy), (-half + dx, -height - dy)]
    cast(pen, [*front, *side])
    stand(pen, half + dx * 0.5, 18, x=dx * 0.5)
    mask = pen.fill(rounded(front, 3), look.main)
    label(pen.moved(0, -height), look, width, height, mask, look.main)
    pen.fill(
        mask,
        Linear(
            (-half, -height),
            (half, 0),
            (
                (0, clear(WHITE, 0.16)),
                (0.4, clear(WHITE, 0)),
                (0.41, clear(DUSK, 0)),
                (1, clear(DUSK, 0.13)),
            ),
        ),
    )
    flank = pen.fill(
        side,
        Linear(
            (half, 0), (half + dx, 0), ((0, shade(look.main, -0.10)), (1, shade(look.main, -0.17)))
        ),
    )
    if look.style == "block":
        stripe = pen.moved(half, 0).slanted(0, -dy / dx)
        stripe.fill(
            rectangle(0, -height * 0.38, dx, height), shade(look.accent, -0.13), inside=flank
        )
    pen.fill(
        top,
        Linear(
            (-half, -height),
            (half + dx, -height - dy),
            ((0, shade(look.main, 0.075)), (1, shade(look.main, 0.02))),
        ),
    )
    pen.line([(half, -height), (half, 0)], 1.6, WHITE, opacity=0.4)
    pen.line(
        [(-half, -height), (half, -height), (half + dx, -height - dy)], 1.6, WHITE, opacity=0.4
    )


def flatbox(pen: Pen, look: Look) -> None:
    carton(pen, look, width=340, height=230, depth=120)


def slimbox(pen: Pen, look: Look) -> None:
    carton(pen, look, width=196, height=380, depth=84)


def gable(pen: Pen, look: Look) -> None:
    """A drink carton with a roof and a cap."""
    pen = pen.moved(-24, 0)
    front = [(-96, -310), (96, -310), (96, 0), (-96, 0)]
    side = [(96, -310), (152, -332), (152, -22), (96, 0)]
    cast(pen, [(-96, -400), (96, -400), *side, (-96, 0)])
    stand(pen, 120, x=26)
    mask = pen.fill(front, look.main)
    label(pen.moved(0, -300), look, 192, 300, mask, look.main)
    lit(pen, mask, -130, 130, force=0.35)
    pen.fill(
        side,
        Linear((96, 0), (152, 0), ((0, shade(look.main, -0.10)), (1, shade(look.main, -0.16)))),
    )
    pen.fill([(96, -310), (152, -332), (128, -392)], shade(look.main, -0.2))
    roof = pen.fill(
        [(-96, -310), (96, -310), (128, -392), (-64, -392)],
        Linear((0, -392), (0, -310), ((0, shade(look.main, 0.05)), (1, shade(look.main, -0.03)))),
    )
    pen.fill(
        rectangle(-64, -424, 192, 34, 2),
        Linear((-64, 0), (128, 0), ((0, shade(look.main, 0.06)), (1, shade(look.main, -0.04)))),
    )
    pen.fill(rectangle(-64, -396, 192, 4), DUSK, opacity=0.18, blur=1.5, inside=roof)
    cap = pen.moved(18, -344)
    cap.moved(4, 8).fill(ellipse(0, 0, 31, 23), DUSK, opacity=0.3, blur=5)
    cap.fill(
        [*arc(0, -14, 29, 20, 180, 360), *arc(0, 2, 29, 20, 0, 180)],
        round_paint(look.accent, -29, 29),
    )
    cap.fill(ellipse(0, -14, 29, 20), shade(look.accent, 0.07))


def bar(pen: Pen, look: Look) -> None:
    """A chocolate bar, its paper opened at the top."""
    pen = pen.turned(6)
    stand(pen, 96, 12)
    cast(pen, rectangle(-92, -408, 184, 404))
    _slab(pen)
    foil = smooth(
        [
            (-94, -300),
            (-70, -318),
            (-44, -296),
            (-16, -316),
            (14, -294),
            (44, -318),
            (70, -298),
            (94, -312),
        ],
        closed=False,
    )
    silver = pen.fill(
        [*foil, (94, -250), (-94, -250)],
        Linear(
            (-94, 0),
            (94, 0),
            (
                (0, (226, 222, 214)),
                (0.3, (250, 248, 242)),
                (0.5, (200, 196, 188)),
                (0.7, (245, 242, 236)),
                (1, (190, 186, 180)),
            ),
        ),
    )
    rim(pen, silver, opacity=0.6)
    paper = pen.fill(rectangle(-94, -272, 188, 272, 4), look.main)
    pen.fill(rectangle(-94, -272, 188, 8), DUSK, opacity=0.18, blur=3, inside=paper)
    label(pen.moved(0, -268), look, 188, 268, paper, look.main)
    pen.fill(
        paper,
        Linear(
            (-94, -272),
            (94, 0),
            (
                (0, clear(WHITE, 0.22)),
                (0.4, clear(WHITE, 0)),
                (0.41, clear(DUSK, 0)),
                (1, clear(DUSK, 0.18)),
            ),
        ),
    )
    rim(pen, paper, opacity=0.35)


def _slab(pen: Pen) -> None:
    """The chocolate that looks out: two rows of three pieces."""
    base = tone(0.36, 0.06, 45)
    slab = pen.fill(rectangle(-88, -410, 176, 180, 8), base)
    for row in range(2):
        for column in range(3):
            x, y = -84 + column * 57, -404 + row * 66
            stops = ((0, shade(base, 0.12)), (0.3, shade(base, 0.03)), (1, shade(base, -0.05)))
            pen.fill(
                rectangle(x, y, 53, 61, 6), Linear((x, y), (x + 53, y + 61), stops), inside=slab
            )
            pen.fill(rectangle(x + 10, y + 10, 33, 41, 4), shade(base, 0.02), inside=slab)
