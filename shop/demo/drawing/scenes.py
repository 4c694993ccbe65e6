"""Where the goods stand: a wall, a table, and soft window light."""

import math
import random
from collections.abc import Callable

from shop.demo.drawing.board import Board, Linear, Pen, Radial, Stops
from shop.demo.drawing.colours import WHITE, Colour, shade
from shop.demo.drawing.light import DUSK, cast, clear, round_paint, stand
from shop.demo.drawing.shapes import arc, ellipse, rectangle, smooth

FLOOR = 640  # where things stand, on a board 800 high


def sweep(board: Board, ground: Colour) -> Pen:
    """A seamless paper background."""
    _wall(board, ground)
    _table(board, ground, 560)
    return board.pen.moved(400, FLOOR + 14)


def arch(board: Board, ground: Colour) -> Pen:
    """A niche with a round top behind the goods."""
    _wall(board, ground)
    pen = board.pen.moved(400, FLOOR - 34)
    niche = [*arc(0, -300, 236, 236, 180, 360), (236, 0), (-236, 0)]
    mask = pen.fill(
        niche,
        Linear((-236, -536), (236, 0), ((0, shade(ground, -0.12)), (1, shade(ground, -0.015)))),
    )
    pen.fill(
        [*arc(22, -290, 250, 250, 180, 360), (260, 0), (-228, 0)],
        shade(ground, -0.04),
        blur=16,
        opacity=0.75,
        inside=mask,
    )
    _table(board, ground, FLOOR - 34, crisp=True)
    return board.pen.moved(400, FLOOR + 26)


def disc(board: Board, ground: Colour) -> Pen:
    """A large pale sun on the wall."""
    _wall(board, ground)
    pen = board.pen.moved(400, 350)
    pen.fill(
        ellipse(0, 0, 258),
        Linear((-180, -200), (180, 220), ((0, shade(ground, 0.05)), (1, shade(ground, -0.085)))),
    )
    _table(board, ground, FLOOR - 44, crisp=True)
    return board.pen.moved(400, FLOOR + 20)


def plinth(board: Board, ground: Colour) -> Pen:
    """A low round stand."""
    _wall(board, ground)
    _table(board, ground, 520)
    pen = board.pen.moved(400, FLOOR + 62)
    stand(pen.moved(0, 8), 262, 44)
    stone = shade(ground, 0.02)
    body = [*arc(0, -78, 258, 44, 180, 360), *arc(0, 0, 258, 44, 0, 180)]
    pen.fill(body, round_paint(shade(ground, -0.045), -258, 258, depth=0.13))
    top = pen.fill(
        ellipse(0, -78, 258, 44),
        Linear((-258, -100), (258, -50), ((0, shade(stone, 0.05)), (1, shade(stone, -0.03)))),
    )
    pen.fill(ellipse(0, -76, 254, 41), WHITE, opacity=0.10, inside=top)
    return board.pen.moved(400, FLOOR - 12)


def steps(board: Board, ground: Colour) -> Pen:
    """Two blocks of the wall's colour, one behind the other."""
    _wall(board, ground)
    _table(board, ground, 520)
    back = board.pen.moved(520, FLOOR - 28)
    block = rectangle(-150, -330, 300, 330, 6)
    cast(back, block, opacity=0.14)
    stand(back, 150, 14, force=0.6)
    back.fill(
        block,
        Linear((-150, -330), (150, 0), ((0, shade(ground, 0.035)), (1, shade(ground, -0.055)))),
    )
    ball = board.pen.moved(196, FLOOR - 30)
    stand(ball, 44, 12, force=0.7)
    ball.fill(
        ellipse(0, -46, 46),
        Radial(
            (-16, -64),
            76,
            76,
            ((0, shade(ground, 0.06)), (0.5, shade(ground, -0.02)), (1, shade(ground, -0.16))),
        ),
    )
    return board.pen.moved(400, FLOOR + 26)


def window(board: Board, ground: Colour) -> Pen:
    """Morning light through a window, with the shadow of a branch."""
    _wall(board, ground)
    _table(board, ground, FLOOR - 50, crisp=True)
    pen = board.pen.moved(330, 60).slanted(-0.28)
    light = shade(ground, 0.055)
    for column in range(2):
        for row in range(2):
            pane = rectangle(column * 196, row * 248, 182, 234)
            pen.fill(pane, light, opacity=0.75, blur=7)
    branch(board, 0.10)
    return board.pen.moved(400, FLOOR + 22)


def branch(
    board: Board, opacity: float, *, x: float = 800, y: float = 40, turn: float = 152
) -> None:
    """The soft shadow of a twig that reaches in from the side."""
    pen = board.pen.moved(x, y).turned(turn)
    rng = random.Random(3)
    for i in range(9):
        side = 1 if i % 2 else -1
        leaf = pen.moved(40 + i * 38, math.sin(i * 0.6) * 16).turned(
            side * (38 + rng.uniform(-9, 9))
        )
        length = 128 - i * 7
        leaf.fill(
            smooth([(0, 0), (length * 0.4, -17), (length, 0), (length * 0.4, 17)]),
            DUSK,
            opacity=opacity,
            blur=6,
        )


def flat(board: Board, ground: Colour) -> Pen:
    """Seen straight from above; the origin is the middle."""
    corner = (board.image.width, board.image.height)
    board.wash(Linear((0, 0), corner, ((0, shade(ground, 0.03)), (1, shade(ground, -0.05)))))
    branch(board, 0.07, x=820, y=20, turn=150)
    return board.pen.moved(400, 400)


def shelf(board: Board, ground: Colour) -> Pen:
    """A wide shop window: calm on the left, a low sun and an arch behind the goods on the right."""
    width, height = board.image.size
    _wall(board, ground)
    pen = board.pen.moved(width * 0.74, height - 120)
    niche = [*arc(130, -250, 190, 190, 180, 360), (320, 0), (-60, 0)]
    pen.fill(
        niche, Linear((-60, -440), (320, 0), ((0, shade(ground, -0.10)), (1, shade(ground, -0.01))))
    )
    pen.fill(
        ellipse(-130, -210, 216),
        Linear((-300, -400), (40, 0), ((0, shade(ground, 0.055)), (1, shade(ground, -0.06)))),
    )
    _table(board, ground, height - 120, crisp=True)
    branch(board, 0.08, x=width, y=10, turn=156)
    return board.pen


def _wall(board: Board, ground: Colour) -> None:
    width, height = board.image.size
    stops = ((0, shade(ground, 0.03)), (1, shade(ground, -0.035)))
    board.wash(Linear((0, 0), (width * 0.35, height), stops))
    glow = ((0, clear(WHITE, 0.34)), (0.6, clear(WHITE, 0.08)), (1, clear(WHITE, 0.0)))
    board.wash(Radial((width * 0.42, height * 0.42), width * 0.62, height * 0.62, glow))


def _table(board: Board, ground: Colour, top: int, *, crisp: bool = False) -> None:
    width, height = board.image.size
    near = shade(ground, 0.025)
    if crisp:
        stops: Stops = ((0, shade(ground, -0.02)), (0.25, shade(ground, 0.01)), (1, near))
        board.wash(Linear((0, top), (0, height), stops), top)
        board.pen.fill(rectangle(0, top - 6, width, 8), DUSK, opacity=0.05, blur=4)
        return
    stops = (
        (0, clear(near, 0)),
        (0.45, clear(shade(ground, -0.03), 0.6)),
        (0.75, near),
        (1, shade(near, 0.01)),
    )
    board.wash(Linear((0, top - 90), (0, height), stops), top - 90)


SCENES: dict[str, Callable[[Board, Colour], Pen]] = {
    "sweep": sweep,
    "arch": arch,
    "disc": disc,
    "plinth": plinth,
    "steps": steps,
    "window": window,
    "flat": flat,
    "shelf": shelf,
}
