"""A distributor's team: who is bound to them, whom they brought in, and who is bound to those.

Two levels and no further. Other people's names are shown masked, and what they brought is only
what they brought this distributor.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base.accounts.models import User
from base.money import ZERO
from distribution.desk.dashboard import customers_of, recruits_of, second_level_of
from distribution.models import Binding, Commission, Distributor, Recruitment

LONGEST_SEARCH = 20


class Group(models.TextChoices):
    CUSTOMERS = "customers", gettext_lazy("我的顾客")
    DISTRIBUTORS = "distributors", gettext_lazy("我的分销商")
    SECOND = "second", gettext_lazy("二级顾客")


def masked_name(user: User) -> str:
    """林**: what other people may see of a name, whatever its length."""
    return f"{user.name[0]}**" if user.name else _("会员")


def phone_tail(user: User) -> str:
    """The last four digits: enough to recognise somebody one knows."""
    return user.phone[-4:] if user.phone else ""


def members_of(
    distributor: Distributor, group: Group, *, at: datetime, search: str = ""
) -> QuerySet[Binding] | QuerySet[Recruitment]:
    """One group of the team, the newest first."""
    if group == Group.DISTRIBUTORS:
        recruits = recruits_of(distributor, at).select_related(
            "distributor__user", "distributor__tier"
        )
        return recruits.filter(_known_as("distributor__user", search)).order_by("-starts_at", "-pk")
    if group == Group.SECOND:
        bindings = second_level_of(distributor, at).select_related("distributor__user")
    else:
        bindings = customers_of(distributor, at).select_related("link")
    bindings = bindings.select_related("customer").filter(_known_as("customer", search))
    return bindings.order_by("-starts_at", "-pk")


def _known_as(person: str, search: str) -> Q:
    """Somebody is found only by what the searcher sees or knows already: the first character, the
    whole name, the last four digits or the whole number. Parts of a name would unmask it."""
    search = search.strip()[:LONGEST_SEARCH]
    if not search:
        return Q()
    if search.isdecimal():
        by_phone = "phone__endswith" if len(search) == 4 else "phone"
        return Q(**{f"{person}__{by_phone}": search})
    by_name = "name__startswith" if len(search) == 1 else "name"
    return Q(**{f"{person}__{by_name}": search})


@dataclass(frozen=True)
class Brought:
    """Paid orders and what they are worth to the distributor now."""

    orders: int = 0
    amount: Decimal = ZERO


NOTHING = Brought()


@dataclass(frozen=True)
class Member:
    """One person of the team as the distributor may see them."""

    name: str
    tail: str
    since: datetime
    bought: Brought
    sold: Brought | None = None
    tier: str = ""
    channel: str = ""
    via: str = ""
    binding_id: int | None = None

    @property
    def total(self) -> Decimal:
        return self.bought.amount + (self.sold.amount if self.sold else ZERO)


def shown(
    distributor: Distributor, group: Group, rows: Collection[Binding] | Collection[Recruitment]
) -> list[Member]:
    """Rows of `members_of` as they are shown: one query, two for distributors."""
    people = [
        row.distributor_id if isinstance(row, Recruitment) else row.customer_id for row in rows
    ]
    bought = _brought(distributor, "buyer", people)
    sold = {}
    if group == Group.DISTRIBUTORS:
        sold = _brought(distributor, "order__distribution_terms__payee1", people, level=2)
    return [_member(row, group, bought, sold) for row in rows]


def _brought(
    distributor: Distributor, by: str, people: Collection[int], **only: int
) -> dict[int, Brought]:
    rows = (
        Commission.objects.filter(payee=distributor, **{f"{by}__in": people}, **only)
        .order_by()
        .values_list(by)
        .annotate(orders=Count("order", distinct=True), total=Sum("amount"))
    )
    return {person: Brought(orders, total) for person, orders, total in rows}


def _member(
    row: Binding | Recruitment,
    group: Group,
    bought: dict[int, Brought],
    sold: dict[int, Brought],
) -> Member:
    if isinstance(row, Recruitment):
        person, tier = row.distributor.user, row.distributor.tier
        return Member(
            name=masked_name(person),
            tail=phone_tail(person),
            since=row.starts_at,
            bought=bought.get(person.pk, NOTHING),
            sold=sold.get(person.pk, NOTHING),
            tier=tier.title if tier else "",
        )
    return Member(
        name=masked_name(row.customer),
        tail=phone_tail(row.customer),
        since=row.starts_at,
        bought=bought.get(row.customer_id, NOTHING),
        channel=row.link.channel if group == Group.CUSTOMERS and row.link else "",
        via=masked_name(row.distributor.user) if group == Group.SECOND else "",
        binding_id=row.pk if group == Group.CUSTOMERS else None,
    )
