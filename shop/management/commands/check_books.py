from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payouts.books import check_books


class Command(BaseCommand):
    help = "核对账目：有差异时列出并以 1 退出。Prove the books; exit 1 and list the differences."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = check_books()
        for difference in differences:
            self.stdout.write(difference)
        if differences:
            raise CommandError(f"{len(differences)} differences", returncode=1)
        self.stdout.write("账目相符 · the books are right")
