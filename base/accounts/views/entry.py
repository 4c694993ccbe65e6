"""Signing up, signing in and out.

The pages accept a POST by its origin instead of a token (`same_origin`): signing in in one tab
renews the token, and the form that waits in another tab must still work.
"""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from base.access import public, same_origin
from base.accounts import entry
from base.accounts.adapter import TooManyPasswords
from base.accounts.codes import Purpose, WrongCode, forget_proofs, is_proved, redeem_code
from base.accounts.contacts import BadContact, Contact, phone_from
from base.accounts.forms.entry import (
    ASK_CODE,
    ContactRecipientForm,
    PasswordSignInForm,
    PhoneRecipientForm,
    SignInForm,
    SignUpForm,
)
from base.accounts.views.code_step import (
    HINT,
    CodeStep,
    anybody,
    asks_for_code,
    hinted,
    reaches_somebody,
    step_for,
)
from base.accounts.views.onward import next_url, with_next
from base.models import Notice
from base.visitors import remember_visitor, visitor_of


@same_origin
@public
@never_cache
@sensitive_post_parameters("code")
def sign_in(request: HttpRequest) -> HttpResponse:
    """By a code sent to the phone or the mail address. A new number goes on to sign up."""
    if request.user.is_authenticated:
        return redirect(_destination(request))
    step = CodeStep()
    form = SignInForm(initial={"account": request.POST.get("account") or hinted(request)})
    if asks_for_code(request):
        recipient = ContactRecipientForm(request.POST)
        step = step_for(request, Purpose.SIGN_IN, recipient, reaches_somebody)
        response = step.answer(request, form)
    else:
        form = SignInForm(request.POST) if request.method == "POST" else form
        response = _sign_in_by_code(request, form)
    if response is not None:
        return response
    context = {"form": form, "step": step, "next": next_url(request), "tab": "me"}
    return render(request, "accounts/sign_in.html", context)


def _sign_in_by_code(request: HttpRequest, form: SignInForm) -> HttpResponse | None:
    """None: the form was not sent in, or says what is wrong."""
    if not form.is_valid():
        return None
    contact, digits = form.cleaned_data["account"], form.cleaned_data["code"]
    browser, at = remember_visitor(request), timezone.now()
    try:
        redeem_code(Purpose.SIGN_IN, contact, digits, browser=browser, at=at)
    except WrongCode as error:
        form.add_error("code", str(error))
        return None
    user = contact.owner()
    if user is not None:
        entry.mark_phone_proved(user, contact)
        return entry.sign_in(request, user, next_url=next_url(request))
    if contact.channel != Notice.Channel.SMS:
        form.add_error("account", _("这个邮箱没有绑定账号，请用手机号登录。"))
        return None
    request.session[HINT] = contact.value
    return redirect(with_next("account_signup", next_url(request)))


@same_origin
@public
@never_cache
@sensitive_post_parameters("password")
def sign_in_by_password(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(_destination(request))
    onward = next_url(request)
    if request.method == "POST":
        form = PasswordSignInForm(request.POST)
        if form.is_valid():
            contact, password = form.cleaned_data["account"], form.cleaned_data["password"]
            try:
                user = entry.check_password(request, contact, password)
                return entry.sign_in(request, user, next_url=onward)
            except (entry.WrongPassword, TooManyPasswords) as error:
                form.add_error(None, str(error))
    else:
        form = PasswordSignInForm(initial={"account": hinted(request)})
    context = {"form": form, "next": onward, "tab": "me"}
    return render(request, "accounts/sign_in_by_password.html", context)


@same_origin
@public
@never_cache
@sensitive_post_parameters("code", "password")
def sign_up(request: HttpRequest) -> HttpResponse:
    """By a phone number and its code; a number that is a member's already just signs in."""
    if request.user.is_authenticated:
        return redirect(_destination(request))
    step = CodeStep()
    typed = request.POST.get("account") or hinted(request)
    form = SignUpForm(initial={"account": typed, "agrees": "agrees" in request.POST})
    if asks_for_code(request):
        recipient = PhoneRecipientForm(request.POST)
        step = step_for(request, Purpose.SIGN_IN, recipient, anybody)
        response = step.answer(request, form)
    else:
        form = SignUpForm(request.POST) if request.method == "POST" else form
        response = _sign_up(request, form)
    if response is not None:
        return response
    context = {
        "form": form,
        "step": step,
        "next": next_url(request),
        "proved_phone": _proved_phone(request, typed),
        "tab": "me",
    }
    return render(request, "accounts/sign_up.html", context)


def _sign_up(request: HttpRequest, form: SignUpForm) -> HttpResponse | None:
    """None: the form was not sent in, or says what is wrong."""
    if not form.is_valid():
        return None
    phone, at = form.cleaned_data["account"], timezone.now()
    browser = remember_visitor(request)
    if not is_proved(Purpose.SIGN_IN, phone, browser=browser, at=at):
        digits = form.cleaned_data["code"]
        if not digits:
            form.add_error("code", ASK_CODE["required"])
            return None
        try:
            redeem_code(Purpose.SIGN_IN, phone, digits, browser=browser, at=at)
        except WrongCode as error:
            form.add_error("code", str(error))
            return None
    password = form.cleaned_data["password"] or None
    user, is_new = entry.sign_up(request, phone, password=password, at=at)
    if is_new:
        messages.success(request, _("注册成功，欢迎你！"))
    else:
        entry.mark_phone_proved(user, phone)
        messages.info(request, _("这个手机号已经注册过，已为你登录。"))
    return entry.sign_in(request, user, next_url=next_url(request))


def _proved_phone(request: HttpRequest, typed: str) -> Contact | None:
    """The number on the form, if this browser has proved it and need not do so again."""
    browser = visitor_of(request)
    try:
        phone = phone_from(typed)
    except BadContact:
        return None
    if browser is None or not is_proved(Purpose.SIGN_IN, phone, browser=browser, at=timezone.now()):
        return None
    return phone


@same_origin
@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    browser = visitor_of(request)
    if browser is not None:
        forget_proofs(browser)
    get_adapter().logout(request)
    messages.info(request, _("已退出登录。"))
    return redirect(resolve_url("account_login"))


@public
@never_cache
def inactive(request: HttpRequest) -> HttpResponse:
    """Whose account the merchant has closed."""
    return render(request, "accounts/inactive.html", {"tab": "me"})


def _destination(request: HttpRequest) -> str:
    return next_url(request) or resolve_url("accounts:me")
