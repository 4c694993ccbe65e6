from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskConfig(AppConfig):
    name = "distribution.risk"
    label = "risk"
    verbose_name = _("风险")

    def ready(self) -> None:
        from distribution.registries import review_words
        from distribution.risk import (
            news,
            receivers,  # noqa: F401  (connects the receivers)
        )
        from distribution.risk.words import words_for_the_payee

        review_words["risk"] = words_for_the_payee
        news.register()
