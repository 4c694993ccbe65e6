"""Terms are fixed at placement: nothing that happens later touches a placed order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.accounts.models import User
from base.clock import BEIJING
from catalog.models import Variant
from distribution.models import LineTerms, OrderTerms, Rule, Tier, TierUplift
from distribution.money import terms
from distribution.policy import publish_policy
from distribution.programme.people import set_status, set_tier
from distribution.referral.relations import bind_by_link, reassign_customer, reassign_recruiter
from distribution.rules import change_rule, end_rule
from distribution.states import Status
from orders.events import replay_events
from orders.models import Order, OrderEvent
from tests.books import commissions, ledger, prove
from tests.make import (
    START,
    Chain,
    make_address,
    make_category,
    make_chain,
    make_distributor,
    make_order,
    make_product,
    make_rule,
    make_shipping_rate,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db

D = Decimal
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
PLACED = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
PAID = PLACED + timedelta(minutes=5)


def line_terms(order: Order) -> list[tuple[int, int, str]]:
    """(level, rule, value) of each level that has terms, by line and level."""
    rows = LineTerms.objects.filter(line__order=order).order_by("line", "level")
    return [
        (row.level, row.rule_id, f"{row.rate:.2f}" if row.amount is None else f"¥{row.amount}")
        for row in rows
    ]


class TestWhatIsWritten:
    def test_each_line_and_level_has_its_own_winner(self) -> None:
        chain = make_chain()
        shelf = make_category()
        nuts, soap = make_variant(product=make_product(category=shelf)), make_variant()
        shop = make_rule("0.10", "0.05")
        on_shelf = make_rule("0.20", None, scope=Rule.Scope.CATEGORY, category=shelf)
        order = make_order(chain.c, {nuts: 1, soap: 1}, at=PLACED)
        assert line_terms(order) == [
            (1, on_shelf.pk, "0.20"),
            (2, shop.pk, "0.05"),
            (1, shop.pk, "0.10"),
            (2, shop.pk, "0.05"),
        ]

    def test_an_unpaid_level_has_no_terms(self) -> None:
        chain = make_chain()
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=START + DAY)
        shop = make_rule()
        assert line_terms(make_order(chain.c, at=PLACED)) == [(2, shop.pk, "0.05")]

    def test_a_parent_category_speaks_for_its_children_and_the_nearer_wins(self) -> None:
        chain = make_chain()
        root = make_category()
        middle = make_category(parent=root)
        leaf = make_category(parent=middle)
        variant = make_variant(product=make_product(category=leaf))
        far = make_rule("0.30", "0.03", scope=Rule.Scope.CATEGORY, category=root)
        near = make_rule("0.20", None, scope=Rule.Scope.CATEGORY, category=middle)
        make_rule("0.50", "0.50", scope=Rule.Scope.CATEGORY, category=make_category())
        order = make_order(chain.c, {variant: 1}, at=PLACED)
        assert line_terms(order) == [(1, near.pk, "0.20"), (2, far.pk, "0.03")]

    def test_the_payees_own_rule_and_tier_decide_their_level(self) -> None:
        chain = make_chain()
        gold = Tier.objects.get(code="gold")
        set_tier(chain.a, gold, by=None, at=START + DAY)
        TierUplift.objects.create(tier=gold, uplift=D("0.10"), valid_from=START)
        shop = make_rule("0.10", "0.05")
        for_gold = make_rule("0.20", "0.06", tier=gold)
        for_b = make_rule("0.15", None, distributor=chain.b)
        order = make_order(chain.c, at=PLACED)
        assert line_terms(order) == [(1, for_b.pk, "0.15"), (2, for_gold.pk, "0.06")]
        uplifts = LineTerms.objects.order_by("level").values_list("uplift", flat=True)
        assert list(uplifts) == [D("0.0000"), D("0.1000")]
        assert shop.pk not in {row[1] for row in line_terms(order)}

    def test_of_two_uplifts_of_one_moment_the_later_written_holds(self) -> None:
        chain = make_chain()
        for tier in {chain.a.tier, chain.b.tier}:
            for uplift in ("0.10", "0.20"):
                TierUplift.objects.create(tier=tier, uplift=D(uplift), valid_from=START)
        make_rule("0.10", "0.05")
        make_order(chain.c, at=PLACED)
        uplifts = LineTerms.objects.order_by("level").values_list("uplift", flat=True)
        assert list(uplifts) == [D("0.2000"), D("0.2000")]

    def test_the_order_amount_is_without_shipping(self) -> None:
        chain = make_chain()
        make_shipping_rate("8.00")
        shop = make_rule("0.10", None)
        make_rule("0.20", None, min_amount=D("95.00"))
        big = make_rule("0.30", None, min_amount=D("98.00"))
        variant = make_variant("90.00")
        order = make_order(chain.c, {variant: 1}, address=make_address(chain.c), at=PLACED)
        assert order.total == D("98.00")
        assert line_terms(order) == [(1, shop.pk, "0.10")]
        order = make_order(chain.c, {variant: 1, make_variant("8.00"): 1}, at=PLACED)
        assert line_terms(order) == [(1, big.pk, "0.30")] * 2


# --- Later edits -------------------------------------------------------------------------------


def re_relate(chain: Chain, rule: Rule) -> None:
    reassign_customer(
        chain.c, make_distributor(), by=make_user(), reason="test", at=PLACED + MOMENT
    )


def re_recruit(chain: Chain, rule: Rule) -> None:
    other = make_distributor()
    reassign_recruiter(chain.b, other, by=make_user(), reason="test", at=PLACED + MOMENT)


def change_rates(chain: Chain, rule: Rule) -> None:
    change_rule(rule, by=None, at=PLACED + MOMENT, rate1=D("0.9"), rate2=D("0.9"))


def end_the_rule(chain: Chain, rule: Rule) -> None:
    end_rule(rule, by=None, at=PLACED + MOMENT)


def add_stronger_rule(chain: Chain, rule: Rule) -> None:
    variant = Variant.objects.get()
    make_rule("0.9", "0.9", at=PLACED + MOMENT, scope=Rule.Scope.VARIANT, variant=variant)


def raise_tier(chain: Chain, rule: Rule) -> None:
    for distributor in (chain.a, chain.b):
        set_tier(distributor, Tier.objects.get(code="gold"), by=None, at=PLACED + MOMENT)


def raise_uplift(chain: Chain, rule: Rule) -> None:
    for tier in Tier.objects.all():
        TierUplift.objects.create(tier=tier, uplift=D("1"), valid_from=PLACED + MOMENT)


def lower_cap(chain: Chain, rule: Rule) -> None:
    publish_policy(by=None, at=PLACED + MOMENT, cap_rate=D("0.01"), margin_guard=True)


def one_level(chain: Chain, rule: Rule) -> None:
    publish_policy(by=None, at=PLACED + MOMENT, two_levels=False, self_purchase=True)


def freeze(chain: Chain, rule: Rule) -> None:
    for distributor in (chain.a, chain.b):
        set_status(distributor, Status.FROZEN, by=None, reason="test", at=PLACED + MOMENT)


def resign(chain: Chain, rule: Rule) -> None:
    for distributor in (chain.a, chain.b):
        set_status(distributor, Status.RESIGNED, by=None, reason="test", at=PLACED + MOMENT)


def edit_goods(chain: Chain, rule: Rule) -> None:
    variant = Variant.objects.get()
    variant.price, variant.cost = D("1.00"), D("0.99")
    variant.save()
    product = variant.product
    product.category = make_category()
    product.save()


Edit = Callable[[Chain, Rule], None]
EDITS: list[Edit] = [
    re_relate,
    re_recruit,
    change_rates,
    end_the_rule,
    add_stronger_rule,
    raise_tier,
    raise_uplift,
    lower_cap,
    one_level,
    freeze,
    resign,
    edit_goods,
]

BOOKED = [
    "accrue expense shop -54.45",
    "accrue pending 乙 29.70",
    "accrue pending 甲 24.75",
]


def place_under_terms() -> tuple[Chain, Rule, Variant]:
    """A world in which C's order of ¥99.00 owes B 30 % and A 25 %, and more is possible."""
    chain = make_chain()
    publish_policy(by=None, at=START, cap_rate=D("0.60"))
    rule = make_rule("0.30", "0.25")
    return chain, rule, make_variant("99.00", cost="10.00")


@pytest.mark.parametrize("edit", EDITS)
def test_a_later_edit_does_not_touch_a_placed_order(edit: Edit) -> None:
    chain, rule, variant = place_under_terms()
    order = make_order(chain.c, {variant: 1}, at=PLACED)
    edit(chain, rule)
    pay(order, at=PAID)
    assert ledger() == BOOKED
    prove()


@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit is not edit_goods])
def test_terms_that_failed_are_fixed_later_as_of_placement(
    edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, rule, variant = place_under_terms()
    with monkeypatch.context() as broken:
        broken.setattr(terms, "attribute_orders", fail)
        order = make_order(chain.c, {variant: 1}, at=PLACED)
    edit(chain, rule)
    with monkeypatch.context() as broken:
        broken.setattr(terms, "attribute_orders", fail)
        pay(order, at=PAID)
    assert order.paid_at == PAID
    assert ledger() == []
    assert OrderEvent.objects.filter(handled_at=None).count() == 2
    assert replay_events() == (2, 0)
    assert ledger() == BOOKED
    assert replay_events() == (0, 0)
    prove()


def test_goods_edited_before_the_replay_stay_as_they_were_sold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain, rule, variant = place_under_terms()
    on_shelf = make_rule(
        "0.20", "0.10", scope=Rule.Scope.CATEGORY, category=variant.product.category
    )
    with monkeypatch.context() as broken:
        broken.setattr(terms, "attribute_orders", fail)
        order = make_order(chain.c, {variant: 1}, at=PLACED)
    edit_goods(chain, rule)
    pay(order, at=PAID)
    assert line_terms(order) == [(1, on_shelf.pk, "0.20"), (2, on_shelf.pk, "0.10")]
    assert commissions() == ["1 乙 19.80 → 19.80", "2 甲 9.90 → 9.90"]


def fail(*args: Any, **kwargs: Any) -> None:
    raise ArithmeticError("a bug")


def test_fixing_again_changes_nothing() -> None:
    chain, _, variant = place_under_terms()
    order = make_order(chain.c, {variant: 1}, at=PLACED)
    before = list(OrderTerms.objects.values()), list(LineTerms.objects.values())
    change_rates(chain, Rule.objects.get())
    terms.fix_terms(list(OrderEvent.objects.filter(order=order)))
    assert (list(OrderTerms.objects.values()), list(LineTerms.objects.values())) == before


# --- Orders in the month -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("placed", "paid_at", "is_counted"),
    [
        pytest.param(datetime(2026, 3, 31, 23, 0), datetime(2026, 3, 1, 0, 0), True, id="first instant"),
        pytest.param(datetime(2026, 3, 31, 23, 0), datetime(2026, 2, 28, 23, 59), False, id="the month before"),
        pytest.param(datetime(2026, 4, 1, 0, 0), datetime(2026, 3, 31, 23, 59), False, id="a new month"),
        pytest.param(datetime(2026, 3, 15, 12, 0), datetime(2026, 3, 15, 11, 59), True, id="just before"),
        pytest.param(datetime(2026, 3, 15, 12, 0), datetime(2026, 3, 15, 12, 0), False, id="at the same instant"),
        pytest.param(datetime(2026, 3, 15, 12, 0), datetime(2026, 3, 15, 12, 1), False, id="later"),
    ],
)  # fmt: skip
def test_the_month_is_beijings_and_ends_before_this_order(
    placed: datetime, paid_at: datetime, is_counted: bool
) -> None:
    chain = make_chain()
    plain = make_rule("0.10", None)
    busy = make_rule("0.20", None, min_month_orders=1)
    earlier = make_order(make_bound(chain), at=datetime(2026, 2, 20, tzinfo=BEIJING))
    Order.objects.filter(pk=earlier.pk).update(expires_at=datetime(2027, 1, 1, tzinfo=BEIJING))
    earlier.refresh_from_db()
    pay(earlier, at=paid_at.replace(tzinfo=BEIJING))
    order = make_order(chain.c, at=placed.replace(tzinfo=BEIJING))
    assert line_terms(order) == [
        (1, busy.pk if is_counted else plain.pk, "0.20" if is_counted else "0.10")
    ]


def make_bound(chain: Chain) -> User:
    buyer = make_user("客")
    bind_by_link(buyer, chain.b, at=START)
    return buyer


def test_only_paid_level_1_orders_of_the_payee_count() -> None:
    chain = make_chain()
    plain = make_rule("0.10", "0.05")
    make_rule("0.20", "0.06", min_month_orders=1)
    make_order(make_bound(chain), at=PLACED - DAY)  # not paid
    assert line_terms(make_order(chain.c, at=PLACED)) == [
        (1, plain.pk, "0.10"),
        (2, plain.pk, "0.05"),
    ]
    pay(make_order(make_bound(chain), at=PLACED - DAY), at=PLACED - DAY)
    found = line_terms(make_order(chain.c, at=PLACED))
    assert [value for _, _, value in found] == ["0.20", "0.05"]  # A only stood at level 2


def test_orders_of_a_frozen_month_do_not_count() -> None:
    chain = make_chain()
    plain = make_rule("0.10", None)
    make_rule("0.20", None, min_month_orders=1)
    set_status(chain.b, Status.FROZEN, by=None, reason="test", at=START + DAY)
    pay(make_order(make_bound(chain), at=PLACED - DAY), at=PLACED - DAY)
    set_status(chain.b, Status.APPROVED, by=None, reason="test", at=PLACED - DAY / 2)
    assert line_terms(make_order(chain.c, at=PLACED)) == [(1, plain.pk, "0.10")]


# --- Cost of it --------------------------------------------------------------------------------


@pytest.mark.parametrize("asks_for_month", [False, True])
def test_the_number_of_queries_does_not_depend_on_the_number_of_orders(
    asks_for_month: bool,
) -> None:
    chain = make_chain()
    make_rule(min_month_orders=0 if asks_for_month else None)
    orders = [
        make_order(chain.c, {make_variant(): 1, make_variant(): 2}, at=PLACED) for _ in range(4)
    ]
    counts = []
    for batch in (orders[:1], orders[1:]):
        events = OrderEvent.objects.filter(order__in=batch, kind="placed").select_related("order")
        OrderTerms.objects.filter(order__in=batch).delete()
        LineTerms.objects.filter(line__order__in=batch).delete()
        found = list(events)
        with CaptureQueriesContext(connection) as queries:
            terms.fix_terms(found)
        counts.append(len(queries))
    assert counts == ([6, 6] if asks_for_month else [5, 5])
    assert OrderTerms.objects.count() == 4
