"""Courses on the phone: the list with one's progress, a course, a lesson, the certificate."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.filters import file_name
from base.pages import page_of
from base.private_files import picture_response
from base.tables import csv_response, in_chunks, is_table, time_cell
from catalog.listing import for_cards
from distribution.academy.courses import (
    contents_of,
    progress_of,
    published_courses,
    read_lesson,
)
from distribution.academy.forms import CourseFilter
from distribution.academy.models import Course, Enrolment, Lesson, LessonPicture
from distribution.academy.videos import host_of
from distribution.access import distributor, distributor_of
from distribution.models import Distributor

PER_PAGE = 20


@distributor
@never_cache
@require_safe
def courses(request: HttpRequest) -> HttpResponseBase:
    person = distributor_of(request)
    filters = CourseFilter(request.GET)
    found = published_courses(**filters.wanted())
    if is_table(request, filters):
        header = [_("课程"), _("类型"), _("进度（%）"), _("完成时间"), _("证书编号")]
        return csv_response(file_name(_("学堂"), filters), header, _lines(person, found))
    page = page_of(request, found, PER_PAGE)
    context = {
        "tab": "promote",
        "distributor": person,
        "page": page,
        "rows": progress_of(person, list(page.object_list)),
        "filters": filters,
    }
    return render(request, "academy/courses.html", context)


def _lines(person: Distributor, found: QuerySet[Course]) -> Iterator[list[Any]]:
    for rows in in_chunks(found):
        for row in progress_of(person, rows):
            yield [
                row.course.title,
                row.course.get_kind_display(),
                row.percent,
                time_cell(row.enrolment.finished_at if row.enrolment else None),
                row.enrolment.certificate if row.enrolment else "",
            ]


def published_course(slug: str) -> Course:
    """A draft is not there for anybody but its writers."""
    return get_object_or_404(Course, slug=slug, is_published=True)


@distributor
@never_cache
@require_safe
def course(request: HttpRequest, slug: str) -> HttpResponse:
    person = distributor_of(request)
    found = published_course(slug)
    context = {
        "tab": "promote",
        "distributor": person,
        "course": found,
        "contents": contents_of(found, person),
    }
    return render(request, "academy/course.html", context)


@distributor
@never_cache
@require_safe
def lesson(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    person = distributor_of(request)
    found = _published_lesson(slug, pk)
    contents = contents_of(found.course, person)
    context = {
        "tab": "promote",
        "distributor": person,
        "course": found.course,
        "lesson": found,
        "contents": contents,
        "place": [row.pk for row in contents.lessons].index(found.pk) + 1,
        "is_read": found.pk in contents.read,
        "following": contents.after(found),
        "pictures": list(found.pictures.order_by("position", "pk")),
        "products": for_cards(found.products.filter(is_active=True)).order_by("pk"),
        "video_host": host_of(found.video),
    }
    return render(request, "academy/lesson.html", context)


def _published_lesson(slug: str, pk: int) -> Lesson:
    return get_object_or_404(
        Lesson.objects.select_related("course"),
        pk=pk,
        is_published=True,
        course__slug=slug,
        course__is_published=True,
    )


@distributor
@require_POST
def reading(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Read to the end: on to what follows."""
    person = distributor_of(request)
    found = _published_lesson(slug, pk)
    was_finished = _is_finished(person.enrolments.filter(course=found.course).first())
    enrolment = read_lesson(person, found)
    if _is_finished(enrolment) and not was_finished:
        messages.success(request, _("恭喜，课程学完了，证书已经发给你。"))
        return redirect("academy:certificate", enrolment.certificate)
    following = contents_of(found.course, person).after(found)
    if following:
        return redirect("academy:lesson", slug, following.pk)
    return redirect("academy:course", slug)


def _is_finished(enrolment: Enrolment | None) -> bool:
    return enrolment is not None and enrolment.finished_at is not None


@distributor
@never_cache
@require_safe
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """To look at and print; one's own."""
    person = distributor_of(request)
    found = get_object_or_404(
        person.enrolments.select_related("course"), certificate=number, finished_at__isnull=False
    )
    context = {"tab": "promote", "distributor": person, "enrolment": found, "course": found.course}
    return render(request, "academy/certificate.html", context)


@distributor
@require_safe
def lesson_picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Of a published lesson; its writers see it in the back office."""
    found = get_object_or_404(
        LessonPicture, pk=pk, lesson__is_published=True, lesson__course__is_published=True
    )
    return picture_response(found.file)
