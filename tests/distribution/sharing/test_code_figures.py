"""What codes bring that are typed in at checkout."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from base.money import ZERO
from distribution.models import Distributor, Policy
from distribution.policy import publish_policy
from distribution.referral.link_figures import Period
from distribution.referral.links import create_link
from distribution.referral.relations import bind_by_link
from distribution.sharing.code_figures import CodeFigures, codes_of
from orders.cancellation import cancel_order
from orders.refunds import Part
from tests.distribution.sharing.test_promo_codes import make_code, order_with
from tests.make import START, make_distributor, make_user, pay, receive, refund

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def owner() -> Distributor:
    return make_distributor(name="甜甜")


def test_from_the_order_to_the_money(owner: Distributor) -> None:
    """New customers and old ones, closed unpaid, paid, refunded; nobody else's."""
    sweet = make_code(owner=owner, most_per_person=None)
    make_code("OTHERS", owner=make_distributor())
    new, old = make_user(), make_user()
    bind_by_link(old, make_distributor(), at=START + DAY)
    pay(order_with("SWEET", new))
    cancel_order(order_with("SWEET", new), reason="改主意")
    back = order_with("SWEET", old)
    pay(back)
    receive(back)
    refund(back, [Part(back.lines.get().pk, 1, Decimal("25.00"))])
    order_with("OTHERS")
    personal, promo = codes_of(owner)
    assert personal == CodeFigures(owner.code)
    assert promo == CodeFigures(
        "SWEET",
        sweet,
        placed=3,
        paid=2,
        refunded=1,
        sales=Decimal("50.00"),
        refunded_amount=Decimal("25.00"),
        discount=Decimal("10.00"),
        bound=1,
    )


def test_ones_own_code_and_those_of_links_count_too(owner: Distributor) -> None:
    link = create_link(owner, channel="抖音")
    create_link(owner, channel="小红书")
    pay(order_with(owner.code.lower()))
    order_with(link.code)
    figures = [(row.code, row.placed, row.paid, row.bound, row.sales) for row in codes_of(owner)]
    assert figures == [
        (owner.code, 1, 1, 1, Decimal("30.00")),
        (link.code, 1, 0, 1, ZERO),
    ]


@pytest.mark.parametrize("moment", Policy.BindingMoment.values)
def test_a_customer_is_new_where_the_code_bound_them(owner: Distributor, moment: str) -> None:
    publish_policy(by=None, at=START, binding_moment=moment)
    order_with(owner.code)
    assert codes_of(owner)[0].bound == (0 if moment == Policy.BindingMoment.SIGN_UP else 1)


def test_in_some_days_alone(owner: Distributor) -> None:
    order_with(owner.code)
    today = timezone.localdate()
    in_time = [
        codes_of(owner, period=Period.of_days(day, day))[0].placed for day in (today - DAY, today)
    ]
    assert in_time == [0, 1]


@pytest.mark.parametrize("number", [1, 3])
def test_two_queries(owner: Distributor, number: int, django_assert_num_queries: Any) -> None:
    for each in range(number):
        make_code(f"SWEET{each}", owner=owner)
        order_with(f"SWEET{each}")
    with django_assert_num_queries(2):
        assert len(codes_of(owner)) == number + 1


def test_on_the_page_and_as_a_file(owner: Distributor, client: Client) -> None:
    make_code(owner=owner)
    pay(order_with("SWEET"))
    client.force_login(owner.user)
    html = client.get("/distribution/links/").content.decode()
    assert "下单 1 · 付款 1 · 新顾客 1" in html
    file = client.get("/distribution/codes/?format=csv")
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[1:] == [
        f"{owner.code},只记推荐,0,0,0,0,0.00,0.00,0.00",
        "SWEET,减 ¥5.00,1,1,0,1,25.00,0.00,5.00",
    ]
    nothing = client.get("/distribution/codes/?format=csv&since=2026-01-01&until=2026-01-02")
    assert b"SWEET" in b"".join(nothing.streaming_content)  # type: ignore[attr-defined]
    client.force_login(make_user())
    assert client.get("/distribution/codes/?format=csv").status_code == 302


class TestThePage:
    PAGE = "/distribution/codes/"

    def test_found_filtered_and_paged(self, owner: Distributor, client: Client) -> None:
        for number in range(20):
            make_code(f"SWEET{number:02}", owner=owner)
        make_code("OLD", owner=owner, is_active=False)
        make_code("OTHERS", owner=make_distributor())
        client.force_login(owner.user)

        def shown(query: str) -> list[str]:
            return [row.code for row, _words in client.get(self.PAGE + query).context["codes"]]

        assert shown("?q=sweet07") == ["SWEET07"]
        assert shown("?state=stopped") == ["OLD"]
        assert "OLD" not in shown("?state=active&page=2")
        assert shown("?page=2") == ["SWEET00", "OLD"]
        assert shown("?q=OTHERS") == []
        assert len(shown("?state=nonsense&since=2026-02-30&page=-1")) == 20
        assert "没有符合条件的优惠码" in client.get(f"{self.PAGE}?q=无").content.decode()

    @pytest.mark.parametrize("number", [1, 3])
    def test_five_queries(
        self, owner: Distributor, client: Client, number: int, django_assert_num_queries: Any
    ) -> None:
        for each in range(number):
            make_code(f"SWEET{each}", owner=owner)
        client.force_login(owner.user)
        for query in ("", "?format=csv"):
            with django_assert_num_queries(5):  # session, person, distributor, figures, codes
                b"".join(client.get(self.PAGE + query))
