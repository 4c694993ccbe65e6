"""A commission explains itself, and recomputes to the cent from what was stored."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from base.clock import BEIJING
from base.money import percent
from distribution.models import Commission, Tier, TierUplift
from distribution.money.balances import lock_balances
from distribution.money.commissions import mature_commissions
from distribution.money.explanations import Explanation, explain, why_named
from distribution.money.holds import hold_commission, revoke_commission
from distribution.money.reservations import Claim, reserve, settle
from distribution.policy import publish_policy
from distribution.programme.people import set_status, set_tier
from distribution.rules import change_rule
from distribution.states import CommissionState, Status
from orders.models import Order
from orders.refunds import Part, request_refund
from tests.books import unguarded
from tests.make import (
    START,
    Chain,
    make_chain,
    make_order,
    make_rule,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

D = Decimal
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)


def bought(chain: Chain, price: str = "99.00", quantity: int = 1, cost: str | None = None) -> Order:
    order = make_order(chain.c, {make_variant(price, cost=cost): quantity}, at=NOON)
    pay(order, at=NOON)
    return order


def told(level: int = 1) -> Explanation:
    return explain(Commission.objects.get(level=level))


def amounts(explanation: Explanation) -> list[str]:
    return [str(step.amount) for step in explanation.steps]


def test_every_step_from_paid_to_now() -> None:
    chain = make_chain()
    rule = make_rule("0.30", "0.25")
    order = bought(chain, "33.00", 3)
    assert amounts(told()) == ["99.00", "29.70", "27.00", "27.00"]
    refund(order, [Part(order.lines.get().pk, 1, D("33.00"))], at=NOON + DAY)
    explanation = told()
    assert amounts(explanation) == ["99.00", "29.70", "27.00", "27.00", "-9.00", "18.00"]
    assert "99.00 × 30%" in explanation.steps[1].note
    assert "54.45" in explanation.steps[2].note
    assert "49.50" in explanation.steps[2].note
    assert f"#{rule.pk}" in explanation.rule
    assert explanation.is_exact
    assert explanation.recomputed == D("27.00")
    assert [row.amount for row in explanation.reversals] == [D("9.00")]


def test_a_rules_target_stands_apart_in_english() -> None:
    chain = make_chain()
    variant = make_variant("10.00")
    make_rule("0.12", None, scope="category", category=variant.product.category)
    pay(make_order(chain.c, {variant: 1}))
    with translation.override("en"):
        assert f"Category “{variant.product.category}”" in told().rule


def test_profit_and_uplift_are_steps() -> None:
    chain = make_chain()
    gold = Tier.objects.get(code="gold")
    TierUplift.objects.create(tier=gold, uplift=D("0.10"), valid_from=START)
    set_tier(chain.b, gold, by=None, at=START + DAY)
    make_rule("0.20", None, base="profit")
    bought(chain, "100.00", cost="60.00")
    explanation = told()
    assert amounts(explanation) == ["100.00", "40.00", "8.80", "8.80"]
    assert "10%" in explanation.steps[2].note
    assert explanation.is_exact


def test_it_stays_exact_whatever_changes_later() -> None:
    chain = make_chain()
    publish_policy(by=None, at=START, margin_guard=True)
    rule = make_rule("0.31", "0.27")
    order = bought(chain, "50.00", 3, cost="20.00")
    change_rule(rule, by=None, at=NOON + DAY, rate1=D("0.9"), base="profit")
    publish_policy(by=None, at=NOON + DAY, cap_rate=D("0.1"), margin_guard=False)
    set_status(chain.a, Status.FROZEN, by=None, reason="test", at=NOON + DAY)
    for amount in ("31.00", "20.01", "0.01", "40.00"):
        refund(order, [Part(order.lines.get().pk, 0, D(amount))], at=NOON + DAY)
        assert told(1).is_exact
        assert told(2).is_exact


def test_what_is_left_after_a_refund_is_calculated_before_the_readers_eyes() -> None:
    chain = make_chain()
    make_rule("0.12", "0.06")
    order = bought(chain, "39.00")
    assert [step.label for step in told().steps] == ["实付", "按规则计算", "付款时佣金"]
    refund(order, [Part(order.lines.get().pk, 0, D("13.37"))], at=NOON + DAY)
    last = told().steps[-1]
    assert (last.label, str(last.amount), last.note) == (
        "现在",
        "3.08",
        "退款后按留下的重新算：¥25.63 × 12%，不超过付款时的佣金",
    )


def test_after_a_refund_the_cap_is_named_where_it_cuts() -> None:
    chain = make_chain()
    make_rule("0.30", "0.25")
    order = bought(chain)
    refund(order, [Part(order.lines.get().pk, 0, D("9.00"))], at=NOON + DAY)
    assert told().steps[-1].note == (
        "退款后按留下的重新算：¥90.00 × 30%，再按两级合计上限缩减，不超过付款时的佣金"
    )


def test_what_the_merchant_took_back_is_no_sum() -> None:
    chain = make_chain()
    make_rule("0.12", None)
    bought(chain)
    revoke_commission(Commission.objects.get(), by=None, reason="虚假交易")
    assert (told().steps[-1].label, told().steps[-1].note) == ("现在", "")


def test_a_cent_that_comes_back_is_explained_too() -> None:
    chain = make_chain()
    make_rule("0.38", "0.292")
    order = bought(chain, "0.21")
    for amount in ("0.06", "0.01"):
        refund(order, [Part(order.lines.get().pk, 0, D(amount))], at=NOON + DAY)
    assert amounts(told(2))[-2:] == ["-0.01", "0.03"]
    assert told(2).is_exact
    assert [row.amount for row in told(2).reversals] == [D("0.02"), D("-0.01")]


def test_what_was_tampered_with_is_not_exact() -> None:
    chain = make_chain()
    make_rule("0.30", "0.25")
    bought(chain)
    with unguarded():
        Commission.objects.filter(level=1).update(amount=D("26.99"))
    assert not told().is_exact


class TestState:
    def test_from_pending_to_paid(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = bought(chain, "100.00")
        assert (told().state, told().unlocks_at) == (CommissionState.PENDING, None)
        receive(order, at=NOON)
        assert (told().state, told().unlocks_at) == (CommissionState.PENDING, NOON + 7 * DAY)
        mature_commissions(NOON + 7 * DAY)
        assert (told().state, told().blockers) == (CommissionState.AVAILABLE, [])
        lock_balances([chain.b.pk])
        (held,) = reserve([Claim("J1", chain.b.pk, D("10.00"))], NOON + 8 * DAY)
        assert (told().state, told().reserved) == (CommissionState.RESERVED, D("10.00"))
        settle(held, NOON + 9 * DAY)
        assert (told().state, told().paid) == (CommissionState.PAID, D("10.00"))
        refund(order, [Part(order.lines.get().pk, 1, D("100.00"))], at=NOON + 10 * DAY)
        assert (told().state, told().paid) == (CommissionState.REVERSED, D("10.00"))
        assert told().is_exact

    def test_what_repaid_a_debt_says_so(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        first = bought(chain, "100.00")
        receive(first, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        lock_balances([chain.b.pk])
        (held,) = reserve([Claim("J1", chain.b.pk, D("10.00"))], NOON + 8 * DAY)
        settle(held, NOON + 9 * DAY)
        refund(first, [Part(first.lines.get().pk, 1, D("100.00"))], at=NOON + 10 * DAY)
        second = bought(chain, "60.00")
        receive(second, at=NOON)
        mature_commissions(NOON + 11 * DAY)
        later = explain(Commission.objects.get(order=second))
        assert (later.state, later.blockers) == (
            CommissionState.SET_OFF,
            ["其中 ¥6.00 用来抵扣以前多付给你的佣金。"],
        )
        third = bought(chain, "70.00")
        receive(third, at=NOON)
        mature_commissions(NOON + 12 * DAY)
        later, last = (explain(Commission.objects.get(order=order)) for order in (second, third))
        assert (later.state, later.blockers) == (
            CommissionState.AVAILABLE,
            ["其中 ¥3.00 用来抵扣以前多付给你的佣金。"],
        )
        assert (last.state, last.blockers) == (
            CommissionState.SET_OFF,
            ["其中 ¥7.00 用来抵扣以前多付给你的佣金。"],
        )

    def test_what_is_looked_into_names_no_day_that_is_over(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = bought(chain, "100.00")
        receive(order, at=NOON)
        hold_commission(Commission.objects.get(level=1), by=None, reason="核实", at=NOON)
        now = NOON + 6 * DAY
        monkeypatch.setattr("distribution.money.explanations.timezone.now", lambda: now)
        assert told().waits == ["复核通过的话，2026-03-22 12:00 可结算。"]
        now = NOON + 8 * DAY
        assert told().waits == ["结算前的天数已经满了，复核通过后马上可结算。"]
        assert told().is_held and told().blockers[0].startswith("正在复核")

    def test_what_was_paid_is_not_kept_back_from_a_frozen_one(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = bought(chain, "100.00")
        receive(order, at=NOON)
        mature_commissions(NOON + 7 * DAY)
        lock_balances([chain.b.pk])
        (held,) = reserve([Claim("J1", chain.b.pk, D("10.00"))], NOON + 8 * DAY)
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=NOON + 8 * DAY)
        assert told().blockers == ["账号已冻结，款项保留。"]
        settle(held, NOON + 9 * DAY)
        assert told().blockers == []

    def test_what_blocks_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = bought(chain, "100.00")
        (waiting,) = told().blockers
        receive(order, at=NOON)
        with monkeypatch.context() as then:
            then.setattr("distribution.money.explanations.timezone.now", lambda: NOON)
            (dated,) = told().blockers
        assert "2026-03-22 12:00" in dated
        assert told().blockers == ["结算前的天数已经满了，很快可结算。"]  # and beat is on its way
        request_refund(order, [Part(order.lines.get().pk, 0, D("1.00"))], at=NOON)
        (after_sale,) = told().blockers
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=NOON + DAY)
        assert len(told().blockers) == 2
        assert len({waiting, dated, after_sale, *told().blockers}) == 4


class TestWhy:
    def test_each_position_has_its_own_words(self) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        bought(chain)
        words = {told(1).why_payee, told(2).why_payee}
        publish_policy(by=None, at=START + DAY, self_purchase=True)
        pay(make_order(chain.b.user, at=NOON), at=NOON)
        words.add(explain(Commission.objects.filter(level=1).earliest("pk")).why_payee)
        words.add(explain(Commission.objects.get(is_self_purchase=True)).why_payee)
        assert len(words) == 3

    def test_for_everybody_else_it_names_the_payee(self) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        bought(chain)
        assert [why_named(told(level)) for level in (1, 2)] == [
            "下单时，买家绑定的分销商是 乙。",
            "下单时，甲 是这笔订单一级分销商的推荐人。",
        ]
        publish_policy(by=None, at=START + DAY, self_purchase=True)
        pay(make_order(chain.b.user, at=NOON), at=NOON)
        own = explain(Commission.objects.get(is_self_purchase=True))
        assert why_named(own) == "乙 本人购买，商家已开启自购返佣。"

    def test_a_rule_says_whom_and_when_it_is_for(self) -> None:
        chain = make_chain()
        variant = make_variant("100.00")
        make_rule(
            "0.125",
            None,
            scope="variant",
            variant=variant,
            distributor=chain.b,
            min_quantity=2,
            min_amount=D("50.00"),
        )
        pay(make_order(chain.c, {variant: 2}, at=NOON), at=NOON)
        for part in ("12.5%", "乙", "2", "50.00"):
            assert part in told().rule


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("0.125", "12.5%"),
        ("0.30000000", "30%"),
        ("0", "0%"),
        ("1", "100%"),
        ("0.00000001", "0.000001%"),
    ],
)
def test_percent(rate: str, text: str) -> None:
    assert percent(D(rate)) == text


def test_every_word_speaks_the_readers_language() -> None:
    chain = make_chain()
    make_rule("0.30", "0.25")
    bought(chain)
    with translation.override("zh-hans"):
        assert told().steps[0].label == "实付"


def test_a_fixed_number_of_queries() -> None:
    chain = make_chain()
    make_rule("0.30", "0.25")
    order = bought(chain, "33.00", 3)
    counts = set()
    for amount in ("1.00", "2.00", "3.00"):
        refund(order, [Part(order.lines.get().pk, 0, D(amount))], at=NOON + DAY)
        commission = Commission.objects.get(level=1)
        with CaptureQueriesContext(connection) as queries:
            explain(commission)
        counts.add(len(queries))
    assert len(counts) == 1
