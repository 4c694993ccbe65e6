from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from base.accounts import urls as accounts
from catalog.views.media import media
from orders.urls import notify_patterns
from shop import health

urlpatterns = i18n_patterns(
    path("admin/", admin.site.urls),
    path("", include("catalog.urls")),
    path("", include("orders.urls")),
    path("distribution/academy/", include("distribution.academy.urls")),
    path("", include("distribution.urls")),
    path("payouts/", include("payouts.urls")),
    path("accounts/", include(accounts.entry_routes)),
    path("me/", include("shop.support.urls")),
    path("me/", include("base.accounts.urls")),
    path("", include(accounts.document_routes)),
    *(
        [
            path("sandbox/", include("shop.sandbox.urls")),
            path("demo/", include("shop.demo.urls")),
        ]
        if settings.SANDBOX
        else []
    ),
    prefix_default_language=False,
)
urlpatterns += [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("notify/", include((notify_patterns, "notify"))),
]
if settings.SANDBOX or settings.DEBUG:
    urlpatterns.append(path("media/<path:path>", media))
