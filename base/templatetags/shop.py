"""Marks every page uses: money, icons, the other language of this page."""

import json
from decimal import Decimal

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import translate_url
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from base.markup import markdown_to_html
from base.money import round_cent

register = template.Library()


def _parts(amount: Decimal) -> tuple[str, str, str]:
    """Sign, whole yuan with thousands separators, the two digits of 分."""
    whole, cents = f"{abs(round_cent(amount)):,.2f}".split(".")
    return "−" if amount < 0 else "", whole, cents


@register.filter
def money(amount: Decimal | None) -> str:
    """`¥1,234.50`, `−¥3.00`: for running text and tables; nothing for None."""
    if amount is None:
        return ""
    sign, whole, cents = _parts(Decimal(amount))
    return f"{sign}¥{whole}.{cents}"


@register.filter
def many(count: int) -> str:
    """A count nobody needs to the piece: 980, 1.2万+ or 12k+."""
    if count < 10_000:
        return str(count)
    if get_language() == "en":
        return f"{count // 1000}k+"
    return f"{count // 1000 / 10:g}万+"


@register.simple_tag
def price(amount: Decimal, size: str = "") -> SafeString:
    """A price with a small ¥ and small 分; `size` is "", "large", "small" and/or "plain".

    What needs room says so, for places that have little: `long` from ¥100,000, `longer` from
    ¥1,000,000.
    """
    sign, whole, cents = _parts(Decimal(amount))
    width = {7: " long", 9: " longer"}.get(min(len(whole), 9), "")
    return format_html(
        '<span class="price {}{}">{}<span class="yuan">¥</span>{}<span class="cents">.{}</span></span>',
        size,
        width,
        sign,
        whole,
        cents,
    )


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A picture from the sprite `static/icons.svg`, invisible to screen readers."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        size,
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def page_in(context: template.Context, language: str) -> str:
    """This page's address, query included, in another language."""
    request: HttpRequest = context["request"]
    return translate_url(request.get_full_path(), language)


@register.simple_tag(takes_context=True)
def asking(context: template.Context, name: str, value: str) -> str:
    """This list's query with something else chosen, from its first page."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for gone in (name, "page", "format", "target"):
        query.pop(gone, None)
    if value:
        query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag
def json_ld(data: object) -> SafeString:
    """Data for search engines in a script element that runs nothing."""
    text = json.dumps(data, ensure_ascii=False, cls=DjangoJSONEncoder)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return format_html('<script type="application/ld+json">{}</script>', SafeString(text))


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as clean HTML (`base.markup`)."""
    return SafeString(markdown_to_html(text))
