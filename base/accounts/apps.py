from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class AccountsConfig(AppConfig):
    name = "base.accounts"
    label = "accounts"
    verbose_name = pgettext_lazy("plural", "会员")

    def ready(self) -> None:
        from base.accounts.views.inbox import unread_badge
        from base.pages import personal_parts

        personal_parts["inbox"] = unread_badge
