"""Taking a quiz: begun with the questions as they are, marked here when it is handed in.

What is right is never sent before that. An attempt keeps the versions it was asked and its own
pass mark, so that nothing written later changes a result.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.errors import DomainError
from base.locks import lock_row
from distribution.academy.courses import enrol, finish_if_done
from distribution.academy.models import Answer, Attempt, Question, Quiz
from distribution.models import Distributor


class CannotAttempt(DomainError):
    """The quiz is passed, the tries are used up, or there is nothing to ask."""


def tries_left(quiz: Quiz, attempts: Sequence[Attempt]) -> int | None:
    """How many more times; None is no limit. `attempts` are the learner's own."""
    if quiz.most_tries is None:
        return None
    handed_in = sum(attempt.submitted_at is not None for attempt in attempts)
    return max(0, quiz.most_tries - handed_in)


def begin_attempt(distributor: Distributor, quiz: Quiz, *, at: datetime | None = None) -> Attempt:
    """The open attempt, or a new one with the questions now in force. Raises CannotAttempt.

    The learner's enrolment is the lock: two clicks at once begin one attempt.
    """
    at = at or timezone.now()
    with transaction.atomic():
        enrol(distributor, quiz.course, at=at)
        attempts = list(Attempt.objects.filter(distributor=distributor, quiz=quiz).order_by("pk"))
        for attempt in attempts:
            if attempt.submitted_at is None:
                return attempt
            if attempt.is_passed:
                raise CannotAttempt(_("这个测验你已经通过了。"))
        if tries_left(quiz, attempts) == 0:
            raise CannotAttempt(_("这个测验的次数已经用完，请联系客服。"))
        questions = list(quiz.questions.filter(valid_to=None).order_by("position", "pk"))
        if not questions:
            raise CannotAttempt(_("这个测验还没有题目。"))
        attempt = Attempt.objects.create(
            quiz=quiz,
            distributor=distributor,
            number=len(attempts) + 1,
            pass_percent=quiz.pass_percent,
            started_at=at,
        )
        Answer.objects.bulk_create(
            Answer(attempt=attempt, question=question) for question in questions
        )
    return attempt


def submit_attempt(
    attempt: Attempt, chosen: Mapping[int, Sequence[int]], *, at: datetime | None = None
) -> Attempt:
    """Mark what was chosen: `chosen` maps questions to positions of options.

    A question counts when exactly the right options were chosen. Handed in already: the first
    hand-in stands. Raises CannotAttempt when a question was left out or an option does not exist.
    """
    at = at or timezone.now()
    with transaction.atomic():
        enrolment = enrol(attempt.distributor, attempt.quiz.course, at=at)
        attempt = lock_row(Attempt.objects.filter(pk=attempt.pk))
        if attempt.submitted_at is not None:
            return attempt
        answers = list(attempt.answers.select_related("question"))
        for answer in answers:
            answer.chosen = _choice(answer.question, chosen.get(answer.question_id, ()))
            answer.is_right = answer.chosen == sorted(answer.question.right)
        right = sum(bool(answer.is_right) for answer in answers)
        attempt.submitted_at = at
        attempt.percent = 100 * right // len(answers)
        attempt.is_passed = 100 * right >= attempt.pass_percent * len(answers)
        Answer.objects.bulk_update(answers, ["chosen", "is_right"])
        attempt.save(update_fields=["submitted_at", "percent", "is_passed"])
        finish_if_done(enrolment, at=at)
    return attempt


def _choice(question: Question, chosen: Sequence[int]) -> list[int]:
    wanted = sorted(set(chosen))
    is_possible = bool(wanted) and set(wanted) <= set(range(len(question.options)))
    if not is_possible or (question.kind == Question.Kind.SINGLE and len(wanted) != 1):
        raise CannotAttempt(_("请回答每一道题后再提交。"))
    return wanted


def may_see_answers(quiz: Quiz, attempts: Sequence[Attempt]) -> bool:
    """The right options are shown once nothing is left to try for."""
    return any(attempt.is_passed for attempt in attempts) or tries_left(quiz, attempts) == 0
