"""The pictures of the demo shop: a plan of colours and things in, a finished photograph out.

Nothing here touches the database. Drawing is shared among processes; each brings back a picture
as the files to store, so that the filler only writes them.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from multiprocessing import get_context
from zlib import crc32

from PIL import Image

from catalog.pictures import draw_copies
from shop.demo.drawing import (
    beauty,
    gadgets,
    home,
    jars,
    kids,
    kitchen,
    makeup,
    packs,
    pantry,
    promises,
)
from shop.demo.drawing.board import Board, Pen
from shop.demo.drawing.colours import Colour, from_hex, measured, tone
from shop.demo.drawing.labels import Look
from shop.demo.drawing.motifs import strew
from shop.demo.drawing.scenes import SCENES

SIDE = 800
QUALITY = 88


@dataclass(frozen=True)
class Kind:
    """How to draw a kind of thing, how large it draws itself, and whether it lies on its back."""

    draw: Callable[[Pen, Look], None]
    width: float
    height: float
    lies: bool = False
    rise: float = 0.0  # how far above the origin the middle of a lying thing is, downwards positive


KINDS = {
    # Packs
    "pouch": Kind(packs.pouch, 316, 430),
    "sack": Kind(packs.sack, 330, 414),
    "sachet": Kind(packs.sachet, 184, 262),
    "carton": Kind(packs.carton, 318, 362),
    "flatbox": Kind(packs.flatbox, 430, 272),
    "slimbox": Kind(packs.slimbox, 258, 410),
    "gable": Kind(packs.gable, 256, 424),
    "tin": Kind(jars.tin, 224, 372),
    "low_tin": Kind(jars.low_tin, 360, 226),
    "canister": Kind(jars.canister, 246, 396),
    "honey_jar": Kind(jars.honey_jar, 266, 356),
    "can": Kind(jars.can, 158, 368),
    "bar": Kind(packs.bar, 220, 418),
    # Beauty
    "serum": Kind(beauty.serum, 186, 400),
    "cream": Kind(beauty.cream, 312, 246),
    "tube": Kind(beauty.tube, 208, 404),
    "balm_tube": Kind(beauty.balm_tube, 200, 408),
    "pump": Kind(beauty.pump, 210, 406),
    "foam": Kind(beauty.foam, 224, 384),
    "spray": Kind(beauty.spray, 214, 374),
    "mist": Kind(beauty.mist, 140, 404),
    "lipstick": Kind(makeup.lipstick, 250, 392),
    "compact": Kind(makeup.compact, 318, 372),
    "palette": Kind(makeup.palette, 430, 430, lies=True, rise=-150),
    "swatch": Kind(makeup.swatch, 450, 420, lies=True),
    # Home
    "tissues": Kind(home.tissues, 388, 306),
    "tub": Kind(home.tub, 300, 300),
    "towels": Kind(home.towels, 372, 270),
    "toothbrushes": Kind(home.toothbrushes, 300, 410),
    "mug": Kind(kitchen.mug, 330, 232),
    "bowls": Kind(kitchen.bowls, 400, 220),
    "bowlful": Kind(kitchen.bowlful, 524, 524, lies=True),
    "flask": Kind(kitchen.flask, 200, 424),
    "candle": Kind(home.candle, 240, 330),
    "diffuser": Kind(home.diffuser, 220, 420),
    "basket": Kind(home.basket, 350, 290),
    "umbrella": Kind(home.umbrella, 470, 420),
    "slippers": Kind(home.slippers, 360, 400, lies=True, rise=-160),
    "oil": Kind(kitchen.oil, 160, 432),
    "noodles": Kind(kitchen.noodles, 440, 160),
    "teapot": Kind(kitchen.teapot, 440, 280),
    # Babies
    "diapers": Kind(kids.diapers, 366, 374),
    "bunny": Kind(kids.bunny, 240, 450),
    "wipes": Kind(kids.wipes, 410, 178),
    "feeding": Kind(kids.feeding, 180, 400),
    "blocks": Kind(kids.blocks, 390, 330),
    "bodysuit": Kind(kids.bodysuit, 370, 400, lies=True),
    "plate": Kind(kids.plate, 450, 420, lies=True),
    "rings": Kind(kids.balls, 284, 340),
    # Gadgets and promises
    "charger": Kind(gadgets.charger, 270, 316),
    "cable": Kind(gadgets.cable, 460, 640, lies=True, rise=-100),
    "powerbank": Kind(gadgets.powerbank, 250, 352),
    "earbuds": Kind(gadgets.earbuds, 300, 292),
    "phone": Kind(promises.phone, 196, 400),
    "phone_stand": Kind(gadgets.phone_stand, 272, 410),
    "phone_case": Kind(gadgets.phone_case, 240, 404),
    "speaker": Kind(gadgets.speaker, 400, 226),
    "lamp": Kind(gadgets.lamp, 354, 366),
    "mouse": Kind(gadgets.mouse, 590, 390, lies=True),
    "card": Kind(promises.card, 450, 330),
    "ticket": Kind(promises.ticket, 450, 300),
    # Pantry
    "cookies": Kind(pantry.cookies, 370, 290),
    "crisps": Kind(pantry.crisps, 500, 250, lies=True),
    "tea_cake": Kind(pantry.tea_cake, 400, 390),
    "tangerines": Kind(pantry.tangerines, 400, 180),
    "capsules": Kind(pantry.capsules, 410, 190),
    "cup": Kind(pantry.cup, 210, 380),
    "scoop": Kind(pantry.scoop, 540, 420, lies=True),
    "honey": Kind(pantry.honey, 500, 500, lies=True),
}

# Wide things would look cramped at the full height, tall ones at the full width.
WIDEST, TALLEST = 530.0, 500.0
LOW_SCENES = {"plinth": 430.0}


@dataclass(frozen=True)
class Thing:
    """One good as the plan names it; colours are hexadecimal."""

    draw: str
    main: str
    accent: str = "#ffffff"
    motif: str = ""
    word: str = ""
    style: str = ""

    @property
    def kind(self) -> Kind:
        return KINDS[self.draw]

    @property
    def look(self) -> Look:
        return Look(from_hex(self.main), from_hex(self.accent), self.motif, self.word, self.style)


@dataclass(frozen=True)
class Plan:
    """One picture: things side by side on a scene, the hue of the ground, motifs strewn before them."""

    name: str
    things: tuple[Thing, ...]
    scene: str
    hue: float
    light: float = 0.905
    loose: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Drawn:
    """A finished picture: the original's name, and every file by its ending."""

    name: str
    original: bytes
    copies: dict[int, bytes] = field(repr=False)


def draw_plans(plans: Sequence[Plan], workers: int | None = None) -> Iterator[Drawn]:
    """Draw the plans in several processes, in the order given."""
    count = min(len(plans), workers or os.cpu_count() or 1)
    if count <= 1:
        yield from map(finish, plans)
        return
    # A fresh interpreter each: a forked one would share the database connection.
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield from pool.map(finish, plans, chunksize=max(1, len(plans) // (count * 8)))


def finish(plan: Plan) -> Drawn:
    """Draw one plan and press it into files."""
    picture = draw(plan)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return Drawn(plan.name, buffer.getvalue(), {} if plan.wide else draw_copies(picture))


def draw(plan: Plan) -> Image.Image:
    if plan.wide:
        return _wide(plan)
    board = Board(SIDE, SIDE, from_hex("#ffffff"))
    pen = SCENES[plan.scene](board, ground_of(plan))
    if len(plan.things) == 1:
        _one(pen, plan)
    elif len({thing.draw for thing in plan.things}) > 1:
        _group(pen, plan)
    else:
        _several(pen, plan)
    _strew(pen, plan)
    board.grain()
    return board.image


def ground_of(plan: Plan) -> Colour:
    """The wall's colour; a thing of nearly the same lightness gets a darker wall to stand out."""
    light, strength, _ = measured(from_hex(plan.things[0].main))
    pale = light > 0.9 and strength < 0.04 and not plan.wide
    return tone(plan.light - (0.03 if pale else 0.0), 0.042 if pale else 0.037, plan.hue)


def _one(pen: Pen, plan: Plan) -> None:
    thing = plan.things[0]
    scale = min(WIDEST / thing.kind.width, LOW_SCENES.get(plan.scene, TALLEST) / thing.kind.height)
    if thing.kind.lies:
        scale = min(620 / thing.kind.width, 620 / thing.kind.height)
        pen = pen.moved(0, -thing.kind.rise * scale)
    thing.kind.draw(pen.scaled(min(scale, 2.0)), thing.look)


def _several(pen: Pen, plan: Plan) -> None:
    """Side by side at one scale, close together, every second one a step nearer."""
    kinds = [thing.kind for thing in plan.things]
    close = 0.96 if len(kinds) < 4 else 0.78
    width = sum(kind.width for kind in kinds) * close
    scale = min(660 / width, 440 / max(kind.height for kind in kinds), 1.7)
    edge = -width * scale / 2
    spots = []
    for i, (thing, kind) in enumerate(zip(plan.things, kinds, strict=True)):
        step = kind.width * scale * close
        spots.append((i % 2 * 34.0 - 10, edge + step / 2, thing))
        edge += step
    for near, x, thing in sorted(spots, key=lambda spot: spot[0]):
        thing.kind.draw(pen.moved(x, near).scaled(scale), thing.look)


# A group for a tile: x, how far to the front, and the square each thing has to fit into.
GROUP = ((-150.0, -30.0, 450.0), (176.0, -22.0, 430.0), (4.0, 76.0, 330.0))


def _group(pen: Pen, plan: Plan) -> None:
    """Three different things as one heap of goods, readable when it is small."""
    for (x, near, side), thing in zip(GROUP, plan.things, strict=True):
        scale = min(side / thing.kind.width, side / thing.kind.height)
        thing.kind.draw(pen.moved(x, near).scaled(scale), thing.look)


def _strew(pen: Pen, plan: Plan) -> None:
    """A handful of what it is made of, before it on the table or around it."""
    names = plan.loose.split("+") if plan.loose else []
    if not names:
        return
    if plan.scene == "flat":
        spots = [(-318.0, 262.0, 92.0), (-266, 318, 74), (300, 296, 84), (-322, -268, 70)]
    else:
        spots = [(-236.0, 52.0, 82.0), (-176, 84, 70), (226, 62, 78), (-292, 92, 62), (172, 96, 64)]
        if plan.scene == "plinth":
            spots = [(x * 1.22, y + 50, size) for x, y, size in spots]
    strew(pen, names, spots, crc32(plan.name.encode()))


# Where things stand in the wide picture: x, how far to the back, and their size; far ones first.
WINDOW = (
    (960.0, 64.0, 0.86),
    (1196.0, 70.0, 0.98),
    (1428.0, 58.0, 0.82),
    (838.0, 22.0, 0.66),
    (1072.0, 6.0, 0.62),
    (1318.0, 10.0, 0.64),
)


def _wide(plan: Plan) -> Image.Image:
    """The shop window: goods together on the right, a calm wall on the left for words."""
    width, height = 1600, 640
    board = Board(width, height, from_hex("#ffffff"))
    SCENES["shelf"](board, ground_of(plan))
    floor = board.pen.moved(0, height - 92)
    for (x, back, size), thing in zip(WINDOW, plan.things, strict=True):
        scale = min(400 / thing.kind.height, 330 / thing.kind.width) * size
        thing.kind.draw(floor.moved(x, -back).scaled(scale), thing.look)
    _strew(floor.moved(1150, -22).scaled(0.86), plan)
    board.grain()
    return board.image
