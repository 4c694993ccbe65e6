"""Courses, quizzes and materials for tests."""

from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from distribution.academy.models import (
    Course,
    Lesson,
    Material,
    MaterialPicture,
    Question,
    Quiz,
)
from distribution.academy.questions import Draft, add_question
from tests.make import START

_ONE_TWO_THREE = ("甲", "乙", "丙")


def make_course(name: str = "认识坚果", *, lessons: int = 2, **fields: Any) -> Course:
    """A published course with short lessons."""
    number = Course.objects.count()
    course = Course.objects.create(
        name=name, slug=f"course-{number}", **{"kind": "product", "is_published": True} | fields
    )
    for place in range(lessons):
        Lesson.objects.create(
            course=course, name=f"第{place + 1}课", body="**重点**", position=place
        )
    return course


def make_draft(right: tuple[int, ...] = (1,), **fields: Any) -> Draft:
    kind = "single" if len(right) == 1 else "multiple"
    return Draft(
        **{"kind": kind, "body": "哪个对？", "options": _ONE_TWO_THREE, "right": right, "note": "因为所以"}
        | fields
    )  # fmt: skip


def make_quiz(course: Course, *rights: tuple[int, ...], **fields: Any) -> Quiz:
    """A quiz with one question for each of `rights`."""
    quiz = Quiz.objects.create(course=course, **{"name": "测验", "pass_percent": 60} | fields)
    for place, right in enumerate(rights):
        add_question(quiz, make_draft(right, position=place), by=None, at=START)
    return quiz


def questions_of(quiz: Quiz) -> list[Question]:
    return list(quiz.questions.filter(valid_to=None).order_by("position"))


def jpeg(size: tuple[int, int] = (1500, 1000)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "orange").save(buffer, "JPEG")
    return buffer.getvalue()


def upload(name: str = "图.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if data is None else data)


def make_material(name: str = "晒单文案", *, pictures: int = 0, **fields: Any) -> Material:
    material = Material.objects.create(name=name, **{"body": "好吃 {link}", "is_published": True} | fields)  # fmt: skip
    for place in range(pictures):
        MaterialPicture.objects.create(
            material=material, file=ContentFile(jpeg(), "a.jpg"), width=1500, height=1000, position=place
        )  # fmt: skip
    return material
