"""Relations in the back office: timelines, files, and handing people over."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from distribution.models import Binding, Distributor, Trace
from distribution.referral.recognition import recognise
from distribution.referral.relations import bind_by_link
from distribution.referral.traces import Sign
from tests.make import START, make_distributor, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def follow(member: User, count: int) -> None:
    now = timezone.now() - count * DAY
    for number in range(count):
        at = now + number * DAY
        recognise(member, [Sign(make_distributor(name=f"推{number}"), at)], at=at)


class TestTimelines:
    def test_found_by_phone_or_name_and_opened(self, client: Client, merchant: User) -> None:
        member = make_user("陈晨", phone="13911112222")
        follow(member, 2)
        for asked in ("13911112222", "陈晨", member.member_no):
            page = client.get(reverse("admin:distribution_trace_changelist"), {"q": asked})
            assert page.context["cl"].result_count == 2
        nobody = client.get(reverse("admin:distribution_trace_changelist"), {"q": "没有这人"})
        assert nobody.context["cl"].result_count == 0
        text = client.get(reverse("admin:member_timeline", args=[member.pk])).content.decode()
        assert "推0" in text and "已有有效的绑定，先到先得" in text and "首次绑定，永久有效" in text

    def test_from_the_members_page(self, client: Client, merchant: User) -> None:
        member = make_user()
        button = client.get(reverse("admin:accounts_user_timeline", args=[member.pk]))
        assert button["Location"] == reverse("admin:member_timeline", args=[member.pk])

    @pytest.mark.parametrize("rows", [1, 3])
    def test_as_many_queries_for_one_row_as_for_three(
        self, client: Client, merchant: User, django_assert_num_queries: Any, rows: int
    ) -> None:
        member = make_user()
        follow(member, rows)
        with django_assert_num_queries(7):
            client.get(reverse("admin:member_timeline", args=[member.pk]))

    def test_a_shopper_and_one_without_the_key_get_nowhere(self, client: Client) -> None:
        member = make_user()
        address = reverse("admin:member_timeline", args=[member.pk])
        client.force_login(member)
        assert client.get(address).status_code == 302
        client.force_login(make_user(is_staff=True))
        assert client.get(address).status_code == 403
        assert client.get(reverse("admin:handover")).status_code == 403

    def test_as_a_file(self, client: Client, merchant: User) -> None:
        member = make_user("=cmd|' /C calc'!A0")
        follow(member, 1)
        trace = Trace.objects.get()
        answer = client.post(
            reverse("admin:distribution_trace_changelist"),
            {"action": "export_selected", "_selected_action": [trace.pk]},
        )
        lines = b"".join(answer.streaming_content).decode().splitlines()
        assert lines[0].startswith("\ufeff时间,会员,信号")
        assert ",'=cmd|' /C calc'!A0,打开个人推广链接,,推0,绑定,此前没有人服务," in lines[1]
        assert len(lines) == 2


class TestHandover:
    @pytest.fixture
    def giver(self) -> Distributor:
        giver = make_distributor(name="走")
        bind_by_link(make_user("客一"), giver, at=START)
        return giver

    def test_looked_at_then_done_once(
        self, client: Client, merchant: User, giver: Distributor
    ) -> None:
        taker = make_distributor(name="来")
        address = reverse("admin:handover")
        start = client.get(reverse("admin:distribution_distributor_handover", args=[giver.pk]))
        assert start["Location"] == f"{address}?giver={giver.code}"
        form = {"giver": giver.code, "taker": taker.code, "groups": ["customers", "recruits"]}
        text = client.get(address, form).content.decode()
        assert "<b>1</b> 位顾客" in text and "客一" in text
        assert Binding.objects.get().ends_at is None
        again = client.post(address, form | {"reason": ""})
        assert "请填写原因" in again.content.decode()
        assert Binding.objects.get().ends_at is None
        for said in ("已移交 1 位顾客", "没有可以移交的人"):
            done = client.post(address, form | {"reason": "离职"})
            assert done.status_code == 302
            page = client.get(done["Location"])
            assert said in " ".join(str(message) for message in page.context["messages"])
        assert [b.distributor for b in Binding.objects.order_by("pk")] == [giver, taker]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"giver": "NOBODY"}, "没有这个分销商"),
            ({"taker": "NOBODY"}, "没有这个分销商"),
            ({"groups": ["everybody"]}, "everybody"),
            ({"groups": []}, ""),
        ],
    )
    def test_bad_input_changes_nothing(
        self, client: Client, merchant: User, giver: Distributor, change: Any, said: str
    ) -> None:
        form = {"giver": giver.code, "taker": "", "groups": ["customers"], "reason": "x"}
        page = client.post(reverse("admin:handover"), form | change)
        assert page.status_code == 200
        assert said in page.content.decode()
        assert Binding.objects.get().ends_at is None

    def test_to_themselves_is_refused_in_words(
        self, client: Client, merchant: User, giver: Distributor
    ) -> None:
        form = {"giver": giver.code, "taker": giver.code, "groups": ["customers"], "reason": "x"}
        page = client.post(reverse("admin:handover"), form)
        assert "请选择另一位分销商来接手" in page.content.decode()
        assert Binding.objects.get().ends_at is None
