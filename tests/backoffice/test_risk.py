"""Signs of risk in the back office: evidence in words, one decision a post, refusals in words."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from base.models import AuditEntry
from distribution.models import Hold
from distribution.money.holds import revoke_commission
from distribution.referral.relations import bind_by_link
from distribution.risk import words
from distribution.risk.findings import find_risks
from distribution.risk.footprints import note_footprints
from distribution.risk.models import Footprint, Signal, Thresholds
from distribution.risk.states import State
from shop.backoffice import risk
from tests.make import START, make_address, make_distributor, make_order, make_rule, make_user, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def suspect(orders: int = 1) -> Signal:
    """A buyer at the payee's own browser."""
    payee, buyer = make_distributor(name="阿珍"), make_user("买家")
    bind_by_link(buyer, payee, at=START)
    now = timezone.now()
    for person in (payee.user, buyer):
        note_footprints(person, {Footprint.Kind.VISITOR: f"browser of {payee.pk}"}, at=now)
    for _ in range(orders):
        address = make_address(buyer)
        address.street = f"各自的路 {buyer.pk} 号"
        pay(make_order(buyer, address=address))
    find_risks(timezone.now())
    return Signal.objects.get(payee=payee)


@pytest.fixture
def signal() -> Signal:
    make_rule("0.10", None)
    return suspect()


def page(signal: Signal) -> str:
    return reverse("admin:risk_signal_change", args=[signal.pk])


def decide(client: Client, signal: Signal, decision: str, **values: Any) -> str:
    answer = client.post(
        reverse("admin:risk_decision", args=[signal.pk]), {"decision": decision} | values
    )
    if answer.status_code == 200:
        return answer.content.decode()
    assert answer["Location"] == page(signal)
    shown = client.get(answer["Location"])
    return " ".join(str(message) for message in shown.context["messages"])


def test_the_evidence_names_and_links(client: Client, merchant: User, signal: Signal) -> None:
    text = client.get(page(signal)).content.decode()
    assert "买家 买家 和受益人 阿珍 用过同一台设备的同一个浏览器" in text
    commission = signal.commissions.get()
    for name, pk in (
        ("distribution_commission", commission.pk),
        ("orders_order", commission.order_id),
        ("accounts_user", commission.buyer_id),
        ("distribution_distributor", commission.payee_id),
    ):
        assert reverse(f"admin:{name}_change", args=[pk]) in text
    listed = client.get(reverse("admin:risk_signal_changelist")).content.decode()
    assert "用过同一台设备" in listed
    assert "待处理风险线索" in client.get(reverse("admin:index")).content.decode()


def test_each_line_is_about_one_commission(client: Client, merchant: User) -> None:
    """What is ticked is what the line shows."""
    make_rule("0.10", None)
    signal = suspect(orders=3)
    newest = sorted(signal.commissions.values_list("pk", flat=True), reverse=True)
    rows = client.get(page(signal)).context["rows"]
    assert [row.commission_id for row, _earning, _is_ticked in rows] == newest
    assert [earning.commission.pk for _row, earning, _is_ticked in rows] == newest


def test_held_then_cleared(client: Client, merchant: User, signal: Signal) -> None:
    chosen = list(signal.commissions.values_list("pk", flat=True))
    assert "已暂扣 1 笔佣金" in decide(client, signal, "held", commissions=chosen, reason="核实")
    assert Hold.objects.filter(ended_at=None).count() == 1
    assert "放行 1 笔佣金" in decide(client, signal, "cleared", reason="夫妻")
    assert Hold.objects.filter(ended_at=None).count() == 0
    assert "不能进行此操作" in decide(client, signal, "confirmed", commissions=chosen, reason="x")
    assert signal.commissions.get().amount > 0


def test_confirmed(client: Client, merchant: User, signal: Signal) -> None:
    chosen = list(signal.commissions.values_list("pk", flat=True))
    said = decide(client, signal, "confirmed", commissions=chosen, reason="自买自卖")
    assert "撤回 1 笔佣金" in said
    assert signal.commissions.get().amount == 0


@pytest.mark.parametrize(
    ("decision", "values"),
    [
        ("held", {"reason": "x"}),
        ("held", {"reason": "x", "commissions": [999_999]}),
        ("held", {"reason": ""}),
        ("confirmed", {"reason": "x"}),
        ("open", {"reason": "x"}),
        ("nonsense", {"reason": "x"}),
        ("cleared", {"reason": "长" * 201}),
    ],
)
def test_bad_input_changes_nothing(
    client: Client, merchant: User, signal: Signal, decision: str, values: Any
) -> None:
    assert decide(client, signal, decision, **values)
    signal.refresh_from_db()
    assert (signal.state, Hold.objects.count()) == (State.OPEN, 0)


def test_a_mistake_keeps_what_was_ticked(client: Client, merchant: User) -> None:
    """Whoever forgot the reason would otherwise decide about all of them the second time."""
    make_rule("0.10", None)
    signal = suspect(3)
    first, *others = signal.commissions.order_by("pk").values_list("pk", flat=True)
    again = decide(client, signal, "confirmed", commissions=[first], reason=" ")
    ticked = re.findall(r'name="commissions" value="(\d+)" checked', again)
    assert (ticked, len(others)) == ([str(first)], 2)
    fresh = client.get(page(signal)).content.decode()
    assert len(re.findall(r'name="commissions" value="\d+" checked', fresh)) == 3


def test_only_who_may(client: Client, signal: Signal) -> None:
    for person, status in ((make_user(), 302), (make_user(is_staff=True), 403)):
        client.force_login(person)
        assert client.get(page(signal)).status_code == status
        address = reverse("admin:risk_decision", args=[signal.pk])
        assert client.post(address, {"decision": "cleared", "reason": "x"}).status_code == status
        assert client.get(reverse("admin:risk_signal_changelist")).status_code == status
    signal.refresh_from_db()
    assert signal.state == State.OPEN


def test_a_decision_is_posted(client: Client, merchant: User, signal: Signal) -> None:
    assert client.get(reverse("admin:risk_decision", args=[signal.pk])).status_code == 405


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_and_the_page_have_no_query_per_row(
    client: Client, merchant: User, django_assert_num_queries: Any, rows: int
) -> None:
    make_rule("0.10", None)
    signals = [suspect(orders=rows) for _ in range(rows)]
    with django_assert_num_queries(7):
        client.get(reverse("admin:risk_signal_changelist"))
    with django_assert_num_queries(10):
        client.get(page(signals[0]))
    chosen = {"action": "export_selected", "_selected_action": [one.pk for one in signals]}
    with django_assert_num_queries(8):
        answer = client.post(reverse("admin:risk_signal_changelist"), chosen)
        assert len(b"".join(answer.streaming_content).splitlines()) == rows + 1


def test_more_than_a_page_shows_can_be_decided(
    client: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(risk, "SHOWN", 2)
    monkeypatch.setattr(words, "SHOWN_PEOPLE", 0)
    make_rule("0.10", None)
    signal = suspect(orders=3)
    html = client.get(page(signal)).content.decode()
    assert html.count('name="commissions"') == 2
    assert "选择全部 3 笔" in html and "还有 1 人" in html
    shown = list(signal.named.order_by("commission_id").values_list("commission", flat=True)[:2])
    decide(client, signal, "held", commissions=shown, reason="x")
    assert Hold.objects.count() == 2
    decide(client, signal, "held", everything="on", reason="x")
    assert Hold.objects.count() == 3


def test_what_it_could_not_reach_is_said_once_for_each_reason(
    client: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(risk, "NAMED", 1)
    make_rule("0.10", None)
    signal = suspect(orders=3)
    gone, also_gone, left = (row.commission for row in signal.named.order_by("commission_id"))
    for commission in (gone, also_gone):
        revoke_commission(commission, by=None, reason="x")
    said = decide(client, signal, "held", everything="on", reason="核实")
    gone.refresh_from_db()
    assert said == (
        f"{gone} 等 2 笔: 这笔佣金已全部撤回，没有可暂扣的金额。 "
        "已暂扣 1 笔佣金，其他佣金和买家的订单不受影响。"
    )
    assert list(Hold.objects.values_list("commission", flat=True)) == [left.pk]


def test_as_a_file(client: Client, merchant: User, signal: Signal) -> None:
    answer = client.post(
        reverse("admin:risk_signal_changelist"),
        {"action": "export_selected", "_selected_action": [signal.pk]},
    )
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert "同一设备,待处理,阿珍,买家 买家 和受益人 阿珍" in lines[1]


def test_thresholds_are_changed_within_bounds_and_written_down(
    client: Client, merchant: User
) -> None:
    client.get(reverse("admin:risk_thresholds_changelist"))
    row = Thresholds.objects.get()
    address = reverse("admin:risk_thresholds_change", args=[row.pk])
    values = {
        name: getattr(row, name)
        for name in (
            "window_days", "ip_most_people", "refund_share", "refund_orders", "hasty_days",
            "hasty_orders", "clicks_per_hour", "accounts_per_visitor",
        )
    } | {"refund_share": "30"}  # fmt: skip
    client.post(address, values | {"refund_share": "200"})
    client.post(address, values | {"clicks_per_hour": "1000"})
    client.post(address, values | {"window_days": "0"})
    row.refresh_from_db()
    assert (str(row.refund_share), row.clicks_per_hour, row.window_days) == ("0.300", 40, 90)
    client.post(address, values | {"window_days": "30"})
    row.refresh_from_db()
    assert row.window_days == 30
    audit = AuditEntry.objects.get(action="change_thresholds")
    assert (audit.actor, audit.details) == (merchant, {"window_days": "30"})
