"""The cart's page, its lines, and the small fragment that makes a shared page personal."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.access import public, same_origin
from base.errors import DomainError
from base.money import ZERO
from base.pages import is_part, personal_parts
from base.visitors import remember_visitor, visitor_of
from orders.cart import CartOwner, add_to_cart, count_pieces, discounts_on, read_cart, set_quantity
from orders.cart_forms import AddForm, QuantityForm


@public
@require_safe
@never_cache
def cart(request: HttpRequest) -> HttpResponse:
    return render(request, "orders/cart.html", {"tab": "cart"} | _shown(_owner(request)))


@same_origin
@public
@require_POST
def cart_lines(request: HttpRequest) -> HttpResponse:
    """Put something in. The forms are on shared pages, so Origin stands for a token."""
    form = AddForm(request.POST)
    error = _first_error(form)
    if not error:
        owner = _owner(request) if request.user.is_authenticated else _remembered(request)
        try:
            add_to_cart(owner, form.cleaned_data["variant"], form.cleaned_data["quantity"])
        except DomainError as refusal:
            error = str(refusal)
    if is_part(request):
        response = render(request, "orders/added.html", {"error": error})
        if not error:
            response.headers["HX-Trigger"] = "cart-added, cart-changed"
        return response
    _say(request, error, _("已加入购物车。"))
    return redirect("orders:cart")


@same_origin
@public
@require_POST
def cart_line(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Change how many of a variant are in the cart; none takes it out."""
    form = QuantityForm(request.POST)
    error = _first_error(form)
    if not error:
        try:
            set_quantity(_owner(request), variant_id, form.cleaned_data["quantity"])
        except DomainError as refusal:
            error = str(refusal)
    if is_part(request):
        context = _shown(_owner(request)) | {"error": error}
        response = render(request, "orders/cart.html#cart", context)
        response.headers["HX-Trigger"] = "cart-changed"
        return response
    _say(request, error)
    return redirect("orders:cart")


@public
@require_safe
def personal(request: HttpRequest) -> HttpResponse:
    """The cart's count, messages, and what the rooms above add, as out-of-band elements."""
    context = {
        "pieces": count_pieces(_owner(request)),
        "parts": [part(request) for part in personal_parts.values()],
    }
    response = render(request, "orders/personal.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _shown(owner: CartOwner) -> dict[str, Any]:
    """The cart, what is taken off it, and what is left to pay for the goods."""
    contents = read_cart(owner)
    discounts = discounts_on(owner, contents)
    total = contents.amount - sum(discounts.values(), ZERO)
    return {"cart": contents, "discounts": discounts, "total": total}


def _owner(request: HttpRequest) -> CartOwner:
    if request.user.is_authenticated:
        return CartOwner(user=request.user)
    return CartOwner(visitor=visitor_of(request))


def _remembered(request: HttpRequest) -> CartOwner:
    return CartOwner(visitor=remember_visitor(request))


def _first_error(form: forms.Form) -> str:
    return "" if form.is_valid() else str(next(iter(form.errors.values()))[0])


def _say(request: HttpRequest, error: str, success: str = "") -> None:
    if error:
        messages.error(request, error)
    elif success:
        messages.success(request, success)
