"""What people are told of their tickets."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from base.inbox import Event, News, events, tell, topics
from shop.support.models import Message, Ticket

TICKETS = "tickets"

EVENTS = {
    "ticket_answered": Event(TICKETS, _("客服回复了你"), _("“%(subject)s”有新回复，点开查看。")),
    "ticket_waits": Event(
        TICKETS, _("客服需要你补充"), _("“%(subject)s”还差一些信息，补充后继续处理。")
    ),
    "ticket_closed": Event(
        TICKETS, _("工单已关闭"), _("“%(subject)s”已处理完。还有问题，直接回复就会重新打开。")
    ),
}


def register() -> None:
    topics[TICKETS] = _("客服")
    events.update(EVENTS)


def tell_answer(message: Message, *, is_waiting: bool) -> None:
    event = "ticket_waits" if is_waiting else "ticket_answered"
    tell(event, [_news(message.ticket, str(message.pk))], at=message.at)


def tell_closed(ticket: Ticket, *, at: datetime) -> None:
    tell("ticket_closed", [_news(ticket, f"{ticket.number}:{at.timestamp():.0f}")], at=at)


def _news(ticket: Ticket, key: str) -> News:
    values = {"subject": ticket.subject, "number": ticket.number}
    return News(ticket.user_id, key, values, f"/me/tickets/{ticket.number}/")
