"""Announcements: for whom, from when to when, read once, counted on the badge."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from base.inbox import unread_count
from distribution.models import Tier
from distribution.programme.people import set_status, set_tier
from distribution.states import Status
from shop.support.announcements import announcements_for, count_unread, read_announcement
from shop.support.models import Announcement, AnnouncementReading
from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db

NOW = timezone.now()
PAGE = "/me/announcements/"


def announce(name: str = "开学季", *, tiers: list[Tier] | None = None, **fields: Any) -> Announcement:  # fmt: skip
    values = {"body": "**满减**", "is_published": True, "starts_at": NOW - timedelta(hours=1)}
    row = Announcement.objects.create(name=name, **values | fields)
    row.tiers.set(tiers or [])
    return row


def seen(user: User) -> list[str]:
    return [row.name for row in announcements_for(user)]


def test_to_whom() -> None:
    gold = Tier.objects.get(code="gold")
    announce("大家")
    announce("分销商", audience="distributors")
    announce("金牌", audience="tiers", tiers=[gold])
    shopper, bert, anna = make_user(), make_distributor(), make_distributor()
    set_tier(anna, gold, by=None)
    assert seen(shopper) == ["大家"]
    assert seen(bert.user) == ["分销商", "大家"]
    assert seen(anna.user) == ["金牌", "分销商", "大家"]
    set_status(anna, Status.RESIGNED, by=None, reason="test")
    assert seen(anna.user) == ["大家"]


def test_when() -> None:
    user = make_user()
    announce("草稿", is_published=False)
    announce("明天", starts_at=NOW + timedelta(days=1))
    announce("过了", ends_at=NOW - timedelta(minutes=1))
    announce("现在", ends_at=NOW + timedelta(days=1))
    announce("置顶", is_pinned=True, starts_at=NOW - timedelta(days=9))
    assert seen(user) == ["置顶", "现在"]


def test_the_end_is_after_the_beginning() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        announce(ends_at=NOW - timedelta(days=1))


def test_reading_and_the_badge() -> None:
    user, late = make_user(), make_user("新人", date_joined=timezone.now())
    first = announce()
    announce("第二条")
    assert (count_unread(user), unread_count(user), count_unread(late)) == (2, 2, 0)
    for _twice in range(2):
        read_announcement(first, user)
    assert (count_unread(user), AnnouncementReading.objects.count()) == (1, 1)


@pytest.mark.parametrize("number", [1, 3])
def test_the_list(client: Client, number: int, django_assert_num_queries: Any) -> None:
    for place in range(number):
        announce(f"公告{place}")
    client.force_login(make_user())
    with django_assert_num_queries(4):  # session, person, count, rows
        page = client.get(PAGE)
    assert len(page.context["page"].object_list) == number
    assert len(b"".join(client.get(f"{PAGE}?format=csv")).decode().splitlines()) == number + 1


def test_one_is_read_by_opening_it(client: Client) -> None:
    row, hidden = announce(), announce("分销商", audience="distributors")
    user = make_user()
    client.force_login(user)
    assert "<strong>满减</strong>" in client.get(f"{PAGE}{row.pk}/").content.decode()
    assert client.get(f"{PAGE}{hidden.pk}/").status_code == 404
    assert [reading.announcement for reading in AnnouncementReading.objects.all()] == [row]
    assert len(client.get(f"{PAGE}?unread=1").context["page"].object_list) == 0
    assert len(client.get(f"{PAGE}?q=满减").context["page"].object_list) == 1


def test_a_guest_signs_in_first(client: Client) -> None:
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")


def test_written_and_previewed_in_the_back_office(client: Client) -> None:
    merchant = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(merchant)
    values = {
        "name": "调整", "body": "<script>x</script>**注意**", "audience": "tiers",
        "starts_at_0": "2026-11-01", "starts_at_1": "08:00",
    }  # fmt: skip
    address = reverse("admin:support_announcement_add")
    assert "请选择等级" in client.post(address, values).content.decode()
    values |= {"tiers": [Tier.objects.get(code="gold").pk]}
    bad = values | {"ends_at_0": "2026-10-01", "ends_at_1": "08:00"}
    assert "结束时间要晚于开始时间" in client.post(address, bad).content.decode()
    assert Announcement.objects.count() == 0
    assert client.post(address, values).status_code == 302
    row = Announcement.objects.get()
    assert (row.by, row.is_published) == (merchant, False)
    html = client.get(reverse("admin:announcement_preview", args=[row.pk])).content.decode()
    assert ("<strong>注意</strong>" in html, "<script>x" in html) == (True, False)


def test_the_inbox_says_how_many_are_unread(client: Client) -> None:
    user = make_user(date_joined=timezone.now() - timedelta(days=30))
    client.force_login(user)
    for _number in range(2):
        announce()
    assert "2 条未读" in client.get("/me/inbox/").content.decode()
    for row in Announcement.objects.all():
        client.get(f"/me/announcements/{row.pk}/")
    assert "条未读" not in client.get("/me/inbox/").content.decode()
