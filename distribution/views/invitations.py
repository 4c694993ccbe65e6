"""A member's answer to an invitation that is not a yes; the yes is joining."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from base.access import MemberRequest, member
from base.errors import DomainError
from distribution.models import Invitation
from distribution.programme.recruiting import decline_invitation


@member
@require_POST
def refusal(request: MemberRequest, code: str) -> HttpResponse:
    invitation = get_object_or_404(Invitation, member=request.user, code=code)
    try:
        decline_invitation(invitation)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("已婉拒邀请，以后想加入随时欢迎。"))
    return redirect("accounts:me")
