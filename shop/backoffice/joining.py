"""Joining in the back office: applications with the facts to decide on, the agreement's versions,
and who accepted which."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from base.errors import DomainError
from base.money import ZERO
from distribution.models import (
    Acceptance,
    Agreement,
    Application,
    Binding,
    ContactDetails,
    Distributor,
    Policy,
    Standing,
)
from distribution.programme import people
from distribution.programme.agreements import (
    agreement_at,
    current_agreement,
    publish_agreement,
    require_draft,
)
from distribution.programme.joining import with_own_trade
from distribution.referral.relations import in_force
from distribution.states import Status
from shop.backoffice.actions import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    SaysRefusals,
    TellsWhy,
    button,
    do_each,
    merchant,
)
from shop.backoffice.compliance import compliance_urls


class PolicyForm(ModelForm):
    """The policy, and a signature under the legal warning where it asks for a purchase."""

    understood = forms.BooleanField(
        label=_("我已阅读法律提示，仍要以消费作为加入条件"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_(
            "法律提示：《禁止传销条例》第七条禁止以缴纳费用或“变相认购商品”取得加入资格。"
            "把首单或累计消费设为加入条件，可能被认定为入门费；情节还取决于层级和人数"
            "（3 级且 30 人以上可能涉嫌犯罪）。不建议使用；使用时不得指定商品或“礼包”，"
            "商品须按正常价格销售、可以退货，协议里“不要求先购买”的表述也要一并修改。"
        ),
    )

    class Meta:
        model = Policy
        exclude: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "joining_spend" in self.fields:
            self.fields["joining_spend"].required = False

    def clean_joining_spend(self) -> Decimal:
        return self.cleaned_data["joining_spend"] or ZERO

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        gates = (Policy.Joining.FIRST_ORDER, Policy.Joining.SPENT)
        if values.get("joining") in gates and not values.get("understood"):
            self.add_error("understood", _("以消费作为加入条件前，请先阅读并勾选法律提示。"))
        return values


class HistoryInline(TellsWhy, ReadOnlyInline):
    model = Standing
    fk_name = "distributor"
    fields = ["status", "since", "said", "by"]
    readonly_fields = fields


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    """Who waits for an answer, oldest first, with what there is to know about them."""

    list_display = ["name", "phone", "city", "introduction", "own_orders", "own_spent", "brought_by", "member_since", "applied_at"]  # fmt: skip
    list_filter = ["joined_at", "user__date_joined"]
    list_select_related = ["user", "contact"]
    search_fields = ["user__name", "user__phone", "user__member_no", "contact__wechat", "contact__city"]  # fmt: skip
    fields = ["name", "full_phone", "wechat", "city", "introduction", "own_orders", "own_spent", "brought_by", "member_since", "applied_at"]  # fmt: skip
    readonly_fields = [*fields, "phone"]
    inlines = [HistoryInline]
    actions = ["approve_selected", "reject_selected"]
    actions_detail = ["approve", "reject"]
    ordering = ["joined_at"]
    show_full_result_count = False
    list_per_page = 50

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        now = timezone.now()
        bound = Binding.objects.filter(in_force(now), customer=OuterRef("pk"))
        asked = Standing.objects.filter(distributor=OuterRef("pk"), status=Status.APPLIED)
        rows = super().get_queryset(request).select_related("user", "contact")
        return with_own_trade(rows, now).annotate(
            by_name=Subquery(bound.values("distributor__user__name")[:1]),
            by_code=Subquery(bound.values("distributor__code")[:1]),
            asked_at=Subquery(asked.order_by("-since", "-pk").values("since")[:1]),
        )

    def _contact(self, application: Any) -> ContactDetails:
        try:
            return application.contact
        except ContactDetails.DoesNotExist:
            return ContactDetails()

    @display(description=_("申请人"))
    def name(self, application: Application) -> str:
        return str(application.user)

    @display(description=_("手机号"))
    def phone(self, application: Application) -> str:
        contact = self._contact(application)
        return contact.masked_phone or application.user.masked_phone or contact.masked_wechat or "—"

    @display(description=_("手机号"))
    def full_phone(self, application: Application) -> str:
        return self._contact(application).phone or application.user.phone or "—"

    @display(description=_("微信号"))
    def wechat(self, application: Application) -> str:
        return self._contact(application).wechat or "—"

    @display(description=_("所在城市"))
    def city(self, application: Application) -> str:
        return self._contact(application).city or "—"

    @display(description=_("自我介绍"))
    def introduction(self, application: Application) -> str:
        return self._contact(application).introduction or "—"

    @display(description=_("完成订单"), ordering="own_orders")
    def own_orders(self, application: Any) -> int:
        return application.own_orders

    @display(description=_("累计消费"), ordering="own_spent")
    def own_spent(self, application: Any) -> str:
        return f"¥{application.own_spent}"

    @display(description=_("谁带来的"))
    def brought_by(self, application: Any) -> str:
        if not application.by_code:
            return "—"
        return f"{application.by_name or application.by_code} · {application.by_code}"

    @display(description=_("注册时间"), ordering="user__date_joined")
    def member_since(self, application: Application) -> str:
        days = (timezone.now() - application.user.date_joined).days
        age = ngettext("%(count)d 天", "%(count)d 天", days) % {"count": days}
        return f"{timezone.localtime(application.user.date_joined):%Y-%m-%d} · {age}"

    @display(description=_("申请时间"), ordering="asked_at")
    def applied_at(self, application: Any) -> str:
        return f"{timezone.localtime(application.asked_at):%Y-%m-%d %H:%M}"

    @button(
        _("通过"),
        text=_("对方马上成为分销商，并收到通知。"),
        icon="check",
        to=lambda obj: reverse("admin:distribution_application_changelist"),
    )
    def approve(self, request: HttpRequest, application: Application, form: BaseDialogForm) -> Any:
        people.approve(application, by=merchant(request))
        return _("已通过：%(name)s") % {"name": application.user}

    @button(
        _("拒绝"),
        text=_("原因会显示给申请人；对方可以补充后再次申请。"),
        form=ReasonForm,
        icon="close",
        to=lambda obj: reverse("admin:distribution_application_changelist"),
    )
    def reject(self, request: HttpRequest, application: Application, form: ReasonForm) -> Any:
        reason = form.cleaned_data["reason"]
        people.set_status(application, Status.REJECTED, by=merchant(request), reason=reason)
        return _("已拒绝：%(name)s") % {"name": application.user}

    @admin.action(description=_("通过所选申请"), permissions=["change"])
    def approve_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        waiting, by = self._waiting(rows), merchant(request)
        done = do_each(request, waiting, lambda person: people.approve(person, by=by))
        self._tell_done(request, str(_("已通过 %(count)d 份申请。")), len(done), len(waiting))

    @admin.action(description=_("拒绝所选申请…"), permissions=["change"])
    def reject_selected(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """First a page that asks why, with the chosen ones carried along; then each is told."""
        waiting = self._waiting(rows)
        form = BulkReasonForm(request.POST if "reason" in request.POST else None)
        if waiting and not form.is_valid():
            context = self.admin_site.each_context(request) | {
                "title": _("拒绝所选申请"),
                "form": form,
                "people": waiting,
                "opts": self.opts,
            }
            return TemplateResponse(request, "backoffice/reject_applications.html", context)
        by = merchant(request)

        def reject(person: Distributor) -> Distributor:
            reason = form.cleaned_data["reason"]
            return people.set_status(person, Status.REJECTED, by=by, reason=reason)

        done = do_each(request, waiting, reject)
        self._tell_done(request, str(_("已拒绝 %(count)d 份申请。")), len(done), len(waiting))
        return None

    def _tell_done(self, request: HttpRequest, words: str, done: int, waiting: int) -> None:
        """How many were answered now, and that others had their answer before."""
        if done:
            self.message_user(request, words % {"count": done})
        before = len(request.POST.getlist(ACTION_CHECKBOX_NAME)) - waiting
        if before > 0:
            answered = _("有 %(count)d 份申请在这之前已经处理过，没有改动。") % {"count": before}
            self.message_user(request, answered, messages.WARNING)

    def _waiting(self, rows: QuerySet[Any]) -> list[Distributor]:
        chosen = Distributor.objects.filter(pk__in=rows.values("pk"), status=Status.APPLIED)
        return list(chosen.select_related("user").order_by("pk"))


class BulkReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("原因（申请人看得到）"), max_length=200, widget=UnfoldAdminTextInputWidget
    )


class ContactInline(TabularInline):
    """How to reach a distributor; only their own page shows it whole."""

    model = ContactDetails
    fields = ["wechat", "phone", "city", "introduction", "updated_at"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AgreementForm(ModelForm):
    class Meta:
        model = Agreement
        fields = ["version", "valid_from", "note", "note_en", "text", "text_en"]
        widgets = {
            "text": UnfoldAdminTextareaWidget(attrs={"rows": 24}),
            "text_en": UnfoldAdminTextareaWidget(attrs={"rows": 24}),
        }

    def clean(self) -> dict[str, Any]:
        if self.instance.pk:
            try:
                require_draft(self.instance)
            except DomainError as refusal:
                raise forms.ValidationError(str(refusal)) from None
        return super().clean() or {}


AGREEMENT_COLOURS = {"draft": "warning", "scheduled": "info", "current": "success", "past": ""}


@admin.register(Agreement)
class AgreementAdmin(SaysRefusals):
    """Versions of the agreement: drafts are edited here, published ones only read."""

    form = AgreementForm
    list_display = ["version", "state", "valid_from", "accepted", "published_at", "published_by"]
    list_select_related = ["published_by"]
    list_filter = [("published_at", admin.EmptyFieldListFilter), "valid_from"]
    search_fields = ["version", "note", "text"]
    actions_detail = ["publish"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        given = Acceptance.objects.filter(version=OuterRef("version")).order_by()
        counted = given.values("version").values(count=Count("pk"))
        return super().get_queryset(request).annotate(accepted_count=Subquery(counted))

    def get_urls(self) -> list[Any]:
        return [*compliance_urls(self.admin_site), *super().get_urls()]

    @display(description=_("状态"), label=AGREEMENT_COLOURS)
    def state(self, agreement: Agreement) -> tuple[str, Any]:
        now = timezone.now()
        if agreement.valid_from is None or not agreement.is_published:
            return "draft", _("草稿")
        if agreement.valid_from > now:
            return "scheduled", _("待生效")
        if agreement == agreement_at(now):
            return "current", _("生效中")
        return "past", _("历史版本")

    @display(description=_("同意人数"), ordering="accepted_count")
    def accepted(self, agreement: Any) -> int:
        return agreement.accepted_count or 0

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version begins as the text in force."""
        now = current_agreement()
        return {"text": now.text, "text_en": now.text_en}

    def has_change_permission(self, request: HttpRequest, obj: Agreement | None = None) -> bool:
        """Buttons ask with the bare key; publishing again changes nothing."""
        is_fixed = isinstance(obj, Agreement) and obj.is_published
        return super().has_change_permission(request, obj) and not is_fixed

    def has_delete_permission(self, request: HttpRequest, obj: Agreement | None = None) -> bool:
        is_draft = isinstance(obj, Agreement) and not obj.is_published
        return super().has_delete_permission(request, obj) and is_draft

    @button(
        _("发布"),
        text=_(
            "发布后不能再改。从生效时间起，每位分销商下次打开推广中心时会被请求同意；"
            "同意前推广工具暂停，已赚的佣金、在外的链接和结算都不受影响。"
        ),
        icon="publish",
    )
    def publish(self, request: HttpRequest, agreement: Agreement, form: BaseDialogForm) -> Any:
        publish_agreement(agreement, by=merchant(request))
        return _("版本 %(version)s 已发布。") % {"version": agreement.version}


class VersionFilter(admin.SimpleListFilter):
    title = _("版本")
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Agreement.objects.filter(published_at__isnull=False).order_by("-valid_from")
        return [(version, version) for version in rows.values_list("version", flat=True)]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(version=self.value()) if self.value() else rows


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    """Who accepted which version, and when; never written here."""

    list_display = ["at", "member", "member_no", "phone", "version"]
    list_filter = [VersionFilter, "at"]
    list_select_related = ["user"]
    search_fields = ["user__name", "user__phone", "user__member_no"]
    fields = ["user", "version", "at"]
    ordering = ["-at", "-pk"]
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("会员"))
    def member(self, acceptance: Acceptance) -> str:
        return str(acceptance.user)

    @display(description=_("会员号"))
    def member_no(self, acceptance: Acceptance) -> str:
        return acceptance.user.member_no

    @display(description=_("手机号"))
    def phone(self, acceptance: Acceptance) -> str:
        return acceptance.user.masked_phone or "—"
