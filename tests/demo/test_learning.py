"""The demo's academy: complete in both languages, its options marked, its goods in the catalogue."""

import tomllib
from pathlib import Path
from typing import Any

from distribution.academy.questions import check_draft
from distribution.academy.videos import check_video_address
from shop.demo import learning
from shop.demo.goods import read_catalogue

PLAN = tomllib.loads(Path(learning.__file__).with_name("learning.toml").read_text(encoding="utf-8"))


def entries() -> list[dict[str, Any]]:
    lessons = [lesson for course in PLAN["course"] for lesson in course["lesson"]]
    quizzes = [quiz for course in PLAN["course"] for quiz in course.get("quiz", [])]
    asked = [question for quiz in quizzes for question in quiz["question"]]
    return [*PLAN["course"], *lessons, *quizzes, *asked, *PLAN["material"], *PLAN["announcement"]]


def test_everything_is_written_in_both_languages() -> None:
    for entry in entries():
        for name in ("name", "summary", "body", "note"):
            assert (name in entry) == (f"{name}_en" in entry), entry.get("name", entry.get("body"))


def test_every_question_is_one() -> None:
    for course in PLAN["course"]:
        for quiz in course.get("quiz", []):
            for number, question in enumerate(quiz["question"]):
                check_draft(learning._draft(question, number))


def test_its_goods_are_in_the_catalogue() -> None:
    codes = {entry["code"] for shelf in read_catalogue() for entry in shelf.products}
    named = {code for entry in entries() for code in entry.get("products", [])}
    named |= {entry["product"] for entry in PLAN["material"] if "product" in entry}
    assert named <= codes


def test_its_videos_are_where_videos_may_be() -> None:
    for entry in entries():
        if "video" in entry:
            check_video_address(entry["video"])
