"""Who a run would pay and who not: found, filtered, paged and taken away."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from distribution.money.commissions import mature_commissions
from distribution.programme.people import set_status
from distribution.states import Status
from payouts.models import Schedule
from tests.make import START, make_chain, make_order, make_rule, make_user, pay, receive

pytestmark = pytest.mark.django_db

DAYS = "请填写 1 到 31；没有这一天的月份，在最后一天结算。"


@pytest.fixture
def address(client: Client) -> str:
    client.force_login(make_user("店主", is_staff=True, is_superuser=True))
    schedule = Schedule.objects.get(kind=Schedule.Kind.WEEKLY)
    return reverse("admin:payout_preview", args=[schedule.pk])


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"minimum": "-5"}, {"minimum": ["金额至少 ¥0.01。"]}),
        ({"minimum": "0"}, {"minimum": ["金额至少 ¥0.01。"]}),
        ({"threshold": "0"}, {"threshold": ["金额至少 ¥0.01。"]}),
        ({"day_of_month": "0"}, {"day_of_month": [DAYS]}),
        ({"day_of_month": "45"}, {"day_of_month": [DAYS]}),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_in_words(
    client: Client, address: str, changes: dict[str, str], wrong: dict[str, list[str]]
) -> None:
    """Not by the name of a constraint."""
    values = {"name": "月底", "kind": "monthly", "weekday": "1", "day_of_month": "31", "threshold": "10", "minimum": "5", "channel": "manual"}  # fmt: skip
    before = Schedule.objects.count()
    page = client.post(reverse("admin:payouts_schedule_add"), values | changes)
    assert page.context["adminform"].form.errors == wrong
    assert Schedule.objects.count() == before
    assert client.post(reverse("admin:payouts_schedule_add"), values).status_code == 302


def earn(count: int = 1) -> Any:
    """甲 and 乙 have money to be paid, as often as asked."""
    make_rule("0.10", "0.05", scope="shop")
    for _ in range(count):
        chain = make_chain()
        receive(pay(make_order(chain.c, at=START), at=START).order, at=START)
    mature_commissions(START.replace(year=START.year + 1))
    return chain


def table(client: Client, address: str, asked: dict[str, str]) -> list[list[str]]:
    file = b"".join(client.get(address, asked | {"format": "csv"})).decode("utf-8-sig")
    return [line.split(",") for line in file.splitlines()[1:]]


def test_page_and_file_alike(client: Client, address: str) -> None:
    chain = earn()
    set_status(chain.a, Status.FROZEN, by=None, reason="复核", at=START)
    for asked, codes in [
        ({}, [chain.b.code, chain.a.code]),
        ({"result": "paid"}, [chain.b.code]),
        ({"result": "frozen"}, [chain.a.code]),
        ({"result": "debt"}, []),
        ({"q": "甲"}, [chain.a.code]),
        ({"q": chain.b.code.lower()}, [chain.b.code]),
        ({"q": "甲", "result": "paid"}, []),
    ]:
        rows = client.get(address, asked).context["rows"]
        assert [person.code for person, _candidate, _result in rows] == codes, asked
        assert [row[1] for row in table(client, address, asked)] == codes, asked
    empty = client.get(address, {"q": "无"}).content.decode()
    assert "没有符合条件的分销商。" in empty and "清除条件" in empty


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"result": "nonsense"}, "结果：没有这个选项。"),
        ({"q": "长" * 10_000}, "：最多 40 个字。"),
        ({"q": "a\x00"}, "：有不能查找的字符。"),
    ],
)
def test_what_cannot_be_read_is_said_and_makes_no_file(
    client: Client, address: str, asked: dict[str, str], said: str
) -> None:
    earn()
    for extra in ({}, {"format": "csv"}, {"page": "abc"}, {"page": "99999"}):
        assert said in client.get(address, asked | extra).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_queries_for_any_number(
    client: Client, address: str, count: int, django_assert_num_queries: Any
) -> None:
    earn(count)
    client.get(address)
    with django_assert_num_queries(7):
        assert len(client.get(address).context["rows"]) == 2 * count
    with django_assert_num_queries(8):  # and whom the words name
        assert len(client.get(address, {"q": "甲"}).context["rows"]) == count
    with django_assert_num_queries(7):
        assert len(table(client, address, {})) == 2 * count
