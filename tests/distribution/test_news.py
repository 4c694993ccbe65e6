"""What distributors are told: of each commission and decision once, with it or not at all."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.translation import override

from base.inbox import inbox_of, shown
from base.models import InboxMessage, Notice
from distribution.models import Distributor, Tier
from distribution.money.balances import lock_balances
from distribution.money.commissions import mature_commissions
from distribution.money.reservations import Claim, reserve, settle
from distribution.news import tell_earned, tell_reversed
from distribution.programme.people import (
    approve,
    join,
    resign,
    set_status,
    set_tier,
    withdraw_application,
)
from distribution.referral.handovers import Group, hand_over
from distribution.referral.relations import bind_by_link, reassign_customer, reassign_recruiter
from distribution.states import Status
from orders.events import replay_events
from orders.models import Order
from orders.refunds import Part
from tests.make import (
    START,
    Chain,
    make_chain,
    make_distributor,
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


def bought(chain: Chain, price: str) -> Order:
    order = make_order(chain.c, {make_variant(price): 1})
    pay(order)
    return receive(order)


def test_what_was_paid_before_a_refund_is_to_be_repaid_and_says_so(chain: Chain) -> None:
    order, now = bought(chain, "10.00"), timezone.now()
    mature_commissions(now + timedelta(days=8))
    lock_balances([chain.b.pk])
    (paid,) = reserve([Claim("J1", chain.b.pk, Decimal("1.00"))], now)
    settle(paid, now)
    refund(order, [Part(order.lines.get().pk, 1, Decimal("10.00"))])
    told = {one.title: one.text for one in shown(inbox_of(chain.b.user))}
    assert "已经结算给你，不用退钱，之后如有佣金，会先补上它" in told["佣金撤回 ¥1.00"]
    not_paid = {one.title: one.text for one in shown(inbox_of(chain.a.user))}
    assert "已经结算" not in not_paid["佣金撤回 ¥0.50"]
    bought(chain, "30.00")
    mature_commissions(now + timedelta(days=9))
    told = {one.title: one.text for one in shown(inbox_of(chain.b.user))}
    assert "先补上待抵扣的，有剩下的下次结算时付给你" in told["佣金到期 ¥3.00"]
    bought(chain, "20.00")
    mature_commissions(now + timedelta(days=10))
    told = {one.title: one.text for one in shown(inbox_of(chain.b.user))}
    assert "下次结算时一起付给你" in told["可结算佣金增加 ¥2.00"]


def test_nobody_who_is_frozen_is_promised_the_next_payout(chain: Chain) -> None:
    bought(chain, "10.00")
    set_status(chain.b, Status.FROZEN, by=None, reason="核实中")
    mature_commissions(timezone.now() + timedelta(days=8))
    told = {one.title: one.text for one in shown(inbox_of(chain.b.user))}
    assert "解冻后继续结算" in told["佣金到期 ¥1.00"]
    assert "可结算佣金增加 ¥0.50" in titles(chain.a)


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


class TestWhatTheMerchantMoves:
    """Who lost, who gained and who was moved are told, once each; placing is not touched."""

    def test_a_customer(self, chain: Chain) -> None:
        other, by = make_distributor(name="别"), chain.a.user
        for _again in range(2):
            reassign_customer(chain.c, other, by=by, reason="按约定")
        assert titles(chain.b) == ["1 位顾客改由别人服务"]
        assert titles(other) == ["商家交给你 1 位顾客"]
        assert titles_of_buyer(chain) == ["为你服务的推荐人变了"]
        assert titles(chain.a) == []
        (message,) = shown(inbox_of(other.user))
        assert message.text.startswith("丙**。") and "按约定" not in message.text

    def test_to_nobody_and_to_whom_it_was_already(self, chain: Chain) -> None:
        by = chain.a.user
        reassign_customer(chain.c, chain.b, by=by, reason="商家确认")
        assert titles(chain.b) == titles_of_buyer(chain) == []
        reassign_customer(chain.c, None, by=by, reason="放开")
        assert titles(chain.b) == ["1 位顾客改由别人服务"]
        assert titles_of_buyer(chain) == ["为你服务的推荐人变了"]

    def test_a_distributor(self, chain: Chain) -> None:
        other, by = make_distributor(name="别"), chain.c
        for _again in range(2):
            reassign_recruiter(chain.b, other, by=by, reason="按约定")
        assert titles(chain.a) == ["1 位分销商不再归你"]
        assert titles(other) == ["商家把 1 位分销商归到你名下"]
        assert titles(chain.b) == ["带你做推广的推荐人变了"]

    def test_everybody_at_once_is_one_message(self, chain: Chain) -> None:
        other, by = make_distributor(name="别"), chain.c
        for number in range(6):
            bind_by_link(make_user(f"{number}号"), chain.a, at=START)
        hand_over(chain.a, other, list(Group), by=by, reason="离开")
        assert sorted(titles(chain.a)) == ["1 位分销商不再归你", "7 位顾客改由别人服务"]
        assert sorted(titles(other)) == ["商家交给你 7 位顾客", "商家把 1 位分销商归到你名下"]
        assert sorted(titles(chain.b)) == ["为你服务的推荐人变了", "带你做推广的推荐人变了"]
        given = inbox_of(other.user).get(event="customers_given")
        assert given.values == {"count": 7, "names": "乙** · 0** · 1** · 2** · 3** …"}


def test_the_programmes_own_reasons_are_told_in_the_readers_language() -> None:
    user = make_user("小林")
    with override("en"):
        join(user)
        withdraw_application(Distributor.objects.get(pk=user.pk))
        person = join(user)
    approve(person, by=None)
    with override("en"):
        resign(person)
    rows = list(person.standings.all())
    assert [row.why for row in rows] == ["申请加入", "本人撤回申请", "再次申请", "", "本人退出"]
    (left, _in) = inbox_of(user)
    assert left.event == "programme_resigned"
    with override("en"):
        english = [row.why for row in rows]
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in "".join(english))
        assert english[4] in shown([left])[0].text
    assert shown([left])[0].text.startswith("原因：本人退出。")
    assert "本人退出" in Notice.objects.latest("pk").text
