from typing import Any

from django.core.management.base import BaseCommand

from shop.demo.fill import fill_demo


class Command(BaseCommand):
    help = "填充演示商城（只填一次）。Fill the demo shop, once."

    def handle(self, *args: Any, **options: Any) -> None:
        filled = fill_demo()
        self.stdout.write(
            "演示数据已就绪 · demo ready" if filled else "演示数据已存在 · demo is there"
        )
