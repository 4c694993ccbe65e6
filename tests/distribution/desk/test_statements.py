"""Statements equal the ledger to the cent, whatever happened; each month goes on from the last."""

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from base.accounts.models import User
from base.clock import BEIJING, beijing_date, day_start
from base.errors import WrongState
from base.money import ZERO
from base.templatetags.shop import money as yuan
from distribution.desk.statements import (
    Statement,
    StatementLines,
    Sums,
    month_of,
    next_month,
    statements_of,
)
from distribution.models import Commission, Distributor, Entry
from distribution.money.balances import balance_of
from distribution.money.commissions import mature_commissions
from distribution.money.holds import (
    CannotHold,
    hold_commission,
    release_commission,
    revoke_commission,
)
from distribution.programme.people import set_status
from distribution.states import Status
from distribution.views import statements as statement_pages
from orders.models import Order
from orders.refunds import Part
from orders.registries import Outcome
from payouts.models import Payout, Schedule
from payouts.runs import run_period
from payouts.sending import approve_payout, cancel_payout, record_outcome, send_payout
from tests.books import prove_debt
from tests.buying import earn, take_back
from tests.make import (
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
from tests.properties import examples

pytestmark = pytest.mark.django_db
Pages = Callable[[Distributor | User], Client]
D = Decimal
DAY = timedelta(days=1)
LIST = "/distribution/statements/"


def pay_out(at: datetime, *, ends: str = "paid") -> None:
    """A run whose payouts all end as said; "unknown" stays on its way."""
    run = run_period(Schedule.objects.get(), beijing_date(at), at=at)
    for payout in run.payouts.all():
        if ends == "cancelled":
            cancel_payout(payout, by=None, reason="test", at=at)
            continue
        send_payout(approve_payout(payout, by=None, at=at), at=at)
        record_outcome(payout, Outcome(ends, reference="V1", detail="test"), at=at)


def by_hand(person: Distributor) -> dict[str, dict[str, Decimal]]:
    """The ledger again, entry by entry: month → kind → what it changed altogether."""
    months: dict[str, dict[str, Decimal]] = {}
    for entry in Entry.objects.filter(distributor=person).select_related("transfer"):
        month = f"{entry.transfer.at.astimezone(BEIJING):%Y-%m}"
        kinds = months.setdefault(month, {})
        kinds[entry.transfer.kind] = kinds.get(entry.transfer.kind, ZERO) + entry.amount
    return months


def assert_proved(person: Distributor, until: datetime) -> None:
    months = statements_of(person, until=until)[::-1]
    assert months[0].opening == Sums()
    for before, after in pairwise(months):
        assert before.closing == after.opening
        assert next_month(before.month) == after.month
    ledger = by_hand(person)
    assert {m.name: {k: s.total for k, s in m.moved.items()} for m in months if m.moved} == ledger
    money = balance_of(person)
    assert months[-1].closing == Sums(money.pending, money.balance, money.reserved)
    assert sum((month.paid for month in months), ZERO) == money.paid
    for month in months:
        lines = list(StatementLines(person, month.month))
        assert sum((line.amount for line in lines), month.opening.total) == month.closing.total
        for kind, sums in month.moved.items():
            of_kind = [line for line in lines if line.kind == kind]
            assert sum((line.amount for line in of_kind), ZERO) == sums.total, kind
        assert [line.at for line in lines] == sorted(line.at for line in lines)
    prove_debt(person)


def give_back(order: Order, at: datetime) -> None:
    line = order.lines.get()
    if line.kept_paid > 5 and line.kept_quantity:
        refund(order, [Part(line.pk, 1, min(line.kept_paid, line.price))], at=at)


ENDS = {"pay": "paid", "cancel": "cancelled", "fail": "failed", "lose sight of": "unknown"}


def ban_payee(commission: Commission, **why: Any) -> None:
    set_status(commission.payee, Status.BANNED, **why)


DECISIONS: dict[str, Callable[..., Any]] = {
    "hold": hold_commission,
    "release": release_commission,
    "revoke": revoke_commission,
    "ban": ban_payee,
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "buy", "receive", "refund", "mature", *ENDS, *DECISIONS]),
        st.integers(0, 25),  # days later; 0 is the first moment of the next month
        st.integers(1, 9),
    ),
    min_size=4,
    max_size=18,
)


@examples(15)
@given(steps=STEPS)
def test_any_history_is_told_to_the_cent(steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        live_through(steps)
        transaction.set_rollback(True)  # the next history begins in an empty shop


def decide(step: str, order: Order, at: datetime) -> None:
    for commission in order.commissions.order_by("level")[:1]:
        with suppress(CannotHold, WrongState):
            DECISIONS[step](commission, by=None, reason="test", at=at)


def live_through(steps: list[tuple[str, int, int]]) -> None:
    chain = make_chain()
    make_rule("0.125", "0.075")
    at = datetime(2026, 1, 20, 23, 30, tzinfo=BEIJING)
    orders: list[Order] = []
    for step, days, size in steps:
        at += timedelta(days=days, minutes=7)
        if not days:
            at = day_start(next_month(beijing_date(at).replace(day=1)))
        if step == "buy":
            order = make_order(chain.c, {make_variant(f"{size}7.13"): 3}, at=at)
            pay(order, at=at)
            orders.append(order)
        elif step == "receive" and orders:
            receive(orders[-1], at=at)
        elif step == "refund" and orders:
            give_back(orders[size % len(orders)], at)
        elif step == "mature":
            mature_commissions(at)
        elif step in ENDS:
            pay_out(at, ends=ENDS[step])
        elif step in DECISIONS and orders:
            decide(step, orders[size % len(orders)], at)
    for person in (chain.a, chain.b):
        assert_proved(person, at)


@pytest.fixture
def told() -> Chain:
    """B earned ¥19.80 twice in March, was paid in April, then a buyer sent one order back."""
    chain = make_chain()
    make_rule("0.20", "0.10")
    march = datetime(2026, 3, 10, 12, tzinfo=BEIJING)
    first = earn(chain, "99.00", at=march)
    earn(chain, "99.00", at=march + DAY)
    pay_out(march + 25 * DAY)
    take_back(first, 1, "99.00", at=march + 55 * DAY)
    return chain


class TestAMonth:
    def test_the_whole_story(self, told: Chain) -> None:
        until = datetime(2026, 5, 31, tzinfo=BEIJING)
        months = statements_of(told.b, until=until)
        assert [
            (m.name, m.opening.total, m.earned, m.matured, m.reversed, m.paid, m.closing.total)
            for m in months
        ] == [
            ("2026-05", D("0.00"), D(0), D(0), D("19.80"), D(0), D("-19.80")),
            ("2026-04", D("39.60"), D(0), D(0), D(0), D("39.60"), D("0.00")),
            ("2026-03", D(0), D("39.60"), D("39.60"), D(0), D(0), D("39.60")),
            ("2026-02", D(0), D(0), D(0), D(0), D(0), D(0)),
            ("2026-01", D(0), D(0), D(0), D(0), D(0), D(0)),
        ]
        assert months[2].closing == Sums(D("0.00"), D("39.60"), D("0.00"))

    def test_beijings_months(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        for minute in (-1, 1):
            at = datetime(2026, 6, 1, tzinfo=BEIJING) + timedelta(minutes=minute)
            pay(make_order(chain.c, {make_variant("10.00"): 1}, at=at), at=at)
        until = datetime(2026, 6, 2, tzinfo=BEIJING)
        assert [m.earned for m in statements_of(chain.b, until=until)[:2]] == [D("1.00")] * 2

    def test_the_first_moment_of_a_month_belongs_to_it(self) -> None:
        chain = make_chain()
        make_rule("0.10", None)
        midnight = datetime(2026, 6, 1, tzinfo=BEIJING)
        for at in (midnight - timedelta(microseconds=1), midnight):
            pay(make_order(chain.c, {make_variant("10.00"): 1}, at=at), at=at)
        months = statements_of(chain.b, until=midnight)
        assert [(m.name, m.earned) for m in months[:2]] == [("2026-06", D(1)), ("2026-05", D(1))]
        for month in (5, 6):
            assert len(StatementLines(chain.b, date(2026, month, 1))) == 1

    def test_an_outcome_nobody_knows_stays_in_its_payout(self) -> None:
        chain = make_chain()
        make_rule("0.20", None)
        march = datetime(2026, 3, 10, 12, tzinfo=BEIJING)
        earn(chain, "99.00", at=march)
        pay_out(march + 25 * DAY, ends="unknown")
        assert_proved(chain.b, march + 60 * DAY)
        may, april = statements_of(chain.b, until=march + 60 * DAY)[:2]
        assert (april.paid, april.closing, may.moved) == (ZERO, Sums(ZERO, ZERO, D("19.80")), {})

    def test_a_failed_payout_comes_back(self) -> None:
        chain = make_chain()
        make_rule("0.20", None)
        march = datetime(2026, 3, 10, 12, tzinfo=BEIJING)
        earn(chain, "99.00", at=march)
        pay_out(march + 25 * DAY, ends="failed")
        assert_proved(chain.b, march + 25 * DAY)
        april = statements_of(chain.b, until=march + 25 * DAY)[0]
        assert set(april.moved) == {"reserve", "release"}
        assert (april.paid, april.closing) == (ZERO, Sums(ZERO, D("19.80"), ZERO))

    def test_a_ban_is_told_too(self, told: Chain) -> None:
        at = datetime(2026, 5, 20, tzinfo=BEIJING)
        earn(told, "200.00", at=at - 8 * DAY)
        set_status(told.b, Status.BANNED, by=None, reason="test", at=at)
        assert_proved(told.b, at)
        may = statements_of(told.b, until=at)[0]
        assert "封禁没收" in [label for label, _, _ in may.rows()]

    def test_only_months_there_are(self, told: Chain) -> None:
        until = datetime(2026, 5, 31, tzinfo=BEIJING)
        months = [row.name for row in statements_of(told.b, until=until)]
        assert months == ["2026-05", "2026-04", "2026-03", "2026-02", "2026-01"]

    @pytest.mark.parametrize(
        "name", ["", "2026", "2026-13", "2026-1", "x026-01", "2026-01-01", "２０２６-01"]
    )
    def test_what_is_no_month(self, name: str) -> None:
        assert month_of(name) is None

    def test_lines_are_read_by_the_slice(self, told: Chain, django_assert_num_queries: Any) -> None:
        lines = StatementLines(told.b, date(2026, 3, 1))
        assert (len(lines), len(lines[1:3]), len(lines[3:99]), len(lines[9:])) == (4, 2, 1, 0)
        assert [line.kind for line in lines] == ["accrue", "accrue", "mature", "mature"]
        assert lines[1:3][0] == lines[1]
        with django_assert_num_queries(1):
            page = lines[0:2]
            assert (len(page), [line.moved for line in page]) == (2, [ZERO, ZERO])

    def test_lines_of_one_kind_or_one_number(self, told: Chain, pages_of: Pages) -> None:
        order = Order.objects.order_by("pk").first()
        payout = Payout.objects.get(distributor=told.b)
        asked = [{"kind": "mature"}, {"q": order.number}, {"q": "%"}, {"kind": "nonsense"}]
        browser = pages_of(told.b)
        pages = [browser.get(f"{LIST}2026-03/", query) for query in asked]
        kinds = [[line.kind for line in page.context["page"].object_list] for page in pages]
        both = ["accrue", "accrue", "mature", "mature"]
        assert kinds == [["mature", "mature"], ["accrue"], [], both]
        assert "没有符合条件的明细。" in pages[2].content.decode()
        april = browser.get(f"{LIST}2026-04/", {"q": payout.number})
        assert {line.number for line in april.context["page"].object_list} == {payout.number}
        file = b"".join(browser.get(f"{LIST}2026-03/", {"kind": "mature", "format": "csv"}))
        assert len(file.splitlines()) == 3

    def test_a_part_of_a_month_never_passes_for_the_whole(
        self, told: Chain, pages_of: Pages
    ) -> None:
        browser = pages_of(told.b)
        whole = browser.get(f"{LIST}2026-03/").content.decode()
        assert "只列出" not in whole and "<title>2026-03 账单 · 邻里好物<" in whole
        part = browser.get(f"{LIST}2026-03/", {"kind": "mature"}).content.decode()
        assert "<title>2026-03 账单 · 佣金成熟" in part
        assert "只列出：<strong>佣金成熟</strong>" in part
        assert "共 2 笔，增减合计 ¥0.00。换了位置的一共 ¥39.60。" in part
        assert "上面的期初、变动和期末仍是整个月的。" in part
        number = Order.objects.order_by("pk").first().number
        asked = {"kind": "accrue", "q": number}
        part = browser.get(f"{LIST}2026-03/", asked).content.decode()
        assert f"<strong>产生佣金</strong> · <strong>{number}</strong>" in part
        assert "共 1 笔，增减合计 ¥19.80。" in part and "换了位置的" not in part
        nothing = browser.get(f"{LIST}2026-03/", {"q": "nothing"}).content.decode()
        assert "共 0 笔，增减合计 ¥0.00。" in nothing
        name = browser.get(f"{LIST}2026-03/", asked | {"format": "csv"})["Content-Disposition"]
        assert unquote(name).endswith(f"''账单 2026-03 产生佣金 {number}.csv")

    def test_what_is_held_is_named(self, told: Chain, pages_of: Pages) -> None:
        """Whose money was set aside while it is looked at: its order, found by its number too."""
        at = datetime(2026, 5, 20, tzinfo=BEIJING)
        order = earn(told, "200.00", at=at - 8 * DAY)
        commission = order.commissions.get(level=1)
        hold_commission(commission, by=None, reason="test", at=at)
        lines = StatementLines(told.b, date(2026, 5, 1), kind="hold", number=order.number)
        found = [(line.commission_id, line.level, line.order, line.moved) for line in lines]
        assert found == [(commission.pk, 1, order.number, D("40.00"))]
        html = pages_of(told.b).get(f"{LIST}2026-05/", {"kind": "hold"}).content.decode()
        assert f"订单 {order.number}" in html

    def test_sums_add_up(self) -> None:
        empty = Statement(date(2026, 1, 1), Sums(D(1), D(2), D(3)))
        assert empty.closing.total == D(6) and empty.rows() == []


def _table(browser: Client, path: str) -> list[list[str]]:
    text = b"".join(browser.get(path)).decode("utf-8-sig")  # type: ignore[arg-type]  # streamed
    return list(csv.reader(io.StringIO(text)))


class TestPages:
    @pytest.fixture
    def recent(self) -> Chain:
        chain = make_chain()
        make_rule("0.20", None)
        order = make_order(chain.c, {make_variant("99.00"): 1})
        pay(order)
        return chain

    def test_the_list_and_the_month(self, recent: Chain, pages_of: Pages) -> None:
        month = f"{beijing_date(timezone.now()):%Y-%m}"
        browser = pages_of(recent.b)
        assert f"{LIST}{month}/" in browser.get(LIST).content.decode()
        html = browser.get(f"{LIST}{month}/").content.decode()
        commission = recent.b.commissions.get()
        assert f"/distribution/commissions/{commission.pk}/" in html
        assert commission.order.number in html and "¥19.80" in html
        assert "这个月还没有结束" in html

    def test_as_a_table(self, recent: Chain, pages_of: Pages) -> None:
        month = f"{beijing_date(timezone.now()):%Y-%m}"
        browser = pages_of(recent.b)
        text = b"".join(browser.get(f"{LIST}{month}/?format=csv")).decode("utf-8-sig")
        header, row = csv.reader(io.StringIO(text))
        assert (header[0], header[6]) == ("时间", "增减")
        assert (row[1], row[2], row[6]) == ("产生佣金", "1", "19.80")
        summary = b"".join(browser.get(f"{LIST}?format=csv")).decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(summary)))[1][:3] == [month, "0.00", "19.80"]

    def test_page_and_table_and_ledger_say_the_same(self, told: Chain, pages_of: Pages) -> None:
        browser = pages_of(told.b)
        ledger = by_hand(told.b)
        rows = _table(browser, f"{LIST}?format=csv")[1:]
        months = statements_of(told.b, until=timezone.now())
        assert [row[0] for row in rows] == [month.name for month in months]
        for row, month in zip(rows, months, strict=True):
            opening, earned, _matured, reversed_, paid, closing, *places = map(D, row[1:])
            assert closing - opening == sum(ledger.get(month.name, {}).values(), ZERO)
            assert opening + earned - reversed_ - paid == closing == sum(places, ZERO)
            lines = _table(browser, f"{LIST}{month.name}/?format=csv")[1:]
            assert sum((D(line[6]) for line in lines), opening) == closing
            response = browser.get(f"{LIST}{month.name}/")
            assert response.context["statement"] == month
            assert [line.amount for line in response.context["page"]] == [D(n[6]) for n in lines]
            assert f'<td class="num strong">{yuan(closing)}</td>' in response.content.decode()

    def test_the_months_beside(self, told: Chain, pages_of: Pages) -> None:
        browser = pages_of(told.b)
        html = browser.get(f"{LIST}2026-03/").content.decode()
        assert "← 2026-02" in html and "2026-04 →" in html
        first = browser.get(f"{LIST}2026-01/").content.decode()
        assert 'rel="prev"' not in first and "2026-02 →" in first

    def test_all_lines_on_one_sheet(
        self, told: Chain, pages_of: Pages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is printed is one page of the browser: it may hold the whole month."""
        monkeypatch.setattr(statement_pages, "LINES_PER_PAGE", 3)
        browser = pages_of(told.b)
        page = browser.get(f"{LIST}2026-03/")
        assert len(page.context["page"]) == 3
        assert (
            "全部显示" in page.content.decode() and "明细第 1 页，共 2 页" in page.content.decode()
        )
        whole = browser.get(f"{LIST}2026-03/?all=1")
        assert len(whole.context["page"]) == 4
        assert "全部显示" not in whole.content.decode()
        monkeypatch.setattr(statement_pages, "PRINTED", 3)
        assert "下载表格" in browser.get(f"{LIST}2026-03/?all=1").content.decode()

    def test_nobody_elses(self, recent: Chain, guest: Client, pages_of: Pages) -> None:
        month = f"{beijing_date(timezone.now()):%Y-%m}"
        html = pages_of(make_distributor()).get(f"{LIST}{month}/").content.decode()
        assert "¥19.80" not in html and "这个月没有变动" in html
        for path in (LIST, f"{LIST}{month}/", "/distribution/debt/"):
            assert guest.get(path).status_code == 302
            assert pages_of(make_user()).get(path)["Location"] == "/distribution/join/"

    @pytest.mark.parametrize("name", ["2020-01", "2999-01", "nonsense", "2026-99"])
    def test_no_such_month(self, recent: Chain, pages_of: Pages, name: str) -> None:
        assert pages_of(recent.b).get(f"{LIST}{name}/").status_code == 404

    @pytest.mark.parametrize("orders", [1, 3])
    def test_queries(self, orders: int, pages_of: Pages, django_assert_num_queries: Any) -> None:
        chain = make_chain()
        make_rule()
        for _ in range(orders):
            pay(make_order(chain.c))
        browser = pages_of(chain.b)
        month = f"{beijing_date(timezone.now()):%Y-%m}"
        with django_assert_num_queries(4):
            browser.get(LIST)
        with django_assert_num_queries(6):
            browser.get(f"{LIST}{month}/")
