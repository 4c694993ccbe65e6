"""Courses as distributors see them: published ones, with their own progress."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client

from base.accounts.models import User
from distribution.academy.models import Course, Enrolment, Lesson, LessonPicture
from distribution.academy.questions import end_question
from distribution.academy.quizzes import begin_attempt, submit_attempt
from distribution.academy.videos import check_video_address
from distribution.models import Distributor
from tests.academy_make import jpeg, make_course, make_quiz
from tests.make import make_distributor, make_user, make_variant

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]
PAGE = "/distribution/academy/"


@pytest.fixture
def anna() -> Distributor:
    return make_distributor(name="安娜")


def test_only_for_distributors(pages_of: Pages) -> None:
    course = make_course()
    lesson = course.lessons.first()
    assert lesson is not None
    shopper = pages_of(make_user())
    for path in ("", f"{course.slug}/", f"{course.slug}/{lesson.pk}/", "?format=csv", "materials/"):
        assert shopper.get(PAGE + path)["Location"] == "/distribution/join/", path
    assert shopper.post(f"{PAGE}{course.slug}/{lesson.pk}/reading/").status_code == 302
    assert Enrolment.objects.count() == 0


@pytest.mark.parametrize("number", [1, 3])
def test_the_list(
    anna: Distributor, pages_of: Pages, number: int, django_assert_num_queries: Any
) -> None:
    for _course in range(number):
        make_quiz(make_course(), (0,))
    browser = pages_of(anna)
    # session, person, distributor, count, page; lessons, quizzes, read, passed, enrolled
    with django_assert_num_queries(10):
        page = browser.get(PAGE)
    assert [row.steps for row in page.context["rows"]] == [3] * number


def test_drafts_are_not_there(anna: Distributor, pages_of: Pages) -> None:
    draft = make_course(is_published=False)
    course = make_course()
    hidden = Lesson.objects.create(course=course, name="没写完", body="…", is_published=False)
    browser = pages_of(anna)
    assert [row.course for row in browser.get(PAGE).context["rows"]] == [course]
    for path in (f"{draft.slug}/", f"{draft.slug}/{draft.lessons.first().pk}/", f"{course.slug}/{hidden.pk}/"):  # type: ignore[union-attr]  # it has lessons  # fmt: skip
        assert browser.get(PAGE + path).status_code == 404
    assert browser.post(f"{PAGE}{course.slug}/{hidden.pk}/reading/").status_code == 404


def test_found_and_filtered(anna: Distributor, pages_of: Pages) -> None:
    make_course("认识茶叶", name_en="About tea")
    make_course("怎样说真话", kind=Course.Kind.SELLING)
    browser = pages_of(anna)
    for query, number in (
        ("", 2), ("?kind=selling", 1), ("?q=茶", 1), ("?q=TEA", 1), ("?q=没有", 0), ("?kind=x", 2),
    ):  # fmt: skip
        assert len(browser.get(PAGE + query).context["rows"]) == number, query


def test_reading_leads_on_and_to_the_certificate(anna: Distributor, pages_of: Pages) -> None:
    course = make_course(lessons=2)
    first, second = course.lessons.all()
    browser = pages_of(anna)
    html = browser.get(f"{PAGE}{course.slug}/{first.pk}/").content.decode()
    assert "<strong>重点</strong>" in html
    for _twice in range(2):
        answer = browser.post(f"{PAGE}{course.slug}/{first.pk}/reading/")
        assert answer["Location"] == f"{PAGE}{course.slug}/{second.pk}/"
    answer = browser.post(f"{PAGE}{course.slug}/{second.pk}/reading/")
    number = Enrolment.objects.get(distributor=anna).certificate
    assert answer["Location"] == f"{PAGE}certificates/{number}/"
    assert "看我的证书" in browser.get(f"{PAGE}{course.slug}/").content.decode()
    export = b"".join(browser.get(f"{PAGE}?format=csv")).decode()
    assert export.splitlines()[1].startswith("认识坚果,商品知识,100,")


def test_a_lesson_with_goods_a_picture_and_a_video(anna: Distributor, pages_of: Pages) -> None:
    course = make_course(lessons=1)
    lesson = course.lessons.get()
    variant = make_variant()
    lesson.products.add(variant.product)
    lesson.video = "https://www.bilibili.com/video/1"
    lesson.save()
    picture = LessonPicture.objects.create(
        lesson=lesson, file=ContentFile(jpeg(), "a.jpg"), width=1500, height=1000, caption="剖面"
    )
    browser = pages_of(anna)
    html = browser.get(f"{PAGE}{course.slug}/{lesson.pk}/").content.decode()
    assert (variant.product.name in html, "剖面" in html, "bilibili.com" in html) == (True,) * 3
    assert "<iframe" not in html
    address = f"{PAGE}pictures/{picture.pk}.jpg"
    answer = browser.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Cache-Control"].startswith("private")
    assert Client().get(address).status_code == 302
    Course.objects.update(is_published=False)
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize(
    "bad",
    [
        "http://bilibili.com/1",
        "https://evil.example/bilibili.com",
        "https://bilibili.com.evil.example/",
        "https://evilbilibili.com/",
        "javascript:alert(1)",
        "https://me@bilibili.com/",
        "https://bilibili.com:8443/",
    ],
)
def test_videos_from_elsewhere_are_refused(bad: str) -> None:
    check_video_address("https://www.bilibili.com/video/1")
    with pytest.raises(ValidationError):
        check_video_address(bad)


def test_a_quiz_without_questions_keeps_no_course_unfinished(
    anna: Distributor, pages_of: Pages
) -> None:
    course = make_course(lessons=1)
    make_quiz(course)
    gone = make_quiz(course, (0,))
    end_question(gone.questions.get(), by=None)
    browser = pages_of(anna)
    (row,) = browser.get(PAGE).context["rows"]
    assert (row.steps, browser.get(f"{PAGE}{course.slug}/").context["contents"].quizzes) == (1, [])
    browser.post(f"{PAGE}{course.slug}/{course.lessons.get().pk}/reading/")
    assert Enrolment.objects.get().finished_at is not None


def test_what_is_next_is_one_button(anna: Distributor, pages_of: Pages) -> None:
    course = make_course(lessons=1)
    quiz = make_quiz(course, (0,), name="小测")
    browser, lesson = pages_of(anna), course.lessons.get()
    page = f"{PAGE}{course.slug}/"
    assert "开始学习" in browser.get(page).content.decode()
    assert browser.post(f"{page}{lesson.pk}/reading/")["Location"] == page
    assert "做测验：小测" in browser.get(page).content.decode()
    submit_attempt(begin_attempt(anna, quiz), {quiz.questions.get().pk: [0]})
    html = browser.get(page).content.decode()
    assert ("看我的证书" in html, "做测验" in html) == (True, False)
