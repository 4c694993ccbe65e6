"""What may this distributor do: the privileges of their position and of their tier, as one.

The rule, in one sentence: the discount and the materials are the better of the two, the number of
people they may bring in is the stricter of the two; the uplift is the tier's alone. Only an
approved distributor has any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.money import ZERO, percent, round_cent
from distribution.models import (
    Distributor,
    PositionPrivileges,
    Recruitment,
    Tier,
    TierUplift,
)
from distribution.models.privileges import Privileged
from distribution.referral.relations import in_force, lock_chains
from distribution.states import IN_PROGRAMME, Position, Status
from orders.pricing import PricedLine
from orders.registries import Discount


@dataclass(frozen=True)
class Privileges:
    """`own_discount` is a share (0.05 = 5 % off); a `recruit_limit` of None is no limit."""

    position: Position
    tier: Tier | None
    is_active: bool
    own_discount: Decimal
    material_level: int
    recruit_limit: int | None
    uplift: Decimal

    @property
    def may_recruit(self) -> bool:
        return self.recruit_limit != 0

    def may_take(self, level: int) -> bool:
        """Whether materials of this level may be taken; level 0 is for every distributor."""
        return self.is_active and level <= self.material_level


@dataclass(frozen=True)
class RecruitRoom:
    """How many distributors somebody has brought in who are still there, and how many they may."""

    used: int
    limit: int | None

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def is_open(self) -> bool:
        return self.left != 0


def combine(
    by_position: Privileged, tier: Tier | None, *, is_active: bool, uplift: Decimal = ZERO
) -> Privileges:
    """The rule of this module, without any query."""
    position = Position(by_position.position)  # type: ignore[attr-defined]  # of PositionPrivileges
    if not is_active:
        return Privileges(position, tier, False, Decimal(0), 0, 0, Decimal(0))
    sources = [by_position, tier] if tier else [by_position]
    limits = [s.recruit_limit for s in sources if s.recruit_limit is not None]
    return Privileges(
        position,
        tier,
        True,
        max(source.own_discount for source in sources),
        max(source.material_level for source in sources),
        min(limits, default=None),
        uplift,
    )


def privileges_of(distributor: Distributor, *, at: datetime | None = None) -> Privileges:
    """What this distributor may do now (`at` names a moment for the position and the uplift).

    Two queries, one of them for the distributor as they are stored.
    """
    privileges = _privileges(distributor.pk, at or timezone.now())
    if privileges is None:
        raise Distributor.DoesNotExist(f"no distributor {distributor.pk}")
    return privileges


def _privileges(person_id: int, at: datetime) -> Privileges | None:
    """None for somebody who is no distributor."""
    uplifts = TierUplift.objects.filter(tier=OuterRef("tier"), valid_from__lte=at)
    recruited = Recruitment.objects.filter(in_force(at), distributor=OuterRef("pk"))
    row = (
        Distributor.objects.filter(pk=person_id)
        .select_related("tier")
        .annotate(
            is_recruited=Exists(recruited),
            uplift=Subquery(uplifts.order_by("-valid_from", "-pk").values("uplift")[:1]),
        )
        .first()
    )
    if row is None:
        return None
    position = Position.SECOND if row.is_recruited else Position.FIRST
    return combine(
        PositionPrivileges.objects.get(position=position),
        row.tier,
        is_active=row.status == Status.APPROVED,
        uplift=row.uplift or Decimal(0),
    )


def recruit_room(distributor: Distributor, *, at: datetime | None = None) -> RecruitRoom:
    """How many more this distributor may bring in: three queries."""
    at = at or timezone.now()
    limit = privileges_of(distributor, at=at).recruit_limit
    return RecruitRoom(recruits_now(distributor, at), limit)


def recruits_now(recruiter: Distributor, at: datetime) -> int:
    """Whom they brought in and who is in the programme. A relation that begins later counts too:
    somebody may have come in while we waited."""
    not_over = Q(ends_at=None) | Q(ends_at__gt=at)
    return Recruitment.objects.filter(
        not_over, recruiter=recruiter, distributor__status__in=IN_PROGRAMME
    ).count()


def takes_one_more(recruiter: Distributor, *, at: datetime) -> bool:
    """Whether this distributor may bring in one more person now.

    Locks the chains, and no other person's row, so that two who join at the same moment are
    counted one after the other and nobody waits in a circle.
    """
    lock_chains([recruiter.pk])
    return recruit_room(recruiter, at=at).is_open


def own_discount_of(person_id: int) -> Decimal | None:
    """The share a person has off what they buy now; None for somebody without one."""
    privileges = _privileges(person_id, timezone.now())
    return (privileges.own_discount or None) if privileges else None


def price_for_oneself(price: Decimal, share: Decimal) -> Decimal:
    """What an order of this amount costs with a share off."""
    return price - round_cent(price * share)


def tier_discount(lines: Sequence[PricedLine], buyer: User, chosen: str) -> Discount | None:
    """A distributor who buys for themselves pays less: orders' discount source "tier".

    Rounded half up on the whole order, then spread over its lines like every discount.
    """
    share = own_discount_of(buyer.pk)
    if share is None:
        return None
    goods = sum((line.left for line in lines), ZERO)
    label = _("分销商自购优惠 %(share)s") % {"share": percent(share)}
    return Discount(label, goods - price_for_oneself(goods, share), range(len(lines)))


def in_words(row: Privileged) -> str:
    """What one position or tier allows, for the merchant."""
    words = []
    if row.own_discount:
        words.append(_("自购优惠 %(share)s") % {"share": percent(row.own_discount)})
    words.append(_("素材级别 %(level)d") % {"level": row.material_level})
    if row.recruit_limit is None:
        words.append(_("带人不限"))
    elif row.recruit_limit == 0:
        words.append(_("不可带人"))
    else:
        words.append(_("最多带 %(number)d 人") % {"number": row.recruit_limit})
    return " · ".join(words)


def for_oneself(privileges: Privileges) -> list[str]:
    """What somebody has, said to them; who may bring in nobody has no line about it."""
    words = []
    if not privileges.is_active:
        return [_("账号目前不是正常状态，暂时没有权益。")]
    if privileges.own_discount:
        words.append(_("自己买东西减 %(share)s") % {"share": percent(privileges.own_discount)})
    if privileges.uplift:
        words.append(_("每笔佣金加成 %(share)s") % {"share": percent(privileges.uplift)})
    if privileges.material_level:
        words.append(_("可取用 %(level)d 级及以下的素材") % {"level": privileges.material_level})
    else:
        words.append(_("可取用基础素材"))
    if privileges.recruit_limit is None:
        words.append(_("可以带来分销商，人数不限"))
    elif privileges.recruit_limit:
        words.append(_("最多带来 %(number)d 位分销商") % {"number": privileges.recruit_limit})
    return words
