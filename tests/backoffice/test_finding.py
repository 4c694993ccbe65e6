"""Long lists are searched by what is indexed, sorted by what is indexed, and filtered without a
walk through all their rows."""

from typing import Any

import pytest
from django.test import Client

from distribution.models import Distributor
from distribution.money.commissions import mature_commissions
from payouts.models import Payout, Schedule
from payouts.runs import run_period
from tests.backoffice.test_risk import suspect
from tests.buying import DAY, NOON, buy, earn
from tests.make import Chain, make_chain, make_rule, make_user

pytestmark = pytest.mark.django_db
ORDERS, PAYOUTS = "/admin/orders/order/", "/admin/payouts/payout/"
SIGNALS, COMMISSIONS = "/admin/risk/signal/", "/admin/distribution/commission/"


@pytest.fixture
def merchant(client: Client) -> Client:
    client.force_login(make_user("店主", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def chain() -> Chain:
    chain = make_chain()
    make_rule("0.10", "0.05")
    return chain


def found(merchant: Client, address: str, search: str) -> list[Any]:
    return sorted(row.pk for row in merchant.get(address, {"q": search}).context["cl"].queryset)


def test_orders_by_number_buyer_and_recipient(merchant: Client, chain: Chain) -> None:
    first, second = buy(chain), buy(chain)
    second.recipient, second.phone, second.province = "王小明", "13700001111", "广东省"
    second.save(update_fields=["recipient", "phone", "province"])
    assert found(merchant, ORDERS, first.number.lower()) == [first.pk]
    assert found(merchant, ORDERS, first.number[:3]) == [first.pk, second.pk]
    buyer = first.user
    assert found(merchant, ORDERS, buyer.member_no.lower()) == [first.pk, second.pk]
    assert found(merchant, ORDERS, f" {buyer.phone}  王小明 ") == [second.pk]
    assert found(merchant, ORDERS, "13700001111") == [second.pk]
    for nobody in ("小明", "9" * 30, "%", "_"):
        assert found(merchant, ORDERS, nobody) == []
    page = merchant.get(ORDERS, {"province": "广东省"})
    assert [row.pk for row in page.context["cl"].queryset] == [second.pk]


def test_payouts_by_number_payee_and_voucher(merchant: Client, chain: Chain) -> None:
    earn(chain, "100.00")
    mature_commissions(NOON + 60 * DAY)
    schedule = Schedule.objects.create(
        name="周", kind="weekly", weekday=1, channel="manual", minimum="0.01"
    )
    run_period(schedule, (NOON + 61 * DAY).date(), at=NOON + 61 * DAY)
    mine, hers = Payout.objects.order_by("amount")
    Payout.objects.filter(pk=mine.pk).update(reference="VOUCHER-1")
    assert found(merchant, PAYOUTS, mine.number.lower()) == [mine.pk]
    assert found(merchant, PAYOUTS, hers.distributor.code.lower()) == [hers.pk]
    assert found(merchant, PAYOUTS, hers.distributor.user.name) == [hers.pk]
    assert found(merchant, PAYOUTS, "VOUCHER-1") == [mine.pk]
    assert found(merchant, PAYOUTS, "VOUCHER") == []
    assert len(merchant.get(PAYOUTS, {"channel": "manual"}).context["cl"].queryset) == 2
    assert not merchant.get(PAYOUTS, {"channel": "balance"}).context["cl"].queryset


@pytest.mark.parametrize("address", [ORDERS, PAYOUTS, COMMISSIONS])
def test_a_search_joins_nothing_and_looks_inside_no_text(
    merchant: Client, chain: Chain, django_assert_max_num_queries: Any, address: str
) -> None:
    order = buy(chain)
    with django_assert_max_num_queries(12) as asked:
        merchant.get(address, {"q": order.number})
    counting = [query["sql"] for query in asked.captured_queries if "COUNT(*) AS" in query["sql"]]
    assert len(counting) == 1 and "JOIN" not in counting[0] and "UPPER" not in counting[0]
    assert not any("SELECT DISTINCT" in query["sql"] for query in asked.captured_queries)


def test_only_indexed_columns_sort_commissions(merchant: Client, chain: Chain) -> None:
    buy(chain)
    for column, order in (("6", "-pk"), ("-6", "-pk"), ("1", "pk"), ("-1", "-pk")):
        page = merchant.get(COMMISSIONS, {"o": column})
        assert page.context["cl"].queryset.query.order_by[0] == order


def test_signals_by_payee_and_order(merchant: Client, chain: Chain) -> None:
    signal = suspect()
    order = signal.commissions.get().order
    payee = Distributor.objects.get(pk=signal.payee_id)
    for search in (payee.code.lower(), payee.user.name, order.number):
        assert found(merchant, SIGNALS, search) == [signal.pk]
    assert found(merchant, SIGNALS, chain.a.code) == []
