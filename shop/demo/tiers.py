"""What the demo's tiers ask for and give; everybody is reviewed every night of its ninety days."""

from datetime import datetime
from decimal import Decimal

from distribution.models import PositionPrivileges, Tier, TierTask, TierUplift

Kind = TierTask.Kind

# By code: the tasks, whether all of them are needed, own-purchase discount, materials, recruits.
TIERS: dict[str, tuple[dict[Kind, int], str, str, int, int | None]] = {
    "bronze": ({}, "all", "0", 0, 5),
    "silver": ({Kind.SALES: 600, Kind.ORDERS: 5}, "any", "0.03", 1, 10),
    "gold": ({Kind.SALES: 1200, Kind.CUSTOMERS: 3}, "all", "0.05", 2, 30),
    "platinum": ({Kind.SALES: 6000, Kind.CUSTOMERS: 6}, "all", "0.08", 3, None),
}


def set_tiers(opening: datetime) -> None:
    """Four tiers by the month; the highest adds 10 % to every commission."""
    platinum = Tier.objects.create(code="platinum", name="铂金", name_en="Platinum", rank=4)
    TierUplift.objects.create(tier=platinum, uplift=Decimal("0.10"), valid_from=opening)
    for code, (tasks, needed, discount, level, limit) in TIERS.items():
        tier = Tier.objects.get(code=code)
        tier.tasks_needed, tier.own_discount = needed, Decimal(discount)
        tier.material_level, tier.recruit_limit = level, limit
        tier.save()
        TierTask.objects.bulk_create(
            TierTask(tier=tier, kind=kind, target=target) for kind, target in tasks.items()
        )
    PositionPrivileges.objects.filter(position="second").update(recruit_limit=6)
