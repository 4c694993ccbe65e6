"""What coupons somebody has."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from base.access import MemberRequest, member
from base.pages import page_of
from orders.coupons import coupons_of, usable_coupons


@member
@never_cache
@require_safe
def coupons(request: MemberRequest) -> HttpResponse:
    """Those that can be used, or with `?state=past` those that cannot any more."""
    at = timezone.now()
    is_past = request.GET.get("state") == "past"
    usable = usable_coupons(request.user, at)
    rows = coupons_of(request.user).exclude(pk__in=usable.values("pk")) if is_past else usable
    page = page_of(request, rows, 20)
    return render(request, "orders/coupons.html", {"tab": "me", "page": page, "is_past": is_past})
