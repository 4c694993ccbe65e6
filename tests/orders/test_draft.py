from decimal import Decimal

import pytest

from base.accounts.models import User
from catalog.models import Variant
from orders.checkout import CannotPlace, Item
from orders.draft import checkout_token, draft_order
from tests.make import make_order, make_shipping_rate, make_user, make_variant, make_virtual


def test_what_can_be_bought_is_priced_and_what_cannot_says_why(buyer: User) -> None:
    make_shipping_rate("8.00")
    nuts, gone, short = make_variant("10.00"), make_variant(stock=0), make_variant(stock=2)
    hidden = make_variant(is_active=False)
    items = [Item(nuts.pk, 2), Item(gone.pk, 1), Item(short.pk, 3), Item(hidden.pk, 1)]
    draft = draft_order(buyer, items, "浙江省")
    assert [line.priced.variant for line in draft.lines] == [nuts]
    assert [(line.variant, line.reason) for line in draft.unavailable] == [
        (gone, "已售罄"),
        (short, "只剩 2 件，请减少数量"),
        (hidden, "商品已下架"),
    ]
    assert (draft.gross, draft.quote.shipping, draft.quote.total) == (
        Decimal("20.00"),
        Decimal("8.00"),
        Decimal("28.00"),
    )


def test_nothing_left_to_buy_costs_nothing(buyer: User) -> None:
    draft = draft_order(buyer, [Item(make_variant(stock=0).pk, 1)], "浙江省")
    assert (draft.lines, draft.quote.total) == ([], Decimal("0.00"))


def test_what_does_not_exist_makes_no_draft(buyer: User) -> None:
    with pytest.raises(CannotPlace):
        draft_order(buyer, [Item(10**9, 1)], "")


def test_the_token_is_one_in_every_tab_until_an_order_is_placed(buyer: User) -> None:
    card = make_virtual()

    def token(variant: Variant, quantity: int = 1, user: User = buyer) -> str:
        return checkout_token(user, [Item(variant.pk, quantity)])

    before = token(card)
    assert token(card) == before
    assert len({before, token(card, 2), token(make_virtual()), token(card, user=make_user())}) == 4
    make_order(buyer, {card: 1})
    assert token(card) != before
