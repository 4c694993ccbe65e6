"""A distributor's lists as tables to take away: the same rows as on the page, all of them.

Rows come in chunks while the file is sent, so that a star's hundred thousand need no memory. Other
people's names stay masked in a file as well.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from base.tables import each_row, in_chunks, time_cell
from distribution.desk.earnings import shown_orders, with_states
from distribution.desk.team import Brought, Group, masked_name, shown
from distribution.models import Binding, Commission, Distributor, Recruitment
from distribution.money.set_offs import set_offs_of
from distribution.referral.links import product_address
from distribution.sharing.selection import Picked


def commission_header() -> list[str]:
    return [
        _("付款时间"), _("订单号"), _("商品"), _("规格"), _("件数"), _("买家"), _("级别"), _("状态"),
        _("付款时佣金"), _("已撤回"), _("佣金"), _("可结算日"), _("其中已抵扣"),
    ]  # fmt: skip


def commission_rows(distributor: Distributor, rows: QuerySet[Commission]) -> Iterator[list[Any]]:
    """Rows of `earnings_of`. One that is looked into has no day: nobody knows it."""
    set_offs = set_offs_of(distributor.pk)
    for row in each_row(rows):
        (earning,) = with_states([row], set_offs)
        day = "" if earning.is_held else time_cell(row.matures_at)[:10]
        yield [
            time_cell(row.accrued_at), row.order.number, row.line.title, row.line.variant_title,
            row.line.quantity, masked_name(row.buyer), row.level,
            _("复核中") if earning.is_held else earning.state.label,
            row.amount_at_payment, row.reversed_amount, row.amount, day, earning.set_off,
        ]  # fmt: skip


def order_header() -> list[str]:
    return [_("付款时间"), _("订单号"), _("买家"), _("订单状态"), _("级别"), _("商品"), _("佣金")]


def order_rows(
    distributor: Distributor, order_ids: QuerySet[Commission, int], *, level: int | None
) -> Iterator[list[Any]]:
    """Orders of `orders_earning_for`."""
    for ids in in_chunks(order_ids):
        for row in shown_orders(distributor, ids, level=level):
            yield [
                time_cell(row.order.paid_at), row.order.number, row.buyer,
                row.order.get_state_display(), "+".join(str(level) for level in row.levels),
                "; ".join(earning.commission.line.title for earning in row.earnings), row.amount,
            ]  # fmt: skip


def team_header() -> list[str]:
    return [
        _("称呼"), _("手机尾号"), _("加入时间"), _("等级"), _("渠道"), _("由谁带来"), _("购买单数"),
        _("购买佣金"), _("带来单数"), _("带来佣金"),
    ]  # fmt: skip


def team_rows(
    distributor: Distributor, group: Group, rows: QuerySet[Binding] | QuerySet[Recruitment]
) -> Iterator[list[Any]]:
    """Rows of `members_of`."""
    for part in in_chunks(rows):
        for member in shown(distributor, group, part):
            sold = member.sold or Brought()
            yield [
                member.name, member.tail, time_cell(member.since), member.tier, member.channel,
                member.via, member.bought.orders, member.bought.amount, sold.orders, sold.amount,
            ]  # fmt: skip


def pick_header() -> list[str]:
    return [
        _("商品"), _("起价"), _("分享最少赚"), _("分享最多赚"), _("在卖"), _("带来单数"), _("佣金"),
        _("推广链接"),
    ]  # fmt: skip


def pick_rows(rows: Iterable[Picked], code: str) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            row.product.title, row.product.price_from, row.estimate.lowest, row.estimate.highest,
            _("是") if row.is_for_sale else _("已下架"), row.orders, row.earned,
            product_address(code, row.product) if row.is_for_sale else "",
        ]  # fmt: skip
