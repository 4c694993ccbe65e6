from django.apps import AppConfig


class DistributionConfig(AppConfig):
    name = "distribution"
    verbose_name = "分销"

    def ready(self) -> None:
        from base.pages import personal_parts
        from distribution import receivers  # noqa: F401  (connects the receivers)
        from distribution.views.personal import promote_tab

        personal_parts["distribution"] = promote_tab
