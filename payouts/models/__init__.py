from payouts.models.payout import Payout, PayoutAttempt, Skip
from payouts.models.run import Run, Schedule

__all__ = ["Payout", "PayoutAttempt", "Run", "Schedule", "Skip"]
