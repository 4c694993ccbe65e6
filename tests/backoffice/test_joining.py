"""Applications, the agreement and who accepted it, as the merchant works on them."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.accounts.models import User
from base.audit import AuditEntry
from base.models import Notice
from distribution.models import Agreement, Application, Distributor, Policy
from distribution.programme.joining import Contact
from distribution.programme.people import join, set_status
from distribution.referral.relations import bind_by_link
from distribution.states import Status
from tests.make import (
    make_agreement,
    make_distributor,
    make_order,
    make_user,
    make_variant,
    pay,
    receive,
)

pytestmark = pytest.mark.django_db

QUEUE = "/admin/distribution/application/"


@pytest.fixture
def merchant(client: Client) -> User:
    user = make_user("店主", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def applicant(name: str = "小林", **contact: str) -> Distributor:
    user = make_user(name, date_joined=timezone.now() - timedelta(days=40, hours=1))
    return join(user, contact=Contact(**contact))


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def act(client: Client, action: str, *people: Distributor, **values: str) -> Any:
    chosen = {"action": action, "_selected_action": [person.pk for person in people]}
    return client.post(QUEUE, chosen | values)


class TestQueue:
    def test_shows_what_there_is_to_decide_on(self, client: Client, merchant: User) -> None:
        bringer = make_distributor(name="阿珍")
        person = applicant(wechat="lin_2026", city="杭州", introduction="小区团长")
        bind_by_link(person.user, bringer, at=timezone.now() - timedelta(days=1))
        order = make_order(person.user, {make_variant("66.60"): 1})
        pay(order)
        receive(order)
        html = text_of(client.get(QUEUE))
        for fact in ("小林", "杭州", "小区团长", "¥66.60", f"阿珍 · {bringer.code}", "40 天"):
            assert fact in html, fact
        assert person.user.phone not in html and person.user.masked_phone in html
        page = text_of(client.get(f"{QUEUE}{person.pk}/change/"))
        assert person.user.phone in page and "lin_2026" in page

    def test_holds_only_who_waits(self, client: Client, merchant: User) -> None:
        make_distributor(name="阿珍")
        waiting = applicant()
        assert list(Application.objects.values_list("pk", flat=True)) == [waiting.pk]
        assert "阿珍" not in text_of(client.get(QUEUE)).split("<main")[-1]

    def test_asks_the_same_few_questions_for_one_and_for_three(
        self, client: Client, merchant: User, django_assert_num_queries: Any
    ) -> None:
        applicant(city="杭州")
        client.get(QUEUE)
        with django_assert_num_queries(4):
            client.get(QUEUE)
        applicant("小王")
        applicant("小李", wechat="li_2026")
        with django_assert_num_queries(4):
            client.get(QUEUE)

    def test_is_found_by_city_and_wechat(self, client: Client, merchant: User) -> None:
        applicant("小林", city="杭州")
        applicant("小王", wechat="wang_2026")
        for search, found in (("杭州", "小林"), ("wang_2026", "小王")):
            page = client.get(QUEUE, {"q": search})
            rows = [str(row.user) for row in page.context["cl"].result_list]
            assert rows == [found]

    def test_as_a_file_without_formulas(self, client: Client, merchant: User) -> None:
        person = applicant("=1+1", city="杭州")
        answer = act(client, "export_selected", person)
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert rows[0][:3] == ["申请人", "手机号", "所在城市"]
        assert rows[1][:3] == ["'=1+1", person.user.masked_phone, "杭州"]
        assert len(rows) == 2


class TestDeciding:
    def test_approve_selected(self, client: Client, merchant: User) -> None:
        people = [applicant("小林"), applicant("小王")]
        other = applicant("小李")
        page = client.post(
            QUEUE,
            {"action": "approve_selected", "_selected_action": [p.pk for p in people]},
            follow=True,
        )
        assert "已通过 2 份申请。" in text_of(page)
        statuses = Distributor.objects.order_by("pk").values_list("status", flat=True)
        assert list(statuses) == ["approved", "approved", "applied"]
        deeds = AuditEntry.objects.filter(action="approve_distributor", actor=merchant)
        assert deeds.count() == 2
        assert other.user.phone not in Notice.objects.values_list("recipient", flat=True)

    def test_reject_selected_asks_why_first(self, client: Client, merchant: User) -> None:
        people = [applicant("小林"), applicant("小王")]
        page = text_of(act(client, "reject_selected", *people))
        assert "将拒绝 2 份申请" in page and "小王" in page
        assert Application.objects.count() == 2
        assert "这个字段是必填项" in text_of(act(client, "reject_selected", *people, reason=" "))
        assert Application.objects.count() == 2
        act(client, "reject_selected", *people, reason="资料不全")
        assert Application.objects.count() == 0
        for person in people:
            person.refresh_from_db()
            assert (person.status, person.standings.last().reason) == ("rejected", "资料不全")
        assert Notice.objects.filter(text__contains="资料不全").count() == 2

    def test_one_by_one_leads_back_to_the_queue(self, client: Client, merchant: User) -> None:
        first, second = applicant("小林"), applicant("小王")
        address = reverse("admin:distribution_application_approve", args=[first.pk])
        assert client.post(address, {"_form_submitted": "true"})["Location"] == QUEUE
        address = reverse("admin:distribution_application_reject", args=[second.pk])
        values = {"_form_submitted": "true", "reason": "资料不全"}
        assert client.post(address, values)["Location"] == QUEUE
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.status, second.status) == (Status.APPROVED, Status.REJECTED)

    def test_who_was_decided_meanwhile_stays_decided(self, client: Client, merchant: User) -> None:
        person = applicant()
        set_status(person, Status.REJECTED, by=None, reason="先到")
        waiting = applicant("小王")

        def told_of(action: str, *people: Distributor, **words: str) -> str:
            act(client, action, *people, **words)
            return text_of(client.get(QUEUE))

        told = told_of("approve_selected", person, waiting)
        assert "已通过 1 份申请。" in told
        assert "有 1 份申请在这之前已经处理过，没有改动。" in told
        for action, words in (("approve_selected", {}), ("reject_selected", {"reason": "后到"})):
            told = told_of(action, person, **words)
            assert "已经处理过" in told and " 0 份" not in told
        assert "已经处理过" in told_of("reject_selected", person)  # no page that asks why
        person.refresh_from_db()
        assert (person.status, person.standings.last().reason) == (Status.REJECTED, "先到")

    def test_who_may_only_look_decides_nothing(self, client: Client) -> None:
        looker = make_user("客服", is_staff=True)
        looker.user_permissions.add(Permission.objects.get(codename="view_application"))
        client.force_login(looker)
        person = applicant()
        assert client.get(QUEUE).status_code == 200
        act(client, "approve_selected", person)
        address = reverse("admin:distribution_application_approve", args=[person.pk])
        assert client.post(address, {"_form_submitted": "true"}).status_code == 403
        person.refresh_from_db()
        assert person.status == Status.APPLIED


class TestPolicy:
    ADD = "/admin/distribution/policy/add/"

    def values(self, client: Client, **changes: str) -> dict[str, Any]:
        form = client.get(self.ADD).context["adminform"].form
        values = {name: value for name, value in form.initial.items() if value not in (None, False)}
        now = timezone.localtime()
        values["valid_from_0"], values["valid_from_1"] = f"{now:%Y-%m-%d}", f"{now:%H:%M:%S}"
        return values | {"cap_rate": "50", "reason": "新的加入方式"} | changes

    def test_a_purchase_gate_shows_the_law_and_wants_a_signature(
        self, client: Client, merchant: User
    ) -> None:
        assert "禁止传销条例" in text_of(client.get(self.ADD))
        before = Policy.objects.count()
        values = self.values(client, joining="spent", joining_spend="200")
        assert "请先阅读并勾选法律提示" in text_of(client.post(self.ADD, values))
        assert Policy.objects.count() == before
        assert client.post(self.ADD, values | {"understood": "on"}).status_code == 302
        policy = Policy.objects.latest("pk")
        assert (policy.joining, policy.joining_spend) == ("spent", Decimal("200.00"))

    def test_spending_wants_an_amount(self, client: Client, merchant: User) -> None:
        before = Policy.objects.count()
        values = self.values(client, joining="spent", joining_spend="0", understood="on")
        assert "请填写加入需要累计消费多少元。" in text_of(client.post(self.ADD, values))
        assert Policy.objects.count() == before

    def test_an_open_door_needs_no_signature(self, client: Client, merchant: User) -> None:
        assert client.post(self.ADD, self.values(client, joining="open")).status_code == 302
        assert Policy.objects.latest("pk").joining == "open"


class TestAgreement:
    LIST = "/admin/distribution/agreement/"

    def test_a_new_version_begins_as_the_one_in_force(self, client: Client, merchant: User) -> None:
        form = client.get(f"{self.LIST}add/").context["adminform"].form
        assert form.initial["text"] == Agreement.objects.get().text
        values = {"version": "2027-01", "text": "新", "text_en": "New", "note": "改了税"}
        assert client.post(f"{self.LIST}add/", values).status_code == 302
        draft = Agreement.objects.get(version="2027-01")
        assert not draft.is_published
        address = reverse("admin:distribution_agreement_publish", args=[draft.pk])
        assert client.post(address, {"_form_submitted": "true"}).status_code == 303
        draft.refresh_from_db()
        assert (draft.is_published, draft.published_by) == (True, merchant)
        html = text_of(client.get(self.LIST))
        assert "生效中" in html and "历史版本" in html

    def test_a_published_one_is_only_read(self, client: Client, merchant: User) -> None:
        first = Agreement.objects.get()
        page = f"{self.LIST}{first.pk}/change/"
        assert client.get(page).status_code == 200
        values = {"version": first.version, "text": "改", "text_en": "x"}
        said = [str(one) for one in client.post(page, values, follow=True).context["messages"]]
        assert said == ["您打开之后，这里已经被改过，不能再改；您的修改没有保存。"]
        assert client.post(f"{self.LIST}{first.pk}/delete/", {"post": "yes"}).status_code == 403
        assert Agreement.objects.get().text == first.text

    def test_a_version_that_is_taken_is_refused_in_plain_words(
        self, client: Client, merchant: User
    ) -> None:
        values = {"version": "2026-11", "text": "新", "text_en": "New"}
        page = text_of(client.post(f"{self.LIST}add/", values))
        assert "这个版本已被另一个分销协议使用，请换一个。" in page

    @pytest.mark.parametrize("version", ["acceptance", "2026-11", "2027/01", ""])
    def test_a_version_has_a_name_of_its_own(
        self, client: Client, merchant: User, version: str
    ) -> None:
        values = {"version": version, "text": "新", "text_en": "New"}
        assert client.post(f"{self.LIST}add/", values).status_code == 200
        assert Agreement.objects.count() == 1

    def test_a_time_that_cannot_be_read_back_is_refused_in_words(
        self, client: Client, merchant: User
    ) -> None:
        values = {"version": "2027-01", "text": "新", "text_en": "New"}
        values |= {"valid_from_0": "0001-01-01", "valid_from_1": "00:00"}
        assert "请填写 2000 年以后的时间。" in text_of(client.post(f"{self.LIST}add/", values))
        assert Agreement.objects.count() == 1


class TestAcceptances:
    LIST = "/admin/distribution/acceptance/"

    def test_who_and_when_searched_filtered_and_as_a_file(
        self, client: Client, merchant: User
    ) -> None:
        old, new = make_distributor(name="旧人"), make_user("新人")
        make_agreement("2027-01")
        person = join(new)
        page = client.get(self.LIST, {"version": "2027-01"})
        assert [row.user.name for row in page.context["cl"].result_list] == ["新人"]
        page = client.get(self.LIST, {"q": old.user.phone})
        assert [row.user.name for row in page.context["cl"].result_list] == ["旧人"]
        assert old.user.phone not in text_of(client.get(self.LIST))
        row = person.user.consents.get()
        answer = client.post(self.LIST, {"action": "export_selected", "_selected_action": [row.pk]})
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert rows[0] == ["同意时间", "会员", "会员号", "手机号", "版本"]
        assert rows[1][1:] == ["新人", new.member_no, new.masked_phone, "2027-01"]

    def test_nobody_writes_them(self, client: Client, merchant: User) -> None:
        person = make_distributor()
        row = person.user.consents.get()
        assert client.get(f"{self.LIST}add/").status_code == 403
        assert client.post(f"{self.LIST}{row.pk}/change/", {"version": "x"}).status_code == 403
        row.refresh_from_db()
        assert row.version == "2026-11"

    def test_one_and_three_rows_cost_the_same(
        self, client: Client, merchant: User, django_assert_num_queries: Any
    ) -> None:
        make_distributor()
        client.get(self.LIST)
        with django_assert_num_queries(5):
            client.get(self.LIST)
        for _ in range(2):
            make_distributor()
        with django_assert_num_queries(5):
            client.get(self.LIST)
