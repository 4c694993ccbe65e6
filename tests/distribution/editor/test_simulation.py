from datetime import date, timedelta
from decimal import Decimal

import pytest

from distribution.editor.simulation import Simulation, simulate_rules
from distribution.models import Policy, Rule, TierUplift
from distribution.policy import publish_policy
from distribution.programme.people import set_status, set_tier
from distribution.rules import change_rule
from distribution.states import Status
from orders.models import Order
from orders.refunds import Part
from tests import make
from tests.moving.folders import count_rows

pytestmark = pytest.mark.django_db

AT = make.START + timedelta(days=1)
DAY = date(2026, 1, 2)


def rule(level1: str | None, level2: str | None, **values: object) -> Rule:
    rates = (None if level is None else Decimal(level) for level in (level1, level2))
    rate1, rate2 = rates
    return Rule(**{"scope": "shop", "rate1": rate1, "rate2": rate2} | values)


def buy(chain: make.Chain, price: str = "100.00", quantity: int = 1, **fields: str) -> Order:
    order = make.make_order(chain.c, {make.make_variant(price, **fields): quantity}, at=AT)
    make.pay(order, at=AT)
    return order


def effects(result: Simulation) -> list[tuple[int, int, str, str, str]]:
    return [
        (e.distributor_id, e.orders, str(e.before), str(e.after), str(e.change))
        for e in result.effects
    ]


def test_before_and_after_of_everybody() -> None:
    make.make_rule("0.10", "0.05")
    chain = make.make_chain()
    buy(chain, cost="60.00")
    buy(chain, "50.00")
    rows = count_rows()
    result = simulate_rules([rule("0.08", "0.06")], DAY, DAY)
    assert effects(result) == [
        (chain.a.pk, 2, "7.50", "9.00", "1.50"),
        (chain.b.pk, 2, "15.00", "12.00", "-3.00"),
    ]
    assert [e.distributor_id for e in result.winners] == [chain.a.pk]
    assert [e.distributor_id for e in result.losers] == [chain.b.pk]
    assert (result.orders, result.orders_with_commission) == (2, 2)
    assert (result.sales, result.cost, result.sales_of_unknown_cost) == (
        Decimal("150.00"),
        Decimal("60.00"),
        Decimal("50.00"),
    )
    assert (result.before, result.after) == (Decimal("22.50"), Decimal("21.00"))
    assert (result.margin, result.margin_before, result.margin_after) == (
        Decimal("40.00"),
        Decimal("25.00"),
        Decimal("26.00"),
    )
    assert count_rows() == rows


def test_the_rules_in_force_change_nothing_even_after_refunds() -> None:
    live = make.make_rule("0.30", "0.25")
    chain = make.make_chain()
    order = buy(chain, "0.09")
    make.refund(order, [Part(order.lines.get().pk, 0, Decimal("0.04"))], at=AT)
    buy(chain, "99.00")
    result = simulate_rules([live], DAY, DAY)
    assert (result.change, result.winners, result.losers) == (0, [], [])
    assert result.before == Decimal("49.52")


def test_payees_tiers_and_policy_are_those_of_placement() -> None:
    make.make_rule("0.10", "0.05")
    chain = make.make_chain()
    TierUplift.objects.create(tier=chain.b.tier, uplift=Decimal("0.10"), valid_from=make.START)
    order = buy(chain)
    later = AT + timedelta(days=1)
    set_status(chain.b, Status.FROZEN, by=None, reason="test", at=later)
    set_tier(chain.a, None, by=None, at=later)
    TierUplift.objects.create(tier=chain.b.tier, uplift=Decimal("5"), valid_from=later)
    publish_policy(by=None, at=later, cap_rate=Decimal(0))
    assert Policy.objects.count() == 2
    result = simulate_rules([rule("0.20", "0.10")], DAY, DAY)
    after = {e.distributor_id: str(e.after) for e in result.effects}
    assert after == {chain.b.pk: "22.00", chain.a.pk: "11.00"}
    assert order.commissions.count() == 2


def test_only_the_days_asked_for_and_only_what_was_paid() -> None:
    make.make_rule("0.10", "0.05")
    chain = make.make_chain()
    buy(chain)
    make.make_order(chain.c, at=AT)
    assert simulate_rules([], DAY - timedelta(days=9), DAY - timedelta(days=1)).orders == 0
    assert simulate_rules([], DAY + timedelta(days=1), DAY + timedelta(days=9)).orders == 0
    result = simulate_rules([], DAY, DAY)
    assert (result.orders, result.before, result.after) == (1, Decimal("15.00"), 0)


def test_a_day_is_beijings() -> None:
    make.make_rule("0.10", "0.05")
    chain = make.make_chain()
    for at in (make.START - timedelta(seconds=1), make.START + timedelta(days=1)):
        make.pay(make.make_order(chain.c, at=at), at=at)
    assert simulate_rules([], date(2026, 1, 1), date(2026, 1, 1)).orders == 0


def test_the_last_rule_is_the_newest_and_versions_are_taken_as_in_force() -> None:
    old = make.make_rule("0.10", "0.05")
    chain = make.make_chain()
    buy(chain)
    new = change_rule(old, by=None, at=AT + timedelta(days=1), rate1=Decimal("0.07"))
    result = simulate_rules([rule("0.20", None), new], DAY, DAY)
    assert [str(e.after) for e in result.effects] == ["5.00", "7.00"]
    assert (new.valid_from, new.pk) == (AT + timedelta(days=1), new.pk)
    kept = simulate_rules([new, rule("0.20", None)], DAY, DAY)
    assert [str(e.after) for e in kept.effects] == ["20.00", "5.00"]


def test_a_rule_may_ask_for_orders_in_the_month() -> None:
    make.make_rule("0.10", None)
    chain = make.make_chain()
    for days in (1, 2):
        at = make.START + timedelta(days=days)
        make.pay(make.make_order(chain.c, {make.make_variant("100.00"): 1}, at=at), at=at)
    proposal = [rule("0.10", None), rule("0.20", None, min_month_orders=1)]
    result = simulate_rules(proposal, DAY, DAY + timedelta(days=1))
    assert [str(e.after) for e in result.effects] == ["30.00"]


def test_orders_without_terms_are_counted_and_left_out() -> None:
    chain = make.make_chain()
    order = buy(chain)
    order.distribution_terms.delete()
    result = simulate_rules([rule("0.10", "0.05")], DAY, DAY)
    assert (result.orders, result.orders_without_terms, result.after) == (0, 1, 0)
