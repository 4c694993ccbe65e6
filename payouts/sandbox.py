"""The payout channel of the demo: the sandbox's transfer gateway."""

from django.utils.translation import gettext as _

from base.gateways.sandbox_transfer import Answer, Transfer, query_transfer, send_transfer
from orders.registries import Outcome
from payouts.models import Payout


class Sandbox:
    code = "sandbox"

    @property
    def label(self) -> str:
        return _("沙箱转账")

    def send(self, payout: Payout) -> Outcome:
        return _outcome(send_transfer(_transfer(payout)))

    def query(self, payout: Payout) -> Outcome:
        return _outcome(query_transfer(_transfer(payout)))


def _transfer(payout: Payout) -> Transfer:
    payee = payout.distributor.user
    return Transfer(payout.number, payout.amount, payee.member_no, str(payee))


def _outcome(answer: Answer) -> Outcome:
    return Outcome(answer.state, answer.reference, answer.detail)
