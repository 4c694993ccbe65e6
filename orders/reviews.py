"""What buyers say of what they received: written once a line, edited for a while, shown beside
the goods, and hidden by the merchant only with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import Avg, Count, Window
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.errors import DomainError
from base.locks import lock_row
from catalog.models import Product
from orders.models import OrderLine, Review

EDITABLE = timedelta(days=30)
NEWEST = 5


class CannotReview(DomainError):
    """Not received yet, or the time for changes is over."""


def write_review(
    line: OrderLine, *, rating: int, text: str = "", at: datetime | None = None
) -> Review:
    """Its buyer rates a received line, or changes what they said within 30 days.

    The same words again change nothing. Raises CannotReview.
    """
    with transaction.atomic():
        line = lock_row(OrderLine.objects.filter(pk=line.pk))
        at, text = at or timezone.now(), text.strip()
        if not 1 <= rating <= 5:
            raise CannotReview(_("请选择 1 到 5 星。"))
        if line.received_at is None:
            raise CannotReview(_("收货后才能评价。"))
        review = Review.objects.filter(line=line).first()
        if review is None:
            return Review.objects.create(
                line=line,
                product_id=line.product_id,
                user_id=line.order.user_id,
                rating=rating,
                text=text,
                written_at=at,
            )
        if (review.rating, review.text) == (rating, text):
            return review
        if at > review.written_at + EDITABLE:
            raise CannotReview(_("评价满 30 天后不能再修改。"))
        review.rating, review.text, review.edited_at = rating, text, at
        review.save(update_fields=["rating", "text", "edited_at"])
    return review


def can_write(line: OrderLine, at: datetime) -> bool:
    """Whether a line's buyer may say something, or something else. No query when the line came
    with its `review`."""
    review = getattr(line, "review", None)
    return line.received_at is not None and (review is None or at <= review.written_at + EDITABLE)


def hide_review(
    review: Review, *, by: User | None, reason: str, at: datetime | None = None
) -> Review:
    """Take a review off the product's page, with a reason. Hidden already: nothing happens."""
    reason = reason.strip()
    if not reason:
        raise DomainError(_("请填写原因。"))
    with transaction.atomic():
        review = lock_row(Review.objects.filter(pk=review.pk))
        if review.hidden_at is not None:
            return review
        review.hidden_at, review.hidden_by = at or timezone.now(), by
        review.hidden_reason = reason[:200]
        review.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
        record_audit("hide_review", review, by=by, reason=reason)
    return review


def show_review(review: Review, *, by: User | None, reason: str = "") -> Review:
    """Show a hidden review again."""
    with transaction.atomic():
        review = lock_row(Review.objects.filter(pk=review.pk))
        if review.hidden_at is None:
            return review
        review.hidden_at, review.hidden_by, review.hidden_reason = None, None, ""
        review.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
        record_audit("show_review", review, by=by, reason=reason)
    return review


@dataclass(frozen=True)
class Opinion:
    """What buyers think of a product: `average` to one place, and the newest words."""

    average: Decimal
    count: int
    newest: Sequence[Review]


def opinion_of(product: Product) -> Opinion | None:
    """None when nobody has said anything. One query."""
    rows = list(
        Review.objects.filter(product=product, hidden_at=None)
        .select_related("user")
        .annotate(average=Window(Avg("rating")), total=Window(Count("pk")))
        .order_by("-written_at", "-pk")[:NEWEST]
    )
    if not rows:
        return None
    average = Decimal(rows[0].average).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return Opinion(average, rows[0].total, rows)


def writer_of(review: Review) -> str:
    """The writer's name as everybody may read it: 陈**."""
    return f"{review.user.name[:1] or '*'}**"
