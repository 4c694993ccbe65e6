"""Signs of risk in the back office: the evidence in words, the commissions in question, and the
decision with its reason. Nothing here touches an order, a refund or a buyer."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from base.audit import record_audit
from base.errors import DomainError
from distribution.desk.earnings import with_payouts, with_states
from distribution.models import Commission
from distribution.risk.decisions import Outcome, clear_signal, confirm_signal, hold_signal
from distribution.risk.models import NamedCommission, Signal, Thresholds
from distribution.risk.states import UNDECIDED, State
from distribution.risk.words import in_words, people_of
from shop.backoffice.actions import OneRowAdmin, ReadOnlyAdmin, change_address, merchant
from shop.backoffice.finding import Finds, distributors_named, orders_numbered
from shop.backoffice.percents import InPercents

# So many commissions of a signal are shown; "all" in the form means all of them.
SHOWN = 200
# So many that a decision could not reach are named, for each reason.
NAMED = 5

STATE_COLOURS = {
    State.OPEN: "warning",
    State.HELD: "info",
    State.CLEARED: "success",
    State.CONFIRMED: "danger",
}


class DecisionForm(forms.Form):
    """What to do with which commissions, and why."""

    decision = forms.ChoiceField(choices=[(s.value, s.label) for s in State if s != State.OPEN])
    commissions = forms.TypedMultipleChoiceField(coerce=int, required=False)
    everything = forms.BooleanField(required=False)
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("撤回佣金时，收款人在收据上看得到这个原因。"),
    )

    def __init__(self, signal: Signal, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = list(signal.named.values_list("commission", flat=True))
        self._named = named
        field = self.fields["commissions"]
        field.choices = [(pk, pk) for pk in named]  # type: ignore[attr-defined]  # a field with choices

    def is_ticked(self, key: int) -> bool:
        """All are at first; who sends the form back with a mistake finds what they had ticked."""
        return not self.is_bound or str(key) in (self["commissions"].value() or [])

    def chosen(self) -> list[int]:
        """The ticked commissions, or all that the signal names; only after `is_valid()`."""
        ticked: list[int] = self.cleaned_data["commissions"]
        return self._named if self.cleaned_data["everything"] else ticked


@admin.register(Signal)
class SignalAdmin(Finds, ReadOnlyAdmin):
    list_display = ["found_at", "kind", "label", "payee", "words", "orders", "at_stake", "decided_by"]  # fmt: skip
    file_columns = ["found_at", "kind", "label", "payee", "words", "orders", "at_stake", "decided_by", "reason"]  # fmt: skip
    list_display_links = ["found_at", "kind"]
    list_filter = ["state", "kind", "found_at"]
    list_select_related = ["payee__user", "decided_by"]
    search_fields = ["payee__code", "payee__user__name", "payee__user__phone", "commissions__order__number"]  # fmt: skip
    search_help_text = gettext_lazy("完整的推广码、手机号、会员号、姓名或订单号")
    readonly_fields = ["words"]
    date_hierarchy = "found_at"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signal]:
        # Asked for the rows that are shown, not added up for all and then cut to a page.
        named = NamedCommission.objects.filter(signal=OuterRef("pk")).order_by()
        by_signal = named.values("signal")
        total = by_signal.annotate(sum=Sum("commission__amount")).values("sum")
        count = by_signal.annotate(count=Count("pk")).values("count")
        return (
            super()
            .get_queryset(request)
            .annotate(
                total=Coalesce(Subquery(total), Decimal(0)), count=Coalesce(Subquery(count), 0)
            )
        )

    def rows_of(self, word: str) -> Q:
        named = NamedCommission.objects.filter(commission__order__in=orders_numbered(word))
        return Q(payee__in=distributors_named(word)) | Q(
            pk__in=list(named.values_list("signal", flat=True))
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        self.gather(changelist.result_list)
        return changelist

    def gather(self, rows: Sequence[Any]) -> None:
        """Everybody whom the rows' evidence names is read at once."""
        people = people_of(rows)
        for row in rows:
            row.people = people

    @display(description=gettext_lazy("状态"), ordering="state", label=STATE_COLOURS)
    def label(self, signal: Signal) -> tuple[str, str]:
        return signal.state, signal.get_state_display()

    @display(description=gettext_lazy("证据"))
    def words(self, signal: Any) -> str:
        people = getattr(signal, "people", None)
        return in_words(signal, people_of([signal]) if people is None else people)

    @display(description=gettext_lazy("佣金笔数"), ordering="count")
    def orders(self, signal: Any) -> int:
        return signal.count

    @display(description=gettext_lazy("涉及金额"), ordering="total")
    def at_stake(self, signal: Any) -> Decimal:
        return signal.total

    def get_urls(self) -> list[Any]:
        decide = self.admin_site.admin_view(require_POST(self.decide))
        return [path("<int:pk>/decision/", decide, name="risk_decision"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The evidence, whom and what it is about, and the decision."""
        signal = self.get_object(request, object_id)
        if signal is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, signal):
            raise PermissionDenied
        return self._page(request, signal, DecisionForm(signal))

    def _page(self, request: HttpRequest, signal: Signal, form: DecisionForm) -> HttpResponse:
        people = people_of([signal])
        rows = list(signal.named.order_by("-commission_id")[:SHOWN])
        shown = Commission.objects.filter(pk__in=[row.commission_id for row in rows])
        earnings = with_states(
            with_payouts(shown)
            .select_related("order", "line", "payee__user", "buyer")
            .order_by("-pk")
        )
        count = signal.named.count()
        context = self.admin_site.each_context(request) | {
            "title": str(signal),
            "signal": signal,
            "words": in_words(signal, people),
            "people": list(people.values()),
            "more_people": max(0, len(signal.evidence.get("people", [])) - len(people)),
            "count": count,
            "is_long": count > len(rows),
            "rows": [
                (row, earning, form.is_ticked(row.commission_id))
                for row, earning in zip(rows, earnings, strict=True)
            ],
            "form": form,
            "may_decide": self.has_change_permission(request) and signal.state in UNDECIDED,
            "opts": self.opts,
        }
        return TemplateResponse(request, "backoffice/risk_signal.html", context)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One decision; a refusal is said in words and changes nothing."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        signal = get_object_or_404(Signal, pk=pk)
        form = DecisionForm(signal, request.POST)
        if not form.is_valid():
            return self._page(request, signal, form)
        values = form.cleaned_data
        by, reason, chosen = merchant(request), values["reason"], form.chosen()
        try:
            if values["decision"] == State.HELD:
                outcome = hold_signal(signal, chosen, by=by, reason=reason)
            elif values["decision"] == State.CLEARED:
                outcome = clear_signal(signal, by=by, reason=reason)
            else:
                outcome = confirm_signal(signal, chosen, by=by, reason=reason)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            self._say(request, outcome)
        return HttpResponseRedirect(change_address(signal))

    def _say(self, request: HttpRequest, outcome: Outcome) -> None:
        reasons: dict[str, list[Commission]] = defaultdict(list)
        for commission, why in outcome.refused:
            reasons[why].append(commission)
        for why, refused in reasons.items():
            named = ", ".join(str(commission) for commission in refused[:NAMED])
            if len(refused) > NAMED:
                named = _("%(named)s 等 %(count)d 笔") % {"named": named, "count": len(refused)}
            messages.warning(request, f"{named}: {why}")
        text = {
            State.HELD: _("已暂扣 %(count)d 笔佣金，其他佣金和买家的订单不受影响。"),
            State.CLEARED: _("线索已排除，放行 %(count)d 笔佣金。"),
            State.CONFIRMED: _("线索已确认，撤回 %(count)d 笔佣金。"),
        }[State(outcome.signal.state)]
        if outcome.done or not outcome.refused:
            messages.success(request, text % {"count": len(outcome.done)})


@admin.register(Thresholds)
class ThresholdsAdmin(InPercents, OneRowAdmin):
    """Every change is in the audit log."""

    percents = ("refund_share",)

    fields = ["window_days", "ip_most_people", ("refund_share", "refund_orders"), ("hasty_days", "hasty_orders"), "clicks_per_hour", "accounts_per_visitor"]  # fmt: skip

    def save_model(
        self, request: HttpRequest, obj: Thresholds, form: ModelForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        record_audit("change_thresholds", obj, by=merchant(request), **changes)
