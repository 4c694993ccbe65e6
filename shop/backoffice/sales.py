"""Orders, after-sales and money going back, in the back office."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from base.accounts.regions import PROVINCES
from orders import cancellation, refunds, repayments, shipping
from orders.events import replay_events
from orders.models import (
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    RefundLine,
    Repayment,
    Shipment,
)
from orders.registries import method_name
from orders.states import OrderState, RefundState, RepaymentState
from orders.tasks import close_overdue
from orders.wake import run_soon
from shop.backoffice.actions import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    button,
    do_each,
    merchant,
)
from shop.backoffice.finding import Finds, members_named

STATE_COLOURS = {
    OrderState.UNPAID: "warning",
    OrderState.PAID: "info",
    OrderState.SHIPPED: "info",
    OrderState.RECEIVED: "success",
    OrderState.CLOSED: "danger",
}


class ShipForm(BaseDialogForm):
    courier = forms.CharField(label=_("快递公司"), max_length=40, widget=UnfoldAdminTextInputWidget)
    tracking_no = forms.CharField(
        label=_("运单号"), max_length=40, widget=UnfoldAdminTextInputWidget
    )


class RefundForm(BaseDialogForm):
    """How much of each line goes back; what is left of the line is what may be asked."""

    reason = forms.CharField(label=_("原因"), max_length=200, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = Order.objects.get(pk=self.object_id)
        self.free = refunds.refundable_lines(order)
        for left in self.free:
            self.fields[f"pieces_{left.line.pk}"] = forms.IntegerField(
                label=_("%(name)s 退回件数(最多 %(most)d)")
                % {"name": left.line.title, "most": left.quantity},
                min_value=0,
                max_value=left.quantity,
                initial=0,
                widget=UnfoldAdminTextInputWidget,
            )
            self.fields[f"money_{left.line.pk}"] = forms.DecimalField(
                label=_("退款金额(最多 ¥%(most)s)") % {"most": left.amount},
                min_value=Decimal(0),
                max_value=left.amount,
                decimal_places=2,
                initial=Decimal(0),
                widget=UnfoldAdminDecimalFieldWidget,
            )
        most = refunds.refundable_shipping(order)
        self.fields["shipping"] = forms.DecimalField(
            label=_("退运费(最多 ¥%(most)s)") % {"most": most},
            min_value=Decimal(0),
            max_value=most,
            decimal_places=2,
            initial=Decimal(0),
            widget=UnfoldAdminDecimalFieldWidget,
        )

    def parts(self) -> list[refunds.Part]:
        values = self.cleaned_data
        return [
            refunds.Part(
                left.line.pk, values[f"pieces_{left.line.pk}"], values[f"money_{left.line.pk}"]
            )
            for left in self.free
        ]


class LineInline(ReadOnlyInline):
    model = OrderLine
    fields = ["sku", "name", "variant_name", "price", "quantity", "discount", "paid", "refunded_amount", "refunded_quantity", "received_at"]  # fmt: skip
    readonly_fields = fields


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ["number", "method_label", "amount", "state", "paid_at", "gateway_no"]
    readonly_fields = fields

    @display(description=_("支付方式"))
    def method_label(self, payment: Payment) -> str:
        return method_name(payment.method)


class ShipmentInline(ReadOnlyInline):
    model = Shipment
    fields = ["courier", "tracking_no", "shipped_at"]
    readonly_fields = fields


class OrderRefundInline(ReadOnlyInline):
    model = Refund
    fields = ["number", "state", "amount", "reason", "note", "requested_at", "done_at"]
    readonly_fields = fields
    show_change_link = True


class EventInline(ReadOnlyInline):
    model = OrderEvent
    fields = ["kind", "at", "handled_at", "attempts", "error"]
    readonly_fields = fields


class ProvinceFilter(admin.SimpleListFilter):
    """The provinces there are, not those that a walk through all orders finds."""

    title, parameter_name = _("省份"), "province"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in PROVINCES]

    def queryset(self, request: HttpRequest, rows: QuerySet[Order]) -> QuerySet[Order]:
        return rows.filter(province=self.value()) if self.value() else rows


@admin.register(Order)
class OrderAdmin(Finds, ReadOnlyAdmin):
    list_display = ["number", "buyer", "state_label", "total", "refunded_amount", "province", "placed_at"]  # fmt: skip
    list_filter = ["state", ("placed_at", RangeDateFilter), ProvinceFilter]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["number", "user__phone", "user__member_no", "recipient", "phone"]
    search_help_text = _("订单号开头，或完整的：买家手机号、会员号、姓名，收货人姓名、电话")
    sortable_by = ["number", "placed_at"]
    fields = [
        ("number", "state"), ("user", "placed_at"), ("goods_amount", "discount_amount"),
        ("shipping_amount", "total"), ("refunded_amount", "refunded_shipping"),
        ("recipient", "phone"), ("province", "city"), ("district", "street"), "note",
        ("expires_at", "paid_at"), ("shipped_at", "received_at"), ("closed_at", "close_reason"),
    ]  # fmt: skip
    inlines = [LineInline, PaymentInline, ShipmentInline, OrderRefundInline, EventInline]
    actions_detail = ["ship", "refund", "cancel"]
    show_full_result_count = False

    def rows_of(self, word: str) -> Q:
        sent_to = Q(recipient=word) | Q(phone=word)
        return Q(number__startswith=word.upper()) | Q(user__in=members_named(word)) | sent_to

    @display(description=_("买家"), ordering="user")
    def buyer(self, order: Order) -> str:
        return str(order.user)

    @display(description=_("状态"), ordering="state", label=STATE_COLOURS)
    def state_label(self, order: Order) -> tuple[str, str]:
        return order.state, order.get_state_display()

    @button(
        pgettext_lazy("verb", "发货"),
        form=ShipForm,
        icon="local_shipping",
        when=lambda order: order.state == OrderState.PAID,
    )
    def ship(self, request: HttpRequest, order: Order, form: ShipForm) -> Any:
        values = form.cleaned_data
        shipping.ship_order(
            order,
            courier=values["courier"],
            tracking_no=values["tracking_no"],
            by=merchant(request),
        )
        return _("已发货。")

    @button(
        _("退款"),
        text=_("直接为买家退款，无需买家申请。金额与件数可分别填写。"),
        form=RefundForm,
        icon="currency_exchange",
        when=lambda order: order.paid_at is not None and order.refunded_amount < order.total,
    )
    def refund(self, request: HttpRequest, order: Order, form: RefundForm) -> Any:
        refund = refunds.request_refund(
            order,
            form.parts(),
            shipping_amount=form.cleaned_data["shipping"],
            reason=Refund.Reason.AGREED,
            note=form.cleaned_data["reason"],
        )
        refunds.approve_refund(refund, by=merchant(request), answer=form.cleaned_data["reason"])
        return _("退款 ¥%(amount)s 已同意，正在退回。") % {"amount": refund.amount}

    @button(
        _("关闭未付款订单"),
        form=ReasonForm,
        icon="block",
        when=lambda order: order.state == OrderState.UNPAID,
    )
    def cancel(self, request: HttpRequest, order: Order, form: ReasonForm) -> Any:
        closed = cancellation.cancel_order(
            order, reason=form.cleaned_data["reason"], by=merchant(request)
        )
        if closed.state == OrderState.CLOSED:
            return _("订单已关闭，库存已退回。")
        run_soon(close_overdue, order.number)
        return _("正在关闭：先向支付平台确认没有付款，随后退回库存。")


class RefundLineInline(ReadOnlyInline):
    model = RefundLine
    fields = ["goods", "quantity", "amount"]
    readonly_fields = fields

    @display(description=pgettext_lazy("plural", "商品"))
    def goods(self, line: RefundLine) -> str:
        return str(line.line)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefundLine]:
        return super().get_queryset(request).select_related("line")


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["number", "order", "state_label", "amount", "reason", "requested_at"]
    list_filter = ["state", "reason", "requested_at"]
    list_select_related = ["order"]
    search_fields = ["number", "order__number"]
    inlines = [RefundLineInline]
    actions = ["approve_selected"]
    actions_detail = ["approve", "reject"]

    @display(
        description=_("状态"),
        ordering="state",
        label={
            RefundState.REQUESTED: "warning",
            RefundState.APPROVED: "info",
            RefundState.DONE: "success",
            RefundState.REJECTED: "danger",
        },
    )
    def state_label(self, refund: Refund) -> tuple[str, str]:
        return refund.state, refund.get_state_display()

    @button(
        _("同意退款"),
        text=_("款项将原路退回买家。"),
        icon="check",
        when=lambda refund: refund.state == RefundState.REQUESTED,
    )
    def approve(self, request: HttpRequest, refund: Refund, form: BaseDialogForm) -> Any:
        refunds.approve_refund(refund, by=merchant(request))
        return _("已同意，正在退回。")

    @button(
        _("拒绝"),
        text=_("买家会看到您填写的原因。"),
        form=ReasonForm,
        icon="close",
        when=lambda refund: refund.state == RefundState.REQUESTED,
    )
    def reject(self, request: HttpRequest, refund: Refund, form: ReasonForm) -> Any:
        refunds.reject_refund(refund, by=merchant(request), answer=form.cleaned_data["reason"])
        return _("已拒绝。")

    @admin.action(description=_("同意所选退款"), permissions=["change"])
    def approve_selected(self, request: HttpRequest, rows: QuerySet[Refund]) -> None:
        waiting, by = rows.filter(state=RefundState.REQUESTED).order_by("pk"), merchant(request)
        do_each(request, waiting, lambda refund: refunds.approve_refund(refund, by=by))


@admin.register(Repayment)
class RepaymentAdmin(ReadOnlyAdmin):
    """Money going back to buyers; failed ones wait here for somebody."""

    list_display = ["number", "payment", "refund", "amount", "state_label", "attempts", "error"]
    list_filter = ["state"]
    list_select_related = ["payment", "refund"]
    search_fields = ["number", "payment__number", "payment__order__number"]
    actions_detail = ["retry", "confirm"]

    @display(
        description=_("状态"),
        ordering="state",
        label={
            RepaymentState.WAITING: "info",
            RepaymentState.SENT: "warning",
            RepaymentState.DONE: "success",
            RepaymentState.FAILED: "danger",
        },
    )
    def state_label(self, repayment: Repayment) -> tuple[str, str]:
        return repayment.state, repayment.get_state_display()

    @button(
        _("重试"),
        text=_("使用同一退款单号再次发起，不会重复退款。"),
        icon="refresh",
        when=lambda repayment: repayment.state == RepaymentState.FAILED,
    )
    def retry(self, request: HttpRequest, repayment: Repayment, form: BaseDialogForm) -> Any:
        repayments.retry_repayment(repayment)

    @button(
        _("确认已线下退款"),
        form=ReasonForm,
        icon="payments",
        when=lambda repayment: repayment.state != RepaymentState.DONE,
    )
    def confirm(self, request: HttpRequest, repayment: Repayment, form: ReasonForm) -> Any:
        repayments.confirm_by_hand(
            repayment, by=merchant(request), reason=form.cleaned_data["reason"], at=timezone.now()
        )


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnlyAdmin):
    """What happened to orders; an unhandled event means commission is still to be booked."""

    list_display = ["order_number", "kind", "at", "handled_at", "attempts", "error"]
    list_filter = ["kind", ("handled_at", admin.EmptyFieldListFilter)]
    ordering = ["-pk"]
    readonly_fields = ["order_number"]
    list_select_related = ["order"]
    search_fields = ["order__number"]
    actions = ["replay"]

    @display(description=_("订单"), ordering="order")
    def order_number(self, event: OrderEvent) -> str:
        return event.order.number

    @admin.action(description=_("重新处理未完成的事件"), permissions=["change"])
    def replay(self, request: HttpRequest, rows: QuerySet[OrderEvent]) -> None:
        handled, failing = replay_events()
        text = _("已处理 %(handled)d 个事件，仍有 %(failing)d 个订单失败。")
        self.message_user(request, text % {"handled": handled, "failing": failing})
