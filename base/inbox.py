"""What people are told in the shop itself, always; by SMS and mail only if they chose to.

`tell` adds rows in the transaction of what they tell of: they commit or vanish together. A row
holds the event and its values; the words are made when somebody reads it. Rooms name their events
and topics here from `AppConfig.ready`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import translate_url
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import get_language

from base.models import InboxMessage, Notice, NoticeChoice
from base.notices import queue_notice

if TYPE_CHECKING:
    from base.accounts.models import User

Words: TypeAlias = "str | Promise"

# What is told late is no news any more: orders moved in from another shop fill nobody's inbox,
# and nothing older than a day goes out by SMS.
NEWS = timedelta(days=7)
STILL_WORTH_SENDING = timedelta(days=1)
PASS_ON_CHUNK = 500
# The values that are money, stored plain.
MONEY = frozenset({"amount", "left", "sales"})
PLAIN = re.compile(r"-?\d{1,15}\.\d\d")
WRITTEN = re.compile(r"¥?[\d,]+(\.\d*)?")


@dataclass(frozen=True)
class Event:
    """Something people are told of. `title` and `text` may name values: `%(amount)s`.

    A value whose name ends in `_en` stands for the one without in English. What is `sent_anyway`
    the room sends by SMS or mail itself, whatever was chosen.
    """

    topic: str
    title: Words
    text: Words
    sent_anyway: bool = False


@dataclass(frozen=True)
class News:
    """One message to one person; `key` is what it tells of."""

    user_id: int
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""


topics: dict[str, Words] = {}
events: dict[str, Event] = {}
# What the badge counts; the rooms add theirs.
unread_counters: "dict[str, Callable[[User], int]]" = {}


def tell(event: str, news: Iterable[News], *, at: datetime | None = None) -> None:
    """Put messages into inboxes; one statement. What somebody was told already is not repeated,
    and what is no news any more is not told."""
    at = at or timezone.now()
    if at < timezone.now() - NEWS:
        return
    topic = events[event].topic
    InboxMessage.objects.bulk_create(
        [
            InboxMessage(
                user_id=one.user_id,
                event=event,
                topic=topic,
                key=f"{event}:{one.key}",
                values=dict(one.values),
                link=one.link,
                created_at=at,
            )
            for one in news
        ],
        ignore_conflicts=True,
    )


def tell_sums(
    event: str, sums: Mapping[int, Decimal], *, key: str, link: str, at: datetime
) -> None:
    """Tell many people an amount each; under the same key amounts add up in one message, which is
    news again. One statement."""
    if not sums or at < timezone.now() - NEWS:
        return
    people = sorted(sums)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO base_inboxmessage
                (user_id, event, topic, key, "values", link, created_at)
            SELECT told.user_id, %s, %s, %s,
                   jsonb_build_object('amount', told.amount::text), %s, %s
            FROM unnest(%s::bigint[], %s::numeric[]) AS told(user_id, amount)
            ON CONFLICT (user_id, key) DO UPDATE
            SET "values" = jsonb_build_object('amount', (
                    (base_inboxmessage."values" ->> 'amount')::numeric
                    + (EXCLUDED."values" ->> 'amount')::numeric)::text),
                created_at = EXCLUDED.created_at, read_at = NULL
            """,
            [
                event,
                events[event].topic,
                f"{event}:{key}",
                link,
                at,
                people,
                [sums[person] for person in people],
            ],
        )


def tell_from(event: str, query: str, params: Mapping[str, Any]) -> None:
    """Tell what a query finds: rows of (user_id, key, values as jsonb, link, at). One statement.

    `query` is a constant of the code; its values are bound by `params`, with `%(since)s` for what
    is still news.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO base_inboxmessage
                (user_id, event, topic, key, "values", link, created_at)
            SELECT found.user_id, %(event)s, %(topic)s, %(event)s || ':' || found.key,
                   found.told, found.link, found.at
            FROM ({query}) AS found(user_id, key, told, link, at)
            ON CONFLICT (user_id, key) DO NOTHING
            """,  # noqa: S608  (a constant of the code; values are bound)
            {
                **params,
                "event": event,
                "topic": events[event].topic,
                "since": timezone.now() - NEWS,
            },
        )


@dataclass(frozen=True)
class Shown:
    """A message in the reader's language."""

    pk: int
    title: str
    text: str
    link: str
    at: datetime
    is_read: bool
    topic: Words


def shown(messages: Iterable[InboxMessage]) -> list[Shown]:
    return [_shown(message) for message in messages]


def _shown(message: InboxMessage) -> Shown:
    event = events.get(message.event)
    values = _values(message.values)
    return Shown(
        pk=message.pk,
        title=str(event.title) % values if event else message.event,
        text=str(event.text) % values if event else json.dumps(values, ensure_ascii=False),
        link=link_of(message),
        at=message.created_at,
        is_read=message.read_at is not None,
        topic=topics.get(message.topic, ""),
    )


def _values(stored: Mapping[str, Any]) -> dict[str, Any]:
    """As they are read: amounts of money with thousands, and words in English where there are."""
    values = dict(stored) | {
        name: f"{Decimal(value):,}"
        for name, value in stored.items()
        if name in MONEY and PLAIN.fullmatch(str(value))
    }
    if get_language() != "en":
        return values
    return values | {
        name.removesuffix("_en"): value
        for name, value in stored.items()
        if name.endswith("_en") and value
    }


def link_of(message: InboxMessage) -> str:
    """Where the message leads, in the reader's language. Links are stored without a language."""
    language = get_language() or settings.LANGUAGE_CODE
    if not message.link or language == settings.LANGUAGE_CODE:
        return message.link
    with translation.override(settings.LANGUAGE_CODE):
        return translate_url(message.link, language)


def inbox_of(user: "User", *, topic: str = "", is_unread: bool = False, search: str = "") -> QuerySet[InboxMessage]:  # fmt: skip
    """Somebody's messages, the newest first; words are looked for in what is told."""
    messages = InboxMessage.objects.filter(user=user)
    if topic:
        messages = messages.filter(topic=topic)
    if is_unread:
        messages = messages.filter(read_at=None)
    if search:
        if WRITTEN.fullmatch(search):
            search = search.lstrip("¥").replace(",", "")
        messages = messages.alias(told=Cast("values", TextField())).filter(told__icontains=search)
    return messages.order_by("-created_at", "-pk")


def unread_count(user: "User") -> int:
    """What waits to be read, here and in the rooms that count theirs; a query each."""
    own = InboxMessage.objects.filter(user=user, read_at=None).count()
    return own + sum(count(user) for count in unread_counters.values())


def read_message(message: InboxMessage, *, at: datetime | None = None) -> None:
    """Read already: nothing happens."""
    InboxMessage.objects.filter(pk=message.pk, read_at=None).update(read_at=at or timezone.now())


def read_all(user: "User", *, at: datetime | None = None) -> int:
    return InboxMessage.objects.filter(user=user, read_at=None).update(read_at=at or timezone.now())


def choose(
    user: "User", *, sms: Sequence[str], email: Sequence[str], at: datetime | None = None
) -> NoticeChoice:
    """From now on these topics also come by SMS and mail, in the language of this page."""
    known = set(topics)
    return NoticeChoice.objects.update_or_create(
        user=user,
        defaults={
            "sms": sorted(known & set(sms)),
            "email": sorted(known & set(email)),
            "language": get_language() or settings.LANGUAGE_CODE,
            "since": at or timezone.now(),
        },
    )[0]


def pass_on(at: datetime) -> int:
    """Queue SMS and mails for messages whose readers chose them; returns how many messages.

    Rows are claimed with SKIP LOCKED, and marked in the transaction that queues: each once.
    """
    with transaction.atomic():
        messages = list(
            InboxMessage.objects.filter(
                passed_on_at=None,
                created_at__gte=at - STILL_WORTH_SENDING,
                created_at__lte=at,
                user__notice_choice__since__lte=F("created_at"),
            )
            .select_related("user__notice_choice")
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .order_by("pk")[:PASS_ON_CHUNK]
        )
        for message in messages:
            with translation.override(message.user.notice_choice.language):
                _queue(message)
        passed_on = [message.pk for message in messages]
        InboxMessage.objects.filter(pk__in=passed_on).update(passed_on_at=at)
    return len(messages)


def _queue(message: InboxMessage) -> None:
    event = events.get(message.event)
    if event is None or event.sent_anyway:
        return
    user, told = message.user, _shown(message)
    choice: NoticeChoice = user.notice_choice
    if message.topic in choice.sms and user.phone:
        queue_notice(Notice.Channel.SMS, user.phone, told.text)
    if message.topic in choice.email and user.email:
        link = f"\n\n{settings.BASE_URL}{told.link}" if told.link else ""
        queue_notice(Notice.Channel.EMAIL, user.email, f"{told.text}{link}", subject=told.title)
