"""What learners type and choose. Forms check the input; rules are the domain's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product
from distribution.academy.models import Attempt, Course, Material, Question


class CourseFilter(forms.Form):
    """The query of the list of courses; what makes no sense is left out."""

    kind = forms.ChoiceField(choices=[("", ""), *Course.Kind.choices], required=False)
    q = forms.CharField(max_length=40, required=False)

    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        values = self.cleaned_data
        return {"kind": values.get("kind", ""), "search": values.get("q", "").strip()}


class MaterialFilter(forms.Form):
    """The query of the library."""

    product = forms.ModelChoiceField(
        Product.objects.filter(is_active=True), to_field_name="slug", required=False
    )
    category = forms.ModelChoiceField(
        Category.objects.filter(is_active=True), to_field_name="slug", required=False
    )
    channel = forms.ChoiceField(choices=[("", ""), *Material.Channel.choices], required=False)
    q = forms.CharField(max_length=40, required=False)

    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        values = self.cleaned_data
        return {
            "product": values.get("product"),
            "category": values.get("category"),
            "channel": values.get("channel", ""),
            "search": values.get("q", "").strip(),
        }


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
