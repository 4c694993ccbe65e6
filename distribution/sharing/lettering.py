"""Setting text in a picture: Chinese and Latin that never leave their box.

Measured with the font that draws. A text that is too long gets smaller, then wraps, then ends in
an ellipsis. What the font cannot draw (emoji, private signs) is left out before anything is
measured, so that no poster shows an empty box.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unicodedata import category, normalize

import manimgx_fonts_cjk
from PIL import ImageFont

FONT = Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc"
SIMPLIFIED = 2  # the collection's face with the shapes of mainland China
NO_CHARACTER = "\U0010ffff"  # will never be one
ELLIPSIS, DOTS = "…", "..."  # the one of a Chinese font stands at half height: not for Latin
# Punctuation of both scripts, full width included, by what Unicode says of it.
_MARKS = [chr(n) for n in (*range(0x21, 0x7F), *range(0xA1, 0xC0), *range(0x2010, 0x2040), *range(0x3001, 0x3020), *range(0xFF01, 0xFF66))]  # fmt: skip
_NO_PAUSE = frozenset("#@&'\"*/\\") | {chr(0xFEE0 + ord(mark)) for mark in "#@&'\"*/\\"}
# Not at the beginning of a line, not at its end.
NEVER_FIRST = frozenset(
    mark for mark in _MARKS if category(mark) in ("Pe", "Pf", "Po") and mark not in _NO_PAUSE
)
NEVER_LAST = frozenset(mark for mark in _MARKS if category(mark) in ("Ps", "Pi", "Sc"))
# Where a sentence pauses; a full stop may be a decimal point and is none.
_PAUSING = "".join(
    mark
    for mark in _MARKS
    if mark in NEVER_FIRST and category(mark) == "Po" and mark not in ".%·…‰"
)
# Invisible on purpose, or signs that the font has no shape for on its own.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zl", "Zp"})
PAUSES = re.compile(rf"[{re.escape(_PAUSING)}]+\s*|(?<=[^\x00-\x7f]) +(?=[^\x00-\x7f])")
STEP = 2  # pixels that a text shrinks by at a time


@lru_cache(maxsize=128)
def font_of(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """Noto Sans in a size in pixels and a weight of 100 to 900."""
    font = ImageFont.truetype(
        str(FONT), size, index=SIMPLIFIED, layout_engine=ImageFont.Layout.BASIC
    )
    font.set_variation_by_axes([weight])
    return font


@lru_cache(maxsize=20_000)
def has_shape(character: str) -> bool:
    """Whether the font can draw it: what it cannot, it draws as its sign for a missing one."""
    return _drawn(character) != _drawn(NO_CHARACTER)


def _drawn(character: str) -> tuple[tuple[int, int], bytes]:
    mask = font_of(40, 400).getmask(character)
    return mask.size, bytes(mask)


def legible(text: str) -> str:
    """The text as it can be drawn: composed, one space at a time, without what has no shape."""
    kept = (
        " " if character.isspace() else character
        for character in normalize("NFC", text)
        if character.isspace() or (category(character) not in UNSEEN and has_shape(character))
    )
    return re.sub(" +", " ", "".join(kept)).strip()


@lru_cache(maxsize=20_000)
def _reach(character: str, font: ImageFont.FreeTypeFont) -> tuple[float, float, float]:
    """The pen's step, and how far ink stands out before it and behind it."""
    step = font.getlength(character)
    left, _top, right, _bottom = font.getbbox(character, anchor="ls")
    return step, max(0.0, -left), max(0.0, right - step)


def width_of(text: str, font: ImageFont.FreeTypeFont) -> int:
    """Pixels from the first dot of ink (or the pen's first place) to the last. The letters are
    set side by side without kerning, so their steps add up."""
    if not text:
        return 0
    steps = sum(_reach(character, font)[0] for character in text)
    return math.ceil(steps + _reach(text[-1], font)[2]) + overhang_of(-_reach(text[0], font)[1])


def overhang_of(left: float) -> int:
    """How far ink stands out before the pen's first place."""
    return math.ceil(max(0, -left))


@dataclass(frozen=True)
class Block:
    """Lines that fit: `leading` from one baseline to the next, `rise` from the top to the first."""

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont
    leading: int
    rise: int

    @property
    def width(self) -> int:
        return max((width_of(line, self.font) for line in self.lines), default=0)

    @property
    def height(self) -> int:
        """To the lowest that a letter can reach below the last baseline."""
        if not self.lines:
            return 0
        fall = self.leading - self.rise
        return self.rise + (len(self.lines) - 1) * self.leading + fall


def fit(
    text: str, width: int, *, lines: int, size: int, smallest: int | None = None, weight: int = 400
) -> Block:
    """The text in at most `lines` lines of `width` pixels: as large as `size` allows, not smaller
    than `smallest`, and cut with an ellipsis where even that is too long."""
    text = legible(text)
    smallest = min(smallest or size, size)
    for pixels in range(size, smallest - 1, -STEP):
        font = font_of(pixels, weight)
        found = wrap(text, font, width)
        if len(found) <= lines:
            return _block(_balanced(text, font, width, found), font, pixels)
    font = font_of(smallest, weight)
    found = wrap(text, font, width)
    if len(found) > lines:
        kept = found[:lines]
        kept[-1] = ellipsized(_rejoined(found[lines - 1 :]), font, width)
        found = kept
    return _block(found, font, smallest)


def _rejoined(lines: list[str]) -> str:
    """Lines as one again; Latin words keep the space that the break had taken."""
    whole = ""
    for line in lines:
        is_latin = whole[-1:].isascii() and line[:1].isascii()
        whole += f" {line}" if whole and is_latin else line
    return whole


def _block(lines: list[str], font: ImageFont.FreeTypeFont, size: int) -> Block:
    # Noto's ascent is generous (1.16): set by what Chinese needs, with air between lines.
    return Block(tuple(lines), font, leading=round(size * 1.4), rise=round(size * 1.06))


def _balanced(text: str, font: ImageFont.FreeTypeFont, width: int, lines: list[str]) -> list[str]:
    """As many lines, but of like length: no single character on the last one. Two lines part
    where the sentence does, if it does so somewhere near its middle."""
    if len(lines) < 2:
        return lines
    if len(lines) == 2 and (parted := _parted(text, font, width)):
        return parted
    narrowest, widest = width // 2, width
    while widest - narrowest > 4:
        middle = (narrowest + widest) // 2
        tried = wrap(text, font, middle)
        if len(tried) <= len(lines):
            widest, lines = middle, tried
        else:
            narrowest = middle
    return lines


def _parted(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Two lines that part at punctuation, the more even the better; none where that is lopsided."""
    best: list[str] = []
    best_longer = width
    for match in PAUSES.finditer(text):
        pair = [text[: match.end()].rstrip(), text[match.end() :].lstrip()]
        shorter, longer = sorted(width_of(line, font) for line in pair)
        if longer <= best_longer and shorter * 2 >= longer:
            best, best_longer = pair, longer
    return best


def ellipsized(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """As much of the text as fits with `…` behind it; nothing where not even that fits."""
    text = text.rstrip()
    while text and width_of(_cut(text), font) > width:
        text = text[:-1].rstrip()
    return _cut(text) if width_of(_cut(text), font) <= width else ""


def _cut(text: str) -> str:
    return text.rstrip(".") + (DOTS if text[-1:].isascii() else ELLIPSIS)


def wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Lines no wider than `width`. Latin words stay whole where they can, Chinese breaks anywhere
    but before closing and after opening punctuation; a character wider than the line is left out.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, font, width):
        if width_of((line + piece).rstrip(), font) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
    if line.strip():
        lines.append(line.rstrip())
    return lines


# A word with what may not part from it: opening marks before, closing marks behind.
_WORD = re.compile(
    "[" + re.escape("".join(sorted(NEVER_LAST))) + "]*"
    r"(?:[A-Za-z0-9À-ʯ&+/_@'’.\-]*[A-Za-z0-9À-ʯ&+/_@'’]|\s+|.)"
    "[" + re.escape("".join(sorted(NEVER_FIRST))) + "]*",
    re.DOTALL,
)


def _pieces(text: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    """What a line is made of; a word wider than the line comes in parts that fit."""
    for piece in _WORD.findall(text):
        if width_of(piece.rstrip(), font) <= width:
            yield piece
            continue
        part = ""
        for character in piece:
            if width_of(part + character, font) > width:
                if part:
                    yield part
                part = ""
                if width_of(character, font) > width:
                    continue
            part += character
        if part:
            yield part
