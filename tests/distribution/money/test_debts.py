"""A debt is what went into payouts and was taken back: each row, each page and the sums agree."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from base.accounts.models import User
from base.clock import BEIJING, beijing_date
from base.money import ZERO
from distribution.models import Distributor
from distribution.money.debts import Debt, OverpaidRows, debt_of
from distribution.money.holds import revoke_commission
from distribution.programme.people import set_status
from distribution.states import Status
from distribution.views import statements as pages
from orders.models import Order
from orders.registries import Outcome
from payouts.models import Schedule
from payouts.runs import run_period
from payouts.sending import approve_payout, record_outcome, send_payout
from tests.books import money, prove, prove_debt
from tests.buying import DAY, earn, take_back
from tests.make import Chain, make_chain, make_distributor, make_rule

pytestmark = pytest.mark.django_db
Pages = Callable[[Distributor | User], Client]
D = Decimal
PAGE = "/distribution/debt/"
MARCH = datetime(2026, 3, 10, 12, tzinfo=BEIJING)
APRIL = MARCH + 31 * DAY


def pay_out(at: datetime, *, ends: str = "paid") -> None:
    for payout in run_period(Schedule.objects.get(), beijing_date(at), at=at).payouts.all():
        send_payout(approve_payout(payout, by=None, at=at), at=at)
        record_outcome(payout, Outcome(ends, reference="V1", detail="test"), at=at)


@pytest.fixture
def paid() -> tuple[Chain, list[Order]]:
    """B earned ¥10.00, ¥20.00 and ¥30.00 in March and was paid all of it in April."""
    chain = make_chain()
    make_rule("0.10", "0.05")
    orders = [
        earn(chain, f"{price}.00", at=MARCH + number * DAY)
        for number, price in enumerate((100, 200, 300))
    ]
    pay_out(APRIL)
    return chain, orders


def rows_of(person: Distributor, **wanted: Any) -> list[tuple[str, str, str]]:
    """Each as "amount repaid left"."""
    rows = OverpaidRows(person, debt_of(person), **wanted)
    return [(str(row.amount), str(row.repaid), str(row.left)) for row in rows]


class TestRows:
    def test_what_was_taken_back_first_is_repaid_first(
        self, paid: tuple[Chain, list[Order]]
    ) -> None:
        """Not what was earned first: a debt that is made up stays so when an older order is
        refunded later."""
        chain, (first, second, third) = paid
        take_back(third, 1, "300.00", at=APRIL + DAY)
        take_back(second, 1, "200.00", at=APRIL + 2 * DAY)
        earn(chain, "350.00", at=APRIL + 3 * DAY)
        assert rows_of(chain.b) == [("20.00", "5.00", "15.00"), ("30.00", "30.00", "0.00")]
        assert prove_debt(chain.b) == Debt(D("50.00"), D("15.00"))
        take_back(first, 1, "100.00", at=APRIL + 20 * DAY)
        assert rows_of(chain.b) == [
            ("10.00", "0.00", "10.00"),
            ("20.00", "5.00", "15.00"),
            ("30.00", "30.00", "0.00"),
        ]
        assert prove_debt(chain.b) == Debt(D("60.00"), D("25.00"))

    def test_only_what_was_asked_for_and_its_own_sums(
        self, paid: tuple[Chain, list[Order]]
    ) -> None:
        chain, (first, second, third) = paid
        for number, order in enumerate((first, second, third)):
            take_back(order, 1, f"{number + 1}00.00", at=APRIL + number * DAY)
        earn(chain, "150.00", at=APRIL + 3 * DAY)
        over = debt_of(chain.b)
        number = second.refunds.get().number
        day = beijing_date(APRIL + DAY)
        of_first, of_second, of_third = (
            ("10.00", "10.00", "0.00"), ("20.00", "5.00", "15.00"), ("30.00", "0.00", "30.00"),
        )  # fmt: skip
        asked: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
            ({"state": "no"}, [of_third, of_second]),
            ({"state": "yes"}, [of_first]),
            ({"number": third.number}, [of_third]),
            ({"number": number}, [of_second]),
            ({"number": number[:-1] + "%"}, []),
            ({"since": day}, [of_third, of_second]),
            ({"until": day}, [of_second, of_first]),
            ({"since": day, "until": day, "state": "no"}, [of_second]),
        ]
        for wanted, found in asked:
            assert rows_of(chain.b, **wanted) == found, wanted
            sums = OverpaidRows(chain.b, over, **wanted).sums()
            assert sums.total == sum((D(row[0]) for row in found), ZERO)
            assert sums.left == sum((D(row[2]) for row in found), ZERO)

    def test_approved_and_then_failed_is_no_debt_any_more(
        self, paid: tuple[Chain, list[Order]]
    ) -> None:
        chain, _orders = paid
        order = earn(chain, "400.00", at=APRIL + DAY)
        at = APRIL + 31 * DAY
        payout = run_period(Schedule.objects.get(), beijing_date(at), at=at).payouts.get(
            distributor=chain.b
        )
        approve_payout(payout, by=None, at=at)
        take_back(order, 1, "400.00", at=at)
        assert prove_debt(chain.b) == Debt(D("40.00"), D("40.00"))
        send_payout(payout, at=at)
        record_outcome(payout, Outcome("failed", reference="V1", detail="test"), at=at)
        assert prove_debt(chain.b) == Debt(ZERO, ZERO)

    def test_what_a_decision_took_is_told_as_that(
        self, paid: tuple[Chain, list[Order]], pages_of: Pages
    ) -> None:
        chain, (first, *_rest) = paid
        commission = first.commissions.get(level=1)
        revoke_commission(commission, by=None, reason="test", at=APRIL + DAY)
        assert prove_debt(chain.b) == Debt(D("10.00"), D("10.00"))
        html = pages_of(chain.b).get(PAGE).content.decode()
        assert f"订单 {first.number} · {APRIL + DAY:%Y-%m-%d} 商家撤回" in html


class TestPage:
    @pytest.fixture
    def owing(
        self, paid: tuple[Chain, list[Order]], monkeypatch: pytest.MonkeyPatch
    ) -> tuple[Chain, list[Order]]:
        """All three were sent back, the newest last, and ¥15.00 is made up; one row a page."""
        chain, orders = paid
        for number, order in enumerate(orders):
            take_back(order, 1, f"{number + 1}00.00", at=APRIL + number * DAY)
        earn(chain, "150.00", at=APRIL + 3 * DAY)
        monkeypatch.setattr(pages, "DEBTS_PER_PAGE", 1)
        return chain, orders

    def test_the_newest_first_and_none_is_missing(
        self, owing: tuple[Chain, list[Order]], pages_of: Pages
    ) -> None:
        chain, orders = owing
        browser = pages_of(chain.b)
        shown = [browser.get(PAGE, {"page": number}) for number in (1, 2, 3)]
        words = ["还没补", "还差 ¥15.00", "已补平"]
        for response, order, word in zip(shown, orders[::-1], words, strict=True):
            html = response.content.decode()
            assert order.number in html and word in html
            assert "¥60.00" in html and "¥45.00" in html
            assert sum(html.count(other.number) for other in orders) == 1
        rows = [row for response in shown for row in response.context["page"].object_list]
        assert sum((row.amount for row in rows), ZERO) == D("60.00")
        assert sum((row.repaid for row in rows), ZERO) == D("15.00")

    def test_a_part_never_passes_for_the_whole(
        self, owing: tuple[Chain, list[Order]], pages_of: Pages
    ) -> None:
        chain, orders = owing
        browser = pages_of(chain.b)
        html = browser.get(PAGE, {"state": "no"}).content.decode()
        assert "只列出：<strong>还没补平</strong>" in html
        assert "这些一共多付 ¥50.00，已补上 ¥5.00，还差 ¥45.00。" in html
        assert "只列出" not in browser.get(PAGE, {"state": "nonsense"}).content.decode()
        empty = browser.get(PAGE, {"q": "nothing"}).content.decode()
        assert "没有符合条件的佣金。" in empty and orders[0].number not in empty

    def test_as_a_file(self, owing: tuple[Chain, list[Order]], pages_of: Pages) -> None:
        chain, orders = owing
        browser = pages_of(chain.b)
        response = browser.get(PAGE, {"format": "csv", "page": 2})
        text = b"".join(response).decode("utf-8-sig")  # type: ignore[arg-type]  # streamed
        header, *rows = csv.reader(io.StringIO(text))
        assert header[-3:] == ["多付", "已补上", "还差"]
        assert [[row[1], *row[5:]] for row in rows] == [
            [orders[2].number, "30.00", "0.00", "30.00", "0.00", "30.00"],
            [orders[1].number, "20.00", "0.00", "20.00", "5.00", "15.00"],
            [orders[0].number, "10.00", "0.00", "10.00", "10.00", "0.00"],
        ]
        assert rows[0][4] == orders[2].refunds.get().number
        part = browser.get(PAGE, {"format": "csv", "state": "yes", "since": "2026-01-02"})
        assert name_of(part) == "待抵扣明细 已补平 2026-01-02 起.csv"

    def test_none(self, pages_of: Pages) -> None:
        html = pages_of(make_distributor()).get(PAGE).content.decode()
        assert "没有结算给你之后又撤回的佣金" in html
        assert "下载表格" not in html and 'name="since"' not in html

    def test_it_promises_nobody_commissions_they_will_not_get(
        self, paid: tuple[Chain, list[Order]], pages_of: Pages
    ) -> None:
        """And its crumb leads whoever is out to a page they may open."""
        chain, (first, *_rest) = paid
        take_back(first, 1, "100.00", at=APRIL + DAY)
        browser, month = pages_of(chain.b), f"/distribution/statements/{APRIL:%Y-%m}/"
        later, set_off = "之后新到账的佣金会先把它补上", "之后的佣金会先抵扣"
        dashboard = '<li><a href="/distribution/">概览</a></li>'
        statements = '<li><a href="/distribution/statements/">月账单</a></li>'
        html = browser.get(PAGE).content.decode()
        assert later in html and dashboard in html
        assert set_off in browser.get(month).content.decode()
        set_status(chain.b, Status.RESIGNED, by=None, reason="test")
        html = browser.get(PAGE).content.decode()
        assert later not in html and dashboard not in html and statements in html
        assert "还没成熟的佣金会先把它补上，重新加入后的佣金也一样" in html
        assert set_off in browser.get(month).content.decode()
        set_status(chain.b, Status.BANNED, by=None, reason="test")
        html = browser.get(PAGE).content.decode()
        assert "补上，" not in html and dashboard not in html and statements in html
        assert "账号已封禁，不再有新的佣金，这笔就记在这里。" in html
        html = browser.get(month).content.decode()
        assert set_off not in html
        assert "期末可结算是 −¥10.00：有的佣金结算给你之后又撤回了，不用你退钱。" in html

    def test_repaid_to_exactly_nothing(
        self, paid: tuple[Chain, list[Order]], pages_of: Pages
    ) -> None:
        """Owed ¥30.00; ¥29.99, then ¥0.01: every page says it is made up, and nothing is paid."""
        chain, orders = paid
        take_back(orders[2], 1, "300.00", at=APRIL + DAY)
        browser, month = pages_of(chain.b), f"/distribution/statements/{APRIL:%Y-%m}/"
        earn(chain, "299.90", at=APRIL + 2 * DAY)
        assert prove_debt(chain.b) == Debt(D("30.00"), D("0.01"))
        assert "还差 ¥0.01" in browser.get(PAGE).content.decode()
        assert "有 ¥0.01 待抵扣" in browser.get("/distribution/").content.decode()
        assert "期末可结算是 −¥0.01" in browser.get(month).content.decode()

        last = earn(chain, "0.10", at=APRIL + 3 * DAY)
        prove()
        assert money(chain.b) == {"paid": "60.00"}
        assert prove_debt(chain.b) == Debt(D("30.00"), ZERO)
        assert "还没补" not in (html := rows_on(browser)) and "已补平" in html
        assert rows_of(chain.b, state="no") == []
        assert rows_of(chain.b) == [("30.00", "30.00", "0.00")]
        dashboard = browser.get("/distribution/")
        assert dashboard.context["money"].debt == dashboard.context["money"].available == ZERO
        assert "待抵扣：" not in dashboard.content.decode()
        closing = browser.get(month)
        assert closing.context["statement"].closing.available == ZERO
        assert "期末可结算是" not in closing.content.decode()
        assert not browser.get("/distribution/commissions/?state=available").context["page"]
        states = [one.state for one in browser.get("/distribution/commissions/").context["rows"]]
        assert states == ["set_off", "set_off", "reversed", "paid", "paid"]
        receipt = browser.get(f"/distribution/commissions/{last.commissions.get(level=1).pk}/")
        assert "其中 ¥0.01 用来抵扣以前多付给你的佣金。" in receipt.content.decode()
        pay_out(APRIL + 31 * DAY)
        assert money(chain.b) == {"paid": "60.00"}
        assert chain.b.payouts.count() == 1

    def test_another_ones_debt_is_not_mine(
        self, owing: tuple[Chain, list[Order]], pages_of: Pages
    ) -> None:
        _chain, orders = owing
        browser = pages_of(make_distributor())
        assert list(browser.get(PAGE, {"q": orders[0].number}).context["page"].object_list) == []
        assert f"订单 {orders[0].number}" not in browser.get(PAGE).content.decode()

    @pytest.mark.parametrize("count", [1, 3])
    def test_queries(
        self,
        count: int,
        paid: tuple[Chain, list[Order]],
        pages_of: Pages,
        django_assert_num_queries: Any,
    ) -> None:
        chain, orders = paid
        for number, order in enumerate(orders[:count]):
            take_back(order, 1, f"{number + 1}00.00", at=APRIL + number * DAY)
        browser = pages_of(chain.b)
        with django_assert_num_queries(10):
            assert len(browser.get(PAGE).context["page"].object_list) == count
        with django_assert_num_queries(11):
            browser.get(PAGE, {"state": "no"})


def rows_on(browser: Client) -> str:
    """The page's list, without the box that asks."""
    return browser.get(PAGE).content.decode().rpartition('<ul class="sum">')[2]


def name_of(response: Any) -> str:
    """Of the file."""
    return unquote(response["Content-Disposition"].partition("utf-8''")[2])
