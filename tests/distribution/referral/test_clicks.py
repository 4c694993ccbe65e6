"""Recognising a referral: who left which trace, when it binds, and what never does."""

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from base.accounts.models import User
from base.models import Notice
from base.visitors import (
    COOKIE,
    SNAPSHOT_COOKIE,
    VisitorMiddleware,
    clear_snapshot,
    is_snapshot,
    mark_snapshot,
)
from distribution.models import Binding, Click, Distributor, Policy, Trace
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral.click_buffer import flush_clicks
from distribution.referral.clicks import is_person
from distribution.referral.links import create_link
from distribution.referral.trail import COOKIE as TRAIL
from distribution.states import Status
from tests.make import make_chain, make_distributor, make_order, make_user, pay

pytestmark = pytest.mark.django_db

Mode, Moment = Policy.BindingMode, Policy.BindingMoment
PASSWORD = "Good-Pass-9"


@pytest.fixture
def distributor() -> Distributor:
    return make_distributor(name="阿珍")


def member(name: str = "小林") -> User:
    user = make_user(name)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(browser: Client, user: User) -> None:
    answer = browser.post(
        "/accounts/login/password/", {"account": user.phone, "password": PASSWORD}
    )
    assert answer.status_code == 302, answer.content.decode()


def sign_up(browser: Client, phone: str = "13900139000") -> User:
    browser.post("/accounts/signup/", {"account": phone, "send": "1"})
    text = Notice.objects.filter(recipient=phone).latest("pk").text
    found = re.search(r"\d{6}", text)
    assert found is not None
    form = {"account": phone, "code": found.group(), "agrees": "on"}
    assert browser.post("/accounts/signup/", form).status_code == 302
    return User.objects.get(phone=phone)


def clicks() -> list[tuple[str, str | None, str]]:
    """Every click, once beat has counted: whose link, whose click, which page."""
    flush_clicks()
    rows = Click.objects.select_related("distributor__user", "user").order_by("pk")
    return [
        (click.distributor.user.name, click.user.name if click.user else None, click.path)
        for click in rows
    ]


def bound_to(user: User) -> list[str]:
    rows = Binding.objects.filter(customer=user).select_related("distributor__user")
    return [binding.distributor.user.name for binding in rows.order_by("starts_at")]


class TestTheParameter:
    def test_on_any_page_it_leaves_a_click_and_goes(
        self, guest: Client, distributor: Distributor
    ) -> None:
        answer = guest.get(f"/search/?q=坚果&r={distributor.code}&page=2")
        assert (answer.status_code, answer["Location"]) == (
            302,
            "/search/?q=%E5%9D%9A%E6%9E%9C&page=2",
        )
        assert clicks() == [("阿珍", None, "/search/")]
        assert answer.cookies[COOKIE]["httponly"] and answer.cookies[COOKIE]["samesite"] == "Lax"

    def test_the_code_is_read_as_people_type_it(
        self, guest: Client, distributor: Distributor
    ) -> None:
        guest.get(f"/?r=%20{distributor.code.lower()}")
        assert len(clicks()) == 1

    def test_an_unknown_code_leaves_nothing(self, guest: Client) -> None:
        for code in ("NOBODY", "", "\0", "'; DROP TABLE", "长" * 500):
            answer = guest.get("/", {"r": code})
            assert (answer.status_code, answer["Location"]) == (302, "/")
            assert COOKIE not in answer.cookies
        assert clicks() == []

    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED, Status.BANNED])
    def test_the_code_of_somebody_who_is_out_leaves_nothing(
        self, guest: Client, distributor: Distributor, status: Status
    ) -> None:
        set_status(distributor, status, by=None, reason="test")
        guest.get(f"/?r={distributor.code}")
        guest.get(f"/r/{distributor.code}/")
        assert clicks() == []

    def test_it_never_leads_away_from_the_shop(
        self, guest: Client, distributor: Distributor
    ) -> None:
        for path in ("//evil.example/x", "///evil.example", "/\\evil.example"):
            answer = guest.generic("GET", path, QUERY_STRING=f"r={distributor.code}")
            assert answer["Location"].startswith("/")
            assert not answer["Location"].startswith(("//", "/\\")), path

    def test_a_form_that_is_sent_is_left_alone(
        self, guest: Client, distributor: Distributor
    ) -> None:
        answer = guest.post(f"/cart/lines/?r={distributor.code}", {"variant": "1"})
        assert "r=" not in answer["Location"]
        assert clicks() == []


class TestTheShortAddress:
    def test_it_remembers_and_leads_to_the_front_page(
        self, guest: Client, distributor: Distributor
    ) -> None:
        answer = guest.get(f"/r/{distributor.code}/")
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert "no-store" in answer["Cache-Control"]
        assert clicks() == [("阿珍", None, "/")]

    def test_a_named_link_leads_to_its_page_and_is_remembered(
        self, guest: Client, distributor: Distributor
    ) -> None:
        link = create_link(distributor, channel="小红书", target="/search/?q=茶")
        answer = guest.get(f"/r/{link.code}/")
        assert answer["Location"] == "/search/?q=%E8%8C%B6"
        assert clicks() == [("阿珍", None, "/search/?q=茶")]
        assert Click.objects.get().link == link

    def test_in_the_readers_language(self, guest: Client, distributor: Distributor) -> None:
        link = create_link(distributor, channel="小红书", target="/c/")
        assert guest.get(f"/en/r/{link.code}/")["Location"] == "/en/c/"
        back = create_link(distributor, channel="Forum", target="/en/c/")
        assert guest.get(f"/r/{back.code}/")["Location"] == "/c/"

    def test_an_unknown_code_still_leads_into_the_shop(self, guest: Client) -> None:
        for code in ("NOBODY", "%00", "%E9%95%BF", "x" * 300):
            assert guest.get(f"/r/{code}/")["Location"] == "/"
        assert clicks() == []

    @pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil"])
    def test_a_target_that_leads_away_is_not_followed(
        self, guest: Client, distributor: Distributor, target: str
    ) -> None:
        link = create_link(distributor, channel="小红书")
        type(link).objects.filter(pk=link.pk).update(target=target)
        assert guest.get(f"/r/{link.code}/")["Location"] == "/"

    def test_a_head_request_is_no_visit(self, guest: Client, distributor: Distributor) -> None:
        assert guest.head(f"/r/{distributor.code}/").status_code == 302
        assert clicks() == []


class TestMachines:
    @pytest.mark.parametrize(
        "agent",
        [
            "",
            "Mozilla/5.0 (compatible; Baiduspider/2.0)",
            "Mozilla/5.0 (compatible; Googlebot/2.1)",
            "facebookexternalhit/1.1",
            "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)",
            "WhatsApp/2.23.20.0",
            "Mozilla/5.0 (compatible; YisouSpider/5.0)",
            "SkypeUriPreview Preview/0.5",
            "Mozilla/5.0 Chrome-Lighthouse",
            "curl/8.5.0",
            "python-requests/2.32",
        ],
    )
    def test_crawlers_and_link_previews_leave_nothing(
        self, distributor: Distributor, agent: str
    ) -> None:
        answer = Client(headers={"user-agent": agent}).get(f"/?r={distributor.code}")
        assert answer.status_code == 302
        assert COOKIE not in answer.cookies
        assert clicks() == []

    @pytest.mark.parametrize(
        "app",
        [
            "MicroMessenger/8.0.48.2580(0x28003036) WeChat/arm64 Weixin NetType/WIFI",
            "V1_AND_SQ_8.9.80_QQ/8.9.80 NetType/WIFI",
            "aweme_290100 JsSdk/1.0 NetType/WIFI Channel/douyin ByteLocale/zh",
            "discover/8.20.1 NetType/WiFi xhsminiweb",
            "AliApp(AP/10.5.80.8000) AlipayClient/10.5.80.8000",
            "Weibo (V2309A__weibo__14.3.2__android__android14)",
            "baiduboxapp/13.50.0.10",
            "[Pinterest/Android]",
        ],
    )
    @pytest.mark.parametrize("phone", ["V2309A", "CUBOT NOTE 20"])
    def test_people_within_an_app_are_no_machines(self, app: str, phone: str) -> None:
        agent = f"Mozilla/5.0 (Linux; Android 14; {phone}) Chrome/116.0 Mobile Safari/537.36 {app}"
        request = RequestFactory().get("/", headers={"user-agent": agent})
        assert is_person(request)

    @pytest.mark.parametrize(
        "header",
        [
            {"sec-purpose": "prefetch;prerender"},
            {"sec-purpose": "prefetch"},
            {"purpose": "prefetch"},
            {"x-purpose": "preview"},
            {"x-moz": "prefetch"},
            {"sec-fetch-dest": "image"},
            {"sec-fetch-dest": "iframe"},
            {"sec-fetch-dest": "empty"},
        ],
    )
    def test_a_prefetch_or_a_hidden_frame_is_no_visit(
        self, guest: Client, distributor: Distributor, header: dict[str, str]
    ) -> None:
        for address in (f"/r/{distributor.code}/", f"/?r={distributor.code}"):
            answer = guest.get(address, headers=header)
            assert (COOKIE in answer.cookies, TRAIL in answer.cookies) == (False, False)
        user = member()
        guest.force_login(user)
        guest.get(f"/r/{distributor.code}/", headers=header)
        assert clicks() == []
        assert bound_to(user) == []
        assert not Trace.objects.filter(member=user).exists()

    def test_a_page_somebody_goes_to_is(self, guest: Client, distributor: Distributor) -> None:
        guest.get(f"/r/{distributor.code}/", headers={"sec-fetch-dest": "document"})
        assert len(clicks()) == 1

    def test_asking_for_the_head_of_a_page_is_no_visit(
        self, guest: Client, distributor: Distributor
    ) -> None:
        answer = guest.head(f"/?r={distributor.code}")
        assert (answer.status_code, TRAIL in answer.cookies) == (302, False)
        assert clicks() == []


class TestWeChatsSnapshot:
    """The snapshot page shows the shop to WeChat, under an identity that is nobody's."""

    @pytest.fixture
    def snapshot(self, guest: Client) -> Client:
        guest.cookies[SNAPSHOT_COOKIE] = "1"
        return guest

    def test_it_leaves_nothing(self, snapshot: Client, distributor: Distributor) -> None:
        answer = snapshot.get(f"/?r={distributor.code}")
        assert (answer.status_code, TRAIL in answer.cookies) == (302, False)
        assert clicks() == []

    def test_an_account_made_in_it_is_bound_to_nobody(
        self, guest: Client, distributor: Distributor
    ) -> None:
        guest.get(f"/?r={distributor.code}")
        guest.cookies[SNAPSHOT_COOKIE] = "1"
        user = sign_up(guest)
        assert bound_to(user) == []
        # With a real identity what the browser carries is heard.
        del guest.cookies[SNAPSHOT_COOKIE]
        guest.post("/accounts/logout/")
        user.set_password(PASSWORD)
        user.save()
        sign_in(guest, user)
        assert bound_to(user) == ["阿珍"]

    def test_it_is_marked_and_cleared(self) -> None:
        def answer(act: Any) -> Any:
            def page(request: HttpRequest) -> HttpResponse:
                act(request)
                return HttpResponse(str(is_snapshot(request)))

            return VisitorMiddleware(page)(RequestFactory().get("/"))

        marked, cleared = answer(mark_snapshot), answer(clear_snapshot)
        assert (marked.content, marked.cookies[SNAPSHOT_COOKIE].value) == (b"True", "1")
        assert (cleared.content, cleared.cookies[SNAPSHOT_COOKIE].value) == (b"False", "")


class TestBinding:
    def test_a_member_is_bound_at_the_visit(self, guest: Client, distributor: Distributor) -> None:
        link = create_link(distributor, channel="小红书")
        user = member()
        guest.force_login(user)
        guest.get(f"/r/{link.code}/")
        assert bound_to(user) == ["阿珍"]
        assert Binding.objects.get().link == link

    def test_a_guest_signs_up_and_is_bound(self, guest: Client, distributor: Distributor) -> None:
        link = create_link(distributor, channel="抖音")
        guest.get(f"/r/{link.code}/")
        user = sign_up(guest)
        assert bound_to(user) == ["阿珍"]
        assert Binding.objects.get().link == link
        assert clicks() == [("阿珍", user.name, "/")]

    def test_a_guest_who_signs_in_is_bound(self, guest: Client, distributor: Distributor) -> None:
        guest.get(f"/?r={distributor.code}")
        user = member()
        sign_in(guest, user)
        assert bound_to(user) == ["阿珍"]

    def test_another_browsers_clicks_are_not_theirs(
        self, guest: Client, distributor: Distributor
    ) -> None:
        guest.get(f"/?r={distributor.code}")
        user = member()
        sign_in(Client(headers={"origin": "http://testserver"}), user)
        assert bound_to(user) == []
        assert clicks() == [("阿珍", None, "/")]

    def test_a_forged_visitor_is_nobody(self, guest: Client, distributor: Distributor) -> None:
        guest.get(f"/?r={distributor.code}")
        assert clicks() == [("阿珍", None, "/")]
        forger = Client(headers={"origin": "http://testserver"})
        forger.cookies[COOKIE] = f"{Click.objects.get().visitor}:made-up"
        user = member()
        sign_in(forger, user)
        assert bound_to(user) == []

    @pytest.mark.parametrize(
        ("mode", "who"),
        [(Mode.FIRST_FOREVER, "先"), (Mode.FIRST_FOR_DAYS, "先"), (Mode.LATEST, "后")],
    )
    @pytest.mark.parametrize("moment", Moment.values)
    def test_the_policy_says_who_wins_and_when(
        self, guest: Client, mode: str, moment: str, who: str
    ) -> None:
        publish_policy(by=None, binding_mode=mode, binding_moment=moment)
        first, second = make_distributor(name="先"), make_distributor(name="后")
        guest.get(f"/?r={first.code}")
        guest.get(f"/?r={second.code}")
        user = sign_up(guest)
        if moment == Moment.FIRST_ORDER:
            assert bound_to(user) == []
            order = make_order(user)
            assert order.distribution_terms.payee1 is not None
            assert order.distribution_terms.payee1.user.name == who
        assert bound_to(user) == [who]

    def test_at_sign_up_old_members_are_not_bound(
        self, guest: Client, distributor: Distributor
    ) -> None:
        publish_policy(by=None, binding_moment=Moment.SIGN_UP)
        guest.get(f"/?r={distributor.code}")
        user = member()
        sign_in(guest, user)
        guest.get(f"/?r={distributor.code}")
        assert bound_to(user) == []

    def test_at_the_first_order_later_orders_bind_nobody(
        self, guest: Client, distributor: Distributor
    ) -> None:
        publish_policy(by=None, binding_moment=Moment.FIRST_ORDER)
        user = member()
        pay(make_order(user))
        guest.force_login(user)
        guest.get(f"/?r={distributor.code}")
        make_order(user)
        assert bound_to(user) == []

    def test_the_latest_link_replaces_the_one_before(self, guest: Client) -> None:
        publish_policy(by=None, binding_mode=Mode.LATEST)
        first, second = make_distributor(name="先"), make_distributor(name="后")
        user = member()
        guest.force_login(user)
        for code in (first.code, second.code, second.code):
            guest.get(f"/?r={code}")
        assert bound_to(user) == ["先", "后"]


class TestWhoIsNeverBound:
    def test_nobody_by_their_own_link(self, guest: Client, distributor: Distributor) -> None:
        guest.force_login(distributor.user)
        guest.get(f"/r/{distributor.code}/")
        assert clicks() == []
        assert bound_to(distributor.user) == []

    def test_nobody_by_their_own_link_opened_before_signing_in(self, guest: Client) -> None:
        user = member("阿珍")
        distributor = make_distributor(user)
        guest.get(f"/r/{distributor.code}/")
        sign_in(guest, user)
        assert bound_to(user) == []

    def test_their_own_link_does_not_keep_another_from_binding(self, guest: Client) -> None:
        user = member("阿珍")
        own, other = make_distributor(user), make_distributor(name="阿芳")
        guest.get(f"/r/{own.code}/")
        guest.get(f"/r/{other.code}/")
        sign_in(guest, user)
        assert bound_to(user) == ["阿芳"]

    def test_one_who_has_left_does_not_keep_another_from_binding(self, guest: Client) -> None:
        gone, other = make_distributor(name="走"), make_distributor(name="在")
        guest.get(f"/r/{gone.code}/")
        guest.get(f"/r/{other.code}/")
        set_status(gone, Status.RESIGNED, by=None, reason="test")
        assert bound_to(sign_up(guest)) == ["在"]

    def test_no_loop_of_recommenders(self, guest: Client) -> None:
        chain = make_chain()
        guest.force_login(chain.a.user)
        answer = guest.get(f"/r/{chain.b.code}/")
        assert answer.status_code == 302
        assert bound_to(chain.a.user) == []


def test_a_visit_by_link_costs_few_queries(
    guest: Client, distributor: Distributor, django_assert_num_queries: Any
) -> None:
    """A guest's click: whose link it is. The row comes later."""
    with django_assert_num_queries(1):
        guest.get(f"/?r={distributor.code}")
