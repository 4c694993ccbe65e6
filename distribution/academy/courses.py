"""Learning: what is offered, what somebody has read, and when a course is finished."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from base.locks import lock_row
from base.numbers import new_number
from distribution.academy.models import (
    Attempt,
    Course,
    Enrolment,
    Lesson,
    LessonReading,
    Question,
    Quiz,
)
from distribution.models import Distributor


@dataclass
class Progress:
    """How far somebody is in a course: steps done out of all its published lessons and quizzes."""

    course: Course
    steps: int
    done: int = 0
    enrolment: Enrolment | None = None

    @property
    def percent(self) -> int:
        return 100 * self.done // self.steps if self.steps else 0

    @property
    def is_finished(self) -> bool:
        return self.enrolment is not None and self.enrolment.finished_at is not None


@dataclass
class Contents:
    """A course as one learner sees it."""

    progress: Progress
    lessons: list[Lesson]
    quizzes: list[Quiz]
    read: set[int] = field(default_factory=set)
    passed: set[int] = field(default_factory=set)

    @property
    def next_lesson(self) -> Lesson | None:
        return next((lesson for lesson in self.lessons if lesson.pk not in self.read), None)

    @property
    def next_quiz(self) -> Quiz | None:
        """The first one not passed yet."""
        return next((quiz for quiz in self.quizzes if quiz.pk not in self.passed), None)

    def after(self, lesson: Lesson) -> Lesson | None:
        """The lesson that follows."""
        places = [row.pk for row in self.lessons]
        following = places.index(lesson.pk) + 1
        return self.lessons[following] if following < len(places) else None


def published_courses(*, kind: str = "", search: str = "") -> QuerySet[Course]:
    courses = Course.objects.filter(is_published=True)
    if kind:
        courses = courses.filter(kind=kind)
    if search:
        words = Q()
        for name in ("name", "name_en", "summary", "summary_en"):
            words |= Q(**{f"{name}__icontains": search})
        courses = courses.filter(words)
    return courses.order_by("position", "pk")


def progress_of(distributor: Distributor, courses: list[Course]) -> list[Progress]:
    """In the order given; five queries however many courses."""
    pks = [course.pk for course in courses]
    lessons = _counts(Lesson.objects.filter(course__in=pks, is_published=True))
    asked = asked_quizzes().filter(course__in=pks)
    quizzes = _counts(asked)
    read = dict(
        LessonReading.objects.filter(
            distributor=distributor, lesson__course__in=pks, lesson__is_published=True
        )
        .values_list("lesson__course")
        .annotate(count=Count("pk"))
    )
    passed = dict(
        _passed(distributor)
        .filter(quiz__in=asked)
        .values_list("quiz__course")
        .annotate(count=Count("quiz", distinct=True))
    )
    enrolled = {row.course_id: row for row in distributor.enrolments.filter(course__in=pks)}
    return [
        Progress(
            course,
            steps=lessons.get(course.pk, 0) + quizzes.get(course.pk, 0),
            done=read.get(course.pk, 0) + passed.get(course.pk, 0),
            enrolment=enrolled.get(course.pk),
        )
        for course in courses
    ]


def asked_quizzes() -> QuerySet[Quiz]:
    """Published, with something to ask: one without questions would keep its course unfinished."""
    in_force = Question.objects.filter(quiz=OuterRef("pk"), valid_to=None)
    return Quiz.objects.filter(Exists(in_force), is_published=True)


def _counts(rows: QuerySet[Lesson] | QuerySet[Quiz]) -> dict[int, int]:
    return dict(rows.order_by().values_list("course").annotate(count=Count("pk")))


def _passed(distributor: Distributor) -> QuerySet[Attempt]:
    return Attempt.objects.filter(distributor=distributor, is_passed=True).order_by()


def contents_of(course: Course, distributor: Distributor) -> Contents:
    """Five queries."""
    lessons = list(course.lessons.filter(is_published=True).order_by("position", "pk"))
    quizzes = list(asked_quizzes().filter(course=course).order_by("position", "pk"))
    read = set(
        LessonReading.objects.filter(
            distributor=distributor, lesson__in=[row.pk for row in lessons]
        ).values_list("lesson", flat=True)
    )
    passed = set(
        _passed(distributor)
        .filter(quiz__in=[row.pk for row in quizzes])
        .values_list("quiz", flat=True)
    )
    progress = Progress(
        course,
        steps=len(lessons) + len(quizzes),
        done=len(read) + len(passed),
        enrolment=distributor.enrolments.filter(course=course).first(),
    )
    return Contents(progress, lessons, quizzes, read, passed)


def read_lesson(
    distributor: Distributor, lesson: Lesson, *, at: datetime | None = None
) -> Enrolment:
    """Note that a lesson was read to its end; with the last step the course is finished.

    Read already: nothing happens.
    """
    at = at or timezone.now()
    with transaction.atomic():
        enrolment = enrol(distributor, lesson.course, at=at)
        LessonReading.objects.get_or_create(
            distributor=distributor, lesson=lesson, defaults={"at": at}
        )
        return finish_if_done(enrolment, at=at)


def enrol(distributor: Distributor, course: Course, *, at: datetime) -> Enrolment:
    """The learner's row, locked; whoever finishes a course holds it."""
    Enrolment.objects.get_or_create(
        distributor=distributor, course=course, defaults={"started_at": at}
    )
    return lock_row(Enrolment.objects.filter(distributor=distributor, course=course))


def finish_if_done(enrolment: Enrolment, *, at: datetime) -> Enrolment:
    """Give the certificate when every published lesson is read and every quiz passed, once.

    The caller holds the enrolment's lock.
    """
    if enrolment.finished_at is not None:
        return enrolment
    progress = contents_of(enrolment.course, enrolment.distributor).progress
    if progress.steps and progress.done == progress.steps:
        enrolment.finished_at, enrolment.certificate = at, new_number("C", at)
        enrolment.save(update_fields=["finished_at", "certificate"])
    return enrolment
