from typing import Any

import pytest
from django import forms

from base.filters import file_name, in_words


class Asked(forms.Form):
    level = forms.TypedChoiceField(
        choices=[("", "两级"), ("1", "一级")], coerce=int, required=False
    )
    unread = forms.BooleanField(label="未读", required=False)
    q = forms.CharField(max_length=8, required=False)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    sort = forms.ChoiceField(choices=[("", ""), ("new", "最新")], required=False)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, []),
        ({"level": "1", "unread": "1", "q": " 王 "}, ["一级", "未读", "王"]),
        ({"level": "7", "q": "longer than eight", "since": "nonsense"}, []),
        ({"since": "2026-11-01"}, ["2026-11-01 起"]),
        ({"until": "2026-11-30"}, ["到 2026-11-30"]),
        ({"since": "2026-11-30", "until": "2026-11-01"}, ["2026-11-01 – 2026-11-30"]),
        ({"sort": "new"}, []),
    ],
)
def test_only_what_makes_sense_is_said(query: dict[str, Any], words: list[str]) -> None:
    assert in_words(Asked(query)) == words


def test_a_part_of_a_list_is_called_so() -> None:
    assert file_name("佣金明细", Asked({})) == "佣金明细.csv"
    asked = Asked({"level": "1", "since": "2026-11-01", "q": "D26"})
    assert file_name("佣金明细", asked) == "佣金明细 一级 D26 2026-11-01 起.csv"
    assert file_name("一级", Asked({"level": "1"})) == "一级.csv"


def test_a_name_that_every_file_system_takes() -> None:
    assert file_name("表", Asked({"q": '../a"\r\nb'})) == "表 .._a_b.csv"
    assert len(file_name("表" * 99, Asked({"q": "商"})).encode()) <= 255
