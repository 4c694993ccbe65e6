"""Becoming a distributor: what it means, the agreement, and one button."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from base.access import public
from base.errors import DomainError
from distribution.balances import balance_of
from distribution.forms import JoinForm
from distribution.models import Distributor, Policy
from distribution.people import AGREEMENT_VERSION, join
from distribution.policy import current_policy
from distribution.states import Status
from distribution.wording import new_name


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def joining(request: HttpRequest) -> HttpResponse:
    """Everybody may read it; who is signed in may ask to join, once, or sees how they stand."""
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect("distribution:join")
    distributor = _distributor_of(request)
    if distributor and distributor.is_in_programme:
        return redirect("distribution:dashboard")
    form = JoinForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and request.user.is_authenticated:
        try:
            distributor = join(request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return _welcome(request, distributor)
    policy = current_policy()
    context = {
        "distributor": distributor,
        "form": form,
        "policy": policy,
        "may_ask": _may_ask(distributor, policy),
        "standing": distributor.standings.last() if distributor else None,
        "money": balance_of(distributor) if distributor and _has_left(distributor) else None,
        "version": AGREEMENT_VERSION,
    }
    return render(request, "distribution/join.html", context)


def _distributor_of(request: HttpRequest) -> Distributor | None:
    return Distributor.objects.filter(pk=request.user.pk).first()


def _may_ask(distributor: Distributor | None, policy: Policy) -> bool:
    if policy.joining == Policy.Joining.APPOINTED:
        return False
    return distributor is None or distributor.status in (Status.REJECTED, Status.RESIGNED)


def _has_left(distributor: Distributor) -> bool:
    return distributor.status in (Status.RESIGNED, Status.BANNED)


def _welcome(request: HttpRequest, distributor: Distributor) -> HttpResponse:
    if not distributor.is_in_programme:
        messages.success(request, _("申请已提交，商家审核后就可以开始推广。"))
        return redirect("distribution:join")
    messages.success(request, _("欢迎加入！从分享第一条链接开始吧。"))
    return redirect("distribution:dashboard")


@public
@require_safe
def agreement(request: HttpRequest, version: str = AGREEMENT_VERSION) -> HttpResponse:
    """The text somebody agrees to; every version stays readable."""
    language = "en" if get_language() == "en" else "zh"
    try:
        text = get_template(f"distribution/agreements/{version}.{language}.html")
    except TemplateDoesNotExist:
        raise Http404 from None
    context = {
        "version": version,
        "is_current": version == AGREEMENT_VERSION,
        "new_name": new_name(),
    }
    return HttpResponse(text.render(context, request))
