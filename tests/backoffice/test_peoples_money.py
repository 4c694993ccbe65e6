"""A distributor's money in the back office is the same as they see themselves, in the same words."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from distribution.models import Commission
from distribution.money.balances import balance_of
from distribution.money.holds import hold_commission, release_commission
from distribution.programme.people import set_status
from distribution.states import Status
from orders.models import Order
from payouts.models import Payout, Schedule
from payouts.sending import approve_payout, send_payout
from payouts.states import PayoutState
from tests.books import prove
from tests.buying import buy, earn, take_back
from tests.make import make_user
from tests.paying import make_draft, open_bank, run

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


def test_a_ban_says_to_the_cent_what_it_takes(
    client: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, and afterwards; what is on its way is not touched, and a debt is repaid first."""
    chain = make_draft()
    bank = open_bank(monkeypatch, "paid", "open")
    send_payout(approve_payout(Payout.objects.get(), by=None))
    now = timezone.now()
    take_back(Order.objects.get(), 0, "10.00", at=now)  # ¥3.00 of ¥30.00
    earn(chain, "40.00", at=now - timedelta(days=8))
    run(Schedule.objects.get(), period=date(2026, 4, 6))
    buy(chain, "20.00", at=now)
    assert bank.paid and balance_of(chain.b).reserved == Decimal("9.00")
    address = reverse("admin:distribution_distributor_ban", args=[chain.b.pk])
    dialog = client.get(address).content.decode()
    assert "将收回 ¥15.00：待成熟 ¥6.00，可结算和未打款的结算单共 ¥9.00。" in dialog
    assert "正在打款的 ¥0.00 和已经付的 ¥30.00 不变。" in dialog
    client.post(address, {"reason": "刷单", "_form_submitted": "true"})
    page = reverse("admin:distribution_distributor_change", args=[chain.b.pk])
    shown = client.get(page).content.decode()
    assert "已封禁，收回佣金 ¥15.00。" in shown
    money = balance_of(chain.b)
    assert (money.pending, money.available, money.reserved, money.paid, money.debt) == (
        0,
        0,
        0,
        30,
        0,
    )
    prove()


def test_a_freeze_says_what_it_is_about(client: Client, merchant: User) -> None:
    chain = make_draft()
    address = reverse("admin:distribution_distributor_freeze", args=[chain.b.pk])
    words = "现在：待成熟 ¥0.00，可结算 ¥0.00，结算中 ¥30.00，待抵扣 ¥0.00。"
    assert words in client.get(address).content.decode()


def test_a_payout_of_a_frozen_one_is_not_sent_and_says_why(
    client: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = make_draft()
    bank = open_bank(monkeypatch)
    set_status(chain.b, Status.FROZEN, by=merchant, reason="核实")
    payout = Payout.objects.get()
    page = reverse("admin:payouts_payout_change", args=[payout.pk])

    def press(button: str) -> str:
        address = reverse(f"admin:payouts_payout_{button}", args=[payout.pk])
        client.post(address, {"_form_submitted": "true"})
        return client.get(page).content.decode()

    assert "已审批。分销商已冻结，解冻后才打款。" in press("approve")
    assert "分销商已冻结，解冻后才打款。" in press("send")
    payout.refresh_from_db()
    assert (payout.state, bank.calls) == (PayoutState.APPROVED, [])
