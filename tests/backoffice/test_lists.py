"""Every list of the back office costs as many queries with three rows as with one."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from base.clock import beijing_date
from distribution.academy.courses import read_lesson
from distribution.academy.materials import take
from distribution.academy.models import Taking
from distribution.academy.quizzes import begin_attempt, submit_attempt
from distribution.editor.change_sets import create_change_set, draft_addition
from distribution.editor.dry_runs import request_dry_run
from distribution.models import (
    Agreement,
    Click,
    Distributor,
    Policy,
    PromoCode,
    PromoUse,
    Story,
    Tier,
    TierReview,
)
from distribution.money.commissions import mature_commissions
from distribution.programme.candidates import count_candidates
from distribution.programme.recruiting import invite
from distribution.referral.links import create_link
from distribution.risk.models import Kind, Signal
from distribution.sharing.promo_codes import save_promo_code
from distribution.states import Status
from orders.coupons import issue_coupon
from orders.models import CouponOffer
from orders.refunds import Part
from orders.reviews import write_review
from payouts.models import Schedule
from payouts.runs import run_period
from shop.backoffice.actions import OneRowAdmin
from shop.support.models import Announcement, CannedReply
from shop.support.tickets import open_ticket
from tests.academy_make import make_course, make_material, make_quiz, questions_of
from tests.make import (
    START,
    make_chain,
    make_order,
    make_rule,
    make_shipping_rate,
    make_user,
    make_variant,
    pay,
    receive,
    refund,
)

pytestmark = pytest.mark.django_db

DAY = beijing_date(START)
# Pages of few rows that the shop itself brings: everything is in sight.
WITHOUT_SEARCH = {"distribution_positionprivileges"}
WITHOUT_FILTER = {"distribution_positionprivileges", "distribution_tier", "orders_shippingrate", "support_cannedreply"}  # fmt: skip

# With any number of rows: the session, the member, who was seen, then the list's own.
QUERIES = {
    "academy_attempt": 5,
    "academy_course": 5,
    "academy_enrolment": 5,
    "academy_lesson": 6,
    "academy_material": 7,
    "academy_question": 6,
    "academy_quiz": 6,
    "academy_taking": 4,
    "accounts_user": 4,
    "base_auditentry": 7,
    "catalog_category": 5,
    "catalog_product": 8,
    "catalog_variant": 7,
    "distribution_acceptance": 5,
    "distribution_agreement": 6,
    "distribution_application": 4,
    "distribution_binding": 4,
    "distribution_candidate": 4,
    "distribution_changeset": 4,
    "distribution_click": 4,
    "distribution_commission": 4,
    "distribution_distributor": 5,
    "distribution_dryrun": 4,
    "distribution_invitation": 5,
    "distribution_link": 4,
    "distribution_policy": 6,
    "distribution_positionprivileges": 5,
    "distribution_promocode": 4,
    "distribution_promouse": 6,
    "distribution_recruitment": 4,
    "distribution_rule": 5,
    "distribution_rulechange": 4,
    "distribution_story": 4,
    "distribution_tier": 6,
    "distribution_tierreview": 5,
    "distribution_trace": 6,
    "distribution_transfer": 4,
    "orders_coupon": 8,
    "orders_couponoffer": 5,
    "orders_order": 4,
    "orders_orderevent": 5,
    "orders_refund": 5,
    "orders_repayment": 5,
    "orders_review": 5,
    "orders_shippingrate": 5,
    "payouts_payout": 5,
    "payouts_run": 6,
    "payouts_schedule": 5,
    "risk_signal": 7,
    "support_announcement": 5,
    "support_cannedreply": 5,
    "support_ticket": 5,
}


@pytest.fixture
def merchant(client: Client) -> Any:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def make_row_everywhere(number: int, merchant: Any) -> None:
    """Through the domain at its own times, so that each list gets at least one row more."""
    chain = make_chain()
    make_rule(min_quantity=number + 1)
    make_rule()
    variant = make_variant("100.00", cost="40")
    order = make_order(chain.c, {variant: 2}, at=START + timedelta(days=10 * number))
    pay(order, at=order.placed_at)
    receive(order, at=order.placed_at)
    line = order.lines.get()
    write_review(line, rating=5, text="好吃", at=order.placed_at)
    refund(order, [Part(line.pk, 1, Decimal("100.00"))], at=order.placed_at)
    mature_commissions(order.placed_at + timedelta(days=30))
    make_shipping_rate(provinces=[f"省{number}"])
    offer = CouponOffer.objects.create(
        name=f"券{number}", kind=CouponOffer.Kind.AMOUNT, amount=5, valid_days=30
    )
    issue_coupon(chain.c, offer, reason="节日")
    Schedule.objects.create(name=f"计划{number}", channel="sandbox", minimum=1)
    run_period(Schedule.objects.order_by("-pk")[0], DAY + timedelta(days=60 + 7 * number))

    make_link_rows(chain.b, chain.c)
    PromoUse.objects.create(
        code="CODE",
        promo=PromoCode.objects.get(owner=chain.b),
        owner=chain.b,
        member=chain.c,
        order=order,
        discount=Decimal("5.00"),
        at=START,
    )
    receive(pay(make_order(make_user("会买的"), {variant: 1})).order)
    count_candidates(timezone.now())
    draft = create_change_set(by=merchant, name=f"草稿{number}")
    draft_addition(
        draft, by=merchant, scope="product", product=variant.product, rate1=Decimal("0.2")
    )
    request_dry_run(draft, DAY, DAY, by=merchant)
    Policy.objects.create(valid_from=START - timedelta(days=number + 1), created_by=merchant)
    tier = Tier.objects.create(name=f"等级{number}", code=f"t{number}", rank=10 + number)
    TierReview.objects.create(
        distributor=chain.b, tier=tier, to_tier=None, period_start=DAY, period_end=DAY + timedelta(30),
        outcome="held", sales=0, orders=0, customers=0, decided_at=timezone.now(),
    )  # fmt: skip
    Agreement.objects.create(version=f"20{30 + number}-01", text="文", text_en="Text")
    Story.objects.create(
        distributor=chain.a,
        display_name="珍",
        text="我的故事",
        state="submitted",
        consented_at=START,
    )
    applicant = Distributor.objects.create(
        user=make_user(f"申请{number}"),
        code=f"APPLY{number}",
        joined_at=START,
        status=Status.APPLIED,
    )
    Signal.objects.create(
        kind=Kind.RING, key=f"k{number}", payee=chain.b, found_at=START, seen_at=START,
        evidence={"people": [chain.c.pk, applicant.pk], "orders": 1},
    )  # fmt: skip
    invite(make_user(f"受邀{number}"), by=merchant, offer=offer)

    course = make_course(f"课程{number}", lessons=1)
    quiz = make_quiz(course, (1,))
    read_lesson(chain.b, course.lessons.get())
    attempt = begin_attempt(chain.b, quiz)
    submit_attempt(attempt, {questions_of(quiz)[0].pk: [1]})
    take(chain.b, make_material(f"素材{number}", product=variant.product), Taking.What.COPY)
    open_ticket(chain.c, subject="问", category="other", text="问题")
    CannedReply.objects.create(name=f"回复{number}", body="好的")
    Announcement.objects.create(name=f"公告{number}", body="文", by=merchant)


def make_link_rows(distributor: Distributor, customer: Any) -> None:
    link = create_link(distributor, channel="小红书")
    Click.objects.create(
        visitor=uuid4(), user=customer, distributor=distributor, link=link, path="/", at=START
    )
    save_promo_code(
        PromoCode(code=f"CODE{distributor.pk}", owner=distributor, percent=Decimal("0.05")), by=None
    )


def _lists() -> Iterator[tuple[str, Any]]:
    for model, page in admin.site._registry.items():
        if not isinstance(page, OneRowAdmin):
            yield f"{model._meta.app_label}_{model._meta.model_name}", page


def _looked_at(client: Client) -> tuple[dict[str, int], dict[str, int]]:
    """Queries and rows of every list."""
    queries, rows = {}, {}
    for name, _page in _lists():
        address = reverse(f"admin:{name}_changelist")
        client.get(address)  # what a process reads once is nobody's
        with CaptureQueriesContext(
            connection,
        ) as caught:
            answer = client.get(address)
        queries[name], rows[name] = len(caught), answer.context["cl"].result_count
    return queries, rows


def test_three_rows_cost_what_one_costs(client: Client, merchant: Any) -> None:
    make_row_everywhere(0, merchant)
    few, rows = _looked_at(client)
    assert [name for name, count in rows.items() if not count] == []
    assert few == QUERIES
    for number in (1, 2):
        make_row_everywhere(number, merchant)
    many, more_rows = _looked_at(client)
    fixed = {"distribution_positionprivileges"}
    assert {name for name in rows if more_rows[name] < rows[name] + 2} == fixed
    assert many == QUERIES


def test_every_list_is_searched_and_filtered() -> None:
    pages = dict(_lists())
    assert {name for name, page in pages.items() if not page.search_fields} == WITHOUT_SEARCH
    assert {name for name, page in pages.items() if not page.list_filter} == WITHOUT_FILTER
