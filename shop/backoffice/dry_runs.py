"""A dry run's page, with its progress, its chart and its files."""

import io
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from unfold.decorators import display

from base.filters import ListFilter, file_name, words_field
from base.money import percent
from base.pages import page_of
from base.tables import csv_response, safe_cell
from catalog.models import Category
from distribution.editor.dry_runs import result_of
from distribution.editor.simulation import Simulation
from distribution.models import DryRun, DryRunEffect
from distribution.states import OPEN_DRY_RUNS, DryRunState
from shop.backoffice.actions import ReadOnlyAdmin
from shop.backoffice.dry_run_charts import level_stacks, swings
from shop.backoffice.finding import WHOM, distributors_like
from shop.backoffice.rule_pages import require

STATE_COLOURS = {
    DryRunState.QUEUED: "info",
    DryRunState.RUNNING: "warning",
    DryRunState.DONE: "success",
    DryRunState.FAILED: "danger",
}
# So many distributors and categories are drawn; the files have all.
DRAWN = 8
PER_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@admin.register(DryRun)
class DryRunAdmin(ReadOnlyAdmin):
    list_display = ["row_number", "change_set", "first_day", "last_day", "baseline", "state_label", "change", "requested_by", "requested_at"]  # fmt: skip
    list_filter = ["state", "baseline", "requested_at"]
    list_select_related = ["change_set", "requested_by"]
    search_fields = ["change_set__name"]
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: DryRun | None = None) -> bool:
        """Who may look at drafts may look at what they would cost."""
        return request.user.has_perm("distribution.view_changeset")

    @display(description=gettext_lazy("状态"), ordering="state", label=STATE_COLOURS)
    def state_label(self, run: DryRun) -> tuple[str, Any]:
        return run.state, DryRunState(run.state).label

    @display(description=gettext_lazy("佣金变化"))
    def change(self, run: DryRun) -> str:
        return f"{result_of(run).change:+}" if run.state == DryRunState.DONE else "—"

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/result.csv", wrap(self.csv_view), name="dry_run_csv"),
            path("<int:pk>/result.xlsx", wrap(self.xlsx_view), name="dry_run_xlsx"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The result; while it is worked on, how far it is."""
        require(self.has_view_permission(request))
        run = self.get_object(request, object_id)
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = admin.site.each_context(request) | {
            "title": _("试算：%(draft)s") % {"draft": run.change_set},
            "opts": self.opts,
            "run": run,
            "is_open": run.state in OPEN_DRY_RUNS,
            "is_outdated": run.revision != run.change_set.revision,
        }
        if request.headers.get("HX-Request") and context["is_open"]:
            return render(request, "backoffice/dry_run_progress.html", context)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Refresh": "true"})
        if run.state == DryRunState.DONE:
            context |= _result_context(request, run)
        return TemplateResponse(request, "backoffice/dry_run.html", context)

    def csv_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A row for each distributor that is asked for, the winners first; of all of them, the sum."""
        run = self._finished(request, pk)
        filters = EffectFilter(request.GET)
        if filters.errors:  # the page says what
            return redirect(
                f"{reverse('admin:distribution_dryrun_change', args=[pk])}?{request.GET.urlencode()}"
            )
        result = result_of(run)
        total = [_("合计"), "", result.orders_with_commission, result.before, result.after, result.change]  # fmt: skip

        def rows() -> Iterator[list[Any]]:
            yield from _effect_rows(filters.narrow(_effects(run)))
            if not filters.is_narrow:
                yield total

        return csv_response(file_name(_file_name(run), filters), EFFECT_HEADER, rows())

    def xlsx_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The sums, the distributors and the categories, a sheet each."""
        run = self._finished(request, pk)
        book = Workbook(write_only=True)
        result = result_of(run)
        _sheet(book, _("汇总"), [_("项目"), _("原来"), _("试算"), _("变化")], _sum_rows(result))
        _sheet(book, _("分销商"), EFFECT_HEADER, _effect_rows(_effects(run)))
        header = [_("分类"), _("实收"), _("原来"), _("试算"), _("变化")]
        shelves = (
            [_shelf_name(s, {}), s.sales, s.before, s.after, s.change] for s in result.shelves
        )
        _sheet(book, _("分类"), header, shelves)
        file = io.BytesIO()
        book.save(file)
        file.seek(0)
        return FileResponse(
            file, as_attachment=True, filename=f"{_file_name(run)}.xlsx", content_type=XLSX
        )

    def _finished(self, request: HttpRequest, pk: int) -> DryRun:
        require(self.has_view_permission(request))
        run = DryRun.objects.filter(pk=pk, state=DryRunState.DONE).first()
        require(run is not None)
        assert run is not None  # noqa: S101  # just asked
        return run


class EffectFilter(ListFilter):
    """Of the distributors of a dry run: who gets more or less, and who it is."""

    CHANGES = {
        "": Q(),
        "more": Q(change__gt=0),
        "less": Q(change__lt=0),
        "same": Q(change=0),
    }

    change = forms.ChoiceField(
        label=gettext_lazy("变化"),
        choices=[
            ("", gettext_lazy("全部")),
            ("more", gettext_lazy("多得")),
            ("less", gettext_lazy("少得")),
            ("same", gettext_lazy("不变")),
        ],
    )
    q = words_field(WHOM)

    def narrow(self, effects: QuerySet[DryRunEffect]) -> QuerySet[DryRunEffect]:
        wanted = self.wanted()
        if wanted["search"]:
            effects = effects.filter(distributor__in=distributors_like(wanted["search"]))
        return effects.filter(self.CHANGES[wanted["change"]])


EFFECT_HEADER = [
    gettext_lazy("会员号"),
    gettext_lazy("名称"),
    gettext_lazy("订单数"),
    gettext_lazy("原来"),
    gettext_lazy("试算"),
    gettext_lazy("变化"),
]


def _file_name(run: DryRun) -> str:
    return f"dry-run-{run.pk}-{run.first_day:%Y%m%d}-{run.last_day:%Y%m%d}"


def _effect_rows(effects: QuerySet[DryRunEffect]) -> Iterator[list[Any]]:
    for effect in effects.iterator(2000):
        user = effect.distributor.user
        yield [user.member_no, user.name, effect.orders, effect.before, effect.after, effect.change]


def _effects(run: DryRun) -> QuerySet[DryRunEffect]:
    return run.effects.select_related("distributor__user")


def _sheet(book: Workbook, title: str, header: list[Any], rows: Any) -> None:
    sheet = book.create_sheet(title)
    sheet.append([str(cell) for cell in header])
    for row in rows:
        cells = []
        for value in row:
            # A word that a spreadsheet would run stays a word; an amount stays a number.
            cell = WriteOnlyCell(sheet, value=safe_cell(value) if isinstance(value, str) else value)
            cells.append(cell)
        sheet.append(cells)


def _sum_rows(result: Simulation) -> list[list[Any]]:
    """What the page and the file tell: (what, before, after, change)."""
    rows: list[list[Any]] = [
        [_("佣金合计"), result.before, result.after, result.change],
        [_("一级佣金"), result.before_level1, result.after_level1, result.after_level1 - result.before_level1],
        [_("二级佣金"), result.before_level2, result.after_level2, result.after_level2 - result.before_level2],
        [_("占实收"), _rate(result.share_before), _rate(result.share_after), ""],
        [_("已知成本商品的毛利减佣金"), result.margin_before, result.margin_after, result.margin_after - result.margin_before],
        [_("被封顶的商品行"), result.lines_capped_before, result.lines_capped_after, result.lines_capped_after - result.lines_capped_before],
        [_("付完佣金亏本的商品行"), result.lines_at_a_loss_before, result.lines_at_a_loss_after, result.lines_at_a_loss_after - result.lines_at_a_loss_before],
    ]  # fmt: skip
    return rows


def _rate(share: Any) -> str:
    return "—" if share is None else percent(round(share, 4))


def _result_context(request: HttpRequest, run: DryRun) -> dict[str, Any]:
    result = result_of(run)
    effects = _effects(run)
    filters = EffectFilter(request.GET)
    winners = list(effects.filter(change__gt=0)[:DRAWN])
    losers = list(effects.filter(change__lt=0).order_by("change", "pk")[:DRAWN])
    drawn = [(str(e.distributor), e.before, e.after) for e in [*winners, *reversed(losers)]]
    names = Category.objects.in_bulk([s.category_id for s in result.shelves if s.category_id])
    shelves = [(_shelf_name(s, names), s.before, s.after) for s in result.shelves]
    return {
        "result": result,
        "sums": _sum_rows(result),
        "stacks": level_stacks(result, str(DryRun.Baseline(run.baseline).label), _("草稿试算")),
        "people": swings(drawn),
        "shelves": swings(shelves[:DRAWN]),
        "winner_count": effects.filter(change__gt=0).count(),
        "loser_count": effects.filter(change__lt=0).count(),
        "filters": filters,
        "page": page_of(request, filters.narrow(effects), PER_PAGE),
        "took": (run.finished_at or timezone.now()) - run.requested_at,
    }


def _shelf_name(shelf: Any, names: Any) -> str:
    found = names.get(shelf.category_id)
    return str(found) if found else shelf.name or _("未分类")
