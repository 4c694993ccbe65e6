"""The audit log in the back office: who changed what, and why, in words."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from base.models import AuditEntry
from shop.backoffice.actions import ReadOnlyAdmin
from shop.backoffice.audit_words import details_in_words

# What `record_audit` calls a deed, and what a merchant calls it.
DEEDS = {
    "appoint_distributor": pgettext_lazy("deed", "指定为分销商"),
    "approve_distributor": _("通过分销申请"),
    "approved_distributor": _("解冻分销商"),
    "rejected_distributor": _("拒绝分销申请"),
    "withdraw_application": _("撤回分销申请"),
    "frozen_distributor": _("冻结分销商"),
    "resigned_distributor": _("分销商退出"),
    "withdrawn_distributor": _("撤回分销申请"),
    "banned_distributor": _("封禁分销商"),
    "forfeit_late": _("收回封禁后才到的佣金"),
    "invite_member": _("邀请会员加入"),
    "withdraw_invitation": _("收回加入邀请"),
    "submit_story": _("同意公开推广故事"),
    "withdraw_story": _("撤回推广故事"),
    "publish_story": _("公开推广故事"),
    "decline_story": _("不采用推广故事"),
    "request_evidence": _("申请合规证据包"),
    "download_evidence": _("下载合规证据包"),
    "publish_agreement": _("发布分销协议"),
    "change_keys": _("修改后台权限"),
    "set_tier": pgettext_lazy("deed", "调整等级"),
    "change_tier_calendar": _("修改等级周期"),
    "change_privileges": _("修改等级或位置的权益"),
    "reassign_customer": pgettext_lazy("deed", "改绑分销商"),
    "reassign_recruiter": pgettext_lazy("deed", "改推荐人"),
    "hand_over": pgettext_lazy("deed", "整体移交"),
    "save_promo_code": _("保存优惠码"),
    "publish_rule": _("新增佣金规则"),
    "change_rule": _("修改佣金规则"),
    "end_rule": _("停用佣金规则"),
    "write_question": _("编写题目"),
    "assign_ticket": _("指派工单"),
    "close_ticket": pgettext_lazy("deed", "关闭工单"),
    "end_question": _("停用题目"),
    "import_rule": _("迁入佣金规则"),
    "cancel_rule": _("取消待生效的佣金规则"),
    "keep_rule": _("取消停用佣金规则"),
    "held_risk_signal": _("暂扣风险佣金"),
    "cleared_risk_signal": _("排除风险线索"),
    "confirmed_risk_signal": _("确认风险线索"),
    "change_thresholds": _("修改风险阈值"),
    "publish_policy": _("发布分销政策"),
    "cancel_policy": _("取消待生效的分销政策"),
    "create_draft": _("新建变更草稿"),
    "draft_rule": _("在草稿里修改规则"),
    "drop_draft_rule": _("从草稿移除规则变更"),
    "draft_policy": _("在草稿里修改政策"),
    "renew_draft": _("草稿换到最新版本"),
    "publish_draft": _("发布变更草稿"),
    "withdraw_draft": _("撤回待生效的草稿"),
    "discard_draft": _("丢弃变更草稿"),
    "change_presentation": _("修改称呼与排行"),
    "save_schedule": _("保存结算计划"),
    "run_payouts": pgettext_lazy("deed", "立即结算"),
    "approve_payout": _("审批结算单"),
    "cancel_payout": _("取消结算单"),
    "confirm_payout": _("确认结算单已付款"),
    "hold_commission": _("暂扣佣金"),
    "release_commission": _("放行佣金"),
    "revoke_commission": _("撤回佣金"),
    "save_coupon_offer": _("保存优惠券类型"),
    "issue_coupon": _("发放优惠券"),
    "hide_review": _("隐藏评价"),
    "show_review": _("恢复显示评价"),
    "close_order": pgettext_lazy("deed", "关闭未付款订单"),
    "ship_order": pgettext_lazy("deed", "发货"),
    "approve_refund": pgettext_lazy("deed", "同意退款"),
    "reject_refund": _("拒绝退款"),
    "confirm_repayment": pgettext_lazy("deed", "确认已线下退款"),
}


class DeedFilter(admin.SimpleListFilter):
    title = _("操作")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(DEEDS.items())

    def queryset(self, request: HttpRequest, rows: Any) -> Any:
        return rows.filter(action=self.value()) if self.value() else rows


@admin.register(AuditEntry)
class AuditAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "deed", "target_name", "reason"]
    list_filter = [DeedFilter, "at"]
    list_select_related = ["actor"]
    search_fields = ["target_name", "target_id", "reason", "actor__phone"]
    date_hierarchy = "at"
    fields = ["at", "actor", "deed", "target_kind", "target_id", "target_name", "reason", "words"]
    readonly_fields = ["deed", "target_kind", "words"]

    @display(description=_("操作"), ordering="action")
    def deed(self, entry: AuditEntry) -> Any:
        return DEEDS.get(entry.action, entry.action)

    @display(description=_("明细"))
    def words(self, entry: AuditEntry) -> str:
        return details_in_words(entry) or "—"

    @display(description=_("对象类型"))
    def target_kind(self, entry: AuditEntry) -> Any:
        app, name = entry.target_type.split(".")
        known = apps.all_models.get(app, {}).get(name)
        return known._meta.verbose_name if known else entry.target_type
