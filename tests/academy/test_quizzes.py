"""Quizzes: marked here, by the questions as they were asked; tries counted; finished once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from distribution.academy.courses import read_lesson
from distribution.academy.models import Attempt, Enrolment, Question
from distribution.academy.questions import (
    BadQuestion,
    add_question,
    change_question,
    end_question,
)
from distribution.academy.quizzes import CannotAttempt, begin_attempt, submit_attempt
from distribution.models import Distributor
from tests.academy_make import make_course, make_draft, make_quiz, questions_of
from tests.make import make_distributor

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]


@pytest.fixture
def anna() -> Distributor:
    return make_distributor(name="安娜")


def marks(attempt: Attempt) -> tuple[int | None, bool | None]:
    return attempt.percent, attempt.is_passed


class TestMarking:
    @pytest.mark.parametrize(
        ("chosen", "expected"),
        [
            (([1], [0, 2]), (100, True)),
            (([1], [0]), (50, False)),  # part of a multiple choice is not enough
            (([1], [0, 1, 2]), (50, False)),
            (([0], [0, 2]), (50, False)),
            (([0], [1]), (0, False)),
        ],
    )
    def test_a_question_counts_when_exactly_the_right_options_are_chosen(
        self, anna: Distributor, chosen: tuple[list[int], ...], expected: tuple[int, bool]
    ) -> None:
        quiz = make_quiz(make_course(), (1,), (0, 2))
        attempt = begin_attempt(anna, quiz)
        asked = [question.pk for question in questions_of(quiz)]
        assert marks(submit_attempt(attempt, dict(zip(asked, chosen, strict=True)))) == expected

    def test_the_mark_at_the_line_is_a_pass(self, anna: Distributor) -> None:
        quiz = make_quiz(make_course(), (0,), (0,), (0,), pass_percent=67)
        first, second, third = (question.pk for question in questions_of(quiz))
        attempt = submit_attempt(begin_attempt(anna, quiz), {first: [0], second: [0], third: [1]})
        assert marks(attempt) == (66, False)
        quiz.pass_percent = 66
        quiz.save()
        attempt = submit_attempt(begin_attempt(anna, quiz), {first: [0], second: [0], third: [1]})
        assert marks(attempt) == (66, True)

    @pytest.mark.parametrize("chosen", [[], [3], [0, 1], [-1]])
    def test_what_cannot_be_an_answer_changes_nothing(
        self, anna: Distributor, chosen: list[int]
    ) -> None:
        quiz = make_quiz(make_course(), (0,))
        attempt = begin_attempt(anna, quiz)
        with pytest.raises(CannotAttempt):
            submit_attempt(attempt, {questions_of(quiz)[0].pk: chosen})
        attempt.refresh_from_db()
        assert (attempt.submitted_at, attempt.answers.get().chosen) == (None, [])

    def test_the_first_hand_in_stands(self, anna: Distributor) -> None:
        quiz = make_quiz(make_course(), (0,))
        (question,) = questions_of(quiz)
        attempt = begin_attempt(anna, quiz)
        submit_attempt(attempt, {question.pk: [1]})
        assert marks(submit_attempt(attempt, {question.pk: [0]})) == (0, False)


class TestTries:
    def test_an_open_attempt_goes_on(self, anna: Distributor) -> None:
        quiz = make_quiz(make_course(), (0,))
        assert begin_attempt(anna, quiz) == begin_attempt(anna, quiz)

    def test_so_many_and_no_more(self, anna: Distributor) -> None:
        quiz = make_quiz(make_course(), (0,), most_tries=2)
        (question,) = questions_of(quiz)
        for _try in range(2):
            submit_attempt(begin_attempt(anna, quiz), {question.pk: [1]})
        with pytest.raises(CannotAttempt, match="次数已经用完"):
            begin_attempt(anna, quiz)
        begin_attempt(make_distributor(name="别人"), quiz)
        assert Attempt.objects.filter(distributor=anna).count() == 2

    def test_passed_is_passed(self, anna: Distributor) -> None:
        quiz = make_quiz(make_course(), (0,))
        submit_attempt(begin_attempt(anna, quiz), {questions_of(quiz)[0].pk: [0]})
        with pytest.raises(CannotAttempt, match="已经通过"):
            begin_attempt(anna, quiz)

    def test_nothing_to_ask(self, anna: Distributor) -> None:
        with pytest.raises(CannotAttempt, match="还没有题目"):
            begin_attempt(anna, make_quiz(make_course()))


class TestVersions:
    def test_a_change_does_not_touch_what_was_asked(self, anna: Distributor) -> None:
        quiz = make_quiz(make_course(), (0,))
        (old,) = questions_of(quiz)
        attempt = begin_attempt(anna, quiz)
        new = change_question(old, make_draft((2,), body="换了"), by=None)
        submit_attempt(attempt, {old.pk: [0]})
        assert attempt.answers.get().question == old
        assert (new.replaces, questions_of(quiz)) == (old, [new])
        assert Attempt.objects.get().is_passed is True

    def test_nothing_changed_is_no_version(self) -> None:
        quiz = make_quiz(make_course())
        question = add_question(quiz, make_draft(), by=None)
        draft = make_draft(options=list(make_draft().options), right=[1], options_en=[])
        assert change_question(question, draft, by=None) == question
        assert Question.objects.count() == 1

    def test_history_is_not_changed_again(self) -> None:
        quiz = make_quiz(make_course(), (0,))
        (old,) = questions_of(quiz)
        change_question(old, make_draft((2,)), by=None)
        with pytest.raises(BadQuestion, match="新的版本"):
            change_question(old, make_draft((1,)), by=None)

    def test_the_database_keeps_the_words(self) -> None:
        (question,) = questions_of(make_quiz(make_course(), (0,)))
        for change in ({"body": "别的"}, {"right": [1]}, {"options": ["a", "b"]}):
            with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
                Question.objects.filter(pk=question.pk).update(**change)

    def test_ended_is_not_asked(self, anna: Distributor) -> None:
        quiz = make_quiz(make_course(), (0,), (1,))
        first, second = questions_of(quiz)
        for _again in range(2):
            end_question(first, by=None)
        attempt = begin_attempt(anna, quiz)
        assert [answer.question for answer in attempt.answers.all()] == [second]

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"options": ("甲",)}, "2 到"),
            ({"options": ("甲", " ")}, "2 到"),
            ({"options": ("甲", "甲")}, "重复"),
            ({"options_en": ("a",)}, "一一对应"),
            ({"right": ()}, "至少标出"),
            ({"right": (7,)}, "至少标出"),
            ({"right": (0, 1), "kind": "single"}, "只能有一个"),
        ],
    )
    def test_what_is_no_question(self, fields: dict[str, object], words: str) -> None:
        quiz = make_quiz(make_course())
        with pytest.raises(BadQuestion, match=words):
            add_question(quiz, make_draft(**fields), by=None)
        assert Question.objects.count() == 0


class TestFinishing:
    def test_the_last_step_gives_the_certificate_once(self, anna: Distributor) -> None:
        course = make_course(lessons=1)
        quiz = make_quiz(course, (0,))
        enrolment = read_lesson(anna, course.lessons.get())
        assert enrolment.finished_at is None
        at = timezone.now()
        submit_attempt(begin_attempt(anna, quiz), {questions_of(quiz)[0].pk: [0]}, at=at)
        enrolment = Enrolment.objects.get()
        assert enrolment.finished_at == at
        number = enrolment.certificate
        again = read_lesson(anna, course.lessons.get(), at=at + timedelta(days=1))
        assert (again.certificate, again.finished_at) == (number, at)

    def test_a_failed_quiz_finishes_nothing(self, anna: Distributor) -> None:
        course = make_course(lessons=0)
        quiz = make_quiz(course, (0,))
        submit_attempt(begin_attempt(anna, quiz), {questions_of(quiz)[0].pk: [1]})
        assert Enrolment.objects.get().finished_at is None


class TestPages:
    def test_nothing_on_the_page_tells_what_is_right(
        self, anna: Distributor, pages_of: Pages
    ) -> None:
        """The same page, whichever option is right."""
        pages = []
        for right in ((0,), (2,)):
            quiz = make_quiz(make_course(), right)
            attempt = begin_attempt(anna, quiz)
            (question,) = questions_of(quiz)
            html = pages_of(anna).get(f"/distribution/academy/attempts/{attempt.pk}/")
            text = html.content.decode().split("<main")[1].split("</main>")[0]
            assert "因为所以" not in text
            for number in (question.pk, quiz.pk, quiz.course_id, quiz.course.slug):
                text = text.replace(str(number), "N")
            token = text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
            pages.append(text.replace(token, "T"))
        assert pages[0] == pages[1]

    def test_from_the_quiz_to_its_result(self, anna: Distributor, pages_of: Pages) -> None:
        quiz = make_quiz(make_course(lessons=0), (1,), (0, 2), most_tries=2)
        browser = pages_of(anna)
        page = f"/distribution/academy/quizzes/{quiz.pk}/"
        assert "共 2 题" in browser.get(page).content.decode()
        address = browser.post(f"{page}attempts/")["Location"]
        first, second = questions_of(quiz)
        half = {f"question_{first.pk}": "1"}
        assert "请选择答案" in browser.post(address, half).content.decode()
        assert browser.post(address, half | {f"question_{second.pk}": ["0"]}).status_code == 302
        result = browser.get(address).content.decode()
        assert ("50%" in result, "因为所以" in result, "正确答案" in result) == (True, True, False)
        address = browser.post(f"{page}attempts/")["Location"]
        browser.post(address, half | {f"question_{second.pk}": ["0", "2"]})
        result = browser.get(address).content.decode()
        assert ("正确答案" in result, "看我的证书" in result) == (True, True)
        number = Enrolment.objects.get().certificate
        certificate = browser.get(f"/distribution/academy/certificates/{number}/")
        assert "安娜" in certificate.content.decode()

    def test_somebody_elses_is_not_there(self, anna: Distributor, pages_of: Pages) -> None:
        quiz = make_quiz(make_course(lessons=0), (0,))
        attempt = begin_attempt(anna, quiz)
        other = pages_of(make_distributor(name="别人"))
        address = f"/distribution/academy/attempts/{attempt.pk}/"
        (question,) = questions_of(quiz)
        assert other.get(address).status_code == 404
        assert other.post(address, {f"question_{question.pk}": "0"}).status_code == 404
        submit_attempt(attempt, {question.pk: [0]})
        number = Enrolment.objects.get().certificate
        assert other.get(f"/distribution/academy/certificates/{number}/").status_code == 404
