"""Posters: what they say, that they say it within their edges, that their code reads, and the store."""

import os
import time
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from django.conf import LazySettings
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from base.accounts.limits import HOUR, Limit, TooOften
from catalog.models import Product, ProductImage, Variant
from distribution.models import Distributor
from distribution.programme.people import set_status
from distribution.referral.links import create_link
from distribution.sharing import posters
from distribution.sharing.poster_layouts import WIDTH, Layout, Said, draw
from distribution.sharing.posters import CannotDraw, has_drawn_too_many, picture_of, poster_of
from distribution.states import Status
from tests.distribution.sharing.test_lettering import TEXTS
from tests.make import make_distributor, make_product, make_user, make_variant
from tests.properties import examples

LONG = Said(
    layout="portrait",
    language="zh-hans",
    address="https://a-rather-long-name-of-a-shop.example.com.cn/en/r/9H9EYTMQ/1234567/",
    shop="一家名字特别特别长的社区好物精选商城旗舰店 Neighbour Goods International",
    person="欧阳克里斯托弗·蒙哥马利－费瑟斯通豪",
    line="自己吃了三年的坚果，新鲜酥脆！真心推荐给每一位爱吃零食的朋友，家里老人孩子都喜欢。" * 2,
    name="每日坚果 Mixed Nuts 混合果仁 30 包家庭装，原味低温烘焙，独立小包装，送礼自用两相宜" * 2,
    price=Decimal("9999999.99"),
    list_price=Decimal("19999999.99"),
    has_more_prices=True,
)


@pytest.fixture(autouse=True)
def own_store(settings: LazySettings, tmp_path: Path) -> None:
    settings.CACHES = settings.CACHES | {
        "posters": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(tmp_path / "posters"),
            "OPTIONS": {"MAX_ENTRIES": 6},
        }
    }
    settings.MEDIA_ROOT = str(tmp_path / "media")


def code_in(picture: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def photo(colour: str = "orange") -> Image.Image:
    return Image.effect_mandelbrot((800, 800), (-2, -1.5, 1, 1.5), 60).convert("RGB")


def inside(said: Said) -> None:
    """Every text lies in its box, every box on the sheet, and no two texts cover each other."""
    sheet = draw(said, photo())
    assert sheet.image.size == (WIDTH, Layout(said.layout).height)
    for placed in sheet.placed:
        left, top, right, bottom = placed.box
        assert 0 <= left < right <= WIDTH, placed
        assert 0 <= top < bottom <= sheet.image.height, placed
        ink = placed.ink
        assert left <= ink[0] + 1 and ink[2] - 1 <= right, placed
        assert top <= ink[1] + 1 and ink[3] - 1 <= bottom, placed
    inks = [placed.ink for placed in sheet.placed if placed.ink[2] > placed.ink[0]]
    for number, one in enumerate(inks):
        for other in inks[number + 1 :]:
            assert (
                one[2] <= other[0] + 1
                or other[2] <= one[0] + 1
                or one[3] <= other[1] + 1
                or other[3] <= one[1] + 1
            ), (sheet.placed, one, other)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("layout", list(Layout))
class TestEveryLayout:
    def test_the_longest_texts_stay_within_and_the_code_reads(
        self, layout: Layout, language: str
    ) -> None:
        said = replace(LONG, layout=layout.value, language=language)
        inside(said)
        assert code_in(posters.draw_poster(said)) == LONG.address

    def test_the_shortest_too(self, layout: Layout, language: str) -> None:
        said = Said(layout, language, "http://a.cn/r/A/", "店", "友", "好", "梨", Decimal("0.01"))
        inside(said)
        assert code_in(posters.draw_poster(said)) == "http://a.cn/r/A/"

    def test_drawn_in_less_than_300_ms(self, layout: Layout, language: str) -> None:
        """Work of this process, so that what else runs on the machine does not count."""
        said = replace(LONG, layout=layout.value, language=language)
        posters.draw_poster(said)
        begun = time.process_time()
        posters.draw_poster(replace(said, line="换一句话，重新画一次"))
        assert time.process_time() - begun < 0.3


@examples(20)
@given(
    st.sampled_from(list(Layout)),
    TEXTS,
    TEXTS,
    TEXTS,
    st.decimals(0, 9_999_999_999, places=2, allow_nan=False),
)
def test_nothing_that_people_write_leaves_the_poster(
    layout: Layout, person: str, line: str, name: str, price: Decimal
) -> None:
    inside(replace(LONG, layout=layout.value, person=person, line=line, name=name, price=price))


def test_english_posters_speak_english() -> None:
    chinese, english = (
        [
            placed.text
            for placed in draw(
                Said("invitation", language, "http://a.cn/r/A/", "Shop", "Anna", "Good", "Nuts"),
                None,
            ).placed
        ]
        for language in ("zh-hans", "en")
    )
    assert any("\u4e00" <= character <= "\u9fff" for character in "".join(chinese))
    assert not any("\u4e00" <= character <= "\u9fff" for character in "".join(english))


@pytest.fixture
def person(db: None) -> Distributor:
    return make_distributor(make_user("林小满😀"))


@pytest.fixture
def nuts(db: None) -> Product:
    variant = make_variant("99.00", product=make_product("每日坚果"), list_price=Decimal("129.00"))
    show(variant.product, "orange")
    return variant.product


def show(product: Product, colour: str) -> ProductImage:
    buffer = BytesIO()
    Image.new("RGB", (600, 600), colour).save(buffer, "PNG")
    image = ProductImage(product=product)
    image.image.save("nuts.png", ContentFile(buffer.getvalue()), save=False)
    image.save()
    return image


@pytest.mark.django_db
class TestWhatItSays:
    def test_the_product_and_who_recommends_it(self, person: Distributor, nuts: Product) -> None:
        said = poster_of(person, Layout.PORTRAIT, product=nuts, line=" 香😋脆 ").said
        assert (said.name, said.price, said.list_price, said.has_more_prices) == (
            "每日坚果",
            Decimal("99.00"),
            Decimal("129.00"),
            False,
        )
        assert (said.person, said.line) == ("林小满", "香脆")
        assert said.address == f"http://127.0.0.1:8000/r/{person.code}/{nuts.pk}/"
        assert code_in(picture_of(poster_of(person, Layout.STORY, product=nuts))) == said.address

    def test_the_lowest_of_several_prices(self, person: Distributor, nuts: Product) -> None:
        make_variant("59.00", product=nuts, name="小包")
        said = poster_of(person, Layout.PORTRAIT, product=nuts).said
        assert (said.price, said.list_price, said.has_more_prices) == (Decimal("59.00"), None, True)

    def test_a_named_link_and_the_language(self, person: Distributor, nuts: Product) -> None:
        link = create_link(person, channel="抖音")
        with translation.override("en"):
            said = poster_of(person, Layout.SHOP, link=link).said
        assert said.address == f"http://127.0.0.1:8000/en/r/{link.code}/"
        assert (said.language, said.shop) == ("en", "Neighbour Goods")

    def test_a_product_layout_needs_a_product(self, person: Distributor) -> None:
        with pytest.raises(CannotDraw, match="商品"):
            poster_of(person, Layout.STORY)

    def test_only_for_approved_distributors(self, person: Distributor, nuts: Product) -> None:
        frozen = set_status(person, Status.FROZEN, by=None, reason="test")
        with pytest.raises(CannotDraw, match="状态"):
            poster_of(frozen, Layout.PORTRAIT, product=nuts)

    def test_a_picture_that_is_gone(self, person: Distributor, nuts: Product) -> None:
        image = nuts.images.get()
        storage, name = image.image.storage, image.image.name
        image.image.delete(save=False)
        assert not storage.exists(name)
        assert code_in(picture_of(poster_of(person, Layout.PORTRAIT, product=nuts)))


@pytest.mark.django_db
class TestTheStore:
    def test_drawn_once_then_kept(
        self, person: Distributor, nuts: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = picture_of(poster_of(person, Layout.PORTRAIT, product=nuts))
        monkeypatch.setattr(posters, "draw_poster", lambda said: pytest.fail("drawn again"))
        assert picture_of(poster_of(person, Layout.PORTRAIT, product=nuts)) == first

    def test_whatever_is_drawn_makes_another_one(self, person: Distributor, nuts: Product) -> None:
        keys = [poster_of(person, Layout.PORTRAIT, product=nuts).key]

        def again(**values: Any) -> None:
            keys.append(
                poster_of(person, **{"layout": Layout.PORTRAIT, "product": nuts} | values).key
            )

        Variant.objects.update(price=Decimal("98.00"))
        again()
        nuts.images.get().delete()
        show(nuts, "green")
        again()
        again(line="别的话")
        again(layout=Layout.STORY)
        again(link=create_link(person, channel="抖音"))
        person.user.name = "小满"
        again()
        with translation.override("en"):
            again()
        assert len(set(keys)) == len(keys) == 8

    def test_another_picture_under_the_same_name(self, person: Distributor, nuts: Product) -> None:
        image = nuts.images.get()
        before = poster_of(person, Layout.PORTRAIT, product=nuts).key
        path = Path(image.image.path)
        stamp = path.stat().st_mtime_ns + 1_000_000_000
        Image.new("RGB", (600, 600), "blue").save(path)

        os.utime(path, ns=(stamp, stamp))
        assert poster_of(person, Layout.PORTRAIT, product=nuts).key != before

    def test_one_person_has_so_many_places_in_it(
        self, person: Distributor, nuts: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(posters, "PLACES", 2)
        monkeypatch.setattr(posters, "draw_poster", lambda said: said.line.encode())
        other = make_distributor(name="别人")
        made = {
            (whose, line): poster_of(whose, Layout.SHOP, line=line)
            for whose in (person, other)
            for line in map(str, range(9))
        }
        assert len({poster.place for poster in made.values()}) <= 4
        for (_, line), poster in made.items():
            assert picture_of(poster) == line.encode(), "never what was there before"
        assert len(list(Path(caches["posters"]._dir).glob("*.djcache"))) <= 4

    def test_one_person_draws_so_many_an_hour(
        self, person: Distributor, nuts: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(posters, "DRAWN", Limit("poster", 2, HOUR))
        first, second, third = (
            poster_of(person, Layout.SHOP, line=line) for line in ("一", "二", "三")
        )
        kept = picture_of(first)
        assert picture_of(first) == kept, "what is kept is not counted"
        assert not has_drawn_too_many(person)
        picture_of(second)
        assert has_drawn_too_many(person)
        with pytest.raises(TooOften):
            picture_of(third)
        assert picture_of(second)
        other = make_distributor(name="别人")
        assert not has_drawn_too_many(other)
        picture_of(poster_of(other, Layout.SHOP))

    def test_it_never_holds_more_than_it_may(self, person: Distributor, nuts: Product) -> None:
        for number in range(12):
            picture_of(poster_of(person, Layout.SHOP, line=f"第 {number} 句"))
        kept = list(Path(caches["posters"]._dir).glob("*.djcache"))
        assert 1 <= len(kept) <= 6
