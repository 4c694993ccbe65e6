"""The faults found in the code of shops like this one, each with a test that would catch it.

The numbers are those of the list the project began with; deeper proofs stand beside the modules
they are about.
"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from base.locks import lock_rows
from base.models import Notice
from base.notices import queue_notice
from distribution.models import Balance, Commission, Rule, Trace
from distribution.money import commissions as domain
from distribution.money.balances import balance_of, change_balances
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral import click_buffer
from distribution.referral.relations import (
    CannotRelate,
    bind_by_link,
    reassign_customer,
    reassign_recruiter,
    require_relatable,
)
from distribution.rules import change_rule
from distribution.states import Status
from orders.events import replay_events
from orders.models import Order, OrderEvent
from orders.payments import confirm_payment
from orders.refunds import Part, request_refund
from orders.registries import Discount, Outcome, discount_sources
from payouts import runs, sending
from payouts.books import check_books
from payouts.models import Payout
from payouts.states import PayoutState
from tests.books import commissions
from tests.buying import DAY, MINUTE, NOON, buy, earn, take_back
from tests.distribution.referral.test_clicks import bound_to, member, sign_in
from tests.make import (
    START,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_shipping_rate,
    make_user,
    make_variant,
    make_virtual,
    pay,
    receive,
    refund,
    ship,
)
from tests.paying import MONDAY, make_draft, make_schedule, open_bank, payouts, rounds, run

pytestmark = pytest.mark.django_db


def test_fault_01_a_balance_is_never_written_back_as_an_absolute_value() -> None:
    """Two who read the same balance both count."""
    one = make_distributor()
    for _ in range(2):
        Balance.objects.get(pk=one.pk)  # both have read 0.00 by now
        change_balances(available={one.pk: Decimal("5.00")})
    assert Balance.objects.get(pk=one.pk).available == Decimal("10.00")


def test_fault_02_a_retry_uses_the_same_number_and_pays_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A time-out after the money left is no failure."""
    bank = open_bank(monkeypatch, "paid in silence")
    make_draft()
    sending.approve_payout(Payout.objects.get(), by=None)
    number = Payout.objects.get().number
    rounds(NOON + 20 * DAY)
    assert list(bank.paid.items()) == [(number, Decimal("30.00"))]
    assert payouts() == ["乙 30.00 paid"]


def test_fault_03_a_claim_that_lost_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second sender finds the payout claimed and makes no call."""
    bank = open_bank(monkeypatch, "unknown")
    make_draft()
    stale = Payout.objects.get()
    sending.approve_payout(stale, by=None)
    at = NOON + 20 * DAY
    sending.send_payout(stale, at=at)
    sending.send_payout(stale, at=at)
    assert bank.calls == ["send"]


def test_fault_04_failing_twice_credits_once(monkeypatch: pytest.MonkeyPatch) -> None:
    open_bank(monkeypatch, "unknown")
    chain = make_draft()
    payout = sending.approve_payout(Payout.objects.get(), by=None)
    at = NOON + 20 * DAY
    sending.send_payout(payout, at=at)
    for _ in range(2):
        sending.record_outcome(payout, Outcome("failed", detail="账号不存在"), at=at)
    assert balance_of(chain.b).available == Decimal("30.00")
    assert check_books() == []


def test_fault_05_one_bad_row_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    open_bank(monkeypatch, "silence")
    make_rule("0.30", None)
    for _ in range(2):
        earn(make_chain(), "100.00")
    run(make_schedule(auto_approve=True))
    assert sending.send_payouts(NOON + 20 * DAY) == 1
    assert sorted(Payout.objects.values_list("state", flat=True)) == ["paid", "sending"]


def test_fault_06_a_refund_after_the_payout_is_a_visible_debt_at_both_levels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither forgiven, nor blocked, nor the whole order for one piece."""
    open_bank(monkeypatch)
    make_rule("0.10", "0.05")
    chain = make_chain()
    order = buy(chain, "100.00", 2)
    receive(order, at=NOON)
    domain.mature_commissions(NOON + 7 * DAY)
    run(make_schedule(auto_approve=True))
    rounds(NOON + 20 * DAY, count=1)
    take_back(order, 1, "100.00", at=NOON + 30 * DAY)
    assert commissions() == ["1 乙 20.00 → 10.00", "2 甲 10.00 → 5.00"]
    assert (balance_of(chain.b).debt, balance_of(chain.a).debt) == (
        Decimal("10.00"),
        Decimal("5.00"),
    )
    assert check_books() == []


def test_fault_07_payment_pays_the_payee_and_the_rate_of_the_placement() -> None:
    rule, chain = make_rule("0.10", "0.05"), make_chain()
    order = make_order(chain.c, {make_variant("100.00"): 1}, at=NOON)
    other = make_distributor(name="丁")
    reassign_customer(chain.c, other, by=make_user(), reason="改派", at=NOON + MINUTE)
    reassign_recruiter(chain.b, other, by=make_user(), reason="改派", at=NOON + MINUTE)
    change_rule(rule, by=None, rate1=Decimal("0.50"), at=NOON + MINUTE)
    pay(order, at=NOON + 2 * MINUTE)
    assert commissions() == ["1 乙 10.00 → 10.00", "2 甲 5.00 → 5.00"]


def test_fault_08_the_base_has_no_postage_in_it() -> None:
    make_shipping_rate("8.00")
    make_rule("0.10", None)
    order = buy(make_chain(), "10.00", 3)
    assert order.total == Decimal("38.00")
    assert Commission.objects.get().base_amount == Decimal("30.00")


def test_fault_08_the_base_is_what_was_paid_after_discounts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the list price nor the price before coupons."""

    def two_yuan_off(lines: Any, buyer: Any, chosen: str) -> Discount:
        return Discount("减两元", Decimal("2.00"), [0])

    monkeypatch.setitem(discount_sources, "coupon", two_yuan_off)
    make_rule("0.10", None)
    nuts = make_variant("10.00", list_price=Decimal("15.00"))
    chain = make_chain()
    pay(make_order(chain.c, {nuts: 3}, at=NOON), at=NOON)
    assert Commission.objects.get().base_amount == Decimal("28.00")
    assert commissions() == ["1 乙 2.80 → 2.80"]


def test_fault_09_twelve_and_a_half_percent_is_not_twelve() -> None:
    make_rule("0.125", "0.075")
    buy(make_chain(), "14.67")
    assert commissions() == ["1 乙 1.83 → 1.83", "2 甲 1.10 → 1.10"]


def test_fault_09_half_a_cent_goes_up_and_pieces_are_not_rounded_one_by_one() -> None:
    """3 × ¥0.99 at 12.5 % is 0.37125; one by one it would be 3 × 0.12. ¥0.20 at 12.5 % is 0.025."""
    make_rule("0.125", None)
    chain = make_chain()
    buy(chain, "0.99", 3)
    buy(chain, "0.20")
    assert commissions() == ["1 乙 0.37 → 0.37", "1 乙 0.03 → 0.03"]


def test_fault_09_no_amount_is_ever_a_float() -> None:
    """0.35 × 0.1 and 4.35 × 0.1 are a little less than half a cent too much, as floats."""
    make_rule("0.10", None)
    chain = make_chain()
    buy(chain, "0.35")
    buy(chain, "4.35")
    assert commissions() == ["1 乙 0.04 → 0.04", "1 乙 0.44 → 0.44"]


def test_fault_10_a_zero_level_or_line_drops_nothing_else() -> None:
    """Level 1 = 0 pays level 2; a line of nothing leaves the other lines; each is added once."""
    chain, zero, free, full = (
        make_chain(),
        make_variant("10.00"),
        make_variant("10.00"),
        make_variant("10.00"),
    )
    make_rule("0.10", "0.05")
    make_rule("0", "0.08", scope=Rule.Scope.PRODUCT, product=zero.product)
    make_rule("0", "0", scope=Rule.Scope.PRODUCT, product=free.product)
    order = make_order(chain.c, {zero: 1, free: 1, full: 2}, at=NOON)
    pay(order, at=NOON)
    assert commissions() == ["2 甲 0.80 → 0.80", "1 乙 2.00 → 2.00", "2 甲 1.00 → 1.00"]
    assert balance_of(chain.a).pending == Decimal("1.80")


def test_fault_11_a_failed_accrual_is_seen_and_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    make_rule()
    chain = make_chain()
    order = make_order(chain.c, {make_variant("100.00"): 1}, at=NOON)

    def fail(events: Any) -> None:
        raise RuntimeError("out of order")

    with monkeypatch.context() as broken:
        broken.setattr(domain, "accrue", fail)
        pay(order, at=NOON)
    event = OrderEvent.objects.get(order=order, kind="paid")
    assert (order.state, event.handled_at, event.error) == (
        "paid",
        None,
        "RuntimeError: out of order",
    )
    assert replay_events() == (1, 0)
    assert commissions() == ["1 乙 10.00 → 10.00", "2 甲 5.00 → 5.00"]


def test_fault_12_the_same_news_twice_counts_once() -> None:
    make_rule()
    order = buy(make_chain(), "100.00")
    payment = order.payments.get()
    confirm_payment(payment.number, amount=payment.amount, gateway_no=payment.gateway_no)
    domain.accrue(list(OrderEvent.objects.filter(order=order, kind="paid")))
    assert commissions() == ["1 乙 10.00 → 10.00", "2 甲 5.00 → 5.00"]
    assert check_books() == []


def test_fault_13_the_days_run_from_receipt_not_from_payment() -> None:
    make_rule("0.10", None)
    order = buy(make_chain(), "100.00")
    ship(order, at=NOON + DAY)
    assert domain.mature_commissions(NOON + 60 * DAY) == 0
    receive(order, at=NOON + 60 * DAY)
    assert domain.mature_commissions(NOON + 66 * DAY) == 0
    assert domain.mature_commissions(NOON + 67 * DAY) == 1


def test_fault_14_a_loop_of_any_length_is_refused_in_one_query() -> None:
    top = make_distributor()
    below = top
    for _ in range(5):
        below = make_distributor(recruiter=below)
    with CaptureQueriesContext(connection) as queries, pytest.raises(CannotRelate):
        require_relatable(top.pk, below, NOON)
    lock, chain = (query["sql"] for query in queries)
    assert "pg_advisory_xact_lock" in lock and "WITH RECURSIVE" in chain


def test_fault_14_one_whose_number_is_part_of_anothers_is_somebody_else() -> None:
    """911 is not above or below 9111 because the digits of one are found in the other's."""
    top = make_distributor(make_user(pk=9111))
    below = make_distributor(make_user(pk=19112), recruiter=top)
    for number in (911, 9112, 111):
        require_relatable(number, below, NOON)
    with pytest.raises(CannotRelate):
        require_relatable(top.pk, below, NOON)


def test_fault_15_no_commission_on_oneself_or_for_one_who_is_not_approved() -> None:
    make_rule()
    chain = make_chain()
    own = make_order(chain.b.user, {make_variant("100.00"): 1}, at=NOON)
    pay(own, at=NOON)
    assert commissions() == ["1 甲 10.00 → 10.00"]
    set_status(chain.b, Status.FROZEN, by=None, reason="核实中", at=NOON)
    buy(chain, "100.00", at=NOON + DAY)
    assert commissions()[1:] == ["2 甲 5.00 → 5.00"]


def test_fault_15_who_recommended_outlives_every_cache() -> None:
    """A guest followed a link, and Redis lost the click before they signed in."""
    person, user = make_distributor(name="阿珍"), member()
    guest = Client(headers={"origin": "http://testserver", "user-agent": "Mozilla/5.0 (iPhone)"})
    guest.get(f"/r/{person.code}/")
    click_buffer._server().delete(click_buffer.QUEUE)
    sign_in(guest, user)
    assert bound_to(user) == ["阿珍"]
    assert Trace.objects.get(member=user, decision="won").distributor == person


def test_fault_16_a_run_never_loads_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many queries for four people of a chunk as for two; chunks have an end."""
    open_bank(monkeypatch)
    make_rule("0.30", None)
    schedule = make_schedule()
    counts = []
    for people in (1, 2, 4):  # from the second on, the first ones are passed over
        for _ in range(people):
            earn(make_chain(), "100.00")
        with CaptureQueriesContext(connection) as queries:
            run(schedule, period=MONDAY.replace(day=people))
        counts.append(len(queries))
    assert counts[1] == counts[2]
    sizes, candidates = [], runs.candidates

    def counted(**bounds: Any) -> Any:
        found = candidates(**bounds)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(runs, "CHUNK", 1)
    monkeypatch.setattr(runs, "candidates", counted)
    run(schedule, period=MONDAY.replace(day=5))
    assert max(sizes) == 1


def test_fault_17_a_lock_outside_a_transaction_is_refused() -> None:
    """Writers take the account's lock explicitly; foreign keys do not serialise them."""
    one = make_distributor()
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert [row.pk for row in lock_rows(Balance.objects.filter(pk=one.pk))] == [one.pk]
    assert 'FOR NO KEY UPDATE OF "distribution_balance"' in queries.captured_queries[-1]["sql"]
    connection.in_atomic_block, before = False, connection.in_atomic_block
    try:
        with pytest.raises(RuntimeError, match="transaction"):
            lock_rows(Balance.objects.filter(pk=one.pk))
    finally:
        connection.in_atomic_block = before


def test_fault_18_a_message_is_a_row_of_the_same_transaction() -> None:
    """A crash between commit and enqueue loses nothing; a rollback leaves nothing to send."""
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue_notice(Notice.Channel.SMS, "13800138000", "验证码 123456")
        _ = 1 / 0
    assert Notice.objects.count() == 0
    queue_notice(Notice.Channel.SMS, "13800138000", "验证码 123456")
    assert Notice.objects.filter(sent_at=None).count() == 1


def test_depth_is_two_whatever_the_code_says() -> None:
    """The database refuses a third level, and a payee who is the buyer."""
    make_rule()
    buy(make_chain(), "100.00")
    for change in ("level = 3", "payee_id = buyer_id, level = 2"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE distribution_commission SET {change} WHERE level = 2")  # noqa: S608  (the changes are written above)


def test_a_buyers_refund_is_never_blocked_by_commission(monkeypatch: pytest.MonkeyPatch) -> None:
    open_bank(monkeypatch)
    make_draft()
    order = Order.objects.get()
    sending.approve_payout(Payout.objects.get(), by=None)
    rounds(NOON + 20 * DAY, count=1)
    line = order.lines.get()
    assert request_refund(order, [Part(line.pk, 1, line.paid)]).amount == line.paid
    assert Payout.objects.get().state == PayoutState.PAID


def test_virtual_goods_mature_from_their_delivery() -> None:
    publish_policy(by=None, at=START, maturity_days=3)
    make_rule("0.10", None)
    chain = make_chain()
    bind_by_link(chain.c, chain.b, at=START)
    order = make_order(chain.c, {make_virtual("50.00"): 1}, at=NOON)
    pay(order, at=NOON)
    assert domain.mature_commissions(NOON + 3 * DAY) == 1
    refund(order, [Part(order.lines.get().pk, 0, Decimal("50.00"))], at=NOON + 4 * DAY)
    assert balance_of(chain.b).available == Decimal("0.00")
