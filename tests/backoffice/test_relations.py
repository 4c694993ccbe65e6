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
        address = reverse("admin:member_timeline", args=[member.pk])
        with django_assert_num_queries(7):
            client.get(address)
        with django_assert_num_queries(7):
            client.get(address, {"q": "推", "decision": "won"})
        with django_assert_num_queries(4):  # session, merchant, member, rows
            file = b"".join(client.get(address, {"format": "csv"}))
        assert len(file.splitlines()) == rows + 1

    def test_found_filtered_and_taken_away_alike(self, client: Client, merchant: User) -> None:
        member = make_user("陈晨")
        follow(member, 2)
        one = Distributor.objects.get(user__name="推1")
        address = reverse("admin:member_timeline", args=[member.pk])
        today = f"{timezone.localdate():%Y-%m-%d}"
        won, kept = "绑定", "维持原绑定"
        for asked, decided in [
            ({}, [kept, won]),
            ({"decision": "won"}, [won]),
            ({"kind": "merchant"}, []),
            ({"q": one.code.lower()}, [kept]),
            ({"q": "推0"}, [kept, won]),  # for whom, or who served until then
            ({"q": "先到先得"}, [kept]),
            ({"until": "2001-01-01"}, []),
            ({"q": "推1", "decision": "kept", "until": today}, [kept]),
        ]:
            page = client.get(address, asked)
            assert [event.decision for event in page.context["events"]] == decided, asked
            file = b"".join(client.get(address, asked | {"format": "csv"})).decode("utf-8-sig")
            assert [line.split(",")[4] for line in file.splitlines()[1:]] == decided, asked
        assert "没有符合条件的记录" in client.get(address, {"q": "无"}).content.decode()

    def test_two_filters_survive_the_next_page(self, client: Client, merchant: User) -> None:
        member = make_user()
        follow(member, 1)
        rows = Trace.objects.get()
        Trace.objects.bulk_create(
            Trace(member=member, kind="click", at=rows.at, decided_at=rows.at, decision="refused",
                  why="loop", distributor=rows.distributor)
            for _ in range(60)
        )  # fmt: skip
        address = reverse("admin:member_timeline", args=[member.pk])
        html = client.get(address, {"decision": "refused", "q": "循环"}).content.decode()
        kept = "decision=refused&amp;q=%E5%BE%AA%E7%8E%AF"
        assert f"?{kept}&amp;page=2" in html and f"?{kept}&amp;format=csv" in html

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"kind": "nonsense"}, "事项：没有这个选项。"),
            ({"since": "2026-02-31"}, "从哪天：没有这一天。"),
            ({"since": "2026-03-02", "until": "2026-03-01"}, "到哪天：比开始那天还早。"),
            ({"q": "长" * 10_000}, "：最多 40 个字。"),
            ({"q": "a\x00"}, "：有不能查找的字符。"),
        ],
    )
    def test_what_cannot_be_read_is_said_and_makes_no_file(
        self, client: Client, merchant: User, asked: dict[str, str], said: str
    ) -> None:
        address = reverse("admin:member_timeline", args=[merchant.pk])
        for extra in ({}, {"format": "csv"}, {"page": "-1"}, {"page": "abc"}):
            html = client.get(address, asked | extra).content.decode()
            assert said in html and "看不懂的条件没有用上" in html

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
