"""Clicks on their way to the table: one round trip, bounded, and nothing hangs on it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import LazySettings, settings
from django.contrib import admin
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from django.utils import timezone

from base.clock import BEIJING
from base.digests import keyed_digest
from distribution.models import Binding, Click, Distributor, Link, Policy, Trace
from distribution.policy import publish_policy
from distribution.referral import click_buffer, clicks
from distribution.referral.click_buffer import QUEUE, flush_clicks
from distribution.referral.link_figures import Period, figures_of
from distribution.referral.links import create_link
from tests.distribution.referral.test_clicks import bound_to, member, sign_in, sign_up
from tests.make import make_distributor, make_order

pytestmark = pytest.mark.django_db

Mode, Moment = Policy.BindingMode, Policy.BindingMoment


@pytest.fixture(autouse=True)
def wide_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click_buffer._Rest, "until", 0.0)


@pytest.fixture
def distributor() -> Distributor:
    return make_distributor(name="阿珍")


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Redis is gone; counts how often somebody asked."""
    asked: list[int] = []

    class Gone:
        def ask(self, *_args: Any) -> Any:
            asked.append(1)
            raise redis.ConnectionError("gone")

        lpop = ask

        def __getattr__(self, name: str) -> Any:
            return self.ask

    monkeypatch.setattr(click_buffer, "_server", Gone)
    return asked


class TestTheList:
    def test_one_round_trip_for_a_page(
        self, guest: Client, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server, calls = click_buffer._server(), []
        execute = server.execute_command

        def counted(*args: Any, **kwargs: Any) -> Any:
            calls.append(args[0])
            return execute(*args, **kwargs)

        monkeypatch.setattr(server, "execute_command", counted)
        guest.get(f"/?r={distributor.code}")
        assert calls == ["EVAL"]
        assert Click.objects.count() == 0
        assert flush_clicks() == 1
        click = Click.objects.get()
        assert (click.distributor, click.path) == (distributor, "/")
        assert bytes(click.ip_digest or b"") == keyed_digest("ip", "127.0.0.1")

    def test_in_bulk(self, distributor: Distributor, django_assert_num_queries: Any) -> None:
        for _ in range(20):
            Client(headers={"user-agent": "Firefox"}).get(f"/?r={distributor.code}")
        with django_assert_num_queries(5):
            assert flush_clicks() == 20
        with django_assert_num_queries(0):
            assert flush_clicks() == 0

    def test_it_has_an_end(self, distributor: Distributor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(click_buffer, "MOST_WAITING", 3)
        for _ in range(5):
            Client(headers={"user-agent": "Firefox"}).get(f"/?r={distributor.code}")
        assert flush_clicks() == 3

    def test_a_flood_of_one_visitor_or_one_address_is_counted_so_often(
        self, guest: Client, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(click_buffer, "PER_VISITOR", 4)
        monkeypatch.setattr(click_buffer, "PER_ADDRESS", 6)
        for _ in range(9):
            guest.get(f"/?r={distributor.code}")
        assert flush_clicks() == 4
        for _ in range(9):
            Client(headers={"user-agent": "Firefox"}).get(f"/?r={distributor.code}")
        assert flush_clicks() == 2  # what is left of the address

    def test_who_signed_in_before_the_count_is_known(
        self, guest: Client, distributor: Distributor
    ) -> None:
        guest.get(f"/?r={distributor.code}")
        user = sign_up(guest)
        flush_clicks()
        assert Click.objects.get().user == user

    def test_a_chunk_that_cannot_be_written_is_lost_and_the_next_is_not(
        self, guest: Client, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(click_buffer, "CHUNK", 1)
        for _ in range(2):
            guest.get(f"/?r={distributor.code}")
        rows, broken = click_buffer._rows, []

        def break_once(visits: Any) -> Any:
            if not broken:
                broken.append(1)
                raise DatabaseError("no room")
            return rows(visits)

        monkeypatch.setattr(click_buffer, "_rows", break_once)
        assert flush_clicks() == 1


class TestWithoutIt:
    """The buffer is lost or gone: figures are lost, bindings are not."""

    @pytest.mark.parametrize("mode", Mode.values)
    @pytest.mark.parametrize("moment", Moment.values)
    def test_a_lost_list_loses_no_binding(self, guest: Client, mode: str, moment: str) -> None:
        publish_policy(by=None, binding_mode=mode, binding_moment=moment)
        first, second = make_distributor(name="先"), make_distributor(name="后")
        for code in (first.code, second.code):
            guest.get(f"/?r={code}")
        click_buffer._server().delete(QUEUE)
        user = sign_up(guest)
        if moment == Moment.FIRST_ORDER:
            make_order(user)
        assert flush_clicks() == 0
        assert Click.objects.count() == 0
        assert bound_to(user) == ["后" if mode == Mode.LATEST else "先"]

    @pytest.mark.parametrize("moment", Moment.values)
    def test_no_redis_at_all(
        self, guest: Client, distributor: Distributor, no_redis: list[int], moment: str
    ) -> None:
        publish_policy(by=None, binding_moment=moment)
        assert guest.get(f"/?r={distributor.code}").status_code == 302
        assert guest.get(f"/r/{distributor.code}/").status_code == 302
        assert no_redis == [1]  # then it is left in peace for some seconds
        user = member()
        guest.force_login(user)  # the session is made without our sign-in
        guest.logout()
        guest.get(f"/?r={distributor.code}")
        if moment == Moment.SIGN_UP:
            return
        sign_in(guest, user)
        if moment == Moment.FIRST_ORDER:
            make_order(user)
        assert bound_to(user) == ["阿珍"]
        assert flush_clicks() == 0

    def test_a_member_is_bound_at_the_visit(
        self, guest: Client, distributor: Distributor, no_redis: list[int]
    ) -> None:
        user = member()
        guest.force_login(user)
        guest.get(f"/r/{distributor.code}/")
        assert bound_to(user) == ["阿珍"]


class TestPruning:
    def test_old_clicks_go_and_reasons_stay(
        self, guest: Client, distributor: Distributor, settings: LazySettings
    ) -> None:
        settings.CLICK_KEEP_DAYS = 100
        guest.get(f"/?r={distributor.code}")
        user = sign_up(guest)
        flush_clicks()
        now = timezone.now()
        Click.objects.create(
            visitor="0" * 32, distributor=distributor, path="/", at=now - timedelta(days=102)
        )
        assert clicks.prune_clicks(now) == 1
        assert Click.objects.count() == 1
        assert clicks.prune_clicks(now + timedelta(days=101)) == 1
        assert clicks.prune_clicks(now + timedelta(days=101)) == 0
        assert Binding.objects.filter(customer=user).exists()
        assert Trace.objects.filter(member=user, decision="won").exists()

    def test_no_figure_changes_by_it(
        self, distributor: Distributor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whole, half and not at all deleted; whatever days are asked for, and in small steps."""
        monkeypatch.setattr(clicks, "PRUNE_CHUNK", 1)
        link, other = create_link(distributor, channel="抖音"), make_distributor()
        again, once = uuid4(), uuid4()
        noon = datetime(2026, 3, 15, 12, tzinfo=BEIJING)
        for visitor, whose, named, hours in [
            (again, distributor, link, 0),
            (again, distributor, link, 11.9),
            (again, distributor, link, 12),  # midnight: another day
            (once, distributor, link, 1),
            (once, distributor, None, 1),
            (again, other, None, 1),
            (again, distributor, link, 500),
        ]:
            at = noon + timedelta(hours=hours)
            Click.objects.create(visitor=visitor, distributor=whose, link=named, path="/", at=at)
        day = noon.date()

        def seen() -> list[tuple[int, int]]:
            return [
                (row.clicks, row.visitors)
                for whose in (distributor, other)
                for since, until in ((None, None), (day, day), (day + timedelta(days=1), None))
                for row in figures_of(whose, period=Period.of_days(since, until))
            ]

        before = seen()
        # Ever, that day, and from the next day on: the personal link, then the named one.
        mine = [(1, 1), (5, 4), (1, 1), (3, 2), (0, 0), (2, 2)]
        assert before == [*mine, (1, 1), (1, 1), (0, 0)]
        site = admin.site._registry[Link]
        in_all = [row.click_count for row in site.get_queryset(RequestFactory().get("/"))]
        assert in_all == [5]
        keep = timedelta(days=settings.CLICK_KEEP_DAYS)
        for days, gone in ((0, 0), (1, 5), (2, 1), (30, 1), (31, 0)):
            assert clicks.prune_clicks(noon + keep + timedelta(days=days)) == gone
            assert seen() == before
        assert not Click.objects.exists()
        rows = site.get_queryset(RequestFactory().get("/"))
        assert [row.click_count for row in rows] == in_all

    def test_the_table_may_be_cut_by_months(self, guest: Client, distributor: Distributor) -> None:
        """The same code writes into, and prunes, a table partitioned by month."""
        with connection.cursor() as cursor:
            cursor.execute(PARTITIONED)
        guest.get(f"/?r={distributor.code}")
        assert flush_clicks() == 1
        assert Click.objects.get().distributor == distributor
        assert clicks.prune_clicks(timezone.now() + timedelta(days=500)) == 1


PARTITIONED = """
ALTER TABLE distribution_click RENAME TO click_until_now;
CREATE TABLE distribution_click (
    LIKE click_until_now INCLUDING DEFAULTS INCLUDING IDENTITY, PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE click_old PARTITION OF distribution_click FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE click_new PARTITION OF distribution_click FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
"""
