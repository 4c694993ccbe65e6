"""What is noticed, with which evidence, and that nothing is noticed twice."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from base.accounts.models import Address, User
from base.clock import BEIJING
from base.digests import keyed_digest
from distribution.models import Click, Commission, Distributor
from distribution.money.commissions import mature_commissions
from distribution.referral.recognition import recognise
from distribution.referral.relations import bind_by_link, reassign_customer
from distribution.referral.traces import Sign
from distribution.risk.decisions import clear_signal
from distribution.risk.findings import find_risks
from distribution.risk.footprints import note_footprints, prune_footprints
from distribution.risk.models import Footprint, Signal, Thresholds
from distribution.risk.states import Kind
from distribution.risk.words import in_words, people_of
from orders.models import Order
from orders.refunds import Part
from tests.make import (
    START,
    make_address,
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

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
LATER = NOON + 30 * DAY
Footprints = Footprint.Kind


@pytest.fixture(autouse=True)
def rule() -> None:
    make_rule("0.10", None)


@pytest.fixture
def payee() -> Distributor:
    return make_distributor(make_user("阿珍", phone="13911110000"))


def bound(payee: Distributor, name: str = "买家") -> User:
    buyer = make_user(name)
    bind_by_link(buyer, payee, at=START)
    return buyer


def bought(buyer: User, *, at: datetime = NOON, address: Address | None = None) -> Order:
    if address is None:
        address = make_address(buyer)
        address.street = f"各自的路 {buyer.pk} 号"
    order = make_order(buyer, {make_variant("100.00"): 1}, at=at, address=address)
    pay(order, at=at)
    return order


def found(at: datetime = LATER) -> list[tuple[str, str, list[int]]]:
    """Every signal: kind, payee, whose orders its commissions come from."""
    find_risks(at)
    return [
        (
            signal.kind,
            signal.payee.user.name if signal.payee else "",
            sorted(signal.commissions.values_list("order", flat=True)),
        )
        for signal in Signal.objects.order_by("pk")
    ]


def words(at: datetime = LATER) -> list[str]:
    find_risks(at)
    signals = list(Signal.objects.order_by("pk"))
    people = people_of(signals)
    return [in_words(signal, people) for signal in signals]


def seen_together(*people: User, kind: Footprint.Kind = Footprints.VISITOR) -> None:
    place = uuid4().hex
    for person in people:
        note_footprints(person, {kind: place}, at=NOON)


class TestRings:
    def test_a_through_b_and_b_through_a(self) -> None:
        a, b = make_distributor(name="甲"), make_distributor(name="乙")
        bind_by_link(a.user, b, at=START)
        first = bought(a.user)
        reassign_customer(a.user, None, by=make_user(), reason="test", at=NOON + DAY)
        bind_by_link(b.user, a, at=NOON + 2 * DAY)
        second = bought(b.user, at=NOON + 3 * DAY)
        honest = bound(a)
        bought(honest)
        assert found() == [("ring", "", [first.pk, second.pk])]
        assert words() == ["甲 → 乙 → 甲：互相通过对方的链接下单，共 2 笔订单产生一级佣金。"]

    def test_round_through_three_is_one_ring(self) -> None:
        ring = [make_distributor(name=name) for name in "甲乙丙"]
        orders = []
        for number, (buyer, payee) in enumerate(zip(ring, [*ring[1:], ring[0]], strict=True)):
            at = NOON + 2 * number * DAY
            bind_by_link(buyer.user, payee, at=at)
            orders.append(bought(buyer.user, at=at + timedelta(hours=1)).pk)
            reassign_customer(buyer.user, None, by=make_user(), reason="test", at=at + DAY)
        assert found() == [("ring", "", sorted(orders))]

    def test_one_way_is_no_ring(self) -> None:
        a, b, c = (make_distributor(name=name) for name in "甲乙丙")
        for buyer, payee in ((c, b), (b, a)):
            bind_by_link(buyer.user, payee, at=START)
            bought(buyer.user)
        assert found() == []


class TestSharedThings:
    @pytest.mark.parametrize(
        ("kind", "signal"),
        [
            (Footprints.VISITOR, "visitor"),
            (Footprints.IP, "ip"),
            (Footprints.ACCOUNT, "account"),
        ],
    )
    def test_what_buyer_and_payee_share(
        self, payee: Distributor, kind: Footprint.Kind, signal: str
    ) -> None:
        buyer, honest = bound(payee), bound(payee)
        order = bought(buyer)
        bought(honest)
        seen_together(payee.user, buyer, kind=kind)
        note_footprints(honest, {kind: "elsewhere"}, at=NOON)
        assert found() == [(signal, "阿珍", [order.pk])]
        assert "买家 买家 和受益人 阿珍" in words()[0]

    def test_two_buyers_who_share_are_no_matter(self, payee: Distributor) -> None:
        one, two = bound(payee), bound(payee)
        bought(one)
        seen_together(one, two)
        assert found() == []

    def test_an_address_that_many_use_is_no_sign(self, payee: Distributor) -> None:
        buyers = [bound(payee) for _ in range(5)]
        for buyer in buyers:
            bought(buyer)
        seen_together(payee.user, *buyers, kind=Footprints.IP)
        assert found() == []

    def test_the_payees_phone(self, payee: Distributor) -> None:
        buyer = bound(payee)
        address = make_address(buyer)
        address.phone = "13911110000"
        order = bought(buyer, address=address)
        bought(buyer, address=make_address(buyer))
        assert found() == [("phone", "阿珍", [order.pk])]
        assert words() == ["买家 买家 的 1 笔订单，收货电话是受益人 阿珍 的（尾号 0000）。"]

    @pytest.mark.parametrize("by", ["address book", "own order"])
    def test_the_payees_address(self, payee: Distributor, by: str) -> None:
        home = make_address(payee.user)
        home.street = "灵隐路 9 号"
        home.save()
        if by == "own order":
            pay(make_order(payee.user, at=NOON, address=home), at=NOON)
            home.delete()
        buyer = bound(payee)
        there = make_address(buyer)
        there.street = "灵隐路9号"
        order = bought(buyer, address=there)
        assert found() == [("address", "阿珍", [order.pk])]
        assert "灵隐路" not in words()[0] and "杭州市" in words()[0]


class TestRefunds:
    def mature(self, buyer: User, count: int) -> list[Order]:
        orders = []
        for _ in range(count):
            order = bought(buyer)
            receive(order, at=NOON + DAY)
            orders.append(order)
        return orders

    def give_back(self, order: Order, at: datetime) -> None:
        line = order.lines.get()
        refund(order, [Part(line.pk, 1, line.paid)], at=at)

    def test_money_taken_back_after_it_was_theirs(self, payee: Distributor) -> None:
        farmer, honest = bound(payee, "退货的"), bound(payee)
        orders = self.mature(farmer, 4)
        self.mature(honest, 4)
        mature_commissions(NOON + 9 * DAY)
        for order in orders[:3]:
            self.give_back(order, NOON + 20 * DAY)
        assert found() == [("refunds", "阿珍", [orders[3].pk])]
        assert words() == [
            "阿珍 已成熟的佣金 ¥80.00 里，有 ¥30.00 之后因退款撤回，共 3 笔订单，买家：退货的。"
        ]

    def test_just_after_it_was_theirs(self, payee: Distributor) -> None:
        farmer = bound(payee, "退货的")
        orders = self.mature(farmer, 8)
        mature_commissions(NOON + 9 * DAY)
        for order in orders[:2]:
            self.give_back(order, NOON + 11 * DAY)
        assert [(kind, name) for kind, name, _ in found()] == [("hasty", "阿珍")]
        assert "成熟后 3 天内退款，撤回 ¥20.00" in words()[0]

    def test_ordinary_returns_are_no_matter(self, payee: Distributor) -> None:
        """Before maturity, or one of many."""
        buyer = bound(payee)
        orders = self.mature(buyer, 4)
        for order in orders[:3]:
            self.give_back(order, NOON + 3 * DAY)
        mature_commissions(NOON + 9 * DAY)
        self.give_back(orders[3], NOON + 20 * DAY)
        assert found() == []


class TestCrowds:
    def click(self, payee: Distributor, count: int, **values: Any) -> None:
        values = {
            "visitor": uuid4(),
            "at": NOON,
            "ip_digest": keyed_digest("ip", "1.2.3.4"),
        } | values
        Click.objects.bulk_create(
            Click(distributor=payee, path="/", **values) for _ in range(count)
        )

    def test_a_flood_of_one_visitor(self, payee: Distributor) -> None:
        buyer = bound(payee)
        order = bought(buyer)
        note_footprints(buyer, {Footprints.IP: "1.2.3.4"}, at=NOON)
        bought(bound(payee))
        self.click(payee, 40)
        self.click(make_distributor(), 39)
        assert found(NOON + DAY) == [("clicks", "阿珍", [order.pk])]
        assert "2026-03-15，阿珍 的链接" in words(NOON + DAY)[0]

    def test_a_flood_of_new_visitors_from_one_address(self, payee: Distributor) -> None:
        for _ in range(40):
            self.click(payee, 1, visitor=uuid4())
        assert found(NOON + DAY) == [("clicks", "阿珍", [])]
        assert found(NOON + DAY) == [("clicks", "阿珍", [])]

    def test_many_accounts_of_one_browser(self, payee: Distributor) -> None:
        crowd = [make_user(f"号{i}", date_joined=NOON) for i in range(3)]
        for person in crowd:
            recognise(person, [Sign(payee, NOON)], at=NOON, is_new=True)
        seen_together(*crowd)
        order = bought(crowd[0], at=NOON + DAY)
        assert found() == [("accounts", "阿珍", [order.pk])]
        assert words() == [
            "同一个浏览器自 2026-03-15 起注册了 3 个账号，其中 号0、号1、号2 归 阿珍 服务。"
        ]

    def test_two_accounts_are_a_family(self, payee: Distributor) -> None:
        pair = [make_user(date_joined=NOON) for _ in range(2)]
        for person in pair:
            bind_by_link(person, payee, at=NOON)
        seen_together(*pair)
        assert found() == []


class TestOnceAndAgain:
    def test_twice_is_once(self, payee: Distributor) -> None:
        buyer = bound(payee)
        bought(buyer)
        seen_together(payee.user, buyer)
        assert [find_risks(LATER), find_risks(LATER), find_risks(LATER + DAY)] == [1, 0, 0]

    def test_what_comes_later_joins_the_open_signal(self, payee: Distributor) -> None:
        buyer = bound(payee)
        first = bought(buyer)
        seen_together(payee.user, buyer)
        find_risks(NOON + DAY)
        second = bought(buyer, at=NOON + 2 * DAY)
        assert found() == [("visitor", "阿珍", [first.pk, second.pk])]

    def test_what_was_cleared_stays_so_and_only_the_new_is_asked_about(
        self, payee: Distributor
    ) -> None:
        buyer = bound(payee)
        first = bought(buyer)
        seen_together(payee.user, buyer)
        find_risks(NOON + DAY)
        clear_signal(Signal.objects.get(), by=make_user(), reason="夫妻")
        assert len(found()) == 1
        second = bought(buyer, at=NOON + 2 * DAY)
        assert found() == [("visitor", "阿珍", [first.pk]), ("visitor", "阿珍", [second.pk])]

    def test_what_is_old_is_left_alone(self, payee: Distributor) -> None:
        buyer = bound(payee)
        bought(buyer)
        seen_together(payee.user, buyer)
        assert found(NOON + 91 * DAY) == []

    def test_thresholds_are_the_merchants(self, payee: Distributor) -> None:
        pair = [make_user(date_joined=NOON) for _ in range(2)]
        for person in pair:
            bind_by_link(person, payee, at=NOON)
        seen_together(*pair)
        Thresholds.objects.create(pk=1, accounts_per_visitor=2)
        assert [kind for kind, _, _ in found()] == ["accounts"]

    def test_by_hand(self, payee: Distributor, capsys: pytest.CaptureFixture[str]) -> None:
        buyer = bound(payee)
        bought(buyer)
        seen_together(payee.user, buyer)
        for said in ("1 new signals", "0 new signals"):
            call_command("find_risks", at=LATER)
            assert said in capsys.readouterr().out

    def test_as_many_queries_for_many_as_for_one(self, payee: Distributor) -> None:
        def another() -> None:
            buyer = bound(payee)
            bought(buyer)
            seen_together(payee.user, buyer)

        another()
        with CaptureQueriesContext(connection) as one:
            find_risks(LATER)
        for _ in range(5):
            another()
        with CaptureQueriesContext(connection) as many:
            assert find_risks(LATER) == 5
        assert len(many) == len(one) + 1  # the open one is updated

    def test_nothing_of_the_shop_is_touched(self, payee: Distributor) -> None:
        buyer = bound(payee)
        order = bought(buyer)
        seen_together(payee.user, buyer)
        before = (
            list(Commission.objects.values_list()),
            Order.objects.filter(pk=order.pk).values()[0],
        )
        find_risks(LATER)
        after = (
            list(Commission.objects.values_list()),
            Order.objects.filter(pk=order.pk).values()[0],
        )
        assert after == before

    def test_every_kind_has_words_in_both_languages(self) -> None:
        signals = [Signal(kind=kind, evidence=EVIDENCE) for kind in Kind]
        for language in ("zh-hans", "en"):
            with translation.override(language):
                said = [in_words(signal, {}) for signal in signals]
            assert len(set(said)) == len(Kind)
            assert not any("%(" in text for text in said)


EVIDENCE = {
    "people": [], "orders": 1, "since": None, "until": None, "tail": "", "city": "", "earned": "1",
    "taken": "1", "days": 3, "day": None, "hours": 1, "most": 40, "accounts": 3,
}  # fmt: skip


class TestFootprints:
    def test_only_digests_are_kept(self) -> None:
        user = make_user()
        note_footprints(user, {Footprints.IP: "203.0.113.9", Footprints.VISITOR: ""}, at=NOON)
        row = Footprint.objects.get()
        assert bytes(row.digest) == keyed_digest("ip", "203.0.113.9")
        assert b"203" not in bytes(row.digest)

    def test_once_with_the_first_and_the_last_time(self) -> None:
        user = make_user()
        for at in (NOON, NOON + DAY, NOON - DAY):
            note_footprints(user, {Footprints.IP: "203.0.113.9"}, at=at)
        row = Footprint.objects.get()
        assert (row.first_at, row.last_at) == (NOON, NOON + DAY)

    def test_they_are_forgotten(self) -> None:
        user = make_user()
        note_footprints(user, {Footprints.IP: "old"}, at=NOON)
        note_footprints(user, {Footprints.IP: "new"}, at=NOON + DAY)
        assert prune_footprints(NOON + 180 * DAY) == 0
        assert prune_footprints(NOON + 181 * DAY) == 1
        assert Footprint.objects.count() == 1


def test_money_amounts_are_texts_in_the_evidence(payee: Distributor) -> None:
    """JSON has no decimals: amounts are kept as they are written."""
    buyer = bound(payee)
    for _ in range(3):
        order = bought(buyer)
        receive(order, at=NOON + DAY)
        mature_commissions(NOON + 9 * DAY)
        line = order.lines.get()
        refund(order, [Part(line.pk, 0, Decimal("99.90"))], at=NOON + 20 * DAY)
    find_risks(LATER)
    assert Signal.objects.get().evidence["taken"] == "29.97"
