from django.apps import AppConfig


class DistributionConfig(AppConfig):
    name = "distribution"
    verbose_name = "分销"

    def ready(self) -> None:
        from distribution import receivers  # noqa: F401  (connects the receivers)
