"""What a merchant has on the desk: a campaign that comes, a planned change, a draft with its try."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from base.accounts.models import User
from base.clock import beijing_date, day_start
from catalog.models import Category
from distribution.editor.change_sets import (
    create_change_set,
    draft_addition,
    draft_change,
    draft_policy,
)
from distribution.editor.dry_runs import carry_out, request_dry_run
from distribution.models import Rule
from distribution.rules import change_rule, publish_rule, rules_in_force
from shop.demo.goods import COMMISSIONS

TRIED_DAYS = 30


def plan_and_draft(merchant: User) -> None:
    """Rules of the future, and a draft for 双十二 that was tried on the last days."""
    now = timezone.now()
    today = day_start(beijing_date(now))
    shelves = [Category.objects.get(slug=slug) for slug in COMMISSIONS]
    rules = {
        rule.category_id: rule
        for rule in rules_in_force(now).filter(scope=Rule.Scope.CATEGORY, ends_at=None)
    }
    change_rule(
        rules[shelves[1].pk],
        by=merchant,
        at=today + timedelta(days=6),
        reason="下周起统一上调日用品佣金",
        rate1=Decimal("0.13"),
    )
    publish_rule(
        by=merchant,
        reason="圣诞周",
        scope=Rule.Scope.CATEGORY,
        category=shelves[2],
        rate1=Decimal("0.20"),
        rate2=Decimal("0.08"),
        starts_at=today + timedelta(days=20),
        ends_at=today + timedelta(days=30),
    )
    draft = create_change_set(by=merchant, name="双十二大促")
    shop_rule = rules_in_force(now).get(scope=Rule.Scope.SHOP, tier=None)
    draft_change(draft, shop_rule, by=merchant, rate1=Decimal("0.10"))
    draft_addition(
        draft,
        by=merchant,
        scope=Rule.Scope.CATEGORY,
        category=shelves[0],
        rate1=Decimal("0.28"),
        rate2=Decimal("0.15"),
        min_quantity=2,
    )
    draft_policy(draft, by=merchant, cap_rate=Decimal("0.4"), margin_guard=True)
    draft.refresh_from_db()
    last = beijing_date(now) - timedelta(days=1)
    run = request_dry_run(draft, last - timedelta(days=TRIED_DAYS - 1), last, by=merchant)
    carry_out(run.pk)
