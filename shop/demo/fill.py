"""Filling the demo: goods, policy and rules, people, and ninety days of trade. Once."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from base.accounts.models import User
from catalog.models import Category
from distribution.models import Policy, PromoCode, Tier
from distribution.policy import publish_policy
from distribution.rules import change_rule, publish_rule
from distribution.sharing.promo_codes import save_promo_code
from orders.models import OrderEvent
from orders.sales import refresh_sold
from payouts.books import check_books
from payouts.models import Schedule
from shop.demo.drafts import plan_and_draft
from shop.demo.goods import COMMISSIONS, FIXED_COMMISSIONS, fill_goods
from shop.demo.joining import OPEN_AGAIN, SELECTIVE_FOR, fill_joining
from shop.demo.learning import fill_learning
from shop.demo.people import MERCHANT, PASSWORD, SIGN_INS, Cast, cast_everybody
from shop.demo.recruiting import invite_some
from shop.demo.risk import show_risks
from shop.demo.selling import pick_goods
from shop.demo.tiers import set_tiers
from shop.demo.trade import CHANNEL, OWNED_CODE, PROMO_CODE, Trade, prompt_gateways

DAYS = 90
ORDERS = 320


def fill_demo() -> bool:
    """Fill an empty shop, all or nothing. False when it has been filled before."""
    fill_goods()
    if User.objects.filter(phone=MERCHANT.phone).exists():
        return False
    random = Random(20261123)
    opening = timezone.now() - timedelta(days=DAYS)
    with transaction.atomic(), prompt_gateways():
        _set_rules(opening)
        _set_schedules(opening)
        cast = cast_everybody(random, opening + timedelta(hours=1))
        _set_promo_codes(cast, opening)
        Trade(cast, random).live(opening, ORDERS)
        fill_joining(cast, timezone.now())
        invite_some(cast)
        refresh_sold(opening)
        fill_learning(cast, random, opening)
        plan_and_draft(cast.merchant)
        show_risks(cast.merchant)
        # A draw of its own, so that the rest of the demo stays as it was.
        pick_goods(cast, Random(20261125))
        _prove()
    write_accounts()
    return True


def _set_rules(opening: datetime) -> None:
    """Rates as shops of this kind set them, a campaign, a better tier, and one change of mind."""
    now = timezone.now()
    publish_policy(by=None, at=opening, joining=Policy.Joining.OPEN)
    publish_policy(by=None, at=now - SELECTIVE_FOR, joining=Policy.Joining.APPLY)
    publish_policy(by=None, at=now - OPEN_AGAIN, joining=Policy.Joining.OPEN)
    publish_rule(by=None, at=opening, scope="shop", rate1=Decimal("0.08"), rate2=Decimal("0.03"))
    for slug, (level1, level2, base) in COMMISSIONS.items():
        category = Category.objects.get(slug=slug)
        rule = publish_rule(
            by=None,
            at=opening,
            scope="category",
            category=category,
            base=base,
            rate1=level1,
            rate2=level2,
        )
    for slug, (amount1, amount2) in FIXED_COMMISSIONS.items():
        category = Category.objects.get(slug=slug)
        publish_rule(
            by=None,
            at=opening,
            scope="category",
            category=category,
            amount1=amount1,
            amount2=amount2,
        )
    change_rule(rule, by=None, at=opening + timedelta(days=40), rate1=level1 + Decimal("0.01"))
    beauty = Category.objects.get(slug=next(iter(COMMISSIONS)))
    publish_rule(
        by=None,
        at=opening,
        scope="category",
        category=beauty,
        rate1=Decimal("0.30"),
        rate2=Decimal("0.12"),
        starts_at=now - timedelta(days=12),
        ends_at=now + timedelta(days=3),
    )
    publish_rule(
        by=None,
        at=opening,
        scope="shop",
        tier=Tier.objects.get(code="gold"),
        rate1=Decimal("0.10"),
        rate2=Decimal("0.04"),
    )
    set_tiers(opening)


def _set_promo_codes(cast: Cast, opening: datetime) -> None:
    """One of the shop's own, one that belongs to a distributor, one that is over."""
    amount, share = Decimal("10.00"), Decimal("0.05")
    codes = (
        PromoCode(code=PROMO_CODE, amount=amount, minimum=Decimal("99.00"), most_per_person=None),
        PromoCode(code=OWNED_CODE, owner=cast.first[0], percent=share),
        PromoCode(code="OPENING", percent=share, ends_at=opening + timedelta(days=30)),
    )
    for code in codes:
        code.created_at = opening
        save_promo_code(code, by=cast.merchant)


def _set_schedules(opening: datetime) -> None:
    Schedule.objects.filter(kind=Schedule.Kind.WEEKLY).update(
        channel=CHANNEL, created_at=opening, minimum=Decimal("5.00")
    )
    for name, kind in (("每月结算", Schedule.Kind.MONTHLY), ("满额结算", Schedule.Kind.THRESHOLD)):
        Schedule.objects.create(name=name, kind=kind, channel=CHANNEL, is_active=False)


def _prove() -> None:
    """A demo whose books do not agree is not shown to anybody."""
    failed = OrderEvent.objects.filter(handled_at=None)
    problems = [f"{event}: {event.error}" for event in failed] + check_books()
    if problems:
        raise RuntimeError("; ".join(problems[:5]))


def write_accounts() -> None:
    """Where `make run` reads the sign-ins it prints."""
    lines = [f"{f'{s.role} {s.role_en}':<40} {s.phone}  {PASSWORD}" for s in SIGN_INS]
    path = settings.ROOT / "var" / "demo-accounts.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
