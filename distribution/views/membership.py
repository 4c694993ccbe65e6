"""Being a distributor: the agreement and its new versions, how to be reached, and leaving."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from base.access import public
from base.errors import DomainError
from distribution.access import distributor_of, earner, insider
from distribution.desk.wording import new_name
from distribution.forms import AcceptForm, ContactForm, ResignForm
from distribution.models import ContactDetails
from distribution.money.balances import balance_of
from distribution.programme.agreements import (
    NotInForce,
    accept_agreement,
    blocks_of,
    current_agreement,
    published,
)
from distribution.programme.joining import keep_contact
from distribution.programme.people import resign, was_in_programme
from distribution.states import Status


@public
@require_safe
def agreement(request: HttpRequest, version: str = "") -> HttpResponse:
    """The text somebody agrees to; every version that was ever in force stays readable."""
    now = timezone.now()
    in_force = current_agreement()
    found = published(now).filter(version=version).first() if version else in_force
    if found is None:
        raise Http404
    context = {
        "agreement": found,
        "blocks": blocks_of(found),
        "is_current": found == in_force,
        "new_name": new_name(),
    }
    return render(request, "distribution/agreement.html", context)


@insider
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def acceptance(request: HttpRequest) -> HttpResponse:
    """A new version is in force: read it, accept it, and go on where one was going."""
    person = distributor_of(request)
    onward = _onward(request)
    in_force = current_agreement()
    form = AcceptForm(
        request.POST if request.method == "POST" else None,
        initial={"version": in_force.version, "next": onward},
    )
    if form.is_valid():
        try:
            accept_agreement(person.user, version=form.cleaned_data["version"])
        except NotInForce as refusal:
            form.add_error(None, str(refusal))
            form.ask_again(in_force.version)
        else:
            messages.success(request, _("已记录你的同意，可以继续推广了。"))
            return redirect(onward)
    given = person.user.consents.filter(document="distribution").order_by("-at", "-pk").first()
    if given is not None and given.version == in_force.version:
        return redirect(onward)
    context = {
        "distributor": person,
        "agreement": in_force,
        "blocks": blocks_of(in_force),
        "form": form,
        "given": given,
        "money": balance_of(person),
    }
    return render(request, "distribution/acceptance.html", context)


def _onward(request: HttpRequest) -> str:
    """Where they were going: one of our own pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return wanted if is_ours else "distribution:dashboard"


@earner
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """How the merchant reaches them; theirs to change at any time. Who was never in has one only
    while they wait for an answer: what was forgotten is not asked for again."""
    person = distributor_of(request)
    is_newcomer = not person.is_in_programme and not was_in_programme(person)
    if is_newcomer and person.status != Status.APPLIED:
        return redirect("distribution:join")
    kept = ContactDetails.objects.filter(pk=person.pk).first()
    names = ("wechat", "phone", "city", "introduction")
    form = ContactForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(kept, name) for name in names} if kept else {},
    )
    if form.is_valid():
        try:
            keep_contact(person, form.contact(), at=timezone.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("联系方式已保存。"))
            return redirect("distribution:contact")
    context = {"distributor": person, "form": form, "is_newcomer": is_newcomer}
    return render(request, "distribution/contact.html", context)


@insider
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resignation(request: HttpRequest) -> HttpResponse:
    """Leaving: what becomes of each part of one's money, to the cent, before one decides."""
    person = distributor_of(request)
    form = ResignForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            resign(person, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("你已退出推广。已经赚到的佣金照常成熟和结算。"))
            return redirect("distribution:join")
    context = {
        "distributor": person,
        "form": form,
        "money": balance_of(person),
        "is_frozen": person.status == Status.FROZEN,
    }
    return render(request, "distribution/resignation.html", context)
