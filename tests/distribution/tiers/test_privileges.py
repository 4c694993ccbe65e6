"""What may this distributor do: position and tier as one, the limit on recruits, the discount."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone

from base.accounts.models import User
from base.inbox import inbox_of, shown
from catalog.models import Product
from distribution.models import (
    Commission,
    Distributor,
    LineTerms,
    PositionPrivileges,
    Tier,
    TierUplift,
)
from distribution.policy import publish_policy
from distribution.programme.people import appoint, approve, join, set_status, set_tier
from distribution.referral.relations import bind_by_link, reassign_recruiter
from distribution.states import Position, Status
from distribution.tiers.privileges import (
    RecruitRoom,
    in_words,
    price_for_oneself,
    privileges_of,
    recruit_room,
)
from orders.cart import CartOwner, add_to_cart
from orders.models import LineDiscount, Order
from tests.buying import DAY, MINUTE, NOON
from tests.make import (
    START,
    make_address,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db

Pages = Callable[[Distributor | User], Client]


def allow(row: str, **values: Any) -> None:
    """Give a tier (by code) or a position privileges."""
    rows = (
        PositionPrivileges.objects.filter(position=row)
        if row in Position
        else Tier.objects.filter(code=row)
    )
    assert rows.update(**values) == 1


def told(user: User) -> list[str]:
    return [message.title for message in shown(inbox_of(user))]


def recruiters(distributor: Distributor) -> list[Distributor]:
    return [r.recruiter for r in distributor.recruitments.filter(ends_at=None)]


class TestHowTheyCombine:
    @pytest.mark.parametrize(
        ("position", "tier", "combined"),
        [
            (("0.05", 1, None), ("0.10", 0, None), ("0.10", 1, None)),
            (("0.10", 0, 5), ("0.05", 2, None), ("0.10", 2, 5)),
            (("0", 0, 5), ("0", 0, 3), ("0", 0, 3)),
            (("0", 0, None), ("0", 0, 3), ("0", 0, 3)),
            (("0", 0, 0), ("0", 0, 50), ("0", 0, 0)),
            (("0", 0, 50), ("0", 0, 0), ("0", 0, 0)),
        ],
    )
    def test_the_better_discount_and_materials_the_stricter_limit(
        self, position: tuple, tier: tuple, combined: tuple
    ) -> None:
        names = ("own_discount", "material_level", "recruit_limit")
        allow("first", **dict(zip(names, position, strict=True)))
        allow("bronze", **dict(zip(names, tier, strict=True)))
        found = privileges_of(make_distributor())
        assert (found.own_discount, found.material_level, found.recruit_limit) == (
            Decimal(combined[0]),
            *combined[1:],
        )

    def test_the_position_is_who_brought_them_in(self) -> None:
        chain = make_chain()
        assert privileges_of(chain.a).position == Position.FIRST
        assert privileges_of(chain.b).position == Position.SECOND
        reassign_recruiter(chain.b, None, by=chain.a.user, reason="test", at=NOON)
        assert privileges_of(chain.b).position == Position.FIRST
        assert privileges_of(chain.b, at=START).position == Position.SECOND

    def test_the_uplift_is_the_tiers_as_of_the_moment(self) -> None:
        distributor = make_distributor()
        tier = Tier.objects.get(code="bronze")
        TierUplift.objects.create(tier=tier, uplift="0.1", valid_from=START)
        TierUplift.objects.create(tier=tier, uplift="0.2", valid_from=NOON)
        assert privileges_of(distributor, at=NOON - DAY).uplift == Decimal("0.1")
        assert privileges_of(distributor, at=NOON).uplift == Decimal("0.2")

    def test_without_a_tier_the_position_alone_speaks(self) -> None:
        distributor = set_tier(make_distributor(), None, by=None, at=NOON)
        allow("first", own_discount="0.03", recruit_limit=7)
        found = privileges_of(distributor)
        assert (found.own_discount, found.recruit_limit) == (Decimal("0.03"), 7)

    def test_by_default_second_level_people_bring_in_ten_and_others_as_many_as_they_like(
        self,
    ) -> None:
        chain = make_chain()
        assert [privileges_of(d).recruit_limit for d in (chain.a, chain.b)] == [None, 10]

    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED, Status.BANNED])
    def test_who_is_not_approved_has_none(self, status: Status) -> None:
        allow("bronze", own_discount="0.10", material_level=2)
        distributor = make_distributor()
        assert privileges_of(distributor).may_take(2)
        set_status(distributor, status, by=None, reason="test")
        found = privileges_of(distributor)
        assert (found.own_discount, found.recruit_limit) == (Decimal(0), 0)
        assert not found.may_take(0)

    @pytest.mark.parametrize(("level", "may"), [(0, True), (1, True), (2, False)])
    def test_materials_up_to_the_level(self, level: int, may: bool) -> None:
        allow("bronze", material_level=1)
        assert privileges_of(make_distributor()).may_take(level) == may

    def test_two_queries(self, django_assert_num_queries: Any) -> None:
        distributor = make_distributor()
        with django_assert_num_queries(2):
            privileges_of(distributor)

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({}, "素材级别 0 · 带人不限"),
            ({"own_discount": Decimal("0.125"), "recruit_limit": 3, "material_level": 2},
             "自购优惠 12.5% · 素材级别 2 · 最多带 3 人"),
            ({"recruit_limit": 0}, "素材级别 0 · 不可带人"),
        ],
    )  # fmt: skip
    def test_in_plain_words(self, values: dict, words: str) -> None:
        assert in_words(PositionPrivileges(position="first", **values)) == words


class TestRecruitLimit:
    def test_who_is_full_brings_in_nobody_and_the_newcomer_joins_all_the_same(self) -> None:
        allow("first", recruit_limit=2)
        top = make_distributor(name="甲")
        in_time = [make_distributor(recruiter=top, at=NOON) for _ in range(2)]
        late = make_distributor(recruiter=top, at=NOON)
        assert [recruiters(d) for d in (*in_time, late)] == [[top], [top], []]
        assert late.status == Status.APPROVED
        assert recruit_room(top) == RecruitRoom(2, 2)
        assert privileges_of(late).position == Position.FIRST
        (*_signs, joined) = late.user.traces.order_by("pk").values_list("kind", "decision", "why", "distributor")  # fmt: skip
        assert joined == ("joining", "refused", "no_room", top.pk)

    def test_both_are_told(self) -> None:
        allow("first", recruit_limit=1)
        now = timezone.now()
        top, first, late = (make_user(name) for name in ("甲", "乙一", "丙一"))
        recruiter = make_distributor(top, at=now)
        for user in (first, late):
            make_distributor(user, recruiter=recruiter, at=now)
        assert told(top) == [
            "丙** 加入了推广，没有记在你名下", "乙** 加入了推广，由你带来", "分销资格已开通",
        ]  # fmt: skip
        assert told(first) == ["分销资格已开通"]
        assert told(late) == ["你加入时没有记推荐人", "分销资格已开通"]

    @pytest.mark.parametrize(
        ("status", "why"), [(Status.FROZEN, "frozen"), (Status.RESIGNED, "resigned")]
    )
    def test_who_is_out_brings_in_nobody_and_the_timeline_says_so(
        self, status: Status, why: str
    ) -> None:
        now = timezone.now()
        top, user = make_distributor(name="甲"), make_user("丙")
        bind_by_link(user, top, at=now)
        set_status(top, status, by=None, reason="test", at=now)
        late = appoint(user, by=None, reason="test", at=now)
        assert recruiters(late) == []
        assert user.traces.order_by("-pk").values_list("decision", "why")[0] == ("refused", why)
        assert "没有记在你名下" not in "".join(told(top.user))

    def test_nought_closes_the_tree(self) -> None:
        allow("second", recruit_limit=0)
        chain = make_chain()
        assert recruiters(make_distributor(recruiter=chain.b, at=NOON)) == []
        assert recruiters(make_distributor(recruiter=chain.a, at=NOON)) == [chain.a]

    def test_only_those_count_who_are_there(self) -> None:
        allow("first", recruit_limit=1)
        top = make_distributor(name="甲")
        first = make_distributor(recruiter=top, at=NOON)
        set_status(first, Status.FROZEN, by=None, reason="test", at=NOON)
        assert not recruit_room(top).is_open
        set_status(first, Status.RESIGNED, by=None, reason="test", at=NOON)
        assert recruit_room(top) == RecruitRoom(0, 1)
        second = make_distributor(recruiter=top, at=NOON + DAY)
        assert recruiters(second) == [top]
        reassign_recruiter(second, None, by=top.user, reason="test", at=NOON + 2 * DAY)
        assert recruit_room(top).left == 1

    def test_an_applicant_does_not_count_before_they_are_approved(self) -> None:
        allow("first", recruit_limit=1)
        top = make_distributor(name="甲")
        applicants = []
        for _ in range(2):
            user = make_user()
            bind_by_link(user, top, at=START)
            applicants.append(join(user, at=NOON))
        assert recruit_room(top).used == 0
        for applicant in applicants:
            approve(applicant, by=None, at=NOON + DAY)
        assert [recruiters(a) for a in applicants] == [[top], []]

    def test_a_lower_limit_takes_nobody_away(self) -> None:
        top = make_distributor(name="甲")
        recruits = [make_distributor(recruiter=top, at=NOON) for _ in range(3)]
        allow("first", recruit_limit=1)
        assert [recruiters(d) for d in recruits] == [[top]] * 3
        assert (recruit_room(top).left, recruit_room(top).is_open) == (0, False)

    def test_no_limit(self) -> None:
        assert recruit_room(make_distributor()) == RecruitRoom(0, None)
        assert RecruitRoom(5, None).left is None and RecruitRoom(5, None).is_open


class TestOwnDiscount:
    def test_every_line_pays_its_share_to_the_cent(self) -> None:
        allow("bronze", own_discount="0.05")
        buyer = make_distributor().user
        order = make_order(buyer, {make_variant("33.33"): 1, make_variant("66.70"): 2})
        assert (order.goods_amount, order.discount_amount) == (Decimal("158.39"), Decimal("8.34"))
        assert list(
            LineDiscount.objects.filter(line__order=order).values_list("source", "label", "amount")
        ) == [
            ("tier", "分销商自购优惠 5%", Decimal("1.67")),
            ("tier", "分销商自购优惠 5%", Decimal("6.67")),
        ]

    def test_nobody_else_has_one(self) -> None:
        allow("bronze", own_discount="0.05")
        chain = make_chain()
        assert make_order(chain.c, {make_variant("100.00"): 1}).total == Decimal("100.00")
        frozen = set_status(chain.b, Status.FROZEN, by=None, reason="test")
        assert make_order(frozen.user, {make_variant("100.00"): 1}).total == Decimal("100.00")

    @pytest.mark.parametrize(
        ("self_purchase", "booked"),
        [
            # ¥95.00 paid. Level 1 is the buyer, 10 % and their tier's +10 %: 10.45; A has 5 %.
            (True, [(1, "乙", Decimal("10.45")), (2, "甲", Decimal("4.75"))]),
            # Off: a customer of A's like any other; A has no uplift and nobody above.
            (False, [(1, "甲", Decimal("9.50"))]),
        ],
    )
    def test_lowers_the_base_of_commission(self, self_purchase: bool, booked: list) -> None:
        publish_policy(by=None, at=START, self_purchase=self_purchase)
        make_rule("0.10", "0.05")
        silver = Tier.objects.get(code="silver")
        TierUplift.objects.create(tier=silver, uplift="0.1", valid_from=START)
        allow("silver", own_discount="0.05")
        chain = make_chain()
        set_tier(chain.b, silver, by=None, at=START)
        pay(make_order(chain.b.user, {make_variant("100.00"): 1}, at=NOON), at=NOON)
        rows = Commission.objects.order_by("level")
        assert list(rows.values_list("level", "payee__user__name", "amount")) == booked
        assert {c.base_amount for c in rows} == {Decimal("95.00")}

    def test_a_placed_order_keeps_the_tier_it_was_placed_under(self) -> None:
        publish_policy(by=None, at=START, self_purchase=True)
        make_rule("0.10", "0.05")
        silver = Tier.objects.get(code="silver")
        TierUplift.objects.create(tier=silver, uplift="0.5", valid_from=START)
        allow("silver", own_discount="0.10")
        chain = make_chain()
        set_tier(chain.b, silver, by=None, at=START)
        order = make_order(chain.b.user, {make_variant("100.00"): 1}, at=NOON)
        set_tier(chain.b, Tier.objects.get(code="bronze"), by=None, at=NOON + MINUTE)
        pay(order, at=NOON + 2 * MINUTE)
        assert order.total == Decimal("90.00")
        assert LineTerms.objects.get(level=1).uplift == Decimal("0.5")
        assert Commission.objects.get(level=1).amount == Decimal("13.50")

    @pytest.mark.parametrize(
        ("price", "share", "paid"),
        [("0.05", "0.05", "0.05"), ("0.10", "0.05", "0.09"), ("99.99", "0.125", "87.49")],
    )
    def test_rounds_half_up(self, price: str, share: str, paid: str) -> None:
        assert price_for_oneself(Decimal(price), Decimal(share)) == Decimal(paid)


class TestWhereItIsShown:
    @pytest.fixture
    def buyer(self) -> User:
        allow("bronze", own_discount="0.05")
        buyer = make_distributor().user
        make_address(buyer, is_default=True)
        return buyer

    def test_in_the_cart_and_at_checkout(self, buyer: User, pages_of: Pages) -> None:
        add_to_cart(CartOwner(user=buyer), make_variant("100.00").pk, 2)
        browser = pages_of(buyer)
        for page in ("/cart/", "/checkout/"):
            text = browser.get(page).content.decode()
            assert "分销商自购优惠 5%" in text
            assert "−¥10.00" in text
        assert Order.objects.count() == 0

    def test_on_a_products_page_by_the_personal_fragment(
        self, buyer: User, pages_of: Pages
    ) -> None:
        """Browsers send the address with Chinese in it encoded."""
        variant = make_variant("100.00")
        Product.objects.filter(pk=variant.product_id).update(slug="玻尿酸精华")
        address = f"http://testserver/p/{quote('玻尿酸精华')}/"
        shown = pages_of(buyer).get("/personal/", headers={"HX-Current-URL": address})
        assert "自购价 ¥95.00 起" in shown.content.decode()
        for person, page in (
            (make_user(), address),
            (buyer, "http://testserver/cart/"),
            (buyer, "http://testserver/p/no-such-thing/"),
            (buyer, "nonsense \x00"),
        ):
            other = pages_of(person).get("/personal/", headers={"HX-Current-URL": page})
            assert other.status_code == 200
            assert "own-price" not in other.content.decode()

    def test_the_shared_page_itself_says_nothing_of_it(self, buyer: User, pages_of: Pages) -> None:
        page = pages_of(buyer).get(f"/p/{make_variant('100.00').product.slug}/")
        assert "95.00" not in page.content.decode()
