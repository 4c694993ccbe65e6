"""A member's own page and what they can change about themselves."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.access import MemberRequest, member
from base.accounts.codes import Purpose, WrongCode, redeem_code
from base.accounts.consents import missing_consents, record_consents
from base.accounts.contacts import Contact
from base.accounts.credentials import CannotChange, bind_email, unbind_email
from base.accounts.forms.entry import BindEmailForm, EmailRecipientForm
from base.accounts.forms.profile import ProfileForm
from base.accounts.models import User
from base.accounts.views.code_step import CodeStep, asks_for_code, step_for
from base.visitors import remember_visitor


@member
@never_cache
@require_safe
def me(request: MemberRequest) -> HttpResponse:
    context = {"missing_consents": missing_consents(request.user), "tab": "me"}
    return render(request, "accounts/me.html", context)


@member
@require_POST
def consents(request: MemberRequest) -> HttpResponse:
    """Agree to the documents in their current version."""
    record_consents(request.user, at=timezone.now())
    messages.success(request, _("已记录你的同意。"))
    return redirect("accounts:me")


@member
@never_cache
def profile(request: MemberRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        User.objects.filter(pk=request.user.pk).update(name=form.cleaned_data["name"])
        messages.success(request, _("资料已保存。"))
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form, "tab": "me"})


@member
@never_cache
def email(request: MemberRequest) -> HttpResponse:
    """Add a mail address or put another in its place, proved by a code sent to it."""
    step = CodeStep()
    form = BindEmailForm(initial={"account": request.POST.get("account", "")})
    if asks_for_code(request):
        recipient = EmailRecipientForm(request.POST)
        step = step_for(request, Purpose.EMAIL, recipient, _is_free_for(request.user))
        response = step.answer(request, form)
    else:
        form = BindEmailForm(request.POST) if request.method == "POST" else form
        response = _bind(request, form)
    if response is not None:
        return response
    return render(request, "accounts/email.html", {"form": form, "step": step, "tab": "me"})


def _is_free_for(user: User) -> Callable[[Contact], bool]:
    """Nothing is sent to an address that is somebody else's; the page does not tell."""

    def is_free(contact: Contact) -> bool:
        owner = contact.owner()
        return owner is None or owner == user

    return is_free


def _bind(request: MemberRequest, form: BindEmailForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    address, digits = form.cleaned_data["account"], form.cleaned_data["code"]
    browser = remember_visitor(request)
    try:
        redeem_code(Purpose.EMAIL, address, digits, browser=browser, at=timezone.now())
    except WrongCode as error:
        form.add_error("code", str(error))
        return None
    try:
        bind_email(request.user, address)
    except CannotChange as error:
        form.add_error("account", str(error))
        return None
    messages.success(request, _("邮箱已绑定，以后也可以用它登录。"))
    return redirect("accounts:profile")


@member
@require_POST
def email_removal(request: MemberRequest) -> HttpResponse:
    try:
        unbind_email(request.user)
        messages.success(request, _("邮箱已解绑。"))
    except CannotChange as error:
        messages.error(request, str(error))
    return redirect("accounts:profile")
