"""Everything that can happen to somebody's money, told alike by the page, by the sheet that is
printed and by the file: line by line what the database holds."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from base.accounts.models import User
from base.clock import BEIJING, beijing_date
from base.money import ZERO
from distribution.desk.statements import month_of, statements_of
from distribution.models import Commission, Distributor, Entry, Reversal, Transfer
from distribution.money.commissions import mature_commissions
from distribution.money.holds import hold_commission, release_commission, revoke_commission
from distribution.programme.people import set_status
from distribution.states import Account, Status
from distribution.views import statements as pages
from orders.models import Order
from payouts.models import Payout
from tests.books import prove, prove_debt
from tests.buying import DAY, buy, earn, take_back
from tests.distribution.money.test_debts import pay_out
from tests.make import Chain, make_chain, make_rule, receive

pytestmark = pytest.mark.django_db
Pages = Callable[[Distributor | User], Client]
D = Decimal
LIST = "/distribution/statements/"
MARCH = datetime(2026, 3, 2, 12, tzinfo=BEIJING)
UNTIL = datetime(2026, 8, 1, 12, tzinfo=BEIJING)


def of(order: Order) -> Commission:
    return order.commissions.get(level=1)


@pytest.fixture
def chain() -> Chain:
    """B: held, let go and then taken back; a payout that failed and one that went out; refunds
    before and after it; a draft drawn up again; a ban."""
    chain = make_chain()
    make_rule("0.10", "0.05")
    why = {"by": None, "reason": "test"}
    first, second, third = (earn(chain, f"{n}11.11", at=MARCH + n * DAY) for n in (1, 2, 3))
    hold_commission(of(third), **why, at=MARCH + 12 * DAY)
    pay_out(MARCH + 35 * DAY, ends="failed")
    pay_out(MARCH + 66 * DAY)
    release_commission(of(third), **why, at=MARCH + 67 * DAY)
    mature_commissions(MARCH + 67 * DAY)
    revoke_commission(of(third), **why, at=MARCH + 68 * DAY)
    take_back(first, 1, "111.11", at=MARCH + 69 * DAY)
    buyer = buy(chain, "55.55", at=MARCH + 70 * DAY)
    take_back(buyer, 0, "5.55", at=MARCH + 71 * DAY)
    receive(buyer, at=MARCH + 72 * DAY)
    mature_commissions(MARCH + 80 * DAY)
    earn(chain, "999.99", at=MARCH + 90 * DAY)
    pay_out(MARCH + 100 * DAY)
    take_back(second, 0, "100.00", at=MARCH + 101 * DAY)
    earn(chain, "77.70", at=MARCH + 110 * DAY)
    earn(chain, "40.00", at=MARCH + 120 * DAY)
    set_status(chain.b, Status.BANNED, **why, at=MARCH + 140 * DAY)
    prove()
    return chain


def in_the_books(person: Distributor, month: str) -> list[tuple[str, str, Decimal]]:
    """The month again, from the rows themselves: kind, order or payout, amount or what moved."""
    found: list[tuple[datetime, str, str, Decimal]] = []
    for commission in Commission.objects.filter(payee=person).select_related("order"):
        number = commission.order.number
        found.append((commission.accrued_at, "accrue", number, commission.amount_at_payment))
        found += [(h.held_at, "hold", number, h.amount) for h in commission.holds.all() if h.amount]
    for reversal in Reversal.objects.filter(commission__payee=person):
        keys = (f"revoke:{reversal.commission_id}", f"forfeit:{person.pk}")
        kind = (
            "reverse"
            if reversal.refund_id
            else Transfer.objects.get(key__in=keys, at=reversal.at).kind
        )
        found.append((reversal.at, kind, reversal.commission.order.number, -reversal.amount))
    for entry in Entry.objects.filter(distributor=person).select_related("transfer"):
        number = entry.transfer.key.split(":")[1]
        if entry.kind == "settle":
            found.append((entry.at, "settle", number, entry.amount))
        elif entry.account == Account.AVAILABLE and entry.kind in ("mature", "reserve", "release"):
            number = "" if entry.kind == "mature" else number
            found.append((entry.at, entry.kind, number, abs(entry.amount)))
    return sorted(
        (kind, number, amount)
        for at, kind, number, amount in found
        if f"{beijing_date(at):%Y-%m}" == month
    )


def yuan(text: str) -> Decimal:
    (sign, amount), *_ = re.findall(r"(−?)¥([\d,.]+\d)", text)
    return D(amount.replace(",", "")) * (-1 if sign else 1)


def on_paper(html: str) -> list[tuple[str, str, Decimal]]:
    """Each row of the lines: what, which number, how much."""
    kinds = {str(label): str(value) for value, label in Transfer.Kind.choices}
    table = html.partition('<table class="table statement-lines">')[2].partition("</table>")[0]
    rows = []
    for row in re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.S):
        _time, what, amount = (
            " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        )
        numbers = re.findall(r"(?:订单|结算单) (\w+)", what)
        rows.append((kinds[what.split()[0]], "".join(numbers), yuan(amount)))
    return rows


def in_file(browser: Client, month: str) -> list[tuple[str, str, Decimal]]:
    kinds = {str(label): str(value) for value, label in Transfer.Kind.choices}
    answer = browser.get(f"{LIST}{month}/?format=csv")
    text = b"".join(answer).decode("utf-8-sig")  # type: ignore[arg-type]  # streamed
    return [
        (kinds[row[1]], row[3] or row[5], D(row[7] or row[6]))
        for row in list(csv.reader(io.StringIO(text)))[1:]
    ]


@pytest.mark.parametrize("whose", ["a", "b"])
def test_three_forms_and_the_database_say_the_same(
    chain: Chain, pages_of: Pages, whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LINES_PER_PAGE", 3)
    person: Distributor = getattr(chain, whose)
    prove_debt(person)
    browser = pages_of(person)
    balance = ZERO
    for month in statements_of(person, until=UNTIL)[::-1]:
        address = f"{LIST}{month.name}/"
        books = in_the_books(person, month.name)
        first = browser.get(address)
        by_page = [
            row
            for number in first.context["page"].paginator.page_range
            for row in on_paper(browser.get(f"{address}?page={number}").content.decode())
        ]
        printed = on_paper(browser.get(f"{address}?all=1").content.decode())
        filed = in_file(browser, month.name)
        assert sorted(by_page) == sorted(printed) == sorted(filed) == books
        assert by_page == printed == filed  # in one order
        moving = ("mature", "hold", "reserve", "release")
        balance += sum((amount for kind, _, amount in filed if kind not in moving), ZERO)
        assert balance == month.closing.total
    if whose == "b":
        kinds = {kind for month in statements_of(person, until=UNTIL) for kind in month.moved}
        assert kinds == {*map(str, Transfer.Kind.values)}
        assert Payout.objects.filter(distributor=person, state="failed").count() == 1
    assert month_of("2026-07") in [month.month for month in statements_of(person, until=UNTIL)]
