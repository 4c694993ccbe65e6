"""A quiz: what it asks for, an attempt to fill in, and its result with explanations."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from base.errors import DomainError
from distribution.academy.forms import QuizForm
from distribution.academy.models import Answer, Attempt, Quiz
from distribution.academy.quizzes import (
    begin_attempt,
    may_see_answers,
    submit_attempt,
    tries_left,
)
from distribution.access import distributor, distributor_of


def _published_quiz(pk: int) -> Quiz:
    return get_object_or_404(
        Quiz.objects.select_related("course"), pk=pk, is_published=True, course__is_published=True
    )


@distributor
@never_cache
@require_safe
def quiz(request: HttpRequest, pk: int) -> HttpResponse:
    person = distributor_of(request)
    found = _published_quiz(pk)
    own = list(person.quiz_attempts.filter(quiz=found).order_by("pk"))
    context = {
        "tab": "promote",
        "distributor": person,
        "quiz": found,
        "course": found.course,
        "count": found.questions.filter(valid_to=None).count(),
        "attempts": own,
        "open": next((row for row in own if row.submitted_at is None), None),
        "left": tries_left(found, own),
        "is_passed": any(row.is_passed for row in own),
    }
    return render(request, "academy/quiz.html", context)


@distributor
@require_POST
def attempts(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin, or go on with what was begun."""
    found = _published_quiz(pk)
    try:
        begun = begin_attempt(distributor_of(request), found)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("academy:quiz", pk)
    return redirect("academy:attempt", begun.pk)


@distributor
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own: the questions, and once handed in the result."""
    person = distributor_of(request)
    found = get_object_or_404(person.quiz_attempts.select_related("quiz__course"), pk=pk)
    if found.submitted_at is not None:
        return _after(request, found)
    form = QuizForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            submit_attempt(found, form.chosen())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("academy:attempt", pk)
    context = {
        "tab": "promote",
        "distributor": person,
        "attempt": found,
        "quiz": found.quiz,
        "course": found.quiz.course,
        "form": form,
    }
    return render(request, "academy/attempt.html", context)


def _after(request: HttpRequest, found: Attempt) -> HttpResponse:
    if request.method == "POST":  # handed in by another click
        return redirect("academy:attempt", found.pk)
    person = distributor_of(request)
    own = list(person.quiz_attempts.filter(quiz=found.quiz).order_by("pk"))
    shows_right = may_see_answers(found.quiz, own)
    answers = list(found.answers.select_related("question"))
    context = {
        "tab": "promote",
        "distributor": person,
        "attempt": found,
        "quiz": found.quiz,
        "course": found.quiz.course,
        "rows": [_row(answer, shows_right=shows_right) for answer in answers],
        "right": sum(bool(answer.is_right) for answer in answers),
        "enrolment": person.enrolments.filter(course=found.quiz.course).first(),
        "may_again": not shows_right,
        "left": tries_left(found.quiz, own),
    }
    return render(request, "academy/result.html", context)


def _row(answer: Answer, *, shows_right: bool) -> dict[str, object]:
    """A question with each option: chosen, and right if that may be seen by now."""
    question = answer.question
    return {
        "question": question,
        "is_right": answer.is_right,
        "options": [
            {
                "text": text,
                "is_chosen": place in answer.chosen,
                "is_right": shows_right and place in question.right,
            }
            for place, text in enumerate(question.choices)
        ],
    }
