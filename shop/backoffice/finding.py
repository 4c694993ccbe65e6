"""Finding people and rows as merchants name them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from base.accounts.models import User
from distribution.models import Distributor
from orders.models import Order

WHOM = gettext_lazy("姓名、手机号、会员号或推广码")  # what `distributors_like` takes


def find_distributor(text: str) -> Distributor:
    """By code, member number or phone. Raises ValidationError when there is none."""
    for lookup in ("code__iexact", "user__member_no__iexact", "user__phone"):
        found = Distributor.objects.select_related("tier").filter(**{lookup: text}).first()
        if found:
            return found
    raise ValidationError(_("没有这个分销商：%(text)s") % {"text": text})


class SortedAsShown(ChangeList):
    """An address that asks for another column than those that sort is not followed."""

    def get_ordering_field(self, field_name: Any) -> Any:
        if self.sortable_by is not None and field_name not in self.sortable_by:
            return None
        return super().get_ordering_field(field_name)


class Finds(ModelAdmin):
    """A long list: every word is first looked up where it is indexed, and the rows are then read
    by what was found. A million rows are never searched through, nor joined; `sortable_by` names
    the columns that have an index."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SortedAsShown

    def rows_of(self, word: str) -> Q:
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet[Any], search: str
    ) -> tuple[QuerySet[Any], bool]:
        for word in search.split():
            rows = rows.filter(self.rows_of(word))
        return rows, False


def members_named(word: str) -> list[int]:
    """By whole phone number, member number or name."""
    named = Q(phone=word) | Q(member_no=word.upper()) | Q(name=word)
    return _keys(User.objects.filter(named))


def distributors_named(word: str) -> list[int]:
    """By whole code, or as members are named."""
    named = Q(user__phone=word) | Q(user__member_no=word.upper()) | Q(user__name=word)
    return _keys(Distributor.objects.filter(named | Q(code=word.upper())))


def distributors_like(words: str) -> QuerySet[Distributor]:
    """By code, or by a part of a name or phone: for pages of people, not for a million rows.
    Everybody without words."""
    named = Q(user__name__icontains=words) | Q(user__phone__contains=words)
    named |= Q(code__iexact=words) | Q(user__member_no__iexact=words)
    return Distributor.objects.filter(named) if words else Distributor.objects.all()


def orders_numbered(word: str) -> list[int]:
    """By whole number, however it was typed."""
    return _keys(Order.objects.filter(number__in={word, word.upper()}))


def _keys(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True))
