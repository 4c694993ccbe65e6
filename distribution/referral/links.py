"""Named links: one per channel, so that a distributor sees what each of them brings.

A link leads to a page of this shop and nowhere else.
"""

import re
from datetime import datetime
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import Resolver404, ResolverMatch, resolve, reverse, translate_url
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_from_path
from django.utils.translation import gettext as _

from base.errors import DomainError
from base.locks import lock_row
from base.numbers import new_code
from catalog.listing import for_sale
from catalog.models import Category, Product
from distribution.models import Distributor, Link

MOST_LINKS = 50  # in use at a time
MOST_KEPT = 500  # with those put away
LONGEST_TARGET = 200
PARAMETER = "r"  # of a code in any page's address
# Where a link may lead: rooms, and single pages. Not what is open to guests but no page.
PAGES = frozenset({"catalog", "distribution", "recruit", "account_signup"})
NO_PAGES = frozenset(
    {
        "distribution:referral",
        "distribution:product_referral",
        "distribution:share",
        "catalog:manifest",
        "catalog:favicon",
        "catalog:robots",
        "catalog:sitemap",
        "catalog:sitemap_index",
    }
)
PRODUCT_PAGE = re.compile(r"(?:/en)?/p/([^/?]+)/")
CODE = re.compile(r"[0-9A-Z_-]{1,20}")


class CannotLink(DomainError):
    """The page is not one of the shop's, or there are too many links."""


def code_from(text: str) -> str:
    """A code as it was typed, in capitals; empty when it cannot be one."""
    code = text.strip().upper()
    return code if CODE.fullmatch(code) else ""


def create_link(
    distributor: Distributor, *, channel: str, target: str = "/", at: datetime | None = None
) -> Link:
    """A new link under a code of its own. `target` is a path of the shop or its whole address.

    One in use with this name for this page is returned as it is: nobody could tell two apart.
    """
    target = page_of_shop(target)
    with transaction.atomic():
        lock_row(Distributor.objects.filter(pk=distributor.pk))
        same = distributor.links.filter(channel=channel, target=target, archived_at=None).first()
        if same is not None:
            return same
        _require_room(distributor)
        if distributor.links.count() >= MOST_KEPT:
            raise CannotLink(
                _("连同收起的，最多保留 %(count)d 条推广链接。") % {"count": MOST_KEPT}
            )
        return Link.objects.create(
            distributor=distributor,
            code=new_code(),
            channel=channel,
            target=target,
            created_at=at or timezone.now(),
        )


def _require_room(distributor: Distributor) -> None:
    if distributor.links.filter(archived_at=None).count() >= MOST_LINKS:
        raise CannotLink(
            _("最多同时使用 %(count)d 条推广链接，请先收起不用的。") % {"count": MOST_LINKS}
        )


def rename_link(link: Link, *, channel: str) -> Link:
    """Give a link another name; its code, its page and what it has brought stay."""
    with transaction.atomic():
        link = lock_row(Link.objects.filter(pk=link.pk))
        if link.channel != channel:
            link.channel = channel
            link.save(update_fields=["channel"])
    return link


def archive_link(link: Link, *, at: datetime | None = None) -> Link:
    """Put a link out of sight. It still works: printed codes and old messages go on counting."""
    with transaction.atomic():
        link = lock_row(Link.objects.filter(pk=link.pk))
        if link.archived_at is None:
            link.archived_at = at or timezone.now()
            link.save(update_fields=["archived_at"])
    return link


def restore_link(link: Link) -> Link:
    """Take a link that was put away back into use. Raises CannotLink where there is no room."""
    with transaction.atomic():
        lock_row(Distributor.objects.filter(pk=link.distributor_id))
        link = lock_row(Link.objects.filter(pk=link.pk).select_related("distributor"))
        if link.archived_at is not None:
            _require_room(link.distributor)
            link.archived_at = None
            link.save(update_fields=["archived_at"])
    return link


def find_links(
    distributor: Distributor, *, search: str = "", archived: bool | None = False
) -> QuerySet[Link]:
    """A distributor's named links, newest first: by name, page or code. `archived` None is both."""
    links = distributor.links.order_by("-pk")
    if archived is not None:
        links = links.filter(archived_at__isnull=not archived)
    if search:
        named = Q(channel__icontains=search) | Q(target__icontains=search)
        products = for_sale().filter(Q(name__icontains=search) | Q(name_en__icontains=search))
        pages = [f"/p/{slug}/" for slug in products.values_list("slug", flat=True)[:50]]
        links = links.filter(named | Q(code__iexact=search) | Q(target__in=pages))
    return links


def page_of_shop(address: str) -> str:
    """The path (and query) of a page of this shop that a guest may be led to.

    Takes a path, or the whole address as copied from the browser; a code of somebody's in it is
    taken off. Raises CannotLink.
    """
    parts = _within_shop(address.strip() or "/")
    path = unquote(parts.path or "/")
    kept = [
        part for part in parts.query.split("&") if part.partition("=")[0] not in ("", PARAMETER)
    ]
    page = f"{path}?{'&'.join(kept)}" if kept else path
    if not is_path_of_shop(page):
        raise CannotLink(_("请填写本商城页面的地址，例如 /p/商品/。"))
    try:
        with translation.override(_language_of(path)):
            found = resolve(path)
    except Resolver404:
        raise CannotLink(_("商城里没有这个页面。")) from None
    _require_open(found)
    if len(page) > LONGEST_TARGET:
        raise CannotLink(_("这个地址太长，请换一个页面。"))
    return page


def _within_shop(address: str) -> SplitResult:
    """The parts of an address of the shop. Raises CannotLink for another website's."""
    ours = urlsplit(settings.BASE_URL)
    if address.startswith(f"{ours.netloc}/"):
        address = f"//{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        raise CannotLink(_("请填写本商城页面的地址，例如 /p/商品/。")) from None
    is_foreign = parts.netloc and parts.netloc.lower() != ours.netloc.lower()
    if is_foreign or parts.scheme not in ("", "http", "https"):
        raise CannotLink(
            _("这是别的网站的地址。推广链接只能打开本商城的页面（%(host)s）。")
            % {"host": ours.netloc}
        )
    return parts


def _require_open(found: ResolverMatch) -> None:
    """A page that any guest sees, and that is there."""
    is_open = getattr(found.func, "access_policy", "") == "public"
    is_page = found.namespace in PAGES or found.view_name in PAGES
    if not is_open or not is_page or found.view_name in NO_PAGES:
        raise CannotLink(_("这个页面不能用来推广，请选择首页、分类或商品页。"))
    slug = found.kwargs.get("slug")
    is_gone = (
        found.view_name == "catalog:product" and not for_sale().filter(slug=slug).exists()
    ) or (
        found.view_name == "catalog:category"
        and not Category.objects.filter(slug=slug, is_active=True).exists()
    )
    if is_gone:
        raise CannotLink(_("商城里没有这个页面。"))


def is_path_of_shop(address: str) -> bool:
    """Whether a browser would stay in the shop: two slashes, a backslash, a scheme lead away."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def _language_of(path: str) -> str:
    return get_language_from_path(path) or settings.LANGUAGE_CODE


def target_of(code: str) -> str:
    """Where a code leads, in the reader's language: the link's page, else the front page."""
    link = Link.objects.filter(code=code_from(code)).first()
    target = link.target if link and is_path_of_shop(link.target) else "/"
    wanted = get_language() or settings.LANGUAGE_CODE
    with translation.override(_language_of(target)):
        return translate_url(target, wanted)


def address_of(code: str) -> str:
    """The whole address to give away."""
    return f"{settings.BASE_URL}{reverse('distribution:referral', args=[code])}"


def product_address(code: str, product: Product) -> str:
    """The whole address of a product under a code: short, so that its QR code stays coarse."""
    path = reverse("distribution:product_referral", args=[code, product.pk])
    return f"{settings.BASE_URL}{path}"


def product_slug_of(target: str) -> str:
    """Which product a link opens; empty for another page."""
    match = PRODUCT_PAGE.match(target)
    return match[1] if match else ""
