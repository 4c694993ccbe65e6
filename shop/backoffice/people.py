"""Distributors in the back office, with their standing and relations."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from base.clock import beijing_date
from base.money import ZERO
from base.templatetags.shop import money as yuan
from distribution.desk.performance import sold_by, with_month
from distribution.models import (
    Commission,
    Distributor,
    Recruitment,
    Standing,
    Tier,
)
from distribution.money.balances import balance_of
from distribution.programme import people
from distribution.referral import relations
from distribution.states import STATUS_TRANSITIONS, Status
from payouts.states import UNSENT
from shop.backoffice.actions import (
    FinalForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    TellsWhy,
    button,
    day_in_dialog,
    do_each,
    merchant,
)
from shop.backoffice.counting import sum_of
from shop.backoffice.finding import find_distributor
from shop.backoffice.joining import ContactInline

STATUS_COLOURS = {
    Status.APPLIED: "warning",
    Status.APPROVED: "success",
    Status.FROZEN: "info",
    Status.REJECTED: "danger",
    Status.WITHDRAWN: "",
    Status.RESIGNED: "danger",
    Status.BANNED: "danger",
}


class AssignForm(ReasonForm):
    """To whom; by their code, member number or phone. Empty = to nobody."""

    to = forms.CharField(
        label=_("分销商（推广码、会员号或手机号，留空表示不归任何人）"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ["to", "reason"]

    def clean_to(self) -> Distributor | None:
        text = self.cleaned_data["to"].strip()
        return find_distributor(text) if text else None


LONGEST_KEPT = timedelta(days=3653)  # ten years


class TierForm(ReasonForm):
    tier = forms.ModelChoiceField(
        Tier.objects.all(), label=_("等级"), required=False, widget=UnfoldAdminSelectWidget
    )
    keep_until = forms.DateField(
        label=_("保留到（可不填）"),
        required=False,
        help_text=_(
            "调高：这天之前不降级，仍可升级；不填则满一个完整周期后照常考核。"
            "调低：这天之前不升级；不填则这个周期内不升级。"
        ),
        widget=day_in_dialog(),
    )
    field_order = ["tier", "keep_until", "reason"]

    def clean_keep_until(self) -> date | None:
        day: date | None = self.cleaned_data["keep_until"]
        today = beijing_date(timezone.now())
        if day is not None and day < today:
            raise forms.ValidationError(_("请选择今天或以后的日期。"))
        if day is not None and day > today + LONGEST_KEPT:
            raise forms.ValidationError(_("最多保留十年。"))
        return day


class StandingInline(TellsWhy, ReadOnlyInline):
    model = Standing
    fields = ["status", "tier", "since", "said", "by"]
    readonly_fields = fields


class RecruitmentInline(TellsWhy, ReadOnlyInline):
    model = Recruitment
    fk_name = "distributor"
    fields = ["recruiter", "starts_at", "ends_at", "said", "by"]
    readonly_fields = fields


class SellingFilter(admin.SimpleListFilter):
    """Who sold something themselves this month."""

    title = _("本月成交")
    parameter_name = "selling"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("有成交")), ("no", _("没有成交"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return rows
        sold = Exists(sold_by(OuterRef("pk"), timezone.now()))
        return rows.filter(sold if self.value() == "yes" else ~sold)


class FateForm(ReasonForm):
    """What of their money the decision is about, to the cent, before it is taken."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = Distributor.objects.get(pk=self.object_id)
        self.fields["reason"].help_text = self.fate_of(person)

    def fate_of(self, person: Distributor) -> str:
        money = balance_of(person)
        return _(
            "现在：待成熟 %(pending)s，可结算 %(available)s，结算中 %(reserved)s，待抵扣 %(debt)s。"
        ) % {
            "pending": yuan(money.pending),
            "available": yuan(money.available),
            "reserved": yuan(money.reserved),
            "debt": yuan(money.debt),
        }


class BanForm(FateForm, FinalForm):
    def fate_of(self, person: Distributor) -> str:
        """A debt is repaid first by what is given back of payouts that were not sent."""
        money = balance_of(person)
        unsent = person.payouts.filter(state__in=UNSENT).aggregate(
            total=Sum("amount", default=ZERO)
        )["total"]
        return _(
            "将收回 %(taken)s：待成熟 %(pending)s，可结算和未打款的结算单共 %(unpaid)s。"
            "正在打款的 %(sent)s 和已经付的 %(paid)s 不变。"
        ) % {
            "taken": yuan(money.pending + max(ZERO, money.balance + unsent)),
            "pending": yuan(money.pending),
            "unpaid": yuan(max(ZERO, money.balance + unsent)),
            "sent": yuan(money.reserved - unsent),
            "paid": yuan(money.paid),
        }


def _may_become(*states: Status) -> Callable[[Distributor], bool]:
    """Whether one of the states is a step away."""
    return lambda distributor: not STATUS_TRANSITIONS[Status(distributor.status)].isdisjoint(states)


@admin.register(Distributor)
class DistributorAdmin(ReadOnlyAdmin):
    list_display = ["name", "phone", "code", "tier", "status_label", "month_orders", "month_sales", "month_earned", "earned", "available", "debt", "joined_on"]  # fmt: skip
    file_columns = ["name", "phone", "code", "tier", "status_label", "month_orders", "month_sales", "month_earned", "earned", "available", "reserved", "debt", "joined_at"]  # fmt: skip
    list_filter = ["status", "tier", SellingFilter, "joined_at"]
    list_select_related = ["user", "tier", "balance"]
    search_fields = ["code", "user__name", "user__phone", "user__member_no"]
    inlines = [ContactInline, StandingInline, RecruitmentInline]
    actions = ["approve_selected"]
    actions_detail = ["approve", "change_tier", "reassign", "handover", "freeze", "resign", "ban"]
    readonly_fields = ["full_phone", "earned", "pending", "available", "reserved", "paid", "debt"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Distributor]:
        return with_month(super().get_queryset(request), timezone.now()).annotate(
            earned_total=sum_of(Commission.objects.all(), "payee")
        )

    @display(description=_("本月订单"))
    def month_orders(self, distributor: Any) -> int:
        return distributor.month_order_count

    @display(description=_("本月成交额"))
    def month_sales(self, distributor: Any) -> Decimal:
        return distributor.month_sales_sum

    @display(description=_("本月佣金"))
    def month_earned(self, distributor: Any) -> Decimal:
        return distributor.month_earned_sum

    @display(description=_("分销商"))
    def name(self, distributor: Distributor) -> str:
        return str(distributor.user)

    @display(description=_("加入时间"), ordering="joined_at")
    def joined_on(self, distributor: Distributor) -> date:
        return beijing_date(distributor.joined_at)

    @display(description=_("手机号"))
    def phone(self, distributor: Distributor) -> str:
        """Masked: lists are looked at over shoulders. The whole number is on the page."""
        return distributor.user.masked_phone or distributor.user.email or "—"

    @display(description=_("完整手机号"))
    def full_phone(self, distributor: Distributor) -> str:
        return distributor.user.phone or "—"

    @display(description=_("待成熟"))
    def pending(self, distributor: Distributor) -> Decimal:
        return balance_of(distributor).pending

    @display(description=_("状态"), ordering="status", label=STATUS_COLOURS)
    def status_label(self, distributor: Distributor) -> tuple[str, str]:
        return distributor.status, distributor.get_status_display()

    @display(description=_("累计佣金"), ordering="earned_counted")
    def earned(self, distributor: Any) -> Decimal:
        return distributor.earned_total

    @display(description=_("可结算"), ordering="balance__available")
    def available(self, distributor: Distributor) -> Decimal:
        return max(ZERO, distributor.balance.available)

    @display(description=_("待抵扣"), ordering="-balance__available")
    def debt(self, distributor: Distributor) -> Decimal:
        """Paid before a refund or a decision took it back; later earnings repay it."""
        return max(ZERO, -distributor.balance.available)

    @display(description=_("已结算"))
    def paid(self, distributor: Distributor) -> Decimal:
        return balance_of(distributor).paid

    @display(description=_("结算中"), ordering="balance__reserved")
    def reserved(self, distributor: Distributor) -> Decimal:
        return distributor.balance.reserved

    @button(_("通过 / 解冻"), form=ReasonForm, icon="check", when=_may_become(Status.APPROVED))
    def approve(self, request: HttpRequest, distributor: Distributor, form: ReasonForm) -> Any:
        people.approve(distributor, by=merchant(request), reason=form.cleaned_data["reason"])
        return _("该分销商现在状态正常。")

    @button(
        _("调整等级"), text=_("从现在起的新订单按新等级计算。"), form=TierForm, icon="military_tech"
    )
    def change_tier(self, request: HttpRequest, distributor: Distributor, form: TierForm) -> Any:
        values = form.cleaned_data
        people.set_tier(
            distributor,
            values["tier"],
            by=merchant(request),
            reason=values["reason"],
            keep_until=values["keep_until"],
        )
        return _("等级已调整。")

    @button(
        _("改推荐人"),
        text=_("决定以后订单的二级佣金，已下的订单不受影响。"),
        form=AssignForm,
        icon="swap_horiz",
    )
    def reassign(self, request: HttpRequest, distributor: Distributor, form: AssignForm) -> Any:
        values = form.cleaned_data
        relations.reassign_recruiter(
            distributor, values["to"], by=merchant(request), reason=values["reason"]
        )
        return _("推荐关系已更改。")

    @action(description=_("整体移交"), icon="move_group", permissions=["change"])
    def handover(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everybody of theirs to somebody else, e.g. when they leave: to the page that shows it."""
        giver = self.get_object(request, object_id)
        if giver is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return HttpResponseRedirect(f"{reverse('admin:handover')}?giver={giver.code}")

    @button(
        _("冻结"),
        text=_(
            "新订单不再产生佣金。待成熟的照常成熟，退款照常收回；"
            "可结算和已审批未打款的先不付，解冻后继续结算。"
        ),
        form=FateForm,
        icon="ac_unit",
        when=_may_become(Status.FROZEN),
    )
    def freeze(self, request: HttpRequest, distributor: Distributor, form: ReasonForm) -> Any:
        return self._set(request, distributor, Status.FROZEN, form)

    @button(
        _("拒绝 / 退出"),
        text=_(
            "申请中的将被拒绝，已加入的将退出：新订单不再产生佣金，"
            "待成熟的照常成熟，可结算的照常打款，退款照常收回。"
        ),
        form=FateForm,
        icon="logout",
        when=_may_become(Status.REJECTED, Status.RESIGNED),
    )
    def resign(self, request: HttpRequest, distributor: Distributor, form: ReasonForm) -> Any:
        applied = distributor.status == Status.APPLIED
        return self._set(
            request, distributor, Status.REJECTED if applied else Status.RESIGNED, form
        )

    @button(
        _("封禁"),
        text=_(
            "待成熟和可结算的佣金全部收回，还没打款的结算单取消，已打款的不变；"
            "链接失效，不可恢复。原因会显示给对方。"
        ),
        form=BanForm,
        icon="gavel",
        when=_may_become(Status.BANNED),
    )
    def ban(self, request: HttpRequest, distributor: Distributor, form: ReasonForm) -> Any:
        kept = balance_of(distributor).total
        self._set(request, distributor, Status.BANNED, form)
        taken = kept - balance_of(distributor).total
        return _("已封禁，收回佣金 %(taken)s。") % {"taken": yuan(taken)}

    def _set(
        self, request: HttpRequest, distributor: Distributor, status: Status, form: ReasonForm
    ) -> Any:
        people.set_status(
            distributor, status, by=merchant(request), reason=form.cleaned_data["reason"]
        )
        return _("状态已更新。")

    @admin.action(description=_("通过所选申请"), permissions=["change"])
    def approve_selected(self, request: HttpRequest, rows: QuerySet[Distributor]) -> None:
        waiting = Distributor.objects.filter(pk__in=rows.values("pk"), status=Status.APPLIED)
        by = merchant(request)
        done = do_each(request, waiting, lambda person: people.approve(person, by=by))
        self.message_user(request, _("已通过 %(count)d 份申请。") % {"count": len(done)})
