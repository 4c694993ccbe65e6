"""The posters' layouts: each takes what is to be said and draws it. Chinese and English alike."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image

from distribution.sharing.drawing import (
    ACCENT,
    CREAM,
    EMBER,
    FAINT,
    GREY,
    INK,
    LINE,
    PEACH,
    WHITE,
    Colour,
    Sheet,
    blurred,
    covering,
    deep_tone,
    fading,
    gradient,
)
from distribution.sharing.lettering import fit, font_of
from distribution.sharing.qr import qr_picture

WIDTH = 1080
EDGE = 64
INNER = WIDTH - 2 * EDGE
HEIGHTS = {"portrait": 1720, "story": 1920, "invitation": 1500, "shop": 1440}


class Layout(models.TextChoices):
    PORTRAIT = "portrait", gettext_lazy("商品海报")
    STORY = "story", gettext_lazy("满屏大图")
    INVITATION = "invitation", gettext_lazy("邀请卡")
    SHOP = "shop", gettext_lazy("店铺名片")

    @property
    def height(self) -> int:
        return HEIGHTS[self.value]


@dataclass(frozen=True)
class Said:
    """Everything a poster says, in one language. Without a product only the shop card is drawn."""

    layout: str
    language: str
    address: str
    shop: str
    person: str
    line: str
    name: str = ""
    price: Decimal = Decimal(0)
    has_more_prices: bool = False
    list_price: Decimal | None = None
    picture: str = ""


def draw(said: Said, picture: Image.Image | None) -> Sheet:
    """Draw a poster in its language; `picture` is the product's, None when it has none."""
    with translation.override(said.language):
        return DRAWN_BY[Layout(said.layout)](said, picture or _no_picture())


def _no_picture() -> Image.Image:
    """A ground in the shop's colour where a product has no picture."""
    return gradient(800, 800, PEACH, (244, 190, 158))


def _price(sheet: Sheet, said: Said, at: tuple[int, int], width: int, size: int, colour: Colour = ACCENT) -> int:  # fmt: skip
    return sheet.write_price(
        said.price,
        at,
        width,
        size=size,
        colour=colour,
        before=_("低至") if said.has_more_prices and said.language == "en" else "",
        after=_("起") if said.has_more_prices and said.language != "en" else "",
        list_price=said.list_price,
    )


def _code(sheet: Sheet, said: Said, at: tuple[int, int], side: int) -> None:
    sheet.paste(qr_picture(said.address, side), at, radius=12)


def _person(
    sheet: Sheet, said: Said, at: tuple[int, int], width: int, *, bright: bool = False
) -> int:
    """Who recommends, with their sign."""
    x, y = at
    sheet.avatar(said.person, at, 76, WHITE if bright else PEACH, ACCENT)
    ink, soft = (WHITE, (226, 220, 214)) if bright else (INK, GREY)
    sheet.write(said.person, (x + 96, y - 6), width - 96, size=34, weight=600, colour=ink)
    sheet.write(_("推荐给你"), (x + 96, y + 40), width - 96, size=26, smallest=20, colour=soft)
    return y + 76


def portrait(said: Said, picture: Image.Image) -> Sheet:
    """The product as a shop window shows it: picture, price, name; the code at hand below."""
    sheet = Sheet.blank(WIDTH, Layout.PORTRAIT.height)
    sheet.image.paste(covering(picture, WIDTH, WIDTH), (0, 0))
    y = _price(sheet, said, (EDGE, WIDTH + 32), INNER, 96)
    sheet.write(said.name, (EDGE, y + 4), INNER, size=50, smallest=40, lines=2, weight=600)
    top = 1400
    sheet.panel((EDGE, top - 28, WIDTH - EDGE, top - 26), LINE)
    side = 232
    code_x = WIDTH - EDGE - side
    words = code_x - EDGE - 40
    below = _person(sheet, said, (EDGE, top + 4), words)
    sheet.write(said.line, (EDGE, below + 14), words, size=34, smallest=28, lines=2, colour=GREY)
    _code(sheet, said, (code_x, top - 8), side)
    sheet.write(
        _("长按识别，立即选购"), (code_x - 20, top + side - 8), side + 40,
        size=24, smallest=18, colour=FAINT, centred=True,
    )  # fmt: skip
    sheet.write(said.shop, (EDGE, 1648), words, size=26, smallest=22, weight=500, colour=ACCENT)
    return sheet


def story(said: Said, picture: Image.Image) -> Sheet:
    """The picture to the edges, fading into its own colour; their words are the headline."""
    height, reach = Layout.STORY.height, 1360
    sheet = Sheet(blurred(picture, WIDTH, height))
    sheet.image.paste(covering(picture, WIDTH, reach), (0, 0), _vanishing(reach))
    tone = deep_tone(picture)
    shade = Image.new("L", (WIDTH, height), 0)
    shade.paste(fading(WIDTH, 400, 0, 246), (0, 860))
    shade.paste(246, (0, 1260, WIDTH, height))
    shade.paste(fading(WIDTH, 240, 120, 0), (0, 0))
    sheet.image.paste(tone, (0, 0), shade)
    sheet.write(said.shop, (EDGE, 56), INNER, size=34, weight=600, colour=WHITE)

    words = fit(said.line, INNER, lines=2, size=76, smallest=48, weight=700)
    name = fit(said.name, INNER, lines=2, size=38, smallest=32, weight=400)
    top = 1560 - words.height - name.height - 136
    y = sheet.set_block(words, (EDGE, top), INNER, colour=WHITE)
    y = sheet.set_block(name, (EDGE, y + 8), INNER, colour=(238, 232, 226))
    _price(sheet, said, (EDGE, y + 4), INNER, 88, WHITE)

    side = 220
    sheet.panel((EDGE, 1612, WIDTH - EDGE, 1612 + side + 40), WHITE, radius=28)
    _code(sheet, said, (WIDTH - EDGE - side - 20, 1632), side)
    room = INNER - side - 96
    below = _person(sheet, said, (EDGE + 40, 1652), room)
    sheet.write(
        _("长按识别二维码，进店看看"), (EDGE + 40, below + 26), room, size=30, smallest=22, colour=GREY
    )  # fmt: skip
    return sheet


def _vanishing(height: int) -> Image.Image:
    """A mask whose lower third goes away."""
    mask = Image.new("L", (WIDTH, height), 255)
    mask.paste(fading(WIDTH, height // 3, 255, 0), (0, height - height // 3))
    return mask


def invitation(said: Said, picture: Image.Image) -> Sheet:
    """A card one is handed: who invites, in their words, the product, and a stub with the code."""
    height, fold = Layout.INVITATION.height, 1090
    sheet = Sheet.blank(WIDTH, height, CREAM)
    sheet.image.paste(gradient(WIDTH, 420, EMBER, ACCENT), (0, 0))
    card = (EDGE, 120, WIDTH - EDGE, height - 72)
    sheet.panel(card, WHITE, radius=36)
    for x in (EDGE, WIDTH - EDGE):  # the holes of a ticket
        sheet.panel((x - 26, fold - 26, x + 26, fold + 26), CREAM, radius=26)
    sheet.dashes(fold, EDGE + 44, WIDTH - EDGE - 44, LINE)

    left, room = EDGE + 64, INNER - 128
    sheet.write(said.shop, (EDGE, 38), INNER, size=34, smallest=26, weight=600, colour=WHITE, centred=True)  # fmt: skip
    sheet.avatar(said.person, (WIDTH // 2 - 56, 176), 112, PEACH, ACCENT)
    y = sheet.write(
        _("%(name)s 的邀请") % {"name": said.person}, (left, 304), room,
        size=38, smallest=28, weight=500, colour=GREY, centred=True,
    )  # fmt: skip
    words = fit(said.line, room, lines=3, size=60, smallest=42, weight=700)
    space = 800 - y - 8
    quote = font_of(220, 800)
    sheet.pen.text((left - 8, 452), "“", font=quote, fill=PEACH, anchor="lt")
    sheet.set_block(words, (left, y + 8 + (space - words.height) // 2), room, centred=True)

    sheet.panel((left, 816, left + room, 1044), CREAM, radius=24)
    sheet.paste(covering(picture, 188, 188), (left + 20, 836), radius=16)
    beside, narrow = left + 236, room - 264
    y = sheet.write(said.name, (beside, 836), narrow, size=36, smallest=30, lines=2, weight=500)
    _price(sheet, said, (beside, y + 2), narrow, 64)

    side = 256
    _code(sheet, said, (left, fold + 44), side)
    text = left + side + 44
    y = sheet.write(
        _("扫一扫，来逛逛"), (text, fold + 72), room - side - 44, size=44, smallest=30, weight=600
    )
    sheet.write(
        _("长按识别二维码，打开就能买"), (text, y + 10), room - side - 44,
        size=30, smallest=24, lines=2, colour=GREY,
    )  # fmt: skip
    return sheet


def shop_card(said: Said, picture: Image.Image) -> Sheet:
    """A visiting card of the shop with their name on it; no product."""
    height = Layout.SHOP.height
    sheet = Sheet(gradient(WIDTH, height, ACCENT, EMBER))
    card = (EDGE, EDGE + 40, WIDTH - EDGE, height - EDGE)
    sheet.panel(card, WHITE, radius=40)
    left, room = EDGE + 72, INNER - 144
    y = sheet.write(said.shop, (left, 168), room, size=72, smallest=44, weight=700, centred=True)
    sheet.panel((WIDTH // 2 - 36, y + 18, WIDTH // 2 + 36, y + 24), ACCENT, radius=3)
    words = fit(said.line, room, lines=2, size=40, smallest=32, weight=400)
    sheet.set_block(words, (left, y + 48), room, colour=GREY, centred=True)
    side = 470
    top = 528
    sheet.panel(((WIDTH - side) // 2 - 28, top - 28, (WIDTH + side) // 2 + 28, top + side + 28), CREAM, 32)  # fmt: skip
    _code(sheet, said, ((WIDTH - side) // 2, top), side)
    sheet.write(
        _("长按识别二维码，进店看看"), (left, top + side + 44), room, size=32, smallest=24,
        colour=GREY, centred=True,
    )  # fmt: skip
    name = fit(said.person, room - 116, lines=1, size=42, smallest=30, weight=600)
    start = left + (room - name.width - 116) // 2
    sheet.avatar(said.person, (start, 1172), 92, PEACH, ACCENT)
    sheet.set_block(name, (start + 116, 1168), max(name.width, 1))
    sheet.write(_("推荐给你"), (start + 116, 1224), max(name.width, 260), size=28, smallest=20, colour=GREY)  # fmt: skip
    return sheet


DRAWN_BY: dict[Layout, Callable[[Said, Image.Image], Sheet]] = {
    Layout.PORTRAIT: portrait,
    Layout.STORY: story,
    Layout.INVITATION: invitation,
    Layout.SHOP: shop_card,
}
