"""What a guest's browser carries until they sign in."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from distribution.models import Binding, Policy, Trace
from distribution.policy import publish_policy
from distribution.referral.links import create_link
from distribution.referral.trail import COOKIE, MOST, Step, shortened
from tests.distribution.referral.test_clicks import bound_to, member, sign_in, sign_up
from tests.make import make_distributor

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)


def steps(text: str) -> list[Step]:
    """One a minute; a letter stands for a distributor."""
    return [Step(ord(who), None, NOON + timedelta(minutes=i)) for i, who in enumerate(text)]


def kept(text: str) -> list[tuple[str, int]]:
    """Who is kept, and from which minute."""
    rows = shortened(steps(text))
    return [(chr(row.distributor_id), (row.at - NOON) // timedelta(minutes=1)) for row in rows]


class TestShortening:
    @pytest.mark.parametrize(
        ("followed", "carried"),
        [
            ("", []),
            ("A", [("A", 0)]),
            ("AA", [("A", 0), ("A", 1)]),
            ("AAAA", [("A", 0), ("A", 3)]),
            ("AAAB", [("A", 0), ("A", 2), ("B", 3)]),
            ("ABAAA", [("A", 0), ("B", 1), ("A", 2), ("A", 4)]),
        ],
    )
    def test_the_ends_of_every_run(self, followed: str, carried: list[tuple[str, int]]) -> None:
        assert kept(followed) == carried

    def test_of_too_many_the_first_and_the_latest_stay(self) -> None:
        text = "".join(chr(65 + i) for i in range(MOST + 5))
        names = "".join(who for who, _ in kept(text))
        assert names == text[: MOST // 2] + text[-MOST // 2 :]

    def test_a_step_at_a_time_comes_to_the_same(self) -> None:
        text = "AABBBACCCCCABAB"
        trail: list[Step] = []
        for step in steps(text):
            trail = shortened([*trail, step])
        assert trail == shortened(steps(text))


@pytest.mark.django_db
class TestTheCookie:
    def test_it_is_signed_and_ours_alone(self, guest: Client) -> None:
        answer = guest.get(f"/?r={make_distributor().code}")
        cookie = answer.cookies[COOKIE]
        assert cookie["httponly"] and cookie["samesite"] == "Lax"

    def test_a_long_trail_fits(self, guest: Client) -> None:
        for _ in range(MOST + 4):
            answer = guest.get(f"/?r={make_distributor().code}")
        assert len(answer.cookies[COOKIE].value) < 500

    @pytest.mark.parametrize("text", ["made-up", "a-b-c:x:y", "1--1", "", "%00", "x" * 5000])
    def test_a_forged_one_binds_nobody(self, guest: Client, text: str) -> None:
        guest.cookies[COOKIE] = text
        assert bound_to(sign_up(guest)) == []

    def test_somebody_elses_cannot_be_changed(self, guest: Client) -> None:
        own, other = make_distributor(), make_distributor()
        value = guest.get(f"/?r={own.code}").cookies[COOKIE].value
        trail, _, signature = value.partition(":")
        _, *rest = trail.split("-")
        guest.cookies[COOKIE] = f"{'-'.join([str(other.pk), *rest])}:{signature}"
        assert bound_to(sign_up(guest)) == []

    def test_it_goes_when_it_has_been_taken(self, guest: Client) -> None:
        """The next to sign in at this browser brings only what they follow themselves."""
        guest.get(f"/?r={make_distributor(name='先').code}")
        user = sign_up(guest)
        assert guest.cookies[COOKIE].value == ""
        guest.post("/accounts/logout/")
        other = member("别人")
        sign_in(guest, other)
        assert (bound_to(user), bound_to(other)) == (["先"], [])

    def test_a_link_that_is_gone_still_speaks_for_its_owner(self, guest: Client) -> None:
        owner = make_distributor(name="先")
        link = create_link(owner, channel="抖音")
        guest.get(f"/r/{link.code}/")
        link.delete()
        assert bound_to(sign_up(guest)) == ["先"]

    def test_the_named_link_is_kept_with_the_binding(self, guest: Client) -> None:
        link = create_link(make_distributor(), channel="抖音")
        guest.get(f"/r/{link.code}/")
        user = sign_up(guest)
        assert Binding.objects.get(customer=user).link == link
        won = Trace.objects.get(member=user, kind="link")
        assert (won.channel, won.link, won.decision) == ("抖音", link, "won")
        link.delete()
        assert Trace.objects.get(pk=won.pk).channel == "抖音"

    def test_following_again_and_again_changes_nobody(self, guest: Client) -> None:
        publish_policy(by=None, binding_mode=Policy.BindingMode.FIRST_FOREVER)
        first = make_distributor(name="先")
        guest.get(f"/?r={first.code}")
        for _ in range(3 * MOST):
            guest.get(f"/?r={make_distributor(name='后').code}")
        assert bound_to(sign_up(guest)) == ["先"]
