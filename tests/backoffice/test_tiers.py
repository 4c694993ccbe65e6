"""Tiers in the back office: tasks and privileges in words, the calendar, the preview of a review."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from base.clock import beijing_date, day_start
from base.models import AuditEntry
from distribution.models import (
    Distributor,
    PositionPrivileges,
    Standing,
    Tier,
    TierCalendar,
    TierReview,
)
from tests.make import make_distributor, make_user
from tests.selling import make_task, sell

pytestmark = pytest.mark.django_db

PREVIEW = "/admin/distribution/tier/review/"


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def words(client: Client, address: str, **query: str) -> str:
    page = client.get(address, query)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", page.content.decode())


def form_of(tier: Tier, **values: str) -> dict[str, str]:
    """The tier's form as a browser sends it, without tasks or uplifts."""
    sets = {
        f"{prefix}-{name}": "0"
        for prefix in ("tasks", "uplifts")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    return (
        {
            "name": tier.name,
            "name_en": tier.name_en,
            "code": tier.code,
            "rank": str(tier.rank),
            "tasks_needed": "all",
            "own_discount": "0",
            "material_level": "0",
            "recruit_limit": "",
        }
        | sets
        | values
    )


def test_the_list_says_what_a_tier_asks_for_and_gives(client: Client, merchant: User) -> None:
    make_task("gold", "sales", "5000")
    make_task("gold", "customers", "3", needed="any")
    Tier.objects.filter(code="gold").update(own_discount="0.1", recruit_limit=8)
    text = words(client, reverse("admin:distribution_tier_changelist"))
    assert "完成销售额 ¥5,000.00，或者 付款顾客数 3 人" in text
    assert "自购优惠 10% · 素材级别 2 · 最多带 8 人" in text
    assert "没有任务（起始等级，或由商家给予）" in text


def test_a_task_and_a_discount_are_saved_and_audited(client: Client, merchant: User) -> None:
    silver = Tier.objects.get(code="silver")
    sent = form_of(
        silver,
        own_discount="12.5",
        **{"tasks-TOTAL_FORMS": "1", "tasks-0-kind": "orders", "tasks-0-target": "5"},
    )
    address = reverse("admin:distribution_tier_change", args=[silver.pk])
    assert client.post(address, sent).status_code == 302
    silver.refresh_from_db()
    assert silver.own_discount == Decimal("0.125")
    assert list(silver.tasks.values_list("kind", "target")) == [("orders", Decimal("5.00"))]
    entry = AuditEntry.objects.get(action="change_privileges")
    assert entry.details["tiertask"] == "完成订单数 5"


@pytest.mark.parametrize(
    "values",
    [
        {"own_discount": "95"},
        {"own_discount": "-1"},
        {"recruit_limit": "-1"},
        {"tasks-TOTAL_FORMS": "1", "tasks-0-kind": "recruits", "tasks-0-target": "5"},
        {"tasks-TOTAL_FORMS": "1", "tasks-0-kind": "orders", "tasks-0-target": "0"},
        {"tasks-TOTAL_FORMS": "1", "tasks-0-kind": "orders", "tasks-0-target": "5.5"},
        {"tasks-TOTAL_FORMS": "1", "tasks-0-kind": "customers", "tasks-0-target": "0.5"},
        {"uplifts-TOTAL_FORMS": "1", "uplifts-0-uplift": "101"},
    ],
)
def test_what_makes_no_sense_changes_nothing(
    client: Client, merchant: User, values: dict[str, str]
) -> None:
    silver = Tier.objects.get(code="silver")
    address = reverse("admin:distribution_tier_change", args=[silver.pk])
    assert client.post(address, form_of(silver, **values)).status_code == 200
    silver.refresh_from_db()
    assert (silver.own_discount, silver.recruit_limit, silver.tasks.count()) == (0, None, 0)
    assert silver.uplifts.count() == 0
    assert not AuditEntry.objects.exists()


def test_an_uplift_is_written_in_per_cent_and_begins_now_at_the_earliest(
    client: Client, merchant: User
) -> None:
    silver = Tier.objects.get(code="silver")
    address = reverse("admin:distribution_tier_change", args=[silver.pk])
    row = {"uplifts-TOTAL_FORMS": "1", "uplifts-0-uplift": "10", "uplifts-0-valid_from_0": "2020-01-01", "uplifts-0-valid_from_1": "00:00"}  # fmt: skip
    before = timezone.now()
    assert client.post(address, form_of(silver, **row)).status_code == 302
    uplift = silver.uplifts.get()
    assert uplift.uplift == Decimal("0.1")
    assert before <= uplift.valid_from <= timezone.now()
    assert "白银 +10%" in words(client, address)


def test_positions_are_two_and_can_be_changed_only(client: Client, merchant: User) -> None:
    second = PositionPrivileges.objects.get(position="second")
    text = words(client, reverse("admin:distribution_positionprivileges_changelist"))
    assert "由另一位分销商带来" in text and "最多带 10 人" in text
    address = reverse("admin:distribution_positionprivileges_change", args=[second.pk])
    sent = {"own_discount": "3", "material_level": "1", "recruit_limit": "0"}
    assert client.post(address, sent).status_code == 302
    second.refresh_from_db()
    assert (second.own_discount, second.recruit_limit) == (Decimal("0.03"), 0)
    assert client.get(reverse("admin:distribution_positionprivileges_add")).status_code == 403


def test_the_calendar_is_changed_and_audited(client: Client, merchant: User) -> None:
    address = reverse("admin:distribution_tiercalendar_change", args=[1])
    sent = {"kind": "quarter", "days": "30", "days_from": "2026-01-01", "warning_days": "10", "grace_days": "3"}  # fmt: skip
    assert client.post(address, sent).status_code == 302
    calendar = TierCalendar.objects.get()
    assert (calendar.kind, calendar.warning_days, calendar.grace_days) == ("quarter", 10, 3)
    assert AuditEntry.objects.get().action == "change_tier_calendar"
    for wrong in ({"days": "0"}, {"warning_days": "61"}, {"kind": "year"}):
        assert client.post(address, sent | wrong).status_code == 200
    assert TierCalendar.objects.get() == calendar


class TestPreview:
    @pytest.fixture
    def people(self) -> list[Distributor]:
        today = day_start(beijing_date(timezone.now()))
        TierCalendar.objects.update(kind="days", days=10, days_from=today.date(), warning_days=0)
        make_task("silver", "sales", "100")
        people = [make_distributor(name=f"阿{number}") for number in range(2)]
        Distributor.objects.filter(pk=people[1].pk).update(tier=Tier.objects.get(code="silver"))
        sell(people[0], "100.00", today)
        return people

    def test_shows_who_would_rise_and_fall_and_changes_nothing(
        self, client: Client, merchant: User, people: list[Distributor]
    ) -> None:
        before = Standing.objects.count()
        text = words(client, PREVIEW)
        assert "升级 1" in text and "降级 1" in text
        assert "青铜 → 白银" in text and "白银 → 青铜" in text and "¥100.00" in text
        only = words(client, PREVIEW, outcome="rose")
        assert "青铜 → 白银" in only and "白银 → 青铜" not in only
        assert Standing.objects.count() == before and not TierReview.objects.exists()

    def test_as_a_file(self, client: Client, merchant: User, people: list[Distributor]) -> None:
        page = client.get(PREVIEW, {"format": "csv", "outcome": "rose"})
        lines = b"".join(page.streaming_content).decode().splitlines()
        assert len(lines) == 2
        assert lines[1].startswith(f"阿0,{people[0].code},升级,青铜,白银,")
        assert lines[1].endswith(",100.00,1,1")

    @pytest.mark.parametrize("by", ["name", "phone", "code"])
    def test_somebody_is_found(
        self, client: Client, merchant: User, people: list[Distributor], by: str
    ) -> None:
        user, code = people[1].user, people[1].code
        search = {"name": user.name, "phone": user.phone[-6:], "code": code.lower()}[by]
        text = words(client, PREVIEW, q=f" {search} ")
        assert "升级 0" in text and "降级 1" in text
        assert "白银 → 青铜" in text and "青铜 → 白银" not in text
        assert "没有符合条件的分销商" in words(client, PREVIEW, q=search, outcome="rose")
        lines = b"".join(client.get(PREVIEW, {"format": "csv", "q": search}).streaming_content)
        assert len(lines.decode().splitlines()) == 2

    @pytest.mark.parametrize(
        "query",
        [{"outcome": "\x00"}, {"page": "999"}, {"outcome": "none"}, {"q": "\x00"}, {"q": "%' OR"}],
    )
    def test_nonsense_does_no_harm(
        self, client: Client, merchant: User, people: list[Distributor], query: dict[str, str]
    ) -> None:
        assert client.get(PREVIEW, query).status_code == 200

    def test_is_for_who_may_see_tiers(self, client: Client) -> None:
        client.force_login(make_user(is_staff=True))
        assert client.get(PREVIEW).status_code == 403
        client.force_login(make_user())
        assert client.get(PREVIEW).status_code == 302

    @pytest.mark.parametrize("number", [1, 3])
    def test_a_fixed_number_of_queries(
        self, client: Client, merchant: User, number: int, django_assert_num_queries: Any
    ) -> None:
        today = day_start(beijing_date(timezone.now()))
        make_task("silver", "sales", "100")
        for _ in range(number):
            sell(make_distributor(), "100.00", today)
        client.get(PREVIEW)
        with django_assert_num_queries(13):
            client.get(PREVIEW)


def test_a_tier_by_hand_with_a_date(client: Client, merchant: User) -> None:
    person = make_distributor()
    gold = Tier.objects.get(code="gold")
    address = reverse("admin:distribution_distributor_change_tier", args=[person.pk])
    until = beijing_date(timezone.now()) + timedelta(days=60)
    sent = {"tier": str(gold.pk), "keep_until": until.isoformat(), "reason": "年度之星", "_form_submitted": "true"}  # fmt: skip
    client.post(address, sent)
    person.refresh_from_db()
    assert (person.tier, person.tier_kept_until) == (gold, until)
    for odd in ("2020-01-01", "9999-12-31", "x"):
        client.post(address, sent | {"keep_until": odd})
    person.refresh_from_db()
    assert person.tier_kept_until == until


def test_periods_since_the_year_1_are_refused_in_words(client: Client, merchant: User) -> None:
    sent = {"kind": "days", "days": "30", "days_from": "0001-01-01", "warning_days": "10", "grace_days": "3"}  # fmt: skip
    page = client.post(reverse("admin:distribution_tiercalendar_change", args=[1]), sent)
    assert page.context["adminform"].form.errors == {"days_from": ["请填写 2000 年以后的日期。"]}
