"""Small things of nature: printed on packs, strewn on tables, seen through windows of bags.

Each draws around the origin, about 100 units across, lit from the upper left.
"""

import math
import random
from collections.abc import Callable, Sequence
from functools import lru_cache

from PIL import Image

from shop.demo.drawing import fruit, nuts, plants
from shop.demo.drawing.board import Board, Mask, Pen, Points

MOTIFS: dict[str, Callable[[Pen], None]] = {
    "almond": nuts.almond,
    "cashew": nuts.cashew,
    "hazelnut": nuts.hazelnut,
    "walnut": nuts.walnut,
    "macadamia": nuts.macadamia,
    "pistachio": nuts.pistachio,
    "bean": nuts.bean,
    "sesame": nuts.sesame,
    "wheat": nuts.wheat,
    "chocolate": nuts.chocolate,
    "blueberry": fruit.blueberry,
    "cranberry": fruit.cranberry,
    "strawberry": fruit.strawberry,
    "orange": fruit.orange,
    "lemon": fruit.lemon,
    "mango": fruit.mango,
    "chili": fruit.chili,
    "olive": fruit.olive,
    "tangerine": fruit.tangerine,
    "leaf": plants.leaf,
    "tea": plants.tea,
    "jasmine": plants.jasmine,
    "rose": plants.rose,
    "lavender": plants.lavender,
    "drop": plants.drop,
    "star": plants.star,
    "seaweed": plants.seaweed,
    "cotton": plants.cotton,
    "bubble": plants.bubble,
}

SHEET = 150  # units across a motif with its shadow


@lru_cache(maxsize=128)
def _sheet(name: str, pixels: int) -> Image.Image:
    """The motif on a transparent sheet of this size: drawn once, laid many times."""
    board = Board(pixels, pixels)
    MOTIFS[name](board.pen.moved(pixels / 2, pixels / 2).scaled(pixels / SHEET))
    return board.image


def motif(pen: Pen, name: str, *, inside: Mask | None = None) -> None:
    """Draw one motif around the origin."""
    wanted = pen.size * SHEET
    pixels = next(size for size in (40, 80, 150, 300, 600) if size >= wanted or size == 600)
    pen.stamp(_sheet(name, pixels), SHEET, inside=inside)


def strew(
    pen: Pen,
    names: Sequence[str],
    spots: Sequence[tuple[float, float, float]],
    seed: int,
    inside: Mask | None = None,
) -> None:
    """Lay motifs at (x, y, size), each turned its own way."""
    rng = random.Random(seed)
    for i, (x, y, size) in enumerate(spots):
        motif(
            pen.moved(x, y).turned(rng.uniform(0, 360)).scaled(size / 100),
            names[i % len(names)],
            inside=inside,
        )


def heap(
    pen: Pen,
    names: Sequence[str],
    outline: Points,
    size: float,
    seed: int,
    inside: Mask | None = None,
) -> None:
    """Fill the box around an outline with motifs, the near ones in front; without a name, none."""
    if not names:
        return
    rng = random.Random(seed)
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    step = size * 0.55
    columns = max(1, math.ceil((max(xs) - min(xs)) / step))
    rows = max(1, math.ceil((max(ys) - min(ys)) / step))
    for row in range(rows + 1):
        for column in range(columns + 1):
            x = min(xs) + (max(xs) - min(xs)) * column / columns + rng.uniform(-0.3, 0.3) * step
            y = min(ys) + (max(ys) - min(ys)) * row / rows + rng.uniform(-0.25, 0.25) * step
            at = (
                pen.moved(x, y)
                .turned(rng.uniform(0, 360))
                .scaled(size / 100 * rng.uniform(0.9, 1.1))
            )
            motif(at, names[rng.randrange(len(names))], inside=inside)
