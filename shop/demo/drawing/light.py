"""Light and shadow: what makes flat shapes look like things on a table, lit from the upper left."""

from shop.demo.drawing.board import Linear, Mask, Pen, Points, Radial
from shop.demo.drawing.colours import WHITE, Colour, shade
from shop.demo.drawing.shapes import ellipse

DUSK: Colour = (58, 40, 44)  # a warm shadow, never plain black


def clear(colour: Colour, opacity: float) -> tuple[int, int, int, int]:
    """The colour at this opacity, for gradients."""
    return (*colour, round(opacity * 255))


def lit(
    pen: Pen, mask: Mask, left: float, right: float, *, force: float = 1.0, dark: Colour = DUSK
) -> None:
    """Make the printed face of `mask` look round between these x: a cylinder's light."""
    w, d = WHITE, dark
    pen.fill(
        mask,
        Linear(
            (left, 0),
            (right, 0),
            (
                (0.0, clear(d, 0.36 * force)),
                (0.07, clear(d, 0.20 * force)),
                (0.19, clear(d, 0.0)),
                (0.20, clear(w, 0.0)),
                (0.31, clear(w, 0.34 * force)),
                (0.42, clear(w, 0.10 * force)),
                (0.52, clear(w, 0.0)),
                (0.53, clear(d, 0.0)),
                (0.75, clear(d, 0.13 * force)),
                (0.93, clear(d, 0.40 * force)),
                (1.0, clear(d, 0.30 * force)),
            ),
        ),
    )


def fall(
    pen: Pen, mask: Mask, top: float, bottom: float, *, force: float = 1.0, dark: Colour = DUSK
) -> None:
    """Light from above: a little brighter at the top, darker towards the foot."""
    pen.fill(
        mask,
        Linear(
            (0, top),
            (0, bottom),
            (
                (0.0, clear(WHITE, 0.16 * force)),
                (0.35, clear(WHITE, 0.0)),
                (0.36, clear(dark, 0.0)),
                (1.0, clear(dark, 0.26 * force)),
            ),
        ),
    )


def gloss(
    pen: Pen, mask: Mask, x: float, top: float, bottom: float, width: float, *, opacity: float = 0.5
) -> None:
    """A bright strip, as glass and lacquer throw it back."""
    strip = [(x, top), (x + width, top), (x + width, bottom), (x, bottom)]
    paint = Linear(
        (0, top),
        (0, bottom),
        (
            (0, clear(WHITE, 0.55)),
            (0.15, clear(WHITE, 1)),
            (0.7, clear(WHITE, 0.8)),
            (1, clear(WHITE, 0.15)),
        ),
    )
    pen.fill(strip, paint, opacity=opacity, blur=width * 0.22, inside=mask)


def sphere(base: Colour, cx: float, cy: float, radius: float, *, depth: float = 0.26) -> Radial:
    """The paint of a ball."""
    return Radial(
        (cx - radius * 0.35, cy - radius * 0.4),
        radius * 2.0,
        radius * 2.0,
        (
            (0.0, shade(base, depth * 0.55)),
            (0.35, shade(base, depth * 0.12)),
            (0.75, shade(base, -depth * 0.6)),
            (1.0, shade(base, -depth)),
        ),
    )


def round_paint(base: Colour, left: float, right: float, *, depth: float = 0.2) -> Linear:
    """The paint of an upright cylinder of one colour between these x."""
    return Linear(
        (left, 0),
        (right, 0),
        (
            (0.0, shade(base, -depth * 0.95)),
            (0.10, shade(base, -depth * 0.4)),
            (0.30, shade(base, depth * 0.45)),
            (0.45, base),
            (0.75, shade(base, -depth * 0.55)),
            (0.94, shade(base, -depth * 1.15)),
            (1.0, shade(base, -depth * 0.85)),
        ),
    )


METAL: tuple[tuple[float, float], ...] = (
    (0.0, -0.30), (0.08, -0.08), (0.18, 0.10), (0.26, 0.16), (0.34, -0.05),
    (0.5, -0.16), (0.62, -0.02), (0.72, 0.08), (0.86, -0.18), (1.0, -0.30),
)  # fmt: skip


def metal_paint(base: Colour, left: float, right: float) -> Linear:
    """The paint of a polished metal cylinder."""
    return Linear((left, 0), (right, 0), tuple((t, shade(base, by)) for t, by in METAL))


def stand(
    pen: Pen, half: float, depth: float | None = None, *, x: float = 0.0, force: float = 1.0
) -> None:
    """The shadow where a thing of this half width meets the table at y = 0."""
    deep = depth or max(10.0, half * 0.16)
    pen.fill(
        ellipse(x + half * 0.28, deep * 0.25, half * 1.3, deep * 1.5),
        DUSK,
        opacity=0.17 * force,
        blur=20,
    )
    pen.fill(
        ellipse(x + half * 0.08, 0, half * 1.05, deep * 0.9), DUSK, opacity=0.30 * force, blur=8
    )
    pen.fill(ellipse(x, -1, half * 0.98, deep * 0.45), DUSK, opacity=0.42 * force, blur=3)


def cast(pen: Pen, outline: Points, *, opacity: float = 0.2) -> None:
    """The long soft shadow of an outline that stands at y = 0, thrown to the back right."""
    height = -min(y for _, y in outline)
    thrown = [(x - y * 0.62, y * 0.24) for x, y in outline]
    paint = Linear(
        (0, 0),
        (height * 0.62, -height * 0.24),
        ((0, clear(DUSK, opacity * 1.4)), (1, clear(DUSK, opacity * 0.25))),
    )
    pen.fill(thrown, paint, blur=11)


def rim(pen: Pen, mask: Mask, *, opacity: float = 0.5, width: float = 2.2) -> None:
    """A thin light edge on the upper left of a shape."""
    shifted = Mask(
        mask.x + max(1, round(width * pen.size)),
        mask.y + max(1, round(width * pen.size)),
        mask.image,
    )
    edge = mask - shifted
    pen.fill(edge, WHITE, opacity=opacity, blur=0.8)


def lower_rim(
    pen: Pen, mask: Mask, dark: Colour = DUSK, *, opacity: float = 0.35, width: float = 3.0
) -> None:
    """A soft dark edge on the lower right of a shape."""
    by = max(1, round(width * pen.size))
    edge = mask - Mask(mask.x - by, mask.y - by, mask.image)
    pen.fill(edge, dark, opacity=opacity, blur=width * 0.8, inside=mask)


def lie(pen: Pen, outline: Points, lift: float = 6) -> None:
    """The small shadow of a thing that lies there."""
    pen.moved(lift * 0.8, lift).fill(outline, DUSK, opacity=0.26, blur=5)


def solid(pen: Pen, outline: Points, base: Colour, depth: float = 0.14) -> Mask:
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    return pen.fill(
        outline,
        Linear(
            (min(xs), min(ys)),
            (max(xs), max(ys)),
            ((0, shade(base, depth * 0.7)), (0.45, base), (1, shade(base, -depth))),
        ),
    )
