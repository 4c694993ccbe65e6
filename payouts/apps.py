from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    name = "payouts"
    verbose_name = "结算"

    def ready(self) -> None:
        from payouts import receivers  # noqa: F401  (connects the receivers)
