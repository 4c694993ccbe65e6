"""Drafts in the back office: from the first rule to the dry run, its files, and going live."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from base.accounts.models import User
from distribution.editor import dry_runs
from distribution.editor.change_sets import create_change_set, draft_addition, draft_change
from distribution.editor.dry_runs import carry_out, request_dry_run
from distribution.models import ChangeSet, DryRun, Rule
from distribution.policy import current_policy
from distribution.rules import change_rule, end_rule
from distribution.states import ChangeSetState, DryRunState
from shop.backoffice import drafts
from tests.backoffice.test_buttons import press
from tests.make import (
    START,
    make_chain,
    make_order,
    make_product,
    make_rule,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db

D = Decimal
AT = START + timedelta(days=1)
DAY = date(2026, 1, 2)
DAYS = {"first_day": "2026-01-02", "last_day": "2026-01-31", "baseline": "actual", "dates": "written"}  # fmt: skip


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def draft(merchant: User) -> ChangeSet:
    return create_change_set(by=merchant, name="双十二")


def page_of(draft: ChangeSet) -> str:
    return reverse("admin:distribution_changeset_change", args=[draft.pk])


def trade() -> Rule:
    chain = make_chain()
    rule = make_rule("0.10", "0.05")
    order = make_order(chain.c, {make_variant("100.00", cost="40.00"): 1}, at=AT)
    pay(order, at=AT)
    return rule


def test_from_the_first_rule_to_going_live(client: Client, merchant: User) -> None:
    rule = trade()
    answer = client.post(reverse("admin:distribution_changeset_add"), {"name": " 双十二 "})
    draft = ChangeSet.objects.get()
    assert (answer["Location"], draft.name, draft.created_by) == (
        page_of(draft),
        "双十二",
        merchant,
    )
    add = reverse("admin:distribution_rulechange_add") + f"?draft={draft.pk}"
    product = make_product()
    values = {"scope": "product", "product": product.pk, "base": "paid", "rate1": "30"}
    assert client.post(add, values)["Location"] == page_of(draft)
    draft_change(draft, rule, by=merchant, rate1=D("0.20"))
    client.post(page_of(draft), {"cap_rate": "40", "margin_guard": "on", "self_purchase": "", "two_levels": "", "maturity_days": ""})  # fmt: skip
    page = client.get(page_of(draft)).content.decode()
    assert f"卖出商品“{product}”：一级得实付金额的 30%" in page
    assert "<del>10%</del>" in page
    assert "<ins>40%</ins>" in page
    assert Rule.objects.count() == 1
    answer = client.post(reverse("admin:draft_dry_runs", args=[draft.pk]), DAYS)
    run = DryRun.objects.get()
    assert answer["Location"] == reverse("admin:distribution_dryrun_change", args=[run.pk])
    result = client.get(answer["Location"]).context["result"]
    assert (result.before, result.after) == (D("15.00"), D("25.00"))
    assert "必填" in press(client, draft, "publish", reason="")
    assert press(client, draft, "publish", reason="年底") == "已发布，现在生效。"
    assert current_policy().cap_rate == D("0.4")
    assert [rule.rate1 for rule in Rule.objects.filter(valid_to=None).order_by("pk")] == [D("0.3"), D("0.2")]  # fmt: skip


def test_a_change_is_edited_and_removed(client: Client, merchant: User, draft: ChangeSet) -> None:
    change = draft_addition(draft, by=merchant, scope="shop", rate1=D("0.1"))
    address = reverse("admin:distribution_rulechange_change", args=[change.pk])
    client.post(address, {"scope": "shop", "base": "paid", "rate1": "15"})
    change.refresh_from_db()
    assert change.rate1 == D("0.15")
    refused = client.post(address, {"scope": "shop", "base": "paid", "rate1": "500"})
    assert "0% 到 100%" in refused.content.decode()
    other = create_change_set(by=merchant, name="另一份")
    client.post(reverse("admin:draft_removal", args=[other.pk, change.pk]))
    client.get(reverse("admin:draft_removal", args=[draft.pk, change.pk]))
    assert draft.changes.count() == 1
    client.post(reverse("admin:draft_removal", args=[draft.pk, change.pk]))
    client.post(reverse("admin:draft_removal", args=[draft.pk, change.pk]))
    assert draft.changes.count() == 0


def test_planned_and_withdrawn(client: Client, merchant: User, draft: ChangeSet) -> None:
    draft_addition(draft, by=merchant, scope="shop", rate1=D("0.1"))
    soon = timezone.localtime() + timedelta(days=2)
    when = {"at_0": f"{soon:%Y-%m-%d}", "at_1": f"{soon:%H:%M:%S}"}
    assert press(client, draft, "publish", reason="年底", **when) == "已安排发布，到时一起生效。"
    assert "之前可以撤回" in client.get(page_of(draft)).content.decode()
    assert press(client, draft, "withdraw", reason="推迟") == "已撤回，又是草稿了。"
    assert Rule.objects.filter(cancelled_at=None).count() == 0
    assert press(client, draft, "discard", reason="算了") == "草稿已丢弃。"
    draft.refresh_from_db()
    assert (draft.state, draft.reason) == (ChangeSetState.DISCARDED, "算了")


def test_a_stale_draft_says_why(client: Client, merchant: User, draft: ChangeSet) -> None:
    rule = make_rule("0.10", None)
    draft_change(draft, rule, by=merchant, rate1=D("0.2"))
    change_rule(rule, by=None, rate1=D("0.15"))
    page = client.get(page_of(draft)).content.decode()
    assert "这份草稿现在不能发布" in page
    assert f"规则 #{rule.pk} 起草之后已被改为" in page
    assert f"规则 #{rule.pk}" in press(client, draft, "publish", reason="x")
    draft.refresh_from_db()
    assert draft.state == ChangeSetState.DRAFT


def test_a_stale_draft_is_moved_to_the_newest_version(
    client: Client, merchant: User, draft: ChangeSet
) -> None:
    rule = make_rule("0.10", None)
    draft_change(draft, rule, by=merchant, rate1=D("0.2"))
    change_rule(rule, by=None, rate1=D("0.15"))
    address = reverse("admin:draft_renewal", args=[draft.pk])
    assert address in client.get(page_of(draft)).content.decode()
    assert client.get(address).status_code == 405
    answer = client.post(address)
    page = client.get(answer["Location"]).content.decode()
    assert "已换到最新版本" in page
    assert "<del>15%</del>" in page and "<ins>20%</ins>" in page
    assert address not in page
    assert Rule.objects.filter(rate1=D("0.2")).count() == 0
    ended = draft_change(draft, make_rule("0.30", None), by=merchant, rate1=D("0.4")).rule
    assert ended is not None
    end_rule(ended, by=None)
    page = client.get(client.post(address)["Location"]).content.decode()
    assert "没有新版本可用" in page


def test_two_people_at_one_draft(client: Client, merchant: User, draft: ChangeSet) -> None:
    page = client.get(page_of(draft)).content.decode()
    assert f'name="seen_revision" value="{draft.revision}"' in page
    change = draft_addition(draft, by=None, scope="shop", rate1=D("0.1"))
    seen = {"seen_revision": draft.revision}
    form = {"cap_rate": "40", "margin_guard": "", "self_purchase": "", "two_levels": "", "maturity_days": ""}  # fmt: skip
    answer = client.post(page_of(draft), form | seen)
    assert "有人改过这份草稿" in client.get(answer["Location"]).content.decode()
    rule = reverse("admin:distribution_rulechange_change", args=[change.pk])
    answer = client.post(rule, {"scope": "shop", "base": "paid", "rate1": "15"} | seen)
    assert "有人改过这份草稿" in client.get(answer["Location"]).content.decode()
    assert "有人改过这份草稿" in press(client, draft, "publish", reason="年底", **seen)
    draft.refresh_from_db()
    assert (draft.state, draft.cap_rate, draft.changes.get().rate1) == ("draft", None, D("0.1"))
    dialog = client.get(reverse("admin:distribution_changeset_publish", args=[draft.pk])).content
    assert f'name="seen_revision" value="{draft.revision}"' in dialog.decode()
    assert "一级得实付金额的 10%" in dialog.decode()


class TestDryRuns:
    def ask(self, client: Client, draft: ChangeSet, **changes: str) -> str:
        address = reverse("admin:draft_dry_runs", args=[draft.pk])
        page = client.post(address, DAYS | changes, follow=True)
        return page.content.decode()

    def test_a_long_one_goes_to_the_worker_and_shows_how_far_it_is(
        self, client: Client, draft: ChangeSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trade()
        sent: list[int] = []
        monkeypatch.setattr(dry_runs, "AT_ONCE", 0)
        monkeypatch.setattr(drafts.carry_out_dry_run, "delay", sent.append)
        self.ask(client, draft)
        run = DryRun.objects.get()
        assert (sent, run.state) == ([run.pk], DryRunState.QUEUED)
        address = reverse("admin:distribution_dryrun_change", args=[run.pk])
        assert "已试算 0 / 1 笔订单" in client.get(address).content.decode()
        part = client.get(address, headers={"HX-Request": "true"})
        assert "<html" not in part.content.decode()
        carry_out(run.pk)
        done = client.get(address, headers={"HX-Request": "true"})
        assert done.headers["HX-Refresh"] == "true"
        assert "受影响的订单" in client.get(address).content.decode()

    def test_a_failed_one_says_so(self, client: Client, draft: ChangeSet) -> None:
        run = request_dry_run(draft, DAY, DAY, by=None)
        DryRun.objects.filter(pk=run.pk).update(state=DryRunState.FAILED, error="试算出错")
        address = reverse("admin:distribution_dryrun_change", args=[run.pk])
        assert "试算出错" in client.get(address).content.decode()
        assert client.get(reverse("admin:dry_run_csv", args=[run.pk])).status_code == 403

    def test_the_files_have_everybody(
        self, client: Client, merchant: User, draft: ChangeSet
    ) -> None:
        rule = trade()
        User.objects.filter(name="乙").update(name="=乙")
        draft_change(draft, rule, by=merchant, rate1=D("0.20"))
        draft.refresh_from_db()
        run = carry_out(request_dry_run(draft, DAY, DAY, by=None).pk)
        assert run is not None
        numbers = list(run.effects.values_list("distributor__user__member_no", flat=True))
        answer = client.get(reverse("admin:dry_run_csv", args=[run.pk]))
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert lines == [
            "会员号,名称,订单数,原来,试算,变化",
            f"{numbers[0]},'=乙,1,10.00,20.00,10.00",
            f"{numbers[1]},甲,1,5.00,5.00,0.00",
            "合计,,1,15.00,25.00,10.00",
        ]
        answer = client.get(reverse("admin:dry_run_xlsx", args=[run.pk]))
        book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        assert book.sheetnames == ["汇总", "分销商", "分类"]
        people = [list(row) for row in book["分销商"].values]
        assert people[1] == [numbers[0], "'=乙", 1, 10, 20, 10]
        assert list(book["汇总"].values)[1] == ("佣金合计", 15, 25, 10)
        assert [row[1:] for row in list(book["分类"].values)[1:]] == [(100, 15, 25, 10)]

    def test_who_gets_more_is_found_on_the_page_and_in_the_file(
        self, client: Client, merchant: User, draft: ChangeSet
    ) -> None:
        draft_change(draft, trade(), by=merchant, rate1=D("0.20"))
        draft.refresh_from_db()
        run = carry_out(request_dry_run(draft, DAY, DAY, by=None).pk)
        assert run is not None
        address = reverse("admin:distribution_dryrun_change", args=[run.pk])
        file = reverse("admin:dry_run_csv", args=[run.pk])
        for asked, names in [
            ({}, ["乙", "甲", ""]),
            ({"change": "more"}, ["乙"]),
            ({"change": "same"}, ["甲"]),
            ({"change": "less"}, []),
            ({"q": "甲"}, ["甲"]),
            ({"q": "甲", "change": "more"}, []),
        ]:
            page = client.get(address, asked).context["page"]
            shown = [effect.distributor.user.name for effect in page.object_list]
            assert shown == [name for name in names if name], asked
            lines = b"".join(client.get(file, asked)).decode().splitlines()[1:]
            assert [line.split(",")[1] for line in lines] == names, asked
        bad = {"change": "nonsense"}
        assert client.get(file, bad)["Location"] == f"{address}?change=nonsense"
        assert "变化：没有这个选项。" in client.get(address, bad).content.decode()
        empty = client.get(address, {"change": "less"}).content.decode()
        assert "没有符合条件的分销商。" in empty and "清除条件" in empty

    @pytest.mark.parametrize("count", [1, 3])
    def test_a_result_of_any_length_takes_as_many_queries(
        self, client: Client, draft: ChangeSet, django_assert_num_queries: Callable[..., Any], count: int
    ) -> None:  # fmt: skip
        for _ in range(count):
            trade()
        run = carry_out(request_dry_run(draft, DAY, DAY, by=None).pk)
        assert run is not None
        address = reverse("admin:distribution_dryrun_change", args=[run.pk])
        client.get(address)
        with django_assert_num_queries(11):
            client.get(address)


def test_the_list_is_searched_and_takes_as_many_queries(
    client: Client, merchant: User, draft: ChangeSet, django_assert_num_queries: Callable[..., Any]
) -> None:
    address = reverse("admin:distribution_changeset_changelist")
    client.get(address)
    for _ in range(2):
        with django_assert_num_queries(4):
            page = client.get(address)
        create_change_set(by=merchant, name="春节")
        create_change_set(by=merchant, name="元宵")
    assert page.context["cl"].result_count == 3
    found = client.get(address, {"q": "双十二"}).context["cl"].queryset
    assert list(found) == [draft]


def test_who_may_not_publish_may_still_draft(
    client: Client, merchant: User, draft: ChangeSet
) -> None:
    clerk = make_user("店员", is_staff=True)
    keys = ["view_changeset", "add_changeset", "change_changeset"]
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=keys))
    draft_addition(draft, by=merchant, scope="shop", rate1=D("0.1"))
    client.force_login(clerk)
    client.post(page_of(draft), {"cap_rate": "40", "margin_guard": "", "self_purchase": "", "two_levels": "", "maturity_days": ""})  # fmt: skip
    draft.refresh_from_db()
    assert draft.cap_rate == D("0.4")
    button = reverse("admin:distribution_changeset_publish", args=[draft.pk])
    values = {"reason": "x", "_form_submitted": "true"}
    assert client.post(button, values).status_code == 403
    assert not Rule.objects.exists()
    client.force_login(make_user("别人", is_staff=True))
    for name in ("draft_dry_runs", "distribution_changeset_change"):
        assert client.post(reverse(f"admin:{name}", args=[draft.pk]), DAYS).status_code == 403
    assert not DryRun.objects.exists()


def test_pressed_twice_it_is_published_once(
    client: Client, merchant: User, draft: ChangeSet
) -> None:
    draft_addition(draft, by=merchant, scope="shop", rate1=D("0.1"))
    for _ in range(2):
        assert press(client, draft, "publish", reason="x") == "已发布，现在生效。"
    assert Rule.objects.count() == 1
    assert "不能" in press(client, draft, "discard", reason="晚了一步")
    page = client.post(page_of(draft), {"cap_rate": "40"}, follow=True)
    assert "您的修改没有保存" in page.content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.cap_rate) == (ChangeSetState.PUBLISHED, None)


def test_who_drafts_sees_what_it_would_cost(
    client: Client, merchant: User, draft: ChangeSet
) -> None:
    """A dry run belongs to its draft: asking for one does not end at a closed door."""
    clerk = make_user("店员", is_staff=True)
    keys = ["view_changeset", "change_changeset"]
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=keys))
    client.force_login(clerk)
    answer = client.post(reverse("admin:draft_dry_runs", args=[draft.pk]), DAYS, follow=True)
    run = DryRun.objects.get()
    assert (answer.status_code, answer.context["run"]) == (200, run)
    assert client.get(reverse("admin:dry_run_csv", args=[run.pk])).status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"first_day": "2026-02-31"}, ["从：输入一个有效的日期。"]),
        ({"first_day": "", "last_day": "昨天"}, ["从：这个字段是必填项。", "到：输入一个有效的日期。"]),
        ({"first_day": "0001-01-01"}, ["从：请填写 2000 年以后的日期。"]),
        ({"last_day": "2026-01-01"}, ["结束日期不能早于开始日期。"]),
        ({"last_day": "9999-12-31"}, ["只能试算已经过去的日子。"]),
        ({"baseline": "x"}, ["对比：选择一个有效的选项。 x 不在可用的选项中。"]),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_named(
    client: Client, merchant: User, draft: ChangeSet, changes: dict[str, str], said: list[str]
) -> None:
    address = reverse("admin:draft_dry_runs", args=[draft.pk])
    page = client.post(address, DAYS | changes, follow=True)
    assert [str(message) for message in page.context["messages"]] == said
    assert not DryRun.objects.exists()
