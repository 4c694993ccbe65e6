"""The library of materials: found by goods, category and channel; copied, downloaded, counted."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.filters import file_name
from base.pages import is_part, page_of
from base.tables import csv_response, each_row, is_table
from catalog.listing import Shelves
from distribution.academy.forms import MaterialFilter
from distribution.academy.materials import (
    SIZES,
    address_for,
    may_take,
    packed,
    picture_data,
    privileges_for,
    published_materials,
    take,
    text_for,
    what_opens,
)
from distribution.academy.models import Material, MaterialPicture, Taking
from distribution.academy.videos import host_of
from distribution.access import distributor, distributor_of
from distribution.models import Distributor, Tier
from distribution.tiers.privileges import Privileges

PER_PAGE = 10
KEEP_SECONDS = 3600


@distributor
@never_cache
@require_safe
def materials(request: HttpRequest) -> HttpResponseBase:
    """What may not be taken is shown by its name alone, with what it takes to have it, and is not
    in the table."""
    person = distributor_of(request)
    privileges = privileges_for(person)
    filters = MaterialFilter(request.GET, Shelves().shown())
    wanted = filters.wanted()
    found = published_materials(**wanted)
    if is_table(request, filters):
        header = [_("名称"), _("商品"), _("渠道"), _("文案"), _("链接"), _("视频链接")]
        return csv_response(
            file_name(_("素材库"), filters), header, _lines(person, privileges, found)
        )
    page = page_of(request, found, PER_PAGE)
    tiers = Tier.objects.order_by("rank", "pk")  # read once, if anything is closed
    context = {
        "tab": "promote",
        "distributor": person,
        "page": page,
        "rows": [_shown(material, person, privileges, tiers) for material in page.object_list],
        "filters": filters,
        "of_product": wanted["product"],
        "sizes": [
            ("small", _("小图")),
            ("medium", _("中图")),
            ("original", _("原图")),
        ],
    }
    return render(request, "academy/materials.html", context)


def _shown(
    material: Material, person: Distributor, privileges: Privileges, tiers: QuerySet[Tier]
) -> dict[str, Any]:
    if not may_take(privileges, material):
        why = what_opens(privileges, material, tiers)
        return {"material": material, "is_open": False, "why": why}
    return {
        "material": material,
        "is_open": True,
        "text": text_for(material, person),
        "address": address_for(material, person),
        "pictures": list(material.pictures.all()),
        "video_host": host_of(material.video),
    }


def _lines(
    person: Distributor, privileges: Privileges, found: QuerySet[Material]
) -> Iterator[list[Any]]:
    for material in each_row(found):
        if not may_take(privileges, material):
            continue
        yield [
            material.title,
            material.product.title if material.product else "",
            material.get_channel_display(),
            text_for(material, person),
            address_for(material, person),
            material.video,
        ]


def takeable(request: HttpRequest, pk: int) -> Material:
    """The one door to a material: published, and within the person's privileges."""
    material = get_object_or_404(
        Material.objects.select_related("product"), pk=pk, is_published=True
    )
    _require(request, material)
    return material


def _require(request: HttpRequest, material: Material) -> None:
    privileges = privileges_for(distributor_of(request))
    if not may_take(privileges, material):
        tiers = Tier.objects.order_by("rank", "pk")
        raise PermissionDenied(what_opens(privileges, material, tiers))


@distributor
@require_POST
def takings(request: HttpRequest, pk: int) -> HttpResponse:
    """Count that the text was copied; the copying itself happens in the browser."""
    material = takeable(request, pk)
    take(distributor_of(request), material, Taking.What.COPY)
    if is_part(request):
        return HttpResponse(status=204)
    return redirect("academy:materials")


@distributor
@never_cache
@require_safe
def video(request: HttpRequest, pk: int) -> HttpResponse:
    material = takeable(request, pk)
    if not material.video:
        raise Http404
    if request.method == "GET":
        take(distributor_of(request), material, Taking.What.VIDEO)
    return redirect(material.video)


@distributor
@require_safe
def picture(request: HttpRequest, pk: int, size: str) -> HttpResponse:
    """A picture in one of its sizes: to look at, or with `?download=1` to keep (and be counted)."""
    if size not in SIZES:
        raise Http404
    found = get_object_or_404(
        MaterialPicture.objects.select_related("material"), pk=pk, material__is_published=True
    )
    _require(request, found.material)
    is_download = "download" in request.GET
    if is_download and request.method == "GET":
        take(distributor_of(request), found.material, Taking.What.PICTURE)
    try:
        response = HttpResponse(picture_data(found, size), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None
    name = f"{found.material.title}-{found.pk}-{size}.jpg"
    header = content_disposition_header(is_download, name)
    response.headers["Content-Disposition"] = header or "inline"
    keep = "no-store" if is_download else f"max-age={KEEP_SECONDS}"
    response.headers["Cache-Control"] = f"private, {keep}"
    return response


@distributor
@never_cache
@require_safe
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """All pictures and the text in one file."""
    material = takeable(request, pk)
    pictures = list(material.pictures.order_by("position", "pk"))
    if not pictures:
        raise Http404
    person = distributor_of(request)
    try:
        data = packed(material, pictures, text_for(material, person))
    except FileNotFoundError:
        raise Http404 from None
    if request.method == "GET":
        take(person, material, Taking.What.ALL)
    response = HttpResponse(data, content_type="application/zip")
    header = content_disposition_header(True, f"{material.title}.zip")
    response.headers["Content-Disposition"] = header or "attachment"
    return response
