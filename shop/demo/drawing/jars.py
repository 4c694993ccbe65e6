"""Tins, jars and cans. Each stands on the origin, about 400 units high."""

from shop.demo.drawing.board import Linear, Mask, Pen, Radial
from shop.demo.drawing.colours import WHITE, Colour, mix, shade, tone
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
from shop.demo.drawing.motifs import heap, motif
from shop.demo.drawing.shapes import barrel, ellipse, mirrored, rectangle, rounded, smooth


# --- Tins and jars -----------------------------------------------------------------------------
def tin(pen: Pen, look: Look) -> None:
    """A tall caddy with a pressed lid."""
    body = barrel(108, -300, -2, 20)
    lid = barrel(112, -352, -282, 21)
    cast(pen, barrel(110, -350, -2, 20))
    stand(pen, 108)
    mask = pen.fill(body, look.main)
    label(pen.moved(0, -264), look, 206, 264, mask, look.main)
    lit(pen, mask, -108, 108)
    lower_rim(pen, mask)
    pen.moved(0, 7).fill(lid, DUSK, opacity=0.35, blur=4, inside=mask)
    pen.fill(lid, metal_paint(look.accent, -112, 112))
    pen.fill(
        ellipse(0, -352, 112, 21),
        Linear(
            (-112, -370),
            (112, -335),
            (
                (0, shade(look.accent, 0.16)),
                (0.5, shade(look.accent, 0.03)),
                (1, shade(look.accent, 0.12)),
            ),
        ),
    )
    pen.fill(
        ellipse(0, -351, 98, 17),
        Linear(
            (-98, -366), (98, -336), ((0, shade(look.accent, -0.05)), (1, shade(look.accent, 0.10)))
        ),
    )


def low_tin(pen: Pen, look: Look) -> None:
    """A wide round tin: biscuits, balm."""
    body = barrel(176, -118, -2, 40)
    cast(pen, barrel(176, -150, -2, 40))
    stand(pen, 176, 34)
    mask = pen.fill(body, look.main)
    lit(pen, mask, -176, 176, force=0.9)
    lid = pen.fill(barrel(180, -156, -74, 41), look.accent)
    lit(pen, lid, -180, 180)
    pen.fill(
        smooth([(-180, -74), (-120, -46), (0, -33), (120, -46), (180, -74)], closed=False)
        + [(180, -68), (0, -25), (-180, -68)],
        DUSK,
        opacity=0.3,
        blur=3,
        inside=mask,
    )
    face = pen.fill(
        ellipse(0, -156, 180, 41),
        Linear(
            (-180, -190),
            (180, -120),
            ((0, shade(look.accent, 0.10)), (1, shade(look.accent, -0.04))),
        ),
    )
    art = pen.moved(0, -156).scaled(1, 41 / 180)
    art.fill(ellipse(0, 0, 146), shade(look.main, 0.02), inside=face)
    for i in range(6):
        if look.motifs:
            motif(
                art.turned(i * 60).moved(0, -92).scaled(0.8),
                look.motifs[i % len(look.motifs)],
                inside=face,
            )
    pen.text("LINLI", (0, -156), 19, ink_on(look.main), spacing=0.3)
    brand(pen, (0, -42), 15, ink_on(look.accent))


def canister(pen: Pen, look: Look) -> None:
    """A clear jar with a lid, filled with motifs; its label in the second colour."""
    body = mirrored([(96, -330, 26), (122, -296, 34), (122, -2, 34)])
    cast(pen, body, opacity=0.16)
    stand(pen, 116)
    mask = pen.fill(body, mix(look.main, WHITE, 0.25))
    inner = pen.mask(mirrored([(94, -286, 26), (112, -270, 30), (112, -12, 28)]))
    pen.fill(inner, shade(look.main, -0.12))
    heap(pen, look.motifs, rectangle(-100, -262, 200, 244), 62, 4, inside=inner)
    _glass(pen, mask, 122)
    pen.fill(rectangle(-76, -216, 152, 140, 8), DUSK, opacity=0.22, blur=5, inside=mask)
    paper = pen.fill(rectangle(-76, -220, 152, 140, 8), PAPER)
    small = pen.moved(0, -218)
    brand(small, (0, 42), 15, shade(look.accent, -0.2), paper)
    small.text(
        look.word,
        (0, 78),
        min(26, 150 / max(4, len(look.word)) * 1.1),
        shade(look.accent, -0.2),
        spacing=0.1,
    )
    small.fill(rectangle(-76, 112, 152, 40), look.accent, inside=paper)
    lit(pen, paper, -110, 120, force=0.5)
    _cap(pen, look.accent, 104, -384, -324)


def honey_jar(pen: Pen, look: Look) -> None:
    """A glass of something golden, or red, with a paper label."""
    body = mirrored([(92, -292, 20), (132, -248, 44), (132, -2, 44)])
    cast(pen, body, opacity=0.16)
    stand(pen, 122)
    mask = pen.fill(body, mix(look.main, WHITE, 0.35))
    inner = pen.mask(mirrored([(88, -262, 20), (122, -234, 38), (122, -12, 36)]))
    pen.fill(
        inner,
        Radial(
            (-30, -150),
            190,
            230,
            (
                (0, shade(look.main, 0.13)),
                (0.45, look.main),
                (0.85, shade(look.main, -0.14)),
                (1, shade(look.main, -0.2)),
            ),
        ),
    )
    if look.style == "chunks":
        heap(pen, look.motifs, rectangle(-112, -250, 224, 230), 46, 9, inside=inner)
        pen.fill(inner, look.main, opacity=0.45)
    _glass(pen, mask, 132)
    tag = pen.fill(rounded([(-88, -206), (88, -206), (88, -66), (-88, -66)], 10), PAPER)
    small = pen.moved(0, -206)
    brand(small, (0, 40), 15, shade(look.accent, -0.12), tag)
    small.text(
        look.word,
        (0, 72),
        min(26, 168 / max(4, len(look.word)) * 1.1),
        shade(look.accent, -0.12),
        spacing=0.1,
    )
    if look.motifs:
        motif(small.moved(0, 108).scaled(0.42), look.motifs[0], inside=tag)
    lit(pen, tag, -130, 140, force=0.55)
    _cap(pen, look.accent, 100, -344, -286)


def _glass(pen: Pen, mask: Mask, half: float) -> None:
    """What glass adds: darker edges, bright lines."""
    pen.fill(
        mask,
        Linear(
            (-half, 0),
            (half, 0),
            (
                (0, clear(DUSK, 0.26)),
                (0.07, clear(DUSK, 0.04)),
                (0.5, clear(DUSK, 0.0)),
                (0.92, clear(DUSK, 0.10)),
                (1, clear(DUSK, 0.34)),
            ),
        ),
    )
    gloss(pen, mask, -half * 0.84, -262, -36, half * 0.14, opacity=0.62)
    gloss(pen, mask, half * 0.80, -250, -60, half * 0.06, opacity=0.45)
    rim(pen, mask, opacity=0.5)
    lower_rim(pen, mask, opacity=0.25)


def _cap(pen: Pen, colour: Colour, half: float, top: float, bottom: float) -> None:
    """A screw lid with fine ribs."""
    lid = pen.fill(barrel(half, top, bottom, half * 0.14), round_paint(colour, -half, half))
    for i in range(-9, 10):
        x = half * 0.985 * (1 - (1 - abs(i) / 9.6) ** 1.7) * (1 if i > 0 else -1)
        pen.fill(
            rectangle(x - 1, top + 16, 2, bottom - top), DUSK, opacity=0.12, blur=0.8, inside=lid
        )
    pen.fill(
        ellipse(0, top, half, half * 0.14),
        Linear((-half, 0), (half, 0), ((0, shade(colour, 0.10)), (1, shade(colour, 0.0)))),
    )


def can(pen: Pen, look: Look) -> None:
    """A slim drink can."""
    body = mirrored([(62, -362, 10), (78, -336, 16), (78, -22, 16), (62, 0, 10)])
    cast(pen, body)
    stand(pen, 66)
    mask = pen.fill(body, look.main)
    label(pen.moved(0, -316), look, 150, 300, mask, look.main)
    pen.fill(rectangle(-90, -366, 180, 22), tone(0.86, 0.005, 250), inside=mask)
    pen.fill(rectangle(-90, -16, 180, 22), tone(0.80, 0.005, 250), inside=mask)
    lit(pen, mask, -78, 78, force=1.15)
    gloss(pen, mask, -52, -326, -30, 9, opacity=0.5)
    pen.fill(
        ellipse(0, -362, 62, 11),
        Linear(
            (-62, 0), (62, 0), ((0, (210, 212, 216)), (0.4, (250, 250, 250)), (1, (168, 170, 176)))
        ),
    )
    pen.fill(
        ellipse(0, -360, 52, 8),
        Linear((-52, 0), (52, 0), ((0, (150, 152, 158)), (1, (205, 206, 210)))),
    )
