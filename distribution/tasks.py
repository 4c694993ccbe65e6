"""What beat does for distribution. Safe to run twice and at the same time."""

from celery import shared_task
from django.utils import timezone

from distribution.desk import ranking
from distribution.editor import dry_runs
from distribution.money import commissions, forfeits
from distribution.programme import candidates, recruiting
from distribution.referral import click_buffer, clicks, recognition
from distribution.tiers import reviews as tier_reviews


@shared_task
def mature_commissions() -> int:
    """After what came to people who are banned is taken, so that it does not mature."""
    now = timezone.now()
    forfeits.forfeit_late(now)
    return commissions.mature_commissions(now)


@shared_task
def count_months() -> int:
    """This month's ranking, and last month's, which refunds still change."""
    now = timezone.now()
    months = (ranking.Period.MONTH, ranking.Period.LAST)
    return sum(ranking.count_results(period, at=now) for period in months)


@shared_task
def count_all_time() -> int:
    return ranking.count_results(ranking.Period.ALL, at=timezone.now())


@shared_task
def review_tiers() -> dict[str, int]:
    return dict(tier_reviews.review_tiers(timezone.now()))


# A year of a large shop takes a while; a run shows where it is.
LONG = 3600


@shared_task(time_limit=LONG)
def carry_out_dry_run(run_id: int) -> None:
    """Sent when a long dry run is asked for; beat makes up for one that was lost."""
    dry_runs.carry_out(run_id)


@shared_task(time_limit=LONG)
def carry_out_dry_runs() -> int:
    return dry_runs.carry_out_waiting()


@shared_task
def flush_clicks() -> int:
    return click_buffer.flush_clicks()


@shared_task
def prune_clicks() -> int:
    return clicks.prune_clicks(timezone.now())


@shared_task
def note_expiries() -> int:
    return recognition.note_expiries(timezone.now())


@shared_task
def count_candidates() -> int:
    return candidates.count_candidates(timezone.now())


@shared_task
def expire_invitations() -> int:
    return recruiting.expire_invitations(timezone.now())
