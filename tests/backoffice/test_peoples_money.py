"""A distributor's money in the back office is the same as they see themselves, in the same words."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from distribution.models import Commission
from distribution.money.balances import balance_of
from distribution.money.holds import hold_commission, release_commission
from orders.models import Order
from payouts.models import Payout
from payouts.sending import approve_payout, send_payout
from tests.buying import take_back
from tests.make import make_user
from tests.paying import make_draft, open_bank

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_who_was_paid_too_much_has_a_debt_and_no_less_than_nothing(
    client: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = make_draft()
    open_bank(monkeypatch)
    for draft in Payout.objects.all():
        send_payout(approve_payout(draft, by=None))
    take_back(Order.objects.get(), 0, "40.00", at=timezone.now())
    assert (balance_of(chain.b).available, balance_of(chain.b).debt) == (0, Decimal("12.00"))
    page = client.get(reverse("admin:distribution_distributor_change", args=[chain.b.pk]))
    shown = {
        str(field.field["label"]): field.contents()
        for fieldset in page.context["adminform"]
        for line in fieldset
        for field in line
    }
    money = ("累计佣金", "待成熟", "可结算", "结算中", "已结算", "待抵扣")
    assert [shown[name] for name in money] == ["18.00", "0.00", "0.00", "0.00", "30.00", "12.00"]
    listed = client.get(reverse("admin:distribution_distributor_changelist")).content.decode()
    assert "-12.00" not in listed and "12.00" in listed


def test_a_commission_speaks_to_the_merchant_and_shows_its_holds(
    client: Client, merchant: User
) -> None:
    chain = make_draft()
    commission = Commission.objects.get(payee=chain.b)
    hold_commission(commission, by=merchant, reason="同一台手机下单")
    address = reverse("admin:distribution_commission_change", args=[commission.pk])
    html = client.get(address).content.decode()
    assert "买家绑定的分销商是 乙" in html and "暂扣复核中" in html and "同一台手机下单" in html
    assert "你" not in html.partition("这笔佣金是怎么算的")[2].partition("</div>")[0]
    release_commission(
        commission, by=merchant, reason="夫妻，已核实", at=timezone.now() + timedelta(minutes=1)
    )
    html = client.get(address).content.decode()
    assert "暂扣复核中" not in html and "夫妻，已核实" in html and "放行" in html
