"""Pictures in the demo; in production the proxy serves the folder itself."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

from base.access import public

KEEP_SECONDS = 7 * 24 * 3600


@public
@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    response.headers["Cache-Control"] = f"public, max-age={KEEP_SECONDS}"
    return response
