"""What distributors are told: of each commission and decision once, with it or not at all."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from base.inbox import inbox_of, shown
from base.models import InboxMessage
from distribution.models import Distributor, Tier
from distribution.money.commissions import mature_commissions
from distribution.news import tell_earned, tell_reversed
from distribution.programme.people import approve, set_status, set_tier
from distribution.states import Status
from orders.events import replay_events
from orders.refunds import Part
from tests.make import (
    Chain,
    make_chain,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> Chain:
    make_rule("0.10", "0.05")
    return make_chain()


def titles(person: Distributor) -> list[str]:
    return [message.title for message in shown(inbox_of(person.user))]


def test_both_levels_are_told_of_an_order_once(chain: Chain) -> None:
    order = make_order(chain.c, {make_variant("10.00"): 1, make_variant("20.00"): 1})
    pay(order)
    tell_earned([order.pk])
    replay_events()
    assert titles(chain.b) == ["新的佣金 ¥3.00"]
    assert titles(chain.a) == ["新的佣金 ¥1.50"]
    assert titles_of_buyer(chain) == []
    (message,) = shown(inbox_of(chain.b.user))
    assert message.text.startswith(f"订单 {order.number} 已付款，你得到佣金 ¥3.00")
    assert message.link == f"/distribution/orders/?q={order.number}"


def titles_of_buyer(chain: Chain) -> list[str]:
    return [message.title for message in shown(inbox_of(chain.c))]


def test_nobody_earns_nobody_is_told(chain: Chain) -> None:
    pay(make_order(make_user("路人")))
    assert InboxMessage.objects.count() == 0


def test_a_refund_is_told_with_what_it_takes(chain: Chain) -> None:
    order = make_order(chain.c, {make_variant("10.00"): 2})
    pay(order)
    back = refund(order, [Part(order.lines.get().pk, 1, Decimal("10.00"))])
    tell_reversed([back.pk])
    assert titles(chain.b) == ["佣金撤回 ¥1.00", "新的佣金 ¥2.00"]
    assert titles(chain.a) == ["佣金撤回 ¥0.50", "新的佣金 ¥1.00"]


def test_what_matures_on_a_day_is_one_message(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distribution.money.commissions.MATURE_CHUNK", 1)
    now = timezone.now()
    for price in ("10.00", "20.00"):
        order = make_order(chain.c, {make_variant(price): 1})
        pay(order)
        receive(order)
    mature_commissions(now + timedelta(days=9))
    matured = inbox_of(chain.b.user).filter(event="commission_matured")
    assert [message.values for message in matured] == [{"amount": "3.00"}]


def test_decisions_with_their_reason(chain: Chain) -> None:
    for status in (Status.FROZEN, Status.RESIGNED, Status.BANNED):
        set_status(chain.b, status, by=None, reason="核实中")
        set_status(chain.b, status, by=None, reason="再说一次")
    told = shown(inbox_of(chain.b.user))
    assert [message.title for message in told] == ["分销账号已封禁", "已退出分销", "分销账号已冻结"]
    assert [message.text.startswith("原因：核实中。") for message in told] == [True] * 3


def test_who_is_thawed_is_not_told_that_they_joined(chain: Chain) -> None:
    set_status(chain.b, Status.FROZEN, by=None, reason="核实中")
    approve(chain.b, by=None)
    assert titles(chain.b) == ["分销账号已解冻", "分销账号已冻结"]


def test_a_tier_kept_for_longer_is_no_other_tier(chain: Chain) -> None:
    bronze = Tier.objects.get(code="bronze")
    set_tier(chain.b, bronze, by=None, keep_until=date(2030, 1, 1))
    assert titles(chain.b) == []


def test_another_tier(chain: Chain) -> None:
    gold = Tier.objects.get(code="gold")
    for _again in range(2):
        set_tier(chain.b, gold, by=None)
    assert titles(chain.b) == [f"等级变为“{gold.name}”"]
