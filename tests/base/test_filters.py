"""What a list is asked for: what makes sense of it is used and said, what does not is refused."""

import pytest
from django import forms
from django.http import QueryDict

from base.filters import DatedFilter, file_name, in_words, words_field

CHOICES = [("", "全部"), ("new", "新的"), ("old", "旧的")]


class Shown(DatedFilter):
    chips = ("state",)
    aside = ("sort",)

    state = forms.ChoiceField(label="状态", choices=CHOICES)
    sort = forms.ChoiceField(label="排序", choices=[("", "最新"), ("price", "价格")])
    q = words_field("名称", max_length=5)


def asked(query: str) -> Shown:
    return Shown(QueryDict(query))


class TestReading:
    def test_nothing_is_asked(self) -> None:
        nothing = {"state": "", "sort": "", "search": "", "since": None, "until": None}
        filters = asked("")
        assert (filters.wanted(), filters.is_narrow, filters.complaints) == (nothing, False, [])
        assert filters.chosen_elsewhere == []

    def test_words_are_trimmed_and_what_only_orders_does_not_narrow(self) -> None:
        filters = asked("q=+茶+&sort=price")
        assert (filters.wanted()["search"], filters.is_narrow) == ("茶", True)
        assert not asked("sort=price&q=+").is_narrow

    @pytest.mark.parametrize(
        ("query", "complaint", "left"),
        [
            ("state=bad&q=茶", "状态：没有这个选项。", {"search": "茶"}),
            ("state=%00", "状态：没有这个选项。", {}),
            ("since=2026-02-31&until=2026-03-01", "从哪天：没有这一天。", {"until": "2026-03-01"}),
            ("until=31.12.2026", "到哪天：没有这一天。", {}),
            ("since=2026-03-02&until=2026-03-01", "到哪天：比开始那天还早。", {}),
            ("q=" + "长" * 10_000, "名称：最多 5 个字。", {}),
            ("q=a%00b&state=new", "名称：有不能查找的字符。", {"state": "new"}),
        ],
    )
    def test_what_cannot_be_read_is_said_and_left_out(
        self, query: str, complaint: str, left: dict[str, str]
    ) -> None:
        filters = asked(query)
        used = {name: str(value) for name, value in filters.wanted().items() if value}
        assert (filters.complaints, used) == ([complaint], left)

    def test_a_day_alone_counts(self) -> None:
        filters = asked("since=2026-03-01&until=2026-03-01")
        assert filters.complaints == [] and filters.is_narrow

    def test_chips_know_which_is_chosen_and_the_box_carries_it_along(self) -> None:
        ((name, label, options),) = asked("state=old&q=茶").chip_rows
        assert (name, label) == ("state", "状态")
        assert options == [("", "全部", False), ("new", "新的", False), ("old", "旧的", True)]
        assert asked("state=old&q=茶").chosen_elsewhere == [("state", "old")]
        bad = asked("state=bad")
        assert bad.chosen_elsewhere == [] and bad.chip_rows[0][2][0] == ("", "全部", True)
        assert [box.name for box in bad.boxes] == ["sort"]


class Asked(DatedFilter):
    level = forms.TypedChoiceField(choices=[("", "两级"), ("1", "一级")], coerce=int)
    unread = forms.BooleanField(label="未读")
    q = words_field("找什么", max_length=8)
    sort = forms.ChoiceField(choices=[("", ""), ("new", "最新")])


def said_of(**query: str) -> Asked:
    asked = QueryDict(mutable=True)
    asked.update(query)
    return Asked(asked)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, []),
        ({"level": "1", "unread": "1", "q": " 王 "}, ["一级", "未读", "王"]),
        ({"level": "7", "q": "longer than eight", "since": "nonsense"}, []),
        ({"since": "2026-11-01"}, ["2026-11-01 起"]),
        ({"until": "2026-11-30"}, ["到 2026-11-30"]),
        ({"since": "2026-11-01", "until": "2026-11-30"}, ["2026-11-01 – 2026-11-30"]),
        ({"since": "2026-11-30", "until": "2026-11-01"}, []),
        ({"sort": "new"}, []),
    ],
)
def test_only_what_makes_sense_is_said(query: dict[str, str], words: list[str]) -> None:
    assert in_words(said_of(**query)) == words


def test_a_part_of_a_list_is_called_so() -> None:
    assert file_name("佣金明细", said_of()) == "佣金明细.csv"
    part = said_of(level="1", since="2026-11-01", q="D26")
    assert file_name("佣金明细", part) == "佣金明细 一级 D26 2026-11-01 起.csv"
    assert file_name("一级", said_of(level="1")) == "一级.csv"


def test_a_name_that_every_file_system_takes() -> None:
    assert file_name("表", said_of(q='../a"\r\nb')) == "表 .._a_b.csv"
    assert len(file_name("表" * 99, said_of(q="商")).encode()) <= 255
