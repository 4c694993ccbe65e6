from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DistributionConfig(AppConfig):
    name = "distribution"
    verbose_name = _("分销")

    def ready(self) -> None:
        from base.pages import personal_parts
        from distribution import news, receivers  # noqa: F401  (connects the receivers)
        from distribution.sharing import promo_codes
        from distribution.tiers.privileges import tier_discount
        from distribution.views.personal import own_price, promote_tab
        from distribution.views.shares import share_earnings
        from orders.registries import discount_sources, redemptions

        personal_parts["distribution"] = promote_tab
        personal_parts["own_price"] = own_price
        personal_parts["share_earnings"] = share_earnings
        discount_sources["tier"] = tier_discount
        news.register()
        discount_sources[promo_codes.NAME] = promo_codes.promo_discount
        redemptions[promo_codes.NAME] = promo_codes.redeem_code
