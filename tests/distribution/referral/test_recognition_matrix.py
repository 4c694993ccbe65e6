"""Who serves a member after their first order: three modes by three moments, story by story.

Every story is played in a browser nine times, once for each row (mode) and letter (moment: visit,
sign-up, first order) of its table: 先 and 后 are distributors, — is nobody.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from base.accounts.models import User
from distribution.models import Distributor, Policy
from distribution.policy import publish_policy
from distribution.programme.people import set_status
from distribution.referral import clicks
from distribution.referral.links import create_link
from distribution.referral.relations import bound_distributor, reassign_recruiter
from distribution.referral.trail import COOKIE
from distribution.states import Status
from tests.distribution.conftest import AS_A_PERSON
from tests.distribution.referral.test_clicks import clicks as counted
from tests.distribution.referral.test_clicks import member, sign_in, sign_up
from tests.make import START, make_distributor, make_order

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MODES = (
    Policy.BindingMode.FIRST_FOREVER,
    Policy.BindingMode.FIRST_FOR_DAYS,
    Policy.BindingMode.LATEST,
)
MOMENTS = (
    Policy.BindingMoment.VISIT,
    Policy.BindingMoment.SIGN_UP,
    Policy.BindingMoment.FIRST_ORDER,
)
NOBODY = ["———", "———", "———"]
FIRST = ["先先先", "先先先", "先先先"]
SECOND = ["后后后", "后后后", "后后后"]
BY_MODE = ["先先先", "先先先", "后后后"]
WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160083 MMWEBSDK/20240301 MMWEBID/2247 "
    "MicroMessenger/8.0.48.2580(0x28003036) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN"
)
_phones = count(13700000000)


@dataclass
class World:
    """Two distributors and somebody with a phone, at a moment that the story moves on."""

    now: datetime
    first: Distributor = field(default_factory=lambda: make_distributor(name="先"))
    second: Distributor = field(default_factory=lambda: make_distributor(name="后"))
    browser: Client = field(default_factory=lambda: Client(headers=AS_A_PERSON))

    def later(self, by: timedelta = timedelta(hours=1)) -> None:
        self.now += by

    def opens(self, whose: Distributor, browser: Client | None = None, **headers: Any) -> None:
        """A link of theirs is opened, followed to its page, and an hour passes."""
        answer = (browser or self.browser).get(f"/r/{whose.code}/", headers=headers)
        assert (answer.status_code, answer["Location"]) == (302, "/")
        self.later()

    def signs_up(self, browser: Client | None = None) -> User:
        user = sign_up(browser or self.browser, str(next(_phones)))
        self.later()
        return user


Story = Callable[[World], User]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], list[str]]:
    """Play a story under every policy; each time with new people, forty days after the last."""
    world: World

    def times() -> Iterator[datetime]:
        return (START + number * 40 * DAY for number in count(1))

    def play(story: Story) -> list[str]:
        nonlocal world
        starts, rows = times(), []
        for mode in MODES:
            row = ""
            for moment in MOMENTS:
                cache.clear()
                world = World(next(starts))
                publish_policy(
                    by=None,
                    at=world.now - DAY,
                    binding_mode=mode,
                    binding_moment=moment,
                    binding_days=30,
                )
                row += served_after_the_first_order(story(world))
            rows.append(row)
        return rows

    def served_after_the_first_order(user: User) -> str:
        order = make_order(user, at=world.now)
        payee = order.distribution_terms.payee1
        bound = bound_distributor(user.pk, world.now)
        if not Distributor.objects.filter(pk=user.pk).exists():
            assert payee == bound, "level 1 is who serves"
        return bound.user.name if bound else "—"

    monkeypatch.setattr(clicks, "timezone", SimpleNamespace(now=lambda: world.now))
    return play


Table = Callable[[Story], list[str]]


class TestWhoWins:
    def test_one_link(self, table: Table) -> None:
        def story(world: World) -> User:
            world.opens(world.first)
            return world.signs_up()

        assert table(story) == FIRST

    def test_a_later_link_of_another_distributor(self, table: Table) -> None:
        def story(world: World) -> User:
            world.opens(world.first)
            world.opens(world.second)
            return world.signs_up()

        assert table(story) == BY_MODE

    def test_another_link_after_the_binding(self, table: Table) -> None:
        def story(world: World) -> User:
            world.opens(world.first)
            user = world.signs_up()
            world.opens(world.second)
            return user

        assert table(story) == ["先先先", "先先先", "后先后"]

    def test_another_link_after_the_binding_has_lapsed(self, table: Table) -> None:
        def story(world: World) -> User:
            world.opens(world.first)
            user = world.signs_up()
            world.later(31 * DAY)
            world.opens(world.second)
            return user

        assert table(story) == ["先先先", "后—后", "后先后"]

    def test_a_member_who_has_signed_up_without_a_link(self, table: Table) -> None:
        def story(world: World) -> User:
            user = world.signs_up()
            world.opens(world.first)
            world.opens(world.second)
            return user

        assert table(story) == ["先—先", "先—先", "后—后"]

    @pytest.mark.parametrize("apart", [timedelta(0), timedelta(milliseconds=1)])
    def test_two_links_within_one_second(self, table: Table, apart: timedelta) -> None:
        def story(world: World) -> User:
            for whose in (world.first, world.second):
                world.opens(whose)
                world.later(apart - timedelta(hours=1))
            return world.signs_up()

        assert table(story) == BY_MODE

    def test_two_links_of_a_member_within_one_second(self, table: Table) -> None:
        def story(world: World) -> User:
            user = world.signs_up()
            for whose in (world.first, world.second):
                world.opens(whose)
                world.later(timedelta(milliseconds=1) - timedelta(hours=1))
            return user

        assert table(story) == ["先—先", "先—先", "后—后"]

    def test_two_tabs_of_a_browser(self, table: Table) -> None:
        """The form of the first tab is sent after a link was opened in the second."""

        def story(world: World) -> User:
            world.opens(world.first)
            world.browser.get("/accounts/signup/")
            world.opens(world.second)
            return world.signs_up()

        assert table(story) == BY_MODE

    def test_signing_up_in_another_tab(self, table: Table) -> None:
        """The first tab shows the old page still, and opens the other's link as a member."""

        def story(world: World) -> User:
            world.opens(world.first)
            user = world.signs_up()
            world.browser.get("/")
            world.opens(world.first)
            return user

        assert table(story) == FIRST

    def test_a_named_link_is_its_distributors(self, table: Table) -> None:
        def story(world: World) -> User:
            link = create_link(world.first, channel="抖音")
            world.browser.get(f"/?r={link.code}")
            world.opens(world.second)
            return world.signs_up()

        assert table(story) == BY_MODE

    def test_within_wechat(self, table: Table) -> None:
        def story(world: World) -> User:
            world.browser = Client(headers=AS_A_PERSON | {"user-agent": WECHAT})
            world.opens(world.first)
            return world.signs_up()

        assert table(story) == FIRST


class TestWhoIsHeardButRefused:
    def test_ones_own_link(self, table: Table) -> None:
        def story(world: World) -> User:
            owner = member("先")
            own = make_distributor(owner)
            world.opens(own)
            sign_in(world.browser, owner)
            world.opens(own)
            return owner

        assert table(story) == NOBODY

    def test_the_recruiters_link(self, table: Table) -> None:
        """They may serve whom they recruited, as anybody else may; who signs in does not sign up."""

        def story(world: World) -> User:
            user = member()
            recruit = make_distributor(user)
            reassign_recruiter(recruit, world.first, by=user, reason="test", at=world.now - DAY)
            world.opens(world.first)
            sign_in(world.browser, user)
            return user

        assert table(story) == ["先—先", "先—先", "先—先"]

    def test_the_link_of_somebody_below_oneself(self, table: Table) -> None:
        """Two levels down: the whole chain is looked at."""

        def story(world: World) -> User:
            user = member()
            top = make_distributor(user)
            middle, low = make_distributor(), make_distributor()
            for below, above in ((middle, top), (low, middle)):
                reassign_recruiter(below, above, by=user, reason="test", at=world.now - DAY)
            world.opens(low)
            sign_in(world.browser, user)
            world.opens(low)
            return user

        assert table(story) == NOBODY

    @pytest.mark.parametrize("status", [Status.FROZEN, Status.RESIGNED, Status.BANNED])
    def test_somebody_who_is_out(self, table: Table, status: Status) -> None:
        def story(world: World) -> User:
            set_status(world.first, status, by=None, reason="test", at=world.now)
            world.opens(world.first)
            return world.signs_up()

        assert table(story) == NOBODY

    def test_somebody_who_is_out_by_then_is_in_nobodys_way(self, table: Table) -> None:
        def story(world: World) -> User:
            world.opens(world.first)
            world.opens(world.second)
            world.opens(world.first)
            set_status(world.first, Status.FROZEN, by=None, reason="test", at=world.now)
            return world.signs_up()

        assert table(story) == SECOND

    def test_a_link_opened_too_long_ago(self, table: Table) -> None:
        def story(world: World) -> User:
            world.opens(world.first)
            world.later(30 * DAY)
            return world.signs_up()

        assert table(story) == ["先先先", "———", "先先先"]


class TestWhatLeavesNothing:
    @pytest.mark.parametrize(
        "headers",
        [
            {"user-agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"},
            {"user-agent": "Sogou web spider/4.0"},
            {"user-agent": ""},
            {"sec-purpose": "prefetch;prerender"},
            {"purpose": "prefetch"},
            {"x-moz": "prefetch"},
        ],
    )
    def test_machines_and_pages_fetched_ahead(self, table: Table, headers: dict[str, str]) -> None:
        """As a guest, and as a member."""

        def story(world: World) -> User:
            world.opens(world.first, **headers)
            assert COOKIE not in world.browser.cookies
            user = world.signs_up()
            world.opens(world.first, **headers)
            assert counted() == []
            return user

        assert table(story) == NOBODY

    def test_a_cookie_that_was_tampered_with(self, table: Table) -> None:
        def story(world: World) -> User:
            world.opens(world.second)
            trail, _, signature = world.browser.cookies[COOKIE].value.partition(":")
            _, *rest = trail.split("-")
            forged = f"{'-'.join([str(world.first.pk), *rest])}:{signature}"
            world.browser.cookies[COOKIE] = forged
            return world.signs_up()

        assert table(story) == NOBODY

    def test_a_cookie_older_than_a_browser_keeps_it(
        self, table: Table, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One that was copied somewhere and put back."""

        def story(world: World) -> User:
            with monkeypatch.context() as patch:
                patch.setattr("django.core.signing.time.time", lambda: 1_700_000_000)
                world.opens(world.first)
            return world.signs_up()

        assert table(story) == NOBODY

    def test_cookies_refused(self, table: Table) -> None:
        """The shop works, the click counts, and nobody is remembered."""

        def story(world: World) -> User:
            world.opens(world.first)
            assert counted()[-1] == ("先", None, "/")
            world.browser.cookies.clear()
            return world.signs_up()

        assert table(story) == NOBODY
        assert len(counted()) == 9

    def test_a_member_needs_no_cookie_of_ours(self, table: Table) -> None:
        def story(world: World) -> User:
            user = world.signs_up()
            world.opens(world.first)
            for name in set(world.browser.cookies) - {"sessionid"}:
                del world.browser.cookies[name]
            return user

        assert table(story) == ["先—先", "先—先", "先—先"]

    def test_opened_within_wechat_and_signed_up_in_another_browser(self, table: Table) -> None:
        def story(world: World) -> User:
            wechat = Client(headers=AS_A_PERSON | {"user-agent": WECHAT})
            world.opens(world.first, wechat)
            return world.signs_up()

        assert table(story) == NOBODY
