"""Writing questions: a change makes a new version, so that no past result becomes another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from distribution.academy.models import Question, Quiz

MOST_OPTIONS = 8


class BadQuestion(DomainError):
    """The options, their English, or which are right do not fit together."""


@dataclass(frozen=True)
class Draft:
    """A question as it is written. `right` are positions in `options`, from 0."""

    kind: str
    body: str
    options: Sequence[str]
    right: Sequence[int]
    note: str = ""
    body_en: str = ""
    options_en: Sequence[str] = ()
    note_en: str = ""
    position: int = 0


def add_question(
    quiz: Quiz, draft: Draft, *, by: User | None, at: datetime | None = None
) -> Question:
    """Raises BadQuestion."""
    check_draft(draft)
    return _create(quiz, draft, by=by, at=at or timezone.now(), replaces=None)


def change_question(
    question: Question, draft: Draft, *, by: User | None, at: datetime | None = None
) -> Question:
    """End this version and put a new one in its place; nothing changed: nothing happens.

    Raises BadQuestion, also for a version that is history.
    """
    check_draft(draft)
    with transaction.atomic():
        question = lock_row(Question.objects.filter(pk=question.pk))
        if question.valid_to is not None:
            raise BadQuestion(_("这道题已经有新的版本，请刷新页面。"))
        if _draft_of(question) == draft:
            return question
        at = at or timezone.now()
        _end(question, at)
        return _create(question.quiz, draft, by=by, at=at, replaces=question)


def end_question(question: Question, *, by: User | None, at: datetime | None = None) -> Question:
    """It is not asked any more. Ended already: nothing happens."""
    with transaction.atomic():
        question = lock_row(Question.objects.filter(pk=question.pk))
        if question.valid_to is None:
            _end(question, at or timezone.now())
            record_audit("end_question", question, by=by)
    return question


def check_draft(draft: Draft) -> None:
    """Raises BadQuestion."""
    options = [option.strip() for option in draft.options]
    if not 2 <= len(options) <= MOST_OPTIONS or not all(options):
        raise BadQuestion(_("请写 2 到 %(count)d 个选项。") % {"count": MOST_OPTIONS})
    if len(set(options)) != len(options):
        raise BadQuestion(_("选项不能重复。"))
    if draft.options_en and len(draft.options_en) != len(options):
        raise BadQuestion(_("英文选项要与中文选项一一对应。"))
    right = set(draft.right)
    if not right or not right <= set(range(len(options))):
        raise BadQuestion(_("请至少标出一个正确选项。"))
    if draft.kind == Question.Kind.SINGLE and len(right) != 1:
        raise BadQuestion(_("单选题只能有一个正确选项。"))


def _draft_of(question: Question) -> Draft:
    return Draft(
        kind=question.kind,
        body=question.body,
        options=list(question.options),
        right=list(question.right),
        note=question.note,
        body_en=question.body_en,
        options_en=list(question.options_en),
        note_en=question.note_en,
        position=question.position,
    )


def _end(question: Question, at: datetime) -> None:
    question.valid_to = max(at, question.valid_from)
    question.save(update_fields=["valid_to"])


def _create(
    quiz: Quiz, draft: Draft, *, by: User | None, at: datetime, replaces: Question | None
) -> Question:
    question = Question.objects.create(
        quiz=quiz,
        kind=draft.kind,
        body=draft.body,
        body_en=draft.body_en,
        options=list(draft.options),
        options_en=list(draft.options_en),
        right=sorted(set(draft.right)),
        note=draft.note,
        note_en=draft.note_en,
        position=draft.position,
        valid_from=at,
        by=by,
        replaces=replaces,
    )
    record_audit("write_question", question, by=by)
    return question
