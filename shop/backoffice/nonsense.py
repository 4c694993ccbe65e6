"""What the admin's own code cannot read: the merchant is told so, instead of a server error.

Django draws what stands in an address or was sent in a form before anybody has checked it: a date
that is none, a key that is no number, a year beyond all calendars. Only an exception that began in
those drawers is answered here; one of ours stays an error.
"""

import logging
from collections.abc import Callable
from types import TracebackType

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

DRAWERS = (
    "django.contrib.admin.views.main",
    "django.contrib.admin.widgets",
    "django.forms.widgets",
    "unfold.widgets",
)
THEIRS = ("django.", "unfold.")
UNREADABLE = (AttributeError, OverflowError, TypeError, ValueError)
logger = logging.getLogger(__name__)


class NonsenseMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """The page without what was asked of it. Whatever the view had begun is undone by now."""
        match = request.resolver_match
        if match is None or match.app_name != "admin" or not (request.GET or request.POST):
            return None
        if not isinstance(exception, UNREADABLE) or not _is_drawing(exception.__traceback__):
            return None
        logger.warning("unreadable input at %s", request.path, exc_info=exception)
        messages.error(request, _("地址或表单里有看不懂的内容，什么都没有改。"))
        return redirect(request.path)


def _is_drawing(traceback: TracebackType | None) -> bool:
    """Whether it began in a drawer, and nothing but its own code was called from there."""
    found = False
    while traceback is not None:
        module = traceback.tb_frame.f_globals["__name__"]
        found = module in DRAWERS or (found and module.startswith(THEIRS))
        traceback = traceback.tb_next
    return found
