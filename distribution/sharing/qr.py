"""QR codes of links: dark on white with their quiet zone, whatever the page around them."""

from io import BytesIO

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathFillImage

MODULE_PIXELS = 16  # a link makes about 33 modules: over 600 pixels, sharp in print as well
QUIET_MODULES = 4


def qr_png(text: str) -> bytes:
    return _bytes(_code(text).make_image(image_factory=PilImage))


def qr_svg(text: str) -> bytes:
    return _bytes(_code(text).make_image(image_factory=SvgPathFillImage))


def qr_picture(text: str, side: int) -> Image.Image:
    """The code in a white square of `side` pixels, its squares all of the same whole size. The
    light ground it is put on adds to its quiet zone."""
    code = _code(text)
    code.border = QUIET_MODULES // 2
    modules = len(code.get_matrix())  # with the quiet zone
    code.box_size = max(1, side // modules)
    drawn = code.make_image(image_factory=PilImage).get_image().convert("RGB")
    square = Image.new("RGB", (side, side), "white")
    square.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    return square


def _code(text: str) -> qrcode.QRCode:
    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M, box_size=MODULE_PIXELS, border=QUIET_MODULES
    )
    code.add_data(text)
    return code


def _bytes(image: PilImage | SvgPathFillImage) -> bytes:
    stream = BytesIO()
    image.save(stream)
    return stream.getvalue()
