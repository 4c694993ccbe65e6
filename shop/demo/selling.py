"""What the demo's distributors have picked to share, and their places in the ranking."""

from datetime import timedelta
from random import Random

from django.utils import timezone

from catalog.models import Product
from distribution.desk.ranking import Period, count_results
from distribution.sharing.selection import pick
from distribution.states import Status
from shop.demo.people import Cast

PICKS = 6


def pick_goods(cast: Cast, random: Random) -> None:
    """Every distributor who still sells has a handful of favourites; then beat counts."""
    now = timezone.now()
    goods = list(Product.objects.filter(is_active=True).order_by("pk"))
    for person in [*cast.first, *cast.second]:
        person.refresh_from_db()
        if person.status != Status.APPROVED:
            continue
        for number, product in enumerate(random.sample(goods, PICKS)):
            pick(person, product, at=now - timedelta(days=2 * number + 1))
    for period in Period:
        count_results(period, at=now)
