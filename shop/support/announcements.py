"""Announcements: who sees which now, and what they have read."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from base.accounts.models import User
from distribution.models import Distributor
from distribution.states import IN_PROGRAMME
from shop.support.models import Announcement, AnnouncementReading

Audience = Announcement.Audience


def announcements_for(
    user: User, *, at: datetime | None = None, search: str = "", is_unread: bool = False
) -> QuerySet[Announcement]:
    """What this person may see now, pinned ones first, each with `is_read`; one query."""
    at = at or timezone.now()
    in_programme = Distributor.objects.filter(pk=user.pk, status__in=IN_PROGRAMME)
    of_tier = in_programme.filter(tier__in=_tiers_of())
    found = (
        Announcement.objects.filter(is_published=True, starts_at__lte=at)
        .filter(Q(ends_at=None) | Q(ends_at__gt=at))
        .filter(
            Q(audience=Audience.MEMBERS)
            | Q(Exists(in_programme), audience=Audience.DISTRIBUTORS)
            | Q(Exists(of_tier), audience=Audience.TIERS)
        )
        .annotate(
            is_read=Exists(
                AnnouncementReading.objects.filter(announcement=OuterRef("pk"), user=user)
            )
        )
    )
    if search:
        words = Q()
        for name in ("name", "name_en", "body", "body_en"):
            words |= Q(**{f"{name}__icontains": search})
        found = found.filter(words)
    if is_unread:
        found = found.filter(is_read=False)
    return found.order_by("-is_pinned", "-starts_at", "-pk")


def _tiers_of() -> QuerySet[Announcement]:
    """The tiers of the announcement of the outer query."""
    through = Announcement.tiers.through.objects
    return through.filter(announcement=OuterRef(OuterRef("pk"))).values("tier")  # type: ignore[return-value]  # a subquery of ids


def count_unread(user: User) -> int:
    """For the badge; what was said before somebody came is not held up to them."""
    return announcements_for(user, is_unread=True).filter(starts_at__gte=user.date_joined).count()


def read_announcement(
    announcement: Announcement, user: User, *, at: datetime | None = None
) -> None:
    """Read already: nothing happens."""
    AnnouncementReading.objects.get_or_create(
        announcement=announcement, user=user, defaults={"at": at or timezone.now()}
    )
