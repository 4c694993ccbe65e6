"""Handing in twice, closing while somebody writes, two workers passing on; each with its control."""

from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from base import inbox
from base.inbox import News, choose, pass_on, tell
from base.models import Notice
from distribution.academy import courses, quizzes
from distribution.academy.models import Attempt
from distribution.academy.quizzes import begin_attempt, submit_attempt
from shop.support import tickets
from shop.support.models import Ticket
from shop.support.states import TicketState
from shop.support.tickets import close_ticket, open_ticket, write_again
from tests.academy_make import make_course, make_quiz, questions_of
from tests.concurrency.meanwhile import meanwhile, without_locks
from tests.concurrency.racing import race
from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class TestHandingInTwice:
    """The same attempt from two windows: whoever holds the enrolment first is marked."""

    def begun(self) -> tuple[Attempt, int]:
        quiz = make_quiz(make_course(), (0,))
        return begin_attempt(make_distributor(), quiz), questions_of(quiz)[0].pk

    def test_the_first_stands(self, monkeypatch: pytest.MonkeyPatch) -> None:
        attempt, question = self.begun()
        other = meanwhile(
            monkeypatch, quizzes, "_choice", lambda: submit_attempt(attempt, {question: [0]})
        )
        assert submit_attempt(attempt, {question: [1]}).is_passed is False
        assert (other.outcome().is_passed, other.had_to_wait) == (False, True)
        assert Attempt.objects.get().is_passed is False

    def test_control_without_locks_a_pass_is_taken_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempt, question = self.begun()
        without_locks(monkeypatch, courses, quizzes)
        other = meanwhile(
            monkeypatch, quizzes, "_choice", lambda: submit_attempt(attempt, {question: [0]})
        )
        submit_attempt(attempt, {question: [1]})
        assert other.outcome().is_passed is True
        assert Attempt.objects.get().is_passed is False

    def test_beginning_at_once_is_one_attempt(self) -> None:
        quiz, anna = make_quiz(make_course(), (0,), most_tries=1), make_distributor()
        begun = race([lambda: begin_attempt(anna, quiz)] * 4)
        assert begun == [Attempt.objects.get()] * 4


class TestClosingWhileSomebodyWrites:
    def asked(self) -> Ticket:
        user = make_user()
        return open_ticket(user, subject="少了一袋", category="order", text="两袋")

    def test_what_comes_last_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ticket, clerk = self.asked(), make_user(is_staff=True)
        other = meanwhile(monkeypatch, tickets, "_move", lambda: close_ticket(ticket, by=clerk))
        write_again(ticket, by=ticket.user, text="还有")
        assert (other.outcome().state, other.had_to_wait) == (TicketState.CLOSED, True)
        assert Ticket.objects.get().state == TicketState.CLOSED

    def test_control_without_locks_the_closing_is_lost(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ticket, clerk = self.asked(), make_user(is_staff=True)
        without_locks(monkeypatch, tickets)
        other = meanwhile(monkeypatch, tickets, "_move", lambda: close_ticket(ticket, by=clerk))
        write_again(ticket, by=ticket.user, text="还有")
        assert other.outcome().state == TicketState.CLOSED
        assert Ticket.objects.get().state == TicketState.OPEN


class TestPassingOn:
    def told(self) -> None:
        anna = make_user()
        choose(anna, sms=["commissions"], email=[])
        tell("commission_earned", [News(anna.pk, "1", {"order": "A", "amount": "1.00"})])

    def test_two_workers_send_one_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told()
        other = meanwhile(monkeypatch, inbox, "_queue", lambda: pass_on(timezone.now()))
        assert (pass_on(timezone.now()), other.outcome()) == (1, 0)
        assert Notice.objects.count() == 1

    def test_control_without_the_claim_it_goes_out_twice(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unclaimed(rows: QuerySet[Any], **options: Any) -> QuerySet[Any]:
            return rows

        monkeypatch.setattr(QuerySet, "select_for_update", unclaimed)
        self.told()
        other = meanwhile(monkeypatch, inbox, "_queue", lambda: pass_on(timezone.now()))
        assert (pass_on(timezone.now()), other.outcome()) == (1, 1)
        assert Notice.objects.count() == 2
