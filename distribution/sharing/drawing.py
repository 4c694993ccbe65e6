"""What posters are drawn with: a sheet that knows where each text stands, pictures, prices.

Every text is given a box and stays in it; `Sheet.placed` says which box and where its ink is.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from base.money import round_cent
from distribution.sharing.lettering import Block, fit, font_of, legible, overhang_of, width_of

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]  # left, top, right, bottom

WHITE: Colour = (255, 255, 255)
INK: Colour = (28, 27, 26)
GREY: Colour = (107, 102, 96)
FAINT: Colour = (168, 162, 155)
LINE: Colour = (232, 226, 219)
ACCENT: Colour = (194, 65, 12)
EMBER: Colour = (139, 38, 8)
CREAM: Colour = (252, 245, 237)
PEACH: Colour = (253, 232, 219)

SMOOTH = 3  # round shapes are drawn larger and shrunk


@dataclass(frozen=True)
class Placed:
    """A text on the sheet: the box it was given, and the box of its ink."""

    text: str
    box: Box
    ink: Box


@dataclass
class Sheet:
    """A picture being drawn, and what was written on it."""

    image: Image.Image
    placed: list[Placed] = field(default_factory=list)

    @classmethod
    def blank(cls, width: int, height: int, colour: Colour = WHITE) -> "Sheet":
        return cls(Image.new("RGB", (width, height), colour))

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def write(
        self,
        text: str,
        at: tuple[int, int],
        width: int,
        *,
        size: int,
        smallest: int | None = None,
        lines: int = 1,
        weight: int = 400,
        colour: Colour = INK,
        centred: bool = False,
    ) -> int:
        """Write a text into a box that begins at `at`; the y below what was written."""
        block = fit(text, width, lines=lines, size=size, smallest=smallest, weight=weight)
        return self.set_block(block, at, width, colour=colour, centred=centred)

    def set_block(
        self,
        block: Block,
        at: tuple[int, int],
        width: int,
        *,
        colour: Colour = INK,
        centred: bool = False,
    ) -> int:
        x, y = at
        pen = self.pen
        for number, line in enumerate(block.lines):
            left = x + (width - width_of(line, block.font)) // 2 if centred else x
            left += overhang_of(block.font.getbbox(line, anchor="ls")[0])
            baseline = (left, y + block.rise + number * block.leading)
            pen.text(baseline, line, font=block.font, fill=colour, anchor="ls")
            ink = pen.textbbox(baseline, line, font=block.font, anchor="ls")
            box = (x, y, x + width, y + block.height)
            self.placed.append(Placed(line, box, tuple(round(edge) for edge in ink)))  # type: ignore[arg-type]  # four edges
        return y + block.height

    def write_price(
        self,
        amount: Decimal,
        at: tuple[int, int],
        width: int,
        *,
        size: int,
        colour: Colour = ACCENT,
        before: str = "",
        list_price: Decimal | None = None,
        after: str = "",
    ) -> int:
        """`¥` small, yuan large, 分 small, then the struck list price where it finds room. The
        whole shrinks until it fits. Returns the y below."""
        parts = _price_parts(amount, before, after)
        while size > 24 and _price_width(parts, size) > width:
            size -= 4
        x, (left, y) = at[0], at
        baseline = y + round(size * 0.98)
        for text, scale, weight in parts:
            font = font_of(_scaled(size, scale), weight)
            self._put(text, (x, baseline), font, colour, (left, y, left + width, y + size))
            x += width_of(text, font) + max(2, size // 24)
        if list_price is not None and list_price > amount:
            self._strike(list_price, (x + size // 4, baseline), left + width, size, y)
        return y + round(size * 1.2)

    def _put(
        self, text: str, at: tuple[int, int], font: "object", colour: Colour, box: Box
    ) -> None:
        pen = self.pen
        pen.text(at, text, font=font, fill=colour, anchor="ls")  # type: ignore[arg-type]  # a font of Pillow
        ink = pen.textbbox(at, text, font=font, anchor="ls")  # type: ignore[arg-type]  # as above
        left, top, right, bottom = box
        box = (left, top - 4, right, bottom + bottom - top)
        self.placed.append(Placed(text, box, tuple(round(edge) for edge in ink)))  # type: ignore[arg-type]  # four edges

    def _strike(
        self, amount: Decimal, at: tuple[int, int], right: int, size: int, top: int
    ) -> None:
        font = font_of(_scaled(size, 0.42), 400)
        text = f"¥{round_cent(amount):,.2f}"
        x, baseline = at
        width = width_of(text, font)
        if x + width > right:
            return
        self._put(text, at, font, FAINT, (x, top, right, top + size))
        middle = baseline - _scaled(size, 0.15)
        self.pen.line((x, middle, x + width, middle), fill=FAINT, width=max(2, size // 32))

    def paste(self, picture: Image.Image, at: tuple[int, int], radius: int = 0) -> None:
        """A picture with round corners."""
        mask = rounded_mask(picture.size, radius) if radius else None
        self.image.paste(picture, at, mask)

    def panel(self, box: Box, colour: Colour, radius: int = 0) -> None:
        left, top, right, bottom = box
        size = (right - left, bottom - top)
        if radius:
            self.image.paste(colour, (left, top), rounded_mask(size, radius))
        else:
            self.image.paste(colour, box)

    def avatar(
        self, name: str, at: tuple[int, int], side: int, colour: Colour, ink: Colour
    ) -> None:
        """A round sign with the first letter of a name."""
        x, y = at
        self.panel((x, y, x + side, y + side), colour, side // 2)
        letter = legible(name)[:1].upper()
        if letter:
            font = font_of(round(side * 0.48), 600)
            pen = self.pen
            pen.text((x + side // 2, y + side // 2), letter, font=font, fill=ink, anchor="mm")
            ink_box = pen.textbbox((x + side // 2, y + side // 2), letter, font=font, anchor="mm")
            box = (x, y, x + side, y + side)
            self.placed.append(Placed(letter, box, tuple(round(edge) for edge in ink_box)))  # type: ignore[arg-type]  # four edges

    def dashes(self, y: int, left: int, right: int, colour: Colour) -> None:
        for x in range(left, right, 20):
            self.pen.line((x, y, min(x + 10, right), y), fill=colour, width=2)


def _scaled(size: int, scale: float) -> int:
    return max(12, round(size * scale))


def _price_parts(amount: Decimal, before: str, after: str) -> list[tuple[str, float, int]]:
    """Texts with their share of the size and their weight."""
    whole, cents = f"{round_cent(amount):,.2f}".split(".")
    parts = [(before, 0.34, 500), ("¥", 0.46, 600), (whole, 1.0, 700), (f".{cents}", 0.46, 600)]
    return [part for part in [*parts, (after, 0.34, 500)] if part[0]]


def _price_width(parts: list[tuple[str, float, int]], size: int) -> int:
    gap = max(2, size // 24)
    widths = (width_of(text, font_of(_scaled(size, scale), w)) for text, scale, w in parts)
    return sum(widths) + gap * len(parts)


def rounded_mask(size: tuple[int, int], radius: int) -> Image.Image:
    """Corners smooth, the rest plain: only the corners are drawn larger and shrunk."""
    width, height = size
    radius = min(radius, width // 2, height // 2)
    mask = Image.new("L", size, 255)
    large = Image.new("L", (radius * 2 * SMOOTH, radius * 2 * SMOOTH), 0)
    ImageDraw.Draw(large).ellipse((0, 0, large.width - 1, large.height - 1), fill=255)
    disc = large.resize((radius * 2, radius * 2), Image.Resampling.LANCZOS)
    for x, left in ((0, 0), (width - radius, radius)):
        for y, top in ((0, 0), (height - radius, radius)):
            mask.paste(disc.crop((left, top, left + radius, top + radius)), (x, y))
    return mask


def covering(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture cut from its middle to fill a box."""
    return ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC)


def blurred(picture: Image.Image, width: int, height: int) -> Image.Image:
    """A soft ground of the picture's own colours: blurred small, then enlarged."""
    small = ImageOps.fit(picture, (max(1, width // 24), max(1, height // 24)))
    return small.filter(ImageFilter.GaussianBlur(4)).resize(
        (width, height), Image.Resampling.BICUBIC
    )


def fading(width: int, height: int, top: int, bottom: int) -> Image.Image:
    """A mask that goes from `top` to `bottom` (0 to 255) down its height."""
    ramp = Image.linear_gradient("L").resize((1, height), Image.Resampling.BICUBIC)
    return ramp.point([round(top + (bottom - top) * v / 255) for v in range(256)]).resize(
        (width, height)
    )


def gradient(width: int, height: int, above: Colour, below: Colour) -> Image.Image:
    ground = Image.new("RGB", (width, height), above)
    ground.paste(below, (0, 0), fading(width, height, 0, 255))
    return ground


def deep_tone(picture: Image.Image) -> Colour:
    """The picture's own colour, dark enough for white letters."""
    red, green, blue = picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]  # an RGB picture
    share = min(1.0, 52 / max(1.0, 0.3 * red + 0.59 * green + 0.11 * blue))
    return (round(red * share), round(green * share), round(blue * share))
