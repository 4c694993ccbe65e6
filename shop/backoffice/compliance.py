"""Compliance in the back office: depth and heads, what the law asks, and the evidence pack."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.audit import record_audit
from base.tables import csv_response
from distribution.models import Agreement, EvidencePack
from distribution.programme.compliance import (
    LEVELS_THRESHOLD,
    PEOPLE_THRESHOLD,
    TELLING,
    constraints,
    depth_report,
    findings,
    networks_of,
)
from distribution.states import OPEN_PACKS, PackState
from shop.backoffice.actions import merchant
from shop.backoffice.packs import KEPT_FOR, request_pack
from shop.backoffice.tasks import prepare_pack

SEE = "distribution.view_agreement"
TAKE = "distribution.download_evidence"
SHOWN_PACKS = 5


def compliance_urls(site: AdminSite) -> list[Any]:
    return [
        path("compliance/", site.admin_view(report), name="compliance"),
        path("compliance/networks.csv", site.admin_view(networks), name="compliance_networks"),
        path("compliance/evidence/", site.admin_view(evidence), name="compliance_evidence"),
        path("compliance/evidence/<int:pk>/", site.admin_view(pack), name="compliance_pack"),
        path(
            "compliance/evidence/<int:pk>/file/",
            site.admin_view(pack_file),
            name="compliance_evidence_file",
        ),
    ]


@never_cache
@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """The shape of the programme and the answers to what is asked about it."""
    _require(request, SEE)
    now = timezone.now()
    depth = depth_report(at=now)
    most = max((count for _level, count in depth.per_level), default=0)
    context = admin.site.each_context(request) | {
        "title": _("合规报告"),
        "opts": Agreement._meta,
        "depth": depth,
        "levels": [
            {"level": level, "count": count, "width": 100 * count // most if most else 0}
            for level, count in depth.per_level
        ],
        "findings": findings(depth, at=now),
        "constraints": [row for row in constraints() if row.name in TELLING],
        "people_threshold": PEOPLE_THRESHOLD,
        "levels_threshold": LEVELS_THRESHOLD,
        "may_take": request.user.has_perm(TAKE),
        "packs": EvidencePack.objects.select_related("requested_by")[:SHOWN_PACKS],
    }
    return TemplateResponse(request, "backoffice/compliance.html", context)


@never_cache
@require_safe
def networks(request: HttpRequest) -> StreamingHttpResponse:
    """Every network with its levels and heads, as a file."""
    _require(request, SEE)
    now = timezone.now()
    header = [_("推广码"), _("最上面的人"), _("层级"), _("人数"), _("达到 30 人且 3 级")]

    def rows() -> Any:
        for network in networks_of(now):
            over = _("是") if network.is_over else _("否")
            yield [network.code, network.name, network.levels, network.people, over]

    return csv_response(f"networks-{timezone.localdate():%Y%m%d}.csv", header, rows())


@never_cache
@require_POST
def evidence(request: HttpRequest) -> HttpResponse:
    """Ask for a pack; the worker prepares it."""
    _require(request, TAKE)
    asked = request_pack(by=merchant(request))
    prepare_pack.delay(asked.pk)
    return redirect("admin:compliance_pack", asked.pk)


@never_cache
@require_safe
def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a pack is; once it is ready, the way to its file."""
    _require(request, TAKE)
    asked = get_object_or_404(EvidencePack.objects.select_related("requested_by"), pk=pk)
    context = {
        "pack": asked,
        "is_open": asked.state in OPEN_PACKS,
        "days": KEPT_FOR.days,
    }
    if request.headers.get("HX-Request"):
        return render(request, "backoffice/evidence_progress.html", context)
    context |= admin.site.each_context(request) | {"title": str(asked), "opts": Agreement._meta}
    return TemplateResponse(request, "backoffice/evidence_pack.html", context)


@never_cache
@require_POST
def pack_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file; who took it stands in the audit log."""
    _require(request, TAKE)
    asked = get_object_or_404(EvidencePack, pk=pk, state=PackState.READY)
    try:
        file = asked.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    record_audit("download_evidence", asked, by=merchant(request), sha256=asked.digest)
    name = f"evidence-{timezone.localtime(asked.finished_at):%Y%m%d-%H%M%S}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied
