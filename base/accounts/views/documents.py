"""The texts everybody must be able to read before they agree to them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from base.access import public
from base.accounts.consents import CURRENT_VERSIONS
from base.accounts.models import Consent
from base.pages import shared_page


@public
@shared_page
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    return _document(request, Consent.Document.TERMS)


@public
@shared_page
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return _document(request, Consent.Document.PRIVACY)


def _document(request: HttpRequest, document: Consent.Document) -> HttpResponse:
    """The document in the reader's language; each language is a text of its own."""
    language = "en" if get_language() == "en" else "zh"
    context = {
        "document": document,
        "text": f"accounts/documents/{document}.{language}.html",
        "version": CURRENT_VERSIONS[document],
    }
    return render(request, "accounts/document.html", context)
