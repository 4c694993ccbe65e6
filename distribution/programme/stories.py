"""Success stories: told by a distributor who agrees, chosen by the merchant, figures from the ledger.

Nobody writes an income into a story: what the page says somebody was paid last month is the sum of
what the ledger settled to them in it. Consent ends the moment it is withdrawn or its teller
leaves or is banned, and a story is out of sight while its teller is frozen.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.audit import record_audit
from base.clock import beijing_date, month_start
from base.errors import DomainError
from base.locks import lock_row, lock_rows
from base.money import ZERO
from base.transitions import require_transition
from distribution import news
from distribution.models import Commission, Distributor, Entry, Story, Transfer
from distribution.notices import tell_story
from distribution.programme.claims import claims_income
from distribution.states import STORY_TRANSITIONS, Account, Status, StoryState

MOST_SHOWN = 6


class CannotTell(DomainError):
    """The story names an income, or its teller is not in the programme."""


class StoryChanged(DomainError):
    """Its teller wrote something else since it was read."""


def submit_story(
    distributor: Distributor, *, display_name: str, text: str, at: datetime | None = None
) -> Story:
    """A distributor agrees that this is shown, once the merchant has approved it.

    A changed story is out of sight until it is approved again; the same again changes nothing.
    Raises CannotTell.
    """
    display_name, text = display_name.strip(), text.strip()
    if claims_income(text) or claims_income(display_name):
        raise CannotTell(_("请不要写收入多少：页面会显示账本里真实结算的金额。"))
    with transaction.atomic():
        person = lock_row(Distributor.objects.filter(pk=distributor.pk))
        if person.status != Status.APPROVED:
            raise CannotTell(_("只有状态正常的分销商可以公开自己的故事。"))
        at = at or timezone.now()
        found = lock_rows(Story.objects.filter(pk=person.pk))
        story = found[0] if found else Story(distributor=person)
        told = (story.display_name, story.text)
        is_open = story.state in (StoryState.SUBMITTED, StoryState.PUBLISHED)
        if is_open and told == (display_name, text):
            return story
        if found and story.state != StoryState.SUBMITTED:
            require_transition(STORY_TRANSITIONS, story.state, StoryState.SUBMITTED)
        if told != (display_name, text):  # a translation of other words
            story.display_name_en, story.text_en = "", ""
        story.display_name, story.text = display_name, text
        story.state, story.consented_at = StoryState.SUBMITTED, at
        story.decided_at, story.decided_by, story.reason = None, None, ""
        story.save()
        record_audit("submit_story", story, by=person.user, name=display_name, text=text)
    return story


def withdraw_story(distributor: Distributor) -> Story:
    """The teller takes their consent back: out of sight at once. Repeatable."""
    with transaction.atomic():
        story = lock_row(Story.objects.filter(pk=distributor.pk))
        if story.state == StoryState.WITHDRAWN:
            return story
        require_transition(STORY_TRANSITIONS, story.state, StoryState.WITHDRAWN)
        story.state = StoryState.WITHDRAWN
        story.save(update_fields=["state"])
        record_audit("withdraw_story", story, by=distributor.user)
    return story


def end_story(distributor: Distributor, *, by: User | None, reason: str) -> None:
    """Who leaves takes their consent with them: coming back does not bring the story back.

    For the transaction that lets them go, which holds the lock of their row.
    """
    for story in lock_rows(Story.objects.filter(pk=distributor.pk)):
        if story.state == StoryState.WITHDRAWN:
            continue
        require_transition(STORY_TRANSITIONS, story.state, StoryState.WITHDRAWN)
        story.state = StoryState.WITHDRAWN
        story.save(update_fields=["state"])
        record_audit("withdraw_story", story, by=by, reason=reason)


def publish_story(
    story: Story,
    *,
    by: User | None,
    seen: str,
    display_name_en: str = "",
    text_en: str = "",
    position: int = 0,
    at: datetime | None = None,
) -> Story:
    """The merchant shows what they read: `seen` is the `version` of it. With an English version if
    they write one. Raises StoryChanged when it is another text by now, WrongState when consent was
    withdrawn, and CannotTell for an income in the English words or a teller who is out."""
    if claims_income(text_en) or claims_income(display_name_en):
        raise CannotTell(_("请不要写收入多少：页面会显示账本里真实结算的金额。"))
    with transaction.atomic():
        story = lock_row(Story.objects.filter(pk=story.pk))
        if seen != story.version:
            raise StoryChanged(_("对方刚刚改过这个故事，请看过新的内容再决定。"))
        if story.state == StoryState.PUBLISHED:
            return story
        require_transition(STORY_TRANSITIONS, story.state, StoryState.PUBLISHED)
        story.state, story.reason = StoryState.PUBLISHED, ""
        story.decided_at, story.decided_by = at or timezone.now(), by
        story.display_name_en, story.text_en = display_name_en.strip(), text_en.strip()
        story.position = position
        story.save()
        record_audit("publish_story", story, by=by, text=story.text)
        news.tell_story(story, at=story.decided_at)
        tell_story(story.distributor.user)
    return story


def decline_story(
    story: Story, *, by: User | None, reason: str, at: datetime | None = None
) -> Story:
    """The merchant does not show it, or no longer. Raises DomainError without a reason."""
    if not reason.strip():
        raise DomainError(_("请填写原因。"))
    with transaction.atomic():
        story = lock_row(Story.objects.filter(pk=story.pk))
        if story.state == StoryState.DECLINED:
            return story
        require_transition(STORY_TRANSITIONS, story.state, StoryState.DECLINED)
        story.state, story.reason = StoryState.DECLINED, reason.strip()[:200]
        story.decided_at, story.decided_by = at or timezone.now(), by
        story.save(update_fields=["state", "reason", "decided_at", "decided_by"])
        record_audit("decline_story", story, by=by, reason=reason)
        news.tell_story(story, at=story.decided_at)
        tell_story(story.distributor.user, reason)
    return story


@dataclass(frozen=True)
class Month:
    """A whole Beijing month: [starts_at, ends_at)."""

    starts_at: datetime
    ends_at: datetime

    @property
    def day(self) -> date:
        return beijing_date(self.starts_at)


def last_full_month(at: datetime) -> Month:
    ends_at = month_start(at)
    return Month(month_start(ends_at - timedelta(days=1)), ends_at)


@dataclass(frozen=True)
class Told:
    """A story as the page shows it: `paid` and `orders` are of the month."""

    story: Story
    paid: Decimal
    orders: int


def paid_in(distributor_ids: Collection[int], month: Month) -> dict[int, Decimal]:
    """What the ledger settled to each in the month. One query."""
    rows = (
        Entry.objects.filter(
            distributor__in=distributor_ids,
            account=Account.RESERVED,
            transfer__kind=Transfer.Kind.SETTLE,
            transfer__at__gte=month.starts_at,
            transfer__at__lt=month.ends_at,
        )
        .values_list("distributor")
        .annotate(total=Sum("amount"))
    )
    return {pk: -total for pk, total in rows}


def orders_in(distributor_ids: Collection[int], month: Month) -> dict[int, int]:
    """Level-1 orders paid in the month of which something is kept. One query."""
    rows = (
        Commission.objects.filter(
            payee__in=distributor_ids,
            level=1,
            amount__gt=0,
            accrued_at__gte=month.starts_at,
            accrued_at__lt=month.ends_at,
        )
        .values_list("payee")
        .annotate(count=Count("order", distinct=True))
    )
    return dict(rows)


def told_of(stories: Sequence[Story], month: Month) -> list[Told]:
    """Stories with their figures: two queries for any number."""
    ids = [story.pk for story in stories]
    paid, orders = paid_in(ids, month), orders_in(ids, month)
    return [Told(story, paid.get(story.pk, ZERO), orders.get(story.pk, 0)) for story in stories]


def published_stories(month: Month) -> list[Told]:
    """What the public page shows, in the merchant's order."""
    rows = Story.objects.filter(
        state=StoryState.PUBLISHED, distributor__status=Status.APPROVED
    ).order_by("position", "pk")
    return told_of(list(rows[:MOST_SHOWN]), month)
