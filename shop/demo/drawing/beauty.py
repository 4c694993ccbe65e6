"""Things from the bathroom shelf and the make-up bag. Each stands on the origin."""

from shop.demo.drawing.board import Linear, Pen, Radial
from shop.demo.drawing.colours import GOLD, STEEL, WHITE, mix, shade
from shop.demo.drawing.labels import PAPER, Look, brand, ink_on, label
from shop.demo.drawing.light import (
    DUSK,
    cast,
    clear,
    gloss,
    lit,
    lower_rim,
    metal_paint,
    rim,
    round_paint,
    stand,
)
from shop.demo.drawing.motifs import motif
from shop.demo.drawing.shapes import arc, barrel, ellipse, mirrored, rectangle, rounded, smooth


def serum(pen: Pen, look: Look) -> None:
    """A dropper bottle of tinted glass."""
    body = mirrored([(36, -270, 6), (40, -256, 14), (92, -222, 46), (92, -2, 26)])
    cast(pen, [*mirrored([(34, -400), (34, -270)]), *body], opacity=0.16)
    stand(pen, 88)
    mask = pen.fill(body, look.main)
    pen.fill(
        mask,
        Radial(
            (-20, -110),
            120,
            170,
            ((0, clear(shade(look.main, 0.14), 0.9)), (1, clear(shade(look.main, -0.10), 0.5))),
        ),
    )
    pen.fill(rectangle(-3, -270, 6, 220, 3), WHITE, opacity=0.30, blur=1, inside=mask)
    pen.fill(
        [*arc(0, -204, 92, 8, 0, 180), (-92, -260), (92, -260)], WHITE, opacity=0.16, inside=mask
    )
    tag = pen.fill(rectangle(-66, -182, 132, 140, 3), PAPER, inside=mask)
    small = pen.moved(0, -182)
    brand(small, (0, 36), 14, shade(look.accent, -0.16), tag)
    small.text(
        look.word,
        (0, 66),
        min(23, 120 / max(4, len(look.word)) * 1.1),
        shade(look.accent, -0.2),
        spacing=0.12,
    )
    small.fill(rectangle(-16, 86, 32, 2), look.accent)
    if look.motif:
        motif(small.moved(0, 110).scaled(0.36), look.motifs[0], inside=tag)
    lit(pen, mask, -92, 92, force=0.75)
    gloss(pen, mask, -78, -206, -24, 12, opacity=0.7)
    gloss(pen, mask, 70, -200, -40, 6, opacity=0.45)
    lower_rim(pen, mask)
    pen.fill(barrel(41, -306, -262, 6), metal_paint(GOLD, -41, 41))
    rubber = mirrored([(12, -398, 12), (20, -384, 12), (22, -330, 8), (30, -318, 6), (32, -306, 2)])
    pen.fill(rubber, round_paint(look.accent, -32, 32))
    gloss(pen, pen.mask(rubber), -13, -388, -326, 6, opacity=0.4)


def cream(pen: Pen, look: Look) -> None:
    """A heavy glass jar with a wide lid."""
    body = mirrored([(148, -140, 10), (152, -128, 20), (140, -2, 46)])
    cast(pen, [*mirrored([(150, -220), (150, -140)]), *body])
    stand(pen, 132, 22)
    mask = pen.fill(body, mix(look.main, WHITE, 0.35))
    inner = pen.fill(
        mirrored([(126, -140, 4), (122, -26, 46)]), round_paint(look.main, -126, 126, depth=0.12)
    )
    brand(pen, (0, -86), 17, ink_on(look.main), inner)
    pen.text(look.word, (0, -56), 23, ink_on(look.main), spacing=0.14, inside=inner)
    lit(pen, mask, -152, 152, force=0.7)
    gloss(pen, mask, -134, -128, -26, 14, opacity=0.75)
    gloss(pen, mask, 122, -126, -36, 8, opacity=0.5)
    pen.fill(rectangle(-120, -20, 240, 9, 4), WHITE, opacity=0.4, blur=4, inside=mask)
    lid = barrel(156, -222, -138, 22)
    pen.moved(0, 8).fill(lid, DUSK, opacity=0.28, blur=5, inside=mask)
    cover = pen.fill(lid, round_paint(look.accent, -156, 156, depth=0.17))
    gloss(pen, cover, -124, -212, -124, 20, opacity=0.35)
    pen.fill(
        ellipse(0, -222, 156, 22),
        Linear(
            (-156, -240),
            (156, -205),
            ((0, shade(look.accent, 0.10)), (1, shade(look.accent, -0.02))),
        ),
    )
    pen.line(arc(0, -138, 156, 22, 4, 176), 3, GOLD, opacity=0.9)


def tube(pen: Pen, look: Look) -> None:
    """A tube standing on its cap."""
    body = rounded([(-104, -400), (104, -400), (70, -66), (-70, -66)], [3, 3, 8, 8])
    cast(pen, [*body[:4], (60, 0), (-60, 0)])
    stand(pen, 62)
    mask = pen.fill(body, look.main)
    label(pen.moved(0, -352), look, 170, 280, mask, look.main)
    pen.fill(
        mask,
        Linear(
            (-100, 0),
            (100, 0),
            (
                (0, clear(DUSK, 0.26)),
                (0.16, clear(DUSK, 0)),
                (0.2, clear(WHITE, 0.0)),
                (0.32, clear(WHITE, 0.32)),
                (0.46, clear(WHITE, 0)),
                (0.6, clear(DUSK, 0)),
                (1, clear(DUSK, 0.36)),
            ),
        ),
    )
    pen.fill(
        [(-104, -372), (104, -372), (30, -90), (-20, -90)],
        WHITE,
        opacity=0.10,
        blur=12,
        inside=mask,
    )
    pen.fill(rectangle(-110, -402, 220, 26), WHITE, opacity=0.20, inside=mask)
    for i in range(12):
        pen.fill(rectangle(-100 + i * 17.4, -400, 2, 22), DUSK, opacity=0.10, inside=mask)
    cap = pen.fill(barrel(66, -72, -4, 8), round_paint(look.accent, -66, 66))
    gloss(pen, cap, -48, -66, -8, 9, opacity=0.4)
    pen.fill(rectangle(-72, -76, 144, 5), DUSK, opacity=0.2, blur=2, inside=mask)


def balm_tube(pen: Pen, look: Look) -> None:
    """A crimped metal tube lying at a slant, its cap beside the foot."""
    stand(pen, 74)
    body = [
        *smooth([(-96, -384), (-92, -250), (-78, -90), (-64, -58)], closed=False),
        *smooth([(64, -58), (78, -90), (92, -250), (96, -384)], closed=False),
    ]
    cast(pen, [*body, (40, 0), (-40, 0)])
    mask = pen.fill(body, look.main)
    label(pen.moved(0, -340), look, 160, 262, mask, look.main)
    lit(pen, mask, -96, 96, force=0.9)
    for x, y, turn in ((-44, -270, 14), (36, -220, -18), (-30, -130, 24), (40, -110, 8)):
        dent = pen.moved(x, y).turned(turn)
        dent.fill(ellipse(0, 0, 4, 52), WHITE, opacity=0.32, blur=5, inside=mask)
        dent.moved(9, 4).fill(ellipse(0, 0, 4, 48), DUSK, opacity=0.22, blur=5, inside=mask)
    crimp = pen.fill(rectangle(-100, -408, 200, 34, 3), metal_paint(STEEL, -100, 100))
    pen.fill(rectangle(-100, -392, 200, 3), DUSK, opacity=0.3, blur=1, inside=crimp)
    pen.fill(barrel(50, -62, -4, 7), round_paint(look.accent, -50, 50))
    for i in range(-4, 5):
        pen.fill(rectangle(i * 11 - 1, -58, 2, 52), DUSK, opacity=0.16, blur=0.8)


def pump(pen: Pen, look: Look) -> None:
    """A round bottle with a pump."""
    body = mirrored([(40, -300, 6), (104, -272, 54), (104, -2, 24)])
    neck = [(-12, -396), (12, -396), (12, -300), (-12, -300)]
    cast(pen, [*neck, *body])
    stand(pen, 98)
    pen.fill(rectangle(-9, -372, 18, 74), metal_paint(STEEL, -9, 9))
    head = rounded(
        [(-92, -404), (34, -404), (38, -370), (-58, -372), (-70, -352), (-92, -354)],
        [6, 10, 8, 6, 4, 4],
    )
    top = pen.fill(
        head,
        Linear(
            (0, -404), (0, -352), ((0, shade(look.accent, 0.10)), (1, shade(look.accent, -0.09)))
        ),
    )
    rim(pen, top, opacity=0.45)
    pen.fill(barrel(44, -326, -284, 6), round_paint(look.accent, -44, 44))
    mask = pen.fill(body, look.main)
    if look.style == "clear":
        pen.fill(
            mask,
            Radial(
                (-24, -130),
                150,
                200,
                ((0, clear(shade(look.main, 0.13), 0.9)), (1, clear(shade(look.main, -0.1), 0.6))),
            ),
        )
        tag = pen.fill(rectangle(-70, -212, 140, 160, 4), PAPER, inside=mask)
        label(
            pen.moved(0, -206),
            Look(PAPER, look.accent, look.motif, look.word),
            140,
            158,
            tag,
            PAPER,
        )
    else:
        label(pen.moved(0, -258), look, 200, 258, mask, look.main)
    lit(pen, mask, -104, 104)
    gloss(pen, mask, -84, -236, -28, 11, opacity=0.5)
    lower_rim(pen, mask)


def foam(pen: Pen, look: Look) -> None:
    """A baby's or a hand's wash: a soft bottle with a foaming head."""
    body = mirrored([(58, -276, 14), (96, -250, 44), (112, -120, 60), (98, -2, 30)])
    cast(pen, [*mirrored([(50, -380), (56, -276)]), *body])
    stand(pen, 94)
    mask = pen.fill(body, look.main)
    label(pen.moved(0, -240), look, 190, 240, mask, look.main)
    lit(pen, mask, -112, 112, force=0.85)
    gloss(pen, mask, -88, -214, -40, 12, opacity=0.45)
    pen.fill(
        mirrored([(48, -322, 8), (60, -300, 8), (60, -268, 4)]),
        round_paint(PAPER, -60, 60, depth=0.13),
    )
    head = rounded(
        [(-78, -372), (30, -384), (46, -352), (44, -318), (-40, -318), (-46, -342), (-80, -348)],
        [8, 16, 10, 6, 6, 6, 6],
    )
    top = pen.fill(
        head,
        Linear(
            (-40, -384), (30, -318), ((0, shade(look.accent, 0.09)), (1, shade(look.accent, -0.08)))
        ),
    )
    rim(pen, top, opacity=0.5)


def spray(pen: Pen, look: Look) -> None:
    """Scent in a square flacon."""
    body = rounded([(-106, -250), (106, -250), (106, 0), (-106, 0)], 22)
    cast(pen, [(-40, -360), (40, -360), *body], opacity=0.15)
    stand(pen, 104)
    mask = pen.fill(body, mix(look.main, WHITE, 0.55))
    juice = rounded([(-86, -214), (86, -214), (86, -24), (-86, -24)], 12)
    pen.fill(
        juice,
        Linear(
            (-86, -214),
            (86, -24),
            ((0, shade(look.main, 0.09)), (0.5, look.main), (1, shade(look.main, -0.08))),
        ),
    )
    pen.fill(rectangle(-2, -214, 4, 180), WHITE, opacity=0.35, blur=1)
    brand(pen, (0, -128), 18, ink_on(look.main), mask)
    pen.text(look.word, (0, -92), 24, ink_on(look.main), spacing=0.22)
    pen.fill([(-86, -214), (10, -214), (-86, -60)], WHITE, opacity=0.22, blur=3, inside=mask)
    gloss(pen, mask, -100, -236, -16, 10, opacity=0.8)
    gloss(pen, mask, 92, -236, -16, 7, opacity=0.6)
    pen.fill(rectangle(-96, -16, 192, 7, 3), WHITE, opacity=0.6, blur=2, inside=mask)
    rim(pen, mask, opacity=0.7)
    lower_rim(pen, mask, opacity=0.3)
    pen.fill(barrel(30, -272, -246, 4), metal_paint(GOLD, -30, 30))
    cap = pen.fill(barrel(46, -366, -270, 8), round_paint(look.accent, -46, 46))
    gloss(pen, cap, -30, -360, -276, 8, opacity=0.45)
    pen.fill(ellipse(0, -366, 46, 8), shade(look.accent, 0.09))


def mist(pen: Pen, look: Look) -> None:
    """A slender bottle under a clear cap."""
    body = mirrored([(64, -282, 14), (70, -270, 12), (70, -2, 22)])
    cast(pen, [*mirrored([(58, -400), (58, -290)]), *body], opacity=0.17)
    stand(pen, 68)
    mask = pen.fill(body, look.main)
    label(pen.moved(0, -262), look, 134, 262, mask, look.main)
    lit(pen, mask, -70, 70, force=0.9)
    gloss(pen, mask, -54, -256, -24, 9, opacity=0.6)
    lower_rim(pen, mask)
    pen.fill(
        mirrored([(16, -352, 5), (22, -330, 4), (24, -292)]), round_paint(look.accent, -24, 24)
    )
    pen.fill(barrel(40, -306, -284, 5), metal_paint(GOLD, -40, 40))
    cap = pen.fill(mirrored([(56, -402, 12), (58, -288, 2)]), WHITE, opacity=0.34)
    gloss(pen, cap, -46, -392, -296, 9, opacity=0.8)
    gloss(pen, cap, 40, -390, -300, 5, opacity=0.6)
    rim(pen, cap, opacity=0.6)
