"""Asking for help and answering. Only this module changes a ticket's state.

A ticket may name an order or a commission of the person who asks, and nobody else's. Internal
notes never leave the merchant's side.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from base.numbers import new_number
from base.private_files import CheckedPicture
from base.transitions import require_transition
from distribution.models import Commission
from orders.models import Order
from shop.support.models import Message, MessagePicture, Ticket
from shop.support.news import tell_answer, tell_closed
from shop.support.states import (
    AFTER_CUSTOMER,
    NEEDS_ANSWER,
    TICKET_TRANSITIONS,
    TicketState,
)

MOST_PICTURES = 6


class CannotAsk(DomainError):
    """The order or commission is not theirs, or there is nothing said."""


def open_ticket(
    user: User,
    *,
    subject: str,
    category: str,
    text: str,
    order: Order | None = None,
    commission: Commission | None = None,
    pictures: Sequence[CheckedPicture] = (),
    token: UUID | None = None,
    at: datetime | None = None,
) -> Ticket:
    """Ask for help. The same form sent twice (`token`) is one ticket. Raises CannotAsk."""
    at = at or timezone.now()
    token = token or uuid4()
    if order is not None and order.user_id != user.pk:
        raise CannotAsk(_("这不是你的订单。"))
    if commission is not None and commission.payee_id != user.pk:
        raise CannotAsk(_("这不是你的佣金。"))
    with transaction.atomic():
        ticket, is_new = Ticket.objects.get_or_create(
            user=user,
            token=token,
            defaults={
                "number": new_number("K", at),
                "subject": subject,
                "category": category,
                "order": order,
                "commission": commission,
                "created_at": at,
                "last_at": at,
            },
        )
        if is_new:
            _say(ticket, Message.Side.CUSTOMER, text, by=user, at=at, pictures=pictures, token=token)  # fmt: skip
    return ticket


def write_again(
    ticket: Ticket,
    *,
    by: User,
    text: str,
    pictures: Sequence[CheckedPicture] = (),
    token: UUID | None = None,
    at: datetime | None = None,
) -> Ticket:
    """The person who asked says more; an answered or closed ticket opens again.

    Raises CannotAsk for anybody else. The same form sent twice is one message.
    """
    token = token or uuid4()
    with transaction.atomic():
        ticket = _lock(ticket)
        if ticket.user_id != by.pk:
            raise CannotAsk(_("这不是你的工单。"))
        if ticket.messages.filter(token=token).exists():
            return ticket
        at = at or timezone.now()
        _move(ticket, AFTER_CUSTOMER[TicketState(ticket.state)], at)
        _say(ticket, Message.Side.CUSTOMER, text, by=by, at=at, pictures=pictures, token=token)
    return ticket


def answer(
    ticket: Ticket,
    *,
    by: User,
    text: str,
    state: TicketState = TicketState.ANSWERED,
    pictures: Sequence[CheckedPicture] = (),
    token: UUID | None = None,
    at: datetime | None = None,
) -> Ticket:
    """The merchant answers (`ANSWERED`) or asks back (`WAITING`); the person is told.

    Who answers first takes the ticket if nobody has. Raises WrongState when it is closed.
    """
    token = token or uuid4()
    if state not in (TicketState.ANSWERED, TicketState.WAITING):
        raise ValueError("an answer leaves a ticket answered or waiting")
    with transaction.atomic():
        ticket = _lock(ticket)
        if ticket.messages.filter(token=token).exists():
            return ticket
        at = at or timezone.now()
        _move(ticket, state, at)
        changed = []
        if ticket.first_answered_at is None:
            ticket.first_answered_at = at
            changed.append("first_answered_at")
        if ticket.assignee_id is None:
            ticket.assignee = by
            changed.append("assignee")
        ticket.save(update_fields=changed)
        message = _say(ticket, Message.Side.STAFF, text, by=by, at=at, pictures=pictures, token=token)  # fmt: skip
        tell_answer(message, is_waiting=state == TicketState.WAITING)
    return ticket


def add_note(ticket: Ticket, *, by: User, text: str, at: datetime | None = None) -> Message:
    """Something for the merchant's people alone; changes nothing the customer sees."""
    with transaction.atomic():
        return _say(_lock(ticket), Message.Side.INTERNAL, text, by=by, at=at or timezone.now())


def assign(ticket: Ticket, to: User | None, *, by: User) -> Ticket:
    """Whose it is from now on; to somebody of the back office, or nobody."""
    if to is not None and not to.is_staff:
        raise DomainError(_("只能指派给后台人员。"))
    with transaction.atomic():
        ticket = _lock(ticket)
        if ticket.assignee_id == (to.pk if to else None):
            return ticket
        ticket.assignee = to
        ticket.save(update_fields=["assignee"])
        record_audit("assign_ticket", ticket, by=by, to=to)
    return ticket


def close_ticket(ticket: Ticket, *, by: User, at: datetime | None = None) -> Ticket:
    """It is over, by the person who asked or by the merchant, who tells the person.

    Closed already: nothing happens. Raises CannotAsk for anybody else.
    """
    with transaction.atomic():
        ticket = _lock(ticket)
        if by.pk != ticket.user_id and not by.is_staff:
            raise CannotAsk(_("这不是你的工单。"))
        if ticket.state == TicketState.CLOSED:
            return ticket
        at = at or timezone.now()
        _move(ticket, TicketState.CLOSED, at)
        if by.pk != ticket.user_id:
            record_audit("close_ticket", ticket, by=by)
            tell_closed(ticket, at=at)
    return ticket


def _lock(ticket: Ticket) -> Ticket:
    return lock_row(Ticket.objects.filter(pk=ticket.pk))


def _move(ticket: Ticket, state: TicketState, at: datetime) -> None:
    if ticket.state != state:
        require_transition(TICKET_TRANSITIONS, ticket.state, state)
    ticket.state, ticket.last_at = state, at
    ticket.closed_at = at if state == TicketState.CLOSED else None
    ticket.save(update_fields=["state", "last_at", "closed_at"])


def _say(
    ticket: Ticket,
    side: str,
    text: str,
    *,
    by: User,
    at: datetime,
    pictures: Sequence[CheckedPicture] = (),
    token: UUID | None = None,
) -> Message:
    if not text.strip():
        raise CannotAsk(_("请写下内容。"))
    if len(pictures) > MOST_PICTURES:
        raise CannotAsk(_("一次最多 %(count)d 张图片。") % {"count": MOST_PICTURES})
    message = Message.objects.create(
        ticket=ticket, side=side, by=by, text=text.strip(), at=at, token=token or uuid4()
    )
    for picture in pictures:
        MessagePicture.objects.create(
            message=message, file=picture.file, width=picture.width, height=picture.height
        )
    return message


def tickets_of(user: User, *, state: str = "", search: str = "") -> QuerySet[Ticket]:
    """Somebody's own, the latest first; words are looked for in what they may read."""
    tickets = user.tickets.all()
    if state:
        tickets = tickets.filter(state=state)
    if search:
        said = Message.objects.filter(ticket=OuterRef("pk"), text__icontains=search)
        found = said.exclude(side=Message.Side.INTERNAL)
        tickets = tickets.filter(
            Q(subject__icontains=search) | Q(number__iexact=search) | Exists(found)
        )
    return tickets.order_by("-last_at", "-pk")


def conversation(ticket: Ticket) -> QuerySet[Message]:
    """What the person who asked may read; two queries."""
    return whole_conversation(ticket).exclude(side=Message.Side.INTERNAL)


def whole_conversation(ticket: Ticket) -> QuerySet[Message]:
    """With the notes, for the merchant's people."""
    pictures = Prefetch("pictures", MessagePicture.objects.order_by("pk"))
    return ticket.messages.select_related("by").prefetch_related(pictures).order_by("at", "pk")


def waiting_work() -> tuple[str, int, str]:
    """For the board: what waits, how many, where."""
    count = Ticket.objects.filter(state__in=NEEDS_ANSWER).count()
    address = reverse("admin:support_ticket_changelist")
    return _("待回复工单"), count, f"{address}?work=waiting"
