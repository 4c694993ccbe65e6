"""What is printed on packs: the house's mark, a word, and art from motifs."""

from dataclasses import dataclass

from shop.demo.drawing.board import Mask, Pen
from shop.demo.drawing.colours import Colour, mix, shade, tone
from shop.demo.drawing.motifs import motif
from shop.demo.drawing.shapes import ellipse, rectangle, smooth

PAPER: Colour = tone(0.965, 0.012, 85)


@dataclass(frozen=True)
class Look:
    """What tells one good from another of its kind."""

    main: Colour
    accent: Colour
    motif: str = ""
    word: str = ""
    style: str = ""

    @property
    def motifs(self) -> list[str]:
        return self.motif.split("+") if self.motif else []


def ink_on(ground: Colour) -> Colour:
    """A colour to print on `ground`: readable and of the same family."""
    return shade(ground, -0.48) if sum(ground) > 420 else PAPER


def brand(
    pen: Pen, at: tuple[float, float], size: float, ink: Colour, inside: Mask | None = None
) -> None:
    """The house's mark: a roof over the name."""
    x, y = at
    roof = [
        (x - size * 0.55, y - size * 0.75),
        (x, y - size * 1.25),
        (x + size * 0.55, y - size * 0.75),
    ]
    pen.line(roof, size * 0.14, ink, inside=inside)
    pen.text("LINLI", (x, y), size, ink, spacing=0.34, inside=inside)


def label(pen: Pen, look: Look, width: float, height: float, mask: Mask, ground: Colour) -> None:
    """Print a label's art from (-width/2, 0) down to (width/2, height) on `ground`."""
    ink = ink_on(ground)
    word_size = min(34.0, width / max(4, len(look.word)) * 1.15)
    if look.style == "block":
        _block(pen, look, width, height, mask)
    elif look.style == "sun":
        _sun(pen, look, width, height, mask)
    elif look.style == "wave":
        _wave(pen, look, width, height, mask)
    elif look.style == "plain":
        pen.fill(rectangle(-width * 0.09, height * 0.44, width * 0.18, 3), look.accent, inside=mask)
    else:
        _posy(pen, look, width, height, mask)
    brand(pen, (0, height * 0.13), min(19.0, width * 0.085), ink, mask)
    pen.text(look.word, (0, height * 0.29), word_size, ink, spacing=0.10, inside=mask)


def _posy(pen: Pen, look: Look, width: float, height: float, mask: Mask) -> None:
    """A few motifs together in the lower half."""
    names = look.motifs
    size = min(width * 0.46, height * 0.36)
    for i, (x, y, turn, part) in enumerate(
        (
            (-0.46, 0.76, -38, 0.82),
            (0.48, 0.74, 34, 0.82),
            (0.20, 0.60, 12, 0.72),
            (-0.22, 0.58, -14, 0.72),
            (0.0, 0.80, 4, 1.0),
        )
    ):
        if names:
            at = pen.moved(x * size, y * height).turned(turn).scaled(size / 100 * part)
            motif(at, names[i % len(names)], inside=mask)


def _block(pen: Pen, look: Look, width: float, height: float, mask: Mask) -> None:
    """The foot in the second colour, a motif across the edge."""
    pen.fill(rectangle(-width, height * 0.62, width * 2, height), look.accent, inside=mask)
    for i, (x, turn) in enumerate(((-0.27, -24), (0.27, 20), (0.0, 0))):
        if look.motifs:
            at = (
                pen.moved(x * width, height * (0.66 if x else 0.62))
                .turned(turn)
                .scaled(width / 100 * (0.34 if x else 0.42))
            )
            motif(at, look.motifs[i % len(look.motifs)], inside=mask)


def _sun(pen: Pen, look: Look, width: float, height: float, mask: Mask) -> None:
    """A disc of the second colour with one motif in it."""
    radius = min(width * 0.36, height * 0.24)
    pen.fill(ellipse(0, height * 0.68, radius), look.accent, inside=mask)
    if look.motifs:
        motif(
            pen.moved(0, height * 0.68).scaled(radius / 62).turned(-12), look.motifs[0], inside=mask
        )


def _wave(pen: Pen, look: Look, width: float, height: float, mask: Mask) -> None:
    """Two hills of the second colour."""
    w, h = width, height
    far = smooth(
        [(-w, h * 0.62), (-w * 0.4, h * 0.50), (0, h * 0.60), (w * 0.4, h * 0.66), (w, h * 0.52)],
        closed=False,
    )
    near = smooth(
        [
            (-w, h * 0.70),
            (-w * 0.3, h * 0.76),
            (w * 0.15, h * 0.68),
            (w * 0.5, h * 0.62),
            (w, h * 0.74),
        ],
        closed=False,
    )
    pen.fill([*far, (w, h * 2), (-w, h * 2)], mix(look.accent, look.main, 0.45), inside=mask)
    pen.fill([*near, (w, h * 2), (-w, h * 2)], look.accent, inside=mask)
    for i, (x, y, turn) in enumerate(((-0.22, 0.66, -18), (0.24, 0.60, 24))):
        if look.motifs:
            at = pen.moved(x * w, y * h).turned(turn).scaled(w / 100 * 0.36)
            motif(at, look.motifs[i % len(look.motifs)], inside=mask)
