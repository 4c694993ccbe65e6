"""What learners type and choose. Forms check the input; rules are the domain's."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base.filters import ListFilter, SlugChoiceField, words_field
from catalog.models import Category, Product
from distribution.academy.models import Attempt, Course, Material, Question


class CourseFilter(ListFilter):
    chips = ("kind",)

    kind = forms.ChoiceField(label=_("类型"), choices=[("", _("全部")), *Course.Kind.choices])
    q = words_field(_("课程名称"))


class MaterialFilter(ListFilter):
    """`categories`: those on offer, each followed by those below it."""

    chips = ("channel",)
    kept = ("product",)

    product = SlugChoiceField(Product.objects.filter(is_active=True), label=_("商品"))
    category = SlugChoiceField(
        Category.objects.filter(is_active=True),
        label=pgettext_lazy("plural", "分类"),
    )
    channel = forms.ChoiceField(
        label=_("渠道"), choices=[("", _("全部")), *Material.Channel.choices]
    )
    q = words_field(_("商品或文案"))

    def __init__(self, data: QueryDict, categories: Iterable[Category]) -> None:
        super().__init__(data)
        self.fields["category"].choices = [  # type: ignore[attr-defined]  # a choice of rows
            ("", _("全部分类")),
            *((row.slug, "\u3000" * (len(row.path) - 1) + row.title) for row in categories),
        ]


class QuizForm(forms.Form):
    """A field for each question of an attempt, none of which knows what is right."""

    def __init__(self, attempt: Attempt, data: Any = None) -> None:
        super().__init__(data, use_required_attribute=True)
        self.questions = [answer.question for answer in attempt.answers.select_related("question")]
        for number, question in enumerate(self.questions, start=1):
            self.fields[_name(question)] = _field(number, question)

    def chosen(self) -> dict[int, list[int]]:
        """Only after `is_valid()`."""
        return {
            question.pk: [int(value) for value in _as_list(self.cleaned_data[_name(question)])]
            for question in self.questions
        }


def _name(question: Question) -> str:
    return f"question_{question.pk}"


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _field(number: int, question: Question) -> forms.Field:
    choices = [(str(place), text) for place, text in enumerate(question.choices)]
    errors = {"required": _("请选择答案。")}
    label = f"{number}. {question.text}"
    if question.kind == Question.Kind.SINGLE:
        return forms.ChoiceField(
            label=label, choices=choices, widget=forms.RadioSelect, error_messages=errors
        )
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("多选，选出所有正确的。"),
        error_messages=errors,
    )
