"""What a distributor takes away: the rows of the page, all of them, and nobody's whole name."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from base import tables
from base.accounts.models import User
from base.clock import BEIJING
from catalog.models import Product
from distribution.models import Commission, Distributor
from distribution.money.holds import hold_commission
from distribution.sharing.selection import pick
from orders.refunds import Part
from tests.make import (
    Chain,
    make_chain,
    make_distributor,
    make_order,
    make_product,
    make_rule,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db
Pages = Callable[[Distributor | User], Client]
NOON = datetime(2026, 5, 10, 12, tzinfo=BEIJING)
DAY = timedelta(days=1)


def table(browser: Client, address: str) -> list[list[str]]:
    answer = browser.get(address)
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.fixture
def chain() -> Chain:
    """B has two orders of C: one half sent back, of goods with a name like a formula."""
    chain = make_chain()
    make_rule("0.10", "0.05")
    for days, name in enumerate(("=核桃", "薯片")):
        variant = make_variant("30.00", product=make_product(name))
        order = make_order(chain.c, {variant: 2}, at=NOON + days * DAY)
        pay(order, at=NOON + days * DAY)
    receive(order, at=NOON + DAY)
    refund(order, [Part(order.lines.get().pk, 1, variant.price)], at=NOON + 2 * DAY)
    return chain


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/distribution/commissions/?level=1&state=pending", "佣金明细 待成熟 一级"),
        ("/distribution/orders/?q=D26&until=2026-05-10", "推广订单 D26 到 2026-05-10"),
        ("/distribution/team/?group=customers&q=丙", "我的顾客 丙"),
        ("/distribution/selection/?q=核桃&sort=", "选品库 核桃"),
        ("/distribution/links/?state=all", "推广链接 全部"),
        ("/distribution/codes/?state=stopped", "优惠码 已停用"),
        ("/distribution/ranking/?period=month&by=earned", "排行榜 本月 按佣金"),
        ("/distribution/academy/?q=茶", "学堂 茶"),
        ("/payouts/?state=paid&since=2026-05-01", "结算单 已付款 2026-05-01 起"),
    ],
)
def test_the_file_of_a_part_is_called_so(
    chain: Chain, pages_of: Pages, address: str, name: str
) -> None:
    answer = pages_of(chain.b).get(f"{address}&format=csv")
    assert unquote(answer["Content-Disposition"]) == f"attachment; filename*=utf-8''{name}.csv"


class TestCommissions:
    def test_every_row_with_what_it_lost(self, chain: Chain, pages_of: Pages) -> None:
        rows = table(pages_of(chain.b), "/distribution/commissions/?format=csv")
        assert [[row[0], *row[2:3], *row[5:11]] for row in rows] == [
            ["2026-05-11 12:00", "薯片", "丙**", "1", "待成熟", "6.00", "3.00", "3.00"],
            ["2026-05-10 12:00", "'=核桃", "丙**", "1", "待成熟", "6.00", "0.00", "6.00"],
        ]

    def test_what_is_looked_into_has_no_day(self, chain: Chain, pages_of: Pages) -> None:
        first, second = Commission.objects.filter(payee=chain.b).order_by("pk")
        receive(first.order, at=NOON)
        receive(second.order, at=NOON)
        hold_commission(first, by=None, reason="核实")
        rows = table(pages_of(chain.b), "/distribution/commissions/?format=csv")
        assert [row[7:] for row in rows] == [
            ["待成熟", "6.00", "3.00", "3.00", "2026-05-18", "0.00"],
            ["复核中", "6.00", "0.00", "6.00", "", "0.00"],
        ]

    def test_filtered_as_the_page(self, chain: Chain, pages_of: Pages) -> None:
        browser = pages_of(chain.b)
        for query, names in {
            "until=2026-05-10": ["'=核桃"],
            "since=2026-05-11&until=2026-05-11": ["薯片"],
            "since=2026-05-12": [],
            "level=2": [],
            "state=paid": [],
            "since=2026-05-10&level=1": ["薯片", "'=核桃"],
            "since=2026-05-10&level=2": [],
        }.items():
            rows = table(browser, f"/distribution/commissions/?format=csv&{query}")
            assert [row[2] for row in rows] == names, query
            page = browser.get(f"/distribution/commissions/?{query}")
            assert len(page.context["rows"]) == len(names), query

    def test_nobody_elses(self, chain: Chain, guest: Client, pages_of: Pages) -> None:
        other = pages_of(make_distributor())
        for page in ("commissions", "orders", "team"):
            address = f"/distribution/{page}/?format=csv"
            assert table(other, address) == []
            assert guest.get(address).status_code == 302


class TestOrders:
    def test_an_order_a_row(self, chain: Chain, pages_of: Pages) -> None:
        rows = table(pages_of(chain.a), "/distribution/orders/?format=csv")
        assert [[row[2], row[4], row[5], row[6]] for row in rows] == [
            ["丙**", "2", "薯片", "1.50"],
            ["丙**", "2", "'=核桃", "3.00"],
        ]
        rows = table(pages_of(chain.a), "/distribution/orders/?format=csv&until=2026-05-10")
        assert [row[5] for row in rows] == ["'=核桃"]


class TestTeam:
    def test_each_group(self, chain: Chain, pages_of: Pages) -> None:
        browser = pages_of(chain.a)
        address = "/distribution/team/?format=csv&group="
        (recruit,) = table(browser, f"{address}distributors")
        assert (recruit[0], recruit[6:]) == ("乙**", ["0", "0.00", "2", "4.50"])
        (second,) = table(browser, f"{address}second")
        assert (second[0], second[5], second[6:8]) == ("丙**", "乙**", ["2", "4.50"])
        assert table(browser, f"{address}second&q=无") == []


def test_the_selection(chain: Chain, pages_of: Pages) -> None:
    walnuts = Product.objects.get(name="=核桃")
    pick(chain.b, walnuts)
    (row,) = table(pages_of(chain.b), "/distribution/selection/?format=csv")
    assert row[:7] == ["'=核桃", "30.00", "3.00", "3.00", "是", "1", "6.00"]
    assert row[7].endswith(f"/r/{chain.b.code}/{walnuts.pk}/")


@pytest.mark.parametrize("customers", [1, 3])
def test_in_chunks_with_a_fixed_number_of_queries_each(
    customers: int, pages_of: Pages, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(tables, "CHUNK", 2)
    chain = make_chain()
    make_rule("0.10", "0.05")
    for _ in range(customers):
        pay(make_order(chain.c, at=NOON), at=NOON)
    browser = pages_of(chain.b)
    with django_assert_num_queries(3 + 1 + (customers + 1) // 2):
        assert len(table(browser, "/distribution/orders/?format=csv")) == customers
    with django_assert_num_queries(3 + 2):
        assert len(table(browser, "/distribution/commissions/?format=csv")) == customers
