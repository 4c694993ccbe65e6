"""A new password, by a code: for who forgot it and for members alike."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from base.access import MemberRequest, member, public, same_origin
from base.accounts import entry
from base.accounts.codes import Purpose, WrongCode, redeem_code
from base.accounts.contacts import Contact, contact_of
from base.accounts.credentials import set_password
from base.accounts.forms.entry import ContactRecipientForm, NewPasswordForm, ResetPasswordForm
from base.accounts.views.code_step import (
    CodeStep,
    anybody,
    asks_for_code,
    hinted,
    reaches_somebody,
    step_for,
    step_to,
)
from base.accounts.views.onward import next_url
from base.visitors import remember_visitor


@same_origin
@public
@never_cache
@sensitive_post_parameters("code", "password")
def reset_password(request: HttpRequest) -> HttpResponse:
    """Set a new password with a code, and be signed in."""
    step = CodeStep()
    form = ResetPasswordForm(initial={"account": request.POST.get("account") or hinted(request)})
    if asks_for_code(request):
        recipient = ContactRecipientForm(request.POST)
        step = step_for(request, Purpose.PASSWORD, recipient, reaches_somebody)
        response = step.answer(request, form)
    else:
        form = ResetPasswordForm(request.POST) if request.method == "POST" else form
        response = _reset(request, form)
    if response is not None:
        return response
    context = {"form": form, "step": step, "next": next_url(request), "tab": "me"}
    return render(request, "accounts/reset_password.html", context)


def _reset(request: HttpRequest, form: ResetPasswordForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    contact: Contact = form.cleaned_data["account"]
    if not _redeem(request, form, contact):
        return None
    user = contact.owner()
    if user is None:
        form.add_error("account", _("这个号码还没有注册，请先注册。"))
        return None
    user = set_password(request, user, form.cleaned_data["password"])
    messages.success(request, _("新密码已生效。"))
    return entry.sign_in(request, user, next_url=next_url(request))


@member
@never_cache
@sensitive_post_parameters("code", "password")
def my_password(request: MemberRequest) -> HttpResponse:
    """Set the first password or another one; the code goes to the member's own phone."""
    contact, step, form = contact_of(request.user), CodeStep(), NewPasswordForm()
    response = None
    if contact is not None and asks_for_code(request):
        step = step_to(request, Purpose.PASSWORD, contact, anybody)
        response = step.answer(request, form)
    elif contact is not None and request.method == "POST":
        form = NewPasswordForm(request.POST)
        response = _change(request, form, contact)
    if response is not None:
        return response
    context = {"form": form, "step": step, "contact": contact, "tab": "me"}
    return render(request, "accounts/my_password.html", context)


def _change(request: MemberRequest, form: NewPasswordForm, contact: Contact) -> HttpResponse | None:
    if not (form.is_valid() and _redeem(request, form, contact)):
        return None
    set_password(request, request.user, form.cleaned_data["password"])
    messages.success(request, _("新密码已生效，其他设备上的登录已退出。"))
    return redirect("accounts:profile")


def _redeem(
    request: HttpRequest, form: ResetPasswordForm | NewPasswordForm, contact: Contact
) -> bool:
    """Use up the code, or put into the form what is wrong with it."""
    digits, browser = form.cleaned_data["code"], remember_visitor(request)
    try:
        redeem_code(Purpose.PASSWORD, contact, digits, browser=browser, at=timezone.now())
    except WrongCode as error:
        form.add_error("code", str(error))
        return False
    return True
