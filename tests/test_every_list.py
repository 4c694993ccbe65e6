"""Every list of the site: words, choices and days that make no sense are said on the page, in the
reader's language, and make no file."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from base.clock import beijing_date
from base.filters import ListFilter
from distribution.models import Binding
from distribution.money.commissions import mature_commissions
from orders.coupons import issue_coupon
from orders.models import CouponOffer
from payouts.models import Payout, Schedule
from payouts.runs import run_period
from tests.academy_make import make_course, make_material
from tests.make import START, Chain, make_chain, make_order, make_rule, pay, receive

pytestmark = pytest.mark.django_db

# Every list of the site, and whose.
LISTS = {
    "/orders/": "c",
    "/me/coupons/": "c",
    "/me/inbox/": "c",
    "/me/tickets/": "c",
    "/me/announcements/": "c",
    "/me/recommender/": "c",
    "/distribution/team/": "b",
    "/distribution/team/{binding}/": "b",
    "/distribution/commissions/": "b",
    "/distribution/orders/": "b",
    "/distribution/links/": "b",
    "/distribution/links/goods/": "b",
    "/distribution/codes/": "b",
    "/distribution/selection/": "b",
    "/distribution/academy/": "b",
    "/distribution/academy/materials/": "b",
    "/payouts/": "b",
    "/payouts/{payout}/": "b",
}
WITHOUT_FILE = {"/distribution/links/goods/"}  # the shop's own goods, to choose one of


@pytest.fixture
def chain() -> Chain:
    chain = make_chain()
    make_rule()
    order = pay(make_order(chain.c, at=START), at=START).order
    receive(order, at=START)
    mature_commissions(START + timedelta(days=30))
    schedule = Schedule.objects.create(name="计划", channel="sandbox", minimum=1)
    run_period(schedule, beijing_date(START) + timedelta(days=60))
    offer = CouponOffer.objects.create(
        name="券", kind=CouponOffer.Kind.AMOUNT, amount=5, valid_days=30
    )
    issue_coupon(chain.c, offer, reason="节日")
    make_course("课程", lessons=1)
    make_material("素材")
    return chain


@pytest.mark.parametrize("address", LISTS)
class TestEveryList:
    @pytest.fixture
    def visit(self, chain: Chain, client: Client, address: str) -> Callable[..., Any]:
        client.force_login(chain.c if LISTS[address] == "c" else chain.b.user)
        named = {
            "binding": Binding.objects.get(customer=chain.c).pk,
            "payout": Payout.objects.get(distributor=chain.b).number,
        }
        return lambda data, language="": client.get(language + address.format(**named), data)

    def test_bad_words_are_said_on_the_page_and_make_no_file(
        self, visit: Callable[..., Any], address: str
    ) -> None:
        for words, said in (("长" * 10_000, " 个字。"), ("a\x00", "有不能查找的字符。")):
            for extra in ({}, {"format": "csv"}):
                answer = visit({"q": words, **extra})
                assert answer.status_code == 200 and "attachment" not in str(answer.headers)
                html = answer.content.decode()
                assert said in html and "看不懂的条件没有用上" in html
        html = visit({"q": "x" * 100}, "/en").content.decode()
        assert "characters at most." in html and "What could not be read was left out" in html

    def test_bad_choices_and_days_too(self, visit: Callable[..., Any], address: str) -> None:
        filters = visit({}).context["filters"]
        assert isinstance(filters, ListFilter)
        choices = [name for name in filters.fields if name not in ("q", "since", "until")]
        for name in choices:
            for extra in ({}, {"format": "csv"}):
                for value in ("nonsense", "\x00", "-1"):
                    html = visit({name: value, **extra}).content.decode()
                    assert "没有这个选项。" in html, (name, value)
        if "since" in filters.fields:
            for days, said in (
                ({"since": "2026-02-31"}, "从哪天：没有这一天。"),
                ({"until": "x" * 10_000}, "到哪天：没有这一天。"),
                ({"since": "2026-03-02", "until": "2026-03-01"}, "到哪天：比开始那天还早。"),
            ):
                for extra in ({}, {"format": "csv"}):
                    assert said in visit({**days, **extra}).content.decode()

    def test_pages_that_are_none(self, visit: Callable[..., Any], address: str) -> None:
        for page in ("abc", "-1", "0", "99999", "\x00", "9" * 40):
            answer = visit({"page": page})
            assert answer.status_code == 200
            assert answer.context["page"].number == 1

    def test_nothing_found_says_what_to_do(self, visit: Callable[..., Any], address: str) -> None:
        answer = visit({"q": "没有这样的"})
        assert len(answer.context["page"].object_list) == 0
        assert "看" in answer.content.decode() and answer.context["filters"].is_narrow

    def test_the_file_is_of_what_the_page_shows(
        self, visit: Callable[..., Any], address: str
    ) -> None:
        if address in WITHOUT_FILE:
            return
        whole = b"".join(visit({"format": "csv"})).decode().splitlines()
        none = b"".join(visit({"format": "csv", "q": "没有这样的"})).decode().splitlines()
        assert whole[0] == none[0] and len(none) <= 2
