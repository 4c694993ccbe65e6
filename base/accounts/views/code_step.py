"""Asking for a code: the same step on every page that needs one.

A page's form has a second button named `send`. With JavaScript only the code's field is put in
anew; without it the page comes back, the number still in its place.
"""

from collections.abc import Callable
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.codes import Purpose, send_code
from base.accounts.contacts import Contact
from base.accounts.limits import TooOften
from base.models import Notice
from base.visitors import remember_visitor

HINT = "account_hint"


@dataclass(frozen=True)
class CodeStep:
    """How the request for a code went: where it was sent or why not, and how long to wait."""

    sent_to: str = ""
    problem: str = ""
    wait_seconds: int = 0

    def answer(self, request: HttpRequest, form: forms.Form) -> HttpResponse | None:
        """The field for htmx, a redirect when a code was sent, or None: show the page again."""
        if request.headers.get("HX-Request"):
            context = {"form": form, "step": self}
            return render(request, "accounts/code_field.html", context)
        if self.sent_to:
            messages.success(request, self.news)
            return redirect(request.get_full_path())
        return None

    @property
    def news(self) -> str:
        return _("验证码已发到 %(recipient)s，5 分钟内有效。") % {"recipient": self.sent_to}


def asks_for_code(request: HttpRequest) -> bool:
    return request.method == "POST" and "send" in request.POST


def step_for(
    request: HttpRequest,
    purpose: Purpose,
    recipient: forms.Form,
    is_known: Callable[[Contact], bool],
) -> CodeStep:
    """Send a code to the `account` of the recipient form, if it is one."""
    if not recipient.is_valid():
        return CodeStep(problem=str(recipient.errors["account"][0]))
    return step_to(request, purpose, recipient.cleaned_data["account"], is_known)


def step_to(
    request: HttpRequest, purpose: Purpose, contact: Contact, is_known: Callable[[Contact], bool]
) -> CodeStep:
    """Send a code to a contact and remember it for the page that asks for the digits."""
    remember_visitor(request)
    request.session[HINT] = contact.value
    ip = get_adapter().get_client_ip(request)
    try:
        wait = send_code(purpose, contact, ip=ip, is_known=is_known(contact), at=timezone.now())
    except TooOften as too_often:
        return CodeStep(problem=str(too_often), wait_seconds=too_often.seconds)
    return CodeStep(sent_to=contact.masked, wait_seconds=int(wait.total_seconds()))


def hinted(request: HttpRequest) -> str:
    """The number or address this visitor gave last, to fill in again."""
    return str(request.session.get(HINT, ""))


def anybody(contact: Contact) -> bool:
    return True


def reaches_somebody(contact: Contact) -> bool:
    """Phones always get their code, a new number can join with it; unknown mail addresses none."""
    return contact.channel == Notice.Channel.SMS or contact.owner() is not None
