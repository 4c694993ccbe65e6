"""QR codes: what a decoder reads back is the link."""

import re
from io import BytesIO
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from distribution.sharing.qr import qr_png, qr_svg

LINKS = [
    "http://127.0.0.1:8000/r/9H9EYTM/",
    "https://shop.example.com/en/r/ABCDEFGH/",
    "https://一家很长名字的商城.example/r/ABCDEFGH/?" + "x" * 80,
]
SVG = "{http://www.w3.org/2000/svg}"


def read(image: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(image)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def draw(svg: bytes, scale: int = 8) -> Image.Image:
    """The picture an SVG of squares makes: its ground, and one path of closed polygons."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own, not from outside
    side = round(float(root.attrib["viewBox"].split()[2]) * scale)
    ground, path = root.find(f"{SVG}rect"), root.find(f"{SVG}path")
    assert ground is not None and ground.attrib["fill"] == "white"
    assert path is not None
    image = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(image)
    for square in path.attrib["d"].split("z"):
        numbers = [float(number) * scale for number in re.findall(r"[\d.]+", square)]
        if numbers:
            x, y, right, bottom, *_back = numbers
            pen.rectangle((round(x), round(y), round(right) - 1, round(bottom) - 1), fill=0)
    return image


@pytest.mark.parametrize("link", LINKS)
def test_a_decoder_reads_the_png(link: str) -> None:
    image = Image.open(BytesIO(qr_png(link)))
    assert image.format == "PNG"
    assert min(image.size) >= 500, "sharp enough for print"
    assert read(image.convert("L")) == link


@pytest.mark.parametrize("link", LINKS)
def test_a_decoder_reads_the_svg(link: str) -> None:
    assert read(draw(qr_svg(link))) == link


def test_it_is_still_read_small_and_on_a_dark_page() -> None:
    """160 pixels wide on black: the quiet zone is part of the picture."""
    code = Image.open(BytesIO(qr_png(LINKS[0]))).convert("L").resize((160, 160))
    page = Image.new("L", (400, 400), 0)
    page.paste(code, (120, 120))
    assert read(page) == LINKS[0]
