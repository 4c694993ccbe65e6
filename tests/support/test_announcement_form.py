"""What an announcement's form refuses."""

import pytest
from django.test import Client
from django.urls import reverse

from shop.support.models import Announcement
from tests.make import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("day", "made"), [("0001-01-01", 0), ("2026-03-01", 1)])
def test_a_time_that_cannot_be_read_back_is_refused_in_words(
    client: Client, day: str, made: int
) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    values = {"name": "公告", "body": "正文", "audience": "members", "starts_at_0": day, "starts_at_1": "09:00"}  # fmt: skip
    answer = client.post(reverse("admin:support_announcement_add"), values)
    assert ("2000 年以后" in answer.content.decode()) == (not made)
    assert Announcement.objects.count() == made
    assert client.get(reverse("admin:support_announcement_changelist")).status_code == 200


def test_a_draft_is_read_by_who_may_see_announcements(client: Client) -> None:
    owner = make_user(is_staff=True, is_superuser=True)
    draft = Announcement.objects.create(name="还没公布", body="正文", audience="members", by=owner)
    client.force_login(make_user(is_staff=True))
    for name in ("announcement_preview", "support_announcement_preview"):
        assert client.get(reverse(f"admin:{name}", args=[draft.pk])).status_code == 403
    client.force_login(owner)
    page = client.get(reverse("admin:announcement_preview", args=[draft.pk]))
    assert "正文" in page.content.decode()
