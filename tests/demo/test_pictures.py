"""The drawn pictures: the same every time, never empty, and quick enough for a first start."""

from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image, ImageStat

from catalog.pictures import SIZES
from shop.demo.drawing.board import Board, Linear, Mask
from shop.demo.drawing.colours import from_hex, measured, shade, tone
from shop.demo.drawing.motifs import MOTIFS, motif
from shop.demo.drawing.scenes import SCENES
from shop.demo.goods import product_plans, read_catalogue, tile_plan, window_plan
from shop.demo.pictures import KINDS, Plan, Thing, draw, draw_plans, finish

ALMONDS = Plan(
    "products/almond-1.jpg",
    (Thing("pouch", "#E3AE6B", "#7A4B2A", "almond", "ALMOND"),),
    "arch",
    62,
    loose="almond",
)


def liveliness(picture: Image.Image) -> float:
    """How much the brightness varies: an empty wall stays under 10."""
    return ImageStat.Stat(picture.convert("L")).stddev[0]


def test_a_picture_is_drawn_the_same_every_time() -> None:
    assert finish(ALMONDS) == finish(ALMONDS)


def test_processes_bring_back_what_one_process_draws_in_the_order_asked() -> None:
    plans = [ALMONDS, Plan("products/b.jpg", ALMONDS.things, "disc", 20)]
    assert list(draw_plans(plans, workers=2)) == [finish(plan) for plan in plans]


def test_a_picture_comes_with_its_copies() -> None:
    drawn = finish(ALMONDS)
    sizes = {size: Image.open(BytesIO(data)).size for size, data in drawn.copies.items()}
    assert Image.open(BytesIO(drawn.original)).size == (800, 800)
    assert sizes == {size: (size, size) for size in SIZES}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_thing_shows_whole(kind: str) -> None:
    """What is drawn over the edge is lost: the border keeps the colours of the bare scene."""
    scene = "flat" if KINDS[kind].lies else "sweep"
    things = (Thing(kind, "#20304A", "#B5653C", "almond+leaf", "WORD"),)
    picture = draw(Plan("x", things, scene, 62)).convert("L")
    assert liveliness(picture) > 12
    for edge in ((0, 0, 800, 6), (0, 0, 6, 800), (794, 0, 800, 800), (0, 794, 800, 800)):
        assert picture.crop(edge).getextrema()[0] > 150


@pytest.mark.parametrize("name", sorted(MOTIFS))
def test_every_motif_shows(name: str) -> None:
    board = Board(120, 120, (120, 120, 120))
    motif(board.pen.moved(60, 60), name)
    assert liveliness(board.image) > 3


def test_the_catalogue_names_only_what_can_be_drawn() -> None:
    plans = [window_plan()]
    for shelf in read_catalogue():
        plans.append(tile_plan(shelf))
        for position, entry in enumerate(shelf.products):
            plans.extend(product_plans(shelf, entry, position))
    drawable = {
        (plan.scene in SCENES, thing.draw in KINDS) for plan in plans for thing in plan.things
    }
    named = {
        name
        for plan in plans
        for text in (plan.loose, *(thing.motif for thing in plan.things if thing.draw != "ticket"))
        for name in text.split("+")
        if name
    }
    assert drawable == {(True, True)}
    assert named - set(MOTIFS) == set()
    assert len({plan.name for plan in plans}) == len(plans)
    assert {thing.draw for plan in plans for thing in plan.things} == set(KINDS)


def test_neighbours_on_a_shelf_stand_on_different_scenes() -> None:
    for shelf in read_catalogue():
        covers = [product_plans(shelf, entry, i)[0] for i, entry in enumerate(shelf.products)]
        for one, next_one in pairwise(covers):
            assert (one.scene, one.hue) != (next_one.scene, next_one.hue)


def test_the_wide_picture_is_calm_and_light_where_words_go() -> None:
    """Dark words must be readable on its left third, whatever the theme of the page."""
    words = draw(window_plan()).crop((0, 0, 640, 640)).convert("L")
    assert words.getextrema()[0] > 190
    assert liveliness(words) < 10


def test_tones_keep_their_hue_when_shaded() -> None:
    green = tone(0.6, 0.1, 150)
    for by in (-0.2, 0.2):
        light, _, hue = measured(shade(green, by))
        assert light == pytest.approx(0.6 + by, abs=0.02)
        assert hue == pytest.approx(150, abs=4)
    assert from_hex("#E3AE6B") == (227, 174, 107)


def test_masks_meet_and_part() -> None:
    board = Board(20, 20)
    one = board.pen.mask([(0, 0), (10, 0), (10, 10), (0, 10)])
    other = board.pen.mask([(5, 0), (15, 0), (15, 10), (5, 10)])
    assert covered(one & other) == pytest.approx(50, abs=12)
    assert covered(one - other) == pytest.approx(50, abs=12)


def test_a_gradient_ends_where_it_is_told() -> None:
    board = Board(100, 10, (255, 255, 255))
    whole = [(0.0, 0.0), (100, 0), (100, 10), (0, 10)]
    board.pen.fill(whole, Linear((20, 0), (80, 0), ((0, (0, 0, 0)), (1, (200, 200, 200)))))
    levels = [board.image.getpixel((x, 5))[0] for x in (5, 50, 95)]
    assert levels == [0, pytest.approx(100, abs=4), 200]


def covered(mask: Mask) -> float:
    return ImageStat.Stat(mask.image).sum[0] / 255
