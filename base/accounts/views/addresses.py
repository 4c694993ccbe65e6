"""A member's addresses; every one is reached through its owner."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from base.access import MemberRequest, member
from base.accounts.addresses import (
    MOST_ADDRESSES,
    TooManyAddresses,
    add_address,
    change_address,
    choose_default,
    remove_address,
)
from base.accounts.forms.profile import AddressForm
from base.accounts.views.onward import next_url


@member
@never_cache
@require_safe
def addresses(request: MemberRequest) -> HttpResponse:
    own = list(request.user.addresses.order_by("-is_default", "-pk"))
    context = {"addresses": own, "is_full": len(own) >= MOST_ADDRESSES, "tab": "me"}
    return render(request, "accounts/addresses.html", context)


@member
@never_cache
def new_address(request: MemberRequest) -> HttpResponse:
    """Add an address; `?next=` (the checkout) carries on afterwards."""
    if request.method == "POST":
        form = AddressForm(request.POST)
        if form.is_valid():
            try:
                add_address(request.user, form.place())
                return _saved(request)
            except TooManyAddresses as error:
                form.add_error(None, str(error))
    else:
        is_first = not request.user.addresses.exists()
        phone = request.user.phone if is_first else ""
        form = AddressForm(
            initial={"phone": phone, "recipient": request.user.name if is_first else ""}
        )
    context = {"form": form, "next": next_url(request), "tab": "me"}
    return render(request, "accounts/address.html", context)


@member
@never_cache
def address(request: MemberRequest, pk: int) -> HttpResponse:
    own = get_object_or_404(request.user.addresses, pk=pk)
    form = AddressForm(request.POST) if request.method == "POST" else AddressForm.of(own)
    if request.method == "POST" and form.is_valid():
        change_address(own, form.place())
        return _saved(request)
    context = {"form": form, "address": own, "next": next_url(request), "tab": "me"}
    return render(request, "accounts/address.html", context)


def _saved(request: MemberRequest) -> HttpResponse:
    messages.success(request, _("地址已保存。"))
    return redirect(next_url(request) or "accounts:addresses")


@member
@require_POST
def address_default(request: MemberRequest, pk: int) -> HttpResponse:
    choose_default(get_object_or_404(request.user.addresses, pk=pk))
    return redirect("accounts:addresses")


@member
@require_POST
def address_removal(request: MemberRequest, pk: int) -> HttpResponse:
    """Remove it; a second press finds it gone and that is as good."""
    own = request.user.addresses.filter(pk=pk).first()
    if own is not None:
        remove_address(own)
        messages.success(request, _("地址已删除。"))
    return redirect("accounts:addresses")
