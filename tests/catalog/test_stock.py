import pytest
from django.utils.translation import override

from catalog.stock import OutOfStock, return_stock, take_stock
from tests.make import make_product, make_variant

pytestmark = pytest.mark.django_db


def test_stock_is_taken_and_given_back() -> None:
    nut, tea = make_variant(stock=5), make_variant(stock=3)
    take_stock({nut.pk: 2, tea.pk: 3})
    nut.refresh_from_db()
    tea.refresh_from_db()
    assert (nut.stock, tea.stock) == (3, 0)
    return_stock({nut.pk: 1, tea.pk: 3})
    nut.refresh_from_db()
    tea.refresh_from_db()
    assert (nut.stock, tea.stock) == (4, 3)


def test_too_little_takes_nothing_at_all_and_says_of_what() -> None:
    nut = make_variant(stock=5)
    tea = make_variant(stock=2, product=make_product("红茶"), name="250克")
    with pytest.raises(OutOfStock) as refusal:
        take_stock({nut.pk: 1, tea.pk: 3})
    assert str(refusal.value) == "“红茶 250克”只剩 2 件。"
    assert (refusal.value.variant, refusal.value.left) == (tea, 2)
    nut.refresh_from_db()
    tea.refresh_from_db()
    assert (nut.stock, tea.stock) == (5, 2)


def test_sold_out_is_said_in_its_own_words() -> None:
    tea = make_variant(stock=0, product=make_product("红茶"))
    with override("zh-hans"), pytest.raises(OutOfStock, match=r"^“红茶”已售罄。$"):
        take_stock({tea.pk: 1})


@pytest.mark.django_db(transaction=True)
def test_taking_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="needs a transaction"):
        take_stock({1: 1})
