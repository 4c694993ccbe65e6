from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from base.accounts.models import User
from orders.models import Order, OrderLine, Refund, RefundLine
from orders.refunds import Part, approve_refund, request_refund
from orders.states import RefundState
from tests.make import make_order, make_shipping_rate, make_variant, pay


@pytest.fixture
def order(buyer: User) -> Order:
    """Three nuts for ¥10.00 and a tea for ¥20.00, shipping ¥8.00, paid."""
    make_shipping_rate("8.00")
    order = make_order(buyer, {make_variant("10.00"): 3, make_variant("20.00"): 1})
    pay(order)
    return order


@pytest.fixture
def nuts(order: Order) -> OrderLine:
    return order.lines.order_by("pk")[0]


@pytest.fixture
def tea(order: Order) -> OrderLine:
    return order.lines.order_by("pk")[1]


def url_of(order: Order) -> str:
    return f"/orders/{order.number}/refund/"


def ask(member: Client, order: Order, **fields: Any) -> HttpResponse:
    return member.post(url_of(order), {"reason": "damaged", **fields}, follow=True)


def asked() -> list[tuple[int, int, Decimal]]:
    return [(part.line_id, part.quantity, part.amount) for part in RefundLine.objects.all()]


def test_the_form_offers_what_is_left(member: Client, order: Order, nuts: OrderLine) -> None:
    request_refund(order, [Part(nuts.pk, 1, Decimal("12.00"))])
    text = member.get(url_of(order)).content.decode()
    assert "最多退 2 件，¥18.00" in text
    assert "最多退 1 件，¥20.00" in text
    assert "退运费（最多 ¥8.00）" in text
    assert text.count(" checked>") == 2


def test_one_line_can_be_chosen_beforehand(member: Client, order: Order, tea: OrderLine) -> None:
    text = member.get(url_of(order), {"line": tea.pk}).content.decode()
    assert text.count(" checked>") == 1
    assert f'name="chosen_{tea.pk}" id="id_chosen_{tea.pk}" checked' in text


def test_only_chosen_lines_are_asked_back(
    member: Client, order: Order, nuts: OrderLine, tea: OrderLine
) -> None:
    answer = ask(
        member,
        order,
        **{
            f"chosen_{nuts.pk}": "on",
            f"quantity_{nuts.pk}": "2",
            f"amount_{nuts.pk}": "15.50",
            f"quantity_{tea.pk}": "1",
            f"amount_{tea.pk}": "20.00",
            "shipping": "3.00",
            "note": "碎了",
        },
    )
    assert answer.redirect_chain == [(f"/orders/{order.number}/", 302)]
    assert "等待商家处理" in answer.content.decode()
    found = Refund.objects.get()
    assert (found.amount, found.shipping_amount, found.reason, found.note, found.state) == (
        Decimal("18.50"),
        Decimal("3.00"),
        "damaged",
        "碎了",
        RefundState.REQUESTED,
    )
    assert asked() == [(nuts.pk, 2, Decimal("15.50"))]


def test_money_left_empty_is_fair_for_the_pieces(
    member: Client, order: Order, nuts: OrderLine, tea: OrderLine
) -> None:
    ask(
        member,
        order,
        **{f"chosen_{nuts.pk}": "on", f"quantity_{nuts.pk}": "1", f"amount_{nuts.pk}": ""},
        **{f"chosen_{tea.pk}": "on", f"quantity_{tea.pk}": "1", f"amount_{tea.pk}": ""},
    )
    assert asked() == [(nuts.pk, 1, Decimal("10.00")), (tea.pk, 1, Decimal("20.00"))]


def test_money_alone_may_be_asked_for(member: Client, order: Order, nuts: OrderLine) -> None:
    ask(
        member,
        order,
        **{f"chosen_{nuts.pk}": "on", f"quantity_{nuts.pk}": "0", f"amount_{nuts.pk}": "5"},
    )
    assert asked() == [(nuts.pk, 0, Decimal("5.00"))]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"quantity": "4"}, "最多可退 3 件。"),
        ({"amount": "30.01"}, "最多可退 ¥30.00。"),
        ({"amount": "-1"}, "0"),
        ({"amount": "1.001"}, "2"),
        ({"quantity": "x"}, ""),
        ({"quantity": "0", "amount": ""}, "请填写要退的金额。"),
    ],
)
def test_more_than_is_left_or_nothing_is_refused_and_what_was_typed_stays(
    member: Client, order: Order, nuts: OrderLine, fields: dict[str, str], words: str
) -> None:
    sent = {"quantity": "1", "amount": "10.00"} | fields
    answer = ask(
        member,
        order,
        note="碎了",
        **{f"chosen_{nuts.pk}": "on"},
        **{f"{name}_{nuts.pk}": value for name, value in sent.items()},
    )
    text = answer.content.decode()
    assert answer.redirect_chain == []
    assert words in text
    assert "碎了" in text
    assert not Refund.objects.exists()


def test_choosing_nothing_is_refused(member: Client, order: Order) -> None:
    assert "请填写要退的金额。" in ask(member, order).content.decode()
    assert not Refund.objects.exists()


def test_when_everything_is_asked_back_there_is_nothing_to_choose(
    member: Client, order: Order, nuts: OrderLine, tea: OrderLine
) -> None:
    everything = [Part(nuts.pk, 3, nuts.paid), Part(tea.pk, 1, tea.paid)]
    request_refund(order, everything, shipping_amount=Decimal("8.00"))
    text = member.get(url_of(order)).content.decode()
    assert "没有可以退的了" in text


def test_an_unpaid_order_offers_nothing(member: Client, buyer: User) -> None:
    order = make_order(buyer)
    assert "没有可以退的了" in member.get(url_of(order)).content.decode()
    answer = ask(member, order, **{f"chosen_{order.lines.get().pk}": "on"})
    assert answer.redirect_chain == []
    assert not Refund.objects.exists()


def test_withdrawing_twice_and_too_late(member: Client, order: Order, nuts: OrderLine) -> None:
    first = request_refund(order, [Part(nuts.pk, 1, Decimal("1.00"))])
    for _ in range(2):
        answer = member.post(
            f"/orders/{order.number}/refunds/{first.number}/withdrawal/", follow=True
        )
        assert "退款申请已撤销。" in answer.content.decode()
    second = request_refund(order, [Part(nuts.pk, 1, Decimal("1.00"))])
    approve_refund(second, by=None)
    answer = member.post(f"/orders/{order.number}/refunds/{second.number}/withdrawal/", follow=True)
    assert "当前状态为“退款中”" in answer.content.decode()
    second.refresh_from_db()
    assert second.state == RefundState.APPROVED


def test_queries(
    member: Client,
    order: Order,
    nuts: OrderLine,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(6):
        member.get(url_of(order))
    with django_assert_num_queries(15):
        member.post(
            url_of(order),
            {"reason": "damaged", f"chosen_{nuts.pk}": "on", f"quantity_{nuts.pk}": "1"},
        )
