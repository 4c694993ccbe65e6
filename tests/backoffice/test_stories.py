"""Stories as the merchant chooses them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from base.accounts.models import User
from distribution.models import Story
from distribution.programme.stories import submit_story, withdraw_story
from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/distribution/story/"
TEXT = "我在小区群里分享坚果，邻居们常来回购。"


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def press(client: Client, story: Story, name: str, **values: str) -> str:
    values = {"seen": story.version} | values
    address = reverse(f"admin:distribution_story_{name}", args=[story.pk])
    answer = client.post(address, values | {"_form_submitted": "true"})
    page = client.get(answer["Location"])
    return " ".join(str(message) for message in page.context["messages"])


def test_published_and_taken_down(client: Client, merchant: User) -> None:
    story = submit_story(make_distributor(), display_name="坚果姐", text=TEXT)
    html = client.get(LIST).content.decode()
    assert "坚果姐" in html and "待商家审核" in html
    assert "已公开。" in press(client, story, "publish", position="1", text_en="Nuts.")
    story.refresh_from_db()
    assert (story.state, story.position, story.text_en, story.decided_by) == (
        "published",
        1,
        "Nuts.",
        merchant,
    )
    press(client, story, "decline", reason="换季")
    story.refresh_from_db()
    assert (story.state, story.reason) == ("declined", "换季")


def test_a_withdrawn_one_is_refused_in_words(client: Client, merchant: User) -> None:
    person = make_distributor()
    story = submit_story(person, display_name="坚果姐", text=TEXT)
    withdraw_story(person)
    assert "不能进行此操作" in press(client, story, "publish", position="1")
    story.refresh_from_db()
    assert story.state == "withdrawn"


def test_the_dialog_shows_the_words_and_remembers_which(client: Client, merchant: User) -> None:
    person = make_distributor()
    story = submit_story(person, display_name="坚果姐", text=TEXT)
    address = reverse("admin:distribution_story_publish", args=[story.pk])
    html = client.get(address).content.decode()
    assert TEXT in html and f'value="{story.version}"' in html
    submit_story(person, display_name="坚果姐", text="换了一种说法，讲讲怎么开始的。")
    assert "请看过新的内容" in press(client, story, "publish", position="1")
    assert Story.objects.get().state == "submitted"


def test_one_and_three_rows_cost_the_same(
    client: Client, merchant: User, django_assert_num_queries: Any
) -> None:
    submit_story(make_distributor(), display_name="甲", text=TEXT)
    client.get(LIST)
    with django_assert_num_queries(4):
        client.get(LIST)
    for _ in range(2):
        submit_story(make_distributor(), display_name="乙", text=TEXT)
    with django_assert_num_queries(4):
        client.get(LIST)
