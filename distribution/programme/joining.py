"""Who may join by the merchant's policy, what is still missing, and how to reach who applied.

Joining is free. Where the merchant asks for a first completed order or for an amount spent,
whatever goods somebody bought count: received, not refunded, without shipping, no after-sale
open. There is no package to buy, and nothing is added up but the person's own orders.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from base.accounts.models import User
from base.errors import DomainError
from base.money import ZERO
from distribution.models import ContactDetails, Distributor, Policy
from orders.models import Order
from orders.states import OPEN_REFUNDS, OrderState

WHY_ADMITTED = {
    Policy.Joining.OPEN: gettext_noop("人人可加入"),
    Policy.Joining.FIRST_ORDER: gettext_noop("达到加入条件：完成首单"),
    Policy.Joining.SPENT: gettext_noop("达到加入条件：累计消费达标"),
}
KEPT = F("goods_amount") - F("refunded_amount") + F("refunded_shipping")


class CannotJoin(DomainError):
    """The shop does not take this person as a distributor, or not now."""


@dataclass(frozen=True)
class Contact:
    """What an applicant says about themselves; all of it may be empty."""

    wechat: str = ""
    phone: str = ""
    city: str = ""
    introduction: str = ""


@dataclass(frozen=True)
class Progress:
    """How far somebody is on the way the policy asks for. `needed` is money, or 0."""

    orders: int
    spent: Decimal
    needed: Decimal
    asks_for_order: bool

    @property
    def missing(self) -> Decimal:
        return max(ZERO, self.needed - self.spent)

    @property
    def is_met(self) -> bool:
        return self.orders > 0 if self.asks_for_order else not self.missing

    @property
    def percent(self) -> int:
        """For a bar; full only when it is met."""
        if self.asks_for_order or not self.needed:
            return 100 if self.is_met else 0
        return min(100, int(self.spent * 100 / self.needed))


def completed_orders(at: datetime) -> QuerySet[Order]:
    """Orders that count for joining: received by then, something kept, no after-sale open."""
    return (
        Order.objects.filter(state=OrderState.RECEIVED, received_at__lte=at)
        .filter(goods_amount__gt=F("refunded_amount") - F("refunded_shipping"))
        .exclude(refunds__state__in=OPEN_REFUNDS)
    )


def progress_of(user: User, policy: Policy, *, at: datetime) -> Progress | None:
    """None when the policy asks for no purchase. One query."""
    if not policy.asks_for_purchase:
        return None
    sums = (
        completed_orders(at)
        .filter(user=user)
        .aggregate(orders=Count("pk"), spent=Sum(KEPT, default=ZERO))
    )
    is_order = policy.joining == Policy.Joining.FIRST_ORDER
    needed = ZERO if is_order else policy.joining_spend
    return Progress(sums["orders"], sums["spent"], needed, is_order)


def require_joinable(user: User, policy: Policy, *, at: datetime) -> None:
    """Raise CannotJoin, saying what is missing, unless the policy lets this member in."""
    if policy.joining == Policy.Joining.APPOINTED:
        raise CannotJoin(_("目前仅由商家邀请加入，请联系客服。"))
    progress = progress_of(user, policy, at=at)
    if progress is None or progress.is_met:
        return
    if progress.asks_for_order:
        raise CannotJoin(_("完成一笔订单（收货且没有退款）后就可以加入。"))
    raise CannotJoin(_("累计消费还差 ¥%(amount)s 就可以加入。") % {"amount": progress.missing})


def why_admitted(policy: Policy) -> str:
    """What the standing says of somebody the policy let in without the merchant's look; kept in
    Chinese, and told in the reader's language."""
    return WHY_ADMITTED[Policy.Joining(policy.joining)]


def keep_contact(distributor: Distributor, contact: Contact, *, at: datetime) -> ContactDetails:
    """Write down how to reach a distributor; the latest word holds.

    Raises DomainError when nothing is left to reach them by.
    """
    user = distributor.user
    if not (contact.wechat or contact.phone or user.phone):
        raise DomainError(_("请留下微信号或联系电话，商家才能联系你。"))
    kept, _created = ContactDetails.objects.update_or_create(
        distributor=distributor,
        defaults={
            "wechat": contact.wechat,
            "phone": contact.phone,
            "city": contact.city,
            "introduction": contact.introduction,
            "updated_at": at,
        },
    )
    return kept


def forget_contact(distributor: Distributor) -> None:
    """How to reach them is nobody's business any more."""
    ContactDetails.objects.filter(distributor=distributor).delete()


def with_own_trade(people: QuerySet[Distributor], at: datetime) -> QuerySet[Distributor]:
    """Adds `own_orders` and `own_spent`: what each has bought and kept. No query of its own."""
    own = completed_orders(at).filter(user=OuterRef("pk")).order_by().values("user")
    return people.annotate(
        own_orders=Coalesce(Subquery(own.values(count=Count("pk"))), 0),
        own_spent=Coalesce(Subquery(own.values(sum=Sum(KEPT))), ZERO),
    )
