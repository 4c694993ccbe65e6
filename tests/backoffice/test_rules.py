"""Rules in the back office: written in words, nonsense refused, versions, plans, campaigns, files."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from base.models import AuditEntry
from distribution.editor.change_sets import create_change_set
from distribution.models import Policy, Rule, RuleChange, Tier
from distribution.policy import current_policy, publish_policy
from distribution.rules import cancel_rule, change_rule, end_rule
from tests.backoffice.test_buttons import press
from tests.make import (
    make_category,
    make_chain,
    make_distributor,
    make_product,
    make_rule,
    make_user,
    make_variant,
)

pytestmark = pytest.mark.django_db

D = Decimal
ADD = "admin:distribution_rule_add"
LIST = "admin:distribution_rule_changelist"


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def clerk(client: Client) -> User:
    """Somebody who may look at rules and change nothing."""
    user = make_user("店员", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_rule", "view_changeset", "view_policy"]))  # fmt: skip
    client.force_login(user)
    return user


def values(**changes: Any) -> dict[str, Any]:
    return {"scope": "shop", "base": "paid", "rate1": "12.5", "reason": "开张"} | changes


def at(moment: datetime, name: str) -> dict[str, str]:
    local = timezone.localtime(moment)
    return {f"{name}_0": f"{local:%Y-%m-%d}", f"{name}_1": f"{local:%H:%M:%S}"}


def soon() -> datetime:
    return (timezone.now() + timedelta(days=3)).replace(microsecond=0)


class TestWriting:
    def test_a_per_cent_is_written_as_people_say_it(self, client: Client, merchant: User) -> None:
        answer = client.post(reverse(ADD), values(rate1="12.5%", rate2="7"))
        assert answer.status_code == 302
        rule = Rule.objects.get()
        assert (rule.rate1, rule.rate2, rule.created_by) == (D("0.125"), D("0.07"), merchant)
        assert AuditEntry.objects.get(action="publish_rule").reason == "开张"
        page = client.get(reverse("admin:distribution_rule_change", args=[rule.pk]))
        assert 'value="12.5"' in page.content.decode()

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"rate1": ""}, "请至少填写一个级别"),
            ({"rate1": "120"}, "0% 到 100% 之间"),
            ({"rate1": "-1"}, "0% 到 100% 之间"),
            ({"rate1": "1.1234567"}, "最多 6 位小数"),
            ({"rate1": "很多"}, "输入"),
            ({"amount1": "3"}, "请只填一个"),
            ({"rate1": "", "amount1": "-3"}, "不能小于 0"),
            ({"scope": "product"}, "请选择规则要用在哪里"),
            ({"category": "CATEGORY"}, "这里请留空"),
            ({"tier": "TIER", "distributor": "DISTRIBUTOR"}, "不要都选"),
            ({"min_quantity": "0"}, "0 等于没有条件"),
            ({"reason": " "}, "请写明原因"),
            (at(timezone.now() - timedelta(days=1), "effective_at"), "已经过去"),
            (at(timezone.now() - timedelta(days=1), "ends_at"), "已经过去"),
            ({"starts_at_0": "0001-01-01", "starts_at_1": "00:00"}, "2000 年以后"),
            (
                at(timezone.now() + timedelta(days=2), "starts_at")
                | at(timezone.now() + timedelta(days=1), "ends_at"),
                "要晚于开始",
            ),
        ],
    )
    def test_nonsense_is_refused_in_words(
        self, client: Client, merchant: User, changes: dict[str, str], why: str
    ) -> None:
        known = {
            "CATEGORY": make_category().pk,
            "TIER": Tier.objects.all()[0].pk,
            "DISTRIBUTOR": make_distributor().pk,
        }
        written = {name: known.get(value, value) for name, value in changes.items()}
        answer = client.post(reverse(ADD), values(**written))
        assert answer.status_code == 200
        assert why in answer.content.decode()
        assert not Rule.objects.exists()

    def test_a_second_rule_that_would_only_hide_the_first_is_refused(
        self, client: Client, merchant: User
    ) -> None:
        first = make_rule("0.10", None)
        answer = client.post(reverse(ADD), values())
        assert f"规则 #{first.pk} 的范围" in answer.content.decode()
        assert list(Rule.objects.all()) == [first]
        # The other level is not hidden by it.
        assert client.post(reverse(ADD), values(rate1="", rate2="5")).status_code == 302

    def test_a_planned_change_begins_then(self, client: Client, merchant: User) -> None:
        rule, when = make_rule("0.10", None), soon()
        address = reverse("admin:distribution_rule_change", args=[rule.pk])
        client.post(address, values(rate1="20") | at(when, "effective_at"))
        rule.refresh_from_db()
        new = rule.successors.get()
        assert (rule.valid_to, new.valid_from, new.rate1) == (when, when, D("0.2"))
        # What is planned is neither written over nor stopped, only cancelled.
        late = client.post(address, values(rate1="30"), follow=True)
        assert "您的修改没有保存" in late.content.decode()
        assert rule.successors.get() == new
        assert press(client, new, "cancel", reason="不改了") == "已取消，之前的版本继续有效。"
        rule.refresh_from_db()
        assert rule.valid_to is None

    def test_no_change_is_no_version(self, client: Client, merchant: User) -> None:
        rule = make_rule("0.125", None)
        address = reverse("admin:distribution_rule_change", args=[rule.pk])
        page = client.post(address, values(), follow=True)
        assert "没有改动" in page.content.decode()
        assert Rule.objects.count() == 1

    def test_into_a_draft_nothing_goes_live(self, client: Client, merchant: User) -> None:
        rule, draft = make_rule("0.10", None), create_change_set(by=merchant, name="双十二")
        address = reverse("admin:distribution_rule_change", args=[rule.pk])
        answer = client.post(address, values(rate1="20", reason="", draft=draft.pk))
        assert answer["Location"] == reverse("admin:distribution_changeset_change", args=[draft.pk])
        product = make_product()
        client.post(
            reverse(ADD), values(scope="product", product=product.pk, reason="", draft=draft.pk)
        )
        press(client, make_rule("0.01", None), "stop", reason="停", draft=str(draft.pk))
        kinds = list(RuleChange.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["change", "add", "end"]
        assert Rule.objects.filter(valid_to=None).count() == Rule.objects.count() == 2

    def test_stopping_now_at_a_time_and_taking_it_back(
        self, client: Client, merchant: User
    ) -> None:
        rule, when = make_rule("0.10", None), soon()
        assert press(client, rule, "stop", reason="清仓", **at(when, "at")) == "规则已安排停用。"
        rule.refresh_from_db()
        assert rule.valid_to == when
        assert press(client, rule, "keep", reason="再卖卖") == "规则继续有效。"
        assert press(client, rule, "stop", reason="清仓") == "规则已停用。"
        reasons = AuditEntry.objects.filter(action__in=["end_rule", "keep_rule"])
        assert [entry.reason for entry in reasons.order_by("pk")] == ["清仓", "再卖卖", "清仓"]


class TestWords:
    def ask(self, client: Client, **changes: Any) -> str:
        page = client.get(reverse("admin:rule_sentence"), values(**changes))
        assert page.status_code == 200
        return " ".join(page.content.decode().split())

    def test_the_form_says_what_it_says(self, client: Client, merchant: User) -> None:
        tier, category = Tier.objects.get(code="gold"), make_category("美妆")
        when = datetime(2027, 12, 1, tzinfo=timezone.get_default_timezone())
        said = self.ask(
            client, scope="category", category=category.pk, tier=tier.pk, rate1="", amount1="3",
            rate2="0", min_quantity="2", **at(when, "starts_at"),
        )  # fmt: skip
        assert (
            f"自 2027-12-01 00:00 起，“{tier}”等级的分销商卖出“美妆”分类的商品：一级每件得 ¥3，"
            "二级不计佣。条件：这件商品至少买 2 件。" in said
        )
        assert not Rule.objects.exists()

    def test_it_warns_and_compares(self, client: Client, merchant: User) -> None:
        rule = make_rule("0.10", None)
        said = self.ask(client, rate1="40", rate2="45", of=str(rule.pk))
        assert "超过佣金上限 50%" in said
        assert "二级比一级还高" in said
        assert "<del>10%</del>" in said
        assert "<ins>40%</ins>" in said
        assert "比例低于 0.5%" in self.ask(client, rate1="0.125", of=str(rule.pk))
        assert "请只填一个" in self.ask(client, amount1="3")

    def test_in_english(self, client: Client, merchant: User) -> None:
        page = client.get("/en" + reverse("admin:rule_sentence"), values())
        assert "All distributors selling anything: Level 1 gets 12.5% of the amount paid" in page.content.decode()  # fmt: skip


class TestPreview:
    def levels(self, client: Client, **changes: Any) -> Any:
        page = client.get(reverse("admin:rule_preview"), changes)
        assert page.status_code == 200
        return page.context["preview"]

    def test_every_loser_says_why(self, client: Client, merchant: User) -> None:
        chain, variant = make_chain(), make_variant("100.00", cost="50.00")
        product, category = variant.product, variant.product.category
        other = make_distributor()
        ends = soon()
        by_reason = {
            f"范围更宽：商品“{product}”有自己的规则": make_rule("0.01", None),
            "这一级留空，交给下一条规则": make_rule(None, "0.01", scope="variant", variant=variant),
            f"只给分销商“{other}”": make_rule("0.02", None, scope="product", product=product, distributor=other),
            "订单金额不够：要 ¥500.00，这里 ¥90.00": make_rule("0.03", None, scope="product", product=product, min_amount=D("500.00")),
            "当月订单不够：要 3 笔，现在 0 笔": make_rule("0.03", None, scope="product", product=product, min_month_orders=3),
            "对象更宽：指定等级的规则优先": make_rule("0.04", None, scope="product", product=product),
            "没有活动时间：有活动时间的规则优先": make_rule("0.05", None, scope="product", product=product, tier=chain.b.tier),
        }  # fmt: skip
        older = make_rule("0.06", None, scope="product", product=product, tier=chain.b.tier, ends_at=ends)  # fmt: skip
        winner = make_rule("0.07", None, scope="product", product=product, tier=chain.b.tier, ends_at=ends)  # fmt: skip
        by_reason["范围和对象都相同，但较早设置：新的优先"] = older
        coming = make_rule("0.5", None, scope="category", category=category, starts_at=ends)
        planned = change_rule(older, by=None, at=ends, rate1=D("0.9"))
        preview = self.levels(client, sku=variant.sku, distributor=chain.b.code, quantity="1", discount="10")  # fmt: skip
        first = preview.levels[0]
        whys = {item.rule: item.why for item in first.considered}
        assert [item.rule for item in first.considered if item.is_winner] == [winner]
        assert {rule: why for why, rule in by_reason.items()}.items() <= whys.items()
        assert whys[coming].startswith("活动")
        assert whys[planned].startswith("还没有生效")
        assert (first.amount, preview.paid) == (D("6.30"), D("90.00"))
        assert (preview.margin.gross, preview.margin.left) == (D("40.00"), D("32.80"))

    def test_the_nearer_of_two_categories_is_named(self, client: Client, merchant: User) -> None:
        chain, above = make_chain(), make_category("零食")
        nuts = make_category("坚果", above)
        variant = make_variant("100.00", product=make_product(category=nuts))
        wide = make_rule("0.2", None, scope="category", category=above)
        make_rule("0.1", None, scope="category", category=nuts)
        preview = self.levels(client, sku=variant.sku, distributor=chain.b.code, quantity="1")
        whys = {item.rule: item.why for item in preview.levels[0].considered}
        assert whys[wide] == "范围更宽：“坚果”分类的商品有自己的规则"

    def test_a_loss_is_shown(self, client: Client, merchant: User) -> None:
        chain, variant = make_chain(), make_variant("99.00", cost="60.00")
        make_rule("0.30", "0.25")
        asked = {"sku": variant.sku, "distributor": chain.b.code, "quantity": "1"}
        page = client.get(reverse("admin:rule_preview"), asked)
        preview = page.context["preview"]
        assert [level.amount for level in preview.levels] == [D("27.00"), D("22.50")]
        assert (preview.margin.left, preview.margin.is_negative) == (D("-10.50"), True)
        assert "这一单是亏的" in page.content.decode()
        assert "按比例缩减" in preview.levels[0].steps[-1].note
        publish_policy(by=None, margin_guard=True)
        guarded = self.levels(client, **asked)
        assert (guarded.margin.left, guarded.margin.is_negative) == (D("0.00"), False)

    def test_at_a_time_and_with_a_draft(self, client: Client, merchant: User) -> None:
        chain, variant, when = make_chain(), make_variant("100.00"), soon()
        rule = make_rule("0.10", None)
        change_rule(rule, by=None, at=when, rate1=D("0.20"))
        asked = {"sku": variant.sku, "distributor": chain.b.code, "quantity": "1"}
        moments = ((when - timedelta(seconds=1), D("10.00")), (when, D("20.00")))
        for moment, amount in moments:
            assert self.levels(client, **asked, **at(moment, "at")).levels[0].amount == amount
        draft = create_change_set(by=merchant, name="x")
        client.post(reverse(ADD), values(scope="product", product=variant.product_id, rate1="30", reason="", draft=draft.pk))  # fmt: skip
        tried = self.levels(client, **asked, draft=draft.pk).levels[0]
        assert tried.amount == D("30.00")
        assert [item.is_draft for item in tried.considered if item.is_winner] == [True]

    def test_who_is_not_paid_says_why(self, client: Client, merchant: User) -> None:
        chain, variant = make_chain(), make_variant("100.00")
        make_rule("0.10", "0.05")
        press(client, chain.b, "freeze", reason="核实")
        publish_policy(by=None, two_levels=False)
        levels = self.levels(client, sku=variant.sku, distributor=chain.b.code, quantity="1").levels
        assert [(level.block, level.amount) for level in levels] == [
            ("已冻结", D("0.00")),
            ("商家只计一级", D("0.00")),
        ]

    def test_more_discount_than_price_is_refused(self, client: Client, merchant: User) -> None:
        chain, variant = make_chain(), make_variant("10.00")
        asked = {"sku": variant.sku, "distributor": chain.b.code, "quantity": "1", "discount": "11"}
        page = client.get(reverse("admin:rule_preview"), asked)
        assert "优惠不能超过商品金额" in page.content.decode()
        assert page.context["preview"] is None


class TestHistory:
    def test_every_version_with_who_when_and_why(self, client: Client, merchant: User) -> None:
        first = make_rule("0.10", "0.05")
        second = change_rule(first, by=merchant, reason="涨价", rate1=D("0.2"))
        third = change_rule(second, by=merchant, at=soon(), reason="再涨", rate2=D("0.06"))
        cancel_rule(third, by=merchant, reason="算了")
        end_rule(second, by=merchant, reason="停了")
        other = make_rule("0.01", None, scope="category", category=make_category())
        page = client.get(reverse("admin:distribution_rule_history", args=[first.pk]))
        told = [
            (
                version.rule,
                str(version.state.label),
                [(d.label, d.before, d.after) for d in version.differences],
                [(deed.actor, deed.reason) for deed, _words in deeds],
            )
            for version, deeds in page.context["versions"]
        ]
        assert told == [
            (third, "已取消", [("二级", "5%", "6%")], [(merchant, "再涨"), (merchant, "算了")]),
            (second, "已结束", [("一级", "10%", "20%")], [(merchant, "涨价"), (merchant, "停了")]),
            (first, "已结束", [], [(None, "")]),
        ]
        assert f"#{other.pk}<" not in page.content.decode()

    def test_the_policys_versions(self, client: Client, merchant: User) -> None:
        publish_policy(by=merchant, reason="少一点", cap_rate=D("0.4"))
        planned = publish_policy(by=merchant, at=soon(), margin_guard=True)
        page = client.get(reverse("admin:policy_versions"))
        told = [
            (v.is_now, v.is_pending, [(d.label, d.before, d.after) for d in v.differences])
            for v, _deeds in page.context["versions"]
        ]
        assert told == [
            (False, True, [("毛利保护", "关闭", "开启")]),
            (True, False, [("佣金上限", "50%", "40%")]),
            (False, False, []),
        ]
        assert "少一点" in page.content.decode()
        assert press(client, planned, "cancel", reason="不要") == "已取消，现在的政策继续有效。"
        assert Policy.objects.get(pk=planned.pk).cancelled_at is not None
        assert current_policy().cap_rate == D("0.4")

    def test_what_a_policy_would_change_is_shown(self, client: Client, merchant: User) -> None:
        form = client.get(reverse("admin:distribution_policy_add")).context["adminform"].form
        given = {name: v for name, v in form.initial.items() if v not in (None, False)}
        page = client.get(reverse("admin:policy_changes"), given | {"cap_rate": "0.4"})
        (difference,) = page.context["changes"]
        assert (difference.label, difference.before, difference.after) == ("佣金上限", "50%", "40%")
        assert Policy.objects.count() == 1


class TestLists:
    @pytest.fixture
    def rules(self) -> dict[str, Rule]:
        when = soon()
        return {
            "now": make_rule("0.10", None),
            "campaign": make_rule("0.1", None, starts_at=when - timedelta(days=9), ends_at=when),
            "coming": make_rule("0.1", None, starts_at=when, ends_at=when + timedelta(days=1)),
            "planned": make_rule("0.1", None, at=when),
            "past": make_rule("0.1", None, ends_at=timezone.now() - timedelta(days=1)),
            "ended": end_rule(make_rule("0.1", None), by=None),
            "cancelled": cancel_rule(make_rule("0.1", None, at=when), by=None),
        }

    @pytest.mark.parametrize(
        ("asked", "names"),
        [
            ({}, ["now", "campaign", "coming", "planned"]),
            ({"state": "in_force"}, ["now", "campaign"]),
            ({"state": "coming"}, ["coming", "planned"]),
            ({"state": "over"}, ["past", "ended"]),
            ({"state": "cancelled"}, ["cancelled"]),
            ({"state": "all", "dated": "yes"}, ["campaign", "coming", "past"]),
        ],
    )
    def test_by_state(
        self, client: Client, merchant: User, rules: dict[str, Rule],
        asked: dict[str, str], names: list[str],
    ) -> None:  # fmt: skip
        found = client.get(reverse(LIST), asked).context["cl"].queryset
        assert set(found) == {rules[name] for name in names}

    def test_by_goods_and_people(self, client: Client, merchant: User) -> None:
        product, person, tier = make_product("核桃"), make_distributor(), Tier.objects.all()[0]
        mine = make_rule("0.1", None, scope="product", product=product)
        hers, theirs = make_rule("0.1", None, distributor=person), make_rule("0.1", None, tier=tier)
        for asked, rule in (
            ({"q": "核桃"}, mine),
            ({"scope__exact": "product"}, mine),
            ({"q": person.code}, hers),
            ({"distributor__pk__exact": person.pk}, hers),
            ({"tier__id__exact": tier.pk}, theirs),
        ):
            assert list(client.get(reverse(LIST), asked).context["cl"].queryset) == [rule]

    @pytest.mark.parametrize("count", [1, 3])
    def test_a_list_of_any_length_takes_as_many_queries(
        self, client: Client, merchant: User, django_assert_num_queries: Callable[..., Any], count: int
    ) -> None:  # fmt: skip
        for _ in range(count):
            make_rule("0.1", None, scope="variant", variant=make_variant(), distributor=make_distributor())  # fmt: skip
        client.get(reverse(LIST))
        with django_assert_num_queries(5):
            client.get(reverse(LIST))

    def test_as_a_file(self, client: Client, merchant: User) -> None:
        rule = make_rule("0.125", None, scope="product", product=make_product("=1+1"))
        answer = client.post(
            reverse(LIST), {"action": "export_selected", "_selected_action": [rule.pk]}
        )
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        header, row = csv.reader(io.StringIO(text))
        assert dict(zip(header, row, strict=True)) | {"版本生效": ""} == {
            "#": str(rule.pk), "规则": "所有分销商卖出商品“=1+1”：一级得实付金额的 12.5%，二级留给下一条规则。",
            "范围": "商品", "商品": "'=1+1", "对象": "所有分销商", "计佣基数": "实付金额",
            "一级比例": "12.5%", "一级固定金额（每件）": "", "二级比例": "", "二级固定金额（每件）": "",
            "该商品至少件数": "", "订单商品金额至少": "", "受益人当月一级订单至少": "",
            "活动开始": "", "活动结束": "", "版本生效": "", "版本失效": "", "状态": "生效中",
        }  # fmt: skip


class TestAccess:
    def test_who_may_only_look_changes_nothing(self, client: Client, clerk: User) -> None:
        rule, planned = make_rule("0.1", None), make_rule("0.2", None, at=soon())
        assert client.get(reverse(LIST)).status_code == 200
        assert client.get(reverse("admin:rule_preview")).status_code == 200
        assert client.post(reverse(ADD), values()).status_code == 403
        address = reverse("admin:distribution_rule_change", args=[rule.pk])
        assert client.post(address, values(rate1="50")).status_code == 403
        for one, name in ((rule, "stop"), (planned, "cancel")):
            button = reverse(f"admin:distribution_rule_{name}", args=[one.pk])
            assert client.post(button, {"reason": "x", "_form_submitted": "true"}).status_code == 403  # fmt: skip
        assert client.get(reverse("admin:policy_changes")).status_code == 403
        planned.refresh_from_db()
        assert (Rule.objects.filter(valid_to=None).count(), planned.cancelled_at) == (2, None)

    @pytest.mark.parametrize("name", ["rule_preview", "rule_sentence", "rule_campaigns", "policy_versions"])  # fmt: skip
    def test_without_the_permission_the_pages_are_closed(self, client: Client, name: str) -> None:
        client.force_login(make_user(is_staff=True))
        assert client.get(reverse(f"admin:{name}")).status_code == 403
        client.force_login(make_user())
        assert client.get(reverse(f"admin:{name}")).status_code == 302
