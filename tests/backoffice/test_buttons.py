"""The merchant's buttons: one domain call each, refusals in words, nothing half done."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from base.models import AuditEntry
from catalog.models import Category, Product
from distribution.models import Policy, Rule
from distribution.money.commissions import mature_commissions
from distribution.rules import publish_rule
from distribution.states import Status
from orders.refunds import Part, request_refund
from orders.states import OrderState, RefundState
from payouts import sending
from payouts.models import Payout, Run, Schedule
from payouts.states import PayoutState
from tests.make import (
    START,
    Chain,
    make_category,
    make_chain,
    make_distributor,
    make_order,
    make_user,
    make_variant,
    pay,
    receive,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def press(client: Client, obj: models.Model, name: str, **values: Any) -> str:
    """Open the dialog, post it, and return the messages shown afterwards."""
    model = f"{obj._meta.app_label}_{obj._meta.model_name}"
    address = reverse(f"admin:{model}_{name}", args=[obj.pk])
    assert client.get(address).status_code == 200
    answer = client.post(address, values | {"_form_submitted": "true"})
    if answer.status_code == 200:  # the dialog again, with its errors
        return answer.content.decode()
    assert answer.status_code == 303
    page = client.get(answer["Location"])
    return " ".join(str(message) for message in page.context["messages"])


def test_an_unpaid_order_is_closed_and_written_down_once(client: Client, merchant: User) -> None:
    order = make_order()
    assert press(client, order, "cancel", reason="缺货") == "订单已关闭，库存已退回。"
    press(client, order, "cancel", reason="再点一次")
    order.refresh_from_db()
    assert (order.state, order.close_reason) == (OrderState.CLOSED, "缺货")
    deeds = AuditEntry.objects.filter(action="close_order")
    assert list(deeds.values_list("target_name", "actor", "reason")) == [
        (str(order), merchant.pk, "缺货")
    ]


def test_an_order_is_shipped(client: Client, merchant: User) -> None:
    order = make_order()
    assert "不能进行此操作" in press(client, order, "ship", courier="顺丰", tracking_no="1")
    pay(order)
    assert press(client, order, "ship", courier="顺丰", tracking_no="SF1") == "已发货。"
    order.refresh_from_db()
    assert order.state == OrderState.SHIPPED
    assert AuditEntry.objects.get(action="ship_order").actor == merchant


def test_a_partial_refund_from_the_order_page(client: Client, merchant: User) -> None:
    order = make_order(items={make_variant("10.00"): 2})
    pay(order)
    line = order.lines.get()
    values = {
        f"pieces_{line.pk}": "1",
        f"money_{line.pk}": "25.00",
        "shipping": "0",
        "reason": "少件",
    }
    assert "20.00" in press(client, order, "refund", **values)
    values[f"money_{line.pk}"] = "10.00"
    assert "正在退回" in press(client, order, "refund", **values)
    refund = order.refunds.get()
    assert (refund.state, refund.amount) == (RefundState.APPROVED, Decimal("10.00"))


def test_a_refused_refund_needs_a_reason(client: Client, merchant: User) -> None:
    order = make_order()
    pay(order)
    refund = request_refund(order, [Part(order.lines.get().pk, 1, Decimal("10.00"))])
    assert "这个字段是必填项" in press(client, refund, "reject", reason="")
    press(client, refund, "reject", reason="商品完好")
    refund.refresh_from_db()
    assert (refund.state, refund.answer) == (RefundState.REJECTED, "商品完好")


def test_a_rule_changed_in_the_admin_is_a_new_version(client: Client, merchant: User) -> None:
    rule = publish_rule(by=None, scope="shop", rate1=Decimal("0.1"))
    address = reverse("admin:distribution_rule_change", args=[rule.pk])
    values = {"scope": "shop", "base": "paid", "rate1": "12.5", "reason": "涨一点"}
    answer = client.post(address, values)
    assert answer.status_code == 302
    rule.refresh_from_db()
    assert rule.rate1 == Decimal("0.1")
    assert rule.valid_to is not None
    new = Rule.objects.get(replaces=rule)
    assert (new.rate1, new.created_by) == (Decimal("0.125"), merchant)
    said = [str(message) for message in client.get(answer["Location"]).context["messages"]]
    assert said == [f"新版本 #{new.pk} 现在生效，已下的订单不受影响。"]
    later = {"effective_at_0": "2099-01-01", "effective_at_1": "00:00", "_continue": "1"}
    address = reverse("admin:distribution_rule_change", args=[new.pk])
    answer = client.post(address, values | later | {"rate1": "13"})
    coming = Rule.objects.get(replaces=new)
    assert answer["Location"] == reverse("admin:distribution_rule_change", args=[coming.pk])
    said = [str(message) for message in client.get(answer["Location"]).context["messages"]]
    assert said == [f"已安排：新版本 #{coming.pk} 从 2099-01-01 00:00 起生效，之前照旧。"]


def test_the_second_of_two_tabs_is_told(client: Client, merchant: User) -> None:
    """Nothing of the second is saved, and nobody is shut out for it."""
    rule = publish_rule(by=None, scope="shop", rate1=Decimal("0.1"))
    address = reverse("admin:distribution_rule_change", args=[rule.pk])
    values = {"scope": "shop", "base": "paid", "reason": "涨一点"}
    assert client.post(address, values | {"rate1": "12"}).status_code == 302
    page = client.post(address, values | {"rate1": "13"}, follow=True)
    said = [str(message) for message in page.context["messages"]]
    assert (page.status_code, said[-1]) == (
        200,
        "您打开之后，这里已经被改过，不能再改；您的修改没有保存。",
    )
    rates = Rule.objects.order_by("pk").values_list("rate1", flat=True)
    assert list(rates) == [Decimal("0.1"), Decimal("0.12")]
    assert "已" in press(client, rule, "stop", reason="晚了一步")
    assert Rule.objects.get(replaces=rule).valid_to is None


def test_a_rule_with_nothing_in_it_is_refused(client: Client, merchant: User) -> None:
    answer = client.post(reverse("admin:distribution_rule_add"), {"scope": "shop", "base": "paid"})
    assert "请至少填写一个级别" in answer.content.decode()
    assert not Rule.objects.exists()


def test_the_preview_names_the_winner_and_why_not_the_others(
    client: Client, merchant: User
) -> None:
    chain, variant = make_chain(), make_variant("99.00")
    publish_rule(by=None, scope="shop", rate1=Decimal("0.1"), rate2=Decimal("0.05"))
    publish_rule(
        by=None, scope="product", product=variant.product, rate1=Decimal("0.3"), min_quantity=2
    )
    values = {"sku": variant.sku, "distributor": chain.b.code, "quantity": "1"}
    page = client.get(reverse("admin:rule_preview"), values)
    first, second = page.context["preview"].levels
    assert [(item.value, item.is_winner, item.why) for item in first.considered] == [
        ("30%", False, "件数不够：要 2 件，这里 1 件"),
        ("10%", True, ""),
    ]
    assert (first.amount, second.amount) == (Decimal("9.90"), Decimal("4.95"))
    page = client.get(reverse("admin:rule_preview"), values | {"sku": "nope"})
    assert "没有这个货号" in page.content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01", "1999-12-31"])
def test_a_preview_before_all_policies_is_refused_in_words(
    client: Client, merchant: User, day: str
) -> None:
    asked = {"sku": make_variant().sku, "distributor": make_distributor().code, "quantity": "1"}
    page = client.get(reverse("admin:rule_preview"), asked | {"at_0": day, "at_1": "00:00"})
    assert page.context["form"].errors["at"] == ["请填写 2000 年以后的时间。"]


def test_a_policy_is_added_and_never_edited(client: Client, merchant: User) -> None:
    form = client.get(reverse("admin:distribution_policy_add")).context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value not in (None, False)}
    values |= {"cap_rate": "40", "reason": "降低上限"}
    past = values | {"valid_from_0": "2026-01-01", "valid_from_1": "00:00"}
    refused = client.post(reverse("admin:distribution_policy_add"), past)
    assert "已经过去" in refused.content.decode()
    soon = timezone.localtime() + timedelta(seconds=30)
    values |= {"valid_from_0": f"{soon:%Y-%m-%d}", "valid_from_1": f"{soon:%H:%M:%S}"}
    answer = client.post(reverse("admin:distribution_policy_add"), values)
    assert answer.status_code == 302, answer.context["errors"]
    newest = Policy.objects.order_by("-pk")[0]
    assert AuditEntry.objects.get(action="publish_policy").reason == "降低上限"
    assert (newest.cap_rate, newest.created_by, Policy.objects.count()) == (
        Decimal("0.4"),
        merchant,
        2,
    )


def test_freezing_and_banning_need_reasons(client: Client, merchant: User) -> None:
    distributor = make_distributor()
    assert "必填" in press(client, distributor, "freeze", reason="")
    press(client, distributor, "freeze", reason="核实中")
    distributor.refresh_from_db()
    assert distributor.status == Status.FROZEN
    press(client, distributor, "ban", reason="刷单")
    distributor.refresh_from_db()
    assert distributor.status == Status.BANNED
    assert "不能进行此操作" in press(client, distributor, "approve", reason="误判")


def test_a_customer_is_reassigned_by_code(client: Client, merchant: User) -> None:
    customer, distributor = make_user(), make_distributor()
    assert "没有这个分销商" in press(client, customer, "reassign", to="NOBODY", reason="x")
    press(client, customer, "reassign", to=distributor.code.lower(), reason="客服核实")
    binding = customer.bindings.get()
    assert (binding.distributor, binding.by, binding.reason) == (distributor, merchant, "客服核实")


def trade_to_pay_for() -> Chain:
    """An order of C's that gives B 10.00 and A 5.00, mature."""
    chain = make_chain()
    publish_rule(by=None, at=START, scope="shop", rate1=Decimal("0.1"), rate2=Decimal("0.05"))
    order = make_order(chain.c, {make_variant("100.00"): 1}, at=START.replace(month=2))
    pay(order, at=START.replace(month=2))
    receive(order, at=START.replace(month=2))
    mature_commissions(START.replace(month=3))
    return chain


def test_a_run_is_previewed_started_once_approved_and_paid_by_hand(
    client: Client, merchant: User
) -> None:
    chain = trade_to_pay_for()
    schedule = Schedule.objects.get(kind=Schedule.Kind.WEEKLY)
    preview = client.get(reverse("admin:payout_preview", args=[schedule.pk]))
    assert preview.context["preview"].total == Decimal("15.00")
    link = f"{preview.request['PATH_INFO']}?format=csv"
    assert 'href="?format=csv"' in preview.content.decode()
    lines = b"".join(client.get(link).streaming_content).decode().splitlines()
    assert [line.split(",")[3:] for line in lines[1:]] == [["5.00", "将结算"], ["10.00", "将结算"]]
    assert not Run.objects.exists()
    press(client, schedule, "run_now")
    press(client, schedule, "run_now")
    run = Run.objects.get()
    dialog = client.get(reverse("admin:payouts_run_approve_all", args=[run.pk]))
    assert "将打款 2 笔，共 ¥15.00。" in dialog.content.decode()
    assert press(client, run, "approve_all") == "已审批 2 笔，共 ¥15.00。"
    payout = run.payouts.get(distributor=chain.b)
    assert (payout.state, payout.approved_by) == (PayoutState.APPROVED, merchant)
    press(client, payout, "send")
    assert "必填" in press(client, payout, "paid", reference="")
    press(client, payout, "paid", reference="V-1")
    payout.refresh_from_db()
    assert (payout.state, payout.reference) == (PayoutState.PAID, "V-1")
    assert Payout.objects.filter(state=PayoutState.PAID).count() == 1


def test_who_may_not_see_schedules_sees_no_preview(client: Client) -> None:
    address = reverse("admin:payout_preview", args=[Schedule.objects.get().pk])
    client.force_login(make_user(is_staff=True))
    for asked in (address, f"{address}?format=csv"):
        assert client.get(asked).status_code == 403


def test_a_category_that_moves_takes_its_paths_along(client: Client, merchant: User) -> None:
    top, child = make_category("食品"), make_category("坚果")
    values = {
        "name": "坚果",
        "slug": child.slug,
        "parent": top.pk,
        "position": 0,
        "is_active": "on",
    }
    client.post(reverse("admin:catalog_category_change", args=[child.pk]), values)
    assert Category.objects.get(pk=child.pk).path == [child.pk, top.pk]


def test_a_product_saved_in_the_admin_is_found_and_priced(client: Client, merchant: User) -> None:
    values = {
        "category": make_category().pk,
        "kind": "physical",
        "name": "云南核桃",
        "is_active": "on",
        "rank": "0",
        "created_at_0": "2026-11-01",
        "created_at_1": "08:00",
        "variants-TOTAL_FORMS": "1",
        "variants-INITIAL_FORMS": "0",
        "variants-0-sku": "HT1",
        "variants-0-price": "12.50",
        "variants-0-stock": "3",
        "variants-0-weight_grams": "100",
        "variants-0-is_active": "on",
        "images-TOTAL_FORMS": "0",
        "images-INITIAL_FORMS": "0",
    }
    answer = client.post(reverse("admin:catalog_product_add"), values)
    assert answer.status_code == 302, answer.context["errors"]
    product = Product.objects.get(name="云南核桃")
    assert product.price_from == Decimal("12.50")
    assert "核桃" in product.search_terms


def test_a_draft_that_is_gone_stops_no_other(
    client: Client, merchant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is cancelled between the look and the press: it is named, the others go out."""
    trade_to_pay_for()
    press(client, Schedule.objects.get(kind=Schedule.Kind.WEEKLY), "run_now")
    run = Run.objects.get()
    gone, left = run.payouts.order_by("pk")
    approve = sending.approve_payout

    def after_a_cancellation(payout: Payout, *, by: User) -> Payout:
        sending.cancel_payout(gone, by=by, reason="收款人要求")
        return approve(payout, by=by)

    monkeypatch.setattr(sending, "approve_payout", after_a_cancellation)
    said = press(client, run, "approve_all")
    assert f"{gone}: " in said
    assert said.endswith(f"已审批 1 笔，共 ¥{left.amount}。")
    states = list(run.payouts.order_by("pk").values_list("state", flat=True))
    assert states == [PayoutState.CANCELLED, PayoutState.APPROVED]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_run_that_does_not_exist_is_answered(client: Client, merchant: User, method: str) -> None:
    answer = getattr(client, method)("/admin/payouts/run/abc/approve_all/")
    assert answer.status_code == 303
    said = [str(message) for message in client.get(answer["Location"]).context["messages"]]
    assert (len(said), "abc" in said[0]) == (1, True)


def test_a_button_opened_as_an_address_is_a_whole_page(client: Client, merchant: User) -> None:
    """Without JavaScript, or in a tab of its own: the same words, and a way back to the object."""
    distributor = make_distributor()
    address = reverse("admin:distribution_distributor_ban", args=[distributor.pk])
    back = reverse("admin:distribution_distributor_change", args=[distributor.pk])
    page = client.get(address).content.decode()
    over = client.get(address, headers={"HX-Request": "true"}).content.decode()
    for words in ("封禁", "这一步不可恢复。", 'name="reason"'):
        assert (words in page, words in over) == (True, True)
    assert ("</html>" in page, "</html>" in over) == (True, False)
    assert f'href="{back}"' in page
    assert "x-on:click='openModal" not in page
    refused = client.post(address, {"reason": "", "_form_submitted": "true"})
    assert "</html>" in refused.content.decode()
    assert "这个字段是必填项" in refused.content.decode()
    distributor.refresh_from_db()
    assert distributor.status == Status.APPROVED
    done = client.post(address, {"reason": "刷单", "_form_submitted": "true"})
    assert (done.status_code, done["Location"]) == (303, back)
