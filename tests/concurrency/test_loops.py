"""Two distributors who follow each other's links at the same moment: one of them is refused."""

import pytest

from distribution.models import Binding, Trace
from distribution.referral import relations
from distribution.referral.relations import bind_by_link, reassign_customer, reassign_recruiter
from tests.buying import NOON
from tests.concurrency.meanwhile import Other, meanwhile
from tests.make import make_distributor, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def follow_each_other(monkeypatch: pytest.MonkeyPatch) -> Other:
    """The second comes when the first has looked at the chain and is about to bind."""
    first, second = make_distributor(name="甲"), make_distributor(name="乙")
    other = meanwhile(
        monkeypatch, relations, "_replace", lambda: bind_by_link(second.user, first, at=NOON)
    )
    bind_by_link(first.user, second, at=NOON)
    other.outcome()
    return other


def test_the_second_waits_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = follow_each_other(monkeypatch)
    assert other.had_to_wait
    assert Binding.objects.count() == 1
    verdicts = Trace.objects.filter(kind="click").order_by("pk")
    assert sorted((row.decision, row.why) for row in verdicts) == [
        ("refused", "loop"),
        ("won", "first"),
    ]


def test_control_without_the_lock_they_serve_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relations, "lock_chains", lambda people: None)
    follow_each_other(monkeypatch)
    assert Binding.objects.count() == 2


def test_by_the_merchants_hand_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, merchant = make_distributor(), make_distributor(), make_user()
    other = meanwhile(
        monkeypatch,
        relations,
        "_recruit",
        lambda: reassign_customer(second.user, first, by=merchant, reason="test", at=NOON),
    )
    reassign_recruiter(first, second, by=merchant, reason="test", at=NOON)
    assert str(other.outcome()) == "这样会形成循环推荐关系。"
    assert other.had_to_wait and not Binding.objects.exists()


def test_customers_who_are_no_distributors_never_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    star = make_distributor()
    other = meanwhile(
        monkeypatch, relations, "_replace", lambda: bind_by_link(make_user(), star, at=NOON)
    )
    bind_by_link(make_user(), star, at=NOON)
    assert isinstance(other.outcome(), Binding)
    assert not other.had_to_wait
