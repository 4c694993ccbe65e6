"""Text in pictures: whatever is written, it stays in its box, and no box shows for a character."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from distribution.sharing.lettering import (
    DOTS,
    ELLIPSIS,
    NEVER_FIRST,
    fit,
    font_of,
    has_shape,
    legible,
    overhang_of,
    width_of,
    wrap,
)
from tests.properties import examples

# What people are called and what goods are called, from everywhere at once.
CHARACTERS = st.one_of(
    st.sampled_from("每日坚果礼盒混合装低温烘焙香脆可口龘靐齉𠮷𪚥〇"),
    st.sampled_from("，。！？、：；（）《》“”…—·"),
    st.sampled_from("WiIjfQgy&@#%*+-_/0123456789.,;:!?()'\" "),
    st.sampled_from("ÀéñßŒжЯΩλ한국カナ①㊗★℃￥"),
    st.sampled_from("😀👨‍👩‍👧🏽‍🇨🇳☺️❤"),
    st.characters(),
)
TEXTS = st.text(CHARACTERS, max_size=120)


def ink_of(text: str, size: int) -> int:
    """How wide the ink really is, looked at dot by dot."""
    font = font_of(size, 400)
    image = Image.new("L", (size * (len(text) + 4), size * 3), 0)
    ImageDraw.Draw(image).text((size * 2, size * 2), text, font=font, fill=255, anchor="ls")
    box = image.getbbox()
    return box[2] - box[0] if box else 0


@examples(60)
@given(TEXTS, st.integers(30, 700), st.integers(1, 4), st.sampled_from([24, 38, 60]))
@example("W" * 200, 100, 1, 60)
@example("龘" * 200, 61, 2, 60)
@example("，" * 50, 80, 2, 24)
@example("👨‍👩‍👧" * 20, 300, 2, 38)
@example("Donaudampfschifffahrtsgesellschaftskapitän 坚果 " * 4, 200, 2, 38)
def test_no_text_ever_leaves_its_box(text: str, width: int, lines: int, size: int) -> None:
    block = fit(text, width, lines=lines, size=size, smallest=size - 8)
    assert len(block.lines) <= lines
    drawn = int(block.font.size)
    assert size - 8 <= drawn <= size
    for line in block.lines:
        assert ink_of(line, drawn) <= width_of(line, block.font) <= width


@examples(60)
@given(TEXTS)
def test_what_is_drawn_has_a_shape(text: str) -> None:
    kept = legible(text)
    assert all(character == " " or has_shape(character) for character in kept)
    assert legible(kept) == kept
    assert kept == kept.strip() and "  " not in kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("林小满😀", "林小满"),
        ("👨‍👩‍👧‍👦", ""),
        ("𠮷野家 龘龘", "𠮷野家 龘龘"),
        (" a\u200bb\x00\n c ", "ab c"),
        ("e\u0301te\u0301", "été"),
        ("مرحبا OK", "OK"),
        ("①㊗★", "①㊗★"),
    ],
)
def test_what_cannot_be_drawn_is_left_out(text: str, kept: str) -> None:
    assert legible(text) == kept


def test_a_short_text_is_large_and_a_long_one_gets_smaller_before_it_is_cut() -> None:
    short = fit("每日坚果", 400, lines=1, size=48, smallest=30)
    assert (short.lines, short.font.size) == (("每日坚果",), 48)
    longer = fit("每日坚果混合果仁", 320, lines=1, size=48, smallest=30)
    assert longer.lines == ("每日坚果混合果仁",)
    assert 30 <= longer.font.size < 48
    cut = fit("每日坚果" * 10, 320, lines=1, size=48, smallest=30)
    assert cut.font.size == 30
    assert cut.lines[0].endswith(ELLIPSIS)
    latin = fit("daily nuts " * 10, 320, lines=1, size=48, smallest=30)
    assert latin.lines[0].endswith(DOTS)


def test_latin_words_stay_whole_and_closing_marks_never_begin_a_line() -> None:
    font = font_of(30, 400)
    assert wrap("slow roasted nuts", font, width_of("slow roasted", font)) == [
        "slow roasted",
        "nuts",
    ]
    text = "好吃。真的（特别）好吃！" * 4
    for width in range(70, 400, 10):
        assert not any(line[0] in NEVER_FIRST for line in wrap(text, font, width))


def test_two_lines_part_where_the_sentence_does() -> None:
    block = fit("自己吃了三年的坚果，放心推荐给你家里人", 600, lines=2, size=48)
    assert block.lines == ("自己吃了三年的坚果，", "放心推荐给你家里人")


def test_ink_that_stands_out_before_the_pen() -> None:
    assert (overhang_of(-2.4), overhang_of(1)) == (3, 0)
