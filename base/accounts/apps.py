from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class AccountsConfig(AppConfig):
    name = "base.accounts"
    label = "accounts"
    verbose_name = pgettext_lazy("plural", "会员")
