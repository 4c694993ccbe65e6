"""The phone in the demo: takes the text messages and mails the shop sends, and shows them."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.sandbox.access import public, signed
from shop.sandbox.envelope import sealed_answer
from shop.sandbox.models import SandboxMessage

SHOWN = 40
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
MOBILE_NUMBER = re.compile(r"1[3-9]\d{9}")
MAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@signed
def receive_sms(request: HttpRequest, payload: dict[str, Any]) -> HttpResponse:
    return _receive(SandboxMessage.Kind.SMS, MOBILE_NUMBER, payload)


@signed
def receive_mail(request: HttpRequest, payload: dict[str, Any]) -> HttpResponse:
    return _receive(SandboxMessage.Kind.MAIL, MAIL_ADDRESS, payload)


def _receive(kind: str, address: re.Pattern[str], payload: dict[str, Any]) -> HttpResponse:
    """Keep the message; the same reference again is accepted and not kept twice."""
    reference, to, text = (str(payload.get(key, "")) for key in ("reference", "to", "text"))
    if not 1 <= len(reference) <= 40:
        return sealed_answer({"error": "a reference of at most 40 characters is needed"}, 400)
    if len(to) > 254 or not address.fullmatch(to):
        return sealed_answer({"error": "no such recipient"}, 422)
    if not text:
        return sealed_answer({"error": "an empty message"}, 400)
    _message, is_new = SandboxMessage.objects.get_or_create(
        kind=kind,
        reference=reference,
        recipient=to,
        defaults={"subject": str(payload.get("subject", ""))[:120], "text": text},
    )
    return sealed_answer({"reference": reference, "repeated": not is_new})


@public
@never_cache
@require_safe
def phone(request: HttpRequest) -> HttpResponse:
    """The newest messages; with `?to=` those of one number. `?after=` asks for news only."""
    messages = SandboxMessage.objects.order_by("-pk")
    to = request.GET.get("to", "").strip()
    if to:
        messages = messages.filter(recipient=to)
    shown = list(messages[:SHOWN])
    newest = str(shown[0].pk) if shown else "0"
    if request.headers.get("HX-Request") and request.GET.get("after") == newest:
        return HttpResponse(status=204)
    for message in shown:
        message.parts = _around_code(message.text)  # type: ignore[attr-defined]  # for the page
    part = "#inbox" if request.headers.get("HX-Request") else ""
    context = {"inbox": shown, "newest": newest, "to": to}
    return render(request, f"sandbox/phone.html{part}", context)


def _around_code(text: str) -> tuple[str, str, str]:
    """The text before a six-digit code, the code, and the text after it."""
    found = CODE.search(text)
    if found is None:
        return text, "", ""
    return text[: found.start()], found.group(), text[found.end() :]
