"""Who stands at level 1 and level 2, and who of them is paid."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from base.accounts.models import User
from base.clock import BEIJING
from distribution.models import Binding, Distributor, OrderTerms, Policy, Recruitment
from distribution.policy import cancel_policy, publish_policy
from distribution.programme.people import approve, join, set_status
from distribution.referral.attribution import attribute_orders
from distribution.referral.recognition import recognise
from distribution.referral.relations import bind_by_link, reassign_customer, reassign_recruiter
from distribution.referral.traces import Sign
from distribution.states import Status
from orders.models import Order
from tests.books import name_of
from tests.make import START, make_chain, make_distributor, make_order, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PLACED = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
MOMENT = timedelta(microseconds=1)


def levels(order: Order) -> list[str]:
    """Both levels of an order, as "who why block", from its terms."""
    terms = OrderTerms.objects.get(order=order)
    found = []
    for payee, why, block in (
        (terms.payee1_id, terms.why1, terms.block1),
        (terms.payee2_id, terms.why2, terms.block2),
    ):
        who = "—" if payee is None else name_of(payee)
        found.append(f"{who} {why} {block or 'paid'}")
    return found


def buys(buyer: User, at: datetime = PLACED) -> list[str]:
    return levels(make_order(buyer, at=at))


def test_a_customer_pays_the_one_who_recommended_and_their_recruiter() -> None:
    chain = make_chain()
    assert buys(chain.c) == ["乙 bound paid", "甲 recruiter paid"]


def test_it_stops_after_two_levels() -> None:
    chain = make_chain()
    c = make_distributor(chain.c, at=START + DAY)
    d = make_user("丁")
    bind_by_link(d, c, at=START + DAY)
    assert buys(d) == ["丙 bound paid", "乙 recruiter paid"]


def test_a_stranger_pays_nobody() -> None:
    assert buys(make_user()) == ["— nobody missing", "— nobody missing"]


def test_a_distributor_of_the_first_position_has_nobody_above() -> None:
    a = make_distributor(name="甲")
    b = make_user("乙")
    bind_by_link(b, a, at=START)
    assert buys(b) == ["甲 bound paid", "— nobody missing"]


class TestEachLevelByItself:
    @pytest.mark.parametrize(
        ("status", "block"),
        [
            (Status.FROZEN, "frozen"),
            (Status.RESIGNED, "resigned"),
            (Status.BANNED, "banned"),
        ],
    )
    def test_one_who_may_not_earn_is_not_paid_and_nobody_climbs(
        self, status: Status, block: str
    ) -> None:
        chain = make_chain()
        set_status(chain.b, status, by=None, reason="test", at=START + DAY)
        assert buys(chain.c) == [f"乙 bound {block}", "甲 recruiter paid"]

    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED, Status.BANNED])
    def test_level_2_likewise(self, status: Status) -> None:
        chain = make_chain()
        set_status(chain.a, status, by=None, reason="test", at=START + DAY)
        assert buys(chain.c) == ["乙 bound paid", f"甲 recruiter {status}"]

    def test_resigned_and_applying_again_is_not_approved(self) -> None:
        chain = make_chain()
        set_status(chain.b, Status.RESIGNED, by=None, reason="test", at=START + DAY)
        again = join(chain.b.user, at=START + 2 * DAY)
        assert buys(chain.c) == ["乙 bound not_approved", "甲 recruiter paid"]
        set_status(again, Status.REJECTED, by=None, reason="test", at=START + 3 * DAY)
        assert buys(chain.c) == ["乙 bound not_approved", "甲 recruiter paid"]
        approve(again, by=None, at=START + 4 * DAY)
        assert buys(chain.c) == ["乙 bound paid", "甲 recruiter paid"]

    def test_a_policy_of_one_level(self) -> None:
        chain = make_chain()
        publish_policy(by=None, at=START + DAY, two_levels=False)
        assert buys(chain.c) == ["乙 bound paid", "甲 recruiter one_level"]
        assert buys(chain.c, at=START + DAY - MOMENT) == ["乙 bound paid", "甲 recruiter paid"]
        assert buys(chain.b.user) == ["甲 bound paid", "— nobody missing"]


class TestAtTheMoment:
    def test_a_cancelled_version_of_the_policy_never_was(self) -> None:
        chain, soon = make_chain(), timezone.now() + DAY
        planned = publish_policy(by=None, at=soon, two_levels=False)
        assert buys(chain.c, at=soon)[1] == "甲 recruiter one_level"
        cancel_policy(planned, by=None)
        assert buys(chain.c, at=soon)[1] == "甲 recruiter paid"

    def test_of_two_versions_of_one_moment_the_later_written_holds(self) -> None:
        chain = make_chain()
        for two_levels in (True, False):
            publish_policy(by=None, at=PLACED, two_levels=two_levels)
        assert buys(chain.c)[1] == "甲 recruiter one_level"

    def test_the_buyers_standing_at_placement_counts(self) -> None:
        publish_policy(by=None, at=START, self_purchase=True)
        own = make_distributor(name="甲", at=PLACED).user
        assert buys(own, at=PLACED - MOMENT)[0] == "— nobody missing"
        assert buys(own, at=PLACED)[0] == "甲 self paid"

    def test_the_recruiters_standing_at_placement_counts(self) -> None:
        chain = make_chain()
        set_status(chain.a, Status.FROZEN, by=None, reason="test", at=PLACED)
        assert buys(chain.c, at=PLACED - MOMENT)[1] == "甲 recruiter paid"
        assert buys(chain.c, at=PLACED)[1] == "甲 recruiter frozen"

    def test_a_recruiter_until_placement_is_none_any_more(self) -> None:
        chain = make_chain()
        reassign_recruiter(chain.b, None, by=make_user(), reason="test", at=PLACED)
        assert buys(chain.c, at=PLACED - MOMENT)[1] == "甲 recruiter paid"
        assert buys(chain.c, at=PLACED)[1] == "— nobody missing"

    def test_standing_at_placement_counts(self) -> None:
        chain = make_chain()
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=PLACED)
        set_status(chain.b, Status.APPROVED, by=None, reason="test", at=PLACED + DAY)
        assert buys(chain.c, at=PLACED - MOMENT)[0] == "乙 bound paid"
        assert buys(chain.c, at=PLACED)[0] == "乙 bound frozen"
        assert buys(chain.c, at=PLACED + DAY - MOMENT)[0] == "乙 bound frozen"
        assert buys(chain.c, at=PLACED + DAY)[0] == "乙 bound paid"

    def test_a_binding_holds_from_its_start_until_before_its_end(self) -> None:
        a = make_distributor(name="甲")
        b = make_user("乙")
        publish_policy(
            by=None, at=START, binding_mode=Policy.BindingMode.FIRST_FOR_DAYS, binding_days=30
        )
        bind_by_link(b, a, at=PLACED)
        assert buys(b, at=PLACED - MOMENT)[0] == "— nobody missing"
        assert buys(b, at=PLACED)[0] == "甲 bound paid"
        assert buys(b, at=PLACED + 30 * DAY - MOMENT)[0] == "甲 bound paid"
        assert buys(b, at=PLACED + 30 * DAY)[0] == "— nobody missing"

    def test_the_recruiter_at_placement_counts(self) -> None:
        chain = make_chain()
        other = make_distributor(name="新")
        reassign_recruiter(chain.b, other, by=make_user(), reason="test", at=PLACED)
        assert buys(chain.c, at=PLACED - MOMENT)[1] == "甲 recruiter paid"
        assert buys(chain.c, at=PLACED)[1] == "新 recruiter paid"

    def test_the_distributor_at_placement_counts(self) -> None:
        chain = make_chain()
        other = make_distributor(name="新")
        reassign_customer(chain.c, other, by=make_user(), reason="test", at=PLACED)
        assert buys(chain.c, at=PLACED - MOMENT) == ["乙 bound paid", "甲 recruiter paid"]
        assert buys(chain.c, at=PLACED) == ["新 bound paid", "— nobody missing"]

    def test_one_whose_standing_begins_later_is_not_approved(self) -> None:
        a = make_distributor(name="甲", at=PLACED)
        b = make_user("乙")
        Binding.objects.create(customer=b, distributor=a, starts_at=START, source="import")
        assert buys(b, at=PLACED - MOMENT)[0] == "甲 bound not_approved"


class TestBuyingForOneself:
    def test_off_a_distributor_is_a_customer_of_their_recruiter(self) -> None:
        chain = make_chain()
        Binding.objects.filter(customer=chain.b.user).delete()
        assert buys(chain.b.user) == ["甲 recruiter paid", "— nobody missing"]

    def test_off_the_one_they_are_bound_to_goes_before_the_recruiter(self) -> None:
        chain = make_chain()
        top = make_distributor(name="上")
        reassign_recruiter(chain.a, top, by=make_user(), reason="test", at=START + DAY)
        other = make_distributor(name="新")
        reassign_customer(chain.b.user, other, by=make_user(), reason="test", at=START + DAY)
        assert buys(chain.b.user) == ["新 bound paid", "— nobody missing"]
        reassign_customer(chain.b.user, None, by=make_user(), reason="test", at=START + 2 * DAY)
        assert buys(chain.b.user) == ["甲 recruiter paid", "上 recruiter paid"]

    def test_off_a_lapsed_binding_leaves_the_recruiter(self) -> None:
        publish_policy(
            by=None, at=START, binding_mode=Policy.BindingMode.FIRST_FOR_DAYS, binding_days=1
        )
        chain = make_chain(at=START)
        assert buys(chain.b.user) == ["甲 recruiter paid", "— nobody missing"]
        assert buys(chain.c) == ["— nobody missing", "— nobody missing"]

    def test_off_one_who_left_is_no_distributor_any_more(self) -> None:
        chain = make_chain()
        reassign_customer(chain.b.user, None, by=make_user(), reason="test", at=START + DAY)
        assert buys(chain.b.user)[0] == "甲 recruiter paid"
        set_status(chain.b, Status.RESIGNED, by=None, reason="test", at=START + 2 * DAY)
        assert buys(chain.b.user) == ["— nobody missing", "— nobody missing"]

    def test_on_the_buyer_is_level_1_and_their_recruiter_level_2(self) -> None:
        chain = make_chain()
        publish_policy(by=None, at=START, self_purchase=True)
        assert buys(chain.b.user) == ["乙 self paid", "甲 recruiter paid"]
        assert buys(chain.c) == ["乙 bound paid", "甲 recruiter paid"]

    def test_on_a_frozen_buyer_is_not_paid_and_the_recruiter_is(self) -> None:
        chain = make_chain()
        publish_policy(by=None, at=START, self_purchase=True)
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=START + DAY)
        assert buys(chain.b.user) == ["乙 self frozen", "甲 recruiter paid"]

    @pytest.mark.parametrize("status", [Status.RESIGNED, Status.BANNED])
    def test_on_one_who_left_buys_as_a_customer(self, status: Status) -> None:
        chain = make_chain()
        publish_policy(by=None, at=START, self_purchase=True)
        set_status(chain.b, status, by=None, reason="test", at=START + DAY)
        assert buys(chain.b.user) == ["甲 bound paid", "— nobody missing"]

    @pytest.mark.parametrize("is_self_purchase", [False, True])
    def test_the_buyer_is_never_level_2(self, is_self_purchase: bool) -> None:
        """Two who recommended each other at different times: possible, and pays the buyer nothing."""
        chain = make_chain()
        publish_policy(by=None, at=START, self_purchase=is_self_purchase)
        Binding.objects.create(
            customer=chain.a.user, distributor=chain.b, starts_at=START, source="merchant"
        )
        assert buys(chain.a.user) == (
            ["甲 self paid", "— nobody missing"]
            if is_self_purchase
            else ["乙 bound paid", "甲 recruiter is_buyer"]
        )


def test_binding_on_the_first_order_comes_before_the_payees_are_read() -> None:
    a = make_distributor(name="甲")
    b = make_user("乙")
    publish_policy(by=None, at=START, binding_moment=Policy.BindingMoment.FIRST_ORDER)
    from_link(b, a, at=PLACED - DAY)
    assert not Binding.objects.exists()
    assert buys(b) == ["甲 bound paid", "— nobody missing"]
    binding = Binding.objects.get()
    assert (binding.starts_at, binding.ends_at) == (PLACED, None)


def from_link(user: User, distributor: Distributor, *, at: datetime) -> None:
    recognise(user, [Sign(distributor, at)], at=at)


def test_many_orders_are_one_query_and_orders_with_terms_are_left_alone(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    chain = make_chain()
    orders = [make_order(chain.c, at=PLACED) for _ in range(3)]
    OrderTerms.objects.filter(order__in=orders[:2]).delete()
    with django_assert_num_queries(1):  # type: ignore[operator]  # the fixture is a function
        found = attribute_orders([order.pk for order in orders])
    assert [one.order_id for one in found] == [orders[0].pk, orders[1].pk]
    assert {one.payees[0].distributor_id for one in found} == {chain.b.pk}


def test_relations_of_others_do_not_leak_in() -> None:
    chain = make_chain()
    other = make_chain()
    assert Recruitment.objects.count() == 2
    terms = OrderTerms.objects.get(order=make_order(other.c, at=PLACED))
    assert (terms.payee1_id, terms.payee2_id) == (other.b.pk, other.a.pk)
    assert chain.b.pk != other.b.pk
