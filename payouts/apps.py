from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class PayoutsConfig(AppConfig):
    name = "payouts"
    verbose_name = _("结算")

    def ready(self) -> None:
        from distribution.registries import forecasts
        from payouts import (
            news,
            receivers,  # noqa: F401  (connects the receivers)
        )
        from payouts.outlook import next_payout

        forecasts["payouts"] = next_payout
        news.register()
        if settings.SANDBOX:
            from payouts.channels import channels
            from payouts.sandbox import Sandbox

            channels[Sandbox.code] = Sandbox()
