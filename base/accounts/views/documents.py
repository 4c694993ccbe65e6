"""The texts everybody must be able to read before they agree to them, and the page of help."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from base.access import public
from base.accounts.consents import CURRENT_VERSIONS
from base.accounts.models import Consent
from base.pages import shared_page


@public
@shared_page
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    return _document(
        request, "terms", _("用户协议"), version=CURRENT_VERSIONS[Consent.Document.TERMS]
    )


@public
@shared_page
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return _document(
        request, "privacy", _("隐私政策"), version=CURRENT_VERSIONS[Consent.Document.PRIVACY]
    )


@public
@shared_page
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return _document(
        request,
        "help",
        _("帮助"),
        unpaid_minutes=settings.UNPAID_MINUTES,
        auto_receive_days=settings.AUTO_RECEIVE_DAYS,
    )


def _document(request: HttpRequest, name: str, heading: str, **facts: object) -> HttpResponse:
    """A document in the reader's language; each language is a text of its own."""
    language = "en" if get_language() == "en" else "zh"
    context = {"heading": heading, "text": f"accounts/documents/{name}.{language}.html", **facts}
    return render(request, "accounts/document.html", context)
