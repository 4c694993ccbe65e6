from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "base.accounts"
    label = "accounts"
    verbose_name = "会员"
