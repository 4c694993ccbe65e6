"""Becoming a distributor: what it means, the agreement, what is missing, and one button."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from base.access import public
from base.accounts.models import User
from base.errors import DomainError
from distribution.access import distributor_of, earner
from distribution.forms import JoinForm
from distribution.models import ContactDetails, Distributor, Invitation, Policy
from distribution.money.balances import balance_of
from distribution.policy import current_policy
from distribution.programme.agreements import NotInForce, current_agreement
from distribution.programme.joining import Contact, progress_of
from distribution.programme.people import join, was_in_programme, withdraw_application
from distribution.programme.recruiting import accept_invitation, open_invitation
from distribution.states import LEFT, OPEN_INVITATIONS, Status
from orders.coupons import why_not_issued


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def joining(request: HttpRequest) -> HttpResponse:
    """Everybody may read it; who is signed in may ask to join, once, or sees how they stand."""
    code = request.GET.get("invitation", "")
    if code and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect("distribution:join")
    distributor = _distributor_of(request)
    if distributor and distributor.is_in_programme:
        return redirect("distribution:dashboard")
    invitation = _invitation_of(request)
    agreement = current_agreement()
    form = JoinForm(
        request.POST if request.method == "POST" else None,
        initial=_known_of(distributor) | {"version": agreement.version},
    )
    if form.is_valid() and request.user.is_authenticated:
        version = form.cleaned_data["version"]
        try:
            distributor = _join(request.user, invitation, form.contact(), version)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            if isinstance(refusal, NotInForce):
                form.ask_again(agreement.version)
        else:
            return _welcome(request, distributor, invitation)
    policy, now = current_policy(), timezone.now()
    person = request.user if isinstance(request.user, User) else None
    progress = progress_of(person, policy, at=now) if person and not invitation else None
    may_ask = bool(invitation) or _may_ask(distributor, policy)
    context = {
        "distributor": distributor,
        "form": form,
        "policy": policy,
        "progress": progress,
        "may_ask": may_ask,
        "shows_form": bool(person) and may_ask and (progress is None or progress.is_met),
        "invitation": invitation,
        "is_over": bool(code) and invitation is None,
        "no_gift": _why_no_gift(invitation),
        "standing": distributor.standings.last() if distributor else None,
        "money": balance_of(distributor) if distributor and was_in_programme(distributor) else None,
        "agreement": agreement,
    }
    return render(request, "distribution/join.html", context)


def _distributor_of(request: HttpRequest) -> Distributor | None:
    return Distributor.objects.select_related("contact").filter(pk=request.user.pk).first()


def _invitation_of(request: HttpRequest) -> Invitation | None:
    """The reader's own that can be accepted, noted as opened; at most one is open.

    Who was asked need not find the message again to be let in as one who was asked.
    """
    if not isinstance(request.user, User):
        return None
    in_force = Invitation.objects.filter(
        member=request.user, state__in=OPEN_INVITATIONS, expires_at__gt=timezone.now()
    )
    code = in_force.values_list("code", flat=True).first()
    return open_invitation(request.user, code) if code else None


def _join(user: User, invitation: Invitation | None, contact: Contact, version: str) -> Distributor:
    if invitation is not None:
        return accept_invitation(invitation, contact=contact, version=version)
    return join(user, contact=contact, version=version)


def _known_of(distributor: Distributor | None) -> dict[str, Any]:
    """What an earlier application said, so that nobody types it twice."""
    try:
        contact = distributor.contact if distributor else None
    except ContactDetails.DoesNotExist:
        contact = None
    names = ("wechat", "phone", "city", "introduction")
    return {name: getattr(contact, name) for name in names} if contact else {}


def _may_ask(distributor: Distributor | None, policy: Policy) -> bool:
    if policy.joining == Policy.Joining.APPOINTED:
        return False
    if distributor is not None and distributor.status == Status.APPLIED:
        return policy.admits_by_itself
    return distributor is None or distributor.status in (*LEFT, Status.REJECTED)


def _why_no_gift(invitation: Invitation | None) -> str:
    """Before they decide: what the invitation offered may be gone by now."""
    if invitation is None or invitation.offer is None:
        return ""
    return why_not_issued(invitation.member, invitation.offer)


def _welcome(
    request: HttpRequest, distributor: Distributor, invitation: Invitation | None
) -> HttpResponse:
    if not distributor.is_in_programme:
        messages.success(request, _("申请已提交，商家审核后就可以开始推广。"))
        return redirect("distribution:join")
    messages.success(request, _("欢迎加入！从分享第一条链接开始吧。"))
    if invitation is not None and invitation.offer is not None:
        invitation.refresh_from_db(fields=["coupon"])
        name = {"name": invitation.offer.title}
        if invitation.coupon_id is None:
            messages.warning(request, _("加入礼“%(name)s”已经发完，没能送出。") % name)
        else:
            messages.success(request, _("“%(name)s”已放进你的优惠券。") % name)
    return redirect("distribution:dashboard")


@earner
@require_POST
def application_withdrawal(request: HttpRequest) -> HttpResponse:
    """The applicant's own no, as long as nobody has decided."""
    try:
        withdraw_application(distributor_of(request))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("申请已撤回。想加入时，随时可以再申请。"))
    return redirect("distribution:join")
