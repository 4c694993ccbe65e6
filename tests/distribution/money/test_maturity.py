"""When commissions become available: days after receipt, with no open after-sale, in chunks."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from distribution.models import Commission, Transfer
from distribution.money import commissions as life
from distribution.money.balances import lock_balances
from distribution.money.commissions import mature_commissions
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.states import Status
from orders.models import OrderEvent, OrderLine
from orders.refunds import Part, approve_refund, reject_refund, request_refund, withdraw_refund
from orders.states import EventKind
from tests.books import ledger, money, prove
from tests.buying import DAY, MINUTE, MOMENT, NOON, buy, take_back
from tests.make import (
    START,
    make_chain,
    make_order,
    make_rule,
    make_variant,
    make_virtual,
    pay,
    receive,
    ship,
)

pytestmark = pytest.mark.django_db

D = Decimal


class TestMaturity:
    def test_some_days_after_receipt(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.25")
        order = buy(chain)
        assert mature_commissions(NOON + 1000 * DAY) == 0
        receive(order, at=NOON + 3 * DAY)
        assert mature_commissions(NOON + 10 * DAY - MOMENT) == 0
        assert mature_commissions(NOON + 10 * DAY) == 2
        assert ledger("mature") == [
            "mature pending 甲 -22.50",
            "mature available 甲 22.50",
            "mature pending 乙 -27.00",
            "mature available 乙 27.00",
        ]
        assert (money(chain.a), money(chain.b)) == ({"available": "22.50"}, {"available": "27.00"})
        assert mature_commissions(NOON + 1000 * DAY) == 0
        prove()

    def test_the_days_are_those_of_the_policy_at_placement(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        publish_policy(by=None, at=START, maturity_days=15)
        order = buy(chain)
        publish_policy(by=None, at=NOON + DAY, maturity_days=0)
        receive(order, at=NOON + 2 * DAY)
        assert mature_commissions(NOON + 17 * DAY - MOMENT) == 0
        assert mature_commissions(NOON + 17 * DAY) == 1

    def test_each_order_has_its_own_policys_days(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        first = buy(chain)
        publish_policy(by=None, at=NOON + DAY, maturity_days=15)
        second = buy(chain, at=NOON + DAY)
        for order in (first, second):
            receive(order, at=NOON + 2 * DAY)
        assert list(Commission.objects.order_by("pk").values_list("matures_at", flat=True)) == [
            NOON + 9 * DAY,
            NOON + 17 * DAY,
        ]

    def test_virtual_goods_count_from_delivery(self) -> None:
        chain = make_chain()
        make_rule("0.30", None)
        pay(make_order(chain.c, {make_virtual("10.00"): 1}, at=NOON), at=NOON + 5 * MINUTE)
        assert mature_commissions(NOON + 7 * DAY) == 0
        assert mature_commissions(NOON + 7 * DAY + 5 * MINUTE) == 1
        prove()

    def test_each_line_of_a_mixed_order_by_itself(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = make_order(chain.c, {make_virtual("10.00"): 1, make_variant("50.00"): 1}, at=NOON)
        pay(order, at=NOON)
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"pending": "5.00", "available": "1.00"}
        receive(order, at=NOON + 8 * DAY)
        assert mature_commissions(NOON + 14 * DAY) == 0
        assert mature_commissions(NOON + 15 * DAY) == 1
        assert money(chain.b) == {"available": "6.00"}
        prove()

    @pytest.mark.parametrize("end", [withdraw_refund, reject_refund])
    def test_an_open_after_sale_on_the_line_blocks_it(self, end: Any) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = make_order(chain.c, {make_variant("10.00"): 1, make_variant("20.00"): 1}, at=NOON)
        pay(order, at=NOON)
        receive(order, at=NOON)
        blocked = order.lines.earliest("pk")
        asked = request_refund(order, [Part(blocked.pk, 0, D("1.00"))], at=NOON + DAY)
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"pending": "1.00", "available": "2.00"}
        if end is reject_refund:
            end(asked, by=None, answer="test", at=NOON + 8 * DAY)
        else:
            end(asked, at=NOON + 8 * DAY)
        assert mature_commissions(NOON + 8 * DAY) == 1
        assert money(chain.b) == {"available": "3.00"}
        prove()

    def test_an_approved_refund_blocks_until_the_money_is_back(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = buy(chain, "10.00")
        receive(order, at=NOON)
        asked = request_refund(order, [Part(order.lines.get().pk, 0, D("1.00"))], at=NOON + DAY)
        approve_refund(asked, by=None, at=NOON + DAY)
        assert mature_commissions(NOON + 7 * DAY) == 0

    def test_in_chunks_each_its_own_transfer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chain = make_chain()
        make_rule("0.10", "0.05")
        for _ in range(3):
            receive(buy(chain, "10.00"), at=NOON)
        monkeypatch.setattr(life, "MATURE_CHUNK", 2)
        assert mature_commissions(NOON + 7 * DAY) == 6
        assert (money(chain.a), money(chain.b)) == ({"available": "1.50"}, {"available": "3.00"})
        prove()

    def test_a_chunk_that_is_done_stays_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        for _ in range(3):
            receive(buy(chain, "10.00"), at=NOON)
        monkeypatch.setattr(life, "MATURE_CHUNK", 2)
        chunk = life._mature_chunk
        done = []

        def dies_at_the_second(at: datetime) -> Any:
            if done:
                raise SystemExit("killed")
            done.append(chunk(at))
            return done[0]

        with monkeypatch.context() as broken:
            broken.setattr(life, "_mature_chunk", dies_at_the_second)
            with pytest.raises(SystemExit):
                mature_commissions(NOON + 7 * DAY)
        assert money(chain.b) == {"pending": "1.00", "available": "2.00"}
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"available": "3.00"}
        prove()

    def test_what_another_run_took_meanwhile_is_not_counted_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        for _ in range(2):
            receive(buy(chain, "10.00"), at=NOON)
        others: list[int] = []

        def lock_after_another_run(payees: Any) -> Any:
            monkeypatch.setattr(life, "lock_balances", lock_balances)
            others.append(mature_commissions(NOON + 7 * DAY))
            return lock_balances(payees)

        monkeypatch.setattr(life, "lock_balances", lock_after_another_run)
        assert mature_commissions(NOON + 7 * DAY) == 0
        assert others == [2]
        assert money(chain.b) == {"available": "2.00"}
        prove()

    def test_a_transfer_for_each_payee_whatever_their_commissions(self) -> None:
        """Each row is proved against its whole transfer: one for everybody would be quadratic."""
        chain = make_chain()
        make_rule("0.10", "0.05")
        for _ in range(3):
            receive(buy(chain, "10.00"), at=NOON)
        mature_commissions(NOON + 7 * DAY)
        sizes = Transfer.objects.filter(kind="mature").values_list("entry_count", flat=True)
        assert list(sizes) == [2, 2]

    def test_what_is_wholly_refunded_matures_as_nothing(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = buy(chain, "10.00")
        ship(order, at=NOON)
        take_back(order, 1, "10.00")
        receive(order, at=NOON + DAY)
        mature_commissions(NOON + 30 * DAY)
        assert ledger("mature") == []
        assert money(chain.b) == {}
        prove()

    def test_frozen_money_matures_and_stays(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        receive(buy(chain, "10.00"), at=NOON)
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=NOON + DAY)
        assert mature_commissions(NOON + 7 * DAY) == 1
        assert money(chain.b) == {"available": "1.00"}

    def test_the_receipt_again_does_not_move_the_date(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        order = buy(chain, "10.00")
        receive(order, at=NOON)
        event = OrderEvent.objects.get(order=order, kind=EventKind.RECEIVED)
        OrderLine.objects.update(received_at=NOON + 5 * DAY)
        life.note_receipt([event])
        assert Commission.objects.get().matures_at == NOON + 7 * DAY
