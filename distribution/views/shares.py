"""分享赚 on the goods of a page: out-of-band elements for the personal fragment."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from catalog.listing import for_sale
from distribution.sharing.estimates import Estimate, estimate_products
from distribution.sharing.selection import picked_of
from distribution.states import Status
from distribution.views.personal import person_in_programme

# No page shows more; a longer list was not written by one of ours.
MOST_GOODS = 80


def share_earnings(request: HttpRequest) -> str:
    """分享赚 for every product the page names in `goods`, and the share sheet for the one it is
    about (`goods_here`). For approved distributors; the same queries for one product or eighty.
    """
    wanted = _ids(request, "goods")[:MOST_GOODS]
    here = next(iter(_ids(request, "goods_here")), None)
    goods = list(dict.fromkeys(([here] if here else []) + wanted))
    person = person_in_programme(request) if goods else None
    if person is None or person.status != Status.APPROVED:
        return ""
    hides = person.hides_earnings
    estimates = {} if hides else estimate_products(person, goods, at=timezone.now())
    picked = picked_of(person, goods)
    context = {
        "person": person,
        "hides": hides,
        "shared": [_Shared(pk, estimates.get(pk), pk in picked) for pk in wanted],
        "product": for_sale().filter(pk=here).first() if here else None,
        "here": _Shared(here, estimates.get(here), here in picked) if here else None,
    }
    return render_to_string("distribution/share_earnings.html", context, request)


@dataclass(frozen=True)
class _Shared:
    """A product on the page: what sharing it earns (None while hidden), and whether it is kept."""

    pk: int
    estimate: Estimate | None
    is_picked: bool


def _ids(request: HttpRequest, name: str) -> list[int]:
    # Longer numbers are no keys of ours and would not fit the column.
    texts = request.GET.getlist(name)[:MOST_GOODS]
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 18]
