"""Posters: a distributor's picture of a product (or of the shop) with their QR code.

Drawn once and kept: the key is everything that is drawn, so a new price, picture, name or line
gives a new poster, and an old one is never shown for it. The store is bounded (settings.CACHES),
everybody has so many places in it, and draws so many an hour: nobody takes it from the others.
"""

import hashlib
from dataclasses import astuple, dataclass, replace
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.core.cache import caches
from django.core.files.storage import default_storage
from django.db.models import Max, Min
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from base.accounts.limits import HOUR, Limit, consume, is_used_up
from base.errors import DomainError
from base.pages import shop_name
from catalog.covers import cover_names
from catalog.listing import for_sale
from catalog.models import Product, Variant
from catalog.pictures import LARGE, copy_name
from distribution.models import Distributor, Link
from distribution.referral.links import address_of, product_address
from distribution.sharing.lettering import legible
from distribution.sharing.poster_layouts import Layout, Said, draw
from distribution.states import Status

DRAWING = "1"  # a change of how posters are drawn makes every kept one an old one
LONGEST_LINE = 60
KEEP_SECONDS = 30 * 24 * 3600
QUALITY = 90
PLACES = 40  # for each person
DRAWN = Limit("poster", 60, HOUR)
CACHE = "posters"


class CannotDraw(DomainError):
    """There is no such poster for this distributor."""


@dataclass(frozen=True)
class Poster:
    """What is drawn, for whom, and the key of all of it."""

    said: Said
    key: str
    person_id: int

    @property
    def place(self) -> str:
        """Where it is kept: one of the person's places, which the next one there takes over."""
        return f"{self.person_id}:{int(self.key[:8], 16) % PLACES}"


def require_posters(distributor: Distributor) -> None:
    """Posters are for approved distributors: a code of anybody else binds nobody."""
    if distributor.status != Status.APPROVED:
        raise CannotDraw(_("账号状态正常时才能生成海报。"))


def poster_of(
    distributor: Distributor,
    layout: Layout,
    *,
    product: Product | None = None,
    link: Link | None = None,
    line: str = "",
) -> Poster:
    """What the poster says, in the reader's language: four queries. `link` is one of theirs (None:
    the personal code); `line` is their own words. Raises CannotDraw."""
    require_posters(distributor)
    if product is None and layout != Layout.SHOP:
        raise CannotDraw(_("请先选择商品。"))
    code = link.code if link else distributor.code
    said = Said(
        layout=layout,
        language=get_language() or "",
        address=address_of(code) if product is None else product_address(code, product),
        shop=shop_name(),
        person=legible(distributor.user.name) or _("你的朋友"),
        line=legible(line[:LONGEST_LINE]) or default_line(layout),
    )
    if product is not None and layout != Layout.SHOP:
        said = replace(said, **_goods(product))
    seen = _seen(said.picture)
    text = repr((DRAWING, astuple(said), seen))
    return Poster(said, hashlib.sha256(text.encode()).hexdigest(), distributor.pk)


def default_line(layout: Layout) -> str:
    """What stands where a distributor has written nothing."""
    if layout == Layout.SHOP:
        return _("认真挑选的好物，都在这里")
    return _("我自己在用，放心推荐给你")


def _goods(product: Product) -> dict[str, Any]:
    prices = Variant.objects.filter(product=product, is_active=True).aggregate(
        lowest=Min("price"), highest=Max("price"), list_price=Max("list_price")
    )
    lowest = prices["lowest"] if prices["lowest"] is not None else Decimal(0)
    is_one = prices["lowest"] == prices["highest"]
    return {
        "name": product.title,
        "price": lowest,
        "has_more_prices": not is_one,
        "list_price": prices["list_price"] if is_one else None,
        "picture": cover_names([product.pk]).get(product.pk, ""),
    }


def _seen(picture: str) -> str:
    """When the picture's file was written: a name may be used again for another picture."""
    if not picture:
        return ""
    try:
        return default_storage.get_modified_time(picture).isoformat()
    except (OSError, NotImplementedError):
        return ""


def picture_of(poster: Poster) -> bytes:
    """The poster as JPEG: kept from before, else drawn now. Raises TooOften."""
    store = caches[CACHE]
    kept: tuple[str, bytes] | None = store.get(poster.place)
    if kept is not None and kept[0] == poster.key:
        return kept[1]
    consume(DRAWN, str(poster.person_id))
    picture = draw_poster(poster.said)
    store.set(poster.place, (poster.key, picture), KEEP_SECONDS)
    return picture


def has_drawn_too_many(distributor: Distributor) -> bool:
    """Whether only posters that are kept can be had for the moment."""
    return is_used_up(DRAWN, str(distributor.pk))


def draw_poster(said: Said) -> bytes:
    buffer = BytesIO()
    sheet = draw(said, load_picture(said.picture))
    # Full colour resolution keeps the code's edges sharp.
    sheet.image.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()


def load_picture(name: str) -> Image.Image | None:
    """The product's picture: its large square copy, else the original. None when neither opens."""
    for file_name in (copy_name(name, LARGE), name) if name else ():
        try:
            with default_storage.open(file_name) as stored, Image.open(stored) as picture:
                return picture.convert("RGB")
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
            continue
    return None


def product_for_poster(number: int | None) -> Product | None:
    """A product that is for sale."""
    return for_sale().filter(pk=number).first() if number else None
