"""What this room does when something happens in the rooms below. One domain call each."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from base.accounts.models import User
from distribution.models import Commission, Distributor
from distribution.signals import balances_fell, commissions_held, leaving
from payouts import drafts


@receiver(balances_fell, dispatch_uid="payouts.balances_fell")
def on_balances_fell(distributor_ids: list[int], at: datetime, **kwargs: Any) -> None:
    drafts.rebuild_drafts(distributor_ids, at)


@receiver(commissions_held, dispatch_uid="payouts.commissions_held")
def on_commissions_held(commissions: list[Commission], at: datetime, **kwargs: Any) -> None:
    drafts.rebuild_without(commissions, at)


@receiver(leaving, dispatch_uid="payouts.leaving")
def on_leaving(distributor: Distributor, by: User | None, at: datetime, **kwargs: Any) -> None:
    drafts.return_unsent(distributor, by=by, at=at, reason=_("账号已封禁"))
