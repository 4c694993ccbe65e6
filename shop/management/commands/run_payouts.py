from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from base.clock import beijing_date
from payouts.models import Run
from payouts.runs import Preview, preview_due, run_due
from payouts.states import SkipReason
from shop.management.moments import day


class Command(BaseCommand):
    help = "执行当日到期的结算计划。Run the payout schedules that are due on a Beijing day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=day, default=None, help="YYYY-MM-DD; default: today")
        parser.add_argument("--dry-run", action="store_true", help="show, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        on = options["on"] or beijing_date(timezone.now())
        if options["dry_run"]:
            previews = preview_due(on)
            for preview in previews:
                self._show_preview(preview)
            found = bool(previews)
        else:
            runs = run_due(on)
            for run in runs:
                self._show_run(run)
            found = bool(runs)
        if not found:
            self.stdout.write(f"{on}: no schedule is due")

    def _show_preview(self, preview: Preview) -> None:
        title = f"{preview.schedule} {preview.period}"
        if preview.has_run:
            self.stdout.write(f"{title}: has run already")
            return
        self.stdout.write(f"{title}: {len(preview.payouts)} payouts, ¥{preview.total} (dry run)")
        for candidate in preview.payouts:
            self.stdout.write(f"  {candidate.member_no}: ¥{candidate.available}")
        for candidate, reason in preview.skips:
            self._show_skip(candidate.member_no, candidate.available, reason)

    def _show_run(self, run: Run) -> None:
        payouts = list(run.payouts.select_related("distributor__user"))
        total = sum(payout.amount for payout in payouts)
        self.stdout.write(f"{run}: {len(payouts)} payouts, ¥{total}")
        for payout in payouts:
            member_no = payout.distributor.user.member_no
            self.stdout.write(f"  {member_no}: ¥{payout.amount} {payout.number} {payout.state}")
        for skip in run.skips.select_related("distributor__user"):
            self._show_skip(
                skip.distributor.user.member_no, skip.available, SkipReason(skip.reason)
            )

    def _show_skip(self, who: str, available: Decimal, reason: SkipReason) -> None:
        self.stdout.write(f"  {who}: skipped, {reason} ({reason.label}), ¥{available}")
