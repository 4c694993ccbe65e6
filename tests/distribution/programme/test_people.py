"""Becoming a distributor, and freezing, leaving and being banned."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from base.accounts.models import Consent
from base.audit import AuditEntry
from base.clock import BEIJING
from base.errors import DomainError, WrongState
from distribution.models import (
    Balance,
    Commission,
    ContactDetails,
    Distributor,
    Policy,
    Recruitment,
    Standing,
    Tier,
)
from distribution.policy import publish_policy
from distribution.programme import people
from distribution.programme.joining import Contact
from distribution.programme.people import (
    CannotJoin,
    appoint,
    approve,
    join,
    set_status,
    set_tier,
    withdraw_application,
)
from distribution.referral.relations import bind_by_link, reassign_recruiter
from distribution.states import Status
from tests.books import ledger, money, name_of, prove, reversals
from tests.make import (
    START,
    make_chain,
    make_distributor,
    make_order,
    make_rule,
    make_user,
    make_variant,
    pay,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
Joining = Policy.Joining


def standings(distributor: Distributor) -> list[tuple[str, datetime]]:
    rows = Standing.objects.filter(distributor=distributor).order_by("since", "pk")
    return [(row.status, row.since) for row in rows]


def recruiter(distributor: Distributor) -> list[tuple[str, datetime]]:
    rows = Recruitment.objects.filter(distributor=distributor)
    return [(name_of(row.recruiter_id), row.starts_at) for row in rows]


class TestJoining:
    def test_everyone_may(self) -> None:
        publish_policy(by=None, at=START, joining=Joining.OPEN)
        user = make_user()
        distributor = join(user, at=NOON)
        assert distributor.status == Status.APPROVED
        assert standings(distributor) == [("applied", NOON), ("approved", NOON)]
        assert (distributor.balance.available, distributor.balance.reserved) == (0, 0)
        assert Consent.objects.get(user=user, document=Consent.Document.DISTRIBUTION).at == NOON

    def test_apply_and_approve(self) -> None:
        distributor = join(make_user(), at=NOON)
        assert distributor.status == Status.APPLIED
        approve(distributor, by=make_user(), at=NOON + DAY)
        assert standings(distributor) == [("applied", NOON), ("approved", NOON + DAY)]

    def test_only_appointed(self) -> None:
        publish_policy(by=None, at=START, joining=Joining.APPOINTED)
        user = make_user()
        with pytest.raises(CannotJoin):
            join(user, at=NOON)
        assert not Distributor.objects.exists()
        assert not Consent.objects.filter(user=user).exists()
        assert appoint(user, by=None, reason="test", at=NOON).status == Status.APPROVED

    def test_twice_is_once(self) -> None:
        user = make_user()
        first, second = join(user, at=NOON), join(user, at=NOON + DAY)
        assert first == second
        assert standings(first) == [("applied", NOON)]
        assert approve(first, by=None, at=NOON + DAY) == approve(first, by=None, at=NOON + 2 * DAY)
        assert appoint(user, by=None, reason="test", at=NOON + 2 * DAY) == first
        assert join(user, at=NOON + 3 * DAY) == first
        assert standings(first) == [("applied", NOON), ("approved", NOON + DAY)]
        assert Balance.objects.count() == 1

    def test_who_waits_is_let_in_when_the_policy_comes_to_admit_everybody(self) -> None:
        distributor = join(make_user(), at=NOON)
        publish_policy(by=None, at=NOON + DAY, joining=Joining.APPOINTED)
        assert join(distributor.user, at=NOON + 2 * DAY).status == Status.APPLIED
        publish_policy(by=None, at=NOON + 3 * DAY, joining=Joining.SPENT, joining_spend=Decimal(9))
        with pytest.raises(CannotJoin, match="9"):
            join(distributor.user, at=NOON + 4 * DAY)
        publish_policy(by=None, at=NOON + 5 * DAY, joining=Joining.OPEN)
        for at in (NOON + 6 * DAY, NOON + 7 * DAY):
            assert join(distributor.user, at=at).status == Status.APPROVED
        assert standings(distributor) == [("applied", NOON), ("approved", NOON + 6 * DAY)]

    def test_again_after_resigning_or_a_refusal(self) -> None:
        distributor = join(make_user(), at=NOON)
        set_status(distributor, Status.REJECTED, by=None, reason="test", at=NOON + DAY)
        join(distributor.user, at=NOON + 2 * DAY)
        approve(distributor, by=None, at=NOON + 3 * DAY)
        set_status(distributor, Status.RESIGNED, by=None, reason="test", at=NOON + 4 * DAY)
        join(distributor.user, at=NOON + 5 * DAY)
        assert [status for status, _ in standings(distributor)] == [
            "applied", "rejected", "applied", "approved", "resigned", "applied",
        ]  # fmt: skip

    def test_an_applicant_may_take_it_back(self) -> None:
        distributor = join(make_user(), contact=Contact(city="杭州"), at=NOON)
        for at in (NOON + DAY, NOON + 2 * DAY):
            assert withdraw_application(distributor, at=at).status == Status.WITHDRAWN
        assert standings(distributor) == [("applied", NOON), ("withdrawn", NOON + DAY)]
        assert not ContactDetails.objects.exists()
        assert AuditEntry.objects.filter(action="withdraw_application").count() == 1
        # The merchant, whose page is older, approves nobody who no longer asks.
        with pytest.raises(WrongState, match="已撤回"):
            approve(distributor, by=None, at=NOON + 3 * DAY)
        join(distributor.user, at=NOON + 4 * DAY)
        assert approve(distributor, by=None, at=NOON + 5 * DAY).status == Status.APPROVED
        with pytest.raises(WrongState):
            withdraw_application(distributor, at=NOON + 6 * DAY)
        assert standings(distributor)[-1] == ("approved", NOON + 5 * DAY)

    def test_who_was_in_before_can_still_be_reached(self) -> None:
        distributor = make_distributor()
        set_status(distributor, Status.RESIGNED, by=None, reason="test", at=NOON)
        join(distributor.user, contact=Contact(city="杭州"), at=NOON + DAY)
        withdraw_application(distributor, at=NOON + 2 * DAY)
        assert ContactDetails.objects.get().city == "杭州"

    @pytest.mark.parametrize("then", [Status.REJECTED, Status.WITHDRAWN, None])
    def test_applying_again_is_no_shelter_from_a_ban(self, then: Status | None) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        pay(make_order(chain.c, {make_variant("100.00"): 1}, at=NOON), at=NOON)
        set_status(chain.b, Status.RESIGNED, by=None, reason="test", at=NOON + DAY)
        join(chain.b.user, at=NOON + 2 * DAY)
        if then:
            set_status(chain.b, then, by=None, reason="test", at=NOON + 3 * DAY)
        set_status(chain.b, Status.BANNED, by=None, reason="刷单", at=NOON + 4 * DAY)
        assert money(chain.b) == {}
        prove()

    def test_never_after_a_ban(self) -> None:
        distributor = make_distributor()
        set_status(distributor, Status.BANNED, by=None, reason="test", at=NOON)
        with pytest.raises(CannotJoin):
            join(distributor.user, at=NOON + DAY)
        for act in (approve, lambda d, **kw: appoint(d.user, reason="test", **kw)):
            with pytest.raises(WrongState):
                act(distributor, by=None, at=NOON + DAY)
        assert standings(distributor)[-1] == ("banned", NOON)


class TestRecruiting:
    def test_the_recruiter_is_who_they_are_bound_to_when_approved(self) -> None:
        first, second = make_distributor(name="先"), make_distributor(name="后")
        publish_policy(by=None, at=START, binding_mode=Policy.BindingMode.LATEST)
        user = make_user()
        bind_by_link(user, first, at=NOON)
        distributor = join(user, at=NOON + DAY)
        assert recruiter(distributor) == []
        bind_by_link(user, second, at=NOON + 2 * DAY)
        approve(distributor, by=None, at=NOON + 3 * DAY)
        assert recruiter(distributor) == [("后", NOON + 3 * DAY)]

    def test_a_lapsed_binding_recruits_nobody(self) -> None:
        publish_policy(
            by=None, at=START, binding_mode=Policy.BindingMode.FIRST_FOR_DAYS, binding_days=1
        )
        user = make_user()
        bind_by_link(user, make_distributor(), at=NOON)
        assert recruiter(appoint(user, by=None, reason="test", at=NOON + DAY)) == []

    def test_a_tier_may_forbid_recruiting(self) -> None:
        a = make_distributor(name="甲")
        silver = Tier.objects.get(code="silver")
        silver.recruit_limit = 0
        silver.save()
        set_tier(a, silver, by=None, at=START)
        assert recruiter(make_distributor(recruiter=a, at=NOON)) == []
        silver.recruit_limit = 1
        silver.save()
        assert recruiter(make_distributor(recruiter=a, at=NOON)) == [("甲", NOON)]

    def test_a_frozen_one_recruits_nobody(self) -> None:
        a = make_distributor(name="甲")
        user = make_user()
        bind_by_link(user, a, at=START)
        set_status(a, Status.FROZEN, by=None, reason="test", at=NOON)
        assert recruiter(appoint(user, by=None, reason="test", at=NOON + DAY)) == []

    def test_thawing_recruits_nobody(self) -> None:
        """Only becoming a distributor does: what the merchant decided since then stands."""
        chain = make_chain()
        reassign_recruiter(chain.b, None, by=make_user(), reason="test", at=NOON)
        set_status(chain.b, Status.FROZEN, by=None, reason="test", at=NOON + DAY)
        approve(chain.b, by=None, at=NOON + 2 * DAY)
        assert recruiter(chain.b) == [("甲", START)]
        assert not chain.b.recruitments.filter(ends_at=None).exists()

    def test_coming_back_keeps_the_recruiter(self) -> None:
        chain = make_chain()
        set_status(chain.b, Status.RESIGNED, by=None, reason="test", at=NOON)
        appoint(chain.b.user, by=None, reason="test", at=NOON + DAY)
        assert recruiter(chain.b) == [("甲", START)]


class TestStatus:
    @pytest.mark.parametrize("reason", ["", " "])
    def test_a_change_needs_a_reason(self, reason: str) -> None:
        distributor = make_distributor()
        with pytest.raises(DomainError):
            set_status(distributor, Status.BANNED, by=None, reason=reason, at=NOON)
        distributor.refresh_from_db()
        assert distributor.status == Status.APPROVED

    def test_the_same_status_again_is_nothing(self) -> None:
        distributor = make_distributor()
        set_status(distributor, Status.FROZEN, by=None, reason="test", at=NOON)
        set_status(distributor, Status.FROZEN, by=None, reason="test", at=NOON + DAY)
        assert standings(distributor)[-1] == ("frozen", NOON)

    @pytest.mark.parametrize(
        ("status", "refused"),
        [
            (Status.APPROVED, Status.REJECTED),
            (Status.APPROVED, Status.APPLIED),
            (Status.BANNED, Status.APPROVED),
            (Status.BANNED, Status.FROZEN),
            (Status.RESIGNED, Status.FROZEN),
        ],
    )
    def test_what_the_table_does_not_allow_changes_nothing(
        self, status: Status, refused: Status
    ) -> None:
        distributor = make_distributor()
        set_status(distributor, status, by=None, reason="test", at=NOON)
        before = standings(distributor)
        with pytest.raises(WrongState):
            set_status(distributor, refused, by=None, reason="test", at=NOON + DAY)
        distributor.refresh_from_db()
        assert (distributor.status, standings(distributor)) == (status, before)

    def test_the_last_word_is_the_last_standing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody who waits for the lock must not date their change before what they waited for."""
        distributor = make_distributor()
        lock = people._lock

        def after_somebody_else(wanted: Distributor) -> Distributor:
            monkeypatch.setattr(people, "_lock", lock)
            set_tier(wanted, Tier.objects.get(code="gold"), by=None)
            return lock(wanted)

        monkeypatch.setattr(people, "_lock", after_somebody_else)
        set_status(distributor, Status.BANNED, by=None, reason="test")
        latest = Standing.objects.filter(distributor=distributor).latest("since", "pk")
        assert latest.status == Status.BANNED

    def test_a_tier_change_keeps_the_status_and_is_dated(self) -> None:
        distributor = make_distributor()
        gold = Tier.objects.get(code="gold")
        set_tier(distributor, gold, by=None, at=NOON)
        set_tier(distributor, gold, by=None, at=NOON + DAY)
        rows = Standing.objects.filter(distributor=distributor).order_by("since", "pk")
        assert [(row.status, row.tier and row.tier.code, row.since) for row in rows] == [
            ("applied", "bronze", START),
            ("approved", "bronze", START),
            ("approved", "gold", NOON),
        ]


class TestBan:
    def test_forfeits_what_is_pending(self) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        pay(make_order(chain.c, {make_variant("100.00"): 1}, at=NOON), at=NOON)
        set_status(chain.b, Status.BANNED, by=make_user("商家"), reason="刷单", at=NOON + DAY)
        assert ledger("forfeit") == ["forfeit pending 乙 -30.00", "forfeit expense shop 30.00"]
        assert reversals() == ["1 乙 30.00"]
        assert money(chain.b) == {}
        assert money(chain.a) == {"pending": "10.00"}
        audit = AuditEntry.objects.latest("pk")
        assert (audit.action, audit.reason) == ("banned_distributor", "刷单")
        prove()

    def test_of_somebody_without_money_books_nothing(self) -> None:
        distributor = make_distributor()
        set_status(distributor, Status.BANNED, by=None, reason="test", at=NOON)
        assert ledger() == []
        prove()

    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED])
    def test_freezing_and_resigning_take_nothing(self, status: Status) -> None:
        chain = make_chain()
        make_rule("0.30", "0.10")
        pay(make_order(chain.c, {make_variant("100.00"): 1}, at=NOON), at=NOON)
        set_status(chain.b, status, by=None, reason="test", at=NOON + DAY)
        assert money(chain.b) == {"pending": "30.00"}
        assert Commission.objects.get(payee=chain.b).amount == Decimal("30.00")
        prove()
