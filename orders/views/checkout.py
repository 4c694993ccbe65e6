"""Checkout: what the order would be, and placing it once."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from base.access import MemberRequest, member
from base.accounts.addresses import add_address
from base.accounts.models import Address
from base.accounts.regions import PROVINCES
from base.errors import DomainError
from orders.cart import CartOwner, read_cart
from orders.checkout import Item, place_order
from orders.coupons import BEST
from orders.draft import draft_order
from orders.forms import NEW_ADDRESS, CheckoutForm, read_items
from orders.models import Order
from orders.registries import redemptions
from orders.states import OrderState


@member
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: MemberRequest) -> HttpResponse:
    """The cart, or `?variant=&quantity=` (buy now), or `?item=variant:quantity` as often as needed.

    `address` and `province` choose where to, for the shipping, `coupon` and `promo_code` what to
    take off; htmx gets the amounts alone.
    """
    addresses = list(request.user.addresses.order_by("-is_default", "-pk"))
    if request.method != "POST":
        return _page(
            request, _items(request, request.GET), addresses, _where(request.GET, addresses)
        )
    form = CheckoutForm(request.POST, addresses, request.POST.get("province", ""))
    items = read_items(request.POST.getlist("item"))
    if form.is_valid():
        try:
            address = _address(request, form)
            order = place_order(
                request.user,
                items,
                address=address,
                note=form.cleaned_data["note"],
                choices=form.choices(),
                expected_total=form.cleaned_data["expected_total"],
                token=form.cleaned_data["token"],
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            if not _is_as_asked(order, address, form.cleaned_data["note"]):
                messages.warning(request, _("这张订单先前已经提交，之后的修改没有生效。"))
            if order.state == OrderState.UNPAID:
                return redirect("orders:payment", order.number)
            return redirect("orders:order", order.number)
    return _page(request, items, addresses, form)


def _items(request: MemberRequest, wanted: QueryDict) -> list[Item]:
    if "item" in wanted:
        return read_items(wanted.getlist("item"))
    if "variant" in wanted:
        return read_items([f"{wanted['variant']}:{wanted.get('quantity', '1')}"])
    cart = read_cart(CartOwner(user=request.user))
    return [Item(line.variant.pk, line.quantity) for line in (*cart.items, *cart.gone)]


def _where(wanted: QueryDict, addresses: list[Address]) -> CheckoutForm:
    """An unsent form with the address that is asked for, else the first; none = a new one."""
    choice = wanted.get("address") or (str(addresses[0].pk) if addresses else NEW_ADDRESS)
    form = CheckoutForm(None, addresses, wanted.get("province", ""))
    form.chosen = next((address for address in addresses if str(address.pk) == choice), None)
    return form


def _address(request: MemberRequest, form: CheckoutForm) -> Address | None:
    return add_address(request.user, form.new_address.place()) if form.is_new else form.chosen


def _is_as_asked(order: Order, address: Address | None, note: str) -> bool:
    """False for an order placed before by the same form, then filled in differently."""
    place = (address.recipient, address.phone, str(address)) if address else ("", "", "")
    return (order.recipient, order.phone, order.full_address, order.note) == (*place, note)


def _page(
    request: MemberRequest, items: list[Item], addresses: list[Address], form: CheckoutForm
) -> HttpResponse:
    province = form.chosen.province if form.chosen else _province(form)
    try:
        draft = draft_order(request.user, items, province, _choices(request))
    except DomainError as refusal:
        if items:
            messages.error(request, str(refusal))
        return render(request, "orders/checkout.html", {"tab": "cart"})
    seen = form.cleaned_data.get("expected_total") if form.is_bound else None
    context = {
        "tab": "cart",
        "draft": draft,
        "form": form,
        "addresses": addresses,
        "province": province,
        "takes_codes": "promo_code" in redemptions,
        "typed_code": _choices(request).get("promo_code", ""),
        "seen_total": seen if seen != draft.quote.total else None,
    }
    part = "#summary" if "HX-Request" in request.headers else ""
    return render(request, f"orders/checkout.html{part}", context)


def _choices(request: MemberRequest) -> dict[str, str]:
    """What is chosen or typed so far; before anything is, the best coupon is taken."""
    data = request.POST if request.method == "POST" else request.GET
    first = {"coupon": BEST} if request.method != "POST" else {}
    return first | {name: data[name].strip()[:40] for name in redemptions if name in data}


def _province(form: CheckoutForm) -> str:
    """The province of an address that is only being written; anything else is none."""
    value = form.new_address["province"].value() or ""
    return value if value in PROVINCES else ""
