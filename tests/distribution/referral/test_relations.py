"""The two dated relations: binding by the merchant's mode, loops, and re-assigning."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from base.accounts.models import User
from base.audit import AuditEntry
from base.clock import BEIJING
from base.errors import DomainError
from distribution.models import Binding, Policy, Recruitment
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral.relations import (
    CannotRelate,
    bind_by_link,
    bound_distributor,
    reassign_customer,
    reassign_recruiter,
    require_relatable,
)
from distribution.states import Status
from tests.books import name_of
from tests.make import START, make_chain, make_distributor, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
Mode = Policy.BindingMode


def bindings(customer: User) -> list[tuple[str, datetime, datetime | None]]:
    rows = Binding.objects.filter(customer=customer).order_by("starts_at")
    return [(name_of(row.distributor_id), row.starts_at, row.ends_at) for row in rows]


class TestBindingModes:
    def test_first_wins_for_ever(self) -> None:
        first, second, customer = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        assert bind_by_link(customer, first, at=NOON) is not None
        assert bind_by_link(customer, second, at=NOON + 400 * DAY) is None
        assert bindings(customer) == [("先", NOON, None)]

    def test_first_wins_for_days_and_then_lapses(self) -> None:
        publish_policy(by=None, at=START, binding_mode=Mode.FIRST_FOR_DAYS, binding_days=30)
        first, second, customer = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        bind_by_link(customer, first, at=NOON)
        assert bind_by_link(customer, second, at=NOON + 29 * DAY) is None
        assert bind_by_link(customer, second, at=NOON + 30 * DAY) is not None
        assert bindings(customer) == [
            ("先", NOON, NOON + 30 * DAY),
            ("后", NOON + 30 * DAY, NOON + 60 * DAY),
        ]

    def test_latest_wins(self) -> None:
        publish_policy(by=None, at=START, binding_mode=Mode.LATEST)
        first, second, customer = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        bind_by_link(customer, first, at=NOON)
        assert bind_by_link(customer, first, at=NOON + DAY) is None
        bind_by_link(customer, second, at=NOON + 2 * DAY)
        bind_by_link(customer, first, at=NOON + 3 * DAY)
        assert bindings(customer) == [
            ("先", NOON, NOON + 2 * DAY),
            ("后", NOON + 2 * DAY, NOON + 3 * DAY),
            ("先", NOON + 3 * DAY, None),
        ]

    def test_a_link_does_not_replace_what_the_merchant_decided(self) -> None:
        publish_policy(by=None, at=START, binding_mode=Mode.LATEST)
        first, second, customer = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        reassign_customer(customer, first, by=make_user(), reason="test", at=NOON)
        assert bind_by_link(customer, second, at=NOON + DAY) is None
        assert bindings(customer) == [("先", NOON, None)]

    @pytest.mark.parametrize("mode", Mode.values)
    def test_a_click_that_comes_late_does_not_change_what_came_after_it(self, mode: str) -> None:
        publish_policy(by=None, at=START, binding_mode=mode)
        first, second, customer = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        bind_by_link(customer, first, at=NOON)
        before = bindings(customer)
        assert bind_by_link(customer, second, at=NOON - DAY) is None
        assert bind_by_link(customer, second, at=NOON) is None
        assert bindings(customer) == before

    @pytest.mark.parametrize("mode", Mode.values)
    def test_a_link_between_two_relations_never_overlaps_the_later_one(self, mode: str) -> None:
        publish_policy(by=None, at=START, binding_mode=mode)
        first, second, third = (make_distributor(name=name) for name in ("一", "二", "三"))
        customer = make_user()
        bind_by_link(customer, first, at=NOON)
        reassign_customer(customer, second, by=make_user(), reason="test", at=NOON + 10 * DAY)
        before = bindings(customer)
        assert bind_by_link(customer, third, at=NOON + DAY) is None
        assert bindings(customer) == before

    def test_a_policy_changes_only_what_comes_after_it(self) -> None:
        first, second, customer = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        publish_policy(by=None, at=NOON + DAY, binding_mode=Mode.FIRST_FOR_DAYS, binding_days=1)
        bind_by_link(customer, first, at=NOON)
        assert bind_by_link(customer, second, at=NOON + 9 * DAY) is None
        assert bindings(customer) == [("先", NOON, None)]


class TestWhoMayBeBound:
    def test_not_to_oneself(self) -> None:
        a = make_distributor()
        assert bind_by_link(a.user, a, at=NOON) is None
        with pytest.raises(CannotRelate):
            reassign_customer(a.user, a, by=make_user(), reason="test", at=NOON)
        assert not Binding.objects.exists()

    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED, Status.BANNED])
    def test_not_to_one_who_is_not_approved(self, status: Status) -> None:
        a, customer = make_distributor(), make_user()
        a = set_status(a, status, by=None, reason="test", at=START + DAY)
        assert bind_by_link(customer, a, at=NOON) is None
        with pytest.raises(CannotRelate):
            reassign_customer(customer, a, by=make_user(), reason="test", at=NOON)

    @pytest.mark.parametrize("length", [2, 3, 4, 7])
    def test_not_in_a_loop_of_any_length(self, length: int) -> None:
        """Down the chain by recruiting, by binding, or by both in turn."""
        chain = [make_distributor(at=START)]
        while len(chain) < length:
            chain.append(make_distributor(recruiter=chain[-1], at=START))
        for i, person in enumerate(chain[1:], start=1):
            if i % 2:
                Binding.objects.filter(customer=person.user).delete()
            else:
                Recruitment.objects.filter(distributor=person).delete()
        first, last = chain[0], chain[-1]
        assert bind_by_link(first.user, last, at=NOON) is None
        with pytest.raises(CannotRelate):
            reassign_recruiter(first, last, by=make_user(), reason="test", at=NOON)
        assert not Recruitment.objects.filter(distributor=first).exists()

    def test_a_relation_that_has_ended_makes_no_loop(self) -> None:
        a = make_distributor(name="甲")
        b = make_distributor(name="乙")
        reassign_customer(b.user, a, by=make_user(), reason="test", at=NOON)
        reassign_customer(b.user, None, by=make_user(), reason="test", at=NOON + DAY)
        assert bind_by_link(a.user, b, at=NOON + DAY) is not None

    def test_many_chains_are_walked_in_one_query(self, django_assert_num_queries: Any) -> None:
        chain = [make_distributor()]
        while len(chain) < 12:
            chain.append(make_distributor(recruiter=chain[-1]))
        stranger = make_user()
        with django_assert_num_queries(2):  # the lock, then the chain
            require_relatable(stranger.pk, chain[-1], NOON)


class TestReassigning:
    def test_a_customer_with_reason_and_date(self) -> None:
        first, second, customer = (
            make_distributor(name="先"),
            make_distributor(name="后"),
            make_user(),
        )
        merchant = make_user("商家")
        bind_by_link(customer, first, at=NOON)
        reassign_customer(customer, second, by=merchant, reason="搬家", at=NOON + DAY)
        reassign_customer(customer, None, by=merchant, reason="退出", at=NOON + 2 * DAY)
        assert bindings(customer) == [("先", NOON, NOON + DAY), ("后", NOON + DAY, NOON + 2 * DAY)]
        assert bound_distributor(customer.pk, NOON + DAY) == second
        assert bound_distributor(customer.pk, NOON + 2 * DAY) is None
        audit = AuditEntry.objects.order_by("pk")
        assert [(row.action, row.actor, row.reason) for row in audit][-2:] == [
            ("reassign_customer", merchant, "搬家"),
            ("reassign_customer", merchant, "退出"),
        ]

    def test_a_recruiter_with_reason_and_date(self) -> None:
        chain = make_chain()
        other = make_distributor(name="新")
        reassign_recruiter(chain.b, other, by=make_user(), reason="test", at=NOON)
        rows = Recruitment.objects.filter(distributor=chain.b).order_by("starts_at")
        assert [(name_of(row.recruiter_id), row.starts_at, row.ends_at) for row in rows] == [
            ("甲", START, NOON),
            ("新", NOON, None),
        ]

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_without_a_reason_nothing_changes(self, reason: str) -> None:
        chain = make_chain()
        with pytest.raises(DomainError):
            reassign_customer(chain.c, None, by=make_user(), reason=reason, at=NOON)
        with pytest.raises(DomainError):
            reassign_recruiter(chain.b, None, by=make_user(), reason=reason, at=NOON)
        assert not Binding.objects.filter(ends_at__isnull=False).exists()
        assert not Recruitment.objects.filter(ends_at__isnull=False).exists()

    def test_a_refused_change_leaves_the_old_relation(self) -> None:
        chain = make_chain()
        with pytest.raises(CannotRelate):
            reassign_recruiter(chain.b, chain.b, by=make_user(), reason="test", at=NOON)
        with pytest.raises(CannotRelate):
            reassign_customer(chain.c, None, by=make_user(), reason="test", at=START)
        assert not Binding.objects.filter(ends_at__isnull=False).exists()
        assert not Recruitment.objects.filter(ends_at__isnull=False).exists()


class TestTheDatabase:
    """What the code would never write is refused by the database as well."""

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (NOON, None),
            (NOON - DAY, None),
            (NOON - DAY, NOON + DAY),
            (NOON + DAY, NOON + 2 * DAY),
            (NOON + DAY, None),
        ],
    )
    def test_intervals_of_one_person_do_not_overlap(
        self, start: datetime, end: datetime | None
    ) -> None:
        a, b, customer = make_distributor(), make_distributor(), make_user()
        c = make_distributor(customer)
        Binding.objects.create(customer=customer, distributor=a, starts_at=NOON, source="link")
        with pytest.raises(IntegrityError, match="one_binding_at_a_time"), transaction.atomic():
            Binding.objects.create(
                customer=customer, distributor=b, starts_at=start, ends_at=end, source="link"
            )
        Recruitment.objects.create(distributor=c, recruiter=a, starts_at=NOON)
        with pytest.raises(IntegrityError, match="one_recruiter_at_a_time"), transaction.atomic():
            Recruitment.objects.create(distributor=c, recruiter=b, starts_at=start, ends_at=end)

    def test_intervals_that_touch_do_not_overlap(self) -> None:
        a, customer = make_distributor(), make_user()
        for start, end in ((NOON, NOON + DAY), (NOON + DAY, None), (NOON - DAY, NOON)):
            Binding.objects.create(
                customer=customer, distributor=a, starts_at=start, ends_at=end, source="link"
            )
        assert Binding.objects.count() == 3

    def test_nobody_relates_to_themselves_and_time_runs_forward(self) -> None:
        a, b = make_distributor(), make_distributor()
        with (
            pytest.raises(IntegrityError, match="nobody_binds_to_themselves"),
            transaction.atomic(),
        ):
            Binding.objects.create(customer=a.user, distributor=a, starts_at=NOON, source="link")
        with (
            pytest.raises(IntegrityError, match="nobody_recruits_themselves"),
            transaction.atomic(),
        ):
            Recruitment.objects.create(distributor=a, recruiter=a, starts_at=NOON)
        with pytest.raises(IntegrityError, match="binding_runs_forward"), transaction.atomic():
            Binding.objects.create(
                customer=a.user, distributor=b, starts_at=NOON, ends_at=NOON, source="link"
            )
        with pytest.raises(IntegrityError, match="recruitment_runs_forward"), transaction.atomic():
            Recruitment.objects.create(distributor=a, recruiter=b, starts_at=NOON, ends_at=NOON)


class TestTheMerchantsWordTwice:
    """A double click, or the same again in another tab: one relation, one row, one deed."""

    def test_of_a_customer(self) -> None:
        chain, other = make_chain(), make_distributor(name="别")
        first = reassign_customer(chain.c, other, by=chain.a.user, reason="一次", at=NOON)
        again = reassign_customer(chain.c, other, by=chain.a.user, reason="两次", at=NOON + DAY)
        assert first == again
        assert bindings(chain.c)[-1] == ("别", NOON, None)
        assert chain.c.traces.filter(kind="merchant").count() == 1
        assert AuditEntry.objects.filter(action="reassign_customer").count() == 1

    def test_to_nobody(self) -> None:
        chain = make_chain()
        for day in range(2):
            reassign_customer(chain.c, None, by=chain.a.user, reason="放开", at=NOON + day * DAY)
        assert chain.c.traces.filter(kind="merchant").count() == 1

    def test_a_links_binding_becomes_the_merchants(self) -> None:
        """Not the same: from now on no link and no lapse changes it."""
        publish_policy(by=None, at=START, binding_mode=Mode.FIRST_FOR_DAYS, binding_days=30)
        person, customer = make_distributor(name="先"), make_user()
        bind_by_link(customer, person, at=NOON)
        reassign_customer(customer, person, by=person.user, reason="留住", at=NOON + DAY)
        assert bindings(customer) == [("先", NOON, NOON + DAY), ("先", NOON + DAY, None)]

    def test_of_a_distributor(self) -> None:
        chain, other = make_chain(), make_distributor(name="别")
        first = reassign_recruiter(chain.b, other, by=chain.c, reason="一次", at=NOON)
        again = reassign_recruiter(chain.b, other, by=chain.c, reason="两次", at=NOON + DAY)
        assert first == again
        assert chain.b.user.traces.filter(kind="recruiter").count() == 1
        for day in range(2, 4):
            reassign_recruiter(chain.b, None, by=chain.c, reason="放开", at=NOON + day * DAY)
        assert chain.b.user.traces.filter(kind="recruiter").count() == 2
