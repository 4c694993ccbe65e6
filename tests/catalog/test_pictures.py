from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from catalog.pictures import Picture, draw_copies
from catalog.products import add_picture
from tests.make import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    buffer = BytesIO()
    Image.new(mode, (width, height), "orange").save(buffer, "PNG")
    return buffer.getvalue()


def test_square_copies_of_all_sizes_lie_beside_the_original() -> None:
    image = add_picture(make_product(), "nuts.png", png(1000, 600))
    assert image.image.name == "products/nuts.png"
    sizes = {}
    for size in (160, 400, 800):
        with default_storage.open(f"products/nuts.{size}.webp") as file, Image.open(file) as copy:
            sizes[size] = copy.size
    assert sizes == {160: (160, 160), 400: (400, 400), 800: (800, 800)}


def test_addresses_come_from_the_name_alone() -> None:
    picture = Picture("products/nuts.png")
    assert picture.original == "/media/products/nuts.png"
    assert picture.tiny == "/media/products/nuts.160.webp"
    assert picture.small == "/media/products/nuts.400.webp"
    assert picture.large == "/media/products/nuts.800.webp"


def test_pictures_of_a_product_keep_their_order() -> None:
    product = make_product()
    for name in ("a.png", "b.png"):
        add_picture(product, name, png(10, 10))
    assert [row.image.name for row in product.images.all()] == ["products/a.png", "products/b.png"]


def test_see_through_pictures_and_small_ones_work() -> None:
    copies = draw_copies(Image.open(BytesIO(png(30, 20, "RGBA"))))
    assert {Image.open(BytesIO(data)).size for data in copies.values()} == {
        (160, 160),
        (400, 400),
        (800, 800),
    }


def test_deleting_the_file_takes_the_copies_along() -> None:
    image = add_picture(make_product(), "nuts.png", png(10, 10))
    image.image.delete(save=False)
    assert default_storage.listdir("products") == ([], [])
