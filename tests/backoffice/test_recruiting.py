"""Recruiting as the merchant does it: find, invite one or many, see what came of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from distribution.models import Candidate, Invitation
from distribution.programme.candidates import count_candidates
from distribution.programme.recruiting import decline_invitation, invite, open_invitation
from tests.backoffice.test_buttons import press
from tests.make import make_order, make_user, make_variant, pay, receive

pytestmark = pytest.mark.django_db

LIST = "/admin/distribution/candidate/"
INVITATIONS = "/admin/distribution/invitation/"


def buyer(name: str = "小林", price: str = "50.00") -> User:
    user = make_user(name)
    order = make_order(user, {make_variant(price): 1})
    pay(order)
    receive(order)
    count_candidates(timezone.now())
    return user


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_searched_filtered_and_exported(client: Client, merchant: User) -> None:
    big = buyer("大户", "500.00")
    buyer("小户")
    html = client.get(LIST).content.decode()
    assert html.index("大户") < html.index("小户")
    for query in ({"q": "大户"}, {"spent_from": "300"}):
        html = client.get(LIST, query).content.decode()
        assert "大户" in html and "小户" not in html
    assert "小户" not in client.get(LIST, {"rating_from": "4"}).content.decode()
    assert (
        "大户" not in client.get(LIST, {"spent_from": "60", "spent_to": "499.99"}).content.decode()
    )
    assert "大户" not in client.get(LIST, {"days_from": "2"}).content.decode()
    assert "大户" in client.get(LIST, {"days_from": "0", "days_to": "30"}).content.decode()
    assert "大户" not in client.get(LIST, {"asked": "yes"}).content.decode()
    for nonsense in ("x", "NaN", "-1", "9" * 40, "１０"):
        for name in ("spent_from", "order_count_to", "days_from", "asked", "rating_to"):
            assert client.get(LIST, {name: nonsense}).status_code in (200, 302), (name, nonsense)
    answer = client.post(LIST, {"action": "export_selected", "_selected_action": [big.pk]})
    text = b"".join(answer.streaming_content).decode()
    assert "消费 ¥500.00，1 笔已完成订单" in text and "小户" not in text


def test_one_is_invited(client: Client, merchant: User) -> None:
    user = buyer()
    address = reverse("admin:distribution_candidate_invite", args=[user.pk])
    client.post(address, {"_form_submitted": "true", "message": "来吧", "offer": ""})
    assert list(Invitation.objects.values_list("member", "by", "message")) == [
        (user.pk, merchant.pk, "来吧")
    ]


def test_many_are_invited_after_a_page_that_asks(client: Client, merchant: User) -> None:
    chosen = [buyer("甲"), buyer("乙")]
    buyer("丙")
    sent = {"action": "invite_selected", "_selected_action": [user.pk for user in chosen]}
    assert "发出邀请" in client.post(LIST, sent).content.decode()
    assert Invitation.objects.count() == 0
    for _ in range(2):
        client.post(LIST, sent | {"message": "", "offer": ""})
    assert sorted(Invitation.objects.values_list("member", flat=True)) == [u.pk for u in chosen]


def test_funnel_and_file(client: Client, merchant: User) -> None:
    user = make_user()
    invite(user, by=merchant)
    assert "首次成交" in client.get(f"{INVITATIONS}funnel/").content.decode()
    answer = client.get(f"{INVITATIONS}funnel/", {"format": "csv"})
    last = b"".join(answer.streaming_content).decode().splitlines()[-1]
    assert last.endswith(",1,0,0,0,0")
    open_invitation(user, Invitation.objects.get().code)
    decline_invitation(Invitation.objects.get())
    invite(make_user(), by=merchant)
    assert "50%" in client.get(f"{INVITATIONS}funnel/").content.decode()
    page = client.get(f"{INVITATIONS}funnel/", {"since": "2026-02-02", "until": "2026-02-01"})
    assert "结束日期不能早于开始日期" in page.content.decode()


@pytest.mark.parametrize("days", [{"since": "0001-01-01"}, {"until": "9999-12-31"}])
@pytest.mark.parametrize("file", [{}, {"format": "csv"}])
def test_a_funnel_to_the_end_of_all_calendars(
    client: Client, merchant: User, days: dict[str, str], file: dict[str, str]
) -> None:
    invite(make_user(), by=merchant)
    answer = client.get(f"{INVITATIONS}funnel/", days | file)
    lines = answer.streaming_content if file else answer
    assert f"{timezone.localdate():%Y-%m}" in b"".join(lines).decode()


def test_staff_without_the_key_see_nothing(client: Client) -> None:
    client.force_login(make_user(is_staff=True))
    for address in (LIST, INVITATIONS, f"{INVITATIONS}funnel/"):
        assert client.get(address).status_code == 403


def test_one_and_three_rows_cost_the_same(
    client: Client, merchant: User, django_assert_num_queries: Any
) -> None:
    invite(buyer(), by=merchant)
    for address in (LIST, INVITATIONS):
        client.get(address)
    with django_assert_num_queries(4):
        client.get(LIST)
    with django_assert_num_queries(5):
        client.get(INVITATIONS)
    for _ in range(2):
        invite(buyer(), by=merchant)
    with django_assert_num_queries(4):
        client.get(LIST)
    with django_assert_num_queries(5):
        client.get(INVITATIONS)


def test_an_open_invitation_is_taken_back(client: Client, merchant: User) -> None:
    invitation = invite(buyer(), by=merchant)
    assert press(client, invitation, "withdraw", reason="发错人了") == "邀请已收回。"
    invitation.refresh_from_db()
    assert invitation.state == "withdrawn"
    page = client.get(f"{INVITATIONS}{invitation.pk}/change/").content.decode()
    assert "withdraw/" not in page


def test_the_list_says_when_its_figures_were_counted(client: Client, merchant: User) -> None:
    assert "统计到" not in client.get(LIST).content.decode()
    buyer()
    counted = timezone.localtime(Candidate.objects.get().counted_at)
    assert f"统计到 {counted:%Y-%m-%d %H:%M}" in client.get(LIST).content.decode()
