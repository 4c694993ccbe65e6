"""Shares are stored as 0.125 and are per cents wherever a merchant types or reads them."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from base.money import percent


class PercentField(forms.DecimalField):
    """A share written as people say it: `12.5` or `12.5%` for 0.125, with `places` decimals."""

    def __init__(
        self,
        *,
        least: Decimal = Decimal(0),
        most: Decimal = Decimal(1),
        places: int = 6,
        **kwargs: Any,
    ) -> None:
        self.least, self.most, self.places = least, most, places
        widget = UnfoldAdminTextInputWidget(
            attrs={"suffix": "%", "inputmode": "decimal", "autocomplete": "off"}
        )
        # The words for what is missing come from `clean`, so that no browser speaks before us.
        super().__init__(**{"required": False, "widget": widget} | kwargs)

    def prepare_value(self, value: Any) -> Any:
        return percent(value).removesuffix("%") if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        """What is typed is text; a Decimal is the share of a field that may not be typed in."""
        if isinstance(value, Decimal):
            return value
        if isinstance(value, str):
            value = value.strip().removesuffix("%").removesuffix("％").strip()
        number = super().to_python(value)
        if number is None:
            return None
        if not self.least * 100 <= number <= self.most * 100:
            ends = {"least": percent(self.least), "most": percent(self.most)}
            raise ValidationError(_("比例要在 %(least)s 到 %(most)s 之间。") % ends)
        if number.as_tuple().exponent < -self.places:  # type: ignore[operator]  # the number is finite
            raise ValidationError(_("比例最多 %(places)d 位小数。") % {"places": self.places})
        return number / 100

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != initial
        except ValidationError:
            return True


class InPercents(ModelAdmin):
    """`percents` names the model's shares: asked for by PercentField, and shown with their sign
    where they are only looked at."""

    percents: tuple[str, ...] = ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name not in self.percents:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        limits = {
            end: validator.limit_value
            for validator in db_field.validators
            for end, kind in (("least", MinValueValidator), ("most", MaxValueValidator))
            if isinstance(validator, kind)
        }
        return PercentField(
            label=capfirst(db_field.verbose_name),
            help_text=db_field.help_text,
            required=not db_field.blank,
            places=db_field.decimal_places - 2,
            **limits,
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [
            worded(self.model, name) if name in self.percents else name
            for name in super().get_readonly_fields(request, obj)
        ]

    def plain_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What a page of its own fieldsets overrides."""
        return super().get_fieldsets(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is only looked at is read from the columns that word it."""
        may_change = obj is None or self.has_change_permission(request, obj)
        fixed = self.get_readonly_fields(request, obj)
        read = {n for n in self.percents if not may_change or worded(self.model, n) in fixed}
        return [
            (name, options | {"fields": self._worded(options["fields"], read)})
            for name, options in self.plain_fieldsets(request, obj)
        ]

    def _worded(self, field: Any, read: set[str]) -> Any:
        if isinstance(field, list | tuple):
            return type(field)(dict.fromkeys(self._worded(part, read) for part in field))
        return worded(self.model, field) if field in read else field


@cache
def worded(model: type[models.Model], name: str) -> Callable[[Any], str]:
    """A column of the model's share `name`, as a per cent."""

    def share(row: Any) -> str:
        value = getattr(row, name)
        return "—" if value is None else percent(value)

    label = model._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # a column, no reverse relation
    return display(description=label)(share)
