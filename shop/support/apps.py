from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    name = "shop.support"
    label = "support"
    verbose_name = _("客服与公告")

    def ready(self) -> None:
        from base.inbox import unread_counters
        from shop.backoffice.board import more_work
        from shop.support import news
        from shop.support.announcements import count_unread
        from shop.support.tickets import waiting_work

        news.register()
        unread_counters["announcements"] = count_unread
        more_work["support.view_ticket"] = waiting_work
