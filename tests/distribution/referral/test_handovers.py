"""Everybody of one distributor to another: looked at, done once, orders untouched."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from base.accounts.models import User
from base.audit import AuditEntry
from base.clock import BEIJING
from base.errors import DomainError
from distribution.models import Binding, Commission, Distributor, OrderTerms, Recruitment, Trace
from distribution.programme.people import set_status
from distribution.referral.handovers import Group, hand_over, preview_handover
from distribution.referral.relations import CannotRelate, bind_by_link, bound_distributor
from distribution.states import Status
from tests.make import START, make_distributor, make_order, make_rule, make_user, pay

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
ALL = list(Group)


@pytest.fixture
def merchant() -> User:
    return make_user("店主")


@pytest.fixture
def giver() -> Distributor:
    """Two customers and two distributors they brought in (who are customers as well)."""
    giver = make_distributor(name="走")
    for name in ("客一", "客二"):
        bind_by_link(make_user(name), giver, at=START)
    for name in ("下一", "下二"):
        make_distributor(name=name, recruiter=giver)
    return giver


def state() -> list[Any]:
    return [
        list(Binding.objects.order_by("pk").values_list()),
        list(Recruitment.objects.order_by("pk").values_list()),
        Trace.objects.count(),
        AuditEntry.objects.count(),
    ]


def test_a_preview_says_who_would_move_and_changes_nothing(giver: Distributor) -> None:
    taker = make_distributor(name="来")
    before = state()
    seen = preview_handover(giver, taker, ALL, at=NOON)
    assert (seen.customers, seen.recruits, seen.staying) == (4, 2, [])
    assert {user.name for user in seen.sample} == {"客一", "客二", "下一", "下二"}
    assert preview_handover(giver, taker, [Group.RECRUITS], at=NOON).customers == 0
    assert state() == before


def test_everybody_moves_once_with_history_and_reason(giver: Distributor, merchant: User) -> None:
    taker = make_distributor(name="来")
    done = hand_over(giver, taker, ALL, by=merchant, reason="离职", at=NOON)
    assert (done.customers, done.recruits) == (4, 2)
    rows = Binding.objects.order_by("starts_at", "pk")
    assert [(b.distributor.user.name, b.starts_at, b.ends_at, b.reason) for b in rows] == [
        *[("走", START, NOON, "")] * 4,
        *[("来", NOON, None, "离职")] * 4,
    ]
    assert {b.by for b in rows if b.source == "merchant"} == {merchant}
    recruited = Recruitment.objects.filter(ends_at=None)
    assert {r.recruiter for r in recruited} == {taker}
    told = Trace.objects.filter(note="离职").order_by("pk")
    assert sorted(told.values_list("kind", "decision", "standing", "distributor")) == [
        *[("merchant", "won", giver.pk, taker.pk)] * 4,
        *[("recruiter", "won", giver.pk, taker.pk)] * 2,
    ]
    audit = AuditEntry.objects.latest("pk")
    assert (audit.action, audit.reason, audit.details["customers"]) == ("hand_over", "离职", "4")
    after = state()
    assert hand_over(giver, taker, ALL, by=merchant, reason="离职", at=NOON + DAY).is_empty
    assert state() == after


def test_to_nobody(giver: Distributor, merchant: User) -> None:
    hand_over(giver, None, [Group.CUSTOMERS], by=merchant, reason="离职", at=NOON)
    customer = User.objects.get(name="客一")
    assert bound_distributor(customer.pk, NOON) is None
    assert bound_distributor(customer.pk, NOON - DAY) == giver
    assert Recruitment.objects.filter(ends_at=None).count() == 2


def test_whom_the_taker_may_not_have_stays(giver: Distributor, merchant: User) -> None:
    """The taker is one of those the giver brought in: neither to themselves nor in a loop."""
    taker = Distributor.objects.get(user__name="下一")
    done = hand_over(giver, taker, ALL, by=merchant, reason="接班", at=NOON)
    assert (done.customers, done.recruits) == (3, 1)
    assert [(user.name, why) for user, why in done.staying] == [("下一", "不能绑定自己。")]
    assert bound_distributor(taker.pk, NOON) == giver


def test_placed_orders_keep_their_payees(giver: Distributor, merchant: User) -> None:
    make_rule()
    customer = User.objects.get(name="客一")
    order = make_order(customer, at=NOON - DAY)
    pay(order, at=NOON - DAY)
    waiting = make_order(customer, at=NOON - timedelta(minutes=1))
    hand_over(giver, make_distributor(), ALL, by=merchant, reason="离职", at=NOON)
    pay(waiting, at=NOON + timedelta(minutes=1))
    assert set(OrderTerms.objects.values_list("payee1", flat=True)) == {giver.pk}
    assert set(Commission.objects.values_list("payee", flat=True)) == {giver.pk}


def test_refusals_change_nothing(giver: Distributor, merchant: User) -> None:
    frozen = make_distributor()
    frozen = set_status(frozen, Status.FROZEN, by=None, reason="test", at=START + DAY)
    before = state()
    with pytest.raises(CannotRelate):
        hand_over(giver, giver, ALL, by=merchant, reason="r", at=NOON)
    with pytest.raises(CannotRelate):
        hand_over(giver, frozen, ALL, by=merchant, reason="r", at=NOON)
    with pytest.raises(DomainError, match="原因"):
        hand_over(giver, None, ALL, by=merchant, reason=" ", at=NOON)
    assert state() == before


def test_as_many_queries_for_forty_as_for_four(giver: Distributor, merchant: User) -> None:
    taker = make_distributor()
    with CaptureQueriesContext(connection) as few:
        hand_over(giver, taker, ALL, by=merchant, reason="r", at=NOON)
    for _ in range(40):
        bind_by_link(make_user(), taker, at=NOON + DAY)
    with CaptureQueriesContext(connection) as many:
        hand_over(taker, giver, ALL, by=merchant, reason="r", at=NOON + 2 * DAY)
    assert len(many) == len(few)
