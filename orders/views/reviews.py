"""A buyer's word on what they received; and what a product's page shows of everybody's."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from base.access import MemberRequest, member
from base.errors import DomainError
from catalog.models import Product
from orders.reviews import opinion_of, write_review, writer_of
from orders.views.own import own_order


class ReviewForm(forms.Form):
    rating = forms.TypedChoiceField(
        choices=[(str(stars), str(stars)) for stars in range(1, 6)],
        coerce=int,
        error_messages={
            "required": gettext_lazy("请选择 1 到 5 星。"),
            "invalid_choice": gettext_lazy("请选择 1 到 5 星。"),
        },
    )
    text = forms.CharField(
        max_length=500,
        required=False,
        error_messages={"max_length": gettext_lazy("评价最多 500 字。")},
    )


@member
@require_POST
def review(request: MemberRequest, number: str, line: int) -> HttpResponse:
    order = own_order(request, number)
    found = get_object_or_404(order.lines, pk=line)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect("orders:order", order.number)
    try:
        write_review(found, rating=form.cleaned_data["rating"], text=form.cleaned_data["text"])
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("谢谢你的评价。"))
    return redirect("orders:order", order.number)


def product_reviews(product: Product) -> str:
    """A part of the product's page, the same for everybody."""
    opinion = opinion_of(product)
    if opinion is None:
        return ""
    said = [(review, writer_of(review)) for review in opinion.newest]
    return render_to_string("orders/product_reviews.html", {"opinion": opinion, "said": said})
