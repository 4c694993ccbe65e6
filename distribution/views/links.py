"""Links and their QR codes, and the short address that a link is."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.access import public
from base.errors import DomainError
from base.filters import file_name
from base.pages import page_of
from base.tables import csv_response, in_chunks, is_table, time_cell
from catalog.listing import SORTS, for_cards, for_sale
from catalog.models import Product
from catalog.search import find_products
from distribution.access import distributor, distributor_of
from distribution.forms import GoodsFilter, LinkFilter, LinkForm, LinkNameForm
from distribution.models import Distributor, Link, Policy
from distribution.periods import quick_periods
from distribution.policy import current_policy
from distribution.referral.clicks import record_click
from distribution.referral.link_figures import LinkFigures, Period, figures_of
from distribution.referral.links import (
    address_of,
    archive_link,
    create_link,
    find_links,
    product_slug_of,
    rename_link,
    restore_link,
    target_of,
)
from distribution.sharing.code_figures import codes_of
from distribution.sharing.qr import qr_png, qr_svg
from distribution.views.codes import shown_codes

QR_SECONDS = 24 * 3600
PER_PAGE = 20
GOODS_PER_PAGE = 12
CODES_SHOWN = 5


@distributor
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest) -> HttpResponseBase:
    """All links with what they bring; a POST makes another one. `?target=` prepares a new one."""
    person = distributor_of(request)
    filters = LinkFilter(request.GET)
    wanted = filters.wanted()
    period = Period.of_days(wanted["since"], wanted["until"])
    found = find_links(person, search=wanted["search"], archived=wanted["archived"])
    if is_table(request, filters):
        name = file_name(pgettext("plural", "推广链接"), filters)
        return csv_response(name, _header(), _lines(person, found, period))
    wanted_page = {"target": request.GET["target"][:300]} if "target" in request.GET else None
    form = LinkForm(request.POST if request.method == "POST" else None, initial=wanted_page)
    if form.is_valid():
        try:
            link = create_link(person, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error("target", str(refusal))
        else:
            messages.success(
                request, _("推广链接“%(channel)s”已建好。") % {"channel": link.channel}
            )
            return redirect("distribution:links")
    page = page_of(request, found, PER_PAGE)
    rows = list(page.object_list)
    periods = quick_periods(timezone.now())
    personal, *named = figures_of(person, rows, period=period)
    context = {
        "tab": "promote",
        "distributor": person,
        "form": form,
        "filters": filters,
        "periods": periods,
        "has_own_days": (wanted["since"], wanted["until"])
        not in [(quick.since, quick.until) for quick in periods],
        "since": wanted["since"],
        "until": wanted["until"],
        "page": page,
        "how_bound": how_bound(current_policy()),
        "codes": shown_codes(codes_of(person, period=period)[:CODES_SHOWN]),
        "personal": personal,
        "named": list(zip(named, opened_pages(rows), strict=True)),
    }
    return render(request, "distribution/links.html", context)


def how_bound(policy: Policy) -> list[str]:
    """When somebody who opens a link becomes a customer, and until when, by the policy."""
    moment = {
        Policy.BindingMoment.VISIT: _("朋友扫码或点开链接，登录或注册后就成为你的顾客，他们的订单会给你佣金。"),
        Policy.BindingMoment.SIGN_UP: _("朋友扫码或点开链接后注册，就成为你的顾客，他们的订单会给你佣金；已有账号的人不会再绑定。"),
        Policy.BindingMoment.FIRST_ORDER: _("朋友扫码或点开链接后第一次下单，就成为你的顾客，这一单和以后的订单会给你佣金。"),
    }  # fmt: skip
    days = {"days": policy.binding_days}
    until = {
        Policy.BindingMode.FIRST_FOREVER: _("已经有推荐人的人不会改绑。"),
        Policy.BindingMode.FIRST_FOR_DAYS: ngettext(
            "绑定 %(days)d 天有效，其间不会改绑。",
            "绑定 %(days)d 天有效，其间不会改绑。",
            policy.binding_days,
        )
        % days,
        Policy.BindingMode.LATEST: _("以最近打开的推荐链接为准。"),
    }
    return [
        moment[Policy.BindingMoment(policy.binding_moment)],
        until[Policy.BindingMode(policy.binding_mode)],
    ]


def opened_pages(rows: Iterable[Link]) -> list[dict[str, Any]]:
    """What each link opens, in words: a product by its name. One query."""
    slugs = {row.pk: product_slug_of(row.target) for row in rows}
    wanted = Product.objects.filter(slug__in=set(filter(None, slugs.values())))
    products = {product.slug: product for product in wanted.only("slug", "name", "name_en")}
    return [{"product": products.get(slugs[row.pk]), "target": row.target} for row in rows]


def _header() -> list[str]:
    return [
        _("渠道名称"), _("链接"), _("打开"), _("创建时间"), _("收起时间"), _("访问"),
        pgettext("plural", "访客"), _("注册"), _("新顾客"), _("下单"), _("付款"), _("有退款"),
        _("成交额"), _("退款额"),
    ]  # fmt: skip


def _lines(person: Distributor, found: QuerySet[Link], period: Period) -> Iterator[list[Any]]:
    """The personal link first, as on the page."""
    personal, *_named = figures_of(person, [], period=period)
    yield _cells(personal)
    for rows in in_chunks(found):
        _personal, *named = figures_of(person, rows, period=period)
        yield from map(_cells, named)


def _cells(figures: LinkFigures) -> list[Any]:
    link = figures.link
    return [
        link.channel if link else _("专属"),
        figures.address,
        link.target if link else "/",
        time_cell(link.created_at) if link else "",
        time_cell(link.archived_at) if link else "",
        figures.clicks,
        figures.visitors,
        figures.signed_up,
        figures.bound,
        figures.placed,
        figures.paid,
        figures.refunded,
        figures.sales,
        figures.refunded_amount,
    ]  # fmt: skip


@distributor
@never_cache
@require_safe
def goods(request: HttpRequest) -> HttpResponse:
    """Choosing a product to make a link or a poster for; htmx takes the list alone."""
    filters = GoodsFilter(request.GET)
    products = for_sale().order_by(*SORTS[""][1])
    if words := filters.wanted()["search"]:
        products = find_products(products, words)
    page = page_of(request, for_cards(products), GOODS_PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": distributor_of(request),
        "filters": filters,
        "page": page,
        "products": list(page.object_list),
    }
    part = "#found" if "HX-Request" in request.headers else ""
    return render(request, f"distribution/link_goods.html{part}", context)


@distributor
@require_POST
def link_name(request: HttpRequest, code: str) -> HttpResponse:
    link = _own_link(request, code)
    form = LinkNameForm(request.POST)
    if form.is_valid():
        rename_link(link, channel=form.cleaned_data["channel"])
        messages.success(request, _("名称已改。"))
    else:
        messages.error(request, str(form.errors["channel"][0]))
    return redirect("distribution:links")


@distributor
@require_POST
def link_archive(request: HttpRequest, code: str) -> HttpResponse:
    link = archive_link(_own_link(request, code))
    messages.success(
        request,
        _("“%(channel)s”已收起。发出去的链接和二维码仍然有效。") % {"channel": link.channel},
    )
    return redirect("distribution:links")


@distributor
@require_POST
def link_use(request: HttpRequest, code: str) -> HttpResponse:
    try:
        restore_link(_own_link(request, code))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已恢复使用。"))
    return redirect("distribution:links")


def _own_link(request: HttpRequest, code: str) -> Link:
    return get_object_or_404(distributor_of(request).links, code=code)


@distributor
@require_safe
def link_png(request: HttpRequest, code: str) -> HttpResponse:
    return _qr(request, code, qr_png, "image/png")


@distributor
@require_safe
def link_svg(request: HttpRequest, code: str) -> HttpResponse:
    return _qr(request, code, qr_svg, "image/svg+xml")


def _qr(
    request: HttpRequest, code: str, draw: Callable[[str], bytes], content_type: str
) -> HttpResponse:
    """The picture of one of their own links; it never changes."""
    if not _owns(distributor_of(request), code):
        raise Http404
    response = HttpResponse(draw(address_of(code)), content_type=content_type)
    response.headers["Cache-Control"] = f"private, max-age={QR_SECONDS}"
    return response


def _owns(person: Distributor, code: str) -> bool:
    return code == person.code or person.links.filter(code=code).exists()


@public
@never_cache
@require_safe
def referral(request: HttpRequest, code: str) -> HttpResponse:
    """`/r/CODE/`: remember who sent this visitor, and show them the page. A code that nobody has
    (any more) still leads into the shop."""
    return _arrive(request, code, target_of(code))


@public
@never_cache
@require_safe
def product_referral(request: HttpRequest, code: str, product: int) -> HttpResponse:
    """`/r/CODE/123/`: the same, to a product; to the link's own page when it is not sold any more."""
    slug = for_sale().filter(pk=product).values_list("slug", flat=True).first()
    target = reverse("catalog:product", args=[slug]) if slug else target_of(code)
    return _arrive(request, code, target)


def _arrive(request: HttpRequest, code: str, target: str) -> HttpResponse:
    if request.method == "GET":
        record_click(request, code, target)
    return redirect(target)
