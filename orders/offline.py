"""Money that moved outside the gateways: payments of orders moved in from another shop.

Not offered to buyers. Money goes back by hand; the merchant says so in the admin.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from base.errors import DomainError
from orders.registries import Outcome

if TYPE_CHECKING:
    from orders.models import Payment, Repayment


class Offline:
    code = "offline"
    is_offered = False
    has_gateway = False

    @property
    def label(self) -> str:
        return _("线下付款")

    def start(self, payment: "Payment", return_url: str) -> str:
        raise DomainError(_("线下付款不能在网页上发起。"))

    def query(self, payment: "Payment") -> Outcome:
        return Outcome("open")

    def close(self, payment: "Payment") -> Outcome:
        return Outcome("closed")

    def repay(self, repayment: "Repayment") -> Outcome:
        return Outcome("open", detail=_("等待商家线下退款并确认"))
