"""The academy's admin: questions as lines, versions on saving, previews, reports, safe pictures."""

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from base.accounts.models import User
from distribution.academy.courses import read_lesson
from distribution.academy.models import LessonPicture, Material, MaterialPicture, Question, Quiz
from tests.academy_make import jpeg, make_course, make_material, make_quiz, questions_of, upload
from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def merchant(client: Client, settings: LazySettings, tmp_path: object) -> User:
    settings.PRIVATE_ROOT = str(tmp_path)
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def question(quiz: Quiz, **values: str) -> dict[str, object]:
    return {
        "quiz": quiz.pk, "kind": "single", "body": "坚果怎么存？",
        "options_text": "* 阴凉处\n太阳下", "position": "0",
    } | values  # fmt: skip


def test_a_question_is_written_in_lines(client: Client, merchant: User) -> None:
    quiz = make_quiz(make_course())
    answer = client.post(reverse("admin:academy_question_add"), question(quiz))
    assert answer.status_code == 302
    written = Question.objects.get()
    assert (written.options, written.right, written.by) == (["阴凉处", "太阳下"], [0], merchant)


def test_saving_a_change_is_a_new_version(client: Client) -> None:
    quiz = make_quiz(make_course(), (1,))
    (old,) = questions_of(quiz)
    address = reverse("admin:academy_question_change", args=[old.pk])
    form = client.get(address).context["adminform"].form
    assert form.initial["options_text"] == "甲\n* 乙\n丙"
    assert client.post(address, question(quiz)).status_code == 302
    (new,) = questions_of(quiz)
    assert (new.replaces, new.body) == (old, "坚果怎么存？")
    assert client.get(address).status_code == 200  # history, to look at
    page = client.post(address, question(quiz, body="晚了一步"), follow=True)
    assert [str(one) for one in page.context["messages"]][-1] == (
        "您打开之后，这里已经被改过，不能再改；您的修改没有保存。"
    )
    assert questions_of(quiz) == [new]


@pytest.mark.parametrize(
    ("text", "words"), [("一\n二", "至少标出"), ("* 一", "2 到"), ("* 一\n* 二", "只能有一个")]
)
def test_a_bad_question_is_refused(client: Client, text: str, words: str) -> None:
    quiz = make_quiz(make_course())
    answer = client.post(reverse("admin:academy_question_add"), question(quiz, options_text=text))
    assert words in answer.content.decode()
    assert Question.objects.count() == 0


def test_the_preview_shows_drafts_and_what_is_right(client: Client) -> None:
    course = make_course(is_published=False)
    make_quiz(course, (1,))
    html = client.get(reverse("admin:course_preview", args=[course.pk])).content.decode()
    assert ("<strong>重点</strong>" in html, "✓ 乙" in html) == (True, True)


def test_the_report_of_who_finished_what(client: Client) -> None:
    anna = make_distributor(name="安娜")
    course = make_course(lessons=1)
    enrolment = read_lesson(anna, course.lessons.get())
    address = reverse("admin:academy_enrolment_changelist")
    html = client.get(f"{address}?q={anna.code}").content.decode()
    assert "安娜" in html
    values = {"action": "export_selected", "_selected_action": [enrolment.pk]}
    text = b"".join(client.post(address, values)).decode()
    assert ("安娜" in text, str(enrolment.certificate) in text) == (True, True)


def material(**files: object) -> dict[str, object]:
    return {
        "name": "图文", "channel": "any", "body": "好", "level": "0",
        "pictures-TOTAL_FORMS": "1", "pictures-INITIAL_FORMS": "0", "pictures-0-position": "0",
    } | files  # fmt: skip


def test_a_picture_is_drawn_anew(client: Client) -> None:
    values = material(**{"pictures-0-file": upload("../../坏.php.jpg")})
    answer = client.post(reverse("admin:academy_material_add"), values)
    assert answer.status_code == 302
    picture = MaterialPicture.objects.get()
    assert (picture.width, picture.height) == (1500, 1000)
    assert str(picture.file.name).startswith("materials/") and "php" not in str(picture.file.name)
    address = reverse("admin:academy_material_change", args=[picture.material_id])
    assert client.get(address).status_code == 200


def test_what_is_no_picture_is_refused(client: Client) -> None:
    values = material(**{"pictures-0-file": upload("a.jpg", b"<svg onload=alert(1)>")})
    answer = client.post(reverse("admin:academy_material_add"), values)
    assert "请上传 JPG、PNG 或 WebP 图片" in answer.content.decode()
    assert Material.objects.count() == 0


def test_a_video_from_elsewhere_is_refused(client: Client) -> None:
    values = material(video="https://evil.example/1") | {"pictures-TOTAL_FORMS": "0"}
    answer = client.post(reverse("admin:academy_material_add"), values)
    assert "视频链接须以" in answer.content.decode()
    assert Material.objects.count() == 0


def test_how_often_it_was_taken(client: Client) -> None:
    row = make_material()
    anna = make_distributor()
    for _twice in range(2):
        row.takings.create(distributor=anna, what="copy", at=anna.joined_at)
    page = client.get(reverse("admin:academy_material_changelist"))
    (found,) = page.context["cl"].result_list
    assert (found.taken, found.takers) == (2, 1)


def test_a_course_does_not_hide_a_page(client: Client) -> None:
    values = {
        "kind": "product", "name": "素材", "slug": "materials", "position": "0",
        "lessons-TOTAL_FORMS": "0", "lessons-INITIAL_FORMS": "0",
        "quizzes-TOTAL_FORMS": "0", "quizzes-INITIAL_FORMS": "0",
    }  # fmt: skip
    answer = client.post(reverse("admin:academy_course_add"), values)
    assert "请换一个" in answer.content.decode()


def test_pictures_of_drafts_are_seen_by_who_may_see_courses(client: Client) -> None:
    """The merchant's people need not be distributors."""
    lesson = make_course(lessons=1, is_published=False).lessons.get()
    picture = LessonPicture.objects.create(
        lesson=lesson, file=ContentFile(jpeg(), "a.jpg"), width=1500, height=1000
    )
    address = reverse("admin:course_picture", args=[picture.pk])
    preview = reverse("admin:course_preview", args=[lesson.course.pk])
    assert address in client.get(preview).content.decode()
    assert client.get(address)["Content-Type"] == "image/jpeg"
    stranger = make_user(is_staff=True)
    client.force_login(stranger)
    assert (client.get(address).status_code, client.get(preview).status_code) == (403, 403)
    stranger.user_permissions.add(Permission.objects.get(codename="view_course"))
    assert client.get(address).status_code == 200
