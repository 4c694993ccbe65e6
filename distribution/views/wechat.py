"""What a page inside WeChat is told, so that sharing it carries the sharer's own link.

Pages stay the same for every guest; this small answer is personal and comes after them.
"""

import logging
from urllib.parse import SplitResult, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import public
from base.gateways.wechat import NoTicket, sign_page
from distribution.referral.links import PARAMETER
from distribution.states import Status
from distribution.views.personal import person_in_programme

logger = logging.getLogger(__name__)

LONGEST = 2000


@public
@never_cache
@require_safe
def share(request: HttpRequest) -> HttpResponse:
    """`?url=`: the signature of that page of ours for `wx.config`, and the link to share. 204 when
    WeChat is not set up or gives no ticket; 400 for a page of somebody else's."""
    if not settings.WECHAT_APP_ID:
        return HttpResponse(status=204)
    url = request.GET.get("url", "")
    page = _own_page(request, url)
    if page is None:
        return HttpResponse(status=400)
    try:
        signature = sign_page(url)
    except NoTicket as error:
        logger.warning("no WeChat ticket: %s", error)
        return HttpResponse(status=204)
    return JsonResponse(
        {
            "appId": signature.app_id,
            "timestamp": signature.timestamp,
            "nonceStr": signature.nonce,
            "signature": signature.signature,
            "link": _link(request, page),
            "picture": f"{settings.BASE_URL}{static('icon-180.png')}",
        }
    )


def _own_page(request: HttpRequest, url: str) -> SplitResult | None:
    """The parts of an address of this shop, by the name the browser came by."""
    if len(url) > LONGEST or "#" in url or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    hosts = {request.get_host(), urlsplit(settings.BASE_URL).netloc}
    is_ours = parts.scheme in ("http", "https") and parts.netloc in hosts
    return parts if is_ours else None


def _link(request: HttpRequest, page: SplitResult) -> str:
    """The page under the shop's public name: with the code of an approved distributor, else plain.
    Somebody else's code in the address is not passed on by them."""
    person = person_in_programme(request)
    query = [
        part for part in page.query.split("&") if part.partition("=")[0] not in ("", PARAMETER)
    ]
    if person is not None and person.status == Status.APPROVED:
        query.append(urlencode({PARAMETER: person.code}))
    path = page.path or "/"
    return f"{settings.BASE_URL}{path}" + (f"?{'&'.join(query)}" if query else "")
