"""Colours by lightness, strength and hue as the eye sees them (OKLCH), so that tones match."""

import math
from functools import lru_cache

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)


@lru_cache(maxsize=4096)
def tone(light: float, strength: float, hue: float) -> Colour:
    """The sRGB colour with lightness 0–1, strength 0–0.3 and hue in degrees."""
    a = strength * math.cos(math.radians(hue))
    b = strength * math.sin(math.radians(hue))
    el = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    em = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    es = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * el - 3.3077115913 * em + 0.2309699292 * es),
        _encoded(-1.2684380046 * el + 2.6097574011 * em - 0.3413193965 * es),
        _encoded(-0.0041960863 * el - 0.7034186147 * em + 1.7076147010 * es),
    )


@lru_cache(maxsize=4096)
def measured(colour: Colour) -> tuple[float, float, float]:
    """Lightness, strength and hue of an sRGB colour."""
    r, g, b = (_decoded(part) for part in colour)
    el = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    em = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    es = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    light = 0.2104542553 * el + 0.7936177850 * em - 0.0040720468 * es
    a = 1.9779984951 * el - 2.4285922050 * em + 0.4505937099 * es
    bee = 0.0259040371 * el + 0.7827717662 * em - 0.8086757660 * es
    return light, math.hypot(a, bee), math.degrees(math.atan2(bee, a)) % 360


@lru_cache(maxsize=4096)
def shade(colour: Colour, by: float) -> Colour:
    """Lighter (positive) or darker (negative) by this much lightness, the hue kept."""
    light, strength, hue = measured(colour)
    target = min(1.0, max(0.0, light + by))
    # Near white and black there is less room for colour.
    room = min(1.0, (1.02 - target) / max(0.05, 1.02 - light)) if by > 0 else 1.0 + by * 0.8
    return tone(target, strength * room, hue)


def mix(one: Colour, other: Colour, part: float) -> Colour:
    """`part` of the way from one colour to the other."""
    r, g, b = (round(p + (q - p) * part) for p, q in zip(one, other, strict=True))
    return r, g, b


@lru_cache(maxsize=1024)
def from_hex(text: str) -> Colour:
    value = int(text.removeprefix("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255


def _encoded(part: float) -> int:
    part = min(1.0, max(0.0, part))
    part = 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    return round(part * 255)


def _decoded(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


# Materials that come back in many pictures.
STEEL: Colour = tone(0.84, 0.006, 250)
GOLD: Colour = tone(0.80, 0.075, 78)
WOOD: Colour = tone(0.74, 0.075, 68)
NIGHT: Colour = tone(0.24, 0.02, 270)
