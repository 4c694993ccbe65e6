"""Tickets: one's own alone, answered on both sides, notes never shown, told and counted."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from base.accounts.models import User
from base.errors import DomainError, WrongState
from base.inbox import inbox_of, shown
from base.models import AuditEntry
from base.private_files import check_picture
from shop.support.models import Message, Ticket
from shop.support.states import AFTER_CUSTOMER, TICKET_TRANSITIONS, TicketState
from shop.support.tickets import (
    CannotAsk,
    add_note,
    answer,
    assign,
    close_ticket,
    conversation,
    open_ticket,
    tickets_of,
    waiting_work,
    whole_conversation,
    write_again,
)
from tests.academy_make import upload
from tests.make import make_chain, make_order, make_rule, make_user, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user("安娜")


@pytest.fixture
def clerk() -> User:
    return make_user("客服小周", is_staff=True)


@pytest.fixture
def ticket(anna: User) -> Ticket:
    return ask(anna)


def ask(user: User, **fields: object) -> Ticket:
    values = {"subject": "少了一袋", "category": "order", "text": "收到两袋，买了三袋"}
    return open_ticket(user, **values | fields)  # type: ignore[arg-type]  # words and rows


def told(user: User) -> list[str]:
    return [message.title for message in shown(inbox_of(user))]


def said(ticket: Ticket) -> list[tuple[str, str]]:
    return [(message.side, message.text) for message in conversation(ticket)]


class TestAsking:
    def test_about_ones_own_order_or_commission(self, anna: User) -> None:
        order = make_order(anna)
        assert ask(anna, order=order).order == order
        make_rule()
        chain = make_chain()
        pay(make_order(chain.c))
        (commission,) = chain.b.commissions.all()
        assert ask(chain.b.user, commission=commission).commission == commission

    def test_not_about_somebody_elses(self, anna: User) -> None:
        make_rule()
        chain = make_chain()
        order = make_order(chain.c)
        pay(order)
        for about in ({"order": order}, {"commission": chain.b.commissions.get()}):
            with pytest.raises(CannotAsk):
                ask(anna, **about)
        assert Ticket.objects.count() == 0

    def test_the_same_form_twice_is_one_ticket(self, anna: User) -> None:
        token = uuid4()
        assert ask(anna, token=token) == ask(anna, token=token)
        assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)

    def test_nothing_said_is_no_ticket(self, anna: User) -> None:
        with pytest.raises(CannotAsk):
            ask(anna, text="  ")
        assert Ticket.objects.count() == 0

    def test_pictures_are_kept_so_many_and_no_more(self, anna: User) -> None:
        pictures = [check_picture(upload()) for _picture in range(7)]
        with pytest.raises(CannotAsk, match="最多 6 张"):
            ask(anna, pictures=pictures)
        message = ask(anna, pictures=pictures[:2]).messages.get()
        assert [(row.width, row.height) for row in message.pictures.all()] == [(1500, 1000)] * 2


class TestAnswering:
    def test_the_first_answer_is_timed_takes_the_ticket_and_is_told(
        self, ticket: Ticket, clerk: User
    ) -> None:
        at = ticket.created_at + timedelta(minutes=12)
        answered = answer(ticket, by=clerk, text="马上补发", at=at)
        later = answer(ticket, by=make_user("别的客服", is_staff=True), text="已补发")
        assert (answered.state, answered.assignee) == (TicketState.ANSWERED, clerk)
        assert later.first_response == timedelta(minutes=12)
        assert later.assignee == clerk
        assert told(ticket.user) == ["客服回复了你", "客服回复了你"]

    def test_asking_back_waits_for_the_customer(self, ticket: Ticket, clerk: User) -> None:
        answer(ticket, by=clerk, text="请发照片", state=TicketState.WAITING)
        assert told(ticket.user) == ["客服需要你补充"]
        assert waiting_work()[1] == 0
        assert write_again(ticket, by=ticket.user, text="照片").state == TicketState.OPEN
        assert waiting_work()[1] == 1

    def test_the_same_answer_twice_is_one(self, ticket: Ticket, clerk: User) -> None:
        token = uuid4()
        for _twice in range(2):
            answer(ticket, by=clerk, text="好", token=token)
        assert ticket.messages.filter(side="staff").count() == 1
        assert told(ticket.user) == ["客服回复了你"]

    def test_writing_again_opens_again(self, ticket: Ticket, clerk: User) -> None:
        answer(ticket, by=clerk, text="好")
        assert write_again(ticket, by=ticket.user, text="还没到").state == TicketState.REOPENED
        close_ticket(ticket, by=clerk)
        again = write_again(ticket, by=ticket.user, text="还是没到")
        assert (again.state, again.closed_at) == (TicketState.REOPENED, None)

    def test_nobody_writes_for_somebody_else(self, ticket: Ticket, clerk: User) -> None:
        with pytest.raises(CannotAsk):
            write_again(ticket, by=clerk, text="冒充")
        with pytest.raises(CannotAsk):
            close_ticket(ticket, by=make_user("路人"))
        ticket.refresh_from_db()
        assert (ticket.state, said(ticket)) == ("open", [("customer", "收到两袋，买了三袋")])

    def test_a_closed_one_is_not_answered(self, ticket: Ticket, clerk: User) -> None:
        for _twice in range(2):
            close_ticket(ticket, by=clerk)
        with pytest.raises(WrongState):
            answer(ticket, by=clerk, text="再说一句")
        assert told(ticket.user) == ["工单已关闭"]
        assert AuditEntry.objects.filter(action="close_ticket").count() == 1

    def test_closing_ones_own_tells_nobody(self, ticket: Ticket) -> None:
        assert close_ticket(ticket, by=ticket.user).state == TicketState.CLOSED
        assert told(ticket.user) == []


class TestNotes:
    def test_never_shown_told_or_found(self, ticket: Ticket, clerk: User) -> None:
        add_note(ticket, by=clerk, text="疑似恶意")
        assert said(ticket) == [("customer", "收到两袋，买了三袋")]
        assert whole_conversation(ticket).count() == 2
        assert told(ticket.user) == []
        assert tickets_of(ticket.user, search="恶意").count() == 0
        ticket.refresh_from_db()
        assert (ticket.state, ticket.first_answered_at) == ("open", None)


class TestWhoDoesIt:
    def test_only_the_back_office(self, ticket: Ticket, clerk: User) -> None:
        with pytest.raises(DomainError):
            assign(ticket, ticket.user, by=clerk)
        for _twice in range(2):
            assert assign(ticket, clerk, by=clerk).assignee == clerk
        assert assign(ticket, None, by=clerk).assignee is None
        assert AuditEntry.objects.filter(action="assign_ticket").count() == 2


def test_found_by_subject_words_and_number(ticket: Ticket, clerk: User) -> None:
    answer(ticket, by=clerk, text="已经补发顺丰")
    ask(make_user("别人"), text="顺丰")
    for search, number in (("少了", 1), ("顺丰", 1), (ticket.number.lower(), 1), ("没有", 0)):
        assert tickets_of(ticket.user, search=search).count() == number, search
    assert tickets_of(ticket.user, state="closed").count() == 0


def test_every_state_goes_on_as_the_table_says() -> None:
    assert set(TICKET_TRANSITIONS) == set(AFTER_CUSTOMER) == set(TicketState)
    for state, after in AFTER_CUSTOMER.items():
        assert after == state or after in TICKET_TRANSITIONS[state]


def test_the_database_knows_when_it_was_closed(ticket: Ticket) -> None:
    for wrong in ({"state": "closed"}, {"closed_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).update(**wrong)
