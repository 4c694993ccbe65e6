from decimal import Decimal

import pytest

from base.accounts.models import User
from base.errors import WrongState
from base.models import AuditEntry
from catalog.models import Variant
from orders.models import Order, OrderLine, Payment, Refund, Repayment
from orders.refunds import (
    CannotRefund,
    Part,
    Refundable,
    approve_refund,
    cancel_paid_order,
    complete_refund,
    refundable_lines,
    refundable_shipping,
    reject_refund,
    request_refund,
    withdraw_refund,
)
from orders.registries import Outcome
from orders.repayments import record_outcome, send_repayment
from orders.shipping import CannotShip, ship_order
from orders.states import EventKind, OrderState, RefundState, RepaymentState
from tests.make import (
    make_order,
    make_shipping_rate,
    make_user,
    make_variant,
    make_virtual,
    pay,
    receive,
    refund,
    ship,
)


@pytest.fixture
def nuts(db: None) -> Variant:
    return make_variant("10.00", stock=10)


@pytest.fixture
def order(buyer: User, nuts: Variant) -> Order:
    """Three nuts for ¥30.00 and ¥8.00 shipping, paid."""
    make_shipping_rate("8.00")
    order = make_order(buyer, {nuts: 3})
    pay(order)
    return order


def part(order: Order, quantity: int, amount: str) -> Part:
    return Part(order.lines.get().pk, quantity, Decimal(amount))


def left(order: Order) -> tuple[int, Decimal, Decimal]:
    (found,) = refundable_lines(order)
    return found.quantity, found.amount, refundable_shipping(order)


def happened(order: Order) -> list[str]:
    return list(order.events.order_by("pk").values_list("kind", flat=True))


def test_open_requests_count_as_gone_and_withdrawn_ones_come_back(order: Order) -> None:
    asked = request_refund(order, [part(order, 1, "10.00")], shipping_amount=Decimal("3.00"))
    assert (asked.amount, asked.shipping_amount) == (Decimal("13.00"), Decimal("3.00"))
    assert left(order) == (2, Decimal("20.00"), Decimal("5.00"))
    withdraw_refund(asked)
    withdraw_refund(asked)
    assert left(order) == (3, Decimal("30.00"), Decimal("8.00"))
    order.refresh_from_db()
    assert (order.refunded_amount, happened(order)) == (
        Decimal("0.00"),
        [EventKind.PLACED, EventKind.PAID],
    )


@pytest.mark.parametrize(
    ("quantity", "amount", "shipping", "words"),
    [
        (4, "10.00", "0", "最多可退 3 件"),
        (1, "30.01", "0", r"最多可退 ¥30\.00"),
        (-1, "10.00", "0", "不能为负"),
        (1, "-1.00", "0", "不能为负"),
        (1, "10.00", "8.01", "退运费超过"),
        (1, "10.00", "-1.00", "退运费超过"),
        (1, "0.00", "0", "要退的金额"),
        (0, "0.00", "0", "要退的金额"),
    ],
)
def test_more_than_was_paid_or_nothing_is_refused(
    order: Order, quantity: int, amount: str, shipping: str, words: str
) -> None:
    with pytest.raises(CannotRefund, match=words):
        request_refund(order, [part(order, quantity, amount)], shipping_amount=Decimal(shipping))
    assert not Refund.objects.exists()


def test_what_is_asked_for_already_cannot_be_asked_for_again(order: Order) -> None:
    request_refund(order, [part(order, 2, "25.00")])
    with pytest.raises(CannotRefund, match=r"最多可退 ¥5\.00"):
        request_refund(order, [part(order, 1, "5.01")])
    request_refund(order, [part(order, 1, "5.00")])
    with pytest.raises(CannotRefund):
        request_refund(order, [part(order, 0, "0.01")])


def test_lines_of_other_orders_and_lines_named_twice_are_refused(order: Order) -> None:
    foreign = make_order(make_user()).lines.get()
    with pytest.raises(CannotRefund, match="没有这件商品"):
        request_refund(order, [Part(foreign.pk, 1, Decimal("1.00"))])
    with pytest.raises(CannotRefund, match="合并"):
        request_refund(order, [part(order, 1, "1.00"), part(order, 1, "1.00")])


def test_an_unpaid_order_is_cancelled_instead(buyer: User, nuts: Variant) -> None:
    order = make_order(buyer, {nuts: 1})
    with pytest.raises(CannotRefund, match="直接取消"):
        request_refund(order, [part(order, 1, "10.00")])


def test_agreeing_commits_one_number_and_is_audited_once(order: Order) -> None:
    merchant = make_user("店主", is_staff=True)
    asked = request_refund(order, [part(order, 1, "10.00")])
    approve_refund(asked, by=merchant, answer="好的")
    approve_refund(asked, by=merchant, answer="好的")
    back = Repayment.objects.get()
    assert (back.refund, back.amount, back.state) == (asked, asked.amount, RepaymentState.WAITING)
    assert AuditEntry.objects.filter(action="approve_refund").count() == 1
    order.refresh_from_db()
    assert order.refunded_amount == Decimal("0.00")


def test_refusing_needs_words_and_frees_what_was_asked(order: Order) -> None:
    asked = request_refund(order, [part(order, 3, "30.00")])
    with pytest.raises(CannotRefund, match="拒绝原因"):
        reject_refund(asked, by=None, answer=" ")
    assert reject_refund(asked, by=None, answer="已拆封").answer == "已拆封"
    reject_refund(asked, by=None, answer="已拆封")
    assert left(order) == (3, Decimal("30.00"), Decimal("8.00"))


def test_decided_is_decided(order: Order) -> None:
    asked = request_refund(order, [part(order, 1, "10.00")])
    approve_refund(asked, by=None)
    for change in (withdraw_refund, lambda found: reject_refund(found, by=None, answer="不")):
        with pytest.raises(WrongState):
            change(asked)
    asked.refresh_from_db()
    assert asked.state == RefundState.APPROVED


def test_unsent_pieces_go_back_into_stock_and_the_rest_is_still_sent(
    order: Order, nuts: Variant
) -> None:
    refund(order, [part(order, 1, "10.00")])
    nuts.refresh_from_db()
    assert (nuts.stock, order.state, order.refunded_amount) == (
        8,
        OrderState.PAID,
        Decimal("10.00"),
    )
    ship(order)
    refund(order, [part(order, 1, "10.00")])
    nuts.refresh_from_db()
    assert (nuts.stock, order.state) == (8, OrderState.SHIPPED)
    assert happened(order) == [
        EventKind.PLACED,
        EventKind.PAID,
        EventKind.REFUNDED,
        EventKind.REFUNDED,
    ]


def test_money_alone_leaves_pieces_and_stock(order: Order, nuts: Variant) -> None:
    refund(order, [part(order, 0, "0.01")])
    line = order.lines.get()
    nuts.refresh_from_db()
    assert (line.refunded_quantity, line.refunded_amount, nuts.stock) == (0, Decimal("0.01"), 7)


def test_everything_back_before_sending_closes_the_order(order: Order, nuts: Variant) -> None:
    refund(order, [part(order, 3, "30.00")], shipping_amount=Decimal("8.00"))
    nuts.refresh_from_db()
    assert (order.state, order.close_reason, nuts.stock) == (OrderState.CLOSED, "已全额退款", 10)
    assert (order.refunded_amount, order.refunded_shipping) == (order.total, Decimal("8.00"))
    assert left(order) == (0, Decimal("0.00"), Decimal("0.00"))


def test_a_received_order_can_be_refunded_at_any_time(order: Order, nuts: Variant) -> None:
    receive(order)
    refund(order, [part(order, 3, "30.00")])
    nuts.refresh_from_db()
    assert (order.state, order.refunded_amount, nuts.stock) == (
        OrderState.RECEIVED,
        Decimal("30.00"),
        7,
    )


def test_completing_twice_takes_once(order: Order, nuts: Variant) -> None:
    done = refund(order, [part(order, 1, "10.00")])
    complete_refund(done)
    nuts.refresh_from_db()
    assert (order.lines.get().refunded_amount, nuts.stock) == (Decimal("10.00"), 8)


def test_a_refund_that_nobody_agreed_to_is_not_completed(order: Order) -> None:
    asked = request_refund(order, [part(order, 1, "10.00")])
    with pytest.raises(WrongState):
        complete_refund(asked)


def test_the_payment_that_counts_is_paid_back_not_the_surplus(order: Order) -> None:
    Repayment.objects.all().delete()
    first = Payment.objects.get()
    double = Payment.objects.create(
        order=order,
        number="P2",
        method="offline",
        amount=order.total,
        state="paid",
        paid_at=order.placed_at,
        created_at=order.placed_at,
    )
    Repayment.objects.create(
        payment=double,
        number="R2",
        amount=order.total,
        created_at=order.placed_at,
        next_attempt_at=order.placed_at,
    )
    approve_refund(request_refund(order, [part(order, 1, "10.00")]), by=None)
    assert Repayment.objects.get(refund__isnull=False).payment == first


def test_an_open_after_sale_keeps_the_parcel_here(order: Order) -> None:
    request_refund(order, [part(order, 1, "10.00")])
    with pytest.raises(CannotShip, match="售后"):
        ship_order(order, courier="顺丰", tracking_no="SF1", by=None)


def test_cancelling_an_unsent_order_gives_everything_back_at_once(
    order: Order, nuts: Variant
) -> None:
    first = cancel_paid_order(order)
    assert (first.state, first.amount, first.shipping_amount) == (
        RefundState.APPROVED,
        order.total,
        Decimal("8.00"),
    )
    assert cancel_paid_order(order) == first
    assert Repayment.objects.count() == 1
    sent = send_repayment(first.repayment)
    record_outcome(sent, Outcome("paid"), at=sent.created_at)
    order.refresh_from_db()
    nuts.refresh_from_db()
    assert (order.state, nuts.stock) == (OrderState.CLOSED, 10)


def test_cancelling_agrees_to_what_was_asked_before(order: Order) -> None:
    asked = request_refund(order, [part(order, 1, "10.00")])
    rest = cancel_paid_order(order)
    asked.refresh_from_db()
    assert asked.state == RefundState.APPROVED
    assert (rest.amount, sum(back.amount for back in Repayment.objects.all())) == (
        Decimal("28.00"),
        order.total,
    )


def test_a_sent_order_is_not_cancelled(order: Order) -> None:
    ship(order)
    with pytest.raises(CannotRefund, match="已发货"):
        cancel_paid_order(order)
    assert not Refund.objects.exists()


def test_what_was_delivered_with_the_payment_is_not_taken_back_at_once(
    buyer: User, nuts: Variant
) -> None:
    order = make_order(buyer, {nuts: 1, make_virtual(): 1})
    pay(order)
    with pytest.raises(CannotRefund, match="虚拟商品"):
        cancel_paid_order(order)
    assert not Refund.objects.exists()


def test_when_only_delivered_goods_are_kept_the_order_is_received(
    buyer: User, nuts: Variant
) -> None:
    order = make_order(buyer, {nuts: 2, make_virtual(): 1})
    pay(order)
    line = order.lines.get(variant=nuts)
    refund(order, [Part(line.pk, 1, Decimal("10.00"))])
    assert order.state == OrderState.PAID
    refund(order, [Part(line.pk, 1, Decimal("10.00"))])
    nuts.refresh_from_db()
    assert (order.state, nuts.stock) == (OrderState.RECEIVED, 10)
    assert happened(order)[-2:] == [EventKind.REFUNDED, EventKind.RECEIVED]


@pytest.mark.parametrize(
    ("pieces", "fair"), [(0, "0.00"), (1, "3.33"), (2, "6.66"), (3, "10.00"), (4, "10.00")]
)
def test_the_fair_money_for_pieces_never_exceeds_what_is_left(pieces: int, fair: str) -> None:
    assert Refundable(OrderLine(), 3, Decimal("10.00")).amount_for(pieces) == Decimal(fair)
