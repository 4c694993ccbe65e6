"""States of a ticket and the changes that are allowed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TicketState(models.TextChoices):
    OPEN = "open", _("待处理")
    WAITING = "waiting", _("待补充")
    ANSWERED = "answered", _("已回复")
    CLOSED = "closed", _("已关闭")
    REOPENED = "reopened", _("重新打开")


# For the merchant to do something about.
NEEDS_ANSWER = (TicketState.OPEN, TicketState.REOPENED)

TICKET_TRANSITIONS = {
    TicketState.OPEN: frozenset({TicketState.WAITING, TicketState.ANSWERED, TicketState.CLOSED}),
    TicketState.WAITING: frozenset({TicketState.OPEN, TicketState.ANSWERED, TicketState.CLOSED}),
    TicketState.ANSWERED: frozenset(
        {TicketState.REOPENED, TicketState.WAITING, TicketState.CLOSED}
    ),
    TicketState.CLOSED: frozenset({TicketState.REOPENED}),
    TicketState.REOPENED: frozenset(
        {TicketState.WAITING, TicketState.ANSWERED, TicketState.CLOSED}
    ),
}

# What a ticket becomes when the person who asked writes again.
AFTER_CUSTOMER = {
    TicketState.OPEN: TicketState.OPEN,
    TicketState.WAITING: TicketState.OPEN,
    TicketState.ANSWERED: TicketState.REOPENED,
    TicketState.CLOSED: TicketState.REOPENED,
    TicketState.REOPENED: TicketState.REOPENED,
}
