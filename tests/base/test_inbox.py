"""The inbox: told with its cause, once, in the reader's language; outside only by choice."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from base.accounts.models import User
from base.inbox import (
    NEWS,
    Event,
    News,
    choose,
    events,
    inbox_of,
    pass_on,
    read_all,
    read_message,
    shown,
    tell,
    tell_sums,
    topics,
    unread_count,
)
from base.models import InboxMessage, Notice
from tests.make import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def weather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(topics, "weather", _("佣金"))
    monkeypatch.setitem(events, "rain", Event("weather", _("佣金"), "%(place)s ¥%(amount)s"))


@pytest.fixture
def anna() -> Iterator[User]:
    return make_user("安娜", email="anna@example.com")


def rain(*people: User, key: str = "1") -> None:
    values = {"place": "杭州", "place_en": "Hangzhou", "amount": "3.00"}
    tell("rain", [News(person.pk, key, values, "/orders/") for person in people])


def test_it_commits_or_vanishes_with_its_cause(anna: User) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        rain(anna)
        1 / 0  # noqa: B018  # the cause fails
    assert InboxMessage.objects.count() == 0
    with transaction.atomic():
        rain(anna)
    assert unread_count(anna) == 1


def test_the_same_is_told_once_and_to_each_person(anna: User) -> None:
    bert = make_user("贝特")
    for _again in range(2):
        rain(anna, bert)
    rain(anna, key="2")
    assert (inbox_of(anna).count(), inbox_of(bert).count()) == (2, 1)


def test_one_statement_for_any_number(anna: User, django_assert_num_queries: object) -> None:
    for number in (1, 3):
        people = [make_user(f"人{i}") for i in range(number)]
        with django_assert_num_queries(1):  # type: ignore[operator]  # the fixture is a function
            rain(*people)


def test_the_words_are_made_in_the_readers_language(anna: User) -> None:
    rain(anna)
    (message,) = shown(inbox_of(anna))
    assert (message.title, message.text, message.link) == ("佣金", "杭州 ¥3.00", "/orders/")
    with translation.override("en"):
        (message,) = shown(inbox_of(anna))
    assert (message.title, message.text, message.link) == (
        "Commission",
        "Hangzhou ¥3.00",
        "/en/orders/",
    )


@pytest.mark.parametrize(
    ("stored", "read"),
    [("1481481.48", "1,481,481.48"), ("-1000.00", "-1,000.00"), ("3.00", "3.00"), ("很多", "很多")],
)
def test_amounts_are_read_with_thousands(anna: User, stored: str, read: str) -> None:
    tell("rain", [News(anna.pk, "1", {"place": "杭州 1000.00", "amount": stored})])
    (message,) = shown(inbox_of(anna))
    assert message.text == f"杭州 1000.00 ¥{read}"
    assert InboxMessage.objects.get().values["amount"] == stored
    plain = read.lstrip("-")
    for search in (plain, plain[:4], stored):
        assert inbox_of(anna, search=search).count() == 1
    assert inbox_of(anna, search=f"¥{plain}").count() == (plain != "很多")


def test_what_nobody_names_any_more_still_opens(anna: User) -> None:
    rain(anna)
    del events["rain"]
    (message,) = shown(inbox_of(anna))
    assert (message.title, "杭州" in message.text) == ("rain", True)


def test_old_events_are_no_news(anna: User) -> None:
    long_ago = timezone.now() - NEWS - timedelta(hours=1)
    tell("rain", [News(anna.pk, "1", {})], at=long_ago)
    tell_sums("rain", {anna.pk: Decimal("1.00")}, key="1", link="", at=long_ago)
    assert InboxMessage.objects.count() == 0


def test_amounts_under_one_key_add_up_and_are_news_again(anna: User) -> None:
    now = timezone.now()
    tell_sums("rain", {anna.pk: Decimal("1.10")}, key="d", link="/x/", at=now)
    read_all(anna)
    tell_sums("rain", {anna.pk: Decimal("2.05")}, key="d", link="/x/", at=now)
    message = InboxMessage.objects.get()
    assert (message.values, message.read_at) == ({"amount": "3.15"}, None)


def test_reading(anna: User) -> None:
    rain(anna)
    rain(anna, key="2")
    first, second = InboxMessage.objects.order_by("pk")
    read_message(first)
    assert (unread_count(anna), inbox_of(anna, is_unread=True).get()) == (1, second)
    assert read_all(anna) == 1
    assert unread_count(anna) == 0


def test_found_by_words_and_topic(anna: User) -> None:
    rain(anna)
    assert inbox_of(anna, search="杭").count() == 1
    assert inbox_of(anna, search="北京").count() == 0
    assert inbox_of(anna, topic="weather").count() == 1
    assert inbox_of(anna, topic="other").count() == 0


class TestOutside:
    def test_nothing_unless_chosen(self, anna: User) -> None:
        rain(anna)
        assert pass_on(timezone.now()) == 0
        assert Notice.objects.count() == 0

    def test_by_choice_once_in_the_language_chosen(self, anna: User) -> None:
        with translation.override("en"):
            choose(anna, sms=["weather"], email=["weather", "unheard-of"])
        rain(anna)
        assert pass_on(timezone.now()) == 1
        assert pass_on(timezone.now()) == 0
        sms, mail = Notice.objects.order_by("-channel")
        assert (sms.channel, sms.recipient) == ("sms", anna.phone)
        assert sms.text.endswith("Hangzhou ¥3.00")
        assert (mail.recipient, mail.subject) == ("anna@example.com", "Commission")
        assert mail.text.endswith("/en/orders/")

    def test_not_what_was_told_before_the_choice(self, anna: User) -> None:
        rain(anna)
        choose(anna, sms=["weather"], email=[])
        assert pass_on(timezone.now()) == 0

    def test_not_to_who_left_the_shop_no_address(self, anna: User) -> None:
        User.objects.filter(pk=anna.pk).update(email=None)
        choose(anna, sms=[], email=["weather"])
        rain(anna)
        assert pass_on(timezone.now()) == 1
        assert Notice.objects.count() == 0
