"""A drawing board on Pillow: shapes are lists of points, edges are smooth, light is gradients.

A `Pen` draws in its own coordinates (moved, scaled, turned) on a `Board` of real pixels. Shapes
become masks at four times the resolution and are averaged down; colour is laid on at the final
size, which keeps a picture of a hundred strokes within a fraction of a second.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from shop.demo.drawing.colours import Colour

Point = tuple[float, float]
Points = Sequence[Point]
Stops = tuple[tuple[float, tuple[int, ...]], ...]
# Turns points of the board into points of the fine sheet a mask is drawn on.
Placer = Callable[[Points], list[Point]]
Matrix = tuple[float, float, float, float, float, float]

FINE = 4  # masks are drawn this much larger
MARGIN = 80  # pixels beyond the edge that a blur may still draw from


@dataclass(frozen=True)
class Linear:
    """Colours along the line from `start` to `end`; a fourth component is opacity."""

    start: Point
    end: Point
    stops: Stops


@dataclass(frozen=True)
class Radial:
    """Colours from the centre (0) to the ellipse with these radii (1) and beyond."""

    centre: Point
    rx: float
    ry: float
    stops: Stops


Paint = Colour | Linear | Radial


@dataclass(frozen=True)
class Mask:
    """How much of each pixel a shape covers, from the pixel (x, y) on."""

    x: int
    y: int
    image: Image.Image

    def __and__(self, other: "Mask") -> "Mask":
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.image.width, other.x + other.image.width)
        bottom = min(self.y + self.image.height, other.y + other.image.height)
        if right <= left or bottom <= top:
            return Mask(left, top, Image.new("L", (1, 1)))
        mine = self.image.crop((left - self.x, top - self.y, right - self.x, bottom - self.y))
        its = other.image.crop((left - other.x, top - other.y, right - other.x, bottom - other.y))
        return Mask(left, top, ImageChops.multiply(mine, its))

    def __sub__(self, other: "Mask") -> "Mask":
        hole = Image.new("L", self.image.size)
        hole.paste(other.image, (other.x - self.x, other.y - self.y))
        return Mask(self.x, self.y, ImageChops.subtract(self.image, hole))

    def blurred(self, radius: float) -> "Mask":
        """Softened; a wide blur is worked out at a smaller size."""
        pad = math.ceil(radius * 2.6)
        step = 1 if radius < 4 else 2 if radius < 10 else 4
        width, height = (-(-(side + 2 * pad) // step) * step for side in self.image.size)
        wide = Image.new("L", (width, height))
        wide.paste(self.image, (pad, pad))
        small = wide.reduce(step) if step > 1 else wide
        soft = small.filter(ImageFilter.GaussianBlur(radius / step))
        if step > 1:
            soft = soft.resize(wide.size, Image.Resampling.BICUBIC)
        return Mask(self.x - pad, self.y - pad, soft)

    def faded(self, opacity: float) -> "Mask":
        return Mask(self.x, self.y, self.image.point(_dimmer(opacity)))


@lru_cache(maxsize=256)
def _dimmer(opacity: float) -> list[int]:
    return [round(v * opacity) for v in range(256)]


class Board:
    """The picture being drawn; without a ground it is a transparent sheet."""

    def __init__(self, width: int, height: int, ground: Colour | None = None) -> None:
        self.image = (
            Image.new("RGBA", (width, height))
            if ground is None
            else Image.new("RGB", (width, height), ground)
        )
        self.pen = Pen(self)

    def lay(self, mask: Mask, paint: Paint, back: Matrix) -> None:
        """Lay `paint` through `mask`; `back` leads from pixels to the paint's own coordinates."""
        left, top = max(mask.x, 0), max(mask.y, 0)
        right = min(mask.x + mask.image.width, self.image.width)
        bottom = min(mask.y + mask.image.height, self.image.height)
        if right <= left or bottom <= top:
            return
        cover = mask.image.crop((left - mask.x, top - mask.y, right - mask.x, bottom - mask.y))
        if isinstance(paint, tuple):
            patch = Image.new("RGB", cover.size, paint)
        else:
            patch = _patch(paint, back, (left, top, right, bottom))
        self.put(patch, left, top, cover)

    def put(self, patch: Image.Image, left: int, top: int, cover: Image.Image) -> None:
        """Lay ready pixels through `cover`, which is as large."""
        if patch.mode == "RGBA":
            cover = ImageChops.multiply(cover, patch.getchannel("A"))
            patch = patch.convert("RGB")
        if self.image.mode == "RGBA":
            patch.putalpha(cover)
            self.image.alpha_composite(patch, (left, top))
        else:
            self.image.paste(patch, (left, top), cover)

    def wash(self, paint: Paint, top: int = 0) -> None:
        """Lay `paint` over the whole width, from `top` down: no edges, so no fine mask."""
        area = Image.new("L", (self.image.width, self.image.height - top), 255)
        self.lay(Mask(0, top, area), paint, self.pen.matrix)

    def grain(self, strength: int = 3) -> None:
        """A breath of film grain: it hides the steps of long gradients."""
        speck = _noise(*self.image.size).point([v * (2 * strength + 1) // 256 for v in range(256)])
        self.image = ImageChops.add(self.image, Image.merge("RGB", [speck] * 3), 1, -strength)


@lru_cache(maxsize=4)
def _noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("L", (width, height), random.Random(7).randbytes(width * height))


@dataclass(frozen=True)
class Pen:
    """Draws on a board in its own coordinates."""

    board: Board
    matrix: Matrix = (1, 0, 0, 0, 1, 0)

    def moved(self, dx: float, dy: float) -> "Pen":
        return self._then((1, 0, dx, 0, 1, dy))

    def scaled(self, sx: float, sy: float | None = None) -> "Pen":
        return self._then((sx, 0, 0, 0, sx if sy is None else sy, 0))

    def turned(self, degrees: float) -> "Pen":
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return self._then((cos, -sin, 0, sin, cos, 0))

    def slanted(self, right: float, down: float = 0.0) -> "Pen":
        """x also moves y down by `down`, y also moves x right by `right`."""
        return self._then((1, right, 0, down, 1, 0))

    def _then(self, inner: Matrix) -> "Pen":
        a, b, c, d, e, f = self.matrix
        g, h, i, j, k, m = inner
        combined = (
            a * g + b * j, a * h + b * k, a * i + b * m + c,
            d * g + e * j, d * h + e * k, d * i + e * m + f,
        )  # fmt: skip
        return replace(self, matrix=combined)

    @property
    def size(self) -> float:
        """Pixels per unit."""
        a, b, _, d, e, _ = self.matrix
        return math.sqrt(abs(a * e - b * d))

    def place(self, point: Point) -> Point:
        a, b, c, d, e, f = self.matrix
        x, y = point
        return a * x + b * y + c, d * x + e * y + f

    @property
    def _back(self) -> Matrix:
        a, b, c, d, e, f = self.matrix
        det = a * e - b * d
        return e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det

    def mask(self, outline: Points) -> Mask:
        """The area inside the outline."""
        placed = [self.place(point) for point in outline]

        def area(draw: ImageDraw.ImageDraw, at: Placer) -> None:
            draw.polygon(at(placed), fill=255)

        return self._drawn([x for x, _ in placed], [y for _, y in placed], area)

    def stroke(self, points: Points, width: float) -> Mask:
        """A line of this width with round ends."""
        placed = [self.place(point) for point in points]
        half = width * self.size / 2
        xs = [x + side for x, _ in placed for side in (-half, half)]
        ys = [y + side for _, y in placed for side in (-half, half)]

        def line(draw: ImageDraw.ImageDraw, at: Placer) -> None:
            spots = at(placed)
            draw.line(spots, fill=255, width=max(1, round(2 * half * FINE)), joint="curve")
            for x, y in (spots[0], spots[-1]):
                r = half * FINE
                draw.ellipse((x - r, y - r, x + r, y + r), fill=255)

        return self._drawn(xs, ys, line)

    def _drawn(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        act: Callable[[ImageDraw.ImageDraw, Placer], None],
    ) -> Mask:
        """Draw at the fine resolution what lies between these pixels, and average it down."""
        width, height = self.board.image.size
        left = max(math.floor(min(xs)) - 1, -MARGIN)
        top = max(math.floor(min(ys)) - 1, -MARGIN)
        right = min(math.ceil(max(xs)) + 1, width + MARGIN)
        bottom = min(math.ceil(max(ys)) + 1, height + MARGIN)
        if right <= left or bottom <= top:
            return Mask(left, top, Image.new("L", (1, 1)))
        large = Image.new("L", ((right - left) * FINE, (bottom - top) * FINE))
        act(
            ImageDraw.Draw(large),
            lambda points: [((x - left) * FINE, (y - top) * FINE) for x, y in points],
        )
        return Mask(left, top, large.reduce(FINE))

    def fill(
        self,
        shape: Points | Mask,
        paint: Paint,
        *,
        opacity: float = 1.0,
        blur: float = 0.0,
        inside: Mask | None = None,
    ) -> Mask:
        """Colour a shape, softened by `blur`, only `inside` another. Returns the shape's mask."""
        mask = shape if isinstance(shape, Mask) else self.mask(shape)
        cover = mask.blurred(blur * self.size) if blur else mask
        if inside is not None:
            cover = cover & inside
        if opacity < 1:
            cover = cover.faded(opacity)
        self.board.lay(cover, paint, self._back)
        return mask

    def line(
        self,
        points: Points,
        width: float,
        paint: Paint,
        *,
        opacity: float = 1.0,
        blur: float = 0.0,
        inside: Mask | None = None,
    ) -> Mask:
        return self.fill(
            self.stroke(points, width), paint, opacity=opacity, blur=blur, inside=inside
        )

    def stamp(self, sheet: Image.Image, units: float, *, inside: Mask | None = None) -> None:
        """Lay a transparent square sheet, `units` wide, around the origin."""
        half = units / 2
        corners = [
            self.place(point)
            for point in ((-half, -half), (half, -half), (half, half), (-half, half))
        ]
        left = max(math.floor(min(x for x, _ in corners)), 0)
        top = max(math.floor(min(y for _, y in corners)), 0)
        right = min(math.ceil(max(x for x, _ in corners)), self.board.image.width)
        bottom = min(math.ceil(max(y for _, y in corners)), self.board.image.height)
        if right <= left or bottom <= top:
            return
        a, b, c, d, e, f = self._back
        k = sheet.width / units
        data = (
            a * k, b * k, (c + a * left + b * top + half) * k,
            d * k, e * k, (f + d * left + e * top + half) * k,
        )  # fmt: skip
        patch = sheet.transform(
            (right - left, bottom - top), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
        )
        cover = Mask(left, top, Image.new("L", patch.size, 255))
        if inside is not None:
            covered = Mask(left, top, Image.new("L", patch.size))
            covered.image.paste(inside.image, (inside.x - left, inside.y - top))
            cover = covered
        self.board.put(patch, left, top, cover.image)

    def text(
        self,
        words: str,
        at: Point,
        size: float,
        paint: Paint,
        *,
        spacing: float = 0.0,
        opacity: float = 1.0,
        inside: Mask | None = None,
    ) -> None:
        """Latin letters centred on `at`, in the face that Pillow brings along."""
        scale = self.size * FINE
        font = ImageFont.load_default(max(4.0, size * scale))
        gap = spacing * size * scale
        widths = [font.getlength(letter) for letter in words]
        line = Image.new(
            "L", (math.ceil(sum(widths) + gap * len(words)) + 8, math.ceil(size * scale * 1.5))
        )
        draw, x = ImageDraw.Draw(line), 4.0
        for letter, width in zip(words, widths, strict=True):
            draw.text((x, line.height / 2), letter, fill=255, font=font, anchor="lm")
            x += width + gap
        angle = math.degrees(math.atan2(self.matrix[3], self.matrix[0]))
        if abs(angle) > 0.1:
            line = line.rotate(-angle, Image.Resampling.BICUBIC, expand=True)
        small = line.reduce(FINE)
        cx, cy = self.place(at)
        mask = Mask(
            round(cx - small.width / 2 + gap / 2 / FINE), round(cy - small.height / 2), small
        )
        self.fill(mask, paint, opacity=opacity, inside=inside)


def _patch(paint: Linear | Radial, back: Matrix, box: tuple[int, int, int, int]) -> Image.Image:
    left, top, right, bottom = box
    size = (right - left, bottom - top)
    a, b, c, d, e, f = back
    c, f = c + a * (left + 0.5) + b * (top + 0.5), f + d * (left + 0.5) + e * (top + 0.5)
    if isinstance(paint, Radial):
        sx, sy = 128 / paint.rx, 128 / paint.ry
        cx, cy = paint.centre
        data = (
            a * sx, b * sx, (c - cx) * sx + 128 - (a + b) * sx / 2,
            d * sy, e * sy, (f - cy) * sy + 128 - (d + e) * sy / 2,
        )  # fmt: skip
        distance = _distance().transform(
            size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR, fillcolor=255
        )
        tables = _tables(paint.stops)
        return Image.merge(
            "RGBA" if len(tables) == 4 else "RGB", [distance.point(t) for t in tables]
        )
    (x0, y0), (x1, y1) = paint.start, paint.end
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    u, v = (a * dx + d * dy) / length, (b * dx + e * dy) / length
    w = ((c - x0) * dx + (f - y0) * dy) / length
    corners = [w + u * x + v * y for x in (0, size[0]) for y in (0, size[1])]
    low, high = min(corners), max(corners) + 1e-6
    ramp = _ramp(paint.stops, low, high)
    k = 254 / (high - low)
    data = (u * k, v * k, (w - low) * k + 1, 0, 0, 0.5)
    return ramp.transform(size, Image.Transform.AFFINE, data, Image.Resampling.NEAREST)


@lru_cache(maxsize=1)
def _distance() -> Image.Image:
    """The distance from the middle, 255 at the edge. Pillow's own reaches 255 in the corners."""
    return Image.radial_gradient("L").point([min(255, round(v * math.sqrt(2))) for v in range(256)])


@lru_cache(maxsize=512)
def _ramp(stops: Stops, low: float, high: float) -> Image.Image:
    """256 × 1 pixels of colour for the positions from `low` to `high`."""
    deep = max(len(colour) for _, colour in stops)
    stops = tuple((t, tuple(colour) + (255,) * (deep - len(colour))) for t, colour in stops)
    data = bytearray()
    for i in range(256):
        t = low + (high - low) * i / 255
        data.extend(_between(stops, t))
    return Image.frombytes("RGBA" if deep == 4 else "RGB", (256, 1), bytes(data))


@lru_cache(maxsize=512)
def _tables(stops: Stops) -> list[list[int]]:
    """For each channel its value at 256 steps from 0 to 1."""
    return [list(band.tobytes()) for band in _ramp(stops, 0.0, 1.0).split()]


def _between(stops: Stops, t: float) -> tuple[int, ...]:
    before = stops[0]
    for stop in stops:
        if t < stop[0]:
            if stop is before:
                return before[1]
            part = (t - before[0]) / (stop[0] - before[0])
            return tuple(round(p + (q - p) * part) for p, q in zip(before[1], stop[1], strict=True))
        before = stop
    return before[1]
