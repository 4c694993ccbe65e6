"""Dry runs of drafts: live's own arithmetic, to the cent; a run is a row and safe twice."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from base.accounts.models import User
from base.errors import DomainError
from distribution.editor import dry_runs
from distribution.editor.change_sets import (
    create_change_set,
    draft_addition,
    draft_change,
    draft_end,
    draft_policy,
    publish_change_set,
)
from distribution.editor.dry_runs import (
    DEAD_AFTER,
    carry_out,
    carry_out_waiting,
    is_small,
    request_dry_run,
    result_of,
)
from distribution.editor.simulation import Simulation, simulate
from distribution.editor.trial import Trial
from distribution.models import ChangeSet, Commission, DryRun, Rule, TierUplift
from distribution.money.holds import revoke_commission
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.rules import RuleBook, change_rule
from distribution.states import DryRunState, Status
from orders.refunds import Part
from tests import make
from tests.moving.folders import count_rows

pytestmark = pytest.mark.django_db

D = Decimal
AT = make.START + timedelta(days=1)
DAY = date(2026, 1, 2)
LAST = date(2026, 1, 31)


@pytest.fixture
def owner() -> User:
    return make.make_user("店主")


@pytest.fixture
def draft(owner: User) -> ChangeSet:
    return create_change_set(by=owner, name="双十二")


def buy(buyer: User, price: str = "100.00", *, at: datetime = AT, quantity: int = 1, **fields: Any) -> Any:  # fmt: skip
    order = make.make_order(buyer, {make.make_variant(price, **fields): quantity}, at=at)
    make.pay(order, at=at)
    return order


def tried(draft: ChangeSet, **values: Any) -> Simulation:
    draft.refresh_from_db()
    run = carry_out(request_dry_run(draft, DAY, LAST, by=None, **values).pk)
    assert run is not None
    assert (run.state, run.error) == (DryRunState.DONE, "")
    return result_of(run)


def commissions() -> dict[tuple[int, int], Decimal]:
    sums: dict[tuple[int, int], Decimal] = {}
    for level, payee, amount in Commission.objects.values_list("level", "payee", "amount"):
        sums[level, payee] = sums.get((level, payee), D(0)) + amount
    return sums


def a_month_of_trade() -> make.Chain:
    """Capped lines, profit, fixed amounts, uplifts, demands, refunds, a change in between."""
    chain = make.make_chain()
    TierUplift.objects.create(tier=chain.b.tier, uplift=D("0.10"), valid_from=make.START)
    rule = make.make_rule("0.30", "0.25")
    fixed = make.make_variant("10.00")
    make.make_rule(None, None, scope="product", product=fixed.product, amount1=D("1"), amount2=D("0.35"))  # fmt: skip
    profit = make.make_variant("80.00", cost="50.00")
    make.make_rule("0.20", "0.15", scope="variant", variant=profit, base="profit")
    make.make_rule("0.40", None, min_month_orders=2)
    for days, variant, quantity in ((0, fixed, 3), (1, profit, 2), (2, None, 1), (20, fixed, 1)):
        at = AT + timedelta(days=days)
        goods = variant or make.make_variant("99.00", cost="80.00")
        order = make.make_order(chain.c, {goods: quantity}, at=at)
        make.pay(order, at=at)
        if quantity == 3:
            make.refund(order, [Part(order.lines.get().pk, 1, D("10.00"))], at=at)
        if days == 2:
            change_rule(rule, by=None, at=at + timedelta(days=1), rate1=D("0.10"))
    publish_policy(by=None, at=AT + timedelta(days=10), cap_rate=D("0.1"), margin_guard=True)
    buy(chain.c, "0.05", at=AT + timedelta(days=11), cost="0.01")
    return chain


def test_the_rules_that_were_in_force_reproduce_every_commission_to_the_cent() -> None:
    a_month_of_trade()
    result = simulate(Trial(RuleBook(Rule.objects.all())), DAY, LAST)
    assert (result.change, result.orders_changed, result.winners, result.losers) == (0, 0, [], [])
    assert (result.orders, result.before) == (5, sum(commissions().values()))
    assert result.before > 0
    assert result.lines_capped_before == result.lines_capped_after == 2
    level2 = sum(amount for (level, _), amount in commissions().items() if level == 2)
    assert (result.before_level2, result.after_level2) == (level2, level2)


@pytest.mark.parametrize("act", ["revoke", "ban"])
@pytest.mark.parametrize("baseline", list(DryRun.Baseline))
def test_what_was_taken_for_good_comes_back_under_no_rules(
    draft: ChangeSet, owner: User, act: str, baseline: DryRun.Baseline
) -> None:
    chain = make.make_chain()
    make.make_rule("0.10", "0.05")
    for price in ("100.00", "40.00"):
        buy(chain.c, price, at=AT)
    taken = Commission.objects.filter(level=1)
    if act == "ban":
        set_status(chain.b, Status.BANNED, by=owner, reason="作弊")
        left = D("0.00")
    else:
        revoke_commission(taken.order_by("pk")[0], by=owner, reason="自买自卖")
        left = D("4.00")
    assert sum(commissions().values()) == left + D("7.00")
    same = tried(draft, baseline=baseline)
    assert (same.before, same.change, same.orders_changed) == (left + D("7.00"), 0, 0)
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.20"), rate2=D("0.05"))
    assert tried(draft, baseline=baseline).change == left


def test_a_draft_that_changes_nothing_changes_nothing_against_the_rules_in_force(
    draft: ChangeSet,
) -> None:
    a_month_of_trade()
    result = tried(draft, baseline=DryRun.Baseline.RULES)
    assert (result.change, result.orders_changed) == (0, 0)
    assert tried(draft).change != 0  # a rule was changed on the way


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"self_purchase": True},
        {"two_levels": False},
        {"cap_rate": D("0.05")},
        {"cap_rate": D("0.9"), "margin_guard": True},
    ],
)
def test_publishing_and_then_selling_equals_the_dry_run(
    draft: ChangeSet, owner: User, policy: dict[str, Any]
) -> None:
    chain = make.make_chain()
    rule, ended = make.make_rule("0.10", "0.05"), make.make_rule("0.50", None)
    goods = [make.make_variant("99.00", cost="70.00"), make.make_variant("14.67")]
    buyers = [chain.c, chain.b.user, chain.a.user]

    def trade(at: datetime) -> None:
        for buyer in buyers:
            order = make.make_order(buyer, {goods[0]: 2, goods[1]: 1}, at=at)
            make.pay(order, at=at)

    trade(AT)
    draft_change(draft, rule, by=owner, rate1=D("0.125"), rate2=D("0.075"))
    draft_end(draft, ended, by=owner)
    draft_addition(draft, by=owner, scope="variant", variant=goods[0], rate2=D("0.25"))
    draft_policy(draft, by=owner, **policy)
    result = tried(draft)
    before = commissions()
    assert sum(before.values()) == result.before
    publish_change_set(draft, by=owner, reason="x")
    trade(timezone.now())
    # The same goods to the same people: what is new is what the dry run said.
    now = commissions()
    new = {key: now.get(key, D(0)) - before.get(key, D(0)) for key in now.keys() | before.keys()}
    by_payee: dict[int, Decimal] = {}
    for (_level, payee), amount in new.items():
        by_payee[payee] = by_payee.get(payee, D(0)) + amount
    effects = DryRun.objects.get().effects
    assert {e.distributor_id: e.after for e in effects.all() if e.after} == {
        payee: amount for payee, amount in by_payee.items() if amount
    }
    level2 = sum((amount for (level, _), amount in new.items() if level == 2), D(0))
    assert (result.after, result.after_level2) == (sum(by_payee.values()), level2)


def test_the_figures_of_a_run(draft: ChangeSet, owner: User) -> None:
    chain = make.make_chain()
    make.make_rule("0.10", "0.05")
    top = make.make_category("美妆")
    product = make.make_product(category=make.make_category("口红", parent=top))
    order = make.make_order(chain.c, {make.make_variant("100.00", product=product, cost="40.00"): 1}, at=AT)  # fmt: skip
    make.pay(order, at=AT)
    buy(chain.c, "50.00", at=AT)
    buy(make.make_user(), "30.00", at=AT)
    draft_addition(draft, by=owner, scope="category", category=top, rate1=D("0.45"), rate2=D("0.2"))
    rows = count_rows() | {"distribution.DryRun": 1, "distribution.DryRunEffect": 2}
    result = tried(draft)
    assert count_rows() == rows
    assert (result.orders, result.orders_with_commission, result.orders_changed) == (3, 2, 1)
    assert (result.sales, result.before, result.after) == (D("180.00"), D("22.50"), D("57.50"))
    assert (result.before_level1, result.after_level1) == (D("15.00"), D("39.62"))
    assert (result.lines_capped_before, result.lines_capped_after) == (0, 1)
    assert (result.margin, result.margin_before, result.margin_after) == (D(60), D(45), D(10))
    assert (result.lines_at_a_loss_before, result.lines_at_a_loss_after) == (0, 0)
    assert (result.share_before, result.share_after) == (D("0.125"), D("57.50") / D("180.00"))
    first, *_rest = result.shelves
    assert (first.category_id, first.name, first.sales, first.change) == (
        top.pk, "美妆", D("100.00"), D("35.00")
    )  # fmt: skip
    effects = DryRun.objects.get().effects.all()
    assert [(e.distributor_id, e.orders, e.before, e.after, e.change) for e in effects] == [
        (chain.b.pk, 2, D("15.00"), D("39.62"), D("24.62")),
        (chain.a.pk, 2, D("7.50"), D("17.88"), D("10.38")),
    ]


def test_a_campaign_is_tried_by_its_dates_or_as_if_it_ran(draft: ChangeSet, owner: User) -> None:
    chain = make.make_chain()
    make.make_rule("0.10", None)
    buy(chain.c)
    starts = timezone.now() + timedelta(days=3)
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.2"), starts_at=starts, ends_at=starts + timedelta(days=1))  # fmt: skip
    assert tried(draft).after == D("10.00")
    assert tried(draft, dates=DryRun.Dates.ALWAYS).after == D("20.00")


def test_asked_for_twice_it_is_one_run_and_done_once(draft: ChangeSet) -> None:
    first = request_dry_run(draft, DAY, LAST, by=None)
    assert request_dry_run(draft, DAY, LAST, by=None) == first
    done = carry_out(first.pk)
    assert done is not None
    assert carry_out(first.pk) is None
    assert request_dry_run(draft, DAY, LAST, by=None) != first


def test_what_a_dead_worker_left_is_taken_up(draft: ChangeSet) -> None:
    chain = make.make_chain()
    make.make_rule("0.10", None)
    buy(chain.c)
    run = request_dry_run(draft, DAY, LAST, by=None)
    now = timezone.now()
    DryRun.objects.filter(pk=run.pk).update(state=DryRunState.RUNNING, seen_at=now)
    assert carry_out_waiting() == 0
    DryRun.objects.filter(pk=run.pk).update(seen_at=now - DEAD_AFTER - timedelta(seconds=1))
    assert carry_out_waiting() == 1
    run.refresh_from_db()
    assert (run.state, run.done, run.effects.count()) == (DryRunState.DONE, 1, 1)


def test_a_failure_is_told_and_leaves_no_result(
    draft: ChangeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = request_dry_run(draft, DAY, LAST, by=None)

    def fail(*_args: Any, **_values: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(dry_runs, "simulate", fail)
        carry_out(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error.startswith("试算出错"), run.summary) == (DryRunState.FAILED, True, {})  # fmt: skip


def test_a_draft_edited_before_its_run_began_is_not_tried(draft: ChangeSet, owner: User) -> None:
    run = request_dry_run(draft, DAY, LAST, by=None)
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.2"))
    carry_out(run.pk)
    run.refresh_from_db()
    assert (run.state, "又有改动" in run.error) == (DryRunState.FAILED, True)


def test_days_and_drafts_that_cannot_be_tried(draft: ChangeSet, owner: User) -> None:
    today = timezone.now().date()
    for days, why in (
        ((LAST, DAY), "不能早于"),
        ((DAY, today + timedelta(days=2)), "已经过去"),
        ((date(2000, 1, 1), DAY), "最多"),
    ):
        with pytest.raises(DomainError, match=why):
            request_dry_run(draft, *days, by=None)
    draft_addition(draft, by=owner, scope="shop", rate1=D("0.2"))
    published = publish_change_set(draft, by=owner, reason="x")
    with pytest.raises(DomainError, match="只有草稿"):
        request_dry_run(published, DAY, LAST, by=None)
    assert not DryRun.objects.exists()


def test_the_database_refuses_days_that_run_backwards(draft: ChangeSet) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        DryRun.objects.create(change_set=draft, revision=1, first_day=LAST, last_day=DAY, total=0, requested_at=AT)  # fmt: skip


def test_small_ones_are_done_at_once(draft: ChangeSet, monkeypatch: pytest.MonkeyPatch) -> None:
    buy(make.make_user())
    run = request_dry_run(draft, DAY, LAST, by=None)
    assert is_small(run)
    monkeypatch.setattr(dry_runs, "AT_ONCE", 0)
    assert not is_small(run)


def test_queries_do_not_grow_with_the_orders(
    draft: ChangeSet, django_assert_num_queries: Any
) -> None:
    chain = make.make_chain()
    make.make_rule("0.10", "0.05")
    for _ in range(3):
        buy(chain.c)
        with django_assert_num_queries(11):
            simulate(Trial(RuleBook(Rule.objects.all())), DAY, LAST)
