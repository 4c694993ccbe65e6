"""Links and their QR codes, and the short address that a link is."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from base.access import public
from base.errors import DomainError
from distribution.access import distributor, distributor_of
from distribution.clicks import record_click
from distribution.forms import LinkForm
from distribution.links import address_of, create_link, figures_of, target_of
from distribution.models import Distributor
from distribution.qr import qr_png, qr_svg

QR_SECONDS = 24 * 3600


@distributor
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest) -> HttpResponse:
    """All links with what they bring; a POST makes another one."""
    person = distributor_of(request)
    form = LinkForm(request.POST if request.method == "POST" else None)
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
    personal, *named = figures_of(person)
    context = {
        "tab": "promote",
        "distributor": person,
        "form": form,
        "personal": personal,
        "named": named,
    }
    return render(request, "distribution/links.html", context)


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
    target = target_of(code)
    if request.method == "GET":
        record_click(request, code, target)
    return redirect(target)
